#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <type_traits>

#include "services/platform/config.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"
#include "services/platform/metrics.hpp"
#include "services/platform/random.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::platform {
namespace {

using testing::Test;

std::string line(std::initializer_list<Field> fields) {
  return format_line("now", Level::info, "fact", fields);
}

TEST(Log, ALineIsOneJsonObjectWhateverTheTextHolds) {
  EXPECT_EQ(line({{"n", 5}, {"d", 0.5}, {"b", true}, {"t", "a\"b\\c"}}),
            R"({"ts":"now","level":"info","fact":"fact","n":5,"d":0.5,"b":true,"t":"a\"b\\c"})");
  auto const text = line({{"t", "a\r\nb\x1b[31m\xe2\x80\xae\xe2\x80\xa8\xc2\x85\xd2\x9b"}});
  EXPECT_TRUE(text.ends_with("\"a\\u000d\\u000ab\\u001b[31m\\u202e\\u2028\\u0085\xd2\x9b\"}"))
      << text;
  EXPECT_TRUE(line({{"t", "\xff\xfe ok"}}).contains("\"?? ok\""));
  EXPECT_LT(line({{"t", std::string(1 << 20, 'x')}}).size(), 2000u);
}

TEST(Log, IinShapedNumbersAreMasked) {
  // 900101300127: the check digit of 90010130012 is 7 by the first weights.
  std::string iin = "90010130012";
  int sum = 0;
  for (std::size_t i = 0; i < 11; ++i) sum += (iin[i] - '0') * static_cast<int>(i + 1);
  ASSERT_NE(sum % 11, 10);
  iin += static_cast<char>('0' + sum % 11);
  auto wrong = iin;
  wrong.back() = static_cast<char>(wrong.back() == '9' ? '0' : wrong.back() + 1);
  EXPECT_TRUE(line({{"t", "of " + iin + "."}}).contains("\"of ************.\""));
  EXPECT_TRUE(line({{"t", wrong}}).contains(wrong));
  EXPECT_TRUE(line({{"t", "1" + iin}}).contains(iin)) << "13 digits are no IIN";
  EXPECT_TRUE(line({{"n", std::stoll(iin)}}).contains("\"n\":\"************\""));
}

TEST(Log, PersonalDataIsNoField) {
  static_assert(!std::is_constructible_v<Field, std::string_view, Pii<std::string>>);
  static_assert(!std::is_convertible_v<Pii<std::string>, std::string>);
  static_assert(std::is_constructible_v<Field, std::string_view, std::string>);
  EXPECT_EQ(Pii<std::string>{"a"}.reveal(), "a");
}

TEST(Encoding, RoundTripsAndIsStrict) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  for (auto const* bad : {"Zg", "Zg=", "Zh==", "Zg==\n", "Z===", "====", "Zm9vYmE_"})
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  for (auto const* bad : {"Z", "Zh", "Zg==", "Zm+v"}) EXPECT_EQ(from_base64url(bad), std::nullopt);
  for (auto const* bad : {"0", "0g"}) EXPECT_EQ(from_hex(bad), std::nullopt);
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "ac"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
}

TEST(Encoding, Utf8IsCheckedAsTheStandardSays) {
  for (auto const* good :
       {"", "a", "\xd2\x9b", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (auto const* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xd2",
                          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Random, CodesHaveSixDigitsAndTokensDoNotRepeat) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    auto const code = random_code();
    EXPECT_EQ(code.size(), 6u);
    EXPECT_TRUE(std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; }));
    EXPECT_TRUE(tokens.insert(random_token()).second);
  }
  EXPECT_EQ(random_token().size(), 43u);
  EXPECT_EQ(random_hex(8).size(), 16u);
}

