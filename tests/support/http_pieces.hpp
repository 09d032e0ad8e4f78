#pragma once
// Requests and multipart bodies that come in pieces, told as one text, so that different cuts can
// be compared. Shared by the tests of services/http and its fuzz targets.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "services/http/forms.hpp"
#include "services/http/request_parser.hpp"

namespace qyzmet::tests {

struct Told {
  std::string text;
  bool refused = false;
};

inline constexpr std::size_t k_told_body_bytes_max = 100'000;

/// "POST /a[body]GET /b[]more" or "...refused REASON". `look` sees each event and the parser.
template <class Look>
Told requests_in(std::string_view bytes, std::size_t piece, Look look) {
  using Kind = http::RequestParser::Kind;
  std::vector<std::string> const hosts;
  http::RequestParser parser{platform::Limits{}, hosts};
  Told told;
  for (;;) {
    auto const event = parser.next();
    look(event, parser);
    switch (event.kind) {
      case Kind::need_more: {
        if (bytes.empty()) return {told.text + "more"};
        auto const room = parser.prepare();
        auto const size = std::min({room.size(), piece, bytes.size()});
        std::copy_n(bytes.begin(), size, room.begin());
        parser.commit(size);
        bytes.remove_prefix(size);
        break;
      }
      case Kind::head:
        told.text += parser.head().method + ' ' + parser.head().target + '[';
        parser.limit_body(k_told_body_bytes_max);
        break;
      case Kind::body:
        told.text += event.data;
        break;
      case Kind::done:
        told.text += ']';
        parser.restart();
        break;
      case Kind::refused:
        return {.text = told.text + "refused " + std::string{event.reason}, .refused = true};
    }
  }
}

/// The parts of a body with the boundary XY that is put in pieces cut at the given places:
/// "field a=1;file f name.pdf=bytes;done". `look` sees each event.
template <class Look>
std::string parts_in(std::string_view body, std::vector<std::size_t> cuts,
                     platform::Limits const& limits, Look look) {
  using Kind = http::MultipartParser::Kind;
  http::MultipartParser parser{"XY", limits};
  std::string text;
  std::size_t from = 0;
  cuts.push_back(body.size());
  for (auto const end : cuts) {
    parser.put(body.substr(from, end - from));
    from = end;
    for (bool more = true; more;) {
      auto const event = parser.next();
      look(event);
      switch (event.kind) {
        case Kind::need_more:
          more = false;
          break;
        case Kind::field:
          text += "field " + event.name + '=' + std::string{event.data} + ';';
          break;
        case Kind::file_begin:
          text += "file " + event.name + ' ' + event.file_name + '=';
          break;
        case Kind::file_data:
          text += event.data;
          break;
        case Kind::file_end:
          text += ';';
          break;
        case Kind::done:
          return text + "done";
        case Kind::malformed:
          return text + "malformed";
        case Kind::too_large:
          return text + "too large";
      }
    }
  }
  return text + "cut";
}

}  // namespace qyzmet::tests
