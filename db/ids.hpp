#pragma once
// Strong ids of the tables; the engine's ids are in engine/base/ids.hpp.
#include <string>

#include "engine/base/ids.hpp"

namespace qyzmet::db {

using PersonId = Id<struct PersonTag>;
using NoticeId = Id<struct NoticeTag>;
using ClientId = Id<struct ClientTag>;

/// Raw bytes of a bytea column; a plain std::string argument is text and must not hold NUL.
struct Bytes {
  std::string value;
  auto operator<=>(Bytes const&) const = default;
};

}  // namespace qyzmet::db
