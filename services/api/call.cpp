#include "services/api/call.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <memory>

#include "services/api/once.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_languages[] = {"kk", "ru", "en"};
constexpr std::size_t k_alternatives_max = 20;

std::string found(std::map<std::string, std::string, std::less<>> const& in,
                  std::string_view name) {
  auto const at = in.find(name);
  return at == in.end() ? std::string{} : at->second;
}

templates::Texts const* texts_of(std::string_view language, engine::Package const* package) {
  if (package == nullptr) return nullptr;
  auto const at = package->texts.find(language);
  return at == package->texts.end() ? nullptr : &at->second;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// One alternative of a header with weights: "ru-KZ;q=0.8" -> "ru-kz", 800.
struct Weighted {
  std::string value;
  int thousandths = 1000;
};

/// RFC 9110, 12.4.2; whatever has another form weighs nothing.
int thousandths_of(std::string_view weight) {
  if (weight.empty() || weight.size() > 5 || (weight[0] != '0' && weight[0] != '1')) return 0;
  int out = 0;
  auto const digits = weight.size() > 2 ? weight.substr(2) : std::string_view{};
  for (std::size_t i = 0; i < 3; ++i) {
    char const c = i < digits.size() ? digits[i] : '0';
    if (c < '0' || c > '9') return 0;
    out = out * 10 + (c - '0');
  }
  return weight[0] == '1' ? 1000 : out;
}

/// Of the parameters behind a value: ";q=0.8".
int weight_of(std::string_view parameters) {
  auto const q = parameters.find("q=");
  if (q == parameters.npos) return 1000;
  auto const weight = parameters.substr(q + 2);
  return thousandths_of(trimmed(weight.substr(0, weight.find(';'))));
}

std::vector<Weighted> alternatives(std::string_view header) {
  std::vector<Weighted> out;
  while (!header.empty() && out.size() < k_alternatives_max) {
    auto const comma = header.find(',');
    auto const item = header.substr(0, comma);
    header.remove_prefix(comma == header.npos ? header.size() : comma + 1);
    auto const semicolon = item.find(';');
    Weighted each{.value = lower(trimmed(item.substr(0, semicolon)))};
    if (semicolon != item.npos) each.thousandths = weight_of(lower(item.substr(semicolon)));
    if (!each.value.empty()) out.push_back(std::move(each));
  }
  return out;
}

bool takes(std::string_view range, std::string_view media_type) {
  if (range == "*/*" || range == media_type) return true;
  return range.ends_with("/*") && media_type.starts_with(range.substr(0, range.size() - 1));
}

std::optional<std::string> unknown_query(Call const& call, Operation const& operation) {
  for (auto const& [name, value] : call.request.query)
    if (std::ranges::find(operation.query, name) == operation.query.end()) return name;
  return std::nullopt;
}

/// Where files come along, the part "input" holds what would else be the whole body.
std::optional<Error> take_input(http::Request& request) {
  for (auto& [name, text] : request.form) {
    if (name != "input")
      return Error{.code = ErrorCode::invalid,
                   .text = "error.unknown_field",
                   .arguments = {{"field", name}},
                   .field = name};
    request.body = std::move(text);
  }
  request.form.clear();
  return std::nullopt;
}

asio::awaitable<http::Response> carry_out(Call& call, Operation const& operation) {
  bool const any = operation.gives.empty();
  if (!any && !accepts(call.request.headers.get("Accept"), operation.gives))
    co_return problem(call, 406);
  if (auto const name = unknown_query(call, operation))
    co_return problem(call, {.code = ErrorCode::invalid,
                             .text = "error.unknown_parameter",
                             .arguments = {{"field", *name}},
                             .field = *name});
  if (operation.body == http::Body::json_or_multipart)
    if (auto const wrong = take_input(call.request)) co_return problem(call, *wrong);
  http::Response response;
  if (operation.once)
    response = co_await answer_once(call, operation.handler);
  else
    response = co_await operation.handler(call);
  co_return response;
}

asio::awaitable<http::Response> serve(Api& api, http::Request& request,
                                      std::shared_ptr<Operation const> operation) {
  static Visit const nobody;
  auto const* visit = std::any_cast<Visit>(&request.visitor);
  Call call{.api = api,
            .request = request,
            .visit = visit == nullptr ? nobody : *visit,
            .language = language_of(request.headers.get("Accept-Language"))};
  auto response = co_await carry_out(call, *operation);
  response.headers.set("Content-Language", call.language);
  response.headers.set("Vary", "Accept-Language, Authorization");
  co_return response;
}

json::object problem_body(Call const& call, int status, std::string code, std::string detail) {
  auto const key = "problem.title." + std::to_string(status);
  auto const title =
      call.has(key) ? key : std::string{"problem.title."} + (status < 500 ? "400" : "500");
  return {{"type", "urn:qyzmet:problem:" + code},
          {"title", call.text(title)},
          {"status", status},
          {"detail", std::move(detail)},
          {"code", std::move(code)},
          {"request", call.request.id}};
}

http::Response problem_answer(Call const& call, json::object body) {
  auto const status = static_cast<int>(body.at("status").as_int64());
  auto response = http::json(json::serialize(body), status);
  response.content_type = "application/problem+json";
  response.headers.set("Content-Language", call.language);
  if (status == 429 || status == 503) response.headers.set("Retry-After", "10");
  return response;
}

}  // namespace

