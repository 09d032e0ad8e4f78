#include "services/casework/library.hpp"

#include "db/calendars.hpp"
#include "db/definitions.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::casework {

namespace {

Library::PackagePointer load(db::Connection& connection, std::string const& sha256) {
  auto files = db::package_files(connection, sha256);
  if (!files) return nullptr;
  auto loaded = engine::load_package(std::move(*files), sha256);
  if (loaded) return *loaded;
  platform::log(platform::Level::error, "package_refused",
                {{"package", sha256}, {"reason", loaded.error().front().reason}});
  return nullptr;
}

}  // namespace

bool Library::Deployed::offered_on(Date day) const {
  return package->offered && from <= day && (!until || day <= *until);
}

void Library::refresh(db::Connection& connection) {
  for (auto const& row : db::packages(connection)) {
    auto known = package(row.sha256);
    if (!known) known = load(connection, row.sha256);
    if (!known) continue;
    std::lock_guard const lock{mutex_};
    packages_[row.sha256] = {.package = std::move(known), .from = row.from, .until = row.until};
  }
  auto const current = db::current_calendar(connection);
  if (!current) return;
  for (auto version = current->version; version >= 1 && !calendar(version); --version) {
    auto const row = db::find_calendar(connection, version);
    if (!row) continue;
    auto loaded = engine::Calendar::from_csv(version, row->csv);
    if (!loaded) continue;
    std::lock_guard const lock{mutex_};
    calendars_[version] = std::make_shared<engine::Calendar const>(std::move(*loaded));
  }
  std::lock_guard const lock{mutex_};
  current_ = current->version;
}

Library::PackagePointer Library::in_force(std::string_view service, Date day) const {
  std::lock_guard const lock{mutex_};
  for (auto const& [sha256, known] : packages_)
    if (known.package->service == service && known.offered_on(day)) return known.package;
  return nullptr;
}

Library::PackagePointer Library::package(std::string_view sha256) const {
  std::lock_guard const lock{mutex_};
  auto const found = packages_.find(sha256);
  return found == packages_.end() ? nullptr : found->second.package;
}

std::vector<Library::PackagePointer> Library::services(Date day) const {
  std::vector<PackagePointer> out;
  std::lock_guard const lock{mutex_};
  for (auto const& [sha256, known] : packages_)
    if (known.offered_on(day)) out.push_back(known.package);
  return out;
}

Library::CalendarPointer Library::calendar() const {
  std::lock_guard const lock{mutex_};
  auto const found = calendars_.find(current_);
  return found == calendars_.end() ? nullptr : found->second;
}

Library::CalendarPointer Library::calendar(std::int64_t version) const {
  std::lock_guard const lock{mutex_};
  auto const found = calendars_.find(version);
  return found == calendars_.end() ? nullptr : found->second;
}

}  // namespace qyzmet::casework