TEST(Metrics, TextIsInThePrometheusFormat) {
  Metrics registry;
  registry.counter("calls_total", "Calls", {{"peer", "a\"b"}}).add(3);
  registry.gauge("open", "Open things").set(-2);
  auto& histogram = registry.histogram("took_seconds", "Time");
  histogram.observe(0.002);
  histogram.observe(60);
  auto const text = registry.text();
  EXPECT_TRUE(text.contains("# TYPE calls_total counter\ncalls_total{peer=\"a\\\"b\"} 3\n"))
      << text;
  EXPECT_TRUE(text.contains("open -2\n"));
  EXPECT_TRUE(text.contains("took_seconds_bucket{le=\"0.001\"} 0\n"));
  EXPECT_TRUE(text.contains("took_seconds_bucket{le=\"0.0025\"} 1\n"));
  EXPECT_TRUE(text.contains("took_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_TRUE(text.contains("took_seconds_count 2\n"));
}

TEST(Url, TakesAbsoluteUrlsOnly) {
  auto const url = parse_url("https://[::1]:8443/a/b?c=d");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(parse_url("http://a")->target, "/");
  EXPECT_EQ(parse_url("wss://a:443/")->origin(), "wss://a");
  for (auto const* bad :
       {"", "a", "ftp://a", "http://", "http://u:p@a/", "http://a:0/", "http://a:x/",
        "http://a:99999/", "http://a/ b", "http://a/#b", "http://[::1/", "HTTP://a"})
    EXPECT_FALSE(parse_url(bad).has_value()) << bad;
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_FALSE(is_loopback("10.0.0.1"));
}

Environment environment(std::map<std::string, std::string> values) {
  return [values](std::string const& name) -> std::optional<std::string> {
    auto const found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional{found->second};
  };
}

TEST(Config, EnvironmentOverridesTheFileAndTheFileTheDefaults) {
  auto const config = parse_config(
      "# comment\n\nlisten_port = 9000\r\nlog_level=debug\nthreads = 3\n"
      "hosts = a.kz  b.kz\npublic_url = https://a.kz\ndatabase_url = host=x\n",
      environment({{"QYZMET_THREADS", "7"}, {"DATABASE_URL", "host=y"}}));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->listen_port, 9000);
  EXPECT_EQ(config->threads, 7u);
  EXPECT_EQ(config->log_level, Level::debug);
  EXPECT_EQ(config->hosts, (std::vector<std::string>{"a.kz", "b.kz"}));
  EXPECT_EQ(config->database_url, "host=y");
  EXPECT_EQ(config->listen_address, "127.0.0.1");
  EXPECT_TRUE(is_https(*config));
}

TEST(Config, HostsFollowThePublicUrl) {
  EXPECT_EQ(parse_config("", environment({}))->hosts,
            (std::vector<std::string>{"127.0.0.1:8080", "localhost:8080"}));
  EXPECT_EQ(parse_config("public_url = https://a.kz", environment({}))->hosts,
            (std::vector<std::string>{"a.kz"}));
}

TEST(Config, AllProblemsAreReportedAtOnceWithTheirPlace) {
  auto const config = parse_config(
      "listen_port = 70000\nunknown = 1\nthreads = 1\nthreads = 2\nnothing\nlog_level = loud\n"
      "tls_key = k.pem\npublic_url = http://a.kz\nsms_url = ftp://a\nclamd = here\n"
      "ncalayer_url = https://a\nseal_p12 = s.p12",
      environment({{"QYZMET_DATABASE_CONNECTIONS", "none"}}));
  ASSERT_FALSE(config.has_value());
  std::string all;
  for (auto const& problem : config.error()) all += problem + '\n';
  EXPECT_EQ(all,
            "line 1: listen_port must be a number from 0 to 65535\n"
            "line 2: unknown key unknown\n"
            "line 4: threads is set twice\n"
            "line 5: expected `key = value`\n"
            "line 6: log_level must be debug, info, warning or error\n"
            "QYZMET_DATABASE_CONNECTIONS: database_connections must be a number from 1 to 512\n"
            "tls_certificate and tls_key belong together: set both or none\n"
            "public_url must be https, unless it is this machine\n"
            "sms_url must be an http:// or https:// URL\n"
            "ncalayer_url must be a ws:// or wss:// URL\n"
            "clamd must be host:port or unix:/path\n"
            "seal_p12 and seal_password_file belong together: set both or none\n");
}

TEST(Config, DescriptionMasksPasswords) {
  auto const config =
      parse_config("database_url = postgresql://user:geheim@host/db", environment({}));
  ASSERT_TRUE(config.has_value());
  auto const text = describe(*config);
  EXPECT_FALSE(text.contains("geheim"));
  EXPECT_TRUE(text.contains("database_url = postgresql://user:***@host/db\n"));
  auto other = *config;
  other.database_url = "host=a password=geheim dbname=b";
  EXPECT_TRUE(describe(other).contains("database_url = host=a password=*** dbname=b\n"));
  EXPECT_TRUE(
      testing::Value(missing_for_serving(*config), testing::Contains("vault_key_file is not set")));
}

}  // namespace
}  // namespace qyzmet::platform
