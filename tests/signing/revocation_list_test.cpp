// The index of a revocation list: size, speed, and lists that must not be used.
#include "signing/revocation_list.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "signing/certificate.hpp"
#include "signing/openssl.hpp"
#include "signing/revocation.hpp"
#include "tests/signing/bench.hpp"

namespace qyzmet::signing::tests {
namespace {

constexpr std::size_t k_national_entries = 400'000;
constexpr std::string_view k_on{"\xff", 1};

std::string extension(std::string_view oid, bool critical, std::string const& value) {
  return der::encode(der::sequence, {der::oid(oid), critical ? der::encode(der::boolean, k_on) : "",
                                     der::encode(der::octet_string, value)});
}

/// A list put together by hand and signed by the authority of the bench.
struct HandMade {
  std::string entries, extensions = extension("2.5.29.20", false, der::number(7));
  std::string this_update = encode_time(now() - hours{2});
  std::string next_update = encode_time(now() + hours{20});

  std::string make() const {
    auto const authority = x509_from_der(bench().ca.certificate);
    auto const name = to_der(X509_get_subject_name(authority.get()), i2d_X509_NAME);
    auto const algorithm = Parts{bench().ca}.signature_algorithm;
    auto content = der::number(1) + algorithm + name + this_update + next_update;
    if (!entries.empty()) content += der::encode(der::sequence, entries);
    if (!extensions.empty())
      content += der::encode(der::context_constructed(0), der::encode(der::sequence, extensions));
    auto const tbs = der::encode(der::sequence, content);
    auto const signature = sign_raw(bench().ca.key, Parts{bench().ca}.md, tbs);
    return der::encode(
        der::sequence,
        {tbs, algorithm, der::encode(der::bit_string, std::string(1, '\0') + signature)});
  }
};

std::string entry(std::string const& serial, Instant at, std::string const& extensions = "") {
  return der::encode(der::sequence,
                     {der::encode(der::integer, serial), encode_time(at),
                      extensions.empty() ? "" : der::encode(der::sequence, extensions)});
}

std::string serial_of_citizen() {
  auto const certificate = Certificate::read(bench().citizen.certificate);
  return string_of(X509_get0_serialNumber(certificate->get()));
}

RevocationVerdict judge(std::string const& list) {
  auto const citizen = Certificate::read(bench().citizen.certificate);
  auto const issuer = Certificate::read(bench().ca.certificate);
  return judge_crls({list}, {}, {*citizen, *issuer, now(), now()});
}

using Kind = RevocationVerdict::Kind;

TEST(RevocationList, TheNationalListIsReadOnceAndAskedInMicroseconds) {
  WithFamily const with{Family::gost};
  HandMade list;
  auto const serial = [](std::size_t number) {
    // Spread, so that the index has something to sort.
    std::uint64_t const mixed = (number + 1) * 0x9e3779b97f4a7c15U;
    std::string bytes = "\x5a";
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(mixed >> (8 * i));
    return bytes + std::string(11, 'x');
  };
  auto const reason =
      extension("2.5.29.21", false, der::encode(der::enumerated, std::string(1, '\x01')));
  for (std::size_t i = 0; i < k_national_entries; ++i)
    list.entries += entry(serial(i), now() - hours{i % 9000}, reason);
  auto const bytes = list.make();
  EXPECT_GT(bytes.size(), std::size_t{20} << 20);
  auto const begin = std::chrono::steady_clock::now();
  auto const opened = RevocationList::open(bytes, bench().trust);
  auto const read = std::chrono::steady_clock::now();
  ASSERT_TRUE(opened);
  auto const& index = **opened;
  EXPECT_EQ(index.size(), k_national_entries);
  for (std::size_t i = 0; i < k_national_entries; ++i) {
    auto const found = index.find(serial(i));
    ASSERT_TRUE(found) << i;
    ASSERT_EQ(found->at, now() - hours{i % 9000});
    ASSERT_EQ(found->reason, 1);
  }
  auto const asked = std::chrono::steady_clock::now();
  EXPECT_FALSE(index.find(std::string(20, 'x')));
  EXPECT_FALSE(index.find(std::string(21, 'x')));
  EXPECT_FALSE(index.find(""));
  auto const each =
      std::chrono::duration<double, std::micro>(asked - read).count() / double(k_national_entries);
  RecordProperty("reading_ms",
                 static_cast<int>(std::chrono::duration<double, std::milli>(read - begin).count()));
  RecordProperty("asking_ns", static_cast<int>(1000 * each));
  EXPECT_LT(each, 50.0);
}

TEST(RevocationList, TheEarliestOfTwoEntriesCounts) {
  HandMade list;
  list.entries =
      entry(serial_of_citizen(), now() + days{1}) + entry(serial_of_citizen(), now() - days{1});
  EXPECT_EQ(judge(list.make()).kind, Kind::revoked);
}

TEST(RevocationList, ARevocationOfTomorrowDoesNotTouchTheSignatureOfToday) {
  HandMade list;
  list.entries = entry(serial_of_citizen(), now() + hours{1});
  EXPECT_EQ(judge(list.make()).kind, Kind::good);
}

TEST(RevocationList, AnEndedCertificateMayHaveLeftTheList) {
  auto const issuer = Certificate::read(bench().ca.certificate);
  auto spec = citizen_spec();
  spec.until = now() - days{2};
  auto const ended = Certificate::read(issue_person(spec).certificate);
  Subject const subject{*ended, *issuer, now() - days{3}, now()};
  EXPECT_EQ(judge_crls({HandMade{}.make()}, {}, subject).kind, Kind::unavailable);
  HandMade earlier;
  earlier.this_update = encode_time(now() - days{3});
  EXPECT_EQ(judge_crls({earlier.make()}, {}, subject).kind, Kind::good);
}

TEST(RevocationList, ListsThatWeDoNotUnderstandAreNotUsed) {
  auto const number = extension("2.5.29.20", false, der::number(7));
  auto const scope = [&](std::string const& content) {
    return number + extension("2.5.29.28", true, der::encode(der::sequence, content));
  };
  std::vector<std::pair<char const*, std::string>> const rows{
      {"unknown critical extension", number + extension("1.2.3.4", true, "x")},
      {"authorities only", scope(der::encode(der::context(2), k_on))},
      {"indirect", scope(der::encode(der::context(4), k_on))},
      {"attribute certificates", scope(der::encode(der::context(5), k_on))},
      {"some reasons", scope(der::encode(der::context(3), "\x06\x40"))},
      {"scope that is none", number + extension("2.5.29.28", true, "x")},
      {"number that is none", extension("2.5.29.20", false, "x")},
      {"extension twice as long", number + "\x30\x40"}};
  for (auto const& [name, extensions] : rows) {
    HandMade list;
    list.extensions = extensions;
    EXPECT_EQ(judge(list.make()).kind, Kind::bad) << name;
  }
  HandMade known;
  known.extensions = scope(der::encode(der::context(1), k_on)) + extension("1.2.3.4", false, "x");
  EXPECT_EQ(judge(known.make()).kind, Kind::good);
}

TEST(RevocationList, AListOfUsersSaysNothingAboutAuthorities) {
  auto const authority = Certificate::read(bench().ca.certificate);
  auto const root = Certificate::read(bench().root.certificate);
  auto const list = make_crl(responder_of(bench().root, bench().root),
                             {.this_update = now() - hours{1}, .next_update = now() + days{1}});
  Subject const subject{*authority, *root, now(), now()};
  EXPECT_EQ(judge_crls({*list}, {}, subject).kind, Kind::good);
  HandMade users;
  users.extensions +=
      extension("2.5.29.28", true, der::encode(der::sequence, der::encode(der::context(1), k_on)));
  auto const citizen = Certificate::read(bench().citizen.certificate);
  auto const sub_authority = [&] {
    auto spec = authority_spec("SUB TEST");
    spec.key = bench().spare_key;
    return Certificate::read(issue(spec, bench().ca).certificate);
  }();
  EXPECT_EQ(judge_crls({users.make()}, {}, {*sub_authority, *authority, now(), now()}).kind,
            Kind::bad);
  EXPECT_EQ(judge_crls({users.make()}, {}, {*citizen, *authority, now(), now()}).kind, Kind::good);
}

TEST(RevocationList, MalformedListsAreRefused) {
  auto const good = HandMade{}.make();
  ASSERT_TRUE(RevocationList::read(good));
  EXPECT_FALSE(RevocationList::read(good + "x"));
  EXPECT_FALSE(RevocationList::read(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(RevocationList::read(""));
  auto const refused = [](auto change) {
    HandMade list;
    change(list);
    return RevocationList::read(list.make()) == nullptr;
  };
  auto const utc = [](char const* text) { return der::encode(der::utc_time, text); };
  for (char const* time :
       {"261399000000Z", "2611210500Z", "261121050000+0500", "26112105000xZ", ""})
    EXPECT_TRUE(refused([&](HandMade& list) { list.this_update = utc(time); })) << time;
  EXPECT_TRUE(refused([&](HandMade& list) { list.next_update = ""; }));
  EXPECT_TRUE(refused([&](HandMade& list) { list.entries = entry(std::string(22, 'x'), now()); }));
  EXPECT_TRUE(refused([&](HandMade& list) { list.entries = entry("", now()); }));
  EXPECT_TRUE(refused([&](HandMade& list) {
    list.entries = entry("x", now(), extension("2.5.29.21", false, "xx"));
  }));
}

TEST(RevocationList, IsOpenedOnlyUnderTheAuthorityThatSignedIt) {
  auto const list = RevocationList::open(HandMade{}.make(), bench().trust);
  ASSERT_TRUE(list);
  auto const ca = Certificate::read(bench().ca.certificate);
  auto const other = Certificate::read(bench().other_ca.certificate);
  EXPECT_TRUE((*list)->is_signed_by(*ca));
  EXPECT_FALSE((*list)->is_signed_by(*other));
  EXPECT_EQ(RevocationList::open(HandMade{}.make(), {{bench().other_ca.certificate}}).error().text,
            "signature.crl_unusable");
  Situation situation;
  situation.change_evidence = [&](Evidence& evidence) {
    evidence.ocsp.clear();
    evidence.lists = {*list};
  };
  EXPECT_TRUE(situation.verify().passed());
}

}  // namespace
}  // namespace qyzmet::signing::tests
