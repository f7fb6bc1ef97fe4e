#include "pretag/worker/crops_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kSuffix[] = "-crops", kKey[] = "object_level.crop_dataset_name";
constexpr size_t kLeast = 3, kMost = 200;

bool is_dataset_name(const std::string& name) {
  const auto is_plain = [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; };
  const auto is_allowed = [&](unsigned char c) { return is_plain(c) || c == ' ' || c == '_' || c == '-'; };
  return name.size() >= kLeast && name.size() <= kMost && is_plain(name[0]) && std::ranges::all_of(name, is_allowed);
}

}  // namespace

Result<std::string> crops_dataset_name(const std::string& wanted, const DatasetRecord& images) {
  std::string name = wanted.empty() ? images.name + kSuffix : wanted;
  if (is_dataset_name(name)) return name;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("the dataset for the crops cannot be called '{}': name another with {}, {} to {} letters, "
                           "digits, spaces, _ and -, the first a letter or digit",
                           one_line(name), kKey, kLeast, kMost)};
}

Result<std::optional<std::string>> find_crops_dataset(const ApiClient& api, const std::string& name,
                                                      const std::string& images_id) {
  PRETAG_ASSIGN(const auto known, api.dataset_named(name));
  if (!known) return std::optional<std::string>();
  if (known->type == kCropsType && known->parent_id == images_id) return std::optional(known->id);
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("there is a dataset '{}' already, which does not hold the crops of this one: name another "
                           "with {}, or delete it if it is of a dataset that is gone",
                           name, kKey)};
}

Result<std::string> find_or_create_crops_dataset(const ApiClient& api, const std::string& name,
                                                 const std::string& images_id) {
  PRETAG_ASSIGN(auto known, find_crops_dataset(api, name, images_id));
  if (known) return *std::move(known);
  auto created = api.create_dataset({.id = {}, .name = name, .type = kCropsType, .parent_id = images_id});
  if (created || created.error().code != ErrorCode::kInvalidArgument) return created;
  // Another job was faster, or an answer was lost and the call tried again.
  PRETAG_ASSIGN(known, find_crops_dataset(api, name, images_id));
  if (known) return *std::move(known);
  return created;
}

Error no_job_on_crops(const ApiClient& api, const DatasetRecord& crops) {
  const auto images = crops.parent_id.empty() ? Result<DatasetRecord>(DatasetRecord()) : api.dataset(crops.parent_id);
  const std::string parent = images && !images->name.empty() ? fmt::format(", '{}'", one_line(images->name)) : "";
  return {ErrorCode::kInvalidArgument,
          fmt::format("the dataset '{}' holds crops, which jobs on their images add to: start the job from the image "
                      "dataset{}",
                      one_line(crops.name), parent)};
}

}  // namespace pretag
