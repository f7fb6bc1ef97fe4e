// One TCP connection of a server, plain or TLS, whose every wait has an end.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "pretag/util/result.h"

namespace pretag {

// A certificate chain and its private key, as PEM files. Immutable; shared by all connections.
class TlsIdentity {
 public:
  // kInvalidArgument names the file that cannot be used, or says that the two do not belong together.
  static Result<std::shared_ptr<const TlsIdentity>> load(const std::string& certificate, const std::string& key);
  ~TlsIdentity();

 private:
  friend class Connection;
  TlsIdentity() = default;
  void* context_ = nullptr;  // SSL_CTX
};

// Owns the socket. One thread at a time.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  // `identity` may be null: plain. Nothing is read or written before start().
  Connection(int socket, std::shared_ptr<const TlsIdentity> identity);
  ~Connection();
  Connection(const Connection&) = delete;

  // The TLS handshake, if any. False: the peer did not manage it before the deadline.
  bool start();

  // All waits together end at this time; each alone also after `patience`.
  void set_deadline(Clock::time_point deadline, std::chrono::milliseconds patience);

  // Like recv and send: the number of bytes, 0 at the peer's end, negative on an error or at the deadline.
  std::ptrdiff_t read(char* bytes, size_t size);
  std::ptrdiff_t write(const char* bytes, size_t size);
  // Whether something can be read within that time; also at the peer's end.
  bool wait_readable(std::chrono::milliseconds timeout);
  bool wait_writable(std::chrono::milliseconds timeout);

  // The peer may still be sending: closing will wait for it a short time and drop what comes. A close at once could
  // reach it before our answer does.
  void drain_before_closing() { drain_ = true; }

  int socket() const { return socket_; }
  // The peer's address as text, empty if it cannot be told.
  std::string peer() const;
  bool is_secure() const { return tls_ != nullptr; }

 private:
  bool wait(short events, std::chrono::milliseconds timeout) const;
  bool wait_for_progress(short events) const;
  template <class Operation>
  std::ptrdiff_t tls_operation(Operation operation);
  void drain();

  int socket_;
  std::shared_ptr<const TlsIdentity> identity_;
  void* tls_ = nullptr;  // SSL
  bool tls_broken_ = false, drain_ = false;
  Clock::time_point deadline_ = Clock::now();
  std::chrono::milliseconds patience_{0};
};

}  // namespace pretag
