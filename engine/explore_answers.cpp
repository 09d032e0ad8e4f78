#include "engine/explore_answers.hpp"

#include <algorithm>
#include <ranges>
#include <set>

#include "engine/machine.hpp"

namespace qyzmet::engine {

namespace {

constexpr int k_noon_hour = 12;
constexpr int k_morning_hour = 9;
constexpr std::string_view k_documents = "documents";
constexpr std::string_view k_document_codes = "document_codes";
constexpr std::string_view k_place = "place";
constexpr int k_instances_max = 3;  // of a list that the process goes through

constexpr std::string_view k_sent = "result.sent_at";
constexpr std::string_view k_delivered = "result.delivered_at";

struct ResultField {
  std::string_view handler;
  std::string_view name;
  bool always;
};
/// What the handlers of the program report; of others, what their assignments read.
constexpr ResultField k_results[] = {{"notify", k_sent, true},
                                     {"notify", k_delivered, false},
                                     {"register", "result.registered_on", true}};

Recipe constant(Value value) {
  return {.kind = Recipe::Kind::constant, .value = std::move(value)};
}

Instant at_hour(Date day, int hour) {
  return start_of(day) + std::chrono::hours{hour};
}

bool is_empty(Value const& value) {
  auto const* const text = value.as<std::string>();
  return value.is_null() || (text != nullptr && text->empty());
}

bool is_choice(FieldType type) {
  return type == FieldType::choice;
}

/// Can the value at `path`, in it or around it make a difference to the expression?
bool reads(Expression const& expression, std::string_view path) {
  auto const holds = [](std::string_view outer, std::string_view inner) {
    return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '.');
  };
  return std::ranges::any_of(
             expression.paths(),
             [&](std::string const& read) { return holds(read, path) || holds(path, read); }) ||
         (path == k_documents && expression.paths().contains(k_document_codes));
}

/// A row of a list; its texts tell it from the others.
Value row_of(Field const& list, int number) {
  constexpr Date k_some_day{std::chrono::year{2027} / std::chrono::March / 1};
  Context out;
  for (auto const& field : list.row) {
    if (!field.required) continue;
    auto& value = out[field.name];
    if (!field.choices.empty())
      value = field.choices.front().value;
    else if (field.type == FieldType::date)
      value = k_some_day;
    else if (field.type == FieldType::datetime)
      value = start_of(k_some_day);
    else if (field.type == FieldType::boolean)
      value = true;
    else if (field.type == FieldType::number)
      value = number;
    else
      value = std::to_string(number);
  }
  return out;
}

}  // namespace

List codes_of_documents(Context const& variables) {
  List codes;
  auto const* const documents = at_path(variables, k_documents).as<List>();
  if (documents == nullptr) return codes;
  for (auto const& document : *documents)
    if (auto const* const fields = document.as<Context>(); fields != nullptr)
      codes.emplace_back(text_at(*fields, "code"));
  return codes;
}

std::string AnswerClasses::sha256(std::string const& path) {
  std::string out;
  for (std::size_t i = 0; i < 64; ++i)
    out += "0123456789abcdef"[(std::size_t(path[i % path.size()]) + i) % 16];
  return out;
}

AnswerClasses::AnswerClasses(ExplorePlan const& plan, Calendar const& calendar,
                             DayTable const& days, ValueCodes& codes, bool reduced)
    : plan_{plan},
      calendar_{calendar},
      days_{days},
      codes_{codes},
      after_{plan, codes},
      reduced_{reduced} {
  questions_.resize(plan.package.process.nodes.size());
}

// ---- Candidates -----------------------------------------------------------------------------

