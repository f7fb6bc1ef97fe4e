// What the platform sells and this server does not: clients ask, and get an answer that lets them go on.
#include "pretag/server/call.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

constexpr int64_t kNever = 253'402'300'799'000;  // the last second of the year 9999, unix ms
// Samples of a dataset. There is no limit, but clients read an integer.
constexpr int64_t kLargestDataset = INT32_MAX;

Reply<HttpResponse> licence(Call&) {
  return json_reply({{"licenseType", "Apache-2.0"}, {"licenseExpirationDate", kNever}, {"licenseIsValid", true}});
}

// As a text, which is how the platform answers.
Reply<HttpResponse> quota(Call&) { return json_reply(std::to_string(kLargestDataset)); }

}  // namespace

void add_licence_routes(Router& router) {
  router.add("GET", "/v1/docker/licenseInformation", licence);
  router.add("GET", "/v1/quota", quota);
}

}  // namespace pretag
