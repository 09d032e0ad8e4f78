#include "services/peers/sms.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "engine/base/check.hpp"
#include "services/peers/call.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view k_json = "application/json";

bool is_id(std::string_view id) {
  auto const allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  };
  return !id.empty() && std::ranges::all_of(id, allowed);
}

int number(std::string_view digits) {
  int value = 0;
  for (char const c : digits) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// "2026-11-21T05:00:00Z", with or without a fraction of a second.
std::optional<Instant> parse_instant(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      !text.ends_with('Z'))
    return std::nullopt;
  auto const date = parse_date(text.substr(0, 10));
  int const hour = number(text.substr(11, 2)), minute = number(text.substr(14, 2)),
            second = number(text.substr(17, 2));
  auto fraction = text.substr(19, text.size() - 20);
  if (!date || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  std::int64_t micros = 0;
  if (!fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 7) return std::nullopt;
    auto digits = std::string{fraction.substr(1)};
    digits.resize(6, '0');
    micros = number(digits);
    if (micros < 0) return std::nullopt;
  }
  auto const seconds = std::chrono::hours{hour} + std::chrono::minutes{minute} +
                       std::chrono::seconds{second} + std::chrono::microseconds{micros};
  return Instant{std::chrono::microseconds{date->time_since_epoch()}} + seconds;
}

std::optional<SmsReport> parse_report(std::string_view text) {
  json::error_code error;
  auto const value = json::parse({text.data(), text.size()}, error);
  auto const* const object = error ? nullptr : value.if_object();
  auto const* const status = object == nullptr ? nullptr : object->if_contains("status");
  if (status == nullptr || !status->is_string()) return std::nullopt;
  SmsReport report;
  auto const& word = status->get_string();
  if (word == "failed") {
    report.status = Delivery::failed;
  } else if (word == "delivered") {
    auto const* const at = object->if_contains("delivered_at");
    if (at == nullptr || !at->is_string()) return std::nullopt;
    report.status = Delivery::delivered;
    auto const& when = at->get_string();
    report.delivered_at = parse_instant({when.data(), when.size()});
    if (!report.delivered_at) return std::nullopt;
  } else if (word != "accepted") {
    return std::nullopt;
  }
  return report;
}

Result<SmsReport> read(Result<std::string> const& answer) {
  if (!answer) return std::unexpected(answer.error());
  auto const report = parse_report(*answer);
  if (!report) return std::unexpected(peer_unavailable("sms", "answer"));
  return *report;
}

}  // namespace

SmsGateway::SmsGateway(std::string url, platform::Limits const& limits)
    : url_(std::move(url)), limits_(limits) {}

asio::awaitable<Result<SmsReport>> SmsGateway::send(Sms sms) {
  check(is_id(sms.id), "the id of a message can stand in a header and in a path");
  json::object const body{{"to", sms.to.reveal()}, {"text", sms.text.reveal()}, {"id", sms.id}};
  http::ClientRequest post{.method = http::Method::post,
                           .url = url_,
                           .content_type = std::string{k_json},
                           .body = json::serialize(body)};
  post.headers.set("Idempotency-Key", sms.id);
  auto const answer = co_await call("sms", std::move(post), std::string{k_json}, limits_, breaker_);
  co_return read(answer);
}

asio::awaitable<Result<SmsReport>> SmsGateway::report(std::string id) {
  check(is_id(id), "the id of a message can stand in a header and in a path");
  http::ClientRequest get{.method = http::Method::get, .url = url_ + '/' + id};
  auto const answer = co_await call("sms", std::move(get), std::string{k_json}, limits_, breaker_);
  co_return read(answer);
}

}  // namespace qyzmet::peers
