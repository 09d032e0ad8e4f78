#include "tests/services/api_rig.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "db/sessions.hpp"
#include "services/api/api.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"
#include "tests/services/http_rig.hpp"

namespace qyzmet::tests {

namespace json = boost::json;

namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

ApiAnswer parsed(std::string const& text) {
  ApiAnswer out{.status = status_of(text), .body = body_of(text)};
  auto const end = text.find("\r\n\r\n");
  for (auto at = text.find("\r\n"); at < end; at = text.find("\r\n", at + 2)) {
    auto const line = text.substr(at + 2, text.find("\r\n", at + 2) - at - 2);
    if (auto const colon = line.find(": "); colon != line.npos)
      out.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  boost::system::error_code error;
  if (out.header("content-type").contains("json")) out.json = json::parse(out.body, error);
  return out;
}

bool fits(std::string_view pattern, std::string_view path) {
  auto const next = [](std::string_view& text) {
    auto const slash = text.find('/');
    auto const out = text.substr(0, slash);
    text.remove_prefix(slash == text.npos ? text.size() : slash + 1);
    return out;
  };
  while (!pattern.empty() && !path.empty()) {
    auto const wanted = next(pattern), is = next(path);
    if (wanted != is && !wanted.starts_with('{')) return false;
  }
  return pattern.empty() && path.empty();
}

json::object const* operation_of(std::string const& method, std::string const& target) {
  auto const path = target.substr(0, target.find('?'));
  json::object const* found = nullptr;
  for (auto const& [pattern, item] : description().at("paths").as_object())
    if (fits(pattern, path))
      if (auto const* each = item.as_object().if_contains(lower(method)))
        if (found == nullptr || !std::string_view{pattern}.ends_with('}'))
          found = &each->as_object();
  return found;
}

json::object const* resolved(json::object const* value) {
  auto const* reference = value->if_contains("$ref");
  if (reference == nullptr) return value;
  std::string_view path{reference->as_string()};
  path.remove_prefix(2);
  json::object const* at = &description();
  while (!path.empty()) {
    auto const slash = path.find('/');
    at = &at->at(path.substr(0, slash)).as_object();
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return at;
}

/// Of a schema inside description(); made once, because that costs more than all else here.
valijson::Schema const& compiled(json::object const& schema) {
  static std::map<json::object const*, std::unique_ptr<valijson::Schema>> all;
  auto& out = all[&schema];
  if (out) return *out;
  json::object root = schema;
  root["components"] = description().at("components");
  json::value const whole = std::move(root);
  out = std::make_unique<valijson::Schema>();
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::BoostJsonAdapter{whole}, *out);
  return *out;
}

std::string against(json::object const& schema, json::value const& body) {
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(compiled(schema), valijson::adapters::BoostJsonAdapter{body}, &results))
    return {};
  std::string why;
  for (auto const& each : results) {
    for (auto const& step : each.context) why += step;
    why += ": " + each.description + "; ";
  }
  return why + json::serialize(body);
}

}  // namespace

