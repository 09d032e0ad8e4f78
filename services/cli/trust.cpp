#include "services/cli/trust.hpp"

#include <filesystem>

#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_certificate_begin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view k_certificate_end = "-----END CERTIFICATE-----";

}  // namespace

std::expected<signing::TrustStore, std::string> read_trust(std::string const& folder) {
  signing::TrustStore trust;
  if (folder.empty()) return trust;
  if (!fs::is_directory(folder)) return std::unexpected("no such folder: " + folder);
  for (auto const& entry : fs::directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    auto const bytes = platform::find_file(entry.path());
    if (!bytes) return std::unexpected("cannot read " + entry.path().string());
    auto at = bytes->find(k_certificate_begin);
    if (at == std::string::npos) trust.certificates.push_back(*bytes);
    for (; at != std::string::npos; at = bytes->find(k_certificate_begin, at + 1)) {
      auto const end = bytes->find(k_certificate_end, at);
      if (end == std::string::npos) break;
      trust.certificates.push_back(bytes->substr(at, end + k_certificate_end.size() - at));
    }
  }
  return trust;
}

}  // namespace qyzmet::cli
