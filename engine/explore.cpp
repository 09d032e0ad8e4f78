#include "engine/explore.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <set>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/environment.hpp"
#include "engine/explore_search.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::chrono::hours k_noon{12};
constexpr std::size_t k_progress_every = 512;
constexpr int k_idle_wd_max = 250;  // when nothing is due, a year on is as good as any day
constexpr std::string_view k_codes = "document_codes";
constexpr std::string_view k_reason = "done in another way";
constexpr std::string_view k_salt = "00000000000000000000000000000000";

Actor const k_admin{.user = "an admin", .role = "admin"};

/// The first Monday from the day on which the package comes into force.
Instant first_noon(Package const& package, Calendar const& calendar) {
  auto day = std::max(package.effective_from,
                      Date{std::chrono::year{calendar.first_year()} / std::chrono::January / 1});
  auto const monday = [](Date d) { return std::chrono::weekday{d} == std::chrono::Monday; };
  while (!monday(day) || !calendar.working(day)) day += std::chrono::days{1};
  return start_of(day) + k_noon;
}

/// Why a day is that day does not matter here, and every step would copy it.
void forget_reasons(Deadlines& deadlines) {
  deadlines.acceptance = {};
  deadlines.explanation = {};
  for (auto& milestone : deadlines.milestones.change()) milestone.explanation = {};
}

bool is_process_fault(Incident const& incident) {
  return incident.reason != "error.effect_failed";
}

}  // namespace

void refresh_term(Instance& instance) {
  auto const term = instance.variables.find("T");
  auto const* const known = term == instance.variables.end() ? nullptr : term->second.as<Context>();
  auto const* const end = known == nullptr ? nullptr : at_path(*known, "end").as<Date>();
  if (end == nullptr || *end != instance.deadlines.due)
    instance.variables.insert_or_assign("T", to_context(instance.deadlines));
}

Explorer::Explorer(Package const& package, Calendar const& calendar, ExploreOptions const& options,
                   bool apart)
    : package_{package},
      calendar_{calendar},
      options_{options},
      observers_{load_observers(package).value_or(std::vector<Observer>{})},
      watch_{observers_},
      plan_{package, observers_, apart && options.reduced},
      filed_{options.filed.value_or(first_noon(package, calendar))},
      days_{calendar, legal_date(options.from ? options.from->at : filed_)},
      codes_{plan_, days_, calendar},
      here_{plan_, codes_},
      there_{plan_, codes_},
      inside_{plan_, codes_},
      imagined_{plan_, codes_},
      answers_{plan_, calendar, days_, codes_, options.reduced} {
  entered_.resize(package.process.nodes.size());
  asks_for_admin_ = std::ranges::any_of(observers_, [](Observer const& observer) {
    return std::ranges::any_of(observer.formula, [](FormulaNode const& node) {
      return node.op == FormulaOp::acts && node.name == k_admin.role;
    });
  });
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    leanings_.push_back(leaning(observers_[i]));
    if (!plan_.observed[i].empty()) observing_ |= std::uint64_t{1} << i;
  }
}

ExploreReport Explorer::run() {
  if (!understands()) return std::move(report_);
  if (options_.from)
    begin_from(*options_.from);
  else
    begin();
  while (!queue_.empty() && !report_.stopped && !kept_back_) {
    auto const item = std::move(queue_.front());
    queue_.pop_front();
    ++taken_;
    if (graph_.size() > options_.states_max) {
      find("unfinished", "", "there are more states than are explored", {.from = item.origins});
      break;
    }
    expand(item);
    if (report_.findings.size() >= options_.findings_max) break;
    if (options_.progress && ++expanded_ % k_progress_every == 0)
      report_.stopped = !options_.progress({.states = graph_.size(), .waiting = queue_.size()});
  }
  conclude();
  report_.states = graph_.size();
  report_.variants = variants_.size();
  return std::move(report_);
}

/// What is not explored is refused, not passed over.
bool Explorer::understands() {
  if (auto const observers = load_observers(package_); !observers)
    for (auto const& violation : observers.error())
      find("observers", violation.element,
           violation.file + ":" + std::to_string(violation.line) + ": " + violation.text, {});
  for (auto const& node : package_.process.nodes)
    for (auto const& [path, value] : node.out)
      if (value.text().starts_with("result.") && value.text() != "result." + path)
        find("unfinished", node.id,
             "what a called process gives back is explored under the name that it has there", {});
  return report_.findings.empty();
}

