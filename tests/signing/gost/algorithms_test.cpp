// The examples of the standards, and what must not verify.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

#include "signing/gost/curve.hpp"
#include "signing/gost/digest.hpp"
#include "signing/gost/family.hpp"
#include "signing/gost/provider.hpp"
#include "tests/support/repeated.hpp"

namespace qyzmet::gost::tests {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string out;
  for (char const c : bytes) {
    auto const octet = static_cast<unsigned char>(c);
    out += k_digits[octet >> 4];
    out += k_digits[octet & 15];
  }
  return out;
}

template <class State>
std::string digest_of(State state, std::string_view message) {
  state.update(message);
  return hex(state.finish());
}

// RFC 6986, 10: the messages M1 and M2.
constexpr std::string_view k_m1 = "012345678901234567890123456789012345678901234567890123456789012";
constexpr std::string_view k_m2 =
    "\xd1\xe5\x20\xe2\xe5\xf2\xf0\xe8\x2c\x20\xd1\xf2\xf0\xe8\xe1\xee\xe6\xe8\x20\xe2\xed\xf3\xf6"
    "\xe8\x2c\x20\xe2\xe5\xfe\xf2\xfa\x20\xf1\x20\xec\xee\xf0\xff\x20\xf1\xf2\xf0\xe5\xeb\xe0\xec"
    "\xe8\x20\xed\xe0\x20\xf5\xf0\xe0\xe1\xf0\xfb\xff\x20\xef\xeb\xfa\xea\xfb\x20\xc8\xe3\xee\xf0"
    "\xe5\xe2\xfb";

TEST(Streebog, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(digest_of(Streebog{64}, k_m1),
            "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa"
            "00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48");
  EXPECT_EQ(digest_of(Streebog{32}, k_m1),
            "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500");
  EXPECT_EQ(digest_of(Streebog{64}, k_m2),
            "1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376"
            "035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28");
  EXPECT_EQ(digest_of(Streebog{32}, k_m2),
            "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50");
}

TEST(Gost34311, GivesTheDigestsOfTheTestBoxes) {
  // RFC 5831, 7, and the usual examples with the same S-boxes.
  EXPECT_EQ(digest_of(Gost34311{}, ""),
            "ce85b99cc46752fffee35cab9a7b0278abb4c2d2055cff685af4912c49490f8d");
  EXPECT_EQ(digest_of(Gost34311{}, "abc"),
            "f3134348c44fb1b2a277729e2285ebb5cb5e0f29c975bc753b70497c06a4d51d");
  EXPECT_EQ(digest_of(Gost34311{}, "This is message, length=32 bytes"),
            "b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa");
  EXPECT_EQ(digest_of(Gost34311{}, "Suppose the original message has length = 50 bytes"),
            "471aba57a60a770d3a76130635c1fbea4ef14de51f78b4ae57dd893b62f55208");
}

TEST(Digests, DoNotDependOnHowTheMessageIsCut) {
  std::string message;
  for (int i = 0; i < 333; ++i) message += static_cast<char>(i * 7);
  for (std::size_t const size : {1U, 31U, 32U, 33U, 63U, 64U, 65U, 200U}) {
    Streebog streebog{64};
    Gost34311 older;
    for (std::size_t at = 0; at < message.size(); at += size) {
      streebog.update(std::string_view{message}.substr(at, size));
      older.update(std::string_view{message}.substr(at, size));
    }
    EXPECT_EQ(hex(streebog.finish()), digest_of(Streebog{64}, message)) << size;
    EXPECT_EQ(hex(older.finish()), digest_of(Gost34311{}, message)) << size;
  }
}

