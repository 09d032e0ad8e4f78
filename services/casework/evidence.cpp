#include "services/casework/evidence.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "db/signature_timestamps.hpp"
#include "engine/base/failpoint.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"
#include "signing/cms.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds k_owed_pause{60};
constexpr int k_owed_round_max = 50;

json::object list_json(signing::ListIdentity const& list) {
  json::object out{{"issuer", list.issuer},
                   {"next_update", to_iso(list.next_update)},
                   {"sha256", list.sha256},
                   {"this_update", to_iso(list.this_update)}};
  if (list.number) out["number"] = std::to_string(*list.number);
  if (list.base_number) out["base_number"] = std::to_string(*list.base_number);
  return out;
}

std::string evidence_json(signing::Evidence const& evidence, signing::Report const& report) {
  json::array ocsp, lists;
  for (auto const& response : evidence.ocsp) ocsp.emplace_back(platform::to_base64(response));
  for (auto const& list : report.lists) lists.push_back(list_json(list));
  return json::serialize(json::object{{"crls", lists}, {"ocsp", ocsp}});
}

/// One signature to be judged; all views are the caller's.
struct Attempt {
  std::string const& cms;
  std::string const& bytes;
  signing::Policy const& policy;
  Instant received;
  signing::Evidence const& evidence;
};

std::string verdict_json(signing::Report const& report) {
  json::array checks;
  for (auto const& check : report.checks)
    checks.push_back(json::object{{"layer", check.layer},
                                  {"name", check.name},
                                  {"passed", check.passed},
                                  {"reason", check.reason}});
  json::object out{{"checks", checks},
                   {"indication", signing::to_text(report.indication)},
                   {"level", report.level},
                   {"sub_indication", report.sub_indication}};
  if (report.signer) {
    out["serial"] = report.signer->serial;
    out["algorithm"] = report.signer->algorithm;
    out["best_time"] = to_iso(report.signer->best_time);
  }
  return json::serialize(out);
}

/// With the timestamp `token` of ours, if it is not empty.
Verified judge(World const& world, Attempt const& attempt, std::string token) {
  auto const stamped = token.empty() ? fail(ErrorCode::not_found, "signature.timestamp")
                                     : signing::with_timestamp(attempt.cms, token);
  auto report = signing::verify_cms_over(stamped ? *stamped : attempt.cms, attempt.bytes,
                                         world.trust, attempt.policy, world.clock.now(),
                                         attempt.received, attempt.evidence);
  auto const der = signing::unwrap_cms(attempt.cms);
  Verified out;
  out.signature.cms = der ? *der : attempt.cms;
  out.signature.digest = platform::sha256_hex(out.signature.cms);
  out.signature.document = platform::sha256_hex(attempt.bytes);
  out.signature.method = "eds";
  out.signature.evidence = evidence_json(attempt.evidence, report);
  out.signature.verdict = verdict_json(report);
  out.signature.best_time = report.signer ? report.signer->best_time : attempt.received;
  out.report = std::move(report);
  out.token = std::move(token);
  return out;
}

/// "" while the authority is silent, or for what cannot be stamped.
asio::awaitable<std::string> token_over(World& world, std::string cms) {
  auto const question = signing::tsp_question_for(cms);
  if (!question) co_return std::string{};
  auto token = co_await stamp(world, *question);
  co_return token.value_or("");
}

}  // namespace

asio::awaitable<signing::Evidence> ask_about(World& world, std::string cms) {
  signing::Evidence out;
  out.lists = world.lists.current();
  auto const question = signing::ocsp_question(cms, world.trust);
  if (!question) co_return out;
  auto response = co_await world.ocsp.ask(question->request);
  if (!response) co_return out;
  out.ocsp.push_back(std::move(*response));
  out.ocsp_nonce = question->nonce;
  co_return out;
}

