// Requests to the buckets of a dataset, signed by the server: a worker has no credentials for them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pretag/bucket/bucket_signer.h"
#include "pretag/worker/api_records.h"
#include "pretag/worker/api_transport.h"

namespace pretag {

// Asks for a signature with each request, so that none is ever too old. `transport` must outlive it. kInvalidArgument
// for what is in none of the data sources whose addresses have this scheme, kUnavailable for a server that cannot be
// reached or does not sign.
std::unique_ptr<BucketSigner> make_server_signer(const ApiTransport& transport, std::string dataset_id,
                                                 const std::vector<DatasourceRecord>& sources,
                                                 const std::string& scheme);

}  // namespace pretag
