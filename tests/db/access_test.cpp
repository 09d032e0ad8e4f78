#include <algorithm>
#include <thread>

#include "db/audit.hpp"
#include "db/clock.hpp"
#include "db/definitions.hpp"
#include "db/documents.hpp"
#include "db/drafts.hpp"
#include "db/sessions.hpp"
#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {

using namespace std::chrono_literals;

class AccessTest : public DatabaseTest {
 public:
  std::string document(char fill) {
    std::string const hash(64, fill);
    store_document(connection, {.sha256 = hash,
                                .media_type = "application/pdf",
                                .size = 3,
                                .content = "pdf",
                                .path = "",
                                .verdict = "made_here"});
    return hash;
  }
};

TEST_F(AccessTest, APersonIsOneByIinAndKeepsContactsThatAreNotReplaced) {
  auto const id = person(7);
  EXPECT_EQ(person(7), id);
  EXPECT_EQ(ensure_person(connection, {.id = {},
                                       .iin = "900101100007",
                                       .name = "Other",
                                       .phone = "",
                                       .email = "a@b.kz",
                                       .address = "",
                                       .language = "ru"}),
            id);
  auto const found = find_person_by_iin(connection, "900101100007");
  EXPECT_EQ(found->phone, "+7701100007");
  EXPECT_EQ(found->email, "a@b.kz");
  EXPECT_EQ(found->name, "Person 100007");
  EXPECT_FALSE(find_person_by_iin(connection, "900101999999"));
}

TEST_F(AccessTest, RolesAreGrantedOnceAndRevoked) {
  auto const stage = scene();
  Grant const role{.role = "executor", .office = stage.office, .branch = {}};
  grant(connection, stage.executor, role, std::nullopt);
  grant(connection, stage.executor, role, std::nullopt);
  EXPECT_EQ(find_user(connection, stage.executor)->grants, std::vector{role});
  EXPECT_EQ(users_with_role(connection, "executor", stage.office).at(0).id, stage.executor);
  EXPECT_EQ(staff(connection, {.limit = 10}).size(), 1u);
  EXPECT_THROW(grant(connection, stage.executor, {.role = "head", .office = {}, .branch = {}}, {}),
               Conflict);
  set_user(connection, stage.executor, false, "", "");
  EXPECT_TRUE(users_with_role(connection, "executor", stage.office).empty());
  EXPECT_TRUE(revoke(connection, stage.executor, role));
  EXPECT_FALSE(revoke(connection, stage.executor, role));
}

StandIn stand_in(Scene const& stage, Date from, Date until) {
  return {.id = 0,
          .absent = stage.head,
          .deputy = stage.executor,
          .office = stage.office,
          .from = from,
          .until = until,
          .basis = "Order 12",
          .position_kk = "бөлім бастығының м.а.",
          .position_ru = "и. о. начальника отдела",
          .appointed_by = {},
          .absent_name = {},
          .deputy_name = {}};
}

TEST_F(AccessTest, AStandInIsARecordedAppointmentForSomeDays) {
  auto const stage = scene();
  auto const monday = *parse_date("2026-11-23"), friday = *parse_date("2026-11-27");
  auto const row = stand_in(stage, monday, friday);
  auto const id = appoint_stand_in(connection, row);
  EXPECT_EQ(stand_ins(connection, stage.office, friday).size(), 1u);
  EXPECT_TRUE(stand_ins(connection, stage.office, *parse_date("2026-11-28")).empty());
  EXPECT_THROW(appoint_stand_in(connection, row), Conflict) << "one stand-in a day";
  EXPECT_FALSE(withdraw_stand_in(connection, id, *parse_date("2026-11-28"), {})) << "over";
  EXPECT_TRUE(withdraw_stand_in(connection, id, friday, stage.head));
  EXPECT_FALSE(withdraw_stand_in(connection, id, friday, stage.head)) << "once";
  EXPECT_TRUE(stand_ins(connection, stage.office, friday).empty());
  appoint_stand_in(connection, row);  // the days are free again
  auto const recorded = recorded_stand_ins(connection, 10);
  ASSERT_EQ(recorded.size(), 2u) << "the withdrawn one stays on record";
  EXPECT_TRUE(recorded.back().withdrawn);
  EXPECT_EQ(recorded.front().position_ru, "и. о. начальника отдела");
  EXPECT_EQ(recorded.front().deputy_name, find_user(connection, stage.executor)->name);
}

