#include "services/http/assets.hpp"

#include "engine/base/check.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::http {
namespace {

constexpr std::pair<std::string_view, std::string_view> k_types[] = {
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"}};

std::string_view type_of(std::string_view name) {
  for (auto const& [extension, type] : k_types)
    if (name.ends_with(extension)) return type;
  check(false, "an asset has a known type");
  return {};
}

}  // namespace

std::string const& Assets::add(std::string const& name, std::string bytes) {
  auto const hash = platform::sha256_hex(bytes).substr(0, 16);
  auto const dot = name.rfind('.');
  auto const hashed = name.substr(0, dot) + '.' + hash + name.substr(dot);
  auto const type = std::string{type_of(name)};
  auto const [entry, added] = urls_.emplace(name, std::string{k_prefix} + hashed);
  check(added, "an asset is added once");
  by_hashed_name_.emplace(hashed, Asset{std::move(bytes), type, '"' + hash + '"'});
  return entry->second;
}

std::string const& Assets::url(std::string_view name) const {
  auto const found = urls_.find(name);
  check(found != urls_.end(), "the asset exists");
  return found->second;
}

Response Assets::answer(Request const& request) const {
  auto const found = by_hashed_name_.find(request.parameters.find("name")->second);
  if (found == by_hashed_name_.end()) return error_response(404, request.id);
  auto const& asset = found->second;
  bool const known = request.headers.get("If-None-Match") == asset.etag;
  Response response{.status = known ? 304 : 200, .content_type = asset.content_type};
  if (!known) response.body = asset.bytes;
  response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
  response.headers.set("ETag", asset.etag);
  return response;
}

}  // namespace qyzmet::http
