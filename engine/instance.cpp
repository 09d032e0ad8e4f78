#include "engine/instance.hpp"

#include <algorithm>
#include <limits>

namespace qyzmet::engine {

namespace {

Value number(std::int32_t value) {
  return Value{std::int64_t{value}};
}

template <class Item, class Row>
Value rows(std::vector<Item> const& items, Row row) {
  List out;
  for (auto const& item : items) out.emplace_back(row(item));
  return out;
}

Value texts(std::vector<std::string> const& items) {
  return rows(items, [](std::string const& item) { return Value{item}; });
}

/// Reads the rows of one list; remembers whether everything was as state_json writes it.
class StateReader {
 public:
  explicit StateReader(Context const& state) : state_{state} {}

  bool good = true;

  /// Rows have `width` cells; some kinds have one more, which is left out when it says nothing.
  template <class Item, class Read>
  std::vector<Item> rows(std::string_view name, std::size_t width, Read read,
                         std::size_t more = 0) {
    std::vector<Item> out;
    auto const* const list = at_path(state_, name).as<List>();
    good = good && list != nullptr;
    for (auto const& value : list == nullptr ? List{} : *list) {
      auto const* const row = value.as<List>();
      good = good && row != nullptr && row->size() >= width && row->size() <= width + more;
      if (!good) return {};
      out.push_back(read(*row));
    }
    return out;
  }

  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    auto const* const list = at_path(state_, name).as<List>();
    good = good && list != nullptr;
    for (auto const& value : list == nullptr ? List{} : *list) out.push_back(text(value));
    return out;
  }

  std::vector<NodeIndex> numbers(std::string_view name) {
    std::vector<NodeIndex> out;
    auto const* const list = at_path(state_, name).as<List>();
    good = good && list != nullptr;
    for (auto const& value : list == nullptr ? List{} : *list) out.push_back(number(value));
    return out;
  }

  std::int64_t wide(Value const& value) {
    auto const* const decimal = value.as<Decimal>();
    auto const whole = decimal == nullptr ? std::nullopt : decimal->integer();
    good = good && whole.has_value();
    return whole.value_or(0);
  }

  std::int32_t number(Value const& value) {
    auto const whole = wide(value);
    good = good && whole >= k_none && whole <= std::numeric_limits<std::int32_t>::max();
    return good ? std::int32_t(whole) : 0;
  }

  std::string text(Value const& value) {
    auto const* const found = value.as<std::string>();
    good = good && found != nullptr;
    return found == nullptr ? std::string{} : *found;
  }

  template <class T>
  T exactly(Value const& value) {
    auto const* const found = value.as<T>();
    good = good && found != nullptr;
    return found == nullptr ? T{} : *found;
  }

