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

  template <class Item, class Read>
  std::vector<Item> rows(std::string_view name, std::size_t width, Read read) {
    std::vector<Item> out;
    auto const* const list = at_path(state_, name).as<List>();
    good = good && list != nullptr;
    for (auto const& value : list == nullptr ? List{} : *list) {
      auto const* const row = value.as<List>();
      good = good && row != nullptr && row->size() == width;
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
  out.timers = reader.rows<Timer>("timers", 5, [&](List const& row) {
    return Timer{.id = reader.number(row[0]),
                 .token = reader.number(row[1]),
                 .scope = reader.number(row[2]),
                 .node = reader.number(row[3]),
                 .due = reader.exactly<Instant>(row[4])};
  });
  out.subscriptions = reader.rows<Subscription>("subscriptions", 5, [&](List const& row) {
    return Subscription{.id = reader.number(row[0]),
                        .token = reader.number(row[1]),
                        .scope = reader.number(row[2]),
                        .node = reader.number(row[3]),
                        .message = reader.text(row[4])};
  });
  out.pending = reader.rows<Pending>("pending", 2, [&](List const& row) {
    return Pending{.token = reader.number(row[0]), .node = reader.number(row[1])};
  });
  out.incidents = reader.rows<Incident>("incidents", 4, [&](List const& row) {
    return Incident{.token = reader.number(row[0]),
                    .node = reader.number(row[1]),
                    .reason = reader.text(row[2]),
                    .detail = reader.text(row[3])};
  });
}

}  // namespace

void apply_kept(Deadlines& deadlines, std::map<std::string, Date, std::less<>> const& kept) {
  for (auto const& [code, day] : kept) {
    auto const found = std::ranges::find(deadlines.milestones, code, &Deadline::code);
    if (found != deadlines.milestones.end())
      found->latest = day;
    else
      deadlines.due = day;
  }
}

std::string state_json(Instance const& instance) {
  std::string out;
  // Members come in the order of RFC 8785: by name.
  auto const add = [&out](std::string_view name, auto const& value) {
    out += out.empty() ? "{\"" : ",\"";
    out.append(name).append("\":");
    append_json(out, value);
  };
  Context kept;
  for (auto const& [code, day] : instance.kept) kept[code] = day;
  add("at", Value{instance.at});
  add("breaches", texts(instance.breaches));
  add("calendar", Value{instance.deadlines.calendar_version});
  add("ended", Value{instance.ended});
  add("ends", rows(instance.ends, [](NodeIndex end) { return number(end); }));
  add("filed", Value{instance.deadlines.filed});
  add("incidents", rows(instance.incidents, [](Incident const& i) {
        return List{number(i.token), number(i.node), i.reason, i.detail};
      }));
  add("kept", kept);
  add("messages", texts(instance.messages));
  add("next_id", number(instance.next_id));
  add("pending", rows(instance.pending,
                      [](Pending const& p) { return List{number(p.token), number(p.node)}; }));
  add("place", Value{instance.deadlines.place});
  add("scopes", rows(instance.scopes, [](ScopeInstance const& s) {
        return List{number(s.id), number(s.scope), number(s.parent), number(s.token),
                    number(s.loop)};
      }));
  add("subscriptions", rows(instance.subscriptions, [](Subscription const& s) {
        return List{number(s.id), number(s.token), number(s.scope), number(s.node), s.message};
      }));
  add("tasks", rows(instance.tasks,
                    [](Task const& t) { return List{number(t.token), number(t.node), t.opened}; }));
  add("timers", rows(instance.timers, [](Timer const& t) {
        return List{number(t.id), number(t.token), number(t.scope), number(t.node), t.due};
      }));
  add("tokens", rows(instance.tokens, [](Token const& t) {
        return List{number(t.id), number(t.node), number(t.scope), number(t.arrived)};
      }));
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
  out.scopes = reader.rows<ScopeInstance>("scopes", 5, [&](List const& row) {
    return ScopeInstance{.id = reader.number(row[0]),
                         .scope = reader.number(row[1]),
                         .parent = reader.number(row[2]),
                         .token = reader.number(row[3]),
                         .loop = reader.number(row[4])};
  });
  out.tokens = reader.rows<Token>("tokens", 4, [&](List const& row) {
    return Token{.id = reader.number(row[0]),
                 .node = reader.number(row[1]),
                 .scope = reader.number(row[2]),
                 .arrived = reader.number(row[3])};
  });
  read_waits(reader, out);
  auto const filed = reader.exactly<Instant>(at_path(*state, "filed"));
  auto const place = reader.text(at_path(*state, "place"));
  bool const same_calendar = reader.wide(at_path(*state, "calendar")) == calendar.version();
  if (!reader.good) return fail(ErrorCode::invalid, "error.state");
  if (!same_calendar) return fail(ErrorCode::conflict, "error.calendar_version");
  if (out.version == 0) return out;
  auto deadlines = compute_deadlines(term, calendar, filed, place);
  if (!deadlines) return std::unexpected(deadlines.error());
  out.deadlines = *std::move(deadlines);
  apply_kept(out.deadlines, out.kept);
  return out;
}

}  // namespace qyzmet::engine
