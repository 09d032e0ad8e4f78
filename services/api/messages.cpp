// Messages to a case: of the applicant (objection, waiver, withdrawal, recusal, complaint), and of
// officials, who bring in what came on the office's own post or act beside the process. Each goes
// to the wait that is meant; the engine judges who may send it and when.
#include <algorithm>

#include "services/api/acts.hpp"
#include "services/api/routes.hpp"
#include "services/casework/case_file.hpp"
#include "services/casework/sent_forms.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_access = "citizen registrar executor head branch_operator";

/// A message that can be sent now, and to which of several waits.
struct Sendable {
  engine::Form const* form;
  std::string wait = {};
};

std::string_view role_of(Call const& call) {
  auto const& desk = call.caller().desk;
  return desk ? std::string_view{desk->role} : "citizen";
}

engine::Form const* message_form(casework::OpenCase const& open, std::string_view name) {
  auto const* form = open.package->form(name);
  return form == nullptr || form->role.empty() ? nullptr : form;
}

/// Of the role of the token: what a node waits for, each wait by itself, and what comes beside.
std::vector<Sendable> sendable(Call const& call, casework::OpenCase const& open) {
  std::vector<Sendable> out;
  auto const role = role_of(call);
  auto const mine = [&](engine::Form const& form) {
    return form.role == role &&
           (!form.shown || form.shown->is_true(open.instance.variables, *open.calendar));
  };
  for (auto const& wait : open.instance.subscriptions)
    if (auto const* form = message_form(open, wait.message); form != nullptr && mine(*form))
      out.push_back({.form = form, .wait = wait.key});
  for (auto const& [name, form] : open.package->forms) {
    bool const listed =
        std::ranges::any_of(out, [&](Sendable const& each) { return each.form == &form; });
    // The copy of the file has an operation of its own, which gives it out.
    if (!listed && mine(form) && name != casework::k_file_copied && open.expects(name))
      out.push_back({.form = &form});
  }
  return out;
}

json::object message_json(Call const& call, casework::OpenCase const& open, Sendable const& message,
                          Sources const& sources) {
  auto const* package = open.package.get();
  auto const& form = *message.form;
  auto const path = "/api/v1/cases/" + open.row.number + "/messages/" + form.id;
  auto title = call.text("form." + form.id, {}, package);
  if (!message.wait.empty()) title += " № " + message.wait;
  json::object out{
      {"message", form.id},
      {"title", std::move(title)},
      {"fields", fields_json(call, {.package = *package, .form = form, .sources = sources})},
      {"signs", !form.signs.empty()},
      {"certified", form.certified},
      {"send", path}};
  if (form.certified) out["statement"] = path + "/statement";
  if (!message.wait.empty()) out["wait"] = message.wait;
  if (!form.signs.empty()) out["content"] = path + "/content";
  if (auto const due = open.due(form.id, message.wait)) out["due"] = to_iso(*due);
  if (auto paragraph = paragraph_json(call, *package, form.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  if (auto const refusal = casework::refusal_of_message(open, form, actor_of(call), message.wait))
    out["refused"] = error_json(call, *refusal, package);
  return out;
}

asio::awaitable<http::Response> get_messages(Call& call) {
  auto const found = co_await case_for(call, "case_page", "progress");
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const messages = sendable(call, open);
  std::vector<engine::Form const*> forms;
  for (auto const& each : messages) forms.push_back(each.form);
  auto const sources = co_await read_sources(call, open, forms);
  json::array items;
  for (auto const& each : messages) items.push_back(message_json(call, open, each, sources));
  co_return answer({{"items", std::move(items)}});
}

http::Response no_message(Call const& call) {
  return problem(call, Error{.code = ErrorCode::not_found, .text = "error.message_not_found"});
}

/// The law that forbids the message, or else that it is certified first.
Error certify_first(casework::OpenCase const& open, engine::Form const& form,
                    engine::Actor const& actor) {
  auto law = casework::refusal_of_message(open, form, actor);
  return law ? std::move(*law)
             : Error{.code = ErrorCode::forbidden,
                     .text = "error.certification_required",
                     .field = "certification",
                     .rule = form.rule,
                     .cite = form.cite};
}

asio::awaitable<http::Response> post_message(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* form = message_form(open, call.parameter("message"));
  if (form == nullptr) co_return no_message(call);
  // Applicants and officials have messages of their own; among officials the engine names the rule.
  if (call.caller().desk.has_value() == (form->role == "citizen"))
    co_return problem(call, Error{.code = ErrorCode::forbidden, .text = "error.token_role"});
  auto const actor = actor_of(call);
  auto sent = read_sent(call, *form, true);
  if (!sent) co_return problem(call, sent.error(), open.package.get());
  if (form->certified)
    co_return problem(call, certify_first(open, *form, actor), open.package.get());
  // What cannot come leaves no file.
  bool const possible = !casework::refusal_of_message(open, *form, actor, sent->wait);
  auto const wrong = co_await take_files(call, *form, possible, *sent);
  if (!wrong.empty()) co_return problem(call, wrong, open.package.get());
  auto const done =
      co_await casework::send_message(call.world(), {.open = open,
                                                     .message = form->id,
                                                     .actor = actor,
                                                     .fields = std::move(sent->fields),
                                                     .idempotency_key = call.once->key,
                                                     .cms = std::move(sent->cms),
                                                     .wait = std::move(sent->wait),
                                                     .files = std::move(sent->files)});
  co_return outcome_answer(call, done, *open.package);
}

asio::awaitable<http::Response> get_content(Call& call) {
  auto const found = co_await case_for(call, "document", "documents");
  if (!found) co_return problem(call, found.error());
  auto const* form = message_form(found->open, call.parameter("message"));
  bool const mine = form != nullptr && form->role == role_of(call);
  if (!mine || form->signs.empty()) co_return no_message(call);
  auto response = co_await signing_content(call, found->open, *form);
  co_return response;
}

asio::awaitable<http::Response> post_redraw(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const* form = message_form(found->open, call.parameter("message"));
  if (form == nullptr) co_return no_message(call);
  auto response = co_await redraw(
      call, found->open, *form,
      engine::ReceiveMessage{
          .message = form->id, .message_id = {}, .form = {}, .signature = {}, .key = {}});
  co_return response;
}

}  // namespace

void add_message_operations(http::Router& router, Api& api) {
  std::string_view const one = "/cases/{number}/messages/{message}";
  add(router, api,
      {.path = "/cases/{number}/messages", .access = k_access, .handler = get_messages});
  add(router, api,
      {.method = http::Method::post,
       .path = one,
       .access = k_access,
       .handler = post_message,
       .body = http::Body::json_or_multipart,
       .once = true});
  add(router, api,
      {.path = "/cases/{number}/messages/{message}/content",
       .access = k_access,
       .handler = get_content,
       .gives = "application/octet-stream"});
  add(router, api,
      {.method = http::Method::post,
       .path = "/cases/{number}/messages/{message}/redraw",
       .access = "registrar executor head branch_operator",
       .handler = post_redraw});
}

}  // namespace qyzmet::api