std::string Call::text(std::string_view key, json::object const& arguments,
                       engine::Package const* package) const {
  return api.texts.text(language, key, arguments, texts_of(language, package));
}
bool Call::has(std::string_view key, engine::Package const* package) const {
  auto const* own = texts_of(language, package);
  return (own != nullptr && own->contains(key)) || api.texts.has(language, key);
}
std::string Call::parameter(std::string_view name) const {
  return found(request.parameters, name);
}
std::string Call::query(std::string_view name) const {
  return found(request.query, name);
}

void add(http::Router& router, Api& api, Operation operation) {
  auto const kept = std::make_shared<Operation const>(std::move(operation));
  bool const json = kept->body == http::Body::json;
  router.add({.method = kept->method,
              .pattern = "/api/v1" + std::string{kept->path},
              .access = std::string{kept->access},
              .body = kept->body,
              .handler = [&api, kept](http::Request& request) { return serve(api, request, kept); },
              .body_bytes_max = json ? kept->body_bytes_max : 0});
}

Result<json::object> body_object(Call const& call, std::vector<std::string_view> const& known) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = k_json_depth_max;
  auto value = json::parse(call.request.body, error, {}, options);
  if (error || !value.is_object()) return fail(ErrorCode::invalid, "error.body_not_json");
  for (auto const& [name, member] : value.as_object())
    if (std::ranges::find(known, std::string_view{name}) == known.end())
      return std::unexpected(Error{.code = ErrorCode::invalid,
                                   .text = "error.unknown_field",
                                   .arguments = {{"field", std::string{name}}},
                                   .field = std::string{name}});
  return std::move(value.as_object());
}

Result<std::string> text_member(json::object const& object, std::string_view name) {
  auto const* member = object.if_contains(name);
  if (member == nullptr || member->is_null()) return std::string{};
  if (!member->is_string()) return fail(ErrorCode::invalid, "error.field_type", std::string{name});
  return std::string{member->as_string()};
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  auto const* const last = text.data() + text.size();
  auto const [end, error] = std::from_chars(text.data(), last, value);
  bool const plain = !text.empty() && text[0] != '-' && (text[0] != '0' || text.size() == 1);
  if (error != std::errc{} || end != last || !plain) return std::nullopt;
  return value;
}

std::string language_of(std::string_view accept_language) {
  std::string best{k_languages[0]};
  int most = 0;
  for (auto const& each : alternatives(accept_language)) {
    auto const language = each.value.substr(0, each.value.find('-'));
    bool const ours = std::ranges::find(k_languages, language) != std::end(k_languages);
    if (!ours || each.thousandths <= most) continue;
    most = each.thousandths;
    best = language;
  }
  return best;
}

bool accepts(std::string_view header, std::string_view media_type) {
  if (header.empty()) return true;
  return std::ranges::any_of(alternatives(header), [&](Weighted const& each) {
    return each.thousandths > 0 && takes(each.value, media_type);
  });
}

