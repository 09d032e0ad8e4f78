#include "services/cli/packages.hpp"

#include "services/platform/file.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;

std::map<std::string, std::string, std::less<>> package_files(fs::path const& folder) {
  std::map<std::string, std::string, std::less<>> files;
  for (auto const& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = platform::read_file(entry.path());
  return files;
}

engine::Checked<std::shared_ptr<engine::Package const>> load_folder(fs::path const& folder) {
  auto files = package_files(folder);
  auto const hash = seeds::package_hash(files);
  return engine::load_package(std::move(files), hash);
}

}  // namespace qyzmet::cli
