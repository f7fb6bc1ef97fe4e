// pretag serve: the server that scripts create jobs on and workers take them from.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "pretag/bucket/aws_profile.h"
#include "pretag/bucket/credentials.h"
#include "pretag/bucket/google_signer.h"
#include "pretag/bucket/s3_signer.h"
#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/paths.h"
#include "pretag/io/file_system.h"
#include "pretag/server/accounts.h"
#include "pretag/server/application.h"
#include "pretag/server/http_server.h"
#include "pretag/server/leases.h"
#include "pretag/server/server_context.h"
#include "pretag/util/printable.h"

namespace pretag {
namespace {

struct ServeArguments {
  std::string data_folder, database;
  HttpServerOptions http;
  ServerSettings settings;
  bool init = false, no_access_log = false;
  std::string user = "admin";
};

int fail(const Error& error) {
  std::cerr << "pretag serve: " << printable(error.message) << '\n';
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitError;
}

std::string utc_now() {
  const int64_t now = wall_clock_ms();
  const auto seconds = static_cast<std::time_t>(now / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text.data(), now % 1000);
}

// One JSON object a line on stderr.
void write_log(const AccessLogEntry& entry) {
  nlohmann::ordered_json line = {{"time", utc_now()},
                                 {"method", entry.method},
                                 {"path", entry.path},
                                 {"status", entry.status},
                                 {"ms", static_cast<int64_t>(entry.seconds * 1000)},
                                 {"remote", entry.remote}};
  if (!entry.user.empty()) line["user"] = entry.user;
  if (!entry.detail.empty()) line["error"] = entry.detail;
  const std::string text = line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::cerr << text << std::flush;
}

// The token that a new server is used with. It is shown this once; only its hash is kept.
Status make_first_token(ServerContext& context, const std::string& user) {
  PRETAG_ASSIGN(const auto sql, context.database().connect());
  PRETAG_ASSIGN(const int64_t tokens, count_active_tokens(*sql));
  if (tokens > 0) {
    std::cerr << "pretag serve: there is a token already; 'pretag token create' makes another one\n";
    return {};
  }
  PRETAG_ASSIGN(const NewToken token, create_token(*sql, user, "first", context.now_ms()));
  std::cout << "Your first token, shown this once: " << token.secret << std::endl;
  return {};
}

bool is_local(const std::string& host) { return host == "127.0.0.1" || host == "::1" || host == "localhost"; }

void announce(const ServeArguments& arguments, const HttpServer& server) {
  const bool secure = !arguments.http.tls_certificate.empty();
  const std::string host =
      arguments.http.host.find(':') == std::string::npos ? arguments.http.host : "[" + arguments.http.host + "]";
  if (!secure && !is_local(arguments.http.host)) {
    std::cerr << "pretag serve: others can reach this without TLS, and read its tokens on the way; use --tls-cert and "
                 "--tls-key, or a proxy with TLS\n";
  }
  std::cout << fmt::format("Listening on {}://{}:{}", secure ? "https" : "http", host, server.port()) << std::endl;
}

int g_signal_pipe = -1;  // written to by the handler, which may do little else

// SIGTERM and SIGINT end the server once the requests at hand are answered. Blocking the signals and waiting for them
// would be simpler, but libraries have made threads before main(), where they are not blocked.
class StopOnSignal {
 public:
  explicit StopOnSignal(HttpServer& server) {
    if (::pipe2(pipe_.data(), O_CLOEXEC) != 0) return;  // then the signals end the program as they always do
    g_signal_pipe = pipe_[1];
    thread_ = std::thread([this, &server] {
      char byte = 0;
      while (::read(pipe_[0], &byte, 1) < 0 && errno == EINTR) {
      }
      server.stop();
    });
    struct sigaction action {};
    action.sa_handler = [](int) { wake(); };
    for (const int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);
  }
  ~StopOnSignal() {
    if (!thread_.joinable()) return;
    wake();  // where the server ended by itself
    thread_.join();
  }
  StopOnSignal(const StopOnSignal&) = delete;

 private:
  static void wake() {
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(g_signal_pipe, "", 1);
    errno = error;
  }

