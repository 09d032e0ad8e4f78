#pragma once
// What citizens do in the tests of whole sites: an application through the real pages, up to its
// signature.
#include <string>
#include <string_view>

#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {

/// Five working days, with one branch.
struct Place {
  db::Office office;
  db::Branch branch;
};
Place make_place(SiteRig& rig);
/// Blanks of the series AB with the numbers 0000001 to 0099999.
void receive_blanks(db::Connection& connection, OfficeId office);

/// One of signing_people(), signed in.
Guest invite_signer(SiteRig& rig, std::string_view id);

struct Signing {
  std::string page;  // of the signature
  std::string xml, sha256;
};
/// Fills in an application, page by page, up to the signature.
Signing fill_in(SiteRig& rig, Guest const& guest, Place const& place,
                std::string const& subtype = "dismissed");
PageAnswer send_signature(SiteRig& rig, Guest const& guest, Signing const& signing,
                          std::string const& cms);

/// A registrar of the office takes the application on and names the executor.
struct Acceptance {
  std::string name = "Қабылдаушы Әлия";
  std::string position_kk = "Тіркеуші маман", position_ru = "Специалист по регистрации";
};
Acceptance accept_application(SiteRig& rig, Place const& place, std::string const& number);

}  // namespace qyzmet::tests
