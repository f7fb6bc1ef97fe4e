#include "pretag/worker/file_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <vector>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

std::string content_type(const fs::path& path) {
  static const std::map<std::string, std::string> kTypes = {
      {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".png", "image/png"},        {".webp", "image/webp"},
      {".bmp", "image/bmp"},  {".tif", "image/tiff"},  {".tiff", "image/tiff"},      {".gif", "image/gif"},
      {".mp4", "video/mp4"},  {".txt", "text/plain"},  {".json", "application/json"}};
  const auto found = kTypes.find(to_lower(path.extension().string()));
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

// `path` below `folder`, both with their links resolved.
std::optional<fs::path> inside(const fs::path& folder, const fs::path& relative) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error) return std::nullopt;
  fs::path path = fs::canonical(root / relative, error);
  if (error || !fs::is_regular_file(path, error) || error) return std::nullopt;
  const auto [end, unused] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end() ? std::optional(std::move(path)) : std::nullopt;
}

void answer(const httplib::Request& request, httplib::Response& response, const Mounts& mounts) {
  const auto path = served_file(request.path, mounts);
  std::error_code error;
  const auto size = path ? fs::file_size(*path, error) : 0;
  const auto file = std::make_shared<std::ifstream>();
  if (path) file->open(*path, std::ios::binary);
  if (!path || error || !*file) {
    response.status = 404;
    response.set_content("there is no such file\n", "text/plain");
    return;
  }
  const std::string type = content_type(*path);
  if (size == 0) return response.set_content("", type);
  response.set_content_provider(size, type, [file](size_t offset, size_t length, httplib::DataSink& sink) {
    std::array<char, 1 << 16> piece{};
    file->seekg(static_cast<std::streamoff>(offset));
    file->read(piece.data(), static_cast<std::streamsize>(std::min(length, piece.size())));
    const auto count = static_cast<size_t>(file->gcount());
    return count > 0 && sink.write(piece.data(), count);  // a file that has shrunk ends the answer
  });
}

class HttplibFileServer final : public FileServer {
 public:
  explicit HttplibFileServer(Mounts mounts) : mounts_(std::move(mounts)) {
    server_.set_default_headers({{"Access-Control-Allow-Origin", "*"},
                                 {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                                 {"Access-Control-Allow-Headers", "*"},
                                 {"Cache-Control", "no-cache, no-store, must-revalidate"},
                                 {"X-Content-Type-Options", "nosniff"}});
    constexpr int kPatience = 10;  // seconds
    server_.set_read_timeout(kPatience);
    server_.set_write_timeout(kPatience);
    // Whatever may have a body: httplib would read it into memory, and payload_max_length is of declared sizes only.
    server_.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") {
        return httplib::Server::HandlerResponse::Unhandled;
      }
      response.status = 405;
      response.set_header("Connection", "close");
      return httplib::Server::HandlerResponse::Handled;
    });
    server_.set_payload_max_length(0);
    server_.set_keep_alive_max_count(1);  // what follows a refused head is no request, but what is left of its body
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response, mounts_);
    });
    server_.Options(".*", [](const httplib::Request&, httplib::Response& response) { response.status = 204; });
  }

  ~HttplibFileServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status listen(const FileServerSettings& settings) {
    const bool any = settings.port == 0;
    port_ = any ? server_.bind_to_any_port(settings.host) : settings.port;
    const bool bound = any ? port_ > 0 : server_.bind_to_port(settings.host, settings.port);
    if (!bound) {
      return Error{ErrorCode::kIo, fmt::format("the file server cannot listen on {}:{}; is the port taken? "
                                               "worker.file_server_port=… names another",
                                               settings.host, settings.port)};
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() does nothing to a server that does not run yet.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }

  int port() const override { return port_; }

 private:
  Mounts mounts_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

std::optional<std::string> served_file(const std::string& request_path, const Mounts& mounts) {
  const size_t begin = request_path.find_first_not_of('/');
  if (begin == std::string::npos || request_path.find('\0') != std::string::npos) return std::nullopt;
  const fs::path relative = request_path.substr(begin);
  for (const std::string& mount : {mounts.input, mounts.lightly}) {
    if (const auto path = inside(mount, relative)) return path->string();
  }
  return std::nullopt;
}

Result<std::unique_ptr<FileServer>> FileServer::start(const FileServerSettings& settings, const Mounts& mounts) {
  auto server = std::make_unique<HttplibFileServer>(mounts);
  PRETAG_TRY(server->listen(settings));
  return std::unique_ptr<FileServer>(std::move(server));
}

}  // namespace pretag
