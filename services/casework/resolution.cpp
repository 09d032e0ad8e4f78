#include "services/casework/resolution.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "db/audit.hpp"
#include "db/documents.hpp"
#include "db/outbox.hpp"
#include "services/casework/case_registers.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds k_lease{30};
constexpr std::string_view k_channel = "stated";

/// The failed effect as it was leased, and what of it has come as far as the cabinet.
struct Failed {
  std::optional<db::Claimed> effect;
  std::optional<db::Notice> notice;
  Instant ordered;  // by the clock of the law
};

Instant last_order(db::Connection& connection, CaseId id, std::string const& kind) {
  Instant out;
  for (auto const& entry : db::history(connection, id))
    for (auto const& fact : facts_of(entry))
      if (engine::text_at(fact, "kind") == "ordered" && engine::text_at(fact, "data.kind") == kind)
        out = entry.at;
  return out;
}

/// The log of acts is written with the lease: an act without record would be worse than a record
/// of an act that was refused.
Failed take(db::Connection& connection, Resolution const& resolution, UserId by) {
  return connection.transaction([&] {
    Failed out;
    out.effect = db::take_incident(connection, resolution.case_id, resolution.token, k_lease);
    db::log_act(connection, by, "resolve",
                json::serialize(json::object{{"case", resolution.case_id.value},
                                             {"token", resolution.token},
                                             {"reason", resolution.reason}}));
    if (!out.effect) return out;
    out.ordered = last_order(connection, resolution.case_id, out.effect->kind);
    for (auto& notice : db::notices_of_case(connection, resolution.case_id))
      if (notice.key == out.effect->key) out.notice = std::move(notice);
    return out;
  });
}

std::vector<db::CaseDocument> sent_documents(Failed const& failed) {
  if (!failed.effect) return {};
  auto const& effect = *failed.effect;
  auto const& sha256 = failed.notice ? failed.notice->document : effect.sha256;
  if (sha256.empty()) return {};
  auto const code = effect.document.empty() ? effect.kind : effect.document;
  return {{.code = code, .sha256 = sha256, .name = code + ".pdf", .direction = "out"}};
}

bool has_stopped(engine::Instance const& instance, std::int32_t token) {
  return std::ranges::find(instance.incidents, token, &engine::Incident::token) !=
         instance.incidents.end();
}

Action action_of(Resolution const& resolution, UserId by, std::string idempotency_key) {
  return {.actor = {.user = std::to_string(by.value), .role = "admin"},
          .body = engine::ResolveIncident{.token = resolution.token,
                                          .reason = resolution.reason,
                                          .sent_at = resolution.sent_at,
                                          .delivered_at = resolution.delivered_at},
          .idempotency_key = std::move(idempotency_key)};
}

asio::awaitable<Result<OpenCase>> record(World& world, OpenCase open, Resolution const& resolution,
                                         Failed const& failed, Action action) {
  if (!failed.effect && !has_stopped(open.instance, resolution.token))
    co_return fail(ErrorCode::conflict, "error.no_such_incident");
  if (failed.effect && resolution.sent_at && *resolution.sent_at < failed.ordered)
    co_return fail(ErrorCode::invalid, "error.not_then", "sent_at");
  if (failed.effect) action.completes = {.token = resolution.token, .fence = failed.effect->fence};
  action.documents = sent_documents(failed);
  auto done = co_await act(world, std::move(open), std::move(action));
  co_return done;
}

}  // namespace

asio::awaitable<Result<OpenCase>> resolve_incident(World& world, Resolution resolution, UserId by,
                                                   std::string idempotency_key) {
  auto open = co_await open_case(world, resolution.case_id);
  if (!open) co_return open;
  auto action = action_of(resolution, by, std::move(idempotency_key));
  auto before = co_await answered_before(world, resolution.case_id, action);
  if (before) co_return std::move(*before);
  if (auto refused = open->refusal(action.actor, action.body))
    co_return std::unexpected(*std::move(refused));
  auto const failed = co_await world.database.run(
      [resolution, by](db::Connection& connection) { return take(connection, resolution, by); });
  auto done = co_await record(world, std::move(*open), resolution, failed, std::move(action));
  co_await world.database.run([failed, resolution, done = bool{done}](db::Connection& connection) {
    if (!done && failed.effect) db::park_outbox(connection, *failed.effect, failed.effect->broken);
    if (done && failed.notice && resolution.delivered_at)
      db::mark_delivered(connection, failed.notice->id, *resolution.delivered_at,
                         std::string{k_channel});
  });
  co_return done;
}

}  // namespace qyzmet::casework
