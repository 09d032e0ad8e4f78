// For everybody: which services there are, what each asks and gives by its package, and where one
// can apply.
#include "db/legal_modes.hpp"
#include "db/people.hpp"
#include "services/api/forms.hpp"
#include "services/api/routes.hpp"
#include "services/casework/opening_text.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::object with_paragraph(Call const& call, json::object out, engine::Package const& package,
                            std::string_view cite) {
  if (auto paragraph = paragraph_json(call, package, cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  return out;
}

json::object summary_json(Call const& call, engine::Package const& package) {
  return {{"service", package.service},
          {"number", package.number},
          {"title", call.text("service.title", {}, &package)},
          {"summary", call.text("service.summary", {}, &package)},
          {"package", package.sha256}};
}

json::array terms_json(Call const& call, engine::Package const& package) {
  json::array out;
  for (auto const& [place, days] : package.term.days_by_place) {
    auto const cite = package.term.cite_by_place.find(place);
    out.push_back(with_paragraph(
        call, {{"place", place}, {"text", call.text("place." + place)}, {"working_days", days}},
        package, cite == package.term.cite_by_place.end() ? std::string_view{} : cite->second));
  }
  return out;
}

json::array subtypes_json(Call const& call, engine::Package const& package) {
  json::array out;
  for (auto const& subtype : package.subtypes) {
    json::array documents;
    for (auto const& document : subtype.documents)
      documents.push_back(document_json(call, package, document));
    out.push_back(with_paragraph(call,
                                 {{"code", subtype.code},
                                  {"id", subtype.id},
                                  {"text", call.text(subtype.text, {}, &package)},
                                  {"rule", subtype.rule},
                                  {"documents", std::move(documents)}},
                                 package, subtype.cite));
  }
  return out;
}

json::array grounds_json(Call const& call, engine::Package const& package) {
  json::array out;
  for (auto const& ground : package.grounds)
    out.push_back(with_paragraph(call,
                                 {{"code", ground.code},
                                  {"text", call.text(ground.text, {}, &package)},
                                  {"rule", ground.rule}},
                                 package, ground.cite));
  return out;
}

casework::Library::PackagePointer in_force(Call const& call) {
  return call.world().library.in_force(call.parameter("service"), call.world().clock.today());
}

http::Response no_service(Call const& call) {
  return problem(call, Error{.code = ErrorCode::not_found, .text = "error.service_not_found"});
}

/// The mode of the country for an application of now; the first of an installation has no act.
json::object mode_json(Call const& call, db::LegalMode const& mode) {
  json::object out{{"code", mode.mode}, {"text", call.text("mode.is." + mode.mode)}};
  if (mode.act_number.empty()) return out;
  out["since"] = to_iso(mode.from);
  out["act_number"] = mode.act_number;
  out["act_date"] = to_iso(mode.act_date);
  return out;
}

asio::awaitable<http::Response> get_services(Call& call) {
  json::array items;
  for (auto const& package : call.world().library.services(call.world().clock.today()))
    items.push_back(summary_json(call, *package));
  co_return answer({{"items", std::move(items)}});
}

asio::awaitable<http::Response> get_service(Call& call) {
  auto const package = in_force(call);
  if (!package) co_return no_service(call);
  auto out = summary_json(call, *package);
  out["terms"] = terms_json(call, *package);
  out["subtypes"] = subtypes_json(call, *package);
  out["grounds"] = grounds_json(call, *package);
  if (package->variables.contains("mode")) {
    auto const now = call.world().clock.now();
    auto const mode = co_await call.world().database.run(
        [now](db::Connection& connection) { return db::legal_mode_at(connection, now); });
    out["mode"] = mode_json(call, mode);
  }
  co_return answer(out);
}

/// Questions of the package; office, branch, contacts and consent are asked by every service.
asio::awaitable<http::Response> get_form(Call& call) {
  auto const package = in_force(call);
  if (!package) co_return no_service(call);
  auto const* form = package->application();
  json::object out{
      {"service", package->service},
      {"branch", package->variables.contains("branch.id")},
      {"address", package->asks_address},
      {"details",
       form == nullptr ? json::array{} : fields_json(call, {.package = *package, .form = *form})},
      {"subtypes", subtypes_json(call, *package)}};
  co_return answer(out);
}

template <class Unit>
std::string const& in_language(Call const& call, Unit const& unit, std::string Unit::* kk,
                               std::string Unit::* ru, std::string Unit::* en) {
  return unit.*(call.language == "ru" ? ru : call.language == "en" ? en : kk);
}

json::object office_json(Call const& call, db::Office const& office) {
  using db::Office;
  return {{"id", std::to_string(office.id.value)},
          {"code", office.code},
          {"name", office.name(call.language)},
          {"address", in_language(call, office, &Office::address_kk, &Office::address_ru,
                                  &Office::address_en)},
          {"phone", office.phone},
          {"place", office.place}};
}

json::object branch_json(Call const& call, db::Branch const& branch) {
  using db::Branch;
  auto const calendar = call.world().library.calendar();
  return {{"id", std::to_string(branch.id.value)},
          {"code", branch.code},
          {"name", in_language(call, branch, &Branch::name_kk, &Branch::name_ru, &Branch::name_en)},
          {"address", in_language(call, branch, &Branch::address_kk, &Branch::address_ru,
                                  &Branch::address_en)},
          {"hours", calendar ? casework::hours_text(*calendar, branch, call.world().clock.today(),
                                                    call.language)
                             : branch.hours},
          {"duty", branch.is_duty}};
}

asio::awaitable<http::Response> get_offices(Call& call) {
  auto const offices = co_await call.world().database.run(
      [](db::Connection& connection) { return db::offices(connection); });
  json::array items;
  for (auto const& office : offices)
    if (office.is_offered()) items.push_back(office_json(call, office));
  co_return answer({{"items", std::move(items)}});
}

asio::awaitable<http::Response> get_branches(Call& call) {
  auto const office = parse_number(call.parameter("office")).value_or(0);
  struct Found {
    bool known = false;
    std::vector<db::Branch> branches;
  };
  auto const found = co_await call.world().database.run([office](db::Connection& connection) {
    auto const row = db::find_office(connection, OfficeId{office});
    Found out{.known = row && row->is_offered(), .branches = {}};
    if (out.known) out.branches = db::branches(connection, OfficeId{office});
    return out;
  });
  if (!found.known)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.office_not_found"});
  json::array items;
  for (auto const& branch : found.branches)
    if (branch.active) items.push_back(branch_json(call, branch));
  co_return answer({{"items", std::move(items)}});
}

}  // namespace

void add_service_operations(http::Router& router, Api& api) {
  add(router, api, {.path = "/services", .access = "anyone", .handler = get_services});
  add(router, api, {.path = "/services/{service}", .access = "anyone", .handler = get_service});
  add(router, api, {.path = "/services/{service}/form", .access = "anyone", .handler = get_form});
  add(router, api, {.path = "/offices", .access = "anyone", .handler = get_offices});
  add(router, api,
      {.path = "/offices/{office}/branches", .access = "anyone", .handler = get_branches});
}

}  // namespace qyzmet::api
