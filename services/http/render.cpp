#include <algorithm>
#include <chrono>
#include <cstdio>

#include "services/http/connection.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::http {
namespace {

/// Fields that the server alone writes.
constexpr std::string_view k_own_fields[] = {"Content-Length", "Transfer-Encoding", "Connection",
                                             "Date", "Content-Type"};

/// "Sat, 21 Nov 2026 05:00:00 GMT" (RFC 9110, 5.6.7)
std::string http_date(std::chrono::system_clock::time_point at) {
  namespace chrono = std::chrono;
  constexpr char const* k_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr char const* k_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = chrono::floor<chrono::days>(at);
  chrono::year_month_day const date{day};
  chrono::hh_mm_ss const time{chrono::floor<chrono::seconds>(at - day)};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                k_days[chrono::weekday{day}.c_encoding()], unsigned{date.day()},
                k_months[unsigned{date.month()} - 1], int{date.year()},
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

bool is_field_name(std::string_view name) {
  auto const token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  };
  return !name.empty() && std::ranges::all_of(name, token);
}

bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_sendable(Response const& response) {
  if (response.status < 200 || response.status > 599) return false;
  if (!is_field_value(response.content_type)) return false;
  Headers probe;
  for (auto const& [name, value] : response.headers.all()) {
    if (!is_field_name(name) || !is_field_value(value)) return false;
    probe.set(name, {});
  }
  return std::ranges::none_of(k_own_fields, [&](auto name) { return probe.contains(name); });
}

}  // namespace

std::string security_policy(ServerOptions const& options) {
  std::string connect = "'self'";
  if (!options.connect_source.empty()) connect += ' ' + options.connect_source;
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "font-src 'self'; connect-src " +
         connect + "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
}

std::string render_head(Response const& response, std::string_view request_id, bool keep,
                        Shared const& shared) {
  if (!is_sendable(response)) return {};
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head.append(reason_of(response.status)).append("\r\n");
  auto const add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  auto const add_default = [&](std::string_view name, std::string_view value) {
    if (!response.headers.contains(name)) add(name, value);
  };
  add("Date", http_date(std::chrono::system_clock::now()));
  add("X-Request-Id", request_id);
  if (response.status != 204 && response.status != 304)
    add("Content-Length", std::to_string(response.body.size()));
  if (!response.content_type.empty() && response.status != 204)
    add("Content-Type", response.content_type);
  if (!keep) add("Connection", "close");
  for (auto const& [name, value] : response.headers.all()) add(name, value);
  add_default("Content-Security-Policy", shared.content_security_policy);
  add_default("Cache-Control", "no-store");
  add_default("X-Content-Type-Options", "nosniff");
  add_default("Referrer-Policy", "same-origin");
  add_default("Cross-Origin-Opener-Policy", "same-origin");
  add_default("Cross-Origin-Resource-Policy", "same-origin");
  if (shared.options.https)
    add_default("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  return head + "\r\n";
}

}  // namespace qyzmet::http
