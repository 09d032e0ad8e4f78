// The transparency log over a real database: appended to by several at once and through crashes,
// and a thousand ways in which somebody with all rights in the database changes what has happened.
#include "services/casework/ledger.hpp"

#include <array>
#include <random>
#include <thread>

#include "db/verify.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/ledger_check.hpp"
#include "tests/db/support.hpp"
#include "tests/services/remade_log.hpp"
#include "tests/support/law.hpp"
#include "tests/support/repeated.hpp"

namespace qyzmet::casework::tests {
namespace {

using db::tests::value_of;

std::string const& key_of_log() {
  static auto const pem = ledger::make_note_key();
  return pem;
}
Ledger fresh_process() {
  return Ledger{
      *ledger::NoteSigner::open("portal.example/log", ledger::KeyUse::note, key_of_log())};
}

class LedgerTest : public db::tests::DatabaseTest {
 public:
  void SetUp() override { stage = scene(); }

  CaseId open_case(int steps) {
    auto const id = started(stage, person(++people));
    for (int i = 0; i < steps; ++i) step(id, connection);
    return id;
  }
  void step(CaseId id, db::Connection& session) {
    EXPECT_TRUE(std::holds_alternative<db::Written>(write_step(session, step_row(id))));
  }
  int append_all(Ledger& log) {
    int all = 0;
    while (int const count = log.append(connection)) all += count;
    return all;
  }
  ledger::Head head() {
    auto const signed_head =
        ledger::open_checkpoint(db::log_head(connection).note, fresh_process().signer().key());
    EXPECT_TRUE(signed_head);
    return signed_head ? signed_head->head : ledger::Head{};
  }
  std::vector<db::Fault> faults(std::optional<ledger::Head> const& witnessed) {
    auto found = check_log(connection, fresh_process().signer().key(), witnessed).faults;
    if (found.empty()) found = db::verify_history(connection).faults;
    return found;
  }
  void expect_sound(std::optional<ledger::Head> const& witnessed) {
    for (auto const& fault :
         check_log(connection, fresh_process().signer().key(), witnessed).faults)
      ADD_FAILURE() << fault.check << ": " << fault.detail;
    for (auto const& fault : db::verify_history(connection).faults)
      ADD_FAILURE() << fault.check << ": " << fault.detail;
  }

