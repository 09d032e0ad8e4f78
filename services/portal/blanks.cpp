// The accounting of blanks of an office (R61-05): the balance by kind, receipts, acts on spoiled
// and destroyed blanks, and the forms by which the registrar or the head enters them.
#include <algorithm>
#include <map>

#include "services/casework/blanks.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_access = "registrar head";
constexpr std::string_view k_path = "/blanks";
constexpr int k_rows_max = 100;

using Keep = casework::Kept<int> (*)(db::Connection&, casework::BlankEntry const&);
/// A form of the page: what it enters and asks for.
struct Act {
  std::string_view name;
  std::vector<std::string> fields;
  Keep keep;
};
std::vector<Act> const& acts() {
  static std::vector<Act> const all{
      {"receive", {"kind", "series", "first", "last", "paper"}, casework::receive_blanks},
      {"spoil", {"kind", "series", "number", "paper"}, casework::spoil_blank},
      {"destroy", {"kind", "paper"}, casework::destroy_blanks}};
  return all;
}

/// What came back from a refused form.
struct Refused {
  std::string_view act;
  std::vector<Error> errors;
};

/// The office at whose desk the visitor keeps the accounting.
std::optional<OfficeId> office_of(Visitor const& visitor) {
  auto const keeps = [](db::Grant const& grant) {
    return grant.office && (grant.role == "registrar" || grant.role == "head");
  };
  if (visitor.desk && keeps(*visitor.desk)) return visitor.desk->office;
  auto const found = std::ranges::find_if(visitor.grants, keeps);
  return found == visitor.grants.end() ? std::nullopt : found->office;
}

json::array columns_json(Context const& context, std::vector<std::string_view> const& names) {
  json::array out;
  for (auto const name : names)
    out.push_back({{"text", context.text("blanks." + std::string{name})}});
  return out;
}

json::object row_json(Context const& context,
                      std::vector<std::pair<std::string_view, std::string>> const& values) {
  json::array cells;
  for (auto const& [name, value] : values)
    cells.push_back({{"label", context.text("blanks." + std::string{name})}, {"text", value}});
  return {{"cells", std::move(cells)}};
}

std::string kind_text(Context const& context, std::string const& kind) {
  return context.text("blanks.kind." + kind);
}

json::array balance_json(Context const& context, std::vector<db::BlankSum> const& sums) {
  json::array out;
  for (auto const& sum : sums)
    out.push_back(row_json(context, {{"kind", kind_text(context, sum.kind)},
                                     {"received", std::to_string(sum.received)},
                                     {"in_stock", std::to_string(sum.in_stock)},
                                     {"written", std::to_string(sum.written)},
                                     {"issued", std::to_string(sum.issued)},
                                     {"spoiled", std::to_string(sum.spoiled)},
                                     {"destroyed", std::to_string(sum.destroyed)}}));
  return out;
}

json::array receipts_json(Context const& context, std::vector<db::BlankReceipt> const& receipts) {
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& each : receipts)
    out.push_back(row_json(context, {{"day", reader.long_date(each.received_on)},
                                     {"paper", each.paper},
                                     {"kind", kind_text(context, each.kind)},
                                     {"numbers", each.series + " " + each.first + "–" + each.last},
                                     {"received", std::to_string(each.received)},
                                     {"in_stock", std::to_string(each.in_stock)}}));
  return out;
}

json::array acts_json(Context const& context, std::vector<db::BlankAct> const& rows) {
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& each : rows)
    out.push_back(row_json(context, {{"day", reader.long_date(each.day)},
                                     {"paper", each.paper},
                                     {"kind", kind_text(context, each.kind)},
                                     {"what", context.text("blanks." + each.state)},
                                     {"count", std::to_string(each.count)}}));
  return out;
}

/// Three forms of one page: each calls its fields by a name of its own.
std::string input_of(std::string_view act, std::string_view field) {
  return std::string{act} + "_" + std::string{field};
}

json::object field_json(Context const& context, std::string_view act, std::string const& name,
                        std::vector<Error> const& errors) {
  auto const input = input_of(act, name);
  auto const value = context.field(input);
  json::object out{{"kind", name == "kind" ? "select" : "text"},
                   {"name", input},
                   {"label", context.text("blanks." + name)},
                   {"value", value}};
  if (name == "kind") {
    json::array options;
    for (auto const kind : casework::k_blank_kinds)
      options.push_back({{"value", kind},
                         {"label", kind_text(context, std::string{kind})},
                         {"selected", value == kind}});
    out["options"] = std::move(options);
  } else {
    out["width"] = name == "paper" ? "medium" : "short";
    out["maxlength"] = name == "paper" ? casework::k_paper_size_max : db::k_blank_digits_max;
  }
  auto const error = std::ranges::find(errors, input, &Error::field);
  if (error != errors.end()) out["error"] = error_text(context, *error);
  return out;
}

