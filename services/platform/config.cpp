#include "services/platform/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "services/platform/file.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::platform {
namespace {

constexpr std::size_t k_config_bytes_max = 64 * 1024;

/// How one key is read: puts the text into the configuration, or says what is expected instead.
using Read = std::optional<std::string> (*)(Config&, std::string const&);
using Show = std::string (*)(Config const&);
struct Setting {
  std::string_view key;
  Read read;
  Show show;
};

template <auto Member>
std::optional<std::string> read_text(Config& config, std::string const& value) {
  config.*Member = value;
  return std::nullopt;
}
template <auto Member>
std::string show_text(Config const& config) {
  return config.*Member;
}

template <auto Member>
std::optional<std::string> read_list(Config& config, std::string const& value) {
  std::istringstream words{value};
  (config.*Member).clear();
  for (std::string word; words >> word;) (config.*Member).push_back(word);
  return std::nullopt;
}
template <auto Member>
std::string show_list(Config const& config) {
  std::string text;
  for (auto const& word : config.*Member) text += (text.empty() ? "" : " ") + word;
  return text;
}

template <class Number>
std::optional<std::string> read_number(Number& into, std::string const& value, Number min,
                                       Number max) {
  Number number{};
  auto const* const end = value.data() + value.size();
  auto const [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || stop != end || number < min || number > max)
    return "a number from " + std::to_string(min) + " to " + std::to_string(max);
  into = number;
  return std::nullopt;
}
template <auto Member, auto Min, auto Max>
std::optional<std::string> read_count(Config& config, std::string const& value) {
  return read_number<std::size_t>(config.*Member, value, Min, Max);
}
template <auto Member>
std::string show_count(Config const& config) {
  return std::to_string(config.*Member);
}
template <auto Member, auto Min, auto Max>
std::optional<std::string> read_limit(Config& config, std::string const& value) {
  return read_number<std::size_t>(config.limits.*Member, value, Min, Max);
}
template <auto Member>
std::string show_limit(Config const& config) {
  return std::to_string(config.limits.*Member);
}

constexpr std::array<std::string_view, 4> k_levels{"debug", "info", "warning", "error"};

std::optional<std::string> read_level(Config& config, std::string const& value) {
  auto const found = std::ranges::find(k_levels, value);
  if (found == k_levels.end()) return "debug, info, warning or error";
  config.log_level = static_cast<Level>(found - k_levels.begin());
  return std::nullopt;
}
std::string show_level(Config const& config) {
  return std::string{k_levels[static_cast<std::size_t>(config.log_level)]};
}

std::optional<std::string> read_port(Config& config, std::string const& value) {
  return read_number<std::uint16_t>(config.listen_port, value, 0, 65535);
}
std::string show_port(Config const& config) {
  return std::to_string(config.listen_port);
}

template <auto Member>
constexpr Setting text(std::string_view key) {
  return {key, read_text<Member>, show_text<Member>};
}
template <auto Member>
constexpr Setting list(std::string_view key) {
  return {key, read_list<Member>, show_list<Member>};
}
template <auto Member, auto Min, auto Max>
constexpr Setting count(std::string_view key) {
  return {key, read_count<Member, Min, Max>, show_count<Member>};
}
template <auto Member, auto Min, auto Max>
constexpr Setting limit(std::string_view key) {
  return {key, read_limit<Member, Min, Max>, show_limit<Member>};
}

constexpr Setting k_settings[] = {
    text<&Config::listen_address>("listen_address"),
    {"listen_port", read_port, show_port},
    text<&Config::tls_certificate>("tls_certificate"),
    text<&Config::tls_key>("tls_key"),
    text<&Config::public_url>("public_url"),
    list<&Config::hosts>("hosts"),
    list<&Config::edge_addresses>("edge_addresses"),
    list<&Config::metrics_addresses>("metrics_addresses"),
    text<&Config::state_folder>("state_folder"),
    text<&Config::database_url>("database_url"),
    text<&Config::trust_folder>("trust_folder"),
    text<&Config::seal>("seal"),
    text<&Config::seal_p12>("seal_p12"),
    text<&Config::seal_password_file>("seal_password_file"),
    text<&Config::seal_certificate>("seal_certificate"),
    text<&Config::pkcs11_module>("pkcs11_module"),
    text<&Config::pkcs11_token>("pkcs11_token"),
    text<&Config::pkcs11_key>("pkcs11_key"),
    text<&Config::pkcs11_pin_file>("pkcs11_pin_file"),
    text<&Config::pkcs11_mechanism>("pkcs11_mechanism"),
    text<&Config::pkcs11_input>("pkcs11_input"),
    text<&Config::pkcs11_order>("pkcs11_order"),
    text<&Config::signer_url>("signer_url"),
    text<&Config::signer_credential>("signer_credential"),
    text<&Config::signer_token_file>("signer_token_file"),
    text<&Config::vault_key_file>("vault_key_file"),
    text<&Config::log_key_file>("log_key_file"),
    text<&Config::log_origin>("log_origin"),
    text<&Config::sms_url>("sms_url"),
    text<&Config::smtp_url>("smtp_url"),
    text<&Config::mail_from>("mail_from"),
    text<&Config::ocsp_url>("ocsp_url"),
    list<&Config::crl_urls>("crl_urls"),
    text<&Config::tsa_url>("tsa_url"),
    text<&Config::clamd>("clamd"),
    text<&Config::ncalayer_url>("ncalayer_url"),
    text<&Config::ncalayer_page>("ncalayer_page"),
    count<&Config::threads, 1, 256>("threads"),
    count<&Config::database_connections, 1, 512>("database_connections"),
    {"log_level", read_level, show_level},
    limit<&Limits::connections_max, 1, 100'000>("connections_max"),
    limit<&Limits::connections_per_address_max, 1, 100'000>("connections_per_address_max"),
    limit<&Limits::requests_in_flight_max, 1, 10'000>("requests_in_flight_max"),
};

Setting const* find_setting(std::string_view key) {
  auto const* const found = std::ranges::find(k_settings, key, &Setting::key);
  return found == std::end(k_settings) ? nullptr : found;
}

std::string_view trim(std::string_view text) {
  auto const blank = std::string_view{" \t\r"};
  auto const begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

void apply(Config& config, Setting const& setting, std::string const& value,
           std::string const& where, Problems& problems) {
  if (auto const expected = setting.read(config, value))
    problems.push_back(where + ": " + std::string{setting.key} + " must be " + *expected);
}

void read_file_text(Config& config, std::string_view text, Problems& problems) {
  std::set<std::string_view> seen;
  std::size_t number = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    auto const where = "line " + std::to_string(number);
    auto const equals = line.find('=');
    auto const key = trim(line.substr(0, equals));
    auto const* const setting = find_setting(key);
    if (equals == std::string_view::npos) {
      problems.push_back(where + ": expected `key = value`");
    } else if (setting == nullptr) {
      problems.push_back(where + ": unknown key " + std::string{key});
    } else if (!seen.insert(setting->key).second) {
      problems.push_back(where + ": " + std::string{key} + " is set twice");
    } else {
      apply(config, *setting, std::string{trim(line.substr(equals + 1))}, where, problems);
    }
  }
}

void read_environment(Config& config, Environment const& environment, Problems& problems) {
  if (auto const url = environment("DATABASE_URL")) config.database_url = *url;
  for (auto const& setting : k_settings) {
    std::string name = "QYZMET_";
    for (char const c : setting.key)
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (auto const value = environment(name)) apply(config, setting, *value, name, problems);
  }
}

void check_url(std::string_view key, std::string const& value, bool websocket, Problems& problems) {
  if (value.empty()) return;
  auto const url = parse_url(value);
  if (!url || url->scheme.starts_with("ws") != websocket)
    problems.push_back(std::string{key} + " must be " +
                       (websocket ? "a ws:// or wss:// URL" : "an http:// or https:// URL"));
}

void check_public_url(Config& config, Problems& problems) {
  auto const url = parse_url(config.public_url);
  if (!url || url->scheme.starts_with("ws") || url->target != "/") {
    problems.emplace_back("public_url must be an http:// or https:// URL without a path");
    return;
  }
  if (url->scheme == "http" && !is_loopback(url->host))
    problems.emplace_back("public_url must be https, unless it is this machine");
  if (!config.hosts.empty()) return;
  config.hosts = {url->authority()};
  if (!is_loopback(url->host)) return;
  for (auto const* name : {"127.0.0.1", "localhost"}) {
    auto local = *url;
    local.host = name;
    if (local.host != url->host) config.hosts.push_back(local.authority());
  }
}

void check_word(std::string_view key, std::string const& value,
                std::initializer_list<std::string_view> words, Problems& problems) {
  if (std::ranges::find(words, value) != words.end()) return;
  std::string text;
  for (auto const word : words) text += (text.empty() ? "" : ", ") + std::string{word};
  problems.push_back(std::string{key} + " must be one of " + text);
}

void check_seal(Config const& config, Problems& problems) {
  check_word("seal", config.seal, {"p12", "pkcs11", "remote"}, problems);
  check_word("pkcs11_input", config.pkcs11_input, {"bytes", "digest", "digest_info"}, problems);
  check_word("pkcs11_order", config.pkcs11_order, {"natural", "reversed", "halves_reversed"},
             problems);
  if (!pkcs11_mechanism(config.pkcs11_mechanism))
    problems.emplace_back("pkcs11_mechanism must be sha256-rsa-pkcs, rsa-pkcs or a number");
  check_url("signer_url", config.signer_url, false, problems);
  if (config.seal_p12.empty() != config.seal_password_file.empty())
    problems.emplace_back("seal_p12 and seal_password_file belong together: set both or none");
}

/// The keys that the chosen kind of seal cannot do without.
std::vector<std::string_view> keys_of_seal(std::string const& kind) {
  if (kind == "pkcs11")
    return {"seal_certificate", "pkcs11_module", "pkcs11_token", "pkcs11_key", "pkcs11_pin_file"};
  if (kind == "remote")
    return {"seal_certificate", "signer_url", "signer_credential", "signer_token_file"};
  return {"seal_p12", "seal_password_file"};
}

void check_mail(Config const& config, Problems& problems) {
  std::string_view const url = config.smtp_url;
  if (url.empty() != config.mail_from.empty())
    problems.emplace_back("smtp_url and mail_from belong together: set both or none");
  auto const after = url.starts_with(k_smtp_tls_scheme) ? k_smtp_tls_scheme.size()
                     : url.starts_with(k_smtp_scheme)   ? k_smtp_scheme.size()
                                                        : url.size();
  if (!url.empty() && !parse_host_port(url.substr(after)))
    problems.emplace_back("smtp_url must be smtp://host:port or smtp+tls://host:port");
  bool const printable = std::ranges::all_of(
      config.mail_from, [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; });
  if (!config.mail_from.empty() && (!printable || std::ranges::count(config.mail_from, '@') != 1))
    problems.emplace_back("mail_from must be an address like name@host");
}

void validate(Config& config, Problems& problems) {
  if (config.tls_certificate.empty() != config.tls_key.empty())
    problems.emplace_back("tls_certificate and tls_key belong together: set both or none");
  check_public_url(config, problems);
  check_url("sms_url", config.sms_url, false, problems);
  check_mail(config, problems);
  check_url("ocsp_url", config.ocsp_url, false, problems);
  for (auto const& url : config.crl_urls) check_url("crl_urls", url, false, problems);
  if (config.crl_urls.size() > config.limits.crl_urls_max)
    problems.push_back("crl_urls: at most " + std::to_string(config.limits.crl_urls_max));
  check_url("tsa_url", config.tsa_url, false, problems);
  check_url("ncalayer_url", config.ncalayer_url, true, problems);
  if (!config.clamd.empty() && !config.clamd.starts_with("unix:/") &&
      !parse_host_port(config.clamd))
    problems.emplace_back("clamd must be host:port or unix:/path");
  check_seal(config, problems);
}

void check_paths(Config const& config, Problems& problems) {
  struct Path {
    std::string_view key;
    std::string const& value;
    bool folder;
  };
  Path const paths[] = {{"tls_certificate", config.tls_certificate, false},
                        {"tls_key", config.tls_key, false},
                        {"seal_p12", config.seal_p12, false},
                        {"seal_password_file", config.seal_password_file, false},
                        {"seal_certificate", config.seal_certificate, false},
                        {"pkcs11_module", config.pkcs11_module, false},
                        {"pkcs11_pin_file", config.pkcs11_pin_file, false},
                        {"signer_token_file", config.signer_token_file, false},
                        {"trust_folder", config.trust_folder, true},
                        {"state_folder", config.state_folder, true}};
  for (auto const& path : paths) {
    if (path.value.empty()) continue;
    std::error_code error;
    bool const there = path.folder ? std::filesystem::is_directory(path.value, error)
                                   : find_file(path.value).has_value();
    if (!there)
      problems.push_back(std::string{path.key} + ": " + path.value +
                         (path.folder ? " is not a folder" : " cannot be read"));
  }
}

/// Passwords of "scheme://user:password@host" and of "password=..." become asterisks.
std::string mask_password(std::string text) {
  auto const scheme = text.find("://");
  auto const at = text.find('@', scheme == std::string::npos ? 0 : scheme);
  if (scheme != std::string::npos && at != std::string::npos) {
    auto const colon = text.find(':', scheme + 3);
    if (colon < at) text.replace(colon + 1, at - colon - 1, "***");
  }
  if (auto const word = text.find("password="); word != std::string::npos) {
    auto const begin = word + std::string_view{"password="}.size();
    text.replace(begin, text.find_first_of(" &", begin) - begin, "***");
  }
  return text;
}

}  // namespace

