// The administrator's page of the mode of the country: what holds and what is to come, a change
// proposed by one and confirmed by another, and everything that ever held with its act.
#include <algorithm>

#include "services/casework/legal_modes.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/mode_view.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr char const* k_path = "/admin/mode";
constexpr int k_listed_max = 100;

struct Modes {
  db::LegalMode now;
  std::vector<db::LegalModeRow> rows;  // the newest first
  std::optional<db::LegalModeProposal> proposal;
};

json::object row_json(Context const& context, db::LegalModeRow const& row, db::LegalMode const& now,
                      Instant at) {
  auto const& mode = row.mode;
  auto const* state = mode.version == now.version ? "current"
                      : row.superseded            ? "superseded"
                      : mode.from > at            ? "to_come"
                                                  : "";
  bool const first = mode.act_number.empty();
  return {{"version", std::to_string(mode.version)},
          {"mode", context.text("mode.is." + mode.mode)},
          {"state", *state == '\0' ? "" : context.text("mode.state." + std::string{state})},
          {"from", first ? "" : moment(context, mode.from)},
          {"act", act_text(context, mode.act_number, mode.act_date)},
          {"reason", row.reason},
          {"proposer", row.proposer},
          {"proposed", to_iso(row.proposed)},
          {"confirmer", row.confirmer},
          {"confirmed", to_iso(row.confirmed)}};
}

json::object proposal_json(Context const& context, db::LegalModeProposal const& proposal) {
  return {{"id", std::to_string(proposal.id)},
          {"mode", context.text("mode.is." + proposal.mode)},
          {"from", proposal.from ? moment(context, *proposal.from) : context.text("mode.at_once")},
          {"act", act_text(context, proposal.act_number, proposal.act_date)},
          {"reason", proposal.reason},
          {"by", proposal.proposer},
          {"at", to_iso(proposal.proposed)},
          {"own", context.visitor.user == proposal.proposed_by}};
}

json::array options_json(Context const& context) {
  json::array out;
  for (auto const mode : db::k_legal_modes)
    out.push_back({{"value", mode},
                   {"label", context.text("mode.is." + std::string{mode})},
                   {"selected", context.field("mode") == mode}});
  return out;
}

json::object typed_json(Context const& context) {
  json::object out{{"modes", options_json(context)}};
  for (auto const* name : {"from", "act_number", "act_date", "reason"})
    out[name] = context.field(name);
  return out;
}

asio::awaitable<http::Response> mode_page(Context& context, std::vector<Error> errors) {
  auto const at = context.world().clock.now();
  auto const all = co_await context.world().database.run([at](db::Connection& connection) {
    return Modes{.now = db::legal_mode_at(connection, at),
                 .rows = db::legal_modes(connection, k_listed_max),
                 .proposal = db::open_legal_mode_proposal(connection)};
  });
  json::array versions;
  for (auto const& row : all.rows) versions.push_back(row_json(context, row, all.now, at));
  json::object data{{"mode", context.text("mode.is." + all.now.mode)},
                    {"since", all.now.act_number.empty() ? "" : moment(context, all.now.from)},
                    {"act", act_text(context, all.now.act_number, all.now.act_date)},
                    {"versions", std::move(versions)},
                    {"typed", typed_json(context)},
                    {"base", context.url(k_path)},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.title")},
                                            {"url", context.url("/admin")}},
                                           {{"text", context.text("mode.title")}}}}};
  if (all.proposal) data["proposal"] = proposal_json(context, *all.proposal);
  if (errors.empty()) co_return render(context, "admin_mode", std::move(data));
  co_return render_refused(context, "admin_mode", std::move(data), errors);
}

asio::awaitable<http::Response> get_mode(Context& context) {
  auto page = co_await mode_page(context, {});
  co_return page;
}

/// What the form proposes, or what cannot be read in it.
casework::Kept<db::LegalModeProposal> sent_proposal(Context const& context) {
  std::vector<Error> errors;
  db::LegalModeProposal out{.mode = context.field("mode"),
                            .from = {},
                            .act_number = context.field("act_number"),
                            .act_date = {},
                            .reason = context.field("reason"),
                            .proposed_by = *context.visitor.user,
                            .proposer = {},
                            .proposed = {}};
  if (auto const from = context.field("from"); !from.empty()) {
    out.from = parse_legal_time(from);
    if (!out.from)
      errors.push_back({.code = ErrorCode::invalid, .text = "mode.error.time", .field = "from"});
  }
  auto const date = parse_date(context.field("act_date"));
  if (date)
    out.act_date = *date;
  else
    errors.push_back({.code = ErrorCode::invalid, .text = "error.field_date", .field = "act_date"});
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return out;
}

asio::awaitable<http::Response> post_proposal(Context& context) {
  auto const sent = sent_proposal(context);
  std::vector<Error> errors;
  if (sent) {
    auto const kept = co_await context.world().database.run(
        [wanted = *sent, now = context.world().clock.now()](db::Connection& connection) {
          return casework::propose_mode(connection, wanted, now);
        });
    if (kept) co_return go(context, k_path, "mode_proposed");
    errors = kept.error();
  } else {
    errors = sent.error();
  }
  auto page = co_await mode_page(context, std::move(errors));
  co_return page;
}

asio::awaitable<http::Response> post_confirm(Context& context) {
  auto const confirmed = co_await context.world().database.run(
      [id = to_id(context.field("proposal")), by = *context.visitor.user](
          db::Connection& connection) { return casework::confirm_mode(connection, id, by); });
  if (confirmed) co_return go(context, k_path, "mode_confirmed");
  auto page = co_await mode_page(context, {confirmed.error()});
  co_return page;
}

asio::awaitable<http::Response> post_reject(Context& context) {
  auto const refused = co_await context.world().database.run(
      [id = to_id(context.field("proposal")), by = *context.visitor.user](
          db::Connection& connection) { return casework::reject_mode(connection, id, by); });
  if (!refused) co_return go(context, k_path, "mode_rejected");
  auto page = co_await mode_page(context, {*refused});
  co_return page;
}

}  // namespace

void add_admin_mode_routes(http::Router& router, Portal& portal) {
  std::string const path = "/{lang}/admin/mode";
  add_page(router, portal, path, "admin", get_mode);
  add_form(router, portal,
           {.pattern = path + "/propose",
            .access = "admin",
            .fields = {"mode", "from", "act_number", "act_date", "reason"}},
           post_proposal);
  add_form(router, portal,
           {.pattern = path + "/confirm", .access = "admin", .fields = {"proposal"}}, post_confirm);
  add_form(router, portal, {.pattern = path + "/reject", .access = "admin", .fields = {"proposal"}},
           post_reject);
}

}  // namespace qyzmet::portal
