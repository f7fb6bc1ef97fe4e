#include "pretag/server/sample_links.h"

#include <fmt/format.h>

#include "pretag/server/local_datasource.h"

namespace pretag {

std::string sample_file(std::string_view dataset, std::string_view sample, std::string_view kind) {
  return fmt::format("samples/{}/{}-{}", dataset, sample, kind);
}

SampleLinks SampleLinks::of(const Call& call, const Record& dataset) {
  auto input = datasource_of(call, "INPUT");
  return {call.server, call.absolute(""), dataset.id, input ? std::optional(*std::move(input)) : std::nullopt};
}

std::string SampleLinks::image(const SampleName& sample) const {
  const std::string uploaded = sample_file(dataset_, sample.id, "full");
  if (server_.files().exists(uploaded)) {
    const int64_t expires_at = server_.now_ms() / 1000 + server_.settings().link_seconds;
    return base_ + server_.files().link("GET", uploaded, expires_at);
  }
  if (!input_) return {};
  const auto url = local_url(*input_, std::string(sample.file));
  return url ? *url : std::string();
}

std::string SampleLinks::path_in_datasource(const SampleName& sample) const {
  const std::string folder = input_ ? input_->document["shown"]["fullPath"].get<std::string>() : "";
  return (folder.empty() ? "" : folder + "/") + std::string(sample.file);
}

}  // namespace pretag
