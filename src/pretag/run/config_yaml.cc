#include "pretag/run/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
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

// Writes a list, and whatever is in it, as JSON text.
class ListText {
 public:
  void open(char bracket) {
    before_value();
    text_ += bracket;
    levels_.push_back({.is_map = bracket == '{'});
  }
  // True when that was the end of the whole list.
  bool close() {
    text_ += levels_.back().is_map ? '}' : ']';
    levels_.pop_back();
    return levels_.empty();
  }
  // `plain`: written without quotes, so that it may be a number or a word of JSON.
  void scalar(const std::string& value, bool plain) {
    const bool is_key = levels_.back().is_map && !levels_.back().has_key;
    const auto word = plain && !is_key ? nlohmann::json::parse(value, nullptr, false) : nlohmann::json();
    before_value();
    text_ += word.is_primitive() && !word.is_null() && !word.is_discarded() ? word.dump() : quoted(value);
    if (is_key) text_ += ':';
  }
  void null() {
    before_value();
    text_ += "null";
  }
  std::string take() { return std::exchange(text_, {}); }

 private:
  struct Level {
    bool is_map = false, has_key = false, has_items = false;
  };

  // Commas; and in a map every other one is a key.
  void before_value() {
    if (levels_.empty()) return;
    Level& level = levels_.back();
    const bool is_value_of_key = level.is_map && level.has_key;
    if (level.has_items && !is_value_of_key) text_ += ',';
    level.has_items = true;
    if (level.is_map) level.has_key = !level.has_key;
  }

  static std::string quoted(const std::string& value) {
    return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  std::string text_;
  std::vector<Level> levels_;
};

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
    if (in_list()) return list_.null();
    scalar(mark, "", true);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    if (levels_.empty()) refuse(mark, "a configuration is made of 'key: value' lines");
    const bool plain = tag == "?";                         // without quotes
    if (plain && value == "None") return OnNull(mark, 0);  // as Python has it, and YAML has not
    if (in_list()) return list_.scalar(value, plain);
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
    list_.open('[');
  }
  void OnSequenceEnd() override { end_in_list(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    const bool in_list = !levels_.empty() && levels_.back().kind == Kind::kList;
    if (!in_list && !levels_.empty() && !levels_.back().has_key) refuse(mark, "a key cannot be a map");
    push(mark, in_list ? Kind::kList : Kind::kMap);  // what is in a list belongs to the list's key
    if (in_list) list_.open('{');
  }
  void OnMapEnd() override {
    if (in_list()) return end_in_list();
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

  bool in_list() const { return levels_.back().kind == Kind::kList; }

  void end_in_list() {
    levels_.pop_back();
    if (list_.close()) entries_.back().text = list_.take();
  }

  void scalar(const YAML::Mark& mark, const std::string& text, bool is_null) {
    Level& level = levels_.back();
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
  ListText list_;
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
