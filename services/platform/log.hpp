#pragma once
// One JSON line per fact to standard error:
//   {"ts":"2026-11-21T05:00:00.000000Z","level":"info","fact":"request","request_id":"...",...}
// Texts are escaped so that a line stays one line and shows no terminal or bidi tricks. Personal
// data does not get in: Pii<T> cannot become a Field, and as the last resort every 12-digit number
// with a valid IIN check digit is written as twelve asterisks. Thread-safe. Never throws for I/O.
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace qyzmet::platform {

/// Personal data on its way through services. There is no way from here into a log line or a
/// stream; reveal() marks the places where it is needed.
template <class T>
class Pii {
 public:
  Pii() = default;
  explicit Pii(T value) : value_(std::move(value)) {}
  T const& reveal() const { return value_; }
  bool operator==(Pii const&) const = default;

 private:
  T value_{};
};

enum class Level : std::uint8_t { debug, info, warning, error };

/// A named value of a log line. Names in use everywhere: request_id, case, route, reason.
struct Field {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  Field(std::string_view n, std::string_view v) : name(n), value(std::string{v}) {}
  Field(std::string_view n, char const* v) : name(n), value(std::string{v}) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  Field(std::string_view n, I v) : name(n), value(static_cast<std::int64_t>(v)) {}
  template <class T>
  Field(std::string_view, Pii<T> const&) = delete;
};

/// `fact` is a fixed word of ours ("request", "peer_failed"), never text from outside.
void log(Level level, std::string_view fact, std::initializer_list<Field> fields = {});

/// Facts below this level are not written. Default: info.
void set_log_level(Level level);
/// Where the lines go (without line end) instead of standard error; an empty function restores it.
void set_log_sink(std::function<void(std::string_view line)> sink);

/// The line that log() would write, for tests. `ts` is the time stamp to print.
std::string format_line(std::string_view ts, Level level, std::string_view fact,
                        std::initializer_list<Field> fields);

}  // namespace qyzmet::platform
