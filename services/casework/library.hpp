#pragma once
// Definition packages and calendars of this process: immutable, loaded once, found by hash or
// version. Truth is the database (decisions on packages); the binary's seeds are deployed by
// migrate. Thread-safe.
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "engine/calendar.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

class Library {
 public:
  using PackagePointer = std::shared_ptr<engine::Package const>;
  using CalendarPointer = std::shared_ptr<engine::Calendar const>;

  /// Reads whatever was deployed or published since the last call; called at start and by a timer.
  void refresh(db::Connection& connection);
  /// The package under which people apply for `service` on `day`; null when there is none, or when
  /// it is not offered yet.
  PackagePointer in_force(std::string_view service, Date day) const;
  PackagePointer package(std::string_view sha256) const;
  /// The packages under which people apply on `day`.
  std::vector<PackagePointer> services(Date day) const;
  CalendarPointer calendar() const;  // the one in force
  CalendarPointer calendar(std::int64_t version) const;

 private:
  mutable std::mutex mutex_;
  struct Deployed {
    PackagePointer package;
    Date from;
    std::optional<Date> until;  // an amendment ends its predecessor, whatever that says itself
    bool offered_on(Date day) const;
  };
  std::map<std::string, Deployed, std::less<>> packages_;
  std::map<std::int64_t, CalendarPointer> calendars_;
  std::int64_t current_ = 0;
};

}  // namespace qyzmet::casework