  db::tests::Scene stage;
  int people = 0;
};

TEST_F(LedgerTest, EveryEventIsProvenByTheCheckpoint) {
  auto log = fresh_process();
  EXPECT_EQ(log.append(connection), 0) << "nothing has happened";
  expect_sound({});
  std::vector<CaseId> cases;
  for (int i = 0; i < 5; ++i) {
    cases.push_back(open_case(i));
    EXPECT_FALSE(prove_step(connection, cases.back(), 1)) << "it waits for the log";
    EXPECT_EQ(append_all(log), i + 1);
  }
  for (int i = 0; i < 5; ++i)
    for (int seq = 1; seq <= i + 1; ++seq) {
      auto const proof = prove_step(connection, cases[std::size_t(i)], seq);
      ASSERT_TRUE(proof);
      EXPECT_EQ(verify_proof(*proof, log.signer().key()).fault, ledger::ProofFault::none);
      EXPECT_TRUE(proof->record.contains("\"step\":" + std::to_string(seq))) << proof->record;
    }
  expect_sound(head());
}

TEST_F(LedgerTest, TheProofOfAnEventStaysWhatItWasWhenItWasLogged) {
  auto log = fresh_process();
  std::vector<CaseId> cases;
  std::vector<ledger::Proof> proofs;
  for (int i = 0; i < 40; ++i) {
    cases.push_back(open_case(i % 3));
    EXPECT_FALSE(log.prove_as_logged(connection, cases.back(), 1)) << "it waits for the log";
    append_all(log);
    proofs.push_back(log.prove_as_logged(connection, cases.back(), 1).value());
    auto const verdict = verify_proof(proofs.back(), log.signer().key());
    EXPECT_EQ(verdict.fault, ledger::ProofFault::none);
    EXPECT_EQ(verdict.checkpoint.head.size, proofs.back().index + 1);
  }
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_EQ(fresh_process().prove_as_logged(connection, cases[i], 1), proofs[i]);
  connection.script(
      "set session_replication_role = replica;"
      "update log_tile set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40))");
  EXPECT_THROW(log.prove_as_logged(connection, cases[1], 1), LogBroken)
      << "no tree is signed that the signed one does not continue";
}

TEST_F(LedgerTest, TheOrderIsFixedOnceForManyProcesses) {
  auto const id = open_case(0);
  std::atomic<bool> writing{true};
  std::atomic<int> logged{0};
  std::vector<std::jthread> processes;
  for (int i = 0; i < 3; ++i)
    processes.emplace_back([&] {
      db::Connection session{dsn, db::tests::vault()};
      auto log = fresh_process();
      for (bool last = false; !last;) {
        last = !writing;
        while (int const count = log.append(session)) logged += count;
      }
    });
  for (int i = 0; i < 150; ++i) step(id, connection);
  writing = false;
  processes.clear();
  auto log = fresh_process();
  logged += append_all(log);
  EXPECT_EQ(logged, 151);
  EXPECT_EQ(head().size, 151U);
  expect_sound(head());
}

TEST_F(LedgerTest, AnEventThatIsCommittedLateIsLoggedToo) {
  auto const slow_case = open_case(0), quick_case = open_case(0);
  auto log = fresh_process();
  EXPECT_EQ(append_all(log), 2);
  db::Connection slow{dsn, db::tests::vault()};
  slow.script("begin");
  step(slow_case, slow);
  for (int i = 0; i < 3; ++i) {
    step(quick_case, connection);
    EXPECT_EQ(append_all(log), 1);
  }
  slow.script("commit");
  EXPECT_EQ(append_all(log), 1);
  expect_sound(head());
}

TEST_F(LedgerTest, ACrashLeavesAllOrNothing) {
  auto log = fresh_process();
  open_case(3);
  for (auto const* point : {"log_before_append", "log_before_commit"}) {
    set_failpoints(std::string{point} + "=throw");
    EXPECT_THROW(log.append(connection), FailpointThrown);
    set_failpoints("");
    EXPECT_EQ(db::log_head(connection).size, 0);
    EXPECT_EQ(count("log_leaf") + count("log_tile"), 0);
  }
  EXPECT_EQ(append_all(log), 4);
  expect_sound(head());
}

TEST_F(LedgerTest, NothingOfTheLogIsChangedByAccident) {
  auto log = fresh_process();
  open_case(3);
  append_all(log);
  for (auto const* sql :
       {"update log_leaf set entry = entry", "delete from log_leaf", "truncate log_leaf cascade",
        "update log_tile set hashes = substr(hashes, 1, 32)", "delete from log_tile",
        "update log_head set size = 1", "delete from log_head",
        "insert into log_head (single) values (false)",
        "insert into log_leaf values (99, 1, 1, decode(repeat('00', 32), 'hex'))"})
    EXPECT_THROW(connection.script(sql), db::Conflict) << sql;
}

TEST_F(LedgerTest, ARunningServerNeverSignsAShorterOrAnotherLog) {
  auto log = fresh_process();
  auto const id = open_case(2);
  append_all(log);
  auto const before = db::log_head(connection);
  step(id, connection);
  append_all(log);
  EXPECT_EQ(log.append(connection), 0);
  connection.script("set session_replication_role = replica; delete from log_leaf where index = 3");
  connection.script("update log_tile set hashes = substr(hashes, 1, 96)");
  connection.script("update log_head set size = 3, note = '" + before.note + "'");
  EXPECT_THROW(log.append(connection), LogBroken);
  auto restarted = fresh_process();
  EXPECT_EQ(restarted.append(connection), 1) << "without memory it cannot know";
  connection.script(
      "update log_tile set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40))");
  EXPECT_THROW(restarted.append(connection), LogBroken);
  auto stranger = Ledger{*ledger::NoteSigner::open("portal.example/log", ledger::KeyUse::note,
                                                   ledger::make_note_key())};
  EXPECT_THROW(stranger.append(connection), LogBroken);
}

// --- A thousand tamperings.

/// The first two cannot be seen without somebody who remembers.
enum class Tampering : std::uint8_t {
  cut_off,    // the newest cases and their log are gone, the head is an old one
  rebuilt,    // an event is changed, and the log is made anew and signed by the unsuspecting server
  column,     // another value in an event
  bytes,      // a bit of what is sealed or hashed
  deleted,    // an event
  inserted,   // an event
  swapped,    // two events of a case
  reordered,  // two leaves
  dropped,    // a leaf
  entry,      // a bit of a leaf
  tile,       // a bit of a tile
  tile_gone,
  note,      // the head
  number,    // of a case
  document,  // another one in its place
  last
};

class Tamperer {
 public:
  Tamperer(db::Connection& connection, std::mt19937_64& random)
      : connection_{connection}, random_{random} {}

