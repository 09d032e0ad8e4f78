#include "services/platform/url.hpp"

#include <algorithm>
#include <charconv>

namespace qyzmet::platform {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_ipv6_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
         c == '.';
}

/// Splits the host off `authority` and leaves ":port" or nothing in it.
std::optional<std::string> take_host(std::string_view& authority) {
  bool const ipv6 = authority.starts_with('[');
  auto const end = ipv6 ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == std::string_view::npos) return std::nullopt;
  auto const host = ipv6 ? authority.substr(1, end - 1) : authority.substr(0, end);
  authority.remove_prefix(ipv6 ? end + 1 : end);
  auto const allowed = ipv6 ? is_ipv6_character : is_host_character;
  if (host.empty() || !std::ranges::all_of(host, allowed)) return std::nullopt;
  return std::string{host};
}

std::uint16_t implied_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

}  // namespace

std::string Url::authority() const {
  auto text = host.contains(':') ? '[' + host + ']' : host;
  if (port != implied_port(scheme)) text += ':' + std::to_string(port);
  return text;
}

std::optional<Url> parse_url(std::string_view text) {
  auto const colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Url url;
  url.scheme = text.substr(0, colon);
  url.port = implied_port(url.scheme);
  if (url.port == 0) return std::nullopt;
  text.remove_prefix(colon + 3);

  auto const end = std::min(text.find_first_of("/?#"), text.size());
  auto authority = text.substr(0, end);
  auto const target = text.substr(end);
  auto const bad = [](char c) { return c <= 0x20 || c >= 0x7f || c == '#'; };
  if (std::ranges::any_of(target, bad)) return std::nullopt;
  if (!target.empty()) url.target = target.starts_with('/') ? target : '/' + std::string{target};

  auto host = take_host(authority);
  if (!host) return std::nullopt;
  url.host = std::move(*host);
  if (authority.empty()) return url;
  if (!authority.starts_with(':')) return std::nullopt;
  auto const port = parse_port(authority.substr(1));
  if (!port) return std::nullopt;
  url.port = *port;
  return url;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  auto host = take_host(text);
  if (!host || !text.starts_with(':')) return std::nullopt;
  auto const port = parse_port(text.substr(1));
  if (!port) return std::nullopt;
  return HostPort{std::move(*host), *port};
}

bool is_loopback(std::string_view host) {
  if (host.starts_with("::ffff:")) host.remove_prefix(7);
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace qyzmet::platform
