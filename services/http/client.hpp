#pragma once
// HTTP/1.1 client for peers of the configuration: one request, one connection, one absolute
// deadline for everything from name lookup to the last byte. No redirects, no cookies, no
// compression; TLS 1.2 or newer, verified against the system's or the given anchors and the host
// name. Thread-safe. Every fault of the network or of the answer is ErrorCode::unavailable with
// "error.peer_unavailable" and the technical reason (without addresses or content) in
// arguments["reason"].
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "engine/base/result.hpp"
#include "services/http/message.hpp"

namespace qyzmet::http {

struct ClientRequest {
  Method method = Method::get;
  std::string url;  // http://host[:port]/path or https://
  Headers headers = {};
  std::string content_type = {};
  std::string body = {};
};

struct ClientLimits {
  std::chrono::milliseconds deadline{10'000};
  std::size_t answer_bytes_max = 256 * 1024;
  std::string trust_file = {};  // PEM anchors instead of the system's
};

boost::asio::awaitable<Result<Response>> fetch(ClientRequest request, ClientLimits limits = {});

}  // namespace qyzmet::http
