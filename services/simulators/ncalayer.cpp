#include "services/simulators/ncalayer.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "services/http/client.hpp"
#include "services/http/responses.hpp"
#include "services/http/router.hpp"
#include "services/simulators/page.hpp"
#include "signing/authority.hpp"
#include "signing/tsp.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 9> k_modes{
    "confirm", "gost", "old", "wrong_key", "cancel", "error", "silent", "drop", "stubborn"};
constexpr std::string_view k_auto = "auto";

long long milliseconds(Instant at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::unexpected<Error> no_key(std::string_view why) {
  return fail(ErrorCode::not_found, std::string{why});
}

/// Which of the person's keys is taken. Somebody who is careless takes the other one.
std::string_view word_of(nca::Call const& call, std::string_view mode) {
  bool const login = call.login != (mode == "wrong_key");
  if (login) return "auth";
  return mode == "gost" ? "gost" : "sign";
}

std::string option(std::string_view value, std::string_view text, std::string_view chosen) {
  return "<option value=\"" + escape(value) + "\"" + (value == chosen ? " selected" : "") + ">" +
         escape(text) + "</option>";
}

}  // namespace

NcaLayerSimulator::Chosen NcaLayerSimulator::chosen() const {
  std::lock_guard const lock{mutex_};
  return chosen_;
}

bool NcaLayerSimulator::choose(std::string const& person, std::string const& mode) {
  bool const known = person.empty() || person == k_auto ||
                     std::ranges::find(people_, person, &Person::id) != people_.end();
  bool const possible = mode.empty() || std::ranges::find(k_modes, mode) != k_modes.end();
  if (!known || !possible) return false;
  std::lock_guard const lock{mutex_};
  if (!person.empty()) chosen_.person = person;
  if (!mode.empty()) chosen_.mode = mode;
  return true;
}

Result<signing::SigningKey const*> NcaLayerSimulator::key_for(nca::Call const& call) const {
  auto const choice = chosen();
  bool const free_choice = choice.person == k_auto;
  auto found = std::ranges::find(people_, choice.person, &Person::id);
  if (free_choice) {
    found = people_.begin();
    if (!call.iin.empty()) found = std::ranges::find(people_, call.iin, &Person::iin);
  }
  if (found == people_.end()) return no_key("no key for this IIN in the reader");
  bool const fits =
      (call.iin.empty() || call.iin == found->iin) && (call.bin.empty() || call.bin == found->bin);
  if (!fits && choice.mode != "stubborn") return no_key("no suitable key in the reader");
  auto key = found->keys.find(word_of(call, choice.mode));
  if (key == found->keys.end()) key = found->keys.find("seal");
  if (key == found->keys.end()) return no_key("no suitable key in the reader");
  return key->second.get();
}

asio::awaitable<Result<std::string>> NcaLayerSimulator::stamped(std::string cms) {
  auto const question = signing::tsp_question_for(cms);
  if (!question) co_return std::unexpected(question.error());
  auto const response = co_await http::fetch({.method = http::Method::post,
                                              .url = options_.tsa_url,
                                              .content_type = "application/timestamp-query",
                                              .body = question->request});
  if (!response) co_return std::unexpected(response.error());
  auto const token = signing::tsp_token(response->body, *question);
  if (!token) co_return std::unexpected(token.error());
  co_return signing::with_timestamp(cms, *token);
}

asio::awaitable<std::string> NcaLayerSimulator::sign(nca::Call const& call,
                                                     signing::SigningKey const& key) {
  auto const now = co_await clock_.now();
  std::vector<std::string> signatures;
  for (auto const& document : call.documents) {
    auto cms = signing::sign_cms(key, document, {.at = now, .attached = call.attached});
    if (cms && call.timestamp && !options_.tsa_url.empty()) cms = co_await stamped(*cms);
    if (!cms) co_return nca::failed_answer(call, "the timestamp authority does not answer");
    signatures.push_back(signing::to_pem_cms(*cms));
  }
  co_return nca::signed_answer(call, signatures);
}

