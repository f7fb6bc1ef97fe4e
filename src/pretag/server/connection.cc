#include "pretag/server/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace pretag {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrainTime = 1s;

SSL* ssl(void* tls) { return static_cast<SSL*>(tls); }

}  // namespace

Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const std::string& certificate, const std::string& key) {
  std::shared_ptr<TlsIdentity> identity(new TlsIdentity);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  identity->context_ = context;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // httplib hands over one buffer after another; a write that is repeated may have moved.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalidArgument, certificate + ": not a PEM file with a certificate"};
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalidArgument, key + ": not a PEM file with the private key of " + certificate};
  }
  return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

TlsIdentity::~TlsIdentity() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

Connection::Connection(int socket, std::shared_ptr<const TlsIdentity> identity)
    : socket_(socket), identity_(std::move(identity)) {
  ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
  // An answer goes out as head and body: without this, the body waits for the peer's delayed ACK (40 ms) of the head.
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (identity_ == nullptr) return;
  tls_ = SSL_new(static_cast<SSL_CTX*>(identity_->context_));
  SSL_set_fd(ssl(tls_), socket_);
}

Connection::~Connection() {
  if (tls_ != nullptr) {
    if (!tls_broken_) SSL_shutdown(ssl(tls_));  // the notice alone: we do not wait for the peer's
    SSL_free(ssl(tls_));
  }
  if (drain_) drain();
  ::close(socket_);
}

void Connection::drain() {
  if (::shutdown(socket_, SHUT_WR) != 0) return;
  const auto end = Clock::now() + kDrainTime;
  std::array<char, 4096> dropped{};
  while (Clock::now() < end &&
         wait(POLLIN, std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()))) {
    const auto size = ::recv(socket_, dropped.data(), dropped.size(), 0);
    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) return;
  }
}

std::string Connection::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  std::array<char, NI_MAXHOST> text{};
  if (::getpeername(socket_, generic, &size) != 0 ||
      ::getnameinfo(generic, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return {};
  }
  return text.data();
}

bool Connection::start() {
  if (tls_ == nullptr) return true;
  if (tls_operation([this] { return SSL_accept(ssl(tls_)); }) > 0) return true;
  tls_broken_ = true;
  return false;
}

void Connection::set_deadline(Clock::time_point deadline, std::chrono::milliseconds patience) {
  deadline_ = deadline;
  patience_ = patience;
}

bool Connection::wait(short events, std::chrono::milliseconds timeout) const {
  const auto end = Clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd polled{.fd = socket_, .events = events, .revents = 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT_MAX)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool Connection::wait_for_progress(short events) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
  return left > 0ms && wait(events, std::min(left, patience_));
}

bool Connection::wait_readable(std::chrono::milliseconds timeout) {
  return (tls_ != nullptr && SSL_pending(ssl(tls_)) > 0) || wait(POLLIN, timeout);
}

bool Connection::wait_writable(std::chrono::milliseconds timeout) { return wait(POLLOUT, timeout); }

// OpenSSL may have to read in order to write, and the other way round.
template <class Operation>
std::ptrdiff_t Connection::tls_operation(Operation operation) {
  for (;;) {
    ERR_clear_error();
    const int done = operation();
    if (done > 0) return done;
    const int reason = SSL_get_error(ssl(tls_), done);
    if (reason == SSL_ERROR_ZERO_RETURN) return 0;
    const bool wants_read = reason == SSL_ERROR_WANT_READ;
    if (!wants_read && reason != SSL_ERROR_WANT_WRITE) {
      tls_broken_ = true;
      return -1;
    }
    if (!wait_for_progress(wants_read ? POLLIN : POLLOUT)) return -1;
  }
}

std::ptrdiff_t Connection::read(char* bytes, size_t size) {
  if (tls_ != nullptr) {
    return tls_operation([&] { return SSL_read(ssl(tls_), bytes, static_cast<int>(std::min<size_t>(size, INT_MAX))); });
  }
  for (;;) {
    if (!wait_for_progress(POLLIN)) return -1;
    const auto count = ::recv(socket_, bytes, size, 0);
    if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
  }
}

std::ptrdiff_t Connection::write(const char* bytes, size_t size) {
  if (tls_ != nullptr) {
    return tls_operation(
        [&] { return SSL_write(ssl(tls_), bytes, static_cast<int>(std::min<size_t>(size, INT_MAX))); });
  }
  for (;;) {
    if (!wait_for_progress(POLLOUT)) return -1;
    const auto count = ::send(socket_, bytes, size, MSG_NOSIGNAL);
    if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
  }
}

}  // namespace pretag
