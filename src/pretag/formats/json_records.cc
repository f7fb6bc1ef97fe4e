#include "pretag/formats/json_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMaxNesting = 64;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

// Follows the parser's events. Outside a wanted list it only counts open brackets; inside one it builds the current
// record and hands it over when it is complete. (nlohmann's own filtering callback scans the parent after every
// object.)
class RecordHandler final : public json::json_sax_t {
 public:
  RecordHandler(const JsonRecordLists& lists, const JsonRecordVisit& visit) : lists_(lists), visit_(visit) {}

  Status status() const {
    if (!status_.ok() || found_list_) return status_;
    std::vector<std::string> wanted;
    for (const std::string& name : lists_.names) wanted.push_back(name.empty() ? "[...]" : '"' + name + "\": [...]");
    return corrupt(fmt::format("holds no list {}", fmt::join(wanted, " or ")));
  }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON text has none
  bool start_object(size_t) override { return open(json::object()); }
  bool start_array(size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    if (building()) ignore_next_ = std::ranges::find(lists_.ignored_keys, value) != lists_.ignored_keys.end();
    if (building() || nesting_ == 1) key_ = std::move(value);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const json::exception&) override {
    return fail(corrupt(fmt::format("not valid JSON at byte {}", position)));
  }

 private:
  bool building() const { return !path_.empty() && ignored_at_ == 0; }

  bool fail(Error error) {
    status_ = std::move(error);
    return false;
  }

  bool scalar(json value) {
    if (building()) {
      add(std::move(value));
      return true;
    }
    const bool is_record = list_nesting_ != 0 && nesting_ == list_nesting_;
    return is_record ? hand_over(value) : true;
  }

  bool open(json container) {
    if (++nesting_ > kMaxNesting) return fail(corrupt(fmt::format("nested deeper than {} levels", kMaxNesting)));
    if (building()) {
      if (std::exchange(ignore_next_, false)) {
        ignored_at_ = nesting_;
      } else {
        path_.push_back(add(std::move(container)));
      }
    } else if (list_nesting_ != 0 && nesting_ == list_nesting_ + 1) {
      record_ = std::move(container);
      path_.push_back(&record_);
    } else if (list_nesting_ == 0 && container.is_array() && nesting_ <= 2) {
      start_list(nesting_ == 1 ? "" : key_);
    }
    return true;
  }

  bool close() {
    --nesting_;
    if (ignored_at_ != 0) {
      if (nesting_ < ignored_at_) ignored_at_ = 0;
      return true;
    }
    if (!path_.empty()) {
      path_.pop_back();
      return !path_.empty() || hand_over(record_);
    }
    if (nesting_ < list_nesting_) list_nesting_ = 0;
    return true;
  }

  void start_list(const std::string& name) {
    if (std::ranges::find(lists_.names, name) == lists_.names.end()) return;
    list_ = name;
    list_nesting_ = nesting_;
    index_ = 0;
    found_list_ = true;
  }

  // Puts a value where it belongs in the record. The pointer is good until the value gets a sibling, by which time
  // the value is closed.
  json* add(json value) {
    json& parent = *path_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    if (std::exchange(ignore_next_, false)) return nullptr;
    return &(parent[key_] = std::move(value));
  }

  bool hand_over(const json& record) {
    status_ = visit_(list_, index_++, record);
    return status_.ok();
  }

  const JsonRecordLists& lists_;
  const JsonRecordVisit& visit_;
  Status status_;
  size_t nesting_ = 0;       // open brackets
  size_t list_nesting_ = 0;  // nesting_ between the records of the current list, 0 outside of one
  size_t ignored_at_ = 0;    // nesting_ inside the ignored container, 0 outside of one
  bool ignore_next_ = false, found_list_ = false;
  std::string key_, list_;
  size_t index_ = 0;
  json record_;
  std::vector<json*> path_;  // the open containers of the record, outermost first
};

Result<const json*> field(const json& record, const char* key) {
  if (!record.is_object()) return corrupt("must be an object");
  const auto found = record.find(key);
  if (found == record.end()) return corrupt(fmt::format("\"{}\" is missing", key));
  return &*found;
}

}  // namespace

Status for_each_json_record(std::string_view text, const JsonRecordLists& lists, const JsonRecordVisit& visit) {
  RecordHandler handler(lists, visit);
  json::sax_parse(text, &handler);
  return handler.status();
}

Result<double> json_number(const json& record, const char* key) {
  PRETAG_ASSIGN(const json* value, field(record, key));
  if (!value->is_number()) return corrupt(fmt::format("\"{}\" must be a number", key));
  return value->get<double>();
}

Result<int64_t> json_integer(const json& record, const char* key) {
  PRETAG_ASSIGN(const json* value, field(record, key));
  const bool fits = !value->is_number_unsigned() || value->get<uint64_t>() <= INT64_MAX;
  if (!value->is_number_integer() || !fits) return corrupt(fmt::format("\"{}\" must be a whole number", key));
  return value->get<int64_t>();
}

Result<std::string> json_string(const json& record, const char* key) {
  PRETAG_ASSIGN(const json* value, field(record, key));
  if (!value->is_string()) return corrupt(fmt::format("\"{}\" must be a string", key));
  return value->get<std::string>();
}

Result<const json*> json_list(const json& record, const char* key) {
  PRETAG_ASSIGN(const json* value, field(record, key));
  if (!value->is_array()) return corrupt(fmt::format("\"{}\" must be a list", key));
  return value;
}

Result<std::array<double, 4>> json_four_numbers(const json& value, const std::string& name) {
  const auto is_number = [](const json& element) { return element.is_number(); };
  if (!value.is_array() || value.size() != 4 || !std::ranges::all_of(value, is_number)) {
    return corrupt(fmt::format("{} must be a list of four numbers", name));
  }
  return value.get<std::array<double, 4>>();
}

}  // namespace pretag
