// What an office has beside its cases: reminders and escalations, what was sent to the applicant of
// a case, and the accounting of blanks.
#include <algorithm>

#include "db/alerts.hpp"
#include "db/blanks.hpp"
#include "db/documents.hpp"
#include "db/mail.hpp"
#include "services/api/cases.hpp"
#include "services/api/routes.hpp"
#include "services/casework/blank_lists.hpp"
#include "services/casework/fields.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_alerts_max = 100;
constexpr int k_rows_max = 100;

// --- Reminders and escalations

/// `office`: where the case is, when that is another one than that of the desk.
json::object alert_json(Call const& call, db::Alert const& alert, std::string const& office) {
  json::object out{{"kind", alert.kind},
                   {"number", alert.number},
                   {"milestone", alert.milestone},
                   {"raised", to_iso(alert.raised)}};
  if (office.empty())
    out["case"] = "/api/v1/cases/" + alert.number;
  else
    out["office"] = office;
  if (alert.due) out["due"] = to_iso(*alert.due);
  auto const package = call.world().library.package(alert.package);
  if (!package) return out;
  out["text"] = call.text("milestone." + alert.milestone, {}, package.get());
  auto const source = casework::source_of(*package, alert.milestone);
  if (source.rule.empty()) return out;
  out["rule"] = source.rule;
  if (auto paragraph = paragraph_json(call, *package, source.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  return out;
}

asio::awaitable<http::Response> get_alerts(Call& call) {
  auto const& grant = *call.caller().desk;
  db::AlertDesk const desk{.role = grant.role,
                           .user = call.caller().user.value_or(UserId{}),
                           .office = grant.office,
                           .branch = grant.branch};
  using Rows = std::vector<std::pair<db::Alert, std::string>>;
  auto const rows = co_await call.world().database.run(
      [desk, language = call.language](db::Connection& connection) {
        Rows out;
        for (auto& alert : db::alerts_at(connection, desk, k_alerts_max)) {
          auto const office =
              alert.kind == "superior" ? db::find_office(connection, alert.office) : std::nullopt;
          out.emplace_back(std::move(alert), office ? office->name(language) : std::string{});
        }
        return out;
      });
  json::array items;
  for (auto const& [alert, office] : rows) items.push_back(alert_json(call, alert, office));
  co_return answer({{"items", std::move(items)}});
}

// --- What was sent, with the proof of its delivery

struct SentNotices {
  std::vector<db::Notice> notices;
  std::vector<db::MailState> mail;
};

json::object notice_json(Call const& call, casework::OpenCase const& open, db::Notice const& notice,
                         std::vector<db::MailState> const& mail) {
  json::object out{
      {"kind", notice.kind},
      {"subject", call.text("notify." + notice.kind + ".subject", {}, open.package.get())},
      {"sent", to_iso(notice.sent)}};
  if (notice.delivered) {
    out["delivered"] = to_iso(*notice.delivered);
    out["channel"] = notice.channel;
  }
  if (notice.read) out["read"] = to_iso(*notice.read);
  if (!notice.document.empty())
    out["document"] = "/api/v1/cases/" + open.row.number + "/documents/" + notice.document;
  if (auto const letter = std::ranges::find(mail, notice.id, &db::MailState::notice);
      letter != mail.end())
    out["mail"] = letter->status;
  return out;
}

asio::awaitable<http::Response> get_notices(Call& call) {
  auto const found = co_await case_for(call, "case_page", "contacts");
  if (!found) co_return problem(call, found.error());
  auto const sent =
      co_await call.world().database.run([id = found->open.row.id](db::Connection& connection) {
        return SentNotices{.notices = db::notices_of_case(connection, id),
                           .mail = db::mail_of_case(connection, id)};
      });
  json::array items;
  for (auto const& notice : sent.notices)
    items.push_back(notice_json(call, found->open, notice, sent.mail));
  co_return answer({{"items", std::move(items)}});
}

// --- Blanks

struct Accounting {
  std::vector<db::BlankSum> sums;
  std::vector<db::BlankReceipt> receipts;
  std::vector<db::BlankAct> acts;
  std::vector<casework::SchoolList> lists;
};

json::object school_list_json(Call const& call, casework::SchoolList const& list) {
  auto const& giving = list.giving;
  json::object out{{"id", std::to_string(giving.id)},
                   {"school", giving.school},
                   {"request", giving.request},
                   {"requested_on", to_iso(giving.requested_on)},
                   {"given_on", to_iso(giving.given_on)},
                   {"series", giving.series},
                   {"first", giving.first},
                   {"last", giving.last},
                   {"given", giving.given},
                   {"overdue", list.overdue},
                   {"working_days", giving.term.working_days},
                   {"rule", giving.term.rule},
                   {"paragraph",
                    {{"text", call.text("blanks.paragraph", {{"n", giving.term.paragraph}})},
                     {"source", giving.term.source}}}};
  if (giving.last_issue_on) out["last_issue_on"] = to_iso(*giving.last_issue_on);
  if (list.due) out["due"] = to_iso(*list.due);
  if (!giving.returned_on) return out;
  out["list"] = giving.list;
  if (giving.list_on) out["list_on"] = to_iso(*giving.list_on);
  out["returned_on"] = to_iso(*giving.returned_on);
  out["issued"] = giving.issued;
  out["unissued"] = giving.unissued;
  out["spoiled"] = giving.spoiled;
  return out;
}

asio::awaitable<http::Response> get_blanks(Call& call) {
  auto const calendar = call.world().library.calendar();
  auto const today = call.world().clock.today();
  auto const read = co_await call.world().database.run(
      [id = *call.caller().desk->office, calendar, today](db::Connection& c) {
        return Accounting{.sums = db::blank_sums(c, id),
                          .receipts = db::blank_receipts(c, id, k_rows_max),
                          .acts = db::blank_acts(c, id, k_rows_max),
                          .lists = casework::school_lists(c, *calendar, id, today, k_rows_max)};
      });
  json::array sums, receipts, acts, lists;
  for (auto const& sum : read.sums)
    sums.push_back({{"kind", sum.kind},
                    {"received", sum.received},
                    {"in_stock", sum.in_stock},
                    {"given", sum.given},
                    {"written", sum.written},
                    {"issued", sum.issued},
                    {"spoiled", sum.spoiled},
                    {"destroyed", sum.destroyed}});
  for (auto const& each : read.receipts)
    receipts.push_back({{"day", to_iso(each.received_on)},
                        {"paper", each.paper},
                        {"kind", each.kind},
                        {"series", each.series},
                        {"first", each.first},
                        {"last", each.last},
                        {"received", each.received},
                        {"in_stock", each.in_stock}});
  for (auto const& each : read.acts)
    acts.push_back({{"day", to_iso(each.day)},
                    {"paper", each.paper},
                    {"kind", each.kind},
                    {"state", each.state},
                    {"count", each.count}});
  for (auto const& each : read.lists) lists.push_back(school_list_json(call, each));
  co_return answer({{"balance", std::move(sums)},
                    {"receipts", std::move(receipts)},
                    {"acts", std::move(acts)},
                    {"lists", std::move(lists)}});
}

/// The members of the body are the fields of the act.
Result<casework::BlankForm> read_form(Call const& call, casework::BlankAct const& act) {
  auto const body = body_object(call, act.fields);
  if (!body) return std::unexpected(body.error());
  casework::BlankForm out{.office = *call.caller().desk->office,
                          .today = call.world().clock.today(),
                          .by = call.caller().user,
                          .values = {}};
  for (auto const name : act.fields) {
    auto text = text_member(*body, name);
    if (!text) return std::unexpected(text.error());
    out.values.emplace(name, std::move(*text));
  }
  return out;
}

asio::awaitable<http::Response> post_blanks(Call& call) {
  auto const* act = casework::find_blank_act(call.parameter("act"));
  if (act == nullptr) co_return problem(call, 404);
  auto const form = read_form(call, *act);
  if (!form) co_return problem(call, form.error());
  auto const kept = co_await call.world().database.run(
      [act, form = *form](db::Connection& connection) { return act->keep(connection, form); });
  if (!kept) co_return problem(call, kept.error());
  co_return answer({{"count", *kept}});
}

}  // namespace

void add_desk_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = "/alerts",
       .access = "registrar executor head branch_operator",
       .handler = get_alerts});
  add(router, api,
      {.path = "/cases/{number}/notices",
       .access = "registrar executor head",
       .handler = get_notices});
  add(router, api, {.path = "/blanks", .access = "registrar head", .handler = get_blanks});
  add(router, api,
      {.method = http::Method::post,
       .path = "/blanks/{act}",
       .access = "registrar head",
       .handler = post_blanks,
       .body = http::Body::json,
       .once = true});
}

}  // namespace qyzmet::api
