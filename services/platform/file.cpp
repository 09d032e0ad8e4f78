#include "services/platform/file.hpp"

#include <fstream>
#include <stdexcept>

namespace qyzmet::platform {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_secret_bytes_max = 4096;
constexpr std::size_t k_block_bytes = 65536;

}  // namespace

std::optional<std::string> find_file(fs::path const& path, std::size_t bytes_max) {
  std::error_code error;
  if (fs::is_directory(path, error)) return std::nullopt;
  std::ifstream in{path, std::ios::binary};
  std::string out;
  while (in && out.size() <= bytes_max) {
    auto const size = out.size();
    out.resize(size + k_block_bytes);
    in.read(out.data() + size, k_block_bytes);
    out.resize(size + static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof() || out.size() > bytes_max) return std::nullopt;
  return out;
}

std::string read_file(fs::path const& path, std::size_t bytes_max) {
  auto out = find_file(path, bytes_max);
  if (!out) throw std::runtime_error{"cannot read " + path.string()};
  return std::move(*out);
}

std::string read_secret(fs::path const& path) {
  auto out = read_file(path, k_secret_bytes_max);
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  return out;
}

}  // namespace qyzmet::platform
