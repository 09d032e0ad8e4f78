#include "services/work/outbox.hpp"

#include <algorithm>
#include <optional>

#include "db/alerts.hpp"
#include "db/blanks.hpp"
#include "db/documents.hpp"
#include "db/mail.hpp"
#include "db/outbox.hpp"
#include "db/people.hpp"
#include "db/vault.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/act.hpp"
#include "services/casework/documents.hpp"
#include "services/casework/enrolment.hpp"
#include "services/casework/record_entry.hpp"
#include "services/casework/seal.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;
using casework::World;

namespace {

constexpr std::string_view k_notify = "notify";
constexpr std::string_view k_register = "register";
constexpr std::string_view k_issue = "edoc.issue";
constexpr std::string_view k_enter_registration = "registration.enter";
constexpr std::string_view k_issue_military_id = "military_id.issue";
constexpr std::string_view k_enter_record = "mis.entry";
constexpr std::string_view k_undo_record = "mis.undo";
constexpr std::string_view k_spoil_blank = "blank.spoiled";
constexpr std::string_view k_enter_mark = "person.gone";

/// What came of an effect: an answer for the case, or a reason to try again.
struct Outcome {
  std::optional<engine::Context> result;
  std::string reason;
  std::string document = {};  // SHA-256 of what went out
};

/// What a last attempt that reached nobody means.
enum class Unreached {
  try_again,  // or an incident, when there were enough tries
  gone_out,   // nothing counts but that it stands in the cabinet
  told,       // its delivery counts: the process hears that there was none
};
Unreached unreached(engine::Package const& package, db::Claimed const& effect) {
  auto const handler = package.handlers.find(effect.kind);
  if (effect.attempt < k_attempts_max || handler == package.handlers.end())
    return Unreached::try_again;
  if (handler->second.cabinet_is_enough) return Unreached::gone_out;
  return handler->second.tells_undelivered ? Unreached::told : Unreached::try_again;
}

struct Addressee {
  db::NoticeId notice;
  std::string phone;
  std::string language;
  Instant sent;
  std::optional<Instant> delivered;  // it was opened in the cabinet meanwhile
  std::string document;              // of the first attempt, if this is another
};

Addressee put_into_cabinet(db::Connection& connection, db::Claimed const& effect,
                           db::LoadedCase const& row, Instant now, std::string const& document) {
  db::Notice const notice{.id = {},
                          .case_id = row.id,
                          .number = row.number,
                          .person = row.person,
                          .kind = effect.kind,
                          .document = document,
                          .arguments = "{}",
                          .key = effect.key,
                          .sent = now,
                          .delivered = {},
                          .read = {},
                          .channel = {}};
  Addressee out;
  out.notice = db::send_notice(connection, notice);
  auto const person = db::find_person(connection, row.person);
  if (person) out.phone = person->phone;
  if (person && !person->email.empty()) db::queue_mail(connection, row.person, out.notice);
  out.language = row.language;
  out.sent = now;
  for (auto const& each : db::notices_of_case(connection, row.id))
    if (each.id == out.notice) {
      out.sent = each.sent;
      out.delivered = each.delivered;
      out.document = each.document;
    }
  return out;
}

std::string sms_text(engine::Package const& package, std::string const& language,
                     std::string const& kind, std::string const& number) {
  auto const texts = package.texts.find(language);
  auto const key = "notify." + kind + ".subject";
  if (texts == package.texts.end() || !texts->second.contains(key)) return number;
  return texts->second.find(key)->second + " " + number;
}

/// What goes out: the document of the effect, or the message itself as one. Nothing leaves without
/// a signature: the head's, or else our own seal.
asio::awaitable<Result<std::string>> signed_document(World& world, casework::OpenCase const& open,
                                                     db::Claimed const& effect) {
  auto sha256 = effect.sha256;
  if (sha256.empty()) {
    auto made = co_await casework::produce_notice(world, open, effect.kind);
    if (!made) co_return sha256;
    if (!*made) co_return std::unexpected(made->error());
    sha256 = std::move(**made);
  }
  auto const signature = co_await casework::seal(world, effect.case_id, sha256);
  if (!signature) co_return std::unexpected(signature.error());
  co_return sha256;
}

asio::awaitable<Outcome> notify(World& world, db::Claimed effect) {
  auto open = co_await casework::open_case(world, effect.case_id);
  if (!open) co_return Outcome{.result = {}, .reason = "case_not_found"};
  auto const document = co_await signed_document(world, *open, effect);
  if (!document) co_return Outcome{.result = {}, .reason = document.error().text};
  auto const now = open->now;
  auto const to = co_await world.database.run(
      [effect, row = open->row, now, document = *document](db::Connection& c) {
        return put_into_cabinet(c, effect, row, now, document);
      });
  engine::Context result{{"sent_at", to.sent}};
  if (to.delivered) result["delivered_at"] = std::max(to.sent, *to.delivered);
  if (to.delivered || to.phone.empty())
    co_return Outcome{.result = std::move(result), .reason = {}, .document = to.document};

  auto const text = sms_text(*open->package, to.language, effect.kind, open->row.number);
  auto const report = co_await world.sms.send(
      {.id = "case-" + std::to_string(effect.case_id.value) + "-" + std::to_string(effect.token),
       .to = platform::Pii{to.phone},
       .text = platform::Pii{text}});
  failpoint("outbox_sms_sent");
  bool const arrived =
      report && report->status == peers::Delivery::delivered && report->delivered_at;
  auto const meaning = arrived ? Unreached::try_again : unreached(*open->package, effect);
  if (meaning == Unreached::told)
    co_await world.database.run([notice = to.notice](db::Connection& connection) {
      db::raise_undelivered(connection, notice);
    });
  // A gateway that is silent says nothing of what arrived: that is for administrators.
  if (meaning == Unreached::gone_out || (meaning == Unreached::told && report)) {
    platform::log(platform::Level::warning, "notice_in_cabinet_only", {{"kind", effect.kind}});
    co_return Outcome{.result = std::move(result), .reason = {}, .document = to.document};
  }
  if (!report) co_return Outcome{.result = {}, .reason = "sms_unavailable"};
  if (!arrived) co_return Outcome{.result = {}, .reason = "sms_not_delivered"};
  auto const delivered = std::max(to.sent, *report->delivered_at);
  co_await world.database.run([id = to.notice, delivered](db::Connection& connection) {
    db::mark_delivered(connection, id, delivered, "sms");
  });
  result["delivered_at"] = delivered;
  co_return Outcome{.result = std::move(result), .reason = {}, .document = to.document};
}

/// A paper for somebody outside, drawn from what was ordered: under our seal in the case, from
/// where the office's own post takes it.
asio::awaitable<Outcome> issue(World& world, db::Claimed effect) {
  auto open = co_await casework::open_case(world, effect.case_id);
  if (!open) co_return Outcome{.result = {}, .reason = "case_not_found"};
  auto document =
      co_await casework::produce_document(world, *open, effect.document, std::move(effect.data));
  if (!document) co_return Outcome{.result = {}, .reason = document.error().text};
  auto const signature = co_await casework::seal(world, effect.case_id, *document);
  if (!signature) co_return Outcome{.result = {}, .reason = signature.error().text};
  co_return Outcome{.result = engine::Context{{"sent_at", open->now}},
                    .reason = {},
                    .document = std::move(*document)};
}

/// What becomes of the earlier ID: handed in, replaced, or lost where somebody said so. Who applies
/// because of a loss and hands nothing in has lost it.
db::IdStatus status_of_earlier(engine::Package const& package, engine::Context const& variables) {
  auto const is_true = [&](std::string_view path) {
    return engine::at_path(variables, path) == engine::Value{true};
  };
  if (is_true("old_id.received")) return db::IdStatus::surrendered;
  auto const* const subtype = package.subtype(engine::text_at(variables, "subtype"));
  bool const declared = subtype != nullptr && subtype->old_id == "if_present";
  return declared || is_true("old_id.lost") ? db::IdStatus::lost : db::IdStatus::replaced;
}

void annul_ids(db::Connection& connection, db::LoadedCase const& row, db::IdStatus status,
               Date day) {
  for (auto const& id : db::military_ids(connection, row.person))
    if (id.status == db::IdStatus::valid)
      db::close_military_id(connection, id.id, status, day, row.id);
}

/// The new military ID becomes the valid one, the earlier one is annulled (R77-27, INV-15).
void issue_military_id(db::Connection& connection, db::LoadedCase const& row,
                       engine::Package const& package, engine::Context const& variables, Date day) {
  connection.transaction([&] {
    auto const series = engine::text_at(variables, "id.series");
    auto const number = engine::text_at(variables, "id.number");
    for (auto const& id : db::military_ids(connection, row.person))
      if (id.case_id == row.id && id.number == number) return;  // done by an earlier attempt
    annul_ids(connection, row, status_of_earlier(package, variables), day);
    db::register_military_id(connection, {.id = 0,
                                          .person = row.person,
                                          .series = series,
                                          .number = number,
                                          .case_id = row.id,
                                          .issued = day});
  });
}

bool spoil_blank(db::Connection& connection, db::LoadedCase const& row,
                 engine::Context const& variables, Date day) {
  db::Blank const blank{.kind = engine::text_at(variables, "id.kind"),
                        .series = engine::text_at(variables, "id.series"),
                        .number = engine::text_at(variables, "id.number")};
  // The new one is of no use: the holder said at the branch that the earlier one is lost.
  if (engine::at_path(variables, "old_id.lost") == engine::Value{true})
    annul_ids(connection, row, db::IdStatus::lost, day);
  return db::spoil_blank_of_case(connection, row.id, blank, day, "№ " + row.number);
}

asio::awaitable<Outcome> record_in_register(World& world, db::Claimed effect) {
  auto open = co_await casework::open_case(world, effect.case_id);
  if (!open) co_return Outcome{.result = {}, .reason = "case_not_found"};
  if (effect.kind == k_enter_registration || effect.kind == k_enter_record ||
      effect.kind == k_undo_record || effect.kind == k_enter_mark) {
    auto const enter = effect.kind == k_enter_record  ? casework::enter_record
                       : effect.kind == k_undo_record ? casework::undo_record
                       : effect.kind == k_enter_mark  ? casework::enter_mark
                                                      : casework::enrol;
    auto entered = co_await enter(world, *open, std::move(effect.data));
    if (!entered) co_return Outcome{.result = {}, .reason = entered.error().text};
    co_return Outcome{.result = std::move(*entered), .reason = {}};
  }
  auto const day = legal_date(open->now);
  if (effect.kind == k_spoil_blank) {
    bool const entered = co_await world.database.run(
        [row = open->row, data = std::move(effect.data), day](db::Connection& connection) {
          return spoil_blank(connection, row, data, day);
        });
    if (!entered) co_return Outcome{.result = {}, .reason = "blank_unknown"};
    co_return Outcome{.result = engine::Context{{"registered_on", day}}, .reason = {}};
  }
  if (effect.kind != k_issue_military_id)
    co_return Outcome{.result = {}, .reason = "unknown_register"};
  co_await world.database.run([&open, data = effect.data, day](db::Connection& connection) {
    issue_military_id(connection, open->row, *open->package, data, day);
  });
  co_return Outcome{.result = engine::Context{{"registered_on", day}}, .reason = {}};
}

asio::awaitable<Outcome> perform(World& world, db::Claimed effect) {
  if (effect.handler == k_notify) {
    auto outcome = co_await notify(world, std::move(effect));
    co_return outcome;
  }
  if (effect.handler == k_register) {
    auto outcome = co_await record_in_register(world, std::move(effect));
    co_return outcome;
  }
  if (effect.handler == k_issue) {
    auto outcome = co_await issue(world, std::move(effect));
    co_return outcome;
  }
  co_return Outcome{.result = {}, .reason = "unknown_handler"};
}

asio::awaitable<void> give_up_for_now(World& world, db::Claimed effect, std::string reason) {
  platform::log(platform::Level::warning, "effect_failed",
                {{"handler", effect.handler}, {"attempt", effect.attempt}, {"reason", reason}});
  auto const backoff = std::min(
      k_backoff_max, std::chrono::milliseconds{1000} * (1 << std::min(effect.attempt, 10)));
  co_await world.database.run([effect, reason, backoff](db::Connection& connection) {
    if (effect.attempt >= k_attempts_max)
      db::park_outbox(connection, effect, reason);
    else
      db::postpone_outbox(connection, effect, backoff, reason);
  });
}

/// The answer of the world outside goes into the case; why it could not, "" when it did.
asio::awaitable<std::string> record(World& world, db::Claimed effect, Outcome outcome) {
  std::vector<db::CaseDocument> sent;
  if (!outcome.document.empty()) {
    auto const code = effect.document.empty() ? effect.kind : effect.document;
    sent.push_back(
        {.code = code, .sha256 = outcome.document, .name = code + ".pdf", .direction = "out"});
  }
  auto const done = co_await casework::act(
      world, effect.case_id,
      {.actor = {.user = "", .role = "system"},
       .body = engine::HandlerResult{.token = effect.token,
                                     .error_code = {},
                                     .detail = {},
                                     .result = std::move(*outcome.result)},
       .documents = std::move(sent),
       .completes = db::StepRow::Completes{.token = effect.token, .fence = effect.fence}});
  if (done || done.error().text == "error.lease_lost") co_return "";
  co_return done.error().text;
}

/// Why the effect is not done, "" when it is. A case or an effect that nobody can read holds no
/// other back.
asio::awaitable<std::string> try_one(World& world, db::Claimed effect) {
  if (!effect.broken.empty()) co_return effect.broken;
  try {
    auto outcome = co_await perform(world, effect);
    if (!outcome.result) co_return outcome.reason;
    failpoint("outbox_answered");
    auto const reason = co_await record(world, effect, std::move(outcome));
    co_return reason;
  } catch (db::SealBroken const& broken) {
    co_return broken.what();
  } catch (db::DatabaseError const& error) {
    co_return error.what();
  }
}

asio::awaitable<void> carry_out_one(World& world, db::Claimed effect) {
  auto reason = co_await try_one(world, effect);
  if (!reason.empty()) co_await give_up_for_now(world, std::move(effect), std::move(reason));
}

}  // namespace

bool carries_out(std::string_view handler, std::string_view kind) {
  bool const known_register = kind == k_enter_registration || kind == k_issue_military_id ||
                              kind == k_enter_record || kind == k_undo_record ||
                              kind == k_spoil_blank || kind == k_enter_mark;
  return handler == k_notify || handler == k_issue || (handler == k_register && known_register);
}

asio::awaitable<int> carry_out(World& world, std::string worker) {
  auto const claimed = co_await world.database.run([worker](db::Connection& connection) {
    return db::claim_outbox(connection, worker, k_claim_max, k_lease);
  });
  if (!claimed.empty()) failpoint("outbox_claimed");
  for (auto const& effect : claimed) co_await carry_out_one(world, effect);
  co_return static_cast<int>(claimed.size());
}

}  // namespace qyzmet::work
