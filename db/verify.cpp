#include "db/verify.hpp"

#include <set>

#include "db/cases.hpp"
#include "db/packing.hpp"
#include "engine/value.hpp"

namespace qyzmet::db {

namespace {

constexpr int k_batch = 200;
constexpr std::size_t k_hash_bytes = 32;

Sql const k_cases{"verify_cases",
                  "select id, version, head_hash, state_sealed, ended from cases where id > $1 "
                  "order by id limit $2"};
Sql const k_count{"verify_count", "select count(*) from cases"};
Sql const k_leases{"verify_leases",
                   "select seq from event where case_id = $1 and "
                   "(lease_given is distinct from lease_held or "
                   "(kind = 'result' and lease_given is null) or "
                   "(kind not in ('result', 'resolve') and lease_given is not null)) "
                   "order by seq"};
Sql const k_waits{"verify_waits",
                  "select 'timers', id, due from timer where case_id = $1 "
                  "union all select 'pending', token, null from outbox where case_id = $1 "
                  "and status <> 'cancelled' "
                  "union all select 'incidents', token, null from incident where case_id = $1"};

// Each names what must not exist; nothing here trusts a constraint.
Sql const k_duplicates{
    "verify_duplicates",
    "select 'duplicate_key', min(case_id), scope || ' ' || key from idempotency "
    "group by scope, key having count(*) > 1 "
    "union all select 'duplicate_message', case_id, name from message "
    "group by case_id, name, message_id having count(*) > 1 "
    "union all select 'open_twice', min(id), kind from cases where not ended "
    "group by person_id, kind having count(*) > 1 "
    "union all select 'number_twice', min(id), number from cases "
    "group by number, number_part having count(*) > 1 "
    "union all select 'answer_without_event', i.case_id, i.key from idempotency i "
    "where not exists (select from event e where e.case_id = i.case_id and e.seq = i.version) "
    "union all select 'four_eyes', id, number from cases where executor_id = head_id "
    "union all select 'official', c.id, c.number from cases c where "
    "(executor_id is not null and not exists (select from app_user where id = executor_id)) or "
    "(head_id is not null and not exists (select from app_user where id = head_id)) "
    "union all select 'stray', x.case_id, x.what from (select case_id, 'event' as what from event "
    "union select case_id, 'timer' from timer union select case_id, 'outbox' from outbox "
    "union select case_id, 'message' from message) x "
    "where not exists (select from cases c where c.id = x.case_id) "
    "union all select 'signature_twice', min(case_id), digest from signature "
    "group by digest having count(*) > 1 "
    "union all select 'two_valid_ids', min(case_id), 'military_id' from military_id "
    "where status = 'valid' group by person_id having count(*) > 1"};
Sql const k_read_log{"verify_read_log",
                     "select person_id, seq from (select l.person_id, l.seq, l.hash, "
                     "row_number() over w as number, read_log_hash(coalesce(lag(l.hash) over w, "
                     "decode(repeat('00', 32), 'hex')), l) as wanted from read_log l "
                     "window w as (partition by l.person_id order by l.seq)) x "
                     "where hash <> wanted or seq <> number order by 1, 2"};
Sql const k_act_log{
    "verify_act_log",
    "select seq from (select l.seq, l.hash, row_number() over w as number, "
    "act_log_hash(coalesce(lag(l.hash) over w, decode(repeat('00', 32), 'hex')), l) as wanted "
    "from act_log l window w as (order by l.seq)) x "
    "where hash <> wanted or seq <> number order by 1"};

class Checker {
 public:
  Checker(Connection& connection, Watch const& watch) : connection_{connection}, watch_{watch} {}

  Verdict run() {
    check_cases();
    if (verdict_.complete) check_tables();
    return std::move(verdict_);
  }

 private:
  void check_cases() {
    auto const all = watch_ ? std::get<0>(connection_.query<std::int64_t>(k_count).at(0)) : 0;
    CaseId last;
    for (bool more = true; more;) {
      auto const rows =
          connection_.query<CaseId, std::int64_t, Bytes, Bytes, bool>(k_cases, last, k_batch);
      for (auto const& [id, version, head, state, ended] : rows) {
        last = id;
        check_case(id, version, head, state, ended);
        verdict_.complete = !watch_ || watch_(verdict_.cases, all);
        if (!verdict_.complete) return;
      }
      more = rows.size() == std::size_t(k_batch);
    }
  }

  void check_tables() {
    for (auto const& [check, id, detail] :
         connection_.query<std::string, std::optional<CaseId>, std::string>(k_duplicates))
      fault(check, id.value_or(CaseId{}), detail);
    for (auto const& [person, seq] : connection_.query<PersonId, std::int64_t>(k_read_log))
      fault("read_log", {},
            "person " + std::to_string(person.value) + " entry " + std::to_string(seq));
    for (auto const& [seq] : connection_.query<std::int64_t>(k_act_log))
      fault("act_log", {}, "entry " + std::to_string(seq));
  }

  void fault(std::string check, CaseId id, std::string detail) {
    verdict_.faults.push_back(
        {.check = std::move(check), .case_id = id, .detail = std::move(detail)});
  }