 private:
  Context const& state_;
};

void read_waits(StateReader& reader, Instance& out) {
  out.tasks = reader.rows<Task>("tasks", 3, [&](List const& row) {
    return Task{.token = reader.number(row[0]),
                .node = reader.number(row[1]),
                .opened = reader.exactly<Instant>(row[2])};
  });
  auto const read_timer = [&](List const& row) {
    return Timer{.id = reader.number(row[0]),
                 .token = reader.number(row[1]),
                 .scope = reader.number(row[2]),
                 .node = reader.number(row[3]),
                 .due = reader.exactly<Instant>(row.back()),
                 .armed = row.size() > 5 ? reader.exactly<Instant>(row[4]) : Instant{}};
  };
  out.timers = reader.rows<Timer>("timers", 5, read_timer, 1);
  auto const read_subscription = [&](List const& row) {
    return Subscription{.id = reader.number(row[0]),
                        .token = reader.number(row[1]),
                        .scope = reader.number(row[2]),
                        .node = reader.number(row[3]),
                        .message = reader.text(row[4]),
                        .key = row.size() > 5 ? reader.text(row[5]) : std::string{}};
  };
  out.subscriptions = reader.rows<Subscription>("subscriptions", 5, read_subscription, 1);
  out.pending = reader.rows<Pending>("pending", 2, [&](List const& row) {
    return Pending{.token = reader.number(row[0]), .node = reader.number(row[1])};
  });
  auto const read_incident = [&](List const& row) {
    return Incident{.token = reader.number(row[0]),
                    .node = reader.number(row[1]),
                    .reason = reader.text(row[2]),
                    .detail = reader.text(row[3]),
                    .scope = row.size() > 4 ? reader.number(row[4]) : k_none};
  };
  out.incidents = reader.rows<Incident>("incidents", 4, read_incident, 1);
}

void read_scopes(StateReader& reader, Instance& out) {
  auto const read_scope = [&](List const& row) {
    return ScopeInstance{.id = reader.number(row[0]),
                         .scope = reader.number(row[1]),
                         .parent = reader.number(row[2]),
                         .token = reader.number(row[3]),
                         .loop = reader.number(row[4]),
                         .variables = row.size() > 5 ? reader.exactly<Context>(row[5]) : Context{}};
  };
  out.scopes = reader.rows<ScopeInstance>("scopes", 5, read_scope, 1);
  out.tokens = reader.rows<Token>("tokens", 4, [&](List const& row) {
    return Token{.id = reader.number(row[0]),
                 .node = reader.number(row[1]),
                 .scope = reader.number(row[2]),
                 .arrived = reader.number(row[3])};
  });
}

/// Parts that most cases do not have; they stand in the state only when there are any.
void read_rare(StateReader& reader, Context const& state, Instance& out) {
  if (state.contains("loops"))
    out.loops = reader.rows<Loop>("loops", 3, [&](List const& row) {
      return Loop{.token = reader.number(row[0]),
                  .total = reader.number(row[1]),
                  .completed = reader.number(row[2])};
    });
  if (state.contains("early"))
    out.early = reader.rows<EarlyMessage>("early", 9, [&](List const& row) {
      return EarlyMessage{.message = reader.text(row[0]),
                          .key = reader.text(row[1]),
                          .id = reader.text(row[2]),
                          .at = reader.exactly<Instant>(row[3]),
                          .expires = reader.exactly<Instant>(row[4]),
                          .user = reader.text(row[5]),
                          .role = reader.text(row[6]),
                          .unit = reader.text(row[7]),
                          .form = reader.exactly<Context>(row[8])};
    });
}

/// A cell that is left out when it says nothing.
List with(List row, bool more, Value cell) {
  if (more) row.push_back(std::move(cell));
  return row;
}

List row_of(Task const& t) {
  return {number(t.token), number(t.node), t.opened};
}

List row_of(Token const& t) {
  return {number(t.id), number(t.node), number(t.scope), number(t.arrived)};
}

List row_of(Pending const& p) {
  return {number(p.token), number(p.node)};
}

List row_of(Loop const& l) {
  return {number(l.token), number(l.total), number(l.completed)};
}

List row_of(EarlyMessage const& e) {
  return {e.message, e.key, e.id, e.at, e.expires, e.user, e.role, e.unit, e.form};
}

List row_of(Timer const& t) {
  auto const row = with({number(t.id), number(t.token), number(t.scope), number(t.node)},
                        t.armed != Instant{}, t.armed);
  return with(row, true, t.due);
}
List row_of(Subscription const& s) {
  return with({number(s.id), number(s.token), number(s.scope), number(s.node), s.message},
              !s.key.empty(), s.key);
}
List row_of(Incident const& i) {
  return with({number(i.token), number(i.node), i.reason, i.detail}, i.scope != k_none,
              number(i.scope));
}
List row_of(ScopeInstance const& s) {
  return with({number(s.id), number(s.scope), number(s.parent), number(s.token), number(s.loop)},
              !s.variables.empty(), s.variables);
}

}  // namespace

void apply_kept(Deadlines& deadlines, std::map<std::string, Date, std::less<>> const& kept) {
  if (kept.empty()) return;
  auto& milestones = deadlines.milestones.change();
  for (auto const& [code, day] : kept) {
    auto const found = std::ranges::find(milestones, code, &Deadline::code);
    if (found != milestones.end())
      found->latest = day;
    else
      deadlines.due = day;
  }
}

void renew_deadlines(Instance& instance, TermRule const& term, Deadlines fresh, Date today) {
  auto const& old = instance.deadlines;
  auto& kept = instance.kept;
  kept.clear();
  auto const keep = [&](std::string const& code, Date before, Date after) {
    if (after >= before || after >= today) return;
    kept[code] = std::min(before, today);
  };
  keep(term.id, old.due, fresh.due);
  for (auto const& milestone : fresh.milestones)
    if (auto const* const before = old.find(milestone.code))
      keep(milestone.code, before->latest, milestone.latest);
  apply_kept(fresh, kept);
  instance.deadlines = std::move(fresh);
}

namespace {

ScopeInstance const* find_scope(Instance const& instance, std::int32_t id) {
  auto const found = std::ranges::find(instance.scopes, id, &ScopeInstance::id);
  return found == instance.scopes.end() ? nullptr : &*found;
}

/// From inside to outside: the turns around a scope, and at last the called process, if any.
std::vector<ScopeInstance const*> frames_of(Definition const& definition, Instance const& instance,
                                            std::int32_t scope) {
  std::vector<ScopeInstance const*> out;
  for (auto const* at = find_scope(instance, scope); at != nullptr;
       at = find_scope(instance, at->parent)) {
    bool const called = !at->is_turn() && is_called(definition, at->scope);
    if (called || at->is_turn()) out.push_back(at);
    if (called) break;
  }
  return out;
}

}  // namespace

Context visible_variables(Definition const& definition, Instance const& instance,
                          std::int32_t scope) {
  auto frames = frames_of(definition, instance, scope);
  bool const called = !frames.empty() && !frames.back()->is_turn();
  auto out = called ? frames.back()->variables : instance.variables;
  if (called) frames.pop_back();
  for (std::size_t i = frames.size(); i-- > 0;)
    for (auto const& [name, value] : frames[i]->variables) out.insert_or_assign(name, value);
  return out;
}

