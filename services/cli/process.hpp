#pragma once
// Reading a drawing or a definition package from disk, for the subcommands of `qyzmet process`.
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/package.hpp"
#include "services/cli/options.hpp"

namespace qyzmet::cli {

using Violations = std::vector<engine::Violation>;

engine::Checked<std::shared_ptr<engine::Package const>> read_package(
    std::filesystem::path const& folder);
/// By --process and --profile.
engine::Checked<engine::Definition> read_drawing(std::filesystem::path const& file,
                                                 Options const& options);
/// The one word that is no option, when it names something and --profile is one; else a sentence
/// for the user, "" for the usage.
std::expected<std::filesystem::path, std::string> path_of(Options const& options);
bool is_test_profile(Options const& options);
/// One a line: file, line, element, reason, text.
void print(Violations const& violations);

}  // namespace qyzmet::cli