  void keep_backup() {
    kept_ = db::log_head(connection_);
    connection_.script("create table kept_tile as select * from log_tile");
  }

  void act(Tampering kind) {
    switch (kind) {
      case Tampering::cut_off:
        return cut_off();
      case Tampering::rebuilt:
        return rebuild();
      case Tampering::column:
        return run("update event set " +
                   any({"kind = kind || 'x'", "actor = actor || '1'", "role = 'head'",
                        "at = at - interval '1 microsecond'",
                        "recorded_at = recorded_at - interval '1 day'"}) +
                   " where " + some_event());
      case Tampering::bytes: {
        auto const name = any({"body_sealed", "facts_sealed", "salt", "hash"});
        return run("update event set " + name + " = set_byte(" + name + ", length(" + name +
                   ") - 1, get_byte(" + name + ", length(" + name + ") - 1) # " + bit() +
                   ") where " + some_event());
      }
      case Tampering::deleted:
        return run("delete from event where " + some_event());
      case Tampering::inserted:
        return run(
            "insert into event select case_id, 1000, at, recorded_at, kind, actor, role, "
            "body_sealed, facts_sealed, salt, hash from event where " +
            some_event());
      case Tampering::swapped:
        return run(
            "update event e set body_sealed = o.body_sealed, hash = o.hash, "
            "salt = o.salt from event o where o.case_id = e.case_id and "
            "o.seq = 5 - e.seq and e.seq in (2, 3) and e.case_id = " +
            some_case());
      case Tampering::reordered:
        return run(
            "update log_leaf l set entry = o.entry from log_leaf o where "
            "(l.index, o.index) in " +
            two_leaves());
      default:
        return act_on_log(kind);
    }
  }

 private:
  void act_on_log(Tampering kind) {
    switch (kind) {
      case Tampering::dropped:
        return run("delete from log_leaf where index = " + some_leaf());
      case Tampering::entry:
        return run("update log_leaf set entry = set_byte(entry, 5, get_byte(entry, 5) # " + bit() +
                   ") where index = " + some_leaf());
      case Tampering::tile:
        return run("update log_tile set hashes = set_byte(hashes, 7, get_byte(hashes, 7) # " +
                   bit() + ") where (level, index) = " + some_tile());
      case Tampering::tile_gone:
        return run("delete from log_tile where (level, index) = " + some_tile());
      case Tampering::note:
        return run("update log_head set " +
                   any({"note = replace(note, 'portal', 'postal')", "size = size - 1", "note = ''",
                        "note = overlay(note placing '*' from length(note) - 20)"}));
      case Tampering::number:
        return run("update cases set number = number || '0' where id = " + some_case());
      default:
        return run(
            "update case_document set sha256 = repeat('e', 64), code = 'other' where "
            "case_id = (select min(case_id) from case_document)");
    }
  }

