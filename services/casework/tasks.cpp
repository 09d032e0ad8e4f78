#include <algorithm>
#include <charconv>

#include "db/blanks.hpp"
#include "db/people.hpp"
#include "db/registers.hpp"
#include "engine/environment.hpp"
#include "services/casework/act.hpp"
#include "services/casework/certify.hpp"
#include "services/casework/documents.hpp"
#include "services/casework/officials.hpp"
#include "services/casework/seal.hpp"
#include "services/casework/signer.hpp"
#include "services/casework/standing.hpp"
#include "services/casework/used_before.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

using Body = decltype(engine::Event::body);
std::unexpected<std::vector<Error>> errors(Error error) {
  return std::unexpected(std::vector<Error>{std::move(error)});
}

Error no_task() {
  return {.code = ErrorCode::not_found, .text = "error.task_not_found", .field = {}};
}

engine::Context& form_of(Body& body) {
  if (auto* task = std::get_if<engine::CompleteTask>(&body)) return task->form;
  return std::get<engine::ReceiveMessage>(body).form;
}

std::optional<engine::SignatureEvidence>& signature_of(Body& body) {
  if (auto* task = std::get_if<engine::CompleteTask>(&body)) return task->signature;
  return std::get<engine::ReceiveMessage>(body).signature;
}

/// Nobody signs the document at this path and nothing sends it: our seal completes it.
bool is_last_word(engine::Package const& package, std::string_view path) {
  return std::ranges::none_of(package.forms,
                              [&](auto const& form) { return form.second.signs == path; }) &&
         std::ranges::none_of(package.handlers,
                              [&](auto const& handler) { return handler.second.document == path; });
}

/// Renders and keeps what the form produces; their hashes go into the form. What stands in the
/// documents is the case as it will be after this very event.
asio::awaitable<Result<std::vector<db::CaseDocument>>> produce(World& world, OpenCase const& open,
                                                               engine::Actor const& actor,
                                                               Body& body) {
  engine::Event const event{
      .at = open.now, .actor = actor, .salt = std::string(32, '0'), .body = body};
  auto const papers = engine::produced(*open.package, *open.calendar, open.instance, event);
  if (!papers) co_return std::unexpected(papers.error());
  std::vector<db::CaseDocument> out;
  if (papers->empty()) co_return out;
  auto const variables = engine::preview(*open.package, *open.calendar, open.instance, event);
  if (!variables) co_return std::unexpected(variables.error());
  for (auto const& paper : *papers) {
    auto const sha256 =
        co_await produce_document(world, open, paper.document, *variables, paper.path);
    if (!sha256) co_return std::unexpected(sha256.error());
    form_of(body)[paper.path] = *sha256;
    if (is_last_word(*open.package, paper.path)) {
      auto const signature = co_await seal(world, open.row.id, *sha256);
      if (!signature) co_return std::unexpected(signature.error());
    }
    // What is not the applicant's own goes out when it is sent.
    out.push_back({.code = paper.document,
                   .sha256 = *sha256,
                   .name = paper.document + ".pdf",
                   .direction = paper.to_applicant ? "out" : "inner"});
  }
  co_return out;
}

engine::Environment environment_of(OpenCase const& open, engine::Actor const& actor) {
  return engine::environment(*open.calendar, open.instance, open.now, actor);
}

bool must_sign(OpenCase const& open, engine::Form const& form, Fields const& fields,
               engine::Environment seen) {
  if (form.signs.empty()) return false;
  if (!form.signs_when) return true;
  for (auto const& [name, value] : fields) seen.set(name, value);
  return form.signs_when->is_true(seen, *open.calendar);
}

/// What the law says to this input, its signature aside.
std::optional<Error> refusal_but_signature(OpenCase const& open, engine::Actor const& actor,
                                           engine::Form const& form, Body body) {
  signature_of(body) =
      engine::SignatureEvidence{.document = engine::text_at(open.instance.variables, form.signs),
                                .signature = std::string(64, '0'),
                                .signer = actor.user};
  return open.refusal(actor, std::move(body));
}

Error no_message() {
  return {.code = ErrorCode::not_found, .text = "error.message_not_found", .field = {}};
}

/// What came, before it is typed and checked.
struct Input {
  OpenCase open;
  engine::Actor actor;
  Fields fields;
  std::string cms;
  std::string key;
  std::vector<db::CaseDocument> files = {};
  std::optional<std::int64_t> version = {};

  bool outdated() const { return version && *version != open.row.version; }
};

Body body_of(MessageInput const& input) {
  return engine::ReceiveMessage{.message = input.message,
                                .message_id = input.idempotency_key,
                                .form = {},
                                .signature = input.certified,
                                .key = input.wait};
}

