#pragma once
// The words of NCALayer's websocket (signing.md 7.1): modules kz.gov.pki.knca.basics (current) and
// kz.gov.pki.knca.commonUtils (older). Pure: text in, text out; keys and people are elsewhere.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::simulators::nca {

inline constexpr std::size_t k_documents_max = 1'000;  // in one act

enum class Action { sign, key_info, active_tokens, change_locale, unsupported };

struct Call {
  bool basics = false;  // the form of the answer
  Action action = Action::unsupported;
  std::vector<std::string> documents = {};  // bytes
  bool as_list = false;                     // the answer is a list, even of one
  bool attached = false;
  bool timestamp = false;
  bool login = false;  // an AUTH key is asked for
  std::string iin = {}, bin = {};
};

/// Nothing for what is not a call at all.
std::optional<Call> read_call(std::string_view text);

/// {"result":{"version":"1.2"}}
std::string greeting();
std::string signed_answer(Call const& call, std::vector<std::string> const& signatures);
std::string cancelled_answer(Call const& call);
/// `message` is a short English sentence, as the program gives it.
std::string failed_answer(Call const& call, std::string_view message);
std::string tokens_answer();
std::string done_answer();

struct KeyInfo {
  std::string subject, name, issuer, serial, pem;
  long long not_before_ms = 0, not_after_ms = 0;
};
std::string key_info_answer(KeyInfo const& info);

}  // namespace qyzmet::simulators::nca