// ---- Beginnings -----------------------------------------------------------------------------

void Explorer::begin() {
  auto const& process = package_.process;
  auto const start = process.scopes.front().start;
  auto const* const form = package_.form(process.nodes[std::size_t(start)].message);
  Moment const moment{.today = legal_date(filed_), .at = filed_};
  std::vector<std::pair<std::size_t, Step>> begun;  // with their variants, which must all be known
  for (auto& application : answers_.applications(moment)) {
    auto const actor =
        form == nullptr ? k_system : answers_.actors(form->role, nullptr, application).front();
    auto const variant = variant_of(application);
    Event event{.at = filed_,
                .actor = actor,
                .salt = std::string{k_salt},
                .body = Start{.variables = std::move(application)}};
    ++report_.steps;
    auto made = step(package_, calendar_, {}, event);
    if (!made) {
      ++report_.refused;
    } else if (variant >= k_variants_max) {
      find("unfinished", "", "there are more classes of applications than are explored", {});
    } else {
      made->next.variables[std::string{k_codes}] = codes_of_documents(made->next.variables);
      forget_reasons(made->next.deadlines);
      starts_.push_back(std::move(event));
      begun.emplace_back(variant, *std::move(made));
    }
  }
  for (std::size_t i = 0; i < begun.size(); ++i)
    arrive({.made = std::move(begun[i].second),
            .today = moment.today,
            .registers = first_registers(observers_),
            .mask = Mask{1} << begun[i].first,
            .held = begun[i].first,
            .node = start,
            .way = {.start = std::int32_t(i), .event = &starts_[i]}});
}

/// With what expressions read beside the variables, and without what nothing reads.
Instance Explorer::as_explored(Instance const& from) {
  auto out = from;
  out.variables[std::string{k_codes}] = codes_of_documents(from.variables);
  refresh_term(out);
  forget_reasons(out.deadlines);
  return out;
}

Date Explorer::day_of(Instance const& from) const {
  return days_.day(days_.index_from(legal_date(from.at)));
}

StateKey Explorer::key_from(Instance const& from, std::uint64_t registers) {
  return key_of(all_words_of(as_explored(from), registers, day_of(from)));
}

void Explorer::begin_from(Instance const& from) {
  variants_.emplace_back();
  Step here;
  here.next = as_explored(from);
  Arrival arrival{.made = std::move(here),
                  .today = day_of(from),
                  .registers = options_.registers.value_or(first_registers(observers_)),
                  .mask = 1};
  part_threads(arrival);
  keep(std::move(arrival));
}

/// The number of the class to which an application belongs by what is asked later.
std::size_t Explorer::variant_of(Context const& application) {
  Variant variant;
  auto copy = application;
  copy[std::string{k_codes}] = codes_of_documents(application);
  for (std::size_t id = 0; id < plan_.variables.size(); ++id) {
    auto const later = std::ranges::any_of(
        plan_.pieces[id], [&](ProbeId piece) { return plan_.asked_later[std::size_t(piece)]; });
    if (plan_.given[id] && later)
      variant.emplace_back(VariableId(id), at_path(copy, plan_.variables[id]));
  }
  auto const at = std::size_t(std::ranges::find(variants_, variant) - variants_.begin());
  if (at == variants_.size()) variants_.push_back(std::move(variant));
  return at;
}

/// The variant of which a step is run: the one that the item has, where that is possible.
std::size_t Explorer::held_by(Item const& item, Mask mask) {
  return ((mask >> item.held) & 1U) != 0 ? item.held : std::size_t(std::countr_zero(mask));
}

/// A list that stays where it is.
std::vector<ProbeId> const& Explorer::interned(std::vector<ProbeId> pieces) {
  return *interned_.insert(std::move(pieces)).first;
}