Input came_with(MessageInput input) {
  return {.open = std::move(input.open),
          .actor = std::move(input.actor),
          .fields = std::move(input.fields),
          .cms = std::move(input.cms),
          .key = std::move(input.idempotency_key),
          .files = std::move(input.files)};
}

/// The signature over the document that the form signs, verified and kept. A paper that was drawn
/// anew for it comes into the case with it; one that names another official is not signed.
asio::awaitable<std::optional<Error>> sign(World& world, Input const& input,
                                           engine::Form const& form, Action& action) {
  if (auto refusal = refusal_but_signature(input.open, input.actor, form, action.body))
    co_return refusal;
  auto const paper = co_await paper_to_sign(world, input.open, form, input.actor);
  if (paper.anew) co_return paper.anew;
  if (input.cms.empty())
    co_return fail(ErrorCode::invalid, "error.signature_missing", "cms").error();
  auto accepted = co_await accept_signature(world, input.open.row.id, paper.sha256, input.cms,
                                            input.actor.user);
  if (!accepted) co_return accepted.error();
  signature_of(action.body) = std::move(*accepted);
  if (paper.code.empty()) co_return std::nullopt;
  form_of(action.body)[form.signs] = paper.sha256;
  action.documents.push_back({.code = paper.code,
                              .sha256 = paper.sha256,
                              .name = paper.code + ".pdf",
                              .direction = "inner"});
  co_return std::nullopt;
}

/// Forms are flat: a dotted name is one key, no path.
std::string field_text(engine::Context const& form, std::string const& name) {
  auto const found = form.find(name);
  auto const* const text = found == form.end() ? nullptr : found->second.as<std::string>();
  return text == nullptr ? std::string{} : *text;
}

/// People are chosen from the register that the page offers; nobody else can be named.
asio::awaitable<std::vector<Error>> strangers(World& world, OpenCase const& open,
                                              engine::Form const& form,
                                              engine::Context const& typed) {
  std::vector<Error> out;
  for (auto const& field : form.fields) {
    auto const named = field_text(typed, field.name);
    if (field.type != engine::FieldType::user || named.empty()) continue;
    auto const offered =
        co_await world.database.run([&open, source = field.source](db::Connection& connection) {
          return officials_for(connection, open, source);
        });
    bool const known = std::ranges::any_of(
        offered, [&](db::User const& user) { return std::to_string(user.id.value) == named; });
    if (!known) out.push_back(fail(ErrorCode::invalid, "error.not_a_choice", field.name).error());
  }
  co_return out;
}

/// Series and number of a new ID are those of a blank of the office and given out once; what the
/// law refuses takes no blank.
asio::awaitable<std::optional<Error>> take_blank(World& world, Input const& input,
                                                 engine::Form const& form, Body& body) {
  if (!form.blank) co_return std::nullopt;
  // The document that the form produces is not there yet, so all but that is asked.
  engine::Event const event{
      .at = input.open.now, .actor = input.actor, .salt = std::string(32, '0'), .body = body};
  auto const lawful =
      engine::preview(*input.open.package, *input.open.calendar, input.open.instance, event);
  if (!lawful) co_return lawful.error();
  auto const& wants = *form.blank;
  db::Blank const blank{.kind = engine::text_at(*lawful, wants.path + ".kind"),
                        .series = field_text(form_of(body), wants.path + ".series"),
                        .number = field_text(form_of(body), wants.path + ".number")};
  auto const answer = co_await world.database.run(
      [row = input.open.row, blank, released = wants.earlier_released](db::Connection& c) {
        return db::take_blank(c, row.id, row.fields.office, blank, released);
      });
  if (answer == db::BlankAnswer::done) co_return std::nullopt;
  co_return Error{.code = ErrorCode::invalid,
                  .text = answer == db::BlankAnswer::not_held ? wants.unknown : wants.text,
                  .field = wants.path + ".number",
                  .rule = wants.rule};
}

/// What is handed in is the ID that the register has as valid; of some it knows none.
asio::awaitable<std::optional<Error>> hand_in(World& world, Input const& input,
                                              engine::Form const& form, Body& body) {
  if (!form.hands_in) co_return std::nullopt;
  auto const& wants = *form.hands_in;
  auto const named = field_text(form_of(body), wants.path + ".number");
  if (named.empty()) co_return std::nullopt;
  auto const known =
      co_await world.database.run([person = input.open.row.person](db::Connection& connection) {
        return db::military_ids(connection, person);
      });
  auto const valid = std::ranges::find(known, db::IdStatus::valid, &db::MilitaryId::status);
  if (valid == known.end() || valid->number == named) co_return std::nullopt;
  co_return Error{.code = ErrorCode::forbidden,
                  .text = wants.text,
                  .field = wants.path + ".number",
                  .rule = wants.rule};
}

