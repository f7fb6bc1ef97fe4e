#include "pretag/worker/crop_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pretag/data/object_crop.h"
#include "pretag/image/encode.h"
#include "pretag/image/quality.h"
#include "pretag/run/object_crops.h"
#include "pretag/util/parallel.h"
#include "pretag/util/strings.h"
#include "pretag/worker/crops_dataset.h"
#include "pretag/worker/picture_folders.h"

namespace pretag {
namespace {

// Whether both seem to show the same object, be it that different runs found it.
bool same_object(const SampleRecord& a, const SampleRecord& b) {
  const auto facts = [](const SampleRecord& sample) {
    const CropRecord& crop = *sample.crop;
    return std::tuple(crop.parent_id, crop.index, crop.task, crop.category_id, crop.score, sample.image.width,
                      sample.image.height);
  };
  return a.crop && b.crop && facts(a) == facts(b);
}

class CropUploader {
 public:
  CropUploader(const UploadTools& tools, const CropUpload& upload, RunDataset dataset, ThumbnailWriter& thumbnails)
      : tools_(tools), upload_(upload), dataset_(std::move(dataset)), thumbnails_(thumbnails) {
    for (const ObjectSelection::Class& entry : upload.objects.classes) task_.classes.push_back(entry.name);
  }

  Result<std::unordered_map<std::string, CropsOfSample>> run() {
    PRETAG_TRY(dataset_.list());
    PRETAG_ASSIGN(const ObjectSelection missing, what_is_missing());
    PRETAG_TRY(add(missing));
    if (!missing.selected.empty()) PRETAG_TRY(dataset_.list());
    std::unordered_set<std::string> names;
    for (const SelectedObject& object : upload_.objects.selected) {
      if (!uncut_.contains(name_of(object))) names.insert(name_of(object));
    }
    PRETAG_TRY(dataset_.write_tags(names));
    PRETAG_TRY(dataset_.write_embeddings(upload_.embeddings));
    return samples(names);
  }

 private:
  struct Crop {
    SampleRecord sample;
    Image pixels;
  };

  std::string name_of(const SelectedObject& object) const {
    return crop_name(object.filename, upload_.objects.task, object.index);
  }

  // What the sample of the crop says; without a parent where the image is no sample. The pixels are not looked at.
  SampleRecord record_of(const SelectedObject& object) const {
    SampleRecord sample;
    const CropRectangle part =
        crop_rectangle(object.box_in_image, upload_.objects.padding, object.width, object.height);
    sample.image.filename = name_of(object);
    sample.image.width = part.width;
    sample.image.height = part.height;
    if (const auto known = dataset_.index_of(sample.image.filename)) sample.id = dataset_.id_of(*known);
    const auto parent = upload_.images.index_of(object.filename);
    sample.crop = {.parent_id = parent ? upload_.images.id_of(*parent) : "",
                   .time_ms = upload_.images.run().created_at,
                   .index = object.index,
                   .task = upload_.objects.task,
                   .category_id = task_.category_of(object.label),
                   .score = object.score};
    return sample;
  }

  // Those of the selected objects whose crops the server does not have of this run yet, whose settings may have been
  // others when it was interrupted. One of an earlier run is made anew, be it the same object: nothing tells whether
  // its box or its image has changed. One that a newer run has made stays.
  Result<ObjectSelection> what_is_missing() {
    const std::vector<SelectedObject>& all = upload_.objects.selected;
    enum Place : char { kNowhere, kThere, kNew, kAgain, kReplacing };
    std::vector<Place> places(all.size(), kNowhere);
    // Each is a request, and waits for the server alone.
    constexpr size_t kAtOnce = 16;
    PRETAG_TRY(for_each_index(all.size(), kAtOnce, [&](size_t i) -> Status {
      PRETAG_TRY(tools_.go_on());
      const SampleRecord sample = record_of(all[i]);
      if (sample.crop->parent_id.empty()) return {};
      const auto index = dataset_.index_of(sample.image.filename);
      if (!index) return places[i] = kNew, Status();
      PRETAG_ASSIGN(const SampleRecord known, tools_.api.sample(dataset_.id(), dataset_.id_of(*index)));
      const bool is_same = same_object(sample, known);
      const bool of_newer = known.crop && known.crop->time_ms > sample.crop->time_ms;
      const bool of_this_run = known.crop && known.crop->time_ms == sample.crop->time_ms;
      places[i] = of_newer || (of_this_run && is_same) ? kThere : is_same ? kAgain : kReplacing;
      return {};
    }));
    ObjectSelection missing = upload_.objects;
    missing.selected.clear();
    for (size_t i = 0; i < all.size(); ++i) {
      if (places[i] >= kNew) missing.selected.push_back(all[i]);
      if (places[i] != kNowhere) ++total_;
    }
    done_ = total_ - missing.selected.size();
    const auto replaced = std::ranges::count(places, kReplacing);
    if (replaced > 0) {
      tools_.reporter.log(
          "WARNING",
          fmt::format("{} replaced by those of other objects, which have the same numbers in the same images "
                      "with the settings of this job",
                      counted(replaced, "earlier crop is", "earlier crops are")));
    }
    return missing;
  }

