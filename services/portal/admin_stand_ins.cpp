// Who signs while a head is away: a recorded appointment for some days (decision 20). It can be
// withdrawn, never changed.
#include <algorithm>

#include "services/casework/registers.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/stand-ins";
constexpr int k_rows_max = 100;
constexpr int k_staff_max = 1000;

struct Registers {
  std::vector<db::User> staff;
  std::vector<db::Office> offices;
  std::vector<db::StandIn> rows;
};

std::string office_name(Registers const& registers, OfficeId id, std::string_view language) {
  auto const found = std::ranges::find(registers.offices, id, &db::Office::id);
  return found == registers.offices.end() ? std::string{} : name_in(*found, language);
}

json::array rows_json(Context const& context, Registers const& registers) {
  auto const reader = reader_of(context, true);
  auto const today = context.world().clock.today();
  json::array out;
  for (auto const& row : registers.rows) {
    auto const state = casework::stand_in_state(row, today);
    json::object item{{"id", std::to_string(row.id)},
                      {"deputy", row.deputy_name},
                      {"absent", row.absent_name},
                      {"office", office_name(registers, row.office, context.language)},
                      {"from", reader.long_date(row.from)},
                      {"until", reader.long_date(row.until)},
                      {"basis", row.basis},
                      {"state",
                       {{"tone", state == "now"     ? "ok"
                                 : state == "ahead" ? "sky"
                                                    : "plain"},
                        {"text", context.text("stand_in." + std::string{state})}}}};
    if (state == "now" || state == "ahead") item["open"] = true;
    out.push_back(std::move(item));
  }
  return out;
}

/// A head is chosen with the office: the same person may head two.
json::object head_field(Context const& context, Registers const& registers,
                        std::vector<Error> const& errors) {
  auto out = admin_field(context, "select", "absent", "", errors);
  json::array options;
  for (auto const& user : registers.staff)
    for (auto const& grant : user.grants) {
      if (grant.role != "head" || !grant.office) continue;
      auto const value = std::to_string(grant.office->value) + "-" + std::to_string(user.id.value);
      options.push_back(
          {{"value", value},
           {"label", user.name + " · " + office_name(registers, *grant.office, context.language)},
           {"selected", context.field("absent") == value}});
    }
  out["options"] = std::move(options);
  return out;
}

json::object deputy_field(Context const& context, Registers const& registers,
                          std::vector<Error> const& errors) {
  auto out = admin_field(context, "select", "deputy", "", errors);
  out["hint"] = context.text("unit.deputy.hint");
  json::array options;
  for (auto const& user : registers.staff) {
    auto const at_office = [](db::Grant const& grant) { return grant.office.has_value(); };
    if (!std::ranges::any_of(user.grants, at_office)) continue;
    auto const value = std::to_string(user.id.value);
    auto const& position = user.position(context.language);
    options.push_back({{"value", value},
                       {"label", position.empty() ? user.name : user.name + ", " + position},
                       {"selected", context.field("deputy") == value}});
  }
  out["options"] = std::move(options);
  return out;
}

json::array fields_json(Context const& context, Registers const& registers,
                        std::vector<Error> const& errors) {
  json::array out{head_field(context, registers, errors), deputy_field(context, registers, errors)};
  for (auto const* day : {"from", "until"})
    out.push_back(admin_field(context, "date", day, context.field(day), errors));
  struct Text {
    char const* name;
    std::size_t size_max;
  };
  for (auto const& [name, size_max] : {Text{"basis", casework::k_basis_size_max},
                                       Text{"position_kk", casework::k_position_size_max},
                                       Text{"position_ru", casework::k_position_size_max}}) {
    auto field = admin_field(context, "text", name, context.field(name), errors);
    field["hint"] = context.text("unit." + std::string{name} + ".hint");
    field["maxlength"] = size_max;
    out.push_back(std::move(field));
  }
  return out;
}

