#include "pretag/run/image_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <system_error>
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

// What may be put right meanwhile: the images that are not done stay pending.
Error resumable(const Error& error) { return {error.code, error.message + "; the same command goes on from here"}; }

// What Detector::detect() says, of the image or of the machine and the model: only the latter stays an error.
Result<Outcome> failure_of(const std::string& filename, const Error& error) {
  switch (error.code) {
    case ErrorCode::kDevice:
      return resumable(error);
    case ErrorCode::kUnsupported:
    case ErrorCode::kCorrupt:
      return error;
    default:
      return Outcome(ImageFailure{filename, error.message});
  }
}

// An error is one that says nothing about the image.
Result<Outcome> detect(Detector* detector, const DecodedImage& decoded, size_t most_object_embeddings) {
  if (detector == nullptr) return Outcome(ImageResult{.info = decoded.info, .detections = {}, .embedding = {}});
  auto found = detector->detect(decoded.image, decoded.regions_in_image);
  if (!found) return failure_of(decoded.info.filename, found.error());
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
  // Where the system has no more threads, goes on with those that there are, and says so.
  template <class Work, class Done>
  Status start(int count, Work work, Done done) {
    running_ = count;
    for (int i = 0; i < count; ++i) {
      try {
        threads_.emplace_back([this, i, work, done] {
          work(i);
          end(1, done);
        });
      } catch (const std::system_error& error) {
        end(count - i, done);
        return Error{ErrorCode::kDevice, fmt::format("cannot start {} threads ({}); a smaller num_threads needs fewer",
                                                     count, error.code().message())};
      }
    }
    return {};
  }

 private:
  template <class Done>
  void end(int count, const Done& done) {
    if (running_.fetch_sub(count) == count) done();
  }

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
  const auto end_pass = [&](const Error& error) {
    pass_error.set(error);
    filenames.close();
  };
  ThreadGroup reading, detecting;
  const Status reading_began = reading.start(
      readers,
      [&](int) {
        while (auto filename = filenames.pop()) {
          if (cancel || !pass_error.status()) continue;  // drains the queue; what was not done stays pending
          auto image = read_and_decode(source, *filename, options.max_image_pixels);
          if (!image && concerns_all_keys(image.error())) return end_pass(resumable(image.error().in(*filename)));
          if (image && options.regions_of) {
            auto regions = options.regions_of(image->info);
            if (!regions) return end_pass(resumable(regions.error()));
            image->regions_in_image = *std::move(regions);
          }
          if (!(image ? decoded.push(*std::move(image))
                      : decoded.push(ImageFailure{*filename, image.error().message}))) {
            return;
          }
        }
      },
      [&] { decoded.close(); });
  const Status detecting_began = detecting.start(
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
          if (!outcome) return end_pass(outcome.error());
          if (!outcomes.push(*std::move(outcome))) return;
        }
      },
      [&] { outcomes.close(); });
  for (const Status& began : {reading_began, detecting_began}) {
    if (!began) end_pass(resumable(began.error()));
  }

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
  if (const Status ended = pass_error.status(); !ended && !cancel) return ended;
  if (!fed && fed.error().code != ErrorCode::kCancelled) return fed.error();
  return {};
}

}  // namespace pretag
