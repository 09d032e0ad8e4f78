#pragma once
// ZIP archives in memory. Read within the limits of container.hpp; error: "signature.container" or
// "signature.too_large". Pure, thread-safe.
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace qyzmet::signing {

using Files = std::map<std::string, std::string, std::less<>>;

/// Files by name; folders are left out. An encrypted file, two of one name, or a name that leads
/// out of the archive make it unreadable.
std::expected<Files, std::string> read_archive(std::string_view zip);

/// Without compression, names in UTF-8, each file dated `at` in the legal zone.
std::string write_archive(Files const& files, Instant at);

}  // namespace qyzmet::signing
