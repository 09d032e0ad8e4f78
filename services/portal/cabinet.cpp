// The personal cabinet: applications, what came for the person, and who looked at the person's
// data.
#include <algorithm>

#include "db/audit.hpp"
#include "db/drafts.hpp"
#include "db/submissions.hpp"
#include "db/worklists.hpp"
#include "services/casework/application.hpp"
#include "services/casework/case_file.hpp"
#include "services/casework/enrolment.hpp"
#include "services/casework/notices.hpp"
#include "services/casework/sent_forms.hpp"
#include "services/casework/statements.hpp"
#include "services/http/responses.hpp"
#include "services/platform/random.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/document_answer.hpp"
#include "services/portal/message_form.hpp"
#include "services/portal/package_form.hpp"
#include "services/portal/page.hpp"
#include "services/portal/registration_view.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_cases_max = 50;
constexpr int k_readers_per_page = 50;

// --- Lists.

struct Cabinet {
  db::ListPage cases;
  std::vector<db::Draft> drafts;
  std::vector<db::Submission> submissions;
  std::vector<db::Notice> notices;
  RegistrationBook registrations;
};

Cabinet read_cabinet(db::Connection& connection, db::PersonId person) {
  db::ListFilter filter;
  filter.person = person;
  filter.open_only = false;
  filter.newest_first = true;
  filter.limit = k_cases_max;
  return {.cases = db::list_cases(connection, filter),
          .drafts = db::drafts_of(connection, person),
          .submissions = db::submissions_of(connection, person),
          .notices = db::notices_of_person(connection, person, casework::k_notices_max),
          .registrations = read_registrations(connection, person)};
}

json::array cases_json(Context const& context, db::ListPage const& page) {
  auto const reader = reader_of(context);
  auto const today = context.world().clock.today();
  json::array out;
  for (auto const& row : page.rows) {
    auto const package = context.world().library.package(row.package);
    auto const calendar = context.world().library.calendar(row.calendar_version);
    if (!package || !calendar) continue;
    auto const* subtype = package->subtype(row.subtype);
    json::object item{{"number", row.number},
                      {"url", context.url("/cabinet/cases/" + row.number)},
                      {"title", reader.text("service.title", {}, package.get())},
                      {"tag", state_tag(*package, row.ended ? row.outcome : row.state, reader)},
                      {"filed", to_iso(row.filed)},
                      {"due", to_iso(row.due)},
                      {"ended", row.ended}};
    if (subtype != nullptr) item["subtype"] = reader.text(subtype->text, {}, package.get());
    if (!row.milestone.empty() && !row.ended)
      item["mini"] = mini_json(*calendar, row.accepted, row.due, today);
    out.push_back(std::move(item));
  }
  return out;
}

json::array drafts_json(Context const& context, std::vector<db::Draft> const& drafts) {
  json::array out;
  for (auto const& draft : drafts) {
    auto const package =
        context.world().library.in_force(draft.service, context.world().clock.today());
    if (!package) continue;
    out.push_back({{"title", context.text("service.title", {}, package.get())},
                   {"url", context.url("/apply/" + draft.service)},
                   {"changed", to_iso(draft.changed)}});
  }
  return out;
}

json::array submissions_json(Context const& context, std::vector<db::Submission> const& all) {
  json::array out;
  for (auto const& submission : all) {
    if (submission.status == "accepted") continue;
    bool const rejected = submission.status == "rejected";
    auto const application = casework::from_xml(submission.xml);
    auto const package =
        application ? context.world().library.package(application->package) : nullptr;
    out.push_back({{"received", to_iso(submission.received)},
                   {"rejected", rejected},
                   {"reason", rejected ? context.text(submission.reason, {}, package.get()) : ""}});
  }
  return out;
}

json::array notices_json(Context const& context, std::vector<db::Notice> const& notices) {
  json::array out;
  for (auto const& notice : notices) {
    auto const key = "notify." + notice.kind + ".subject";
    auto const owner = casework::owner_of(context.world(), notice);
    out.push_back({{"url", context.url("/cabinet/notices/" + std::to_string(notice.id.value))},
                   {"text", context.text(key, {}, owner.get())},
                   {"number", notice.number},
                   {"sent", to_iso(notice.sent)},
                   {"fresh", !notice.read.has_value()}});
  }
  return out;
}

asio::awaitable<http::Response> get_cabinet(Context& context) {
  auto const cabinet = co_await context.world().database.run(
      [person = context.visitor.person](db::Connection& connection) {
        return read_cabinet(connection, person);
      });
  co_return render(
      context, "cabinet",
      {{"cases", cases_json(context, cabinet.cases)},
       {"drafts", drafts_json(context, cabinet.drafts)},
       {"submissions", submissions_json(context, cabinet.submissions)},
       {"notices", notices_json(context, cabinet.notices)},
       {"registration", active_registration_json(cabinet.registrations, reader_of(context))},
       {"services", context.url("")}});
}

