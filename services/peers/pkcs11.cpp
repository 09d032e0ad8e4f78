#include "services/peers/pkcs11.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <stdexcept>
#include <vector>

// The names of the standard; p11-kit has others of its own beside them.
#define CRYPTOKI_COMPAT 1
#include <p11-kit/pkcs11.h>

#include "services/peers/call.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;

constexpr unsigned long k_slots_max = 64;
constexpr std::size_t k_signature_bytes_max = 1024;

[[noreturn]] void give_up(std::string const& what, CK_RV code = CKR_OK) {
  throw std::runtime_error{"pkcs11: " + what +
                           (code == CKR_OK ? "" : " (error " + std::to_string(code) + ")")};
}

/// The module and what it has told of itself; finalized with this object.
class Module {
 public:
  explicit Module(std::string const& path) : library_{dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)} {
    if (library_ == nullptr) give_up("the module " + path + " cannot be loaded");
    auto const list = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library_, "C_GetFunctionList"));
    if (list == nullptr || list(&functions_) != CKR_OK) give_up(path + " is no module");
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    auto const code = functions_->C_Initialize(&arguments);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
      give_up("the module cannot be initialized", code);
    owns_ = code == CKR_OK;
  }
  ~Module() {
    if (owns_) functions_->C_Finalize(nullptr);
    // The library stays: what it has registered for the end of the process must be found then.
  }
  Module(Module const&) = delete;
  Module& operator=(Module const&) = delete;

  CK_FUNCTION_LIST* operator->() const { return functions_; }

 private:
  void* library_;
  CK_FUNCTION_LIST* functions_ = nullptr;
  bool owns_ = false;
};

/// Labels are padded with blanks to 32 octets.
std::string label_of(CK_TOKEN_INFO const& info) {
  std::string label{reinterpret_cast<char const*>(info.label), sizeof info.label};
  label.resize(label.find_last_not_of(' ') + 1);
  return label;
}

class TokenSigner final : public Signer {
 public:
  TokenSigner(Token token, std::string certificate)
      : token_(std::move(token)), certificate_(std::move(certificate)), module_(token_.module) {
    open();
    auto const draft = signing::begin_cms(certificate_, "", {.at = {}, .attached = false});
    if (!draft) give_up("the certificate of the seal has a key of an unknown kind");
    auto const probe = sign_now(draft->to_sign);
    if (!probe) give_up("the key " + token_.key + " does not sign with this mechanism");
    if (!signing::finish_cms(*draft, *probe))
      give_up(
          "the key and seal_certificate do not belong together, or mechanism, input and order do "
          "not fit the token");
  }
  ~TokenSigner() override {
    thread_.join();
    if (session_ != 0) module_->C_CloseSession(session_);
  }

  std::string const& certificate() const override { return certificate_; }

  asio::awaitable<Result<std::string>> sign(signing::ToSign what) override {
    auto on_thread = [](TokenSigner& self,
                        signing::ToSign job) -> asio::awaitable<Result<std::string>> {
      co_return self.sign_again_if_lost(job);
    };
    auto signature =
        co_await asio::co_spawn(thread_, on_thread(*this, std::move(what)), asio::use_awaitable);
    record_call("token", signature.has_value(), signature ? "" : "sign");
    co_return signature;
  }

 private:
  void open();
  CK_SLOT_ID find_slot() const;
  CK_OBJECT_HANDLE find_key() const;
  std::optional<std::string> sign_now(signing::ToSign const& what);
  Result<std::string> sign_again_if_lost(signing::ToSign const& what);
  std::string input_of(signing::ToSign const& what) const;

  Token token_;
  std::string certificate_;
  Module module_;
  CK_SESSION_HANDLE session_ = 0;  // touched by the constructor, then on the thread alone
  CK_OBJECT_HANDLE key_ = 0;
  asio::thread_pool thread_{1};
};

