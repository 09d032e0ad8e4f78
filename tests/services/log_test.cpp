// The transparency log as strangers use it, against a real server: its public files, a second
// organisation that watches it, whoever checks the database, whoever holds a proof.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "db/ledger.hpp"
#include "db/worklists.hpp"
#include "services/casework/ledger.hpp"
#include "services/platform/file.hpp"
#include "services/work/workers.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/stamp.hpp"
#include "signing/ledger/text.hpp"
#include "signing/ledger/tiles.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/command.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

void write_file(fs::path const& path, std::string const& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

class LogSite : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    static int suites = 0;
    begin("log_site_" + std::to_string(++suites));
    place_ = make_place(rig());
    rig().set_clock(start_of(*parse_date("2026-12-10")) + std::chrono::hours{10});
    apply("arman");
    log();
  }

  static fs::path folder() { return fs::path{rig().config_file()}.parent_path(); }
  static ledger::NoteKey key() { return rig().site().ledger.signer().key(); }

  static void apply(std::string const& person) {
    auto const guest = invite_signer(rig(), person);
    auto const signing = fill_in(rig(), guest, place_);
    application_ = signing.xml;
    EXPECT_EQ(send_signature(rig(), guest, signing, rig().sign(person, signing.xml)).status, 303);
  }
  static void log() {
    while (rig().wait(work::append_log(rig().world())) > 0) {
    }
  }
  static CaseId case_of(std::string const& person) {
    db::ListFilter filter;
    filter.person = invite_signer(rig(), person).person;
    filter.open_only = false;
    filter.limit = 1;
    return rig().in_database([&](db::Connection& connection) {
      return db::list_cases(connection, filter).rows.at(0).id;
    });
  }
  static ledger::Proof proof_of(std::string const& person) {
    return rig().in_database([id = case_of(person)](db::Connection& connection) {
      return casework::prove_step(connection, id, 1).value();
    });
  }

  static Answer command(int (*run)(cli::Arguments), std::vector<std::string> words) {
    std::vector<std::string_view> const views{words.begin(), words.end()};
    return tests::run(run, views);
  }
  static Answer check(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", rig().config_file()});
    return command(cli::run_log_check, std::move(words));
  }
  static Answer witness(std::string const& state) {
    return command(
        cli::run_log_witness,
        {"--url", "http://" + rig().host(), "--log-key", to_text(key()), "--state", state, "--name",
         "archive.example", "--key-file", (folder() / "witness.key").string()});
  }
  static Answer verify(std::vector<std::string> words) {
    return command(cli::run_receipt_verify, std::move(words));
  }
  static boost::json::object json(Answer const& answer) {
    boost::json::error_code error;
    auto out = boost::json::parse(answer.out, error);
    EXPECT_FALSE(error) << answer.out << answer.error;
    return error ? boost::json::object{} : out.as_object();
  }
  static void as_superuser(std::string const& sql) {
    rig().in_database([&](db::Connection& connection) {
      connection.script("begin; set local session_replication_role = replica;" + sql + ";commit");
    });
  }

  static inline Place place_;
  static inline std::string application_;  // of who applied last
};

TEST_F(LogSite, gives_checkpoint_and_tiles_to_everybody) {
  auto const note = rig().get({}, "/checkpoint");
  ASSERT_EQ(note.status, 200);
  auto const checkpoint = ledger::open_checkpoint(note.body, key());
  ASSERT_TRUE(checkpoint) << note.body;
  auto const size = checkpoint->head.size;
  ASSERT_GE(size, 1U);
  ledger::Tiles tiles;
  ledger::Range const all{.begin = 0, .end = size};
  for (auto const& id : ledger::tiles_of(std::vector{all})) {
    auto const path = ledger::to_text(ledger::TilePath{.id = id, .width = tile_width(id, size)});
    auto const tile = rig().get({}, "/tile/" + path);
    ASSERT_EQ(tile.status, 200) << path;
    tiles[id] = tile.body;
  }
  EXPECT_EQ(ledger::hash_of(all, tiles), checkpoint->head.root);

  auto const entries = rig().get({}, "/tile/entries/000.p/" + std::to_string(size));
  ASSERT_EQ(entries.status, 200);
  EXPECT_EQ(entries.body.substr(0, 2), std::string("\0\x20", 2)) << "32 bytes, and then 32 bytes";
  EXPECT_EQ(ledger::bytes_of(ledger::leaf_hash(entries.body.substr(2, 32))),
            tiles.at({.level = 0, .index = 0}).substr(0, 32));

  for (auto const* absent : {"/tile/0/001", "/tile/0/000", "/tile/7/000", "/tile/0/000.p/0",
                             "/tile/0/000.p/256", "/tile/0/0", "/tile/entries/000", "/tile/x/000"})
    EXPECT_EQ(rig().get({}, absent).status, 404) << absent;
}

