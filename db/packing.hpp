#pragma once
// Canonical JSON of cases made small before it is sealed: Zstandard (RFC 8878) over a dictionary of
// the words that all of them share. Pure; thread-safe.
#include <string>
#include <string_view>

#include "db/vault.hpp"

namespace qyzmet::db {

inline constexpr std::size_t k_unpacked_bytes_max = 1024 * 1024;

std::string pack(std::string_view plain);
/// Throws std::runtime_error for anything that pack() did not write.
std::string unpack(std::string_view packed);

/// Packed, then sealed.
Bytes seal_packed(Vault const& vault, std::string_view plain, Place place);
/// JSON that was sealed without being packed is read, too.
std::string open_packed(Vault const& vault, Bytes const& sealed, Place place);

}  // namespace qyzmet::db
