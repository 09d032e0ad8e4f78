// Verification of a timestamp that comes alone.
#include "signing/judgement.hpp"

namespace qyzmet::signing {
namespace {

/// The token inside a granted TimeStampResp; bytes that are none come back as they are.
std::string_view inside_response(std::string_view bytes) {
  auto const whole = der::first(bytes);
  if (!whole || whole->tag != der::sequence || whole->whole.size() != bytes.size()) return bytes;
  der::Reader reader{whole->content};
  auto const status = reader.take(der::sequence);
  auto const token = reader.take(der::sequence);
  if (!status || !token || !reader.done()) return bytes;
  der::Reader parts{status->content};
  auto const number = parts.take(der::integer);
  auto const value = number ? der::small_integer(number->content) : std::nullopt;
  // 0 is granted, 1 granted with changes (RFC 3161, 2.4.2).
  return value && *value <= 1 ? token->whole : bytes;
}

}  // namespace

bool is_token(std::string_view bytes) {
  auto const data = parse_signed_data(inside_response(bytes));
  return data && data->content_type == oids::k_tst_info;
}

Report verify_token(std::string_view bytes, std::optional<std::string_view> stamped,
                    TrustStore const& trust, Policy const& policy, Instant at,
                    Evidence const& evidence) {
  Judgement judgement{trust, policy, {at, at}, evidence};
  // What the imprint is worth does not keep the TSA from being judged.
  auto const note = [&](char const* name, char const* layer, Fault const& fault,
                        Consequence consequence) {
    bool const passed = judgement.checks().note(name, layer, fault, consequence);
    std::string_view const check{name};
    return passed || check == "timestamp_policy" || check == "timestamp_algorithm" ||
           check == "timestamp_imprint" || check == "timestamp_time";
  };
  auto const limited = bytes.size() <= k_cms_bytes_max ? inside_response(bytes) : "";
  if (auto const token =
          judge_token(limited, stamped, judgement.anchors(), judgement.policy(), at, note))
    judgement.judge_token(*token);
  return judgement.finish();
}

}  // namespace qyzmet::signing
