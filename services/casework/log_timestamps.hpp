#pragma once
// The time of the transparency log, told by an authority outside: while the log grows, its signed
// checkpoint is stamped (RFC 3161) every hour, so that nobody here can make a log of yesterday.
// `qyzmet log check` judges the timestamps against the tree.
#include <boost/asio/awaitable.hpp>

#include "db/log_timestamps.hpp"
#include "services/casework/world.hpp"
#include "signing/verify.hpp"

namespace qyzmet::casework {

inline constexpr std::chrono::hours k_log_timestamp_every{1};

/// Stamps the checkpoint when that is due; whether a timestamp was kept. A silent authority is
/// asked again a minute later.
boost::asio::awaitable<bool> stamp_log(World& world);

/// The token is over this note, made by an authority that leads to an anchor. Judged as of its own
/// time: the ones that follow prove that it was there before it ended.
bool is_stamped(db::LogTimestamp const& timestamp, signing::TrustStore const& trust);

}  // namespace qyzmet::casework
