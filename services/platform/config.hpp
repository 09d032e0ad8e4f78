#pragma once
// Configuration of one server process: defaults, then the file, then the environment. Read once at
// start, checked there, immutable afterwards (share it freely between threads).
//
// File: one `key = value` per line; blank lines and lines starting with # are skipped; lists are
// separated by blanks; an unknown or repeated key is an error. Environment: QYZMET_ + the key in
// capitals, such as QYZMET_LISTEN_PORT; DATABASE_URL without prefix also counts, and the prefixed
// name wins. `qyzmet config check` prints all problems at once.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/platform/log.hpp"

namespace qyzmet::platform {

/// Every limit of the HTTP server and of the calls to peers, in one place. Not configurable by
/// file, but for the connection counts: changing them is a decision, not an adjustment.
struct Limits {
  // One request.
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t header_fields_max = 100;
  std::size_t target_bytes_max = 2 * 1024;
  std::size_t query_keys_max = 50;
  std::size_t read_buffer_bytes = 16 * 1024;  // hard cap of what waits unparsed
  std::size_t chunk_extension_bytes_max = 64;
  std::size_t body_json_bytes_max = 256 * 1024;
  std::size_t body_form_bytes_max = 64 * 1024;  // also the sum of the fields beside files
  std::size_t body_bytes_max = 1024 * 1024;     // raw bodies: XML, CMS
  std::size_t form_fields_max = 400;
  std::size_t file_bytes_max = 10 * 1024 * 1024;
  std::size_t files_max = 10;
  std::size_t part_header_bytes_max = 2 * 1024;
  std::size_t file_head_bytes = 4 * 1024;  // kept for the type check by content
  // Time.
  std::chrono::milliseconds handshake{5'000};
  std::chrono::milliseconds header{10'000};  // from the first byte, absolute
  std::chrono::milliseconds idle{15'000};
  std::chrono::milliseconds transfer_base{
      10'000};  // body: base + size / rate, at most transfer_max
  std::chrono::milliseconds transfer_max{600'000};
  std::size_t transfer_bytes_per_s_min = 16 * 1024;
  std::chrono::milliseconds write_base{30'000};
  std::chrono::milliseconds linger{2'000};  // reading on after a refusal, so that it arrives
  std::size_t linger_bytes_max = 1024 * 1024;
  // Connections and load.
  std::size_t requests_per_connection_max = 100;
  std::size_t connections_max = 2'000;
  std::size_t connections_per_address_max = 20;
  std::size_t requests_in_flight_max = 128;  // beyond: 503 with Retry-After
  int accept_backlog = 512;
  // Leaving.
  std::chrono::milliseconds drain_notice{5'000};  // /ready says 503, still accepting
  std::chrono::milliseconds drain_grace{20'000};  // for requests in flight
  // Peers.
  std::chrono::milliseconds peer_deadline{10'000};
  std::size_t peer_answer_bytes_max = 256 * 1024;
  std::chrono::milliseconds scan_deadline{60'000};
  std::chrono::milliseconds list_deadline{120'000};  // of a whole revocation list
  std::size_t crl_urls_max = 8;
};

struct Config {
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 8080;
  std::string tls_certificate;  // PEM chain; with tls_key, or both empty
  std::string tls_key;
  std::string public_url = "http://127.0.0.1:8080";  // how people reach us; no path
  std::vector<std::string> hosts;                    // allowed Host values; default: of public_url
  std::vector<std::string> edge_addresses;           // proxies whose X-Forwarded-For is believed
  std::vector<std::string> metrics_addresses;        // who may read /metrics beside loopback

  std::string state_folder;  // uploads, sealed files
  std::string database_url;
  std::string trust_folder;  // anchors and intermediates
  // The server's own signing key: a file, a token, or a service elsewhere (services/peers).
  std::string seal = "p12";  // p12, pkcs11 or remote
  std::string seal_p12;
  std::string seal_password_file;
  std::string seal_certificate;  // of pkcs11 and remote
  std::string pkcs11_module;
  std::string pkcs11_token;  // labels of the token and of the key in it
  std::string pkcs11_key;
  std::string pkcs11_pin_file;
  std::string pkcs11_mechanism = "sha256-rsa-pkcs";  // or rsa-pkcs, or the vendor's number
  std::string pkcs11_input = "bytes";                // bytes, digest or digest_info
  std::string pkcs11_order = "natural";              // natural, reversed or halves_reversed
  std::string signer_url;                            // CSC API, with its version
  std::string signer_credential;
  std::string signer_token_file;
  std::string vault_key_file;  // key of the encryption at rest
  std::string log_key_file;    // key of the transparency log; "": log.key beside vault_key_file
  std::string log_origin;      // its name, for ever; "": host and port of public_url

  std::string sms_url;
  std::string smtp_url;   // smtp://host:port or smtp+tls://host:port; "": nothing goes by e-mail
  std::string mail_from;  // the address of the sender
  std::string ocsp_url;
  std::vector<std::string> crl_urls;  // complete lists and deltas, for when OCSP is silent
  std::string tsa_url;
  std::string clamd;                                    // host:port or unix:/path
  std::string ncalayer_url = "wss://127.0.0.1:13579/";  // opened by the citizen's browser

  std::string ncalayer_page;  // control page of the NCALayer simulator, for the demo page

  std::size_t threads = 2;
  std::size_t database_connections = 16;
  Level log_level = Level::info;
  Limits limits;
};

using Problems = std::vector<std::string>;  // plain sentences for the operator, without secrets
using Environment = std::function<std::optional<std::string>(std::string const& name)>;

/// Defaults + `text` (the content of a file, may be empty) + environment. Does not touch the disk.
std::expected<Config, Problems> parse_config(std::string_view text, Environment const& environment);
/// The same from a file (empty path: no file) and the process environment, and checks that the
/// files and folders named exist and can be read.
std::expected<Config, Problems> load_config(std::string const& path);
/// What `qyzmet config check` prints: all values, with passwords inside URLs masked.
std::string describe(Config const& config);

/// What `qyzmet serve` needs beyond a well-formed configuration; empty when all is there.
Problems missing_for_serving(Config const& config);

/// A mechanism of PKCS#11 by its name here or its number (decimal or 0x...).
std::optional<unsigned long> pkcs11_mechanism(std::string_view text);

/// True when people reach us over TLS: cookies are Secure, HSTS is sent.
bool is_https(Config const& config);

}  // namespace qyzmet::platform
