// multipart/form-data with the boundary XY: cuts change nothing, limits hold, no file name is a
// path. The first byte chooses the size of the pieces.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "services/http/forms.hpp"

namespace {

using namespace qyzmet;
using Kind = http::MultipartParser::Kind;

std::string parts_of(std::string_view bytes, std::size_t piece) {
  platform::Limits const limits;
  http::MultipartParser parser{"XY", limits};
  std::string trace;
  std::size_t field_bytes = 0;
  while (!bytes.empty()) {
    auto const size = std::min(piece, bytes.size());
    parser.put(bytes.substr(0, size));
    bytes.remove_prefix(size);
    for (bool more = true; more;) {
      auto const event = parser.next();
      switch (event.kind) {
        case Kind::need_more:
          more = false;
          break;
        case Kind::field:
          field_bytes += event.data.size();
          check(field_bytes <= limits.body_form_bytes_max, "fields keep their limit");
          trace += "\nfield " + event.name + '=' + std::string{event.data};
          break;
        case Kind::file_begin:
          check(event.file_name.find_first_of("/\\") == std::string::npos, "a name is no path");
          trace += "\nfile " + event.name + ' ' + event.file_name + '=';
          break;
        case Kind::file_data:
          trace += event.data;
          break;
        case Kind::file_end:
          trace += "\nend";
          break;
        case Kind::done:
          return trace + "\ndone";
        case Kind::malformed:
        case Kind::too_large:
          return trace + "\nrefused";
      }
    }
  }
  return trace + "\ncut";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const bytes{reinterpret_cast<char const*>(data + 1), size - 1};
  auto const whole = parts_of(bytes, bytes.size() + 1);
  auto const pieces = parts_of(bytes, std::size_t{data[0]} + 1);
  check(whole == pieces, "cuts change nothing");
  return 0;
}