asio::awaitable<Result<std::string>> stamp(World& world, signing::TspQuestion question) {
  auto const answer = co_await world.tsa.stamp(question.request);
  if (!answer) co_return std::unexpected(answer.error());
  auto token = signing::tsp_token(*answer, question);
  auto const stated = token ? signing::tsp_time(*token) : std::nullopt;
  auto const now = world.clock.now();
  // A token of another time is an old one, or the authority's clock is wrong.
  bool const fresh = stated && now - signing::k_clock_skew_max <= *stated &&
                     *stated <= now + signing::k_clock_skew_max;
  if (fresh) co_return token;
  platform::log(platform::Level::warning, "timestamp_refused",
                {{"reason", token ? "time" : token.error().text}});
  co_return fail(ErrorCode::invalid, "signature.timestamp");
}

asio::awaitable<std::string> timestamped(World& world, std::string cms) {
  auto const question = signing::tsp_question_for(cms);
  if (!question || signing::has_timestamp(cms)) co_return cms;
  auto const token = co_await stamp(world, *question);
  if (!token) co_return cms;
  failpoint("seal_timestamp_answered");
  auto made = signing::with_timestamp(cms, *token);
  co_return made ? std::move(*made) : std::move(cms);
}

asio::awaitable<Verified> verify(World& world, std::string cms, std::string bytes,
                                 signing::Policy policy, Instant received) {
  auto const evidence = co_await ask_about(world, cms);
  failpoint("signature_ocsp_answered");
  policy.refuse_test_anchors = world.mode == db::Mode::production;
  co_return judge(world, {cms, bytes, policy, received, evidence}, {});
}

asio::awaitable<Verified> verify_received(World& world, std::string cms, std::string bytes,
                                          signing::Policy policy, Instant received,
                                          std::string token) {
  auto const evidence = co_await ask_about(world, cms);
  failpoint("signature_ocsp_answered");
  policy.refuse_test_anchors = world.mode == db::Mode::production;
  Attempt const attempt{cms, bytes, policy, received, evidence};
  auto verified = judge(world, attempt, token);
  bool const worth_it = verified.report.passed() || verified.report.try_later();
  if (!worth_it || verified.report.level == "T") co_return verified;
  token = co_await token_over(world, cms);
  if (token.empty()) co_return verified;
  failpoint("receipt_timestamp_answered");
  co_return judge(world, attempt, std::move(token));
}

asio::awaitable<void> keep_received(World& world, Verified verified) {
  db::SignatureTimestamp timestamp{.signature = verified.signature.digest,
                                   .token = verified.token,
                                   .stamped = signing::tsp_time(verified.token)};
  bool const stamped_itself = verified.token.empty() && verified.report.level == "T";
  auto const now = world.clock.now();
  co_await world.database.run([&](db::Connection& connection) {
    connection.transaction([&] {
      db::store_signature(connection, verified.signature);
      if (!stamped_itself) db::keep_timestamp(connection, timestamp, now);
    });
  });
  failpoint("signature_stored");
}

asio::awaitable<int> stamp_owed(World& world) {
  auto const now = world.clock.now();
  auto const owed = co_await world.database.run([now](db::Connection& connection) {
    return db::claim_owed_timestamps(connection, now, k_owed_pause, k_owed_round_max);
  });
  int stamped = 0;
  for (auto const& digest : owed) {
    auto const signature = co_await world.database.run(
        [&digest](db::Connection& connection) { return db::find_signature(connection, digest); });
    if (!signature) continue;
    auto const token = co_await token_over(world, signature->cms);
    if (token.empty()) break;  // the authority is silent for the others, too
    failpoint("owed_timestamp_answered");
    auto const at = signing::tsp_time(token);
    co_await world.database.run([&](db::Connection& connection) {
      db::keep_timestamp(connection, {.signature = digest, .token = token, .stamped = at}, now);
    });
    ++stamped;
  }
  co_return stamped;
}

Error signature_error(signing::Report const& report) {
  auto const reason = report.reason();
  return {.code = ErrorCode::invalid,
          .text = reason.empty() ? "signature.malformed" : reason,
          .field = "cms",
          .rule = "R-GEN-05"};
}

}  // namespace qyzmet::casework
