// What an office has written down of registrations (R78-12, R78-45): the journal of conscripts of
// Annex 15 and the marks on the cards of Annex 5, each entry with the case that it comes from. An
// IIN is asked for in a form and stands in no address.
#include <algorithm>
#include <charconv>

#include "engine/terms.hpp"
#include "services/casework/enrolment.hpp"
#include "services/http/forms.hpp"
#include "services/portal/access.hpp"
#include "services/portal/page.hpp"
#include "services/portal/register_view.hpp"
#include "services/portal/routes.hpp"
#include "templates/dates.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/work/registers";
constexpr int k_rows_per_page = 50, k_iin_digits = 12;
constexpr std::string_view k_columns[] = {"day", "person", "entry", "other", "reason"};
constexpr db::PersonId k_nobody{0};

/// One of the two registers as people call it.
struct Register {
  std::string_view show, paper, cite;
};
constexpr Register k_registers[] = {{"journal", db::k_journal, "a15"}, {"cards", db::k_card, "a5"}};

/// What the visitor asks for, as it came.
struct Asked {
  Register of;
  casework::Period period;
  std::string iin;                     // typed into the form
  std::optional<db::PersonId> person;  // k_nobody: an IIN that stands in no entry
  std::optional<db::EntryCursor> after = {};

  bool narrowed() const { return !period.from.empty() || !period.until.empty() || person; }
};

Register const& register_of(std::string_view show) {
  auto const found = std::ranges::find(k_registers, show, &Register::show);
  return found == std::end(k_registers) ? k_registers[0] : *found;
}

std::optional<db::PersonId> person_of(std::string const& text) {
  if (text.empty()) return std::nullopt;
  std::int64_t id = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() ? db::PersonId{id} : k_nobody;
}

/// The same page for a GET.
std::string path_of(Asked const& asked, std::string_view after = {}) {
  auto out = std::string{k_path} + "?show=" + std::string{asked.of.show};
  auto const add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += "&" + std::string{name} + "=" + http::percent_encode(value);
  };
  add("from", asked.period.from);
  add("until", asked.period.until);
  if (asked.person) add("person", std::to_string(asked.person->value));
  add("after", after);
  return out;
}

json::array chips(Context const& context, Asked const& asked) {
  json::array out;
  for (auto const& each : k_registers) {
    auto other = asked;
    other.of = each;
    out.push_back({{"text", context.text("registers.show." + std::string{each.show})},
                   {"url", context.url(path_of(other))},
                   {"current", each.show == asked.of.show}});
  }
  return out;
}

json::array fields_json(Context const& context, Asked const& asked,
                        std::vector<Error> const& errors) {
  json::array out;
  auto const add = [&](std::string_view name, std::string_view kind, std::string const& value) {
    json::object field{{"kind", kind},
                       {"name", name},
                       {"label", context.text("registers.field." + std::string{name})},
                       {"value", value},
                       {"width", "medium"}};
    if (kind == "text") {
      field["inputmode"] = "numeric";
      field["autocomplete"] = "off";
      field["maxlength"] = k_iin_digits;
    }
    auto const error = std::ranges::find(errors, name, &Error::field);
    if (error != errors.end()) field["error"] = error_text(context, *error);
    out.push_back(std::move(field));
  };
  add("from", "date", asked.period.from);
  add("until", "date", asked.period.until);
  add("iin", "text", asked.iin);
  return out;
}

json::object row_json(Context const& context, casework::EntryPage const& page,
                      db::RegisterEntry const& entry) {
  auto const reader = reader_of(context, true);
  json::array cells;
  auto const add = [&](std::size_t column, std::string const& text) -> json::object& {
    cells.push_back({{"label", context.text("registers.column." + std::string{k_columns[column]})},
                     {"text", text}});
    return cells.back().as_object();
  };
  add(0, templates::format_moment(templates::DateForm::date, context.language,
                                  to_iso(entry.day)))["nowrap"] = true;
  auto& person = add(1, entry.name);
  person["strong"] = true;
  person["note"] = context.text("registers.iin", {{"iin", entry.iin}});
  add(2, entry_text(entry, reader));
  auto const other = entry_other(page, entry, reader);
  add(3, other.empty() ? "—" : other);
  if (entry.number.empty()) {
    add(4, entry_reason(entry, reader));
    return {{"cells", std::move(cells)}};
  }
  auto& of_case = add(4, "№ " + entry.number);
  if (entry.case_here) of_case["url"] = context.url("/work/cases/" + entry.number);
  of_case["note"] = entry_reason(entry, reader);
  return {{"cells", std::move(cells)}};
}

