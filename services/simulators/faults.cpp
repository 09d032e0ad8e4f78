#include "services/simulators/faults.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <charconv>

#include "services/http/responses.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_delay_ms_max = 120'000;

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  auto const* end = text.data() + text.size();
  auto const [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end ? std::optional{value} : std::nullopt;
}

}  // namespace

std::string parameter(http::Request const& request, std::string_view name) {
  if (auto const found = request.query.find(name); found != request.query.end())
    return found->second;
  auto const found = request.form.find(name);
  return found == request.form.end() ? std::string{} : found->second;
}

asio::awaitable<http::Response> ready(http::Response response) {
  co_return response;
}

Faults::Faults(std::vector<std::string> names) : names_(std::move(names)) {
  names_.insert(names_.begin(), {"none", "slow"});
}

bool Faults::set(std::string_view name, std::chrono::milliseconds delay) {
  if (std::ranges::find(names_, name) == names_.end()) return false;
  std::lock_guard const lock{mutex_};
  current_ = name;
  delay_ = delay;
  return true;
}

std::string Faults::current() const {
  std::lock_guard const lock{mutex_};
  return current_;
}

asio::awaitable<void> Faults::maybe_wait() const {
  std::chrono::milliseconds delay{0};
  {
    std::lock_guard const lock{mutex_};
    if (current_ == "slow") delay = delay_;
  }
  if (delay == std::chrono::milliseconds{0}) co_return;
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, delay};
  co_await timer.async_wait(asio::use_awaitable);
}

http::Response Faults::describe() const {
  json::array names;
  for (auto const& name : names_) names.emplace_back(name);
  return http::json(json::serialize(json::object{{"fault", current()}, {"faults", names}}));
}

http::Response Faults::change(http::Request const& request) {
  auto const delay = parameter(request, "delay_ms");
  auto const milliseconds =
      delay.empty() ? static_cast<int>(k_delay_ms.count()) : whole_number(delay).value_or(-1);
  if (milliseconds < 0 || milliseconds > k_delay_ms_max ||
      !set(parameter(request, "fault"), std::chrono::milliseconds{milliseconds}))
    return http::json(R"({"error":"no such fault"})", 400);
  return describe();
}

void Faults::add_routes(http::Router& router, std::string const& prefix) {
  router.add({.method = http::Method::get,
              .pattern = prefix + "/control",
              .access = "anyone",
              .handler = [this](http::Request&) { return ready(describe()); }});
  router.add({.method = http::Method::post,
              .pattern = prefix + "/control",
              .access = "anyone",
              .body = http::Body::form,
              .handler = [this](http::Request& request) { return ready(change(request)); }});
}

}  // namespace qyzmet::simulators
