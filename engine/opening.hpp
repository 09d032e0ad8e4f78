#pragma once
// Working time within a day, as data of the calendar (R-GEN-11, R77-11 to R77-13): when offices of
// the provider and branches of the State Corporation are open, with lunch as the gap between two
// rows, and which of them is closed on some days. It decides when people can be served, never how
// working days are counted. Values; safe for concurrent reading.
//
// Lines of the calendar's CSV:
//   hours,provider|branch|duty_branch,WEEKDAYS,FROM-TO[,SINCE]
//   closed,CODE,FIRST,LAST[,REASON]
//   hours,duty_branch,6,09:00-13:00       closed,esil-1,2026-12-01,2026-12-05,repair
// WEEKDAYS is 1 (Monday) to 7 or a range ("1-5"); TO is the first minute that is over; the rows of
// a kind with one SINCE replace all earlier ones of that kind from that day on; CODE is that of an
// office or branch in the register.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"

namespace qyzmet::engine {

class Calendar;

inline constexpr std::size_t k_hours_max = 100;
inline constexpr std::size_t k_closures_max = 10'000;
inline constexpr std::size_t k_closure_text_bytes_max = 200;

/// Whose hours they are; a duty branch serves in the evening and on Saturdays too.
enum class Keeper : std::uint8_t { provider, branch, duty_branch };
std::string_view to_text(Keeper keeper);
std::optional<Keeper> keeper_of(std::string_view text);

struct OpenHours {
  Keeper keeper = Keeper::provider;
  int first_weekday = 1, last_weekday = 1;
  std::chrono::minutes from{0}, to{0};  // half-open
  std::optional<Date> since;            // without: from the beginning
  bool operator==(OpenHours const&) const = default;
};
struct Closure {
  std::string unit;  // code
  Date first, last;
  std::string reason;  // as people wrote it
  bool operator==(Closure const&) const = default;
};

class Opening {
 public:
  /// Reads one line of the CSV that begins with "hours," or "closed,"; nullptr when it was good,
  /// else the reason: "hours", "closure", "duplicate", "too_many". Bytes that end a line or control
  /// a terminal are refused: whoever reads the line later must find one.
  char const* read(std::string_view line);
  std::string to_csv() const;
  std::vector<OpenHours> const& hours() const { return hours_; }
  std::vector<Closure> const& closures() const { return closures_; }
  bool operator==(Opening const&) const = default;

  /// The closure of a unit on a day, if there is one.
  Closure const* closed(std::string_view unit, Date day) const;
  /// When the last row of that day ends; nothing on a day without hours. Closures do not count.
  std::optional<std::chrono::minutes> end_on(Calendar const& calendar, Keeper keeper,
                                             Date day) const;
  /// Is the unit open? Nothing when the calendar keeps no hours of that kind on that day. From
  /// Monday to Friday nobody serves on a day that is not worked; on Saturday and Sunday only rows
  /// of that weekday hold, and none on a holiday or day of rest (R77-13). The provider works on a
  /// moved working day as on a Friday (E-03).
  std::optional<bool> open(Calendar const& calendar, Keeper keeper, std::string_view unit,
                           Instant at) const;

 private:
  struct Table;  // which rows a day has
  Table table(Calendar const& calendar, Keeper keeper, Date day) const;

  std::vector<OpenHours> hours_;   // sorted
  std::vector<Closure> closures_;  // sorted
};

}  // namespace qyzmet::engine
