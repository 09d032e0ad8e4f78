// The lists of officials: the work list of the provider, the head's signing list, the branch desk.
// Least time left first; what to do, not what state a row is in.
#include <algorithm>
#include <array>

#include "db/alerts.hpp"
#include "services/casework/blank_lists.hpp"
#include "services/casework/fields.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_alerts_max = 20;

/// A list as a page: where it stands, and who works with it.
struct Desk {
  std::string_view path;   // "/work"
  std::string_view title;  // key
  std::string_view roles;
  std::string_view stage;  // only cases that wait for this role; "" = all of the scope
};
constexpr Desk k_work{"/work", "work.title", k_provider, ""};
constexpr Desk k_sign{"/sign", "sign.title", "head", "head"};
constexpr Desk k_branch{"/branch", "branch.title", "branch_operator", ""};

/// The grant with which the visitor sits at this desk.
db::Grant const* grant_at(Visitor const& visitor, Desk const& desk) {
  auto const fits = [&](db::Grant const& grant) {
    return !grant.role.empty() && desk.roles.contains(grant.role);
  };
  if (visitor.desk && fits(*visitor.desk)) return &*visitor.desk;
  auto const found = std::ranges::find_if(visitor.grants, fits);
  return found == visitor.grants.end() ? nullptr : &*found;
}

struct Chosen {
  std::string filter;  // "mine", "all", "late", "ended"
  std::string text;    // search
};

Chosen chosen(Context const& context) {
  Chosen out{.filter = context.query("show"), .text = context.query("q")};
  constexpr std::array known{"mine", "all", "late", "ended"};
  if (std::ranges::find(known, out.filter) == known.end()) out.filter = "mine";
  return out;
}

db::ListFilter list_filter(Desk const& desk, db::Grant const& grant, Visitor const& visitor,
                           Chosen const& chosen, Date today) {
  db::ListFilter filter;
  filter.stage = desk.stage;
  if (chosen.filter == "mine" && desk.stage.empty()) filter.stage = grant.role;
  // Need to know: an executor sees the own cases.
  if (grant.role == "executor") filter.executor = visitor.user;
  // Whoever keeps the minutes of a hearing has that case on the list until they are signed.
  if (grant.office) filter.secretary = visitor.user;
  if (chosen.filter == "late") filter.due_until = today;
  filter.open_only = chosen.filter != "ended";
  filter.text = chosen.text;
  filter.limit = db::k_page_max;
  return filter;
}

json::array chips(Context const& context, Desk const& desk, Chosen const& chosen) {
  json::array out;
  for (std::string_view const show : {"mine", "all", "late", "ended"})
    out.push_back({{"text", context.text("work.show." + std::string{show})},
                   {"url", context.url(std::string{desk.path} + "?show=" + std::string{show})},
                   {"current", chosen.filter == show}});
  return out;
}

json::object cell(std::string label, std::string text) {
  return {{"label", std::move(label)}, {"text", std::move(text)}};
}

/// What must be done, until when, and the paragraph that demands it.
json::object what_to_do(Context const& context, db::ListRow const& row,
                        engine::Package const& package, Reader const& reader, Date today) {
  auto out = cell(context.text("work.column.todo"), "");
  out["tag"] = state_tag(package, row.ended ? row.outcome : row.state, reader);
  if (row.milestone.empty() || !row.milestone_due) return out;
  bool const late = *row.milestone_due < today;
  out["note"] = reader.text(late ? "work.milestone.late" : "work.milestone.until",
                            {{"what", reader.text("milestone." + row.milestone, {}, &package)},
                             {"day", reader.day_month(*row.milestone_due)}});
  if (auto const source = casework::source_of(package, row.milestone); !source.cite.empty())
    out["cite"] = cite_json(package, source.cite, reader);
  return out;
}

json::array cells(Context const& context, db::ListRow const& row, engine::Package const& package,
                  engine::Calendar const& calendar, Reader const& reader) {
  auto const today = context.world().clock.today();
  auto number = cell(context.text("work.column.case"), row.number);
  number["url"] = context.url("/work/cases/" + row.number);
  number["strong"] = true;
  number["nowrap"] = true;
  auto const* subtype = package.subtype(row.subtype);
  auto left = cell(context.text("work.column.left"), row.ended ? "—" : "");
  if (!row.ended) left["mini"] = mini_json(calendar, row.accepted, row.due, today);
  left["nowrap"] = true;
  json::array out;
  out.push_back(std::move(number));
  out.push_back(cell(context.text("work.column.applicant"), row.person_name));
  out.push_back(cell(context.text("work.column.service"),
                     subtype == nullptr ? row.subtype : reader.text(subtype->text, {}, &package)));
  out.push_back(what_to_do(context, row, package, reader, today));
  out.push_back(std::move(left));
  return out;
}

json::array rows(Context const& context, db::ListPage const& page, bool selectable) {
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& row : page.rows) {
    auto const package = context.world().library.package(row.package);
    auto const calendar = context.world().library.calendar(row.calendar_version);
    if (!package || !calendar) continue;
    json::object item{{"cells", cells(context, row, *package, *calendar, reader)}};
    if (selectable) item["select"] = {{"name", row.number}, {"value", "on"}, {"about", row.number}};
    out.push_back(std::move(item));
  }
  return out;
}

struct Alerts {
  std::vector<db::Alert> rows;
  std::vector<db::Office> offices;  // of cases that this office stands above
  std::vector<casework::SchoolList> lists;
};

