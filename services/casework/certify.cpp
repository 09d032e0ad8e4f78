#include "services/casework/certify.hpp"

#include "db/documents.hpp"
#include "db/drafts.hpp"
#include "db/legal_modes.hpp"
#include "db/people.hpp"
#include "db/registers.hpp"
#include "db/submissions.hpp"
#include "services/casework/act.hpp"
#include "services/casework/certification.hpp"
#include "services/casework/confirmation.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/files.hpp"
#include "services/casework/places.hpp"
#include "services/casework/questions.hpp"
#include "services/casework/seal.hpp"
#include "services/casework/standing.hpp"
#include "signing/pdf.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr int k_retry_batch = 20;

/// The application with everything from the registers that a start needs.
struct Prepared {
  Application application;
  Library::PackagePointer package;
  db::Person person;
  UserId user;
  db::Office office;
  std::optional<db::Branch> branch;
  Library::CalendarPointer calendar;
  bool registered = false;                  // on a military register today
  std::vector<db::RecordFact> record = {};  // the military record of the day of filing
  engine::Context answers = {};             // typed
  engine::Context standing = {};            // what the tables of the package say of the person
  std::string mode = {};                    // of the country, when the application was received
};

std::int64_t to_number(std::string const& text) {
  std::int64_t value = 0;
  for (char const c : text) {
    if (c < '0' || c > '9' || value > 1'000'000'000'000) return 0;
    value = value * 10 + (c - '0');
  }
  return value;
}

Result<Prepared> read_registers(db::Connection& connection, Application application,
                                Library::PackagePointer package, Library::CalendarPointer calendar,
                                db::PersonId person_id, Date day) {
  auto person = db::find_person(connection, person_id);
  auto office = db::find_office(connection, OfficeId{to_number(application.office)});
  if (!person || person->iin != application.iin)
    return fail(ErrorCode::forbidden, "error.application_of_another");
  if (!office || !office->active) return fail(ErrorCode::invalid, "error.office_unknown", "office");
  auto const branch = db::find_branch(connection, BranchId{to_number(application.branch)});
  Prepared out{.application = std::move(application),
               .package = std::move(package),
               .person = std::move(*person),
               .user = db::ensure_user(connection, person_id),
               .office = std::move(*office),
               .branch = {},
               .calendar = std::move(calendar),
               .registered = db::active_registration(connection, person_id).has_value(),
               .record = db::record_on(connection, person_id, day)};
  if (branch && branch->active) out.branch = branch;
  return out;
}

/// What was answered, and what follows from it and the registers for this person on that day.
std::optional<Error> add_answers(Prepared& prepared, Date day) {
  auto const& package = *prepared.package;
  auto const& iin = prepared.person.iin;
  auto known = known_of(prepared.registered, prepared.record);
  auto const asking = [&] {
    return Asking{.package = package,
                  .calendar = *prepared.calendar,
                  .person = standing(package, *prepared.calendar, iin, day, known),
                  .subtype = prepared.application.subtype,
                  .mode = prepared.mode};
  };
  auto answers = typed_answers(asking(), prepared.application.answers);
  if (!answers) return answers.error().front();
  prepared.answers = std::move(*answers);
  auto const declares = [&](std::string_view path) {
    return engine::at_path(prepared.answers, path) == engine::Value{true};
  };
  // What the application itself brings to an end counts as ended; its papers are asked for.
  if (auto const ended =
          ended_by(package, *prepared.calendar, prepared.record, prepared.application.subtype,
                   declares("declared.released_from_prison")))
    known = known_of(prepared.registered, after(prepared.record, *ended));
  known.speciality = known.speciality || declares("declared.speciality");
  prepared.standing = asking().person;
  return std::nullopt;
}

asio::awaitable<Result<Prepared>> prepare(World& world, std::string xml, db::PersonId person,
                                          Instant received) {
  auto application = from_xml(xml);
  if (!application) co_return std::unexpected(application.error());
  auto package = world.library.package(application->package);
  if (!package || package->service != application->service)
    co_return fail(ErrorCode::gone, "error.package_not_in_force");
  auto const calendar = world.library.calendar();
  if (!calendar) throw db::Unavailable{"no calendar is published", ""};
  auto prepared = co_await world.database.run([application = *application, package, calendar,
                                               person, received](db::Connection& connection) {
    auto read =
        read_registers(connection, application, package, calendar, person, legal_date(received));
    if (read) read->mode = db::legal_mode_at(connection, received).mode;
    return read;
  });
  if (!prepared) co_return prepared;
  if (auto wrong = add_answers(*prepared, legal_date(received)))
    co_return std::unexpected(std::move(*wrong));
  co_return prepared;
}

engine::Context office_of(Prepared const& prepared) {
  return {{"id", prepared.application.office},
          {"code", prepared.office.code},
          {"superior", engine::Context{{"kk", prepared.office.higher_body_kk},
                                       {"ru", prepared.office.higher_body_ru}}}};
}

