#include "services/simulators/sms.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "services/http/responses.hpp"
#include "services/simulators/page.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t k_code_digits = 6;

/// "2026-11-21T05:00:00Z"
std::string short_iso(Instant at) {
  return to_iso(at).substr(0, 19) + "Z";
}

json::object described(Message const& message) {
  json::object out{{"id", message.id}, {"status", message.status}};
  if (message.status == "delivered") out["delivered_at"] = short_iso(message.at);
  return out;
}

http::Response answer(json::object const& object, int status = 200) {
  return http::json(json::serialize(object), status);
}

http::Response refused(char const* reason) {
  return answer({{"error", reason}}, 400);
}

bool is_number(std::string_view to) {
  return to.size() == 12 && to.starts_with("+77") &&
         std::ranges::all_of(to.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Message> read_message(std::string const& body) {
  boost::system::error_code error;
  auto const value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  auto const field = [&](std::string_view name) {
    auto const* found = value.as_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
  };
  Message message{
      .id = field("id"), .to = field("to"), .text = field("text"), .at = {}, .status = "delivered"};
  bool const complete = !message.id.empty() && message.id.size() <= 100 && is_number(message.to) &&
                        !message.text.empty() && message.text.size() <= k_message_bytes_max;
  return complete ? std::optional{std::move(message)} : std::nullopt;
}

/// The text with its one-time code made prominent.
std::string with_code(std::string const& text) {
  auto const digit = [&](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!digit(at) || (at > 0 && digit(at - 1))) continue;
    std::size_t size = 0;
    while (digit(at + size)) ++size;
    if (size != k_code_digits) continue;
    return escape(text.substr(0, at)) + "<strong><code>" + text.substr(at, size) +
           "</code></strong>" + escape(text.substr(at + size));
  }
  return escape(text);
}

}  // namespace

SmsSimulator::SmsSimulator(Clock clock)
    : clock_(std::move(clock)), faults_({"unavailable", "reject", "lose", "garbage"}) {}

std::deque<Message> SmsSimulator::messages(std::string const& to) const {
  std::lock_guard const lock{mutex_};
  if (to.empty()) return messages_;
  std::deque<Message> some;
  std::ranges::copy_if(messages_, std::back_inserter(some),
                       [&](Message const& message) { return message.to == to; });
  return some;
}

std::optional<Message> SmsSimulator::find(std::string const& id) const {
  std::lock_guard const lock{mutex_};
  auto const found = std::ranges::find(messages_, id, &Message::id);
  return found == messages_.end() ? std::nullopt : std::optional{*found};
}

asio::awaitable<http::Response> SmsSimulator::post(http::Request& request) {
  co_await faults_.maybe_wait();
  auto const fault = faults_.current();
  if (fault == "unavailable") co_return answer({{"error", "unavailable"}}, 503);
  if (fault == "garbage") co_return http::json("not what was agreed");
  auto message = read_message(request.body);
  if (!message) co_return refused("malformed");
  if (auto const before = find(message->id)) {
    if (before->to != message->to || before->text != message->text)
      co_return answer({{"error", "another message has this id"}}, 409);
    co_return answer(described(*before));
  }
  message->at = co_await clock_.now();
  if (fault == "reject") message->status = "failed";
  if (fault == "lose") message->status = "accepted";
  {
    std::lock_guard const lock{mutex_};
    messages_.push_front(*message);
    if (messages_.size() > k_messages_max) messages_.pop_back();
  }
  co_return answer(described(*message));
}

http::Response SmsSimulator::report(http::Request const& request) const {
  auto const message = find(request.parameters.find("id")->second);
  if (!message) return answer({{"error", "no such message"}}, 404);
  return answer(described(*message));
}

http::Response SmsSimulator::list(http::Request const& request) const {
  json::array all;
  for (auto const& message : messages(parameter(request, "to"))) {
    auto object = described(message);
    object["to"] = message.to;
    object["text"] = message.text;
    object["at"] = short_iso(message.at);
    all.push_back(std::move(object));
  }
  return http::json(json::serialize(all));
}

http::Response SmsSimulator::front_page() const {
  std::string rows;
  for (auto const& message : messages())
    rows += "<tr><td><time>" + short_iso(message.at) + "</time></td><td>" + escape(message.to) +
            "</td><td>" + with_code(message.text) + "</td><td>" + escape(message.status) +
            "</td></tr>";
  auto const table =
      "<table><thead><tr><th>Time (UTC)</th><th>To</th><th>Text</th><th>Status</th></tr></thead>"
      "<tbody>" +
      rows + "</tbody></table>";
  return page("Messages by SMS (simulated)",
              (rows.empty() ? std::string{"<p>No messages yet.</p>"} : table) +
                  "<p><a href=\"/\">Refresh</a></p>");
}

void SmsSimulator::add_routes(http::Router& router) {
  auto const show = [&](char const* pattern, http::Handler handler) {
    router.add({.method = http::Method::get,
                .pattern = pattern,
                .access = "anyone",
                .handler = std::move(handler)});
  };
  router.add({.method = http::Method::post,
              .pattern = "/messages",
              .access = "anyone",
              .body = http::Body::json,
              .handler = [this](http::Request& request) { return post(request); }});
  show("/messages/{id}", [this](http::Request& request) { return ready(report(request)); });
  show("/messages.json", [this](http::Request& request) { return ready(list(request)); });
  show("/", [this](http::Request&) { return ready(front_page()); });
  faults_.add_routes(router);
}

}  // namespace qyzmet::simulators
