#include "pretag/nn/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>

#include "pretag/nn/byte_reader.h"

namespace pretag {

namespace {

using Kind = PickleValue::Kind;

// A model has some twenty values a tensor; this is room for fifty thousand tensors.
constexpr size_t kMaxValues = 1'000'000;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";

Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, "the pickle in it is damaged: " + message}; }

// The stack machine of pickletools.py. Each opcode makes at most one value, so that memory is bounded by the input.
class Unpickler {
 public:
  Unpickler(std::span<const std::byte> bytes, std::span<const std::string_view> allowed_globals)
      : reader_(bytes), allowed_globals_(allowed_globals) {}

  Result<Pickle> run() {
    for (;;) {
      const auto opcode = reader_.number<uint8_t>();
      if (!opcode) return corrupt("it ends too early");
      if (*opcode == '.') break;
      PRETAG_TRY(step(*opcode));
      if (pickle_.values.size() > kMaxValues) return corrupt("it has too many values for a model");
    }
    PRETAG_ASSIGN(pickle_.root, pop());
    pickle_.size = reader_.position();
    return std::move(pickle_);
  }

 private:
  Status step(uint8_t opcode) {
    switch (opcode) {
      case 0x80:
        return protocol();
      case 'N':
        return push({});
      case 0x88:
        return push({.kind = Kind::kBool, .integer = 1});
      case 0x89:
        return push({.kind = Kind::kBool});
      case 'J':
        return push_integer<int32_t>();
      case 'K':
        return push_integer<uint8_t>();
      case 'M':
        return push_integer<uint16_t>();
      case 0x8A:
        return push_long();
      case 'G':
        return push_float();
      case 'X':
      case 'T':
        return push_text<uint32_t>();
      case 'U':
        return push_text<uint8_t>();
      case ')':
        return push({.kind = Kind::kTuple});
      case ']':
        return push({.kind = Kind::kList});
      case '}':
        return push({.kind = Kind::kDict});
      case '(':
        marks_.push_back(stack_.size());
        return {};
      case 't':
        return push_marked_tuple();
      case 0x85:
        return push_tuple(1);
      case 0x86:
        return push_tuple(2);
      case 0x87:
        return push_tuple(3);
      case 'a':
        return add_items(Kind::kList, 1);
      case 'e':
        return add_marked_items(Kind::kList);
      case 's':
        return add_items(Kind::kDict, 2);
      case 'u':
        return add_marked_items(Kind::kDict);
      case 'q':
        return memoize<uint8_t>();
      case 'r':
        return memoize<uint32_t>();
      case 'h':
        return recall<uint8_t>();
      case 'j':
        return recall<uint32_t>();
      case 'c':
        return push_global();
      case 'R':
        return push_call();
      case 'Q':
        return push_persistent();
      case 'b':
        return drop_attributes();
      default:
        return Error{
            ErrorCode::kUnsupported,
            fmt::format("the pickle in it uses opcode 0x{:02x}, which plain weights do not need; save the state "
                        "dict alone with torch.save",
                        opcode)};
    }
  }

  Status push(PickleValue value) {
    stack_.push_back(static_cast<PickleIndex>(pickle_.values.size()));
    pickle_.values.push_back(std::move(value));
    return {};
  }

