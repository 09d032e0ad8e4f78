#pragma once
// Whole files of a known greatest size: configuration, keys, certificates, what a command line
// names. Blocking; for start-up and command lines, not for requests.
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace qyzmet::platform {

inline constexpr std::size_t k_file_bytes_max = 64UL << 20U;

/// nullopt when it cannot be read, is a folder, or is longer than `bytes_max`.
std::optional<std::string> find_file(std::filesystem::path const& path,
                                     std::size_t bytes_max = k_file_bytes_max);
/// Throws std::runtime_error that names the file.
std::string read_file(std::filesystem::path const& path, std::size_t bytes_max = k_file_bytes_max);
/// A file of one secret: the newline that editors add at the end is no part of it.
std::string read_secret(std::filesystem::path const& path);

}  // namespace qyzmet::platform