/// Variables of the start event, as the head comment of engine/package.hpp lists them.
engine::Context start_variables(Prepared const& prepared) {
  auto const& application = prepared.application;
  engine::List documents;
  for (auto const& file : application.attachments)
    documents.push_back(engine::Context{{"code", file.code}, {"sha256", file.sha256}});
  engine::Context out{{"applicant", std::to_string(prepared.user.value)},
                      {"language", application.language},
                      {"subtype", application.subtype},
                      {"place", place_of(*prepared.package, *prepared.calendar, prepared.office)},
                      {"mode", prepared.mode},
                      {"consent", application.consent},
                      {"documents", std::move(documents)},
                      {"office", office_of(prepared)},
                      {"person", prepared.standing}};
  for (auto const& [name, value] : prepared.answers) out[name] = value;
  if (prepared.branch)
    out["branch"] = engine::Context{{"id", application.branch},
                                    {"code", prepared.branch->code},
                                    {"is_duty", prepared.branch->is_duty}};
  return declared(*prepared.package, out);
}

std::vector<db::CaseDocument> start_documents(Application const& application,
                                              std::string const& sha256) {
  std::vector<db::CaseDocument> out{
      {.code = "application", .sha256 = sha256, .name = "application.xml", .direction = "in"}};
  for (auto const& file : application.attachments)
    out.push_back({.code = file.code, .sha256 = file.sha256, .name = file.name, .direction = "in"});
  return out;
}

/// The case starts; `certified` is how. However often and however an application is certified, it
/// is one case: signed once more while its certificate could not be checked, for example.
asio::awaitable<Result<Certified>> start(World& world, Prepared prepared, std::string xml,
                                         engine::Context certified, Instant received) {
  auto const sha256 = co_await keep_bytes(world, xml, "application/xml");
  certified["document"] = sha256;
  auto variables = start_variables(prepared);
  auto signature = engine::text_at(certified, "signature");
  variables["certified"] = std::move(certified);
  auto started = co_await start_case(
      world, NewCase{.package = prepared.package,
                     .received = received,
                     .actor = {.user = std::to_string(prepared.user.value), .role = "citizen"},
                     .variables = std::move(variables),
                     .applicant = prepared.person.id,
                     .language = prepared.application.language,
                     .draft = prepared.application.draft,
                     .documents = start_documents(prepared.application, sha256),
                     .signature = std::move(signature),
                     .idempotency_key = sha256});
  if (!started) co_return std::unexpected(started.error());
  co_return Certified{.id = started->id, .number = started->number, .existing = started->existing};
}

/// Verified, or not verifiable now: nothing else comes here.
asio::awaitable<Result<Certified>> accept(World& world, Prepared prepared, std::string xml,
                                          Verified verified, Instant received) {
  verified.signature.signer = prepared.user;
  auto digest = verified.signature.digest;
  co_await keep_received(world, std::move(verified));
  auto certified = co_await start(world, std::move(prepared), std::move(xml),
                                  {{"by", "eds"}, {"signature", std::move(digest)}}, received);
  co_return certified;
}

/// A signature over a document of ours: over the bytes around the room in its PDF, or, made
/// elsewhere, over the whole file. It gets a timestamp if it came without.
asio::awaitable<Verified> verify_document(World& world, std::string cms, std::string document,
                                          signing::Policy policy) {
  auto const received = world.clock.now();
  auto const inside = signing::bytes_to_sign(document);
  auto stamped = co_await timestamped(world, std::move(cms));
  auto verified = co_await verify(world, stamped, inside, policy, received);
  if (verified.report.sub_indication == "HASH_FAILURE" && inside != document)
    verified = co_await verify(world, std::move(stamped), std::move(document), policy, received);
  co_return verified;
}

struct Decision {
  std::string number;  // of the case; empty: rejected
  std::string reason;
};

/// What became of a waiting submission; nothing while its certificate cannot be checked.
asio::awaitable<std::optional<Decision>> decide(World& world, db::Submission submission) {
  auto prepared = co_await prepare(world, submission.xml, submission.person, submission.received);
  // Another process accepted it under a package that this one has not loaded yet.
  if (!prepared && prepared.error().code == ErrorCode::gone) co_return std::nullopt;
  // What cannot be prepared any more (its office was closed) must not wait for ever.
  if (!prepared) co_return Decision{.number = {}, .reason = prepared.error().text};
  auto verified = co_await verify_received(world, submission.cms, submission.xml,
                                           own_key_of(prepared->person.iin), submission.received,
                                           submission.token);
  if (verified.report.try_later()) co_return std::nullopt;
  if (!verified.report.passed())
    co_return Decision{.number = {}, .reason = signature_error(verified.report).text};
  auto const accepted = co_await accept(world, std::move(*prepared), submission.xml,
                                        std::move(verified), submission.received);
  if (!accepted) co_return Decision{.number = {}, .reason = accepted.error().text};
  co_return Decision{.number = accepted->number, .reason = {}};
}

}  // namespace

