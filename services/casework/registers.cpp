#include "services/casework/registers.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "db/audit.hpp"
#include "engine/base/utf8.hpp"
#include "services/casework/draft.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

using Errors = std::vector<Error>;

constexpr std::size_t k_code_size_max = 20;
constexpr std::size_t k_name_size_max = 200;
constexpr std::size_t k_address_size_max = 300;
constexpr std::size_t k_phone_size_max = 40;
constexpr std::size_t k_hours_size_max = 100;

using Office = db::Office;
constexpr UnitText<Office> k_office_texts[] = {
    {"code", &Office::code, k_code_size_max},
    {"name_kk", &Office::name_kk, k_name_size_max},
    {"name_ru", &Office::name_ru, k_name_size_max},
    {"name_en", &Office::name_en, k_name_size_max},
    {"address_kk", &Office::address_kk, k_address_size_max},
    {"address_ru", &Office::address_ru, k_address_size_max},
    {"address_en", &Office::address_en, k_address_size_max},
    {"phone", &Office::phone, k_phone_size_max},
    {"higher_body_kk", &Office::higher_body_kk, k_name_size_max},
    {"higher_body_ru", &Office::higher_body_ru, k_name_size_max},
};

using Branch = db::Branch;
constexpr UnitText<Branch> k_branch_texts[] = {
    {"code", &Branch::code, k_code_size_max},
    {"name_kk", &Branch::name_kk, k_name_size_max},
    {"name_ru", &Branch::name_ru, k_name_size_max},
    {"name_en", &Branch::name_en, k_name_size_max},
    {"address_kk", &Branch::address_kk, k_address_size_max},
    {"address_ru", &Branch::address_ru, k_address_size_max},
    {"address_en", &Branch::address_en, k_address_size_max},
    {"hours", &Branch::hours, k_hours_size_max},
};

Error wrong(std::string_view text, std::string_view field) {
  return {.code = ErrorCode::invalid, .text = std::string{text}, .field = std::string{field}};
}

void check_text(std::string_view text, std::string_view field, std::size_t size_max, Errors& out) {
  if (text.empty()) out.push_back(wrong("error.required", field));
  if (utf8_length(text) <= size_max) return;
  auto error = wrong("error.too_long", field);
  error.arguments["max"] = std::to_string(size_max);
  out.push_back(std::move(error));
}

/// Lower-case letters, digits and hyphens: codes stand in addresses and on the command line.
bool is_code(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// Offices have landlines, extensions, several numbers.
bool is_phone(std::string_view text) {
  constexpr std::string_view marks = "+()-,; ";
  auto const digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return digits >= 5 && std::ranges::all_of(text, [&](char c) {
           return (c >= '0' && c <= '9') || marks.contains(c);
         });
}

template <class Unit>
Errors check_texts(Unit const& unit, std::span<UnitText<Unit> const> texts) {
  Errors out;
  for (auto const& each : texts) check_text(unit.*each.text, each.name, each.size_max, out);
  if (!is_code(unit.code)) out.push_back(wrong("error.unit_code", "code"));
  return out;
}

template <class Unit>
json::object texts_json(Unit const& unit, std::span<UnitText<Unit> const> texts) {
  json::object out{{"id", unit.id.value}, {"active", unit.active}};
  for (auto const& each : texts) out[each.name] = unit.*each.text;
  return out;
}

/// A conflict with `constraint` becomes an error of the field.
template <class Work>
auto unless_taken(std::string_view constraint, Error error, Work work) -> Kept<decltype(work())> {
  try {
    return work();
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != constraint) throw;
    return std::unexpected(Errors{std::move(error)});
  }
}

bool has_grant(db::Connection& connection, UserId user, OfficeId office,
               std::initializer_list<std::string_view> roles) {
  return std::ranges::any_of(roles, [&](std::string_view role) {
    auto const users = db::users_with_role(connection, std::string{role}, office);
    return std::ranges::find(users, user, &db::User::id) != users.end();
  });
}

Errors check_stand_in(db::Connection& connection, db::StandIn const& wanted, Date today) {
  Errors out;
  if (!has_grant(connection, wanted.absent, wanted.office, {"head"}))
    out.push_back(wrong("error.not_a_head", "absent"));
  if (wanted.absent == wanted.deputy)
    out.push_back(wrong("error.same_person", "deputy"));
  else if (!has_grant(connection, wanted.deputy, wanted.office, {"registrar", "executor", "head"}))
    out.push_back(wrong("error.not_of_this_office", "deputy"));
  if (wanted.from < today) out.push_back(wrong("error.day_passed", "from"));
  if (wanted.until < wanted.from)
    out.push_back(wrong("error.day_before_first", "until"));
  else if (wanted.until - wanted.from >= std::chrono::days{k_stand_in_days_max})
    out.push_back(wrong("error.stand_in_too_long", "until"));
  check_text(wanted.basis, "basis", k_basis_size_max, out);
  check_text(wanted.position_kk, "position_kk", k_position_size_max, out);
  check_text(wanted.position_ru, "position_ru", k_position_size_max, out);
  return out;
}

