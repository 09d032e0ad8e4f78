#include "services/portal/registration_view.hpp"

#include <algorithm>

#include "db/documents.hpp"
#include "services/casework/record_entry.hpp"
#include "services/casework/standing.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/document_answer.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// "record.fact.rank"; a statement that contradicts the one that holds says so.
std::string fact_label(std::string_view fact, Reader const& reader) {
  auto const plain = fact.ends_with(casework::k_contradicting)
                         ? fact.substr(0, fact.size() - casework::k_contradicting.size())
                         : fact;
  auto label = reader.text("record.fact." + std::string{plain});
  return plain == fact ? label : reader.text("record.contradicting", {{"fact", label}});
}

/// Codes in words, what officials wrote as it was written.
std::string fact_value(db::RecordFact const& fact, Reader const& reader) {
  auto const key = "record.value." + fact.fact + "." + fact.value;
  return reader.has(key) ? reader.text(key) : fact.value;
}

std::vector<db::RecordFact> holding(std::vector<db::RecordFact> record, Date day) {
  std::erase_if(record, [day](db::RecordFact const& each) {
    return each.from > day || (each.until && *each.until <= day);
  });
  return record;
}

/// What the decision tables say of the person today, with the paragraph of each; {} without them.
json::object standing_json(Context const& context, RegistrationBook const& book,
                           std::vector<db::RecordFact> const& record, std::string const& iin,
                           Reader const& reader) {
  auto const today = context.world().clock.today();
  auto const package = context.world().library.in_force("registration", today);
  auto const calendar = context.world().library.calendar();
  if (!package || !calendar) return {};
  bool const registered = std::ranges::any_of(
      book.entries, [](db::Registration const& entry) { return !entry.removed_on; });
  auto const standing = casework::standing_on(
      *package, *calendar, iin, today, casework::known_of(registered, holding(record, today)));
  json::object out;
  auto const add = [&](char const* name, std::optional<casework::Said> const& said) {
    if (!said) return;
    out[name] = {{"text", reader.text("standing." + std::string{name} + "." + said->value)},
                 {"cite", cite_json(*package, said->cite, reader)}};
  };
  add("subject", standing.subject);
  add("category", standing.category);
  if (standing.category_until)
    out["until"] = reader.text(
        "standing.until", {{"day", reader.long_date(*standing.category_until)},
                           {"next", reader.text("standing.category." + standing.category_next)}});
  return out;
}

std::string notice_path(std::string_view id) {
  return "/cabinet/registration/" + std::string{id} + "/notice";
}

json::array registration_crumbs(Context const& context) {
  return {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
          {{"text", context.text("registration.title")},
           {"url", context.url("/cabinet/registration")}}};
}

asio::awaitable<http::Response> get_registration(Context& context) {
  struct Read {
    RegistrationBook book;
    std::vector<db::RecordFact> record;
    std::vector<db::MilitaryId> ids;
    std::string iin;
  };
  auto const [book, record, ids, iin] = co_await context.world().database.run(
      [person = context.visitor.person](db::Connection& connection) {
        auto const found = db::find_person(connection, person);
        return Read{.book = read_registrations(connection, person),
                    .record = db::whole_record(connection, person),
                    .ids = db::military_ids(connection, person),
                    .iin = found ? found->iin : std::string{}};
      });
  auto const reader = reader_of(context);
  json::array rows;
  for (auto const& entry : book.entries) {
    auto row = registration_json(book, entry, reader);
    if (entry.basis == "move")
      row["notice"] = context.url(notice_path(std::to_string(entry.id.value)));
    if (!entry.number.empty()) row["case"] = context.url("/cabinet/cases/" + entry.number);
    if (!entry.removal_number.empty())
      row["removal_case"] = context.url("/cabinet/cases/" + entry.removal_number);
    rows.push_back(std::move(row));
  }
  co_return render(context, "registration",
                   {{"active", active_registration_json(book, reader)},
                    {"rows", std::move(rows)},
                    {"record", record_json(record, reader)},
                    {"ids", military_ids_json(ids, reader)},
                    {"standing", standing_json(context, book, record, iin, reader)},
                    {"crumbs",
                     {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
                      {{"text", context.text("registration.title")}}}}});
}

