#define OPENSSL_SUPPRESS_DEPRECATED  // engines are what Debian packages
#include "tests/bench/signing/packaged.hpp"

#include <openssl/engine.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "signing/der.hpp"

namespace qyzmet::bench {

namespace der = signing::der;

std::optional<double> openssl_speed(int seconds) {
  auto const command = "openssl speed -seconds " + std::to_string(seconds) + " rsa2048 2>/dev/null";
  Owned<FILE, pclose> const out{popen(command.c_str(), "r")};
  char line[256];
  while (out && std::fgets(line, sizeof line, out.get()) != nullptr) {
    std::string_view const text{line};
    if (!text.starts_with("rsa 2048 bits")) continue;
    return std::atof(line + text.find_last_of(' ') + 1);
  }
  return std::nullopt;
}

namespace {

/// The key of ours in the identifiers of GOST R 34.10-2012.
std::string translated(EVP_PKEY const* key) {
  auto const ours = signing::to_der(key, i2d_PUBKEY);
  auto const whole = der::first(ours);
  if (!whole) return {};
  der::Reader reader{whole->content};
  (void)reader.take(der::sequence);
  auto const bits = reader.take(der::bit_string);
  if (!bits) return {};
  auto const parameters =
      der::encode(der::sequence, {der::oid("1.2.643.7.1.2.1.2.1"), der::oid("1.2.643.7.1.1.2.3")});
  auto const algorithm = der::encode(der::sequence, {der::oid("1.2.643.7.1.1.1.2"), parameters});
  return der::encode(der::sequence, {algorithm, std::string{bits->whole}});
}

ENGINE* engine() {
  static ENGINE* const loaded = [] {
    ENGINE_load_dynamic();
    auto* found = ENGINE_by_id("gost");
    if (found != nullptr && ENGINE_init(found) == 1)
      ENGINE_set_default(found, ENGINE_METHOD_PKEY_METHS | ENGINE_METHOD_PKEY_ASN1_METHS);
    return found;
  }();
  return loaded;
}

}  // namespace

GostEngine::GostEngine(EVP_PKEY const* key) {
  if (engine() == nullptr) return;
  auto const spki = translated(key);
  auto const* at = signing::bytes_of(spki);
  key_.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
  if (!key_) return;
  context_.reset(EVP_PKEY_CTX_new(key_.get(), engine()));
  if (!context_ || EVP_PKEY_verify_init(context_.get()) != 1) context_.reset();
}

bool GostEngine::verify(std::string_view digest, std::string signature) const {
  std::ranges::reverse(signature);
  return EVP_PKEY_verify(context_.get(), signing::bytes_of(signature), signature.size(),
                         signing::bytes_of(digest), digest.size()) == 1;
}

}  // namespace qyzmet::bench
