#include "services/casework/record_entry.hpp"

#include "db/registers.hpp"

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
  co_await world.database.run(
      [person = open.row.person, id = open.row.id, day, facts](db::Connection& connection) {
        db::enter_facts(connection, person, id, day, facts);
      });
  co_return engine::Context{{"entered_on", day}};
}

asio::awaitable<Result<engine::Context>> enter_mark(World& world, OpenCase const& open,
                                                    engine::Context decided) {
  auto const* const day = engine::at_path(decided, "gone.on").as<Date>();
  auto const ground = engine::text_at(decided, "gone.ground");
  if (day == nullptr || ground.empty()) co_return fail(ErrorCode::invalid, "error.no_facts");
  co_await world.database.run(
      [person = open.row.person, id = open.row.id, day = *day, ground](db::Connection& connection) {
        db::enter_facts(connection, person, id, day, {{std::string{k_mark}, ground}});
      });
  co_return engine::Context{{"entered_on", *day}};
}

}  // namespace qyzmet::casework
