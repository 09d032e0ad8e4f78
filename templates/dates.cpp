#include "templates/dates.hpp"

#include <array>
#include <cstdio>

#include "engine/base/clock_text.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::templates {
namespace {

struct Words {
  std::array<std::string_view, 12> months;
  std::array<std::string_view, 7> weekdays;  // from Sunday, as std::chrono counts
  std::array<std::string_view, 7> weekdays_short;
};

constexpr Words k_kazakh{
    {"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан",
     "қараша", "желтоқсан"},
    {"жексенбі", "дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі"},
    {"Жс", "Дс", "Сс", "Ср", "Бс", "Жм", "Сн"}};
constexpr Words k_russian{
    {"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
     "октября", "ноября", "декабря"},
    {"воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"},
    {"Вс", "Пн", "Вт", "Ср", "Чт", "Пт", "Сб"}};
constexpr Words k_english{
    {"January", "February", "March", "April", "May", "June", "July", "August", "September",
     "October", "November", "December"},
    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
    {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}};

Words const& words(std::string_view language) {
  if (language == "ru") return k_russian;
  if (language == "en") return k_english;
  return k_kazakh;
}

int number(std::string_view text) {
  int value = -1;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

std::optional<std::chrono::minutes> clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int const hours = number(text.substr(0, 2)), minutes = number(text.substr(3));
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return std::chrono::minutes{hours * 60 + minutes};
}

/// Skips ":ss" and ":ss.ffffff": nothing on a page is finer than a minute.
std::string_view after_seconds(std::string_view rest) {
  if (rest.starts_with(':')) rest.remove_prefix(std::min<std::size_t>(3, rest.size()));
  if (rest.starts_with('.')) {
    auto const end = rest.find_first_not_of("0123456789", 1);
    rest.remove_prefix(end == rest.npos ? rest.size() : end);
  }
  return rest;
}

std::optional<std::chrono::minutes> offset(std::string_view text) {
  if (text == "Z") return std::chrono::minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  auto const size = clock(text.substr(1));
  if (!size) return std::nullopt;
  return text[0] == '-' ? -*size : *size;
}

std::string short_date(std::chrono::year_month_day ymd) {
  char text[16];
  std::snprintf(text, sizeof text, "%02u.%02u.%04d", unsigned{ymd.day()}, unsigned{ymd.month()},
                int{ymd.year()});
  return text;
}

std::string in_words(DateForm form, std::string_view language, Date date) {
  std::chrono::year_month_day const ymd{date};
  Words const& names = words(language);
  std::string day = std::to_string(unsigned{ymd.day()});
  std::string const year = std::to_string(int{ymd.year()});
  std::string month{names.months[unsigned{ymd.month()} - 1]};
  auto const weekday_index = std::chrono::weekday{date}.c_encoding();
  std::string weekday{names.weekdays[weekday_index]};
  bool const kazakh = &names == &k_kazakh, russian = &names == &k_russian;
  switch (form) {
    case DateForm::longdate:
      if (kazakh) return year + " ж. " + day + " " + month + ", " + weekday;
      if (russian) return weekday + ", " + day + " " + month + " " + year + " г.";
      return weekday + ", " + day + " " + month + " " + year;
    case DateForm::docdate:
      if (kazakh) return year + " жылғы " + day + " " + month;
      if (russian) return day + " " + month + " " + year + " года";
      return day + " " + month + " " + year;
    case DateForm::daymonth:
      return day + " " + month;
    case DateForm::month:
      return month;
    case DateForm::day:
      return day;
    case DateForm::weekday:
      return weekday;
    default:
      return std::string{names.weekdays_short[weekday_index]};
  }
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  if (text.size() < 10) return std::nullopt;
  auto const day = parse_date(text.substr(0, 10));
  if (!day) return std::nullopt;
  if (text.size() == 10) return Moment{*day, std::nullopt};
  if (text.size() < 16 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  auto const time = clock(text.substr(11, 5));
  auto const zone = after_seconds(text.substr(16));
  if (!time) return std::nullopt;
  if (zone.empty()) return Moment{*day, time};  // already local
  auto const ahead = offset(zone);
  if (!ahead) return std::nullopt;
  auto const local = *day + *time - *ahead + k_legal_offset;
  auto const midnight = std::chrono::floor<std::chrono::days>(local);
  return Moment{midnight, std::chrono::duration_cast<std::chrono::minutes>(local - midnight)};
}

std::string format_moment(DateForm form, std::string_view language, std::string_view text) {
  auto const moment = parse_moment(text);
  if (!moment) return std::string{text};
  std::chrono::year_month_day const ymd{moment->day};
  switch (form) {
    case DateForm::date:
      return short_date(ymd);
    case DateForm::datetime:
      return moment->time ? short_date(ymd) + " " + clock_text(*moment->time) : short_date(ymd);
    case DateForm::time:
      return moment->time ? clock_text(*moment->time) : std::string{};
    default:
      return in_words(form, language, moment->day);
  }
}

std::string long_date(std::string_view language, std::string_view iso_date) {
  return format_moment(DateForm::longdate, language, iso_date);
}

}  // namespace qyzmet::templates
