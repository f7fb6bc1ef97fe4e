// Python's pickle format, read into a tree and never executed: nothing is imported, called or built.
// Opcodes: CPython's Lib/pickletools.py; protocol 2, which is what torch.save writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

using PickleIndex = uint32_t;

struct PickleValue {
  enum class Kind { kNone, kBool, kInt, kFloat, kString, kList, kTuple, kDict, kGlobal, kCall, kPersistent };

  Kind kind = Kind::kNone;
  int64_t integer = 0;  // kInt, and kBool as 0 or 1
  double real = 0;      // kFloat
  std::string text{};   // kString, and kGlobal as "module.name"
  // kList and kTuple: the elements. kDict: key, value, key, value …. kCall: the callable and its argument tuple.
  // kPersistent: the identifier.
  std::vector<PickleIndex> items{};
};

// A value that is referred to twice is there once, and lists may even hold themselves, so whoever walks the tree must
// bound its depth.
struct Pickle {
  std::vector<PickleValue> values;
  PickleIndex root = 0;
  size_t size = 0;  // bytes that the pickle took; more may follow

  const PickleValue& operator[](PickleIndex index) const { return values[index]; }
  const PickleValue& top() const { return values[root]; }
  // The value under a text key; null when there is none or `dict` is no dict.
  const PickleValue* find(const PickleValue& dict, std::string_view key) const;
};

// kUnsupported names the first global (class or function) that is not in `allowed_globals` ("module.name"), or an
// opcode that does more than build plain data. kCorrupt for what no pickler writes. An OrderedDict becomes a kDict.
Result<Pickle> parse_pickle(std::span<const std::byte> bytes, std::span<const std::string_view> allowed_globals);

}  // namespace pretag