  std::array<int, 2> pipe_{-1, -1};  // open until the program ends: a signal may come at any time
  std::thread thread_;
};

// As the AWS tools have it.
Result<ServerSettings> with_environment(ServerSettings settings) {
  PRETAG_ASSIGN(const S3Settings s3, s3_settings(process_environment, {}));
  settings.s3_endpoint = s3.address.endpoint;
  PRETAG_ASSIGN(settings.azure_endpoint,
                checked_endpoint("AZURE_STORAGE_SERVICE_ENDPOINT",
                                 process_environment("AZURE_STORAGE_SERVICE_ENDPOINT").value_or("")));
  PRETAG_ASSIGN(settings.sts_endpoint, checked_endpoint("AWS_ENDPOINT_URL_STS", sts_endpoint(process_environment)));
  settings.aws_credentials = [](const HttpClient& http) {
    auto profile = read_aws_profile(process_environment, local_file_system());
    return profile ? credential_chain(process_environment, *std::move(profile), local_file_system(), http)
                   : no_credentials(profile.error());
  };
  PRETAG_ASSIGN(settings.google_endpoint, google_endpoint(process_environment));
  settings.ca_file = trusted_certificates();
  return settings;
}

// While the server was away no worker could be heard of.
Status give_workers_time(const ServerContext& context, int64_t lease_ms) {
  PRETAG_ASSIGN(const auto sql, context.database().connect());
  return extend_leases(*sql, context.now_ms() + lease_ms);
}

int serve(const ServeArguments& arguments) {
  const auto settings = with_environment(arguments.settings);
  if (!settings) return fail(settings.error());
  const auto context = open_server(arguments.data_folder, arguments.database, *settings);
  if (!context) return fail(context.error());
  if (const Status given = give_workers_time(**context, settings->lease_ms); !given) return fail(given.error());
  // No request takes longer, be it to another server of the same folder.
  (*context)->files().remove_unfinished(std::chrono::duration_cast<std::chrono::seconds>(arguments.http.request_time));
  Application application(**context);
  HttpServer::Log log = [](const AccessLogEntry&) {};
  if (!arguments.no_access_log) log = write_log;
  auto server = HttpServer::open(
      arguments.http, [&](HttpRequest& request) { return application.answer(request); }, std::move(log));
  if (!server) return fail(server.error());
  if (arguments.init) {
    if (const Status made = make_first_token(**context, arguments.user); !made) return fail(made.error());
  }
  announce(arguments, **server);
  const StopOnSignal stop_on_signal(**server);
  const Status ended = (*server)->run();
  return ended ? kExitOk : fail(ended.error());
}

void add_options(CLI::App& command, ServeArguments& arguments, int64_t& lease_seconds) {
  command
      .add_option("--data", arguments.data_folder,
                  "Folder of the database, the server's key and uploaded files; the same one for all servers of one "
                  "PostgreSQL database")
      ->required()
      ->type_name("DIR");
  command.add_option("--host", arguments.http.host, "Address to listen on (default 127.0.0.1: this machine only)")
      ->type_name("ADDRESS");
  command.add_option("--port", arguments.http.port, "Port to listen on (default 8000; 0: any that is free)")
      ->check(CLI::Range(0, 65535));
  command.add_flag("--init", arguments.init, "Print a first token if there is none yet");
  command.add_option("--user", arguments.user, "Whose the first token is (default admin)")->type_name("NAME");
  command
      .add_option(
          "--database", arguments.database,
          "SQLite file (default DIR/server.db), or postgresql://user@host:5432/name; PGPASSWORD and ~/.pgpass work")
      ->type_name("FILE|URL");
  command.add_option("--tls-cert", arguments.http.tls_certificate, "Certificate chain, PEM")->type_name("FILE");
  command.add_option("--tls-key", arguments.http.tls_key, "Its private key, PEM")->type_name("FILE");
  command
      .add_option("--public-url", arguments.settings.public_url,
                  "What links to files begin with (default: what the client calls the server)")
      ->type_name("URL");
  command
      .add_option("--input-dir", arguments.settings.input_dir,
                  "The input mount of LOCAL data sources, if this machine sees it: then it can be listed")
      ->type_name("DIR");
  command.add_option("--lightly-dir", arguments.settings.lightly_dir, "The lightly mount, likewise")->type_name("DIR");
  command.add_flag("--pretagging-debug", arguments.settings.pretagging_debug,
                   "pretagging_debug for jobs that do not say, since newer clients cannot");
  command
      .add_option("--lease", lease_seconds,
                  "Seconds after which the job of a silent worker goes to another one (default 120)")
      ->check(CLI::Range(1, 86400));
  command.add_option("--threads", arguments.http.threads, "Connections served at the same time (default 96)")
      ->check(CLI::Range(2, 1000));
  command.add_flag("--no-access-log", arguments.no_access_log, "Do not write a line for each request to stderr");
}

}  // namespace

void add_serve_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<ServeArguments>();
  auto lease_seconds = std::make_shared<int64_t>(120);
  CLI::App* command = app.add_subcommand("serve", "The server for jobs from Python: datasets, workers, runs, reports");
  add_options(*command, *arguments, *lease_seconds);
  command->footer(
      "Examples:\n"
      "  pretag serve --data server/ --init\n"
      "  pretag serve --data server/ --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem\n"
      "  PGPASSWORD=... pretag serve --data shared/ --database postgresql://pretag@db.example.org/pretag\n"
      "SIGTERM ends it when the requests at hand are answered.\n"
      "Exit codes: 0 ended on request, 1 error, 2 wrong usage.");
  command->callback([arguments, lease_seconds, &action] {
    arguments->settings.lease_ms = *lease_seconds * 1000;
    action = [arguments] { return serve(*arguments); };
  });
}

}  // namespace pretag