std::string ApiAnswer::header(std::string const& name) const {
  auto const found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

std::string ApiAnswer::text(std::string_view path) const {
  json::value const* at = &json;
  while (!path.empty()) {
    auto const dot = path.find('.');
    at = at->is_object() ? at->as_object().if_contains(path.substr(0, dot)) : nullptr;
    if (at == nullptr) return {};
    path.remove_prefix(dot == path.npos ? path.size() : dot + 1);
  }
  return at->is_string() ? std::string{at->as_string()} : json::serialize(*at);
}

json::object const& description() {
  static json::value const all = json::parse(api::openapi());
  return all.as_object();
}

std::string undescribed(std::string const& method, std::string const& path,
                        ApiAnswer const& answer) {
  auto const* operation = operation_of(method, path);
  if (operation == nullptr) return answer.status == 404 || answer.status == 405 ? "" : "operation";
  auto const* described =
      operation->at("responses").as_object().if_contains(std::to_string(answer.status));
  if (described == nullptr) return "status " + std::to_string(answer.status);
  auto const* content = resolved(&described->as_object())->if_contains("content");
  if (content == nullptr) return answer.body.empty() ? "" : "a body";
  auto const type = answer.header("content-type");
  auto const& [name, media] = *content->as_object().begin();
  if (name == "application/octet-stream") return {};  // files, each of its own type
  if (type.substr(0, type.find(';')) != std::string_view{name}) return "type " + type;
  if (!std::string_view{name}.ends_with("json")) return {};
  return against(media.at("schema").as_object(), answer.json);
}

ApiClient::ApiClient(SiteRig& rig, std::string spoken) : language{std::move(spoken)}, rig_{&rig} {}

ApiAnswer ApiClient::send(std::string const& method, std::string const& path,
                          std::string const& body, ApiHeaders headers) {
  headers.try_emplace("Accept-Language", language);
  if (!token.empty()) headers.try_emplace("Authorization", "Bearer " + token);
  if (!body.empty()) headers.try_emplace("Content-Type", "application/json");
  headers.try_emplace("Host", rig_->host());
  std::string request = method + " " + path + " HTTP/1.1\r\nConnection: close\r\n";
  for (auto const& [name, value] : headers) request += name + ": " + value + "\r\n";
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  RawClient client{rig_->site().server.port()};
  client.send(request + "\r\n" + body);
  auto answer = parsed(client.read(20s));
  EXPECT_EQ(undescribed(method, path, answer), "") << method << ' ' << path;
  return answer;
}

ApiAnswer ApiClient::get(std::string const& path, ApiHeaders headers) {
  return send("GET", path, {}, std::move(headers));
}

ApiAnswer ApiClient::post(std::string const& path, json::value const& body, ApiHeaders headers) {
  headers.try_emplace("Idempotency-Key", platform::random_hex(8));
  return send("POST", path, body.is_null() ? std::string{} : json::serialize(body),
              std::move(headers));
}

ApiAnswer ApiClient::put(std::string const& path, json::value const& body, ApiHeaders headers) {
  return send("PUT", path, json::serialize(body), std::move(headers));
}

ApiAnswer ApiClient::post_files(std::string const& path, json::value const& body,
                                std::map<std::string, std::string> const& files,
                                ApiHeaders headers) {
  headers.try_emplace("Idempotency-Key", platform::random_hex(8));
  headers.try_emplace("Content-Type", "multipart/form-data; boundary=XY");
  constexpr char const* k_part = "--XY\r\nContent-Disposition: form-data; name=\"";
  auto text = k_part + std::string{"input\"\r\n\r\n"} + json::serialize(body) + "\r\n";
  for (auto const& [field, bytes] : files)
    text += k_part + field + "\"; filename=\"" + field + ".pdf\"\r\n\r\n" + bytes + "\r\n";
  return send("POST", path, text + "--XY--\r\n", std::move(headers));
}

ApiAnswer ApiClient::upload(std::string const& path, std::string const& name,
                            std::string const& bytes) {
  return send("PUT", path,
              "--XY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
                  "\"\r\n\r\n" + bytes + "\r\n--XY--\r\n",
              {{"Content-Type", "multipart/form-data; boundary=XY"}});
}

void ApiClient::enter(Guest const& guest, std::optional<db::Grant> const& role) {
  token = "qzs_" + platform::random_token();
  rig_->in_database([&](db::Connection& connection) {
    db::create_session(connection, {.token = token,
                                    .user = guest.user,
                                    .method = "eds",
                                    .csrf = {},
                                    .client = "127.0.0.1",
                                    .via = "bearer"});
    if (role) db::choose_role(connection, token, role->role, role->office, role->branch);
  });
}

ApiAnswer ApiClient::sign_in(std::string const& person, std::string const& role) {
  token.clear();
  auto const challenge = post("/api/v1/challenges", nullptr);
  auto const content = platform::from_base64(challenge.text("content")).value_or("");
  json::object body{{"challenge", challenge.text("id")},
                    {"cms", rig_->sign(person, content, "auth")}};
  if (!role.empty()) body["role"] = role;
  auto answer = post("/api/v1/sessions", body);
  token = answer.text("token");
  return answer;
}

}  // namespace qyzmet::tests
