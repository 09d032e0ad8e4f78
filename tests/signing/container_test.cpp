// The ZIP container of the national tools: ours passes, and what is added, exchanged or hidden in
// it does not.
#include "signing/container.hpp"

#include <gtest/gtest.h>
#include <zip.h>

#include <map>

#include "signing/algorithms.hpp"
#include "signing/archive.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/pitfalls.hpp"

namespace qyzmet::signing::tests {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string zip(Entries const& entries) {
  auto* source = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  auto* archive = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  zip_source_keep(source);
  for (auto const& [name, bytes] : entries)
    zip_file_add(archive, name.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0),
                 ZIP_FL_ENC_UTF_8);
  EXPECT_EQ(zip_close(archive), 0);
  zip_source_open(source);
  zip_stat_t stat;
  zip_source_stat(source, &stat);
  std::string out(stat.size, '\0');
  EXPECT_EQ(zip_source_read(source, out.data(), out.size()), static_cast<zip_int64_t>(out.size()));
  zip_source_close(source);
  zip_source_free(source);
  return out;
}

constexpr auto k_uri = "http://www.w3.org/2001/04/xmldsig-more#gost34311";

/// A container with two files, signed by a citizen; a test changes a part of it.
struct Box {
  Situation situation;
  Entries files{{"a.txt", "Бірінші"}, {"ә.pdf", "Екінші"}};
  std::string uri = k_uri;
  std::vector<std::string> signature_names{"META-INF/signature-1.cms"};
  std::function<void(std::string& manifest)> change_manifest;
  std::function<void(Entries&)> change_entries;
  std::function<void(std::string& cms)> change_cms;

  std::string manifest() const {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NCAManifest>\n";
    for (auto const& name : signature_names) xml += "<SigReference URI=\"" + name + "\"/>\n";
    for (auto const& [name, bytes] : files)
      xml += "<DataObjectReference URI=\"" + name + "\"><DigestMethod Algorithm=\"" + uri +
             "\"/><DigestValue>" + encode_base64(digest("KZ-GOST34311", bytes)) +
             "</DigestValue></DataObjectReference>\n";
    return xml + "</NCAManifest>\n";
  }
  std::string make() {
    auto listed = manifest();
    if (change_manifest) change_manifest(listed);
    situation.parts.content = listed;
    auto cms = situation.cms();
    if (change_cms) change_cms(cms);
    auto entries = files;
    entries.emplace_back("META-INF/NCAManifest.xml", listed);
    for (auto const& name : signature_names) entries.emplace_back(name, cms);
    if (change_entries) change_entries(entries);
    return zip(entries);
  }
  ContainerReport verify(std::string const& bytes) const {
    return verify_container(bytes, situation.trust, situation.policy, now(), now(),
                            situation.evidence());
  }
};

TEST(Container, OursPassesAndTellsItsFiles) {
  for (auto const family : {Family::rsa, Family::gost, Family::gost_older}) {
    WithFamily const with{family};
    Box box;
    auto const bytes = box.make();
    EXPECT_TRUE(is_container(bytes));
    auto const report = box.verify(bytes);
    EXPECT_TRUE(report.whole.passed()) << report.whole.reason();
    ASSERT_EQ(report.signatures.size(), 1U);
    EXPECT_EQ(report.signatures.front().signer->iin, k_iin);
    EXPECT_EQ(report.files, (std::vector<std::string>{"a.txt", "ә.pdf"}));
  }
}

TEST(Container, AFolderIsNoFile) {
  auto const files = read_archive(zip({{"folder/a", "x"}}));
  ASSERT_TRUE(files);
  EXPECT_EQ(files->size(), 1U);
  EXPECT_EQ(read_archive("PK\x03\x04").error(), "signature.container");
}

struct Spoilt {
  std::string name;
  std::function<void(Box&)> spoil;
  std::string check, sub_indication;
};
void PrintTo(Spoilt const& row, std::ostream* out) {
  *out << row.name;
}

class SpoiltContainer : public testing::TestWithParam<Spoilt> {};
TEST_P(SpoiltContainer, IsRefusedByTheRightCheck) {
  Box box;
  GetParam().spoil(box);
  auto const report = box.verify(box.make());
  EXPECT_NE(report.whole.indication, Indication::total_passed);
  EXPECT_EQ(failed_check(report.whole), GetParam().check);
  EXPECT_EQ(report.whole.sub_indication, GetParam().sub_indication);
  EXPECT_TRUE(report.signatures.empty());
  record_refusal(GetParam().name, report.whole);
}

