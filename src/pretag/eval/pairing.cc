#include "pretag/eval/pairing.h"

#include <algorithm>
#include <utility>

namespace pretag {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Pairing pair_images(std::vector<Prediction> predictions, std::vector<LabelledImage> labels) {
  std::ranges::sort(predictions, {}, &Prediction::filename);
  std::ranges::sort(labels, {}, &LabelledImage::filename);
  Pairing pairing;
  auto label = labels.begin();
  for (Prediction& prediction : predictions) {
    for (; label != labels.end() && label->filename < prediction.filename; ++label) {
      pairing.without_prediction.push_back(label->filename);
    }
    if (label == labels.end() || label->filename != prediction.filename) {
      pairing.without_label.push_back(prediction.filename);
      continue;
    }
    if (prediction.width != label->width || prediction.height != label->height) {
      pairing.size_differs.push_back(prediction.filename);
    }
    pairing.images.push_back({std::move(prediction), std::move(*label++)});
  }
  for (; label != labels.end(); ++label) pairing.without_prediction.push_back(label->filename);
  return pairing;
}

ClassPairing pair_classes(const std::vector<std::string>& model_classes,
                          const std::vector<std::string>& label_classes) {
  ClassPairing pairing;
  for (const std::string& name : model_classes) {
    (contains(label_classes, name) ? pairing.common : pairing.only_in_model).push_back(name);
  }
  for (const std::string& name : label_classes) {
    if (!contains(model_classes, name)) pairing.only_in_labels.push_back(name);
  }
  return pairing;
}

void rename_classes(LabelSet& labels, const std::map<std::string, std::string>& new_names) {
  const auto renamed = [&](const std::string& name) {
    const auto found = new_names.find(name);
    return found == new_names.end() ? name : found->second;
  };
  std::vector<std::string> classes;
  for (const std::string& name : labels.classes) {
    if (!contains(classes, renamed(name))) classes.push_back(renamed(name));
  }
  labels.classes = std::move(classes);
  for (LabelledImage& image : labels.images) {
    for (GroundTruth& object : image.objects) object.label = renamed(object.label);
  }
}

}  // namespace pretag
