// Programs with tokens, what they read, and first answers that are kept.
#include <atomic>
#include <thread>

#include "db/answers.hpp"
#include "db/audit.hpp"
#include "db/clients.hpp"
#include "db/sessions.hpp"
#include "db/verify.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

using namespace std::chrono_literals;

namespace {

Instant real_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

class ClientsTest : public DatabaseTest {
 public:
  ClientId client(Instant expires, std::string const& token = "qzm_token") {
    return create_client(connection,
                         {.id = {},
                          .name = "1414",
                          .scopes = {"status"},
                          .issued = {},
                          .expires = expires,
                          .revoked = {}},
                         token, stage_.executor);
  }
  Scene stage_ = scene();
};

Idempotency request(std::string const& fingerprint = "f") {
  return {.scope = "user:1", .key = "key", .fingerprint = fingerprint};
}

}  // namespace

TEST_F(ClientsTest, ATokenIsFoundByItsHashWhileItIsAlive) {
  auto const id = client(real_now() + 1h);
  auto const found = find_client(connection, "qzm_token");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->scopes, std::vector<std::string>{"status"});
  EXPECT_FALSE(find_client(connection, "qzm_other"));
  EXPECT_EQ(value_of<std::int64_t>(
                connection, "select count(*) from api_client where token_hash::text like '%qzm%'"),
            0);
  EXPECT_TRUE(revoke_client(connection, id, stage_.head));
  EXPECT_FALSE(revoke_client(connection, id, stage_.head)) << "once";
  EXPECT_FALSE(find_client(connection, "qzm_token"));
  client(real_now() - 1s, "qzm_old");
  EXPECT_FALSE(find_client(connection, "qzm_old"));
  EXPECT_EQ(clients(connection, 10).size(), 2u);
  EXPECT_THROW(connection.script("delete from api_client"), Conflict);
  EXPECT_ANY_THROW(connection.script("update api_client set scopes = '{everything}'"));
}

TEST_F(ClientsTest, WhatProgramsReadStandsInTheSameChain) {
  auto const program = client(real_now() + 1h);
  auto const look = [&](UserId reader, std::optional<ClientId> by) {
    log_read(connection, {.person = stage_.person,
                          .reader = reader,
                          .role = "executor",
                          .case_id = {},
                          .purpose = "status_query",
                          .fields = "progress",
                          .at = {},
                          .reader_name = {},
                          .number = {},
                          .client = by});
  };
  look(stage_.executor, std::nullopt);
  look({}, program);
  auto const reads = reads_of(connection, stage_.person, 0, 10);
  ASSERT_EQ(reads.size(), 2u);
  EXPECT_EQ(reads[0].reader_name, "1414");
  EXPECT_EQ(reads[0].client, program);
  EXPECT_FALSE(reads[1].client);
  EXPECT_TRUE(verify_history(connection).faults.empty());
  connection.script(
      "alter table read_log disable trigger all; update read_log set client_id = null, reader_id = "
      "(select max(id) from app_user) where client_id is not null");
  EXPECT_FALSE(verify_history(connection).faults.empty()) << "who read cannot be exchanged";
}

TEST_F(ClientsTest, AnAnswerIsGivenOnceAndThenRepeated) {
  EXPECT_TRUE(std::holds_alternative<ToAnswer>(begin_answer(connection, request())));
  EXPECT_TRUE(std::holds_alternative<InWork>(begin_answer(connection, request())));
  EXPECT_TRUE(std::holds_alternative<KeyReused>(begin_answer(connection, request("g"))));
  note_subject(connection, request(), "what it did");
  connection.script("update api_answer set at = at - interval '61 seconds'");
  auto const taken_over = begin_answer(connection, request());
  ASSERT_TRUE(std::holds_alternative<ToAnswer>(taken_over)) << "the first one has died";
  EXPECT_EQ(std::get<ToAnswer>(taken_over).subject, "what it did");
  keep_answer(connection, request(), "yes");
  keep_answer(connection, request(), "no");
  forget_answer(connection, request());
  auto const answered = begin_answer(connection, request());
  ASSERT_TRUE(std::holds_alternative<Answered>(answered));
  EXPECT_EQ(std::get<Answered>(answered).answer, "yes") << "the first one stays";
  connection.script("update api_answer set at = at - interval '2 days'");
  sweep_expired(connection);
  EXPECT_TRUE(std::holds_alternative<ToAnswer>(begin_answer(connection, request("g"))));
  forget_answer(connection, request("g"));
  EXPECT_EQ(count("api_answer"), 0);
}

TEST_F(ClientsTest, OfManyEqualRequestsAtOnceOneIsToBeAnswered) {
  std::atomic<int> first = 0, others = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      Connection own{dsn, vault()};
      auto const state = begin_answer(own, request());
      ++(std::holds_alternative<ToAnswer>(state) ? first : others);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(others, 7);
}

TEST_F(ClientsTest, ABearerIsNoCookie) {
  create_session(connection, {.token = "bearer",
                              .user = stage_.executor,
                              .method = "eds",
                              .csrf = {},
                              .client = "127.0.0.1",
                              .via = "bearer"});
  EXPECT_TRUE(find_session(connection, "bearer", "bearer"));
  EXPECT_FALSE(find_session(connection, "bearer"));
}

}  // namespace qyzmet::db::tests
