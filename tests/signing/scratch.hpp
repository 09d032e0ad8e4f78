#pragma once
// A folder of one test for what other programs are to judge, and how they are run.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace qyzmet::signing::tests {

/// Removed behind the test.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "qyzmet-signing-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(Scratch const&) = delete;
  Scratch& operator=(Scratch const&) = delete;

  std::string path(std::string const& name) const { return (path_ / name).string(); }
  std::string write(std::string const& name, std::string_view bytes) const {
    std::ofstream{path_ / name, std::ios::binary} << bytes;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// The exit code of a command; what it prints goes to `output`, by default nowhere.
inline int run(std::string const& command, std::string const& output = "/dev/null") {
  return std::system((command + " >" + output + " 2>&1").c_str());
}

}  // namespace qyzmet::signing::tests
