#include <algorithm>

#include "services/casework/act.hpp"
#include "services/casework/documents.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

using Body = decltype(engine::Event::body);
using Fields = std::map<std::string, std::string, std::less<>>;
using Outcome = std::expected<OpenCase, std::vector<Error>>;

std::unexpected<std::vector<Error>> errors(Error error) {
  return std::unexpected(std::vector<Error>{std::move(error)});
}

engine::Context& form_of(Body& body) {
  if (auto* task = std::get_if<engine::CompleteTask>(&body)) return task->form;
  return std::get<engine::ReceiveMessage>(body).form;
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
    auto const sha256 = co_await produce_document(world, open, paper.document, *variables);
    if (!sha256) co_return std::unexpected(sha256.error());
    form_of(body)[paper.path] = *sha256;
    out.push_back({.code = paper.document,
                   .sha256 = *sha256,
                   .name = paper.document + ".pdf",
                   .direction = "inner"});  // goes out when it is sent
  }
  co_return out;
}

asio::awaitable<Outcome> fill_in(World& world, OpenCase open, engine::Form const& form,
                                 Fields const& fields, Body body, engine::Actor actor,
                                 std::string key) {
  engine::Event const looking{
      .at = open.now, .actor = actor, .salt = std::string(32, '0'), .body = body};
  auto const variables = engine::environment(*open.calendar, open.instance, looking);
  auto typed = engine::parse_form(form, fields, variables, *open.calendar);
  if (!typed) co_return std::unexpected(std::move(typed.error()));
  form_of(body) = std::move(*typed);
  auto documents = co_await produce(world, open, actor, body);
  if (!documents) co_return errors(documents.error());
  auto done = co_await act(world, open.row.id,
                           Action{.actor = std::move(actor),
                                  .body = std::move(body),
                                  .idempotency_key = std::move(key),
                                  .documents = std::move(*documents)});
  if (!done) co_return errors(done.error());
  co_return std::move(*done);
}

}  // namespace

asio::awaitable<Outcome> complete_task(World& world, TaskInput input) {
  auto open = co_await open_case(world, input.id);
  if (!open) co_return errors(open.error());
  auto const package = open->package;
  auto const node = package->process.find(input.task);
  if (node == engine::k_none)
    co_return errors({.code = ErrorCode::not_found, .text = "error.task_not_found", .field = {}});
  auto const& form = package->forms.at(package->process.nodes[static_cast<std::size_t>(node)].form);
  Body body = engine::CompleteTask{
      .task = std::move(input.task), .form = {}, .signature = std::move(input.signature)};
  auto outcome = co_await fill_in(world, std::move(*open), form, input.fields, std::move(body),
                                  std::move(input.actor), std::move(input.idempotency_key));
  co_return outcome;
}

asio::awaitable<Outcome> send_message(World& world, MessageInput input) {
  auto open = co_await open_case(world, input.id);
  if (!open) co_return errors(open.error());
  auto const package = open->package;
  auto const form = package->forms.find(input.message);
  if (form == package->forms.end())
    co_return errors(
        {.code = ErrorCode::not_found, .text = "error.message_not_found", .field = {}});
  Body body = engine::ReceiveMessage{.message = std::move(input.message),
                                     .message_id = input.idempotency_key,
                                     .form = {},
                                     .signature = {}};
  auto outcome =
      co_await fill_in(world, std::move(*open), form->second, input.fields, std::move(body),
                       std::move(input.actor), std::move(input.idempotency_key));
  co_return outcome;
}

}  // namespace qyzmet::casework
