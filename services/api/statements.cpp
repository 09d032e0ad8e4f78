// Messages of the applicant that are certified: a statement is drawn up from the fields, its bytes
// are signed or confirmed by a one-time password, and then it is the message of the case.
#include "services/casework/statements.hpp"
#include "services/api/acts.hpp"
#include "services/api/certification.hpp"
#include "services/api/once.hpp"
#include "services/api/routes.hpp"
#include "services/casework/certification.hpp"
#include "services/casework/sent_forms.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

std::string path_of(casework::OpenCase const& open, casework::KeptStatement const& statement) {
  return "/api/v1/cases/" + open.row.number + "/statements/" + statement.sha256;
}

json::object statement_json(casework::OpenCase const& open,
                            casework::KeptStatement const& statement) {
  auto const path = path_of(open, statement);
  return {{"sha256", statement.sha256},
          {"message", statement.said.message},
          {"content", path},
          {"codes", path + "/codes"},
          {"certification", path + "/certification"}};
}

asio::awaitable<http::Response> post_statement(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const* form = open.package->form(call.parameter("message"));
  if (form == nullptr || !form->certified)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.message_not_found"});
  auto const actor = actor_of(call);
  auto sent = read_sent(call, *form, true);
  if (!sent) co_return problem(call, sent.error(), open.package.get());
  // What cannot come leaves no file.
  bool const possible = !casework::refusal_of_message(open, *form, actor, sent->wait);
  auto const wrong = co_await take_files(call, *form, possible, *sent);
  if (!wrong.empty()) co_return problem(call, wrong, open.package.get());
  auto const drawn =
      co_await casework::draw_statement(call.world(),
                                        {.open = open,
                                         .message = form->id,
                                         .actor = actor,
                                         .fields = std::move(sent->fields),
                                         .idempotency_key = {},
                                         .wait = std::move(sent->wait),
                                         .files = std::move(sent->files)},
                                        call.language, words_of(call, *open.package, false));
  if (!drawn) co_return problem(call, drawn.error(), open.package.get());
  auto response = answer(statement_json(open, *drawn), 201);
  response.headers.set("Location", path_of(open, *drawn));
  co_return response;
}

/// The statement of the path in a case of the caller.
struct Stated {
  casework::OpenCase open;
  casework::KeptStatement statement;
};

asio::awaitable<Result<Stated>> stated(Call const& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return std::unexpected(found.error());
  auto statement =
      co_await casework::find_statement(call.world(), found->open, call.parameter("sha256"));
  if (!statement) co_return fail(ErrorCode::gone, "error.statement_gone");
  co_return Stated{.open = found->open, .statement = std::move(*statement)};
}

asio::awaitable<http::Response> get_content(Call& call) {
  auto all = co_await stated(call);
  if (!all) co_return problem(call, all.error());
  auto response = http::download(std::move(all->statement.xml), "application/xml", "statement.xml");
  set_etag(response, all->statement.sha256);
  co_return response;
}

asio::awaitable<http::Response> post_code(Call& call) {
  auto const all = co_await stated(call);
  if (!all) co_return problem(call, all.error());
  // Nobody is sent a code for what the law forbids by now.
  auto const forbidden = co_await casework::refusal_of_statement(call.world(), all->open,
                                                                 actor_of(call), all->statement);
  if (!forbidden.empty()) co_return problem(call, forbidden, all->open.package.get());
  auto const id = co_await casework::send_code(call.world(), casework::k_statement_code,
                                               all->statement.xml, call.caller().person);
  if (!id) co_return problem(call, id.error());
  co_return answer({{"id", *id}}, 201);
}

asio::awaitable<http::Response> post_certification(Call& call) {
  auto by = read_certification(call);
  if (!by) co_return problem(call, by.error());
  auto all = co_await stated(call);
  if (!all) co_return problem(call, all.error());
  auto const package = all->open.package;
  auto const done = co_await casework::certify_statement(
      call.world(), std::move(all->open), actor_of(call), std::move(all->statement),
      {.cms = std::move(by->cms), .otp = std::move(by->code_id), .code = std::move(by->code)});
  co_return outcome_answer(call, done, *package);
}

}  // namespace

void add_statement_operations(http::Router& router, Api& api) {
  using enum http::Method;
  std::string_view const one = "/cases/{number}/statements/{sha256}";
  add(router, api,
      {.method = post,
       .path = "/cases/{number}/messages/{message}/statement",
       .access = "citizen",
       .handler = post_statement,
       .body = http::Body::json_or_multipart});
  add(router, api,
      {.path = one, .access = "citizen", .handler = get_content, .gives = "application/xml"});
  add(router, api,
      {.method = post,
       .path = "/cases/{number}/statements/{sha256}/codes",
       .access = "citizen",
       .handler = post_code});
  add(router, api,
      {.method = post,
       .path = "/cases/{number}/statements/{sha256}/certification",
       .access = "citizen",
       .handler = post_certification,
       .body = http::Body::json,
       .body_bytes_max = 0,
       .once = true});
}

}  // namespace qyzmet::api
