#include "services/simulators/nca_protocol.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "signing/cms.hpp"

namespace qyzmet::simulators::nca {

namespace json = boost::json;

namespace {

constexpr std::string_view k_basics = "kz.gov.pki.knca.basics";
constexpr std::string_view k_common = "kz.gov.pki.knca.commonUtils";
constexpr std::string_view k_auth_usage = "1.3.6.1.5.5.7.3.2";

json::object const& object_in(json::object const& parent, std::string_view name) {
  static json::object const none;
  auto const* value = parent.if_contains(name);
  return value != nullptr && value->is_object() ? value->as_object() : none;
}

std::string text_in(json::object const& parent, std::string_view name) {
  auto const* value = parent.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

bool flag_in(json::object const& parent, std::string_view name) {
  auto const* value = parent.if_contains(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

/// Adds a document; false if it is not what `decode` promises.
bool add_document(Call& call, json::value const& data, bool decode) {
  if (!data.is_string() || call.documents.size() >= k_documents_max) return false;
  std::string text{data.as_string()};
  if (!decode) {
    call.documents.push_back(std::move(text));
    return true;
  }
  auto bytes = signing::decode_base64(text);
  if (bytes) call.documents.push_back(std::move(*bytes));
  return bytes.has_value();
}

void read_basics_sign(json::object const& arguments, Call& call) {
  auto const& how = object_in(arguments, "signingParams");
  auto const& who = object_in(arguments, "signerParams");
  auto const* data = arguments.if_contains("data");
  if (data == nullptr || text_in(arguments, "format") != "cms" || flag_in(how, "digested")) return;
  bool const decode = flag_in(how, "decode");
  bool sound = true;
  call.as_list = data->is_array();
  if (call.as_list)
    for (auto const& each : data->as_array()) sound = sound && add_document(call, each, decode);
  else
    sound = add_document(call, *data, decode);
  call.attached = flag_in(how, "encapsulate");
  auto const* stamp = how.if_contains("tsaProfile");
  call.timestamp = stamp != nullptr && stamp->is_object();
  call.iin = text_in(who, "iin");
  call.bin = text_in(who, "bin");
  if (auto const* usages = who.if_contains("extKeyUsageOids"); usages && usages->is_array())
    call.login = std::ranges::any_of(usages->as_array(), [](json::value const& usage) {
      return usage.is_string() && usage.as_string() == k_auth_usage;
    });
  if (sound && !call.documents.empty()) call.action = Action::sign;
}

void read_common(std::string_view method, json::array const& arguments, Call& call) {
  if (method == "getActiveTokens") call.action = Action::active_tokens;
  if (method == "getKeyInfo") call.action = Action::key_info;
  if (method == "changeLocale") call.action = Action::change_locale;
  bool const stamped = method == "createCAdESFromBase64";
  if (!stamped && method != "createCMSSignatureFromBase64") return;
  if (arguments.size() < 4 || !arguments[1].is_string() || !arguments[3].is_bool()) return;
  call.login = arguments[1].as_string() == "AUTHENTICATION";
  call.timestamp = stamped;
  call.attached = arguments[3].as_bool();
  if (add_document(call, arguments[2], true)) call.action = Action::sign;
}

std::string common_answer(json::value response) {
  return json::serialize(json::object{{"code", "200"}, {"responseObject", std::move(response)}});
}

}  // namespace

std::optional<Call> read_call(std::string_view text) {
  boost::system::error_code error;
  auto const value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  auto const& object = value.as_object();
  auto const module = text_in(object, "module"), method = text_in(object, "method");
  auto const* arguments = object.if_contains("args");
  Call call;
  call.basics = module == k_basics;
  if (!call.basics && module != k_common) return std::nullopt;
  if (call.basics && method == "sign") read_basics_sign(object_in(object, "args"), call);
  if (!call.basics)
    read_common(method, arguments && arguments->is_array() ? arguments->as_array() : json::array{},
                call);
  return call;
}

std::string greeting() {
  return R"({"result":{"version":"1.2"}})";
}

std::string signed_answer(Call const& call, std::vector<std::string> const& signatures) {
  if (!call.basics) return common_answer(json::string{signatures.front()});
  json::array list;
  for (auto const& signature : signatures) list.emplace_back(signature);
  json::value const result = call.as_list ? json::value(list) : list.front();
  return json::serialize(json::object{{"status", true}, {"body", {{"result", result}}}});
}

std::string cancelled_answer(Call const& call) {
  if (call.basics) return R"({"status":true,"body":{}})";
  return R"({"code":"500","message":"action.canceled"})";
}

std::string failed_answer(Call const& call, std::string_view message) {
  if (!call.basics) return json::serialize(json::object{{"code", "500"}, {"message", message}});
  return json::serialize(json::object{
      {"status", false}, {"code", "INVOCATION_ERROR"}, {"message", message}, {"details", message}});
}

std::string tokens_answer() {
  return common_answer(json::array{"AKKaztokenStore"});
}

std::string done_answer() {
  return common_answer(nullptr);
}

std::string key_info_answer(KeyInfo const& info) {
  return common_answer({{"alias", info.serial},
                        {"algorithm", "RSA"},
                        {"keyId", info.serial},
                        {"serialNumber", info.serial},
                        {"subjectCn", info.name},
                        {"subjectDn", info.subject},
                        {"issuerCn", info.issuer},
                        {"certNotBefore", std::to_string(info.not_before_ms)},
                        {"certNotAfter", std::to_string(info.not_after_ms)},
                        {"pem", info.pem}});
}

}  // namespace qyzmet::simulators::nca
