#include "services/casework/standing.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/terms.hpp"

namespace qyzmet::casework {

namespace {

constexpr int k_age_max = 150;
constexpr std::string_view k_removed = "removed";

/// One person before the tables of one package.
class Person {
 public:
  Person(engine::Package const& package, engine::Calendar const& calendar, engine::IinFacts facts)
      : package_{package}, calendar_{calendar}, facts_{facts} {}

  std::string sex() const { return facts_.male ? "male" : "female"; }
  int age_on(Date day) const { return engine::full_years(facts_.born, day); }

  /// The output `output` of the table; "" when there is no such table or no row holds.
  std::string ask(std::string_view table, std::string_view output, engine::Context values,
                  int age) const {
    auto const said = say(table, output, std::move(values), age);
    return said ? said->value : std::string{};
  }

  /// The same with its citation; nullopt for "".
  std::optional<Said> say(std::string_view table, std::string_view output, engine::Context values,
                          int age) const {
    auto const* const found = package_.decision(table);
    if (found == nullptr) return std::nullopt;
    auto const decision = decide(*found, std::move(values), age);
    if (!decision) return std::nullopt;
    return Said{.value = engine::text_at(decision->outputs, output), .cite = decision->cite};
  }

  std::optional<Said> subject(Date day, Known const& known) const {
    return say("subject", "result",
               {{"citizen", known.citizen},
                {"speciality", known.speciality},
                {"in_prison", known.imprisoned},
                {"abroad", known.abroad},
                {"serving", known.serving},
                {"past_limit", known.removed || is_past(known.composition, age_on(day))},
                {"registered", known.registered},
                {"birthday", engine::birthday(facts_.born, age_on(day)) == day}},
               age_on(day));
  }

  std::optional<Said> category(std::string_view composition, int age) const {
    return say("category", "category", {{"composition", std::string{composition}}}, age);
  }

  /// The first birthday after `age` on which the category is another one.
  void add_change(Standing& out, std::string_view composition, int age) const {
    for (auto later = age + 1; later < k_age_max; ++later) {
      auto const next = category(composition, later);
      if (!next || next->value == out.category->value) continue;
      out.category_until = engine::birthday(facts_.born, later);
      out.category_next = next->value;
      return;
    }
  }

  Date birthday(int age) const { return engine::birthday(facts_.born, age); }

  /// "" when neither the composition nor the age alone tells.
  std::string category_at(std::string const& composition, int age) const {
    if (composition.empty()) return is_past(composition, age) ? std::string{k_removed} : "";
    return ask("category", "category", {{"composition", composition}}, age);
  }

  std::optional<Date> conscript_until() const {
    auto const is_conscript = [this](int age) {
      return ask("kind", "kind", {{"term_served", false}}, age) == "conscript";
    };
    // Who never is one has no such day: it would be that of birth.
    if (!is_conscript(0)) return std::nullopt;
    for (int age = 1; age < k_age_max; ++age)
      if (!is_conscript(age)) return engine::birthday(facts_.born, age);
    return std::nullopt;
  }

 private:
  /// Where the age of the reserve is raised by some years, who would be past it counts as so many
  /// years younger.
  std::optional<engine::Decision> decide(engine::DecisionTable const& table, engine::Context values,
                                         int age) const {
    values["sex"] = sex();
    values["age"] = age;
    auto decision = table.decide(values, calendar_);
    bool const is_past = decision && table.id == "category" &&
                         engine::text_at(decision->outputs, "category") == k_removed;
    auto const raised = is_past ? raised_by() : 0;
    if (raised == 0) return decision;
    values["age"] = age - raised;
    return table.decide(values, calendar_);
  }
  int raised_by() const {
    auto const setting = package_.settings.find("setting.reserve_raised");
    if (setting == package_.settings.end()) return 0;
    auto const* const years = setting->second.as<engine::Decimal>();
    int out = 0;
    auto const text = years == nullptr ? std::string{} : years->text();
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  }

  /// Past the age of the reserve: of that composition, or of each when it is not known.
  bool is_past(std::string const& composition, int age) const {
    if (package_.decision("category") == nullptr) return false;
    auto const past = [&](std::string const& of) {
      return ask("category", "category", {{"composition", of}}, age) == k_removed;
    };
    if (!composition.empty()) return past(composition);
    return past("ranks") && past("special") && past("officer");
  }

