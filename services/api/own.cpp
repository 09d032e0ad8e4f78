// What the one who applied has beside the cases: applications whose certificate is still to be
// checked, messages, who has looked at the own data, and the own contacts.
#include "db/audit.hpp"
#include "db/submissions.hpp"
#include "services/api/call.hpp"
#include "services/api/routes.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/contacts.hpp"
#include "services/casework/notices.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_readers_max = 100;

json::object submission_json(Call const& call, db::Submission const& submission) {
  json::object out{{"id", submission.id},
                   {"status", submission.status},
                   {"received", to_iso(submission.received)}};
  if (!submission.reason.empty())
    out["reason"] = error_json(
        call, {.code = ErrorCode::invalid, .text = submission.reason, .field = {}}, nullptr);
  return out;
}

asio::awaitable<http::Response> get_submissions(Call& call) {
  auto const found = co_await call.world().database.run(
      [person = call.caller().person](db::Connection& connection) {
        return db::submissions_of(connection, person);
      });
  json::array items;
  for (auto const& each : found) items.push_back(submission_json(call, each));
  co_return answer({{"items", std::move(items)}});
}

// --- Messages

json::object notice_json(Call const& call, db::Notice const& notice, json::object const& arguments,
                         engine::Package const* package) {
  auto const path = "/api/v1/cases/" + notice.number;
  json::object out{{"id", std::to_string(notice.id.value)},
                   {"kind", notice.kind},
                   {"subject", call.text("notify." + notice.kind + ".subject", arguments, package)},
                   {"sent", to_iso(notice.sent)}};
  if (notice.delivered) {
    out["delivered"] = to_iso(*notice.delivered);
    out["channel"] = notice.channel;
  }
  if (notice.read) out["read"] = to_iso(*notice.read);
  if (notice.case_id) out["case"] = path;
  if (notice.case_id && !notice.document.empty())
    out["document"] = path + "/documents/" + notice.document;
  return out;
}

asio::awaitable<http::Response> get_notices(Call& call) {
  auto const found = co_await call.world().database.run(
      [person = call.caller().person](db::Connection& connection) {
        return db::notices_of_person(connection, person, casework::k_notices_max);
      });
  json::array items;
  for (auto const& notice : found)
    items.push_back(notice_json(call, notice, {}, casework::owner_of(call.world(), notice).get()));
  co_return answer({{"items", std::move(items)}});
}

asio::awaitable<http::Response> get_notice(Call& call) {
  auto const opened = co_await call.world().database.run(
      [person = call.caller().person, now = call.world().clock.now(),
       id = call.parameter("id")](db::Connection& connection) -> std::optional<db::Notice> {
        return casework::open_notice(connection, person, id, now);
      });
  if (!opened)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.notice_not_found"});
  json::object arguments;
  auto package = casework::owner_of(call.world(), *opened);
  if (opened->case_id) {
    auto const open = co_await casework::open_own_case(call.world(), call.caller(), opened->number);
    if (!open) co_return problem(call, open.error());
    auto const registers =
        co_await call.world().database.run([row = open->row](db::Connection& connection) {
          return casework::read_registers(connection, row);
        });
    arguments = casework::notice_arguments(*open, registers.branch, call.language);
    package = open->package;
  }
  auto out = notice_json(call, *opened, arguments, package.get());
  out["text"] = call.text("notify." + opened->kind + ".body", arguments, package.get());
  co_return answer(out);
}

// --- Readers

json::object reader_json(Call const& call, db::ReadEntry const& entry) {
  json::object out{{"at", to_iso(entry.at)},
                   {"name", entry.reader_name},
                   {"role", entry.role},
                   {"purpose", entry.purpose},
                   {"text", call.text("read.purpose." + entry.purpose)},
                   {"fields", entry.fields}};
  if (!entry.number.empty()) out["number"] = entry.number;
  return out;
}

/// The newest first.
asio::awaitable<http::Response> get_readers(Call& call) {
  auto const reads = co_await call.world().database.run(
      [person = call.caller().person](db::Connection& connection) {
        return db::reads_of(connection, person, 0, k_readers_max);
      });
  json::array items;
  for (auto const& entry : reads) items.push_back(reader_json(call, entry));
  co_return answer({{"items", std::move(items)}});
}

// --- Contacts

asio::awaitable<std::optional<db::Person>> own_person(Call const& call) {
  auto person =
      co_await call.world().database.run([id = call.caller().person](db::Connection& connection) {
        return db::find_person(connection, id);
      });
  co_return person;
}

json::object contacts_json(db::Person const& person) {
  return {{"name", person.name},
          {"phone", person.phone},
          {"email", person.email},
          {"address", person.address}};
}

asio::awaitable<http::Response> get_profile(Call& call) {
  auto const person = co_await own_person(call);
  if (!person) co_return problem(call, 404);
  co_return answer(contacts_json(*person));
}

/// E-mail and address count at once; a new phone when its code comes back.
asio::awaitable<http::Response> put_profile(Call& call) {
  auto const body = body_object(call, {"phone", "email", "address"});
  if (!body) co_return problem(call, body.error());
  casework::Contacts contacts;
  std::pair<std::string_view, std::string*> const texts[] = {
      {"phone", &contacts.phone}, {"email", &contacts.email}, {"address", &contacts.address}};
  for (auto const& [name, target] : texts) {
    auto text = text_member(*body, name);
    if (!text) co_return problem(call, text.error());
    *target = std::move(*text);
  }
  auto const errors = casework::contact_errors(contacts);
  if (!errors.empty()) co_return problem(call, errors);
  auto const person = co_await own_person(call);
  if (!person) co_return problem(call, 404);
  auto const code = co_await casework::keep_contacts(
      call.world(), *person, contacts,
      [&call](std::string const& sent) { return call.text("sms.phone", {{"code", sent}}); });
  if (!code) co_return problem(call, code.error());
  auto const kept = co_await own_person(call);
  auto out = contacts_json(kept.value_or(*person));
  if (!code->empty()) out["code_id"] = *code;
  co_return answer(out);
}

asio::awaitable<http::Response> put_phone(Call& call) {
  auto const body = body_object(call, {"code_id", "code"});
  if (!body) co_return problem(call, body.error());
  auto id = text_member(*body, "code_id"), code = text_member(*body, "code");
  for (auto const* each : {&id, &code})
    if (!*each) co_return problem(call, each->error());
  auto const refused = co_await call.world().database.run(
      [person = call.caller().person, id = *id, code = *code](db::Connection& connection) {
        return casework::confirm_phone(connection, person, id, code);
      });
  if (refused) co_return problem(call, *refused);
  auto response = co_await get_profile(call);
  co_return response;
}

}  // namespace

void add_own_operations(http::Router& router, Api& api) {
  add(router, api, {.path = "/submissions", .access = "citizen", .handler = get_submissions});
  add(router, api, {.path = "/notices", .access = "citizen", .handler = get_notices});
  add(router, api, {.path = "/notices/{id}", .access = "citizen", .handler = get_notice});
  add(router, api, {.path = "/readers", .access = "citizen", .handler = get_readers});
  add(router, api, {.path = "/profile", .access = "citizen", .handler = get_profile});
  auto const change = [&](std::string_view path, Handler handler) {
    add(router, api,
        {.method = http::Method::put,
         .path = path,
         .access = "citizen",
         .handler = handler,
         .body = http::Body::json});
  };
  change("/profile", put_profile);
  change("/profile/phone", put_phone);
}

}  // namespace qyzmet::api
