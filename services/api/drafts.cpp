// An application from its first answer to its number: the draft, its files, the bytes to sign, the
// submission with a signature or a one-time password.
#include <algorithm>

#include "services/api/certification.hpp"
#include "services/api/forms.hpp"
#include "services/api/once.hpp"
#include "services/api/routes.hpp"
#include "services/casework/certification.hpp"
#include "services/casework/certify.hpp"
#include "services/casework/drafting.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using casework::Drafting;

http::Response no_draft(Call const& call) {
  return problem(call, Error{.code = ErrorCode::not_found, .text = "error.draft_not_found"});
}

asio::awaitable<std::optional<Drafting>> load(Call const& call) {
  auto loaded = co_await casework::load_draft(call.world(), call.caller().person,
                                              call.parameter("draft"), "");
  co_return loaded;
}

std::string path_of(Drafting const& drafting) {
  return "/api/v1/drafts/" + drafting.draft.id;
}

/// In which language the application is written.
std::string written_in(Call const& call, Drafting const& drafting) {
  return drafting.answers.language.empty() ? call.language : drafting.answers.language;
}

json::object answers_json(Call const& call, Drafting const& drafting) {
  auto const& answers = drafting.answers;
  json::object details;
  for (auto const& [name, text] : answers.details) details[name] = text;
  return {{"subtype", answers.subtype},   {"office", answers.office},
          {"branch", answers.branch},     {"phone", answers.phone},
          {"email", answers.email},       {"address", answers.address},
          {"consent", answers.consent},   {"language", written_in(call, drafting)},
          {"details", std::move(details)}};
}

json::array files_json(Drafting const& drafting) {
  json::array out;
  for (auto const& file : drafting.draft.files)
    out.push_back({{"document", file.code},
                   {"name", file.name},
                   {"sha256", file.sha256},
                   {"size", file.size},
                   {"media_type", file.media_type}});
  return out;
}

/// Questions and documents as they follow from the answers so far and from the person.
json::object asked_json(Call const& call, Drafting const& drafting) {
  auto const asking = drafting.rules().asking(drafting.answers);
  auto const environment = casework::environment_of(asking);
  auto const* form = drafting.package->application();
  json::array details, documents;
  for (auto const& field : form == nullptr ? std::vector<engine::Field>{} : form->fields)
    if (!field.shown || field.shown->is_true(environment, *drafting.calendar))
      details.push_back(field_json(call, {.package = *drafting.package, .form = *form}, field));
  for (auto const& document : casework::asked_documents(asking, drafting.answers.details))
    documents.push_back(document_json(call, *drafting.package, document));
  return {{"branch", drafting.package->variables.contains("branch.id")},
          {"address", drafting.package->asks_address},
          {"details", std::move(details)},
          {"documents", std::move(documents)}};
}

json::object draft_json(Call const& call, Drafting const& drafting) {
  json::array missing;
  for (auto const& error : casework::missing(drafting))
    missing.push_back(error_json(call, error, drafting.package.get()));
  return {{"id", drafting.draft.id},
          {"service", drafting.draft.service},
          {"version", drafting.draft.version},
          {"answers", answers_json(call, drafting)},
          {"attachments", files_json(drafting)},
          {"asked", asked_json(call, drafting)},
          {"complete", missing.empty()},
          {"missing", std::move(missing)}};
}

http::Response shown(Call const& call, Drafting const& drafting, int status = 200) {
  auto response = answer(draft_json(call, drafting), status);
  set_etag(response, std::to_string(drafting.draft.version));
  return response;
}

asio::awaitable<http::Response> show_again(Call& call) {
  auto const drafting = co_await load(call);
  co_return drafting ? shown(call, *drafting) : no_draft(call);
}

// --- Beginning, reading, dropping

Error already_open(std::string const& number) {
  return {
      .code = ErrorCode::conflict, .text = "error.already_open", .arguments = {{"case", number}}};
}

asio::awaitable<http::Response> post_draft(Call& call) {
  auto const body = body_object(call, {"service"});
  if (!body) co_return problem(call, body.error());
  auto const service = text_member(*body, "service");
  if (!service) co_return problem(call, service.error());
  auto const package = call.world().library.in_force(*service, call.world().clock.today());
  if (!package)
    co_return problem(
        call,
        Error{.code = ErrorCode::invalid, .text = "error.service_unknown", .field = "service"});
  auto const begun = co_await casework::begin_draft(call.world(), call.caller().person, *service);
  if (!begun.number.empty()) co_return problem(call, already_open(begun.number));
  auto const drafting =
      co_await casework::load_draft(call.world(), call.caller().person, begun.draft, *service);
  if (!drafting) co_return no_draft(call);
  auto response = shown(call, *drafting, begun.created ? 201 : 200);
  response.headers.set("Location", path_of(*drafting));
  co_return response;
}

