#pragma once
// What a person types from the telephone: the six digits of the newest message.
#include <algorithm>
#include <string>

#include "services/simulators/sms.hpp"

namespace qyzmet::tests {

/// "" when the message has none.
inline std::string newest_code(simulators::SmsSimulator const& sms) {
  auto const text = sms.messages().front().text;
  for (std::size_t at = 0; at + 6 <= text.size(); ++at)
    if (text.find_first_not_of("0123456789", at) >= std::min(at + 6, text.size()))
      return text.substr(at, 6);
  return {};
}

}  // namespace qyzmet::tests