void AnswerClasses::add_days(Question::Slot const& slot, std::vector<Recipe>& out) const {
  bool const instant = slot.type == FieldType::datetime;
  auto const kind = instant ? Recipe::Kind::instant : Recipe::Kind::day;
  if (slot.name.starts_with("result.")) {  // what a handler tells of has happened
    out = {{.kind = kind}, {.kind = kind, .working_days = -1}};
    return;
  }
  for (auto const& other : plan_.compared_with(slot.name)) {
    if (other.starts_with("event.")) continue;
    for (int const units : {0, 1, -1})
      out.push_back({.kind = Recipe::Kind::path, .units = units, .path = other});
  }
  for (auto const& literal : plan_.literals(slot.name))
    if (literal.as<Date>() != nullptr || literal.as<Instant>() != nullptr)
      out.push_back(constant(literal));
  out.push_back({.kind = kind});
  if (!slot.decides && !out.empty() && plan_.compared_with(slot.name).empty()) return;
  if (instant)
    for (int const units : {1, -1}) out.push_back({.kind = kind, .units = units});
  for (int ahead = 1; ahead <= plan_.reach(slot.name) + 1; ++ahead)
    out.push_back({.kind = kind, .working_days = ahead});
  out.push_back({.kind = kind, .working_days = -1});
}

void AnswerClasses::add_texts(Question::Slot const& slot, std::vector<Recipe>& out) const {
  for (auto const& literal : plan_.literals(slot.name))
    if (auto const* const text = literal.as<std::string>(); text != nullptr && !text->empty())
      out.push_back(constant(literal));
  out.push_back(constant("other"));
}

std::vector<Recipe> AnswerClasses::candidates(Question::Slot const& slot,
                                              Field const* field) const {
  std::vector<Recipe> out;
  bool const read = plan_.is_read(slot.name) || slot.name.starts_with("result.");
  if (!read && !slot.required) return {constant({})};
  switch (slot.type) {
    case FieldType::boolean:
      out = {constant(true), constant(false)};
      break;
    case FieldType::date:
    case FieldType::datetime:
      add_days(slot, out);
      break;
    case FieldType::number:
      for (auto const& literal : plan_.literals(slot.name))
        if (auto const* const number = literal.as<Decimal>())
          for (int const more : {0, 1, -1})
            if (auto const sum = Decimal::add(*number, Decimal{more}))
              out.push_back(constant(*sum));
      if (out.empty()) out.push_back(constant(1));
      break;
    case FieldType::choice:
      if (field != nullptr && field->source == "grounds")
        for (auto const& ground : plan_.package.grounds) out.push_back(constant(ground.code));
      else if (field != nullptr && !field->choices.empty())
        for (auto const& choice : field->choices) out.push_back(constant(choice.value));
      else
        add_texts(slot, out);
      break;
    case FieldType::document:
      out.push_back(constant(sha256(slot.name)));
      break;
    case FieldType::user:
      out.push_back(constant("by " + slot.name));
      break;
    case FieldType::list:
      for (int size = slot.required ? 1 : 0; size <= k_instances_max; ++size) {
        List items;
        for (int i = 1; i <= size; ++i)
          items.push_back(field == nullptr || field->row.empty() ? Value{std::to_string(i)}
                                                                 : row_of(*field, i));
        out.push_back(constant(std::move(items)));
      }
      break;
    default:
      add_texts(slot, out);
  }
  if (!slot.required || slot.shown != nullptr) out.push_back(constant({}));
  return out;
}

/// Of constants that no part of any expression tells apart, alone in reading the field, one is
/// enough; whether there is something in the field counts where that is asked.
void AnswerClasses::drop_alike(Question::Slot& slot) const {
  auto const id = plan_.variable(slot.name);
  bool const offers =
      slot.choices != nullptr && std::ranges::any_of(*slot.choices, [](Choice const& one) {
        return one.available.has_value();
      });
  if (id < 0 || offers) return;
  std::set<std::vector<std::uint64_t>> known;
  std::erase_if(slot.candidates, [&](Recipe const& recipe) {
    if (recipe.kind != Recipe::Kind::constant) return false;
    bool const empty = (slot.required || slot.shown != nullptr) && is_empty(recipe.value);
    std::vector<std::uint64_t> values{empty ? 1U : 0U};
    Context one;
    set_path(one, slot.name, recipe.value);
    for (auto const piece : plan_.pieces[std::size_t(id)])
      values.push_back(
          codes_.number(plan_.probes[std::size_t(piece)].expression.evaluate(one, calendar_)));
    return !known.insert(std::move(values)).second;
  });
}

