#include "pretag/io/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "pretag/util/strings.h"

extern char** environ;

namespace pretag {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

// One of a program's two outputs, and what has come of it.
struct Output {
  Descriptor read, write;
  size_t most;  // bytes
  std::string text = {};
  bool is_too_long = false;

  static Result<Output> make(size_t most) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error{ErrorCode::kIo, std::strerror(errno)};
    return Output{.read = Descriptor(ends[0]), .write = Descriptor(ends[1]), .most = most};
  }

  void take() {
    std::array<char, 4096> part{};
    const ssize_t count = ::read(read.number(), part.data(), part.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) return read.close();
    is_too_long = is_too_long || text.size() + static_cast<size_t>(count) > most;
    if (!is_too_long) text.append(part.data(), static_cast<size_t>(count));
  }
};

std::string last_line(std::string_view text) {
  const std::string_view lines = trim(text);
  return one_line(lines.substr(lines.rfind('\n') + 1), 200);
}

Result<pid_t> start(const std::vector<std::string>& command, const Output& standard, const Output& error) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, standard.write.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, error.write.number(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own, so that all of it can be killed; and signals as they are without us.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int code = posix_spawnp(&child, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (code == 0) return child;
  const bool is_missing = code == ENOENT || code == EACCES;
  return Error{is_missing ? ErrorCode::kNotFound : ErrorCode::kIo,
               fmt::format("{}: {}", one_line(command[0]), std::strerror(code))};
}

using Time = std::chrono::steady_clock::time_point;

// Reads both outputs until they are closed. False if time is up before, or the first has too much.
bool read_until_end(Output& standard, Output& error, Time end) {
  while (standard.read.number() >= 0 || error.read.number() >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0 || standard.is_too_long) return false;
    std::array<pollfd, 2> waiting{pollfd{standard.read.number(), POLLIN, 0}, pollfd{error.read.number(), POLLIN, 0}};
    poll(waiting.data(), waiting.size(), static_cast<int>(std::min<int64_t>(left, 1000)));
    if (waiting[0].revents != 0) standard.take();
    if (waiting[1].revents != 0) error.take();
  }
  return !standard.is_too_long;
}

// Its status as waitpid() has it; nothing if it has not ended in time, and had to be killed.
std::optional<int> wait_for(pid_t child, Time end) {
  int status = 0;
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) return std::nullopt;
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(-child, SIGKILL);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> command_words(std::string_view line) {
  std::vector<std::string> words;
  char quote = 0;
  bool inside = false;  // of a word
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool escapes =
        c == '\\' && quote != '\'' && i + 1 < line.size() && (quote == 0 || line[i + 1] == '"' || line[i + 1] == '\\');
    const bool separates = quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
    if (separates) {
      inside = false;
      continue;
    }
    if (!std::exchange(inside, true)) words.emplace_back();
    if (escapes) {
      words.back() += line[++i];
    } else if (quote == c) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return quote != 0 || words.empty() ? std::nullopt : std::optional(std::move(words));
}

Result<std::string> output_of_program(const std::vector<std::string>& command, size_t max_bytes, double seconds) {
  constexpr size_t kMostErrorBytes = size_t{64} << 10;
  PRETAG_ASSIGN(Output standard, Output::make(max_bytes));
  PRETAG_ASSIGN(Output error, Output::make(kMostErrorBytes));
  PRETAG_ASSIGN(const pid_t child, start(command, standard, error));
  standard.write.close();
  error.write.close();
  const Time end = std::chrono::steady_clock::now() +
                   std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
  const bool all_read = read_until_end(standard, error, end);
  if (!all_read) kill(-child, SIGKILL);  // what it has started may still hold its outputs
  const auto status = wait_for(child, end);
  const std::string name = one_line(command[0]);
  if (standard.is_too_long) {
    return Error{ErrorCode::kUnsupported, fmt::format("{}: wrote more than {} bytes", name, max_bytes)};
  }
  if (!all_read || !status)
    return Error{ErrorCode::kUnavailable, fmt::format("{}: has not ended in {} seconds", name, seconds)};
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return std::move(standard.text);
  const std::string how = WIFSIGNALED(*status) ? fmt::format("was ended by signal {}", WTERMSIG(*status))
                                               : fmt::format("ended with {}", WEXITSTATUS(*status));
  const std::string said = last_line(error.text);
  return Error{ErrorCode::kUnavailable, fmt::format("{}: {}{}{}", name, how, said.empty() ? "" : ": ", said)};
}

}  // namespace pretag
