#pragma once
// Documents of a case (results, notices, the application, the receipt): data for templates/, from
// the case and the registers.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

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

}  // namespace qyzmet::casework