TEST_F(LogSite, proofs_are_judged_offline) {
  auto const proof = proof_of("arman");
  auto const file = folder() / "event.tlog-proof";
  write_file(file, ledger::to_text(proof));
  auto const log_key = to_text(key());
  auto const code = ledger::compact(proof, key()).value();

  for (auto const& source : {std::vector<std::string>{"--file", file.string()}, {code}}) {
    std::vector<std::string> words{"--log-key", log_key};
    words.insert(words.end(), source.begin(), source.end());
    auto const told = verify(words);
    EXPECT_EQ(told.code, 0) << told.out;
    EXPECT_THAT(told.out, HasSubstr(rig().text("en", "receipt.verify.valid.proof")));
    EXPECT_THAT(told.out, HasSubstr("10.12.2026 10:00"));
    words.push_back("--json");
    auto const verdict = json(verify(words));
    EXPECT_TRUE(verdict.at("valid").as_bool());
    EXPECT_EQ(std::string{verdict.at("log").as_string()}, key().name);
    EXPECT_EQ(verdict.at("event").as_object().at("step").as_int64(), 1);
  }
  auto const kazakh = verify({"--log-key", log_key, "--language", "kk", code});
  EXPECT_THAT(kazakh.out, HasSubstr(rig().text("kk", "receipt.verify.valid.proof")));

  auto const received = folder() / "application.xml";
  write_file(received, application_);
  auto const with_file = verify({"--log-key", log_key, "--document", received.string(), code});
  EXPECT_EQ(with_file.code, 0) << with_file.out;
  EXPECT_THAT(with_file.out, HasSubstr(rig().text("en", "receipt.verify.file_named")));
  write_file(received, application_ + " ");
  auto const changed = verify({"--log-key", log_key, "--document", received.string(), code});
  EXPECT_EQ(changed.code, 1);
  EXPECT_THAT(changed.out, HasSubstr(rig().text("en", "receipt.verify.reason.document")));
}

