#include "services/simulators/page.hpp"

#include "services/http/responses.hpp"

#include "services/platform/encoding.hpp"

namespace qyzmet::simulators {

namespace {

constexpr std::string_view k_style =
    "body{font:1rem/1.5 'Noto Sans',sans-serif;margin:2rem auto;max-width:56rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}"
    "strong code{font-size:1.25rem}"
    "select,button{font:inherit;padding:.4rem .6rem;max-width:100%}"
    "label{display:block}";

}  // namespace

std::string page_policy() {
  auto const hash = platform::from_hex(platform::sha256_hex(k_style));
  return "default-src 'none'; form-action 'self'; style-src 'sha256-" +
         platform::to_base64(hash.value_or("")) + "'";
}

std::string escape(std::string_view text) {
  std::string out;
  for (char const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string page_of(std::string_view title, std::string const& body) {
  auto const name = escape(title);
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
         name + "</title><style>" + std::string{k_style} + "</style></head><body><main><h1>" +
         name + "</h1>" + body + "</main></body></html>\n";
}

http::Response page(std::string_view title, std::string const& body) {
  auto response = http::page(page_of(title, body));
  response.headers.set("Content-Security-Policy", page_policy());
  return response;
}

}  // namespace qyzmet::simulators
