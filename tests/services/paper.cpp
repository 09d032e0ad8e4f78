#include "tests/services/paper.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace qyzmet::tests {

namespace fs = std::filesystem;

namespace {

/// What `command` prints in a folder that holds `bytes` as the file `name`.
std::string ask_tool(std::string const& name, std::string const& bytes,
                     std::string const& command) {
  auto folder = (fs::temp_directory_path() / "qyzmet-paper-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  std::ofstream{fs::path{folder} / name, std::ios::binary} << bytes;
  auto const whole = "cd " + folder + " && " + command + " 2>/dev/null";
  std::string out;
  {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe{::popen(whole.c_str(), "r"),
                                                               &::pclose};
    for (int c = 0; (c = std::fgetc(pipe.get())) != EOF;) out += static_cast<char>(c);
  }
  fs::remove_all(folder);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace

std::string scan_qr(std::string const& pdf) {
  return ask_tool("a.pdf", pdf,
                  "pdftoppm -r 200 -gray -png a.pdf page; zbarimg -q --raw --oneshot page*.png");
}

std::string text_of_pdf(std::string const& pdf) {
  return ask_tool("a.pdf", pdf, "pdftotext -layout -nopgbrk a.pdf - | tr -s '[:space:]' ' '");
}

void keep_for_looking(std::string const& name, std::string const& bytes) {
  if (char const* folder = std::getenv("QYZMET_GALLERY"))
    std::ofstream{fs::path{folder} / name, std::ios::binary} << bytes;
}

}  // namespace qyzmet::tests
