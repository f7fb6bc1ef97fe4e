#include "pretag/cli/diagnosis.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pretag/cli/commands.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using testing::HasSubstr;

constexpr uint64_t kGiB = uint64_t{1} << 30;

DoctorFacts healthy() {
  DoctorFacts facts;
  facts.cpu = {.name = "A Processor", .avx2 = true, .avx512 = true, .avx512_vnni = true};
  facts.machine.cores_online = facts.machine.cores_allowed = facts.machine.cores_available = 4;
  facts.machine.memory_total = facts.machine.memory_available = 8 * kGiB;
  facts.onednn_isa = "AVX512_CORE_VNNI";
  facts.onednn_uses_avx512 = true;
  facts.model = std::string("/models/m.safetensors");
  facts.libraries = {{"OpenCV", "4.6.0"}, {"SQLite", "3.40.1"}};
  facts.folders = {{.path = "/runs", .writable = true, .reason = "", .free_bytes = 50 * kGiB}};
  return facts;
}

Finding finding_of(const DoctorFacts& facts, const std::string& topic) {
  for (const Finding& finding : diagnose(facts)) {
    if (finding.topic == topic) return finding;
  }
  ADD_FAILURE() << "nothing was found about " << topic;
  return {};
}

TEST(Diagnosis, AHealthyMachineHasNothingToMend) {
  for (const Finding& finding : diagnose(healthy())) {
    EXPECT_EQ(finding.mark, Mark::kOk) << finding.topic;
    EXPECT_EQ(finding.fix, "") << finding.topic;
  }
}

TEST(Diagnosis, DevicesAreNamedAsSettingsTakeThem) {
  DoctorFacts facts = healthy();
  facts.devices = {{.choice = "gpu:0",
                    .name = "A Card",
                    .maker = "NVIDIA Corporation",
                    .driver = "535.1",
                    .compute_units = 40,
                    .memory_bytes = 16 * kGiB,
                    .is_gpu = true}};
  facts.gpu_maker = "NVIDIA";
  EXPECT_EQ(finding_of(facts, "GPU").mark, Mark::kOk);
  EXPECT_EQ(finding_of(facts, "GPU").text, "device=gpu:0 is A Card (40 units, 16 GiB, driver 535.1)");
}

TEST(Diagnosis, AGpuWithoutItsDriverIsAWarning) {
  DoctorFacts facts = healthy();
  facts.gpu_maker = "NVIDIA";
  facts.devices = {{.choice = "gpu:0", .name = "Graphics in the processor", .maker = "Intel", .is_gpu = true}};
  const Finding finding = finding_of(facts, "GPU");
  EXPECT_EQ(finding.mark, Mark::kWarning);
  EXPECT_THAT(finding.text, HasSubstr("there is one by NVIDIA"));
  EXPECT_THAT(finding.fix, HasSubstr("docs/gpu.md"));
}

TEST(Diagnosis, AMissingModelIsAFailure) {
  DoctorFacts facts = healthy();
  facts.model = Error{ErrorCode::kNotFound, "model 'pretag-driving' not found"};
  EXPECT_EQ(finding_of(facts, "Model").mark, Mark::kFailure);
  EXPECT_TRUE(has_failure(diagnose(facts)));
}

TEST(Diagnosis, AFolderThatCannotBeWrittenIsAFailure) {
  DoctorFacts facts = healthy();
  facts.folders = {{.path = "/runs", .writable = false, .reason = "Read-only file system", .free_bytes = 0}};
  const Finding finding = finding_of(facts, "Folder");
  EXPECT_EQ(finding.mark, Mark::kFailure);
  EXPECT_THAT(finding.text, HasSubstr("Read-only file system"));
}

TEST(Diagnosis, WhatOnlySlowsIsAWarning) {
  DoctorFacts facts = healthy();
  facts.cpu = {.name = "Old", .avx2 = false};
  facts.machine.cpu_quota = 0.5;
  facts.machine.memory_limit = kGiB;
  facts.folders[0].free_bytes = 1000;
  for (const char* topic : {"Processor", "Cores", "Memory", "Folder"}) {
    EXPECT_EQ(finding_of(facts, topic).mark, Mark::kWarning) << topic;
    EXPECT_NE(finding_of(facts, topic).fix, "") << topic;
  }
  EXPECT_FALSE(has_failure(diagnose(facts)));
}

TEST(Diagnosis, SeveralMemoryNodesAreTold) {
  DoctorFacts facts = healthy();
  EXPECT_EQ(finding_of(facts, "Cores").text, "4 of 4 can be used");
  facts.machine.memory_nodes = 2;
  EXPECT_EQ(finding_of(facts, "Cores").text, "4 of 4 can be used; 2 memory nodes");
}

