#pragma once
// Styles, scripts and fonts from memory, under names that carry a hash of the content, so that a
// browser keeps them for a year and a new version is a new name. Filled at start, then read-only.
#include <map>
#include <string>
#include <string_view>

#include "services/http/message.hpp"

namespace qyzmet::http {

class Assets {
 public:
  static constexpr std::string_view k_prefix = "/static/";

  /// "app.css" -> "/static/app.3f9a0c11d2e45b67.css". The type follows the extension.
  std::string const& add(std::string const& name, std::string bytes);
  /// The URL of an asset that was added; a missing one is a bug (check()).
  std::string const& url(std::string_view name) const;
  /// Answer of the route GET /static/{name}: 200, 304 by If-None-Match, or 404.
  Response answer(Request const& request) const;

 private:
  struct Asset {
    std::string bytes, content_type, etag;
  };
  std::map<std::string, std::string, std::less<>> urls_;  // name -> URL
  std::map<std::string, Asset, std::less<>> by_hashed_name_;
};

}  // namespace qyzmet::http