json::object stand_in_json(db::StandIn const& s, std::int64_t id) {
  return {{"id", id},
          {"absent", s.absent.value},
          {"deputy", s.deputy.value},
          {"office", s.office.value},
          {"from", to_iso(s.from)},
          {"until", to_iso(s.until)},
          {"basis", s.basis}};
}

}  // namespace

std::span<UnitText<db::Office> const> office_texts() {
  return k_office_texts;
}
std::span<UnitText<db::Branch> const> branch_texts() {
  return k_branch_texts;
}

namespace {

/// The superior is another office of the register, and not one that this one stands above.
void check_superior(db::Connection& connection, db::Office const& office, Errors& out) {
  if (!office.superior_email.empty() && !plausible_email(office.superior_email))
    out.push_back(wrong("error.field_email", "superior_email"));
  if (!office.superior) return;
  std::map<OfficeId, std::optional<OfficeId>> above;
  for (auto const& each : db::offices(connection)) above[each.id] = each.superior;
  if (!above.contains(*office.superior)) return out.push_back(wrong("error.choose", "superior"));
  auto at = office.superior;
  for (std::size_t steps = 0; at && steps <= above.size(); ++steps, at = above[*at])
    if (*at == office.id) return out.push_back(wrong("error.superior_circle", "superior"));
}

}  // namespace

Kept<OfficeId> keep_office(db::Connection& connection, db::Office const& office,
                           std::optional<UserId> by) {
  auto errors = check_texts(office, office_texts());
  check_superior(connection, office, errors);
  if (std::ranges::find(k_places, office.place) == k_places.end())
    errors.push_back(wrong("error.choose", "place"));
  if (!office.phone.empty() && !is_phone(office.phone))
    errors.push_back(wrong("error.unit_phone", "phone"));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return unless_taken("office_code", wrong("error.code_taken", "code"), [&] {
    return connection.transaction([&] {
      auto kept = office;
      auto const stored = db::find_office(connection, office.id);
      kept.id = db::save_office(connection, office);
      auto details = texts_json(kept, office_texts());
      details["place"] = kept.place;
      details["superior"] = kept.superior ? kept.superior->value : 0;
      details["superior_email"] = kept.superior_email;
      details["above_only"] = kept.above_only;
      if (stored && stored->superior_email != kept.superior_email)
        db::tell_superior_again(connection, kept.id);
      db::log_act(connection, by, "office", json::serialize(details));
      return kept.id;
    });
  });
}

Kept<BranchId> keep_branch(db::Connection& connection, db::Branch const& branch,
                           std::optional<UserId> by) {
  auto errors = check_texts(branch, branch_texts());
  if (!db::find_office(connection, branch.office))
    errors.push_back(wrong("error.choose", "office"));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return unless_taken("branch_code", wrong("error.code_taken", "code"), [&] {
    return connection.transaction([&] {
      auto kept = branch;
      kept.id = db::save_branch(connection, branch);
      auto details = texts_json(kept, branch_texts());
      details["office"] = kept.office.value;
      details["is_duty"] = kept.is_duty;
      db::log_act(connection, by, "branch", json::serialize(details));
      return kept.id;
    });
  });
}

std::string_view stand_in_state(db::StandIn const& stand_in, Date today) {
  if (stand_in.withdrawn) return "withdrawn";
  if (stand_in.until < today) return "over";
  return stand_in.from > today ? "ahead" : "now";
}

Kept<std::int64_t> appoint(db::Connection& connection, db::StandIn const& stand_in, Date today) {
  auto errors = check_stand_in(connection, stand_in, today);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return unless_taken("stand_in_no_overlap", wrong("error.stand_in_overlap", "from"), [&] {
    return connection.transaction([&] {
      auto const id = db::appoint_stand_in(connection, stand_in);
      db::log_act(connection, stand_in.appointed_by, "stand_in",
                  json::serialize(stand_in_json(stand_in, id)));
      return id;
    });
  });
}

bool withdraw(db::Connection& connection, std::int64_t stand_in, Date today,
              std::optional<UserId> by) {
  return connection.transaction([&] {
    if (!db::withdraw_stand_in(connection, stand_in, today, by)) return false;
    db::log_act(connection, by, "stand_in_withdrawn",
                json::serialize(json::object{{"id", stand_in}}));
    return true;
  });
}

}  // namespace qyzmet::casework
