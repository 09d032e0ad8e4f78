#include "services/api/once.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "db/answers.hpp"
#include "engine/base/check.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr char const* k_retry_after_s = "10";
constexpr std::string_view k_kept_headers[] = {"Location", "ETag"};

std::string fingerprint_of(Call const& call) {
  auto const& request = call.request;
  auto text = std::string{http::to_string(request.method)} + '\n' + request.path + '\n' +
              platform::sha256_hex(request.body);
  for (auto const& upload : request.uploads) text += '\n' + upload.field + ' ' + upload.sha256;
  return platform::sha256_hex(text);
}

std::string kept(Call const& call, http::Response const& response) {
  json::object out{{"status", response.status},
                   {"body", call.kept_body.empty() ? response.body : call.kept_body}};
  for (auto const name : k_kept_headers)
    if (response.headers.contains(name)) out[name] = response.headers.get(name);
  return json::serialize(out);
}

http::Response answered(std::string const& answer) {
  auto const value = json::parse(answer);
  auto const& object = value.as_object();
  auto response = http::json(std::string{object.at("body").as_string()},
                             static_cast<int>(object.at("status").as_int64()));
  for (auto const name : k_kept_headers)
    if (auto const* header = object.if_contains(name))
      response.headers.set(std::string{name}, std::string{header->as_string()});
  return response;
}

asio::awaitable<void> remember(Call& call, http::Response const& response) {
  bool const done = response.status < 300;
  auto const text = done ? kept(call, response) : std::string{};
  co_await call.world().database.run([once = *call.once, done, text](db::Connection& connection) {
    if (done)
      db::keep_answer(connection, once, text);
    else
      db::forget_answer(connection, once);
  });
}

}  // namespace

std::string idempotency_key(Call const& call) {
  auto text = call.request.headers.get("Idempotency-Key");
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  bool const plain = std::ranges::all_of(
      text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  return plain && text.size() <= k_idempotency_key_size_max ? std::string{text} : std::string{};
}

asio::awaitable<http::Response> answer_once(Call& call, Handler handler) {
  auto const key = idempotency_key(call);
  if (key.empty())
    co_return problem(call, Error{.code = ErrorCode::invalid, .text = "error.idempotency_key"});
  call.once = db::Idempotency{
      .scope = call.visit.client
                   ? "client:" + std::to_string(call.visit.client->id.value)
                   : "user:" + std::to_string(call.caller().user.value_or(UserId{}).value),
      .key = key,
      .fingerprint = fingerprint_of(call)};
  auto state = co_await call.world().database.run([once = *call.once](db::Connection& connection) {
    return db::begin_answer(connection, once);
  });
  if (auto const* before = std::get_if<db::Answered>(&state)) co_return answered(before->answer);
  if (std::holds_alternative<db::KeyReused>(state))
    co_return problem(call,
                      Error{.code = ErrorCode::conflict, .text = "error.idempotency_key_reused"});
  if (std::holds_alternative<db::InWork>(state))
    co_return problem(call, Error{.code = ErrorCode::conflict,
                                  .text = "error.request_in_work",
                                  .arguments = {{"retry_after", k_retry_after_s}}});
  call.subject = std::get<db::ToAnswer>(state).subject;
  auto response = co_await handler(call);
  co_await remember(call, response);
  co_return response;
}

asio::awaitable<void> note_subject(Call& call, std::string subject) {
  check(call.once.has_value(), "the operation is done once");
  co_await call.world().database.run([once = *call.once, subject](db::Connection& connection) {
    db::note_subject(connection, once, subject);
  });
}

}  // namespace qyzmet::api
