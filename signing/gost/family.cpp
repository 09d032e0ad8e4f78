#include "signing/gost/family.hpp"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>

#include "engine/base/check.hpp"

namespace qyzmet::gost {
namespace {

using Object = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;

constexpr char k_integer = 0x02, k_bit_string = 0x03, k_octets = 0x04, k_sequence = 0x30;

/// DER; all that is written here is shorter than 256 octets.
std::string element(char tag, std::string_view content) {
  std::string out(1, tag);
  if (content.size() >= 0x80) out += '\x81';
  out += static_cast<char>(content.size());
  return out += content;
}

std::string encode_oid(char const* dotted) {
  Object const object{OBJ_txt2obj(dotted, 1)};
  check(object != nullptr, "object identifier of a family");
  return element(
      0x06, {reinterpret_cast<char const*>(OBJ_get0_data(object.get())), OBJ_length(object.get())});
}

std::string key_algorithm(Family const& family) {
  return element(k_sequence, encode_oid(family.key_oid) +
                                 element(k_sequence, encode_oid(family.curve_oid) +
                                                         encode_oid(family.digest_parameters_oid)));
}

/// Nothing in the encoding varies but the two coordinates at its end.
std::string public_key_head(Family const& family) {
  auto const coordinates = std::string(2 * family.bytes, '\0');
  auto const bits = element(k_bit_string, std::string(1, '\0') + element(k_octets, coordinates));
  auto whole = element(k_sequence, key_algorithm(family) + bits);
  whole.resize(whole.size() - coordinates.size());
  return whole;
}

std::string reversed(std::string bytes) {
  std::ranges::reverse(bytes);
  return bytes;
}

/// The scalar inside `privateKey`, little-endian and of full length.
std::optional<std::string> unwrap_secret(Family const& family, std::string_view wrapped) {
  auto const tag = family.secret_form == Family::SecretForm::octets ? k_octets : k_integer;
  if (wrapped.size() < 2 || wrapped[0] != tag ||
      static_cast<unsigned char>(wrapped[1]) != wrapped.size() - 2)
    return std::nullopt;
  std::string bytes{wrapped.substr(2)};
  if (tag == k_octets) return bytes;
  if (bytes.size() == family.bytes + 1 && bytes[0] == 0) bytes.erase(0, 1);
  if (bytes.empty() || bytes.size() > family.bytes) return std::nullopt;
  bytes.insert(0, family.bytes - bytes.size(), '\0');
  return reversed(std::move(bytes));
}

std::string wrap_secret(Family const& family, std::string little_endian) {
  if (family.secret_form == Family::SecretForm::octets) return element(k_octets, little_endian);
  auto bytes = reversed(std::move(little_endian));
  bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size() - 1));
  if ((bytes[0] & 0x80) != 0) bytes.insert(0, 1, '\0');
  return element(k_integer, bytes);
}

std::unique_ptr<Key> key_of(Family const& family, Bignum secret) {
  if (!secret) return nullptr;
  auto point = family.curve().public_point(secret.get());
  if (!point) return nullptr;
  return std::make_unique<Key>(family, std::move(point), std::move(secret));
}

}  // namespace

