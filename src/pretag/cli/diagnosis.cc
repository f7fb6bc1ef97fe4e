#include "pretag/cli/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;
// The weights, two images at work and their activations at 800×1333 fit in this.
constexpr uint64_t kComfortableMemory = 2 * kGiB;
constexpr uint64_t kComfortableDisk = kGiB;

Finding processor(const DoctorFacts& facts) {
  const std::string name = facts.cpu.name.empty() ? "unnamed" : facts.cpu.name;
  const std::vector<std::string> features = feature_names(facts.cpu);
  Finding finding{.mark = Mark::kOk, .topic = "Processor", .text = name, .fix = ""};
  finding.text += features.empty() ? ", no AVX2" : fmt::format(": {}", fmt::join(features, " "));
  if (!has_fast_int8(facts.cpu)) {
    finding.mark = Mark::kWarning;
    finding.fix = "inference will be slow; use a processor with AVX2, or a virtual machine that passes it on";
  }
  return finding;
}

Finding onednn(const DoctorFacts& facts) {
  Finding finding{.mark = Mark::kOk, .topic = "oneDNN", .text = "computes with " + facts.onednn_isa, .fix = ""};
  if (facts.cpu.avx512 && !facts.onednn_uses_avx512) {
    finding.mark = Mark::kWarning;
    finding.text += ", less than the processor has";
    finding.fix = "unset ONEDNN_MAX_CPU_ISA and DNNL_MAX_CPU_ISA";
  }
  return finding;
}

Finding precision(const DoctorFacts& facts) {
  const char* bf16 = has_native_bf16(facts.cpu) ? "native"
                     : has_any_bf16(facts.cpu)  ? "emulated (slower than f32)"
                                                : "not possible";
  const char* int8 = has_native_int8(facts.cpu) ? "native"
                     : facts.cpu.avx2           ? "without VNNI"
                     : facts.cpu.neon           ? "without dot products"
                                                : "not possible";
  return {.mark = Mark::kOk,
          .topic = "Precision",
          .text = fmt::format("f32 native, bf16 {}, int8 {}; auto takes {}", bf16, int8,
                              name_of(precision_of_auto(facts.cpu))),
          .fix = ""};
}

Finding cores(const DoctorFacts& facts) {
  const MachineInfo& machine = facts.machine;
  Finding finding{.mark = Mark::kOk,
                  .topic = "Cores",
                  .text = fmt::format("{} of {} can be used", machine.cores_available, machine.cores_online),
                  .fix = ""};
  if (machine.cores_allowed < machine.cores_online) {
    finding.text += fmt::format("; affinity allows {}", machine.cores_allowed);
  }
  if (machine.memory_nodes > 1) finding.text += fmt::format("; {} memory nodes", machine.memory_nodes);
  if (machine.cpu_quota > 0) finding.text += fmt::format("; the cgroup allows {:.3g}", machine.cpu_quota);
  if (machine.cpu_quota > 0 && machine.cpu_quota < 1) {
    finding.mark = Mark::kWarning;
    finding.fix = "grant the container at least one core (docker run --cpus, Kubernetes limits.cpu)";
  }
  return finding;
}

Finding memory(const DoctorFacts& facts) {
  const MachineInfo& machine = facts.machine;
  Finding finding{.mark = Mark::kOk,
                  .topic = "Memory",
                  .text = fmt::format("{} of {} can be used", human_bytes(static_cast<double>(machine.memory_usable())),
                                      human_bytes(static_cast<double>(machine.memory_total))),
                  .fix = ""};
  if (machine.memory_limit > 0) {
    finding.text += fmt::format("; the cgroup allows {}", human_bytes(static_cast<double>(machine.memory_limit)));
  }
  if (machine.memory_usable() < kComfortableMemory) {
    finding.mark = Mark::kWarning;
    finding.fix = "2 GiB or more are comfortable; with less set num_threads=1";
  }
  return finding;
}