TEST(Digests, AreKnownToOpensslByNameAndCopied) {
  install();
  auto const* md = EVP_get_digestbyname("KZ-STREEBOG-512");
  ASSERT_NE(md, nullptr);
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> const first{EVP_MD_CTX_new()}, second{EVP_MD_CTX_new()};
  ASSERT_EQ(EVP_DigestInit_ex(first.get(), md, nullptr), 1);
  EVP_DigestUpdate(first.get(), k_m1.data(), 20);
  ASSERT_EQ(EVP_MD_CTX_copy_ex(second.get(), first.get()), 1);
  EVP_DigestUpdate(first.get(), "else", 4);
  EVP_DigestUpdate(second.get(), k_m1.data() + 20, k_m1.size() - 20);
  std::string out(64, '\0');
  ASSERT_EQ(EVP_DigestFinal_ex(second.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr),
            1);
  EXPECT_EQ(hex(out), digest_of(Streebog{64}, k_m1));
}

// --- the examples of RFC 7091, 7: their curves are of no use but for these numbers

struct Example {
  CurveParameters curve;
  char const *d, *e, *k, *r, *s;
};

Example const k_example_256{
    {.p = "8000000000000000000000000000000000000000000000000000000000000431",
     .a = "7",
     .b = "5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E",
     .q = "8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3",
     .x = "2",
     .y = "08E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8"},
    "7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28",
    "2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5",
    "77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3",
    "41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493",
    "01456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40"};

Example const k_example_512{
    {.p = "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15D"
          "F1D852741AF4704A0458047E80E4546D35B8336FAC224DD81664BBF528BE6373",
     .a = "7",
     .b = "1CFF0806A31116DA29D8CFA54E57EB748BC5F377E49400FDD788B649ECA1AC43"
          "61834013B2AD7322480A89CA58E0CF74BC9E540C2ADD6897FAD0A3084F302ADC",
     .q = "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15D"
          "A82F2D7ECB1DBAC719905C5EECC423F1D86E25EDBE23C595D644AAF187E6E6DF",
     .x = "24D19CC64572EE30F396BF6EBBFD7A6C5213B3B3D7057CC825F91093A68CD762"
          "FD60611262CD838DC6B60AA7EEE804E28BC849977FAC33B4B530F1B120248A9A",
     .y = "2BB312A43BD2CE6E0D020613C857ACDDCFBF061E91E5F2C3F32447C259F39B2C"
          "83AB156D77F1496BF7EB3351E1EE4E43DC1A18B91B24640B6DBB92CB1ADD371E"},
    "0BA6048AADAE241BA40936D47756D7C93091A0E8514669700EE7508E508B1020"
    "72E8123B2200A0563322DAD2827E2714A2636B7BFD18AADFC62967821FA18DD4",
    "3754F3CFACC9E0615C4F4A7C4D8DAB531B09B6F9C170C533A71D147035B0C591"
    "7184EE536593F4414339976C647C5D5A407ADEDB1D560C4FC6777D2972075B8C",
    "0359E7F4B1410FEACC570456C6801496946312120B39D019D455986E364F3658"
    "86748ED7A44B3E794434006011842286212273A6D14CF70EA3AF71BB1AE679F1",
    "2F86FA60A081091A23DD795E1E3C689EE512A3C82EE0DCC2643C78EEA8FCACD3"
    "5492558486B20F1C9EC197C90699850260C93BCBCD9C5C3317E19344E173AE36",
    "1081B394696FFE8E6585E7A9362D26B6325F56778AADBC081C0BFBE933D52FF5"
    "823CE288E8C4F362526080DF7F70CE406A6EEB1F56919CB92A9853BDE73E5B4A"};

std::string little_endian(char const* text, std::size_t bytes) {
  BIGNUM* raw = nullptr;
  BN_hex2bn(&raw, text);
  Bignum const number{raw};
  std::string out(bytes, '\0');
  BN_bn2lebinpad(number.get(), reinterpret_cast<unsigned char*>(out.data()),
                 static_cast<int>(bytes));
  return out;
}

