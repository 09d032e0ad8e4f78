// The same inputs to us and to others: `openssl cms`, `openssl ocsp`, `openssl ts`, `xmlsec1` and
// `pdfsig`.
// On what they judge the verdicts agree, or the difference is listed here with its reason. Prints
// agreements and differences.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "signing/archive.hpp"
#include "signing/pdf.hpp"
#include "signing/revocation.hpp"
#include "signing/timestamp.hpp"
#include "signing/xml.hpp"
#include "tests/signing/vectors.hpp"

namespace qyzmet::signing::tests {
namespace {

namespace fs = std::filesystem;

class Differential : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "qyzmet-diff-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    put("root.pem", to_pem_certificate(bench().root.certificate));
    put("ca.pem", to_pem_certificate(bench().ca.certificate));
    put("all.pem",
        to_pem_certificate(bench().root.certificate) + to_pem_certificate(bench().ca.certificate));
  }
  void TearDown() override {
    fs::remove_all(folder_);
    std::printf("# Verdicts of us and %s: %zu agree, %zu explained differences\n", other_.c_str(),
                agreed_, differ_.size());
    for (auto const& [name, why] : differ_) std::printf("#   %s: %s\n", name.c_str(), why.c_str());
    EXPECT_EQ(differ_.size(), explained_.size()) << "an explanation that nothing needs";
  }

  std::string put(std::string const& name, std::string const& bytes) const {
    std::ofstream{folder_ / name, std::ios::binary} << bytes;
    return (folder_ / name).string();
  }
  /// What the command prints, and whether it succeeds.
  bool run(std::string const& command, std::string* printed = nullptr) const {
    auto const line = "cd '" + folder_.string() + "' && { " + command + "; } 2>&1";
    Owned<FILE, pclose> out{popen(line.c_str(), "r")};
    std::string text;
    for (int c = 0; (c = std::fgetc(out.get())) != EOF;) text += static_cast<char>(c);
    bool const done = pclose(out.release()) == 0;
    if (printed != nullptr) *printed = text;
    return done;
  }
  void compare(std::string const& name, bool ours, bool theirs) {
    auto const why = explained_.find(name);
    if (ours == theirs) {
      ++agreed_;
      EXPECT_EQ(why, explained_.end()) << name << " agrees";
    } else if (why != explained_.end()) {
      EXPECT_FALSE(ours) << name << ": only we may be stricter";
      differ_.insert(*why);
    } else {
      ADD_FAILURE() << name << ": we say " << ours << ", " << other_ << " says " << theirs;
    }
  }
  /// Nothing is wrong in the layers that the others look at.
  static bool holds(Report const& report, std::set<std::string> const& layers) {
    return std::ranges::none_of(report.checks, [&](Check const& check) {
      return check.result() == "failed" && layers.contains(check.layer);
    });
  }

  fs::path folder_;
  std::string other_;
  std::map<std::string, std::string> explained_, differ_;
  std::size_t agreed_ = 0;
};

std::string seconds_of(Instant at) {
  return std::to_string(to_time_t(at));
}

// --- openssl cms

class OpensslCms : public Differential {
 protected:
  OpensslCms() { other_ = "openssl cms"; }

  void judge(std::string const& name, std::string const& der,
             std::optional<std::string> const& content, TrustStore const& trust,
             std::string const& authorities, Instant at) {
    Policy policy;
    policy.national = false;
    auto const report = verify_cms(der, content, trust, policy, at, at, {});
    put("x.der", der);
    if (content) put("content", *content);
    auto const theirs =
        run("openssl cms -verify -binary -inform DER -in x.der " +
            std::string{content ? "-content content " : ""} + "-CAfile " + authorities +
            " -partial_chain -purpose any -attime " + seconds_of(at) + " -out out");
    compare(name, holds(report, {"format", "crypto", "path", "time"}), theirs);
  }
  void judge(std::string const& name, std::function<void(Situation&)> const& spoil) {
    Situation situation;
    spoil(situation);
    auto const content = situation.parts.attached ? std::nullopt : std::optional{situation.given};
    judge(name, situation.cms(), content, situation.trust, "all.pem", situation.at);
  }
};