Value AnswerClasses::make(Recipe const& recipe, Context const& environment,
                          Moment const& moment) const {
  auto const day = [&] { return days_.day(days_.index(moment.today) + recipe.working_days); };
  switch (recipe.kind) {
    case Recipe::Kind::constant:
      return recipe.value;
    case Recipe::Kind::day:
      return day();
    case Recipe::Kind::instant:
      if (recipe.working_days == 0) return moment.at + std::chrono::seconds{recipe.units};
      return at_hour(day(), recipe.working_days > 0 ? k_morning_hour : k_noon_hour);
    default: {
      auto const& other = at_path(environment, recipe.path);
      if (auto const* const date = other.as<Date>()) return *date + std::chrono::days{recipe.units};
      if (auto const* const at = other.as<Instant>())
        return *at + std::chrono::seconds{recipe.units};
      return {};
    }
  }
}

// ---- Questions ------------------------------------------------------------------------------

Question AnswerClasses::question(NodeIndex index) const {
  auto const& act = plan_.acts[std::size_t(index)];
  auto const& node = plan_.package.process.nodes[std::size_t(index)];
  Question out;
  std::set<std::string, std::less<>> deciding;
  for (auto const probe : plan_.following[std::size_t(index)])
    for (auto const id : plan_.probes[std::size_t(probe)].variables)
      deciding.insert(plan_.variables[std::size_t(id)]);
  auto const decides = [&](Expression const& expression) {
    deciding.insert(expression.paths().begin(), expression.paths().end());
  };
  for (auto const& watched : plan_.watched[std::size_t(index)]) decides(watched);
  auto const asked = [&](std::string const& path) {
    return !reduced_ || std::ranges::any_of(deciding, [&](std::string const& read) {
      return read == path || read.starts_with(path + ".") || path.starts_with(read + ".");
    });
  };
  // From the last one on: what nobody asks afterwards, nor one behind it, makes no difference.
  auto const take = [&](std::vector<Assignment> const& assignments) {
    for (auto const& assignment : std::views::reverse(assignments)) {
      if (!asked(assignment.path)) continue;
      out.assignments.push_back(assignment);
      decides(assignment.value);
      if (assignment.when) decides(*assignment.when);
    }
    std::ranges::reverse(out.assignments);
  };
  if (act.form != nullptr) {
    out.form = act.form;
    if (act.form->signs_when) decides(*act.form->signs_when);
    for (auto const& document : act.form->produces)
      if (document.when) decides(*document.when);
    take(act.form->assignments);
    for (auto const& field : act.form->fields)
      out.slots.push_back({.name = field.name,
                           .type = field.type,
                           .required = field.required,
                           .decides = !reduced_ || deciding.contains(field.name),
                           .shown = field.shown ? &*field.shown : nullptr,
                           .choices = &field.choices});
    for (auto const& guard : act.form->guards)
      if (guard.awaits.empty()) out.guards.push_back(&guard);
  } else if (act.handler != nullptr) {
    take(act.handler->assignments);
    for (auto const& path : deciding) {
      if (!path.starts_with("result.")) continue;
      Question::Slot slot{.name = path, .type = FieldType::text, .decides = true};
      for (auto const& known : k_results)
        if (known.handler == node.handler && known.name == path) {
          slot.type = FieldType::datetime;
          slot.required = known.always;
        }
      out.slots.push_back(std::move(slot));
    }
  }
  for (auto& slot : out.slots) {
    slot.candidates = candidates(slot, act.form == nullptr ? nullptr : act.form->field(slot.name));
    if (reduced_) drop_alike(slot);
  }
  order(out);
  return out;
}

