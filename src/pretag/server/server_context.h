// What all requests of a server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "pretag/bucket/google_signer.h"
#include "pretag/bucket/sts.h"
#include "pretag/io/http_client.h"
#include "pretag/server/file_store.h"
#include "pretag/server/outage.h"
#include "pretag/server/server_key.h"
#include "pretag/server/sql.h"

namespace pretag {

struct ServerSettings {
  std::string public_url{};   // what links begin with, e.g. https://pretag.example.org; empty: what the client calls us
  std::string input_dir{};    // the INPUT mount of LOCAL data sources as this machine sees it; empty: unknown here
  std::string lightly_dir{};  // the LIGHTLY mount, likewise
  std::string s3_endpoint{};  // of data sources of type S3, "https://host[:port]"; empty: AWS
  std::string sts_endpoint{};  // where roles are taken, for those of type S3DelegatedAccess; empty: AWS
  // The server's own credentials at AWS, with which it takes roles. None: it has none.
  std::function<std::unique_ptr<CredentialsProvider>(const HttpClient& http)> aws_credentials{};
  std::string azure_endpoint{};                    // the same of type AZURE; empty: Azure's, by account
  std::string google_endpoint = kGoogleEndpoint;   // the same of type GCS
  std::string ca_file{};                           // certificates to trust there, PEM; empty: the system's
  bool pretagging_debug = false;                   // for jobs that do not say, since newer clients cannot
  int64_t lease_ms = 120'000;                      // a job whose worker is silent for longer goes to another one
  int64_t worker_timeout_ms = 120'000;             // a worker that is silent for longer counts as offline
  int64_t link_seconds = 7 * 24 * 3600;            // how long links to files are good; to put one, a day at the most
  uint64_t max_body_bytes = 32u << 20;             // of a JSON body, unless its route takes more
  uint64_t max_upload_bytes = uint64_t{16} << 30;  // of a file
};

// Thread-safe; not movable, since requests hold references.
class ServerContext {
 public:
  using Now = std::function<int64_t()>;  // unix ms
  // Files go to `files_folder`.
  ServerContext(std::unique_ptr<SqlDatabase> database, ServerKey key, const std::string& files_folder,
                ServerSettings settings, Now now);
  ServerContext(const ServerContext&) = delete;

  SqlDatabase& database() const { return *database_; }
  const ServerKey& key() const { return key_; }
  const FileStore& files() const { return files_; }
  const ServerSettings& settings() const { return settings_; }
  const HttpClient& http() const { return *http_; }  // to the buckets of data sources
  int64_t now_ms() const { return now_(); }
  // Of a role that users let the server take; kept from request to request.
  std::shared_ptr<CredentialsProvider> credentials_of(const AwsRole& role) const;
  // Grows from call to call, and from run to run of the server: what lists are sorted by. Several servers of one
  // database go by their clocks; that two of them give the same one is unlikely, and harms nothing but the order.
  int64_t next_position();
  // At the start: the database has positions up to this one, be it that the clock was set back since.
  void continue_after(int64_t position) { last_position_ = position; }
  Outage& outage() { return outage_; }
  // Whoever removes datasets has it; others leave them to that one (dataset_removal.h).
  std::mutex& dataset_removal() { return dataset_removal_; }

 private:
  std::unique_ptr<SqlDatabase> database_;
  const ServerKey key_;
  const FileStore files_;
  const ServerSettings settings_;
  const Now now_;
  const std::unique_ptr<HttpClient> http_;
  std::atomic<int64_t> last_position_{0};
  Outage outage_;
  std::mutex dataset_removal_;
  const std::shared_ptr<CredentialsProvider> own_credentials_;  // null: none
  mutable std::mutex roles_mutex_;                              // of what follows
  mutable std::map<std::string, std::shared_ptr<CredentialsProvider>> roles_;
};

// Unix ms by the machine's clock.
int64_t wall_clock_ms();

// The server of a data folder: server.db, server.key and files/ in it, which are made where they are missing. Nobody
// but this user may read the folder. `database`: another place for server.db, "postgresql://…" (postgres_address.h)
// instead of it, or empty. Servers that share a PostgreSQL database must share the folder.
Result<std::unique_ptr<ServerContext>> open_server(const std::string& data_folder, const std::string& database,
                                                   ServerSettings settings);

}  // namespace pretag
