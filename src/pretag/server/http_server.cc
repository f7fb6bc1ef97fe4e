#include "pretag/server/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <string_view>
#include <thread>

#include "pretag/server/connection.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// httplib compiles a backlog of 5 in: a burst of workers would wait seconds for its connections.
constexpr int kBacklog = 512;
// Of a request before its body. httplib bounds each line, but only once it is complete, and not their number.
constexpr size_t kMostHeadBytes = size_t{64} << 10;
// How often an idle connection looks whether it is in the way.
constexpr auto kIdleStep = 100ms;

constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"};

// What the handlers of httplib have to know of the connection they run on. Each is served by one thread.
struct CurrentConnection {
  Connection* connection = nullptr;
  bool close_after = false;
  Clock::time_point start{};
};
thread_local CurrentConnection current;

class ConnectionStream final : public httplib::Stream {
 public:
  ConnectionStream(Connection& connection, std::chrono::milliseconds patience)
      : connection_(connection), patience_(patience) {}

  bool is_readable() const override { return connection_.wait_readable(patience_); }
  bool is_writable() const override { return connection_.wait_writable(patience_); }
  // httplib reads headers byte by byte.
  ssize_t read(char* bytes, size_t size) override {
    if (begin_ == end_) {
      if (size >= buffer_.size() && !in_head_) return line_ = 0, connection_.read(bytes, size);
      const auto count = connection_.read(buffer_.data(), buffer_.size());
      if (count <= 0) return count;
      begin_ = 0;
      end_ = static_cast<size_t>(count);
    }
    const size_t count = std::min(size, end_ - begin_);
    if (count > head_left_) return -1;
    if (in_head_) head_left_ -= count;
    std::copy_n(buffer_.data() + begin_, count, bytes);
    // So it reads the sizes of chunks, too, and keeps what it has until the line ends.
    line_ = size == 1 && bytes[0] != '\n' ? line_ + 1 : 0;
    if (line_ > kMostHeadBytes) return -1;
    begin_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* bytes, size_t size) override { return connection_.write(bytes, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.peer();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();  // nobody asks
    port = 0;
  }
  socket_t socket() const override { return connection_.socket(); }
  bool has_buffered() const { return begin_ != end_; }
  void begin_head() { in_head_ = true, head_left_ = kMostHeadBytes; }
  void end_head() { in_head_ = false, head_left_ = SIZE_MAX; }

 private:
  Connection& connection_;
  std::chrono::milliseconds patience_;
  std::array<char, 8192> buffer_{};
  size_t begin_ = 0, end_ = 0;
  bool in_head_ = false;
  size_t head_left_ = SIZE_MAX;
  size_t line_ = 0;  // bytes of the line that is read byte by byte
};

// A fixed number of threads; tells how many connections wait for one.
class Threads final : public httplib::TaskQueue {
 public:
  Threads(size_t count, std::atomic<size_t>& waiting) : waiting_(waiting) {
    for (size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  }
  void enqueue(std::function<void()> task) override {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    waiting_ = tasks_.size();
    changed_.notify_one();
  }
  void shutdown() override {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      waiting_ = tasks_.size();
      lock.unlock();
      task();
    }
  }

