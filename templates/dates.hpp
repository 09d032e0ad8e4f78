#pragma once
// Dates in words for Kazakh, Russian and English, from tables of our own: ICU 72 has the legal zone
// wrong and glibc writes Kazakh dates in the wrong order. Pure functions, thread-safe. Input is an
// ISO date, or an instant with Z or an offset, which is shown in the legal zone (UTC+5).
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace qyzmet::templates {

struct Moment {
  Date day;
  std::optional<std::chrono::minutes> time;  // of the legal day; absent for a mere date
};

std::optional<Moment> parse_moment(std::string_view text);

enum class DateForm {
  date,           // 02.12.2026
  datetime,       // 02.12.2026 10:15
  time,           // 10:15
  longdate,       // 2026 ж. 2 желтоқсан, сәрсенбі
  docdate,        // 2026 жылғы 2 желтоқсан
  daymonth,       // 2 желтоқсан
  month,          // желтоқсан
  day,            // 2
  weekday,        // сәрсенбі
  weekday_short,  // Ср
};

/// Text that is no date comes back as it is; an unknown language is treated as Kazakh.
std::string format_moment(DateForm form, std::string_view language, std::string_view text);

}  // namespace qyzmet::templates