TEST_F(LogSite, proofs_that_were_edited_or_are_of_another_log_are_refused) {
  auto const log_key = to_text(key());
  auto const reason = [&](std::string const& text, std::string const& of_key) {
    auto const file = folder() / "strange.tlog-proof";
    write_file(file, text);
    auto const told = verify({"--log-key", of_key, "--file", file.string()});
    EXPECT_EQ(told.code, 1) << told.out;
    auto const verdict = json(verify({"--log-key", of_key, "--json", "--file", file.string()}));
    EXPECT_FALSE(verdict.at("valid").as_bool());
    std::string const out{verdict.at("reason").as_string()};
    EXPECT_THAT(told.out, HasSubstr(rig().text("en", "receipt.verify.reason." + out)));
    return out;
  };
  auto const proof = proof_of("arman");
  auto edited = proof;
  auto const at = edited.record.find("\"number\":\"77");
  ASSERT_NE(at, std::string::npos) << edited.record;
  edited.record[at + 11] = '9';
  EXPECT_EQ(reason(ledger::to_text(edited), log_key), "inclusion");
  edited = proof;
  auto const size = edited.checkpoint.find('\n') + 1;
  edited.checkpoint.insert(size, "1");
  EXPECT_EQ(reason(ledger::to_text(edited), log_key), "signature");
  EXPECT_EQ(reason(ledger::to_text(proof).substr(30), log_key), "format");

  auto const other =
      *ledger::NoteSigner::open(key().name, ledger::KeyUse::note, ledger::make_note_key());
  EXPECT_EQ(reason(ledger::to_text(proof), to_text(other.key())), "key");
  auto const code = ledger::compact(proof, key()).value();
  EXPECT_EQ(reason(code, to_text(other.key())), "key");
  auto typed = code;
  typed[typed.size() / 2] = typed[typed.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_THAT(reason(typed, log_key), testing::AnyOf("format", "signature", "key"));
}

TEST_F(LogSite, stamps_are_told_in_words) {
  ledger::Stamp const stamp{.service = "77",
                            .document = "place_info",
                            .number = "77-2026-000001",
                            .date = "2026-12-17",
                            .person = "Үлгіұлы Арман",
                            .office = "Есіл бөлімі"};
  auto const log_key = to_text(key());
  auto const code = ledger::make_stamp(stamp, rig().site().ledger.signer());
  auto const told = verify({"--log-key", log_key, "--language", "ru", code});
  EXPECT_EQ(told.code, 0);
  EXPECT_THAT(told.out, HasSubstr("Үлгіұлы Арман"));
  EXPECT_THAT(told.out, HasSubstr(rig().text("ru", "receipt.verify.compare")));
  EXPECT_EQ(verify({"--log-key", log_key, "--language", "de", code}).code, 2);
  auto const paper = folder() / "paper.pdf";
  write_file(paper, "%PDF-");
  auto const asked = verify({"--log-key", log_key, "--document", paper.string(), code});
  EXPECT_EQ(asked.code, 2) << "never told good for a file that it does not name";
  EXPECT_THAT(asked.error, HasSubstr("qyzmet verify"));
}

TEST_F(LogSite, codes_are_judged_as_people_hand_them_on) {
  auto const proof = proof_of("arman");
  auto const code = ledger::compact(proof, key()).value();
  auto const whole = ledger::to_text(proof);
  auto wrapped = "\r\n " + code + "\n";
  for (std::size_t at = 64; at < wrapped.size(); at += 66) wrapped.insert(at, "\r\n");
  auto foreign = whole;
  for (auto at = foreign.find('\n'); at != foreign.npos; at = foreign.find('\n', at + 2))
    foreign.insert(at, "\r");
  auto const code_of = [&](std::string const& bytes) {
    auto const file = folder() / "handed-on";
    write_file(file, bytes);
    return verify({"--log-key", to_text(key()), "--file", file.string()}).code;
  };
  for (auto const& good : {wrapped, foreign, whole.substr(0, whole.size() - 1), whole + "\n",
                           "%PDF-1.5\n<< /Keywords (of others) /Keywords (" + code + ")\n>>"})
    EXPECT_EQ(code_of(good), 0) << good;
  for (auto const& bad :
       {"%PDF-1.5\n<< /Title (" + code + ") >>", std::string{"%PDF-1.5\n<< /Keywords (KZL:"},
        "%PDF-1.5\n<< /Keywords (" + code + "a)", std::string{" \n"}, code + " 0"})
    EXPECT_EQ(code_of(bad), 1) << bad;
}

TEST_F(LogSite, the_verifier_is_one_file_that_asks_nobody) {
  auto const page = rig().get({}, "/verify");
  ASSERT_EQ(page.status, 200);
  auto const between = [&](std::string_view open, std::string_view close) {
    auto const at = page.body.find(open) + open.size();
    return page.body.substr(at, page.body.find(close, at) - at);
  };
  auto const policy = unescaped(between("Content-Security-Policy\" content=\"", "\">"));
  auto const digest = [](std::string const& text) {
    return "'sha256-" + ledger::to_base64(ledger::bytes_of(ledger::sha256(text))) + "'";
  };
  EXPECT_EQ(policy, "default-src 'none'; script-src " + digest(between("<script>", "</script>")) +
                        "; style-src " + digest(between("<style>", "</style>")) +
                        "; base-uri 'none'; form-action 'none'");
  EXPECT_THAT(page.body, HasSubstr(to_text(key())));
  // Where a reader can go on to, who wants to.
  auto const portal = "<main data-portal=\"" + between("<main data-portal=\"", "\">");
  auto alone = page.body;
  alone.erase(alone.find(portal), portal.size());
  for (auto const* outside : {" src=", " href=", "http:", "https:", "url(", "{{"})
    EXPECT_THAT(alone, Not(HasSubstr(outside)));
  auto const texts = boost::json::parse(between("id=\"texts\">", "</script>")).as_object();
  for (std::string const language : {"kk", "ru", "en"}) {
    EXPECT_EQ(std::string{texts.at(language).at("verifier.title").as_string()},
              rig().text(language, "verifier.title"));
    EXPECT_THAT(page.body, HasSubstr("<section lang=\"" + language + "\">\n<h1>" +
                                     rig().text(language, "verifier.title")));
  }
}

TEST_F(LogSite, the_key_is_never_made_by_asking_for_it) {
  auto const told = command(cli::run_log_key, {"--config", rig().config_file()});
  EXPECT_EQ(told.code, 0);
  EXPECT_EQ(told.out, to_text(key()) + "\n");

  auto const vault = folder() / "elsewhere" / "vault.key";
  fs::create_directories(vault.parent_path());
  fs::copy_file(folder() / "vault.key", vault);
  auto const config = folder() / "elsewhere.conf";
  write_file(config, platform::read_file(rig().config_file()) +
                         "log_key_file = " + (vault.parent_path() / "log.key").string() + "\n");
  for (auto* asked : {cli::run_log_key, cli::run_log_check}) {
    auto const answer = command(asked, {"--config", config.string()});
    EXPECT_EQ(answer.code, 1);
    EXPECT_THAT(answer.error, HasSubstr("elsewhere/log.key is missing"));
    EXPECT_THAT(answer.error, HasSubstr("qyzmet serve"));
    EXPECT_EQ(answer.out, "");
  }
  EXPECT_FALSE(fs::exists(vault.parent_path() / "log.key"));
  fs::copy_file(folder() / "log.key", vault.parent_path() / "log.key");
  auto const nameless = command(cli::run_log_key, {"--config", config.string()});
  EXPECT_THAT(nameless.error, HasSubstr("log.key.name is missing"));
  EXPECT_FALSE(fs::exists(vault.parent_path() / "log.key.name"));
  auto const stranger = command(
      cli::run_log_check, {"--config", config.string(), "--log-key", to_text(key()), "--json"});
  EXPECT_EQ(stranger.code, 0) << "the public key is enough: " << stranger.error;
}

/// Each with a server of its own: what a test does to its history is not undone. The witness looks
/// twice, at two sizes of the log; in between a superuser has kept what the log was.
class WitnessedLog : public LogSite {
 protected:
  static void SetUpTestSuite() {}
  static void TearDownTestSuite() {}
  void TearDown() override { LogSite::TearDownTestSuite(); }
  void SetUp() override {
    LogSite::SetUpTestSuite();
    state_ = (folder() / "witness.checkpoint").string();
    auto const first = witness(state_);
    ASSERT_EQ(first.code, 0) << first.error;
    as_superuser(
        "create table kept_tile as select * from log_tile;"
        "create table kept_head as select * from log_head");
    apply("bauyrzhan");
    log();
    auto const second = witness(state_);
    ASSERT_EQ(second.code, 0) << second.error;
    EXPECT_GT(seen(), open_checkpoint(first.out, key())->head.size);
    auto const at = second.error.rfind(": ") + 2;
    witness_key_ = second.error.substr(at, second.error.find('\n', at) - at);
  }

  std::uint64_t seen() const {
    return open_checkpoint(platform::read_file(state_), key())->head.size;
  }
  Answer check_witnessed() const {
    return check({"--witnessed", state_, "--witness-key", witness_key_});
  }
  /// What the witness says to another log than the one it knows; it keeps what it had.
  void expect_refused(std::string const& sentence) const {
    auto const before = platform::read_file(state_);
    auto const told = witness(state_);
    EXPECT_EQ(told.code, 1);
    EXPECT_THAT(told.error, HasSubstr(sentence));
    EXPECT_EQ(told.out, "");
    EXPECT_EQ(platform::read_file(state_), before);
    EXPECT_EQ(platform::read_file(state_ + ".refused"), rig().get({}, "/checkpoint").body)
        << "the evidence, signed by the log itself";
  }
  /// The cases since the kept log are gone, with all that they left in it.
  static void cut_off() {
    std::string sql =
        "create temp table gone on commit drop as select distinct case_id from log_leaf"
        " where index >= (select size from kept_head);";
    for (auto const* table : {"event", "timer", "outbox", "case_document", "idempotency"})
      sql += std::string{"delete from "} + table + " where case_id in (table gone);";
    as_superuser(sql +
                 "delete from cases where id in (table gone);"
                 "delete from log_leaf where index >= (select size from kept_head);"
                 "delete from log_tile; insert into log_tile table kept_tile;"
                 "update log_head set (size, note) = (select size, note from kept_head)");
  }

  std::string state_, witness_key_;
};

TEST_F(WitnessedLog, agrees_with_a_database_that_nobody_touched) {
  auto const cosigner = ledger::parse_note_key(witness_key_);
  ASSERT_TRUE(cosigner) << witness_key_;
  auto const note = ledger::parse_note(platform::read_file(state_));
  ASSERT_TRUE(note);
  EXPECT_TRUE(ledger::verify_note(*note, *cosigner)) << "cosigned";
  EXPECT_EQ(witness(state_).code, 0) << "nothing new, nothing wrong";

  auto const good = check_witnessed();
  EXPECT_EQ(good.code, 0) << good.out << good.error;
  EXPECT_THAT(good.out, HasSubstr("Nothing was changed"));
  EXPECT_THAT(good.out, HasSubstr("has seen " + std::to_string(seen())));
  EXPECT_TRUE(json(check({"--witnessed", state_, "--json"})).at("faults").as_array().empty());
  EXPECT_EQ(check({"--witnessed", state_, "--witness-key", to_text(key())}).code, 2)
      << "nobody is the own witness";
  EXPECT_THAT(check({}).out, HasSubstr("Not compared with a witness"));
}

TEST_F(WitnessedLog, shows_what_a_superuser_changed_or_cut_off) {
  auto const one = " where case_id = " + std::to_string(case_of("arman").value) + " and seq = 1";
  as_superuser("update event set at = at - interval '1 day'" + one);
  auto const edited = check({});
  EXPECT_EQ(edited.code, 1);
  EXPECT_THAT(edited.out, HasSubstr("log_entry (an event is not the one that was logged)"));
  as_superuser("update event set at = at + interval '1 day'" + one);
  EXPECT_EQ(check_witnessed().code, 0);

  cut_off();
  auto const alone = check({});
  EXPECT_EQ(alone.code, 0) << "nobody can know: " << alone.out;
  auto const compared = check_witnessed();
  EXPECT_EQ(compared.code, 1);
  EXPECT_THAT(compared.out, HasSubstr("log_witness"));
  EXPECT_THAT(compared.out, HasSubstr("a witness has seen " + std::to_string(seen()) + " events"));
  expect_refused("the log has lost events");
}

TEST_F(WitnessedLog, shows_another_history_under_the_same_key) {
  cut_off();
  for (auto const* person : {"yermek", "timur", "saule"}) apply(person);
  EXPECT_THROW(log(), casework::LogBroken) << "who has seen the first history never signs another";
  casework::Ledger restarted{
      casework::open_log_signer(platform::load_config(rig().config_file()).value())};
  rig().in_database([&](db::Connection& connection) {
    while (restarted.append(connection) > 0) {
    }
    return 0;
  });
  auto const alone = check({});
  EXPECT_EQ(alone.code, 0) << "nobody can know: " << alone.out;
  EXPECT_GT(json(check({"--json"})).at("logged").as_int64(), std::int64_t(seen()));
  auto const compared = check_witnessed();
  EXPECT_EQ(compared.code, 1);
  EXPECT_THAT(compared.out, HasSubstr("the tree is not the one that a witness has seen"));
  expect_refused("the log is not a continuation of what was seen at");
}

}  // namespace
}  // namespace qyzmet::tests
