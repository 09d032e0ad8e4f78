// X.690: what is read, what is refused, and that writing is canonical.
#include "signing/der.hpp"

#include <gtest/gtest.h>

namespace qyzmet::signing::der {
namespace {

using namespace std::literals;

TEST(Der, ReadsWhatItWrites) {
  for (std::size_t const size : {0U, 1U, 127U, 128U, 255U, 256U, 70000U}) {
    auto const bytes = encode(octet_string, std::string(size, 'x'));
    auto const element = first(bytes);
    ASSERT_TRUE(element) << size;
    EXPECT_EQ(element->content.size(), size);
    EXPECT_EQ(element->whole, bytes);
    EXPECT_TRUE(is_der(bytes));
  }
}

TEST(Der, RefusesWhatIsCutOrOfAnUnknownForm) {
  for (auto const bytes : {""sv, "\x30"sv, "\x30\x05\x02\x01"sv, "\x30\x84\xff\xff\xff\xff"sv,
                           "\x30\x85\x00\x00\x00\x00\x00"sv, "\x04\x80\x00\x00"sv,
                           "\x1f\x81\x01\x00"sv, "\x30\x80\x02\x01\x01"sv, "\x00\x00"sv})
    EXPECT_FALSE(first(bytes)) << bytes.size();
}

TEST(Der, LimitsTheDepth) {
  std::string deep, shallow;
  for (int i = 0; i < 1000; ++i) deep += "\x30\x80"s;
  deep += std::string(2000, '\0');
  EXPECT_FALSE(first(deep));
  for (int i = 0; i < 40; ++i) shallow = encode(sequence, shallow);
  EXPECT_TRUE(first(shallow));
  EXPECT_FALSE(is_der(shallow));
}

TEST(Der, KnowsBerFromDer) {
  EXPECT_TRUE(first("\x30\x80\x02\x01\x05\x00\x00"sv));
  for (auto const ber :
       {"\x30\x80\x02\x01\x05\x00\x00"sv, "\x30\x81\x03\x02\x01\x05"sv, "\x02\x02\x00\x05"sv,
        "\x02\x02\xff\x85"sv, "\x02\x00"sv, "\x01\x01\x01"sv, "\x05\x01\x00"sv,
        "\x24\x03\x04\x01x"sv, "\x30\x03\x02\x01\x05\x00"sv, "\x06\x02\x80\x01"sv})
    EXPECT_FALSE(is_der(ber)) << ber.size();
  EXPECT_TRUE(is_der("\x30\x03\x02\x01\x05"sv));
}

TEST(Der, ReadsIntegersAndIdentifiers) {
  EXPECT_EQ(small_integer("\x05"sv), 5);
  EXPECT_EQ(small_integer("\x7f\xff\xff\xff"sv), 0x7fffffff);
  EXPECT_FALSE(small_integer("\xff"sv));
  EXPECT_FALSE(small_integer("\x01\x00\x00\x00\x00"sv));
  for (auto const* dotted : {"1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "2.5.29.15",
                             "1.2.398.3.3.4.1.2.1", "0.9.2342.19200300.100.1.1"}) {
    auto const bytes = oid(dotted);
    EXPECT_EQ(oid_text(first(bytes)->content), dotted);
  }
  EXPECT_FALSE(oid_text(""));
  EXPECT_FALSE(oid_text("\x2a\x86"sv));
}

TEST(Der, PutsSetsInOrder) {
  EXPECT_EQ(set_of({number(7), number(3)}), set_of({number(3), number(7)}));
  EXPECT_EQ(number(128), "\x02\x02\x00\x80"s);
}

TEST(Der, JoinsOctetsInPieces) {
  auto const pieces = encode(0x24, encode(octet_string, "ab") + encode(octet_string, "c"));
  EXPECT_EQ(octets(*first(pieces)), "abc");
  auto const foreign = encode(0x24, number(1));
  EXPECT_FALSE(octets(*first(foreign)));
}

}  // namespace
}  // namespace qyzmet::signing::der
