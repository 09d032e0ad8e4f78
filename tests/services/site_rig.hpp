#pragma once
// The whole server in the test process, as `qyzmet serve` composes it: real PostgreSQL, real pages,
// real signatures; SMS gateway and certification authority are the simulators. Only two things are
// other than in life: background work runs when the test says so, and the clock of the law stands
// where the test puts it (the database's function qyzmet_now() is replaced).
//
// One rig has one database, one folder and its own ports. Public functions are for the test's own
// thread; they block. Failures to set up are exceptions.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "db/outbox.hpp"
#include "db/people.hpp"
#include "services/casework/act.hpp"
#include "services/cli/site.hpp"
#include "services/simulators/clamd.hpp"
#include "services/simulators/pki.hpp"
#include "services/simulators/sms.hpp"
#include "services/simulators/smtp.hpp"
#include "signing/demo_pki.hpp"
#include "signing/signer.hpp"
#include "tests/services/shared.hpp"

namespace qyzmet::tests {

/// Somebody at a browser. Without a session nobody in particular.
struct Guest {
  UserId user = {};
  db::PersonId person = {};
  std::string session = {}, csrf = {};
  std::string visit = {};  // cookie of somebody who has not signed in yet
};

struct PageAnswer {
  int status = 0;
  std::string location;  // of a redirect
  std::string body;
  std::map<std::string, std::string> cookies = {};  // that it sets
};

using FormValues = std::map<std::string, std::string, std::less<>>;

/// People of the demo authority who can sign, beside the seal of the office.
std::vector<signing::DemoPerson> signing_people();

/// What `qyzmet demo pki` writes, by path, and "password".
using Authority = std::map<std::string, std::string>;
Authority const& demo_authority();
/// The same of another day; `address` stands in the certificates for OCSP and lists.
Authority make_authority(Instant made, std::string const& address = {});

/// The day on which the authority of the rig exists: all days of law.md's examples lie after it,
/// and within two years.
inline constexpr std::string_view k_pki_made = "2026-12-01T00:00:00.000000Z";

class SiteRig {
 public:
  explicit SiteRig(std::string const& database_name, db::Mode mode = db::Mode::demo,
                   Authority const& authority = demo_authority());
  ~SiteRig();
  SiteRig(SiteRig const&) = delete;
  SiteRig& operator=(SiteRig const&) = delete;

  /// The instant of the law for the server, its database and the simulators; it goes on from there.
  void set_clock(Instant at);

  /// A person with a phone, signed in; `grants` are given first.
  Guest invite(std::string const& iin, std::string const& name,
               std::vector<db::Grant> const& grants = {});
  void grant(Guest const& guest, db::Grant const& grant);
  void take_away(Guest const& guest, db::Grant const& grant);

  PageAnswer get(Guest const& guest, std::string const& path);
  /// With the token of the session, from a page of ours.
  PageAnswer post(Guest const& guest, std::string const& path, FormValues values);
  /// The same with files: field -> bytes, each called "<field>.pdf".
  PageAnswer upload(Guest const& guest, std::string const& path, FormValues values,
                    FormValues const& files);

  /// CMS (Base64) over `bytes` with a key of one of the authority's people: "sign" or "auth".
  std::string sign(std::string const& person, std::string_view bytes,
                   std::string_view usage = "sign");
  /// Its serial number, as the authority knows it.
  std::string serial_of(std::string const& person) const;

  template <class T>
  T wait(boost::asio::awaitable<T> work) {
    return boost::asio::co_spawn(site_->io, std::move(work), boost::asio::use_future).get();
  }
  template <class Job>
  auto in_database(Job job) {
    return site_->database.run_blocking(std::move(job));
  }
  /// What every row of every table looks like now, but for sessions, limits of rates, and the log
  /// of reads, which grows with each look. A changed, added or removed row changes it.
  std::string fingerprint();

  /// The configuration file of the server, for subcommands beside it.
  std::string config_file() const { return (folder_ / "qyzmet.conf").string(); }
  /// Host and port of the server, as in its `public_url`.
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  casework::World& world() { return site_->world; }
  cli::Site& site() { return *site_; }
  simulators::PkiSimulator& pki() { return *pki_; }
  simulators::SmsSimulator& sms() { return *sms_; }
  simulators::SmtpSimulator& smtp() { return *smtp_; }
  /// An effect that was claimed fails without a chance: its case is stuck. The case as it is then.
  Result<casework::OpenCase> fail(db::Claimed const& effect);
  /// A text of the portal in that language.
  std::string text(std::string_view language, std::string_view key) const;

 private:
  void make_folder();
  boost::asio::ip::tcp::acceptor hold_port();
  void start_simulators();
  void write_config() const;
  void prepare_database();
  void start_site();
  PageAnswer exchange(std::string const& request) const;
  PageAnswer send(Guest const& guest, std::string const& path, std::string const& type,
                  std::string const& body) const;

  db::Mode mode_;
  Authority const& authority_;
  std::filesystem::path folder_;
  std::string dsn_;
  unsigned short port_ = 0;
  boost::asio::io_context outside_;
  std::unique_ptr<simulators::PkiSimulator> pki_;
  std::unique_ptr<simulators::SmsSimulator> sms_;
  std::unique_ptr<simulators::SmtpSimulator> smtp_;
  http::Router pki_router_, sms_router_;
  std::unique_ptr<http::Server> pki_server_, sms_server_;
  std::unique_ptr<simulators::ClamdSimulator> clamd_;
  std::unique_ptr<cli::Site> site_;
  std::string fingerprint_sql_;
  std::vector<std::jthread> threads_;
};

/// The fixture of tests that share a site.
class SharedSite : public Shared<SiteRig> {
 protected:
  static SiteRig& rig() { return shared(); }
};

/// Text of a page without marks of HTML in it.
std::string unescaped(std::string html);
/// Value of the first input of that name; "" when there is none.
std::string input_value(std::string_view html, std::string_view name);

}  // namespace qyzmet::tests
