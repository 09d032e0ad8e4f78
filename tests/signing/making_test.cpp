// Signatures, timestamps and key files that we make, and the demo authority; openssl's own programs
// are the second opinion.
#include <gtest/gtest.h>

#include <algorithm>

#include "signing/certificate.hpp"
#include "signing/demo_pki.hpp"
#include "signing/signer.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/scratch.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::signing::tests {
namespace {

/// `openssl cms -verify` over the same bytes: who may sign what is not its question.
bool openssl_accepts(Scratch const& scratch, std::string const& cms, std::string const& content,
                     bool attached) {
  auto const anchors = scratch.write("anchors.pem", to_pem_certificate(bench().root.certificate) +
                                                        to_pem_certificate(bench().ca.certificate));
  auto command = "openssl cms -verify -binary -inform DER -purpose any -cades -attime " +
                 std::to_string(to_time_t(now())) + " -CAfile " + anchors + " -in " +
                 scratch.write("x.der", cms);
  if (!attached) command += " -content " + scratch.write("content", content);
  return run(command) == 0;
}

TEST(Signing, MakesGostSignaturesThatPass) {
  for (auto const family : {Family::gost, Family::gost_older}) {
    WithFamily const with{family};
    Situation situation;
    auto const key =
        open_p12(to_p12(bench().citizen, k_password, {bench().ca.certificate}), k_password);
    ASSERT_TRUE(key);
    auto const made = sign_cms(**key, situation.given, {.at = now(), .attached = true});
    ASSERT_TRUE(made);
    auto const report = verify_cms_over(*made, situation.given, situation.trust, situation.policy,
                                        now(), now(), situation.evidence());
    EXPECT_TRUE(report.passed()) << report.reason();
    EXPECT_EQ(report.signer->algorithm, family == Family::gost ? "GOST2015-512" : "GOST2004");
  }
}

TEST(Signing, MakesWhatWeAndOpensslAccept) {
  Scratch const scratch;
  for (bool const attached : {false, true}) {
    Situation situation;
    auto const made = sign_cms(*signing_key(bench().citizen), situation.given,
                               {.at = now(), .attached = attached});
    ASSERT_TRUE(made);
    auto const report = verify_cms_over(*made, situation.given, situation.trust, situation.policy,
                                        now(), now(), situation.evidence());
    EXPECT_TRUE(report.passed()) << report.reason();
    LAW("R-GEN-07");
    EXPECT_EQ(report.signer->claimed_time, now());
    EXPECT_TRUE(openssl_accepts(scratch, *made, situation.given, attached));
  }
}

TEST(Signing, AgreesWithOpensslAboutSpoiltSignatures) {
  // Only what both look at: structure, digest, signature, ESS and path.
  Scratch const scratch;
  std::vector<std::function<void(Situation&)>> const spoilers{
      [](Situation&) {},
      [](Situation& s) { s.given = "another"; },
      [](Situation& s) { s.parts.change_signature = [](std::string& value) { value[9] ^= 1; }; },
      [](Situation& s) { s.parts.certificates.clear(); },
      [](Situation& s) { s.parts.certificates = {bench().official.certificate}; },
      [](Situation& s) { s.parts.signer.key = bench().spare_key; },
      [](Situation& s) { s.parts.digest_oids = {std::string{oids::k_sha512}}; },
      [](Situation& s) {
        s.parts.attributes = s.parts.usual_attributes();
        s.parts.attributes.erase(s.parts.attributes.begin() + 2);
      },
      [](Situation& s) {
        s.parts.attributes = s.parts.usual_attributes();
        s.parts.attributes.erase(s.parts.attributes.begin() + 3);
      },
      [](Situation& s) {
        s.parts.attributes = s.parts.usual_attributes();
        s.parts.attributes[3] = ess_v2(bench().official.certificate);
      },
      [](Situation& s) { s.carry = [](std::string der) { return der.substr(0, der.size() - 1); }; },
      [](Situation& s) {
        auto spec = citizen_spec();
        spec.key = bench().person_key;
        s.parts = Parts{issue(spec, bench().other_ca)};
      }};
  for (std::size_t i = 0; i < spoilers.size(); ++i) {
    Situation situation;
    spoilers[i](situation);
    EXPECT_EQ(situation.verify().passed(),
              openssl_accepts(scratch, situation.cms(), situation.given, false))
        << i;
  }
}

TEST(Signing, KeyFilesOpenWithTheirPasswordOnly) {
  auto const p12 = to_p12(bench().citizen, "пароль", {bench().ca.certificate});
  auto const key = open_p12(p12, "пароль");
  ASSERT_TRUE(key);
  EXPECT_EQ((*key)->certificate_der(), bench().citizen.certificate);
  EXPECT_EQ(open_p12(p12, "password").error().text, "signature.key_password");
  EXPECT_EQ(open_p12("not a key file", "").error().text, "signature.key_file");
  EXPECT_EQ(open_p12(std::string(1 << 20, '0'), "").error().text, "signature.key_file");
}

TEST(Signing, ReadsWhoACertificateNames) {
  auto const signer = read_certificate(to_pem_certificate(bench().official.certificate));
  ASSERT_TRUE(signer);
  EXPECT_EQ(signer->iin, k_official_iin);
  EXPECT_EQ(signer->bin, k_bin);
  EXPECT_EQ(signer->organisation, "Есіл ауданының қорғаныс істері бөлімі");
  EXPECT_EQ(signer->issuer, "ҰЛТТЫҚ ОРТАЛЫҚ TEST (RSA)");
  EXPECT_EQ(extended_key_usages(bench().seal.certificate),
            (std::vector<std::string>{"1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.6"}));
  EXPECT_EQ(read_certificate("nothing").error().text, "signature.malformed");
}

TEST(Timestamp, OnlyTheAnswerToTheQuestionIsTaken) {
  auto const question = tsp_question("stamped");
  auto const other = tsp_question("stamped");
  auto const tsa = responder_of(bench().tsa, bench().ca);
  auto const answer = answer_tsp(tsa, question->request, now());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(tsp_token(*answer, *question));
  EXPECT_EQ(tsp_token(*answer, *other).error().text, "signature.timestamp");
  EXPECT_FALSE(tsp_token(answer->substr(1), *question));
  EXPECT_FALSE(tsp_token(*answer + "x", *question));
  EXPECT_FALSE(tsp_token("", *question));
  EXPECT_FALSE(
      tsp_token(*answer_tsp(tsa, question->request, now(), {.wrong_nonce = true}), *question));
  EXPECT_FALSE(
      tsp_token(*answer_tsp(tsa, question->request, now(), {.wrong_imprint = true}), *question));
}

TEST(Timestamp, ReplacesTheOneThatWasThere) {
  auto const cms = Parts{bench().citizen}.make();
  auto const stamp = [&](std::string const& bytes) {
    auto const question = tsp_question_for(bytes);
    auto const answer = answer_tsp(responder_of(bench().tsa, bench().ca), question->request, now());
    return *with_timestamp(bytes, *tsp_token(*answer, *question));
  };
  auto const twice = stamp(stamp(cms));
  auto const data = parse_signed_data(twice);
  EXPECT_EQ(data->signers.front().unsigned_attributes.size(), 1U);
  EXPECT_EQ(with_timestamp("x", "y").error().text, "signature.malformed");
}

DemoPkiSpec demo_spec() {
  DemoPkiSpec spec;
  spec.now = now();
  spec.people = {{.id = "citizen",
                  .surname = "Үлгіұлы",
                  .given = "Арман",
                  .patronymic = {},
                  .iin = k_iin,
                  .organisation = {},
                  .bin = {}},
                 {.id = "ended",
                  .surname = "Өткенов",
                  .given = "Мұрат",
                  .patronymic = {},
                  .iin = k_official_iin,
                  .organisation = {},
                  .bin = {},
                  .expired = true},
                 {.id = "seal",
                  .role = DemoRole::office_seal,
                  .surname = "АЖ \"Qyzmet\"",
                  .given = {},
                  .patronymic = {},
                  .iin = {},
                  .organisation = "Бөлім",
                  .bin = k_bin}};
  return spec;
}

TEST(DemoPki, MakesPeopleWhoPassAndExamplesThatDoNot) {
  auto spec = demo_spec();
  auto const made = make_demo_pki(spec);
  ASSERT_TRUE(made);
  TrustStore const trust{.certificates = {made->at("trust/root.pem"), made->at("trust/ca.pem"),
                                          made->at("trust/root-gost.pem"),
                                          made->at("trust/ca-gost.pem")}};
  EXPECT_TRUE(is_test_anchor(made->at("trust/root.pem")));
  EXPECT_TRUE(is_test_anchor(made->at("trust/root-gost.pem")));
  auto const responder = [&](std::string const& name, std::string const& suffix) {
    return Responder{.p12 = made->at(name + suffix + ".p12"),
                     .password = spec.password,
                     .issuer = made->at("trust/ca" + suffix + ".pem")};
  };
  auto const verify = [&](std::string const& file, Role role) {
    std::string const suffix = file.ends_with("-gost.p12") ? "-gost" : "";
    auto const key = open_p12(made->at("people/" + file), spec.password);
    auto cms = sign_cms(**key, "content", {.at = now()});
    auto const stamp = tsp_question_for(*cms);
    EXPECT_EQ(asks_for_gost(stamp->request), !suffix.empty());
    auto const stamped = answer_tsp(responder("tsa", suffix), stamp->request, now());
    cms = with_timestamp(*cms, *tsp_token(*stamped, *stamp));
    auto const question = ocsp_question(*cms, trust);
    auto const answer = answer_ocsp(
        responder("ocsp", suffix), question->request,
        [](std::string const&) { return CertificateStatus{}; }, now());
    Policy policy;
    policy.role = role;
    auto report = verify_cms(*cms, "content", trust, policy, now(), now(),
                             {.ocsp = {*answer}, .crls = {}, .ocsp_nonce = question->nonce});
    EXPECT_EQ(report.level, "T");
    EXPECT_EQ(report.signer->algorithm, suffix.empty() ? "RSA-SHA256" : "GOST2015-512");
    return report;
  };
  EXPECT_TRUE(verify("citizen-sign.p12", Role::individual).passed());
  EXPECT_TRUE(verify("citizen-gost.p12", Role::individual).passed());
  EXPECT_TRUE(verify("seal-gost.p12", Role::provider_seal).passed());
  EXPECT_EQ(verify("ended-gost.p12", Role::individual).reason(), "signature.expired");
  EXPECT_EQ(verify("citizen-auth.p12", Role::individual).reason(), "signature.auth_key");
  EXPECT_EQ(verify("ended-sign.p12", Role::individual).reason(), "signature.expired");
  EXPECT_TRUE(verify("seal-seal.p12", Role::provider_seal).passed());
  EXPECT_NE(made->at("people.json").find(R"("surname": "АЖ \"Qyzmet\"")"), std::string::npos);
  spec.people = {{.id = "Bad Id",
                  .surname = "X",
                  .given = {},
                  .patronymic = {},
                  .iin = k_iin,
                  .organisation = {},
                  .bin = {}}};
  EXPECT_EQ(make_demo_pki(spec).error().text, "signature.demo_person");
}

}  // namespace
}  // namespace qyzmet::signing::tests