bool asks_record(engine::Form const& form) {
  return std::ranges::any_of(form.fields,
                             [](engine::Field const& field) { return !field.of_record().empty(); });
}

/// What the register has of the applicant takes the place of whatever was sent for it.
asio::awaitable<void> ask_record(World& world, OpenCase const& open, engine::Form const& form,
                                 engine::Context& typed) {
  if (!asks_record(form)) co_return;
  for (auto const& field : form.fields)
    if (!field.of_record().empty()) typed.erase(field.name);
  auto const known = co_await world.database.run(
      [person = open.row.person, today = legal_date(open.now)](db::Connection& connection) {
        engine::Context out;
        for (auto& fact : db::record_on(connection, person, today))
          out.insert_or_assign(std::move(fact.fact), std::move(fact.value));
        if (db::active_registration(connection, person)) out.insert_or_assign("registered", true);
        return out;
      });
  for (auto const& field : form.fields)
    if (auto const& fact = engine::at_path(known, field.of_record()); !fact.is_null())
      typed[field.name] = fact;
}

bool asks_tables(engine::Form const& form) {
  return std::ranges::any_of(form.fields,
                             [](engine::Field const& field) { return !field.table().empty(); });
}

/// What the tables of the package say takes the place of whatever was sent for it.
void take_answers(OpenCase const& open, engine::Form const& form, std::string_view iin,
                  engine::Context environment, engine::Context& typed) {
  for (auto const& [name, value] : typed) engine::set_path(environment, name, value);
  for (auto const& field : form.fields)
    if (!field.table().empty()) typed.erase(field.name);
  auto const said =
      table_answers(*open.package, *open.calendar, form, iin, environment, legal_date(open.now));
  for (auto const& [name, value] : said) typed[name] = value;
}

asio::awaitable<void> ask_tables(World& world, OpenCase const& open, engine::Form const& form,
                                 engine::Context environment, engine::Context& typed) {
  if (!asks_tables(form)) co_return;
  auto const person = co_await world.database.run(
      [id = open.row.person](db::Connection& c) { return db::find_person(c, id); });
  take_answers(open, form, person ? person->iin : "", std::move(environment), typed);
}

/// Fields that follow from the office or branch which another field names. There must be such.
asio::awaitable<std::optional<Error>> ask_places(World& world, OpenCase const& open,
                                                 engine::Form const& form, engine::Context& typed) {
  auto const naming = std::ranges::find_if(form.fields, &engine::Field::names_place);
  if (naming == form.fields.end()) co_return std::nullopt;
  for (auto const& field : form.fields)
    if (!field.of_place().empty()) typed.erase(field.name);
  auto const named = field_text(typed, naming->name);
  if (named.empty()) co_return std::nullopt;
  auto const places = co_await world.database.run([&open, naming](db::Connection& connection) {
    return places_for(connection, open, naming->source);
  });
  auto const place = std::ranges::find(places, named, &NamedPlace::id);
  if (place == places.end())
    co_return fail(ErrorCode::invalid, "error.not_a_choice", naming->name).error();
  for (auto const& field : form.fields)
    if (auto const known = place->known.find(field.of_place()); known != place->known.end())
      typed[field.name] = known->second;
  co_return std::nullopt;
}

/// A paper that a form names came with it: a digest alone proves nothing.
std::vector<Error> not_sent(Input const& input, engine::Form const& form,
                            engine::Context const& typed) {
  std::vector<Error> out;
  for (auto const& field : form.fields) {
    auto const named = field_text(typed, field.name);
    if (field.type != engine::FieldType::document || named.empty()) continue;
    if (std::ranges::find(input.files, named, &db::CaseDocument::sha256) == input.files.end())
      out.push_back(fail(ErrorCode::invalid, "error.document_not_sent", field.name).error());
  }
  return out;
}

/// Rows of lists that a number of an earlier row of the case names.
asio::awaitable<std::vector<Error>> named_before(World& world, Input const& input,
                                                 engine::Form const& form) {
  if (!tells_rows_apart(form)) co_return std::vector<Error>{};
  auto out = co_await world.database.run(
      [id = input.open.row.id, form, fields = input.fields](db::Connection& connection) {
        return used_before(connection, id, form, fields);
      });
  co_return out;
}

