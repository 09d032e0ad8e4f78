#include "services/peers/smtp.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/base/check.hpp"
#include "services/peers/call.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;

constexpr std::size_t k_line_bytes_max = 2048;  // of an answer
constexpr std::size_t k_answer_lines_max = 100;
constexpr std::size_t k_address_bytes_max = 254;
constexpr std::size_t k_encoded_word_bytes = 45;  // 60 characters of Base64
constexpr std::size_t k_body_line_characters = 76;
constexpr std::string_view k_peer = "smtp";
// The server refuses for good: trying again would not help.
constexpr std::string_view k_refused = "refused";

struct Reply {
  int code = 0;  // 0: no answer
  std::string text;
  bool is(int hundreds) const { return code / 100 == hundreds; }
};

/// A conversation: commands and numbered answers.
class Line {
 public:
  explicit Line(std::unique_ptr<http::Stream> stream) : stream_{std::move(stream)} {}

  asio::awaitable<Reply> say(std::string command) {
    command += "\r\n";
    bool const sent = co_await stream_->write_all(asio::buffer(command), {});
    if (!sent) co_return Reply{};
    auto reply = co_await hear();
    co_return reply;
  }

  asio::awaitable<Reply> hear() {
    Reply reply;
    for (std::size_t lines = 0; lines < k_answer_lines_max; ++lines) {
      auto const line = co_await read_line();
      if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit))
        co_return Reply{};
      reply.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
      reply.text += line.substr(std::min<std::size_t>(4, line.size())) + "\n";
      if (line.size() == 3 || line[3] != '-') co_return reply;
    }
    co_return Reply{};
  }

  /// From here on under TLS; false when it cannot be agreed on. What came before is forgotten.
  asio::awaitable<bool> secure(std::string host, std::shared_ptr<http::Tls> tls,
                               http::Stream::TimePoint deadline) {
    waiting_.clear();
    stream_ =
        co_await http::start_tls(std::move(stream_), std::move(host), std::move(tls), deadline);
    co_return stream_ != nullptr;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  asio::awaitable<std::string> read_line() {
    std::array<char, 512> piece;
    while (waiting_.find("\r\n") == std::string::npos) {
      if (waiting_.size() > k_line_bytes_max) co_return std::string{};
      auto const size = co_await stream_->read_some(asio::buffer(piece));
      if (size == 0) co_return std::string{};
      waiting_.append(piece.data(), size);
    }
    auto const end = waiting_.find("\r\n");
    auto line = waiting_.substr(0, end);
    waiting_.erase(0, end + 2);
    co_return line;
  }

  std::unique_ptr<http::Stream> stream_;
  std::string waiting_;
};

bool offers(Reply const& hello, std::string_view extension) {
  std::string_view rest = hello.text;
  while (!rest.empty()) {
    auto const line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.substr(0, line.find(' ')) == extension) return true;
  }
  return false;
}

/// "" when the command was taken, else why not.
std::string fault_of(Reply const& reply, int wanted, std::string_view step) {
  if (reply.is(wanted)) return {};
  return reply.is(5) ? std::string{k_refused} : std::string{step};
}

/// =?utf-8?B?...?= words, none of which splits a character (RFC 2047).
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto size = std::min(text.size(), k_encoded_word_bytes);
    auto const is_inside = [&](std::size_t at) {
      return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
    };
    while (size > 1 && is_inside(size)) --size;
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?B?" + platform::to_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

/// "Sat, 21 Nov 2026 05:00:00 +0000"
std::string mail_date(Instant at) {
  constexpr std::array k_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day const date{day};
  auto const iso = to_iso(at);
  return std::string{k_days[std::chrono::weekday{day}.c_encoding()]} + ", " + iso.substr(8, 2) +
         " " + k_months[unsigned{date.month()} - 1] + " " + iso.substr(0, 4) + " " +
         iso.substr(11, 8) + " +0000";
}

std::string domain_of(std::string_view address) {
  return std::string{address.substr(address.find('@') + 1)};
}

}  // namespace

bool is_mail_address(std::string_view address) {
  auto const at = address.find('@');
  if (address.size() > k_address_bytes_max || at == 0 || at == std::string_view::npos ||
      at + 1 == address.size() || address.find('@', at + 1) != std::string_view::npos)
    return false;
  return std::ranges::all_of(address, [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view{"<>()[]\\,;:\""}.find(c) == std::string::npos;
  });
}