  engine::Package const& package_;
  engine::Calendar const& calendar_;
  engine::IinFacts facts_;
};

void keep_declared(engine::Package const& package, engine::Context const& variables,
                   std::string const& prefix, engine::Context& out) {
  for (auto const& [name, value] : variables) {
    auto const path = prefix + name;
    if (auto const* const inner = value.as<engine::Context>())
      keep_declared(package, *inner, path + ".", out);
    else if (package.variables.contains(path))
      engine::set_path(out, path, value);
  }
}

std::string_view value_of(std::vector<db::RecordFact> const& facts, std::string_view fact) {
  auto const found = std::ranges::find(facts, fact, &db::RecordFact::fact);
  return found == facts.end() ? std::string_view{} : std::string_view{found->value};
}

}  // namespace

Known known_of(bool registered, std::vector<db::RecordFact> const& on_day) {
  auto const says = [&](std::string_view fact, std::string_view value) {
    return value_of(on_day, fact) == value;
  };
  Known out{.registered = registered,
            .speciality = !value_of(on_day, "speciality").empty(),
            .citizen = !says("mark", "citizenship_lost"),
            .imprisoned = says("imprisoned", "yes"),
            .abroad = says("abroad", "yes"),
            .serving = says("serving", "yes"),
            .composition = std::string{value_of(on_day, "composition")}};
  // Who was taken off the register for a reason that may end can come back with it.
  bool const may_end = !out.citizen || out.imprisoned || out.abroad || out.serving;
  out.removed =
      says("mark", "deceased") || says("mark", "age") || (says("relation", k_removed) && !may_end);
  return out;
}

std::optional<std::pair<std::string, std::string>> ended_by(
    engine::Package const& package, engine::Calendar const& calendar,
    std::vector<db::RecordFact> const& on_day, std::string_view subtype, bool released) {
  auto const* const table = package.decision("returns");
  if (table == nullptr) return std::nullopt;
  auto const decision =
      table->decide({{"subtype", std::string{subtype}}, {"released", released}}, calendar);
  if (!decision) return std::nullopt;
  auto const said = [&](std::string_view name) { return engine::text_at(decision->outputs, name); };
  if (value_of(on_day, said("fact")) != said("from")) return std::nullopt;
  return std::pair{said("fact"), said("to")};
}

std::vector<db::RecordFact> after(std::vector<db::RecordFact> on_day,
                                  std::pair<std::string, std::string> const& fact) {
  for (auto& each : on_day) {
    if (each.fact == fact.first) each.value = fact.second;
    // It ended with what took the person off the register.
    if (each.fact == "relation" && each.value == k_removed) each.value.clear();
  }
  return on_day;
}

engine::Context standing(engine::Package const& package, engine::Calendar const& calendar,
                         std::string_view iin, Date day, Known const& known) {
  auto const facts = engine::iin_facts(iin);
  if (!facts) return {};
  Person const person{package, calendar, *facts};
  engine::Context out{{"sex", person.sex()}};
  if (package.decision("subject") != nullptr) {
    auto const subject = person.subject(day, known);
    out["subject"] = subject ? subject->value : std::string{};
  }
  if (auto const until = person.conscript_until()) out["conscript_until"] = *until;
  return out;
}

Standing standing_on(engine::Package const& package, engine::Calendar const& calendar,
                     std::string_view iin, Date day, Known const& known) {
  Standing out;
  auto const facts = engine::iin_facts(iin);
  if (!facts) return out;
  Person const person{package, calendar, *facts};
  out.subject = person.subject(day, known);
  if (known.composition.empty()) return out;
  out.category = person.category(known.composition, person.age_on(day));
  if (out.category) person.add_change(out, known.composition, person.age_on(day));
  return out;
}

db::AgeVerdict judge_age(engine::Package const& package, engine::Calendar const& calendar,
                         db::AgeReview const& review, Date today) {
  auto const facts = engine::iin_facts(review.iin);
  // Such a person has no birthday: nothing will ever come of it.
  if (!facts) return {.due = today + std::chrono::days{366}};
  Person const person{package, calendar, *facts};
  auto const now = person.age_on(today);
  db::AgeVerdict out{.due = person.birthday(now + 1)};
  auto last = review.category;
  auto const turn = [&](Date day, int age) {
    auto category = person.category_at(review.composition, age);
    if (category == k_removed)
      out.limit = day;
    else if (!category.empty() && category != last)
      out.categories.emplace_back(day, last = std::move(category));
  };
  for (auto age = person.age_on(review.due - std::chrono::days{1}) + 1; age <= now && !out.limit;
       ++age)
    turn(person.birthday(age), age);
  if (!out.limit) turn(today, now);
  return out;
}

engine::Context table_answers(engine::Package const& package, engine::Calendar const& calendar,
                              engine::Form const& form, std::string_view iin,
                              engine::Context const& environment, Date day) {
  engine::Context out;
  auto const facts = engine::iin_facts(iin);
  if (!facts) return out;
  Person const person{package, calendar, *facts};
  for (auto const& field : form.fields) {
    auto const* const table = package.decision(field.table());
    if (table == nullptr) continue;
    auto const beside = field.name.substr(0, field.name.rfind('.') + 1);
    engine::Context values;
    for (auto const& input : table->inputs)
      values[input] = engine::at_path(environment, beside + input);
    auto said = person.ask(table->id, table->id, std::move(values), person.age_on(day));
    if (!said.empty()) out[field.name] = std::move(said);
  }
  return out;
}

engine::Context declared(engine::Package const& package, engine::Context const& variables) {
  engine::Context out;
  keep_declared(package, variables, {}, out);
  return out;
}

}  // namespace qyzmet::casework
