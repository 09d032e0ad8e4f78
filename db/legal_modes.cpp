#include "db/legal_modes.hpp"

namespace qyzmet::db {

namespace {

// '-infinity' of the first version is no instant of ours: no application is older than the epoch.
#define QYZMET_FROM "greatest(m.holds_from, 'epoch') "
Sql const k_at{"legal_mode_at",
               "select m.version, m.mode, " QYZMET_FROM
               ", coalesce(p.act_number, ''), coalesce(p.act_date, 'epoch') from legal_mode m "
               "left join legal_mode_proposal p on p.version = m.version "
               "where m.holds_from <= $1 order by m.version desc limit 1"};
Sql const k_all{
    "legal_modes",
    "select m.version, m.mode, " QYZMET_FROM
    ", coalesce(p.act_number, ''), coalesce(p.act_date, 'epoch'), "
    "exists (select from legal_mode n where n.version > m.version and n.holds_from <= "
    "m.holds_from), coalesce(p.reason, ''), coalesce(a.name, ''), coalesce(b.name, ''), "
    "coalesce(p.proposed_at, m.confirmed_at), m.confirmed_at from legal_mode m "
    "left join legal_mode_proposal p on p.version = m.version "
    "left join app_user u on u.id = p.proposed_by left join person a on a.id = u.person_id "
    "left join app_user v on v.id = p.decided_by left join person b on b.id = v.person_id "
    "order by m.version desc limit $1"};
#undef QYZMET_FROM

#define QYZMET_EARLIEST "date_trunc('minute', qyzmet_now()) + interval '2 minutes'"
Sql const k_propose{
    "propose_legal_mode",
    "insert into legal_mode_proposal (mode, holds_from, act_number, act_date, reason, proposed_by) "
    "select $1, $2, $3, $4, $5, $6 where not exists (select from (select mode, holds_from "
    "from legal_mode order by version desc limit 1) l where l.mode = $1 "
    "and l.holds_from <= greatest($2, " QYZMET_EARLIEST ")) returning id"};
Sql const k_open{"open_legal_mode_proposal",
                 "select p.id, p.mode, p.holds_from, p.act_number, p.act_date, p.reason, "
                 "p.proposed_by, n.name, p.proposed_at from legal_mode_proposal p "
                 "join app_user u on u.id = p.proposed_by join person n on n.id = u.person_id "
                 "where p.status = 'open'"};
// The table lock makes the next number ours; a mode is confirmed once in years.
constexpr char const* k_lock = "lock table legal_mode in share row exclusive mode";
Sql const k_confirm{
    "confirm_legal_mode",
    "with t as (select qyzmet_now() as now), "
    "p as (select * from legal_mode_proposal where id = $1 and status = 'open' for update), "
    "m as (insert into legal_mode (version, mode, holds_from, confirmed_at) "
    "select (select max(version) + 1 from legal_mode), p.mode, "
    "greatest(p.holds_from, " QYZMET_EARLIEST
    "), t.now "
    "from p, t returning version, mode, holds_from), "
    "d as (update legal_mode_proposal o set status = 'confirmed', decided_by = $2, "
    "decided_at = t.now, version = m.version from m, t where o.id = $1) "
    "select m.version, m.mode, m.holds_from, p.act_number, p.act_date from m, p"};
#undef QYZMET_EARLIEST
Sql const k_reject{"reject_legal_mode",
                   "update legal_mode_proposal set status = 'rejected', decided_by = $2, "
                   "decided_at = qyzmet_now() where id = $1 and status = 'open'"};

}  // namespace

LegalMode legal_mode_at(Connection& connection, Instant at) {
  auto [version, mode, from, number, date] =
      *connection.one<std::int64_t, std::string, Instant, std::string, Date>(k_at, at);
  return {.version = version,
          .mode = std::move(mode),
          .from = from,
          .act_number = std::move(number),
          .act_date = date};
}

std::vector<LegalModeRow> legal_modes(Connection& connection, int limit) {
  std::vector<LegalModeRow> rows;
  for (auto& [version, mode, from, number, date, superseded, reason, proposer, confirmer, proposed,
              confirmed] :
       connection.query<std::int64_t, std::string, Instant, std::string, Date, bool, std::string,
                        std::string, std::string, Instant, Instant>(k_all, limit))
    rows.push_back({.mode = {.version = version,
                             .mode = std::move(mode),
                             .from = from,
                             .act_number = std::move(number),
                             .act_date = date},
                    .superseded = superseded,
                    .reason = std::move(reason),
                    .proposer = std::move(proposer),
                    .confirmer = std::move(confirmer),
                    .proposed = proposed,
                    .confirmed = confirmed});
  return rows;
}

std::optional<std::int64_t> propose_legal_mode(Connection& connection,
                                               LegalModeProposal const& proposal) {
  auto const row =
      connection.one<std::int64_t>(k_propose, proposal.mode, proposal.from, proposal.act_number,
                                   proposal.act_date, proposal.reason, proposal.proposed_by);
  return row ? std::optional{std::get<0>(*row)} : std::nullopt;
}

std::optional<LegalModeProposal> open_legal_mode_proposal(Connection& connection) {
  auto row = connection.one<std::int64_t, std::string, std::optional<Instant>, std::string, Date,
                            std::string, UserId, std::string, Instant>(k_open);
  if (!row) return std::nullopt;
  auto& [id, mode, from, number, date, reason, by, name, at] = *row;
  return LegalModeProposal{.id = id,
                           .mode = std::move(mode),
                           .from = from,
                           .act_number = std::move(number),
                           .act_date = date,
                           .reason = std::move(reason),
                           .proposed_by = by,
                           .proposer = std::move(name),
                           .proposed = at};
}

std::optional<LegalMode> confirm_legal_mode(Connection& connection, std::int64_t id, UserId by) {
  connection.script(k_lock);
  auto row =
      connection.one<std::int64_t, std::string, Instant, std::string, Date>(k_confirm, id, by);
  if (!row) return std::nullopt;
  auto& [version, mode, from, number, date] = *row;
  return LegalMode{.version = version,
                   .mode = std::move(mode),
                   .from = from,
                   .act_number = std::move(number),
                   .act_date = date};
}

bool reject_legal_mode(Connection& connection, std::int64_t id, UserId by) {
  return connection.execute(k_reject, id, by) == 1;
}

}  // namespace qyzmet::db
