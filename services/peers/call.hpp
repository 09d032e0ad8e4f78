#pragma once
// One call of a peer over HTTP behind its breaker: counted, logged without content. Internal to
// services/peers. Anything but status 200 is unavailable.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "services/http/client.hpp"
#include "services/peers/breaker.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::peers {

/// "error.peer_unavailable" with arguments peer and reason.
Error peer_unavailable(std::string const& peer, std::string const& reason);

/// Metric and log line of a finished call.
void record_call(std::string const& peer, bool succeeded, std::string const& reason);

/// `peer` is a fixed word of ours; `answer_type` the content type that must come back; `breaker`
/// must outlive the call.
boost::asio::awaitable<Result<std::string>> call(std::string peer, http::ClientRequest request,
                                                 std::string answer_type, platform::Limits limits,
                                                 Breaker& breaker);

}  // namespace qyzmet::peers
