#include "pretag/worker/dataset_upload.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pretag/data/frame_name.h"
#include "pretag/run/outputs.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/selection_pass.h"
#include "pretag/store/ledger.h"
#include "pretag/util/parallel.h"
#include "pretag/worker/crop_upload.h"
#include "pretag/worker/custom_metadata.h"
#include "pretag/worker/picture_folders.h"
#include "pretag/worker/prediction_upload.h"
#include "pretag/worker/run_dataset.h"
#include "pretag/worker/selected_images.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {
namespace {

// Whether a sample's facts are those of the file that the run has seen. The server knows no content hash, but sizes and
// statistics of all pixels; these may differ by rounding between machines.
bool shows_same(const ImageInfo& seen, const ImageInfo& known) {
  const auto near = [](float a, float b) { return std::fabs(a - b) <= 1e-4f * std::max(1.0f, std::fabs(a)); };
  const ImageQuality &ours = seen.quality, &theirs = known.quality;
  return seen.width == known.width && seen.height == known.height && seen.bytes == known.bytes &&
         near(ours.luminance, theirs.luminance) && near(ours.sharpness, theirs.sharpness) &&
         near(ours.snr, theirs.snr) && near(ours.uniform_row_ratio, theirs.uniform_row_ratio);
}

class Uploader {
 public:
  Uploader(const UploadTools& tools, const DatasetUpload& upload)
      : tools_(tools),
        upload_(upload),
        dataset_(tools, upload.dataset_id, upload.run),
        metadata_(tools, upload.thumbnails.lightly + "/.lightly"),
        thumbnails_(tools.files, upload.thumbnails, tools.reporter) {}

  Status run() {
    PRETAG_ASSIGN(const auto ledger, Ledger::open_read_only(upload_.run_folder + "/" + kLedgerFile));
    PRETAG_ASSIGN(const SelectedImages images,
                  SelectedImages::read(tools_, *ledger, upload_.run_folder, upload_.has_selection));
    PRETAG_TRY(dataset_.list());
    PRETAG_TRY(metadata_.tell_schema(dataset_.id()));
    PRETAG_ASSIGN(const size_t added, add_samples(images));
    if (added > 0) PRETAG_TRY(dataset_.list());
    PRETAG_TRY(dataset_.write_tags(images.names()));
    const char* embeddings = upload_.has_selection ? "/data/selected_embeddings.csv" : "/data/embeddings.csv";
    if (upload_.has_embeddings) PRETAG_TRY(dataset_.write_embeddings(upload_.run_folder + embeddings));
    std::unordered_map<std::string, CropsOfSample> crops;
    if (images.objects() && !upload_.crops_dataset.empty()) {
      PRETAG_ASSIGN(crops, add_crops(*images.objects()));
    }
    return upload_predictions(tools_, {*ledger, upload_.config, images, dataset_, crops});
  }

 private:
  // In the order of their names: those that the dataset does not have, and anew what it has of files that are others
  // now, whether they are selected or not. How many it did not have.
  Result<size_t> add_samples(const SelectedImages& images) {
    size_t added = 0;
    constexpr size_t kAtOnce = 50;
    const auto is_sample = [&](const std::string& filename) { return dataset_.index_of(filename).has_value(); };
    PRETAG_TRY(images.for_each_batch("Uploading samples", kAtOnce, is_sample,
                                     [&](const std::vector<ImageResult>& batch) -> Status {
                                       PRETAG_ASSIGN(std::vector<SampleRecord> samples, samples_to_send(batch));
                                       PRETAG_TRY(metadata_.add_to(samples));
                                       PRETAG_TRY(add_pictures(samples));
                                       added += static_cast<size_t>(std::ranges::count(samples, "", &SampleRecord::id));
                                       return tools_.api.put_samples(upload_.dataset_id, samples);
                                     }));
    metadata_.tell_of_others();
    return added;
  }

  Result<std::vector<SampleRecord>> samples_to_send(const std::vector<ImageResult>& batch) const {
    std::vector<std::optional<SampleRecord>> records(batch.size());
    constexpr size_t kAtOnce = 16;  // each is a request, and waits for the server alone
    PRETAG_TRY(for_each_index(batch.size(), kAtOnce, [&](size_t i) -> Status {
      PRETAG_TRY(tools_.go_on());
      PRETAG_ASSIGN(records[i], sample_to_send(batch[i].info));
      return {};
    }));
    std::vector<SampleRecord> samples;
    for (std::optional<SampleRecord>& record : records) {
      if (!record) continue;
      record->frame = frame_of(record->image.filename);
      samples.push_back(*std::move(record));
    }
    return samples;
  }

