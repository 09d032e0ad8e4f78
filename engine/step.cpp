#include "engine/step.hpp"

#include <algorithm>

#include "engine/base/check.hpp"
#include "engine/machine.hpp"
#include "engine/resolution.hpp"
#include "engine/size.hpp"
#include "engine/submission.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::size_t k_messages_max = 1'000;
constexpr std::size_t k_early_max = 50;               // messages that wait for their wait
constexpr std::size_t k_early_bytes_max = 16 * 1024;  // JSON of the form of one of them
constexpr std::size_t k_message_key_bytes_max = 200;
constexpr std::size_t k_variables_depth_max = 8;
constexpr std::string_view k_system = "system";
constexpr std::string_view k_admin = "admin";

std::unexpected<Error> refused(ErrorCode code, std::string text, Form const* form = nullptr) {
  return std::unexpected(Error{.code = code,
                               .text = std::move(text),
                               .arguments = {},
                               .field = {},
                               .rule = form == nullptr ? std::string{} : form->rule,
                               .cite = form == nullptr ? std::string{} : form->cite});
}

bool is_asked_beside(Form const& form, Instance const& instance, Calendar const& calendar) {
  using During = Form::Beside::During;
  auto const during = form.beside->during;
  if (during != During::always && instance.ended != (during == During::ended)) return false;
  auto const& until = form.beside->until;
  if (!until.empty() && !at_path(instance.variables, until).is_null()) return false;
  return !form.beside->when || form.beside->when->is_true(instance.variables, calendar);
}

/// Applies one event to a copy of the case; the copy is dropped when the event is refused.
class Stepper {
 public:
  Stepper(Package const& package, Calendar const& calendar, Instance const& instance,
          Event const& event)
      : package_{package},
        calendar_{calendar},
        event_{event},
        before_{instance},
        machine_{package, calendar, instance},
        environment_{Context{}} {}

  /// Everything up to the acceptance of the form. It holds as long as this stepper.
  Result<Accepted> preview() {
    preview_ = true;
    if (auto const bad = prepare()) return std::unexpected(*bad);
    if (auto const bad = apply()) return std::unexpected(*bad);
    if (!accepted_) return refused(ErrorCode::invalid, "error.no_form");
    return *std::move(accepted_);
  }

  Result<Step> run() {
    if (auto const bad = prepare()) return std::unexpected(*bad);
    if (auto const bad = apply()) return std::unexpected(*bad);
    machine_.run();
    machine_.fire_due(machine_.now);
    auto done = machine_.finish(before_.version + 1);
    if (auto bad = find_oversize(done, event_)) return std::unexpected(*std::move(bad));
    return done;
  }

 private:
  using Problem = std::optional<Error>;

  static Problem problem(std::unexpected<Error> const& error) { return error.error(); }

  /// What holds for every event, and the timers that are due before it.
  Problem prepare() {
    bool const starts = std::holds_alternative<Start>(event_.body);
    if (starts != (before_.version == 0))
      return problem(refused(ErrorCode::conflict,
                             starts ? "error.already_started" : "error.not_started", start_form()));
    if (before_.ended && !may_follow_end(before_)) return ended();
    auto const* const change = std::get_if<CalendarChanged>(&event_.body);
    auto const expected = change != nullptr ? change->version : before_.deadlines.calendar_version;
    if (!starts && calendar_.version() != expected)
      return problem(refused(ErrorCode::conflict, "error.calendar_version"));
    auto const at = std::max(event_.at, before_.at);
    fired_ = !starts && machine_.fire_due(at);
    machine_.now = at;
    machine_.drop_expired(at);
    machine_.actor = event_.actor;
    bool const ticks = std::holds_alternative<Tick>(event_.body);
    if (machine_.instance.ended && !ticks && !may_follow_end(machine_.instance)) return ended();
    environment_ = machine_.environment(k_none);
    return std::nullopt;
  }

