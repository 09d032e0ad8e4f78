#pragma once
// Definition packages in folders, for commands that need no database.
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/package.hpp"

namespace qyzmet::cli {

/// The files of a folder by name, as load_package() takes them.
std::map<std::string, std::string, std::less<>> package_files(std::filesystem::path const& folder);
engine::Checked<std::shared_ptr<engine::Package const>> load_folder(
    std::filesystem::path const& folder);

}  // namespace qyzmet::cli
