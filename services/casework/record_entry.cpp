#include "services/casework/record_entry.hpp"

#include "db/registers.hpp"
#include "services/casework/enrolment.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

db::FactValues facts_of(engine::Context const& decided) {
  db::FactValues out;
  auto const* const rows = engine::at_path(decided, "correction.facts").as<engine::List>();
  if (rows == nullptr) return out;
  for (auto const& row : *rows) {
    auto const* const cells = row.as<engine::Context>();
    if (cells == nullptr) continue;
    auto fact = engine::text_at(*cells, "fact");
    if (engine::at_path(*cells, "contradicts") == engine::Value{true}) fact += k_contradicting;
    out.emplace_back(std::move(fact), engine::text_at(*cells, "value"));
  }
  return out;
}

}  // namespace

asio::awaitable<Result<engine::Context>> enter_record(World& world, OpenCase const& open,
                                                      engine::Context decided) {
  auto const facts = facts_of(decided);
  if (facts.empty()) co_return fail(ErrorCode::invalid, "error.no_facts");
  auto const day = legal_date(open.now);
  // Before the decision it is one draft of the entry in the place of another.
  auto const enter =
      engine::text_at(decided, "decision.outcome").empty() ? db::correct_facts : db::enter_facts;
  co_await world.database.run(
      [enter, person = open.row.person, id = open.row.id, day, facts](db::Connection& connection) {
        enter(connection, person, id, day, facts);
      });
  co_return engine::Context{{"entered_on", day}};
}

asio::awaitable<Result<engine::Context>> undo_record(World& world, OpenCase const& open,
                                                     engine::Context) {
  auto const day = legal_date(open.now);
  co_await world.database.run(
      [person = open.row.person, id = open.row.id, day](db::Connection& connection) {
        db::correct_facts(connection, person, id, day, {});
      });
  co_return engine::Context{{"undone_on", day}};
}

asio::awaitable<Result<engine::Context>> enter_mark(World& world, OpenCase const& open,
                                                    engine::Context decided) {
  auto const* const day = engine::at_path(decided, "gone.on").as<Date>();
  auto const ground = engine::text_at(decided, "gone.ground");
  if (day == nullptr || ground.empty()) co_return fail(ErrorCode::invalid, "error.no_facts");
  // Of the register, whichever service learns of it.
  auto const today = legal_date(open.now);
  auto const package = world.library.in_force(k_register_service, today);
  auto entries = package ? departure_entries(*package, *open.calendar, ground) : std::nullopt;
  db::Departure const departure{.person = open.row.person,
                                .case_id = open.row.id,
                                .mark = {std::string{k_mark}, ground},
                                .on = *day,
                                .today = today,
                                .entries = entries ? *std::move(entries) : db::EntriesByKind{}};
  bool const entered = co_await world.database.run([departure](db::Connection& connection) {
    return db::enter_departure(connection, departure);
  });
  if (!entered) co_return fail(ErrorCode::invalid, "error.no_removal");
  co_return engine::Context{{"entered_on", *day}};
}

}  // namespace qyzmet::casework
