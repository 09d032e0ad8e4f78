// What the one who applied can see beside the cases: applications whose certificate is still to be
// checked, and who has looked at the own data.
#include "db/audit.hpp"
#include "db/submissions.hpp"
#include "services/api/call.hpp"
#include "services/api/routes.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_readers_max = 100;

json::object submission_json(Call const& call, db::Submission const& submission) {
  json::object out{{"id", submission.id},
                   {"status", submission.status},
                   {"received", to_iso(submission.received)}};
  if (!submission.reason.empty())
    out["reason"] = error_json(
        call, {.code = ErrorCode::invalid, .text = submission.reason, .field = {}}, nullptr);
  return out;
}

asio::awaitable<http::Response> get_submissions(Call& call) {
  auto const found = co_await call.world().database.run(
      [person = call.caller().person](db::Connection& connection) {
        return db::submissions_of(connection, person);
      });
  json::array items;
  for (auto const& each : found) items.push_back(submission_json(call, each));
  co_return answer({{"items", std::move(items)}});
}

json::object reader_json(Call const& call, db::ReadEntry const& entry) {
  json::object out{{"at", to_iso(entry.at)},
                   {"name", entry.reader_name},
                   {"role", entry.role},
                   {"purpose", entry.purpose},
                   {"text", call.text("read.purpose." + entry.purpose)},
                   {"fields", entry.fields}};
  if (!entry.number.empty()) out["number"] = entry.number;
  return out;
}

/// The newest first.
asio::awaitable<http::Response> get_readers(Call& call) {
  auto const reads = co_await call.world().database.run(
      [person = call.caller().person](db::Connection& connection) {
        return db::reads_of(connection, person, 0, k_readers_max);
      });
  json::array items;
  for (auto const& entry : reads) items.push_back(reader_json(call, entry));
  co_return answer({{"items", std::move(items)}});
}

}  // namespace

void add_own_operations(http::Router& router, Api& api) {
  add(router, api, {.path = "/submissions", .access = "citizen", .handler = get_submissions});
  add(router, api, {.path = "/readers", .access = "citizen", .handler = get_readers});
}

}  // namespace qyzmet::api
