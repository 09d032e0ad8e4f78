#pragma once
// How applicants certify what they declare in a case, on the pages: by a code or by their own key.
#include <string>
#include <string_view>

#include "tests/services/api_rig.hpp"
#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {

/// The statement to which a form has led: its page, digest and bytes.
struct StatementPage {
  std::string path, sha256, xml;
};
/// Empty path: the form has not led to a statement.
StatementPage statement_after(SiteRig& rig, Guest const& guest, PageAnswer const& form);

/// Asks for a code; the guest with the cookie of it, and the code as it came by SMS.
struct AskedCode {
  Guest guest;
  std::string code;
};
AskedCode ask_code(SiteRig& rig, Guest const& guest, StatementPage const& page);

/// What the form has led to, when it is no statement; else the answer to its confirmation by a
/// code.
PageAnswer certified(SiteRig& rig, Guest const& guest, PageAnswer form);
/// The answer to this CMS on the page of the statement.
PageAnswer send_signature(SiteRig& rig, Guest const& guest, StatementPage const& page,
                          std::string const& cms);

/// What certifies a statement, by the answer that has drawn it up: {"cms"} or {"code_id", "code"}.
boost::json::object by_key(SiteRig& rig, ApiClient& client, ApiAnswer const& statement,
                           std::string const& person);
boost::json::object by_code(SiteRig& rig, ApiClient& client, ApiAnswer const& statement,
                            Guest const& guest);
/// Draws a statement up; `message` is the path of the message, `body` and `files` are its own.
ApiAnswer draw_up(ApiClient& client, std::string const& message, boost::json::object const& body,
                  std::map<std::string, std::string> const& files = {});
/// Lets the limits of rates begin anew.
void forget_rates(SiteRig& rig);

/// The six digits of the newest code for a statement that went to the guest's phone.
std::string statement_code(SiteRig& rig, Guest const& guest);

}  // namespace qyzmet::tests