  std::atomic<size_t>& waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

bool has_body(const httplib::Request& request) {
  return request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
}

// httplib would by itself send parts of any answer, thousands of them where so many are asked for, and call them the
// whole (200); and it compresses with Brotli where it may, at a level that is too slow for what is sent once.
void leave_plain_or_gzip(httplib::Request& request) {
  request.ranges.clear();
  const bool takes_gzip = request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
  request.headers.erase("Accept-Encoding");
  if (takes_gzip) request.set_header("Accept-Encoding", "gzip");
}

// An answer that is sent before the body was read: what is left of the body must not be taken for the next request.
void close_after_answer() { current.close_after = true; }

Status read_body(const httplib::Request& request, const httplib::ContentReader* reader, uint64_t max_bytes,
                 const HttpRequest::Sink& sink) {
  // A PUT without a length has no body, whatever httplib would wait for.
  if (reader == nullptr || !has_body(request)) return {};
  const Error too_large{ErrorCode::kUnsupported, "the body is larger than this server takes"};
  if (request.get_header_value<uint64_t>("Content-Length") > max_bytes) return too_large;
  if (request.is_multipart_form_data()) {
    return Error{ErrorCode::kInvalidArgument, "the body must not be a multipart form"};
  }
  uint64_t size = 0;
  Status sunk;
  const bool complete = (*reader)([&](const char* bytes, size_t count) {
    size += count;
    sunk = size > max_bytes ? Status(too_large) : sink({bytes, count});
    return sunk.ok();
  });
  if (!sunk) return sunk;
  if (!complete) return Error{ErrorCode::kIo, "the body ended early"};
  // httplib takes a chunk that ends otherwise than it should for the last one: what follows may be anything.
  current.close_after = request.has_header("Transfer-Encoding");
  return {};
}

}  // namespace

class HttpServer::Implementation final : public httplib::Server {
 public:
  Implementation(HttpServerOptions options, std::shared_ptr<const TlsIdentity> identity, Answer answer, Log log)
      : options_(std::move(options)), identity_(std::move(identity)), answer_(std::move(answer)), log_(std::move(log)) {
    new_task_queue = [this] { return new Threads(options_.threads, waiting_); };
    // httplib would let a second server listen on the same port (SO_REUSEPORT), which got half of the requests.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    // Any path and any method come to answer(); the routes are ours.
    const std::string all = "[\\s\\S]*";
    const auto without_body = [this](const httplib::Request& request, httplib::Response& response) {
      handle(request, response, nullptr);
    };
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) { handle(request, response, &reader); };
    Get(all, without_body);
    Options(all, without_body);
    Post(all, with_body);
    Put(all, with_body);
    Patch(all, with_body);
    Delete(all, with_body);
    // Of methods that nobody handles httplib reads the body into memory, whatever its size.
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (std::ranges::find(kMethods, request.method) != kMethods.end()) return HandlerResponse::Unhandled;
      close_after_answer();
      response.status = 405;
      response.set_header("Connection", "close");
      response.set_content(R"({"code":"METHOD_NOT_ALLOWED","error":"there is no such method here"})",
                           "application/json");
      return HandlerResponse::Handled;
    });
    set_default_headers({{"Accept-Ranges", "none"}});
    set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty()) return;
      close_after_answer();                 // httplib has not understood the request
      if (!request.ranges.empty()) return;  // it would repeat a body for each of those that it did understand
      response.set_content(R"({"code":"BAD_REQUEST","error":"the request is not valid HTTP"})", "application/json");
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      close_after_answer();
      response.status = 500;
      response.set_content(R"({"code":"INTERNAL_SERVER_ERROR","error":"the server failed"})", "application/json");
    });
  }

  Status bind() {
    port_ = options_.port == 0 ? bind_to_any_port(options_.host) : options_.port;
    if (options_.port == 0 ? port_ < 0 : !bind_to_port(options_.host, options_.port)) {
      return Error{ErrorCode::kIo, options_.host + ":" + std::to_string(options_.port) +
                                       ": cannot listen there; is the port taken, or the address not this machine's?"};
    }
    ::listen(svr_sock_, kBacklog);
    return {};
  }

  int port() const { return port_; }

  Status serve() {
    listen_after_bind();
    svr_sock_ = INVALID_SOCKET;  // closed by httplib; end() must not take another's of this number for it
    if (stopping_) return {};
    return Error{ErrorCode::kIo, "accepting connections failed"};
  }

  // Not stop(), at whose sight httplib breaks off what it is sending and takes it for complete. A socket that is shut
  // down accepts nothing more, which ends listen_after_bind() once the threads are done.
  void end() {
    if (!stopping_.exchange(true)) ::shutdown(svr_sock_, SHUT_RDWR);
  }

 private:
  // httplib would take its own, whose waits are per byte: a client that sends one now and then held a thread for ever.
  bool process_and_close_socket(socket_t socket) override {
    Connection connection(socket, identity_);
    current = {&connection, false, Clock::now()};
    connection.set_deadline(Clock::now() + options_.header_time, options_.header_time);
    if (!connection.start()) return false;
    ConnectionStream stream(connection, options_.patience);
    bool peer_closes = false;
    for (bool fresh = true; !peer_closes && wait_for_request(connection, stream, fresh); fresh = false) {
      current.close_after = false;
      current.start = Clock::now();
      connection.set_deadline(Clock::now() + options_.header_time, options_.header_time);
      stream.begin_head();
      const auto request_begins = [&](httplib::Request& request) {
        stream.end_head();
        leave_plain_or_gzip(request);
        connection.set_deadline(Clock::now() + options_.request_time, options_.patience);
      };
      if (process_request(stream, stopping_, peer_closes, request_begins) && !current.close_after) continue;
      connection.drain_before_closing();
      break;
    }
    return true;
  }

  // A fresh connection has the time of a header to say what it wants. One that has been answered and is idle gives way
  // to another that waits for a thread.
  bool wait_for_request(Connection& connection, const ConnectionStream& stream, bool fresh) const {
    if (stream.has_buffered()) return !stopping_;
    const auto end = Clock::now() + (fresh ? options_.header_time : options_.keep_alive);
    for (bool first = true; !stopping_ && Clock::now() < end && (first || fresh || waiting_ == 0); first = false) {
      if (connection.wait_readable(kIdleStep)) return true;
    }
    return false;
  }

  void handle(const httplib::Request& from, httplib::Response& to, const httplib::ContentReader* reader) {
    current.close_after = has_body(from);
    HttpRequest request;
    request.method = from.method;
    request.remote = from.remote_addr;
    request.secure = current.connection->is_secure();
    for (const auto& [name, value] : from.headers) request.headers[to_lower(name)] = value;
    request.read_body = [&](uint64_t max_bytes, const HttpRequest::Sink& sink) {
      return read_body(from, reader, max_bytes, sink);
    };
    HttpResponse response;
    if (auto target = parse_http_target(from.target)) {
      request.target = *std::move(target);
      response = answer_(request);
    } else {
      response.status = 400;
      response.content_type = "application/json";
      response.body = R"({"code":"MALFORMED_REQUEST","error":")" + target.error().message + "\"}";
    }
    send(response, to);
    log(request, response);
  }

  static void send(HttpResponse& response, httplib::Response& to) {
    to.status = response.status;
    for (const auto& [name, value] : response.headers) to.set_header(name, value);
    to.set_header("X-Content-Type-Options", "nosniff");
    to.set_header("Cache-Control", "no-store");
    if (current.close_after) to.set_header("Connection", "close");
    if (response.more) {
      send_in_pieces(response, to);
      return;
    }
    if (response.file.empty()) {
      if (!response.body.empty()) to.set_content(response.body, response.content_type);
      return;
    }
    auto file = std::make_shared<std::ifstream>(response.file, std::ios::binary | std::ios::ate);
    if (!*file) {
      to.status = 404;
      to.set_content(R"({"code":"NOT_FOUND","error":"the file is gone"})", "application/json");
      return;
    }
    // With a known length httplib never compresses: clients write what comes over the wire.
    to.set_content_provider(static_cast<size_t>(file->tellg()), response.content_type,
                            [file](size_t offset, size_t size, httplib::DataSink& sink) {
                              std::array<char, 65536> piece{};
                              file->clear();
                              file->seekg(static_cast<std::streamoff>(offset));
                              file->read(piece.data(), static_cast<std::streamsize>(std::min(size, piece.size())));
                              const auto count = static_cast<size_t>(file->gcount());
                              return count > 0 && sink.write(piece.data(), count);
                            });
  }

  static void send_in_pieces(HttpResponse& response, httplib::Response& to) {
    auto piece = std::make_shared<std::string>(std::move(response.body));
    to.set_chunked_content_provider(response.content_type,
                                    [piece, more = std::move(response.more)](size_t, httplib::DataSink& sink) {
                                      if (!sink.write(piece->data(), piece->size())) return false;
                                      auto next = more();
                                      if (!next) return false;
                                      *piece = *std::move(next);
                                      if (piece->empty()) sink.done();
                                      return true;
                                    });
  }

  void log(const HttpRequest& request, const HttpResponse& response) const {
    AccessLogEntry entry{request.method, request.target.path, request.remote, response.user, response.detail};
    entry.status = response.status;
    entry.seconds = std::chrono::duration<double>(Clock::now() - current.start).count();
    log_(entry);
  }

  const HttpServerOptions options_;
  const std::shared_ptr<const TlsIdentity> identity_;
  const Answer answer_;
  const Log log_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> waiting_{0};
};

HttpServer::HttpServer(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpServerOptions& options, Answer answer, Log log) {
  std::shared_ptr<const TlsIdentity> identity;
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return Error{ErrorCode::kInvalidArgument, "TLS needs both a certificate and a key"};
  }
  if (!options.tls_certificate.empty()) {
    PRETAG_ASSIGN(identity, TlsIdentity::load(options.tls_certificate, options.tls_key));
  }
  auto implementation =
      std::make_unique<Implementation>(options, std::move(identity), std::move(answer), std::move(log));
  PRETAG_TRY(implementation->bind());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(implementation)));
}

int HttpServer::port() const { return implementation_->port(); }
Status HttpServer::run() { return implementation_->serve(); }
void HttpServer::stop() { implementation_->end(); }

}  // namespace pretag
