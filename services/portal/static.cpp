// Styles, scripts and fonts out of the binary. Pages name them with the hash of all files in the
// query, so that a browser may keep them for a year.
#include "services/http/responses.hpp"
#include "services/portal/routes.hpp"
#include "templates/assets.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

namespace {

http::Response answer(http::Request const& request, std::string const& name) {
  auto const* asset = templates::find_asset(name);
  if (asset == nullptr) return http::error_response(404, request.id);
  auto const tag = '"' + asset->etag + '"';
  bool const known = request.headers.get("If-None-Match") == tag;
  http::Response response{.status = known ? 304 : 200,
                          .headers = {},
                          .body = known ? std::string{} : std::string{asset->bytes},
                          .content_type = std::string{asset->content_type}};
  auto const version = request.query.find("v");
  bool const versioned =
      version != request.query.end() && version->second == templates::assets_version();
  response.headers.set("Cache-Control",
                       versioned ? "public, max-age=31536000, immutable" : "public, max-age=3600");
  response.headers.set("ETag", tag);
  return response;
}

asio::awaitable<http::Response> file(http::Request& request) {
  co_return answer(request, request.parameters.at("name"));
}

asio::awaitable<http::Response> font(http::Request& request) {
  co_return answer(request, "fonts/" + request.parameters.at("name"));
}

}  // namespace

void add_static_routes(http::Router& router) {
  router.add({.method = http::Method::get,
              .pattern = "/static/{name}",
              .access = "",
              .body = http::Body::none,
              .handler = file});
  router.add({.method = http::Method::get,
              .pattern = "/static/fonts/{name}",
              .access = "",
              .body = http::Body::none,
              .handler = font});
}

}  // namespace qyzmet::portal
