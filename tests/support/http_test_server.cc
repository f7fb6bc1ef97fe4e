#include "support/http_test_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>

namespace pretag {

// A fresh key and a certificate for 127.0.0.1.
class HttpTestServer::Tls {
 public:
  Tls() {
    X509_set_version(certificate_.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), 3600);
    X509_set_pubkey(certificate_.get(), key_.get());
    X509_NAME* name = X509_get_subject_name(certificate_.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate_.get(), name);
    X509_EXTENSION* address = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate_.get(), address, -1);
    X509_EXTENSION_free(address);
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
  }

  SSL_CTX* context() const { return context_.get(); }

  std::string pem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(memory.get(), certificate_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<size_t>(size)};
  }

 private:
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_{EVP_EC_gen("P-256"), EVP_PKEY_free};
  std::unique_ptr<X509, void (*)(X509*)> certificate_{X509_new(), X509_free};
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
};

namespace {

using ReadSome = std::function<long(char*, size_t)>;
using WriteSome = std::function<long(const char*, size_t)>;

std::string read_head(const ReadSome& read) {
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const long count = read(buffer, sizeof(buffer));
    if (count <= 0) return {};
    head.append(buffer, static_cast<size_t>(count));
  }
  return head;
}

void write_all(const WriteSome& write, std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = write(bytes.data(), bytes.size());
    if (count <= 0) return;  // the client has hung up, which some tests want
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace

HttpTestServer::HttpTestServer(Handler handler, Security security) : handler_(std::move(handler)) {
  // Proxies of the machine must not come between a test and its own server.
  ::setenv("no_proxy", "127.0.0.1", 1);
  if (security == Security::kTls) {
    tls_ = std::make_unique<Tls>();
    certificate_ = tls_->pem();
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the test server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpTestServer::~HttpTestServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  ::close(listener_);
}

std::string HttpTestServer::url(const std::string& path) const {
  return fmt::format("{}://127.0.0.1:{}{}", tls_ ? "https" : "http", port_, path);
}

std::vector<std::string> HttpTestServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void HttpTestServer::serve() {
  while (!stopping_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    answer(connection);
    ::shutdown(connection, SHUT_WR);
    // Read until the client has hung up too: closing with unread bytes would reset the connection and lose the answer.
    char rest[256];
    while (::recv(connection, rest, sizeof(rest), 0) > 0) continue;
    ::close(connection);
  }
}

void HttpTestServer::answer(int connection) {
  ReadSome read = [=](char* bytes, size_t size) { return ::recv(connection, bytes, size, 0); };
  WriteSome write = [=](const char* bytes, size_t size) { return ::send(connection, bytes, size, MSG_NOSIGNAL); };
  std::unique_ptr<SSL, void (*)(SSL*)> session(nullptr, SSL_free);
  if (tls_) {
    session.reset(SSL_new(tls_->context()));
    SSL_set_fd(session.get(), connection);
    if (SSL_accept(session.get()) != 1) return;
    read = [&](char* bytes, size_t size) { return SSL_read(session.get(), bytes, static_cast<int>(size)); };
    write = [&](const char* bytes, size_t size) { return SSL_write(session.get(), bytes, static_cast<int>(size)); };
  }
  const std::string request = read_head(read);
  if (request.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }
  write_all(write, handler_(request));
  if (session) SSL_shutdown(session.get());
}

std::string http_answer(const std::string& status, const std::string& body, const std::string& headers) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(), headers,
                     body);
}

std::string http_range_answer(const std::string& request, const std::string& content) {
  constexpr std::string_view kRange = "Range: bytes=";
  const size_t at = request.find(kRange);
  if (at == std::string::npos) return http_answer("200 OK", content);
  const size_t first = std::stoul(request.substr(at + kRange.size()));
  if (first >= content.size()) return http_answer("416 Range Not Satisfiable", "nothing there");
  return http_answer("206 Partial Content", content.substr(first),
                     fmt::format("Content-Range: bytes {}-{}/{}\r\n", first, content.size() - 1, content.size()));
}

}  // namespace pretag