std::string empty_text(Context const& context, Asked const& asked) {
  if (asked.person) return context.text("registers.none.person");
  if (asked.narrowed()) return context.text("registers.none.period");
  return context.text("registers.none." + std::string{asked.of.show});
}

json::value cite_of(Context const& context, Register const& of) {
  auto const package =
      context.world().library.in_force(casework::k_register_service, context.world().clock.today());
  if (!package) return nullptr;
  return cite_json(*package, of.cite, reader_of(context, true));
}

json::object frame_json(Context const& context, Asked const& asked,
                        std::vector<Error> const& errors) {
  return {
      {"chips", chips(context, asked)},
      {"action", context.url(k_path)},
      {"show", asked.of.show},
      {"open", asked.narrowed() || !errors.empty()},
      {"fields", fields_json(context, asked, errors)},
      {"name", context.text("registers.name." + std::string{asked.of.show})},
      {"cite", cite_of(context, asked.of)},
      {"crumbs", json::array{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                             {{"text", context.text("registers.title")}}}}};
}

void add_rows(Context const& context, Asked const& asked, casework::EntryPage const& page,
              json::object& data) {
  json::array columns, rows;
  for (auto const name : k_columns)
    columns.push_back({{"text", context.text("registers.column." + std::string{name})}});
  for (auto const& entry : page.entries) rows.push_back(row_json(context, page, entry));
  data["shown"] = true;
  data["columns"] = std::move(columns);
  data["rows"] = std::move(rows);
  data["empty"] = empty_text(context, asked);
  if (asked.narrowed()) {
    Asked const all{.of = asked.of, .period = {}, .iin = {}, .person = {}};
    data["all"] = context.url(path_of(all));
  }
  if (asked.person && !page.entries.empty())
    data["person"] = context.text("registers.person", {{"name", page.entries.front().name},
                                                       {"iin", page.entries.front().iin}});
  if (asked.after) data["newer"] = context.url(path_of(asked));
  if (page.more)
    data["older"] = context.url(path_of(asked, casework::cursor_text(page.entries.back())));
}

asio::awaitable<http::Response> get_registers(Context& context) {
  auto const* const grant = office_grant(context.visitor);
  if (grant == nullptr) co_return problem(context, 403);
  Asked const asked{.of = register_of(context.query("show")),
                    .period = {.from = context.query("from"), .until = context.query("until")},
                    .iin = {},
                    .person = person_of(context.query("person")),
                    .after = casework::parse_entry_cursor(context.query("after"))};
  db::EntryFilter filter{.office = {},
                         .paper = std::string{asked.of.paper},
                         .from = {},
                         .until = {},
                         .person = asked.person,
                         .after = asked.after,
                         .limit = k_rows_per_page};
  auto const errors = casework::take_period(asked.period, filter);
  auto data = frame_json(context, asked, errors);
  if (!errors.empty()) co_return render_refused(context, "registers", std::move(data), errors);
  auto const page =
      co_await casework::entries_for_staff(context.world(), context.visitor, *grant, filter);
  add_rows(context, asked, page, data);
  co_return render(context, "registers", std::move(data));
}

/// The form becomes an address without an IIN.
asio::awaitable<http::Response> post_registers(Context& context) {
  auto const* const grant = office_grant(context.visitor);
  if (grant == nullptr) co_return problem(context, 403);
  Asked asked{.of = register_of(context.field("show")),
              .period = {.from = context.field("from"), .until = context.field("until")},
              .iin = context.field("iin"),
              .person = {}};
  db::EntryFilter filter{};
  auto errors = casework::take_period(asked.period, filter);
  if (!asked.iin.empty() && !engine::valid_iin(asked.iin))
    errors.push_back({.code = ErrorCode::invalid, .text = "error.field_iin", .field = "iin"});
  if (!errors.empty())
    co_return render_refused(context, "registers", frame_json(context, asked, errors), errors);
  if (!asked.iin.empty()) {
    auto const found = co_await context.world().database.run(
        [office = *grant->office, iin = asked.iin](db::Connection& connection) {
          return db::person_in_entries(connection, office, iin);
        });
    asked.person = found.value_or(k_nobody);
  }
  co_return go(context, path_of(asked));
}

}  // namespace

void add_registers_routes(http::Router& router, Portal& portal) {
  auto const path = "/{lang}" + std::string{k_path};
  add_page(router, portal, path, k_provider, get_registers);
  add_form(router, portal,
           {.pattern = path, .access = k_provider, .fields = {"show", "from", "until", "iin"}},
           post_registers);
}

}  // namespace qyzmet::portal
