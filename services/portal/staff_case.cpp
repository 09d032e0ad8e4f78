// A case as officials work on it: what stands in it, what must be done, the forms of the open
// tasks. What the law forbids now is said before the click, with the rule; the engine forbids it
// anyway.
#include <algorithm>
#include <tuple>

#include "db/people.hpp"
#include "services/casework/files.hpp"
#include "services/casework/signer.hpp"
#include "services/platform/random.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/document_answer.hpp"
#include "services/portal/message_form.hpp"
#include "services/portal/notice_view.hpp"
#include "services/portal/package_form.hpp"
#include "services/portal/page.hpp"
#include "services/portal/register_view.hpp"
#include "services/portal/registration_view.hpp"
#include "services/portal/routes.hpp"
#include "services/portal/signature.hpp"
#include "services/portal/staff_message.hpp"
#include "services/portal/task_forms.hpp"
#include "services/portal/typed.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_fields_read =
    "name,iin,contacts,documents,registration,record,military_ids";

/// What came back from a refused form of one task.
struct Refused {
  std::string task;
  std::string variant;  // value of the deciding choice
  FormFields typed;
  std::vector<Error> errors;
  std::string key;
};

/// Everything that the page of a case shows.
struct Desk {
  StaffCase found;
  CaseRegisters registers;
  std::optional<db::Person> applicant;
  RegistrationBook registrations;
  casework::EntryPage entries;
  std::vector<db::RecordFact> record;
  std::vector<db::MilitaryId> ids;
  std::vector<db::User> executors;             // the least loaded first
  std::map<std::int64_t, std::int64_t> loads;  // user -> open cases
  std::vector<db::Notice> notices;
  std::vector<db::MailState> mail;
  std::map<std::string, casework::ToSign> to_sign;          // task -> what waits for a signature
  std::map<std::string, std::string> papers;                // SHA-256 -> bytes of it
  std::map<std::string, json::array, std::less<>> sources;  // choices of the open tasks' forms
  std::optional<std::vector<db::ListRow>> others;  // open at the office, once the person is gone
};

engine::Context environment_of(casework::OpenCase const& open, engine::Actor actor) {
  engine::Event const looking{.at = open.now,
                              .actor = std::move(actor),
                              .salt = std::string(32, '0'),
                              .body = engine::Tick{}};
  return engine::environment(*open.calendar, open.instance, looking);
}

engine::Form const& form_of(casework::OpenCase const& open, engine::Node const& node) {
  return open.package->forms.at(node.form);
}

/// Documents that an open task asks to sign: their bytes go into the page.
asio::awaitable<void> read_papers(Context& context, Desk& desk) {
  auto const& open = desk.found.open;
  for (auto const* node : open.open_tasks()) {
    auto const& form = form_of(open, *node);
    if (form.signs.empty()) continue;
    auto const actor = desk.found.actor(context.visitor, node->role);
    if (!actor) continue;
    auto const paper = co_await casework::paper_to_sign(context.world(), open, form, *actor);
    desk.to_sign[node->id] = paper;
    auto bytes = co_await casework::read_file(context.world(), paper.sha256);
    if (bytes) desk.papers[paper.sha256] = std::move(*bytes);
  }
}

/// The least loaded stands first and is chosen unless the registrar chooses another.
json::array executor_options(Context const& context, Desk const& desk) {
  json::array out;
  for (auto const& user : desk.executors) {
    auto const& position = user.position(context.language);
    auto const load = desk.loads.find(user.id.value);
    json::object const arguments{
        {"name", position.empty() ? user.name : user.name + ", " + position},
        {"n", load == desk.loads.end() ? 0 : load->second}};
    out.push_back({{"value", std::to_string(user.id.value)},
                   {"label", context.text("work.executor", arguments)}});
  }
  if (!out.empty()) out.front().as_object()["preset"] = true;
  return out;
}

/// A death that was entered here ends this case alone: the others of the person are not forgotten.
asio::awaitable<std::optional<std::vector<db::ListRow>>> read_others(Context& context,
                                                                     StaffCase const& found) {
  auto const& grant = found.grants.front();
  auto const& variables = found.open.instance.variables;
  if (!grant.office || engine::at_path(variables, "gone.entered_on").is_null())
    co_return std::nullopt;
  db::ListFilter filter;
  filter.person = found.open.row.person;
  filter.limit = db::k_page_max;
  auto page = co_await casework::list_for_staff(context.world(), context.visitor, grant,
                                                std::move(filter), "person_cases");
  co_return std::move(page.rows);
}