/// The rule, when this cannot be done now whatever is filled in and whoever is named.
std::optional<Error> refused_at_all(OpenCase const& open, engine::Actor const& actor,
                                    Body const& body) {
  auto law = open.refusal(actor, body);
  bool const at_all = law && law->field.empty() && !law->rule.empty() &&
                      law->code != ErrorCode::invalid && law->text != "error.signature_required";
  return at_all ? law : std::nullopt;
}

/// What was typed, checked and completed from the registers, becomes the form of `body`; else all
/// that is wrong with it.
asio::awaitable<std::vector<Error>> take_fields(World& world, Input const& input,
                                                engine::Form const& form, Body& body) {
  auto const& open = input.open;
  auto const seen = environment_of(open, input.actor);
  auto typed = engine::parse_form(form, input.fields, seen, *open.calendar);
  if (!typed) {
    if (auto law = refused_at_all(open, input.actor, body)) co_return std::vector{*law};
    co_return std::move(typed.error());
  }
  auto wrong = co_await strangers(world, open, form, *typed);
  auto unknown = co_await ask_places(world, open, form, *typed);
  if (unknown) wrong.push_back(std::move(*unknown));
  std::ranges::move(not_sent(input, form, *typed), std::back_inserter(wrong));
  auto named = co_await named_before(world, input, form);
  std::ranges::move(named, std::back_inserter(wrong));
  if (!wrong.empty()) {
    form_of(body) = *typed;
    if (auto law = refused_at_all(open, input.actor, body)) co_return std::vector{*law};
    co_return wrong;
  }
  co_await ask_record(world, open, form, *typed);
  co_await ask_tables(world, open, form, seen.variables(), *typed);
  form_of(body) = std::move(*typed);
  co_return wrong;
}

/// Consumes the case of `input`.
asio::awaitable<Outcome> fill_in(World& world, Input& input, engine::Form const& form,
                                 Action action) {
  auto const& open = input.open;
  if (input.outdated())
    co_return errors({.code = ErrorCode::conflict, .text = "error.version_changed", .field = {}});
  auto wrong = co_await take_fields(world, input, form, action.body);
  if (!wrong.empty()) co_return std::unexpected(std::move(wrong));
  if (must_sign(open, form, input.fields, environment_of(open, input.actor))) {
    auto unsigned_yet = co_await sign(world, input, form, action);
    if (unsigned_yet) co_return errors(std::move(*unsigned_yet));
  }
  auto other_id = co_await hand_in(world, input, form, action.body);
  if (other_id) co_return errors(std::move(*other_id));
  auto no_blank = co_await take_blank(world, input, form, action.body);
  if (no_blank) co_return errors(std::move(*no_blank));
  if (!form.produces.empty()) {
    auto documents = co_await produce(world, open, input.actor, action.body);
    if (!documents) co_return errors(documents.error());
    std::ranges::move(*documents, std::back_inserter(action.documents));
  }
  std::ranges::move(input.files, std::back_inserter(action.documents));
  auto done = co_await act(world, std::move(input.open), std::move(action));
  if (!done) co_return errors(done.error());
  co_return std::move(*done);
}

/// SHA-256 of the request as it came: documents and evidence are made anew each time.
std::string fingerprint_of(std::string what, CaseId id, Fields const& sent,
                           std::string const& cms) {
  engine::Context fields;
  for (auto const& [name, value] : sent) fields[name] = value;
  return platform::sha256_hex(
      engine::to_json(engine::Context{{"case", std::to_string(id.value)},
                                      {"what", std::move(what)},
                                      {"fields", std::move(fields)},
                                      {"cms", cms.empty() ? "" : platform::sha256_hex(cms)}}));
}

/// A request that is refused as the case stands now may have been carried out before: then it is
/// answered as the first time.
asio::awaitable<Outcome> carry_out(World& world, Input input, engine::Form const& form, Body body,
                                   std::string what) {
  Action action{
      .actor = input.actor,
      .body = std::move(body),
      .idempotency_key = input.key,
      .fingerprint = fingerprint_of(std::move(what), input.open.row.id, input.fields, input.cms),
      .as_read = input.version.has_value()};
  auto const id = input.open.row.id;
  auto done = co_await fill_in(world, input, form, action);
  if (done) co_return done;
  auto before = co_await answered_before(world, id, action);
  if (before && *before) co_return std::move(**before);
  co_return done;
}

