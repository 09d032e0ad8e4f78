// `qyzmet demo pki --folder DIR`: the certificate authority of a demo installation, with the keys
// of the invented people. Keys are readable by their owner only; a folder that has one is left
// alone.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "services/cli/demo.hpp"
#include "services/cli/options.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet demo pki --folder DIR [--address http://127.0.0.1:8090]";

void write_file(fs::path const& path, std::string const& bytes) {
  fs::create_directories(path.parent_path());
  bool const secret = path.extension() == ".p12" || path.extension() == ".password";
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  // Before the bytes are there: nobody else may read them in between.
  if (secret) fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  out << bytes;
  out.close();
  if (!out) throw std::runtime_error{"cannot write " + path.string()};
}

}  // namespace

int run_demo_pki(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--folder", "--out", "--address"}, {});
  if (!options) return wrong_use(options.error());
  auto const folder = options->get("--folder", options->get("--out"));
  if (folder.empty() || !options->words().empty()) return wrong_use(k_usage);
  fs::path const root{folder};
  if (fs::exists(root / "people.json")) {
    std::printf("the demo authority is in %s already\n", root.c_str());
    return 0;
  }
  auto spec = demo_pki_spec(
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
  if (auto const address = options->get("--address"); !address.empty()) spec.address = address;
  auto made = signing::make_demo_pki(spec);
  if (!made) {
    std::fprintf(stderr, "qyzmet: the person \"%s\" of the demo is not complete\n",
                 made.error().field.c_str());
    return 1;
  }
  made->emplace("seal.p12", made->at("people/" + std::string{k_demo_seal} + "-seal.p12"));
  made->emplace("seal.password", spec.password + "\n");
  // Last, because it says that all the others are there.
  auto const people = made->extract("people.json");
  for (auto const& [path, bytes] : *made) write_file(root / path, bytes);
  write_file(root / "people.json", people.mapped());
  std::printf("made a demo authority with %zu people in %s\n", spec.people.size(), root.c_str());
  return 0;
}

}  // namespace qyzmet::cli
