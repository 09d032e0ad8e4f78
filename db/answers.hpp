#pragma once
// First answers to requests that carry a key of their own (Idempotency-Key): an equal request gets
// the same answer, another one under that key none. Kept for a day. What a crashed process began
// may be begun again after k_answer_lease. Free functions over a Connection; blocking.
#include <chrono>
#include <string>
#include <variant>

#include "db/cases.hpp"

namespace qyzmet::db {

inline constexpr std::chrono::seconds k_answer_lease{60};

/// Nobody has answered: the caller does, and keeps or forgets the key afterwards. `subject`: what a
/// crashed attempt had noted.
struct ToAnswer {
  std::string subject;
};
struct Answered {
  std::string answer;
};
/// Somebody works on it at this moment.
struct InWork {};
using AnswerState = std::variant<ToAnswer, Answered, InWork, KeyReused>;

AnswerState begin_answer(Connection& connection, Idempotency const& request);
/// What a repeated request needs to find what this one did, should this one not end.
void note_subject(Connection& connection, Idempotency const& request, std::string const& subject);
void keep_answer(Connection& connection, Idempotency const& request, std::string const& answer);
/// Nothing was done: the key is free again.
void forget_answer(Connection& connection, Idempotency const& request);

}  // namespace qyzmet::db
