#include "db/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <sys/socket.h>

#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "db/vault.hpp"
#include "engine/base/check.hpp"
#include "engine/base/failpoint.hpp"

namespace qyzmet::db {

namespace {

#ifdef QYZMET_FAILPOINTS
struct Mutant {
  std::mutex mutex;
  std::string name, from, to;

  static Mutant& instance() {
    static Mutant one;
    return one;
  }
  Mutant() {
    char const* text = std::getenv("MUTANT_SQL");
    std::string const all = text ? text : "";
    auto const first = all.find('|'), second = all.find('|', first + 1);
    if (first == all.npos || second == all.npos) return;
    name = all.substr(0, first);
    from = all.substr(first + 1, second - first - 1);
    to = all.substr(second + 1);
  }
  std::string text_of(Sql const& sql) {
    std::scoped_lock const lock{mutex};
    std::string text{sql.text};
    if (name != sql.name) return text;
    auto const at = text.find(from);
    return at == text.npos ? text : text.replace(at, from.size(), to);
  }
};
std::string text_of(Sql const& sql) {
  return Mutant::instance().text_of(sql);
}
#else
std::string text_of(Sql const& sql) {
  return std::string{sql.text};
}
#endif

/// One prepared statement with the memory that it reads from and writes to.
struct Slot {
  Slot(soci::session& session, Sql const& sql, std::size_t arguments, std::size_t columns)
      : text{sql.text},
        in(arguments),
        in_null(arguments, soci::i_ok),
        out(columns),
        out_null(columns, soci::i_ok),
        row(columns),
        statement{session} {
    for (std::size_t i = 0; i < columns; ++i) statement.exchange(soci::into(out[i], out_null[i]));
    for (std::size_t i = 0; i < arguments; ++i) statement.exchange(soci::use(in[i], in_null[i]));
    statement.alloc();
    statement.prepare(text_of(sql));
    statement.define_and_bind();
    // SOCI looks the arguments up by name when it words an error; $1 has none.
    backend().names_.resize(arguments);
  }
  void take_arguments(std::vector<Cell> arguments) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      in_null[i] = arguments[i] ? soci::i_ok : soci::i_null;
      in[i] = arguments[i] ? std::move(*arguments[i]) : std::string{};
    }
  }
  void make_row() {
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = out_null[i] == soci::i_null ? Cell{} : Cell{std::move(out[i])};
  }
  soci::postgresql_statement_backend& backend() {
    return *static_cast<soci::postgresql_statement_backend*>(statement.get_backend());
  }

  std::string text;
  std::vector<std::string> in;
  std::vector<soci::indicator> in_null;
  std::vector<std::string> out;
  std::vector<soci::indicator> out_null;
  std::vector<Cell> row;
  soci::statement statement;
};

std::string field(PGresult const* result, int code) {
  char const* text = result ? PQresultErrorField(result, code) : nullptr;
  return text ? text : "";
}

/// Throws the exception of a SQLSTATE. Server texts are left out: they hold bound values.
[[noreturn]] void raise(std::string const& name, std::string const& state,
                        std::string const& constraint, bool lost) {
  auto const what = "query " + name + ": SQLSTATE " + (state.empty() ? "none" : state);
  auto const in_class = [&](std::string_view prefix) { return state.starts_with(prefix); };
  if (in_class("23")) throw Conflict{what + " " + constraint, state, constraint};
  if (in_class("40")) throw Retry{what, state};
  if (state == "57014" || state == "55P03" || state == "25P03") throw Timeout{what, state};
  if (lost || in_class("08") || in_class("57P") || in_class("53") || state == "25006")
    throw Unavailable{what, state};
  throw QueryError{what, state};
}

std::string escaped(std::string_view value) {
  std::string out = "'";
  for (char const c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// Both forms of a connection string -> key-value form with our additions.
std::string normalised(std::string const& dsn, Limits const& limits) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(dsn.c_str(), &message);
  if (options == nullptr) {
    PQfreemem(message);
    throw QueryError{"the connection string of the database is malformed", "08001"};
  }
  std::string out;
  bool timeout = false, name = false;
  for (auto* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    std::string_view const key = option->keyword;
    timeout |= key == "connect_timeout";
    name |= key == "application_name";
    out.append(key).append("=").append(escaped(option->val)).append(" ");
  }
  PQconninfoFree(options);
  if (!timeout) out += "connect_timeout=" + std::to_string(limits.connect_s_max) + " ";
  if (!name) out += "application_name=qyzmet ";
  return out + "client_encoding=UTF8";
}

}  // namespace

