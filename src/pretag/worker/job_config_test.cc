#include "pretag/worker/job_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/formats/selection_config.h"

namespace pretag {
namespace {

using ::testing::HasSubstr;

const JobSettings kSettings{
    .defaults = {}, .shared_folder = "/shared", .lightly_folder = "/lightly", .dataset_id = "d1"};

std::string error_of(std::string_view config, const JobSettings& settings = kSettings) {
  const auto job = read_job_config(config, settings);
  return job ? "no error" : job.error().message;
}

TEST(JobConfig, SaysTheSameInEveryClientGeneration) {
  // V0 as users wrote it; V2 and later in camelCase.
  const char* snake = R"({"workerType": "FULL",
    "docker": {"pretagging": true, "pretagging_debug": true, "remove_exact_duplicates": false,
               "relevant_filenames_file": "some.txt", "corruptness_check": {"corruption_threshold": 0.2}},
    "lightly": {"loader": {"batch_size": 16}}, "selection": {"nSamples": 5, "strategies": [
      {"input": {"type": "EMBEDDINGS"},
       "strategy": {"type": "DIVERSITY", "stopping_condition_minimum_distance": 0.1}}]}})";
  const char* camel = R"({"workerType": "FULL",
    "docker": {"pretagging": true, "pretaggingDebug": true, "removeExactDuplicates": false,
               "relevantFilenamesFile": "some.txt", "corruptnessCheck": {"corruptionThreshold": 0.2}},
    "lightly": {"loader": {"batchSize": 16}, "collate": {"rrDegrees": null}},
    "selection": {"nSamples": 5, "autoTasks": [], "strategies": [
      {"input": {"type": "EMBEDDINGS"},
       "strategy": {"type": "DIVERSITY", "stopping_condition_minimum_distance": 0.1, "strength": 1.0}}]}})";
  for (const char* config : {snake, camel}) {
    const auto job = read_job_config(config, kSettings);
    ASSERT_TRUE(job.ok()) << job.error().message;
    EXPECT_TRUE(job->config.pretagging);
    EXPECT_TRUE(job->config.pretagging_debug);
    EXPECT_FALSE(job->config.remove_exact_duplicates);
    EXPECT_EQ(job->config.relevant_filenames_file, "/lightly/.lightly/some.txt");
    EXPECT_EQ(job->config.corruption_threshold, 0.2);
    EXPECT_THAT(job->warnings, ::testing::Contains(HasSubstr("lightly.loader.batch")));
    const auto selection = read_selection_config(job->selection);
    ASSERT_TRUE(selection.ok()) << selection.error().message;
    EXPECT_EQ(selection->n_samples, 5);
    EXPECT_EQ(selection->entries.at(0).strategy.stopping_condition_minimum_distance, 0.1);
  }
}

TEST(JobConfig, RelevantFilenamesMayBeNamedFromTheDatasourceOn) {
  const auto job = read_job_config(R"({"docker": {"relevantFilenamesFile": ".lightly/lists/some.txt"}})", kSettings);
  ASSERT_TRUE(job.ok()) << job.error().message;
  EXPECT_EQ(job->config.relevant_filenames_file, "/lightly/.lightly/lists/some.txt");
}

TEST(JobConfig, PartsMayBeMissingAndPretaggingIsThenOff) {
  for (const char* config : {R"({"workerType": "FULL"})", R"({"docker": null, "lightly": null, "selection": null})",
                             R"({"docker": {"pretagging": null}})"}) {
    const auto job = read_job_config(config, kSettings);
    ASSERT_TRUE(job.ok()) << job.error().message;
    EXPECT_FALSE(job->config.pretagging);
    EXPECT_TRUE(job->config.enable_corruptness_check);
    EXPECT_EQ(job->selection, "");
    EXPECT_TRUE(job->upload_report);
    EXPECT_FALSE(job->leave_afterwards);
  }
}

TEST(JobConfig, TheWorkersDefaultsYieldToTheJob) {
  JobSettings settings = kSettings;
  settings.defaults = {"pretaggingDebug=True", "pretagging=True", "num_threads=3", "model=/opt/own.safetensors"};
  const auto silent = read_job_config(R"({"docker": {}})", settings);
  ASSERT_TRUE(silent.ok()) << silent.error().message;
  EXPECT_TRUE(silent->config.pretagging);
  EXPECT_TRUE(silent->config.pretagging_debug);
  EXPECT_EQ(silent->config.num_threads, 3);
  EXPECT_EQ(silent->config.model, "/opt/own.safetensors");
  const auto job = read_job_config(R"({"docker": {"pretagging_debug": false, "numThreads": 2}})", settings);
  ASSERT_TRUE(job.ok()) << job.error().message;
  EXPECT_FALSE(job->config.pretagging_debug);
  EXPECT_EQ(job->config.num_threads, 2);
}

