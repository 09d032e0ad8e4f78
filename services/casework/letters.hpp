#pragma once
// What people read by e-mail: that a message lies in the cabinet, or that a milestone is near or
// missed. No document and no personal data goes by mail. Pure.
#include <optional>
#include <string>

#include "db/mail.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

struct LetterText {
  std::string subject, body;
};
/// `package`: of the case, or of the register; null where it is gone. `address`: of the portal.
LetterText letter_text(db::Mail const& mail, engine::Package const* package,
                       std::string const& language, std::string const& address);

}  // namespace qyzmet::casework