/// What decides comes first; each guard is asked, and whether a slot may be as it is, as soon as
/// the last slot is filled that this reads.
void AnswerClasses::order(Question& question) const {
  std::vector<Question::Slot> sorted;
  for (bool const first : {true, false})
    for (auto const& slot : question.slots)
      if (slot.decides == first) sorted.push_back(slot);
  question.slots = std::move(sorted);
  auto const last_read = [&](Expression const& expression) {
    std::size_t after = 0;
    for (std::size_t i = 0; i < question.slots.size(); ++i)
      if (reads(expression, question.slots[i].name)) after = i + 1;
    return after;
  };
  auto& checks = question.checks;
  checks.assign(question.slots.size() + 1, {});
  for (std::size_t i = 0; i < question.guards.size(); ++i) {
    auto const& guard = *question.guards[i];
    checks[std::max(last_read(guard.require), guard.when ? last_read(*guard.when) : 0)]
        .guards.push_back(i);
  }
  for (std::size_t i = 0; i < question.slots.size(); ++i) {
    auto const& slot = question.slots[i];
    auto after = std::max(i + 1, slot.shown == nullptr ? 0 : last_read(*slot.shown));
    if (slot.choices != nullptr)
      for (auto const& choice : *slot.choices)
        if (choice.available) after = std::max(after, last_read(*choice.available));
    checks[after].slots.push_back(i);
  }
}

// ---- Search ---------------------------------------------------------------------------------

/// Fills the slots one after the other and keeps one answer for each difference that it makes.
struct AnswerClasses::Search {
  AnswerClasses& classes;
  Question const& question;
  Context environment;
  Moment moment;
  std::vector<ProbeId> const& following;
  std::vector<Expression> const& watched;
  std::deque<Answer>& found;
  std::vector<Recipe const*> chosen = {};
  std::set<std::vector<std::uint64_t>> known = {};

  bool fill(std::size_t next) {
    if (!slots_fit(next) || !guards_hold(next)) return false;
    if (next == question.slots.size()) return keep();
    auto const& slot = question.slots[next];
    bool any = false;
    for (auto const& candidate : slot.candidates) {
      auto value = classes.make(candidate, environment, moment);
      if (value.is_null() && candidate.kind == Recipe::Kind::path) continue;
      set_path(environment, slot.name, std::move(value));
      if (slot.name == k_documents)
        environment[std::string{k_document_codes}] = codes_of_documents(environment);
      chosen.push_back(&candidate);
      any = fill(next + 1) || any;
      chosen.pop_back();
      if (any && !slot.decides) break;
    }
    set_path(environment, slot.name, {});
    return any;
  }

  bool guards_hold(std::size_t filled) const {
    for (auto const number : question.checks[filled].guards) {
      auto const& guard = *question.guards[number];
      if (guard.when && !guard.when->is_true(environment, classes.calendar_)) continue;
      if (!guard.require.is_true(environment, classes.calendar_)) return false;
    }
    return true;
  }

  /// As accept() has it: hidden fields stay empty, shown ones that are required do not.
  bool slots_fit(std::size_t filled) const {
    return std::ranges::all_of(question.checks[filled].slots, [&](std::size_t number) {
      auto const& slot = question.slots[number];
      auto const& value = at_path(environment, slot.name);
      bool const shown =
          slot.shown == nullptr || slot.shown->is_true(environment, classes.calendar_);
      if (!shown) return value.is_null();
      if (slot.required && is_empty(value)) return false;
      if (slot.choices == nullptr || !is_choice(slot.type) || value.is_null()) return true;
      auto const choice =
          std::ranges::find(*slot.choices, text_at(environment, slot.name), &Choice::value);
      return choice == slot.choices->end() || !choice->available ||
             choice->available->is_true(environment, classes.calendar_);
    });
  }

  /// Nothing is delivered before it was sent.
  bool came_after_it_was_sent() const {
    auto const* const sent = at_path(environment, k_sent).as<Instant>();
    auto const* const delivered = at_path(environment, k_delivered).as<Instant>();
    return sent == nullptr || delivered == nullptr || *delivered >= *sent;
  }

