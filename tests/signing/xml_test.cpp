// XML signatures: real ones, our own in all families, and attacks on both.
#include "signing/xml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "signing/certificate.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/pitfalls.hpp"
#include "tests/signing/vectors.hpp"

namespace qyzmet::signing::tests {
namespace {

constexpr std::string_view k_application =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<application xmlns=\"urn:example\">\n"
    "  <iin>850315300019</iin><!-- note --><text b=\"2\" a='1'>Өтініш &amp; \"беру\"</text>\n"
    "</application>\n";
constexpr std::string_view k_envelope =
    "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>"
    "<ns:SendMessage xmlns:ns=\"urn:example\"><request><iin>850315300019</iin></request>"
    "</ns:SendMessage></soap:Body></soap:Envelope>";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  auto const at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

enum class Shape { enveloped, soap };

struct XmlSituation {
  Situation situation;
  Shape shape = Shape::enveloped;

  XmlSituation() { situation.policy.allow_basic = true; }

  std::string sign() const {
    auto const key = signing_key(situation.parts.signer);
    auto const made = shape == Shape::enveloped ? sign_xml(*key, k_application)
                                                : sign_soap(*key, k_envelope, "id-1");
    EXPECT_TRUE(made);
    return made.value_or("");
  }
  Report verify(std::string const& xml) const {
    auto const function = shape == Shape::enveloped ? verify_xml : verify_soap;
    return function(xml, situation.trust, situation.policy, now(), now(), situation.evidence());
  }
};

// --- our own

class XmlOfFamily : public testing::TestWithParam<std::tuple<Family, Shape>> {
 protected:
  WithFamily with_{std::get<0>(GetParam())};
};

TEST_P(XmlOfFamily, WhatWeSignPassesAndGivesBackTheCanonicalBytes) {
  XmlSituation xml;
  xml.shape = std::get<1>(GetParam());
  auto const signed_document = xml.sign();
  auto const report = xml.verify(signed_document);
  EXPECT_TRUE(report.passed()) << report.reason();
  EXPECT_EQ(report.level, "basic");
  EXPECT_EQ(report.signer->iin, k_iin);
  if (xml.shape == Shape::enveloped) {
    EXPECT_EQ(report.content,
              "<application xmlns=\"urn:example\">\n"
              "  <iin>850315300019</iin><text a=\"1\" b=\"2\">Өтініш &amp; "
              "\"беру\"</text>\n</application>");
  } else {
    EXPECT_TRUE(report.content.starts_with("<soap:Body"));
    EXPECT_TRUE(report.content.ends_with("</soap:Body>"));
  }
  EXPECT_EQ(xml.verify(replaced(signed_document, "850315300019</iin>", "850315300018</iin>"))
                .sub_indication,
            "HASH_FAILURE");
  auto const carriage =
      std::regex_replace(signed_document, std::regex{"(<ds:SignatureValue>.{20})"}, "$1&#13;\n");
  EXPECT_TRUE(xml.verify(carriage).passed()) << xml.verify(carriage).reason();
  for (std::string const other : {"&#11;", "&#160;", "-", "=", "&#0;"}) {
    auto const spoilt =
        std::regex_replace(signed_document, std::regex{"(<ds:SignatureValue>.{20})"}, "$1" + other);
    EXPECT_EQ(xml.verify(spoilt).sub_indication, "FORMAT_FAILURE") << other;
  }
  hold_quirk(9);
}

TEST_P(XmlOfFamily, ChangedSignaturesAreRefused) {
  XmlSituation xml;
  xml.shape = std::get<1>(GetParam());
  auto const document = xml.sign();
  auto const begin = document.find("<ds:SignatureValue>") + 19;
  for (std::size_t at = begin + 1; at < begin + 80; at += 9) {
    auto changed = document;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(xml.verify(changed).sub_indication, "SIG_CRYPTO_FAILURE") << at;
  }
  auto const method = document.find("SignatureMethod Algorithm=\"") + 27;
  auto other = document;
  other.replace(method, document.find('"', method) - method,
                "http://www.w3.org/2000/09/xmldsig#rsa-sha1");
  EXPECT_EQ(xml.verify(other).reason(), "signature.weak_algorithm");
}

INSTANTIATE_TEST_SUITE_P(All, XmlOfFamily,
                         testing::Combine(testing::Values(Family::rsa, Family::gost,
                                                          Family::gost_older),
                                          testing::Values(Shape::enveloped, Shape::soap)));

TEST(Xml, EveryJudgementOfTheSignerIsMade) {
  auto const reason = [](auto spoil) {
    XmlSituation xml;
    spoil(xml.situation);
    return xml.verify(xml.sign()).reason();
  };
  EXPECT_EQ(reason([](Situation& s) { s.policy.allow_basic = false; }), "signature.ess_missing");
  EXPECT_EQ(reason([](Situation& s) { s.parts = Parts{bench().citizen_auth}; }),
            "signature.auth_key");
  EXPECT_EQ(reason([](Situation& s) { s.trust = {}; }), "signature.unknown_authority");
  EXPECT_EQ(reason([](Situation& s) { s.policy.expected_iin = k_official_iin; }),
            "signature.wrong_iin");
  EXPECT_EQ(reason([](Situation& s) {
              s.status = {.kind = CertificateStatus::Kind::revoked, .revoked_at = now() - days{1}};
            }),
            "signature.revoked");
  EXPECT_EQ(reason([](Situation& s) { s.change_evidence = [](Evidence& e) { e.ocsp.clear(); }; }),
            "signature.no_revocation_data");
}

TEST(Xml, IsToldFromOtherSignatures) {
  EXPECT_TRUE(is_xml(k_application));
  EXPECT_TRUE(is_xml("\xef\xbb\xbf\n<x/>"));
  EXPECT_FALSE(is_xml("-----BEGIN CMS-----"));
  EXPECT_FALSE(is_xml(""));
  EXPECT_TRUE(is_soap(k_envelope));
  EXPECT_FALSE(is_soap(k_application));
}

TEST(Xml, OnlyOneSignatureIsMadeAndOnlyInDocumentsThatAreSound) {
  XmlSituation const xml;
  auto const key = signing_key(bench().citizen);
  EXPECT_EQ(sign_xml(*key, xml.sign()).error().text, "signature.malformed");
  EXPECT_EQ(sign_xml(*key, "no document").error().text, "signature.malformed");
  EXPECT_EQ(sign_soap(*key, k_application, "id").error().text, "signature.malformed");
  EXPECT_EQ(sign_soap(*key, k_envelope, "i\"d").error().text, "signature.malformed");
}

// --- attacks: none may come as far as the signature value

struct Attack {
  std::string name;
  std::function<std::string(std::string)> change;
  std::string reason = "signature.xml_form";
};
void PrintTo(Attack const& attack, std::ostream* out) {
  *out << attack.name;
}
std::string attack_name(testing::TestParamInfo<Attack> const& info) {
  return info.param.name;
}

/// The first element whose tag begins so, until the end tag of its name.
std::string part(std::string const& document, std::string const& tag) {
  auto const name = tag.substr(0, tag.find(' '));
  auto const begin = document.find("<" + tag), end = document.find("</" + name + ">");
  return document.substr(begin, end + name.size() + 3 - begin);
}

auto replace(std::string what, std::string by) {
  return [=](std::string document) { return replaced(std::move(document), what, by); };
}
auto before(std::string what, std::string more) {
  return replace(what, more + what);
}

/// Another signature, or the same one around or beside something else.
std::vector<Attack> wrappings() {
  return {
      {"NoSignature",
       [](std::string document) { return replaced(document, part(document, "ds:Signature "), ""); },
       "signature.no_signer"},
      {"TwoSignatures",
       [](std::string document) {
         auto const signature = part(document, "ds:Signature ");
         return replaced(document, signature, signature + signature);
       },
       "signature.many_signers"},
      {"SignatureDeeperInside",
       [](std::string document) {
         auto const signature = part(document, "ds:Signature ");
         return replaced(document, signature, "<wrapper>" + signature + "</wrapper>");
       }},
      {"DocumentWrapped",
       [](std::string document) {
         auto const root = document.substr(document.find("<application"));
         return "<other><iin>800515300087</iin>" + root + "</other>";
       }},
      {"DocumentInsideTheSignature",
       [](std::string document) {
         auto const signature = part(document, "ds:Signature ");
         return replaced(signature, "</ds:Signature>",
                         "<ds:Object><application/></ds:Object></ds:Signature>");
       }},
      {"ObjectAdded",
       before("</ds:Signature>", "<ds:Object Id=\"o\"><iin>800515300087</iin></ds:Object>")},
      {"ManifestAdded", before("</ds:Signature>", "<ds:Object><ds:Manifest/></ds:Object>")},
  };
}

std::vector<Attack> references() {
  return {
      {"SecondReference",
       [](std::string document) {
         auto const reference = part(document, "ds:Reference");
         return replaced(document, reference, reference + reference);
       }},
      {"ReferenceToAPart", replace("URI=\"\"", "URI=\"#iin\"")},
      {"ReferenceToAFile", replace("URI=\"\"", "URI=\"file:///etc/passwd\"")},
      {"ReferenceToTheNet", replace("URI=\"\"", "URI=\"http://127.0.0.1/x\"")},
      {"ReferenceByXpointer", replace("URI=\"\"", "URI=\"#xpointer(/)\"")},
      {"ReferenceWithoutAddress", replace(" URI=\"\"", "")},
      {"ReferenceWithType",
       replace("URI=\"\"", "URI=\"\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"")},
      {"XpathTransform",
       before("<ds:Transform Algorithm=\"http://www.w3.org/TR",
              "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/>")},
      {"XsltTransform", replace("http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                                "http://www.w3.org/TR/1999/REC-xslt-19991116")},
      {"TransformWithParameters",
       replace("#enveloped-signature\"/>", "#enveloped-signature\"><x/></ds:Transform>")},
      {"NoTransforms",
       [](std::string document) {
         return replaced(document, part(document, "ds:Transforms"), "");
       }},
      {"TransformsInOtherOrder",
       [](std::string document) {
         auto const first = std::string{"xmldsig#enveloped-signature"};
         auto swapped = replaced(document, first, "xmldsig#x");
         return replaced(swapped, "http://www.w3.org/2000/09/xmldsig#x",
                         "http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
       }},
  };
}

std::vector<Attack> insertions() {
  return {
      {"OtherCanonicalForm",
       replace("CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
               "CanonicalizationMethod Algorithm=\"http://www.w3.org/2006/12/xml-c14n11")},
      {"TextInsideTheSignedInfo", before("<ds:SignatureMethod", "text")},
      {"CommentInsideTheDigest",
       [](std::string document) {
         auto const at = document.find("<ds:DigestValue>") + 20;
         return document.insert(at, "<!---->");
       }},
      {"CommentInsideTheSignatureValue",
       [](std::string document) {
         auto const at = document.find("<ds:SignatureValue>") + 25;
         return document.insert(at, "<!---->");
       }},
      {"CertificateTwice",
       [](std::string document) {
         auto const certificate = part(document, "ds:X509Certificate");
         return replaced(document, certificate, certificate + certificate);
       }},
      {"KeyValueBesideTheCertificate",
       before("</ds:KeyInfo>", "<ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue>")},
      {"CertificateFromTheNet",
       replace("<ds:X509Data>", "<ds:RetrievalMethod URI=\"http://127.0.0.1/\"/><ds:X509Data>")},
      {"SignatureOfAnotherNamespace",
       replace("xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"", "xmlns:ds=\"urn:x\""),
       "signature.no_signer"},
      {"DuplicateIds", replace("<iin>850315300019", "<x Id=\"a\"/><x ID=\"a\"/><iin>850315300019")},
      {"CommentInsideAWord", replace("850315300019</iin>", "8503<!-- -->15300019</iin>")},
      {"InstructionInsideAWord", replace("850315300019</iin>", "8503<?x?>15300019</iin>")},
  };
}

std::vector<Attack> documents_that_are_none() {
  return {
      {"DeclaredEntities",
       replace(
           "<application xmlns",
           "<!DOCTYPE application [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;\">]><application xmlns"),
       "signature.malformed"},
      {"ForeignDtd",
       replace("<application xmlns",
               "<!DOCTYPE application SYSTEM \"file:///etc/passwd\"><application xmlns"),
       "signature.malformed"},
      {"UndeclaredEntity", replace("Өтініш", "&unknown;"), "signature.malformed"},
      {"OtherEncoding", replace("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\""),
       "signature.malformed"},
      {"NotWellFormed", replace("</application>", ""), "signature.malformed"},
      {"TooDeep",
       [](std::string document) {
         std::string deep;
         for (int i = 0; i < 100; ++i) deep = "<x>" + deep + "</x>";
         return replaced(document, "<iin>", deep + "<iin>");
       },
       "signature.malformed"},
      {"TooMany",
       [](std::string document) {
         std::string many;
         for (int i = 0; i < 210'000; ++i) many += "<x/>";
         return replaced(document, "<iin>", many + "<iin>");
       },
       "signature.malformed"},
      {"TooLarge",
       [](std::string document) {
         return replaced(document, "<iin>", std::string(3U << 20, ' ') + "<iin>");
       },
       "signature.too_large"},
      {"NothingAtAll", [](std::string) { return ""; }, "signature.missing"},
  };
}

class AttackOnDocument : public testing::TestWithParam<Attack> {};
TEST_P(AttackOnDocument, IsRefusedByForm) {
  XmlSituation xml;
  auto const report = xml.verify(GetParam().change(xml.sign()));
  EXPECT_EQ(report.indication, Indication::total_failed);
  EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE");
  EXPECT_EQ(failed_check(report), "structure");
  EXPECT_EQ(report.reason(), GetParam().reason);
  EXPECT_EQ(report.content, "");
  record_refusal(GetParam().name, report);
}
INSTANTIATE_TEST_SUITE_P(Wrapping, AttackOnDocument, testing::ValuesIn(wrappings()), attack_name);
INSTANTIATE_TEST_SUITE_P(Reference, AttackOnDocument, testing::ValuesIn(references()), attack_name);
INSTANTIATE_TEST_SUITE_P(Inserted, AttackOnDocument, testing::ValuesIn(insertions()), attack_name);
INSTANTIATE_TEST_SUITE_P(Document, AttackOnDocument, testing::ValuesIn(documents_that_are_none()),
                         attack_name);

std::vector<Attack> attacks_on_envelopes() {
  return {
      {"BodyMovedAndAnotherInItsPlace",
       [](std::string document) {
         auto const body = part(document, "soap:Body");
         return replaced(document, body, "<soap:Body><iin>800515300087</iin></soap:Body>") + "";
       }},
      {"BodyHiddenInTheHeader",
       [](std::string document) {
         auto const body = part(document, "soap:Body");
         auto const other = replaced(document, body, "<soap:Body>other</soap:Body>");
         return replaced(other, "<soap:Header>", "<soap:Header><x>" + body + "</x>");
       }},
      {"TwoBodies",
       [](std::string document) {
         auto const body = part(document, "soap:Body");
         return replaced(document, body, body + "<soap:Body>other</soap:Body>");
       }},
      {"TwoBodiesWithOneId",
       [](std::string document) {
         auto const body = part(document, "soap:Body");
         return replaced(document, body, body + body);
       }},
      {"ReferenceToAnother", replace("URI=\"#id-1\"", "URI=\"#id-2\"")},
      {"ReferenceToAll", replace("URI=\"#id-1\"", "URI=\"\"")},
      {"BodyWithTwoIds", replace("wsu:Id=\"id-1\"", "wsu:Id=\"id-1\" Id=\"id-3\"")},
      {"InclusiveForm",
       replace("<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
               "<ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"")},
      {"SignatureOutsideOfTheHeader",
       [](std::string document) {
         auto const security = part(document, "wsse:Security ");
         auto const bare = replaced(document, security, "");
         return replaced(bare, "<ns:SendMessage", security + "<ns:SendMessage");
       }},
      {"NoCertificate",
       [](std::string document) {
         return replaced(document, part(document, "wsse:KeyIdentifier"), "");
       }},
      {"OtherEnvelope", replace("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/",
                                "<soap:Envelope xmlns:soap=\"http://example.org/soap/")},
  };
}

class AttackOnEnvelope : public testing::TestWithParam<Attack> {};
TEST_P(AttackOnEnvelope, IsRefusedByForm) {
  XmlSituation xml;
  xml.shape = Shape::soap;
  auto const report = xml.verify(GetParam().change(xml.sign()));
  EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE");
  EXPECT_EQ(report.reason(), GetParam().reason);
  record_refusal(GetParam().name, report);
}
INSTANTIATE_TEST_SUITE_P(All, AttackOnEnvelope, testing::ValuesIn(attacks_on_envelopes()),
                         attack_name);

TEST(Soap, ATokenBesideTheSignatureIsTaken) {
  XmlSituation xml;
  xml.shape = Shape::soap;
  auto document = xml.sign();
  auto const identifier = part(document, "wsse:KeyIdentifier");
  auto const token = replaced(
      replaced(identifier, "<wsse:KeyIdentifier", "<wsse:BinarySecurityToken Id=\"token\""),
      "</wsse:KeyIdentifier>", "</wsse:BinarySecurityToken>");
  document = replaced(document, identifier, "<wsse:Reference URI=\"#token\"/>");
  auto const beside = replaced(document, "<ds:Signature ", token + "<ds:Signature ");
  EXPECT_TRUE(xml.verify(beside).passed()) << xml.verify(beside).reason();
  EXPECT_EQ(xml.verify(document).reason(), "signature.xml_form");
}

TEST(Soap, AHeaderThatIsThereIsKept) {
  XmlSituation xml;
  xml.shape = Shape::soap;
  auto const with_header = replaced(std::string{k_envelope}, "<soap:Body>",
                                    "<soap:Header><x/></soap:Header><soap:Body Id=\"own\">");
  auto const made = sign_soap(*signing_key(bench().citizen), with_header, "unused");
  ASSERT_TRUE(made);
  EXPECT_NE(made->find("URI=\"#own\""), std::string::npos);
  EXPECT_TRUE(xml.verify(*made).passed()) << xml.verify(*made).reason();
}

// --- real data

class XmlVectors : public EdsVectors {
 protected:
  void SetUp() override {
    EdsVectors::SetUp();
    if (!folder_) return;
    trust_.certificates = {read("malikzh-ncanode/ca/nca_rsa_test.crt")};
    trust_.partial_chain = true;
    policy_.test_persons = policy_.allow_basic = true;
    policy_.role = Role::any;
  }
  Report verify(std::string const& xml) const {
    auto const then = day(2020, 9, 9);
    return verify_xml(xml, trust_, policy_, then, then, {});
  }
  TrustStore trust_;
  Policy policy_;
};

constexpr auto k_rsa = "danikarik-ncanode-go/";
constexpr auto k_citizen = "personal/active/RSA256_11c707bd54cbfcccb3815e39c4eb57b1dc7dfea9.xml";

TEST_F(XmlVectors, SignaturesOfNcaLayerAreSound) {
  for (auto const* name :
       {k_citizen, "personal/revoked/RSA256_346a7e57c2995259140b6fc375b6ff3bba7e852f.xml"}) {
    auto const report = verify(read(k_rsa + std::string{name}));
    EXPECT_EQ(report.reason(), "signature.no_revocation_data");
    EXPECT_EQ(report.sub_indication, "TRY_LATER");
    EXPECT_EQ(report.content, "<root><name>NCANode</name></root>");
    EXPECT_EQ(report.signer->iin, "123456789011");
  }
  policy_.allow_basic = false;
  EXPECT_EQ(verify(read(k_rsa + std::string{k_citizen})).reason(), "signature.ess_missing");
}

TEST_F(XmlVectors, AuthKeysAreRefused) {
  for (auto const* name :
       {"personal/active/AUTH_RSA256_b2c70a9ff7a5dc59de0ccc3c0ddde3437cc1f12d.xml",
        "personal/revoked/AUTH_RSA256_60d5a0346dd52fb5f3b9148e6cfbcd6cf323d119.xml",
        "organization/active/AUTH_RSA256_d682726b55b3e62600ea8fe1c74e75fc96f47790.xml",
        "organization/revoked/AUTH_RSA256_7d6d313ac5bf7367a2a69f28607a8deb80dd3ba9.xml"})
    EXPECT_EQ(verify(read(k_rsa + std::string{name})).reason(), "signature.auth_key") << name;
}

TEST_F(XmlVectors, AnAlteredCopyIsFound) {
  auto const document = read(k_rsa + std::string{k_citizen});
  EXPECT_EQ(verify(replaced(document, "NCANode", "NCANodf")).sub_indication, "HASH_FAILURE");
  EXPECT_EQ(verify(replaced(document, "<name>", "<name a=\"b\">")).sub_indication, "HASH_FAILURE");
  // A comment beside the words is not signed, and not read either.
  auto const commented = verify(replaced(document, "<name>", "<!-- x --><name>"));
  EXPECT_EQ(commented.sub_indication, "TRY_LATER");
  EXPECT_EQ(commented.content, "<root><name>NCANode</name></root>");
  EXPECT_EQ(verify(replaced(document, "Na3bDZ", "Ma3bDZ")).sub_indication, "SIG_CRYPTO_FAILURE");
  EXPECT_EQ(verify(replaced(document, "ybvg7u", "zbvg7u")).sub_indication, "HASH_FAILURE");
}

TEST_F(XmlVectors, TheOldSampleOfTheGatewayIsRefused) {
  auto const then = day(2006, 6, 1);
  auto const report =
      verify_soap(read("skarm-kalkan/examples/test_wsse.xml"), trust_, policy_, then, then, {});
  EXPECT_EQ(report.indication, Indication::total_failed);
  EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE");
  EXPECT_EQ(verify(read("skarm-kalkan/examples/test_xml.xml")).reason(), "signature.no_signer");
}

/// The attacks of the suite above on what NCALayer wrote, with its certificate trusted.
TEST_F(XmlVectors, NoAttackOnARealDocumentComesAsFarAsItsSignature) {
  auto const document = read(k_rsa + std::string{k_citizen});
  std::string const signature = part(document, "ds:Signature ");
  auto const wrapped = "<root><evil/>" + document.substr(document.find("<root>")) + "</root>";
  std::vector<std::string> const attacks{
      wrapped,
      replaced(document, signature, "<x>" + signature + "</x>"),
      replaced(document, signature, signature + signature),
      replaced(document, "</ds:Signature>", "<ds:Object><evil/></ds:Object></ds:Signature>"),
      replaced(document, "URI=\"\"", "URI=\"#evil\""),
      replaced(document, "NCANode", "NCA<!-- -->Node")};
  for (auto const& attack : attacks) {
    auto const report = verify(attack);
    EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE") << attack.substr(0, 200);
    EXPECT_EQ(report.content, "");
  }
}

}  // namespace
}  // namespace qyzmet::signing::tests
