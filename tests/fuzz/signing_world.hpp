#pragma once
// What the targets of signing/ verify against: one authority with a person and services, made anew
// in each run. Each target has one input that is right in this world, so that the fuzzer begins
// behind the signature checks as well as before them; it is never in the corpus, for the keys
// differ from run to run.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "signing/authority.hpp"
#include "signing/cms.hpp"
#include "signing/responders.hpp"
#include "signing/tsp.hpp"
#include "signing/verify.hpp"

// Of libFuzzer; absent where seeds are only replayed.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t size_max);

namespace qyzmet::signing::fuzz {

inline constexpr std::string_view k_content = "content";

struct World {
  Instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  Issued root, person, authority;
  TrustStore trust;
  std::string cms;

  World() {
    CertificateSpec spec;
    spec.subject = {{.type = "CN", .value = "FUZZ TEST"}};
    spec.from = now - std::chrono::days{1};
    spec.until = now + std::chrono::days{1};
    spec.key_usage = "critical,keyCertSign,cRLSign,digitalSignature";
    spec.basic_constraints = "critical,CA:TRUE";
    root = issue_root(spec);
    spec.basic_constraints = "";
    spec.key_usage = "critical,digitalSignature";
    spec.subject = {{.type = "CN", .value = "TSA"}};
    spec.extended_key_usage = "critical,1.3.6.1.5.5.7.3.8";
    authority = issue(spec, root);
    spec.subject = {{.type = "CN", .value = "PERSON"},
                    {.type = "serialNumber", .value = "IIN850315300019", .printable = true}};
    spec.key_usage = "critical,digitalSignature,nonRepudiation";
    spec.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1";
    person = issue(spec, root);
    trust.certificates = {root.certificate};
    cms = *sign_cms(*signing_key(person), k_content, {.at = now});
  }

  Report verify(std::string_view bytes, Evidence const& evidence) const {
    return verify_cms(bytes, k_content, trust, {}, now, now, evidence);
  }
  Responder service(Issued const& key) const {
    return {.p12 = to_p12(key, "fuzz", {}), .password = "fuzz", .issuer = root.certificate};
  }
};

inline World const& world() {
  static World const made;
  return made;
}

/// A signature value stands at the end of what it signs; nobody else can make one.
inline bool carries_signature_of(std::string_view bytes, std::string_view right) {
  auto const der = unwrap_pem_or_der(bytes);
  auto const value = right.substr(right.size() - 64);
  return (der && der->find(value) != std::string::npos) || bytes.find(value) != bytes.npos;
}

/// One time in sixteen from what is right, otherwise from what the fuzzer chose.
inline std::size_t mutate(std::string_view right, std::uint8_t* data, std::size_t size,
                          std::size_t size_max, unsigned seed) {
  if (seed % 16 == 0 && right.size() <= size_max) {
    std::ranges::copy(right, data);
    size = right.size();
  }
  return LLVMFuzzerMutate(data, size, size_max);
}

}  // namespace qyzmet::signing::fuzz

/// `right`: an expression for the input that is right. The target is called with it once as well.
#define QYZMET_FUZZ_TARGET(right, target)                                               \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,  \
                                                 std::size_t size_max, unsigned seed) { \
    return qyzmet::signing::fuzz::mutate(right, data, size, size_max, seed);            \
  }                                                                                     \
  extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {   \
    static bool const once = (target(right), true);                                     \
    (void)once;                                                                         \
    target(std::string_view{reinterpret_cast<char const*>(data), size});                \
    return 0;                                                                           \
  }
