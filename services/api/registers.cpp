// What the registers hold of a person: registrations and the facts of the military record. Persons
// read their own, officials of an office those of the applicant of a case, and what their office
// has written into its journal and on its cards.
#include <algorithm>

#include "db/documents.hpp"
#include "db/registers.hpp"
#include "services/api/cases.hpp"
#include "services/api/routes.hpp"
#include "services/casework/enrolment.hpp"
#include "services/casework/files.hpp"
#include "services/casework/register_entries.hpp"
#include "services/casework/standing.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

struct Book {
  std::vector<db::Registration> registrations;
  std::vector<db::RecordFact> facts, today;
  std::vector<db::MilitaryId> ids;
  std::map<std::int64_t, db::Office> offices;
  std::string iin;
  casework::EntryPage entries;
};

Book read_book(db::Connection& connection, db::PersonId person, Date today) {
  Book out{.registrations = db::registrations(connection, person),
           .facts = db::whole_record(connection, person),
           .today = db::record_on(connection, person, today),
           .ids = db::military_ids(connection, person),
           .offices = {},
           .iin = {},
           .entries = casework::entries_of(connection, person)};
  for (auto const& entry : out.registrations)
    if (auto office = db::find_office(connection, entry.office))
      out.offices.emplace(entry.office.value, std::move(*office));
  if (auto const known = db::find_person(connection, person)) out.iin = known->iin;
  return out;
}

json::object registration_json(Call const& call, Book const& book, db::Registration const& entry) {
  json::object out{{"id", std::to_string(entry.id.value)},
                   {"kind", entry.kind},
                   {"basis", entry.basis},
                   {"taken_on", to_iso(entry.taken_on)},
                   {"active", !entry.removed_on.has_value()}};
  if (!entry.category.empty()) out["category"] = entry.category;
  if (entry.removed_on) out["removed_on"] = to_iso(*entry.removed_on);
  if (!entry.number.empty()) out["number"] = entry.number;
  if (auto const at = book.offices.find(entry.office.value); at != book.offices.end())
    out["office"] = {{"id", std::to_string(at->first)}, {"name", at->second.name(call.language)}};
  if (!call.caller().desk && entry.basis == "move")
    out["notice"] = "/api/v1/record/registrations/" + std::to_string(entry.id.value) + "/notice";
  return out;
}

json::object fact_json(Call const& call, db::RecordFact const& fact) {
  json::object out{{"fact", fact.fact}, {"value", fact.value}, {"from", to_iso(fact.from)}};
  if (auto const key = "record.value." + fact.fact + "." + fact.value; call.has(key))
    out["text"] = call.text(key);
  if (fact.until) out["until"] = to_iso(*fact.until);
  if (!fact.number.empty()) out["number"] = fact.number;
  return out;
}

json::object id_json(Call const& call, db::MilitaryId const& id) {
  auto const status = std::string{to_text(id.status)};
  json::object out{{"series", id.series},
                   {"number", id.number},
                   {"status", status},
                   {"text", call.text("ids.status." + status)},
                   {"issued", to_iso(id.issued)}};
  if (!id.number_of_case.empty()) out["case"] = id.number_of_case;
  if (id.closed) out["closed"] = to_iso(*id.closed);
  if (!id.number_of_closing.empty()) out["closed_by"] = id.number_of_closing;
  return out;
}

/// What the decision tables say of the person today, each with its paragraph.
json::object standing_json(Call const& call, Book const& book, Date today) {
  auto const package = call.world().library.in_force("registration", today);
  auto const calendar = call.world().library.calendar();
  if (!package || !calendar) return {};
  bool const registered = std::ranges::any_of(
      book.registrations, [](db::Registration const& entry) { return !entry.removed_on; });
  auto const standing = casework::standing_on(*package, *calendar, book.iin, today,
                                              casework::known_of(registered, book.today));
  json::object out;
  auto const add = [&](std::string const& name, std::optional<casework::Said> const& said) {
    if (!said) return;
    json::object item{{"value", said->value},
                      {"text", call.text("standing." + name + "." + said->value)}};
    if (auto paragraph = paragraph_json(call, *package, said->cite); !paragraph.is_null())
      item["paragraph"] = std::move(paragraph);
    out[name] = std::move(item);
  };
  add("subject", standing.subject);
  add("category", standing.category);
  if (standing.category_until) out["category_until"] = to_iso(*standing.category_until);
  return out;
}