  // Crops are cut image by image, and added some at once.
  Status add(const ObjectSelection& missing) {
    Status added = for_each_crop(missing, upload_.source, upload_.max_image_pixels,
                                 [&](const SelectedObject& object, const Result<Image>& crop) -> Status {
                                   PRETAG_TRY(tools_.go_on());
                                   return crop ? take(object, *crop) : pass_over(object, crop.error().message);
                                 });
    if (added) added = add_taken();
    for (const auto& [image, missed] : missed_) {
      tools_.reporter.log("WARNING", fmt::format("{}: {} not cut out: {}", image,
                                                 counted(missed.objects, "object is", "objects are"), missed.why));
    }
    return added;
  }

  Status pass_over(const SelectedObject& object, const std::string& why) {
    uncut_.insert(name_of(object));
    Missed& missed = missed_[object.filename];
    ++missed.objects;
    missed.why = why;
    ++done_;
    return {};
  }

  Status take(const SelectedObject& object, const Image& crop) {
    constexpr size_t kMost = 64, kMostBytes = size_t{64} << 20;
    if (!fits_on_disk(name_of(object))) return pass_over(object, "the name would be too long for a disk");
    taken_bytes_ += crop.rgb.size();
    taken_.push_back({record_of(object), crop});
    return taken_.size() < kMost && taken_bytes_ < kMostBytes ? Status() : add_taken();
  }

  // The pictures first: whoever knows of a sample can see it.
  Status add_taken() {
    const size_t at_once = pictures_at_once(tools_.files, thumbnails_.places().lightly, upload_.source);
    PRETAG_TRY(for_each_index(taken_.size(), at_once, [&](size_t i) -> Status {
      PRETAG_TRY(tools_.go_on());
      return add_picture(taken_[i]);
    }));
    std::vector<SampleRecord> samples;
    for (Crop& crop : taken_) samples.push_back(std::move(crop.sample));
    PRETAG_TRY(tools_.api.put_samples(dataset_.id(), samples));
    done_ += taken_.size();
    taken_.clear();
    taken_bytes_ = 0;
    tools_.reporter.state(kUploadState, fmt::format("Uploading crops: {}/{}", done_, total_));
    return {};
  }

  Status add_picture(Crop& crop) const {
    SampleRecord& sample = crop.sample;
    PRETAG_ASSIGN(const auto png, encode_png(crop.pixels));
    // Crops of several datasets may have one name, and lie in one data source.
    const std::string path = dataset_.id() + "/" + sample.image.filename;
    PRETAG_TRY(write_picture(tools_.files, thumbnails_.places().lightly, kCropPictures, path, png));
    PRETAG_ASSIGN(sample.thumbnail, thumbnails_.write(path, png));
    sample.image.bytes = png.size();
    sample.image.quality = measure_quality(crop.pixels);
    return {};
  }

  std::unordered_map<std::string, CropsOfSample> samples(const std::unordered_set<std::string>& names) const {
    std::unordered_map<std::string, CropsOfSample> samples;
    for (const SelectedObject& object : upload_.objects.selected) {
      const std::string name = name_of(object);
      const auto index = dataset_.index_of(name);
      if (!index || !names.contains(name)) continue;
      CropsOfSample& crops = samples[object.filename];
      crops.dataset_id = dataset_.id();
      crops.sample_ids[object.index] = dataset_.id_of(*index);
    }
    return samples;
  }

  const UploadTools& tools_;
  const CropUpload& upload_;
  RunDataset dataset_;
  ThumbnailWriter& thumbnails_;
  ApiClient::TaskUpload task_;
  std::unordered_set<std::string> uncut_;  // crops that could not be made
  struct Missed {
    int64_t objects = 0;
    std::string why;
  };
  std::map<std::string, Missed> missed_;  // the same by image
  std::vector<Crop> taken_;               // that are to be added next
  size_t taken_bytes_ = 0;                // of their pixels
  size_t done_ = 0, total_ = 0;           // crops
};

}  // namespace

Result<std::unordered_map<std::string, CropsOfSample>> upload_crops(const UploadTools& tools, const CropUpload& upload,
                                                                    ThumbnailWriter& thumbnails) {
  const RunDataset& images = upload.images;
  PRETAG_ASSIGN(std::string id, find_or_create_crops_dataset(tools.api, upload.name, images.id()));
  RunDataset dataset(tools, std::move(id), images.run());
  return CropUploader(tools, upload, std::move(dataset), thumbnails).run();
}

}  // namespace pretag
