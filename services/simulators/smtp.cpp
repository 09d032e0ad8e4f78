#include "services/simulators/smtp.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <optional>

#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"
#include "services/simulators/page.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;

namespace {

constexpr std::size_t k_line_bytes_max = 2048;
constexpr std::chrono::seconds k_session_max{60};

/// The text between < and >.
std::string in_brackets(std::string_view text) {
  auto const from = text.find('<'), until = text.find('>');
  if (from == std::string_view::npos || until == std::string_view::npos || until < from) return {};
  return std::string{text.substr(from + 1, until - from - 1)};
}

/// The value of a header with its folded lines.
std::string header(std::string_view head, std::string_view name) {
  auto at = head.find(std::string{"\r\n"} + std::string{name} + ": ");
  if (at == std::string_view::npos) return {};
  at += name.size() + 4;
  auto end = head.find("\r\n", at);
  while (end != std::string_view::npos && head.substr(end + 2, 1) == " ")
    end = head.find("\r\n", end + 2);
  return std::string{head.substr(at, end - at)};
}

/// =?utf-8?B?...?= words of a subject, one after the other.
std::string decoded_words(std::string_view text) {
  constexpr std::string_view k_begin = "=?utf-8?B?", k_end = "?=";
  std::string out;
  for (auto at = text.find(k_begin); at != std::string_view::npos; at = text.find(k_begin, at)) {
    at += k_begin.size();
    auto const end = text.find(k_end, at);
    if (end == std::string_view::npos) return out;
    out += platform::from_base64(text.substr(at, end - at)).value_or("?");
  }
  return out;
}

std::string decoded_body(std::string_view text) {
  std::string digits;
  for (char const c : text)
    if (c != '\r' && c != '\n') digits += c;
  return platform::from_base64(digits).value_or("?");
}

}  // namespace

/// One connection.
struct SmtpSimulator::Session {
  std::unique_ptr<http::Stream> stream;
  std::string waiting = {};
  bool is_secure = false;
  std::string from = {}, to = {};

  asio::awaitable<bool> write(std::string text) {
    text += "\r\n";
    bool const sent = co_await stream->write_all(asio::buffer(text), {});
    co_return sent;
  }
  /// Up to `end`, without it; nullopt when the client goes away or says too much.
  asio::awaitable<std::optional<std::string>> read_until(std::string end, std::size_t bytes_max) {
    std::array<char, 4096> piece;
    while (waiting.find(end) == std::string::npos) {
      if (waiting.size() > bytes_max) co_return std::nullopt;
      auto const size = co_await stream->read_some(asio::buffer(piece));
      if (size == 0) co_return std::nullopt;
      waiting.append(piece.data(), size);
    }
    auto const at = waiting.find(end);
    auto text = waiting.substr(0, at);
    waiting.erase(0, at + end.size());
    co_return text;
  }
};

SmtpSimulator::SmtpSimulator(asio::io_context& io, std::uint16_t port,
                             std::shared_ptr<http::Tls> tls)
    : io_(io),
      acceptor_(io, tcp::endpoint{asio::ip::address_v4::loopback(), port}),
      tls_(std::move(tls)),
      faults_({"unavailable", "reject", "cut", "garbage"}) {}

void SmtpSimulator::start() {
  asio::co_spawn(io_, accept(), asio::detached);
}

std::deque<KeptLetter> SmtpSimulator::letters() const {
  std::lock_guard const lock{mutex_};
  return letters_;
}