#ifdef QYZMET_FAILPOINTS
void set_sql_mutant(std::string name, std::string from, std::string to) {
  auto& mutant = Mutant::instance();
  std::scoped_lock const lock{mutant.mutex};
  mutant.name = std::move(name);
  mutant.from = std::move(from);
  mutant.to = std::move(to);
}
#endif

struct Connection::State {
  soci::session session;
  std::shared_ptr<Vault const> vault;
  std::unordered_map<Sql const*, std::unique_ptr<Slot>> slots;
  Slot* current = nullptr;
  Sql const* running = nullptr;
  std::int64_t affected = 0;
  std::int64_t statements = 0;
  bool unconfirmed = false;  // a commit whose replication was not confirmed

  PGconn* raw() const {
    auto* backend = static_cast<soci::postgresql_session_backend*>(
        const_cast<soci::session&>(session).get_backend());
    return backend->conn_;
  }
  /// Runs `work`, and turns what SOCI throws into our exceptions.
  template <class Work>
  auto guarded(std::string_view name, Slot* slot, Work&& work) {
    try {
      return work();
    } catch (soci::postgresql_soci_error const& error) {
      auto const constraint =
          slot ? field(slot->backend().result_, PG_DIAG_CONSTRAINT_NAME) : std::string{};
      fail(std::string{name}, error.sqlstate(), constraint);
    } catch (soci::soci_error const&) {
      fail(std::string{name}, "", "");
    }
  }
  [[noreturn]] void fail(std::string const& name, std::string const& state,
                         std::string const& constraint) {
    slots.erase(running);  // a statement that failed is prepared anew
    current = nullptr;
    raise(name, state, constraint, PQstatus(raw()) != CONNECTION_OK);
  }
  void confirm(std::string_view name) {
    if (std::exchange(unconfirmed, false))
      throw OutcomeUnknown{"query " + std::string{name} + ": replication not confirmed", "01000"};
  }
  void plain(char const* name, std::string const& text) {
    ++statements;
    running = nullptr;
    std::unique_ptr<PGresult, decltype(&PQclear)> const result{PQexec(raw(), text.c_str()),
                                                               &PQclear};
    auto const status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
      fail(name, field(result.get(), PG_DIAG_SQLSTATE),
           field(result.get(), PG_DIAG_CONSTRAINT_NAME));
    confirm(name);
  }
  Slot& slot(Sql const& sql, std::size_t arguments, std::size_t columns) {
    auto& place = slots[&sql];
    running = &sql;
    if (!place) {
      try {
        place = std::make_unique<Slot>(session, sql, arguments, columns);
      } catch (soci::postgresql_soci_error const& error) {
        fail(std::string{sql.name}, error.sqlstate(), "");
      } catch (soci::soci_error const&) {
        fail(std::string{sql.name}, "", "");
      }
    }
    check(place->text == sql.text, "an Sql constant does not live at namespace scope");
    check(place->in.size() == arguments && place->out.size() == columns,
          "one Sql constant is used with different columns or arguments");
    return *place;
  }
#ifdef QYZMET_FAILPOINTS
  /// The statement leaves, its answer is never read.
  void send_only(Slot& slot) const {
    std::vector<char const*> values;
    for (std::size_t i = 0; i < slot.in.size(); ++i)
      values.push_back(slot.in_null[i] == soci::i_null ? nullptr : slot.in[i].c_str());
    PQsendQueryPrepared(raw(), slot.backend().statementName_.c_str(), int(values.size()),
                        values.data(), nullptr, nullptr, 0);
    while (PQflush(raw()) > 0) {
    }
  }
  void sent_failpoint(Sql const& sql, Slot& slot) const {
    auto const name = std::string{sql.name} + ".sent";
    auto const action = failpoint_hit(name);
    if (action == FailpointAction::none) return;
    send_only(slot);
    failpoint_act(action, name);
    ::shutdown(PQsocket(raw()), SHUT_RDWR);
    PQclear(PQgetResult(raw()));
  }
#endif
};