http::Response answer(json::value const& body, int status) {
  return http::json(json::serialize(body), status);
}

std::string code_of(Error const& error) {
  constexpr std::string_view prefix = "error.";
  return error.text.starts_with(prefix) ? error.text.substr(prefix.size()) : error.text;
}

int status_of(Error const& error) {
  static std::map<std::string_view, int> const own{
      {"error.body_not_json", 400},      {"error.unknown_parameter", 400},
      {"error.idempotency_key", 400},    {"error.cursor", 400},
      {"error.token_missing", 401},      {"error.token_invalid", 401},
      {"error.version_changed", 412},    {"error.idempotency_key_reused", 422},
      {"error.version_missing", 428},    {"error.too_many_codes", 429},
      {"error.too_many_queries", 429},   {"error.too_many_sign_ins", 429},
      {"error.too_many_statements", 429}};
  auto const found_status = own.find(error.text);
  return found_status == own.end() ? http::status_of(error.code) : found_status->second;
}

json::value paragraph_json(Call const& call, engine::Package const& package, std::string_view id) {
  auto const cite = package.citations.find(id);
  if (id.empty() || cite == package.citations.end()) return nullptr;
  auto const text = cite->second.text.find(call.language);
  if (text == cite->second.text.end()) return nullptr;
  return {{"text", text->second}, {"source", cite->second.source}};
}

json::object error_json(Call const& call, Error const& error, engine::Package const* package) {
  json::object arguments;
  for (auto const& [name, value] : error.arguments) arguments[name] = value;
  auto named = arguments;  // texts may name the field
  if (!error.field.empty()) named.emplace("field", error.field);
  json::object out{{"code", code_of(error)}, {"detail", call.text(error.text, named, package)}};
  if (!error.field.empty()) out["field"] = error.field;
  if (!arguments.empty()) out["arguments"] = std::move(arguments);
  if (!error.rule.empty()) out["rule"] = error.rule;
  auto paragraph = package == nullptr ? json::value{} : paragraph_json(call, *package, error.cite);
  if (!paragraph.is_null()) out["paragraph"] = std::move(paragraph);
  return out;
}

http::Response problem(Call const& call, std::vector<Error> const& errors,
                       engine::Package const* package) {
  auto const& first = errors.front();
  auto const status = status_of(first);
  auto const own = error_json(call, first, package);
  auto body = problem_body(call, status, code_of(first), std::string{own.at("detail").as_string()});
  for (auto const name : {"field", "rule", "paragraph"})
    if (auto const* member = own.if_contains(name)) body[name] = *member;
  json::array list;
  for (auto const& error : errors) list.push_back(error_json(call, error, package));
  body["errors"] = std::move(list);
  auto response = problem_answer(call, std::move(body));
  if (auto const wait = first.arguments.find("retry_after"); wait != first.arguments.end())
    response.headers.set("Retry-After", wait->second);
  if (status == 401)
    response.headers.set("WWW-Authenticate", first.text == "error.token_invalid"
                                                 ? R"(Bearer realm="qyzmet", error="invalid_token")"
                                                 : R"(Bearer realm="qyzmet")");
  return response;
}

http::Response problem(Call const& call, Error const& error, engine::Package const* package) {
  return problem(call, std::vector<Error>{error}, package);
}

http::Response problem(Call const& call, int status) {
  auto const known = "api.problem." + std::to_string(status);
  auto const key =
      call.has(known) ? known : std::string{status < 500 ? "api.problem.400" : "api.problem.500"};
  return problem_answer(
      call, problem_body(call, status, "http_" + std::to_string(status), call.text(key)));
}

void set_etag(http::Response& response, std::string_view tag) {
  response.headers.set("ETag", '"' + std::string{tag} + '"');
}

std::optional<std::int64_t> if_match(Call const& call) {
  auto text = trimmed(call.request.headers.get("If-Match"));
  if (text.empty() || text == "*") return std::nullopt;
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return -1;
  return parse_number(text.substr(1, text.size() - 2)).value_or(-1);
}

}  // namespace qyzmet::api
