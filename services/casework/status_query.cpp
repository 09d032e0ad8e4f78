#include "services/casework/status_query.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "db/people.hpp"
#include "db/sessions.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::size_t k_number_size_max = 40;

/// "77-2026-004218". What has another form may be anything that was typed, even an IIN.
bool is_case_number(std::string_view text) {
  return text.contains('-') && text.find_first_not_of("0123456789-") == text.npos;
}

Error too_many(db::RateAnswer const& rate) {
  return {.code = ErrorCode::conflict,
          .text = "error.too_many_queries",
          .arguments = {{"retry_after", std::to_string(rate.retry_after.count())}},
          .rule = "R-GEN-14"};
}

Error not_found() {
  return {.code = ErrorCode::not_found, .text = "error.status_not_found", .rule = "R-GEN-14"};
}

/// The applicant's IIN is that one. The comparison takes the same time for a case that is none.
bool is_applicant(db::Connection& connection, std::optional<db::LoadedCase> const& row,
                  std::string const& iin) {
  auto const person = row ? db::find_person(connection, row->person) : std::nullopt;
  auto const known = person ? person->iin : std::string(12, '-');
  return platform::equal_in_constant_time(known, iin);
}

/// Counted before the answer is known: who guesses is stopped, whether right or wrong.
std::optional<Error> over_limit(db::Connection& connection, db::ClientId client,
                                std::string const& number) {
  auto const asked = db::hit(connection, "status:" + std::to_string(client.value), k_status_window,
                             k_status_queries_max);
  if (!asked.allowed) return too_many(asked);
  auto const of_case =
      db::hit(connection, "status:" + number, k_status_of_case_window, k_status_of_case_max);
  if (!of_case.allowed) return too_many(of_case);
  return std::nullopt;
}

Result<CaseId> find(db::Connection& connection, db::ClientId client, std::string const& number,
                    std::string const& iin) {
  if (auto error = over_limit(connection, client, number)) return std::unexpected(*error);
  auto const row = db::load_case(connection, number);
  if (!is_applicant(connection, row, iin)) {
    boost::json::object const details{{"client", client.value},
                                      {"number", is_case_number(number) ? number : ""}};
    db::log_act(connection, std::nullopt, "status_query_refused", boost::json::serialize(details));
    return std::unexpected(not_found());
  }
  db::log_read(connection, {.person = row->person,
                            .reader = {},
                            .role = "contact_centre",
                            .case_id = row->id,
                            .purpose = "status_query",
                            .fields = "progress",
                            .at = {},
                            .reader_name = {},
                            .number = {},
                            .client = client});
  return row->id;
}

}  // namespace

asio::awaitable<Result<OpenCase>> query_status(World& world, db::ClientId client,
                                               std::string number, std::string iin) {
  if (number.empty() || number.size() > k_number_size_max) co_return std::unexpected(not_found());
  auto const id = co_await world.database.run([client, number, iin](db::Connection& connection) {
    return find(connection, client, number, iin);
  });
  if (!id) co_return std::unexpected(id.error());
  auto open = co_await open_case(world, *id);
  co_return open;
}

}  // namespace qyzmet::casework
