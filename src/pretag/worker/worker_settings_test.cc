#include "pretag/worker/worker_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "pretag/io/file_system.h"
#include "pretag/worker/artifacts.h"
#include "pretag/worker/file_server.h"
#include "pretag/worker/job_folders.h"
#include "support/memory_file_system.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<WorkerSettings> parse(const std::vector<std::string>& arguments,
                             std::map<std::string, std::string> variables = {}) {
  return parse_worker_settings(arguments, [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string error_of(const std::vector<std::string>& arguments) {
  const auto settings = parse(arguments);
  return settings ? "no error" : settings.error().message;
}

TEST(WorkerSettings, ArgumentsComeBeforeTheEnvironment) {
  const std::map<std::string, std::string> variables = {
      {"LIGHTLY_TOKEN", "t1"}, {"LIGHTLY_WORKER_ID", "w1"}, {"LIGHTLY_SERVER_LOCATION", "https://a"}};
  const auto environment = parse({}, variables);
  ASSERT_TRUE(environment.ok()) << environment.error().message;
  EXPECT_EQ(environment->server.token, "t1");
  EXPECT_EQ(environment->worker_id, "w1");
  EXPECT_EQ(environment->server.location, "https://a");
  EXPECT_EQ(environment->mounts.input, "/input_mount");
  const auto arguments = parse({"token=t2", "worker.worker_id=w2", "server=http://b", "worker.labels=[gpu, 'big one']",
                                "worker.force_start=True", "pretagging_debug=True", "input_dir=in"},
                               variables);
  ASSERT_TRUE(arguments.ok()) << arguments.error().message;
  EXPECT_EQ(arguments->server.token, "t2");
  EXPECT_EQ(arguments->worker_id, "w2");
  EXPECT_EQ(arguments->server.location, "http://b");
  EXPECT_THAT(arguments->labels, ElementsAre("gpu", "big one"));
  EXPECT_TRUE(arguments->force_start);
  EXPECT_THAT(arguments->job_defaults, ElementsAre("pretagging_debug=True"));
  EXPECT_EQ(arguments->mounts.input, "in");
}

TEST(WorkerSettings, ErrorsNameTheKeyAndNeverTheToken) {
  EXPECT_THAT(error_of({}), HasSubstr("LIGHTLY_TOKEN"));
  EXPECT_THAT(error_of({"token=s3cret", "server=ftp://x"}),
              AllOf(HasSubstr("server=ftp://x"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(error_of({"token=t", "worker.worker_ids=x"}), HasSubstr("did you mean 'worker.worker_id'?"));
  EXPECT_THAT(error_of({"token=t", "worker.force_start=perhaps"}), HasSubstr("True or False"));
  EXPECT_THAT(error_of({"token=t", "worker.poll_interval=0"}), HasSubstr("seconds"));
  EXPECT_THAT(error_of({"token=t", "worker.file_server_port=70000"}), HasSubstr("port"));
  EXPECT_THAT(error_of({"token=t", "num_threads=many"}), HasSubstr("num_threads"));
  EXPECT_THAT(error_of({"token=t", "gibberish"}), HasSubstr("write key=value"));
  EXPECT_TRUE(parse({"sanity_check=True"})->sanity_check);
  EXPECT_THAT(error_of({"sanity_check=True", "num_threads=many"}), HasSubstr("num_threads"));
}

TEST(JobFolders, ThumbnailsMayBeAmongTheInputs) {
  const auto among = [](const std::string& input, const std::string& lightly, const std::string& suffix) {
    return thumbnails_are_among_inputs({.input = input, .lightly = lightly, .thumb_suffix = suffix});
  };
  EXPECT_TRUE(among("/in", "/in", "thumbs/[filename]_thumb.[extension]"));
  EXPECT_TRUE(among("/in", "/in/own", "[filename].[extension]"));
  EXPECT_TRUE(among("/in", "/in", "./thumbs/[filename].[extension]"));
  EXPECT_FALSE(among("/in", "/in", ".lightly/thumbnails/[filename]_thumb.[extension]"));
  EXPECT_FALSE(among("/in", "/in/.own", "thumbs/[filename].[extension]"));
  EXPECT_FALSE(among("/in", "/in/.own", ""));
  EXPECT_FALSE(among("/in", "/inside", "thumbs/[filename].[extension]"));
  EXPECT_FALSE(among("/in/photos", "/in", "thumbs/[filename].[extension]"));
}

TEST(JobFolders, PathsAreBelowTheMountsOrInBuckets) {
  const Mounts mounts;
  const auto both = job_folders({{"LOCAL", "LIGHTLY", "own/./"}, {"LOCAL", "INPUT", "photos//day"}}, mounts);
  ASSERT_TRUE(both.ok()) << both.error().message;
  EXPECT_EQ(both->input, "/input_mount/photos/day");
  EXPECT_EQ(both->lightly, "/lightly_mount/own");
  EXPECT_EQ(job_folders({{"LOCAL", "INPUT_OUTPUT", ""}}, mounts)->lightly, "/input_mount");
  const auto beside = job_folders({{"LOCAL", "INPUT_OUTPUT", "both"}, {"LOCAL", "INPUT", "new"}}, mounts);
  EXPECT_EQ(beside->input, "/input_mount/new");
  EXPECT_EQ(beside->lightly, "/input_mount/both");
  for (const char* path : {"..", "a/../..", "/etc", "a/../b"}) {
    EXPECT_FALSE(job_folders({{"LOCAL", "INPUT", path}}, mounts).ok()) << path;
  }
  const auto bucket = job_folders({{"S3", "INPUT", "s3://photos/drive/"}, {"LOCAL", "LIGHTLY", "own"}}, mounts);
  ASSERT_TRUE(bucket.ok()) << bucket.error().message;
  EXPECT_EQ(bucket->input, "s3://photos/drive");
  EXPECT_EQ(bucket->lightly, "/lightly_mount/own");
  EXPECT_THAT(job_folders({}, mounts).error().message, HasSubstr("no datasource"));
  EXPECT_EQ(job_folders({{"GCS", "INPUT", "gs://photos/drive/"}}, mounts)->input, "gs://photos/drive");
  EXPECT_EQ(job_folders({{"AZURE", "INPUT", "photos/drive/"}}, mounts)->input, "az://photos/drive");
  EXPECT_THAT(job_folders({{"OBS", "INPUT", "photos"}}, mounts).error().message, HasSubstr("type OBS"));
  EXPECT_THAT(job_folders({{"S3", "INPUT", "b/x"}}, mounts).error().message, HasSubstr("s3://bucket/folder"));
}

TEST(FileServer, FindsFilesInTheInputMountFirstAndNoneOutside) {
  const TemporaryFolder folder;
  folder.write("input/a.txt", "input");
  const std::string only = folder.write("lightly/b.txt", "lightly");
  folder.write("lightly/a.txt", "lightly");
  folder.write("input-secret/c.txt", "secret");
  std::filesystem::create_symlink(folder / "input-secret/c.txt", folder / "input/link.txt");
  Mounts mounts;
  mounts.input = folder / "input", mounts.lightly = folder / "lightly";
  const std::string first = std::filesystem::canonical(folder / "input/a.txt");
  EXPECT_EQ(served_file("/a.txt", mounts), first);
  EXPECT_EQ(served_file("//a.txt", mounts), first);
  EXPECT_EQ(served_file("/b.txt", mounts), std::filesystem::canonical(only));
  for (const char* path : {"/", "", "/link.txt", "/../input-secret/c.txt", "/nothing", "/../input", "/a.txt/"}) {
    EXPECT_EQ(served_file(path, mounts), std::nullopt) << path;
  }
}

TEST(Artifacts, AreThoseThatExist) {
  MemoryFileSystem files;
  for (const char* name : {"report.json", "log.txt", "memlog.txt"}) files.add(std::string("/run/") + name, "x");
  files.add("/lightly/.lightly/some/names.txt", "a.jpg");
  RunConfig config;
  config.relevant_filenames_file = "/lightly/.lightly/some/names.txt";
  const auto types = [&](bool with_report) {
    std::vector<std::string> found;
    for (const auto& file : artifacts_to_upload(files, "/run", config, with_report)) {
      found.push_back(file.artifact.type + " " + file.artifact.file_name);
    }
    return found;
  };
  EXPECT_THAT(types(true), ElementsAre("REPORT_JSON report.json", "MEMLOG memlog.txt", "LOG log.txt",
                                       "RELEVANT_FILENAMES names.txt"));
  EXPECT_THAT(types(false), ElementsAre("MEMLOG memlog.txt", "LOG log.txt", "RELEVANT_FILENAMES names.txt"));
}

}  // namespace
}  // namespace pretag
