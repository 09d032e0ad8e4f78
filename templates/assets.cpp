#include "templates/assets.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace qyzmet::templates {
namespace embedded {
std::span<EmbeddedFile const> files();
}

namespace {

constexpr std::string_view k_static = "static/", k_pages = "pages/", k_locales = "locales/";

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> k_types{{
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/vnd.microsoft.icon"},
    {".woff2", "font/woff2"},
}};

std::string_view content_type(std::string_view name) {
  for (auto const& [ending, type] : k_types)
    if (name.ends_with(ending)) return type;
  throw std::runtime_error("static file of unknown type: " + std::string{name});
}

std::string fnv1a(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (char const c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

/// "locales/portal.kk.json" -> "kk"
std::string_view language_of(std::string_view name) {
  name.remove_suffix(std::string_view{".json"}.size());
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

std::span<Asset const> assets() {
  static std::vector<Asset> const all = [] {
    std::vector<Asset> found;
    for (EmbeddedFile const& file : embedded::files())
      if (file.name.starts_with(k_static)) {
        auto const name = file.name.substr(k_static.size());
        found.push_back({name, file.bytes, content_type(name), fnv1a(file.bytes)});
      }
    return found;
  }();
  return all;
}

Asset const* find_asset(std::string_view name) {
  for (Asset const& asset : assets())
    if (asset.name == name) return &asset;
  return nullptr;
}

std::string_view assets_version() {
  static std::string const version = [] {
    std::string all;
    for (Asset const& asset : assets()) all += asset.etag;
    return fnv1a(all);
  }();
  return version;
}

Catalogue load_catalogue() {
  Catalogue catalogue;
  for (EmbeddedFile const& file : embedded::files())
    if (file.name.starts_with(k_locales)) catalogue.merge(language_of(file.name), file.bytes);
  return catalogue;
}

Renderer load_renderer() {
  std::map<std::string, std::string> pages;
  for (EmbeddedFile const& file : embedded::files())
    if (file.name.starts_with(k_pages)) pages.emplace(file.name.substr(k_pages.size()), file.bytes);
  return Renderer{pages, load_catalogue()};
}

}  // namespace qyzmet::templates
