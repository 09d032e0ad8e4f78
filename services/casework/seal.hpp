#pragma once
// The server's own seal (decision 15): CAdES with a timestamp. On receipts and automatic notices it
// stands inside the PDF (PAdES B-T); what the server records of others it seals as text.
//
// Without the timestamp authority a seal has level B, and the archive timestamp proves its time
// later. Errors: those of peers::Signer, and what is wrong with our own certificate.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "db/documents.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

/// Seals the kept document, unless somebody has signed it already; it may belong to no case.
boost::asio::awaitable<Result<db::Signature>> seal(World& world, std::optional<CaseId> id,
                                                   std::string sha256);

/// DER of a CMS with `text` inside.
boost::asio::awaitable<Result<std::string>> seal_text(World& world, std::string text);

/// Our own seal over `bytes`, looked at as any signature before it is kept.
boost::asio::awaitable<Result<Verified>> verify_seal(World& world, std::string cms,
                                                     std::string bytes);

}  // namespace qyzmet::casework