  /// Messages beside the process may come after its end, and what they ordered is answered.
  bool may_follow_end(Instance const& instance) const {
    using During = Form::Beside::During;
    if (auto const* const answer = std::get_if<HandlerResult>(&event_.body))
      return std::ranges::find(instance.errands, answer->token, &Errand::token) !=
             instance.errands.end();
    auto const* const form = asked_form();
    return std::holds_alternative<ReceiveMessage>(event_.body) && form != nullptr && form->beside &&
           form->beside->during != During::open;
  }

  Problem ended() const {
    auto const* const form = asked_form();
    return Error{.code = ErrorCode::gone,
                 .text = "error.case_ended",
                 .arguments = {},
                 .field = {},
                 .rule = "INV-29",
                 .cite = form == nullptr ? std::string{} : form->cite};
  }

  /// The form of what somebody tries: its paragraph is named even when the form is not reached.
  Form const* asked_form() const {
    if (auto const* const done = std::get_if<CompleteTask>(&event_.body)) {
      auto const index = package_.process.find(done->task);
      return index == k_none ? nullptr
                             : package_.form(package_.process.nodes[std::size_t(index)].form);
    }
    auto const* const received = std::get_if<ReceiveMessage>(&event_.body);
    return received == nullptr ? nullptr : package_.form(received->message);
  }

  Form const* start_form() const {
    auto const start = package_.process.scopes.front().start;
    return package_.form(package_.process.nodes[std::size_t(start)].message);
  }

  Problem apply() {
    return std::visit([this](auto const& body) { return on(body); }, event_.body);
  }

  Problem need_role(std::string_view role) const {
    auto bad = check_role(package_, role, event_.actor, environment_, calendar_);
    auto const* const form = asked_form();
    if (bad && bad->cite.empty() && form != nullptr) bad->cite = form->cite;
    return bad;
  }

  Problem on(Start const& start) {
    auto& instance = machine_.instance;
    if (auto const bad = check_variables(start.variables, "", 0)) return bad;
    instance.variables = start.variables;
    auto deadlines = compute_deadlines(package_.term, calendar_, machine_.now,
                                       text_at(start.variables, "place"));
    if (!deadlines) return deadlines.error();
    instance.deadlines = *std::move(deadlines);
    environment_ = machine_.environment(k_none);
    if (auto const* const form = start_form()) {
      if (auto const bad = need_role(form->role)) return bad;
      if (auto const bad = first_broken(form->guards, environment_, calendar_)) return bad;
    }
    machine_.fact("started", "",
                  {{"accepted", instance.deadlines.accepted}, {"due", instance.deadlines.due}});
    machine_.start_process();
    return std::nullopt;
  }

  /// Only what service.xml declares, in its types.
  Problem check_variables(Context const& variables, std::string const& prefix,
                          std::size_t depth) const {
    for (auto const& [name, value] : variables) {
      auto const path = prefix + name;
      if (auto const* const inner = value.as<Context>(); inner != nullptr) {
        if (depth >= k_variables_depth_max)
          return problem(fail(ErrorCode::invalid, "error.unknown_field", path));
        if (auto const bad = check_variables(*inner, path + ".", depth + 1)) return bad;
        continue;
      }
      auto const declared = package_.variables.find(path);
      if (declared == package_.variables.end())
        return problem(fail(ErrorCode::invalid, "error.unknown_field", path));
      if (!value.is_null() && !has_type(value, declared->second))
        return problem(fail(ErrorCode::invalid, "error.field_type", path));
    }
    return std::nullopt;
  }

  Problem on(CompleteTask const& done) {
    auto const index = package_.process.find(done.task);
    if (index == k_none || package_.process.nodes[std::size_t(index)].kind != NodeKind::user_task)
      return problem(refused(ErrorCode::not_found, "error.unknown_task"));
    auto const& node = package_.process.nodes[std::size_t(index)];
    auto const* const form = package_.form(node.form);
    if (form == nullptr) return problem(refused(ErrorCode::not_found, "error.unknown_task"));
    if (auto const bad = need_role(node.role)) return bad;
    auto const open = std::ranges::find_if(machine_.instance.tasks, [&](Task const& task) {
      return task.node == index && (done.token == 0 || task.token == done.token);
    });
    if (open == machine_.instance.tasks.end())
      return problem(refused(ErrorCode::conflict, "error.task_not_open", form));
    auto const token = open->token;
    if (auto const bad = submit(*form, done.form, done.signature, scope_of(token))) return bad;
    if (!preview_) machine_.complete_task(token);
    return std::nullopt;
  }