CK_SLOT_ID TokenSigner::find_slot() const {
  CK_SLOT_ID slots[k_slots_max];
  CK_ULONG count = k_slots_max;
  auto const code = module_->C_GetSlotList(CK_TRUE, slots, &count);
  if (code != CKR_OK) give_up("the slots cannot be listed", code);
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO info{};
    if (module_->C_GetTokenInfo(slots[i], &info) == CKR_OK && label_of(info) == token_.token)
      return slots[i];
  }
  give_up("no token with the label " + token_.token);
}

CK_OBJECT_HANDLE TokenSigner::find_key() const {
  CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
  CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind},
                           {CKA_LABEL, const_cast<char*>(token_.key.data()), token_.key.size()}};
  CK_OBJECT_HANDLE found[2];
  CK_ULONG count = 0;
  auto code = module_->C_FindObjectsInit(session_, wanted, std::size(wanted));
  if (code == CKR_OK) code = module_->C_FindObjects(session_, found, std::size(found), &count);
  module_->C_FindObjectsFinal(session_);
  if (code != CKR_OK) give_up("the keys cannot be listed", code);
  if (count == 0) give_up("no private key with the label " + token_.key);
  if (count > 1) give_up("more than one private key with the label " + token_.key);
  return found[0];
}

void TokenSigner::open() {
  if (session_ != 0) module_->C_CloseSession(std::exchange(session_, 0));
  auto code = module_->C_OpenSession(find_slot(), CKF_SERIAL_SESSION, nullptr, nullptr, &session_);
  if (code != CKR_OK) give_up("no session", code);
  auto* pin = reinterpret_cast<CK_UTF8CHAR*>(token_.pin.data());
  code = module_->C_Login(session_, CKU_USER, pin, token_.pin.size());
  if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) give_up("the PIN is refused", code);
  key_ = find_key();
}

std::string TokenSigner::input_of(signing::ToSign const& what) const {
  switch (token_.input) {
    case TokenInput::bytes:
      return what.bytes;
    case TokenInput::digest:
      return what.digest;
    case TokenInput::digest_info:
      return signing::digest_info(what);
  }
  return {};
}

std::optional<std::string> TokenSigner::sign_now(signing::ToSign const& what) {
  CK_MECHANISM mechanism{token_.mechanism, nullptr, 0};
  if (module_->C_SignInit(session_, &mechanism, key_) != CKR_OK) return std::nullopt;
  auto input = input_of(what);
  std::string value(k_signature_bytes_max, '\0');
  CK_ULONG size = value.size();
  if (module_->C_Sign(session_, reinterpret_cast<CK_BYTE*>(input.data()), input.size(),
                      reinterpret_cast<CK_BYTE*>(value.data()), &size) != CKR_OK)
    return std::nullopt;
  value.resize(size);
  return in_cms_order(std::move(value), token_.order);
}

Result<std::string> TokenSigner::sign_again_if_lost(signing::ToSign const& what) {
  auto signature = sign_now(what);
  if (!signature) {
    try {
      open();
    } catch (std::runtime_error const&) {
      return std::unexpected(peer_unavailable("token", "session"));
    }
    signature = sign_now(what);
  }
  if (!signature) return std::unexpected(peer_unavailable("token", "sign"));
  return std::move(*signature);
}

}  // namespace

std::string in_cms_order(std::string value, TokenOrder order) {
  auto const middle = value.begin() + static_cast<std::ptrdiff_t>(value.size() / 2);
  if (order == TokenOrder::reversed) std::reverse(value.begin(), value.end());
  if (order == TokenOrder::halves_reversed) {
    std::reverse(value.begin(), middle);
    std::reverse(middle, value.end());
  }
  return value;
}

std::unique_ptr<Signer> open_token(Token token, std::string certificate) {
  return std::make_unique<TokenSigner>(std::move(token), std::move(certificate));
}

}  // namespace qyzmet::peers