std::array<Family, k_families> const& families() {
  using enum Family::SecretForm;
  static std::array<Family, k_families> const all{
      Family{.name = "KZ-GOST2015-512",
             .names = "KZ-GOST2015-512:1.2.398.3.10.1.1.2.2",
             .digest = "KZ-STREEBOG-512",
             .key_oid = "1.2.398.3.10.1.1.2.2",
             .curve_oid = "1.2.398.3.10.1.1.2.2.1",
             .digest_parameters_oid = "1.2.398.3.10.1.3.3",
             .digest_oid = "1.2.398.3.10.1.3.3",
             .signature_oid = "1.2.398.3.10.1.1.2.3.2",
             .curve = curve_512,
             .bytes = 64,
             .secret_form = octets},
      Family{.name = "KZ-GOST2015-256",
             .names = "KZ-GOST2015-256:1.2.398.3.10.1.1.2.1",
             .digest = "KZ-STREEBOG-256",
             .key_oid = "1.2.398.3.10.1.1.2.1",
             .curve_oid = "1.2.398.3.10.1.1.2.1.1",
             .digest_parameters_oid = "1.2.398.3.10.1.3.2",
             .digest_oid = "1.2.398.3.10.1.3.2",
             .signature_oid = "1.2.398.3.10.1.1.2.3.1",
             .curve = curve_256,
             .bytes = 32,
             .secret_form = octets},
      Family{.name = "KZ-GOST2004",
             .names = "KZ-GOST2004:1.2.398.3.10.1.1.1.1",
             .digest = "KZ-GOST34311",
             .key_oid = "1.2.398.3.10.1.1.1.1",
             .curve_oid = "1.2.398.3.10.1.1.1.1.1",
             .digest_parameters_oid = "1.2.398.3.10.1.3.1.1.0",
             .digest_oid = "1.2.398.3.10.1.3.1",
             .signature_oid = "1.2.398.3.10.1.1.1.2",
             .curve = curve_256,
             .bytes = 32,
             .secret_form = integer}};
  return all;
}

Digest::Digest(Family const& family) : state_(Gost34311{}) {
  if (family.secret_form == Family::SecretForm::octets) state_ = Streebog{family.bytes};
}

bool Key::verify(std::string_view digest, std::string_view signature) const {
  auto const& curve = family.curve();
  if (point == nullptr) return false;
  FastSum::Known const* multiples = nullptr;
  if (verifications.load(std::memory_order_relaxed) >= k_verifications_before_known) {
    std::call_once(knowing, [&] { known = curve.know(point.get()); });
    multiples = known.get();
  } else {
    verifications.fetch_add(1, std::memory_order_relaxed);
  }
  return curve.verify(point.get(), digest, signature, Curve::Arithmetic::own, multiples);
}

std::unique_ptr<Key> read_public_key(Family const& family, std::string_view spki) {
  static auto const heads = [] {
    std::array<std::string, k_families> all;
    for (std::size_t i = 0; i < k_families; ++i) all[i] = public_key_head(families()[i]);
    return all;
  }();
  auto const& head = heads[static_cast<std::size_t>(&family - families().data())];
  if (!spki.starts_with(head)) return nullptr;
  auto point = family.curve().read_point(spki.substr(head.size()));
  return point ? std::make_unique<Key>(family, std::move(point)) : nullptr;
}

std::unique_ptr<Key> read_private_key(Family const& family, std::string_view pkcs8) {
  auto const* at = reinterpret_cast<unsigned char const*>(pkcs8.data());
  Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> const info{
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(pkcs8.size()))};
  unsigned char const* bytes = nullptr;
  int size = 0;
  X509_ALGOR const* algorithm = nullptr;
  if (!info || PKCS8_pkey_get0(nullptr, &bytes, &size, &algorithm, info.get()) != 1) return nullptr;
  unsigned char* encoded = nullptr;
  int const length = i2d_X509_ALGOR(algorithm, &encoded);
  if (length <= 0) return nullptr;
  std::string const found{reinterpret_cast<char const*>(encoded), static_cast<std::size_t>(length)};
  OPENSSL_free(encoded);
  if (found != key_algorithm(family)) return nullptr;
  auto secret =
      unwrap_secret(family, {reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size)});
  if (!secret) return nullptr;
  auto scalar = family.curve().read_scalar(*secret);
  OPENSSL_cleanse(secret->data(), secret->size());
  return key_of(family, std::move(scalar));
}

std::unique_ptr<Key> make_key(Family const& family) {
  return key_of(family, family.curve().make_scalar());
}

std::string write_public_key(Key const& key) {
  return public_key_head(key.family) + key.family.curve().write_point(key.point.get());
}

std::string write_private_key(Key const& key) {
  auto const secret = wrap_secret(key.family, key.family.curve().write_scalar(key.secret.get()));
  return element(k_sequence, element(k_integer, std::string_view{"\0", 1}) +
                                 key_algorithm(key.family) + element(k_octets, secret));
}

std::string signature_algorithm(Family const& family) {
  return element(k_sequence, encode_oid(family.signature_oid) + std::string{"\x05\x00", 2});
}

}  // namespace qyzmet::gost