asio::awaitable<http::Response> stand_ins_page(Context& context, std::vector<Error> errors) {
  auto const registers = co_await context.world().database.run([](db::Connection& connection) {
    return Registers{.staff = db::staff(connection, {.limit = k_staff_max}),
                     .offices = db::offices(connection),
                     .rows = db::recorded_stand_ins(connection, k_rows_max)};
  });
  json::object data{{"rows", rows_json(context, registers)},
                    {"fields", fields_json(context, registers, errors)},
                    {"action", context.url(k_path)},
                    {"withdraw", context.url(std::string{k_path} + "/withdraw")},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.stand_ins")}}}}};
  if (errors.empty()) co_return render(context, "admin_stand_ins", std::move(data));
  co_return render_refused(context, "admin_stand_ins", std::move(data), errors);
}

asio::awaitable<http::Response> get_stand_ins(Context& context) {
  auto page = co_await stand_ins_page(context, {});
  co_return page;
}

/// The appointment that the form describes, or what cannot be read in it.
casework::Kept<db::StandIn> sent_stand_in(Context const& context) {
  std::vector<Error> errors;
  auto const wrong = [&](std::string text, std::string field) {
    errors.push_back({.code = ErrorCode::invalid, .text = std::move(text), .field = field});
  };
  auto const head = context.field("absent");
  auto const dash = head.find('-');
  db::StandIn out;
  out.office = OfficeId{to_id(std::string_view{head}.substr(0, dash))};
  out.absent = UserId{dash == head.npos ? 0 : to_id(std::string_view{head}.substr(dash + 1))};
  out.deputy = UserId{to_id(context.field("deputy"))};
  if (out.absent.value == 0 || out.office.value == 0) wrong("error.choose", "absent");
  if (out.deputy.value == 0) wrong("error.choose", "deputy");
  auto const from = parse_date(context.field("from"));
  auto const until = parse_date(context.field("until"));
  if (!from) wrong("error.field_date", "from");
  if (!until) wrong("error.field_date", "until");
  for (auto const* name : {"basis", "position_kk", "position_ru"})
    if (context.field(name).empty()) wrong("error.required", name);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  out.from = *from;
  out.until = *until;
  out.basis = context.field("basis");
  out.position_kk = context.field("position_kk");
  out.position_ru = context.field("position_ru");
  out.appointed_by = context.visitor.user;
  return out;
}

asio::awaitable<http::Response> post_stand_in(Context& context) {
  auto const sent = sent_stand_in(context);
  std::vector<Error> errors;
  if (sent) {
    auto const today = context.world().clock.today();
    auto const kept =
        co_await context.world().database.run([wanted = *sent, today](db::Connection& connection) {
          return casework::appoint(connection, wanted, today);
        });
    if (kept) co_return go(context, k_path, "saved");
    errors = kept.error();
  } else {
    errors = sent.error();
  }
  auto page = co_await stand_ins_page(context, std::move(errors));
  co_return page;
}

asio::awaitable<http::Response> post_withdraw(Context& context) {
  auto const id = to_id(context.field("id"));
  auto const done = co_await context.world().database.run(
      [id, today = context.world().clock.today(), by = context.visitor.user](
          db::Connection& connection) { return casework::withdraw(connection, id, today, by); });
  if (!done)
    co_return problem(context, {.code = ErrorCode::conflict, .text = "error.stand_in_over"});
  co_return go(context, k_path, "saved");
}

}  // namespace

void add_admin_stand_in_routes(http::Router& router, Portal& portal) {
  std::string const path = "/{lang}/admin/stand-ins";
  add_page(router, portal, path, "admin", get_stand_ins);
  add_form(router, portal,
           {.pattern = path,
            .access = "admin",
            .fields = {"absent", "deputy", "from", "until", "basis", "position_kk", "position_ru"}},
           post_stand_in);
  add_form(router, portal, {.pattern = path + "/withdraw", .access = "admin", .fields = {"id"}},
           post_withdraw);
}

}  // namespace qyzmet::portal
