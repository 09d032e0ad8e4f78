#pragma once
// Reads a ZIP archive in memory, within the limits of container.hpp. Internal to signing/. Pure,
// thread-safe. Error: "signature.container" or "signature.too_large".
#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace qyzmet::signing {

using Files = std::map<std::string, std::string, std::less<>>;

/// Files by name; folders are left out. An encrypted file, two of one name, or a name that leads
/// out of the archive make it unreadable.
std::expected<Files, std::string> read_archive(std::string_view zip);

}  // namespace qyzmet::signing