  bool keep() {
    if (!came_after_it_was_sent()) return false;
    Answer answer;
    auto after = environment;
    assign(question.assignments, after, classes.calendar_);
    if (auto const* const form = question.form) {
      for (auto const& document : form->produces)
        if (!document.when || document.when->is_true(after, classes.calendar_))
          answer.documents.push_back(document.path);
      for (auto const& path : answer.documents) set_path(after, path, sha256(path));
      answer.signs = !form->signs.empty() &&
                     (!form->signs_when || form->signs_when->is_true(after, classes.calendar_));
    }
    std::vector<std::uint64_t> difference{answer.signs ? 1U : 0U, answer.documents.size()};
    if (question.place) difference.push_back(classes.codes_.number(at_path(after, k_place)));
    classes.after_.look_at(after);
    classes.codes_.append(following, classes.after_, moment, difference);
    for (auto const& one : watched)
      difference.push_back(one.is_true(after, classes.calendar_) ? 2 : 1);
    if (!known.insert(std::move(difference)).second) return true;
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (chosen[i]->kind != Recipe::Kind::constant || !chosen[i]->value.is_null())
        answer.fields.emplace_back(question.slots[i].name, *chosen[i]);
    found.push_back(std::move(answer));
    return true;
  }
};

void AnswerClasses::search(NodeIndex node, View const& view, std::vector<ProbeId> const& following,
                           std::deque<Answer>& found) {
  auto const& question = *questions_[std::size_t(node)];
  Search search{.classes = *this,
                .question = question,
                .environment = view.environment(),
                .moment = view.moment,
                .following = following,
                .watched = plan_.watched[std::size_t(node)],
                .found = found};
  for (auto const& slot : question.slots) set_path(search.environment, slot.name, {});
  search.fill(0);
}

std::deque<Answer> const& AnswerClasses::answers(NodeIndex node, View const& view) {
  auto const index = std::size_t(node);
  if (!questions_[index]) questions_[index] = question(node);
  if (!reduced_) return all_answers(node, view);
  words_.assign({index, codes_.number(view.actor.user), codes_.number(view.actor.unit)});
  for (auto const* list : {&plan_.deciding[index], &plan_.inputs[index]})
    for (auto const probe : *list) words_.push_back(codes_.probe(probe, view.seen, view.moment));
  ValueCodes::cut_gaps(words_, plan_.window_wd());
  auto const [at, fresh] = known_.try_emplace(key_of(words_));
  if (fresh) search(node, view, plan_.following[index], at->second);
  return at->second;
}

std::deque<Answer> const& AnswerClasses::all_answers(NodeIndex node, View const& view) {
  auto const& act = plan_.acts[std::size_t(node)];
  std::vector<ProbeId> pieces;
  for (auto const* const list : {&act.sets, &act.may_set})
    for (auto const id : *list) {
      auto const& of = plan_.pieces[std::size_t(id)];
      pieces.insert(pieces.end(), of.begin(), of.end());
    }
  all_.clear();
  search(node, view, pieces, all_);
  return all_;
}

// ---- Applications and people ----------------------------------------------------------------

std::vector<Recipe> AnswerClasses::document_lists() const {
  auto const list = [](std::vector<std::string> const& codes) {
    List documents;
    for (auto const& code : codes)
      documents.emplace_back(Context{{"code", code}, {"sha256", sha256(code)}});
    return constant(std::move(documents));
  };
  std::vector<Recipe> out{list({})};
  std::vector<std::string> all;
  for (auto const& literal : plan_.literals(k_document_codes))
    if (auto const* const code = literal.as<std::string>()) {
      all.push_back(*code);
      out.push_back(list({*code}));
    }
  if (all.size() > 1) out.push_back(list(all));
  return out;
}

