#include "pretag/server/reply.h"

namespace pretag {

ApiError::ApiError(const Error& error) : message(error.message) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConflict:
      status = 400;
      code = "MALFORMED_REQUEST";
      return;
    case ErrorCode::kNotFound:
      status = 404;
      code = "NOT_FOUND";
      return;
    case ErrorCode::kUnsupported:
      status = 413;
      code = "PAYLOAD_TOO_LARGE";
      return;
    case ErrorCode::kIo:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDevice:
    case ErrorCode::kCancelled:
      status = 503;
      message = "the server cannot reach its data at the moment; try again";
      break;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      message = "the server failed; its log says why";
      break;
  }
  detail = error.message;
}

}  // namespace pretag
