// Signatures inside PDFs (PAdES). Second opinions: qpdf about the structure, poppler about RSA, the
// GOST engine of Debian about GOST.
#include "signing/pdf.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "signing/openssl.hpp"
#include "signing/signed_data.hpp"
#include "signing/signer.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/scratch.hpp"

namespace qyzmet::signing::tests {
namespace {

std::string sign(std::string_view bytes, Issued const& signer) {
  auto cms = sign_cms(*signing_key(signer), bytes, {.at = {}, .attached = false});
  auto const question = tsp_question_for(*cms);
  auto const answer = answer_tsp(responder_of(bench().tsa, bench().ca), question->request, now());
  return *with_timestamp(*cms, *tsp_token(*answer, *question));
}

Report verify(std::string const& pdf) {
  Situation const situation;
  return verify_pdf(pdf, situation.trust, situation.policy, now(), now(), situation.evidence());
}

std::string without_gap(std::string pdf) {
  auto const begin = pdf.rfind("/Contents <") + 11;
  return pdf.erase(begin, pdf.find('>', begin) - begin);
}

std::string read_all(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(Pdf, WhatIsSignedIsWhatWasShown) {
  for (auto const family : {Family::rsa, Family::gost, Family::gost_older}) {
    WithFamily const with{family};
    auto const shown = reserve_pdf_signature(blank_pdf());
    ASSERT_TRUE(shown);
    EXPECT_TRUE(read_pdf_signature(*shown)->cms.empty());
    EXPECT_EQ(*reserve_pdf_signature(blank_pdf()), *shown) << "no clock, no chance";
    EXPECT_NE(shown->find("/M (D:20261121100000+05'00)"), std::string::npos);
    auto const signed_pdf =
        embed_pdf_signature(*shown, sign(bytes_to_sign(*shown), bench().citizen));
    ASSERT_TRUE(signed_pdf);
    EXPECT_EQ(without_gap(*signed_pdf), without_gap(*shown));
    EXPECT_EQ(bytes_to_sign(*signed_pdf), bytes_to_sign(*shown));
    auto const report = verify(*signed_pdf);
    EXPECT_TRUE(report.passed()) << report.reason();
    EXPECT_EQ(report.level, "T");
    EXPECT_FALSE(report.signer->claimed_time) << "PAdES has its time in the PDF";
  }
}

TEST(Pdf, EveryChangeOutsideTheGapIsFound) {
  auto const shown = *reserve_pdf_signature(blank_pdf());
  auto const pdf = *embed_pdf_signature(shown, sign(bytes_to_sign(shown), bench().citizen));
  auto const change = [&](std::string_view what, std::string_view by) {
    auto changed = pdf;
    return changed.replace(changed.rfind(what), what.size(), by);
  };
  EXPECT_EQ(verify(change("/MediaBox [ 0 0 595", "/MediaBox [ 0 0 594")).sub_indication,
            "HASH_FAILURE");
  EXPECT_EQ(verify(change("/F 132", "/F 128")).sub_indication, "HASH_FAILURE");
  for (auto const& bad :
       {pdf + "\n", pdf + "5 0 obj\n<<>>\nendobj\n", pdf.substr(0, pdf.size() - 1),
        change("/ByteRange [0", "/ByteRange [1"), change("/ByteRange [0", "/ByteRange  0"),
        change("/ByteRange", "/ByteRangf"), change("00>", "0 >"), change("00>", "0g>"),
        change("/Contents <", "/Contents  "), change("00>", "01>"), std::string{"%PDF-"},
        std::string{"not a PDF"}, std::string{}}) {
    EXPECT_EQ(read_pdf_signature(bad).error().text, "signature.pdf");
    EXPECT_EQ(verify(bad).sub_indication, "FORMAT_FAILURE");
  }
  EXPECT_EQ(verify(shown).reason(), "signature.missing");
}

TEST(Pdf, TakesOnlyASignatureOfItsOwnBytesThatFits) {
  auto const shown = *reserve_pdf_signature(blank_pdf());
  EXPECT_EQ(embed_pdf_signature(shown, sign(shown, bench().citizen)).error().text, "signature.pdf")
      << "over the whole file";
  EXPECT_EQ(embed_pdf_signature(shown, "x").error().text, "signature.pdf");
  auto large = Parts{bench().citizen};
  large.content = bytes_to_sign(shown);
  for (int i = 0; i < 15; ++i) large.certificates.push_back(bench().official.certificate);
  EXPECT_EQ(embed_pdf_signature(shown, large.make()).error().text, "signature.too_large");
  EXPECT_EQ(reserve_pdf_signature(shown).error().text, "signature.pdf") << "one room is enough";
  EXPECT_EQ(reserve_pdf_signature("%PDF-1.5\n").error().text, "signature.pdf");
  EXPECT_EQ(bytes_to_sign("any other document"), "any other document");
}

TEST(Pdf, OtherProgramsAgree) {
  Scratch const scratch;
  auto const shown = *reserve_pdf_signature(blank_pdf());
  auto const pdf = *embed_pdf_signature(shown, sign(bytes_to_sign(shown), bench().citizen));
  EXPECT_EQ(run("qpdf --check " + scratch.write("shown.pdf", shown)), 0);
  EXPECT_EQ(run("qpdf --check " + scratch.write("signed.pdf", pdf)), 0);
  run("pdfsig -nocert " + scratch.path("signed.pdf"), scratch.path("said"));
  auto const said = read_all(scratch.path("said"));
  EXPECT_NE(said.find("Signature is Valid"), std::string::npos) << said;
  EXPECT_NE(said.find("ETSI.CAdES.detached"), std::string::npos) << said;
  EXPECT_NE(said.find("Total document signed"), std::string::npos) << said;
  auto spoilt = pdf;
  spoilt[spoilt.rfind("/F 132") + 4] = '1';
  run("pdfsig -nocert " + scratch.write("spoilt.pdf", spoilt), scratch.path("said"));
  EXPECT_EQ(read_all(scratch.path("said")).find("Signature is Valid"), std::string::npos);
}

/// The key under the identifiers that the engine knows (signing.md 9.2).
std::string key_for_engine(std::string_view certificate_der) {
  auto const certificate = Certificate::read(certificate_der);
  auto const info = to_der(X509_get_X509_PUBKEY(certificate->get()), i2d_X509_PUBKEY);
  auto const bits = der::children(der::first(info)->content)->back().whole;
  auto const parameters =
      der::encode(der::sequence, {der::oid("1.2.643.7.1.2.1.2.1"), der::oid("1.2.643.7.1.1.2.3")});
  auto const algorithm = der::encode(der::sequence, {der::oid("1.2.643.7.1.1.1.2"), parameters});
  return der::encode(der::sequence, {algorithm, std::string{bits}});
}

TEST(Pdf, TheGostEngineOfDebianAgrees) {
  WithFamily const with{Family::gost};
  Scratch const scratch;
  auto const shown = *reserve_pdf_signature(blank_pdf());
  auto const pdf = *embed_pdf_signature(shown, sign(bytes_to_sign(shown), bench().citizen));
  auto const found = read_pdf_signature(pdf);
  auto const data = parse_signed_data(found->cms);
  auto const& signer = data->signers.front();

  // The digest of the bytes, by the engine, is the one that was signed.
  auto const engine = "OPENSSL_CONF=/dev/null openssl ";
  ASSERT_EQ(run(engine + std::string{"dgst -engine gost -streebog512 -binary -out "} +
                scratch.path("digest") + " " + scratch.write("bytes", found->signed_bytes)),
            0);
  EXPECT_EQ(read_all(scratch.path("digest")),
            only_value(signer.attributes, oids::k_message_digest)->content);

  // The signature over the attributes, back to front, under the key with other identifiers.
  auto const attributes = der::encode(der::set, signer.signed_attributes->content);
  ASSERT_EQ(run(engine + std::string{"dgst -engine gost -streebog512 -binary -out "} +
                scratch.path("digest") + " " + scratch.write("attributes", attributes)),
            0);
  std::string value{signer.signature};
  std::ranges::reverse(value);
  auto const key = scratch.write("key.der", key_for_engine(bench().citizen.certificate));
  auto const judge = [&](std::string const& signature) {
    return run(engine + std::string{"pkeyutl -engine gost -verify -pubin -keyform DER -inkey "} +
               key + " -in " + scratch.path("digest") + " -sigfile " +
               scratch.write("signature", signature)) == 0;
  };
  EXPECT_TRUE(judge(value));
  value[7] = static_cast<char>(value[7] ^ 1);
  EXPECT_FALSE(judge(value));
}

}  // namespace
}  // namespace qyzmet::signing::tests