json::object office_json(Call const& call, casework::EntryPage const& page, OfficeId id) {
  auto const office = page.offices.find(id);
  return {
      {"id", std::to_string(id.value)},
      {"name", office == page.offices.end() ? std::string{} : office->second.name(call.language)}};
}

/// `cite`: of the register that holds it, null when the package in force names none.
json::object entry_json(Call const& call, casework::EntryPage const& page,
                        db::RegisterEntry const& entry, json::value const& cite) {
  json::object out{{"paper", entry.paper},
                   {"mark", entry.mark},
                   {"movement", entry.removes ? "removed" : "taken_on"},
                   {"day", to_iso(entry.day)},
                   {"office", office_json(call, page, entry.office)},
                   {"person", {{"name", entry.name}, {"iin", entry.iin}}},
                   {"kind", entry.kind},
                   {"reason", entry.why}};
  if (auto const key = "registers.mark." + entry.paper + "." + entry.mark; call.has(key))
    out["text"] = call.text(key);
  if (entry.other)
    out[entry.removes ? "left_to" : "came_from"] = office_json(call, page, *entry.other);
  if (!entry.number.empty()) out["number"] = entry.number;
  if (entry.case_here) out["case"] = "/api/v1/cases/" + entry.number;
  if (!cite.is_null()) out["paragraph"] = cite;
  return out;
}

json::value cite_of(Call const& call, std::string_view paper) {
  auto const package =
      call.world().library.in_force(casework::k_register_service, call.world().clock.today());
  if (!package) return nullptr;
  return paragraph_json(call, *package, paper == db::k_card ? "a5" : "a15");
}

json::array entries_json(Call const& call, casework::EntryPage const& page) {
  json::array out;
  for (auto const& entry : page.entries)
    out.push_back(entry_json(call, page, entry, cite_of(call, entry.paper)));
  return out;
}

asio::awaitable<http::Response> answer_book(Call& call, db::PersonId person) {
  auto const today = call.world().clock.today();
  auto const book = co_await call.world().database.run(
      [person, today](db::Connection& connection) { return read_book(connection, person, today); });
  json::array registrations, facts, ids;
  for (auto const& entry : book.registrations)
    registrations.push_back(registration_json(call, book, entry));
  for (auto const& fact : book.facts) facts.push_back(fact_json(call, fact));
  for (auto const& id : book.ids) ids.push_back(id_json(call, id));
  json::object out{{"registrations", std::move(registrations)},
                   {"facts", std::move(facts)},
                   {"military_ids", std::move(ids)},
                   {"standing", standing_json(call, book, today)}};
  if (call.caller().desk) out["entries"] = entries_json(call, book.entries);
  co_return answer(out);
}

asio::awaitable<http::Response> get_own(Call& call) {
  auto response = co_await answer_book(call, call.caller().person);
  co_return response;
}

asio::awaitable<http::Response> get_of_case(Call& call) {
  auto const found = co_await case_for(call, "case_page", "registration,record,military_ids");
  if (!found) co_return problem(call, found.error());
  auto response = co_await answer_book(call, found->open.row.person);
  co_return response;
}

// --- What an office has written down