/// By variant, the number of its class: those of one class agree about the pieces.
std::vector<std::size_t> const& Explorer::classes_of(std::vector<ProbeId> const& pieces) {
  auto& classes = classes_[&pieces];
  if (classes.size() == variants_.size()) return classes;
  classes.clear();
  std::map<std::vector<std::uint64_t>, std::size_t> numbers;
  Moment const moment{.today = legal_date(filed_), .at = filed_};
  for (auto const& variant : variants_) {
    imagined_.imagine(&variant);
    std::vector<std::uint64_t> words;
    for (auto const piece : pieces) words.push_back(codes_.probe(piece, imagined_, moment));
    classes.push_back(numbers.emplace(std::move(words), numbers.size()).first->second);
  }
  return classes;
}

/// Parts of a mask in which the variants agree about the pieces, a list that stays where it is.
std::vector<Mask> Explorer::parts(Mask mask, std::vector<ProbeId> const& pieces) {
  if (pieces.empty() || std::has_single_bit(mask)) return {mask};
  auto const& classes = classes_of(pieces);
  std::vector<Mask> by_class, out;
  for (auto rest = mask; rest != 0; rest &= rest - 1) {
    auto const bit = std::size_t(std::countr_zero(rest));
    if (by_class.size() <= classes[bit]) by_class.resize(classes[bit] + 1);
    by_class[classes[bit]] |= Mask{1} << bit;
  }
  std::ranges::copy_if(by_class, std::back_inserter(out), [](Mask part) { return part != 0; });
  return out;
}

// ---- Successors -----------------------------------------------------------------------------

Moment Explorer::moment_of(Instance const& instance, Date today) const {
  return {.today = today,
          .at = std::max(start_of(today) + k_noon, instance.at + std::chrono::seconds{1})};
}

/// What expressions see of an act, where the variables have the term among them.
Context Explorer::environment_of(Context variables, Instance const& instance, Instant at,
                                 Actor const& actor) {
  auto const moment = std::max(at, instance.at);
  Environment const derived{variables, calendar_, instance.deadlines, moment, actor};
  Value room;
  for (auto const* name : {"event", "document_codes", "actor"})
    variables.insert_or_assign(name, derived.at(name, room));
  return variables;
}

void Explorer::expand(Item const& item) {
  auto const& instance = item.instance;
  item_ = &item;
  words_now_.reset();
  if (item.thread >= 0 && !waits_in(instance)) return;
  if (instance.ended) return check_end(item);
  going_on_ = graph_of(item.thread).gather(item.origins);
  for (auto const& wait : waits_of(instance)) ask(item, wait);
  if (options_.failures)
    for (auto const& pending : instance.pending) fail_effect(item, pending);
  for (auto const& incident : instance.incidents)
    if (!is_process_fault(incident)) mend(item, incident);
  pass(item);
}

/// Each once; what stands in a turn or a called process is told apart by its token.
std::vector<Explorer::Wait> Explorer::waits_of(Instance const& instance) const {
  std::vector<Wait> out;
  auto const add = [&](Wait wait, std::int32_t scope) {
    if (in_frame(package_.process, instance, scope))
      wait.scope = scope;
    else if (!wait.effect)
      wait.token = 0;
    bool const known =
        wait.token == 0 && wait.scope == k_none && std::ranges::any_of(out, [&](Wait const& other) {
          return other.node == wait.node && other.scope == k_none;
        });
    if (!known) out.push_back(wait);
  };
  auto const scope_of = [&](std::int32_t token) {
    return std::ranges::find(instance.tokens, token, &Token::id)->scope;
  };
  for (auto const& task : instance.tasks)
    add({.node = task.node, .token = task.token}, scope_of(task.token));
  for (auto const& wait : instance.subscriptions)
    add({.node = wait.node, .key = wait.key},
        wait.token == k_none ? wait.scope : scope_of(wait.token));
  for (auto const& pending : instance.pending)
    add({.node = pending.node, .token = pending.token, .effect = true}, scope_of(pending.token));
  return out;
}