TEST(Diagnosis, OneDnnHeldBackIsAWarning) {
  DoctorFacts facts = healthy();
  facts.onednn_isa = "AVX2", facts.onednn_uses_avx512 = false;
  EXPECT_THAT(finding_of(facts, "oneDNN").fix, HasSubstr("ONEDNN_MAX_CPU_ISA"));
}

TEST(Diagnosis, AutoTakesBf16OnlyWhereItIsNative) {
  DoctorFacts facts = healthy();
  EXPECT_EQ(finding_of(facts, "Precision").text,
            "f32 native, bf16 emulated (slower than f32), int8 native; auto takes int8");
  facts.cpu.avx512_vnni = false;
  EXPECT_EQ(finding_of(facts, "Precision").text,
            "f32 native, bf16 emulated (slower than f32), int8 without VNNI; auto takes int8");
  facts.cpu.avx512_bf16 = true;
  EXPECT_EQ(finding_of(facts, "Precision").text, "f32 native, bf16 native, int8 without VNNI; auto takes int8");
  facts.cpu = {.name = "Old", .avx2 = true};
  EXPECT_EQ(finding_of(facts, "Precision").text, "f32 native, bf16 not possible, int8 without VNNI; auto takes int8");
  facts.cpu = {.name = "ARM", .neon = true};
  EXPECT_EQ(finding_of(facts, "Precision").text,
            "f32 native, bf16 not possible, int8 without dot products; auto takes int8");
  facts.cpu.neon_dot = true;
  EXPECT_EQ(finding_of(facts, "Precision").text, "f32 native, bf16 not possible, int8 native; auto takes int8");
  EXPECT_EQ(finding_of(facts, "Processor").text, "ARM: NEON NEON_DOT");
  EXPECT_EQ(finding_of(facts, "Processor").mark, Mark::kOk);
}

TEST(Diagnosis, TextHasALineAFindingAndOneForItsFix) {
  const std::vector<Finding> findings = {{Mark::kOk, "Cores", "4 of 4 can be used", ""},
                                         {Mark::kFailure, "Model", "not found", "install it"}};
  EXPECT_EQ(findings_text(findings, false, false),
            "ok   Cores      4 of 4 can be used\nFAIL Model      not found\n                -> install it\n");
  EXPECT_THAT(findings_text(findings, true, true), HasSubstr("\x1b[31m✗\x1b[0m Model"));
}

TEST(Diagnosis, JsonHasFindingsAndFacts) {
  const DoctorFacts facts = healthy();
  const auto json = nlohmann::json::parse(findings_json(diagnose(facts), facts), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["findings"].size(), diagnose(facts).size());
  EXPECT_EQ(json["facts"]["precision"]["auto"], "int8");
  EXPECT_EQ(json["facts"]["libraries"]["SQLite"], "3.40.1");
}

// The command as the program runs it; its output goes to `output`.
int run_doctor(std::vector<std::string> arguments, std::string& output) {
  CLI::App app;
  std::function<int()> action;
  add_doctor_command(app, action);
  std::ranges::reverse(arguments);  // as CLI11 wants them
  app.parse(arguments);
  std::ostringstream captured;
  std::streambuf* before = std::cout.rdbuf(captured.rdbuf());
  const int code = action();
  std::cout.rdbuf(before);
  output = captured.str();
  return code;
}

TEST(DoctorCommand, SpeaksOfThisMachineAndTheGivenFolders) {
  const TemporaryFolder folder;
  std::string output;
  run_doctor({"doctor", "--json", folder.path() + "/not/yet"}, output);
  const auto json = nlohmann::json::parse(output, nullptr, false);
  ASSERT_TRUE(json.is_object()) << output;
  EXPECT_EQ(json["facts"]["folders"][0]["writable"], true);
  EXPECT_GT(json["facts"]["folders"][0]["free_bytes"], 0);
  EXPECT_GE(json["facts"]["machine"]["cores_available"], 1);
  EXPECT_FALSE(json["facts"]["libraries"]["oneDNN"].get<std::string>().empty());
}

TEST(DoctorCommand, AFolderBelowAFileIsAFailure) {
  const TemporaryFolder folder;
  const std::string file = folder.write("file", "x");
  std::string output;
  EXPECT_EQ(run_doctor({"doctor", file + "/run"}, output), 1);
  EXPECT_THAT(output, HasSubstr("cannot be written: Not a directory"));
}

}  // namespace
}  // namespace pretag
