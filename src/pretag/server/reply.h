// Reply<T>: what a handler of the API gives back: a value, or the error that the client is told. Works with PRETAG_TRY
// and PRETAG_ASSIGN, and takes the Error of any other layer.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "pretag/util/result.h"

namespace pretag {

// `code` is one of the platform's ApiErrorCode, `message` a sentence for the user. `detail` goes to the server's log
// only: it may name files of the server.
struct ApiError {
  int status = 500;
  std::string code = "INTERNAL_SERVER_ERROR";
  std::string message;
  std::string detail{};

  ApiError(int http_status, std::string api_code, std::string text)
      : status(http_status), code(std::move(api_code)), message(std::move(text)) {}
  // kInvalidArgument, kConflict: 400; kNotFound: 404; kUnsupported: 413; kIo, kUnavailable, kDevice, kCancelled: 503,
  // which clients try again; kCorrupt, kInternal: 500. The message of a 503 or 500 stays in the log.
  ApiError(const Error& error);  // NOLINT: implicit, so that errors of other layers pass through PRETAG_TRY
};

template <class T>
class [[nodiscard]] Reply {
 public:
  Reply(T value) : state_(std::move(value)) {}            // NOLINT: implicit, so that `return value;` reads well
  Reply(ApiError error) : state_(std::move(error)) {}     // NOLINT: implicit, likewise
  Reply(const Error& error) : state_(ApiError(error)) {}  // NOLINT: implicit, likewise

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Undefined unless ok().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  // Undefined if ok().
  const ApiError& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, ApiError> state_;
};

struct Done {};  // of a Reply without a value

inline ApiError bad_request(std::string message) { return {400, "MALFORMED_REQUEST", std::move(message)}; }

}  // namespace pretag