json::array forms_json(Context const& context, Refused const* refused) {
  json::array out;
  for (auto const& act : acts()) {
    bool const mine = refused != nullptr && refused->act == act.name;
    json::array fields;
    for (auto const& name : act.fields)
      fields.push_back(
          field_json(context, act.name, name, mine ? refused->errors : std::vector<Error>{}));
    auto const key = "blanks." + std::string{act.name};
    out.push_back({{"action", context.url(std::string{k_path} + "/" + std::string{act.name})},
                   {"title", context.text(key)},
                   {"text", context.text(key + ".text")},
                   {"button", context.text(key + ".action")},
                   {"open", mine},
                   {"fields", std::move(fields)}});
  }
  return out;
}

asio::awaitable<http::Response> blanks_page(Context& context, Refused const* refused) {
  auto const office = office_of(context.visitor);
  if (!office) co_return problem(context, 403);
  struct Accounting {
    std::optional<db::Office> office;
    std::vector<db::BlankSum> sums;
    std::vector<db::BlankReceipt> receipts;
    std::vector<db::BlankAct> acts;
  };
  auto const read = co_await context.world().database.run([id = *office](db::Connection& c) {
    return Accounting{.office = db::find_office(c, id),
                      .sums = db::blank_sums(c, id),
                      .receipts = db::blank_receipts(c, id, k_rows_max),
                      .acts = db::blank_acts(c, id, k_rows_max)};
  });
  auto const name =
      read.office ? office_json(*read.office, context.language).at("name") : json::value{""};
  json::object data{
      {"subtitle", name},
      {"balance_columns", columns_json(context, {"kind", "received", "in_stock", "written",
                                                 "issued", "spoiled", "destroyed"})},
      {"balance", balance_json(context, read.sums)},
      {"receipt_columns",
       columns_json(context, {"day", "paper", "kind", "numbers", "received", "in_stock"})},
      {"receipts", receipts_json(context, read.receipts)},
      {"act_columns", columns_json(context, {"day", "paper", "kind", "what", "count"})},
      {"acts", acts_json(context, read.acts)},
      {"forms", forms_json(context, refused)},
      {"crumbs", json::array{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                             {{"text", context.text("blanks.title")}}}}};
  if (refused == nullptr) co_return render(context, "blanks", std::move(data));
  co_return render_refused(context, "blanks", std::move(data), refused->errors);
}

asio::awaitable<http::Response> get_blanks(Context& context) {
  auto page = co_await blanks_page(context, nullptr);
  co_return page;
}

asio::awaitable<http::Response> post_act(Context& context) {
  auto const office = office_of(context.visitor);
  if (!office) co_return problem(context, 403);
  auto const act = std::ranges::find(acts(), context.parameter("act"), &Act::name);
  if (act == acts().end()) co_return problem(context, 404);
  auto const typed = [&](std::string_view name) {
    return context.field(input_of(act->name, name));
  };
  casework::BlankEntry const entry{
      .office = *office,
      .blank = {.kind = typed("kind"), .series = typed("series"), .number = typed("number")},
      .first = typed("first"),
      .last = typed("last"),
      .paper = typed("paper"),
      .day = context.world().clock.today(),
      .by = context.visitor.user};
  auto kept = co_await context.world().database.run(
      [keep = act->keep, entry](db::Connection& connection) { return keep(connection, entry); });
  if (kept) co_return go(context, std::string{k_path}, "saved");
  for (auto& error : kept.error()) error.field = input_of(act->name, error.field);
  Refused const refused{.act = act->name, .errors = std::move(kept.error())};
  auto page = co_await blanks_page(context, &refused);
  co_return page;
}

}  // namespace

void add_blank_routes(http::Router& router, Portal& portal) {
  std::string const path = "/{lang}/blanks";
  add_page(router, portal, path, k_access, get_blanks);
  std::vector<std::string> inputs;
  for (auto const& act : acts())
    for (auto const& name : act.fields) inputs.push_back(input_of(act.name, name));
  add_form(router, portal,
           {.pattern = path + "/{act}", .access = k_access, .fields = std::move(inputs)}, post_act);
}

}  // namespace qyzmet::portal
