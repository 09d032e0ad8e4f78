#pragma once
// The pages, texts and static files that are part of the binary. Read-only, thread-safe, alive as
// long as the program.
#include <span>
#include <string_view>

#include "engine/base/embedded.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::templates {

/// One file of static/: name from that folder ("fonts/noto-sans-400-cyrillic.woff2").
struct Asset {
  std::string_view name;
  std::string_view bytes;
  std::string_view content_type;
  std::string etag;  // hex of a 64-bit FNV-1a over the bytes, without quotes
};

std::span<Asset const> assets();
/// Null when there is no such file.
Asset const* find_asset(std::string_view name);
/// One hash over all static files; pages write /static/app.css?v={{@root.page.assets}}.
std::string_view assets_version();

/// All files of locales/, merged per language.
Catalogue load_catalogue();
/// All files of pages/ with these texts. Throws std::runtime_error for a wrong template.
Renderer load_renderer();

}  // namespace qyzmet::templates
