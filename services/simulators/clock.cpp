#include "services/simulators/clock.hpp"

#include "services/http/client.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;

namespace {

constexpr std::size_t k_clock_bytes_max = 4096;
constexpr std::chrono::milliseconds k_question_ms_max{2'000};

Instant machine_time() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Two digits at `at`, -1 if they are not.
int two_digits(std::string_view text, std::size_t at) {
  auto const digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  return digit(at) && digit(at + 1) ? (text[at] - '0') * 10 + text[at + 1] - '0' : -1;
}

asio::awaitable<std::string> read_url(std::string url) {
  auto const answer =
      co_await http::fetch({.url = std::move(url)}, {.deadline = k_question_ms_max});
  co_return answer && answer->status == 200 ? answer->body : std::string{};
}

}  // namespace

std::optional<Instant> find_instant(std::string_view text) {
  constexpr std::size_t k_size = 19;  // YYYY-MM-DDTHH:MM:SS
  for (std::size_t at = 0; at + k_size < text.size(); ++at) {
    auto const piece = text.substr(at, k_size);
    if (piece[10] != 'T' || piece[13] != ':' || piece[16] != ':') continue;
    auto const day = parse_date(piece.substr(0, 10));
    int const hour = two_digits(piece, 11), minute = two_digits(piece, 14),
              second = two_digits(piece, 17);
    auto const end = text.find_first_not_of(".0123456789", at + k_size);
    if (!day || hour < 0 || minute < 0 || second < 0 || end == text.npos || text[end] != 'Z')
      continue;
    return Instant{std::chrono::microseconds{day->time_since_epoch()}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second};
  }
  return std::nullopt;
}

asio::awaitable<Instant> Clock::now() const {
  if (source_.empty()) co_return machine_time();
  std::string text;
  if (source_.starts_with("http://"))
    text = co_await read_url(source_);
  else
    text = platform::find_file(source_, k_clock_bytes_max).value_or("");
  co_return find_instant(text).value_or(machine_time());
}

}  // namespace qyzmet::simulators
