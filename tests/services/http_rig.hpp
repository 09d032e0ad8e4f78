#pragma once
// A server of services/http inside the test process, and a socket that sends exactly the bytes it
// is given. Each rig has its own io_context, threads and port.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "services/http/responses.hpp"
#include "services/http/server.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::tests {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Blocking, with a limit of silence.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(RawClient const&) = delete;
  RawClient& operator=(RawClient const&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto const n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void end_sending() const { ::shutdown(socket_, SHUT_WR); }
  /// Until the end of the connection or `silence` without a byte.
  std::string read(std::chrono::milliseconds silence = 600ms) {
    std::string all;
    char piece[65536];
    for (;;) {
      auto const n = read_piece(piece, sizeof piece, silence);
      if (n <= 0) return all;
      all.append(piece, static_cast<std::size_t>(n));
    }
  }
  /// Until `text` has come.
  std::string read_until(std::string_view text, std::chrono::milliseconds silence = 5s) {
    std::string all;
    char piece[65536];
    while (!all.contains(text)) {
      auto const n = read_piece(piece, sizeof piece, silence);
      if (n <= 0) return all;
      all.append(piece, static_cast<std::size_t>(n));
    }
    return all;
  }
  bool closed() const { return closed_; }

 private:
  ssize_t read_piece(char* into, std::size_t size, std::chrono::milliseconds silence) {
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(silence.count())) != 1) return -1;
    auto const n = ::recv(socket_, into, size, 0);
    if (n <= 0) closed_ = true;
    return n;
  }

  int socket_;
  bool connected_ = false, closed_ = false;
};

/// A self-signed certificate for this machine, or none where there is no openssl program.
class Certificate {
 public:
  Certificate() {
    std::filesystem::create_directories(folder);
    auto const command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=t "
        "-addext subjectAltName=IP:127.0.0.1 -keyout " +
        key() + " -out " + certificate() + " 2>/dev/null";
    made = std::system(command.c_str()) == 0;
  }
  ~Certificate() { std::filesystem::remove_all(folder); }
  std::string key() const { return (folder / "key.pem").string(); }
  std::string certificate() const { return (folder / "certificate.pem").string(); }

  bool made = false;
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("qyzmet-tls-" + std::to_string(::getpid()));
};

class Rig {
 public:
  http::Router router;
  http::Hooks hooks;
  http::ServerOptions options;

  Rig() { options.limits.drain_notice = 0ms; }
  ~Rig() { stop(); }
  Rig(Rig const&) = delete;
  Rig& operator=(Rig const&) = delete;

  void route(http::Method method, std::string pattern, http::Body body, http::Handler handler) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = "anyone",
                .body = body,
                .handler = std::move(handler)});
  }
  void start(int threads = 2) {
    platform::set_log_level(platform::Level::error);
    server_ = std::make_unique<http::Server>(io, options, router, hooks);
    server_->start();
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { io.run(); });
  }
  void stop() {
    if (!server_) return;
    server_->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    server_.reset();
  }
  http::Server& server() { return *server_; }
  std::uint16_t port() const { return server_->port(); }
  /// One connection: send, read to the end or silence.
  std::string exchange(std::string_view bytes, std::chrono::milliseconds silence = 2s) const {
    RawClient client{port()};
    client.send(bytes);
    return client.read(silence);
  }
  std::string get(std::string const& path, std::string const& headers = {}) const {
    return exchange("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers +
                    "\r\n");
  }

  asio::io_context io;

 private:
  std::unique_ptr<http::Server> server_;
  std::vector<std::thread> threads_;
};

inline int status_of(std::string_view answer) {
  if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) return 0;
  return std::stoi(std::string{answer.substr(9, 3)});
}
inline std::string body_of(std::string const& answer) {
  auto const end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string{} : answer.substr(end + 4);
}
inline std::size_t answers_in(std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find("HTTP/1.1 "); at != std::string_view::npos;
       at = text.find("HTTP/1.1 ", at + 1))
    ++count;
  return count;
}

inline asio::awaitable<http::Response> say_hello(http::Request&) {
  co_return http::Response{.body = "hello", .content_type = "text/plain"};
}
/// How the request was understood.
inline asio::awaitable<http::Response> echo(http::Request& request) {
  std::string text{to_string(request.method)};
  text += ' ' + request.target + " body=" + std::to_string(request.body.size()) +
          " fields=" + std::to_string(request.headers.all().size()) + '\n';
  for (auto const& [name, value] : request.form) text += name + '=' + value + '\n';
  for (auto const& upload : request.uploads)
    text += "file " + upload.field + ' ' + upload.name + ' ' + std::to_string(upload.size) + ' ' +
            upload.sha256 + '\n';
  for (auto const& error : request.upload_errors) text += "error " + error.text + '\n';
  co_return http::Response{.body = std::move(text), .content_type = "text/plain"};
}

}  // namespace qyzmet::tests
