// What is good, doubtful or wrong about this machine and installation, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "pretag/cli/libraries.h"
#include "pretag/data/precision.h"
#include "pretag/gpu/gpu.h"
#include "pretag/util/cpu_features.h"
#include "pretag/util/machine.h"
#include "pretag/util/result.h"

namespace pretag {

// A folder that a run would write to.
struct FolderFacts {
  std::string path;
  bool writable = false;
  std::string reason;       // why not
  uint64_t free_bytes = 0;  // on its file system
};

// Everything that was found out; gathering is doctor.cc's.
struct DoctorFacts {
  CpuFeatures cpu;
  MachineInfo machine;
  std::string onednn_isa;  // what oneDNN will use, e.g. "AVX512_CORE_VNNI"
  bool onednn_uses_avx512 = false;
  std::vector<GpuDevice> devices;  // that OpenCL finds
  std::string gpu_maker;           // whose GPU the system has a driver for, NVIDIA or AMD; empty: none that we know of
  Result<std::string> model = Error{};  // the file of the bundled model, or why it was not found
  uint64_t model_bytes = 0;
  std::vector<std::string> models;  // installed, by name
  std::vector<Library> libraries;
  std::vector<FolderFacts> folders;
};

enum class Mark { kOk, kWarning, kFailure };

struct Finding {
  Mark mark = Mark::kOk;
  std::string topic;  // "Memory"
  std::string text;   // "3.2 GiB of 7.8 GiB can be used"
  std::string fix;    // what to do; empty when all is well
};

// What `precision=auto` takes with the bundled model: int8 where the processor can (AVX2), else
// bfloat16 where it has instructions for that, else float32.
Precision precision_of_auto(const CpuFeatures& cpu);

std::vector<Finding> diagnose(const DoctorFacts& facts);
bool has_failure(const std::vector<Finding>& findings);

// A line a finding, and one for its fix.
std::string findings_text(const std::vector<Finding>& findings, bool colour, bool utf8);
// One JSON object: {"ok", "findings": […], "facts": {…}}; ends with a line break.
std::string findings_json(const std::vector<Finding>& findings, const DoctorFacts& facts);

}  // namespace pretag
