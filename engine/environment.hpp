#pragma once
// What expressions see: the variables of a case, and beside them what is derived for one act. Of
// the derived only what an expression asks for is made, because a step asks for little of it.
#include <optional>
#include <string_view>

#include "engine/step.hpp"

namespace qyzmet::engine {

/// Refers to the terms, the calendar and the actor, which must outlive it. A value otherwise.
///
/// Derived are document_codes; T.*; event.at, event.date, event.minutes_of_day, event.weekday
/// (1 = Monday), event.working_day, event.day_kind; actor.user, actor.role, actor.unit. They stand
/// in the place of variables of the same names.
class Environment final : public Names {
 public:
  /// Nothing but the variables: what was derived stands among them already.
  explicit Environment(Context variables) : variables_{std::move(variables)} {}
  Environment(Context variables, Calendar const& calendar, Deadlines const& deadlines, Instant at,
              Actor const& actor)
      : variables_{std::move(variables)},
        as_given_{variables_},
        act_{{.calendar = &calendar, .deadlines = &deadlines, .at = at, .actor = &actor}} {}

  Value const& find(Path path, Value& room) const override;
  Context const& variables() const { return variables_; }
  /// Sets a variable. A derived value that stands in its place changes with it.
  void set(std::string_view path, Value const& value);
  /// Something more that stands in the place of variables of its name.
  void cover(std::string_view name, Value value) {
    covers_.insert_or_assign(name, std::move(value));
  }
  /// Everything at once, for those who keep it.
  Context all() const;

 private:
  struct Act {
    Calendar const* calendar = nullptr;
    Deadlines const* deadlines = nullptr;
    Instant at;
    Actor const* actor = nullptr;
  };
  /// False when nothing of that name is derived.
  bool derive(Path path, Value& room) const;
  Value of_event(std::string_view name) const;
  Value of_actor(std::string_view name) const;

  Context variables_;
  Context as_given_;  // document_codes does not follow what is set later
  Context covers_;
  std::optional<Act> act_;
};

inline void set_path(Environment& environment, std::string_view path, Value const& value) {
  environment.set(path, value);
}

/// The number of the turn around a scope, from 1; nullopt outside of turns.
std::optional<std::int64_t> loop_counter(Definition const& definition, Instance const& instance,
                                         std::int32_t scope);
/// What a scope instance sees when `actor` acts at `at`.
Environment environment_in(Definition const& definition, Instance const& instance,
                           std::int32_t scope, Calendar const& calendar, Instant at,
                           Actor const& actor);
/// The instant at which a day, an instant or a duration (from `at`) is due.
std::optional<Instant> due_at(Value const& value, Instant at);
/// Carries the assignments out, in order, each seeing the earlier ones. Seen: Environment, Context.
template <class Seen>
void assign(std::vector<Assignment> const& assignments, Seen& seen, Calendar const& calendar) {
  for (auto const& assignment : assignments)
    if (!assignment.when || assignment.when->is_true(seen, calendar))
      set_path(seen, assignment.path, assignment.value.evaluate(seen, calendar));
}

}  // namespace qyzmet::engine