// --- One case.

json::array case_crumbs(Context const& context, std::string const& number) {
  return {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
          {{"text", "№ " + number}, {"url", context.url("/cabinet/cases/" + number)}}};
}

/// What the citizen can send now, and what not any more, each with its rule: before the click.
json::array messages_json(Context const& context, casework::OpenCase const& open) {
  auto const reader = reader_of(context);
  auto const actor = citizen_actor(context.visitor);
  auto const* package = open.package.get();
  json::array out;
  for (auto const& [name, form] : package->forms) {
    bool const awaited = open.expects(name);
    // Where the case ended, what comes beside the process is left; the copy has its own button.
    if (form.role != "citizen" || (open.instance.ended && !awaited)) continue;
    if (name == casework::k_file_copied) continue;
    if (form.shown && !form.shown->is_true(open.instance.variables, *open.calendar)) continue;
    auto const closed = "form." + name + ".closed";
    if (!awaited && !reader.has(closed, package)) continue;
    json::object item{
        {"text", reader.text("form." + name, {}, package)},
        {"url", context.url("/cabinet/cases/" + open.row.number + "/messages/" + name)}};
    auto const refusal = casework::refusal_of_message(open, form, actor);
    if (!awaited) {
      item["closed"] = reader.text(closed, {}, package);
      item["cite"] = cite_json(*package, form.cite, reader);
    } else if (refusal) {
      item["closed"] = error_text(context, *refusal, package);
      item["cite"] = cite_json(*package, refusal->cite, reader);
    }
    out.push_back(std::move(item));
  }
  return out;
}

asio::awaitable<CaseRegisters> registers_of(Context& context, casework::OpenCase const& open) {
  auto out = co_await context.world().database.run(
      [row = open.row](db::Connection& connection) { return read_registers(connection, row); });
  co_return out;
}

/// When and where the person is heard, once that is set.
json::object hearing_json(Context const& context, casework::OpenCase const& open) {
  auto const& variables = open.instance.variables;
  auto const* slot = engine::at_path(variables, "hearing.slot").as<Instant>();
  if (slot == nullptr || open.state_code() != "hearing") return {};
  auto const mode = engine::text_at(variables, "hearing.mode");
  return {{"slot", to_iso(*slot)},
          {"mode", context.text("choice." + mode, {}, open.package.get())},
          {"place", engine::text_at(variables, "hearing.place")}};
}

json::object case_data(Context const& context, casework::OpenCase const& open,
                       CaseRegisters const& registers) {
  auto const number = open.row.number;
  auto data = case_view(open, registers, reader_of(context));
  data["messages"] = messages_json(context, open);
  data["base"] = context.url("/cabinet/cases/" + number);
  data["readers"] = context.url("/cabinet/readers");
  data["receipt"] = context.url("/cabinet/cases/" + number + "/receipt");
  if (open.package->form(casework::k_file_copied) != nullptr)
    data["file_key"] = platform::random_hex(16);
  if (open.package->files.contains("documents/application.xml"))
    data["application"] = context.url("/cabinet/cases/" + number + "/application");
  data["collect"] = open.state_code() == "at_branch";
  data["hearing"] = hearing_json(context, open);
  json::array crumbs = case_crumbs(context, number);
  crumbs.back().as_object().erase("url");
  data["crumbs"] = std::move(crumbs);
  return data;
}

asio::awaitable<http::Response> get_case(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const registers = co_await registers_of(context, *open);
  co_return render(context, "case", case_data(context, *open, registers), 200, open->package.get());
}

asio::awaitable<http::Response> get_accepted(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const registers = co_await registers_of(context, *open);
  co_return render(context, "accepted", case_data(context, *open, registers), 200,
                   open->package.get());
}

// --- Messages of the citizen.

MessagePage page_of(Context const& context, casework::OpenCase const& open,
                    engine::Form const& form, std::string key) {
  return {.open = open,
          .form = form,
          .actor = citizen_actor(context.visitor),
          .base = "/cabinet/cases/" + open.row.number,
          .crumbs = case_crumbs(context, open.row.number),
          .key = std::move(key)};
}

engine::Form const* citizen_message(casework::OpenCase const& open, std::string_view name) {
  auto const* form = open.package->form(name);
  return form != nullptr && form->role == "citizen" ? form : nullptr;
}

asio::awaitable<http::Response> answer_message(Context& context, MessagePage page) {
  page.sources = co_await read_sources(context, page.open, page.form);
  co_return message_page(context, std::move(page));
}

