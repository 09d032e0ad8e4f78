#include "services/casework/statements.hpp"

#include <algorithm>

#include "db/people.hpp"
#include "db/statements.hpp"
#include "services/casework/certification.hpp"
#include "services/casework/confirmation.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/files.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

std::unexpected<std::vector<Error>> errors(Error error) {
  return std::unexpected(std::vector<Error>{std::move(error)});
}

// --- Drawing it up

std::string words_of(Words const& words, engine::Field const& field, std::string const& typed) {
  if (field.type == engine::FieldType::boolean) return words.text("ui.yes", {});
  auto const choice = std::ranges::find(field.choices, typed, &engine::Choice::value);
  return choice == field.choices.end() ? typed : words.text(choice->text, {});
}

/// Fields in the order of the form; what was left empty is not declared.
void add_fields(Statement& statement, engine::Form const& form, MessageInput const& sent,
                Words const& words) {
  for (auto const& field : form.fields) {
    auto const typed = sent.fields.find(field.name);
    if (typed == sent.fields.end() || typed->second.empty() || typed->second == "false") continue;
    auto const label = words.text("field." + field.name, {});
    if (field.type != engine::FieldType::document) {
      statement.fields.push_back({.name = field.name,
                                  .label = label,
                                  .value = typed->second,
                                  .words = words_of(words, field, typed->second)});
      continue;
    }
    auto const file = std::ranges::find(sent.files, typed->second, &db::CaseDocument::sha256);
    statement.papers.push_back({.field = field.name,
                                .label = label,
                                .name = file == sent.files.end() ? std::string{} : file->name,
                                .sha256 = typed->second});
  }
}

Statement drawn_up(MessageInput const& sent, std::string language, Words const& words,
                   db::Person const& person) {
  auto const& open = sent.open;
  Statement out{.nonce = platform::random_hex(16),
                .service = words.text("service.title", {}),
                .package = open.package->sha256,
                .number = open.row.number,
                .message = sent.message,
                .wait = sent.wait,
                .declares = words.text("form." + sent.message, {}),
                .language = std::move(language),
                .iin = person.iin,
                .name = person.name,
                .made = to_iso(open.now),
                .fields = {},
                .papers = {}};
  if (auto const* form = open.package->form(sent.message)) add_fields(out, *form, sent, words);
  return out;
}

asio::awaitable<std::optional<db::Person>> applicant_of(World& world, OpenCase const& open) {
  auto person = co_await world.database.run([id = open.row.person](db::Connection& connection) {
    return db::find_person(connection, id);
  });
  co_return person;
}

// --- Certifying it

/// The message that the bytes declare, and nothing else.
MessageInput message_of(OpenCase open, engine::Actor actor, KeptStatement const& statement) {
  auto const& said = statement.said;
  MessageInput out{.open = std::move(open),
                   .message = said.message,
                   .actor = std::move(actor),
                   .fields = {},
                   .idempotency_key = statement.sha256,
                   .wait = said.wait};
  for (auto const& field : said.fields) out.fields.emplace(field.name, field.value);
  // A box that is not ticked is answered, though nobody declares it.
  if (auto const* form = out.open.package->form(said.message))
    for (auto const& field : form->fields)
      if (field.type == engine::FieldType::boolean) out.fields.emplace(field.name, "false");
  for (auto const& paper : said.papers) {
    out.fields.emplace(paper.field, paper.sha256);
    out.files.push_back({.code = paper.field, .sha256 = paper.sha256, .name = paper.name});
  }
  return out;
}

/// The digest of the kept signature.
asio::awaitable<Result<std::string>> signed_by_own_key(World& world, MessageInput const& message,
                                                       KeptStatement const& statement,
                                                       std::string cms) {
  if (cms.empty()) co_return fail(ErrorCode::invalid, "error.signature_missing", "cms");
  auto const received = world.clock.now();
  auto verified = co_await verify_received(world, std::move(cms), statement.xml,
                                           own_key_of(statement.said.iin), received);
  if (verified.report.try_later())
    co_return std::unexpected(Error{.code = ErrorCode::unavailable,
                                    .text = "error.certificate_unchecked",
                                    .field = "cms",
                                    .rule = "R-GEN-05"});
  if (!verified.report.passed()) co_return std::unexpected(signature_error(verified.report));
  verified.signature.signer = user_of(message.actor.user);
  verified.signature.case_id = message.open.row.id;
  auto digest = verified.signature.digest;
  co_await keep_received(world, std::move(verified));
  co_return digest;
}

