#pragma once
// A definition package as it stands in the tree (services/<name>), for tests that hold its data
// against the law. Read once.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "engine/package.hpp"

namespace qyzmet::tests {

/// What service.xml alone says.
inline std::shared_ptr<engine::Package const> seed_rows(std::string const& service) {
  std::ostringstream bytes;
  bytes << std::ifstream{std::string{QYZMET_SOURCE_DIR "/services/"} + service + "/service.xml",
                         std::ios::binary}
               .rdbuf();
  return engine::read_service(bytes.str()).value();
}

inline std::shared_ptr<engine::Package const> seed_package(std::string const& service) {
  namespace fs = std::filesystem;
  fs::path const root = fs::path{QYZMET_SOURCE_DIR} / "services" / service;
  std::map<std::string, std::string, std::less<>> files;
  for (auto const& entry : fs::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream{entry.path(), std::ios::binary}.rdbuf();
    files.emplace(fs::relative(entry.path(), root).generic_string(), bytes.str());
  }
  auto package = engine::load_package(std::move(files), std::string(64, '0'));
  if (package) return *package;
  for (auto const& violation : package.error())
    ADD_FAILURE() << violation.file << ':' << violation.line << ": " << violation.element << ": "
                  << violation.text;
  std::abort();
}

}  // namespace qyzmet::tests
