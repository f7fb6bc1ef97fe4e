#include "pretag/run/image_pipeline.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "pretag/detect/detector.h"
#include "pretag/image/content_hash.h"
#include "pretag/image/quality.h"
#include "pretag/source/source.h"
#include "pretag/util/bounded_queue.h"
#include "pretag/util/clock.h"
#include "pretag/util/machine.h"
#include "pretag/util/memory_nodes.h"

namespace pretag {
namespace {

struct DecodedImage {
  ImageInfo info;
  Image image;
  std::vector<Box> regions_in_image = {};
};
using Outcome = std::variant<ImageResult, ImageFailure>;

Result<DecodedImage> read_and_decode(const Source& source, const std::string& filename, int64_t max_pixels) {
  PRETAG_ASSIGN(Picture picture, source.picture(filename, max_pixels));
  Image& image = picture.image;
  ImageInfo info{.filename = filename,
                 .width = image.width,
                 .height = image.height,
                 .bytes = picture.bytes,
                 .content_hash = content_hash(image),
                 .quality = measure_quality(image)};
  return DecodedImage{std::move(info), std::move(image)};
}

bool is_of_the_device(const Error& error) {
  return error.code == ErrorCode::kDevice || error.code == ErrorCode::kUnsupported;
}

// An error is one that says nothing about the image.
Result<Outcome> detect(Detector* detector, const DecodedImage& decoded, size_t most_object_embeddings) {
  if (detector == nullptr) return Outcome(ImageResult{.info = decoded.info, .detections = {}, .embedding = {}});
  auto found = detector->detect(decoded.image, decoded.regions_in_image);
  if (!found && is_of_the_device(found.error())) return found.error();
  if (!found) return Outcome(ImageFailure{decoded.info.filename, found.error().message});
  for (size_t i = most_object_embeddings; i < found->detections.size(); ++i) found->detections[i].embedding.clear();
  ImageResult result{decoded.info, std::move(found->detections), std::move(found->embedding)};
  for (size_t i = 0; i < decoded.regions_in_image.size(); ++i) {
    result.regions.push_back({decoded.regions_in_image[i], std::move(found->region_embeddings[i])});
  }
  return Outcome(std::move(result));
}

// The error that ends the pass: the first one that is not about one image. The image stays pending.
class PassError {
 public:
  void set(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (status_) status_ = error;
  }
  Status status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  Status status_;
};

// Collects outcomes and writes them to the ledger a batch at a time: when there are enough, or the oldest is old.
class BatchWriter {
 public:
  BatchWriter(Ledger& ledger, ProgressSink& progress, const Progress& resumed)
      : ledger_(ledger), progress_(progress), state_(resumed), last_write_(steady_clock().seconds()) {}

  Status add(Outcome outcome) {
    if (auto* result = std::get_if<ImageResult>(&outcome)) {
      results_.push_back(std::move(*result));
    } else {
      failures_.push_back(std::move(std::get<ImageFailure>(outcome)));
    }
    constexpr size_t kMostImages = 32;
    constexpr double kMostSeconds = 1;
    const bool due = steady_clock().seconds() - last_write_ >= kMostSeconds;
    return due || results_.size() + failures_.size() >= kMostImages ? flush() : Status();
  }

  Status flush() {
    if (!results_.empty() || !failures_.empty()) PRETAG_TRY(ledger_.record(results_, failures_));
    state_.done += static_cast<int64_t>(results_.size());
    state_.failed += static_cast<int64_t>(failures_.size());
    results_.clear();
    failures_.clear();
    last_write_ = steady_clock().seconds();
    progress_.advanced(state_);
    return {};
  }

 private:
  Ledger& ledger_;
  ProgressSink& progress_;
  Progress state_;
  std::vector<ImageResult> results_;
  std::vector<ImageFailure> failures_;
  double last_write_;
};

// Joins its threads and, when the last has ended, closes the queue they fill.
class ThreadGroup {
 public:
  template <class Work, class Done>
  void start(int count, Work work, Done done) {
    running_ = count;
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i, work, done] {
        work(i);
        if (running_.fetch_sub(1) == 1) done();
      });
    }
  }

 private:
  std::atomic<int> running_ = 0;
  std::vector<std::jthread> threads_;
};

