// What the program says to the shell when it ends. README.md lists them too.
#pragma once

#include "pretag/util/result.h"

namespace pretag {

enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,
  kExitUsage = 2,          // the command line or configuration is wrong
  kExitSomeFailed = 3,     // finished, but some files could not be used
  kExitInterrupted = 130,  // by Ctrl-C; the same command resumes
};

// Of a command that failed.
inline ExitCode exit_code_of(const Error& error) {
  const bool usage = error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnsupported ||
                     error.code == ErrorCode::kConflict;
  return usage ? kExitUsage : kExitError;
}

}  // namespace pretag
