// The accounting of blanks of an office (R61-05): the balance by kind, what schools were given and
// until when their lists are due (R61-02, R61-04), receipts, acts on spoiled and destroyed blanks,
// and the forms by which the registrar or the head enters them.
#include <algorithm>

#include "services/casework/blank_lists.hpp"
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

/// What came back from a refused form.
struct Refused {
  std::string_view act;
  std::vector<Error> errors;
};

struct Accounting {
  std::optional<db::Office> office;
  std::vector<db::BlankSum> sums;
  std::vector<db::BlankReceipt> receipts;
  std::vector<db::BlankAct> acts;
  std::vector<casework::SchoolList> lists;
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
                                     {"given", std::to_string(sum.given)},
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

std::string numbers_text(db::BlankGiving const& giving) {
  auto const last = giving.first == giving.last ? "" : "–" + giving.last;
  return giving.series + " " + giving.first + last;
}

/// "issued 7, returned unissued 2, returned spoiled 1", or that the school has them.
std::string whereabouts(Context const& context, db::BlankGiving const& giving) {
  if (!giving.returned_on) return context.text("blanks.list.out");
  return context.text(
      "blanks.list.accounted",
      {{"issued", giving.issued}, {"unissued", giving.unissued}, {"spoiled", giving.spoiled}});
}

/// Until when the second copy is due, and why; when it has come back.
json::object second_copy(Context const& context, casework::SchoolList const& list,
                         Reader const& reader) {
  auto const& giving = list.giving;
  json::object out{{"label", context.text("blanks.second_copy")}};
  if (giving.returned_on)
    out["text"] =
        context.text("blanks.list.back",
                     {{"number", giving.list}, {"day", reader.long_date(*giving.returned_on)}});
  else if (list.due)
    out["text"] = context.text("blanks.list.due", {{"day", reader.long_date(*list.due)}});
  else
    out["text"] = context.text("blanks.list.not_told");
  if (list.overdue) out["tag"] = {{"text", context.text("blanks.list.overdue")}, {"tone", "bad"}};
  json::object term{{"n", giving.term.working_days}};
  if (giving.last_issue_on) term["day"] = reader.long_date(*giving.last_issue_on);
  out["note"] =
      context.text(giving.last_issue_on ? "blanks.list.term" : "blanks.list.term.open", term);
  out["cite"] = {{"text", context.text("blanks.paragraph", {{"n", giving.term.paragraph}})}};
  return out;
}

json::array lists_json(Context const& context, std::vector<casework::SchoolList> const& lists) {
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& list : lists) {
    auto const& giving = list.giving;
    auto row = row_json(context, {{"given_on", reader.long_date(giving.given_on)},
                                  {"school", giving.school},
                                  {"numbers", numbers_text(giving)},
                                  {"count", std::to_string(giving.given)}});
    auto& cells = row["cells"].as_array();
    cells[1].as_object()["note"] =
        context.text("blanks.list.request",
                     {{"number", giving.request}, {"day", reader.long_date(giving.requested_on)}});
    cells[3].as_object()["note"] = whereabouts(context, giving);
    cells.push_back(second_copy(context, list, reader));
    out.push_back(std::move(row));
  }
  return out;
}

/// The forms of one page: each calls its fields by a name of its own.
std::string input_of(std::string_view act, std::string_view field) {
  return std::string{act} + "_" + std::string{field};
}

json::array options_json(Context const& context, std::string_view name, std::string const& value,
                         std::vector<casework::SchoolList> const& lists) {
  json::array out;
  auto const add = [&](std::string const& option, std::string const& label) {
    out.push_back({{"value", option}, {"label", label}, {"selected", value == option}});
  };
  if (name == "kind")
    for (std::string_view const kind : casework::k_blank_kinds)
      add(std::string{kind}, kind_text(context, std::string{kind}));
  else
    for (auto const& [giving, due, overdue] : lists)
      if (!giving.returned_on)
        add(std::to_string(giving.id), giving.school + ": " + numbers_text(giving));
  return out;
}

std::size_t size_max_of(std::string_view name) {
  if (name == "school") return casework::k_school_size_max;
  bool const paper = name == "paper" || name == "request" || name == "list";
  return paper ? casework::k_paper_size_max : db::k_blank_digits_max;
}

