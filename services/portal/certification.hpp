#pragma once
// The two ways in which citizens certify what they have been shown, the same for an application and
// for a statement in a case (pages/certify_ways.html): own key in NCALayer, on a phone or in a
// file, or a code by SMS. The code that was asked for is remembered in a cookie beside the digest
// of what it is for.
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "services/portal/page.hpp"

namespace qyzmet::portal {

/// What the form of both ways sends.
inline constexpr std::string_view k_certify_fields[] = {"sha256", "act", "signature", "cms",
                                                        "code"};

/// What is certified, and where.
struct ToCertify {
  std::string const& bytes;
  std::string sha256;
  db::Person const& person;
  std::string action;      // path of the form
  std::string download;    // path of the bytes
  std::string_view about;  // text: where the code goes and what it is good for, {end}
};
/// Adds {sign, iin, sha256, action, phone, code_about, code_sent} to the data of a page.
void add_certify_data(Context const& context, ToCertify const& what, boost::json::object& data);

/// The id of the code that was sent for the bytes of that digest; "" when there is none.
std::string sent_code(Context const& context, std::string_view sha256);
void remember_code(Context const& context, http::Response& response, std::string_view sha256,
                   std::string const& id);
void forget_code(Context const& context, http::Response& response);

}  // namespace qyzmet::portal
