// Everything that a Source tells when it is listed.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "pretag/source/source.h"

namespace pretag {

struct Listing {
  std::vector<std::string> keys;
  std::map<std::string, std::string> skipped;  // key, reason
};

inline Listing list(const Source& source) {
  Listing listing;
  const Status status = source.list(
      [&](const std::string& key) -> Status {
        listing.keys.push_back(key);
        return {};
      },
      [&](const std::string& key, const std::string& reason) { listing.skipped[key] = reason; });
  EXPECT_TRUE(status.ok()) << status.error().message;
  return listing;
}

}  // namespace pretag
