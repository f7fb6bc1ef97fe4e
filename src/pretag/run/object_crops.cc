#include "pretag/run/object_crops.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "pretag/data/object_crop.h"
#include "pretag/image/crop.h"
#include "pretag/image/encode.h"
#include "pretag/io/file_system.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Status write(const RunOutputs& outputs, const std::string& name, const Image& crop) {
  const std::string path = fmt::format("{}/{}", outputs.path(kCropsFolder), name);
  PRETAG_ASSIGN(const auto png, encode_png(crop));
  PRETAG_TRY(outputs.files.make_directories(path.substr(0, path.rfind('/'))));
  return outputs.files.write_one_of_many(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace

Result<Image> crop_of(const SelectedObject& object, double padding, const Image& image) {
  if (image.width != object.width || image.height != object.height) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("it has {}x{} pixels now, and had {}x{} when objects were found in it", image.width,
                             image.height, object.width, object.height)};
  }
  const CropRectangle part = crop_rectangle(object.box_in_image, padding, image.width, image.height);
  return crop(image, part.x, part.y, part.width, part.height);
}

Status for_each_crop(const ObjectSelection& objects, const Source& source, int64_t max_image_pixels,
                     const std::function<Status(const SelectedObject& object, const Result<Image>& crop)>& visit) {
  std::vector<const SelectedObject*> order;
  for (const SelectedObject& object : objects.selected) order.push_back(&object);
  std::ranges::sort(order, [](const SelectedObject* a, const SelectedObject* b) {
    return a->filename != b->filename ? a->filename < b->filename : a->index < b->index;
  });
  std::string opened;
  Result<Picture> picture = Error{ErrorCode::kInternal, ""};
  for (const SelectedObject* object : order) {
    if (opened != object->filename) {
      picture = source.picture(object->filename, max_image_pixels);
      opened = object->filename;
      if (!picture && concerns_all_keys(picture.error())) return picture.error().in(object->filename);
    }
    PRETAG_TRY(visit(*object, picture ? crop_of(*object, objects.padding, picture->image) : picture.error()));
  }
  return {};
}

Status remove_crops(const RunOutputs& outputs) { return remove_folder(outputs, kCropsFolder); }

Status write_crops(const RunOutputs& outputs, const Source& source, const ObjectSelection& objects,
                   int64_t max_image_pixels, ProgressSink& progress, const std::atomic<bool>& cancel) {
  std::set<std::string_view> images;
  for (const SelectedObject& object : objects.selected) images.insert(object.filename);
  Progress state{.total = static_cast<int64_t>(images.size())};
  progress.started("Cutting out the selected objects", state);
  std::string image;  // that objects are cut from, and why some of them could not be
  int64_t missed = 0;
  std::string why;
  const auto end_image = [&] {
    if (image.empty()) return;
    if (missed > 0) {
      progress.warning(fmt::format("{}: {} not cut out: {}", image, counted(missed, "object is", "objects are"), why));
    }
    (missed > 0 ? state.failed : state.done) += 1;
    missed = 0;
    progress.advanced(state);
  };
  const auto add = [&](const SelectedObject& object, const Result<Image>& crop) -> Status {
    if (cancel) return Error{ErrorCode::kCancelled, "stopped"};
    if (image != object.filename) end_image();
    image = object.filename;
    const std::string name = crop_name(object.filename, objects.task, object.index);
    if (crop && fits_on_disk(name)) return write(outputs, name, *crop);
    why = crop ? "the name would be too long for a disk" : crop.error().message;
    ++missed;
    return {};
  };
  const Status written = for_each_crop(objects, source, max_image_pixels, add);
  end_image();
  progress.finished();
  return written ? outputs.files.sync_all(outputs.folder) : written;
}

}  // namespace pretag