asio::awaitable<void> SmtpSimulator::accept() {
  while (true) {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> SmtpSimulator::serve(tcp::socket socket) {
  Session session{.stream = http::make_stream(std::move(socket), nullptr)};
  session.stream->expires_at(std::chrono::steady_clock::now() + k_session_max);
  co_await faults_.maybe_wait();
  if (faults_.is("unavailable")) {
    co_await session.write("421 try later");
    co_return;
  }
  bool more =
      co_await session.write(faults_.is("garbage") ? "what is this" : "220 mail.simulated ESMTP");
  while (more) {
    auto command = co_await session.read_until("\r\n", k_line_bytes_max);
    if (!command) co_return;
    more = co_await answer(session, std::move(*command));
  }
}

/// False: the conversation is over.
asio::awaitable<bool> SmtpSimulator::answer(Session& session, std::string command) {
  std::string reply = "500 unknown command";
  if (command.starts_with("EHLO ")) {
    reply =
        tls_ && !session.is_secure ? "250-mail.simulated\r\n250 STARTTLS" : "250 mail.simulated";
  } else if (command == "STARTTLS" && tls_ && !session.is_secure) {
    bool const agreed = co_await secure(session);
    co_return agreed;
  } else if (command.starts_with("MAIL FROM:")) {
    session.from = in_brackets(command);
    reply = "250 ok";
  } else if (command.starts_with("RCPT TO:")) {
    session.to = in_brackets(command);
    reply = faults_.is("reject") ? "550 no such mailbox" : "250 ok";
  } else if (command == "DATA") {
    bool const taken = co_await take_letter(session);
    co_return taken;
  } else if (command == "QUIT") {
    co_await session.write("221 bye");
    co_return false;
  }
  bool const sent = co_await session.write(std::move(reply));
  co_return sent;
}

asio::awaitable<bool> SmtpSimulator::secure(Session& session) {
  bool const sent = co_await session.write("220 go ahead");
  auto socket = session.stream->release();
  if (!sent || !socket) co_return false;
  session.stream = http::make_stream(std::move(*socket), tls_);
  session.stream->expires_at(std::chrono::steady_clock::now() + k_session_max);
  session.waiting.clear();
  session.is_secure = co_await session.stream->handshake();
  co_return session.is_secure;
}

asio::awaitable<bool> SmtpSimulator::take_letter(Session& session) {
  if (session.from.empty() || session.to.empty()) {
    bool const sent = co_await session.write("503 sender and recipient first");
    co_return sent;
  }
  bool const asked = co_await session.write("354 end with a dot");
  if (!asked) co_return false;
  auto const text = co_await session.read_until("\r\n.\r\n", k_letter_bytes_max);
  if (!text) co_return false;
  keep(session, *text);
  if (faults_.is("cut")) co_return false;
  bool const sent = co_await session.write("250 taken");
  co_return sent;
}

void SmtpSimulator::keep(Session const& session, std::string const& text) {
  auto const split = text.find("\r\n\r\n");
  auto const head = "\r\n" + text.substr(0, split) + "\r\n";
  KeptLetter letter{
      .id = in_brackets(header(head, "Message-ID")),
      .from = session.from,
      .to = session.to,
      .subject = decoded_words(header(head, "Subject")),
      .text = split == std::string::npos ? std::string{} : decoded_body(text.substr(split + 4)),
      .secure = session.is_secure};
  std::lock_guard const lock{mutex_};
  if (std::ranges::find(letters_, letter.id, &KeptLetter::id) != letters_.end()) return;
  letters_.push_front(std::move(letter));
  if (letters_.size() > k_letters_max) letters_.pop_back();
}

http::Response SmtpSimulator::list() const {
  json::array all;
  for (auto const& letter : letters())
    all.push_back({{"id", letter.id},
                   {"from", letter.from},
                   {"to", letter.to},
                   {"subject", letter.subject},
                   {"text", letter.text},
                   {"secure", letter.secure}});
  return http::json(json::serialize(all));
}

http::Response SmtpSimulator::front_page() const {
  std::string rows;
  for (auto const& letter : letters())
    rows += "<tr><td>" + escape(letter.to) + "</td><td>" + escape(letter.subject) +
            "</td><td><pre>" + escape(letter.text) + "</pre></td></tr>";
  auto const table =
      "<table><thead><tr><th>To</th><th>Subject</th><th>Text</th></tr></thead><tbody>" + rows +
      "</tbody></table>";
  return page("E-mail (simulated)", (rows.empty() ? std::string{"<p>No letters yet.</p>"} : table) +
                                        "<p><a href=\"/\">Refresh</a></p>");
}

void SmtpSimulator::add_routes(http::Router& router) {
  auto const show = [&](char const* pattern, http::Handler handler) {
    router.add({.method = http::Method::get,
                .pattern = pattern,
                .access = "anyone",
                .handler = std::move(handler)});
  };
  show("/letters.json", [this](http::Request&) { return ready(list()); });
  show("/", [this](http::Request&) { return ready(front_page()); });
  faults_.add_routes(router);
}

}  // namespace qyzmet::simulators