TEST(JobConfig, AJobThatSelectsTakesNothingOfASelectionFromTheWorker) {
  JobSettings settings = kSettings;
  settings.defaults = {"selection.n_samples=100",          "selection.strategies=[]",    "method=random", "seed=3",
                       "stopping_condition.n_samples=0.1", "active_learning.task_name=t"};
  const auto job = read_job_config(R"({"docker": {}, "selection": {"nSamples": 50}})", settings);
  ASSERT_TRUE(job.ok()) << job.error().message;
  EXPECT_EQ(job->config.selection_n_samples, -1);
  EXPECT_EQ(job->config.selection_strategies, "");
  EXPECT_EQ(job->config.stopping_condition_n_samples, -1);
  EXPECT_EQ(job->config.method, "coreset");
  EXPECT_EQ(job->config.active_learning_task, "");
  EXPECT_EQ(job->config.seed, 3);
  settings.defaults.resize(1);
  EXPECT_EQ(read_job_config(R"({"docker": {}})", settings)->config.selection_n_samples, 100);
}

TEST(JobConfig, TheWorkersDefaultsHoldForItsOwnDoings) {
  JobSettings settings = kSettings;
  settings.defaults = {"uploadReport=False", "pretagging_upload=1", "shutdown_when_job_finished=yes"};
  const auto silent = read_job_config(R"({"docker": {}})", settings);
  ASSERT_TRUE(silent.ok()) << silent.error().message;
  EXPECT_FALSE(silent->upload_report);
  EXPECT_TRUE(silent->upload_predictions);
  EXPECT_TRUE(silent->leave_afterwards);
  EXPECT_TRUE(silent->warnings.empty());
  EXPECT_TRUE(read_job_config(R"({"docker": {"uploadReport": true}})", settings)->upload_report);
  settings.defaults = {"upload_report=on"};
  EXPECT_TRUE(read_job_config(R"({"docker": {}})", settings)->upload_report);
}

TEST(JobConfig, FilesOfAJobAreBelowTheMounts) {
  const auto job = read_job_config(
      R"({"docker": {"model": "models/a.pth", "pretaggingConfig": "counts.json", "embeddings": "e.csv"}})", kSettings);
  ASSERT_TRUE(job.ok()) << job.error().message;
  EXPECT_EQ(job->config.model, "/shared/models/a.pth");
  EXPECT_EQ(job->config.pretagging_config, "/shared/counts.json");
  EXPECT_EQ(job->config.embeddings, "/shared/e.csv");
  EXPECT_THAT(error_of(R"({"docker": {"model": "/etc/passwd"}})"), HasSubstr("model is '/etc/passwd'"));
  EXPECT_THAT(error_of(R"({"docker": {"device": "gpu"}})"), HasSubstr("not for a job to say, but for its worker"));
  EXPECT_THAT(error_of(R"({"docker": {"relevant_filenames_file": "a/../../b"}})"),
              HasSubstr("below the worker's mount"));
  for (const char* key : {"selection", "selection.strategies", "selection.nSamples"}) {
    EXPECT_THAT(error_of(fmt::format(R"({{"docker": {{"{}": "/etc/passwd"}}}})", key)), HasSubstr("selection_config"));
  }
  EXPECT_THAT(error_of(R"({"docker": {"relevantFilenamesFile": ["a.txt"]}})"),
              HasSubstr("relevant_filenames_file must be the name of a file"));
}

TEST(JobConfig, ADatasetOfTheServerMayBeTheDatapool) {
  const auto own = read_job_config(R"({"docker": {"useDatapool": true}})", kSettings);
  ASSERT_TRUE(own.ok());
  EXPECT_EQ(own->pool_dataset, "d1");
  EXPECT_TRUE(own->only_new_files);
  const auto other = read_job_config(R"({"docker": {"datapool": {"dataset_id": "d2"}}})", kSettings);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->pool_dataset, "d2");
  EXPECT_FALSE(other->only_new_files) << "its time is not this dataset's";
  const auto none = read_job_config(R"({"docker": {"useDatapool": false}})", kSettings);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->pool_dataset, "");
  EXPECT_FALSE(none->only_new_files);
  EXPECT_EQ(
      read_job_config(R"({"docker": {"useDatapool": true, "datapool": {"datasetId": ""}}})", kSettings)->pool_dataset,
      "d1");
  EXPECT_THAT(error_of(R"({"docker": {"datapool": {"datasetId": 17}}})"), HasSubstr("datapool.dataset_id"));
  JobSettings settings = kSettings;
  settings.defaults = {"datapool.name=ours"};
  EXPECT_EQ(read_job_config(R"({"docker": {}})", settings)->config.datapool_name, "ours");
  EXPECT_EQ(read_job_config(R"({"docker": {"useDatapool": true}})", settings)->config.datapool_name, "");
}

