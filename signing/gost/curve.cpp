#include "signing/gost/curve.hpp"

#include "engine/base/check.hpp"

namespace qyzmet::gost {
namespace {

using Context = Owned<BN_CTX, BN_CTX_free>;

/// The numbers of one computation are taken from its context and given back together.
class Frame {
 public:
  explicit Frame(BN_CTX* context) : context_(context) { BN_CTX_start(context); }
  ~Frame() { BN_CTX_end(context_); }
  Frame(Frame const&) = delete;
  Frame& operator=(Frame const&) = delete;
  BIGNUM* number() { return BN_CTX_get(context_); }

 private:
  BN_CTX* context_;
};

Bignum from_hex(char const* text) {
  BIGNUM* number = nullptr;
  check(BN_hex2bn(&number, text) > 0, "hexadecimal number of a curve");
  return Bignum{number};
}

Bignum from_little_endian(std::string_view bytes) {
  return Bignum{BN_lebin2bn(reinterpret_cast<unsigned char const*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr)};
}

void put_little_endian(BIGNUM const* number, char* out, std::size_t size) {
  BN_bn2lebinpad(number, reinterpret_cast<unsigned char*>(out), static_cast<int>(size));
}

bool is_inside(BIGNUM const* number, BIGNUM const* order) {
  return !BN_is_zero(number) && !BN_is_negative(number) && BN_cmp(number, order) < 0;
}

}  // namespace

Curve::Curve(CurveParameters const& parameters) : order_(from_hex(parameters.q)) {
  Context const context{BN_CTX_new()};
  auto const p = from_hex(parameters.p), a = from_hex(parameters.a), b = from_hex(parameters.b);
  auto const x = from_hex(parameters.x), y = from_hex(parameters.y);
  bytes_ = static_cast<std::size_t>(BN_num_bytes(p.get()));
  group_.reset(EC_GROUP_new_curve_GFp(p.get(), a.get(), b.get(), context.get()));
  check(group_ != nullptr, "parameters of a curve");
  Point const base{EC_POINT_new(group_.get())};
  montgomery_.reset(BN_MONT_CTX_new());
  check(EC_POINT_set_affine_coordinates(group_.get(), base.get(), x.get(), y.get(),
                                        context.get()) == 1 &&
            EC_GROUP_set_generator(group_.get(), base.get(), order_.get(), BN_value_one()) == 1 &&
            BN_MONT_CTX_set(montgomery_.get(), order_.get(), context.get()) == 1,
        "base point of a curve");
  fast_ = make_fast_sum(p.get(), a.get(), order_.get(), x.get(), y.get());
}

Point Curve::read_point(std::string_view bytes) const {
  if (bytes.size() != 2 * bytes_) return nullptr;
  auto const x = from_little_endian(bytes.substr(0, bytes_));
  auto const y = from_little_endian(bytes.substr(bytes_));
  Point point{EC_POINT_new(group_.get())};
  Context const context{BN_CTX_new()};
  // Refuses coordinates that are not below p, and points beside the curve.
  if (!x || !y || !point ||
      EC_POINT_set_affine_coordinates(group_.get(), point.get(), x.get(), y.get(), context.get()) !=
          1)
    return nullptr;
  return point;
}

std::string Curve::write_point(EC_POINT const* point) const {
  Context const context{BN_CTX_new()};
  Frame frame{context.get()};
  auto* x = frame.number();
  auto* y = frame.number();
  if (y == nullptr ||
      EC_POINT_get_affine_coordinates(group_.get(), point, x, y, context.get()) != 1)
    return {};
  std::string out(2 * bytes_, '\0');
  put_little_endian(x, out.data(), bytes_);
  put_little_endian(y, out.data() + bytes_, bytes_);
  return out;
}

bool Curve::equal(EC_POINT const* left, EC_POINT const* right) const {
  Context const context{BN_CTX_new()};
  return EC_POINT_cmp(group_.get(), left, right, context.get()) == 0;
}

Bignum Curve::read_scalar(std::string_view bytes) const {
  if (bytes.size() != bytes_) return nullptr;
  auto scalar = from_little_endian(bytes);
  if (!scalar || !is_inside(scalar.get(), order_.get())) return nullptr;
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  return scalar;
}

std::string Curve::write_scalar(BIGNUM const* scalar) const {
  std::string out(bytes_, '\0');
  put_little_endian(scalar, out.data(), bytes_);
  return out;
}

Bignum Curve::make_scalar() const {
  Bignum scalar{BN_secure_new()};
  do {
    if (!scalar || BN_priv_rand_range(scalar.get(), order_.get()) != 1) return nullptr;
  } while (BN_is_zero(scalar.get()));
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  return scalar;
}

Point Curve::public_point(BIGNUM const* secret) const {
  Point point{EC_POINT_new(group_.get())};
  Context const context{BN_CTX_new()};
  // With the base point alone OpenSSL walks a ladder of constant time.
  if (!point ||
      EC_POINT_mul(group_.get(), point.get(), secret, nullptr, nullptr, context.get()) != 1)
    return nullptr;
  return point;
}

Bignum Curve::read_digest(std::string_view digest, BN_CTX* context) const {
  auto e = from_little_endian(digest);
  if (!e || BN_mod(e.get(), e.get(), order_.get(), context) != 1) return nullptr;
  if (BN_is_zero(e.get()) && BN_one(e.get()) != 1) return nullptr;
  return e;
}

std::unique_ptr<FastSum::Known const> Curve::know(EC_POINT const* key) const {
  Context const context{BN_CTX_new()};
  Frame frame{context.get()};
  auto* x = frame.number();
  auto* y = frame.number();
  bool const read = fast_ && y != nullptr &&
                    EC_POINT_get_affine_coordinates(group_.get(), key, x, y, context.get()) == 1;
  return read ? fast_->know(x, y) : nullptr;
}

bool Curve::sum_has_x(BIGNUM const* u, EC_POINT const* key, BIGNUM const* v, BIGNUM const* r,
                      Arithmetic arithmetic, FastSum::Known const* known, BN_CTX* context) const {
  bool const own = fast_ && arithmetic == Arithmetic::own;
  if (own && known != nullptr) return fast_->has_x(u, *known, v, r);
  Frame frame{context};
  auto* x = frame.number();
  auto* y = frame.number();
  if (y == nullptr) return false;
  if (own)
    return EC_POINT_get_affine_coordinates(group_.get(), key, x, y, context) == 1 &&
           fast_->has_x(u, x, y, v, r);
  Point const point{EC_POINT_new(group_.get())};
  return point && EC_POINT_mul(group_.get(), point.get(), u, key, v, context) == 1 &&
         EC_POINT_is_at_infinity(group_.get(), point.get()) != 1 &&
         EC_POINT_get_affine_coordinates(group_.get(), point.get(), x, nullptr, context) == 1 &&
         BN_nnmod(x, x, order_.get(), context) == 1 && BN_cmp(x, r) == 0;
}

bool Curve::verify(EC_POINT const* key, std::string_view digest, std::string_view signature,
                   Arithmetic arithmetic, FastSum::Known const* known) const {
  if (signature.size() != 2 * bytes_ || digest.size() != bytes_) return false;
  auto const r = from_little_endian(signature.substr(0, bytes_));
  auto const s = from_little_endian(signature.substr(bytes_));
  if (!r || !s || !is_inside(r.get(), order_.get()) || !is_inside(s.get(), order_.get()))
    return false;
  Context const context{BN_CTX_new()};
  Frame frame{context.get()};
  auto* inverse = frame.number();
  auto* of_base = frame.number();
  auto* of_key = frame.number();
  auto const e = read_digest(digest, context.get());
  auto const* q = order_.get();
  return of_key != nullptr && e && BN_mod_inverse(inverse, e.get(), q, context.get()) != nullptr &&
         BN_mod_mul(of_base, s.get(), inverse, q, context.get()) == 1 &&
         BN_mod_mul(of_key, r.get(), inverse, q, context.get()) == 1 &&
         BN_sub(of_key, q, of_key) == 1 &&
         sum_has_x(of_base, key, of_key, r.get(), arithmetic, known, context.get());
}

std::string Curve::sign_with(BIGNUM const* secret, std::string_view digest,
                             BIGNUM const* nonce) const {
  Context const context{BN_CTX_secure_new()};
  Frame frame{context.get()};
  auto* r = frame.number();
  auto* s = frame.number();
  auto* factor = frame.number();
  auto const e = read_digest(digest, context.get());
  auto const point = public_point(nonce);
  auto const* q = order_.get();
  auto* montgomery = montgomery_.get();
  if (factor == nullptr || !e || !point || !is_inside(nonce, q) ||
      EC_POINT_get_affine_coordinates(group_.get(), point.get(), r, nullptr, context.get()) != 1 ||
      BN_nnmod(r, r, q, context.get()) != 1 || BN_is_zero(r))
    return {};
  // s = r d + k e. One factor of a product in Montgomery's form, the other not: the result is
  // plain, and the multiplication takes the same time whatever the secret is.
  auto const multiply = [&](BIGNUM* out, BIGNUM const* open, BIGNUM const* hidden) {
    return BN_to_montgomery(out, open, montgomery, context.get()) == 1 &&
           BN_mod_mul_montgomery(out, out, hidden, montgomery, context.get()) == 1;
  };
  if (!multiply(s, r, secret) || !multiply(factor, e.get(), nonce) ||
      BN_mod_add_quick(s, s, factor, q) != 1 || BN_is_zero(s))
    return {};
  std::string out(2 * bytes_, '\0');
  put_little_endian(r, out.data(), bytes_);
  put_little_endian(s, out.data() + bytes_, bytes_);
  return out;
}

std::string Curve::sign(BIGNUM const* secret, std::string_view digest) const {
  if (digest.size() != bytes_) return {};
  Context const context{BN_CTX_secure_new()};
  Bignum const nonce{BN_secure_new()};
  auto const* bytes = reinterpret_cast<unsigned char const*>(digest.data());
  std::string signature;
  while (signature.empty()) {
    if (!nonce || BN_generate_dsa_nonce(nonce.get(), order_.get(), secret, bytes, digest.size(),
                                        context.get()) != 1)
      return {};
    if (BN_is_zero(nonce.get())) continue;
    BN_set_flags(nonce.get(), BN_FLG_CONSTTIME);
    signature = sign_with(secret, digest, nonce.get());
  }
  return signature;
}

Curve const& curve_512() {
  static Curve const curve{
      {.p = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC7",
       .a = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC4",
       .b = "E8C2505DEDFC86DDC1BD0B2B6667F1DA34B82574761CB0E879BD081CFD0B6265"
            "EE3CB090F30D27614CB4574010DA90DD862EF9D4EBEE4761503190785A71C760",
       .q = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
            "27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
       .x = "3",
       .y = "7503CFE87A836AE3A61B8816E25450E6CE5E1C93ACF1ABC1778064FDCBEFA921"
            "DF1626BE4FD036E93D75E6A50E3A41E98028FE5FC235F5B889A589CB5215F2A4"}};
  return curve;
}

Curve const& curve_256() {
  static Curve const curve{
      {.p = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD97",
       .a = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD94",
       .b = "A6",
       .q = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
       .x = "1",
       .y = "8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14"}};
  return curve;
}

}  // namespace qyzmet::gost
