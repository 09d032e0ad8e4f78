// The mode of the country (R77-17, E-33) for administrators: what held and holds, a change that one
// proposes and another confirms.
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/legal_modes.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_modes = "/admin/modes";
constexpr std::string_view k_proposals = "/admin/modes/proposals";

json::object code_json(Call const& call, std::string const& mode) {
  return {{"code", mode}, {"text", call.text("mode.is." + mode)}};
}

/// The first mode of an installation has neither act nor instant.
void add_act(json::object& out, std::string const& number, Date date) {
  if (number.empty()) return;
  out["act_number"] = number;
  out["act_date"] = to_iso(date);
}

json::object version_json(Call const& call, db::LegalMode const& mode) {
  json::object out{{"version", mode.version}, {"mode", code_json(call, mode.mode)}};
  if (!mode.act_number.empty()) out["from"] = to_iso(mode.from);
  add_act(out, mode.act_number, mode.act_date);
  return out;
}

json::object row_json(Call const& call, db::LegalModeRow const& row, std::int64_t current) {
  auto out = version_json(call, row.mode);
  out["current"] = row.mode.version == current;
  out["superseded"] = row.superseded;
  if (row.mode.act_number.empty()) return out;
  out["reason"] = row.reason;
  out["proposed_by"] = row.proposer;
  out["proposed"] = to_iso(row.proposed);
  out["confirmed_by"] = row.confirmer;
  out["confirmed"] = to_iso(row.confirmed);
  return out;
}

json::object proposal_json(Call const& call, db::LegalModeProposal const& proposal) {
  json::object out{{"id", std::to_string(proposal.id)},
                   {"mode", code_json(call, proposal.mode)},
                   {"reason", proposal.reason},
                   {"proposed_by", proposal.proposer},
                   {"proposed", to_iso(proposal.proposed)},
                   {"own", call.caller().user == proposal.proposed_by}};
  if (proposal.from) out["from"] = to_iso(*proposal.from);
  add_act(out, proposal.act_number, proposal.act_date);
  return out;
}

struct Modes {
  std::int64_t current = 0;
  std::vector<db::LegalModeRow> rows;
  std::optional<db::LegalModeProposal> proposal;
};

asio::awaitable<http::Response> get_modes(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const now = call.world().clock.now();
  auto modes = co_await call.world().database.run([page = *page, now](db::Connection& connection) {
    return Modes{.current = db::legal_mode_at(connection, now).version,
                 .rows = db::legal_modes(connection, page.offset + page.wanted()),
                 .proposal = db::open_legal_mode_proposal(connection)};
  });
  auto const rows = rows_of(*page, std::move(modes.rows));
  auto out = page_json(
      *page, rows, [&](db::LegalModeRow const& row) { return row_json(call, row, modes.current); });
  if (modes.proposal) out["proposal"] = proposal_json(call, *modes.proposal);
  co_return answer(out);
}

/// What the body proposes, or what cannot be read in it.
casework::Kept<db::LegalModeProposal> read_proposal(Call const& call) {
  auto const one = [](Error error) { return std::unexpected(std::vector{std::move(error)}); };
  auto const body = body_object(call, {"mode", "from", "act_number", "act_date", "reason"});
  if (!body) return one(body.error());
  db::LegalModeProposal out;
  std::string from, act_date;
  if (auto const wrong = read_texts(*body, {{"mode", &out.mode},
                                            {"from", &from},
                                            {"act_number", &out.act_number},
                                            {"act_date", &act_date},
                                            {"reason", &out.reason}}))
    return one(*wrong);
  out.proposed_by = *call.caller().user;
  if (!from.empty()) {
    out.from = parse_legal_time(from);
    if (!out.from)
      return one({.code = ErrorCode::invalid, .text = "mode.error.time", .field = "from"});
  }
  auto const date = parse_date(act_date);
  if (!date)
    return one({.code = ErrorCode::invalid, .text = "error.field_date", .field = "act_date"});
  out.act_date = *date;
  return out;
}

asio::awaitable<http::Response> post_proposal(Call& call) {
  auto const wanted = read_proposal(call);
  if (!wanted) co_return problem(call, wanted.error());
  auto const kept = co_await call.world().database.run(
      [wanted = *wanted, now = call.world().clock.now()](db::Connection& connection) {
        return casework::propose_mode(connection, wanted, now);
      });
  if (!kept) co_return problem(call, kept.error());
  co_return answer({{"id", std::to_string(*kept)}}, 201);
}

asio::awaitable<http::Response> post_confirm(Call& call) {
  auto const confirmed = co_await call.world().database.run(
      [id = to_id(call.parameter("proposal")), by = *call.caller().user](
          db::Connection& connection) { return casework::confirm_mode(connection, id, by); });
  if (!confirmed) co_return problem(call, confirmed.error());
  co_return answer(version_json(call, *confirmed));
}

asio::awaitable<http::Response> post_reject(Call& call) {
  auto const id = to_id(call.parameter("proposal"));
  auto const refused = co_await call.world().database.run(
      [id, by = *call.caller().user](db::Connection& connection) {
        return casework::reject_mode(connection, id, by);
      });
  if (refused) co_return problem(call, *refused);
  co_return answer({{"id", std::to_string(id)}});
}

}  // namespace

void add_admin_mode_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = k_modes, .access = k_admin, .handler = get_modes, .query = {"limit", "cursor"}});
  add_act(router, api, k_proposals, post_proposal, http::Body::json);
  auto const decide = [&](std::string_view path, Handler handler) {
    add_act(router, api, path, handler, http::Body::none);
  };
  decide("/admin/modes/proposals/{proposal}/confirm", post_confirm);
  decide("/admin/modes/proposals/{proposal}/reject", post_reject);
}

}  // namespace qyzmet::api