  // Nothing where the server has it as it is.
  Result<std::optional<SampleRecord>> sample_to_send(const ImageInfo& image) const {
    const auto index = dataset_.index_of(image.filename);
    if (!index) return std::optional(SampleRecord{.image = image});
    const auto known = tools_.api.sample(dataset_.id(), dataset_.id_of(*index));
    const bool is_deleted = !known && known.error().code == ErrorCode::kNotFound;
    if (is_deleted || (known && shows_same(image, known->image))) return std::optional<SampleRecord>();
    PRETAG_TRY(known);
    return std::optional(SampleRecord{.id = known->id, .image = image});
  }

  // Before the server hears of the samples: whoever knows of one can see it.
  Status add_pictures(std::vector<SampleRecord>& samples) {
    if (!upload_.of_videos && !thumbnails_.wanted()) return {};
    const size_t at_once = pictures_at_once(tools_.files, upload_.thumbnails.lightly, *upload_.source);
    if (upload_.of_videos) return add_frames(samples, at_once);
    return for_each_index(samples.size(), at_once, [&](size_t i) -> Status {
      PRETAG_TRY(tools_.go_on());
      PRETAG_ASSIGN(const auto picture, read_picture(samples[i].image.filename));
      return add_picture(samples[i], picture);
    });
  }

  // A video is decoded in its order, some frames before they are written.
  Status add_frames(std::vector<SampleRecord>& samples, size_t at_once) {
    for (size_t first = 0; first < samples.size(); first += at_once) {
      const std::span some = std::span(samples).subspan(first, std::min(at_once, samples.size() - first));
      std::vector<std::optional<std::vector<std::byte>>> pictures;
      for (const SampleRecord& sample : some) {
        PRETAG_TRY(tools_.go_on());
        auto& picture = pictures.emplace_back();
        if (!sample.frame && !thumbnails_.wanted()) continue;
        PRETAG_ASSIGN(picture, read_picture(sample.image.filename));
      }
      PRETAG_TRY(for_each_index(some.size(), at_once, [&](size_t i) { return add_picture(some[i], pictures[i]); }));
    }
    return {};
  }

  Status add_picture(SampleRecord& sample, const std::optional<std::vector<std::byte>>& picture) {
    if (!picture) return {};
    const std::string& filename = sample.image.filename;
    if (sample.frame && can_be_kept(filename)) {
      PRETAG_TRY(write_picture(tools_.files, upload_.thumbnails.lightly, kFramePictures, filename, *picture));
    }
    PRETAG_ASSIGN(sample.thumbnail, thumbnails_.write(filename, *picture));
    return {};
  }

  // A frame's name is longer than that of its video; in a bucket it may be.
  bool can_be_kept(const std::string& filename) {
    if (fits_on_disk(filename) || tools_.files.is_remote(upload_.thumbnails.lightly)) return true;
    tools_.reporter.log("WARNING", "No picture of " + filename + ": its name would be too long for a disk");
    return false;
  }

  std::optional<VideoFrameRecord> frame_of(const std::string& filename) const {
    if (!upload_.of_videos) return std::nullopt;
    const auto name = parse_frame_name(filename);
    if (!name) return std::nullopt;
    const auto time = upload_.source->time_of(filename);
    return VideoFrameRecord{name->video, name->index, time ? std::optional(time->seconds) : std::nullopt};
  }

  // A file that is gone since the run has seen it is still a sample. Where the input is away, the samples would stay
  // without their pictures for good.
  Result<std::optional<std::vector<std::byte>>> read_picture(const std::string& filename) {
    auto bytes = upload_.source->read(filename);
    if (bytes) return std::optional(*std::move(bytes));
    if (concerns_all_keys(bytes.error())) return bytes.error().in(filename);
    tools_.reporter.log("WARNING", "No picture of " + filename + ": " + bytes.error().message);
    return std::optional<std::vector<std::byte>>();
  }

  Result<std::unordered_map<std::string, CropsOfSample>> add_crops(const ObjectSelection& objects) {
    const CropUpload crops{.objects = objects,
                           .images = dataset_,
                           .name = upload_.crops_dataset,
                           .embeddings = upload_.run_folder + "/" + kSelectedCropEmbeddings,
                           .source = *upload_.source,
                           .max_image_pixels = upload_.config.max_image_pixels};
    return upload_crops(tools_, crops, thumbnails_);
  }

  const UploadTools& tools_;
  const DatasetUpload& upload_;
  RunDataset dataset_;
  CustomMetadata metadata_;
  ThumbnailWriter thumbnails_;
};

}  // namespace

Status upload_dataset(const ApiClient& api, FileSystem& files, const DatasetUpload& upload, JobReporter& reporter,
                      const std::atomic<bool>& cancel) {
  const UploadTools tools{api, files, reporter, cancel};
  return Uploader(tools, upload).run();
}

}  // namespace pretag
