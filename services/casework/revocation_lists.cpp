#include "services/casework/revocation_lists.hpp"

#include "db/revocation_lists.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/world.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds k_lease{180};

/// Why a list cannot take the place of the kept one; empty when it can.
std::string refuse(Result<RevocationLists::ListPtr> const& list, db::ListSource const& kept,
                   Instant now) {
  if (!list) return "unusable";
  if ((*list)->this_update() > now + signing::k_clock_skew_max) return "future";
  if (kept.this_update && (*list)->this_update() < *kept.this_update) return "older";
  return {};
}

/// True: a new list is kept. Signature and index cost half a second for the national list, so this
/// is a job of the database's threads.
bool take(World const& world, db::Connection& connection, db::ListSource const& kept,
          std::string const& bytes, peers::CrlClient::Known const& known, Instant now) {
  auto const list = signing::RevocationList::open(bytes, world.trust);
  auto const reason = refuse(list, kept, now);
  if (!reason.empty()) {
    platform::log(platform::Level::error, "revocation_list_refused",
                  {{"address", kept.address}, {"reason", reason}});
    db::postpone_list(connection, kept.address, now + k_list_pause);
    return false;
  }
  db::keep_list(connection,
                {.address = kept.address,
                 .sha256 = platform::sha256_hex(bytes),
                 .content = bytes,
                 .this_update = (*list)->this_update(),
                 .etag = known.etag,
                 .last_modified = known.last_modified},
                now + k_list_every);
  return true;
}

asio::awaitable<bool> fetch_one(World& world, db::ListSource kept) {
  auto const answer = co_await world.crl.fetch(
      kept.address, {.etag = kept.etag, .last_modified = kept.last_modified});
  if (answer && answer->bytes) failpoint("list_fetched");
  auto const now = world.clock.now();
  bool const taken = co_await world.database.run([&](db::Connection& connection) {
    if (answer && answer->bytes)
      return take(world, connection, kept, *answer->bytes, answer->known, now);
    db::postpone_list(connection, kept.address, now + (answer ? k_list_every : k_list_pause));
    return false;
  });
  co_return taken;
}

}  // namespace

std::vector<RevocationLists::ListPtr> RevocationLists::current() const {
  std::lock_guard const lock{mutex_};
  std::vector<ListPtr> out;
  for (auto const& [address, held] : held_) out.push_back(held.list);
  return out;
}

void RevocationLists::refresh(db::Connection& connection, std::vector<std::string> const& addresses,
                              signing::TrustStore const& trust) {
  for (auto const& kept : db::kept_lists(connection, addresses)) {
    {
      std::lock_guard const lock{mutex_};
      auto const found = held_.find(kept.address);
      if (found != held_.end() && found->second.sha256 == kept.sha256) continue;
    }
    auto const content = db::list_content(connection, kept.address, kept.sha256);
    auto list = content ? signing::RevocationList::open(*content, trust)
                        : fail(ErrorCode::not_found, "signature.crl_unusable");
    std::lock_guard const lock{mutex_};
    if (list) held_[kept.address] = {.sha256 = kept.sha256, .list = std::move(*list)};
  }
}

asio::awaitable<int> fetch_lists(World& world) {
  auto const& addresses = world.config.crl_urls;
  if (addresses.empty()) co_return 0;
  auto const now = world.clock.now();
  auto const due = co_await world.database.run([&addresses, now](db::Connection& connection) {
    return db::claim_lists(connection, addresses, now, k_lease);
  });
  int fresh = 0;
  for (auto const& each : due) {
    bool const taken = co_await fetch_one(world, each);
    if (taken) failpoint("list_kept");
    fresh += taken ? 1 : 0;
  }
  co_await world.database.run([&world, &addresses](db::Connection& connection) {
    world.lists.refresh(connection, addresses, world.trust);
  });
  co_return fresh;
}

}  // namespace qyzmet::casework