/// Each with what it is about and where it stands.
json::array others_json(Context const& context, std::vector<db::ListRow> const& others) {
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& row : others) {
    auto const package = context.world().library.package(row.package);
    if (!package) continue;
    auto const* subtype = package->subtype(row.subtype);
    out.push_back(
        {{"number", row.number},
         {"url", context.url("/work/cases/" + row.number)},
         {"text", subtype == nullptr ? row.subtype : reader.text(subtype->text, {}, package.get())},
         {"tag", state_tag(*package, row.state, reader)}});
  }
  return out;
}

asio::awaitable<Result<Desk>> open_desk(Context& context) {
  auto found =
      co_await open_staff_case(context.portal, context.visitor, context.parameter("number"),
                               "case_page", std::string{k_fields_read});
  if (!found) co_return std::unexpected(found.error());
  Desk desk{.found = std::move(*found),
            .registers = {},
            .applicant = {},
            .registrations = {},
            .entries = {},
            .record = {},
            .ids = {},
            .executors = {},
            .loads = {},
            .notices = {},
            .mail = {},
            .to_sign = {},
            .papers = {},
            .sources = {},
            .others = {}};
  auto const row = desk.found.open.row;
  co_await context.world().database.run([&desk, row](db::Connection& connection) {
    desk.registers = read_registers(connection, row);
    desk.applicant = db::find_person(connection, row.person);
    desk.registrations = read_registrations(connection, row.person);
    desk.entries = casework::entries_of(connection, row.person);
    desk.record = db::whole_record(connection, row.person);
    desk.ids = db::military_ids(connection, row.person);
    desk.executors = db::users_with_role(connection, "executor", row.fields.office);
    desk.notices = db::notices_of_case(connection, row.id);
    desk.mail = db::mail_of_case(connection, row.id);
    desk.loads = db::open_cases_of_executors(connection, row.fields.office);
  });
  auto const rank = [&loads = desk.loads](db::User const& user) {
    return std::tuple{loads[user.id.value], user.name, user.id.value};
  };
  std::ranges::sort(desk.executors, [&](db::User const& one, db::User const& other) {
    return rank(one) < rank(other);
  });
  co_await read_papers(context, desk);
  for (auto const* node : desk.found.open.open_tasks()) {
    auto sources = co_await read_sources(context, desk.found.open, form_of(desk.found.open, *node));
    desk.sources.merge(std::move(sources));
  }
  desk.sources.insert_or_assign("executors", executor_options(context, desk));
  desk.others = co_await read_others(context, desk.found);
  co_return desk;
}

/// A form that asks for nothing but a signature is as good as filled in: what the law says to it
/// is said at once.
std::optional<Error> refusal_before_click(casework::OpenCase const& open, engine::Node const& node,
                                          TaskForm const& variant, engine::Actor const& actor,
                                          std::string_view iin) {
  bool const asks = std::ranges::any_of(variant.form.fields, &engine::Field::required);
  if (!variant.signs || asks) return std::nullopt;
  FormFields fields;
  if (!variant.preset_field.empty()) fields[variant.preset_field] = variant.preset_value;
  return casework::refusal_of_task(open, actor, node.id, fields, iin);
}