  /// The scope instance in which a token rests.
  std::int32_t scope_of(std::int32_t token) const {
    auto const& tokens = machine_.instance.tokens;
    auto const found = std::ranges::find(tokens, token, &Token::id);
    return found == tokens.end() ? k_none : found->scope;
  }

  Problem on(ReceiveMessage const& received) {
    auto const& waits = machine_.instance.subscriptions;
    auto const* const form = package_.form(received.message);
    if (form == nullptr || form->role.empty())
      return problem(refused(ErrorCode::not_found, "error.unknown_message"));
    if (auto const bad = need_role(form->role)) return bad;
    if (form->beside) return take_beside(received, *form);
    auto const waiting = std::ranges::find_if(waits, [&](Subscription const& wait) {
      return wait.message == received.message && wait.key == received.key;
    });
    if (waiting == waits.end()) return keep_early(received, *form);
    if (auto const bad = remember(received.message_id)) return bad;
    auto const subscription = *waiting;
    auto const scope =
        subscription.token == k_none ? subscription.scope : scope_of(subscription.token);
    if (auto const bad = submit(*form, received.form, received.signature, scope)) return bad;
    if (!preview_) machine_.deliver(subscription);
    return std::nullopt;
  }

  Problem take_beside(ReceiveMessage const& received, Form const& form) {
    if (!is_asked_beside(form, machine_.instance, calendar_))
      return problem(refused(ErrorCode::conflict, "error.not_possible_now", &form));
    if (auto const bad = remember(received.message_id)) return bad;
    if (auto const bad = submit(form, received.form, received.signature, k_none)) return bad;
    if (preview_) return std::nullopt;
    if (form.beside->restarts)
      if (auto const bad = restart_term()) return bad;
    machine_.take_beside(form);
    return std::nullopt;
  }

  /// As if the case had been filed now, at the place that it has now.
  Problem restart_term() {
    auto& instance = machine_.instance;
    auto fresh = compute_deadlines(package_.term, calendar_, machine_.now,
                                   text_at(instance.variables, "place"));
    if (!fresh) return fresh.error();
    instance.deadlines = *std::move(fresh);
    instance.kept.clear();
    instance.breaches.clear();
    return std::nullopt;
  }

  /// Nobody waits for it yet: kept when the package says so, else not possible now.
  Problem keep_early(ReceiveMessage const& received, Form const& form) {
    if (!form.early) return problem(refused(ErrorCode::conflict, "error.not_possible_now", &form));
    auto& early = machine_.instance.early;
    if (received.message_id.empty())
      return problem(refused(ErrorCode::invalid, "error.message_without_id", &form));
    if (auto const bad = remember(received.message_id)) return bad;
    if (auto bad = check_values(submission(form, received.form, received.signature))) return bad;
    bool const fits = early.size() < k_early_max &&
                      received.key.size() <= k_message_key_bytes_max &&
                      received.message_id.size() <= k_message_key_bytes_max &&
                      to_json(received.form).size() <= k_early_bytes_max;
    if (!fits) return problem(refused(ErrorCode::too_large, "error.too_many_messages", &form));
    auto const expires = due_at(*form.early, machine_.now);
    check(expires.has_value(), "the time of an early message was checked at deployment");
    early.push_back({.message = received.message,
                     .key = received.key,
                     .id = received.message_id,
                     .at = machine_.now,
                     .expires = *expires,
                     .user = event_.actor.user,
                     .role = event_.actor.role,
                     .unit = event_.actor.unit,
                     .form = received.form});
    machine_.fact("message_kept", "", {{"message", received.message}, {"id", received.message_id}});
    return std::nullopt;
  }

