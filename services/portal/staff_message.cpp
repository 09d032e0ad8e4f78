// Messages that officials bring into a case: what came on the office's own post, such as the answer
// of an archive. Each goes to the wait that is meant; the engine judges who may bring it and when.
#include "services/portal/staff_message.hpp"

#include <algorithm>

#include "services/casework/files.hpp"
#include "services/casework/sent_forms.hpp"
#include "services/casework/signer.hpp"
#include "services/platform/random.hpp"
#include "services/portal/access.hpp"
#include "services/portal/message_form.hpp"
#include "services/portal/package_form.hpp"
#include "services/portal/routes.hpp"
#include "services/portal/signature.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

engine::Form const* official_message(casework::OpenCase const& open, std::string_view name) {
  auto const* form = open.package->form(name);
  bool const message = form != nullptr && !form->role.empty();
  return message && form->role != "citizen" ? form : nullptr;
}

std::string case_path(casework::OpenCase const& open) {
  return "/work/cases/" + open.row.number;
}

/// Without a grant of the role the engine is asked all the same: it names the rule.
engine::Actor actor_of(Context const& context, StaffCase const& found, engine::Form const& form) {
  return found.actor(context.visitor, form.role)
      .value_or(staff_actor(context.visitor, found.grants.front()));
}

MessagePage page_of(Context const& context, StaffCase const& found, engine::Form const& form,
                    std::string wait, std::string key) {
  auto const& number = found.open.row.number;
  return {
      .open = found.open,
      .form = form,
      .actor = actor_of(context, found, form),
      .wait = std::move(wait),
      .base = case_path(found.open),
      .crumbs = json::array{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                            {{"text", "№ " + number}, {"url", context.url(case_path(found.open))}}},
      .key = std::move(key)};
}

asio::awaitable<Result<StaffCase>> read_case(Context& context) {
  auto found = co_await open_staff_case(context.portal, context.visitor,
                                        context.parameter("number"), "case_page", "documents");
  co_return found;
}

/// The key of the wait that is meant, "" beside the process; nullopt: nobody waits any more.
std::optional<std::string> wait_of(Context const& context, casework::OpenCase const& open,
                                   engine::Form const& form) {
  if (form.beside) return open.expects(form.id) ? std::optional{std::string{}} : std::nullopt;
  for (auto const& wait : open.instance.subscriptions)
    if (wait.message == form.id && std::to_string(wait.id) == context.query("wait"))
      return wait.key;
  return std::nullopt;
}

/// The page with what its form wants of the register and, when it signs, with what is signed.
asio::awaitable<http::Response> answer_page(Context& context, MessagePage page) {
  page.sources = co_await read_sources(context, page.open, page.form);
  casework::ToSign paper;
  if (!page.form.signs.empty())
    paper = co_await casework::paper_to_sign(context.world(), page.open, page.form, page.actor);
  if (paper.anew) {
    page.another = another_json(context, *page.open.package, *paper.anew,
                                page.base + "/messages/" + page.form.id);
  } else if (!paper.sha256.empty()) {
    auto const bytes = co_await casework::read_file(context.world(), paper.sha256);
    if (bytes)
      page.signing = paper_signing_json(context, *bytes,
                                        context.url(page.base + "/documents/" + paper.sha256));
  }
  co_return message_page(context, std::move(page));
}

asio::awaitable<http::Response> get_message(Context& context) {
  auto const found = co_await read_case(context);
  if (!found) co_return problem(context, found.error());
  auto const* form = official_message(found->open, context.parameter("message"));
  if (form == nullptr) co_return problem(context, 404);
  auto const key = wait_of(context, found->open, *form);
  if (!key) co_return go(context, case_path(found->open));
  auto page = page_of(context, *found, *form, *key, platform::random_hex(16));
  auto response = co_await answer_page(context, std::move(page));
  co_return response;
}

/// Why the message was not taken; nothing when it was.
asio::awaitable<std::vector<Error>> send(Context& context, StaffCase const& found,
                                         engine::Form const& form, PackageForm& came) {
  if (!came.errors.empty()) co_return came.errors;
  auto cms = co_await optional_signature(context);
  if (!cms) co_return std::vector{cms.error()};
  auto const sent =
      co_await casework::send_message(context.world(), {.open = found.open,
                                                        .message = form.id,
                                                        .actor = actor_of(context, found, form),
                                                        .fields = came.fields,
                                                        .idempotency_key = context.field("key"),
                                                        .cms = std::move(*cms),
                                                        .wait = context.field("wait"),
                                                        .files = std::move(came.files)});
  if (sent) co_return std::vector<Error>{};
  co_return sent.error();
}

