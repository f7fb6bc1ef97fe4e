// Result<T>: a value, or an Error that a user can act on. Library code returns it instead of throwing or printing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace pretag {

enum class ErrorCode {
  kInvalidArgument,  // the caller's configuration, arguments or request are wrong
  kConflict,         // valid, but what is there already was made with other settings
  kNotFound,         // a named file, key or record does not exist
  kCorrupt,          // bytes from outside are not what they claim to be
  kUnsupported,      // valid, but not something this build or machine can do
  kIo,               // the file system or network failed (disk full, no permission, connection lost)
  kUnavailable,      // a service is away or refuses us: nothing is known of what it was asked for, try again later
  kDevice,           // what is to compute is not there, or has failed: says nothing of what it was given
  kCancelled,        // stopped on request
  kInternal,         // a bug of ours
};

// `message` names the file or key, says what is wrong and, where it helps, what to do. One line, no trailing full stop.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  // The same error seen from further out: "<outer>: <message>".
  Error in(const std::string& outer) const { return {code, outer + ": " + message}; }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit, so that `return value;` reads well
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: implicit, likewise

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Undefined unless ok().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Undefined if ok().
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit, so that `return Error{...};` reads well

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace pretag

#define PRETAG_CONCAT_INNER(a, b) a##b
#define PRETAG_CONCAT(a, b) PRETAG_CONCAT_INNER(a, b)

// PRETAG_TRY(expr): returns the error of a Status or Result from the enclosing function, or goes on.
// Names are numbered, since `expr` may be a lambda that uses these macros itself.
#define PRETAG_TRY(expr) PRETAG_TRY_IMPL(PRETAG_CONCAT(pretag_status_, __COUNTER__), expr)
// NOLINTBEGIN(bugprone-macro-parentheses): names and declarations cannot be put in parentheses.
#define PRETAG_TRY_IMPL(status, expr)                         \
  do {                                                        \
    if (auto status = (expr); !status) return status.error(); \
  } while (false)

// PRETAG_ASSIGN(auto x, expr): x = the value of a Result, or returns its error from the enclosing function.
#define PRETAG_ASSIGN(lhs, expr) PRETAG_ASSIGN_IMPL(PRETAG_CONCAT(pretag_result_, __COUNTER__), lhs, expr)
#define PRETAG_ASSIGN_IMPL(result, lhs, expr) \
  auto result = (expr);                       \
  if (!(result)) return (result).error();     \
  lhs = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