json::object form_json(Context const& context, Desk const& desk, engine::Node const& node,
                       TaskForm const& variant, engine::Actor const& actor,
                       engine::Context const& variables, Refused const* refused) {
  auto const& open = desk.found.open;
  auto const* package = open.package.get();
  auto const reader = reader_of(context, true);
  bool const mine = refused != nullptr && refused->variant == variant.preset_value;
  FormInput const input{.package = *package,
                        .calendar = *open.calendar,
                        .form = variant.form,
                        .variables = variables,
                        .typed = mine ? refused->typed : FormFields{},
                        .errors = mine ? refused->errors : std::vector<Error>{},
                        .sources = desk.sources};
  auto const path = "/work/cases/" + open.row.number + "/tasks/" + node.id;
  json::object out{{"action", context.url(path)},
                   {"key", mine ? refused->key : platform::random_hex(16)},
                   {"fields", form_fields(input, reader)},
                   {"preset", {{"name", variant.preset_field}, {"value", variant.preset_value}}},
                   {"button", variant.preset_field.empty()
                                  ? reader.text("form." + variant.form.id + ".action", {}, package)
                                  : reader.text(variant.title, {}, package)}};
  if (variant.preset_field.empty()) out.erase("preset");
  auto const iin = desk.applicant ? desk.applicant->iin : std::string{};
  if (auto const refusal = refusal_before_click(open, node, variant, actor, iin)) {
    out["closed"] = error_text(context, *refusal, package);
    out["closed_cite"] = cite_json(*package, refusal->cite, reader);
  } else if (auto const paper = desk.to_sign.find(node.id);
             variant.signs && paper != desk.to_sign.end()) {
    auto const& sha256 = paper->second.sha256;
    auto const bytes = desk.papers.find(sha256);
    if (paper->second.anew)
      out["another"] = another_json(context, *package, *paper->second.anew, path);
    else if (bytes != desk.papers.end())
      out["signing"] = paper_signing_json(
          context, bytes->second,
          context.url("/work/cases/" + open.row.number + "/documents/" + sha256));
  }
  return out;
}

/// An open task of the visitor: its forms, or why the visitor cannot do it.
json::object task_json(Context const& context, Desk const& desk, engine::Node const& node,
                       Refused const* refused) {
  auto const& open = desk.found.open;
  auto const* package = open.package.get();
  auto const reader = reader_of(context, true);
  json::object out{{"title", node_title(*package, node.id, reader)},
                   {"node", node.id},
                   {"cite", cite_json(*package, node.cite, reader)},
                   {"role_text", reader.text("role." + node.role)}};
  auto const actor = desk.found.actor(context.visitor, node.role);
  if (!actor) return out;
  auto const empty = engine::CompleteTask{.task = node.id, .form = {}, .signature = {}};
  auto const refusal = open.refusal(*actor, empty);
  // A form that only wants a signature is not closed: the signature comes with it.
  bool const unsigned_only = refusal && refusal->text == "error.signature_required";
  if (refusal && refusal->code == ErrorCode::forbidden && refusal->field.empty() &&
      !unsigned_only) {
    out["closed"] = error_text(context, *refusal, package);
    out["closed_cite"] = cite_json(*package, refusal->cite, reader);
    return out;
  }
  auto const variables = environment_of(open, *actor);
  json::array forms;
  for (auto const& variant : task_forms(form_of(open, node), variables, *open.calendar))
    forms.push_back(form_json(context, desk, node, variant, *actor, variables, refused));
  out["forms"] = std::move(forms);
  return out;
}

/// A task that somebody else has done in the meantime has no form any more.
bool shows_form(json::array const& tasks, Refused const& refused) {
  return std::ranges::any_of(tasks, [&](json::value const& task) {
    auto const* forms = task.as_object().if_contains("forms");
    return forms != nullptr && std::ranges::any_of(forms->as_array(), [&](json::value const& form) {
             return form.at("key").as_string() == refused.key;
           });
  });
}

/// The latest entry of this office; null when it has written none of the applicant.
db::RegisterEntry const* own_entry(Desk const& desk) {
  auto const& entries = desk.entries.entries;
  auto const own =
      std::ranges::find(entries, desk.found.open.row.fields.office, &db::RegisterEntry::office);
  return own == entries.end() ? nullptr : &*own;
}

