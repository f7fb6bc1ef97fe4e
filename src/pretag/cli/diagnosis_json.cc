#include <nlohmann/json.hpp>

#include "pretag/cli/diagnosis.h"

namespace pretag {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of_mark(Mark mark) {
  switch (mark) {
    case Mark::kOk:
      return "ok";
    case Mark::kWarning:
      return "warning";
    case Mark::kFailure:
      break;
  }
  return "failure";
}

Json machine_json(const MachineInfo& machine) {
  return {{"cores_online", machine.cores_online},
          {"cores_allowed", machine.cores_allowed},
          {"cpu_quota", machine.cpu_quota},
          {"cores_available", machine.cores_available},
          {"memory_nodes", machine.memory_nodes},
          {"memory_total", machine.memory_total},
          {"memory_available", machine.memory_available},
          {"memory_limit", machine.memory_limit},
          {"memory_usable", machine.memory_usable()}};
}

Json facts_json(const DoctorFacts& facts) {
  Json libraries = Json::object(), folders = Json::array();
  for (const Library& library : facts.libraries) libraries[library.name] = library.version;
  for (const FolderFacts& folder : facts.folders) {
    folders.push_back({{"path", folder.path}, {"writable", folder.writable}, {"free_bytes", folder.free_bytes}});
  }
  Json devices = Json::array();
  for (const GpuDevice& device : facts.devices) {
    devices.push_back({{"device", device.choice},
                       {"name", device.name},
                       {"maker", device.maker},
                       {"driver", device.driver},
                       {"compute_units", device.compute_units},
                       {"memory_bytes", device.memory_bytes},
                       {"is_gpu", device.is_gpu}});
  }
  return {{"processor", {{"name", facts.cpu.name}, {"features", feature_names(facts.cpu)}}},
          {"onednn_isa", facts.onednn_isa},
          {"precision",
           {{"bf16_native", has_native_bf16(facts.cpu)},
            {"bf16_possible", has_any_bf16(facts.cpu)},
            {"auto", name_of(precision_of_auto(facts.cpu))}}},
          {"machine", machine_json(facts.machine)},
          {"devices", devices},
          {"model", facts.model ? Json(*facts.model) : Json(nullptr)},
          {"models", facts.models},
          {"libraries", libraries},
          {"folders", folders}};
}

}  // namespace

std::string findings_json(const std::vector<Finding>& findings, const DoctorFacts& facts) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back(
        {{"mark", name_of_mark(finding.mark)}, {"topic", finding.topic}, {"text", finding.text}, {"fix", finding.fix}});
  }
  const Json all = {{"ok", !has_failure(findings)}, {"findings", list}, {"facts", facts_json(facts)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pretag
