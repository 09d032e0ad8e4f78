#include "services/casework/legal_modes.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "engine/base/utf8.hpp"
#include "services/casework/draft.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

std::vector<Error> faults(db::LegalModeProposal const& proposal, Instant now) {
  std::vector<Error> errors;
  auto const wrong = [&](char const* text, char const* field) {
    errors.push_back({.code = ErrorCode::invalid, .text = text, .field = field});
  };
  if (std::ranges::find(db::k_legal_modes, proposal.mode) == std::end(db::k_legal_modes))
    wrong("error.choose", "mode");
  if (proposal.from && *proposal.from < now) wrong("mode.error.past", "from");
  if (proposal.from && *proposal.from > now + k_mode_ahead_max) wrong("mode.error.far", "from");
  if (proposal.act_date > legal_date(now)) wrong("mode.error.act_date", "act_date");
  if (proposal.act_number.empty()) wrong("error.required", "act_number");
  if (utf8_length(proposal.act_number) > k_act_number_size_max)
    errors.push_back(too_long("act_number", k_act_number_size_max));
  if (proposal.reason.empty()) wrong("error.required", "reason");
  if (utf8_length(proposal.reason) > k_mode_reason_size_max)
    errors.push_back(too_long("reason", k_mode_reason_size_max));
  return errors;
}

void log_decision(db::Connection& connection, UserId by, char const* act, json::object details) {
  db::log_act(connection, by, act, json::serialize(details));
}

Error conflict(char const* text, char const* field = "") {
  return {.code = ErrorCode::conflict, .text = text, .field = field};
}

}  // namespace

Kept<std::int64_t> propose_mode(db::Connection& connection, db::LegalModeProposal const& proposal,
                                Instant now) {
  if (auto errors = faults(proposal, now); !errors.empty())
    return std::unexpected(std::move(errors));
  try {
    auto const id = connection.transaction([&] {
      auto const kept = db::propose_legal_mode(connection, proposal);
      if (kept)
        log_decision(connection, proposal.proposed_by, "legal_mode_proposed",
                     {{"proposal", *kept}, {"mode", proposal.mode}});
      return kept;
    });
    if (!id) return std::unexpected(std::vector{conflict("mode.error.holds", "mode")});
    return *id;
  } catch (db::Conflict const& refused) {
    if (refused.constraint() != "legal_mode_proposal_open") throw;
    return std::unexpected(std::vector{conflict("mode.error.open")});
  }
}

Result<db::LegalMode> confirm_mode(db::Connection& connection, std::int64_t id, UserId by) {
  try {
    auto const mode = connection.transaction([&] {
      auto confirmed = db::confirm_legal_mode(connection, id, by);
      if (confirmed)
        log_decision(connection, by, "legal_mode_confirmed",
                     {{"version", confirmed->version},
                      {"mode", confirmed->mode},
                      {"from", to_iso(confirmed->from)}});
      return confirmed;
    });
    if (!mode) return std::unexpected(conflict("mode.error.decided"));
    return *mode;
  } catch (db::Conflict const& refused) {
    if (refused.constraint() != "legal_mode_four_eyes") throw;
    return fail(ErrorCode::forbidden, "mode.error.four_eyes");
  }
}

std::optional<Error> reject_mode(db::Connection& connection, std::int64_t id, UserId by) {
  bool const done = connection.transaction([&] {
    if (!db::reject_legal_mode(connection, id, by)) return false;
    log_decision(connection, by, "legal_mode_rejected", {{"proposal", id}});
    return true;
  });
  if (done) return std::nullopt;
  return conflict("mode.error.decided");
}

}  // namespace qyzmet::casework
