// Pages for everybody: which services there are, and the passport of each, drawn from its package:
// what the law says there is what the engine does.
#include "services/http/responses.hpp"
#include "services/portal/mode_view.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::object with_cite(json::object out, engine::Package const& package, std::string_view cite,
                       Reader const& reader) {
  if (auto value = cite_json(package, cite, reader); !value.is_null())
    out["cite"] = std::move(value);
  return out;
}

json::array services_json(Context const& context) {
  auto const reader = reader_of(context);
  json::array out;
  for (auto const& package : context.world().library.services(context.world().clock.today()))
    out.push_back({{"number", package->number},
                   {"title", reader.text("service.title", {}, package.get())},
                   {"text", reader.text("service.summary", {}, package.get())},
                   {"url", context.url("/services/" + package->service)}});
  return out;
}

asio::awaitable<http::Response> to_first_language(http::Request&) {
  co_return http::redirect("/kk");
}

asio::awaitable<http::Response> get_services(Context& context) {
  co_return render(context, "services", {{"services", services_json(context)}});
}

json::array terms_json(engine::Package const& package, Reader const& reader) {
  json::array out;
  for (auto const& [place, days] : package.term.days_by_place) {
    auto const cite = package.term.cite_by_place.find(place);
    out.push_back(with_cite({{"label", reader.text("place." + place)},
                             {"value", reader.text("passport.days", {{"n", days}})}},
                            package, cite == package.term.cite_by_place.end() ? "" : cite->second,
                            reader));
  }
  for (auto const& extension : package.term.extensions)
    out.push_back(with_cite({{"label", reader.text("passport.extended")},
                             {"value", reader.text("passport.days", {{"n", extension.days}})}},
                            package, extension.cite, reader));
  return out;
}

/// Documents of one subtype: those that must be there, then the groups of which one is enough.
json::object documents_json(engine::Package const& package, engine::Subtype const& subtype,
                            Reader const& reader) {
  json::array needed, any;
  for (auto const& document : subtype.documents) {
    auto item = with_cite({{"text", reader.text(document.text, {}, &package)}}, package,
                          document.cite, reader);
    if (document.group.empty())
      needed.push_back(std::move(item));
    else
      any.push_back(std::move(item));
  }
  return {{"needed", std::move(needed)}, {"any", std::move(any)}};
}

json::array subtypes_json(engine::Package const& package, Reader const& reader) {
  json::array out;
  for (auto const& subtype : package.subtypes) {
    auto item = documents_json(package, subtype, reader);
    item["title"] = reader.text(subtype.text, {}, &package);
    item["plain"] = reader.text(subtype.text + ".plain", {}, &package);
    item["id"] = subtype.id;
    item["old_id"] = subtype.old_id;
    out.push_back(with_cite(std::move(item), package, subtype.cite, reader));
  }
  return out;
}

json::array rows_json(engine::Package const& package, Reader const& reader) {
  json::array out;
  for (auto const& row : package.passport)
    out.push_back(with_cite({{"label", reader.text("passport.row." + row.code)},
                             {"value", reader.text(row.text, {}, &package)}},
                            package, row.cite, reader));
  return out;
}

json::array grounds_json(engine::Package const& package, Reader const& reader) {
  json::array out;
  for (auto const& ground : package.grounds)
    out.push_back(with_cite({{"text", reader.text(ground.text, {}, &package)}}, package,
                            ground.cite, reader));
  return out;
}

asio::awaitable<http::Response> get_passport(Context& context) {
  auto const package =
      context.world().library.in_force(context.parameter("service"), context.world().clock.today());
  if (!package) co_return problem(context, 404);
  auto const reader = reader_of(context);
  auto const title = reader.text("service.title", {}, package.get());
  auto mode = co_await mode_notice(context, *package);
  json::object data{
      {"title", title},
      {"number", package->number},
      {"service", package->service},
      {"start", context.url("/apply/" + package->service)},
      {"rows", rows_json(*package, reader)},
      {"terms", terms_json(*package, reader)},
      {"subtypes", subtypes_json(*package, reader)},
      {"grounds", grounds_json(*package, reader)},
      {"mode", std::move(mode)},
      {"crumbs",
       {{{"text", context.text("nav.services")}, {"url", context.url("")}}, {{"text", title}}}}};
  co_return render(context, "passport", std::move(data), 200, package.get());
}

}  // namespace

void add_public_routes(http::Router& router, Portal& portal) {
  router.add({.method = http::Method::get,
              .pattern = "/",
              .access = "",
              .body = http::Body::none,
              .handler = to_first_language});
  add_page(router, portal, "/{lang}", "anyone", get_services);
  add_page(router, portal, "/{lang}/services/{service}", "anyone", get_passport);
}

}  // namespace qyzmet::portal
