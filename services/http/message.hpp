#pragma once
// Requests and responses as handlers see them: sockets and Beast stay behind server.cpp.
#include <any>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace qyzmet::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options };

/// Names are compared without case.
class Headers {
 public:
  void set(std::string name, std::string value);
  void add(std::string name, std::string value);
  std::string_view get(std::string_view name) const;
  bool contains(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> const& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A file on disk that goes away with its last owner, unless it was taken over. Not thread-safe.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile();
  TemporaryFile(TemporaryFile const&) = delete;
  TemporaryFile& operator=(TemporaryFile const&) = delete;
  std::string const& path() const { return path_; }
  /// From now on the caller answers for the file.
  std::string take_over() { return std::exchange(path_, {}); }

 private:
  std::string path_;
};

/// One file that arrived in multipart/form-data: already on disk (temporary, sealed), hashed.
struct Upload {
  std::string field;
  std::string name;  // as the client called it; never used as a path
  std::string path;  // where the sealed bytes wait; removed unless taken over
  std::uint64_t size = 0;
  std::string sha256;                        // hex, of the plain bytes
  std::string head;                          // the first 4 KiB, for the type check by content
  std::shared_ptr<TemporaryFile> file = {};  // owner of `path`
};

struct Request {
  Method method = Method::get;
  std::string target;  // as received
  std::string path;    // decoded, without query
  std::map<std::string, std::string, std::less<>> query;
  std::map<std::string, std::string, std::less<>>
      parameters;  // {name} parts of the route's pattern
  Headers headers;
  std::map<std::string, std::string, std::less<>> cookies;
  std::string body;  // never a multipart body
  std::map<std::string, std::string, std::less<>>
      form;  // urlencoded or multipart fields; repeated keys: 400
  std::vector<Upload> uploads;
  /// Files that were not kept (too large, too many, unreadable name): the fields are all there, so
  /// that a page can show them again with the reason. `field` names the input.
  std::vector<Error> upload_errors = {};
  std::string route = {};                         // pattern of the route that was found
  std::string id;                                 // request id, in every log line and error page
  std::string client;                             // address
  std::chrono::steady_clock::time_point arrived;  // when the whole request had been read
  std::any visitor = {};                          // what the gate found out about who asks
};

struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  std::string content_type = "text/html; charset=utf-8";
};

std::string_view to_string(Method method);
/// Exactly as RFC 9110 spells it; "get" is not a method.
std::optional<Method> parse_method(std::string_view text);

}  // namespace qyzmet::http