  Problem remember(std::string const& message_id) {
    auto& seen = machine_.instance.messages;
    if (message_id.empty()) return std::nullopt;
    if (std::ranges::find(seen, message_id) != seen.end())
      return problem(refused(ErrorCode::conflict, "error.duplicate_message"));
    if (seen.size() >= k_messages_max)
      return problem(refused(ErrorCode::too_large, "error.too_many_messages"));
    seen.push_back(message_id);
    return std::nullopt;
  }

  Problem on(Tick const&) {
    if (auto const bad = need_role(k_system)) return bad;
    if (!fired_) return problem(refused(ErrorCode::conflict, "error.nothing_due"));
    return std::nullopt;
  }

  Problem on(HandlerResult const& answer) {
    if (auto const bad = need_role(k_system)) return bad;
    auto const& errands = machine_.instance.errands;
    auto const errand = std::ranges::find(errands, answer.token, &Errand::token);
    if (errand != errands.end() && answer.ok) {
      machine_.answer_errand(*errand, answer.result);
      return std::nullopt;
    }
    auto const& pending = machine_.instance.pending;
    if (std::ranges::find(pending, answer.token, &Pending::token) == pending.end())
      return problem(refused(ErrorCode::conflict, "error.no_such_effect"));
    if (answer.ok)
      machine_.answer_effect(answer.token, answer.result);
    else
      machine_.fail_effect(answer.token, answer);
    return std::nullopt;
  }

  Problem on(RetryIncident const& retry) {
    if (auto const bad = need_role(k_admin)) return bad;
    auto& incidents = machine_.instance.incidents;
    auto const found = std::ranges::find(incidents, retry.token, &Incident::token);
    if (found == incidents.end())
      return problem(refused(ErrorCode::conflict, "error.no_such_incident"));
    auto const incident = *found;
    incidents.erase(found);
    machine_.retry(incident);
    return std::nullopt;
  }

  Problem on(ResolveIncident const& stated) {
    if (auto const bad = need_role(k_admin)) return bad;
    auto const effect = unanswered(package_, machine_.instance, stated.token);
    if (!effect) return problem(refused(ErrorCode::conflict, "error.no_such_incident"));
    if (!may_be_stated(effect->handler))
      return problem(refused(ErrorCode::conflict, "error.entry_not_stated"));
    auto const first = machine_.instance.deadlines.filed;
    if (auto bad = check_stated(stated, *effect, first, machine_.now)) return bad;
    machine_.resolve(stated);
    return std::nullopt;
  }

  Problem on(Migrated const&) { return problem(refused(ErrorCode::invalid, "error.migration")); }

  Problem on(CalendarChanged const& change) {
    if (auto const bad = need_role(k_system)) return bad;
    auto& instance = machine_.instance;
    auto const old = instance.deadlines;
    auto fresh = compute_deadlines(package_.term, calendar_, old.filed, old.place, old.extended);
    if (!fresh) return fresh.error();
    renew_deadlines(instance, package_.term, *std::move(fresh), legal_date(machine_.now));
    machine_.fact(
        "calendar_changed", "",
        {{"version", change.version}, {"due_before", old.due}, {"due", instance.deadlines.due}});
    machine_.rearm_term_timers(Machine::Cause::calendar);
    return std::nullopt;
  }

  Submission submission(Form const& form, Context const& values,
                        std::optional<SignatureEvidence> const& signature) const {
    return {.package = package_,
            .calendar = calendar_,
            .form = form,
            .values = values,
            .signature = signature,
            .actor = event_.actor};
  }

  Problem submit(Form const& form, Context const& values,
                 std::optional<SignatureEvidence> const& signature, std::int32_t scope) {
    auto const given = submission(form, values, signature);
    auto& instance = machine_.instance;
    auto accepted = accept(given, machine_.environment(scope));
    if (!accepted) return accepted.error();
    if (preview_) {
      accepted_ = *std::move(accepted);
      return std::nullopt;
    }
    if (auto bad = accept_documents(given, *accepted)) return bad;
    keep_variables(package_.process, instance, scope, accepted->environment.variables());
    return std::nullopt;
  }

