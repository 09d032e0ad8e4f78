#include "signing/tsp.hpp"

#include <openssl/rand.h>

#include <array>

#include "signing/algorithms.hpp"
#include "signing/cms.hpp"
#include "signing/cms_writer.hpp"

namespace qyzmet::signing {
namespace {

using InfoPtr = Owned<TS_TST_INFO, TS_TST_INFO_free>;

constexpr std::size_t k_nonce_bytes = 16;
constexpr std::size_t k_response_bytes_max = std::size_t{64} << 10;

std::unexpected<Error> unfit() {
  return fail(ErrorCode::invalid, "signature.timestamp");
}

/// granted (0) or grantedWithMods (1)
bool is_granted(der::Element const& status) {
  der::Reader reader{status.content};
  auto const value = reader.take(der::integer);
  if (!value) return false;
  auto const number = der::small_integer(value->content);
  return number && *number <= 1;
}

bool answers(std::string_view token, TspQuestion const& question) {
  auto const data = parse_signed_data(token);
  if (!data || !data->content || data->content_type != oids::k_tst_info) return false;
  InfoPtr const info{from_der<TS_TST_INFO>(*data->content, d2i_TS_TST_INFO, TS_TST_INFO_free)};
  if (!info) return false;
  auto* imprint = TS_TST_INFO_get_msg_imprint(info.get());
  auto const* nonce = TS_TST_INFO_get_nonce(info.get());
  return oid_text(TS_MSG_IMPRINT_get_algo(imprint)->algorithm) == question.digest &&
         string_of(TS_MSG_IMPRINT_get_msg(imprint)) == question.imprint && nonce != nullptr &&
         to_der(nonce, i2d_ASN1_INTEGER) == question.nonce;
}

std::string with_attribute(der::Element const& signer, std::string_view token) {
  auto const value = der::encode(der::set, token);
  auto const attribute =
      der::encode(der::sequence, {der::oid(oids::k_timestamp), std::string{value}});
  std::string content;
  auto const parts = der::children(signer.content);
  for (auto const& part : *parts)
    if (part.tag != der::context_constructed(1)) content += part.whole;
  content += der::encode(der::context_constructed(1), attribute);
  return der::encode(der::sequence, content);
}

}  // namespace

Result<TspQuestion> tsp_question(std::string_view bytes, std::string_view digest_oid) {
  std::array<unsigned char, k_nonce_bytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    return fail(ErrorCode::unavailable, "signature.timestamp");
  // Positive and of minimal form whatever the other bits are.
  random[0] = static_cast<unsigned char>((random[0] & 0x3fU) | 0x40U);
  TspQuestion question;
  question.nonce = der::encode(der::integer, {chars_of(random.data()), random.size()});
  question.digest = digest_oid.empty() ? oids::k_sha256 : digest_oid;
  question.imprint = digest_by_oid(question.digest, bytes).value_or("");
  if (question.imprint.empty()) return unfit();
  auto const imprint = der::encode(
      der::sequence,
      {encode_algorithm(question.digest), der::encode(der::octet_string, question.imprint)});
  question.request = der::encode(
      der::sequence, {der::number(1), imprint, question.nonce, der::encode(der::boolean, "\xff")});
  return question;
}

Result<TspQuestion> tsp_question_for(std::string_view cms) {
  auto const der = unwrap_cms(cms);
  auto const data = der ? parse_signed_data(*der) : std::unexpected(der.error());
  if (!data || data->signers.size() != 1) return fail(ErrorCode::invalid, "signature.malformed");
  return tsp_question(data->signers.front().signature, data->signers.front().digest.oid);
}

Result<std::string> tsp_token(std::string_view response, TspQuestion const& question) {
  if (response.size() > k_response_bytes_max) return unfit();
  auto const outer = der::first(response);
  if (!outer || outer->tag != der::sequence || outer->whole.size() != response.size())
    return unfit();
  der::Reader reader{outer->content};
  auto const status = reader.take(der::sequence);
  auto const token = reader.take(der::sequence);
  if (!status || !token || !reader.done()) return unfit();
  if (!is_granted(*status) || !answers(token->whole, question)) return unfit();
  return std::string{token->whole};
}

std::optional<Instant> tsp_time(std::string_view token) {
  auto const data = parse_signed_data(token);
  if (!data || !data->content || data->content_type != oids::k_tst_info) return std::nullopt;
  InfoPtr const info{from_der<TS_TST_INFO>(*data->content, d2i_TS_TST_INFO, TS_TST_INFO_free)};
  return info ? to_instant(TS_TST_INFO_get_time(info.get())) : std::nullopt;
}

bool has_timestamp(std::string_view cms) {
  auto const der = unwrap_cms(cms);
  auto const data = der ? parse_signed_data(*der) : std::unexpected(der.error());
  return data && data->signers.size() == 1 &&
         count(data->signers.front().unsigned_attributes, oids::k_timestamp) != 0;
}

Result<std::string> with_timestamp(std::string_view cms, std::string_view token) {
  auto const der = unwrap_cms(cms);
  auto const parsed = der ? parse_signed_data(*der) : std::unexpected(der.error());
  if (!parsed || parsed->signers.size() != 1)
    return fail(ErrorCode::invalid, "signature.malformed");
  der::Reader info{der::first(*der)->content};
  auto const type = info.take_any();
  auto const data = der::first(info.take_any()->content);
  auto const parts = der::children(data->content);
  auto const signer = der::first(parts->back().content);
  std::string content;
  for (std::size_t i = 0; i + 1 < parts->size(); ++i) content += (*parts)[i].whole;
  content += der::encode(der::set, with_attribute(*signer, token));
  return der::encode(der::sequence,
                     {std::string{type->whole}, der::encode(der::context_constructed(0),
                                                            der::encode(der::sequence, content))});
}

}  // namespace qyzmet::signing
