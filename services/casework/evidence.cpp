#include "services/casework/evidence.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/failpoint.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"
#include "signing/cms.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

std::string evidence_json(signing::Evidence const& evidence) {
  json::array ocsp;
  for (auto const& response : evidence.ocsp) ocsp.emplace_back(platform::to_base64(response));
  return json::serialize(json::object{{"ocsp", ocsp}});
}

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

}  // namespace

asio::awaitable<signing::Evidence> ask_about(World& world, std::string cms) {
  signing::Evidence out;
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
  auto made = signing::with_timestamp(cms, *token);
  co_return made ? std::move(*made) : std::move(cms);
}

asio::awaitable<Verified> verify(World& world, std::string cms, std::string bytes,
                                 signing::Policy policy, Instant received) {
  policy.refuse_test_anchors = world.mode == db::Mode::production;
  auto const evidence = co_await ask_about(world, cms);
  failpoint("signature_ocsp_answered");
  auto const now = world.clock.now();
  auto report = signing::verify_cms_over(cms, bytes, world.trust, policy, now, received, evidence);
  auto const der = signing::unwrap_cms(cms);
  Verified out;
  out.signature.cms = der ? *der : cms;
  out.signature.digest = platform::sha256_hex(out.signature.cms);
  out.signature.document = platform::sha256_hex(bytes);
  out.signature.method = "eds";
  out.signature.evidence = evidence_json(evidence);
  out.signature.verdict = verdict_json(report);
  out.signature.best_time = received;
  out.report = std::move(report);
  co_return out;
}

Error signature_error(signing::Report const& report) {
  auto const reason = report.reason();
  return {.code = ErrorCode::invalid,
          .text = reason.empty() ? "signature.malformed" : reason,
          .field = "cms",
          .rule = "R-GEN-05"};
}

}  // namespace qyzmet::casework
