// The verifier: one HTML file that judges QR codes and proofs in the browser, for people who have
// no `qyzmet` at hand. It brings style, script, texts of all languages and the public key along,
// asks no server, and may be saved and opened from a disk: its policy, which names style and script
// by their digests and forbids every connection, stands in the file as well.
#include <boost/json/serialize.hpp>

#include "engine/base/check.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"
#include "signing/ledger/text.hpp"
#include "templates/assets.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

std::string_view asset(std::string_view name) {
  auto const* found = templates::find_asset(name);
  check(found != nullptr, "the verifier has its parts");
  return found->bytes;
}

std::string digest(std::string_view bytes) {
  return "'sha256-" + ledger::to_base64(ledger::bytes_of(ledger::sha256(bytes))) + "'";
}

std::string const& policy() {
  static std::string const out = "default-src 'none'; script-src " + digest(asset("verifier.js")) +
                                 "; style-src " + digest(asset("verifier.css")) +
                                 "; base-uri 'none'; form-action 'none'";
  return out;
}

/// All texts of the verifier and of verdicts, for the script: no "<" in it could end the element.
std::string texts_json(templates::Catalogue const& catalogue) {
  json::object const as_they_are{{"index", "{index}"}, {"size", "{size}"}, {"origin", "{origin}"}};
  json::object out;
  for (auto const language : k_languages) {
    json::object texts;
    for (auto const& key : catalogue.keys(language))
      if (key.starts_with("verifier.") || key.starts_with("receipt.verify.") ||
          key.starts_with("paper."))
        texts[key] = catalogue.text(language, key, as_they_are);
    out[language] = std::move(texts);
  }
  auto text = json::serialize(out);
  for (auto at = text.find('<'); at != text.npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

/// What stands there without JavaScript, in every language.
json::array languages_json(templates::Catalogue const& catalogue) {
  json::array out;
  for (auto const language : k_languages) {
    auto const text = [&](char const* key) { return catalogue.text(language, key); };
    out.push_back({{"code", language},
                   {"name", text("verifier.language")},
                   {"title", text("verifier.title")},
                   {"no_script", text("verifier.no_script")},
                   {"key_hint", text("receipt.verify.3")}});
  }
  return out;
}

/// Between the tags, which the page has empty.
void fill(std::string& page, std::string_view open, std::string_view close, std::string_view text) {
  auto const at = page.find(std::string{open} + std::string{close});
  check(at != page.npos, "the verifier has its marks");
  page.insert(at + open.size(), text);
}

std::string write_verifier(Context const& context) {
  auto const& pages = context.portal.pages;
  auto const key = ledger::to_text(context.world().ledger.signer().key());
  auto const command = "qyzmet receipt verify --log-key \"" + key + "\" ";
  auto page = pages.render("verifier", context.language,
                           json::object{{"policy", policy()},
                                        {"key", key},
                                        {"portal", context.world().config.public_url},
                                        {"command", command + "--file receipt.pdf"},
                                        {"command_text", command + "\"KZL:...\""},
                                        {"languages", languages_json(pages.catalogue())}});
  fill(page, "<style>", "</style>", asset("verifier.css"));
  fill(page, R"(id="texts">)", "</script>", texts_json(pages.catalogue()));
  fill(page, "<script>", "</script>", asset("verifier.js"));
  return page;
}

asio::awaitable<http::Response> get_verifier(Context& context) {
  auto& memory = context.portal.memory;
  std::call_once(memory.verifier_made, [&] { memory.verifier = write_verifier(context); });
  http::Response response{.status = 200,
                          .headers = {},
                          .body = memory.verifier,
                          .content_type = "text/html; charset=utf-8"};
  response.headers.set("Content-Security-Policy", policy() + "; frame-ancestors 'none'");
  co_return response;
}

}  // namespace

void add_verifier_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/verify", "anyone", get_verifier);
}

}  // namespace qyzmet::portal
