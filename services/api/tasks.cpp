// What must be done: the open tasks of a role and of one case, completing one on the version that
// was seen, the bytes that a task asks to sign; messages of the applicant. The law is the engine's:
// what it forbids comes back as a problem with the rule.
#include <algorithm>

#include "db/people.hpp"
#include "services/api/cases.hpp"
#include "services/api/forms.hpp"
#include "services/api/routes.hpp"
#include "services/casework/files.hpp"
#include "services/casework/officials.hpp"
#include "services/http/responses.hpp"
#include "signing/pdf.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_staff = "registrar executor head branch_operator";
constexpr int k_tasks_cases_max = 20;

std::string title_of(Call const& call, casework::OpenCase const& open, engine::Node const& node) {
  auto const key = "task." + node.id;
  return call.has(key, open.package.get()) ? call.text(key, {}, open.package.get()) : node.name;
}

engine::Form const& form_of(casework::OpenCase const& open, engine::Node const& node) {
  return open.package->forms.at(node.form);
}

/// The actor of the token for a task; of another role all the same: the engine names the rule.
engine::Actor actor_of(Call const& call) {
  return casework::staff_actor(call.caller(), *call.caller().desk);
}

json::object task_json(Call const& call, casework::OpenCase const& open, engine::Node const& node) {
  auto const& package = *open.package;
  auto const opened = std::ranges::find_if(open.instance.tasks, [&](auto const& task) {
    return package.process.nodes[static_cast<std::size_t>(task.node)].id == node.id;
  });
  auto const path = "/api/v1/cases/" + open.row.number;
  json::object out{{"case", path},
                   {"number", open.row.number},
                   {"version", open.row.version},
                   {"task", node.id},
                   {"title", title_of(call, open, node)},
                   {"role", node.role},
                   {"opened", to_iso(opened->opened)},
                   {"due", to_iso(open.row.fields.due)},
                   {"complete", path + "/tasks/" + node.id}};
  if (auto paragraph = paragraph_json(call, package, node.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  auto const refusal = open.refusal(
      actor_of(call), engine::CompleteTask{.task = node.id, .form = {}, .signature = {}});
  if (refusal && refusal->code == ErrorCode::forbidden && refusal->field.empty())
    out["refused"] = error_json(call, *refusal, &package);
  return out;
}

json::array officials_json(std::vector<db::User> const& users) {
  json::array out;
  for (auto const& user : users)
    out.push_back({{"value", std::to_string(user.id.value)}, {"label", user.name}});
  return out;
}

/// With its form: the fields, and what must be signed.
json::object task_with_form(Call const& call, casework::OpenCase const& open,
                            engine::Node const& node, std::vector<db::User> const& executors) {
  auto out = task_json(call, open, node);
  auto const& form = form_of(open, node);
  out["fields"] = fields_json(call, {.package = *open.package,
                                     .form = form,
                                     .sources = {{"executors", officials_json(executors)}}});
  out["signs"] = !form.signs.empty();
  if (form.signs_when) out["signs_when"] = form.signs_when->text();
  if (!form.signs.empty())
    out["content"] = "/api/v1/cases/" + open.row.number + "/tasks/" + node.id + "/content";
  return out;
}

asio::awaitable<http::Response> get_case_tasks(Call& call) {
  auto const found = co_await case_for(call, "case_page", "progress");
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const executors = co_await call.world().database.run(
      [office = open.row.fields.office](db::Connection& connection) {
        return db::users_with_role(connection, "executor", office);
      });
  json::array items;
  for (auto const* node : open.open_tasks())
    items.push_back(task_with_form(call, open, *node, executors));
  auto response = answer({{"items", std::move(items)}, {"version", open.row.version}});
  set_etag(response, std::to_string(open.row.version));
  co_return response;
}

/// The cases that wait for the role of the token, the least time left first.
asio::awaitable<http::Response> get_tasks(Call& call) {
  auto const& desk = *call.caller().desk;
  db::ListFilter filter;
  filter.stage = desk.role;
  if (desk.role == "executor") filter.executor = call.caller().user;
  filter.limit = k_tasks_cases_max;
  auto const page = co_await casework::list_for_staff(call.world(), call.caller(), desk,
                                                      std::move(filter), "work_list");
  json::array items;
  for (auto const& row : page.rows) {
    auto const open = co_await casework::open_case(call.world(), row.id);
    if (!open) continue;
    for (auto const* node : open->open_tasks()) {
      if (node->role != desk.role) continue;
      auto item = task_json(call, *open, *node);
      item["applicant"] = row.person_name;
      items.push_back(std::move(item));
    }
  }
  co_return answer({{"items", std::move(items)}, {"cases", page.total}});
}

// --- Completing

struct Sent {
  casework::Fields fields;
  std::string cms;
};

Result<Sent> read_sent(Call const& call, engine::Form const& form, bool signs) {
  auto body = body_object(call, signs ? std::vector<std::string_view>{"fields", "cms"}
                                      : std::vector<std::string_view>{"fields"});
  if (!body) return std::unexpected(body.error());
  auto cms = text_member(*body, "cms");
  if (!cms) return std::unexpected(cms.error());
  auto const* sent = body->if_contains("fields");
  json::object const nothing;
  if (sent != nullptr && !sent->is_object())
    return fail(ErrorCode::invalid, "error.field_type", "fields");
  auto fields = form_fields(form, sent == nullptr ? nothing : sent->as_object());
  if (!fields) return std::unexpected(fields.error());
  return Sent{.fields = std::move(*fields), .cms = std::move(*cms)};
}

http::Response done_answer(Call const& call, casework::OpenCase const& open) {
  auto const code = open.state_code();
  auto response = answer(
      {{"number", open.row.number},
       {"version", open.row.version},
       {"ended", open.instance.ended},
       {"state", {{"code", code}, {"text", call.text("state." + code, {}, open.package.get())}}}});
  set_etag(response, std::to_string(open.row.version));
  return response;
}

http::Response outcome_answer(Call const& call, casework::Outcome const& done,
                              engine::Package const& package) {
  return done ? done_answer(call, *done) : problem(call, done.error(), &package);
}

asio::awaitable<http::Response> post_task(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* node = open.user_task(call.parameter("task"));
  if (node == nullptr)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.task_not_found"});
  if (call.request.headers.get("If-Match").empty())
    co_return problem(call, Error{.code = ErrorCode::conflict, .text = "error.version_missing"});
  auto sent = read_sent(call, form_of(open, *node), true);
  if (!sent) co_return problem(call, sent.error(), open.package.get());
  auto const done =
      co_await casework::complete_task(call.world(), {.open = open,
                                                      .task = node->id,
                                                      .actor = actor_of(call),
                                                      .fields = std::move(sent->fields),
                                                      .cms = std::move(sent->cms),
                                                      .idempotency_key = call.once->key,
                                                      .version = if_match(call)});
  co_return outcome_answer(call, done, *open.package);
}

/// The bytes that the CMS of this task must be over: of a PDF, what lies around its room.
asio::awaitable<http::Response> get_content(Call& call) {
  auto const found = co_await case_for(call, "document", "documents");
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* node = open.user_task(call.parameter("task"));
  auto const* form = node == nullptr ? nullptr : &form_of(open, *node);
  if (form == nullptr || form->signs.empty())
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.task_not_found"});
  auto const sha256 = engine::text_at(open.instance.variables, form->signs);
  auto const bytes = co_await casework::read_file(call.world(), sha256);
  if (!bytes) co_return problem(call, bytes.error());
  auto response = http::download(std::string{signing::bytes_to_sign(*bytes)},
                                 "application/octet-stream", open.row.number + ".bin");
  set_etag(response, sha256);
  co_return response;
}

// --- Messages of the applicant

engine::Form const* citizen_message(casework::OpenCase const& open, std::string_view name) {
  auto const* form = open.package->form(name);
  return form != nullptr && form->role == "citizen" ? form : nullptr;
}

json::object message_json(Call const& call, casework::OpenCase const& open,
                          engine::Form const& form, std::vector<db::User> const& officials) {
  auto const* package = open.package.get();
  json::object out{
      {"message", form.id},
      {"title", call.text("form." + form.id, {}, package)},
      {"fields", fields_json(call, {.package = *package,
                                    .form = form,
                                    .sources = {{"officials", officials_json(officials)}}})},
      {"send", "/api/v1/cases/" + open.row.number + "/messages/" + form.id}};
  if (auto paragraph = paragraph_json(call, *package, form.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  auto const refusal = open.refusal(
      casework::citizen_actor(call.caller()),
      engine::ReceiveMessage{.message = form.id, .message_id = {}, .form = {}, .signature = {}});
  if (refusal && refusal->text != "error.required" && refusal->field.empty())
    out["refused"] = error_json(call, *refusal, package);
  return out;
}

asio::awaitable<http::Response> get_messages(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const officials =
      co_await call.world().database.run([fields = open.row.fields](db::Connection& connection) {
        return casework::officials_for(connection, fields, "officials");
      });
  json::array items;
  for (auto const& [name, form] : open.package->forms) {
    bool const hidden = form.shown && !form.shown->is_true(open.instance.variables, *open.calendar);
    if (form.role == "citizen" && !hidden && open.expects(name))
      items.push_back(message_json(call, open, form, officials));
  }
  co_return answer({{"items", std::move(items)}});
}

asio::awaitable<http::Response> post_message(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* form = citizen_message(open, call.parameter("message"));
  if (form == nullptr)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.message_not_found"});
  auto sent = read_sent(call, *form, false);
  if (!sent) co_return problem(call, sent.error(), open.package.get());
  auto const done = co_await casework::send_message(
      call.world(), {.open = open,
                     .message = form->id,
                     .actor = casework::citizen_actor(call.caller()),
                     .fields = std::move(sent->fields),
                     .idempotency_key = call.once->key});
  co_return outcome_answer(call, done, *open.package);
}

}  // namespace

void add_task_operations(http::Router& router, Api& api) {
  using enum http::Method;
  add(router, api, {.path = "/tasks", .access = k_staff, .handler = get_tasks});
  add(router, api, {.path = "/cases/{number}/tasks", .access = k_staff, .handler = get_case_tasks});
  add(router, api,
      {.method = post,
       .path = "/cases/{number}/tasks/{task}",
       .access = k_staff,
       .handler = post_task,
       .body = http::Body::json,
       .body_bytes_max = 0,
       .once = true});
  add(router, api,
      {.path = "/cases/{number}/tasks/{task}/content",
       .access = k_staff,
       .handler = get_content,
       .gives = "application/octet-stream"});
  add(router, api,
      {.path = "/cases/{number}/messages", .access = "citizen", .handler = get_messages});
  add(router, api,
      {.method = post,
       .path = "/cases/{number}/messages/{message}",
       .access = "citizen",
       .handler = post_message,
       .body = http::Body::json,
       .once = true});
}

}  // namespace qyzmet::api
