#pragma once
// A person before the portal: a browser without scripts that logs in, fills in forms and sends
// files, and keys that do and do not prove who one is. The server is composed as `qyzmet serve`
// does, over a real database; the world outside is simulated and can be told to fail. One per
// process, made at the first use (some seconds); tests share its people. Blocking; one thread.
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "services/casework/world.hpp"
#include "services/simulators/clamd.hpp"
#include "services/simulators/pki.hpp"
#include "services/simulators/sms.hpp"
#include "signing/signer.hpp"
#include "tests/services/http_rig.hpp"

namespace qyzmet::tests {

/// Keys of one person; `sign` and `auth` as the national authority gives them out.
struct Keys {
  std::unique_ptr<signing::SigningKey> sign, auth;
};

class PortalRig {
 public:
  static PortalRig& instance();
  ~PortalRig();
  PortalRig(PortalRig const&) = delete;
  PortalRig& operator=(PortalRig const&) = delete;

  /// Citizens: "arman", "aigul", "dana", "expired", "revoked", "wrong-iin" (check digit), "foreign"
  /// (of an authority that nobody knows); "half-expired" and "half-revoked" can still log in.
  /// Officials of the office: "registrar", "executor", "head", "admin".
  Keys const& keys(std::string_view person) const;
  static std::string iin(std::string_view person);

  casework::World& world();
  simulators::PkiSimulator& pki();
  simulators::SmsSimulator& sms();
  simulators::ClamdSimulator& clamd();
  std::uint16_t port() const;
  std::string office() const;
  std::string branch() const;

 private:
  PortalRig();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Page {
  int status = 0;
  std::string head, body;

  std::string header(std::string_view name) const;
  std::string location() const { return header("Location"); }
  /// The value of an input or the text of a textarea, decoded; "" when there is none.
  std::string value(std::string_view name) const;
  /// `text` stands on the page, as text.
  bool says(std::string_view text) const;
};

struct File {
  std::string field, name, bytes;
};
using Fields = std::map<std::string, std::string, std::less<>>;

/// A browser with cookies, at an address of its own, so that limits per address do not meet.
class Browser {
 public:
  explicit Browser(std::string language = "kk");

  /// `path` without the language, or a whole one from a redirect.
  Page get(std::string const& path);
  /// Sends the form with the token of the last page that had one.
  Page post(std::string const& path, Fields fields);
  Page send(std::string const& path, Fields fields, std::vector<File> const& files = {});
  /// A request as it stands: method, path, more header lines and the body.
  Page raw(std::string const& method, std::string const& path, std::string const& headers,
           std::string const& body);

  /// Signs in with the person's key; the page that came.
  Page sign_in(std::string_view person);
  /// Base64 of a CMS over the bytes that the page asks to sign.
  static std::string signature(Page const& page, signing::SigningKey const& key);
  void forget(std::string const& cookie) { cookies_.erase(cookie); }

  std::string language, csrf;

 private:
  std::string url(std::string const& path) const;
  Page exchange(std::string const& request);

  std::string address_;
  Fields cookies_;
};

/// The number of a case that `person` has filed: the reason that asks for no documents.
std::string file_application(std::string_view person);

/// The text of a key in a language of the portal: what a test expects to read.
std::string text_of(std::string_view key, std::string_view language,
                    boost::json::object const& arguments = {});

}  // namespace qyzmet::tests