void keep_variables(Definition const& definition, Instance& instance, std::int32_t scope,
                    Context variables) {
  auto const frames = frames_of(definition, instance, scope);
  auto const own = [&](ScopeInstance const* frame) -> Context& {
    return std::ranges::find(instance.scopes, frame->id, &ScopeInstance::id)->variables;
  };
  auto* below = &instance.variables;
  Context hidden;  // of what lies below the turns: names that an element covers
  for (auto const* frame : frames) {
    if (!frame->is_turn()) {
      below = &own(frame);
      break;
    }
    auto& turn = own(frame);
    for (auto const& [name, before] : Context{turn}) {
      auto const now = variables.find(name);
      if (now == variables.end()) continue;  // an inner turn covers it
      turn[name] = now->second;
      variables.erase(name);
      hidden.emplace(name, {});
    }
  }
  for (auto const& [name, covered] : hidden)
    if (auto const old = below->find(name); old != below->end())
      variables.insert_or_assign(name, old->second);
  *below = std::move(variables);
}

std::string state_json(Instance const& instance) {
  std::string out;
  // Members come in the order of RFC 8785: by name. What is rare stands there only when it is used.
  auto const add = [&out](std::string_view name, auto const& value) {
    out += out.empty() ? "{\"" : ",\"";
    out.append(name).append("\":");
    append_json(out, value);
  };
  auto const add_rows = [&add](std::string_view name, auto const& items) {
    add(name, rows(items, [](auto const& item) { return row_of(item); }));
  };
  Context kept;
  for (auto const& [code, day] : instance.kept) kept[code] = day;
  add("at", Value{instance.at});
  add("breaches", texts(instance.breaches));
  add("calendar", Value{instance.deadlines.calendar_version});
  if (!instance.early.empty()) add_rows("early", instance.early);
  add("ended", Value{instance.ended});
  add("ends", rows(instance.ends, [](NodeIndex end) { return number(end); }));
  if (auto const& extended = instance.deadlines.extended)
    add("extended", Context{{"code", extended->code}, {"on", extended->on}});
  add("filed", Value{instance.deadlines.filed});
  add_rows("incidents", instance.incidents);
  add("kept", kept);
  if (!instance.loops.empty()) add_rows("loops", instance.loops);
  add("messages", texts(instance.messages));
  add("next_id", number(instance.next_id));
  add_rows("pending", instance.pending);
  add("place", Value{instance.deadlines.place});
  add_rows("scopes", instance.scopes);
  add_rows("subscriptions", instance.subscriptions);
  add_rows("tasks", instance.tasks);
  add_rows("timers", instance.timers);
  add_rows("tokens", instance.tokens);
  add("variables", instance.variables);
  add("version", Value{instance.version});
  return out + "}";
}

Result<Instance> instance_from_json(std::string_view json, TermRule const& term,
                                    Calendar const& calendar) {
  auto const value = from_json(json);
  if (!value) return std::unexpected(value.error());
  auto const* const state = value->as<Context>();
  if (state == nullptr) return fail(ErrorCode::invalid, "error.state");
  StateReader reader{*state};
  Instance out;
  out.version = reader.wide(at_path(*state, "version"));
  out.at = reader.exactly<Instant>(at_path(*state, "at"));
  out.ended = reader.exactly<bool>(at_path(*state, "ended"));
  out.ends = reader.numbers("ends");
  out.next_id = reader.number(at_path(*state, "next_id"));
  out.variables = reader.exactly<Context>(at_path(*state, "variables"));
  out.breaches = reader.texts("breaches");
  out.messages = reader.texts("messages");
  for (auto const& [code, day] : reader.exactly<Context>(at_path(*state, "kept")))
    out.kept[code] = reader.exactly<Date>(day);
  read_scopes(reader, out);
  read_waits(reader, out);
  read_rare(reader, *state, out);
  auto const filed = reader.exactly<Instant>(at_path(*state, "filed"));
  auto const place = reader.text(at_path(*state, "place"));
  std::optional<Extended> extended;
  if (state->contains("extended"))
    extended = {.code = reader.text(at_path(*state, "extended.code")),
                .on = reader.exactly<Date>(at_path(*state, "extended.on"))};
  bool const same_calendar = reader.wide(at_path(*state, "calendar")) == calendar.version();
  if (!reader.good) return fail(ErrorCode::invalid, "error.state");
  if (!same_calendar) return fail(ErrorCode::conflict, "error.calendar_version");
  if (out.version == 0) return out;
  auto deadlines = compute_deadlines(term, calendar, filed, place, extended);
  if (!deadlines) return std::unexpected(deadlines.error());
  out.deadlines = *std::move(deadlines);
  apply_kept(out.deadlines, out.kept);
  return out;
}

}  // namespace qyzmet::engine