/// What the application brings along is there; which values it has makes the classes.
Question AnswerClasses::application(std::vector<ProbeId>& following) const {
  auto const* const form = plan_.package.application();
  Question out;
  out.place = true;
  for (auto const& [path, type] : plan_.package.variables) {
    bool const codes = path == k_documents && plan_.is_read(k_document_codes);
    auto const id = plan_.variable(codes ? k_document_codes : std::string_view{path});
    auto const* const field = form == nullptr ? nullptr : form->field(path);
    bool const place = path == k_place;
    bool const given = id >= 0 && plan_.given[std::size_t(id)];
    if (id >= 0 ? !given && field == nullptr : !place) continue;
    bool lives = place;
    for (auto const piece : id < 0 ? std::vector<ProbeId>{} : plan_.pieces[std::size_t(id)]) {
      if (given && !plan_.asked_later[std::size_t(piece)]) continue;
      lives = true;
      following.push_back(piece);
    }
    bool const required = field == nullptr || (field->required && !field->shown);
    Question::Slot slot{.name = path, .type = type, .required = required, .decides = lives};
    if (place)
      for (auto const& [kind, days] : plan_.package.term.days_by_place)
        slot.candidates.push_back(constant(kind));
    else
      slot.candidates = codes ? document_lists() : candidates(slot, field);
    out.slots.push_back(std::move(slot));
  }
  if (form != nullptr)
    for (auto const& guard : form->guards) out.guards.push_back(&guard);
  order(out);
  return out;
}

std::vector<Context> AnswerClasses::applications(Moment const& moment) {
  std::vector<ProbeId> following;
  auto const asked = application(following);
  std::deque<Answer> found;
  Search search{.classes = *this,
                .question = asked,
                .environment = {},
                .moment = moment,
                .following = following,
                .watched = {},
                .found = found};
  search.fill(0);
  std::vector<Context> out;
  for (auto const& answer : found) {
    Context variables;
    for (auto const& [path, recipe] : answer.fields)
      set_path(variables, path, make(recipe, variables, moment));
    out.push_back(std::move(variables));
  }
  return out;
}

/// The value of the variable with which guards compare somebody, or who will be that variable.
std::string AnswerClasses::person(std::string const& path, Context const& variables) const {
  auto const& value = at_path(variables, path);
  return value.is_null() ? "by " + path : text_at(variables, path);
}

AnswerClasses::Who const& AnswerClasses::who(std::string const& role) const {
  auto const [at, fresh] = who_.try_emplace(role);
  auto const guards = plan_.package.roles.find(role);
  if (!fresh || guards == plan_.package.roles.end()) return at->second;
  for (auto const& guard : guards->second) {
    auto const parts = ExpressionParts::of(guard.require);
    auto const& root = parts.parts[parts.root];
    if (root.op != Op::equal) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      auto const* const somebody = parts.path(root.operands[side]);
      auto const* const other = parts.path(root.operands[1 - side]);
      if (somebody == nullptr || other == nullptr) continue;
      if (*somebody == "actor.user") at->second.user = *other;
      if (*somebody == "actor.unit") at->second.unit = *other;
    }
  }
  return at->second;
}

std::vector<Actor> AnswerClasses::actors(std::string const& role, Form const* form,
                                         Context const& variables) const {
  auto const& [user, unit] = who(role);
  Actor const one{.user = user.empty() ? "a " + role : person(user, variables),
                  .role = role,
                  .unit = unit.empty() ? "" : person(unit, variables)};
  std::vector<Actor> out{one};
  if (form == nullptr) return out;
  // Whom an observer could find in two places.
  for (auto const& assignment : form->assignments) {
    if (assignment.value.text() != "actor.user") continue;
    for (auto const& other : plan_.compared_with(assignment.path)) {
      auto twice = one;
      twice.user = text_at(variables, other);
      if (!twice.user.empty() && std::ranges::find(out, twice) == out.end()) out.push_back(twice);
    }
  }
  return out;
}

}  // namespace qyzmet::engine
