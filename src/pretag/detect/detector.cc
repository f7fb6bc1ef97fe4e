#include "pretag/detect/detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <utility>
#include <variant>

#include "pretag/detect/box_coder.h"
#include "pretag/detect/faster_rcnn.h"
#include "pretag/detect/two_views.h"
#include "pretag/gpu/gpu_error.h"
#include "pretag/util/flush_denormals.h"

namespace pretag {
namespace {

NetFormats formats_of(Precision precision, bool on_gpu) {
  if (on_gpu) {
    const ComputeFormat planar{ElementType::kFloat32, 1};
    return {.features = planar, .input = planar, .numbers = planar};
  }
  if (precision == Precision::kInt8) {
    const ComputeFormat nhwc{ElementType::kFloat32, 0};
    return {.features = nhwc, .input = signed_format(kLargestInput), .numbers = nhwc};
  }
  if (precision == Precision::kBFloat16) {
    const ComputeFormat nhwc = bfloat16_format();
    return {.features = nhwc, .input = nhwc, .numbers = {ElementType::kFloat32, nhwc.block}};
  }
  const ComputeFormat blocked = float32_format();
  const ComputeFormat planar{ElementType::kFloat32, 1};  // three channels would not fill a block
  return {.features = blocked, .input = blocked.block == 0 ? blocked : planar, .numbers = blocked};
}

// What is being caught, as an Error. GpuErrors and oneDNN's own come here, too.
Error error_caught() {
  try {
    throw;
  } catch (const GpuError& error) {
    return error.error();
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) {
      return {ErrorCode::kDevice,
              "not enough memory to run the network, or address space (ulimit -v); a smaller num_threads needs less"};
    }
    return {ErrorCode::kInternal, fmt::format("the detector failed: {}", error.what())};
  }
}

void observe_final(const StageObserver& observer, const std::vector<RoiDetection>& found,
                   const DetectorOutput& output) {
  std::vector<float> boxes, labels, scores;
  for (size_t i = 0; i < found.size(); ++i) {
    const Box& box = output.detections[i].box_in_image;
    boxes.insert(boxes.end(), {box.x1, box.y1, box.x2, box.y2});
    labels.push_back(static_cast<float>(found[i].class_index));
    scores.push_back(found[i].score);
  }
  const int64_t count = static_cast<int64_t>(found.size());
  const int64_t boxes_shape[] = {count, 4}, shape[] = {count};
  observer("boxes", boxes_shape, boxes);
  observer("labels", shape, labels);
  observer("scores", shape, scores);
}

}  // namespace

Result<Precision> resolve_precision(Precision asked, bool has_ranges, const Gpus& gpus) {
  if (!gpus.empty()) {
    if (asked == Precision::kAuto || asked == Precision::kFloat32) return Precision::kFloat32;
    return Error{ErrorCode::kUnsupported,
                 fmt::format("precision={}: GPUs compute in f32; use precision=auto, or device=cpu", name_of(asked))};
  }
  if (asked == Precision::kAuto) {
    if (has_ranges && supports_int8()) return Precision::kInt8;
    return has_native_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
  }
  if (asked == Precision::kInt8 && !supports_int8()) {
    return Error{ErrorCode::kUnsupported,
                 "precision=int8 needs a processor with AVX2, or a 64-bit ARM; use precision=auto or f32"};
  }
  if (asked == Precision::kBFloat16 && !supports_bfloat16()) {
    return Error{ErrorCode::kUnsupported, "precision=bf16 needs a processor with AVX-512; use precision=auto or f32"};
  }
  return asked;
}

struct DetectorModel::Net {
  Net(FasterRcnn faster_rcnn, size_t bytes) : net(std::move(faster_rcnn)), arena_bytes(bytes) {}

  FasterRcnn net;
  size_t arena_bytes;                             // of each detector
  std::vector<std::shared_ptr<GpuWeights>> gpus;  // none: the processor computes
  mutable std::atomic<size_t> detectors = 0;      // that were made

  // Detectors take the devices by turns; null: the processor.
  std::shared_ptr<GpuWeights> next_gpu() const { return gpus.empty() ? nullptr : gpus[detectors++ % gpus.size()]; }
};

DetectorModel::DetectorModel(ModelMetadata metadata, Precision precision, std::unique_ptr<const Net> net)
    : metadata_(std::move(metadata)), precision_(precision), net_(std::move(net)) {}
DetectorModel::~DetectorModel() = default;

bool DetectorModel::is_on_gpu() const { return !net_->gpus.empty(); }

Result<std::shared_ptr<const DetectorModel>> DetectorModel::create(std::shared_ptr<const WeightFile> weights,
                                                                   const DetectorOptions& options) {
  PRETAG_ASSIGN(ModelMetadata metadata, read_model_metadata(*weights));
  if (options.score_threshold >= 0) metadata.box_score_threshold = options.score_threshold;
  if (options.max_detections > 0) metadata.box_detections_per_image = options.max_detections;
  metadata.min_size = input_side(metadata.min_size, options.accuracy);
  metadata.max_size = input_side(metadata.max_size, options.accuracy);
  PRETAG_ASSIGN(const Precision precision,
                resolve_precision(options.precision, options.ranges.has_value(), options.gpus));
  if (precision == Precision::kInt8 && !options.ranges) {
    return Error{ErrorCode::kInvalidArgument,
                 "precision=int8 needs the model's activation ranges; measure them with 'pretag model quantize'"};
  }
  const ActivationRanges* ranges = precision == Precision::kInt8 ? &*options.ranges : nullptr;
  const LayerFactory layers(std::move(weights), formats_of(precision, !options.gpus.empty()), metadata.batch_norm_eps,
                            ranges);
  std::vector<FasterRcnn::InputSides> sizes = {{metadata.min_size, metadata.max_size}};
  if (options.accuracy == Accuracy::kBest) {
    sizes.push_back({input_side(metadata.min_size, Accuracy::kFast), input_side(metadata.max_size, Accuracy::kFast)});
  }
  PRETAG_ASSIGN(FasterRcnn net, FasterRcnn::create(layers, metadata, sizes));
  auto made = std::make_unique<Net>(std::move(net), options.arena_bytes);
  for (const auto& gpu : options.gpus) made->gpus.push_back(std::make_shared<GpuWeights>(gpu));
  return std::shared_ptr<const DetectorModel>(new DetectorModel(std::move(metadata), precision, std::move(made)));
}