http::Response case_page(Context const& context, Desk const& desk, Refused const* refused) {
  auto const& open = desk.found.open;
  auto const* package = open.package.get();
  auto data = case_view(open, desk.registers, reader_of(context, true));
  json::array tasks;
  for (auto const* node : open.open_tasks())
    tasks.push_back(task_json(context, desk, *node,
                              refused != nullptr && refused->task == node->id ? refused : nullptr));
  if (refused != nullptr && !shows_form(tasks, *refused)) data["typed"] = typed_json(context);
  data["tasks"] = std::move(tasks);
  data["messages"] = official_messages_json(context, desk.found);
  data["beside"] = beside_messages_json(context, desk.found);
  if (desk.applicant) data["applicant"] = casework::applicant_json(*desk.applicant);
  if (desk.found.grants.front().role != "branch_operator") {  // no business of a branch
    data["at_office"] = true;
    data["sent"] = sent_messages_json(desk.notices, desk.mail, *package, reader_of(context, true));
    data["sent_cite"] = cite_json(*package, "appc.66", reader_of(context, true));
    data["registration"] = active_registration_json(desk.registrations, reader_of(context, true));
    data["registered_before"] = !desk.registrations.entries.empty();
    data["entries"] = entries_json(desk.entries, reader_of(context, true));
    if (auto const* const own = own_entry(desk))
      data["entries_url"] = context.url(entries_path(own->paper, own->person));
    data["record"] = record_json(desk.record, reader_of(context, true));
    data["ids"] = military_ids_json(desk.ids, reader_of(context, true));
  }
  if (desk.others) data["gone"] = {{"others", others_json(context, *desk.others)}};
  data["base"] = context.url("/work/cases/" + open.row.number);
  auto const list = context.visitor.has_role("branch_operator") ? "/branch" : "/work";
  data["crumbs"] = json::array{
      {{"text", context.text(list == std::string_view{"/branch"} ? "branch.title" : "work.title")},
       {"url", context.url(list)}},
      {{"text", "№ " + open.row.number}}};
  if (refused == nullptr) return render(context, "staff_case", std::move(data), 200, package);
  return render_refused(context, "staff_case", std::move(data), refused->errors, package);
}

/// For the form that this page, or the next one, will send.
void remember_case(Context& context, casework::OpenCase open) {
  auto number = open.row.number;
  open.row.state.clear();
  context.portal.memory.cases.put(std::move(number), std::move(open));
}

asio::awaitable<http::Response> get_case(Context& context) {
  auto desk = co_await open_desk(context);
  if (!desk) co_return problem(context, desk.error());
  auto page = case_page(context, *desk, nullptr);
  remember_case(context, std::move(desk->found.open));
  co_return page;
}

// --- Completing a task.

asio::awaitable<casework::Outcome> complete(Context& context, casework::OpenCase open,
                                            engine::Node const& node, engine::Actor actor,
                                            PackageForm came) {
  if (!came.errors.empty()) co_return std::unexpected(std::move(came.errors));
  auto cms = co_await optional_signature(context);
  if (!cms) co_return std::unexpected(std::vector{cms.error()});
  auto done =
      co_await casework::complete_task(context.world(), {.open = std::move(open),
                                                         .task = node.id,
                                                         .actor = std::move(actor),
                                                         .fields = std::move(came.fields),
                                                         .cms = std::move(*cms),
                                                         .idempotency_key = context.field("key"),
                                                         .files = std::move(came.files)});
  co_return done;
}

/// The choice that came with the form and made it one of several.
std::string variant_of(casework::OpenCase const& open, engine::Form const& form,
                       engine::Actor const& actor, FormFields const& fields) {
  for (auto const& each : task_forms(form, environment_of(open, actor), *open.calendar))
    if (auto const value = fields.find(each.preset_field);
        value != fields.end() && value->second == each.preset_value)
      return each.preset_value;
  return {};
}

http::Response task_done(Context const& context, std::string const& number) {
  return go(context, "/work/cases/" + number, "task_done");
}

asio::awaitable<std::optional<http::Response>> post_task_at_once(Context& context) {
  auto const& request = context.request;
  bool const plain = request.uploads.empty() && request.upload_errors.empty();
  if (!plain || !context.field("signature").empty()) co_return std::nullopt;
  auto open = context.portal.memory.cases.take(context.parameter("number"));
  if (!open) co_return std::nullopt;
  auto const* node = open->user_task(context.parameter("task"));
  if (node == nullptr) co_return std::nullopt;
  auto fields = package_fields(request, form_of(*open, *node), {"key", "signature"});
  auto const* grant = grant_on(context.visitor, open->row.fields, node->role);
  if (!fields || grant == nullptr) co_return std::nullopt;
  auto done =
      co_await casework::complete_task_at_once(context.world(),
                                               {.open = std::move(*open),
                                                .task = node->id,
                                                .actor = staff_actor(context.visitor, *grant),
                                                .fields = std::move(*fields),
                                                .cms = {},
                                                .idempotency_key = context.field("key")},
                                               context.visitor.proof);
  if (!done) co_return std::nullopt;
  auto response = task_done(context, done->row.number);
  remember_case(context, std::move(*done));
  co_return response;
}

