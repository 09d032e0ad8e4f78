#pragma once
// Bytes of a connection -> requests, without I/O: Beast's parser behind a guard that closes what
// Boost 1.81 lets through (request smuggling by transfer codings, unbounded trailers and chunk
// extensions, line ends other than CRLF, folded fields; RFC 9112, sections 2 to 7 and 11.2). Holds
// at most Limits::read_buffer_bytes of unparsed input and as much body. Not thread-safe: one per
// connection. The events do not depend on how the bytes were cut, but for the cuts of `body`.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/http/message.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::http {

struct RequestHead {
  std::string method;
  std::string target;
  Headers headers = {};
  bool keep_alive = false;
  bool expects_continue = false;
  bool has_body = false;
  std::optional<std::uint64_t> content_length = {};  // none for a chunked body
};

class RequestParser {
 public:
  enum class Kind : std::uint8_t {
    need_more,  // read into prepare(), then commit()
    head,       // head() is there; limit_body() may be called now
    body,       // data: a piece of the body, valid until the next call
    done,       // restart() begins with the next request; bytes of it may already be here
    refused,    // status, reason: answer, close, never go on
  };
  struct Event {
    Kind kind = Kind::need_more;
    std::string_view data = {};
    int status = 0;
    std::string_view reason = {};  // a fixed word of ours
  };

  /// `hosts`: values of Host that are ours, empty for any; must outlive the parser.
  RequestParser(platform::Limits const& limits, std::vector<std::string> const& hosts);
  ~RequestParser();

  /// Free space, never empty after need_more.
  std::span<char> prepare();
  void commit(std::size_t size);
  Event next();

  RequestHead const& head() const;
  /// Also for a body whose length was announced: the next event is `refused` with 413.
  void limit_body(std::uint64_t bytes_max);
  bool is_done() const;
  /// True when nothing of the next request has arrived yet.
  bool is_empty() const;
  void restart();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qyzmet::http
