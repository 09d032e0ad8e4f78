// The transparency log for everybody (c2sp.org/tlog-tiles): /checkpoint, and below /tile/ the
// hashes of the tree and the entries, which are salted hashes and tell nothing of anybody. Full
// tiles may be kept for ever.
#include "db/ledger.hpp"
#include "services/http/responses.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"
#include "signing/ledger/tiles.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

namespace {

constexpr int k_tile_segments_max = 6;  // x001/x002/x003/004.p/5
constexpr std::size_t k_hash_bytes = 32;

asio::awaitable<http::Response> get_checkpoint(Context& context) {
  auto const head = co_await context.world().database.run(
      [](db::Connection& connection) { return db::log_head(connection); });
  if (head.size == 0) co_return http::error_response(404, context.request.id);
  http::Response response{
      .status = 200, .headers = {}, .body = head.note, .content_type = "text/plain; charset=utf-8"};
  response.headers.set("Cache-Control", "no-cache");
  co_return response;
}

/// Each entry with its length before it; "" when there are not so many.
std::string read_entries(db::Connection& connection, ledger::TilePath const& path) {
  auto const first = std::int64_t(path.id.index * ledger::k_tile_width);
  std::string out;
  auto const entries = db::log_entries(connection, first, first + std::int64_t(path.width));
  if (entries.size() != path.width) return {};
  for (auto const& entry : entries) {
    out += static_cast<char>(entry.size() >> 8);
    out += static_cast<char>(entry.size());
    out += entry;
  }
  return out;
}

std::string read_tile(db::Connection& connection, ledger::TilePath const& path) {
  if (path.entries) return read_entries(connection, path);
  auto tiles = db::log_tiles(connection, {{int(path.id.level), std::int64_t(path.id.index)}});
  if (tiles.empty()) return {};
  auto& hashes = tiles.begin()->second;
  if (hashes.size() < path.width * k_hash_bytes) return {};
  hashes.resize(path.width * k_hash_bytes);
  return std::move(hashes);
}

asio::awaitable<http::Response> get_tile(Context& context) {
  constexpr std::string_view k_prefix = "/tile/";
  auto const path =
      ledger::parse_tile_path(std::string_view{context.request.path}.substr(k_prefix.size()));
  if (!path) co_return http::error_response(404, context.request.id);
  auto bytes = co_await context.world().database.run(
      [path = *path](db::Connection& connection) { return read_tile(connection, path); });
  if (bytes.empty()) co_return http::error_response(404, context.request.id);
  http::Response response{.status = 200,
                          .headers = {},
                          .body = std::move(bytes),
                          .content_type = "application/octet-stream"};
  response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
  co_return response;
}

}  // namespace

void add_log_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/checkpoint", "anyone", get_checkpoint);
  std::string pattern = "/tile/{level}";
  for (int i = 0; i < k_tile_segments_max; ++i) {
    pattern += "/{n" + std::to_string(i) + "}";
    add_page(router, portal, pattern, "anyone", get_tile);
  }
}

}  // namespace qyzmet::portal