TEST_F(AccessTest, ADeputyHasTheRoleOfTheHeadOnTheDaysOfTheAppointmentOnly) {
  auto const stage = scene();
  auto const today = legal_date(read_clock(connection));
  Grant const head{.role = "head", .office = stage.office, .branch = {}};
  auto const may_sign = [&] {
    auto const grants = find_user(connection, stage.executor)->grants;
    return std::ranges::count(grants, head) == 1;
  };
  auto const days = [](int n) { return std::chrono::days{n}; };
  appoint_stand_in(connection, stand_in(stage, today + days(1), today + days(3)));
  EXPECT_FALSE(may_sign()) << "from tomorrow on";
  auto const id = appoint_stand_in(connection, stand_in(stage, today, today));
  EXPECT_TRUE(may_sign());
  create_session(
      connection,
      {.token = "deputy", .user = stage.executor, .method = "eds", .csrf = "c", .client = ""});
  auto const session = find_session(connection, "deputy");
  EXPECT_EQ(std::ranges::count(session->user.grants, head), 1) << "and at once in open sessions";
  EXPECT_TRUE(users_with_role(connection, "head", stage.office).empty())
      << "the register of roles stays as it is";
  withdraw_stand_in(connection, id, today, {});
  EXPECT_FALSE(may_sign());
  appoint_stand_in(connection, stand_in(stage, today, today));
  grant(connection, stage.executor, head, std::nullopt);
  EXPECT_TRUE(may_sign()) << "not twice";
}

TEST_F(AccessTest, APersonHasOneValidMilitaryIdAndNumbersAreUnique) {
  auto const a = person(1), b = person(2);
  auto const entry = [](PersonId who, char const* number) {
    return MilitaryId{.id = 0,
                      .person = who,
                      .series = "AA",
                      .number = number,
                      .status = IdStatus::valid,
                      .case_id = {},
                      .issued = *parse_date("2026-11-23")};
  };
  auto const first = register_military_id(connection, entry(a, "0000001"));
  LAW("INV-15");
  EXPECT_THROW(register_military_id(connection, entry(a, "0000002")), Conflict);
  EXPECT_THROW(register_military_id(connection, entry(b, "0000001")), Conflict);
  EXPECT_TRUE(
      close_military_id(connection, first, IdStatus::surrendered, *parse_date("2026-11-24"), {}));
  EXPECT_FALSE(close_military_id(connection, first, IdStatus::lost, *parse_date("2026-11-25"), {}));
  register_military_id(connection, entry(a, "0000002"));
  auto const ids = military_ids(connection, a);
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0].number, "0000002");
  EXPECT_EQ(ids[1].status, IdStatus::surrendered);
}

