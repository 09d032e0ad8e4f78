#include "signing/archive.hpp"

#include <zip.h>

#include "engine/base/owned.hpp"
#include "signing/container.hpp"

namespace qyzmet::signing {
namespace {

using ArchivePtr = Owned<zip_t, zip_discard>;
using FilePtr = Owned<zip_file_t, zip_fclose>;

std::unexpected<std::string> broken() {
  return std::unexpected(std::string{"signature.container"});
}
std::unexpected<std::string> too_large() {
  return std::unexpected(std::string{"signature.too_large"});
}

ArchivePtr open(std::string_view bytes) {
  auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
  if (source == nullptr) return {};
  ArchivePtr archive{zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, nullptr)};
  if (!archive) zip_source_free(source);
  return archive;
}

bool leads_out(std::string_view name) {
  return name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos ||
         name.find("..") != std::string_view::npos;
}

/// What the header says about the size is not believed.
std::expected<std::string, std::string> read_file(zip_t* archive, zip_uint64_t index) {
  FilePtr const file{zip_fopen_index(archive, index, 0)};
  if (!file) return broken();
  std::string bytes;
  char part[16384];
  for (zip_int64_t size = 0; (size = zip_fread(file.get(), part, sizeof part)) != 0;) {
    if (size < 0) return broken();
    bytes.append(part, static_cast<std::size_t>(size));
    if (bytes.size() > k_container_file_bytes_max) return too_large();
  }
  return bytes;
}

}  // namespace

std::expected<Files, std::string> read_archive(std::string_view zip) {
  if (zip.size() > k_container_bytes_max) return too_large();
  auto const archive = open(zip);
  if (!archive) return broken();
  auto const count = zip_get_num_entries(archive.get(), 0);
  if (count < 0 || static_cast<std::size_t>(count) > k_container_files_max) return too_large();
  Files files;
  std::size_t total = 0;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive.get(), i, 0, &stat) != 0 || stat.name == nullptr) return broken();
    std::string_view const name{stat.name};
    bool const encrypted =
        (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE;
    if (encrypted || leads_out(name)) return broken();
    if (name.ends_with('/')) continue;
    auto bytes = read_file(archive.get(), i);
    if (!bytes) return std::unexpected(bytes.error());
    total += bytes->size();
    if (total > k_container_content_bytes_max) return too_large();
    if (!files.emplace(name, std::move(*bytes)).second) return broken();
  }
  return files;
}

}  // namespace qyzmet::signing
