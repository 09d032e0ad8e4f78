#include "services/peers/signer.hpp"

#include <stdexcept>

#include "services/peers/pkcs11.hpp"
#include "services/peers/remote_signer.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;

class SoftwareSigner final : public Signer {
 public:
  explicit SoftwareSigner(std::unique_ptr<signing::SigningKey> key) : key_(std::move(key)) {}
  std::string const& certificate() const override { return key_->certificate_der(); }
  asio::awaitable<Result<std::string>> sign(signing::ToSign what) override {
    co_return key_->sign(what.bytes);
  }

 private:
  std::unique_ptr<signing::SigningKey> key_;
};

std::unique_ptr<Signer> open_file(platform::Config const& config) {
  auto key = signing::open_p12(platform::read_file(config.seal_p12),
                               platform::read_secret(config.seal_password_file));
  if (!key) throw std::runtime_error{"the seal cannot be opened: " + key.error().text};
  return software_signer(std::move(*key));
}

std::string read_certificate(platform::Config const& config) {
  auto certificate = signing::read_certificate(platform::read_file(config.seal_certificate));
  if (!certificate)
    throw std::runtime_error{"seal_certificate: no certificate in " + config.seal_certificate};
  return certificate->certificate_der;
}

TokenInput input_of(std::string_view word) {
  if (word == "digest") return TokenInput::digest;
  return word == "digest_info" ? TokenInput::digest_info : TokenInput::bytes;
}

TokenOrder order_of(std::string_view word) {
  if (word == "reversed") return TokenOrder::reversed;
  return word == "halves_reversed" ? TokenOrder::halves_reversed : TokenOrder::natural;
}

}  // namespace

std::unique_ptr<Signer> software_signer(std::unique_ptr<signing::SigningKey> key) {
  return std::make_unique<SoftwareSigner>(std::move(key));
}

std::unique_ptr<Signer> open_signer(platform::Config const& config) {
  if (config.seal == "pkcs11")
    return open_token({.module = config.pkcs11_module,
                       .token = config.pkcs11_token,
                       .key = config.pkcs11_key,
                       .pin = platform::read_secret(config.pkcs11_pin_file),
                       .mechanism = *platform::pkcs11_mechanism(config.pkcs11_mechanism),
                       .input = input_of(config.pkcs11_input),
                       .order = order_of(config.pkcs11_order)},
                      read_certificate(config));
  if (config.seal == "remote")
    return std::make_unique<RemoteSigner>(
        RemoteSigner::Account{.url = config.signer_url,
                              .credential = config.signer_credential,
                              .token = platform::read_secret(config.signer_token_file)},
        read_certificate(config), config.limits);
  return open_file(config);
}

}  // namespace qyzmet::peers