Result<db::EntryFilter> read_filter(Call const& call, std::string_view paper) {
  db::EntryFilter out{.office = {},
                      .paper = std::string{paper},
                      .from = {},
                      .until = {},
                      .person = {},
                      .limit = static_cast<int>(k_page_default)};
  auto const errors =
      casework::take_period({.from = call.query("from"), .until = call.query("until")}, out);
  if (!errors.empty()) return std::unexpected(errors.front());
  if (auto const iin = call.query("iin"); !iin.empty() && !engine::valid_iin(iin))
    return fail(ErrorCode::invalid, "error.field_iin", "iin");
  if (auto const text = call.query("limit"); !text.empty()) {
    auto const number = parse_number(text);
    if (!number || *number < 1 || *number > std::int64_t{k_page_max})
      return fail(ErrorCode::invalid, "error.limit", "limit");
    out.limit = static_cast<int>(*number);
  }
  if (auto const text = call.query("cursor"); !text.empty()) {
    out.after = casework::parse_entry_cursor(text);
    if (!out.after) return fail(ErrorCode::invalid, "error.cursor", "cursor");
  }
  return out;
}

asio::awaitable<http::Response> answer_entries(Call& call, std::string_view paper) {
  auto filter = read_filter(call, paper);
  if (!filter) co_return problem(call, filter.error());
  auto const& grant = *call.caller().desk;
  if (auto const iin = call.query("iin"); !iin.empty())
    filter->person = co_await call.world().database.run(
        [office = *grant.office, iin](db::Connection& connection) {
          return db::person_in_entries(connection, office, iin).value_or(db::PersonId{});
        });
  auto const page =
      co_await casework::entries_for_staff(call.world(), call.caller(), grant, *filter);
  json::object out{{"items", entries_json(call, page)}};
  if (page.more) out["next_cursor"] = casework::cursor_text(page.entries.back());
  co_return answer(out);
}

asio::awaitable<http::Response> get_journal(Call& call) {
  auto response = co_await answer_entries(call, db::k_journal);
  co_return response;
}

asio::awaitable<http::Response> get_cards(Call& call) {
  auto response = co_await answer_entries(call, db::k_card);
  co_return response;
}

/// The paper about a move, of the person's own.
asio::awaitable<http::Response> get_move_notice(Call& call) {
  struct Paper {
    std::string sha256;
    std::vector<db::Signature> signatures;
  };
  auto const id = call.parameter("registration");
  auto const paper = co_await call.world().database.run(
      [person = call.caller().person, id](db::Connection& connection) {
        Paper out;
        for (auto const& entry : db::registrations(connection, person))
          if (std::to_string(entry.id.value) == id)
            out.sha256 = db::move_paper(connection, entry.id);
        if (!out.sha256.empty()) out.signatures = db::signatures_of(connection, out.sha256);
        return out;
      });
  if (paper.sha256.empty())
    co_return problem(call,
                      Error{.code = ErrorCode::not_found, .text = "error.document_not_found"});
  auto bytes = co_await casework::read_signed_file(call.world(), paper.sha256, paper.signatures);
  if (!bytes) co_return problem(call, bytes.error());
  co_return http::download(std::move(*bytes), "application/pdf", "registration-" + id + ".pdf");
}

}  // namespace

void add_register_operations(http::Router& router, Api& api) {
  add(router, api, {.path = "/record", .access = "citizen", .handler = get_own});
  add(router, api,
      {.path = "/record/registrations/{registration}/notice",
       .access = "citizen",
       .handler = get_move_notice,
       .gives = "application/pdf"});
  std::vector<std::string_view> const narrowing{"from", "until", "iin", "limit", "cursor"};
  add(router, api,
      {.path = "/registers/journal",
       .access = "registrar executor head",
       .handler = get_journal,
       .query = narrowing});
  add(router, api,
      {.path = "/registers/cards",
       .access = "registrar executor head",
       .handler = get_cards,
       .query = narrowing});
  add(router, api,
      {.path = "/cases/{number}/record",
       .access = "registrar executor head",
       .handler = get_of_case});
}

}  // namespace qyzmet::api