TEST_F(AccessTest, ASessionEndsByIdlenessByAgeByHandAndWithItsUser) {
  auto const user = ensure_user(connection, person(1));
  auto const session = [&](char const* token, std::chrono::seconds idle,
                           std::chrono::seconds absolute) {
    create_session(connection, {.token = token,
                                .user = user,
                                .method = "eds",
                                .csrf = "c",
                                .client = "127.0.0.1",
                                .idle_max = idle,
                                .absolute_max = absolute});
  };
  session("t1", 60s, 60s);
  session("t2", 0s, 60s);
  session("t3", 60s, 0s);
  auto const found = find_session(connection, "t1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user.person, person(1));
  choose_role(connection, "t1", "head", std::nullopt, std::nullopt);
  EXPECT_EQ(find_session(connection, "t1")->role, "head");
  EXPECT_FALSE(find_session(connection, "t2"));
  EXPECT_FALSE(find_session(connection, "t3"));
  EXPECT_FALSE(find_session(connection, "t4"));
  EXPECT_EQ(value_of<std::int64_t>(
                connection, "select count(*) from web_session where token_hash = 't1'::bytea"),
            0);
  set_user(connection, user, false, "", "");
  EXPECT_FALSE(find_session(connection, "t1"));
  set_user(connection, user, true, "", "");
  end_session(connection, "t1");
  EXPECT_FALSE(find_session(connection, "t1"));
  EXPECT_EQ(sweep_expired(connection), 2);
}

TEST_F(AccessTest, ALookIsOneRoundTripAndMovesTheIdleEndOnceAMinute) {
  auto const user = ensure_user(connection, person(1));
  create_session(connection, {.token = "t",
                              .user = user,
                              .method = "eds",
                              .csrf = "c",
                              .client = "127.0.0.1",
                              .idle_max = 600s,
                              .absolute_max = 6000s});
  auto const idle_s = [&] {
    return value_of<std::int64_t>(connection,
                                  "select extract(epoch from idle_expires - "
                                  "clock_timestamp())::bigint from web_session");
  };
  connection.script("update web_session set idle_expires = idle_expires - interval '50 seconds'");
  auto const sent = connection.statements();
  ASSERT_TRUE(find_session(connection, "t"));
  EXPECT_EQ(connection.statements() - sent, 1);
  EXPECT_LE(idle_s(), 550);
  connection.script("update web_session set seen_at = seen_at - interval '2 minutes'");
  ASSERT_TRUE(find_session(connection, "t"));
  EXPECT_GE(idle_s(), 590);
}

TEST_F(AccessTest, AChallengeIsTakenOnceAndInTime) {
  create_challenge(connection, "a", "text", 60s);
  create_challenge(connection, "b", "text", 0s);
  EXPECT_EQ(take_challenge(connection, "a"), "text");
  EXPECT_FALSE(take_challenge(connection, "a"));
  EXPECT_FALSE(take_challenge(connection, "b"));
}

TEST_F(AccessTest, AOneTimePasswordIsRightOnceForItsContentAndWithinItsTries) {
  auto const make = [&](char const* id, std::chrono::seconds life) {
    create_otp(connection, {.id = id,
                            .code = "123456",
                            .purpose = "application",
                            .bound = "hash",
                            .phone = "+77011234567",
                            .person = person(1),
                            .lifetime = life,
                            .tries_max = 3});
  };
  make("a", 60s);
  auto const check = [&](char const* id, char const* code, char const* bound = "hash") {
    return check_otp(connection, id, code, "application", bound);
  };
  EXPECT_EQ(check("a", "123456", "other").verdict, OtpVerdict::other_content);
  EXPECT_EQ(check("a", "000000").tries_left, 2);
  auto const right = check("a", "123456");
  EXPECT_EQ(right.verdict, OtpVerdict::right);
  EXPECT_EQ(right.phone, "+77011234567");
  EXPECT_EQ(right.person, person(1));
  EXPECT_GE(right.confirmed, right.sent);
  auto const again = check("a", "123456");
  EXPECT_EQ(again.verdict, OtpVerdict::used);
  EXPECT_EQ(again.person, right.person);
  EXPECT_EQ(again.confirmed, right.confirmed);
  auto const guess = check("a", "000000");
  EXPECT_EQ(guess.verdict, OtpVerdict::expired) << "nobody learns that it was used";
  EXPECT_FALSE(guess.person);
  make("b", 60s);
  EXPECT_EQ(check("b", "1").verdict, OtpVerdict::wrong);
  EXPECT_EQ(check("b", "1").verdict, OtpVerdict::wrong);
  EXPECT_EQ(check("b", "1").verdict, OtpVerdict::too_many_tries);
  EXPECT_EQ(check("b", "123456").verdict, OtpVerdict::too_many_tries);
  make("c", 0s);
  EXPECT_EQ(check("c", "123456").verdict, OtpVerdict::expired);
  EXPECT_EQ(check("d", "123456").verdict, OtpVerdict::unknown);
}

TEST_F(AccessTest, ParallelGuessesCountToo) {
  create_otp(connection, {.id = "p",
                          .code = "999999",
                          .purpose = "login",
                          .bound = "",
                          .phone = "",
                          .person = {},
                          .lifetime = 60s,
                          .tries_max = 5});
  std::atomic<int> wrong{0};
  std::vector<std::thread> guessers;
  for (int i = 0; i < 4; ++i)
    guessers.emplace_back([&, i] {
      Connection own{dsn, vault()};
      for (int n = 0; n < 5; ++n) {
        auto const guess = std::to_string(100000 + 5 * i + n);
        wrong += check_otp(own, "p", guess, "login", "").verdict == OtpVerdict::wrong;
      }
    });
  for (auto& guesser : guessers) guesser.join();
  EXPECT_EQ(wrong, 4);
  EXPECT_EQ(check_otp(connection, "p", "999999", "login", "").verdict, OtpVerdict::too_many_tries);
}

TEST_F(AccessTest, ARateLimitAllowsSoManyHitsAWindow) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(hit(connection, "login:1", 60s, 3).allowed);
  auto const refused = hit(connection, "login:1", 60s, 3);
  EXPECT_FALSE(refused.allowed);
  EXPECT_GT(refused.retry_after, 0s);
  EXPECT_LE(refused.retry_after, 60s);
  EXPECT_TRUE(hit(connection, "login:2", 60s, 3).allowed);
  EXPECT_TRUE(hit(connection, "short", 1s, 1).allowed);
  EXPECT_FALSE(hit(connection, "short", 1s, 1).allowed);
  std::this_thread::sleep_for(1100ms);
  EXPECT_TRUE(hit(connection, "short", 1s, 1).allowed);
}