/// What stands in a statement that somebody wants to change; its papers are sent anew.
asio::awaitable<FormFields> stated(Context& context, casework::OpenCase const& open,
                                   std::string_view message) {
  FormFields out;
  auto const sha256 = context.query("statement");
  if (sha256.empty()) co_return out;
  auto const statement = co_await casework::find_statement(context.world(), open, sha256);
  if (!statement || statement->said.message != message) co_return out;
  for (auto const& field : statement->said.fields) out.emplace(field.name, field.value);
  co_return out;
}

asio::awaitable<http::Response> get_message(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const* form = citizen_message(*open, context.parameter("message"));
  if (form == nullptr) co_return problem(context, 404);
  if (!open->expects(form->id)) co_return go(context, "/cabinet/cases/" + open->row.number);
  auto page = page_of(context, *open, *form, platform::random_hex(16));
  page.typed = co_await stated(context, *open, form->id);
  auto response = co_await answer_message(context, std::move(page));
  co_return response;
}

/// The message has been sent, or what is to be certified first is shown; else all that is wrong.
asio::awaitable<std::expected<http::Response, std::vector<Error>>> take_message(
    Context& context, casework::MessageInput sent) {
  auto const base = "/cabinet/cases/" + sent.open.row.number;
  auto const* form = sent.open.package->form(sent.message);
  if (form->certified) {
    auto const package = sent.open.package;
    auto words = words_of(reader_of(context), *package);
    auto const drawn = co_await casework::draw_statement(context.world(), std::move(sent),
                                                         context.language, std::move(words));
    if (!drawn) co_return std::unexpected(drawn.error());
    co_return go(context, base + "/statements/" + drawn->sha256);
  }
  auto const done = co_await casework::send_message(context.world(), std::move(sent));
  if (!done) co_return std::unexpected(done.error());
  co_return go(context, base, "message_sent");
}

asio::awaitable<http::Response> post_message(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const* form = citizen_message(*open, context.parameter("message"));
  if (form == nullptr) co_return problem(context, 404);
  auto const key = context.field("key");
  // What cannot come leaves no file.
  bool const possible = !casework::refusal_of_message(*open, *form, citizen_actor(context.visitor));
  auto came = co_await take_form(context, *form, {"key"}, possible);
  if (!came) co_return problem(context, came.error());
  auto errors = std::move(came->errors);
  if (errors.empty()) {
    auto sent = co_await take_message(context, {.open = *open,
                                                .message = form->id,
                                                .actor = citizen_actor(context.visitor),
                                                .fields = came->fields,
                                                .idempotency_key = key,
                                                .files = std::move(came->files)});
    if (sent) co_return std::move(*sent);
    errors = std::move(sent.error());
  }
  auto page = page_of(context, *open, *form, key);
  page.errors = std::move(errors);
  page.typed = std::move(came->fields);
  auto response = co_await answer_message(context, std::move(page));
  co_return response;
}

// --- Documents.

asio::awaitable<Result<WantedDocument>> wanted_document(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return std::unexpected(open.error());
  auto registers = co_await registers_of(context, *open);
  co_return find_document(context, *open, std::move(registers), false);
}

asio::awaitable<http::Response> get_document(Context& context) {
  auto wanted = co_await wanted_document(context);
  auto response = co_await answer_document(context, std::move(wanted));
  co_return response;
}

asio::awaitable<http::Response> get_document_page(Context& context) {
  auto const number = context.parameter("number");
  auto wanted = co_await wanted_document(context);
  auto response = co_await answer_document_page(
      context, std::move(wanted), "/cabinet/cases/" + number, case_crumbs(context, number));
  co_return response;
}