/// The digest of the sealed proof that the code was right.
asio::awaitable<Result<std::string>> confirmed_by_code(World& world, MessageInput const& message,
                                                       KeptStatement const& statement,
                                                       CertifiedBy by) {
  auto const answer =
      co_await check_code(world, k_statement_code, statement.xml,
                          {.id = by.otp, .code = std::move(by.code)}, message.open.row.person);
  if (!answer) co_return std::unexpected(answer.error());
  auto digest = co_await confirmation(world, {.document = statement.sha256,
                                              .otp = std::move(by.otp),
                                              .answer = *answer,
                                              .user = user_of(message.actor.user).value(),
                                              .case_id = message.open.row.id});
  co_return digest;
}

asio::awaitable<Outcome> certify(World& world, MessageInput message, KeptStatement statement,
                                 CertifiedBy by) {
  auto forbidden = co_await refusal_but_certification(world, message);
  if (!forbidden.empty()) co_return std::unexpected(std::move(forbidden));
  co_await keep_bytes(world, statement.xml, "application/xml");
  Result<std::string> signature;
  if (by.otp.empty() && by.code.empty())
    signature = co_await signed_by_own_key(world, message, statement, std::move(by.cms));
  else
    signature = co_await confirmed_by_code(world, message, statement, std::move(by));
  if (!signature) co_return errors(signature.error());
  message.certified = engine::SignatureEvidence{
      .document = statement.sha256, .signature = *signature, .signer = message.actor.user};
  message.files.push_back({.code = std::string{k_statement_document},
                           .sha256 = statement.sha256,
                           .name = "statement.xml"});
  auto outcome = co_await send_message(world, std::move(message));
  co_return outcome;
}

}  // namespace

asio::awaitable<std::expected<KeptStatement, std::vector<Error>>> draw_statement(
    World& world, MessageInput sent, std::string language, Words words) {
  auto wrong = co_await refusal_but_certification(world, sent);
  if (!wrong.empty()) co_return std::unexpected(std::move(wrong));
  auto const person = co_await applicant_of(world, sent.open);
  if (!person) co_return errors({.code = ErrorCode::not_found, .text = "error.case_not_found"});
  KeptStatement out;
  out.said = drawn_up(sent, std::move(language), words, *person);
  out.xml = to_xml(out.said);
  out.sha256 = platform::sha256_hex(out.xml);
  if (auto const readable = statement_from_xml(out.xml); !readable)
    co_return errors(readable.error());
  db::Statement const row{
      .sha256 = out.sha256, .person = person->id, .case_id = sent.open.row.id, .xml = out.xml};
  bool const allowed = co_await world.database.run([row](db::Connection& connection) {
    auto const key = "statement:" + std::to_string(row.person.value);
    auto const rate = db::hit(connection, key, std::chrono::hours{1}, k_statements_per_hour_max);
    if (rate.allowed) db::keep_statement(connection, row, k_statement_lifetime);
    return rate.allowed;
  });
  if (!allowed)
    co_return errors({.code = ErrorCode::conflict, .text = "error.too_many_statements"});
  co_return out;
}

asio::awaitable<std::optional<KeptStatement>> find_statement(World& world, OpenCase const& open,
                                                             std::string sha256) {
  auto row = co_await world.database.run([sha256 = std::move(sha256), person = open.row.person,
                                          id = open.row.id](db::Connection& connection) {
    return db::find_statement(connection, sha256, person, id);
  });
  if (!row) co_return std::nullopt;
  auto said = statement_from_xml(row->xml);
  if (!said) co_return std::nullopt;
  co_return KeptStatement{.sha256 = std::move(row->sha256),
                          .xml = std::move(row->xml),
                          .said = std::move(*said),
                          .accepted = row->accepted};
}

asio::awaitable<std::vector<Error>> refusal_of_statement(World& world, OpenCase open,
                                                         engine::Actor actor,
                                                         KeptStatement statement) {
  auto out = co_await refusal_but_certification(
      world, message_of(std::move(open), std::move(actor), statement));
  co_return out;
}

asio::awaitable<Outcome> certify_statement(World& world, OpenCase open, engine::Actor actor,
                                           KeptStatement statement, CertifiedBy by) {
  if (statement.accepted) co_return open;
  auto const id = open.row.id;
  auto const sha256 = statement.sha256;
  auto message = message_of(std::move(open), std::move(actor), statement);
  auto done = co_await certify(world, std::move(message), std::move(statement), std::move(by));
  if (done) co_return done;
  // The same request may have come twice at once.
  auto again = co_await open_case(world, id);
  if (!again) co_return done;
  auto const now = co_await find_statement(world, *again, sha256);
  if (now && now->accepted) co_return std::move(*again);
  co_return done;
}

}  // namespace qyzmet::casework
