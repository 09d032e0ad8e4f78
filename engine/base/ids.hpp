#pragma once
// Strong ids: a case id is not a user id. All are positive 63-bit numbers.
#include <compare>
#include <cstdint>

namespace qyzmet {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(Id const&) const = default;
};

using CaseId = Id<struct CaseTag>;
using UserId = Id<struct UserTag>;
using OfficeId = Id<struct OfficeTag>;
using BranchId = Id<struct BranchTag>;

}  // namespace qyzmet
