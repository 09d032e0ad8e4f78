#include "db/answers.hpp"

namespace qyzmet::db {

namespace {

// The row of a request that was begun is taken over when its lease has run out.
Sql const k_begin{"begin_answer",
                  "insert into api_answer as a (scope, key, fingerprint) values ($1, $2, $3) "
                  "on conflict (scope, key) do update set at = clock_timestamp() "
                  "where a.answer is null and a.fingerprint = excluded.fingerprint "
                  "and a.at < clock_timestamp() - $4 * interval '1 second' returning a.subject"};
Sql const k_found{"found_answer",
                  "select fingerprint, answer from api_answer where scope = $1 and key = $2"};
Sql const k_note{"note_subject",
                 "update api_answer set subject = $3 where scope = $1 and key = $2"};
Sql const k_keep{"keep_answer",
                 "update api_answer set answer = $3, at = clock_timestamp() "
                 "where scope = $1 and key = $2 and answer is null"};
Sql const k_forget{"forget_answer",
                   "delete from api_answer where scope = $1 and key = $2 and answer is null"};

}  // namespace

AnswerState begin_answer(Connection& connection, Idempotency const& request) {
  if (auto row =
          connection.one<std::string>(k_begin, request.scope, request.key, request.fingerprint,
                                      std::int64_t{k_answer_lease.count()}))
    return ToAnswer{std::move(std::get<0>(*row))};
  auto found =
      connection.one<std::string, std::optional<std::string>>(k_found, request.scope, request.key);
  if (!found) return InWork{};  // it was forgotten between the two statements
  auto& [fingerprint, answer] = *found;
  if (fingerprint != request.fingerprint) return KeyReused{};
  if (!answer) return InWork{};
  return Answered{std::move(*answer)};
}

void note_subject(Connection& connection, Idempotency const& request, std::string const& subject) {
  connection.execute(k_note, request.scope, request.key, subject);
}
void keep_answer(Connection& connection, Idempotency const& request, std::string const& answer) {
  connection.execute(k_keep, request.scope, request.key, answer);
}
void forget_answer(Connection& connection, Idempotency const& request) {
  connection.execute(k_forget, request.scope, request.key);
}

}  // namespace qyzmet::db
