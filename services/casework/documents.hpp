#pragma once
// Documents of a case (results, notices, the application, the receipt): data for templates/, from
// the case and the registers.
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "db/people.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Renders documents/<name>.xml of the package with `variables` and keeps the PDF; its SHA-256.
boost::asio::awaitable<Result<std::string>> produce_document(World& world, OpenCase const& open,
                                                             std::string name,
                                                             engine::Context variables);

/// The same for documents/notice.xml, with the texts of an automatic notice ("notify.<kind>...") as
/// `notice`. Nothing when the package has no such document.
boost::asio::awaitable<std::optional<Result<std::string>>> produce_notice(World& world,
                                                                          OpenCase const& open,
                                                                          std::string kind);

/// Renders documents/<name>.xml of the package with `data` and keeps the PDF; its SHA-256. `path`:
/// of the page that its QR code opens.
boost::asio::awaitable<Result<std::string>> produce_paper(World& world,
                                                          Library::PackagePointer package,
                                                          std::string name, boost::json::value data,
                                                          std::string path);

/// The names of an office in the languages of documents.
boost::json::object office_names(db::Office const& office);

}  // namespace qyzmet::casework