asio::awaitable<http::Response> post_task(Context& context) {
  auto found =
      co_await find_staff_case(context.portal, context.visitor, context.parameter("number"));
  if (!found) co_return problem(context, found.error());
  auto const& open = found->open;
  auto const* node = open.user_task(context.parameter("task"));
  if (node == nullptr) co_return problem(context, 404);
  auto const& form = form_of(open, *node);
  auto came = co_await take_form(context, form, {"key", "signature", "cms"});
  if (!came) co_return problem(context, came.error(), open.package.get());

  // Without a grant of the role the engine is asked all the same: it names the rule.
  auto const actor = found->actor(context.visitor, node->role)
                         .value_or(staff_actor(context.visitor, found->grants.front()));
  auto const fields = came->fields;
  auto const done = co_await complete(context, open, *node, actor, std::move(*came));
  if (done) {
    remember_case(context, *done);
    co_return task_done(context, open.row.number);
  }
  auto const desk = co_await open_desk(context);
  if (!desk) co_return problem(context, desk.error());
  Refused const refused{.task = node->id,
                        .variant = variant_of(open, form, actor, fields),
                        .typed = fields,
                        .errors = done.error(),
                        .key = context.field("key")};
  co_return case_page(context, *desk, &refused);
}

// --- A paper that names another official.

asio::awaitable<http::Response> post_redraw(Context& context) {
  auto found =
      co_await find_staff_case(context.portal, context.visitor, context.parameter("number"));
  if (!found) co_return problem(context, found.error());
  auto const& open = found->open;
  auto const* node = open.user_task(context.parameter("task"));
  if (node == nullptr) co_return problem(context, 404);
  auto const actor = found->actor(context.visitor, node->role)
                         .value_or(staff_actor(context.visitor, found->grants.front()));
  auto const drawn = co_await casework::draw_anew(
      context.world(), open, form_of(open, *node), actor,
      engine::CompleteTask{.task = node->id, .form = {}, .signature = {}});
  if (!drawn) co_return problem(context, drawn.error(), open.package.get());
  co_return go(context, "/work/cases/" + open.row.number, "redrawn");
}

// --- Documents.

asio::awaitable<Result<WantedDocument>> wanted(Context& context) {
  auto found = co_await open_staff_case(context.portal, context.visitor,
                                        context.parameter("number"), "document", "documents");
  if (!found) co_return std::unexpected(found.error());
  auto registers =
      co_await context.world().database.run([row = found->open.row](db::Connection& connection) {
        return read_registers(connection, row);
      });
  co_return find_document(context, found->open, std::move(registers), true);
}

asio::awaitable<http::Response> get_document(Context& context) {
  auto document = co_await wanted(context);
  auto response = co_await answer_document(context, std::move(document));
  co_return response;
}

asio::awaitable<http::Response> get_document_page(Context& context) {
  auto const base = "/work/cases/" + context.parameter("number");
  auto document = co_await wanted(context);
  json::array crumbs{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                     {{"text", "№ " + context.parameter("number")}, {"url", context.url(base)}}};
  auto response =
      co_await answer_document_page(context, std::move(document), base, std::move(crumbs));
  co_return response;
}

asio::awaitable<http::Response> get_signature(Context& context) {
  auto document = co_await wanted(context);
  co_return answer_signature(context, document);
}

asio::awaitable<http::Response> get_evidence(Context& context) {
  auto const found = co_await open_staff_case(context.portal, context.visitor,
                                              context.parameter("number"), "document", "documents");
  if (!found) co_return problem(context, found.error());
  auto response = co_await answer_evidence(context, found->open, true);
  co_return response;
}

}  // namespace

void add_staff_case_routes(http::Router& router, Portal& portal) {
  std::string const one = "/{lang}/work/cases/{number}";
  constexpr std::string_view access = "registrar executor head branch_operator";
  add_page(router, portal, one, access, get_case);
  add_form(router, portal,
           {.pattern = one + "/tasks/{task}",
            .access = access,
            .fields = {"*"},
            .body = http::Body::multipart,
            .at_once = post_task_at_once},
           post_task);
  add_form(router, portal, {.pattern = one + "/tasks/{task}/redraw", .access = access},
           post_redraw);
  add_page(router, portal, one + "/documents/{sha256}", access, get_document);
  add_page(router, portal, one + "/documents/{sha256}/page", access, get_document_page);
  add_page(router, portal, one + "/documents/{sha256}/signature", access, get_signature);
  add_page(router, portal, one + "/evidence", access, get_evidence);
}

}  // namespace qyzmet::portal