  void check_case(CaseId id, std::int64_t version, Bytes const& head, Bytes const& sealed,
                  bool ended) {
    ++verdict_.cases;
    auto const row = std::to_string(id.value) + "/" + std::to_string(version);
    try {
      auto const state = open_packed(connection_.vault(), sealed,
                                     {.table = "cases", .column = "state", .row = row});
      fired_.clear();
      check_chain(id, version, head);
      check_waits(id, state, ended);
    } catch (SealBroken const& broken) {
      fault("seal", id, broken.what());
    }
    for (auto const& [seq] : connection_.query<std::int64_t>(k_leases, id))
      fault("lease", id, "step " + std::to_string(seq));
  }

  /// Sequence, times and hashes of one case.
  void check_chain(CaseId id, std::int64_t version, Bytes const& head) {
    auto const entries = history(connection_, id);
    verdict_.events += std::int64_t(entries.size());
    std::string hash(k_hash_bytes, '\0');
    std::int64_t seq = 0;
    Instant last = Instant::min();
    for (auto const& entry : entries) {
      if (entry.seq != ++seq) return fault("gap", id, "after " + std::to_string(seq - 1));
      if (entry.at < last) fault("time", id, "step " + std::to_string(seq));
      last = entry.at;
      hash = chain_hash(hash, id, seq, entry.event, entry.facts, entry.salt);
      if (to_hex(hash) != entry.hash) return fault("chain", id, "step " + std::to_string(seq));
      if ((entry.kind == "start") != (seq == 1)) fault("start", id, "step " + std::to_string(seq));
      check_timers(id, entry);
    }
    if (seq != version) fault("version", id, std::to_string(seq) + " events");
    if (hash != head.value) fault("head", id, "the last hash is not the head");
  }

  /// An armed timer has a number of its own and fires once, when it is due or later.
  void check_timers(CaseId id, HistoryEntry const& entry) {
    auto const step = "step " + std::to_string(entry.seq);
    auto const parsed = engine::from_json(entry.facts);
    auto const* facts = parsed ? parsed->as<engine::List>() : nullptr;
    if (facts == nullptr) return fault("facts", id, step);
    for (auto const& each : *facts) {
      auto const* fact = each.as<engine::Context>();
      if (fact == nullptr) return fault("facts", id, step);
      if (engine::text_at(*fact, "kind") != "timer_fired") continue;
      auto const* number = engine::at_path(*fact, "data.timer").as<engine::Decimal>();
      auto const* due = engine::at_path(*fact, "data.due").as<Instant>();
      auto const* at = engine::at_path(*fact, "at").as<Instant>();
      if (number == nullptr || due == nullptr || at == nullptr) return fault("facts", id, step);
      ++verdict_.timers;
      if (!fired_.insert(number->text()).second)
        fault("timer_twice", id, "timer " + number->text() + ", " + step);
      if (*at < *due) fault("timer_early", id, "timer " + number->text() + ", " + step);
    }
  }

  /// Rows for the polls are derived: they must say what the state says, and nothing when it ended.
  void check_waits(CaseId id, std::string const& state_json, bool ended) {
    using Wait = std::pair<std::string, std::pair<std::int64_t, std::optional<Instant>>>;
    std::set<Wait> wanted, found;
    for (auto const& [table, number, due] :
         connection_.query<std::string, std::int64_t, std::optional<Instant>>(k_waits, id))
      found.insert({table, {number, due}});
    auto const state = engine::from_json(state_json);
    auto const* fields = state ? state->as<engine::Context>() : nullptr;
    if (fields == nullptr) return fault("state", id, "no JSON object");
    for (auto const* table : {"timers", "pending", "incidents"}) {
      auto const* rows = engine::at_path(*fields, table).as<engine::List>();
      if (rows == nullptr) return fault("state", id, std::string{"without "} + table);
      if (ended && table == std::string_view{"incidents"}) continue;  // nobody can mend them
      if (ended && !rows->empty()) fault("waits", id, std::string{"an ended case has "} + table);
      for (auto const& row : *rows) {
        auto const& cells = *row.as<engine::List>();
        auto const* due = cells.back().as<Instant>();
        bool const timer = std::string_view{table} == "timers";
        if (timer && fired_.contains(engine::to_json(cells.front())))
          fault("timer_twice", id, "a timer that fired is armed");
        wanted.insert({table,
                       {std::stoll(engine::to_json(cells.front())),
                        timer && due ? std::optional{*due} : std::nullopt}});
      }
    }
    auto const* errands = engine::at_path(*fields, "errands").as<engine::List>();
    for (auto const& row : errands == nullptr ? engine::List{} : *errands)
      wanted.insert({"pending",
                     {std::stoll(engine::to_json(row.as<engine::List>()->front())), std::nullopt}});
    if (wanted != found) fault("waits", id, "timers, outbox or incidents differ from the state");
    auto const* tasks = engine::at_path(*fields, "tasks").as<engine::List>();
    if (tasks == nullptr) return fault("state", id, "without tasks");
    if (ended && !tasks->empty()) fault("waits", id, "an ended case waits for something");
  }

  Connection& connection_;
  Watch const& watch_;
  Verdict verdict_;
  std::set<std::string> fired_;  // timers of the case that is read
};

}  // namespace

Verdict verify_history(Connection& connection, Watch const& watch) {
  return Checker{connection, watch}.run();
}

}  // namespace qyzmet::db