/// Everything that the answer to one wait can be.
void Explorer::ask(Item const& item, Wait const& wait) {
  auto const node = wait.node;
  auto const index = std::size_t(node);
  auto const& at = package_.process.nodes[index];
  auto const* const form = plan_.acts[index].form;
  auto const role = form == nullptr                  ? std::string{"system"}
                    : at.kind == NodeKind::user_task ? at.role
                                                     : form->role;
  bool const withdraws = at.kind == NodeKind::start_event && at.interrupting;
  auto const moment = moment_of(item.instance, item.today);
  std::vector<Choice> found;
  std::vector<Tried> tried;
  auto const actors = wait.effect ? std::vector<Actor>{k_system}
                                  : answers_.actors(role, form, item.instance.variables);
  auto const around = wait.scope == k_none
                          ? item.instance.variables
                          : variables_inside(package_.process, item.instance, wait.scope);
  auto& seen = wait.scope == k_none ? here_ : inside_;
  for (auto const part : parts(item.mask, plan_.inputs[index])) {
    auto const held = held_by(item, part);
    std::optional<Context> made_of;  // a copy, made when somebody looks
    auto const variables = [&]() -> Context const& {
      if (held == item.held) return around;
      if (!made_of) become(made_of.emplace(around), held);
      return *made_of;
    };
    seen.look_at(around);
    if (held != item.held) seen.imagine(&variants_[held]);
    for (auto const& actor : actors) {
      auto const environment = [&] {
        return environment_of(variables(), item.instance, moment.at, actor);
      };
      auto const& answers = answers_.answers(
          node, {.seen = seen, .actor = actor, .moment = moment, .environment = environment});
      Tried made{.actor = actor, .answers = &answers};
      if (take_tried(tried, made, form, part, found)) continue;
      for (auto const& answer : answers) {
        auto body = body_of(wait, answer, variables(), actor, moment);
        auto const same = std::ranges::find_if(found, [&](Choice const& choice) {
          return choice.actor == actor && same_body(choice.body, body);
        });
        made.choices.push_back(std::size_t(same - found.begin()));
        if (same == found.end())
          found.push_back(
              {.actor = actor, .body = std::move(body), .mask = part, .answer = &answer});
        else
          same->mask |= part;
      }
      tried.push_back(std::move(made));
    }
  }
  seen.imagine(nullptr);
  auto const beside = beside_of(item, wait, moment);
  for (auto& one : found) {
    Event const event{.at = moment.at,
                      .actor = std::move(one.actor),
                      .salt = std::string{k_salt},
                      .body = std::move(one.body)};
    for (auto const part : parts(one.mask, plan_.branching[index])) {
      Way const way{.from = item.origins, .event = &event, .node = node, .withdraws = withdraws};
      if (beside && leads_where_known(*beside, one.answer, part, moment, way)) continue;
      act(item, event, part, node, withdraws);
      outcome_ = nullptr;
    }
  }
}

/// The same recipes make the same answers, unless one takes what the variants differ in.
bool Explorer::take_tried(std::vector<Tried> const& tried, Tried const& wanted, Form const* form,
                          Mask part, std::vector<Choice>& found) const {
  if (!options_.reduced) return false;  // the recipes of before are gone
  auto const before = std::ranges::find_if(tried, [&](Tried const& one) {
    return one.answers == wanted.answers && one.actor == wanted.actor;
  });
  if (before == tried.end()) return false;
  auto const differs = [&](std::string_view path) {
    auto const id = plan_.variable(path);
    return id < 0 || bool{plan_.given[std::size_t(id)]};
  };
  for (auto const& answer : *wanted.answers) {
    if (answer.signs && differs(form->signs)) return false;
    for (auto const& [name, recipe] : answer.fields)
      if (recipe.kind == Recipe::Kind::path && differs(recipe.path)) return false;
  }
  for (auto const choice : before->choices) found[choice].mask |= part;
  return true;
}

/// The values of an answer; those of one that is made of constants are the same everywhere.
Context Explorer::values_of(Answer const& answer, bool of_form, Context const& variables,
                            Moment const& moment) {
  auto const is = [&](Recipe::Kind kind) {
    return [kind](auto const& field) { return field.second.kind == kind; };
  };
  bool const constant =
      options_.reduced && std::ranges::all_of(answer.fields, is(Recipe::Kind::constant));
  if (constant)
    if (auto const known = constant_values_.find(&answer); known != constant_values_.end())
      return known->second;
  Context values;
  auto growing = variables;  // recipes may take what fields before theirs hold
  bool const grows = std::ranges::any_of(answer.fields, is(Recipe::Kind::path));
  for (auto const& [name, recipe] : answer.fields) {
    auto value = answers_.make(recipe, growing, moment);
    if (grows) set_path(growing, name, value);
    if (of_form)
      values[name] = std::move(value);
    else
      set_path(values, name.substr(name.find('.') + 1), std::move(value));
  }
  if (constant) constant_values_.emplace(&answer, values);
  return values;
}