TEST_F(AccessTest, ADraftIsSavedByWhoReadItLast) {
  auto const who = person(1);
  auto const id = random_hex(16);
  create_draft(connection, {.id = id,
                            .person = who,
                            .service = "military_id",
                            .answers = "{\"a\":1}",
                            .nonce = "n",
                            .files = {},
                            .version = 0,
                            .changed = {}});
  auto draft = *load_draft(connection, id, who);
  auto stale = draft;
  draft.answers = "{\"a\":2}";
  EXPECT_TRUE(save_draft(connection, draft));
  EXPECT_FALSE(save_draft(connection, stale));
  EXPECT_FALSE(load_draft(connection, id, person(2)));
  EXPECT_EQ(load_draft(connection, id, who)->answers, "{\"a\":2}");
  EXPECT_EQ(drafts_of(connection, who).size(), 1u);
}

TEST_F(AccessTest, ADraftTakesTenFilesAndEndsWithTheStartOfItsCase) {
  auto const stage = scene();
  auto const id = random_hex(16);
  create_draft(connection, {.id = id,
                            .person = stage.person,
                            .service = "military_id",
                            .answers = "{}",
                            .nonce = "n",
                            .files = {},
                            .version = 0,
                            .changed = {}});
  auto const hash = document('b');
  auto const file = [&](int n) {
    return DraftFile{.code = "c" + std::to_string(n),
                     .sha256 = hash,
                     .name = "a.pdf",
                     .media_type = "application/pdf",
                     .size = 3};
  };
  for (int n = 0; n < 10; ++n) EXPECT_TRUE(add_draft_file(connection, id, stage.person, file(n)));
  EXPECT_FALSE(add_draft_file(connection, id, stage.person, file(10)));
  EXPECT_TRUE(remove_draft_file(connection, id, stage.person, "c0", hash));
  EXPECT_EQ(load_draft(connection, id, stage.person)->files.size(), 9u);
  auto row = start_row(stage, stage.person);
  row.draft = id;
  row.documents = {{.code = "penalty", .sha256 = hash, .name = "a.pdf", .direction = "in"}};
  auto const started = std::get<Started>(start_case(connection, row));
  EXPECT_FALSE(load_draft(connection, id, stage.person));
  EXPECT_EQ(case_documents(connection, started.id).at(0).media_type, "application/pdf");
  EXPECT_TRUE(sweep_documents(connection, 0).empty());
  EXPECT_TRUE(find_document(connection, hash));
}

TEST_F(AccessTest, DocumentsAreStoredByContentAndSweptWhenNobodyNamesThem) {
  auto const hash = document('c');
  document('c');
  EXPECT_EQ(find_document(connection, hash)->content, "pdf");
  store_document(connection, {.sha256 = std::string(64, 'd'),
                              .media_type = "image/png",
                              .size = 5,
                              .content = "",
                              .path = "ab/cd",
                              .verdict = "clean"});
  EXPECT_EQ(sweep_documents(connection, 1), std::vector<std::string>{});
  EXPECT_EQ(sweep_documents(connection, 0), std::vector<std::string>{"ab/cd"});
  EXPECT_FALSE(find_document(connection, hash));
}

