#include "pretag/run/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <utility>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 18, kMaxEntries = 1000, kMaxDepth = 16, kMaxKeyBytes = 256;

// Leaves yaml-cpp's parser, which knows no other way out of an event.
struct Refusal {
  YAML::Mark mark;
  ErrorCode code;
  std::string reason;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string reason, ErrorCode code = ErrorCode::kInvalidArgument) {
  throw Refusal{mark, code, std::move(reason)};
}

// Follows the parser's events; never builds a tree.
class Flattener : public YAML::EventHandler {
 public:
  explicit Flattener(std::string name) : name_(std::move(name)) {}
  std::vector<ConfigEntry> take() { return std::move(entries_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a configuration is one YAML document, here a second one begins");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (levels_.empty()) return;  // an empty file
    scalar(mark, "", true);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& value) override {
    if (levels_.empty()) refuse(mark, "a configuration is made of 'key: value' lines");
    scalar(mark, value, false);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not supported in configurations; write the value out");
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    if (levels_.empty()) refuse(mark, "a configuration is made of 'key: value' lines, not a list");
    if (levels_.back().kind == Kind::kMap) {
      if (!levels_.back().has_key) refuse(mark, "a key cannot be a list");
      add(mark, {.key = path(), .text = "", .is_null = false, .is_list = true, .where = ""});
      levels_.back().has_key = false;
    }
    push(mark, Kind::kList);
  }
  void OnSequenceEnd() override { levels_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    const bool in_list = !levels_.empty() && levels_.back().kind == Kind::kList;
    if (!in_list && !levels_.empty() && !levels_.back().has_key) refuse(mark, "a key cannot be a map");
    push(mark, in_list ? Kind::kList : Kind::kMap);  // below a list nothing is looked into
  }
  void OnMapEnd() override {
    levels_.pop_back();
    if (!levels_.empty()) levels_.back().has_key = false;
  }

 private:
  enum class Kind { kMap, kList };
  struct Level {
    Kind kind;
    bool has_key = false;  // in a map: the key was read, its value comes next
    std::string key;
  };

  void push(const YAML::Mark& mark, Kind kind) {
    if (levels_.size() >= kMaxDepth) refuse(mark, "nested too deeply for a configuration");
    levels_.push_back({.kind = kind, .has_key = false, .key = ""});
  }

  void scalar(const YAML::Mark& mark, const std::string& text, bool is_null) {
    Level& level = levels_.back();
    if (level.kind == Kind::kList) return;
    if (level.has_key) {
      add(mark, {.key = path(), .text = text, .is_null = is_null, .is_list = false, .where = ""});
      level.has_key = false;
      return;
    }
    if (text.empty() || text.size() > kMaxKeyBytes) refuse(mark, "a key is empty or too long");
    level.key = text;
    level.has_key = true;
  }

  void add(const YAML::Mark& mark, ConfigEntry entry) {
    if (entries_.size() >= kMaxEntries) refuse(mark, "too many keys for a configuration");
    entry.where = fmt::format("{}:{}", name_, mark.line + 1);
    entries_.push_back(std::move(entry));
  }

  std::string path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.kind == Kind::kMap) path += (path.empty() ? "" : ".") + level.key;
    }
    return path;
  }

  std::string name_;
  std::vector<Level> levels_;
  std::vector<ConfigEntry> entries_;
  int documents_ = 0;
};

}  // namespace

Result<std::vector<ConfigEntry>> flatten_yaml(const YamlText& yaml) {
  if (yaml.text.size() > kMaxBytes) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}: {} bytes are too many for a configuration (at most {})",
                                                          yaml.name, yaml.text.size(), kMaxBytes)};
  }
  try {
    Flattener flattener(yaml.name);
    std::istringstream stream(yaml.text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(flattener)) {
    }
    return flattener.take();
  } catch (const Refusal& refusal) {
    return Error{refusal.code, fmt::format("{}:{}: {}", yaml.name, refusal.mark.line + 1, refusal.reason)};
  } catch (const YAML::Exception& error) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}:{}: not YAML: {}", yaml.name, error.mark.line + 1, one_line(error.msg))};
  }
}

}  // namespace pretag