auto manifest(std::string what, std::string by) {
  return [=](Box& box) {
    box.change_manifest = [=](std::string& xml) {
      auto const at = xml.find(what);
      ASSERT_NE(at, std::string::npos);
      xml.replace(at, what.size(), by);
    };
  };
}
auto entries(std::function<void(Entries&)> change) {
  return [=](Box& box) { box.change_entries = change; };
}

INSTANTIATE_TEST_SUITE_P(
    All, SpoiltContainer,
    testing::Values(
        Spoilt{"FileThatIsNotListed",
               entries([](Entries& all) { all.emplace_back("more.txt", "unsigned"); }),
               "manifest_complete", "FORMAT_FAILURE"},
        Spoilt{"FileMissing", entries([](Entries& all) { all.erase(all.begin()); }),
               "manifest_complete", "FORMAT_FAILURE"},
        Spoilt{"FileExchanged", entries([](Entries& all) { all[0].second = "other"; }),
               "file_digest", "HASH_FAILURE"},
        Spoilt{"FileListedTwice",
               [](Box& box) {
                 box.files.push_back(box.files[0]);
                 box.change_entries = [](Entries& all) { all.erase(all.begin()); };
               },
               "manifest_complete", "FORMAT_FAILURE"},
        Spoilt{"NameThatLeadsOut",
               entries([](Entries& all) { all.emplace_back("../../etc/passwd", "x"); }),
               "container", "FORMAT_FAILURE"},
        Spoilt{"FileTooLarge", entries([](Entries& all) {
                 all.emplace_back("bomb", std::string(k_container_file_bytes_max + 1, '\0'));
               }),
               "container", "FORMAT_FAILURE"},
        Spoilt{"TooManyFiles", entries([](Entries& all) {
                 for (std::size_t i = 0; i < k_container_files_max; ++i)
                   all.emplace_back("f" + std::to_string(i), "x");
               }),
               "container", "FORMAT_FAILURE"},
        Spoilt{"NoManifest", entries([](Entries& all) { all[2].first = "META-INF/Other.xml"; }),
               "manifest", "FORMAT_FAILURE"},
        Spoilt{"ManifestWithADtd", manifest("<NCAManifest>", "<!DOCTYPE x><NCAManifest>"),
               "manifest", "FORMAT_FAILURE"},
        Spoilt{"ManifestOfAnotherForm", manifest("<DigestMethod", "<Digest"), "manifest",
               "FORMAT_FAILURE"},
        Spoilt{"FilesUnderAWeakDigest", manifest(k_uri, "http://www.w3.org/2000/09/xmldsig#sha1"),
               "file_algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"},
        Spoilt{"SignatureOutsideOfItsFolder",
               manifest("META-INF/signature-1.cms", "signature-1.cms"), "manifest_complete",
               "FORMAT_FAILURE"},
        Spoilt{"NoSignatureInTheContainer", [](Box& box) { box.signature_names.clear(); },
               "signatures", "FORMAT_FAILURE"}),
    [](auto const& info) { return info.param.name; });

TEST(Container, AChangedManifestIsAnotherDocument) {
  Box box;
  box.change_entries = [](Entries& all) { all[2].second += " "; };
  auto const report = box.verify(box.make());
  EXPECT_EQ(report.whole.sub_indication, "HASH_FAILURE");
  ASSERT_EQ(report.signatures.size(), 1U);
  EXPECT_EQ(failed_check(report.signatures.front()), "message_digest");
}

TEST(Container, OneBadSignerOfTwoDoesNotPassWithTheOther) {
  Box box;
  box.situation.parts.signers = 2;
  EXPECT_TRUE(box.verify(box.make()).whole.passed()) << "two that are right";
  box.change_cms = [](std::string& cms) { cms.back() = static_cast<char>(cms.back() ^ 1); };
  auto const report = box.verify(box.make());
  ASSERT_EQ(report.signatures.size(), 2U);
  EXPECT_TRUE(report.signatures[0].passed());
  EXPECT_EQ(report.signatures[1].sub_indication, "SIG_CRYPTO_FAILURE");
  EXPECT_EQ(report.whole.indication, Indication::total_failed);
  record_refusal("OneBadSignerOfTwo", report.signatures[1]);
}

}  // namespace
}  // namespace qyzmet::signing::tests
