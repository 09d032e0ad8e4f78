#include "services/api/admin.hpp"

namespace qyzmet::api {

namespace json = boost::json;

Result<Page> read_page(Call const& call) {
  Page out;
  if (auto const text = call.query("limit"); !text.empty()) {
    auto const limit = parse_number(text);
    if (!limit || *limit < 1 || *limit > std::int64_t{k_page_max})
      return fail(ErrorCode::invalid, "error.limit", "limit");
    out.limit = static_cast<int>(*limit);
  }
  if (auto const text = call.query("cursor"); !text.empty()) {
    auto const offset = parse_number(text);
    if (!offset || *offset > k_rows_behind_max)
      return fail(ErrorCode::invalid, "error.cursor", "cursor");
    out.offset = static_cast<int>(*offset);
  }
  return out;
}

void add_act(http::Router& router, Api& api, std::string_view path, Handler handler,
             http::Body body, http::Method method) {
  add(router, api,
      {.method = method,
       .path = path,
       .access = k_admin,
       .handler = handler,
       .body = body,
       .once = true});
}

std::int64_t to_id(std::string_view text) {
  return parse_number(text).value_or(0);
}

http::Response no_such_row(Call const& call) {
  return problem(call, Error{.code = ErrorCode::not_found, .text = "error.row_not_found"});
}

std::optional<Error> read_texts(json::object const& body, TextMembers const& members) {
  for (auto const& [name, target] : members) {
    auto text = text_member(body, name);
    if (!text) return text.error();
    auto const first = text->find_first_not_of(' ');
    if (first == text->npos) continue;
    *target = text->substr(first, text->find_last_not_of(' ') + 1 - first);
  }
  return std::nullopt;
}

Result<bool> flag_member(json::object const& body, std::string_view name, bool otherwise) {
  auto const* member = body.if_contains(name);
  if (member == nullptr || member->is_null()) return otherwise;
  if (!member->is_bool()) return fail(ErrorCode::invalid, "error.field_type", std::string{name});
  return member->as_bool();
}

json::object grant_json(Call const& call, db::Grant const& grant) {
  json::object out{{"role", grant.role}, {"text", call.text("role." + grant.role)}};
  if (grant.office) out["office"] = std::to_string(grant.office->value);
  if (grant.branch) out["branch"] = std::to_string(grant.branch->value);
  return out;
}

json::object named_json(std::int64_t id, std::string const& name) {
  return {{"id", std::to_string(id)}, {"name", name}};
}

http::Response kept_answer(json::object body, bool fresh, std::string const& path) {
  auto response = answer(body, fresh ? 201 : 200);
  if (fresh) response.headers.set("Location", "/api/v1" + path);
  return response;
}

}  // namespace qyzmet::api