std::string name_of(std::vector<db::Office> const& offices, OfficeId id,
                    std::string_view language) {
  auto const found = std::ranges::find(offices, id, &db::Office::id);
  return found == offices.end() ? std::string{} : found->name(language);
}

/// Issue lists of schools that have not come back in time (R61-04): no case is behind them.
void add_overdue_lists(json::array& out, Context const& context,
                       std::vector<casework::SchoolList> const& lists, Reader const& reader) {
  for (auto const& list : lists)
    if (list.overdue)
      out.push_back(
          {{"text", reader.text("work.alert.blank_list", {{"school", list.giving.school},
                                                          {"day", reader.day_month(*list.due)}})},
           {"late", true},
           {"url", context.url("/blanks")},
           {"cite",
            {{"text", reader.text("blanks.paragraph", {{"n", list.giving.term.paragraph}})}}}});
}

/// Reminders, escalations and terms that became earlier, each with the paragraph of its milestone
/// and the way to the case; of a case of another office (E-09) without it.
json::array alerts_json(Context const& context, Alerts const& alerts) {
  auto const& offices = alerts.offices;
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& alert : alerts.rows) {
    auto const package = context.world().library.package(alert.package);
    if (!package) continue;
    json::object arguments{
        {"number", alert.number},
        {"what", reader.text("milestone." + alert.milestone, {}, package.get())}};
    if (alert.due) arguments["day"] = reader.day_month(*alert.due);
    bool const elsewhere = alert.kind == "superior";
    if (elsewhere) arguments["office"] = name_of(offices, alert.office, context.language);
    json::object item{
        {"text", reader.text("work.alert." + alert.kind, arguments)},
        {"late", elsewhere || alert.kind == "escalation" || alert.kind == "unanswered"}};
    if (!elsewhere) item["url"] = context.url("/work/cases/" + alert.number);
    if (auto const source = casework::source_of(*package, alert.milestone); !source.cite.empty())
      item["cite"] = cite_json(*package, source.cite, reader);
    out.push_back(std::move(item));
  }
  add_overdue_lists(out, context, alerts.lists, reader);
  return out;
}

asio::awaitable<Alerts> read_alerts(Context& context, db::Grant const& grant) {
  db::AlertDesk const desk{.role = grant.role,
                           .user = context.visitor.user.value_or(UserId{}),
                           .office = grant.office,
                           .branch = grant.branch};
  auto const calendar = context.world().library.calendar();
  auto const today = context.world().clock.today();
  auto alerts = co_await context.world().database.run([=](db::Connection& connection) {
    Alerts out{.rows = db::alerts_at(connection, desk, k_alerts_max), .offices = {}, .lists = {}};
    if (desk.office && (desk.role == "registrar" || desk.role == "head"))
      out.lists = casework::school_lists(connection, *calendar, *desk.office, today, k_alerts_max);
    for (auto const& alert : out.rows)
      if (alert.kind == "superior")
        if (auto office = db::find_office(connection, alert.office))
          out.offices.push_back(*std::move(office));
    return out;
  });
  co_return alerts;
}

json::array columns(Context const& context) {
  json::array out;
  for (std::string_view const name : {"case", "applicant", "service", "todo", "left"}) {
    json::object column{{"text", context.text("work.column." + std::string{name})}};
    if (name == "left") column["sort"] = "ascending";
    out.push_back(std::move(column));
  }
  return out;
}

asio::awaitable<http::Response> list_page(Context& context, Desk desk) {
  auto const* grant = grant_at(context.visitor, desk);
  if (grant == nullptr) co_return problem(context, 403);
  auto const chosen_now = chosen(context);
  auto const today = context.world().clock.today();
  auto filter = list_filter(desk, *grant, context.visitor, chosen_now, today);
  auto const page = co_await list_for_staff(context.portal, context.visitor, *grant,
                                            std::move(filter), "work_list");
  auto const alerts = co_await read_alerts(context, *grant);
  auto const reader = reader_of(context, true);
  json::object data{{"title", context.text(desk.title)},
                    {"subtitle", context.text("work.subtitle", {{"day", reader.long_date(today)},
                                                                {"n", page.total}})},
                    {"action", context.url(desk.path)},
                    {"show", chosen_now.filter},
                    {"q", chosen_now.text},
                    {"chips", chips(context, desk, chosen_now)},
                    {"alerts", alerts_json(context, alerts)},
                    {"columns", columns(context)},
                    {"rows", rows(context, page, desk.path == k_sign.path)},
                    {"crumbs", json::array{{{"text", context.text(desk.title)}}}}};
  if (desk.path == k_work.path) {
    data["passed_on"] = context.url("/work/passed");
    data["registers"] = context.url("/work/registers");
  }
  if (desk.path == k_sign.path && page.total > 0)
    data["sign_action"] = context.url("/sign/documents");
  co_return render(context, "work", std::move(data));
}

asio::awaitable<http::Response> get_work(Context& context) {
  auto page = co_await list_page(context, k_work);
  co_return page;
}
asio::awaitable<http::Response> get_sign(Context& context) {
  auto page = co_await list_page(context, k_sign);
  co_return page;
}
asio::awaitable<http::Response> get_branch(Context& context) {
  auto page = co_await list_page(context, k_branch);
  co_return page;
}

}  // namespace

void add_worklist_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/work", k_provider, get_work);
  add_page(router, portal, "/{lang}/sign", "head", get_sign);
  add_page(router, portal, "/{lang}/branch", "branch_operator", get_branch);
}

}  // namespace qyzmet::portal