TEST_F(AccessTest, ASignatureIsKeptOnceBoundOnceAndNeverChanged) {
  auto const stage = scene();
  Signature const row{.digest = std::string(64, 'e'),
                      .document = std::string(64, 'f'),
                      .case_id = {},
                      .signer = {},
                      .method = "eds",
                      .cms = std::string("\0cms", 4),
                      .evidence = "{}",
                      .verdict = "{}",
                      .best_time = at("2026-11-23")};
  EXPECT_TRUE(store_signature(connection, row));
  EXPECT_FALSE(store_signature(connection, row));
  EXPECT_EQ(signatures_of(connection, row.document).at(0).cms, row.cms);
  auto start = start_row(stage, stage.person);
  start.signature = row.digest;
  start_case(connection, start);
  EXPECT_EQ(signatures_of(connection, start.id).size(), 1u) << "bound by the start itself";
  EXPECT_THROW(connection.script("delete from signature"), Conflict);
  EXPECT_THROW(connection.script("update signature set case_id = null"), Conflict);
}

TEST_F(AccessTest, ANoticeIsSentOnceAndReadByItsAddressee) {
  auto const stage = scene();
  auto const id = started(stage, stage.person);
  Notice notice;
  notice.case_id = id;
  notice.person = stage.person;
  notice.kind = "hearing_notice";
  notice.arguments = "{}";
  notice.key = "1/2";
  notice.sent = at("2026-11-25");
  auto const sent = send_notice(connection, notice);
  EXPECT_EQ(send_notice(connection, notice), sent);
  mark_delivered(connection, sent, at("2026-11-26"), "sms");
  mark_delivered(connection, sent, at("2026-11-27"), "cabinet");
  EXPECT_FALSE(mark_read(connection, sent, person(2), at("2026-11-26")));
  EXPECT_TRUE(mark_read(connection, sent, stage.person, at("2026-11-26", 6)));
  auto const read = notices_of_person(connection, stage.person, 10).at(0);
  EXPECT_EQ(read.delivered, at("2026-11-26"));
  EXPECT_EQ(read.channel, "sms");
  EXPECT_EQ(read.read, at("2026-11-26", 6));
  EXPECT_EQ(notices_of_case(connection, id).size(), 1u);
}

TEST_F(AccessTest, EveryLookAtAPersonIsKeptInOrderEvenWhenManyLookAtOnce) {
  auto const stage = scene();
  auto const look = [&](Connection& own) {
    log_read(own, {.person = stage.person,
                   .reader = stage.executor,
                   .role = "executor",
                   .case_id = {},
                   .purpose = "case_page",
                   .fields = "name,iin",
                   .seq = 0,
                   .at = {},
                   .reader_name = "",
                   .number = ""});
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      Connection own{dsn, vault()};
      for (int n = 0; n < 10; ++n) look(own);
    });
  for (auto& reader : readers) reader.join();
  auto const rows = reads_of(connection, stage.person, 0, 100);
  ASSERT_EQ(rows.size(), 40u);
  EXPECT_EQ(rows[0].seq, 40);
  EXPECT_EQ(rows[0].reader_name, "Person 190001");
  EXPECT_THROW(connection.script("delete from read_log"), Conflict);
  EXPECT_THROW(connection.script("update read_log set fields = ''"), Conflict);
}

TEST_F(AccessTest, AnAmendmentEndsItsPredecessorAndOldDaysKeepTheirPackage) {
  scene();
  auto const deploy = [&](char fill, char const* from) {
    deploy_package(connection,
                   {.sha256 = std::string(64, fill),
                    .service = "military_id",
                    .number = "77",
                    .version = "22",
                    .from = *parse_date(from),
                    .until = {},
                    .deployed = {}},
                   {{"a", std::string("\0\1", 2)}, {"b", "x"}});
  };
  deploy('b', "2027-01-01");
  deploy('b', "2027-01-01");
  EXPECT_EQ(package_on(connection, "military_id", *parse_date("2026-12-31"))->version, "1427");
  EXPECT_EQ(package_on(connection, "military_id", *parse_date("2027-01-01"))->version, "22");
  EXPECT_FALSE(package_on(connection, "military_id", *parse_date("2020-01-01")));
  EXPECT_THROW(deploy('c', "2026-12-01"), Conflict);
  EXPECT_EQ(package_files(connection, std::string(64, 'b'))->at("a"), std::string("\0\1", 2));
  EXPECT_EQ(packages(connection).size(), 2u);
  EXPECT_THROW(connection.script("update definition set version = 'x'"), Conflict);
}

}  // namespace qyzmet::db::tests
