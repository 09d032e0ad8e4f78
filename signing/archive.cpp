#include "signing/archive.hpp"

#include <zip.h>

#include "engine/base/check.hpp"
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

struct DosTime {
  zip_uint16_t date, time;
};
DosTime dos_time(Instant at) {
  std::chrono::year_month_day const day{legal_date(at)};
  std::chrono::hh_mm_ss const time{
      std::chrono::duration_cast<std::chrono::seconds>(legal_time_of_day(at))};
  auto const date =
      unsigned(int(day.year()) - 1980) << 9 | unsigned(day.month()) << 5 | unsigned(day.day());
  auto const clock = unsigned(time.hours().count()) << 11 | unsigned(time.minutes().count()) << 5 |
                     unsigned(time.seconds().count()) / 2;
  return {.date = zip_uint16_t(date), .time = zip_uint16_t(clock)};
}

void add_file(zip_t* archive, std::string const& name, std::string const& bytes, DosTime dated) {
  auto* content = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  check(content != nullptr, "a source over bytes in memory");
  auto const index = zip_file_add(archive, name.c_str(), content, ZIP_FL_ENC_UTF_8);
  check(index >= 0, "a name of its own");
  auto const at = zip_uint64_t(index);
  check(zip_set_file_compression(archive, at, ZIP_CM_STORE, 0) == 0 &&
            zip_file_set_dostime(archive, at, dated.time, dated.date, 0) == 0,
        "an entry that was just added");
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

std::string write_archive(Files const& files, Instant at) {
  auto* source = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  check(source != nullptr, "an empty buffer");
  Owned<zip_source_t, zip_source_free> const written{source};
  auto* archive = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  check(archive != nullptr, "an archive in memory");
  zip_source_keep(source);  // closing takes the archive's share of it
  for (auto const& [name, bytes] : files) add_file(archive, name, bytes, dos_time(at));
  check(zip_close(archive) == 0, "an archive in memory is written");
  zip_stat_t stat;
  check(zip_source_stat(source, &stat) == 0 && zip_source_open(source) == 0, "what was written");
  std::string out(stat.size, '\0');
  check(zip_source_read(source, out.data(), out.size()) == zip_int64_t(out.size()), "all of it");
  zip_source_close(source);
  return out;
}

}  // namespace qyzmet::signing