asio::awaitable<std::optional<Error>> refusal_of_application(World& world, std::string xml,
                                                             db::PersonId person, Instant now) {
  auto prepared = co_await prepare(world, std::move(xml), person, now);
  if (!prepared) co_return prepared.error();
  auto variables = start_variables(*prepared);
  // As if it were certified: this alone is not asked yet.
  variables["certified"] = engine::Context{
      {"by", "eds"}, {"document", std::string(64, '0')}, {"signature", std::string(64, '0')}};
  engine::Event const event{
      .at = now,
      .actor = {.user = std::to_string(prepared->user.value), .role = "citizen"},
      .salt = std::string(32, '0'),
      .body = engine::Start{std::move(variables)}};
  co_return engine::refusal(*prepared->package, *prepared->calendar, {}, event);
}

asio::awaitable<Result<Certified>> submit_signed(World& world, std::string xml, std::string cms,
                                                 db::PersonId person, Instant received) {
  auto prepared = co_await prepare(world, xml, person, received);
  if (!prepared) co_return std::unexpected(prepared.error());
  auto verified =
      co_await verify_received(world, cms, xml, own_key_of(prepared->person.iin), received);
  if (verified.report.try_later()) {
    db::Submission const waiting{.id = verified.signature.digest,
                                 .person = person,
                                 .xml = xml,
                                 .cms = verified.signature.cms,
                                 .received = received,
                                 .token = verified.token,
                                 .reason = {},
                                 .number = {}};
    co_await world.database.run(
        [waiting](db::Connection& connection) { db::keep_submission(connection, waiting); });
    co_return Certified{.id = {}, .number = {}, .pending = true};
  }
  if (!verified.report.passed()) co_return std::unexpected(signature_error(verified.report));
  auto certified =
      co_await accept(world, std::move(*prepared), std::move(xml), std::move(verified), received);
  co_return certified;
}

asio::awaitable<Result<Certified>> submit_confirmed(World& world, std::string xml, std::string otp,
                                                    std::string code, db::PersonId person,
                                                    Instant received) {
  auto prepared = co_await prepare(world, xml, person, received);
  if (!prepared) co_return std::unexpected(prepared.error());
  auto const answer = co_await check_code(world, k_application_code, xml,
                                          {.id = otp, .code = std::move(code)}, person);
  if (!answer) co_return std::unexpected(answer.error());
  auto const kept = co_await keep_bytes(world, xml, "application/xml");
  auto signature = co_await confirmation(
      world, {.document = kept, .otp = std::move(otp), .answer = *answer, .user = prepared->user});
  if (!signature) co_return std::unexpected(signature.error());
  auto certified = co_await start(world, std::move(*prepared), std::move(xml),
                                  {{"by", "otp"},
                                   {"signature", *signature},
                                   {"sent_at", answer->sent},
                                   {"confirmed_at", answer->confirmed}},
                                  received);
  co_return certified;
}

asio::awaitable<std::optional<Certified>> submitted_before(World& world, UserId user,
                                                           std::string sha256) {
  auto const found = co_await world.database.run([user, sha256](db::Connection& connection) {
    return db::find_answer(
        connection,
        {.scope = "user:" + std::to_string(user.value), .key = sha256, .fingerprint = sha256});
  });
  auto const* replayed = found ? std::get_if<db::Replayed>(&*found) : nullptr;
  if (replayed == nullptr) co_return std::nullopt;
  co_return Certified{.id = replayed->id, .number = replayed->number};
}

asio::awaitable<int> retry_submissions(World& world) {
  auto const waiting = co_await world.database.run([](db::Connection& connection) {
    return db::pending_submissions(connection, k_retry_batch);
  });
  int decided = 0;
  for (auto const& each : waiting) {
    auto const decision = co_await decide(world, each);
    if (!decision) continue;
    co_await world.database.run([id = each.id, decision = *decision](db::Connection& c) {
      db::decide_submission(c, id, decision.number.empty() ? "rejected" : "accepted",
                            decision.reason, decision.number);
    });
    ++decided;
  }
  co_return decided;
}

asio::awaitable<Result<engine::SignatureEvidence>> accept_signature(World& world, CaseId id,
                                                                    std::string sha256,
                                                                    std::string cms,
                                                                    std::string official) {
  UserId const signer{to_number(official)};
  auto bytes = co_await read_file(world, sha256);
  if (!bytes) co_return std::unexpected(bytes.error());
  auto const person = co_await world.database.run(
      [signer](db::Connection& connection) -> std::optional<db::Person> {
        auto const user = db::find_user(connection, signer);
        if (!user) return std::nullopt;
        return db::find_person(connection, user->person);
      });
  if (!person) co_return fail(ErrorCode::forbidden, "error.official_unknown");
  signing::Policy policy;
  policy.role = signing::Role::official;
  policy.expected_iin = person->iin;
  auto verified = co_await verify_document(world, std::move(cms), std::move(*bytes), policy);
  if (!verified.report.passed()) co_return std::unexpected(signature_error(verified.report));
  auto signature = verified.signature;
  signature.document = std::move(sha256);
  signature.signer = signer;
  signature.case_id = id;
  co_await world.database.run(
      [signature](db::Connection& connection) { db::store_signature(connection, signature); });
  co_return engine::SignatureEvidence{
      .document = signature.document, .signature = signature.digest, .signer = std::move(official)};
}

}  // namespace qyzmet::casework
