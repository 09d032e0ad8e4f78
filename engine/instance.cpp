#include "engine/instance.hpp"

#include <algorithm>
#include <limits>

#include "engine/json_object.hpp"

namespace qyzmet::engine {

namespace {

/// A cell that is left out when it says nothing.
template <class T>
std::optional<T> unless(bool empty, T cell) {
  return empty ? std::nullopt : std::optional{std::move(cell)};
}

template <class T>
void append_cell(std::string& out, T const& cell) {
  if (out.back() != '[') out += ',';
  append_json(out, cell);
}
template <class T>
void append_cell(std::string& out, std::optional<T> const& cell) {
  if (cell) append_cell(out, *cell);
}
template <class... Cells>
void append_cells(std::string& out, Cells const&... cells) {
  out += '[';
  (append_cell(out, cells), ...);
  out += ']';
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
  if (state.contains("errands"))
    out.errands = reader.rows<Errand>("errands", 2, [&](List const& row) {
      return Errand{.token = reader.number(row[0]), .kind = reader.text(row[1])};
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

void append_row(std::string& out, NodeIndex node) {
  append_json(out, node);
}
void append_row(std::string& out, std::string const& text) {
  append_json(out, text);
}
void append_row(std::string& out, Task const& t) {
  append_cells(out, t.token, t.node, t.opened);
}
void append_row(std::string& out, Token const& t) {
  append_cells(out, t.id, t.node, t.scope, t.arrived);
}
void append_row(std::string& out, Pending const& p) {
  append_cells(out, p.token, p.node);
}
void append_row(std::string& out, Errand const& e) {
  append_cells(out, e.token, e.kind);
}
void append_row(std::string& out, Loop const& l) {
  append_cells(out, l.token, l.total, l.completed);
}
void append_row(std::string& out, EarlyMessage const& e) {
  append_cells(out, e.message, e.key, e.id, e.at, e.expires, e.user, e.role, e.unit, e.form);
}
void append_row(std::string& out, Timer const& t) {
  append_cells(out, t.id, t.token, t.scope, t.node, unless(t.armed == Instant{}, t.armed), t.due);
}
void append_row(std::string& out, Subscription const& s) {
  append_cells(out, s.id, s.token, s.scope, s.node, s.message, unless(s.key.empty(), s.key));
}
void append_row(std::string& out, Incident const& i) {
  append_cells(out, i.token, i.node, i.reason, i.detail, unless(i.scope == k_none, i.scope));
}
void append_row(std::string& out, ScopeInstance const& s) {
  append_cells(out, s.id, s.scope, s.parent, s.token, s.loop,
               unless(s.variables.empty(), s.variables));
}

template <class Item>
void append_rows(std::string& out, std::vector<Item> const& items) {
  out += '[';
  for (auto const& item : items) {
    if (out.back() != '[') out += ',';
    append_row(out, item);
  }
  out += ']';
}

constexpr std::size_t k_usual_bytes = 2048;  // of a state

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

namespace {

void append_kept(std::string& out, std::map<std::string, Date, std::less<>> const& kept) {
  Context days;
  for (auto const& [code, day] : kept) days.emplace(code, day);
  append_json(out, days);
}

void append_state(std::string& out, Instance const& instance) {
  // Members come in the order of RFC 8785: by name. What is rare stands there only when it is used.
  JsonObject object{out};
  auto const add_rows = [&](std::string_view name, auto const& items) {
    append_rows(object.member(name), items);
  };
  object.add("at", instance.at);
  add_rows("breaches", instance.breaches);
  object.add("calendar", instance.deadlines.calendar_version);
  if (!instance.early.empty()) add_rows("early", instance.early);
  object.add("ended", instance.ended);
  add_rows("ends", instance.ends);
  if (!instance.errands.empty()) add_rows("errands", instance.errands);
  if (auto const& extended = instance.deadlines.extended)
    object.add("extended", Context{{"code", extended->code}, {"on", extended->on}});
  object.add("filed", instance.deadlines.filed);
  add_rows("incidents", instance.incidents);
  append_kept(object.member("kept"), instance.kept);
  if (!instance.loops.empty()) add_rows("loops", instance.loops);
  add_rows("messages", instance.messages);
  object.add("next_id", instance.next_id);
  add_rows("pending", instance.pending);
  object.add("place", instance.deadlines.place);
  add_rows("scopes", instance.scopes);
  add_rows("subscriptions", instance.subscriptions);
  add_rows("tasks", instance.tasks);
  add_rows("timers", instance.timers);
  add_rows("tokens", instance.tokens);
  object.add("variables", instance.variables);
  object.add("version", instance.version);
}

}  // namespace

std::string state_json(Instance const& instance) {
  std::string out;
  out.reserve(k_usual_bytes);
  append_state(out, instance);
  return out;
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
