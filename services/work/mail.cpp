#include "services/work/mail.hpp"

#include <algorithm>

#include "db/mail.hpp"
#include "db/people.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/enrolment.hpp"
#include "services/casework/letters.hpp"
#include "services/platform/log.hpp"
#include "services/work/outbox.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;
using casework::World;

namespace {

constexpr std::chrono::milliseconds k_mail_lease{60'000};

asio::awaitable<void> close(World& world, db::Mail mail, std::string status, std::string reason) {
  co_await world.database.run([mail, status, reason](db::Connection& connection) {
    db::close_mail(connection, mail, status, reason);
  });
}

asio::awaitable<void> try_later(World& world, db::Mail mail, std::string reason) {
  platform::log(platform::Level::warning, "mail_failed",
                {{"attempt", mail.attempt}, {"reason", reason}});
  auto const backoff =
      std::min(k_backoff_max, std::chrono::milliseconds{1000} * (1 << std::min(mail.attempt, 10)));
  co_await world.database.run([mail, reason, backoff](db::Connection& connection) {
    if (mail.attempt >= k_mail_attempts_max)
      db::close_mail(connection, mail, "failed", reason);
    else
      db::postpone_mail(connection, mail, backoff, reason);
  });
}

/// Who gets it, and in which languages: two for a body, whose people are not known.
struct Addressee {
  std::string email;
  std::vector<std::string> languages;
};

struct Addressed {
  std::optional<Addressee> to;
  std::optional<db::Office> office;  // that has the case
};

Addressed read_addressee(db::Connection& connection, db::Mail const& mail) {
  Addressed out;
  if (mail.office) out.office = db::find_office(connection, *mail.office);
  if (mail.person) {
    if (auto const person = db::find_person(connection, *mail.person))
      out.to = {.email = person->email, .languages = {person->language}};
  } else if (auto const office = db::find_office(connection, *mail.superior_of)) {
    out.to = {.email = office->superior_email, .languages = {"kk", "ru"}};
  }
  return out;
}

/// One text below the other, under the subject of the first.
casework::LetterText text_for(World const& world, db::Mail const& mail, Addressed const& addressed,
                              engine::Package const* package) {
  auto const calendar = world.library.calendar();
  casework::LetterText out;
  for (auto const& language : addressed.to->languages) {
    auto const overdue = mail.is_alert && mail.kind == "superior" && addressed.office && mail.due;
    auto one = overdue
                   ? casework::superior_letter(
                         {.number = mail.number,
                          .office = *addressed.office,
                          .due = *mail.due,
                          .days_over =
                              calendar ? calendar->wd_between(*mail.due, world.clock.today()) : 0},
                         package, language)
                   : casework::letter_text(mail, package, language, world.config.public_url);
    if (out.subject.empty()) out.subject = std::move(one.subject);
    out.body += (out.body.empty() ? "" : "\n") + one.body;
  }
  return out;
}

asio::awaitable<void> send_one(World& world, db::Mail mail) {
  auto const addressed = co_await world.database.run(
      [mail](db::Connection& connection) { return read_addressee(connection, mail); });
  if (!addressed.to || addressed.to->email.empty()) {
    co_await close(world, std::move(mail), "no_address", "");
    co_return;
  }
  if (!world.mail.configured()) {
    co_await close(world, std::move(mail), "failed", "no_server");
    co_return;
  }
  auto const package = mail.package.empty() ? world.library.in_force(casework::k_register_service,
                                                                     world.clock.today())
                                            : world.library.package(mail.package);
  auto text = text_for(world, mail, addressed, package.get());
  auto const sent = co_await world.mail.send({.id = "mail-" + std::to_string(mail.id),
                                              .to = platform::Pii{addressed.to->email},
                                              .subject = platform::Pii{std::move(text.subject)},
                                              .text = platform::Pii{std::move(text.body)},
                                              .at = world.clock.now()});
  failpoint("mail_answered");
  if (!sent && sent.error().code == ErrorCode::invalid) {
    co_await close(world, std::move(mail), "failed", "refused");
    co_return;
  }
  if (!sent) {
    co_await try_later(world, std::move(mail), "unavailable");
    co_return;
  }
  co_await world.database.run([mail, at = world.clock.now()](db::Connection& connection) {
    db::mail_sent(connection, mail, at);
  });
}

}  // namespace

asio::awaitable<int> send_mail(World& world) {
  auto const claimed = co_await world.database.run([](db::Connection& connection) {
    return db::claim_mail(connection, k_mail_max, k_mail_lease);
  });
  for (auto const& mail : claimed) co_await send_one(world, mail);
  co_return static_cast<int>(claimed.size());
}

}  // namespace qyzmet::work