  /// The newest cases go, and with them all that they left in the log.
  void cut_off() {
    auto const size = std::to_string(kept_.size);
    run("create temp table gone on commit drop as select distinct case_id from log_leaf "
        "where index >= " +
        size);
    for (auto const* table : {"event", "timer", "outbox", "case_document"})
      run(std::string{"delete from "} + table + " where case_id in (select case_id from gone)");
    run("delete from cases where id in (select case_id from gone)");
    run("delete from log_leaf where index >= " + size);
    run("delete from log_tile");
    run("insert into log_tile select * from kept_tile");
    run("update log_head set size = " + size + ", note = '" + kept_.note + "'");
  }

  void rebuild() {
    run("update event set recorded_at = recorded_at - interval '1 day' where " + some_event());
    qyzmet::tests::remake_log(connection_, fresh_process().signer());
  }

  void run(std::string const& sql) { connection_.script(sql); }
  std::string any(std::vector<std::string> const& words) { return words[random_() % words.size()]; }
  std::string number(std::uint64_t below) { return std::to_string(random_() % below); }
  std::string bit() { return std::to_string(1 << random_() % 8); }
  std::string some(std::string const& what, std::string const& from) {
    auto const count = value_of<std::int64_t>(connection_, "select count(*) from " + from);
    return "(select " + what + " from " + from + " order by 1, 2 offset " +
           number(std::uint64_t(count)) + " limit 1)";
  }
  std::string some_event() { return "(case_id, seq) = " + some("case_id, seq", "log_leaf"); }
  std::string some_tile() { return some("level, index", "log_tile"); }
  std::string some_leaf() { return number(std::uint64_t(db::log_head(connection_).size)); }
  /// One of those with more than two events.
  std::string some_case() {
    return "(select case_id from log_leaf where seq = 3 order by case_id offset " + number(10) +
           " limit 1)";
  }
  std::string two_leaves() {
    auto const size = std::uint64_t(db::log_head(connection_).size);
    auto const a = random_() % size;
    auto const b = (a + 1 + random_() % (size - 1)) % size;
    auto const text = [](auto x, auto y) {
      return "(" + std::to_string(x) + ", " + std::to_string(y) + ")";
    };
    return "(" + text(a, b) + ", " + text(b, a) + ")";
  }

  db::Connection& connection_;
  std::mt19937_64& random_;
  db::LogHead kept_;
};

TEST_F(LedgerTest, AThousandTamperingsAreFoundAgainstTheLastWitnessedCheckpoint) {
  std::mt19937_64 random{20261128};
  Tamperer superuser{connection, random};
  auto log = fresh_process();
  for (int i = 0; i < 10; ++i) open_case(28);
  connection.script(
      "set session_replication_role = replica;"
      "insert into case_document select id, 1, 'application', repeat('d', 64), 'a.xml', 'in', "
      "clock_timestamp() from cases; set session_replication_role = origin");
  append_all(log);
  superuser.keep_backup();
  open_case(3);
  append_all(log);
  auto const witnessed = head();
  open_case(1);
  append_all(log);
  step(open_case(0), connection);  // not in the log yet
  expect_sound(witnessed);

  constexpr auto k_kinds = std::uint64_t(Tampering::last);
  std::array<int, k_kinds> tried{}, alone{};
  for (int i = 0; i < repeated(1000); ++i) {
    auto const kind = random() % k_kinds;
    connection.script("begin; set local session_replication_role = replica");
    superuser.act(Tampering(kind));
    ++tried[kind];
    LAW("INV-29");
    LAW("INV-31");
    EXPECT_FALSE(faults(witnessed).empty()) << "tampering " << i << " of kind " << kind;
    alone[kind] += faults({}).empty() ? 0 : 1;
    connection.script("rollback");
  }
  for (std::uint64_t kind = 0; kind < k_kinds; ++kind) {
    EXPECT_GT(tried[kind], repeated(30));
    bool const unseen = kind <= std::uint64_t(Tampering::rebuilt);
    EXPECT_EQ(alone[kind], unseen ? 0 : tried[kind])
        << "without a witness exactly two kinds stay hidden; kind " << kind;
  }
  expect_sound(witnessed);
  expect_sound({});
}

}  // namespace
}  // namespace qyzmet::casework::tests