  Result<PickleIndex> pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return corrupt("it takes from an empty stack");
    const PickleIndex index = stack_.back();
    stack_.pop_back();
    return index;
  }

  // The topmost `count` values in the order in which they were pushed.
  Result<std::vector<PickleIndex>> pop_many(size_t count) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - floor < count) return corrupt("it takes from an empty stack");
    std::vector<PickleIndex> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  Result<std::vector<PickleIndex>> pop_to_mark() {
    if (marks_.empty()) return corrupt("it lacks a mark");
    auto items = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  Status protocol() {
    const auto version = reader_.number<uint8_t>();
    if (!version) return corrupt("it ends too early");
    if (*version != 2) {
      return Error{
          ErrorCode::kUnsupported,
          fmt::format("the pickle in it has protocol {}; save it again with torch.save's default, 2", *version)};
    }
    return {};
  }

  template <class T>
  Status push_integer() {
    const auto value = reader_.number<T>();
    if (!value) return corrupt("it ends within a number");
    return push({.kind = Kind::kInt, .integer = *value});
  }

  // Little-endian two's complement of the length that precedes it; nothing here needs more than 64 bits.
  Status push_long() {
    const auto length = reader_.number<uint8_t>();
    if (!length || *length > 8) return corrupt("it has an impossible whole number");
    const auto bytes = reader_.take(*length);
    if (!bytes) return corrupt("it ends within a number");
    uint64_t value = 0;
    for (size_t i = 0; i < bytes->size(); ++i) value |= std::to_integer<uint64_t>((*bytes)[i]) << 8 * i;
    const bool negative = !bytes->empty() && std::to_integer<int>(bytes->back()) >= 0x80;
    if (negative && *length < 8) value |= ~uint64_t{0} << 8 * *length;
    return push({.kind = Kind::kInt, .integer = static_cast<int64_t>(value)});
  }

  Status push_float() {
    const auto bits = reader_.number<uint64_t>();
    if (!bits) return corrupt("it ends within a number");
    return push({.kind = Kind::kFloat, .real = std::bit_cast<double>(__builtin_bswap64(*bits))});  // big-endian
  }

  template <class Length>
  Status push_text() {
    const auto length = reader_.number<Length>();
    const auto text = length ? reader_.text(*length) : std::nullopt;
    if (!text) return corrupt("it ends within a text");
    return push({.kind = Kind::kString, .text = std::string(*text)});
  }

  Status push_tuple(size_t count) {
    PRETAG_ASSIGN(auto items, pop_many(count));
    return push({.kind = Kind::kTuple, .items = std::move(items)});
  }

  Status push_marked_tuple() {
    PRETAG_ASSIGN(auto items, pop_to_mark());
    return push({.kind = Kind::kTuple, .items = std::move(items)});
  }

  Status add_items(Kind kind, size_t count) {
    PRETAG_ASSIGN(const auto items, pop_many(count));
    return append_to_top(kind, items);
  }

  Status add_marked_items(Kind kind) {
    PRETAG_ASSIGN(const auto items, pop_to_mark());
    return append_to_top(kind, items);
  }

  Status append_to_top(Kind kind, const std::vector<PickleIndex>& items) {
    if (stack_.empty() || pickle_.values[stack_.back()].kind != kind) return corrupt("it fills what is no container");
    if (kind == Kind::kDict && items.size() % 2 != 0) return corrupt("it has a key without a value");
    auto& target = pickle_.values[stack_.back()].items;
    target.insert(target.end(), items.begin(), items.end());
    return {};
  }

  template <class Slot>
  Status memoize() {
    const auto slot = reader_.number<Slot>();
    if (!slot || stack_.empty()) return corrupt("it remembers what is not there");
    memo_[*slot] = stack_.back();
    return {};
  }

  template <class Slot>
  Status recall() {
    const auto slot = reader_.number<Slot>();
    const auto found = slot ? memo_.find(*slot) : memo_.end();
    if (found == memo_.end()) return corrupt("it refers to what is not there");
    stack_.push_back(found->second);
    return {};
  }

  Status push_global() {
    const auto module = reader_.line();
    const auto name = module ? reader_.line() : std::nullopt;
    if (!name) return corrupt("it ends within a name");
    std::string global = fmt::format("{}.{}", *module, *name);
    if (global != kOrderedDict && std::ranges::find(allowed_globals_, global) == allowed_globals_.end()) {
      return Error{
          ErrorCode::kUnsupported,
          fmt::format("wants Python's '{}', which weights do not need and which is not run; save the state dict "
                      "alone: torch.save(model.state_dict(), file)",
                      global.substr(0, 100))};
    }
    return push({.kind = Kind::kGlobal, .text = std::move(global)});
  }

  Status push_call() {
    PRETAG_ASSIGN(const PickleIndex arguments, pop());
    PRETAG_ASSIGN(const PickleIndex callable, pop());
    const PickleValue& function = pickle_.values[callable];
    if (function.kind != Kind::kGlobal || pickle_.values[arguments].kind != Kind::kTuple) {
      return corrupt("it calls what is no function");
    }
    if (function.text == kOrderedDict && pickle_.values[arguments].items.empty()) return push({.kind = Kind::kDict});
    return push({.kind = Kind::kCall, .items = {callable, arguments}});
  }

  Status push_persistent() {
    PRETAG_ASSIGN(const PickleIndex identifier, pop());
    return push({.kind = Kind::kPersistent, .items = {identifier}});
  }

  // torch gives a state dict the attribute `_metadata` (versions of the modules), which weights do not need.
  Status drop_attributes() {
    PRETAG_ASSIGN([[maybe_unused]] const PickleIndex attributes, pop());
    if (stack_.empty() || pickle_.values[stack_.back()].kind != Kind::kDict) {
      return corrupt("it gives attributes to what has none");
    }
    return {};
  }

  ByteReader reader_;
  std::span<const std::string_view> allowed_globals_;
  Pickle pickle_;
  std::vector<PickleIndex> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint32_t, PickleIndex> memo_;
};

}  // namespace

const PickleValue* Pickle::find(const PickleValue& dict, std::string_view key) const {
  if (dict.kind != Kind::kDict) return nullptr;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& candidate = values[dict.items[i]];
    if (candidate.kind == Kind::kString && candidate.text == key) return &values[dict.items[i + 1]];
  }
  return nullptr;
}

Result<Pickle> parse_pickle(std::span<const std::byte> bytes, std::span<const std::string_view> allowed_globals) {
  return Unpickler(bytes, allowed_globals).run();
}

}  // namespace pretag