/// What makes sure, in the statement of the step, that the named person is whom the page offers;
/// nullopt for a form that needs more than one such proof.
std::optional<std::optional<db::RoleProof>> proof_of_named(OpenCase const& open,
                                                           engine::Form const& form,
                                                           engine::Context const& typed) {
  std::optional<db::RoleProof> proof;
  for (auto const& field : form.fields) {
    auto const named = field_text(typed, field.name);
    if (field.source != "executors" || named.empty()) continue;
    std::int64_t id = 0;
    auto const* const end = named.data() + named.size();
    auto const read = std::from_chars(named.data(), end, id);
    bool const canonical = read.ec == std::errc{} && std::to_string(id) == named;
    if (proof || !canonical) return std::nullopt;
    proof = {.user = UserId{id}, .role = "executor", .office = open.row.fields.office};
  }
  return proof;
}

}  // namespace

std::optional<Error> refusal_of_task(OpenCase const& open, engine::Actor const& actor,
                                     std::string const& task, Fields const& fields,
                                     std::string_view iin) {
  auto const* node = open.user_task(task);
  if (node == nullptr) return no_task();
  auto const& form = open.package->forms.at(node->form);
  auto const environment = environment_of(open, actor);
  auto typed = engine::parse_form(form, fields, environment, *open.calendar);
  if (!typed) return typed.error().front();
  take_answers(open, form, iin, environment.variables(), *typed);
  engine::CompleteTask done{.task = task, .form = std::move(*typed), .signature = {}};
  if (must_sign(open, form, fields, environment))
    return refusal_but_signature(open, actor, form, std::move(done));
  return open.refusal(actor, std::move(done));
}

asio::awaitable<Outcome> complete_task(World& world, TaskInput input) {
  auto const package = input.open.package;
  auto const* node = input.open.user_task(input.task);
  if (node == nullptr) co_return errors(no_task());
  Body body = engine::CompleteTask{.task = input.task, .form = {}, .signature = {}};
  Input came{.open = std::move(input.open),
             .actor = std::move(input.actor),
             .fields = std::move(input.fields),
             .cms = std::move(input.cms),
             .key = std::move(input.idempotency_key),
             .files = std::move(input.files),
             .version = input.version};
  auto outcome = co_await carry_out(world, std::move(came), package->forms.at(node->form),
                                    std::move(body), "task " + input.task);
  co_return outcome;
}

asio::awaitable<std::optional<OpenCase>> complete_task_at_once(World& world, TaskInput input,
                                                               db::SessionProof session) {
  auto const* node = input.open.user_task(input.task);
  if (node == nullptr) co_return std::nullopt;
  auto const package = input.open.package;
  auto const& form = package->forms.at(node->form);
  if (!form.produces.empty() || !form.signs.empty() || form.blank || form.hands_in ||
      asks_record(form) || asks_tables(form) || tells_rows_apart(form))
    co_return std::nullopt;
  auto const seen = environment_of(input.open, input.actor);
  auto typed = engine::parse_form(form, input.fields, seen, *input.open.calendar);
  if (!typed) co_return std::nullopt;
  auto named = proof_of_named(input.open, form, *typed);
  if (!named) co_return std::nullopt;
  auto const fingerprint =
      fingerprint_of("task " + input.task, input.open.row.id, input.fields, {});
  Action action{.actor = std::move(input.actor),
                .body =
                    engine::CompleteTask{
                        .task = std::move(input.task), .form = std::move(*typed), .signature = {}},
                .idempotency_key = std::move(input.idempotency_key),
                .fingerprint = fingerprint,
                .session = std::move(session),
                .named = std::move(*named)};
  auto done = co_await act_at_once(world, std::move(input.open), std::move(action));
  co_return done;
}

asio::awaitable<Outcome> send_message(World& world, MessageInput input) {
  auto const package = input.open.package;
  auto const form = package->forms.find(input.message);
  if (form == package->forms.end()) co_return errors(no_message());
  auto const what = "message " + input.message + (input.wait.empty() ? "" : " " + input.wait);
  auto body = body_of(input);
  auto outcome =
      co_await carry_out(world, came_with(std::move(input)), form->second, std::move(body), what);
  co_return outcome;
}

asio::awaitable<std::vector<Error>> refusal_but_certification(World& world, MessageInput input) {
  auto const package = input.open.package;
  auto const form = package->forms.find(input.message);
  if (form == package->forms.end()) co_return std::vector{no_message()};
  input.certified = engine::SignatureEvidence{.document = std::string(64, '0'),
                                              .signature = std::string(64, '0'),
                                              .signer = input.actor.user};
  auto body = body_of(input);
  auto const came = came_with(std::move(input));
  auto wrong = co_await take_fields(world, came, form->second, body);
  if (!wrong.empty()) co_return wrong;
  if (auto law = came.open.refusal(came.actor, std::move(body))) wrong.push_back(std::move(*law));
  co_return wrong;
}

}  // namespace qyzmet::casework
