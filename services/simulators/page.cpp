#include "services/simulators/page.hpp"

#include "services/http/responses.hpp"

namespace qyzmet::simulators {

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
         name + "</title></head><body><main><h1>" + name + "</h1>" + body +
         "</main></body></html>\n";
}

http::Response page(std::string_view title, std::string const& body) {
  return http::page(page_of(title, body));
}

}  // namespace qyzmet::simulators
