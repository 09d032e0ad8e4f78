#pragma once
// Finds the vectors that several test folders replay: the folder named by QYZMET_SHARED, otherwise
// ../shared beside the source tree. Empty when there is none; such tests skip.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

namespace qyzmet::tests {

/// The path of `name` under the shared folder, if it exists.
inline std::optional<std::filesystem::path> shared(std::string_view name) {
  char const* named = std::getenv("QYZMET_SHARED");
  auto const root = named != nullptr
                        ? std::filesystem::path{named}
                        : std::filesystem::path{QYZMET_SOURCE_DIR}.parent_path() / "shared";
  auto path = root / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace qyzmet::tests
