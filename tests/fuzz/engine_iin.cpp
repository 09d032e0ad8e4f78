// An individual identification number: only twelve digits pass, and eleven digits leave at most
// one check digit.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/terms.hpp"

using namespace qyzmet;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text{reinterpret_cast<char const*>(data), size};
  bool const valid = engine::valid_iin(text);
  check(!valid || (text.size() == 12 && text.find_first_not_of("0123456789") == text.npos),
        "a number has twelve digits");
  if (text.size() < 11) return 0;
  int passing = 0;
  for (char digit = '0'; digit <= '9'; ++digit)
    passing += engine::valid_iin(text.substr(0, 11) + digit) ? 1 : 0;
  check(passing <= 1, "there is one check digit");
  check(!valid || passing == 1, "its own");
  return 0;
}
