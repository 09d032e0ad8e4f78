#pragma once
// The real data of the Kazakh PKI (shared/vectors/eds): reads files, skips where there are none.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/base/time.hpp"
#include "signing/certificate.hpp"
#include "signing/verify.hpp"
#include "tests/signing/bench.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::signing::tests {

/// The certificates that the OCSP answers are about are not among the vectors; the name of the
/// issuer and the serial are enough to ask.
inline std::optional<Certificate> certificate_of_answer(std::string const& answer,
                                                        Certificate const& issuer) {
  auto const* in = bytes_of(answer);
  Owned<OCSP_RESPONSE, OCSP_RESPONSE_free> const parsed{
      d2i_OCSP_RESPONSE(nullptr, &in, static_cast<long>(answer.size()))};
  Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> const basic{OCSP_response_get1_basic(parsed.get())};
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(
      nullptr, nullptr, nullptr, &serial,
      const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic.get(), 0))));
  BignumPtr const number{ASN1_INTEGER_to_BN(serial, nullptr)};
  char* hex = BN_bn2hex(number.get());
  auto spec = citizen_spec();
  spec.serial_hex = hex;
  OPENSSL_free(hex);
  spec.key = bench().person_key;
  return Certificate::read(
      issue(spec, {.certificate = issuer.der(), .key = bench().spare_key}).certificate);
}

class EdsVectors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = qyzmet::tests::shared("vectors/eds");
    if (!folder_) GTEST_SKIP() << "the vectors are not here";
  }

  std::string read(std::string const& name) const {
    std::ifstream in{*folder_ / name, std::ios::binary};
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  static Instant day(int year, unsigned month, unsigned day, int hour = 20, int minute = 5,
                     int second = 0) {
    return Instant{std::chrono::sys_days{std::chrono::year{year} / month / day}} +
           std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  }

  std::optional<std::filesystem::path> folder_;
};

}  // namespace qyzmet::signing::tests
