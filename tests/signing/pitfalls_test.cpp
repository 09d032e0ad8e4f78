#include "tests/signing/pitfalls.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <vector>

#include "tests/signing/bench.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::signing::tests {
namespace {

struct Row {
  std::string sub_indication, check, reason;
};
std::map<std::string, Row>& table() {
  static std::map<std::string, Row> rows;
  return rows;
}

struct Pitfall {
  char const* what;
  std::vector<char const*> cases;
};

/// The pitfalls that are known of the formats and of the national data, and the cases that hold
/// each.
std::vector<Pitfall> pitfalls() {
  return {
      {"XML: wrapped and moved signatures",
       {"NoSignature", "TwoSignatures", "SignatureDeeperInside", "DocumentWrapped",
        "DocumentInsideTheSignature", "BodyMovedAndAnotherInItsPlace", "BodyHiddenInTheHeader",
        "TwoBodies", "SignatureOutsideOfTheHeader"}},
      {"XML: references to anything but the whole or the one Id",
       {"SecondReference", "ReferenceToAPart", "ReferenceToAFile", "ReferenceToTheNet",
        "ReferenceByXpointer", "ReferenceWithoutAddress", "ReferenceWithType", "ReferenceToAnother",
        "ReferenceToAll"}},
      {"XML: Object, Manifest, XPath, XSLT, other transforms",
       {"ObjectAdded", "ManifestAdded", "XpathTransform", "XsltTransform",
        "TransformWithParameters", "NoTransforms", "TransformsInOtherOrder", "OtherCanonicalForm"}},
      {"XML: duplicate Ids", {"DuplicateIds", "TwoBodiesWithOneId", "BodyWithTwoIds"}},
      {"XML: DTD, external entities, entity bombs",
       {"DeclaredEntities", "ForeignDtd", "UndeclaredEntity", "TooDeep", "TooMany", "TooLarge"}},
      {"XML: a comment inside a word", {"CommentInsideAWord", "InstructionInsideAWord"}},
      {"CMS: no signer, two, counter-signatures", {"NoSigner", "TwoSigners", "CounterSigned"}},
      {"CMS: unsigned attributes are never trusted", {"DigestOnlyUnsigned", "EssOnlyUnsigned"}},
      {"CMS: signed attributes twice, missing, or of another content",
       {"AttributeTwice", "TwoDigestsInOneAttribute", "NoMessageDigest", "NoContentType",
        "ContentTypeOfAnother"}},
      {"CMS: content that is in truth signed attributes", {"ContentThatIsInTruthSignedAttributes"}},
      {"CMS: content inside and beside", {"AttachedContentAndAFileBesideIt"}},
      {"CMS: certificate swapped under the same issuer and serial",
       {"CertificateSwappedForOneWithTheSameName"}},
      {"CMS: signer identified by serial and by key",
       {"KeyIdOfAnother", "KeyIdInTheWrongVersion", "VersionThatDoesNotFitTheIdentifier"}},
      {"Algorithms: digest of another family, SHA-1, MD5",
       {"Sha1", "Md5", "Sha512IsNotOnTheNationalList", "SignatureAlgorithmOfAnotherDigest",
        "DigestOfAnotherFamily", "SignatureAlgorithmOfAnotherFamily", "CertificateSignedWithSha1"}},
      {"Keys: RSA below 2048, exponent 3, PSS, ECDSA",
       {"KeyOf1024Bits", "ExponentThree", "PssParameters", "EcdsaKey"}},
      {"Signature values: r or s zero, too large, of wrong length, in other order",
       {"RIsZero", "SIsZero", "RIsTooLarge", "SIsTooLarge", "SignatureTooShort", "SignatureTooLong",
        "HalvesSwapped", "BytesReversed", "SignatureEmpty"}},
      {"Keys: not on the curve, infinity, parameters that do not fit",
       {"KeyNotOnTheCurve", "KeyAtInfinity", "ParametersOfAnotherCurve", "LegacyKey"}},
      {"Encoding: BER for DER, trailing data, serials",
       {"AttributesInBer", "CertificateInBer", "OneNulBehind", "AnotherCmsBehind",
        "BytesBehindTheCertificate", "NegativeSerial", "SerialOf21Bytes"}},
      {"Identity: IIN and BIN where and as they must not be",
       {"TwoIins", "IinBesideAnotherInOneSet", "IinOnlyInTheName", "IinInLowerCase",
        "ForeignDigits", "NulBehindTheIin", "ElevenDigits", "WrongCheckDigit", "MonthThatIsNone",
        "BinInTheNameOfTheOrganisation", "OfficialWithoutBin"}},
      {"Identity: AUTH key, test authority, test person",
       {"AuthKeyForADocument", "TestAnchorInProduction", "TestPersonInProduction"}},
      {"OCSP: replayed, of another, several, of the future, unsigned, by others",
       {"AnswerOfYesterday", "AnswerAboutAnother", "TwoAnswersInOne", "AnswerOfTomorrow",
        "ErrorInsteadOfAnAnswer", "AnswerChanged", "ResponderWithoutTheRight",
        "ResponderOfAnotherAuthority", "AnotherNonce", "NonceLeftOut", "NeverIssued",
        "ABadAnswerIsNotMendedByAList"}},
      {"CRL: wrong issuer, expired, delta that does not fit, indirect, taken back",
       {"ListOfAnotherAuthority", "ListSignedByAnotherOfTheSameName", "ListOfLastWeek",
        "RevokedBeforeADeltaThatDoesNotFit", "DeltaAlone", "IndirectList", "ListOfSomeReasons",
        "RevokedByItsDelta"}},
      {"Timestamps: over the content, other policy, usage, time",
       {"StampOverTheContent", "StampUnderAnotherPolicy", "StampWithSha1",
        "StampWhoseUsageIsNotCritical", "StampByAKeyForMore", "StampOlderThanTheCertificate",
        "StampOfTheFuture", "StampOfAnotherAuthority", "StampByAnAuthorityThatWasRevoked"}},
      {"Paths: names without keys, depth, authorities of others",
       {"AuthorityWithTheSameNameAndAnotherKey", "FourCertificatesDeep", "IssuedByAPerson",
        "AuthorityOfTheStateBodiesForACitizen", "AuthorityOfABank", "AuthorityThatHasEnded"}},
      {"Container: unsigned and exchanged files, bombs, names that lead out",
       {"FileThatIsNotListed", "FileExchanged", "FileMissing", "FileListedTwice",
        "NameThatLeadsOut", "FileTooLarge", "OneBadSignerOfTwo"}},
  };
}

std::set<int>& quirks_held() {
  static std::set<int> held;
  return held;
}

/// What is known of real certificates, signatures, lists and timestamps, by number.
std::map<int, char const*> quirks() {
  return {
      {1, "timestamps name their signer by ESSCertID v1 with SHA-1 alone"},
      {2, "the imprint of a timestamp is over the signature value, in the digest of its family"},
      {3, "OCSP without nextUpdate; what was never issued is revoked since 1970; empty nocheck"},
      {4, "a list whose two AlgorithmIdentifiers differ in an absent NULL"},
      {5, "a delta that is older than its base"},
      {6, "AUTH keys that sign CMS and XML"},
      {7, "names of files and folders that tell nothing of revocation and role"},
      {8, "a container of two signers of whom one does not verify"},
      {9, "Base64 in XML with references to carriage returns"},
      {10, "one NUL behind the DER; PEM, Base64 and DER as carriers"},
      {11, "CMS without any ESS attribute beside those with it"}};
}

void print_quirks() {
  if (!qyzmet::tests::shared("vectors/eds")) return;  // the tests that hold them were skipped
  for (auto const& [number, what] : quirks())
    EXPECT_TRUE(quirks_held().contains(number)) << "quirk " << number << ": " << what;
  std::printf("# Quirks of the national data: %zu of %zu held\n", quirks_held().size(),
              quirks().size());
}

class Table : public testing::Environment {
 public:
  void TearDown() override {
    if (testing::GTEST_FLAG(filter) != "*") return;
    print_quirks();
    for (auto const& [name, row] : table())
      std::printf("| %-44s | %-34s | %-22s | %s\n", name.c_str(), row.sub_indication.c_str(),
                  row.check.c_str(), row.reason.c_str());
    std::size_t held = 0;
    auto const all = pitfalls();
    for (auto const& pitfall : all) {
      bool whole = true;
      for (auto const* name : pitfall.cases)
        if (!table().contains(name)) {
          whole = false;
          ADD_FAILURE() << pitfall.what << ": no case " << name << " was refused";
        }
      held += whole ? 1 : 0;
    }
    std::printf("# Pitfalls: %zu cases refused by the right check, %zu of %zu pitfalls held\n",
                table().size(), held, all.size());
    EXPECT_GE(table().size(), 80U);
  }
};

testing::Environment* const registered = testing::AddGlobalTestEnvironment(new Table);

}  // namespace

void record_refusal(std::string const& name, Report const& report, std::string const& noted) {
  if (testing::Test::HasFailure() || report.passed()) return;
  auto const check = failed_check(report);
  table()[name] = {.sub_indication = report.sub_indication,
                   .check = noted.empty() ? check : noted + ", " + check,
                   .reason = report.reason()};
}

void hold_quirk(int number) {
  if (!testing::Test::HasFailure()) quirks_held().insert(number);
}

}  // namespace qyzmet::signing::tests
