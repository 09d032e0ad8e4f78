#pragma once
// Documents of a case (results, notices, the application, the receipt): data for templates/, from
// the case and the registers.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Renders documents/<name>.xml of the package with `variables` and keeps the PDF; its SHA-256.
boost::asio::awaitable<Result<std::string>> produce_document(World& world, OpenCase const& open,
                                                             std::string name,
                                                             engine::Context variables);

}  // namespace qyzmet::casework
