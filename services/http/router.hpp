#pragma once
// The static table of routes: (method, pattern) -> access class, kind of body, handler. Built once
// at start, read by all threads afterwards. Patterns: "/{lang}/cabinet/cases/{number}"; a literal
// segment wins over a {name}; a path matches with exactly as many segments, a slash at the end
// counts. HEAD is answered by the GET route. Mistakes in the table are bugs (check()).
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/http/message.hpp"

namespace qyzmet::http {

/// May be a coroutine lambda only without captures, or with captures that outlive the server.
using Handler = std::function<boost::asio::awaitable<Response>(Request&)>;

/// What a route takes. Another content type is answered with 415, a body beyond the limit with 413.
enum class Body : std::uint8_t {
  none,               // a body is refused
  form,               // application/x-www-form-urlencoded -> Request::form
  multipart,          // multipart/form-data (files through the UploadSink) or a form
  json,               // application/json -> Request::body
  json_or_multipart,  // the one or the other
  bytes,              // anything -> Request::body
};

struct Route {
  Method method = Method::get;
  std::string pattern;
  /// Who may come in, in the words of the gate ("anyone", "citizen", "executor head", ...): the
  /// server hands it to the gate before it reads the body and does not look into it.
  std::string access;
  Body body = Body::none;
  Handler handler;
  std::size_t body_bytes_max = 0;  // 0: the limit of the kind of body
  /// The handler asks again who is there: the gate may let in whom it remembers.
  bool confirms = false;
};

struct Found {
  Route const* route = nullptr;
  std::map<std::string, std::string, std::less<>> parameters = {};
};

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  void add(Route route);
  /// `path` is decoded. No route: status 404, or 405 with the methods that there are.
  struct Missing {
    int status = 404;
    std::string allow = {};
  };
  std::expected<Found, Missing> find(Method method, std::string_view path) const;
  /// All routes in the order they were added: for tests over the whole table.
  std::vector<Route const*> routes() const;

 private:
  struct Node;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

/// Path and query of an origin-form target (RFC 9112, 3.2.1), decoded strictly: nullopt for
/// malformed percent codes, control characters, NUL, text that is not UTF-8, encoded slashes and
/// backslashes, "." and ".." and empty segments, repeated query keys, too many keys.
struct Target {
  std::string path;
  std::map<std::string, std::string, std::less<>> query = {};
};
std::optional<Target> parse_target(std::string_view target, std::size_t query_keys_max);

}  // namespace qyzmet::http
