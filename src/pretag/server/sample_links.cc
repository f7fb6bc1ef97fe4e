#include "pretag/server/sample_links.h"

#include <fmt/format.h>

#include "pretag/server/crops.h"
#include "pretag/server/datasource_place.h"

namespace pretag {
namespace {

constexpr char kFramesFolder[] = ".lightly/frames/";

}  // namespace

std::string sample_file(std::string_view dataset, std::string_view sample, std::string_view kind) {
  return fmt::format("samples/{}/{}-{}", dataset, sample, kind);
}

SampleLinks SampleLinks::of(const Call& call, const Record& dataset) {
  SampleLinks links(call, dataset.id);
  if (is_cut_from_another(dataset)) {
    links.below_ = kCropsFolder + dataset.id + "/";
    if (auto parent = parent_of_crops(call, dataset); parent && *parent) {
      auto source = datasource_in(call.sql, (*parent)->id, "LIGHTLY");
      if (!source) source = datasource_in(call.sql, (*parent)->id, "INPUT");  // where the worker writes without one
      if (source) links.lightly_ = *std::move(source);
    }
    return links;
  }
  if (dataset.document.value("type", "") == "Videos") links.below_ = kFramesFolder;
  if (auto input = datasource_of(call, "INPUT")) links.input_ = *std::move(input);
  if (auto lightly = datasource_of(call, "LIGHTLY")) links.lightly_ = *std::move(lightly);
  return links;
}

std::string SampleLinks::uploaded(std::string_view sample, std::string_view kind) const {
  const std::string file = sample_file(dataset_, sample, kind);
  if (!server_.files().exists(file)) return {};
  const int64_t expires_at = server_.now_ms() / 1000 + server_.settings().link_seconds;
  return base_ + server_.files().link("GET", file, expires_at);
}

std::string SampleLinks::image(const SampleName& sample) const {
  std::string link = uploaded(sample.id, "full");
  const std::optional<Record>& source = image_source();
  if (!link.empty() || !source) return link;
  const auto url = read_url(server_, *source, image_file(sample));
  return url ? *url : std::string();
}

std::string SampleLinks::image_file(const SampleName& sample) const { return below_ + std::string(sample.file); }

std::string SampleLinks::thumbnail(const Record& sample) const {
  std::string link = uploaded(sample.id, "thumb");
  const std::string name = sample.document.value("thumbName", "");
  if (!link.empty() || name.empty()) return link;
  const std::optional<Record>& source = lightly_ ? lightly_ : input_;
  if (!source) return {};
  const auto url = read_url(server_, *source, name);
  return url ? *url : std::string();
}

std::string SampleLinks::path_in_datasource(const SampleName& sample) const {
  const std::optional<Record>& source = image_source();
  std::string folder = source ? source->document["shown"]["fullPath"].get<std::string>() : "";
  while (folder.ends_with('/')) folder.pop_back();  // of buckets, it is kept as it was given
  return (folder.empty() ? "" : folder + "/") + image_file(sample);
}

}  // namespace pretag
