#pragma once
// The server, built by hand in order of dependency: database, clock, packages, peers, pages,
// routes, listener. Members stand in that order, so that destruction is the shutdown in reverse;
// only the threads of the database end first, because they answer into `io`. What runs it is the
// caller's: threads on `io`, and background work (work/workers.hpp) beside it.
//
// Throws std::runtime_error (or db/error.hpp) with the remedy when something is missing or wrong:
// another schema than this program's, no trust anchor, a test anchor in production, a seal that
// cannot be opened, a port that is taken.
#include <boost/asio/io_context.hpp>
#include <memory>

#include "db/clock.hpp"
#include "db/database.hpp"
#include "db/migrate.hpp"
#include "services/api/api.hpp"
#include "services/casework/world.hpp"
#include "services/http/server.hpp"
#include "services/portal/portal.hpp"

namespace qyzmet::cli {

struct Site {
  explicit Site(platform::Config const& given);
  ~Site() { database.close(); }
  Site(Site const&) = delete;
  Site& operator=(Site const&) = delete;

  platform::Config const config;
  std::shared_ptr<db::Vault const> vault;
  db::Database database;
  db::StepWriter steps;
  db::Mode mode;
  db::LegalClock clock;
  casework::Library library;
  casework::FileStore files;
  peers::SmsGateway sms;
  peers::MailServer mail;
  peers::OcspClient ocsp;
  peers::CrlClient crl;
  casework::RevocationLists lists;
  peers::TsaClient tsa;
  peers::Clamd clamd;
  signing::TrustStore trust;
  std::unique_ptr<peers::Signer> seal;
  casework::Ledger ledger;
  casework::World world;
  templates::Renderer renderer;
  portal::Portal pages;
  api::Api api;
  http::Router router;
  boost::asio::io_context io;
  http::Server server;

 private:
  http::Hooks hooks();
};

}  // namespace qyzmet::cli