/// The paper about a move, of the person's own; "" when there is none.
asio::awaitable<std::string> own_move_paper(Context& context) {
  auto sha256 = co_await context.world().database.run(
      [person = context.visitor.person, id = context.parameter("id")](db::Connection& connection) {
        std::string out;
        for (auto const& entry : db::registrations(connection, person))
          if (std::to_string(entry.id.value) == id) out = db::move_paper(connection, entry.id);
        return out;
      });
  co_return sha256;
}

asio::awaitable<http::Response> get_move_notice(Context& context) {
  auto const sha256 = co_await own_move_paper(context);
  if (sha256.empty()) co_return problem(context, 404);
  auto signatures = co_await context.world().database.run(
      [sha256](db::Connection& connection) { return db::signatures_of(connection, sha256); });
  auto response =
      co_await answer_file(context, {.sha256 = sha256,
                                     .signatures = std::move(signatures),
                                     .name = "registration-" + context.parameter("id") + ".pdf"});
  co_return response;
}

asio::awaitable<http::Response> get_move_notice_page(Context& context) {
  auto const sha256 = co_await own_move_paper(context);
  if (sha256.empty()) co_return problem(context, 404);
  auto response = co_await answer_page(context, {.sha256 = sha256,
                                                 .title = context.text("web_page.move"),
                                                 .pdf = notice_path(context.parameter("id")),
                                                 .crumbs = registration_crumbs(context)});
  co_return response;
}

}  // namespace

RegistrationBook read_registrations(db::Connection& connection, db::PersonId person) {
  RegistrationBook out{.entries = db::registrations(connection, person), .offices = {}};
  for (auto const& entry : out.entries)
    if (auto office = db::find_office(connection, entry.office))
      out.offices.emplace(entry.office.value, std::move(*office));
  return out;
}

json::object registration_json(RegistrationBook const& book, db::Registration const& entry,
                               Reader const& reader) {
  json::object out{{"kind", reader.text("registration.kind." + entry.kind)},
                   {"category", entry.category},
                   {"taken_on", to_iso(entry.taken_on)},
                   {"basis", reader.text("registration.basis." + entry.basis)},
                   {"number", entry.number},
                   {"active", !entry.removed_on.has_value()}};
  if (entry.removed_on) {
    out["removed_on"] = to_iso(*entry.removed_on);
    out["removal"] = reader.text("registration.removal." + entry.removal);
    out["removal_number"] = entry.removal_number;
  }
  auto const office = book.offices.find(entry.office.value);
  if (office != book.offices.end()) out["office"] = office_json(office->second, reader.language);
  return out;
}

json::object active_registration_json(RegistrationBook const& book, Reader const& reader) {
  for (auto const& entry : book.entries)
    if (!entry.removed_on) return registration_json(book, entry, reader);
  return {};
}

json::array record_json(std::vector<db::RecordFact> const& record, Reader const& reader) {
  json::array out;
  std::string_view last;
  for (auto const& fact : record) {
    json::object item{{"label", fact_label(fact.fact, reader)},
                      {"value", fact_value(fact, reader)},
                      {"from", to_iso(fact.from)},
                      {"number", fact.number},
                      {"withdrawn", fact.withdrawn}};
    if (fact.until) item["until"] = to_iso(*fact.until);
    if (fact.fact != last) {
      item["earlier"] = json::array{};
      out.push_back(std::move(item));
    } else {
      out.back().as_object()["earlier"].as_array().push_back(std::move(item));
    }
    last = fact.fact;
  }
  return out;
}

json::array military_ids_json(std::vector<db::MilitaryId> const& ids, Reader const& reader) {
  json::array out;
  for (auto const& id : ids) {
    json::object item{{"number", id.series + " " + id.number},
                      {"status", reader.text("ids.status." + std::string{to_text(id.status)})},
                      {"valid", id.status == db::IdStatus::valid},
                      {"issued", to_iso(id.issued)},
                      {"case", id.number_of_case},
                      {"by", id.number_of_closing}};
    if (id.closed) item["since"] = to_iso(*id.closed);
    out.push_back(std::move(item));
  }
  return out;
}

void add_registration_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/cabinet/registration", "visitor", get_registration);
  std::string const notice = "/{lang}/cabinet/registration/{id}/notice";
  add_page(router, portal, notice, "visitor", get_move_notice);
  add_page(router, portal, notice + "/page", "visitor", get_move_notice_page);
}

}  // namespace qyzmet::portal
