#pragma once
// What people read by e-mail: that a message lies in the cabinet, or that a milestone is near or
// missed. No document and no personal data goes by mail. Pure.
#include <optional>
#include <string>

#include "db/mail.hpp"
#include "db/people.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

struct LetterText {
  std::string subject, body;
};
/// `package`: of the case, or of the register; null where it is gone. `address`: of the portal.
LetterText letter_text(db::Mail const& mail, engine::Package const* package,
                       std::string const& language, std::string const& address);

/// A term that has passed, as the body above the office reads of it (E-09): whose case it is, is
/// not said.
struct OverdueCase {
  std::string number;
  db::Office office;
  Date due;
  int days_over = 0;  // working days since then
};
LetterText superior_letter(OverdueCase const& overdue, engine::Package const* package,
                           std::string const& language);

}  // namespace qyzmet::casework