TEST_F(OpensslCms, AgreesOnWhatIsMadeHere) {
  explained_ = {{"TwoSigners", "we want one signer, and ask several people one by one"},
                {"OneNulBehind", "we take nothing behind the structure"},
                {"CounterSigned", "we take no signature of somebody else"},
                {"ContentTypeOfAnother", "the signed type must be that of the content"}};
  judge("Sound", [](Situation&) {});
  judge("Attached", [](Situation& s) { s.parts.attached = true; });
  judge("Sha512", [](Situation& s) {
    s.parts.md = "SHA512";
    s.parts.digest_oid = oids::k_sha512;
    s.parts.digest_oids = {std::string{oids::k_sha512}};
    s.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.13");
  });
  judge("AuthKey", [](Situation& s) { s.parts = Parts{bench().citizen_auth}; });
  judge("AnotherDocument", [](Situation& s) { s.given += " "; });
  judge("SignatureChanged", [](Situation& s) {
    s.parts.change_signature = [](std::string& value) { value[10] ^= 1; };
  });
  judge("AttributeChanged", [](Situation& s) {
    s.parts.change_signed = [](std::string& set) { set[set.find("2611") + 1] ^= 1; };
  });
  judge("NoCertificate", [](Situation& s) { s.parts.certificates.clear(); });
  judge("KeyOfAnother", [](Situation& s) { s.parts.signer.key = bench().spare_key; });
  judge("UnderAnotherAuthority", [](Situation& s) {
    auto spec = citizen_spec();
    spec.key = bench().person_key;
    s.parts = Parts{issue(spec, bench().other_ca)};
  });
  judge("Expired", [](Situation& s) { s.at = now() + days{300}; });
  judge("NotYetValid", [](Situation& s) { s.at = now() - days{200}; });
  judge("TwoSigners", [](Situation& s) { s.parts.signers = 2; });
  judge("OneNulBehind", [](Situation& s) { s.carry = [](std::string der) { return der + '\0'; }; });
  judge("Cut", [](Situation& s) {
    s.carry = [](std::string der) { return der.substr(0, der.size() / 2); };
  });
  judge("CounterSigned", [](Situation& s) {
    s.parts.unsigned_attributes = {
        attribute(oids::k_counter_signature, der::encode(der::sequence, ""))};
  });
  judge("NoMessageDigest", [](Situation& s) {
    s.parts.attributes = s.parts.usual_attributes();
    s.parts.attributes.erase(s.parts.attributes.begin() + 2);
  });
  judge("ContentTypeOfAnother", [](Situation& s) {
    s.parts.attributes = s.parts.usual_attributes();
    s.parts.attributes[0] = attribute(oids::k_content_type, der::oid(oids::k_tst_info));
  });
  judge("AttributeTwice", [](Situation& s) {
    s.parts.attributes = s.parts.usual_attributes();
    s.parts.attributes.push_back(s.parts.attributes[1]);
  });
}

