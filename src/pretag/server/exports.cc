// The samples of a tag in the forms that labelling tools and scripts take.
#include "pretag/server/local_datasource.h"
#include "pretag/server/routes.h"
#include "pretag/server/samples.h"
#include "pretag/server/tags.h"

namespace pretag {
namespace {

using nlohmann::json;

struct Export {
  Record dataset;
  Bitmask samples;
  Page page;
  std::optional<Record> datasource;  // of the input, where there is one

  Status visit(const Call& call, const std::function<Status(const SampleName&)>& take) const {
    return visit_sample_names(call, dataset, samples, page, take);
  }
  std::string url(const Call& call, const SampleName& sample) const {
    return sample_read_url(call, dataset, sample, datasource);
  }
};

Reply<Export> open_export(const Call& call) {
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record tag, tag_of(call, dataset));
  PRETAG_ASSIGN(Bitmask samples, Bitmask::parse(tag.document["bitMaskData"].get<std::string>()));
  PRETAG_ASSIGN(const Page page, call.page());
  auto source = datasource_of(call, "INPUT");
  return Export{std::move(dataset), std::move(samples), page,
                source ? std::optional(*std::move(source)) : std::nullopt};
}

// Where the file is in the data source: for LOCAL, below the mount.
std::string datasource_path(const Export& exported, const SampleName& sample) {
  const std::string path =
      exported.datasource ? exported.datasource->document["shown"]["fullPath"].get<std::string>() : "";
  return (path.empty() ? "" : path + "/") + std::string(sample.file);
}

// One line each. As a JSON string: clients try to read the text as JSON first, and a file name may look like a number.
Reply<HttpResponse> file_names(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  const std::string_view format = call.query("fileNameFormat");
  const auto line = [&](const SampleName& sample) {
    if (format == "REDIRECTED_READ_URL") return exported.url(call, sample);
    if (format == "DATASOURCE_FULL") return datasource_path(exported, sample);
    return std::string(sample.file);
  };
  if (!format.empty() && format != "NAME" && format != "REDIRECTED_READ_URL" && format != "DATASOURCE_FULL") {
    return bad_request("'fileNameFormat' must be NAME, REDIRECTED_READ_URL or DATASOURCE_FULL");
  }
  std::string text;
  bool first = true;
  PRETAG_TRY(exported.visit(call, [&](const SampleName& sample) {
    if (!first) text += '\n';
    first = false;
    text += line(sample);
    return Status();
  }));
  return json_reply(text);
}

Reply<HttpResponse> label_studio(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  JsonArray answer;
  int64_t number = exported.page.offset;
  PRETAG_TRY(exported.visit(call, [&](const SampleName& sample) {
    answer.add({{"id", number++}, {"data", {{"image", exported.url(call, sample)}, {"lightlyFileName", sample.file}}}});
    return Status();
  }));
  return answer.reply();
}

Reply<HttpResponse> label_box(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  JsonArray answer;
  PRETAG_TRY(exported.visit(call, [&](const SampleName& sample) {
    answer.add({{"externalId", sample.file}, {"imageUrl", exported.url(call, sample)}});
    return Status();
  }));
  return answer.reply();
}

Reply<HttpResponse> label_box_v4(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  JsonArray answer;
  PRETAG_TRY(exported.visit(call, [&](const SampleName& sample) {
    answer.add({{"row_data", exported.url(call, sample)}, {"global_key", sample.file}, {"media_type", "IMAGE"}});
    return Status();
  }));
  return answer.reply();
}

}  // namespace

void add_export_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/tags/{tagId}/export";
  router.add("GET", base + "/basic/filenames", file_names);
  router.add("GET", base + "/LabelStudio/tasks", label_studio);
  router.add("GET", base + "/LabelBox/datarows", label_box);
  router.add("GET", base + "/LabelBoxV4/datarows", label_box_v4);
}

}  // namespace pretag