  Package const& package_;
  Calendar const& calendar_;
  Event const& event_;
  Instance const& before_;
  Machine machine_;
  Environment environment_;  // from prepare() on
  std::optional<Accepted> accepted_;
  bool preview_ = false;
  bool fired_ = false;
};

}  // namespace

Result<Step> step(Package const& package, Calendar const& calendar, Instance const& instance,
                  Event const& event) {
  return Stepper{package, calendar, instance, event}.run();
}

std::optional<Error> refusal(Package const& package, Calendar const& calendar,
                             Instance const& instance, Event const& event) {
  auto const result = step(package, calendar, instance, event);
  if (result) return std::nullopt;
  return result.error();
}

std::optional<Error> refusal_of_role(Package const& package, Calendar const& calendar,
                                     Instance const& instance, Instant at, Actor const& actor) {
  return check_role(package, actor.role, actor, environment(calendar, instance, at, actor),
                    calendar);
}

Result<Context> preview(Package const& package, Calendar const& calendar, Instance const& instance,
                        Event const& event) {
  Stepper stepper{package, calendar, instance, event};
  auto const accepted = stepper.preview();
  if (!accepted) return std::unexpected(accepted.error());
  return accepted->environment.all();
}

Result<std::vector<Form::Produces>> produced(Package const& package, Calendar const& calendar,
                                             Instance const& instance, Event const& event) {
  auto accepted = Stepper{package, calendar, instance, event}.preview();
  if (!accepted) return std::unexpected(accepted.error());
  return std::move(accepted->produced);
}

bool hears(Package const& package, Calendar const& calendar, Instance const& instance,
           std::string_view message) {
  auto const* const form = package.form(message);
  if (form != nullptr && form->beside) return is_asked_beside(*form, instance, calendar);
  return std::ranges::find(instance.subscriptions, message, &Subscription::message) !=
         instance.subscriptions.end();
}

namespace {

std::optional<Date> day_of(Expression const& due, Context const& variables,
                           Calendar const& calendar) {
  auto const value = due.evaluate(variables, calendar);
  auto const* const day = value.as<Date>();
  return day == nullptr ? std::nullopt : std::optional{*day};
}

}  // namespace

std::optional<Date> due_of(Package const& package, Calendar const& calendar,
                           Instance const& instance, std::string_view form) {
  auto const* const asked = package.form(form);
  if (asked == nullptr) return std::nullopt;
  auto const& due = asked->beside ? asked->beside->due : asked->due;
  return due ? day_of(*due, instance.variables, calendar) : std::nullopt;
}

std::optional<Date> due_of(Package const& package, Calendar const& calendar,
                           Instance const& instance, Subscription const& wait) {
  auto const* const form = package.form(wait.message);
  if (form == nullptr || form->beside || !form->due) return std::nullopt;
  auto const token = std::ranges::find(instance.tokens, wait.token, &Token::id);
  auto const scope = token == instance.tokens.end() ? wait.scope : token->scope;
  auto const variables = visible_variables(package.process, instance, scope);
  return day_of(*form->due, variables, calendar);
}

std::optional<Date> due_of(Calendar const& calendar, Instance const& instance,
                           Target const& target) {
  return day_of(*target.due, instance.variables, calendar);
}

PublicState const* public_state(Package const& package, Instance const& instance) {
  auto const holds = [&](std::string const& id) {
    auto const node = package.process.find(id);
    return instance.ended
               ? std::ranges::find(instance.ends, node) != instance.ends.end()
               : std::ranges::find(instance.tokens, node, &Token::node) != instance.tokens.end();
  };
  auto const found = std::ranges::find_if(package.states, [&](PublicState const& state) {
    bool const is_set = state.set.empty() || !at_path(instance.variables, state.set).is_null();
    bool const is_there = state.nodes.empty() ? instance.ended && instance.ends.empty()
                                              : std::ranges::any_of(state.nodes, holds);
    return is_set && is_there;
  });
  return found == package.states.end() ? nullptr : &*found;
}

}  // namespace qyzmet::engine