asio::awaitable<http::Response> get_drafts(Call& call) {
  auto const drafts = co_await call.world().database.run(
      [person = call.caller().person](db::Connection& connection) {
        return db::drafts_of(connection, person);
      });
  json::array items;
  for (auto const& draft : drafts)
    items.push_back({{"id", draft.id},
                     {"service", draft.service},
                     {"version", draft.version},
                     {"changed", to_iso(draft.changed)}});
  co_return answer({{"items", std::move(items)}});
}

asio::awaitable<http::Response> get_draft(Call& call) {
  auto response = co_await show_again(call);
  co_return response;
}

asio::awaitable<http::Response> delete_draft(Call& call) {
  bool const gone = co_await call.world().database.run(
      [id = call.parameter("draft"), person = call.caller().person](db::Connection& connection) {
        return db::delete_draft(connection, id, person);
      });
  if (!gone) co_return no_draft(call);
  co_return http::Response{.status = 204, .content_type = {}};
}

// --- Answers

/// The members of the body take the place of all answers.
Result<casework::Answers> sent_answers(Call const& call, Drafting const& drafting) {
  auto body = body_object(call, {"subtype", "office", "branch", "phone", "email", "address",
                                 "consent", "language", "details"});
  if (!body) return std::unexpected(body.error());
  casework::Answers out;
  std::pair<std::string_view, std::string casework::Answers::*> const texts[] = {
      {"subtype", &casework::Answers::subtype},  {"office", &casework::Answers::office},
      {"branch", &casework::Answers::branch},    {"phone", &casework::Answers::phone},
      {"email", &casework::Answers::email},      {"address", &casework::Answers::address},
      {"language", &casework::Answers::language}};
  for (auto const& [name, member] : texts) {
    auto text = text_member(*body, name);
    if (!text) return std::unexpected(text.error());
    out.*member = std::move(*text);
  }
  bool const known = out.language == "kk" || out.language == "ru" || out.language == "en";
  if (!out.language.empty() && !known)
    return fail(ErrorCode::invalid, "error.not_a_choice", "language");
  if (out.language.empty()) out.language = call.language;
  auto const* consent = body->if_contains("consent");
  if (consent != nullptr && !consent->is_bool())
    return fail(ErrorCode::invalid, "error.field_type", "consent");
  out.consent = consent != nullptr && consent->as_bool();
  auto const* details = body->if_contains("details");
  if (details == nullptr) return out;
  auto const* form = drafting.package->application();
  static engine::Form const nothing;
  if (!details->is_object()) return fail(ErrorCode::invalid, "error.field_type", "details");
  auto fields = form_fields(form == nullptr ? nothing : *form, details->as_object());
  if (!fields) return std::unexpected(fields.error());
  for (auto& [name, text] : *fields)
    if (!text.empty() && text != "false") out.details.emplace(name, std::move(text));
  return out;
}

asio::awaitable<http::Response> put_answers(Call& call) {
  auto drafting = co_await load(call);
  if (!drafting) co_return no_draft(call);
  auto const version = if_match(call);
  Error const outdated{.code = ErrorCode::conflict, .text = "error.version_changed"};
  if (version && *version != drafting->draft.version) co_return problem(call, outdated);
  auto answers = sent_answers(call, *drafting);
  if (!answers) co_return problem(call, answers.error(), drafting->package.get());
  drafting->draft.answers = casework::write_answers(*answers);
  auto const saved = co_await casework::save_answers(call.world(), drafting->draft);
  if (!saved) co_return problem(call, outdated);
  auto response = co_await show_again(call);
  co_return response;
}

// --- Files

bool asks_for(Drafting const& drafting, std::string_view code) {
  auto const* subtype = drafting.package->subtype(drafting.answers.subtype);
  return subtype != nullptr &&
         std::ranges::find(subtype->documents, code, &engine::RequiredDocument::code) !=
             subtype->documents.end();
}

asio::awaitable<http::Response> put_attachment(Call& call) {
  auto const drafting = co_await load(call);
  if (!drafting) co_return no_draft(call);
  auto const code = call.parameter("document");
  if (!asks_for(*drafting, code))
    co_return problem(call,
                      Error{.code = ErrorCode::not_found, .text = "error.document_not_asked"});
  if (!call.request.upload_errors.empty()) co_return problem(call, call.request.upload_errors);
  bool const one = call.request.uploads.size() == 1 && call.request.form.empty() &&
                   call.request.uploads.front().field == "file";
  if (!one)
    co_return problem(call,
                      Error{.code = ErrorCode::invalid, .text = "error.one_file", .field = "file"});
  auto upload = std::move(call.request.uploads.front());
  upload.field = code;
  auto const errors = co_await casework::keep_draft_file(call.world(), *drafting, upload);
  if (!errors.empty()) co_return problem(call, errors, drafting->package.get());
  auto response = co_await show_again(call);
  co_return response;
}