// Failures and tiny images take memory, too, if there are enough of them.
size_t bytes_of(const std::variant<DecodedImage, ImageFailure>& item) {
  constexpr size_t kLeast = size_t{64} << 10;
  const auto* decoded = std::get_if<DecodedImage>(&item);
  return decoded != nullptr ? std::max(kLeast, decoded->image.rgb.size()) : kLeast;
}

}  // namespace

Status process_pending(const Source& source, const std::shared_ptr<const DetectorModel>& model,
                       const PipelineOptions& options, Ledger& ledger, ProgressSink& progress,
                       const std::atomic<bool>& cancel) {
  PRETAG_ASSIGN(const LedgerCounts before, ledger.counts());
  const Progress resumed{.total = before.total(), .done = before.done, .failed = before.failed};
  progress.started(options.stage, resumed);

  // Decoding is far cheaper than detecting, but for a GPU; the pixels waiting for a detector are bounded in bytes.
  const int detectors = std::max(1, options.detector_threads);
  constexpr int kRemoteReaders = 16;
  const int local = !model ? detectors : model->is_on_gpu() ? available_cores() : 1 + detectors / 4;
  const int needed = std::max(local, source.is_remote() ? kRemoteReaders : 1);
  const int readers = options.reader_threads > 0 ? options.reader_threads : needed;
  const size_t pixel_bytes = std::max<size_t>(size_t{64} << 20, static_cast<size_t>(detectors) << 23);
  BoundedQueue<std::string> filenames(256);
  BoundedQueue<std::variant<DecodedImage, ImageFailure>> decoded(pixel_bytes, bytes_of);
  BoundedQueue<Outcome> outcomes(64);

  Status fed;  // read after the feeder was joined
  std::optional<std::jthread> feeder(std::in_place, [&] {
    fed = ledger.for_each_pending([&](const std::string& filename) -> Status {
      if (cancel || !filenames.push(filename)) return Error{ErrorCode::kCancelled, "stopped"};
      return {};
    });
    filenames.close();
  });

  const ThreadSpread spread(detectors, memory_nodes());
  PassError pass_error;
  ThreadGroup reading, detecting;
  reading.start(
      readers,
      [&](int) {
        while (auto filename = filenames.pop()) {
          if (cancel || !pass_error.status()) continue;  // drains the queue; what was not done stays pending
          auto image = read_and_decode(source, *filename, options.max_image_pixels);
          if (!image && concerns_all_keys(image.error())) {
            pass_error.set(image.error().in(*filename));
            filenames.close();
            return;
          }
          if (image && options.regions_of) {
            auto regions = options.regions_of(image->info);
            if (!regions) {
              pass_error.set(regions.error());
              filenames.close();
              return;
            }
            image->regions_in_image = *std::move(regions);
          }
          if (!(image ? decoded.push(*std::move(image))
                      : decoded.push(ImageFailure{*filename, image.error().message}))) {
            return;
          }
        }
      },
      [&] { decoded.close(); });
  detecting.start(
      detectors,
      [&](int index) {
        spread.place(index);
        std::optional<Detector> detector;
        if (model) detector.emplace(model);
        while (auto item = decoded.pop()) {
          if (cancel) continue;
          auto* failure = std::get_if<ImageFailure>(&*item);
          Result<Outcome> outcome = failure != nullptr
                                        ? Outcome(std::move(*failure))
                                        : detect(detector ? &*detector : nullptr, std::get<DecodedImage>(*item),
                                                 options.most_object_embeddings);
          if (!outcome) {
            pass_error.set(outcome.error());
            filenames.close();
            return;
          }
          if (!outcomes.push(*std::move(outcome))) return;
        }
      },
      [&] { outcomes.close(); });

  BatchWriter writer(ledger, progress, resumed);
  Status written;
  while (auto outcome = outcomes.pop()) {
    written = writer.add(*std::move(outcome));
    if (!written) break;
  }
  if (written) written = writer.flush();

  // After an error everybody stops at the next queue operation.
  filenames.close();
  decoded.close();
  outcomes.close();
  feeder.reset();
  progress.finished();
  if (!written) return written.error();
  if (const Status ended = pass_error.status(); !ended && !cancel) {
    const bool for_good = ended.error().code == ErrorCode::kUnsupported;
    return for_good ? ended.error()
                    : Error{ended.error().code, ended.error().message + "; the same command goes on from here"};
  }
  if (!fed && fed.error().code != ErrorCode::kCancelled) return fed.error();
  return {};
}

}  // namespace pretag
