#include "services/platform/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <mutex>

#include "engine/base/time.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::platform {
namespace {

constexpr std::size_t k_value_bytes_max = 1024;
constexpr std::size_t k_iin_digits = 12;

std::atomic<Level> g_level{Level::info};
std::mutex g_sink_mutex;
std::function<void(std::string_view)> g_sink;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The check digit of an IIN: two weighted sums modulo 11, the second only when the first gives 10.
bool has_iin_check_digit(std::string_view digits) {
  auto const weighted = [&](int first_weight) {
    int sum = 0;
    for (int i = 0; i < 11; ++i) {
      int const weight = (i + first_weight - 1) % 11 + 1;
      sum += (digits[static_cast<std::size_t>(i)] - '0') * weight;
    }
    return sum % 11;
  };
  int control = weighted(1);
  if (control == 10) control = weighted(3);
  return control == digits[11] - '0';
}

std::string mask_iins(std::string_view text) {
  std::string masked{text};
  for (std::size_t at = 0; at < masked.size();) {
    std::size_t end = at;
    while (end < masked.size() && is_digit(masked[end])) ++end;
    if (end - at == k_iin_digits && has_iin_check_digit(std::string_view{masked}.substr(at, 12)))
      std::fill_n(masked.begin() + static_cast<std::ptrdiff_t>(at), k_iin_digits, '*');
    at = end + 1;
  }
  return masked;
}

void append_code_unit(std::string& out, unsigned unit) {
  constexpr std::string_view k_hex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += k_hex[unit >> shift & 0xf];
}

/// Characters that end lines or turn the direction of text: U+0085, U+061C, U+200B-200F,
/// U+2028-202E, U+2060-2069, U+FEFF.
bool is_deceptive(unsigned code) {
  return (code >= 0x7f && code <= 0x9f) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

/// The code point of a well-formed sequence of two or three bytes at `at`; 0 for anything else.
unsigned short_code_point(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if ((byte(0) & 0xe0) == 0xc0 && at + 1 < text.size())
    return (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu);
  if ((byte(0) & 0xf0) == 0xe0 && at + 2 < text.size())
    return (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
  return 0;
}

void append_quoted(std::string& out, std::string_view raw) {
  auto text = mask_iins(raw.substr(0, k_value_bytes_max));
  // Cut inside a character or foreign bytes: keep the ASCII, show that something was there.
  if (!is_utf8(text))
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  out += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const c = static_cast<unsigned char>(text[at]);
    auto const code = short_code_point(text, at);
    if (c < 0x20 || c == 0x7f) {
      append_code_unit(out, c);
    } else if (c == '"' || c == '\\') {
      out += {'\\', text[at]};
    } else if (code != 0 && is_deceptive(code)) {
      append_code_unit(out, code);
      at += code < 0x800 ? 1 : 2;
    } else {
      out += text[at];
    }
  }
  out += '"';
}

struct AppendValue {
  std::string& out;

  void operator()(std::string const& text) const { append_quoted(out, text); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const {
    auto const text = std::to_string(value);
    if (mask_iins(text) == text) {
      out += text;
    } else {
      append_quoted(out, text);
    }
  }
  void operator()(double value) const {
    if (!std::isfinite(value)) {
      out += "null";
      return;
    }
    char text[32];
    auto const end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
  }
};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

/// One write per line: lines of several processes on one pipe do not mix.
void write_line(std::string line) {
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    auto const written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string format_line(std::string_view ts, Level level, std::string_view fact,
                        std::initializer_list<Field> fields) {
  std::string line = "{\"ts\":";
  append_quoted(line, ts);
  line += ",\"level\":\"";
  line += name_of(level);
  line += "\",\"fact\":";
  append_quoted(line, fact);
  for (auto const& field : fields) {
    line += ',';
    append_quoted(line, field.name);
    line += ':';
    std::visit(AppendValue{line}, field.value);
  }
  line += '}';
  return line;
}

void log(Level level, std::string_view fact, std::initializer_list<Field> fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  auto const now = std::chrono::system_clock::now();
  auto const ts = to_iso(std::chrono::time_point_cast<std::chrono::microseconds>(now));
  auto line = format_line(ts, level, fact, fields);
  std::scoped_lock const lock{g_sink_mutex};
  if (g_sink) {
    g_sink(line);
  } else {
    write_line(std::move(line));
  }
}

void set_log_level(Level level) {
  g_level.store(level, std::memory_order_relaxed);
}

void set_log_sink(std::function<void(std::string_view)> sink) {
  std::scoped_lock const lock{g_sink_mutex};
  g_sink = std::move(sink);
}

}  // namespace qyzmet::platform