Explorer::Body Explorer::body_of(Wait const& wait, Answer const& answer, Context const& variables,
                                 Actor const& actor, Moment const& moment) {
  auto const& at = package_.process.nodes[std::size_t(wait.node)];
  auto const* const form = plan_.acts[std::size_t(wait.node)].form;
  auto values = values_of(answer, form != nullptr, variables, moment);
  if (wait.effect)
    return HandlerResult{.token = wait.token,
                         .ok = true,
                         .error_code = {},
                         .detail = {},
                         .result = std::move(values)};
  for (auto const& path : answer.documents) values[path] = AnswerClasses::sha256(path);
  std::optional<SignatureEvidence> signature;
  if (answer.signs) {
    auto const made = values.find(form->signs);
    signature = {.document = made == values.end() ? text_at(variables, form->signs)
                                                  : *made->second.as<std::string>(),
                 .signature = AnswerClasses::sha256("signature"),
                 .signer = actor.user};
  }
  if (form != nullptr && form->certified)
    signature = {.document = AnswerClasses::sha256("statement"),
                 .signature = AnswerClasses::sha256("signature"),
                 .signer = actor.user};
  if (at.kind == NodeKind::user_task)
    return CompleteTask{.task = at.id,
                        .form = std::move(values),
                        .signature = std::move(signature),
                        .token = wait.token};
  return ReceiveMessage{.message = at.message,
                        .message_id = {},
                        .form = std::move(values),
                        .signature = std::move(signature),
                        .key = std::string{wait.key}};
}

bool Explorer::same_body(Body const& a, Body const& b) {
  if (a.index() != b.index()) return false;
  if (auto const* const task = std::get_if<CompleteTask>(&a)) {
    auto const& other = std::get<CompleteTask>(b);
    return task->form == other.form && task->signature == other.signature;
  }
  if (auto const* const message = std::get_if<ReceiveMessage>(&a)) {
    auto const& other = std::get<ReceiveMessage>(b);
    return message->form == other.form && message->signature == other.signature;
  }
  auto const* const result = std::get_if<HandlerResult>(&a);
  return result != nullptr && result->result == std::get<HandlerResult>(b).result;
}

Event Explorer::event_of(Item const& item, Actor const& actor, Body body) const {
  return {.at = moment_of(item.instance, item.today).at,
          .actor = actor,
          .salt = std::string{k_salt},
          .body = std::move(body)};
}

/// A technical failure, and every error that somebody around the node catches.
void Explorer::fail_effect(Item const& item, Pending const& pending) {
  std::vector<std::string> codes{""};
  auto const& process = package_.process;
  auto const catches = [&](NodeIndex catcher) {
    auto const& node = process.nodes[std::size_t(catcher)];
    if (node.event != EventKind::error) return;
    codes.push_back(node.error_code.empty() ? "any" : node.error_code);
  };
  for (auto const boundary : process.nodes[std::size_t(pending.node)].boundary) catches(boundary);
  for (auto scope = process.nodes[std::size_t(pending.node)].scope; scope != k_none;
       scope = process.scopes[std::size_t(scope)].parent) {
    auto const& declared = process.scopes[std::size_t(scope)];
    for (auto const events : declared.event_scopes)
      catches(process.scopes[std::size_t(events)].start);
    if (declared.owner == k_none) continue;
    for (auto const boundary : process.nodes[std::size_t(declared.owner)].boundary)
      catches(boundary);
  }
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
  for (auto const& code : codes) {
    if (code.empty() && heals(item, pending)) {
      if (asks_for_admin_) state_done(item, pending.token, pending.node);
      continue;
    }
    act(item,
        event_of(item, k_system,
                 HandlerResult{.token = pending.token,
                               .ok = false,
                               .error_code = code,
                               .detail = {},
                               .result = {}}),
        item.mask, pending.node, false);
  }
}

