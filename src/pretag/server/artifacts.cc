// The files that a run leaves: registered, uploaded by a link, confirmed; then they are listed with the run.
#include "pretag/server/artifacts.h"

#include "pretag/server/json_fields.h"
#include "pretag/server/routes.h"
#include "pretag/server/runs.h"
#include "pretag/util/paths.h"

namespace pretag {
namespace {

using nlohmann::json;

std::string file_of(const Record& artifact) { return "artifacts/" + artifact.parent + "/" + artifact.id; }

// Clients write it below a folder of theirs: it must not lead out of that.
Reply<std::string> safe_file_name(const json& body) {
  PRETAG_ASSIGN(std::string name, required_text(body, "fileName", {1, 500}));
  if (!stays_inside(name) || name.find('\\') != std::string::npos) {
    return bad_request("'fileName' must be a relative path without '.' and '..'");
  }
  return name;
}

Reply<Record> artifact_of(const Call& call, const Record& run) {
  return child_of(call, Table::kArtifacts, "artifactId", run.id, "DOCKER_RUN_ARTIFACT_UNKNOWN", "artifact of this run");
}

// The same file again, as a worker does that takes a run up, is the same artifact.
Reply<Record> put_artifact(const Call& call, const Record& run, const std::string& type, const std::string& file_name,
                           const std::string& location) {
  const std::string name = type + "/" + file_name;
  PRETAG_ASSIGN(auto artifact, find_first(call.sql, Table::kArtifacts, {.parent = run.id, .name = name}));
  if (artifact) return *std::move(artifact);
  artifact = call.new_record(run.id, name);
  artifact->document = {{"type", type}, {"fileName", file_name}, {"storageLocation", location}};
  PRETAG_TRY(insert(call.sql, Table::kArtifacts, *artifact));
  return *std::move(artifact);
}

Reply<HttpResponse> create_artifact(Call& call) {
  PRETAG_ASSIGN(const json body, call.json_object());
  PRETAG_ASSIGN(const std::string file_name, safe_file_name(body));
  PRETAG_ASSIGN(const std::string type,
                required_choice(body, "type",
                                {"LOG", "MEMLOG", "CHECKPOINT", "REPORT_PDF", "REPORT_JSON", "REPORT_V2_JSON",
                                 "CORRUPTNESS_CHECK_INFORMATION", "SEQUENCE_INFORMATION", "RELEVANT_FILENAMES"}));
  PRETAG_ASSIGN(const auto location, optional_choice(body, "storageLocation", {"LIGHTLY", "DATASOURCE"}));
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(const Record artifact, put_artifact(call, run, type, file_name, location.value_or("LIGHTLY")));
  PRETAG_TRY(transaction.commit());
  return json_reply({{"signedWriteUrl", call.signed_link("PUT", file_of(artifact))}, {"artifactId", artifact.id}}, 201);
}

Reply<HttpResponse> confirm_upload(Call& call) {
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(Record artifact, artifact_of(call, run));
  if (!call.server.files().exists(file_of(artifact))) {
    return ApiError(400, "DOCKER_RUN_ARTIFACT_UNAVAILABLE", "the file has not been uploaded; PUT it to the link first");
  }
  artifact.state = "confirmed";
  artifact.modified_at = call.server.now_ms();
  PRETAG_TRY(update(call.sql, Table::kArtifacts, artifact));
  PRETAG_TRY(transaction.commit());
  return no_content();
}

Reply<Record> uploaded_artifact_of(const Call& call) {
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(Record artifact, artifact_of(call, run));
  if (artifact.state == "confirmed") return artifact;
  return not_found("DOCKER_RUN_ARTIFACT_UNAVAILABLE", "the artifact has not been uploaded yet");
}

Reply<HttpResponse> read_url(Call& call) {
  PRETAG_ASSIGN(const Record artifact, uploaded_artifact_of(call));
  return json_reply(call.signed_link("GET", file_of(artifact)));
}

// What workers and clients before artifacts ask for. Nobody confirms such an upload: it is there when it is there.
Reply<HttpResponse> report_write_url(Call& call) {
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(call.sql));
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(const Record report, put_artifact(call, run, "REPORT_PDF", "report.pdf", "LIGHTLY"));
  PRETAG_TRY(transaction.commit());
  return json_reply(call.signed_link("PUT", file_of(report)));
}

Reply<HttpResponse> report_url(Call& call) {
  PRETAG_ASSIGN(const Record run, run_of(call));
  PRETAG_ASSIGN(const auto report,
                find_first(call.sql, Table::kArtifacts, {.parent = run.id, .name_prefix = "REPORT_PDF/"}));
  if (!report || !call.server.files().exists(file_of(*report))) {
    return not_found("DOCKER_RUN_REPORT_UNAVAILABLE", "the run has no report in PDF");
  }
  return json_reply(call.signed_link("GET", file_of(*report)));
}

}  // namespace

Reply<std::string> look_up_artifact_file(const Call& call, const std::string& run_id, const std::string& artifact_id) {
  PRETAG_ASSIGN(const auto sql, call.server.database().connect());
  const PathParameters parameters = {{"runId", run_id}, {"artifactId", artifact_id}};
  const Call named{call.request, parameters, call.user, *sql, call.server};
  PRETAG_ASSIGN(const Record artifact, uploaded_artifact_of(named));
  PRETAG_ASSIGN(std::string path, call.server.files().path_of(file_of(artifact)));
  return path;
}

void add_artifact_routes(Router& router) {
  const std::string base = "/v1/docker/runs/{runId}";
  router.add("POST", base + "/artifacts", create_artifact);
  router.add("PUT", base + "/artifacts/{artifactId}/confirmUpload", confirm_upload);
  router.add("GET", base + "/artifacts/{artifactId}/readurl", read_url);
  router.add("GET", base + "/writeReportUrl", report_write_url);
  router.add("GET", base + "/readReportUrl", report_url);
}

}  // namespace pretag