// Those that are no GPUs are named, too: device= takes them.
Finding gpu(const DoctorFacts& facts) {
  Finding finding{.mark = Mark::kOk, .topic = "GPU", .text = "none that OpenCL finds; device=cpu", .fix = ""};
  std::vector<std::string> texts;
  for (const GpuDevice& device : facts.devices) {
    texts.push_back(fmt::format("device={} is {} ({} units, {}, driver {})", device.choice, device.name,
                                device.compute_units, human_bytes(static_cast<double>(device.memory_bytes)),
                                device.driver));
  }
  if (!texts.empty()) finding.text = fmt::format("{}", fmt::join(texts, "; "));
  const auto is_of_maker = [&](const GpuDevice& device) {
    const bool amd = facts.gpu_maker == "AMD" && device.maker.find("Advanced Micro Devices") != std::string::npos;
    return device.is_gpu && (amd || device.maker.find(facts.gpu_maker) != std::string::npos);
  };
  if (!facts.gpu_maker.empty() && std::ranges::none_of(facts.devices, is_of_maker)) {
    finding.mark = Mark::kWarning;
    finding.text = fmt::format("there is one by {}, and OpenCL does not find it", facts.gpu_maker);
    finding.fix = "install its OpenCL driver, or pass it into the container (docs/gpu.md)";
  }
  return finding;
}

Finding model(const DoctorFacts& facts) {
  if (!facts.model) {
    return {.mark = Mark::kFailure,
            .topic = "Model",
            .text = facts.model.error().message,
            .fix = "put the bundled weight file into one of these folders, or name its folder in PRETAG_MODEL_PATH"};
  }
  return {.mark = Mark::kOk,
          .topic = "Model",
          .text = fmt::format("{} ({})", *facts.model, human_bytes(static_cast<double>(facts.model_bytes))),
          .fix = ""};
}

Finding libraries(const DoctorFacts& facts) {
  std::vector<std::string> versions;
  for (const Library& library : facts.libraries) versions.push_back(library.name + " " + library.version);
  return {.mark = Mark::kOk, .topic = "Libraries", .text = fmt::format("{}", fmt::join(versions, ", ")), .fix = ""};
}

Finding folder(const FolderFacts& facts) {
  if (!facts.writable) {
    return {.mark = Mark::kFailure,
            .topic = "Folder",
            .text = fmt::format("{} cannot be written: {}", facts.path, facts.reason),
            .fix = "choose another folder, or change its owner or permissions"};
  }
  Finding finding{
      .mark = Mark::kOk,
      .topic = "Folder",
      .text = fmt::format("{} is writable, {} free", facts.path, human_bytes(static_cast<double>(facts.free_bytes))),
      .fix = ""};
  if (facts.free_bytes < kComfortableDisk) {
    finding.mark = Mark::kWarning;
    finding.fix = "a large run may need more than this; make room";
  }
  return finding;
}

std::string mark_text(Mark mark, bool colour, bool utf8) {
  switch (mark) {
    case Mark::kOk:
      return fmt::format("{}{}{}", colour ? "\x1b[32m" : "", utf8 ? "✓" : "ok  ", colour ? "\x1b[0m" : "");
    case Mark::kWarning:
      return fmt::format("{}{}{}", colour ? "\x1b[33m" : "", utf8 ? "!" : "warn", colour ? "\x1b[0m" : "");
    case Mark::kFailure:
      break;
  }
  return fmt::format("{}{}{}", colour ? "\x1b[31m" : "", utf8 ? "✗" : "FAIL", colour ? "\x1b[0m" : "");
}

}  // namespace

Precision precision_of_auto(const CpuFeatures& cpu) {
  if (has_fast_int8(cpu)) return Precision::kInt8;
  return has_native_bf16(cpu) ? Precision::kBFloat16 : Precision::kFloat32;
}

std::vector<Finding> diagnose(const DoctorFacts& facts) {
  std::vector<Finding> findings = {processor(facts), onednn(facts), precision(facts), cores(facts),
                                   memory(facts),    gpu(facts),    model(facts),     libraries(facts)};
  std::ranges::transform(facts.folders, std::back_inserter(findings), folder);
  return findings;
}

bool has_failure(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.mark == Mark::kFailure; });
}

std::string findings_text(const std::vector<Finding>& findings, bool colour, bool utf8) {
  std::string text;
  const std::string indent(utf8 ? 2 : 5, ' ');
  for (const Finding& finding : findings) {
    text += fmt::format("{} {:<10} {}\n", mark_text(finding.mark, colour, utf8), finding.topic, finding.text);
    if (!finding.fix.empty()) text += fmt::format("{}{:<10} -> {}\n", indent, "", finding.fix);
  }
  return text;
}

}  // namespace pretag
