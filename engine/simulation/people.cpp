#include "engine/simulation/people.hpp"

namespace qyzmet::simulation {

using namespace engine;

namespace {

constexpr int k_rows_max = 3;

}  // namespace

std::string People::unit_of(std::string_view role) const {
  if (role == "branch_operator") return cast_.branch;
  if (role == "citizen" || role == "system" || role == "admin") return "";
  return cast_.office;
}

std::string People::sha256() {
  std::string out;
  for (int word = 0; word < 4; ++word) {
    auto bits = random_.next();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4U) out += "0123456789abcdef"[bits & 15U];
  }
  return out;
}

List People::documents(std::string const& subtype) {
  List out;
  auto const* const known = package_.subtype(subtype);
  if (known == nullptr) return out;
  for (auto const& document : known->documents)
    if (random_.percent(75))
      out.emplace_back(Context{{"code", document.code}, {"sha256", sha256()}});
  return out;
}

/// What the registers and the application together say of somebody, as the table of the law has it.
std::string People::subject(DecisionTable const& table, Context const& application,
                            Calendar const& calendar) {
  auto const* const speciality = at_path(application, "declared.speciality").as<bool>();
  return table.choose("result",
                      {{"citizen", random_.percent(97)},
                       {"sex", text_at(application, "person.sex")},
                       {"speciality", speciality != nullptr && *speciality},
                       {"in_prison", random_.percent(2)},
                       {"abroad", random_.percent(2)},
                       {"serving", random_.percent(2)},
                       {"past_limit", random_.percent(2)},
                       {"registered", random_.percent(5)},
                       {"birthday", random_.percent(1)},
                       {"age", 16 + random_.below(45)}},
                      calendar);
}

Context People::application(Calendar const& calendar) {
  Context all;
  auto const set = [&](std::string_view path, Value value) {
    if (package_.variables.contains(path)) set_path(all, path, std::move(value));
  };
  for (auto const& [path, type] : package_.variables) {
    bool const brought = path.starts_with("declared.") || path.starts_with("person.") ||
                         path.starts_with("wish.") || path == "wants_social_support";
    if (!brought || random_.percent(20)) continue;
    if (type == FieldType::boolean) set(path, random_.percent(50));
    if (type == FieldType::text || type == FieldType::long_text) set(path, "some words");
    if (type == FieldType::date)
      set(path, Date{std::chrono::year{2027} / 1 / 1} + std::chrono::days{random_.below(400)});
  }
  auto const subtype = random_.percent(2) || package_.subtypes.empty()
                           ? "none"
                           : random_.any(package_.subtypes).code;
  auto place = package_.term.days_by_place.begin();
  std::advance(place, random_.below(package_.term.days_by_place.size()));
  set("number", package_.number + "-2026-000001");
  set("applicant", cast_.applicant);
  set("language", random_.percent(50) ? "kk" : "ru");
  set("subtype", subtype);
  set("place", place->first == k_any_place ? "city" : place->first);
  set("office.id", cast_.office);
  set("office.superior.kk", "Жоғары орган");
  set("office.superior.ru", "Вышестоящий орган");
  set("branch.id", cast_.branch);
  set("mode", random_.percent(85) ? "peacetime" : random_.percent(50) ? "mobilisation" : "wartime");
  set("consent", random_.percent(97));
  set("documents", documents(subtype));
  set("person.sex", random_.percent(70) ? "male" : "female");
  if (auto const* const table = package_.decision("subject"))
    set("person.subject", subject(*table, all, calendar));
  bool const otp = random_.percent(40);
  set("certified.by", random_.percent(98) ? (otp ? "otp" : "eds") : "word of honour");
  set("certified.document", sha256());
  set("certified.signature", otp && random_.percent(50) ? Value{} : Value{sha256()});
  auto const confirmed = start_of(Date{std::chrono::year{2026} / 1 / 5});
  set("certified.sent_at", otp ? Value{confirmed} : Value{});
  set("certified.confirmed_at", otp && random_.percent(97) ? Value{confirmed} : Value{});
  return all;
}

Actor People::actor(std::string const& role, Instance const& now, bool wrong) {
  Actor out{.user = "by " + role, .role = role, .unit = unit_of(role)};
  if (role == "citizen") out.user = text_at(now.variables, "applicant");
  if (role == "executor") out.user = text_at(now.variables, "executor");
  if (role == "secretary") out.user = text_at(now.variables, "hearing.secretary");
  if (role == "head") out.user = cast_.head;
  if (role == "system") out.user.clear();
  if (!wrong) return out;
  static std::vector<std::string> const roles{"citizen", "registrar", "executor",       "secretary",
                                              "head",    "admin",     "branch_operator"};
  switch (random_.below(3)) {
    case 0:
      out.user = random_.percent(50) ? "somebody else" : text_at(now.variables, "executor");
      break;
    case 1:
      out.unit = "o2";
      break;
    default:
      out.role = random_.any(roles);
  }
  return out;
}

Value People::choice(Field const& field, Context const& environment, Calendar const& calendar) {
  if (field.source == "grounds" && !package_.grounds.empty())
    return random_.any(package_.grounds).code;
  std::vector<std::string> open;
  for (auto const& one : field.choices)
    if (!one.available || one.available->is_true(environment, calendar)) open.push_back(one.value);
  if (open.empty() || random_.percent(1)) return "nothing of these";
  return random_.any(open);
}

/// What some row of the table says: nobody is so real here that the table could be asked.
Value People::answer(DecisionTable const& table, Calendar const& calendar) {
  return random_.any(table.rules).outputs.front().second.evaluate(Context{}, calendar);
}

Value People::value(Field const& field, Context const& environment, Calendar const& calendar,
                    Instant at) {
  auto const today = legal_date(at);
  if (auto const* const table = package_.decision(field.table())) return answer(*table, calendar);
  if (field.of_record() == "composition") return random_.percent(50) ? "officer" : "ranks";
  switch (field.type) {
    case FieldType::boolean:
      return random_.percent(88);
    case FieldType::number:
      return random_.below(5);
    case FieldType::date:
      return today + std::chrono::days{random_.below(8) - 1};
    case FieldType::datetime: {
      if (random_.percent(40)) return at - std::chrono::minutes{random_.below(60)};
      auto const day = calendar.wd_add(today, random_.below(4));
      return start_of(day) + std::chrono::hours{9 + random_.below(9)};
    }
    case FieldType::choice:
      return choice(field, environment, calendar);
    case FieldType::document:
      return sha256();
    case FieldType::user:
      return random_.any(cast_.officials);
    case FieldType::list: {
      List rows;
      for (int i = random_.below(k_rows_max + 1); i > 0; --i) {
        Context row;
        for (auto const& cell : field.row)
          if (cell.required || random_.percent(50))
            row[cell.name] = value(cell, environment, calendar, at);
        if (row.contains("unit")) row["unit"] = random_.percent(70) ? "archive" : "ministry";
        if (row.contains("number")) row["number"] = std::to_string(random_.next() % 100'000);
        rows.emplace_back(std::move(row));
      }
      return rows;
    }
    default:
      return "word " + std::to_string(random_.below(1000));
  }
}

Context People::fill(Form const& form, Context environment, Calendar const& calendar, Instant at) {
  Context out;
  for (auto const& field : form.fields) {
    if (field.shown && !field.shown->is_true(environment, calendar)) continue;
    if (random_.percent(field.required ? 1 : 20)) continue;
    auto filled = value(field, environment, calendar, at);
    set_path(environment, field.name, filled);
    out[field.name] = std::move(filled);
  }
  return out;
}

}  // namespace qyzmet::simulation
