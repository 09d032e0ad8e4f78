// Officials for the administrator: who has a role, one of them, giving and taking roles, positions,
// whether they may come in. Every act is recorded.
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/staff.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_one = "/admin/people/{person}";

json::object official_json(Call const& call, db::User const& user) {
  json::array roles;
  for (auto const& grant : user.grants) roles.push_back(grant_json(call, grant));
  return {{"id", std::to_string(user.id.value)},
          {"name", user.name},
          {"position_kk", user.position_kk},
          {"position_ru", user.position_ru},
          {"active", user.active},
          {"roles", std::move(roles)}};
}

asio::awaitable<std::optional<db::User>> find(Call const& call, UserId id) {
  auto user = co_await call.world().database.run(
      [id](db::Connection& connection) { return db::find_official(connection, id); });
  co_return user;
}

/// With the cases that wait for another executor: their heads name one (executor.changed).
asio::awaitable<http::Response> official(Call const& call, UserId id, bool fresh) {
  auto const user = co_await find(call, id);
  if (!user) co_return no_such_row(call);
  auto out = official_json(call, *user);
  auto const left = co_await call.world().database.run([id](db::Connection& connection) {
    return db::cases_left_by(connection, id, casework::k_left_cases_max);
  });
  if (!left.empty()) out["left_cases"] = json::array(left.begin(), left.end());
  co_return kept_answer(std::move(out), fresh, "/admin/people/" + std::to_string(id.value));
}

UserId wanted(Call const& call) {
  return UserId{to_id(call.parameter("person"))};
}

/// Where somebody has a role: {"role": "executor", "office": "3"}.
struct Post {
  std::string role, office, branch;
  TextMembers members() { return {{"role", &role}, {"office", &office}, {"branch", &branch}}; }
  /// As casework names it.
  std::string unit() const {
    if (!branch.empty()) return "branch-" + branch;
    return office.empty() ? std::string{} : "office-" + office;
  }
};

/// The field of casework's form as the body calls it.
std::vector<Error> named(std::vector<Error> errors, Post const& post) {
  for (auto& error : errors)
    if (error.field == "unit") error.field = post.role == "branch_operator" ? "branch" : "office";
  return errors;
}

asio::awaitable<http::Response> get_people(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const people = co_await call.world().database.run([asked = call.query("text"), page = *page](
                                                             db::Connection& connection) {
    return casework::find_staff(connection, asked, {.offset = page.offset, .limit = page.wanted()});
  });
  co_return answer(
      page_json(*page, people, [&](db::User const& user) { return official_json(call, user); }));
}

asio::awaitable<http::Response> get_person(Call& call) {
  auto response = co_await official(call, wanted(call), false);
  co_return response;
}

asio::awaitable<http::Response> post_person(Call& call) {
  auto const body =
      body_object(call, {"iin", "name", "position_kk", "position_ru", "role", "office", "branch"});
  if (!body) co_return problem(call, body.error());
  casework::NewOfficial sent;
  sent.language = call.language;
  Post post;
  auto members = post.members();
  members.insert(members.end(), {{"iin", &sent.iin},
                                 {"name", &sent.name},
                                 {"position_kk", &sent.position_kk},
                                 {"position_ru", &sent.position_ru}});
  if (auto const wrong = read_texts(*body, members)) co_return problem(call, *wrong);
  sent.role = post.role;
  sent.unit = post.unit();
  auto const kept = co_await call.world().database.run(
      [sent, by = *call.caller().user](db::Connection& connection) {
        return casework::add_official(connection, sent, by);
      });
  if (!kept) co_return problem(call, named(kept.error(), post));
  auto response = co_await official(call, *kept, true);
  co_return response;
}

asio::awaitable<http::Response> put_person(Call& call) {
  auto const body = body_object(call, {"position_kk", "position_ru", "active"});
  if (!body) co_return problem(call, body.error());
  auto const user = co_await find(call, wanted(call));
  if (!user) co_return no_such_row(call);
  casework::OfficialChange change{.user = user->id, .position_kk = {}, .position_ru = {}};
  if (auto const wrong = read_texts(
          *body, {{"position_kk", &change.position_kk}, {"position_ru", &change.position_ru}}))
    co_return problem(call, *wrong);
  auto const active = flag_member(*body, "active", user->active);
  if (!active) co_return problem(call, active.error());
  change.active = *active;
  auto const kept = co_await call.world().database.run(
      [change, by = *call.caller().user](db::Connection& connection) {
        return casework::change_official(connection, change, by);
      });
  if (!kept) co_return problem(call, kept.error());
  auto response = co_await official(call, user->id, false);
  co_return response;
}

// --- Roles

Result<Post> read_post(Call const& call) {
  auto const body = body_object(call, {"role", "office", "branch"});
  if (!body) return std::unexpected(body.error());
  Post out;
  if (auto wrong = read_texts(*body, out.members())) return std::unexpected(std::move(*wrong));
  return out;
}

asio::awaitable<http::Response> post_role(Call& call) {
  auto const post = read_post(call);
  if (!post) co_return problem(call, post.error());
  auto const user = co_await find(call, wanted(call));
  if (!user) co_return no_such_row(call);
  auto const kept =
      co_await call.world().database.run([id = user->id, role = post->role, unit = post->unit(),
                                          by = *call.caller().user](db::Connection& connection) {
        return casework::give_role(connection, id, role, unit, by);
      });
  if (!kept) co_return problem(call, named(kept.error(), *post));
  auto response = co_await official(call, user->id, false);
  co_return response;
}

asio::awaitable<http::Response> post_revoke(Call& call) {
  auto const post = read_post(call);
  if (!post) co_return problem(call, post.error());
  auto const user = co_await find(call, wanted(call));
  if (!user) co_return no_such_row(call);
  db::Grant grant{.role = post->role, .office = {}, .branch = {}};
  if (auto const office = to_id(post->office); office > 0) grant.office = OfficeId{office};
  if (auto const branch = to_id(post->branch); branch > 0) grant.branch = BranchId{branch};
  auto const kept = co_await call.world().database.run(
      [id = user->id, grant, by = *call.caller().user](db::Connection& connection) {
        return casework::take_role(connection, id, grant, by);
      });
  if (!kept) co_return problem(call, kept.error());
  auto response = co_await official(call, user->id, false);
  co_return response;
}

}  // namespace

void add_admin_people_operations(http::Router& router, Api& api) {
  using enum http::Method;
  auto const act = [&](http::Method method, std::string_view path, Handler handler) {
    add_act(router, api, path, handler, http::Body::json, method);
  };
  add(router, api,
      {.path = "/admin/people",
       .access = k_admin,
       .handler = get_people,
       .query = {"text", "limit", "cursor"}});
  act(post, "/admin/people", post_person);
  add(router, api, {.path = k_one, .access = k_admin, .handler = get_person});
  act(put, k_one, put_person);
  act(post, "/admin/people/{person}/roles", post_role);
  act(post, "/admin/people/{person}/roles/revoke", post_revoke);
}

}  // namespace qyzmet::api