TEST(Curve, SignsAsTheExamplesOfTheStandard) {
  for (auto const* example : {&k_example_256, &k_example_512}) {
    Curve const curve{example->curve};
    auto const bytes = curve.bytes();
    auto const secret = curve.read_scalar(little_endian(example->d, bytes));
    auto const nonce = curve.read_scalar(little_endian(example->k, bytes));
    auto const digest = little_endian(example->e, bytes);
    ASSERT_TRUE(secret && nonce);
    auto const signature = curve.sign_with(secret.get(), digest, nonce.get());
    EXPECT_EQ(hex(signature),
              hex(little_endian(example->r, bytes) + little_endian(example->s, bytes)));
    EXPECT_TRUE(curve.verify(curve.public_point(secret.get()).get(), digest, signature));
  }
}

class CurveOfThePki : public testing::TestWithParam<Curve const* (*)()> {
 protected:
  Curve const& curve_ = *GetParam()();
  Bignum secret_ = curve_.make_scalar();
  Point key_ = curve_.public_point(secret_.get());
  std::string digest_ = std::string(curve_.bytes(), 'd');
};

TEST_P(CurveOfThePki, VerifiesWhatItSignsAndNothingElse) {
  auto const signature = curve_.sign(secret_.get(), digest_);
  ASSERT_EQ(signature.size(), 2 * curve_.bytes());
  EXPECT_TRUE(curve_.verify(key_.get(), digest_, signature));
  EXPECT_NE(signature, curve_.sign(secret_.get(), digest_)) << "a nonce was used twice";
  for (std::size_t at = 0; at < signature.size(); at += 7) {
    auto changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(curve_.verify(key_.get(), digest_, changed)) << at;
  }
  auto other = digest_;
  other[0] = 'e';
  EXPECT_FALSE(curve_.verify(key_.get(), other, signature));
  auto const stranger = curve_.public_point(curve_.make_scalar().get());
  EXPECT_FALSE(curve_.verify(stranger.get(), digest_, signature));
}

TEST_P(CurveOfThePki, RefusesNumbersOutOfRange) {
  auto const signature = curve_.sign(secret_.get(), digest_);
  auto const half = curve_.bytes();
  auto const zero = std::string(half, '\0');
  auto const high = std::string(half, '\xff');
  auto const r = signature.substr(0, half), s = signature.substr(half);
  for (auto const& bad : {zero + s, r + zero, high + s, r + high, zero + zero, r, signature + "x",
                          std::string{}, s + r})
    EXPECT_FALSE(curve_.verify(key_.get(), digest_, bad));
  EXPECT_FALSE(curve_.verify(key_.get(), digest_.substr(1), signature));
  EXPECT_EQ(curve_.read_scalar(zero), nullptr);
  EXPECT_EQ(curve_.read_scalar(high), nullptr);
  EXPECT_EQ(curve_.read_scalar("1"), nullptr);
}

TEST_P(CurveOfThePki, MinusSOfASignatureDoesNotVerify) {
  // Nobody else can make a second signature out of one, as with ECDSA.
  auto const signature = curve_.sign(secret_.get(), digest_);
  auto const half = curve_.bytes();
  auto const* bytes = reinterpret_cast<unsigned char const*>(signature.data());
  Bignum const s{BN_lebin2bn(bytes + half, static_cast<int>(half), nullptr)};
  Bignum order{BN_new()};
  ASSERT_EQ(BN_sub(order.get(), curve_.order(), s.get()), 1);
  EXPECT_FALSE(curve_.verify(key_.get(), digest_,
                             signature.substr(0, half) + curve_.write_scalar(order.get())));
}

TEST_P(CurveOfThePki, RefusesPointsBesideTheCurve) {
  auto point = curve_.write_point(key_.get());
  EXPECT_NE(curve_.read_point(point), nullptr);
  EXPECT_EQ(curve_.read_point(point.substr(1)), nullptr);
  EXPECT_EQ(curve_.read_point(std::string(point.size(), '\0')), nullptr);
  EXPECT_EQ(curve_.read_point(std::string(point.size(), '\xff')), nullptr);
  point[3] = static_cast<char>(point[3] ^ 1);
  EXPECT_EQ(curve_.read_point(point), nullptr);
}

