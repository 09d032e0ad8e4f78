#pragma once
// Infrastructure faults of the database, by SQLSTATE class; caught once, at the HTTP edge or in the
// job loop. `what()` names query and SQLSTATE only: server messages hold bound values, so they stay
// out of exceptions and logs.
#include <stdexcept>
#include <string>
#include <utility>

namespace qyzmet::db {

class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(std::string const& what, std::string sqlstate)
      : std::runtime_error{what}, sqlstate_{std::move(sqlstate)} {}
  std::string const& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// 23505, 23P01, 23503, 23514: a constraint refused the row. `constraint()` is its name.
class Conflict : public DatabaseError {
 public:
  Conflict(std::string const& what, std::string sqlstate, std::string constraint)
      : DatabaseError{what, std::move(sqlstate)}, constraint_{std::move(constraint)} {}
  std::string const& constraint() const { return constraint_; }

 private:
  std::string constraint_;
};

/// 40001, 40P01: rolled back; the same statement may be sent again.
class Retry : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
/// 57014, 55P03: a time limit ended the statement; nothing was written.
class Timeout : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
/// Cannot connect, connection lost, server shutting down (-> 503). After a write was sent the
/// outcome is unknown: ask again with the same idempotency key.
class Unavailable : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
/// The commit is local, its replication was not confirmed: neither success nor failure.
class OutcomeUnknown : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};
/// The bounded queue in front of the pool is full or the pool is closing (-> 503, Retry-After).
class Overloaded : public DatabaseError {
 public:
  explicit Overloaded(std::string const& what) : DatabaseError{what, ""} {}
};
/// Any other SQLSTATE, or a value that cannot be stored: preventable by correcting the program.
class QueryError : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};

}  // namespace qyzmet::db
