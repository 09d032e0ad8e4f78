#include "signing/ledger/stamp.hpp"

#include <array>

#include "signing/ledger/cbor.hpp"
#include "signing/ledger/text.hpp"

namespace qyzmet::ledger {

namespace {

using cbor::Kind;

constexpr std::uint64_t k_sign1_tag = 18;
constexpr std::string_view k_protected = "\xA1\x01\x27";  // {1: -8}: alg EdDSA
constexpr std::uint64_t k_kid = 4;

constexpr std::array k_fields{&Stamp::service, &Stamp::document, &Stamp::number,
                              &Stamp::date,    &Stamp::person,   &Stamp::office};

/// At most so many bytes, and no half character at the end.
std::string cut(std::string_view text) {
  if (text.size() <= k_stamp_text_bytes_max) return std::string{text};
  auto size = k_stamp_text_bytes_max;
  while (size > 0 && (text[size] & 0xC0) == 0x80) --size;
  return std::string{text.substr(0, size)};
}

/// RFC 9052, 4.4.
std::string signed_bytes(std::string_view payload) {
  return cbor::head(Kind::array, 4) + cbor::text("Signature1") + cbor::bytes(k_protected) +
         cbor::bytes("") + cbor::bytes(payload);
}

std::optional<Stamp> parse_payload(std::string_view payload) {
  cbor::Reader reader{payload};
  if (reader.head(Kind::map) != k_fields.size()) return std::nullopt;
  Stamp stamp;
  std::uint64_t key = 0;
  for (auto const field : k_fields) {
    reader.literal(cbor::number(++key));
    stamp.*field = reader.text();
    if ((stamp.*field).size() > k_stamp_text_bytes_max) return std::nullopt;
  }
  return reader.done() ? std::optional{std::move(stamp)} : std::nullopt;
}

}  // namespace

std::string make_stamp(Stamp const& stamp, NoteSigner const& signer) {
  auto payload = cbor::head(Kind::map, k_fields.size());
  std::uint64_t key = 0;
  for (auto const field : k_fields) payload += cbor::number(++key) + cbor::text(cut(stamp.*field));
  auto const bytes = cbor::head(Kind::tag, k_sign1_tag) + cbor::head(Kind::array, 4) +
                     cbor::bytes(k_protected) + cbor::head(Kind::map, 1) + cbor::number(k_kid) +
                     cbor::bytes(signer.key().id()) + cbor::bytes(payload) +
                     cbor::bytes(signer.sign(signed_bytes(payload)));
  return std::string{k_stamp_prefix} + to_base45(bytes);
}

StampVerdict verify_stamp(std::string_view text, NoteKey const& key) {
  StampVerdict const unreadable{.fault = StampFault::format};
  if (text.size() > k_stamp_bytes_max * 2 || !text.starts_with(k_stamp_prefix)) return unreadable;
  auto const bytes = from_base45(text.substr(k_stamp_prefix.size()));
  if (!bytes) return unreadable;
  cbor::Reader reader{*bytes};
  reader.literal(cbor::head(Kind::tag, k_sign1_tag) + cbor::head(Kind::array, 4) +
                 cbor::bytes(k_protected) + cbor::head(Kind::map, 1) + cbor::number(k_kid));
  auto const kid = reader.bytes();
  auto const payload = reader.bytes();
  auto const signature = reader.bytes();
  auto stamp = reader.done() ? parse_payload(payload) : std::nullopt;
  if (!stamp) return unreadable;
  StampVerdict verdict{.fault = StampFault::none, .stamp = std::move(*stamp)};
  if (kid != key.id())
    verdict.fault = StampFault::key;
  else if (!verify_ed25519(key.key, signed_bytes(payload), signature))
    verdict.fault = StampFault::signature;
  return verdict;
}

}  // namespace qyzmet::ledger
