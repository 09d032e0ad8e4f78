#pragma once
// Files that are part of the binary (calendars, packages, pages, migrations). The bytes live as
// long as the program; reading them is safe from every thread. Made by engine/base/embed.cmake:
//
//   qyzmet_embed(<target> <namespace> <file>...)   in the CMakeLists.txt that defines the target
//
// defines `std::span<EmbeddedFile const> files()` in that namespace; the library that owns the
// files declares it in a header of its own.
#include <span>
#include <string_view>

namespace qyzmet {

struct EmbeddedFile {
  std::string_view name;  // path from the folder of the CMakeLists.txt, "calendars/kz.csv"
  std::string_view bytes;
};

/// The file of that name, or null.
inline EmbeddedFile const* find_embedded(std::span<EmbeddedFile const> files,
                                         std::string_view name) {
  for (EmbeddedFile const& file : files)
    if (file.name == name) return &file;
  return nullptr;
}

}  // namespace qyzmet