asio::awaitable<http::Response> delete_attachment(Call& call) {
  auto const drafting = co_await load(call);
  if (!drafting) co_return no_draft(call);
  bool const removed =
      co_await casework::remove_draft_files(call.world(), *drafting, call.parameter("document"));
  if (!removed)
    co_return problem(call,
                      Error{.code = ErrorCode::not_found, .text = "error.document_not_found"});
  auto response = co_await show_again(call);
  co_return response;
}

// --- Signing and sending

/// The bytes of a complete draft that the law would accept now; all reasons otherwise.
asio::awaitable<std::expected<std::string, std::vector<Error>>> bytes_of(Call const& call,
                                                                         Drafting const& drafting) {
  auto errors = casework::missing(drafting);
  if (!errors.empty()) co_return std::unexpected(std::move(errors));
  auto xml = drafting.xml(written_in(call, drafting));
  auto refusal = co_await casework::refusal_of_application(call.world(), xml, call.caller().person,
                                                           call.world().clock.now());
  if (refusal) co_return std::unexpected(std::vector{std::move(*refusal)});
  co_return xml;
}

asio::awaitable<http::Response> get_application(Call& call) {
  auto const drafting = co_await load(call);
  if (!drafting) co_return no_draft(call);
  auto xml = co_await bytes_of(call, *drafting);
  if (!xml) co_return problem(call, xml.error(), drafting->package.get());
  auto const sha256 = platform::sha256_hex(*xml);
  auto response = http::download(std::move(*xml), "application/xml", "application.xml");
  set_etag(response, sha256);
  co_return response;
}

asio::awaitable<http::Response> post_code(Call& call) {
  auto const drafting = co_await load(call);
  if (!drafting) co_return no_draft(call);
  auto xml = co_await bytes_of(call, *drafting);
  if (!xml) co_return problem(call, xml.error(), drafting->package.get());
  auto const id = co_await casework::send_code(call.world(), casework::k_application_code,
                                               std::move(*xml), call.caller().person);
  if (!id) co_return problem(call, id.error());
  co_return answer({{"id", *id}}, 201);
}

http::Response accepted(casework::Certified const& certified) {
  json::object out{{"pending", certified.pending}, {"existing", certified.existing}};
  if (certified.pending) return answer(out, 202);
  auto const path = "/api/v1/cases/" + certified.number;
  out["number"] = certified.number;
  out["case"] = path;
  auto response = answer(out, certified.existing ? 200 : 201);
  response.headers.set("Location", path);
  return response;
}

/// The draft is gone: by an attempt of this very request that did not come to its end, or not.
asio::awaitable<http::Response> sent_before(Call& call) {
  if (call.subject.empty()) co_return no_draft(call);
  auto const certified =
      co_await casework::submitted_before(call.world(), *call.caller().user, call.subject);
  co_return certified ? accepted(*certified) : no_draft(call);
}

asio::awaitable<http::Response> post_submission(Call& call) {
  auto certification = read_certification(call);
  if (!certification) co_return problem(call, certification.error());
  auto const drafting = co_await load(call);
  if (!drafting) {
    auto response = co_await sent_before(call);
    co_return response;
  }
  auto xml = co_await bytes_of(call, *drafting);
  if (!xml) co_return problem(call, xml.error(), drafting->package.get());
  co_await note_subject(call, platform::sha256_hex(*xml));
  auto const received = call.world().clock.at(call.request.arrived);
  auto const person = call.caller().person;
  Result<casework::Certified> certified = casework::Certified{};
  if (certification->cms.empty())
    certified =
        co_await casework::submit_confirmed(call.world(), std::move(*xml), certification->code_id,
                                            certification->code, person, received);
  else
    certified = co_await casework::submit_signed(call.world(), std::move(*xml),
                                                 std::move(certification->cms), person, received);
  if (!certified) co_return problem(call, certified.error(), drafting->package.get());
  co_return accepted(*certified);
}

}  // namespace

void add_draft_operations(http::Router& router, Api& api) {
  using enum http::Method;
  using http::Body;
  auto const one = [&](http::Method method, std::string_view path, Handler handler,
                       Body body = Body::none) {
    add(router, api,
        {.method = method, .path = path, .access = "citizen", .handler = handler, .body = body});
  };
  one(post, "/drafts", post_draft, Body::json);
  one(get, "/drafts", get_drafts);
  one(get, "/drafts/{draft}", get_draft);
  one(delete_, "/drafts/{draft}", delete_draft);
  one(put, "/drafts/{draft}/answers", put_answers, Body::json);
  one(put, "/drafts/{draft}/attachments/{document}", put_attachment, Body::multipart);
  one(delete_, "/drafts/{draft}/attachments/{document}", delete_attachment);
  one(post, "/drafts/{draft}/codes", post_code);
  add(router, api,
      {.path = "/drafts/{draft}/application",
       .access = "citizen",
       .handler = get_application,
       .gives = "application/xml"});
  add(router, api,
      {.method = post,
       .path = "/drafts/{draft}/submission",
       .access = "citizen",
       .handler = post_submission,
       .body = Body::json,
       .body_bytes_max = 0,
       .once = true});
}

}  // namespace qyzmet::api
