#pragma once
// Everything that acting on a case needs, built once by main.cpp and shared by reference. Owns
// nothing; every part is thread-safe and outlives the server.
#include <memory>

#include "db/clock.hpp"
#include "db/database.hpp"
#include "db/migrate.hpp"
#include "db/step_writer.hpp"
#include "db/vault.hpp"
#include "services/casework/file_store.hpp"
#include "services/casework/ledger.hpp"
#include "services/casework/library.hpp"
#include "services/casework/revocation_lists.hpp"
#include "services/peers/clamd.hpp"
#include "services/peers/crl.hpp"
#include "services/peers/ocsp.hpp"
#include "services/peers/signer.hpp"
#include "services/peers/sms.hpp"
#include "services/peers/smtp.hpp"
#include "services/peers/tsa.hpp"
#include "services/platform/config.hpp"
#include "signing/verify.hpp"

namespace qyzmet::casework {

struct World {
  platform::Config const& config;
  db::Mode mode;  // demo or production: the immutable mark of the database
  db::Database& database;
  db::StepWriter& steps;
  db::LegalClock& clock;
  db::Vault const& vault;
  Library& library;
  FileStore& files;
  peers::SmsGateway& sms;
  peers::MailServer& mail;
  peers::OcspClient& ocsp;
  peers::CrlClient& crl;
  RevocationLists& lists;
  peers::TsaClient& tsa;
  peers::Clamd& clamd;
  signing::TrustStore const& trust;
  peers::Signer& seal;  // of receipts and automatic notices
  Ledger& ledger;
};

}  // namespace qyzmet::casework
