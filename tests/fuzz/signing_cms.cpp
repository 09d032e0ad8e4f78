// Everything of signing/ that reads bytes from outside. The first byte says as what the rest comes
// in. Nothing throws, and nothing that was not signed here is ever accepted.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "signing/authority.hpp"
#include "signing/cms.hpp"
#include "signing/gost/provider.hpp"
#include "signing/responders.hpp"
#include "signing/tsp.hpp"
#include "signing/verify.hpp"
#include "signing/xml.hpp"

using namespace qyzmet;
using namespace qyzmet::signing;

namespace {

/// One authority with one person and a signature of hers, made anew in each run.
struct World {
  Instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  TrustStore trust;
  std::string cms;
  static constexpr std::string_view k_content = "content";

  World() {
    CertificateSpec root;
    root.subject = {{.type = "CN", .value = "FUZZ TEST"}};
    root.from = now - std::chrono::days{1};
    root.until = now + std::chrono::days{1};
    root.key_usage = "critical,keyCertSign,cRLSign";
    root.basic_constraints = "critical,CA:TRUE";
    auto const authority = issue_root(root);
    auto person = root;
    person.subject = {{.type = "CN", .value = "PERSON"},
                      {.type = "serialNumber", .value = "IIN850315300019", .printable = true}};
    person.key_usage = "critical,digitalSignature,nonRepudiation";
    person.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1";
    person.basic_constraints = "";
    trust.certificates = {authority.certificate};
    cms = *sign_cms(*signing_key(issue(person, authority)), k_content, {.at = now});
  }
};

World const& world() {
  static World const made;
  return made;
}

Report verify(std::string_view cms, Evidence const& evidence) {
  return verify_cms(cms, World::k_content, world().trust, {}, world().now, world().now, evidence);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const bytes{reinterpret_cast<char const*>(data) + 1, size - 1};
  switch (data[0] % 9) {
    case 0: {
      auto const report = verify(bytes, {});
      check(!report.passed(), "without revocation data nothing passes");
      check(!report.reason().empty(), "a refusal has a reason");
      check(!verify_cms(bytes, std::nullopt, world().trust, {}, world().now, world().now, {})
                 .passed(),
            "an attached signature neither");
      break;
    }
    case 1:
      check(!verify(world().cms, {.ocsp = {std::string{bytes}}, .crls = {}, .ocsp_nonce = {}})
                 .passed(),
            "no answer that was not signed counts");
      break;
    case 2:
      check(!verify(world().cms, {.ocsp = {}, .crls = {std::string{bytes}}, .ocsp_nonce = {}})
                 .passed(),
            "no list that was not signed counts");
      break;
    case 3:
      (void)tsp_token(bytes, *tsp_question("x"));
      if (auto const stamped = with_timestamp(world().cms, bytes))
        check(verify(*stamped, {}).level != "T", "no timestamp that was not signed counts");
      break;
    case 4:
      (void)open_p12(bytes, "password");
      break;
    case 5:
      (void)read_certificate(bytes);
      (void)is_test_anchor(bytes);
      (void)ocsp_question(bytes, world().trust);
      break;
    case 7:
      check(!verify_xml(bytes, world().trust, {}, world().now, world().now, {}).passed() &&
                !verify_soap(bytes, world().trust, {}, world().now, world().now, {}).passed(),
            "without revocation data no XML passes");
      break;
    case 8: {
      // A key of GOST in whatever form the bytes have.
      auto const* at = reinterpret_cast<unsigned char const*>(bytes.data());
      gost::install();
      EVP_PKEY_free(d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes.size())));
      at = reinterpret_cast<unsigned char const*>(bytes.data());
      EVP_PKEY_free(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.size())));
      break;
    }
    default:
      if (auto const decoded = decode_base64(bytes))
        check(decode_base64(encode_base64(*decoded)) == decoded, "Base64");
      (void)der::is_der(bytes);
      (void)der::oid_text(bytes);
  }
  return 0;
}
