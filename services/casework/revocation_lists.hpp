#pragma once
// The revocation lists of the configured addresses: fetched when they changed, kept in the
// database for all processes and restarts, indexed once in each process. What is not signed by a
// configured authority, or is older than what is kept, is refused. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "signing/revocation_list.hpp"

namespace qyzmet::casework {

struct World;

/// A change is seen this soon; an address that fails is asked again after the shorter pause.
inline constexpr std::chrono::minutes k_list_every{10};
inline constexpr std::chrono::minutes k_list_pause{1};

class RevocationLists {
 public:
  using ListPtr = std::shared_ptr<signing::RevocationList const>;

  /// For signing::Evidence.
  std::vector<ListPtr> current() const;
  /// Reads those that are others in the database than here.
  void refresh(db::Connection& connection, std::vector<std::string> const& addresses,
               signing::TrustStore const& trust);

 private:
  struct Held {
    std::string sha256;
    ListPtr list;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Held> held_;  // by address
};

/// One round: asks the addresses that are due and takes over what any process has fetched. Answers
/// how many lists are new.
boost::asio::awaitable<int> fetch_lists(World& world);

}  // namespace qyzmet::casework
