#pragma once
// A program before the API of a whole site (site_rig.hpp): it signs in with somebody's key, sends
// JSON, and holds every answer against openapi.json: the operation, the status, the media type and
// the schema. Blocking; for the test's own thread.
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>

#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {

struct ApiAnswer {
  int status = 0;
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::string body = {};
  boost::json::value json = {};  // null when it is none

  std::string header(std::string const& name) const;
  /// A text member of the body, "a.b" for one inside; "" when there is none.
  std::string text(std::string_view path) const;
};

using ApiHeaders = std::map<std::string, std::string>;

/// The description as the server gives it out.
boost::json::object const& description();
/// Why the answer is not as described; "" when it is.
std::string undescribed(std::string const& method, std::string const& path,
                        ApiAnswer const& answer);

class ApiClient {
 public:
  explicit ApiClient(SiteRig& rig, std::string language = "en");

  ApiAnswer send(std::string const& method, std::string const& path, std::string const& body = {},
                 ApiHeaders headers = {});
  ApiAnswer get(std::string const& path, ApiHeaders headers = {});
  /// With a fresh Idempotency-Key, when the operation wants one and `headers` have none.
  ApiAnswer post(std::string const& path, boost::json::value const& body, ApiHeaders headers = {});
  ApiAnswer put(std::string const& path, boost::json::value const& body, ApiHeaders headers = {});
  /// The same with files beside the body: field -> bytes.
  ApiAnswer post_files(std::string const& path, boost::json::value const& body,
                       std::map<std::string, std::string> const& files, ApiHeaders headers = {});
  ApiAnswer upload(std::string const& path, std::string const& name, std::string const& bytes);
  /// With the key of one of signing_people(); the token is kept for what follows.
  ApiAnswer sign_in(std::string const& person, std::string const& role = {});

  /// As this person, in this role: a session as it stands after signing in.
  void enter(Guest const& guest, std::optional<db::Grant> const& role = {});

  std::string token, language;

 private:
  SiteRig* rig_;
};

}  // namespace qyzmet::tests