void Explorer::mend(Item const& item, Incident const& incident) {
  act(item, event_of(item, k_admin, RetryIncident{.token = incident.token}), item.mask,
      incident.node, false);
  state_done(item, incident.token, incident.node);
}

/// An administrator states what was done in its place: with and without proof of delivery.
void Explorer::state_done(Item const& item, std::int32_t token, NodeIndex node) {
  auto const asked = unanswered(package_, item.instance, token);
  if (!asked || !may_be_stated(asked->handler)) return;
  auto const mended = [&](ResolveIncident const& body) {
    act(item, event_of(item, k_admin, body), item.mask, node, false);
  };
  ResolveIncident stated{
      .token = token, .reason = std::string{k_reason}, .sent_at = {}, .delivered_at = {}};
  auto const at = moment_of(item.instance, item.today).at;
  if (asked->sent) stated.sent_at = at;
  mended(stated);
  if (!asked->delivered) return;
  stated.delivered_at = at;
  mended(stated);
}

/// But for the time of the last event and the numbers of what waits.
static bool same_but_for_history(Instance const& before, Instance const& after) {
  return before.ended == after.ended && before.variables == after.variables &&
         before.tokens == after.tokens && before.tasks == after.tasks &&
         before.timers == after.timers && before.subscriptions == after.subscriptions &&
         before.pending == after.pending && before.incidents == after.incidents &&
         before.scopes == after.scopes && before.breaches == after.breaches &&
         before.deadlines.due == after.deadlines.due;
}

/// When the administrator's retry leads back to the very state in which the effect failed, the
/// incident beside it only lets time pass, as the waiting itself does, and is not gone through.
/// What is stated in its place is what it could have answered, but for who acts.
bool Explorer::heals(Item const& item, Pending const& pending) {
  auto const& watched = plan_.watched_inputs[std::size_t(pending.node)];
  if (!watched.empty() || !options_.reduced || item.thread >= 0) return false;
  auto event = event_of(
      item, k_system,
      HandlerResult{
          .token = pending.token, .ok = false, .error_code = {}, .detail = {}, .result = {}});
  auto registers = item.registers;
  auto const goes_well = [&](Step const& made) {
    auto const visits = visited(made, package_.process);
    auto const environment = engine::environment(calendar_, made.next, made.next.at, event.actor);
    return watch_
        .observe({.step = made,
                  .visits = visits,
                  .event = &event,
                  .environment = environment,
                  .calendar = calendar_},
                 registers)
        .empty();
  };
  report_.steps += 2;
  auto const failed = step(package_, calendar_, item.instance, event);
  if (!failed || failed->next.incidents.empty() || !goes_well(*failed)) return false;
  event.at = moment_of(failed->next, item.today).at;
  event.actor = k_admin;
  event.body = RetryIncident{.token = failed->next.incidents.back().token};
  auto const again = step(package_, calendar_, failed->next, event);
  if (!again || !goes_well(*again)) return false;
  if (registers == item.registers && same_but_for_history(item.instance, again->next)) return true;
  auto before = words_now(item);
  auto after = all_words_of(again->next, registers, item.today);
  cut_gaps(before, item.instance);
  cut_gaps(after, item.instance);
  return before == after;
}

void Explorer::act(Item const& item, Event const& event, Mask mask, NodeIndex node,
                   bool withdraws) {
  ++report_.steps;
  auto const held = held_by(item, mask);
  auto made = [&] {
    if (held == item.held) return step(package_, calendar_, item.instance, event);
    auto instance = item.instance;
    become(instance.variables, held);
    return step(package_, calendar_, instance, event);
  }();
  if (!made) {
    ++report_.refused;
    return;
  }
  arrive({.made = *std::move(made),
          .today = item.today,
          .registers = item.registers,
          .mask = mask,
          .held = held,
          .node = node,
          .way = {.from = item.origins, .moves = true, .event = &event, .withdraws = withdraws},
          .thread = item.thread});
}

/// The working day on which its next timer fires, or that one when none does before.
int Explorer::next_due(Item const& item, int at_the_latest) const {
  for (auto const& timer : item.instance.timers)
    at_the_latest = std::min(at_the_latest, fires_on(timer, days_, item.today));
  return at_the_latest;
}