/// The whole file: who takes it is written into the case before it is given out (R-GEN-23).
asio::awaitable<http::Response> post_file(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const* package = open->package.get();
  auto taken = co_await casework::take_case_file(
      context.world(), {.open = *open,
                        .actor = citizen_actor(context.visitor),
                        .applicant = context.visitor.name,
                        .idempotency_key = context.field("key"),
                        .text = [&context, package](std::string_view key) {
                          auto const reader = reader_of(context);
                          return reader.has(key, package) ? reader.text(key, {}, package)
                                                          : std::string{};
                        }});
  if (!taken) co_return problem(context, taken.error(), package);
  auto response = http::download(std::move(*taken), "application/zip", open->row.number + ".zip");
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<http::Response> get_signature(Context& context) {
  auto const wanted = co_await wanted_document(context);
  co_return answer_signature(context, wanted);
}

asio::awaitable<http::Response> get_evidence(Context& context) {
  auto const open =
      co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto response = co_await answer_evidence(context, *open, false);
  co_return response;
}

// --- Notices.

asio::awaitable<http::Response> get_notice(Context& context) {
  auto const& world = context.world();
  auto const now = world.clock.now();
  auto const notice =
      co_await world.database.run([person = context.visitor.person, now,
                                   id = context.parameter("id")](db::Connection& connection) {
        return casework::open_notice(connection, person, id, now);
      });
  if (!notice) co_return problem(context, 404);
  if (!notice->case_id) co_return go(context, "/cabinet/registration");
  auto open = co_await open_own_case(context.portal, context.visitor, notice->number);
  if (!open) co_return problem(context, open.error());
  auto const registers = co_await registers_of(context, *open);
  auto const arguments = casework::notice_arguments(*open, registers.branch, context.language);
  auto const key = "notify." + notice->kind;
  auto const base = "/cabinet/cases/" + notice->number;
  auto const title = context.text(key + ".subject", arguments, open->package.get());
  auto crumbs = case_crumbs(context, notice->number);
  crumbs.push_back({{"text", title}});
  json::object data{{"title", title},
                    {"text", context.text(key + ".body", arguments, open->package.get())},
                    {"sent", to_iso(notice->sent)},
                    {"case", context.url(base)},
                    {"number", notice->number},
                    {"messages", messages_json(context, *open)},
                    {"crumbs", std::move(crumbs)}};
  if (!notice->document.empty()) {
    data["document"] = context.url(base + "/documents/" + notice->document);
    data["as_page"] = context.url(base + "/documents/" + notice->document + "/page");
  }
  co_return render(context, "notice", std::move(data), 200, open->package.get());
}

// --- Who looked at my data.

/// "name,iin" -> "name, IIN" in the reader's language.
std::string fields_text(Context const& context, std::string_view codes) {
  std::string out;
  while (!codes.empty()) {
    auto const comma = codes.find(',');
    if (!out.empty()) out += ", ";
    out += context.text("read.field." + std::string{codes.substr(0, comma)});
    codes.remove_prefix(comma == codes.npos ? codes.size() : comma + 1);
  }
  return out;
}

asio::awaitable<http::Response> get_readers(Context& context) {
  int const page = page_number(context);
  auto const entries = co_await context.world().database.run(
      [person = context.visitor.person, page](db::Connection& connection) {
        // One more than is shown tells whether there is a next page.
        return db::reads_of(connection, person, (page - 1) * k_readers_per_page,
                            k_readers_per_page + 1);
      });
  json::array rows;
  for (auto const& entry : entries) {
    if (rows.size() == static_cast<std::size_t>(k_readers_per_page)) break;
    rows.push_back({{"at", to_iso(entry.at)},
                    {"name", entry.reader_name},
                    {"role", context.text("role." + entry.role)},
                    {"number", entry.number},
                    {"purpose", context.text("read.purpose." + entry.purpose)},
                    {"fields", fields_text(context, entry.fields)}});
  }
  json::object data{{"rows", std::move(rows)},
                    {"crumbs",
                     {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
                      {{"text", context.text("readers.title")}}}}};
  auto const path = "/cabinet/readers?page=";
  if (page > 1) data["newer"] = context.url(path + std::to_string(page - 1));
  if (entries.size() > static_cast<std::size_t>(k_readers_per_page))
    data["older"] = context.url(path + std::to_string(page + 1));
  co_return render(context, "readers", std::move(data));
}

}  // namespace

void add_cabinet_routes(http::Router& router, Portal& portal) {
  std::string const one = "/{lang}/cabinet/cases/{number}";
  add_form(
      router, portal,
      {.pattern = "/{lang}/cabinet/cases/{number}/file", .access = "visitor", .fields = {"key"}},
      post_file);
  add_page(router, portal, "/{lang}/cabinet", "visitor", get_cabinet);
  add_page(router, portal, one, "visitor", get_case);
  add_page(router, portal, one + "/accepted", "visitor", get_accepted);
  add_page(router, portal, one + "/evidence", "visitor", get_evidence);
  add_page(router, portal, one + "/messages/{message}", "visitor", get_message);
  add_form(router, portal,
           {.pattern = one + "/messages/{message}",
            .access = "visitor",
            .fields = {"*"},
            .body = http::Body::multipart},
           post_message);
  add_page(router, portal, one + "/documents/{sha256}", "visitor", get_document);
  add_page(router, portal, one + "/documents/{sha256}/page", "visitor", get_document_page);
  add_page(router, portal, one + "/documents/{sha256}/signature", "visitor", get_signature);
  add_page(router, portal, "/{lang}/cabinet/notices/{id}", "visitor", get_notice);
  add_page(router, portal, "/{lang}/cabinet/readers", "visitor", get_readers);
}

}  // namespace qyzmet::portal