std::string NcaLayerSimulator::key_info(nca::Call const& call) const {
  auto const key = key_for(call);
  if (!key) return nca::failed_answer(call, key.error().text);
  auto const& der = (*key)->certificate_der();
  auto const signer = signing::read_certificate(der);
  if (!signer) return nca::failed_answer(call, "the key cannot be read");
  return nca::key_info_answer({.subject = signer->subject,
                               .name = signer->name,
                               .issuer = signer->issuer,
                               .serial = signer->serial,
                               .pem = signing::to_pem_certificate(der),
                               .not_before_ms = milliseconds(signer->not_before),
                               .not_after_ms = milliseconds(signer->not_after)});
}

asio::awaitable<std::optional<std::string>> NcaLayerSimulator::answer(std::string message) {
  auto const call = nca::read_call(message);
  if (!call) co_return nca::failed_answer({.basics = true}, "unknown module or method");
  auto const mode = chosen().mode;
  if (mode == "silent") co_return std::nullopt;
  if (mode == "error") co_return nca::failed_answer(*call, "the program failed");
  if (mode == "old" && call->basics)
    co_return nca::failed_answer({.basics = false}, "no such module");
  switch (call->action) {
    case nca::Action::active_tokens:
      co_return nca::tokens_answer();
    case nca::Action::change_locale:
      co_return nca::done_answer();
    case nca::Action::key_info:
      co_return key_info(*call);
    case nca::Action::unsupported:
      co_return nca::failed_answer(*call, "not supported");
    case nca::Action::sign:
      break;
  }
  if (mode == "cancel") co_return nca::cancelled_answer(*call);
  auto const key = key_for(*call);
  if (!key) co_return nca::failed_answer(*call, key.error().text);
  auto text = co_await sign(*call, **key);
  co_return text;
}

std::string NcaLayerSimulator::state_json() const {
  auto const choice = chosen();
  json::array people;
  for (auto const& person : people_)
    people.push_back(json::object{{"id", person.id},
                                  {"name", person.name()},
                                  {"role", person.role},
                                  {"state", person.state}});
  return json::serialize(
      json::object{{"person", choice.person}, {"mode", choice.mode}, {"people", people}});
}

std::string NcaLayerSimulator::front_page() const {
  auto const choice = chosen();
  auto people = option(k_auto, "Whoever the page asks for", choice.person);
  for (auto const& person : people_) {
    auto text = person.name() + " (" + person.role;
    if (!person.organisation.empty()) text += ", " + person.organisation;
    text += person.state == "good" ? ")" : "; the certificate is " + person.state + ")";
    people += option(person.id, text, choice.person);
  }
  std::string modes;
  for (auto const mode : k_modes) modes += option(mode, mode, choice.mode);
  return page_of(
      "NCALayer (simulated)",
      "<p>The portal asks this program to sign. Choose whose key is in the reader, and "
      "what that person does in the window.</p><form method=\"post\" "
      "action=\"/choose\"><p><label>Key in the reader <select name=\"person\">" +
          people + "</select></label></p><p><label>The person will <select name=\"mode\">" + modes +
          "</select></label></p><p><button type=\"submit\">Choose</button></p></form>");
}

http::Response NcaLayerSimulator::page(http::Method method, std::string const& target) {
  auto const parsed = http::parse_target(target, 10);
  if (!parsed) return http::error_response(400, {});
  if (method == http::Method::get && parsed->path == "/") return http::page(front_page());
  if (method == http::Method::get && parsed->path == "/state.json") return http::json(state_json());
  if (method != http::Method::post || parsed->path != "/choose")
    return http::error_response(404, {});
  auto const word = [&](std::string_view name) {
    auto const found = parsed->query.find(name);
    return found == parsed->query.end() ? std::string{} : found->second;
  };
  if (!choose(word("person"), word("mode")))
    return http::json(R"({"error":"no such person or mode"})", 400);
  return http::redirect("/");
}

}  // namespace qyzmet::simulators
