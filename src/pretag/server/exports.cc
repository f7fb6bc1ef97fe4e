// The samples of a tag in the forms that labelling tools and scripts take.
#include "pretag/server/routes.h"
#include "pretag/server/sample_links.h"
#include "pretag/server/sample_list.h"
#include "pretag/server/tags.h"

namespace pretag {
namespace {

struct Export {
  Record dataset;
  Bitmask samples;
  Page page;
  SampleLinks links;

  Reply<HttpResponse> answer(const Call& call, std::function<std::string(const SampleName&)> entry) const {
    return answer_with(call, {samples, page, read_names(dataset, std::move(entry))});
  }
};

Reply<Export> open_export(const Call& call) {
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  PRETAG_ASSIGN(const Record tag, tag_of(call, dataset));
  PRETAG_ASSIGN(Bitmask samples, Bitmask::parse(tag.document["bitMaskData"].get<std::string>()));
  PRETAG_ASSIGN(const Page page, call.page());
  SampleLinks links = SampleLinks::of(call, dataset);
  return Export{std::move(dataset), std::move(samples), page, std::move(links)};
}

// One line each. As a JSON string: clients try to read the text as JSON first, and a file name may look like a number.
Reply<HttpResponse> file_names(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  const std::string format(call.query("fileNameFormat"));
  if (!format.empty() && format != "NAME" && format != "REDIRECTED_READ_URL" && format != "DATASOURCE_FULL") {
    return bad_request("'fileNameFormat' must be NAME, REDIRECTED_READ_URL or DATASOURCE_FULL");
  }
  const auto line = [format, links = exported.links](const SampleName& sample) {
    const std::string text = json_dump(format == "REDIRECTED_READ_URL" ? links.image(sample)
                                       : format == "DATASOURCE_FULL"   ? links.path_in_datasource(sample)
                                                                       : std::string(sample.file));
    return text.substr(1, text.size() - 2);  // without its quotes: all lines are one string
  };
  return answer_with(call, {.samples = exported.samples,
                            .page = exported.page,
                            .read = read_names(exported.dataset, line),
                            .begin = "\"",
                            .between = "\\n",
                            .end = "\""});
}

Reply<HttpResponse> label_studio(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  return exported.answer(call, [links = exported.links, number = exported.page.offset](const SampleName& s) mutable {
    return json_dump({{"id", number++}, {"data", {{"image", links.image(s)}, {"lightlyFileName", s.file}}}});
  });
}

Reply<HttpResponse> label_box(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  return exported.answer(call, [links = exported.links](const SampleName& sample) {
    return json_dump({{"externalId", sample.file}, {"imageUrl", links.image(sample)}});
  });
}

Reply<HttpResponse> label_box_v4(Call& call) {
  PRETAG_ASSIGN(const Export exported, open_export(call));
  return exported.answer(call, [links = exported.links](const SampleName& sample) {
    return json_dump({{"row_data", links.image(sample)}, {"global_key", sample.file}, {"media_type", "IMAGE"}});
  });
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
