// Mail: what goes over the line, with and without TLS, and what comes of a server that fails.
#include "services/peers/smtp.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "services/simulators/smtp.hpp"
#include "tests/services/http_rig.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;

Letter letter(std::string id = "mail-1") {
  return {.id = std::move(id),
          .to = platform::Pii<std::string>{"arman@example.kz"},
          .subject =
              platform::Pii<std::string>{"Әскери есепке қою туралы хабарлама № 1 — ұзын тақырып"},
          .text = platform::Pii<std::string>{"Хабарлама\n.\nжеке кабинетіңізде\n"},
          .at = *parse_instant("2026-11-21T05:00:00.000000Z")};
}

class Mail : public testing::Test {
 protected:
  ~Mail() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  void start(std::shared_ptr<http::Tls> tls = nullptr) {
    server_ = std::make_unique<simulators::SmtpSimulator>(io_, 0, std::move(tls));
    server_->start();
    thread_ = std::jthread{[this] { io_.run(); }};
  }
  std::string url(std::string const& scheme = "smtp://") const {
    return scheme + "127.0.0.1:" + std::to_string(server_->port());
  }
  Result<bool> send(std::string const& to_url, Letter what = letter()) {
    MailServer client{to_url, "qyzmet@example.kz", limits_};
    return asio::co_spawn(io_, client.send(std::move(what)), asio::use_future).get();
  }

  asio::io_context io_;
  platform::Limits limits_{.peer_deadline = std::chrono::milliseconds{3000}};
  std::unique_ptr<simulators::SmtpSimulator> server_;
  std::jthread thread_;
};

TEST_F(Mail, a_letter_arrives_as_it_was_written_and_once) {
  start();
  ASSERT_TRUE(send(url()));
  ASSERT_TRUE(send(url())) << "the same once more";
  ASSERT_EQ(server_->letters().size(), 1U);
  auto const kept = server_->letters()[0];
  EXPECT_EQ(kept.to, "arman@example.kz");
  EXPECT_EQ(kept.from, "qyzmet@example.kz");
  EXPECT_EQ(kept.id, "mail-1@example.kz");
  EXPECT_EQ(kept.subject, letter().subject.reveal());
  EXPECT_EQ(kept.text, letter().text.reveal());
  EXPECT_FALSE(kept.secure);
  auto const text = mail_text(letter(), "qyzmet@example.kz");
  EXPECT_TRUE(text.starts_with("Date: Sat, 21 Nov 2026 05:00:00 +0000\r\n")) << text;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find("\r\n", at);
    EXPECT_LE(end - at, 98U) << "no line is longer than mail may have";
    EXPECT_NE(text[at], '.');
    at = end + 2;
  }
  EXPECT_FALSE(send("smtp+tls://127.0.0.1:" + std::to_string(server_->port())))
      << "TLS is demanded, the server has none";
}

TEST_F(Mail, tls_is_used_where_it_is_offered) {
  tests::Certificate const certificate;
  if (!certificate.made) GTEST_SKIP() << "no openssl program";
  start(http::make_server_tls(certificate.certificate(), certificate.key()));
  ASSERT_TRUE(send(url()));
  ASSERT_EQ(server_->letters().size(), 1U);
  EXPECT_TRUE(server_->letters()[0].secure);
  EXPECT_FALSE(send(url("smtp+tls://"), letter("mail-2")))
      << "a certificate that nobody vouches for";
  EXPECT_EQ(server_->letters().size(), 1U);
}

TEST_F(Mail, a_server_that_fails_is_told_from_an_address_that_is_refused) {
  start();
  for (auto const* fault : {"unavailable", "cut", "garbage"}) {
    server_->faults().set(fault);
    auto const sent = send(url(), letter(std::string{"mail-"} + fault));
    ASSERT_FALSE(sent) << fault;
    EXPECT_EQ(sent.error().code, ErrorCode::unavailable) << fault;
  }
  server_->faults().set("reject");
  auto const refused = send(url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid) << "trying again would not help";
  server_->faults().set("none");
  auto to_nobody = letter();
  to_nobody.to = platform::Pii<std::string>{"a@b>\r\nRCPT TO:<c@d"};
  EXPECT_FALSE(send(url(), to_nobody));
  EXPECT_TRUE(is_mail_address("a.b+c@example.kz"));
  for (auto const* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "а@b", "a@b,c@d"})
    EXPECT_FALSE(is_mail_address(bad)) << bad;
  EXPECT_FALSE(send("smtp://127.0.0.1:1")) << "nobody there";
}

}  // namespace
}  // namespace qyzmet::peers