TEST_P(CurveOfThePki, ADigestOfZeroCountsAsOne) {
  auto const zero = std::string(curve_.bytes(), '\0');
  auto one = zero;
  one[0] = 1;
  auto const signature = curve_.sign(secret_.get(), zero);
  EXPECT_TRUE(curve_.verify(key_.get(), zero, signature));
  EXPECT_TRUE(curve_.verify(key_.get(), one, signature));
}

/// u P + v Q by OpenSSL, its x modulo the order; nothing for infinity.
Bignum x_of_sum(Curve const& curve, BIGNUM const* u, EC_POINT const* key, BIGNUM const* v) {
  Owned<BN_CTX, BN_CTX_free> const context{BN_CTX_new()};
  Point const sum{EC_POINT_new(curve.group())};
  EXPECT_EQ(EC_POINT_mul(curve.group(), sum.get(), u, key, v, context.get()), 1);
  if (EC_POINT_is_at_infinity(curve.group(), sum.get()) == 1) return nullptr;
  Bignum x{BN_new()};
  EXPECT_EQ(
      EC_POINT_get_affine_coordinates(curve.group(), sum.get(), x.get(), nullptr, context.get()),
      1);
  EXPECT_EQ(BN_nnmod(x.get(), x.get(), curve.order(), context.get()), 1);
  return x;
}

class OwnArithmetic : public CurveOfThePki {
 protected:
  OwnArithmetic() {
    Owned<BN_CTX, BN_CTX_free> const context{BN_CTX_new()};
    Bignum const p{BN_new()}, a{BN_new()}, b{BN_new()}, x{BN_new()}, y{BN_new()};
    EC_GROUP_get_curve(curve_.group(), p.get(), a.get(), b.get(), context.get());
    EC_POINT_get_affine_coordinates(curve_.group(), EC_GROUP_get0_generator(curve_.group()),
                                    x.get(), y.get(), context.get());
    fast_ = make_fast_sum(p.get(), a.get(), curve_.order(), x.get(), y.get());
  }

  /// Made once for the points that come one after the other.
  FastSum::Known const& known(EC_POINT const* key, BIGNUM const* x, BIGNUM const* y) {
    auto const written = curve_.write_point(key);
    if (written != known_key_) known_ = fast_->know(x, y);
    known_key_ = written;
    return *known_;
  }

  /// Says yes to the right x, and no to another, whether the point is known or not.
  void expect_agreement(BIGNUM const* u, EC_POINT const* key, BIGNUM const* v) {
    Owned<BN_CTX, BN_CTX_free> const context{BN_CTX_new()};
    Bignum const x{BN_new()}, y{BN_new()};
    ASSERT_EQ(EC_POINT_get_affine_coordinates(curve_.group(), key, x.get(), y.get(), context.get()),
              1);
    auto const expected = x_of_sum(curve_, u, key, v);
    auto const& of_known = known(key, x.get(), y.get());
    auto const asked = [&](BIGNUM const* r) {
      bool const said = fast_->has_x(u, x.get(), y.get(), v, r);
      EXPECT_EQ(fast_->has_x(u, of_known, v, r), said);
      return said;
    };
    Bignum const other{expected ? BN_dup(expected.get()) : BN_new()};
    ASSERT_EQ(BN_add_word(other.get(), 1), 1);
    EXPECT_EQ(expected != nullptr && asked(expected.get()), expected != nullptr);
    EXPECT_FALSE(asked(other.get()));
  }
  static Bignum number(BN_ULONG value) {
    Bignum out{BN_new()};
    BN_set_word(out.get(), value);
    return out;
  }

  std::unique_ptr<FastSum const> fast_;
  std::unique_ptr<FastSum::Known const> known_;
  std::string known_key_;
};

