#pragma once
// A time of day as people write it.
#include "engine/base/time.hpp"

namespace qyzmet {

/// "09:05" of the minutes since midnight; the end of a day is "24:00".
inline std::string clock_text(std::chrono::minutes time) {
  std::string out;
  detail::append_padded(out, static_cast<std::uint64_t>(time.count() / 60), 2);
  out += ':';
  detail::append_padded(out, static_cast<std::uint64_t>(time.count() % 60), 2);
  return out;
}

}  // namespace qyzmet