TEST_F(OpensslCms, AgreesOnRealSignatures) {
  auto const eds = qyzmet::tests::shared("vectors/eds");
  if (!eds) GTEST_SKIP() << "the vectors are not here";
  auto const read = [&](fs::path const& path) {
    std::ifstream in{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  auto const rsa = read(*eds / "malikzh-ncanode/ca/nca_rsa_test.crt");
  put("nca.pem", rsa);
  TrustStore const trust{{rsa}, true};
  for (auto const& entry : fs::recursive_directory_iterator{*eds / "danikarik-ncanode-go"}) {
    if (entry.path().extension() != ".cms") continue;
    auto const der = *unwrap_cms(read(entry.path()));
    auto const name = entry.path().stem().string().substr(0, 20);
    auto const then = Instant{std::chrono::sys_days{std::chrono::year{2020} / 9 / 9}} + hours{22};
    judge(name, der, {}, trust, "nca.pem", then);
    judge(name + " today", der, {}, trust, "nca.pem", now());
    auto altered = der;
    altered[altered.find("asdasd")] ^= 1;
    judge(name + " altered", altered, {}, trust, "nca.pem", then);
  }
  put("both.pem",
      read(*eds / "ca-production/root_rsa.pem") + read(*eds / "ca-production/nca_rsa.pem"));
  auto const files = read_archive(read(*eds / "skarm-kalkan/zip/sign.zip"));
  ASSERT_TRUE(files);
  TrustStore const production{
      {read(*eds / "ca-production/root_rsa.pem"), read(*eds / "ca-production/nca_rsa.pem")}};
  judge("sign.zip", files->at("META-INF/signature-da70a72731.cms"),
        files->at("META-INF/NCAManifest.xml"), production, "both.pem",
        Instant{seconds{1603400526}});
}

// --- openssl ocsp

class OpensslOcsp : public Differential {
 protected:
  OpensslOcsp() { other_ = "openssl ocsp"; }

  void judge(std::string const& name, std::function<void(Situation&)> const& spoil) {
    Situation situation;
    spoil(situation);
    auto const evidence = situation.evidence();
    ASSERT_FALSE(evidence.ocsp.empty());
    auto const leaf = Certificate::read(situation.parts.signer.certificate);
    auto const issuer = Certificate::read(bench().ca.certificate);
    auto const ours = judge_ocsp(evidence.ocsp[0], "", {*leaf, *issuer, now(), now()});
    put("answer.der", evidence.ocsp[0]);
    put("leaf.pem", to_pem_certificate(leaf->der()));
    std::string printed;
    run("openssl ocsp -respin answer.der -issuer ca.pem -cert leaf.pem -CAfile all.pem "
        "-no_nonce -attime " +
            seconds_of(now()),
        &printed);
    bool const verified = printed.find("Response verify OK") != std::string::npos;
    bool const good = verified && printed.find("leaf.pem: good") != std::string::npos;
    bool const revoked = verified && printed.find("leaf.pem: revoked") != std::string::npos;
    using Kind = RevocationVerdict::Kind;
    if (ours.kind == Kind::revoked || revoked) {
      compare(name, ours.kind == Kind::revoked, revoked);
    } else {
      compare(name, ours.kind == Kind::good, good);
    }
  }
};

TEST_F(OpensslOcsp, Agrees) {
  explained_ = {{"OfYesterday", "without nextUpdate we want an answer of our time"},
                {"TwoInOne", "one question has one answer"}};
  using Kind = CertificateStatus::Kind;
  judge("Good", [](Situation&) {});
  judge("Revoked", [](Situation& s) {
    s.status = {.kind = Kind::revoked, .revoked_at = now() - hours{1}, .reason = 1};
  });
  judge("Held", [](Situation& s) {
    s.status = {.kind = Kind::revoked, .revoked_at = now() - hours{1}, .reason = 6};
  });
  judge("NeverIssued", [](Situation& s) { s.status = never_issued(); });
  judge("Unknown", [](Situation& s) { s.status = {.kind = Kind::unknown}; });
  judge("OfYesterday", [](Situation& s) { s.ocsp_time = now() - days{1}; });
  judge("AboutAnother", [](Situation& s) { s.ocsp_faults.foreign_serial = "0123456789"; });
  judge("TwoInOne", [](Situation& s) { s.ocsp_faults.twice = true; });
  judge("Changed", [](Situation& s) {
    s.change_evidence = [](Evidence& e) { e.ocsp[0][e.ocsp[0].size() / 3] ^= 1; };
  });
  judge("Error",
        [](Situation& s) { s.change_evidence = [](Evidence& e) { e.ocsp = {ocsp_error(3)}; }; });
  judge("Garbage",
        [](Situation& s) { s.change_evidence = [](Evidence& e) { e.ocsp = {"garbage"}; }; });
  judge("ByAPerson", [](Situation& s) { s.responder = bench().citizen; });
  judge("ByTheTimestampAuthority", [](Situation& s) { s.responder = bench().tsa; });
  judge("ByTheAuthorityItself", [](Situation& s) { s.responder = bench().ca; });
}

// --- openssl ts

class OpensslTs : public Differential {
 protected:
  OpensslTs() { other_ = "openssl ts"; }

  void judge(std::string const& name, std::function<void(Situation&)> const& spoil) {
    Situation situation;
    situation.stamped_bytes = "stamped";
    situation.stamped_at = now();
    spoil(situation);
    std::string token;
    auto const change = situation.change_token;
    situation.change_token = [&](std::string made) {
      return token = change ? change(std::move(made)) : std::move(made);
    };
    (void)situation.cms();
    auto const ours = verify_timestamp(token, "stamped", read_trust(situation.trust), {}, now());
    put("token.der", token);
    put("stamped", "stamped");
    compare(name, ours.has_value(),
            run("openssl ts -verify -data stamped -in token.der -token_in -CAfile all.pem "
                "-attime " +
                seconds_of(now())));
  }
};

TEST_F(OpensslTs, Agrees) {
  explained_ = {{"Sha1", "SHA-1 protects nothing any more"},
                {"AnotherPolicy", "national policies only"},
                {"OfTheFuture", "openssl does not look at the time inside"}};
  judge("Sound", [](Situation&) {});
  judge("OverAnother", [](Situation& s) { s.stamped_bytes = "another"; });
  judge("WrongImprint", [](Situation& s) { s.tsp_faults.wrong_imprint = true; });
  judge("Changed", [](Situation& s) {
    s.change_token = [](std::string token) {
      token[token.size() - 10] ^= 1;
      return token;
    };
  });
  judge("Garbage", [](Situation& s) { s.change_token = [](std::string) { return "garbage"; }; });
  judge("Sha1", [](Situation& s) { s.tsp_digest = oids::k_sha1; });
  judge("AnotherPolicy", [](Situation& s) { s.tsp_faults.policy = "1.2.3.4"; });
  judge("OfTheFuture", [](Situation& s) { s.stamped_at = now() + days{900}; });
  judge("ByAPerson", [](Situation& s) { s.authority = bench().citizen; });
  judge("ByAResponder", [](Situation& s) { s.authority = bench().ocsp; });
}

// --- xmlsec1

class Xmlsec : public Differential {
 protected:
  Xmlsec() { other_ = "xmlsec1"; }

  /// Form and cryptography under the certificate inside; xmlsec1 gets the same one as a bare key.
  void judge(std::string const& name, std::string const& xml, std::string const& ids = "") {
    Policy policy;
    policy.national = false;
    auto const report = verify_xml(xml, {}, policy, now(), now(), {});
    // That of the signature: the document may hold others.
    auto const value = std::min(xml.rfind("SignatureValue>"), xml.size());
    auto const begin = xml.find("X509Certificate>", value);
    auto const end = xml.find("</", begin);
    auto const der = begin == std::string::npos
                         ? std::nullopt
                         : decode_base64(strip(xml.substr(begin + 16, end - begin - 16)));
    put("leaf.pem", to_pem_certificate(der.value_or("")));
    put("x.xml", xml);
    compare(name, holds(report, {"format", "crypto"}),
            run("xmlsec1 --verify " + ids +
                " --pubkey-cert-pem leaf.pem --enabled-key-data key-name x.xml"));
  }
  static std::string strip(std::string text) {
    for (auto at = text.find("&#13;"); at != std::string::npos; at = text.find("&#13;"))
      text.erase(at, 5);
    return text;
  }
  static std::string replaced(std::string text, std::string_view what, std::string_view by) {
    auto const at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
  }
};

TEST_F(Xmlsec, AgreesOnWhatIsMadeHere) {
  explained_ = {{"CommentInsideAWord", "a comment splits what is read from what is shown"},
                {"ObjectAdded", "an Object hides what is not signed"},
                {"Deeper", "the signature is a child of the document element"}};
  auto const document = *sign_xml(*signing_key(bench().citizen),
                                  "<a xmlns=\"urn:x\"><iin>850315300019</iin><b c='1'/></a>");
  judge("Sound", document);
  judge("TextChanged", replaced(document, "850315300019", "850315300018"));
  judge("AttributeAdded", replaced(document, "<iin>", "<iin a=\"b\">"));
  judge("BlankInsideATag", replaced(document, "<iin>", "<iin >"));
  auto const value = document.find("<ds:SignatureValue>") + 25;
  auto changed = document;
  changed[value] = changed[value] == 'A' ? 'B' : 'A';
  judge("SignatureChanged", changed);
  judge("CommentBesideTheWords", replaced(document, "<iin>", "<!-- x --><iin>"));
  judge("CommentInsideAWord", replaced(document, "85031530", "8503<!-- -->1530"));
  judge("ObjectAdded",
        replaced(document, "</ds:Signature>", "<ds:Object><x/></ds:Object></ds:Signature>"));
  auto const begin = document.find("<ds:Signature "), end = document.find("</ds:Signature>") + 15;
  auto const signature = document.substr(begin, end - begin);
  judge("Deeper", replaced(replaced(document, signature, ""), "<b c=\"1\"/>",
                           "<b c=\"1\">" + signature + "</b>"));
  judge("NoSignature", replaced(document, signature, ""));
  judge("NotWellFormed", document + "<");
}

TEST_F(Xmlsec, AgreesOnRealAndOnWrappedSignatures) {
  auto const shared = qyzmet::tests::shared("vectors");
  if (!shared) GTEST_SKIP() << "the vectors are not here";
  auto const read = [&](fs::path const& path) {
    std::ifstream in{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  for (auto const& entry : fs::recursive_directory_iterator{*shared / "eds/danikarik-ncanode-go"}) {
    if (entry.path().extension() != ".xml") continue;
    auto const name = entry.path().stem().string().substr(0, 20);
    judge(name, read(entry.path()));
    judge(name + " altered", replaced(read(entry.path()), "NCANode", "NCANodf"));
  }
  constexpr auto k_profile = "not the form that the national programs write";
  explained_ = {{"original", k_profile},
                {"XSW-enveloped-fake-content-misplaced", k_profile},
                {"XSW-enveloped-fake-signedProperties", k_profile},
                {"XSW-enveloping-fake-object", k_profile}};
  for (auto const& entry : fs::directory_iterator{*shared / "pki/dss-xsw"})
    judge(entry.path().stem().string(), read(entry.path()),
          "--id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties "
          "--id-attr:Id http://uri.etsi.org/02231/v2#:TrustServiceStatusList");
}

// --- pdfsig

class Pdfsig : public Differential {
 protected:
  Pdfsig() { other_ = "pdfsig"; }

  /// Structure and cryptography; its trust in certificates would be that of a browser. "Valid" of
  /// a file that was added to afterwards is about what it was: for us that is another document.
  void judge(std::string const& name, std::string const& pdf) {
    Policy policy;
    policy.national = false;
    auto const report = verify_pdf(pdf, {}, policy, now(), now(), {});
    put("x.pdf", pdf);
    std::string printed;
    run("pdfsig -nocert x.pdf", &printed);
    compare(name, holds(report, {"format", "crypto"}),
            printed.find("Signature is Valid") != std::string::npos);
  }
  static std::string signed_by(Issued const& signer, std::string const& shown,
                               std::string const& bytes) {
    auto const cms = sign_cms(*signing_key(signer), bytes, {.at = {}, .attached = false});
    return *embed_pdf_signature(shown, *cms);
  }
  /// The CMS put into the gap as it is.
  static std::string with_cms(std::string shown, std::string_view cms) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    auto at = shown.rfind("/Contents <") + 11;
    for (char const c : cms) {
      auto const octet = static_cast<unsigned char>(c);
      shown[at++] = k_digits[octet >> 4];
      shown[at++] = k_digits[octet & 15];
    }
    return shown;
  }
};

TEST_F(Pdfsig, Agrees) {
  explained_ = {{"AddedTo", "what was added is not signed, and we judge the whole file"}};
  auto const shown = *reserve_pdf_signature(blank_pdf());
  auto const bytes = bytes_to_sign(shown);
  auto const sound = signed_by(bench().citizen, shown, bytes);
  auto const changed = [&](std::string_view what, std::string_view by) {
    auto pdf = sound;
    return pdf.replace(pdf.rfind(what), what.size(), by);
  };
  judge("Sound", sound);
  judge("ByAnOfficial", signed_by(bench().official, shown, bytes));
  judge("NotSigned", shown);
  judge("NoSignature", blank_pdf());
  judge("PageChanged", changed("/MediaBox [ 0 0 595", "/MediaBox [ 0 0 594"));
  judge("FieldChanged", changed("/F 132", "/F 128"));
  judge("AddedTo", sound + "% more\n");
  judge("RangeChanged", changed("/ByteRange [0", "/ByteRange [1"));
  judge("GapIsNoHexadecimal", changed("/Contents <30", "/Contents <zz"));
  Parts parts{bench().citizen};
  parts.content = bytes;
  parts.change_signature = [](std::string& value) { value[10] ^= 1; };
  judge("SignatureChanged", with_cms(shown, parts.make()));
  parts.change_signature = {};
  parts.content = bytes + " ";
  judge("OfAnotherDocument", with_cms(shown, parts.make()));
  parts.content = bytes;
  parts.certificates.clear();
  judge("NoCertificate", with_cms(shown, parts.make()));
}

}  // namespace
}  // namespace qyzmet::signing::tests
