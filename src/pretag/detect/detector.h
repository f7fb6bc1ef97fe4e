// Faster R-CNN ResNet-50-FPN inference: pixels in, detections and embeddings out.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/accuracy.h"
#include "pretag/data/box.h"
#include "pretag/data/image_info.h"
#include "pretag/data/precision.h"
#include "pretag/data/prediction.h"
#include "pretag/detect/stages.h"
#include "pretag/gpu/gpu.h"
#include "pretag/image/image.h"
#include "pretag/nn/activation_ranges.h"
#include "pretag/nn/compute_context.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/util/result.h"

namespace pretag {

class WeightFile;

struct DetectorOptions {
  Gpus gpus = {};  // each detector computes on one of them, by turns; none: the processor computes
  // kAuto: on the processor int8 if it can (AVX2, 64-bit ARM) and the ranges are there, else bf16 if it has
  // instructions for that; on a GPU f32, which is all there is.
  Precision precision = Precision::kAuto;
  std::optional<ActivationRanges> ranges = {};  // kInt8 needs them: see calibration.h
  Accuracy accuracy = Accuracy::kFull;          // of the model's input size; anchors stay as they are, in its pixels;
                                                // kBest: two sizes, see two_views.h
  float score_threshold = -1;  // detections below are dropped; negative: the model's box_score_threshold
  int max_detections = -1;     // negative: the model's box_detections_per_image
  // Of address space, for each detector to compute in; arena_share() of as many as there are to be.
  size_t arena_bytes = kArenaBytes;
};

// How an error about a network that computes no numbers goes on.
inline constexpr char kDiverged[] = "gave numbers that are not finite: the weights may be of a training that diverged";

struct DetectorOutput {
  // By falling score. Classes outside output_classes are left out before the limit of detections, so that they take no
  // place of those that are reported (torchvision has no such classes).
  std::vector<Detection> detections;
  Embedding embedding;                       // as those of the detections: see embedding.h
  std::vector<Embedding> region_embeddings;  // of each of the regions that were asked about, in their order
};

// What DetectorOptions::precision comes down to on these devices: never kAuto. kInt8 may be asked for before the ranges
// are known. kUnsupported says what the processor or the GPU lacks.
Result<Precision> resolve_precision(Precision asked, bool has_ranges, const Gpus& gpus = {});

// A model ready to run: the network, and its weights in the layouts that the processor or the GPU likes. Shared by
// every Detector; thread-safe.
class DetectorModel {
 public:
  // kUnsupported if the machine cannot compute in the asked precision; kNotFound or kCorrupt names what is wrong with
  // the weights or the ranges; kInvalidArgument if the ranges are missing.
  static Result<std::shared_ptr<const DetectorModel>> create(std::shared_ptr<const WeightFile> weights,
                                                             const DetectorOptions& options);
  ~DetectorModel();

  const ModelMetadata& metadata() const { return metadata_; }
  Precision precision() const { return precision_; }  // never kAuto
  bool is_on_gpu() const;

  struct Net;
  const Net& net() const { return *net_; }  // for Detector

 private:
  DetectorModel(ModelMetadata metadata, Precision precision, std::unique_ptr<const Net> net);
  ModelMetadata metadata_;
  Precision precision_;
  std::unique_ptr<const Net> net_;
};

// One thread's detector: it owns the scratch memory and computes on the calling thread alone, or has the GPU compute in
// a queue of its own, so the result of an image depends on nothing but the image and the model. Make one per worker
// thread; not thread-safe.
class Detector {
 public:
  explicit Detector(std::shared_ptr<const DetectorModel> model);
  ~Detector();
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  // The image must not be empty. Three errors say nothing about it, since all images are computed at nearly the same
  // size and from the same range of pixels: kDevice if there is no memory left or the GPU fails, kUnsupported if the
  // GPU never can, kCorrupt if the model gives numbers that are not finite. kInternal if oneDNN fails otherwise.
  // `observer`, if given, is called with every intermediate result (slow), but of nothing that is computed for regions
  // alone.
  //
  // `regions_in_image`, any number of any boxes, get embeddings as if the network had proposed them, comparable with
  // those of detections. What cannot be seen, because it is outside, empty or not finite, gets that of the nearest that
  // can (clip_to_visible in box_coder.h, in pixels of the network input). They change nothing else in the output, and
  // the embedding of one not that of another.
  Result<DetectorOutput> detect(const Image& image, std::span<const Box> regions_in_image = {},
                                const StageObserver* observer = nullptr);

  // From now on `observer` is told of what every layer computes. Fails as detect() does, and with kUnsupported on a
  // GPU.
  Status observe_layers(ComputeContext::Observer observer);
  // From now on `profile` is told of every convolution's time and of the stages' (stages.h); null:
  // nobody. It must outlive its use. Fails as detect() does.
  Status set_profile(ComputeProfile* profile);

 private:
  Status prepare();
  class Impl;
  std::shared_ptr<const DetectorModel> model_;
  std::unique_ptr<Impl> impl_;  // made with the first image, where a failure can be told
};

}  // namespace pretag