TEST(JobConfig, SelectsObjectsInEverySpelling) {
  for (const char* config :
       {R"({"docker": {"object_level": {"task_name": "cars", "padding": 0.25, "crop_dataset_name": "my crops"}}})",
        R"({"docker": {"objectLevel": {"taskName": "cars", "padding": 0.25, "cropDatasetName": "my crops"}}})",
        R"({"docker": {"object_level.task_name": "cars", "object_level.padding": 0.25,
                       "object_level.crop_dataset_name": "my crops"}})"}) {
    const auto job = read_job_config(config, kSettings);
    ASSERT_TRUE(job.ok()) << job.error().message;
    EXPECT_EQ(job->config.object_level_task, "cars") << config;
    EXPECT_EQ(job->config.object_level_padding, 0.25) << config;
    EXPECT_EQ(job->config.object_level_crop_dataset, "my crops") << config;
    EXPECT_TRUE(job->upload_crops) << config;
    EXPECT_TRUE(job->warnings.empty()) << config;
  }
  EXPECT_THAT(error_of(R"({"docker": {"objectLevel": {"cropDatasetName": 3}}})"),
              HasSubstr("object_level.crop_dataset_name"));
  EXPECT_THAT(error_of(R"({"docker": {"objectLevel": {"taskNames": "cars"}}})"),
              HasSubstr("did you mean 'objectLevel.taskName'?"));
}

TEST(JobConfig, TheWorkerMaySayThatObjectsAreSelected) {
  JobSettings settings = kSettings;
  settings.defaults = {"object_level.task_name=cars", "objectLevel.cropDatasetName='my crops'",
                       "crops.enable_upload=False"};
  const auto silent = read_job_config(R"({"docker": {}, "selection": {"nSamples": 50}})", settings);
  ASSERT_TRUE(silent.ok()) << silent.error().message;
  EXPECT_EQ(silent->config.object_level_task, "cars");
  EXPECT_EQ(silent->config.object_level_crop_dataset, "my crops");
  EXPECT_FALSE(silent->upload_crops);
  const auto job = read_job_config(
      R"({"docker": {"objectLevel": {"cropDatasetName": "other"}, "crops": {"enableUpload": true}}})", settings);
  ASSERT_TRUE(job.ok()) << job.error().message;
  EXPECT_EQ(job->config.object_level_crop_dataset, "other");
  EXPECT_TRUE(job->upload_crops);
}

TEST(JobConfig, CropsNeedNotBeUploaded) {
  for (const char* config :
       {R"({"docker": {"crops": {"enableUpload": false}}})", R"({"docker": {"crops": {"enable_upload": false}}})"}) {
    const auto job = read_job_config(config, kSettings);
    ASSERT_TRUE(job.ok()) << job.error().message;
    EXPECT_FALSE(job->upload_crops);
    EXPECT_TRUE(job->warnings.empty());
  }
  EXPECT_THAT(error_of(R"({"docker": {"crops": {"enableUpload": "no"}}})"), HasSubstr("crops.enable_upload"));
}

TEST(JobConfig, MayReadWhatWasReadBefore) {
  const auto only_new = [](const char* config, const JobSettings& settings) {
    const auto job = read_job_config(config, settings);
    EXPECT_TRUE(job.ok()) << job.error().message;
    return job && job->only_new_files;
  };
  EXPECT_FALSE(only_new(R"({"docker": {"useDatapool": true, "datasource": {"processAll": true}}})", kSettings));
  EXPECT_TRUE(only_new(R"({"docker": {"useDatapool": true, "datasource": {"processAll": false}}})", kSettings));
  JobSettings settings = kSettings;
  settings.defaults = {"datasource.process_all=True"};
  EXPECT_FALSE(only_new(R"({"docker": {"useDatapool": true}})", settings));
  EXPECT_TRUE(only_new(R"({"docker": {"useDatapool": true, "datasource": {"processAll": false}}})", settings));
  EXPECT_THAT(error_of(R"({"docker": {"datasource": {"processAll": 1}}})"), HasSubstr("datasource.process_all"));
}

TEST(JobConfig, TellsWhatTheWorkerItselfIsToDo) {
  const auto job = read_job_config(
      R"({"docker": {"uploadReport": false, "shutdown_when_job_finished": true, "pretaggingUpload": true}})",
      kSettings);
  ASSERT_TRUE(job.ok()) << job.error().message;
  EXPECT_FALSE(job->upload_report);
  EXPECT_TRUE(job->leave_afterwards);
  EXPECT_TRUE(job->upload_predictions);
  EXPECT_TRUE(job->warnings.empty());
}

TEST(JobConfig, ErrorsNameTheKey) {
  EXPECT_THAT(error_of(R"({"docker": {"pretaging": true}})"), HasSubstr("did you mean 'pretagging'?"));
  EXPECT_THAT(error_of(R"({"docker": {"numThreads": "many"}})"), HasSubstr("num_threads"));
  EXPECT_THAT(error_of(R"({"docker": {"enableTraining": true}})"), HasSubstr("later version"));
  EXPECT_THAT(error_of(R"({"docker": {"uploadReport": 3}})"), HasSubstr("upload_report"));
  EXPECT_THAT(error_of(R"({"docker": []})"), HasSubstr("'docker' must be an object"));
  EXPECT_THAT(error_of("[]"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(error_of("{"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(error_of(R"({"lightly": )" + std::string(500'000, '[')), HasSubstr("nested more than 64 levels"));
}

}  // namespace
}  // namespace pretag
