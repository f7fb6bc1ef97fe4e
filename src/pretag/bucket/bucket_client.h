// The few calls to a bucket that images need: list, get, put, delete. For S3 and what speaks its protocol (MinIO, Ceph,
// and Google's but for who signs), and for Azure's blob service, whose listings are other ones.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "pretag/bucket/bucket_dialect.h"
#include "pretag/bucket/bucket_signer.h"
#include "pretag/bucket/bucket_url.h"
#include "pretag/io/http_client.h"
#include "pretag/util/backoff.h"
#include "pretag/util/result.h"

namespace pretag {

// Thread-safe. Everything is tried again where that may help, with a signature and, if they have expired, credentials
// of its own: nothing is too old because there was much to do before. Until the service has answered once, that is
// given up after seconds, as most likely the address is wrong, unless `first_contact` says otherwise. Errors name no
// object: kNotFound (there is no such object), kIo (this object is refused), kUnsupported (it has more bytes than may
// be), kCorrupt (an answer that makes no sense), kUnavailable (the service is away or refuses us as such, or there is
// no such bucket: nothing is known of the object), kInvalidArgument (an address or certificate is wrong, or there are
// no credentials), kCancelled.
class BucketClient {
 public:
  static constexpr RetryPolicy kRetries{.first_pause = 0.5, .longest_pause = 20, .give_up_after = 600};
  // With an address that a person may have mistyped.
  static constexpr RetryPolicy kFirstContact{.first_pause = 0.5, .longest_pause = 2, .give_up_after = 5};

  // Hears, on whatever thread it is found out, that the service is away, and that it answers again.
  using Notice = std::function<void(const std::string& message)>;

  // All but the signer must outlive it.
  BucketClient(const HttpClient& http, const BucketDialect& dialect, std::unique_ptr<BucketSigner> signer, Pause pause,
               RetryPolicy retries = kRetries, const Clock& clock = steady_clock(), Notice notice = {},
               RetryPolicy first_contact = kFirstContact);

  Result<BucketListing> list(const std::string& bucket, const BucketListRequest& request) const;
  // kUnsupported when there are more bytes than that.
  Result<std::string> get(const BucketUrl& object, size_t max_bytes) const;
  struct Part {
    std::string bytes;         // fewer than were asked for at the end
    uint64_t total_bytes = 0;  // of the object
  };
  // Of one byte at least. Of an empty object, nothing.
  Result<Part> get_part(const BucketUrl& object, uint64_t first_byte, size_t bytes) const;
  Status put(const BucketUrl& object, std::string_view bytes, const std::string& content_type) const;
  Status remove(const BucketUrl& object) const;

 private:
  Result<HttpAnswer> send(const BucketRequest& request, HttpCall call) const;
  Error not_of_the_object(const Error& error) const;
  void note_outage(const std::string& why) const;
  void note_answer() const;

  const HttpClient& http_;
  const BucketDialect& dialect_;
  const std::unique_ptr<BucketSigner> signer_;
  const Pause pause_;
  const RetryPolicy retries_, first_contact_;
  const Clock& clock_;
  const Notice notice_;
  mutable std::atomic<bool> answered_ = false;  // the service is there
  mutable std::atomic<bool> away_ = false;      // as was told last
};

}  // namespace pretag