TEST_P(OwnArithmetic, AgreesWithOpensslOnRandomPoints) {
  // 200 of them, or as many as QYZMET_CURVE_POINTS says: a million of each curve in `./test soak`.
  char const* many = std::getenv("QYZMET_CURVE_POINTS");
  int const count = many != nullptr ? std::atoi(many) : repeated(200);
  ASSERT_NE(fast_, nullptr);
  for (int i = 0; i < count; ++i) {
    auto const key = curve_.public_point(curve_.make_scalar().get());
    expect_agreement(curve_.make_scalar().get(), key.get(), curve_.make_scalar().get());
  }
}

TEST_P(OwnArithmetic, AgreesWhereTermsMeetDoubleAndCancel) {
  ASSERT_NE(fast_, nullptr);
  for (BN_ULONG multiple : {1U, 2U, 3U, 5U, 16U}) {
    auto const key = curve_.public_point(number(multiple).get());
    for (BN_ULONG u = 0; u < 18; ++u)
      for (BN_ULONG v = 0; v < 18; ++v)
        expect_agreement(number(u).get(), key.get(), number(v).get());
    for (BN_ULONG v = 1; v < 18; ++v) {
      // u = order - v multiple: the sum is infinity; one more: the base point; and the largest u.
      auto const u = number(v * multiple);
      ASSERT_EQ(BN_sub(u.get(), curve_.order(), u.get()), 1);
      expect_agreement(u.get(), key.get(), number(v).get());
      ASSERT_EQ(BN_add_word(u.get(), 1), 1);
      if (BN_cmp(u.get(), curve_.order()) < 0)
        expect_agreement(u.get(), key.get(), number(v).get());
      ASSERT_EQ(BN_sub(u.get(), curve_.order(), number(1).get()), 1);
      expect_agreement(u.get(), key.get(), number(v).get());
      expect_agreement(number(v).get(), key.get(), u.get());
    }
  }
}

TEST_P(OwnArithmetic, BothArithmeticsGiveOneVerdict) {
  for (int i = 0; i < 20; ++i) {
    auto signature = curve_.sign(secret_.get(), digest_);
    for (auto const with : {Curve::Arithmetic::own, Curve::Arithmetic::openssl}) {
      EXPECT_TRUE(curve_.verify(key_.get(), digest_, signature, with));
      auto changed = signature;
      changed[static_cast<std::size_t>(i)] ^= 4;
      EXPECT_FALSE(curve_.verify(key_.get(), digest_, changed, with));
    }
  }
}

TEST(Keys, VerifyTheSameWhenTheyComeAgainAndAgain) {
  for (auto const& family : families()) {
    auto const key = make_key(family);
    for (int i = 0; i < 3 * k_verifications_before_known; ++i) {
      std::string const digest(family.bytes, static_cast<char>(i));
      auto const signature = family.curve().sign(key->secret.get(), digest);
      EXPECT_TRUE(key->verify(digest, signature)) << i;
      EXPECT_FALSE(key->verify(digest, std::string(signature.rbegin(), signature.rend()))) << i;
      auto changed = signature;
      changed[static_cast<std::size_t>(i)] ^= 1;
      EXPECT_FALSE(key->verify(digest, changed)) << i;
    }
    EXPECT_NE(key->known, nullptr);
  }
}

TEST(FastSum, IsNotMadeForCurvesOfAnotherKind) {
  auto const number = [](char const* hex) {
    BIGNUM* out = nullptr;
    BN_hex2bn(&out, hex);
    return Bignum{out};
  };
  auto const& of = k_example_256.curve;
  EXPECT_EQ(make_fast_sum(number(of.p).get(), number(of.a).get(), number(of.q).get(),
                          number(of.x).get(), number(of.y).get()),
            nullptr);
}

INSTANTIATE_TEST_SUITE_P(Both, OwnArithmetic,
                         testing::Values([] { return &curve_512(); }, [] { return &curve_256(); }));
INSTANTIATE_TEST_SUITE_P(Both, CurveOfThePki,
                         testing::Values([] { return &curve_512(); }, [] { return &curve_256(); }));

}  // namespace
}  // namespace qyzmet::gost::tests
