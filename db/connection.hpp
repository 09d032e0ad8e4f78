#pragma once
// One session with PostgreSQL: typed queries over prepared statements that are cached by the
// address of their `Sql` constant. SOCI and libpq stay behind connection.cpp. Not thread-safe: one
// thread at a time. Placeholders are written $1, $2 ...; an argument may be used twice. Text only
// holds no NUL (QueryError). Instants are microseconds of UTC.
//
//   Sql const k_find{"find_person", "select id, name from person where id = $1"};
//   auto rows = connection.query<std::int64_t, std::string>(k_find, id);   // vector of tuples
//   auto row = connection.one<std::int64_t, std::string>(k_find, id);      // optional tuple
//   std::int64_t touched = connection.execute(k_update, ...);              // affected rows
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "db/error.hpp"
#include "db/ids.hpp"
#include "db/values.hpp"

namespace qyzmet::db {

class Vault;

/// Made once, at namespace scope, beside the function that uses it.
struct Sql {
  std::string_view name;
  std::string_view text;
  constexpr Sql(std::string_view name_, std::string_view text_) : name{name_}, text{text_} {}
  Sql(Sql const&) = delete;
  Sql& operator=(Sql const&) = delete;
};

/// Time limits of a session, set right after connecting.
struct Limits {
  int statement_ms_max = 10'000;
  int lock_ms_max = 3'000;
  int idle_in_transaction_ms_max = 10'000;
  int connect_s_max = 5;
};

#ifdef QYZMET_FAILPOINTS
/// Mutants of the storage: from now on new sessions prepare the statement `name` with `from`
/// replaced by `to`. "" as name ends it. Also by the environment: MUTANT_SQL=name|from|to.
void set_sql_mutant(std::string name, std::string from = {}, std::string to = {});
#endif

class Connection {
 public:
  /// `dsn`: libpq key-value string or postgresql:// address. Connects at once; throws Unavailable.
  Connection(std::string const& dsn, std::shared_ptr<Vault const> vault, Limits limits = {});
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  template <class... Columns, class... Arguments>
  std::vector<std::tuple<Columns...>> query(Sql const& sql, Arguments const&... arguments) {
    return query_encoded<Columns...>(sql, cells(arguments...));
  }
  /// The same for arguments that were encoded before (values.hpp).
  template <class... Columns>
  std::vector<std::tuple<Columns...>> query_encoded(Sql const& sql, std::vector<Cell> arguments) {
    std::vector<std::tuple<Columns...>> rows;
    run(sql, std::move(arguments), sizeof...(Columns), [&](Cells& cells) {
      rows.push_back(decode_row<Columns...>(cells, std::index_sequence_for<Columns...>{}));
    });
    return rows;
  }
  /// The only row, or nothing.
  template <class... Columns, class... Arguments>
  std::optional<std::tuple<Columns...>> one(Sql const& sql, Arguments const&... arguments) {
    auto rows = query<Columns...>(sql, arguments...);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
  }
  /// A statement without result columns; answers the number of rows touched.
  template <class... Arguments>
  std::int64_t execute(Sql const& sql, Arguments const&... arguments) {
    return run(sql, cells(arguments...), 0, [](Cells&) {});
  }

  /// All or nothing for several statements; prefer one data-modifying CTE.
  template <class Work>
  auto transaction(Work&& work) {
    Transaction scope{*this};
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      scope.commit();
    } else {
      auto result = work();
      scope.commit();
      return result;
    }
  }

  /// Several statements without arguments, sent as they are (migrations, tests).
  void script(std::string const& text);
  /// False when the session cannot be used again: lost, or left inside a transaction.
  bool usable() const;
  /// True when the server has hung up or spoken while we were idle: one poll(), no round trip.
  bool hung_up() const;
  /// The socket, so that a watchdog can shut it down.
  int socket() const;
  Vault const& vault() const;
  /// Statements sent so far: the round trips.
  std::int64_t statements() const;

 private:
  using Cells = std::vector<Cell>;
  class Transaction {
   public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    void commit();

   private:
    Connection& connection_;
    bool done_ = false;
  };

  template <class... Columns, std::size_t... Index>
  static std::tuple<Columns...> decode_row(Cells& cells, std::index_sequence<Index...>) {
    return {decode<Columns>(std::move(cells[Index]))...};
  }
  template <class RowSink>
  std::int64_t run(Sql const& sql, Cells arguments, std::size_t columns, RowSink&& sink) {
    auto cells = start(sql, std::move(arguments), columns);
    for (bool more = cells != nullptr; more; more = next()) sink(*cells);
    return affected();
  }
  Cells* start(Sql const& sql, Cells arguments, std::size_t columns);
  bool next();
  std::int64_t affected() const;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qyzmet::db