json::object field_json(Context const& context, std::string_view act, std::string_view name,
                        std::vector<casework::SchoolList> const& lists,
                        std::vector<Error> const& errors) {
  auto const input = input_of(act, name);
  auto const value = context.field(input);
  auto const key = "blanks." + std::string{name};
  json::object out{{"name", input}, {"label", context.text(key)}, {"value", value}};
  if (name == "kind" || name == "giving") {
    out["kind"] = "select";
    out["options"] = options_json(context, name, value, lists);
  } else if (name.ends_with("_on")) {
    out["kind"] = "date";
    out["max"] = to_iso(context.world().clock.today());
    out["width"] = "short";
  } else if (name.ends_with("_numbers")) {
    out["kind"] = "textarea";
    out["rows"] = 2;
    out["maxlength"] = casework::k_numbers_size_max;
  } else {
    auto const size_max = size_max_of(name);
    out["kind"] = "text";
    out["width"] = size_max > db::k_blank_digits_max ? "medium" : "short";
    out["maxlength"] = size_max;
  }
  for (auto const& hint : {key + "." + std::string{act} + ".hint", key + ".hint"})
    if (reader_of(context, true).has(hint) && !out.contains("hint"))
      out["hint"] = context.text(hint);
  auto const error = std::ranges::find(errors, input, &Error::field);
  if (error != errors.end()) out["error"] = error_text(context, *error);
  return out;
}

/// While no school has blanks, nothing is asked about lists.
json::array forms_json(Context const& context, std::vector<casework::SchoolList> const& lists,
                       Refused const* refused) {
  bool const out_now = std::ranges::any_of(
      lists, [](casework::SchoolList const& list) { return !list.giving.returned_on; });
  json::array out;
  for (auto const& act : casework::blank_acts()) {
    bool const mine = refused != nullptr && refused->act == act.name;
    if (act.fields.front() == "giving" && !out_now && !mine) continue;
    json::array fields;
    for (auto const name : act.fields)
      fields.push_back(field_json(context, act.name, name, lists,
                                  mine ? refused->errors : std::vector<Error>{}));
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

json::object page_json(Context const& context, Accounting const& read, Refused const* refused) {
  auto const name =
      read.office ? office_json(*read.office, context.language).at("name") : json::value{""};
  return {
      {"subtitle", name},
      {"balance_columns", columns_json(context, {"kind", "received", "in_stock", "given", "written",
                                                 "issued", "spoiled", "destroyed"})},
      {"balance", balance_json(context, read.sums)},
      {"list_columns",
       columns_json(context, {"given_on", "school", "numbers", "count", "second_copy"})},
      {"lists", lists_json(context, read.lists)},
      {"receipt_columns",
       columns_json(context, {"day", "paper", "kind", "numbers", "received", "in_stock"})},
      {"receipts", receipts_json(context, read.receipts)},
      {"act_columns", columns_json(context, {"day", "paper", "kind", "what", "count"})},
      {"acts", acts_json(context, read.acts)},
      {"forms", forms_json(context, read.lists, refused)},
      {"crumbs", json::array{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                             {{"text", context.text("blanks.title")}}}}};
}

asio::awaitable<http::Response> blanks_page(Context& context, Refused const* refused) {
  auto const office = office_of(context.visitor);
  if (!office) co_return problem(context, 403);
  auto const calendar = context.world().library.calendar();
  auto const today = context.world().clock.today();
  auto const read =
      co_await context.world().database.run([id = *office, calendar, today](db::Connection& c) {
        return Accounting{.office = db::find_office(c, id),
                          .sums = db::blank_sums(c, id),
                          .receipts = db::blank_receipts(c, id, k_rows_max),
                          .acts = db::blank_acts(c, id, k_rows_max),
                          .lists = casework::school_lists(c, *calendar, id, today, k_rows_max)};
      });
  auto data = page_json(context, read, refused);
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
  auto const* act = casework::find_blank_act(context.parameter("act"));
  if (act == nullptr) co_return problem(context, 404);
  casework::BlankForm form{.office = *office,
                           .today = context.world().clock.today(),
                           .by = context.visitor.user,
                           .values = {}};
  for (auto const name : act->fields)
    form.values.emplace(name, context.field(input_of(act->name, name)));
  auto kept = co_await context.world().database.run(
      [act, form](db::Connection& connection) { return act->keep(connection, form); });
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
  for (auto const& act : casework::blank_acts())
    for (auto const name : act.fields) inputs.push_back(input_of(act.name, name));
  add_form(router, portal,
           {.pattern = path + "/{act}", .access = k_access, .fields = std::move(inputs)}, post_act);
}

}  // namespace qyzmet::portal
