#include "engine/size.hpp"

#include <algorithm>

namespace qyzmet::engine {

namespace {

constexpr std::size_t k_bytes_per_kib = 1024;
// Each with its name, quotes and commas: an instant in its tag, the longest number, a row of
// numbers and instants, and everything of a state or an event that does not grow.
constexpr std::size_t k_scalar_bytes = 80;
constexpr std::size_t k_row_bytes = 200;
constexpr std::size_t k_frame_bytes = 1024;

/// A control character is written with six bytes, what is no UTF-8 with three.
std::size_t of(std::string const& text) {
  return text.size() * 6 + 3;
}
std::size_t of(Context const& context);
std::size_t of(List const& list) {
  std::size_t sum = 2;
  for (auto const& value : list) sum += json_bytes_at_most(value) + 1;
  return sum;
}
std::size_t of(Context const& context) {
  std::size_t sum = 2;
  for (auto const& [name, value] : context) sum += of(name) + json_bytes_at_most(value) + 2;
  return sum;
}

template <class Rows, class More>
std::size_t of_rows(Rows const& rows, More more) {
  std::size_t sum = rows.size() * k_row_bytes;
  for (auto const& row : rows) sum += more(row);
  return sum;
}

std::size_t of(Instance const& state) {
  auto const nothing = [](auto const&) { return std::size_t{0}; };
  auto const text = [](std::string const& each) { return of(each); };
  return k_frame_bytes + of(state.variables) + of(state.deadlines.place) +
         of_rows(state.scopes, [](auto const& scope) { return of(scope.variables); }) +
         of_rows(state.tokens, nothing) + of_rows(state.tasks, nothing) +
         of_rows(state.timers, nothing) + of_rows(state.pending, nothing) +
         of_rows(state.errands, [](auto const& errand) { return of(errand.kind); }) +
         of_rows(state.loops, nothing) + of_rows(state.ends, nothing) +
         of_rows(state.subscriptions,
                 [](auto const& wait) { return of(wait.message) + of(wait.key); }) +
         of_rows(state.incidents,
                 [](auto const& stop) { return of(stop.reason) + of(stop.detail); }) +
         of_rows(state.early,
                 [](auto const& early) {
                   return of(early.message) + of(early.key) + of(early.id) + of(early.user) +
                          of(early.role) + of(early.unit) + of(early.form);
                 }) +
         of_rows(state.breaches, text) + of_rows(state.messages, text) +
         of_rows(state.kept, [](auto const& kept) { return of(kept.first); });
}

std::size_t of(std::optional<SignatureEvidence> const& signature) {
  return signature ? of(signature->document) + of(signature->signature) + of(signature->signer) : 0;
}

struct OfBody {
  std::size_t operator()(Start const& body) const { return of(body.variables); }
  std::size_t operator()(CompleteTask const& body) const {
    return of(body.task) + of(body.form) + of(body.signature);
  }
  std::size_t operator()(ReceiveMessage const& body) const {
    return of(body.message) + of(body.message_id) + of(body.key) + of(body.form) +
           of(body.signature);
  }
  std::size_t operator()(HandlerResult const& body) const {
    return of(body.error_code) + of(body.detail) + of(body.result);
  }
  std::size_t operator()(Migrated const& body) const {
    return of_rows(body.nodes, [](auto const& node) { return of(node.first) + of(node.second); });
  }
  std::size_t operator()(Tick const&) const { return 0; }
  std::size_t operator()(CalendarChanged const&) const { return 0; }
  std::size_t operator()(RetryIncident const&) const { return 0; }
  std::size_t operator()(ResolveIncident const& body) const { return of(body.reason); }
};

std::size_t of(Event const& event) {
  return k_frame_bytes + of(event.actor.user) + of(event.actor.role) + of(event.actor.unit) +
         of(event.salt) + std::visit(OfBody{}, event.body);
}

bool brought_by_people(Event const& event) {
  return std::holds_alternative<Start>(event.body) ||
         std::holds_alternative<CompleteTask>(event.body) ||
         std::holds_alternative<ReceiveMessage>(event.body);
}

}  // namespace

std::size_t json_bytes_at_most(Value const& value) {
  if (auto const* const text = value.as<std::string>()) return of(*text);
  if (auto const* const list = value.as<List>()) return of(*list);
  if (auto const* const context = value.as<Context>()) return of(*context);
  return k_scalar_bytes;
}

std::optional<Error> find_oversize(Step const& step, Event const& event) {
  constexpr auto k_free = k_json_bytes_max - k_size_reserve_bytes;
  // Only what could be too large is written out to be measured.
  auto const event_bytes = [&] { return event_json(event).size(); };
  bool fits = of(event) <= k_json_bytes_max || event_bytes() <= k_json_bytes_max;
  auto max = k_json_bytes_max;
  if (fits && of(step.next) > k_free) {
    if (brought_by_people(event) && event_bytes() > k_small_event_bytes) max = k_free;
    fits = state_json(step.next).size() <= max;
  }
  if (fits) return std::nullopt;
  return Error{.code = ErrorCode::too_large,
               .text = "error.case_too_large",
               .arguments = {{"max", std::to_string(max / k_bytes_per_kib)}}};
}

}  // namespace qyzmet::engine
