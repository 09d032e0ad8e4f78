// Definition packages for the administrator: which is in force when and how many cases stand under
// it; one of them with the picture of its process and how it differs from another one of its
// service. They are deployed by `qyzmet package deploy`, which proves them first; nothing is
// changed here.
#include "db/people.hpp"
#include "services/casework/packages.hpp"
#include "services/casework/process_picture.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/routes.hpp"
#include "templates/dates.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/packages";
constexpr std::size_t k_hash_shown = 12;

using casework::Packages;

std::string hash_shown(std::string const& sha256) {
  return sha256.substr(0, k_hash_shown);
}

asio::awaitable<Packages> read_packages(Context& context) {
  auto out = co_await context.world().database.run(
      [](db::Connection& connection) { return casework::read_packages(connection); });
  co_return out;
}

std::string days_text(Context const& context, db::PackageRow const& row) {
  auto const date = [&](Date day) {
    return templates::format_moment(templates::DateForm::date, context.language, to_iso(day));
  };
  if (!row.until) return context.text("package.from", {{"day", date(row.from)}});
  return context.text("package.from_to", {{"day", date(row.from)}, {"last", date(*row.until)}});
}

/// Whether applications of today come under it.
json::object state_json(Context const& context, db::PackageRow const& row, bool offered) {
  auto const state = casework::package_state(row, offered, context.world().clock.today());
  return {{"text", context.text("package.state." + std::string{state})},
          {"tone", state == "in_force" ? "ok"
                   : state == "ahead"  ? "sky"
                                       : "plain"}};
}

std::string title_of(Context const& context, db::PackageRow const& row,
                     engine::Package const* package) {
  return package == nullptr ? row.service : context.text("service.title", {}, package);
}

json::object row_json(Context const& context, db::PackageRow const& row,
                      db::PackageUse const& use) {
  auto const package = context.world().library.package(row.sha256);
  auto const cell = [&](char const* column, std::string text) {
    return json::object{{"label", context.text("package." + std::string{column})},
                        {"text", std::move(text)}};
  };
  auto service = cell("service", title_of(context, row, package.get()));
  service["url"] = context.url(std::string{k_path} + "/" + row.sha256);
  service["note"] = row.version + " · " + hash_shown(row.sha256);
  auto days = cell("days", days_text(context, row));
  days["tag"] = state_json(context, row, package != nullptr && package->offered);
  return {{"cells",
           json::array{std::move(service), std::move(days), cell("open", std::to_string(use.open)),
                       cell("ended", std::to_string(use.ended))}}};
}

asio::awaitable<http::Response> get_packages(Context& context) {
  auto const all = co_await read_packages(context);
  json::array columns, rows;
  for (auto const* column : {"service", "days", "open", "ended"})
    columns.push_back({{"text", context.text("package." + std::string{column})}});
  for (auto const& row : all.rows) rows.push_back(row_json(context, row, all.use(row.sha256)));
  co_return render(
      context, "admin_packages",
      {{"table", json::object{{"columns", std::move(columns)}, {"rows", std::move(rows)}}},
       {"tabs", admin_tabs(context, k_path)},
       {"crumbs",
        json::array{{{"text", context.text("admin.title")}, {"url", context.url("/admin")}},
                    {{"text", context.text("package.title")}}}}});
}

/// A number of working days, or why a running case cannot stay where it is.
std::string detail_text(Context const& context, casework::PackageChange const& change) {
  if (change.kind == casework::PackageChange::Kind::needs_mapping)
    return context.text("package.wait." + change.detail);
  return change.detail;
}

json::array changes_json(Context const& context, engine::Package const& before,
                         engine::Package const& after) {
  using enum casework::PackageChange::Kind;
  json::array out;
  for (auto const& change : casework::package_changes(before, after)) {
    auto const* const kind = change.kind == added           ? "added"
                             : change.kind == removed       ? "removed"
                             : change.kind == needs_mapping ? "needs_mapping"
                                                            : "changed";
    out.push_back({{"kind", context.text("package.change." + std::string{kind})},
                   {"what", context.text("package.what." + std::string{change.what})},
                   {"name", change.name},
                   {"detail", detail_text(context, change)}});
  }
  return out;
}

/// The others of its service, each with the address of the comparison.
json::array others_json(Context const& context, Packages const& all, db::PackageRow const& of,
                        db::PackageRow const* compared) {
  json::array out;
  for (auto const& row : all.rows)
    if (row.service == of.service && row.sha256 != of.sha256)
      out.push_back(
          {{"version", row.version},
           {"hash", hash_shown(row.sha256)},
           {"current", &row == compared},
           {"url", context.url(std::string{k_path} + "/" + of.sha256 + "?with=" + row.sha256)}});
  return out;
}

asio::awaitable<std::string> deployed_by(Context& context, db::PackageRow const& row) {
  auto by = context.text("package.by_program");
  if (row.by) {
    auto const user = co_await context.world().database.run(
        [id = *row.by](db::Connection& connection) { return db::find_user(connection, id); });
    if (user) by = user->name;
  }
  co_return by;
}

json::array files_json(engine::Package const& package) {
  json::array out;
  for (auto const& [name, bytes] : package.files)
    out.push_back({{"name", name}, {"bytes", bytes.size()}});
  return out;
}

json::object package_json(Context const& context, Packages const& all, db::PackageRow const& row,
                          engine::Package const& package) {
  auto const title = title_of(context, row, &package);
  auto const use = all.use(row.sha256);
  json::object out{
      {"service", title},
      {"version", row.version},
      {"sha256", row.sha256},
      {"days", days_text(context, row)},
      {"state", state_json(context, row, package.offered)},
      {"deployed", to_iso(row.deployed)},
      {"open", use.open},
      {"ended", use.ended},
      {"nodes", package.process.nodes.size()},
      {"files", files_json(package)},
      {"tabs", admin_tabs(context, k_path)},
      {"crumbs",
       json::array{{{"text", context.text("admin.title")}, {"url", context.url("/admin")}},
                   {{"text", context.text("package.title")}, {"url", context.url(k_path)}},
                   {{"text", title}}}}};
  auto const* const other = all.compared_with(row, context.query("with"));
  out["others"] = others_json(context, all, row, other);
  if (other == nullptr) return out;
  if (auto const before = context.world().library.package(other->sha256)) {
    out["before"] = other->version;
    out["before_hash"] = hash_shown(other->sha256);
    out["changes"] = changes_json(context, *before, package);
  }
  return out;
}

asio::awaitable<http::Response> get_package(Context& context) {
  auto const all = co_await read_packages(context);
  auto const* const row = all.find(context.parameter("sha256"));
  if (row == nullptr) co_return problem(context, 404);
  bool const unknown =
      !context.query("with").empty() && all.compared_with(*row, context.query("with")) == nullptr;
  auto const package = context.world().library.package(row->sha256);
  if (unknown || package == nullptr) co_return problem(context, 404);
  auto const picture = casework::process_picture(
      *package, {}, words_of(reader_of(context), *package), context.language);
  if (!picture) co_return problem(context, picture.error());
  templates::Drawing const drawing{diagram::draw(picture->drawing, {}, picture->dress)};
  auto data = package_json(context, all, *row, *package);
  auto const by = co_await deployed_by(context, *row);
  data["by"] = by;
  co_return render(context, "admin_package", std::move(data), 200, package.get(), &drawing);
}

}  // namespace

void add_admin_package_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, std::string{"/{lang}"} + std::string{k_path}, "admin", get_packages);
  add_page(router, portal, "/{lang}/admin/packages/{sha256}", "admin", get_package);
}

}  // namespace qyzmet::portal
