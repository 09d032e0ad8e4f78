#include "services/work/residence_notices.hpp"

#include <optional>

#include "db/registers.hpp"
#include "services/casework/documents.hpp"
#include "services/casework/enrolment.hpp"
#include "services/casework/residence.hpp"
#include "services/casework/seal.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;
namespace json = boost::json;
using casework::World;

namespace {

constexpr std::string_view k_paper = "registration_moved";

struct Move {
  db::Registration to;
  std::optional<db::Person> person;
  std::optional<db::Office> office, earlier;
};

Move read_move(db::Connection& connection, db::Registration const& to) {
  Move out{.to = to,
           .person = db::find_person(connection, to.person),
           .office = db::find_office(connection, to.office),
           .earlier = {}};
  if (auto const from = db::find_registration(connection, *to.previous))
    out.earlier = db::find_office(connection, from->office);
  return out;
}

json::object paper_of(Move const& move) {
  auto const number = std::to_string(move.to.id.value);
  return {
      {"applicant", {{"name", move.person->name}}},
      {"office", {{"name", casework::office_names(*move.office)}, {"phone", move.office->phone}}},
      {"earlier", {{"name", casework::office_names(*move.earlier)}}},
      {"kind", move.to.kind},
      {"since", to_iso(move.to.since)},
      {"taken_on", to_iso(move.to.taken_on)},
      {"document", {{"number", number}, {"date", to_iso(move.to.taken_on)}}}};
}

/// Why it could not be told; "" when it was.
asio::awaitable<std::string> tell(World& world, casework::Library::PackagePointer package,
                                  Move move) {
  if (!move.person || !move.office || !move.earlier) co_return "register_incomplete";
  auto const sha256 =
      co_await casework::produce_paper(world, package, std::string{k_paper}, paper_of(move),
                                       world.config.public_url + "/kk/cabinet/registration");
  if (!sha256) co_return sha256.error().text;
  auto const sealed = co_await casework::seal(world, std::nullopt, *sha256);
  if (!sealed) co_return sealed.error().text;
  if (!move.person->phone.empty()) {
    auto const& texts = package->texts.find(move.person->language)->second;
    auto const subject = texts.find("notify." + std::string{k_paper} + ".subject");
    auto const sent = co_await world.sms.send(
        {.id = "registration-" + std::to_string(move.to.id.value),
         .to = platform::Pii{move.person->phone},
         .text = platform::Pii{subject == texts.end() ? std::string{k_paper} : subject->second}});
    if (!sent) co_return "sms_unavailable";
  }
  co_await world.database.run(
      [to = move.to, document = *sha256, now = world.clock.now()](db::Connection& connection) {
        db::tell_of_move(connection, to, document, now);
      });
  co_return "";
}

}  // namespace

asio::awaitable<int> apply_awaited(World& world) {
  auto const today = world.clock.today();
  auto const marks = casework::move_marks_on(world.library, today);
  if (!marks) co_return 0;
  auto const count =
      co_await world.database.run([marks = *marks, today](db::Connection& connection) {
        return db::apply_awaited(connection, marks, today, k_awaited_max);
      });
  co_return count;
}

asio::awaitable<int> tell_moves(World& world) {
  auto const package = world.library.in_force(casework::k_register_service, world.clock.today());
  if (!package) co_return 0;
  auto const untold = co_await world.database.run([](db::Connection& connection) {
    std::vector<Move> out;
    for (auto const& each : db::untold_moves(connection, k_moves_max))
      out.push_back(read_move(connection, each));
    return out;
  });
  int told = 0;
  for (auto const& move : untold) {
    auto const reason = co_await tell(world, package, move);
    if (reason.empty())
      ++told;
    else
      platform::log(platform::Level::warning, "move_not_told",
                    {{"registration", move.to.id.value}, {"reason", reason}});
  }
  co_return told;
}

}  // namespace qyzmet::work
