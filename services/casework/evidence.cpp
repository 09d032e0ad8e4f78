#include "services/casework/evidence.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/failpoint.hpp"
#include "services/platform/encoding.hpp"
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

asio::awaitable<signing::Evidence> revocation(World& world, std::string const& cms) {
  signing::Evidence out;
  auto const question = signing::ocsp_question(cms, world.trust);
  if (!question) co_return out;
  auto response = co_await world.ocsp.ask(question->request);
  if (!response) co_return out;
  out.ocsp.push_back(std::move(*response));
  out.ocsp_nonce = question->nonce;
  co_return out;
}

}  // namespace

asio::awaitable<Verified> verify(World& world, std::string cms, std::string bytes,
                                 signing::Policy policy, Instant received) {
  policy.refuse_test_anchors = world.mode == db::Mode::production;
  auto const evidence = co_await revocation(world, cms);
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