class Detector::Impl {
 public:
  explicit Impl(std::shared_ptr<const DetectorModel> model)
      : model_(std::move(model)),
        context_(std::in_place_type<ComputeContext>, ComputeContext::kMostPrimitives, model_->net().arena_bytes) {
    if (auto gpu = model_->net().next_gpu()) context_.emplace<GpuContext>(std::move(gpu), model_->net().arena_bytes);
  }

  // Null on a GPU.
  ComputeContext* processor() { return std::get_if<ComputeContext>(&context_); }

  void set_profile(ComputeProfile* profile) {
    std::visit([&](auto& context) { context.set_profile(profile); }, context_);
  }

  DetectorOutput detect(const Image& image, std::span<const Box> regions_in_image, const StageObserver* observer) {
    return std::visit([&](auto& context) { return detect_in(context, image, regions_in_image, observer); }, context_);
  }

 private:
  template <NetworkContext Context>
  DetectorOutput detect_in(Context& context, const Image& image, std::span<const Box> regions_in_image,
                           const StageObserver* observer) {
    const FasterRcnn& net = model_->net().net;
    constexpr size_t kFirst = 0, kSecond = 1;
    const NetSize size = net.size_in_net(image, kFirst);
    const auto height = static_cast<float>(size.height), width = static_cast<float>(size.width);
    const float scale_x = static_cast<float>(image.width) / width;
    const float scale_y = static_cast<float>(image.height) / height;
    std::vector<Box> regions_in_net;
    regions_in_net.reserve(regions_in_image.size());
    for (const Box& box : regions_in_image) {
      const Box scaled{box.x1 / scale_x, box.y1 / scale_y, box.x2 / scale_x, box.y2 / scale_y};
      regions_in_net.push_back(clip_to_visible(scaled, height, width));
    }
    FasterRcnn::Output found = net.forward(context, image, kFirst, regions_in_net, observer);
    context.finish_image();
    if (net.views() > kSecond) {
      auto others = net.forward(context, image, kSecond, {}, nullptr).detections;
      context.finish_image();
      found.detections = fuse_views(std::move(found.detections),
                                    scaled(std::move(others), size, net.size_in_net(image, kSecond)), fusion());
    }
    DetectorOutput output{.detections = {},
                          .embedding = std::move(found.embedding),
                          .region_embeddings = std::move(found.region_embeddings)};
    for (RoiDetection& d : found.detections) {
      const Box& box = d.box_in_net;
      output.detections.push_back(
          {.box_in_image = {box.x1 * scale_x, box.y1 * scale_y, box.x2 * scale_x, box.y2 * scale_y},
           .label = model_->metadata().classes[d.class_index],
           .score = d.score,
           .probabilities = std::move(d.probabilities),
           .embedding = std::move(d.embedding)});
    }
    context.lap(kPostprocessStage);
    if (observer != nullptr) observe_final(*observer, found.detections, output);
    return output;
  }

  // In pixels of the network input `to` instead of `from`.
  static std::vector<RoiDetection> scaled(std::vector<RoiDetection> found, NetSize to, NetSize from) {
    const float x = static_cast<float>(to.width) / static_cast<float>(from.width);
    const float y = static_cast<float>(to.height) / static_cast<float>(from.height);
    for (RoiDetection& detection : found) {
      Box& box = detection.box_in_net;
      box = {box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y};
    }
    return found;
  }

  FusionOptions fusion() const {
    const ModelMetadata& metadata = model_->metadata();
    return {.nms_threshold = metadata.box_nms_threshold,
            .score_threshold = metadata.box_score_threshold,
            .most = metadata.box_detections_per_image};
  }

  std::shared_ptr<const DetectorModel> model_;
  std::variant<ComputeContext, GpuContext> context_;
};

Detector::Detector(std::shared_ptr<const DetectorModel> model) : model_(std::move(model)) {}
Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

Status Detector::prepare() {
  try {
    if (!impl_) impl_ = std::make_unique<Impl>(model_);
    return {};
  } catch (const std::exception&) {
    return error_caught();
  }
}

Status Detector::observe_layers(ComputeContext::Observer observer) {
  PRETAG_TRY(prepare());
  ComputeContext* context = impl_->processor();
  if (context == nullptr) return Error{ErrorCode::kUnsupported, "layers are observed on the processor alone"};
  context->set_observer(std::move(observer));
  return {};
}

Status Detector::set_profile(ComputeProfile* profile) {
  PRETAG_TRY(prepare());
  impl_->set_profile(profile);
  return {};
}

Result<DetectorOutput> Detector::detect(const Image& image, std::span<const Box> regions_in_image,
                                        const StageObserver* observer) {
  const FlushDenormals flush;
  PRETAG_TRY(prepare());
  try {
    DetectorOutput output = impl_->detect(image, regions_in_image, observer);
    if (!std::ranges::all_of(output.embedding, [](float value) { return std::isfinite(value); })) {
      return Error{ErrorCode::kCorrupt, fmt::format("the model {}", kDiverged)};
    }
    return output;
  } catch (const std::exception&) {
    return error_caught();
  }
}

}  // namespace pretag
