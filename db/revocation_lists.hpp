#pragma once
// Revocation lists as fetched last, by configured address, with what a conditional request needs.
// Due times are legal time, so that a demo clock that moves on makes them due.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct ListSource {
  std::string address;
  std::string sha256;  // of what is kept; "" when nothing is
  std::string etag, last_modified;
  std::optional<Instant> this_update;
};
struct FetchedList {
  std::string address, sha256, content;
  Instant this_update;
  std::string etag, last_modified;
};

/// Those of `addresses` whose request is due. They come back after `lease`, so that a worker that
/// dies holds nothing up.
std::vector<ListSource> claim_lists(Connection& connection,
                                    std::vector<std::string> const& addresses, Instant now,
                                    std::chrono::seconds lease);
/// Never replaces a list by an earlier one.
void keep_list(Connection& connection, FetchedList const& list, Instant due);
void postpone_list(Connection& connection, std::string const& address, Instant due);
/// Without contents.
std::vector<ListSource> kept_lists(Connection& connection,
                                   std::vector<std::string> const& addresses);
std::optional<std::string> list_content(Connection& connection, std::string const& address,
                                        std::string const& sha256);

}  // namespace qyzmet::db
