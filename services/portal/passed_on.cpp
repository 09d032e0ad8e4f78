// What an office has passed on to the competent one (R-GEN-20): number, days, its own term. The
// case itself is the other office's, so nothing here leads to it and nobody's name is told.
#include <map>

#include "db/case_parts.hpp"
#include "services/portal/access.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/work/passed";
constexpr int k_rows_per_page = 50;
constexpr std::string_view k_columns[] = {"number", "accepted", "due", "on", "to", "how"};

struct Passed {
  std::vector<db::CasePart> parts;
  std::map<OfficeId, db::Office> offices;  // where they went, and this one
};

asio::awaitable<Passed> read(Context& context, OfficeId office, int page) {
  auto out = co_await context.world().database.run([office, page](db::Connection& connection) {
    // One more than is shown tells whether there is a next page.
    Passed passed{.parts = db::parts_of_office(connection, office, (page - 1) * k_rows_per_page,
                                               k_rows_per_page + 1),
                  .offices = {}};
    auto const name = [&](OfficeId id) {
      if (passed.offices.contains(id)) return;
      if (auto found = db::find_office(connection, id)) passed.offices[id] = *std::move(found);
    };
    name(office);
    for (auto const& part : passed.parts) name(part.passed_to);
    return passed;
  });
  co_return out;
}

json::object row_json(Context const& context, db::CasePart const& part, db::Office const& to) {
  auto const reader = reader_of(context, true);
  std::string const values[] = {part.number,
                                reader.long_date(part.accepted),
                                reader.long_date(part.due),
                                reader.long_date(part.passed_on),
                                to.name(context.language),
                                context.text(part.late ? "passed.late" : "passed.in_time")};
  json::array cells;
  for (std::size_t i = 0; i < std::size(k_columns); ++i)
    cells.push_back(
        {{"label", context.text("passed." + std::string{k_columns[i]})}, {"text", values[i]}});
  cells.front().as_object()["nowrap"] = true;
  return {{"cells", std::move(cells)}};
}

asio::awaitable<http::Response> get_passed(Context& context) {
  auto const* const grant = office_grant(context.visitor);
  if (grant == nullptr) co_return problem(context, 403);
  auto const office = *grant->office;
  int const page = page_number(context);
  auto passed = co_await read(context, office, page);
  bool const more = passed.parts.size() > static_cast<std::size_t>(k_rows_per_page);
  if (more) passed.parts.pop_back();
  json::array columns, rows;
  for (auto const name : k_columns)
    columns.push_back({{"text", context.text("passed." + std::string{name})}});
  for (auto const& part : passed.parts)
    rows.push_back(row_json(context, part, passed.offices[part.passed_to]));
  json::object data{
      {"subtitle", passed.offices[office].name(context.language)},
      {"columns", std::move(columns)},
      {"rows", std::move(rows)},
      {"crumbs", json::array{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                             {{"text", context.text("passed.title")}}}}};
  auto const path = std::string{k_path} + "?page=";
  if (page > 1) data["newer"] = context.url(path + std::to_string(page - 1));
  if (more) data["older"] = context.url(path + std::to_string(page + 1));
  co_return render(context, "passed_on", std::move(data));
}

}  // namespace

void add_passed_on_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}" + std::string{k_path}, k_provider, get_passed);
}

}  // namespace qyzmet::portal