std::expected<Config, Problems> parse_config(std::string_view text,
                                             Environment const& environment) {
  Config config;
  Problems problems;
  read_file_text(config, text, problems);
  read_environment(config, environment, problems);
  validate(config, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return config;
}

std::expected<Config, Problems> load_config(std::string const& path) {
  std::string text;
  if (!path.empty()) {
    auto file = find_file(path, k_config_bytes_max);
    if (!file) return std::unexpected(Problems{path + " cannot be read, or is too large"});
    text = std::move(*file);
  }
  auto const environment = [](std::string const& name) -> std::optional<std::string> {
    char const* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
  auto config = parse_config(text, environment);
  if (!config) return config;
  Problems problems;
  check_paths(*config, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return config;
}

Problems missing_for_serving(Config const& config) {
  Problems problems;
  auto keys = keys_of_seal(config.seal);
  keys.insert(keys.begin(), {"state_folder", "database_url", "trust_folder", "vault_key_file",
                             "sms_url", "ocsp_url", "tsa_url", "clamd"});
  for (auto const key : keys)
    if (find_setting(key)->show(config).empty())
      problems.push_back(std::string{key} + " is not set");
  return problems;
}

std::string describe(Config const& config) {
  std::string text;
  for (auto const& setting : k_settings)
    text += std::string{setting.key} + " = " + mask_password(setting.show(config)) + '\n';
  return text;
}

std::optional<unsigned long> pkcs11_mechanism(std::string_view text) {
  if (text == "rsa-pkcs") return 0x1;          // CKM_RSA_PKCS
  if (text == "sha256-rsa-pkcs") return 0x40;  // CKM_SHA256_RSA_PKCS
  bool const hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  unsigned long number = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, number, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

bool is_https(Config const& config) {
  return config.public_url.starts_with("https:");
}

}  // namespace qyzmet::platform