namespace {

/// A commit that was cancelled while it waited for its replica is reported as success, with a
/// warning that SOCI does not see.
void on_notice(void* flag, PGresult const* result) {
  if (field(result, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING" &&
      field(result, PG_DIAG_SOURCE_FUNCTION) == "SyncRepWaitForLSN")
    *static_cast<bool*>(flag) = true;
}

}  // namespace

Connection::Connection(std::string const& dsn, std::shared_ptr<Vault const> vault, Limits limits)
    : state_{std::make_unique<State>()} {
  state_->vault = std::move(vault);
  auto const text = normalised(dsn, limits);
  try {
    state_->session.open(soci::postgresql, text);
  } catch (soci::soci_error const&) {
    throw Unavailable{"cannot connect to the database", "08001"};
  }
  PQsetNoticeReceiver(state_->raw(), &on_notice, &state_->unconfirmed);
  // Not as start-up options: poolers refuse those.
  state_->plain("limits",
                "set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'; "
                "set plan_cache_mode = force_generic_plan; "
                "set statement_timeout = " +
                    std::to_string(limits.statement_ms_max) +
                    "; set lock_timeout = " + std::to_string(limits.lock_ms_max) +
                    "; set idle_in_transaction_session_timeout = " +
                    std::to_string(limits.idle_in_transaction_ms_max));
}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection::Cells* Connection::start(Sql const& sql, Cells arguments, std::size_t columns) {
  auto& slot = state_->slot(sql, arguments.size(), columns);
  slot.take_arguments(std::move(arguments));
  ++state_->statements;
  state_->current = nullptr;
#ifdef QYZMET_FAILPOINTS
  failpoint("sql.before");
  failpoint(std::string{sql.name} + ".before");
  state_->sent_failpoint(sql, slot);
#endif
  bool const more = state_->guarded(sql.name, &slot, [&] { return slot.statement.execute(true); });
  state_->confirm(sql.name);
#ifdef QYZMET_FAILPOINTS
  if (failpoint(std::string{sql.name} + ".committed") || failpoint("sql.after"))
    throw Unavailable{"query " + std::string{sql.name} + ": answer lost", "08006"};
#endif
  state_->affected = slot.statement.get_affected_rows();
  if (!more || columns == 0) return nullptr;
  state_->current = &slot;
  slot.make_row();
  return &slot.row;
}

bool Connection::next() {
  auto& slot = *state_->current;
  bool const more =
      state_->guarded(state_->running->name, &slot, [&] { return slot.statement.fetch(); });
  if (more) slot.make_row();
  return more;
}

std::int64_t Connection::affected() const {
  return state_->affected;
}
void Connection::script(std::string const& text) {
  state_->plain("script", text);
}
int Connection::socket() const {
  return PQsocket(state_->raw());
}
std::int64_t Connection::statements() const {
  return state_->statements;
}

Vault const& Connection::vault() const {
  check(state_->vault != nullptr, "a connection without a vault reads sealed data");
  return *state_->vault;
}

bool Connection::usable() const {
  return PQstatus(state_->raw()) == CONNECTION_OK &&
         PQtransactionStatus(state_->raw()) == PQTRANS_IDLE;
}

bool Connection::hung_up() const {
  pollfd one{.fd = socket(), .events = POLLIN, .revents = 0};
  return one.fd < 0 || ::poll(&one, 1, 0) != 0;
}

Connection::Transaction::Transaction(Connection& connection) : connection_{connection} {
  connection_.state_->plain("begin", "begin");
}
void Connection::Transaction::commit() {
  connection_.state_->plain("commit", "commit");
  done_ = true;
}
Connection::Transaction::~Transaction() {
  if (done_) return;
  try {
    connection_.state_->plain("rollback", "rollback");
  } catch (DatabaseError const&) {
    // Not usable() any more: the pool drops the connection.
    connection_.state_->current = nullptr;
  }
}

}  // namespace qyzmet::db
