// Definition packages for the administrator: which is in force when, how many cases stand under
// each, how one differs from another of its service. Nothing is changed here: `qyzmet package
// deploy` does, and proves a package first.
#include "db/people.hpp"
#include "services/api/admin.hpp"
#include "services/api/cases.hpp"
#include "services/api/routes.hpp"
#include "services/casework/packages.hpp"
#include "services/casework/process_picture.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/packages";

asio::awaitable<casework::Packages> read_packages(Call const& call) {
  auto out = co_await call.world().database.run(
      [](db::Connection& connection) { return casework::read_packages(connection); });
  co_return out;
}

std::string address_of(std::string const& sha256) {
  return "/api/v1" + std::string{k_path} + '/' + sha256;
}

json::object row_json(Call const& call, casework::Packages const& all, db::PackageRow const& row) {
  auto const package = call.world().library.package(row.sha256);
  auto const state = casework::package_state(row, package != nullptr && package->offered,
                                             call.world().clock.today());
  auto const use = all.use(row.sha256);
  json::object out{
      {"sha256", row.sha256},
      {"service", row.service},
      {"title", package == nullptr ? row.service : call.text("service.title", {}, package.get())},
      {"version", row.version},
      {"from", to_iso(row.from)},
      {"state", {{"code", state}, {"text", call.text("package.state." + std::string{state})}}},
      {"deployed", to_iso(row.deployed)},
      {"open_cases", use.open},
      {"ended_cases", use.ended}};
  if (row.until) out["until"] = to_iso(*row.until);
  return out;
}

asio::awaitable<http::Response> get_packages(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const all = co_await read_packages(call);
  co_return answer(page_json(*page, rows_of(*page, all.rows),
                             [&](auto const& row) { return row_json(call, all, row); }));
}

/// The one of the path, as the library has it.
struct Wanted {
  casework::Packages all;
  db::PackageRow row;
  std::shared_ptr<engine::Package const> package;
};

asio::awaitable<std::optional<Wanted>> find_package(Call const& call) {
  auto all = co_await read_packages(call);
  auto const* const row = all.find(call.parameter("sha256"));
  if (row == nullptr) co_return std::nullopt;
  auto package = call.world().library.package(row->sha256);
  if (package == nullptr) co_return std::nullopt;
  auto copy = *row;
  co_return Wanted{.all = std::move(all), .row = std::move(copy), .package = std::move(package)};
}

json::array files_json(engine::Package const& package) {
  json::array out;
  for (auto const& [name, bytes] : package.files)
    out.push_back({{"name", name}, {"bytes", bytes.size()}});
  return out;
}

asio::awaitable<http::Response> get_package(Call& call) {
  auto const found = co_await find_package(call);
  if (!found) co_return no_such_row(call);
  auto out = row_json(call, found->all, found->row);
  out["nodes"] = found->package->process.nodes.size();
  out["files"] = files_json(*found->package);
  out["picture"] = address_of(found->row.sha256) + "/picture";
  if (auto const* before = found->all.predecessor(found->row)) out["predecessor"] = before->sha256;
  if (found->row.by) {
    auto const user =
        co_await call.world().database.run([id = *found->row.by](db::Connection& connection) {
          return db::find_user(connection, id);
        });
    if (user) out["by"] = named_json(user->id.value, user->name);
  }
  co_return answer(out);
}

// --- Two side by side

std::string_view name_of(casework::PackageChange::Kind kind) {
  using enum casework::PackageChange::Kind;
  return kind == added           ? "added"
         : kind == removed       ? "removed"
         : kind == needs_mapping ? "needs_mapping"
                                 : "changed";
}

json::object change_json(Call const& call, casework::PackageChange const& change) {
  json::object out{{"kind", name_of(change.kind)},
                   {"what", change.what},
                   {"text", call.text("package.what." + std::string{change.what})},
                   {"name", change.name}};
  if (change.detail.empty()) return out;
  bool const waits = change.kind == casework::PackageChange::Kind::needs_mapping;
  out["detail"] = waits ? call.text("package.wait." + change.detail) : change.detail;
  return out;
}

asio::awaitable<http::Response> get_changes(Call& call) {
  auto const found = co_await find_package(call);
  if (!found) co_return no_such_row(call);
  auto const* const other = found->all.compared_with(found->row, call.query("with"));
  auto const before = other == nullptr ? nullptr : call.world().library.package(other->sha256);
  if (before == nullptr) co_return no_such_row(call);
  json::array items;
  for (auto const& change : casework::package_changes(*before, *found->package))
    items.push_back(change_json(call, change));
  co_return answer(
      {{"before", other->sha256}, {"after", found->row.sha256}, {"items", std::move(items)}});
}

asio::awaitable<http::Response> get_picture(Call& call) {
  auto const found = co_await find_package(call);
  if (!found) co_return no_such_row(call);
  auto picture = casework::process_picture(*found->package, {},
                                           words_of(call, *found->package, true), call.language);
  if (!picture) co_return problem(call, picture.error());
  picture->dress.stand_alone = true;
  co_return http::download(diagram::draw(picture->drawing, picture->marks, picture->dress),
                           "image/svg+xml", found->row.sha256 + ".svg");
}

}  // namespace

void add_admin_package_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = k_path, .access = k_admin, .handler = get_packages, .query = {"limit", "cursor"}});
  add(router, api, {.path = "/admin/packages/{sha256}", .access = k_admin, .handler = get_package});
  add(router, api,
      {.path = "/admin/packages/{sha256}/changes",
       .access = k_admin,
       .handler = get_changes,
       .query = {"with"}});
  add(router, api,
      {.path = "/admin/packages/{sha256}/picture",
       .access = k_admin,
       .handler = get_picture,
       .gives = "image/svg+xml"});
}

}  // namespace qyzmet::api
