// multipart/form-data with the boundary XY: cuts change nothing, limits hold, no file name is a
// path. The first byte chooses the size of the pieces.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.hpp"
#include "tests/support/http_pieces.hpp"

namespace {

using namespace qyzmet;

std::string parts_of(std::string_view bytes, std::size_t piece) {
  platform::Limits const limits;
  std::vector<std::size_t> cuts;
  for (std::size_t at = piece; at < bytes.size(); at += piece) cuts.push_back(at);
  std::size_t field_bytes = 0;
  return tests::parts_in(bytes, cuts, limits, [&](http::MultipartParser::Event const& event) {
    if (event.kind == http::MultipartParser::Kind::field) field_bytes += event.data.size();
    check(field_bytes <= limits.body_form_bytes_max, "fields keep their limit");
    check(event.file_name.find_first_of("/\\") == std::string::npos, "a name is no path");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const bytes{reinterpret_cast<char const*>(data + 1), size - 1};
  auto const whole = parts_of(bytes, bytes.size() + 1);
  auto const pieces = parts_of(bytes, std::size_t{data[0]} + 1);
  bool const refused = whole.ends_with("malformed") || whole.ends_with("too large");
  // What stood before a refusal may have come further in larger pieces.
  check(refused ? pieces.ends_with("malformed") || pieces.ends_with("too large") : whole == pieces,
        "cuts change nothing");
  return 0;
}