asio::awaitable<http::Response> post_message(Context& context) {
  auto const found = co_await read_case(context);
  if (!found) co_return problem(context, found.error());
  auto const* form = official_message(found->open, context.parameter("message"));
  if (form == nullptr) co_return problem(context, 404);
  auto page = page_of(context, *found, *form, context.field("wait"), context.field("key"));
  // What cannot come leaves no file; a repeated message is answered as the first time all the same.
  bool const possible = !casework::refusal_of_message(found->open, *form, page.actor, page.wait);
  auto came = co_await take_form(context, *form, {"key", "wait", "signature", "cms"}, possible);
  if (!came) co_return problem(context, came.error(), found->open.package.get());
  page.errors = co_await send(context, *found, *form, *came);
  if (page.errors.empty()) co_return go(context, case_path(found->open), "message_sent");
  page.typed = std::move(came->fields);
  auto response = co_await answer_page(context, std::move(page));
  co_return response;
}

asio::awaitable<http::Response> post_redraw(Context& context) {
  auto const found =
      co_await find_staff_case(context.portal, context.visitor, context.parameter("number"));
  if (!found) co_return problem(context, found.error());
  auto const* form = official_message(found->open, context.parameter("message"));
  if (form == nullptr) co_return problem(context, 404);
  auto const drawn = co_await casework::draw_anew(
      context.world(), found->open, *form, actor_of(context, *found, *form),
      engine::ReceiveMessage{
          .message = form->id, .message_id = {}, .form = {}, .signature = {}, .key = {}});
  if (!drawn) co_return problem(context, drawn.error(), found->open.package.get());
  co_return go(context, case_path(found->open) + "/messages/" + form->id, "redrawn");
}

}  // namespace

json::array beside_messages_json(Context const& context, StaffCase const& found) {
  auto const& open = found.open;
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& [name, each] : open.package->forms) {
    auto const* form = official_message(open, name);
    if (form == nullptr || !form->beside || !open.expects(name)) continue;
    auto const actor = found.actor(context.visitor, form->role);
    if (!actor) continue;
    json::object item{{"text", reader.text("form." + name, {}, open.package.get())},
                      {"cite", cite_json(*open.package, form->cite, reader)},
                      {"url", context.url(case_path(open) + "/messages/" + name)}};
    if (auto const due = open.due(name)) item["asked_until"] = to_iso(*due);
    if (auto const refusal = casework::refusal_of_message(open, *form, *actor))
      item["closed"] = error_text(context, *refusal, open.package.get());
    out.push_back(std::move(item));
  }
  return out;
}

json::array official_messages_json(Context const& context, StaffCase const& found) {
  auto const& open = found.open;
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& wait : open.instance.subscriptions) {
    auto const* form = official_message(open, wait.message);
    if (form == nullptr) continue;
    auto const actor = found.actor(context.visitor, form->role);
    if (!actor) continue;
    if (casework::refusal_of_message(open, *form, *actor, wait.key)) continue;
    auto text = reader.text("form." + wait.message, {}, open.package.get());
    if (!wait.key.empty()) text += " № " + wait.key;
    json::object item{{"text", text},
                      {"cite", cite_json(*open.package, form->cite, reader)},
                      {"url", context.url(case_path(open) + "/messages/" + wait.message) +
                                  "?wait=" + std::to_string(wait.id)}};
    if (auto const due = open.due(wait.message, wait.key)) item["asked_until"] = to_iso(*due);
    out.push_back(std::move(item));
  }
  return out;
}

void add_staff_message_routes(http::Router& router, Portal& portal) {
  std::string const one = "/{lang}/work/cases/{number}/messages/{message}";
  constexpr std::string_view access = "registrar executor head branch_operator";
  add_page(router, portal, one, access, get_message);
  add_form(router, portal,
           {.pattern = one, .access = access, .fields = {"*"}, .body = http::Body::multipart},
           post_message);
  add_form(router, portal, {.pattern = one + "/redraw", .access = access}, post_redraw);
}

}  // namespace qyzmet::portal
