// What must be done: the open tasks of a role and of one case, completing one on the version that
// was seen, the bytes that a task asks to sign. The law is the engine's: what it forbids comes back
// as a problem with the rule.
#include <algorithm>

#include "services/api/acts.hpp"
#include "services/api/routes.hpp"
#include "services/casework/fields.hpp"

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
  auto const refusal =
      open.refusal(actor_of(call, node.role),
                   engine::CompleteTask{.task = node.id, .form = {}, .signature = {}});
  if (refusal && refusal->code == ErrorCode::forbidden && refusal->field.empty())
    out["refused"] = error_json(call, *refusal, &package);
  return out;
}

/// With its form: the fields, and what must be signed.
json::object task_with_form(Call const& call, casework::OpenCase const& open,
                            engine::Node const& node, Sources const& sources) {
  auto out = task_json(call, open, node);
  auto const& form = form_of(open, node);
  out["fields"] = fields_json(call, {.package = *open.package, .form = form, .sources = sources});
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
  auto const tasks = open.open_tasks();
  std::vector<engine::Form const*> forms;
  for (auto const* node : tasks) forms.push_back(&form_of(open, *node));
  auto const sources = co_await read_sources(call, open, forms);
  json::array items;
  for (auto const* node : tasks) items.push_back(task_with_form(call, open, *node, sources));
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
  if (desk.office) filter.secretary = call.caller().user;
  filter.limit = k_tasks_cases_max;
  auto const page = co_await casework::list_for_staff(call.world(), call.caller(), desk,
                                                      std::move(filter), "work_list");
  json::array items;
  for (auto const& row : page.rows) {
    auto const open = co_await casework::open_case(call.world(), row.id);
    if (!open) continue;
    for (auto const* node : open->open_tasks()) {
      bool const named =
          node->role == casework::k_secretary && open->row.fields.secretary == call.caller().user;
      if (node->role != desk.role && !named) continue;
      auto item = task_json(call, *open, *node);
      item["applicant"] = row.person_name;
      items.push_back(std::move(item));
    }
  }
  co_return answer({{"items", std::move(items)}, {"cases", page.total}});
}

// --- Completing

asio::awaitable<http::Response> post_task(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* node = open.user_task(call.parameter("task"));
  if (node == nullptr)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.task_not_found"});
  if (call.request.headers.get("If-Match").empty())
    co_return problem(call, Error{.code = ErrorCode::conflict, .text = "error.version_missing"});
  auto const& form = form_of(open, *node);
  auto sent = read_sent(call, form, false);
  if (!sent) co_return problem(call, sent.error(), open.package.get());
  auto const wrong = co_await take_files(call, form, true, *sent);
  if (!wrong.empty()) co_return problem(call, wrong, open.package.get());
  auto const done =
      co_await casework::complete_task(call.world(), {.open = open,
                                                      .task = node->id,
                                                      .actor = actor_of(call, node->role),
                                                      .fields = std::move(sent->fields),
                                                      .cms = std::move(sent->cms),
                                                      .idempotency_key = call.once->key,
                                                      .files = std::move(sent->files),
                                                      .version = if_match(call)});
  co_return outcome_answer(call, done, *open.package);
}

asio::awaitable<http::Response> get_content(Call& call) {
  auto const found = co_await case_for(call, "document", "documents");
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* node = open.user_task(call.parameter("task"));
  auto const* form = node == nullptr ? nullptr : &form_of(open, *node);
  if (form == nullptr || form->signs.empty())
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.task_not_found"});
  auto response = co_await signing_content(call, open, *form);
  co_return response;
}

asio::awaitable<http::Response> post_redraw(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const* node = found->open.user_task(call.parameter("task"));
  if (node == nullptr)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.task_not_found"});
  auto response =
      co_await redraw(call, found->open, form_of(found->open, *node),
                      engine::CompleteTask{.task = node->id, .form = {}, .signature = {}});
  co_return response;
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
       .body = http::Body::json_or_multipart,
       .once = true});
  add(router, api,
      {.path = "/cases/{number}/tasks/{task}/content",
       .access = k_staff,
       .handler = get_content,
       .gives = "application/octet-stream"});
  add(router, api,
      {.method = post,
       .path = "/cases/{number}/tasks/{task}/redraw",
       .access = k_staff,
       .handler = post_redraw});
}

}  // namespace qyzmet::api
