#include "pretag/cli/hide_passwords.h"

#include <algorithm>
#include <string_view>

namespace pretag {
namespace {

void hide(char* argument, size_t begin, size_t end) {
  if (begin < end) std::fill(argument + begin, argument + end, '*');
}

void hide_in(char* argument) {
  const std::string_view text = argument;
  const size_t scheme = std::min(text.find("postgresql://"), text.find("postgres://"));
  if (scheme == std::string_view::npos) return;
  // user:password@ up to the last @: a bare one in a password is a mistake, but still its user's secret.
  const size_t user = text.find("://", scheme) + 3, at = text.rfind('@');
  const size_t colon = text.find(':', user);
  if (at != std::string_view::npos && colon != std::string_view::npos) hide(argument, colon + 1, at);
  constexpr std::string_view kKey = "password=";
  for (size_t key = text.find(kKey, user); key != std::string_view::npos; key = text.find(kKey, key + 1)) {
    hide(argument, key + kKey.size(), std::min(text.find('&', key), text.size()));
  }
}

}  // namespace

void hide_passwords(std::span<char*> arguments) {
  for (char* argument : arguments) hide_in(argument);
}

}  // namespace pretag