std::string mail_text(Letter const& letter, std::string_view from) {
  std::string out = "Date: " + mail_date(letter.at) + "\r\n";
  out += "From: <" + std::string{from} + ">\r\n";
  out += "To: <" + letter.to.reveal() + ">\r\n";
  out += "Message-ID: <" + letter.id + "@" + domain_of(from) + ">\r\n";
  out += "Subject: " + encoded_words(letter.subject.reveal()) + "\r\n";
  out +=
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  auto const body = platform::to_base64(letter.text.reveal());
  for (std::size_t at = 0; at < body.size(); at += k_body_line_characters)
    out += body.substr(at, k_body_line_characters) + "\r\n";
  return out;
}

MailServer::MailServer(std::string const& url, std::string from, platform::Limits const& limits)
    : from_{std::move(from)}, limits_{limits} {
  if (url.empty()) return;
  tls_required_ = url.starts_with(platform::k_smtp_tls_scheme);
  auto const scheme = tls_required_ ? platform::k_smtp_tls_scheme : platform::k_smtp_scheme;
  auto const target = platform::parse_host_port(url.substr(scheme.size()));
  check(target.has_value(), "the configuration has checked the address of the mail server");
  host_ = target->host;
  port_ = target->port;
  tls_ = http::make_client_tls({});
}

/// Why the letter was not taken over; "" when it was.
asio::awaitable<std::string> MailServer::talk(Letter const& letter) {
  auto const deadline = std::chrono::steady_clock::now() + limits_.peer_deadline;
  auto stream = co_await http::connect(host_, port_, nullptr, deadline);
  if (!stream) co_return "connect";
  Line line{std::move(stream)};
  auto reply = co_await line.hear();
  if (!reply.is(2)) co_return "greeting";
  auto const hello = "EHLO " + domain_of(from_);
  reply = co_await line.say(hello);
  if (!reply.is(2)) co_return "hello";
  if (offers(reply, "STARTTLS")) {
    reply = co_await line.say("STARTTLS");
    if (!reply.is(2)) co_return "tls";
    bool const secure = co_await line.secure(tls_required_ ? host_ : "", tls_, deadline);
    if (!secure) co_return "tls";
    reply = co_await line.say(hello);
    if (!reply.is(2)) co_return "hello";
  } else if (tls_required_) {
    co_return "tls";
  }
  reply = co_await line.say("MAIL FROM:<" + from_ + ">");
  if (auto fault = fault_of(reply, 2, "sender"); !fault.empty()) co_return fault;
  reply = co_await line.say("RCPT TO:<" + letter.to.reveal() + ">");
  if (auto fault = fault_of(reply, 2, "recipient"); !fault.empty()) co_return fault;
  reply = co_await line.say("DATA");
  if (auto fault = fault_of(reply, 3, "data"); !fault.empty()) co_return fault;
  // No line begins with a dot: headers have names, the body is Base64.
  reply = co_await line.say(mail_text(letter, from_) + ".");
  if (auto fault = fault_of(reply, 2, "text"); !fault.empty()) co_return fault;
  co_await line.say("QUIT");
  co_return std::string{};
}

asio::awaitable<Result<bool>> MailServer::send(Letter letter) {
  std::string const peer{k_peer};
  if (!is_mail_address(letter.to.reveal())) co_return fail(ErrorCode::invalid, "error.field_email");
  if (!breaker_.allow(Breaker::Clock::now()))
    co_return std::unexpected(peer_unavailable(peer, "breaker_open"));
  // On a strand of its own: the deadline's timers and the socket must not meet on two threads.
  asio::any_io_executor const outer = co_await asio::this_coro::executor;
  auto const strand = asio::make_strand(outer);
  auto const fault = co_await asio::co_spawn(strand, talk(letter), asio::use_awaitable);
  record_call(peer, fault.empty(), fault);
  bool const answered = fault.empty() || fault == k_refused;
  if (answered)
    breaker_.succeeded();
  else
    breaker_.failed(Breaker::Clock::now());
  if (fault.empty()) co_return true;
  if (answered) co_return fail(ErrorCode::invalid, "error.field_email");
  co_return std::unexpected(peer_unavailable(peer, fault));
}

}  // namespace qyzmet::peers
