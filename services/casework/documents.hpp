#pragma once
// Documents of a case (results, notices, the application, the receipt): data for templates/, from
// the case and the registers.
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "db/people.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Renders documents/<name>.xml of the package with `variables` and keeps the PDF, and beside it
/// the same as HTML (db::find_document_page); the SHA-256 of the PDF. Its QR code is a stamp
/// (signing/ledger/stamp.hpp). `path`: the variable that keeps it; whoever signs it there is named
/// in it and kept as its signer (casework/signer.hpp): of heads `head`, or without it one who can
/// act in the case.
boost::asio::awaitable<Result<std::string>> produce_document(World& world, OpenCase const& open,
                                                             std::string name,
                                                             engine::Context variables,
                                                             std::string path = {},
                                                             std::optional<UserId> head = {});

/// The same for documents/notice.xml, with the texts of an automatic notice ("notify.<kind>...") as
/// `notice`. Nothing when the package has no such document.
boost::asio::awaitable<std::optional<Result<std::string>>> produce_notice(World& world,
                                                                          OpenCase const& open,
                                                                          std::string kind);

/// Renders documents/<name>.xml of the package with `data` and keeps it likewise. `qr`:
/// what its QR code says. `verifier`, the address of the page that judges it, is added to the data.
boost::asio::awaitable<Result<std::string>> produce_paper(World& world,
                                                          Library::PackagePointer package,
                                                          std::string name, boost::json::value data,
                                                          std::string qr);

/// The last day of the case, extended on that day if it is not yet; nullopt when it cannot be.
std::optional<Date> extended_due(OpenCase const& open, Date on);
/// The paper tells that day.
bool tells_extended_due(engine::Package const& package, std::string const& name);

/// The names of an office in the languages of documents.
boost::json::object office_names(db::Office const& office);
/// What proves that the office has received an application: what came, under which digests, and
/// the entry of the log, once there is one.
struct Receipt {
  std::vector<db::CaseDocumentRow> received;
  std::optional<ledger::Proof> proof;
};
/// The registrar who has accepted the application (R-GEN-30); nullopt until somebody has.
std::optional<db::User> accepted_by(db::Connection& connection, OpenCase const& open);
/// Throws LogBroken.
Receipt read_receipt(World& world, db::Connection& connection, CaseId id);
/// The proof for a QR code; "" before it stands in the log, or when no code can hold it.
std::string receipt_code(World& world, Receipt const& receipt);

/// documents/receipt.xml, with that code.
boost::asio::awaitable<Result<std::string>> produce_receipt(World& world, OpenCase const& open,
                                                            Receipt receipt);

}  // namespace qyzmet::casework
