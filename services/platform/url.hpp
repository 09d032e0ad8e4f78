#pragma once
// The URLs of our configuration: scheme://host[:port][/path][?query], absolute, without user,
// password or fragment (RFC 3986). Pure. Anything else gives nullopt.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::platform {

struct Url {
  std::string scheme;  // http, https, ws, wss
  std::string host;    // name or address; IPv6 without brackets
  std::uint16_t port = 0;
  std::string target = "/";  // path and query

  bool is_tls() const { return scheme == "https" || scheme == "wss"; }
  /// As in the Host field: without the port that the scheme implies.
  std::string authority() const;
  /// scheme://authority
  std::string origin() const { return scheme + "://" + authority(); }
};

std::optional<Url> parse_url(std::string_view text);

/// Of mail servers, before "host:port": TLS where it is offered, or always.
inline constexpr std::string_view k_smtp_scheme = "smtp://", k_smtp_tls_scheme = "smtp+tls://";

/// "host:port", "[::1]:port"; nullopt for anything else.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<HostPort> parse_host_port(std::string_view text);

/// 127.0.0.0/8, ::1, also mapped into IPv6, and "localhost".
bool is_loopback(std::string_view host);

}  // namespace qyzmet::platform