/// The next working day on which something is due or can be told from today.
int Explorer::next_day(Item const& item) {
  auto const today = days_.index(item.today);
  if (!options_.reduced) return today + 1;
  auto const due = next_due(item, today + k_idle_wd_max);
  // Inside the window the distance of a timer tells one day from the next.
  if (due - today <= plan_.window_wd(item.instance.tokens)) return today + 1;
  auto now = words_now(item);
  auto next = all_words_of(item.instance, item.registers, days_.day(today + 1));
  auto const ahead = ValueCodes::first_day_ahead(now);
  cut_gaps(now, item.instance);
  cut_gaps(next, item.instance);
  if (now != next) return today + 1;
  // Of what is past nothing can be told any more, and of the first day to come, how far it is, from
  // where it stands in the window.
  return ahead == 0 ? due
                    : std::min(due, today + ahead - plan_.window_wd(item.instance.tokens) + 1);
}

/// Time goes on to a working day: what is due on it fires first.
void Explorer::pass(Item const& item) {
  if (item.thread >= 0 && item.instance.timers.empty()) return;
  auto const tomorrow = item.thread >= 0 ? next_due(item, INT_MAX) : next_day(item);
  auto const day = days_.day(tomorrow);
  std::optional<Instant> due;
  std::vector<NodeIndex> firing;
  for (auto const& timer : item.instance.timers) {
    if (fires_on(timer, days_, item.today) != tomorrow) continue;
    due = std::max(due.value_or(timer.due), timer.due);
    firing.push_back(timer.node);
  }
  Arrival arrival{.today = day, .registers = item.registers, .thread = item.thread};
  arrival.way = {.from = item.origins, .moves = true};
  if (!due) {
    arrival.made.next = item.instance;
    arrival.mask = item.mask;
    arrival.held = item.held;
    return arrive(std::move(arrival));
  }
  Event const event{.at = std::max(*due, start_of(day) + k_noon),
                    .actor = k_system,
                    .salt = std::string{k_salt},
                    .body = Tick{}};
  arrival.way.event = &event;
  std::set<ProbeId> read;
  for (auto const node : firing)
    read.insert(plan_.branching[std::size_t(node)].begin(),
                plan_.branching[std::size_t(node)].end());
  for (auto const part : parts(item.mask, interned({read.begin(), read.end()}))) {
    auto instance = item.instance;
    auto const held = held_by(item, part);
    if (held != item.held) become(instance.variables, held);
    ++report_.steps;
    auto made = step(package_, calendar_, instance, event);
    check(made.has_value(), "a tick with due timers is accepted");
    arrive({.made = *std::move(made),
            .today = day,
            .registers = item.registers,
            .mask = part,
            .held = held,
            .way = arrival.way,
            .thread = item.thread});
  }
}

ExploreReport explore(Package const& package, Calendar const& calendar,
                      ExploreOptions const& options) {
  Explorer apart{package, calendar, options};
  auto report = apart.run();
  return apart.kept_back() ? Explorer{package, calendar, options, false}.run() : report;
}

struct StateNumbers::State {
  struct OfDay {
    ExploreOptions options;  // the explorer refers to them
    std::unique_ptr<Explorer> explorer;
  };
  Package const& package;
  Calendar const& calendar;
  std::map<Date, OfDay> days;
  std::map<std::tuple<Date, std::uint64_t, std::uint64_t>, std::size_t> numbers;
};

StateNumbers::StateNumbers(Package const& package, Calendar const& calendar)
    : state_{std::make_unique<State>(package, calendar)} {}
StateNumbers::~StateNumbers() = default;

std::size_t StateNumbers::number(Instance const& from, std::uint64_t registers) {
  auto const day = legal_date(from.at);
  auto& of_day = state_->days[day];
  if (!of_day.explorer) {
    of_day.options.from = from;
    of_day.explorer = std::make_unique<Explorer>(state_->package, state_->calendar, of_day.options,
                                                 false);  // threads tell cases apart, too
  }
  auto const key = of_day.explorer->key_from(from, registers);
  return state_->numbers.try_emplace({day, key.low, key.high}, state_->numbers.size())
      .first->second;
}

}  // namespace qyzmet::engine
