#include "services/api/acts.hpp"

#include <set>

#include "db/people.hpp"
#include "services/casework/files.hpp"
#include "services/casework/officials.hpp"
#include "services/casework/sent_forms.hpp"
#include "services/casework/signer.hpp"
#include "services/http/responses.hpp"
#include "signing/pdf.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::array people_json(std::vector<db::User> const& users) {
  json::array out;
  for (auto const& user : users)
    out.push_back({{"value", std::to_string(user.id.value)}, {"label", user.name}});
  return out;
}

json::array places_json(std::vector<casework::NamedPlace> const& places,
                        std::string_view language) {
  json::array out;
  for (auto const& place : places) {
    json::object option{{"value", place.id}, {"label", place.label(language)}};
    if (place.proposed) option["proposed"] = true;
    out.push_back(std::move(option));
  }
  return out;
}

}  // namespace

engine::Actor actor_of(Call const& call) {
  auto const& caller = call.caller();
  return caller.desk ? casework::staff_actor(caller, *caller.desk)
                     : casework::citizen_actor(caller);
}

engine::Actor actor_of(Call const& call, std::string_view role) {
  auto const& caller = call.caller();
  return caller.desk ? casework::staff_actor(caller, *caller.desk, role)
                     : casework::citizen_actor(caller);
}

Result<Sent> read_sent(Call const& call, engine::Form const& form, bool message) {
  std::vector<std::string_view> known{"fields"};
  if (!form.signs.empty()) known.push_back("cms");
  if (message) known.push_back("wait");
  auto body = body_object(call, known);
  if (!body) return std::unexpected(body.error());
  auto cms = text_member(*body, "cms"), wait = text_member(*body, "wait");
  for (auto const* each : {&cms, &wait})
    if (!*each) return std::unexpected(each->error());
  auto const* sent = body->if_contains("fields");
  json::object const nothing;
  if (sent != nullptr && !sent->is_object())
    return fail(ErrorCode::invalid, "error.field_type", "fields");
  auto fields = form_fields(form, sent == nullptr ? nothing : sent->as_object());
  if (!fields) return std::unexpected(fields.error());
  return Sent{.fields = std::move(*fields), .cms = std::move(*cms), .wait = std::move(*wait)};
}

asio::awaitable<std::vector<Error>> take_files(Call const& call, engine::Form const& form,
                                               bool keep, Sent& sent) {
  auto came = co_await casework::take_files(call.world(), form, call.request, {}, keep);
  if (!came) co_return std::vector{came.error()};
  for (auto const& [name, sha256] : came->fields) sent.fields.insert_or_assign(name, sha256);
  sent.files = std::move(came->files);
  co_return std::move(came->errors);
}

asio::awaitable<Sources> read_sources(Call const& call, casework::OpenCase const& open,
                                      std::vector<engine::Form const*> const& forms) {
  std::set<std::string> wanted;
  for (auto const* form : forms)
    for (auto const& field : form->fields)
      if (field.type == engine::FieldType::user || field.names_place()) wanted.insert(field.source);
  auto out = co_await call.world().database.run([wanted, &open, language = call.language](
                                                    db::Connection& connection) {
    Sources found;
    for (auto const& source : wanted)
      found[source] = source == "offices" || source == "branches"
                          ? places_json(casework::places_for(connection, open, source), language)
                          : people_json(casework::offered_officials(connection, open, source));
    return found;
  });
  co_return out;
}

http::Response outcome_answer(Call const& call, casework::Outcome const& done,
                              engine::Package const& package) {
  if (!done) return problem(call, done.error(), &package);
  auto const code = done->state_code();
  auto response = answer(
      {{"number", done->row.number},
       {"version", done->row.version},
       {"ended", done->instance.ended},
       {"state", {{"code", code}, {"text", call.text("state." + code, {}, done->package.get())}}}});
  set_etag(response, std::to_string(done->row.version));
  return response;
}

asio::awaitable<http::Response> signing_content(Call const& call, casework::OpenCase const& open,
                                                engine::Form const& form) {
  auto const paper = co_await casework::paper_to_sign(call.world(), open, form, actor_of(call));
  auto const& sha256 = paper.sha256;
  auto const bytes = co_await casework::read_file(call.world(), sha256);
  if (!bytes) co_return problem(call, bytes.error());
  auto response = http::download(std::string{signing::bytes_to_sign(*bytes)},
                                 "application/octet-stream", open.row.number + ".bin");
  set_etag(response, sha256);
  co_return response;
}

asio::awaitable<http::Response> redraw(Call const& call, casework::OpenCase const& open,
                                       engine::Form const& form,
                                       decltype(engine::Event::body) body) {
  auto const drawn =
      co_await casework::draw_anew(call.world(), open, form, actor_of(call), std::move(body));
  if (!drawn) co_return problem(call, drawn.error(), open.package.get());
  co_return answer(
      {{"sha256", drawn->sha256},
       {"document", "/api/v1/cases/" + open.row.number + "/documents/" + drawn->sha256}});
}

}  // namespace qyzmet::api
