#pragma once
// An administrator states what was done in place of an effect that failed: with a reason, which
// stands in the history of the case and in the log of acts. The effect then counts as done.
//
// Only what failed for good is resolved: its row of the outbox is leased to the administrator, so
// that neither a retry nor a worker carries it out at the same time. What is to stand in a register
// of ours is not stated but entered: it is retried when its cause is mended.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "services/casework/act.hpp"

namespace qyzmet::casework {

struct Resolution {
  CaseId case_id;
  std::int32_t token = 0;
  std::string reason;
  std::optional<Instant> sent_at = {};       // asked where the case takes it over
  std::optional<Instant> delivered_at = {};  // only where delivery is proven
};

/// With an equal `idempotency_key` it has been done already. Errors: not_found without the case;
/// error.no_such_incident for what has not failed; error.entry_not_stated for a register; of the
/// field "reason", "sent_at" or "delivered_at", which lie between the order and now.
boost::asio::awaitable<Result<OpenCase>> resolve_incident(World& world, Resolution resolution,
                                                          UserId by,
                                                          std::string idempotency_key = {});

}  // namespace qyzmet::casework
