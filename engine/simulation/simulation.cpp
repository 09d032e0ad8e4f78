#include "engine/simulation/simulation.hpp"

#include <algorithm>

#include "engine/environment.hpp"
#include "engine/simulation/invariants.hpp"
#include "engine/simulation/people.hpp"

namespace qyzmet::simulation {

using namespace engine;

namespace {

constexpr int k_after_end = 3;       // acts tried on a case that has ended
constexpr int k_idle_max = 40;       // refused acts in a row before time passes
constexpr int k_first_days = 250;    // days on which a case may be filed
constexpr int k_moved_days_max = 6;  // further holidays that calendar changes bring

using Body = decltype(Event::body);

/// The calendar with more holidays on working days: what decrees do in the middle of a year.
Calendar changed(Calendar const& calendar, Date around, Random& random) {
  std::vector<CalendarDay> days;
  std::vector<int> provisional;
  for (auto const& [date, day] : calendar.days()) days.push_back(day);
  for (int year = calendar.first_year(); year <= calendar.last_year(); ++year)
    if (calendar.provisional(Date{std::chrono::year{year} / 12 / 31})) provisional.push_back(year);
  for (int i = 1 + random.below(k_moved_days_max); i > 0; --i) {
    auto const date = calendar.wd_add(around, 1 + random.below(15));
    if (std::ranges::find(days, date, &CalendarDay::date) == days.end())
      days.push_back({.date = date, .kind = DayKind::holiday, .basis = "decree"});
  }
  return {calendar.version() + 1, std::move(days), calendar.first_year(), calendar.last_year(),
          std::move(provisional)};
}

/// One case from its application to its end, or until events or days are used up.
class Life {
 public:
  Life(Subject const& subject, Calendar const& calendar, Options const& options, Random& random,
       Report& report)
      : package_{*subject.package},
        observers_{subject.observers},
        calendar_{calendar},
        options_{options},
        random_{random},
        report_{report},
        people_{package_, random, options.follower ? options.follower->cast() : Cast{}},
        registers_{first_registers(observers_)} {
    auto const day = Date{std::chrono::year{2026} / 1 / 8};
    at_ = start_of(day + std::chrono::days{random_.below(k_first_days)}) +
          std::chrono::minutes{random_.below(24 * 60)};
    last_ = at_ + std::chrono::days{options_.days};
  }

  /// What does not hold, with the way to it.
  std::optional<Violation> run(int events) {
    budget_ = events;
    if (auto const id = broken(calendar_, legal_date(at_)); !id.empty())
      violate("invariant", id, "the calendar contradicts itself");
    try_start();
    int after_end = 0;
    while (left() && !wrong_ && (!now_.ended || after_end < k_after_end)) {
      after_end += int(now_.ended);
      one_act();
    }
    if (!wrong_ && now_.version > 0) replay();
    if (now_.version > 0 && options_.follower != nullptr)
      if (auto const other = options_.follower->difference(now_); !other.empty())
        violate("store", "INV-31", other);
    if (now_.ended)
      for (auto const end : now_.ends)
        ++report_.ends[package_.service + " " + package_.process.nodes[std::size_t(end)].id];
    else if (now_.version > 0)
      ++report_.ends[package_.service + " (open)"];
    if (!wrong_) return std::nullopt;
    wrong_->finding.script = std::move(script_);
    wrong_->finding.calendars.assign(calendars_.begin() + 1, calendars_.end());
    return std::move(wrong_);
  }
  int left_events() const { return budget_; }

 private:
  bool left() const { return budget_ > 0 && at_ < last_ && now_.version > 0; }

  void try_start() {
    auto const start = package_.process.scopes.front().start;
    auto const* const form = package_.form(package_.process.nodes[std::size_t(start)].message);
    while (budget_ > 0 && now_.version == 0 && !wrong_) {
      auto variables = people_.application(calendar_);
      Actor actor{.user = text_at(variables, "applicant"), .role = form->role};
      if (random_.percent(3)) actor.user = "somebody else";
      apply(actor, Start{.variables = std::move(variables)});
    }
    report_.cases += std::uint64_t(now_.version > 0);
  }

  void one_act() {
    bool const stuck = idle_ >= k_idle_max;
    if (stuck) idle_ = 0;
    int const kind = random_.below(100);
    if (stuck || kind < 12 || (now_.tasks.empty() && now_.pending.empty() && kind < 50))
      return pass();
    at_ += std::chrono::minutes{random_.below(random_.percent(10) ? 600 : 20)};
    if (kind < 15) return apply(last_actor_, last_body_);  // once more
    if (kind < 17) return foreign();
    if (kind < 18) return change_calendar();
    if (kind < 28) return tell();
    if (kind < 30 && !now_.incidents.empty()) return mend();
    if (!now_.pending.empty() && kind < 65) return answer();
    if (!now_.tasks.empty()) return complete(random_.any(now_.tasks), random_.percent(5));
    if (!now_.pending.empty()) return answer();
    tell();
  }

  /// Time passes: to the next timer, or into the next working day. As in the explorer, handlers
  /// have answered and incidents are mended by then.
  void pass() {
    if (!now_.incidents.empty()) return mend();
    if (!now_.pending.empty()) return answer();
    auto const next = std::ranges::min_element(now_.timers, {}, &Timer::due);
    if (next != now_.timers.end() && random_.percent(60))
      at_ = std::max(at_, next->due);
    else
      at_ = std::max(at_, start_of(calendar_.wd_add(legal_date(at_), random_.below(3))) +
                              std::chrono::hours{9});
    apply({.user = "", .role = "system"}, Tick{});
  }

  /// The administrator lets it try again, or states what was done in its place: sometimes more
  /// than is asked, and once in a while of a time that cannot be.
  void mend() {
    auto const& stuck = random_.any(now_.incidents);
    Actor const admin{.user = "900", .role = "admin"};
    if (random_.percent(50)) return apply(admin, RetryIncident{.token = stuck.token});
    ResolveIncident stated{.token = stuck.token,
                           .reason = "was handed over at the office",
                           .sent_at = {},
                           .delivered_at = {}};
    if (random_.percent(80)) stated.sent_at = at_;
    if (random_.percent(40)) stated.delivered_at = at_ - std::chrono::hours{random_.below(2)};
    apply(admin, std::move(stated));
  }

  /// A task that is not open, a token that nobody has.
  void foreign() {
    auto const& node = random_.any(package_.process.nodes);
    if (node.kind == NodeKind::user_task)
      return complete({.token = 0, .node = package_.process.find(node.id), .opened = {}}, false);
    apply(
        {.user = "", .role = "system"},
        HandlerResult{
            .token = random_.below(60), .ok = true, .error_code = {}, .detail = {}, .result = {}});
  }

  void change_calendar() {
    auto fresh = changed(calendar_, legal_date(at_), random_);
    if (options_.follower != nullptr) fresh = options_.follower->publish(std::move(fresh));
    // A decree may come without the substitutes that INV-34 asks for.
    if (auto const id = broken(fresh, legal_date(at_)); id == "INV-32")
      violate("invariant", id, "the arithmetic of days contradicts itself");
    std::swap(calendar_, fresh);
    calendars_.push_back(calendar_);
    apply({.user = "", .role = "system"}, CalendarChanged{.version = calendar_.version()});
    if (now_.deadlines.calendar_version == calendar_.version()) return;
    calendar_ = std::move(fresh);
    calendars_.pop_back();
  }

  void answer() {
    auto const& waiting = random_.any(now_.pending);
    HandlerResult result{.token = waiting.token,
                         .ok = random_.percent(92),
                         .error_code = {},
                         .detail = {},
                         .result = {}};
    if (result.ok) {
      result.result["sent_at"] = at_;
      if (random_.percent(90)) result.result["delivered_at"] = at_;
      result.result["registered_on"] = legal_date(at_);
    } else if (random_.percent(40)) {
      result.error_code = "undeliverable";
    }
    apply({.user = "", .role = "system"}, std::move(result));
  }

  void complete(Task const& task, bool wrong) {
    auto const& node = package_.process.nodes[std::size_t(task.node)];
    auto const* const form = package_.form(node.form);
    auto const actor = people_.actor(node.role, now_, wrong);
    CompleteTask body{.task = node.id, .form = {}, .signature = {}, .token = task.token};
    if (form != nullptr) write(*form, actor, body);
    apply(actor, std::move(body));
  }

  void tell() {
    if (now_.subscriptions.empty()) return pass();
    auto const& wait = random_.any(now_.subscriptions);
    bool const withdraws = wait.message == "application.withdrawn";
    if (withdraws && !random_.percent(15)) return;
    auto const* const form = package_.form(wait.message);
    if (form == nullptr) return;
    auto const actor = people_.actor(form->role, now_, random_.percent(8));
    ReceiveMessage body{.message = wait.message,
                        .message_id = "m" + std::to_string(random_.below(60)),
                        .form = {},
                        .signature = {},
                        .key = random_.percent(95) ? wait.key : "nobody"};
    write(*form, actor, body);
    apply(actor, std::move(body));
  }

  /// Fills the form in, with the documents that it makes and the signature that it wants.
  template <class Act>
  void write(Form const& form, Actor const& actor, Act& act) {
    Event event{.at = at_, .actor = actor, .salt = {}, .body = Tick{}};
    act.form = people_.fill(form, environment(calendar_, now_, event), calendar_, at_);
    event.body = act;
    if (auto const papers = produced(package_, calendar_, now_, event))
      for (auto const& paper : *papers) act.form[paper.path] = people_.sha256();
    if (form.certified && !random_.percent(3))
      act.signature = SignatureEvidence{.document = people_.sha256(),
                                        .signature = people_.sha256(),
                                        .signer = random_.percent(2) ? "" : actor.user};
    auto filled = environment(calendar_, now_, event);
    for (auto const& [path, value] : act.form) set_path(filled, path, value);
    bool const signs =
        !form.signs.empty() && (!form.signs_when || form.signs_when->is_true(filled, calendar_));
    if (!signs || random_.percent(3)) return;
    auto const made = act.form.find(form.signs);
    act.signature = SignatureEvidence{.document = made == act.form.end()
                                                      ? text_at(now_.variables, form.signs)
                                                      : *made->second.template as<std::string>(),
                                      .signature = people_.sha256(),
                                      .signer = actor.user};
    if (random_.percent(2)) act.signature->document = people_.sha256();
  }

  void apply(Actor const& actor, Body body) {
    last_actor_ = actor;
    last_body_ = body;
    --budget_;
    ++report_.events;
    Event event{.at = at_, .actor = actor, .salt = std::string(32, '0'), .body = std::move(body)};
    auto made = step(calendar_, now_, event);
    if (options_.follower != nullptr)
      options_.follower->follow({.package = package_,
                                 .calendar = calendar_,
                                 .before = now_,
                                 .event = event,
                                 .made = made});
    if (!made) {
      auto const& error = made.error();
      ++report_.refused[error.rule.empty() ? error.text : error.rule];
      ++idle_;
      if (auto const* const start = std::get_if<Start>(&event.body))
        check_refusal(event, *start, error);
      return;
    }
    ++report_.applied;
    idle_ = 0;
    check(*made, event);
    script_.push_back({.day = legal_date(event.at), .event = event});
    under_.push_back(calendars_.size() - 1);
    at_ = std::max(at_, made->next.at);
    now_ = std::move(made->next);
  }

  Result<Step> step(Calendar const& calendar, Instance const& before, Event const& event) const {
    return options_.step ? options_.step(package_, calendar, before, event)
                         : engine::step(package_, calendar, before, event);
  }

  /// INV-20.
  void check_refusal(Event event, Start const& start, Error const& error) {
    event.body = with_optional_documents(package_, start);
    auto const again = step(calendar_, now_, event);
    if (again || again.error().text != error.text || again.error().field != error.field)
      violate("invariant", "INV-20", "refused for want of a document that nobody need have");
  }

  void check(Step const& made, Event const& event) {
    remember(history_, package_, now_, made, event);
    Seen const seen{.package = package_,
                    .calendar = calendar_,
                    .before = now_,
                    .step = made,
                    .event = event,
                    .history = history_};
    if (auto const* const invariant = broken(seen))
      violate("invariant", invariant->id, invariant->text);
    remember_decision(history_, made, event);
    if (observers_.empty()) return;
    auto const seen_by_all = environment(calendar_, made.next, made.next.at, event.actor);
    auto const visits = visited(made, package_.process);
    for (auto const index : observe(observers_,
                                    {.step = made,
                                     .visits = visits,
                                     .event = &event,
                                     .environment = seen_by_all,
                                     .calendar = calendar_},
                                    registers_))
      violate("observer", observers_[index].id, observers_[index].text, observers_[index].rule);
  }

  /// The stored form of the state is read again; the stored events lead to the same bytes.
  void replay() {
    auto const bytes = state_json(now_);
    auto const read = instance_from_json(bytes, package_.term, calendar_);
    if (!read || state_json(*read) != bytes)
      return violate("state", "INV-31", "the state cannot be read again");
    Instance again;
    for (std::size_t i = 0; i < script_.size(); ++i) {
      auto const event = event_from_json(event_json(*script_[i].event));
      auto made = event ? step(calendars_[under_[i]], again, *event)
                        : Result<Step>{std::unexpected(event.error())};
      if (!made) return violate("replay", "INV-31", "a stored event is refused");
      again = std::move(made->next);
    }
    if (state_json(again) != bytes) violate("replay", "INV-31", "a replay gives other bytes");
  }

  void violate(std::string property, std::string_view element, std::string_view text,
               std::string_view rule = {}) {
    if (wrong_) return;
    wrong_ = Violation{.finding = {.property = std::move(property),
                                   .element = std::string{element},
                                   .rule = std::string{rule.empty() ? element : rule},
                                   .cite = {},
                                   .text = std::string{text},
                                   .script = {}}};
  }

  Package const& package_;
  std::vector<Observer> const& observers_;
  Calendar calendar_;
  Options const& options_;
  Random& random_;
  Report& report_;
  People people_;
  std::uint64_t registers_;
  Instance now_;
  Instant at_;
  Instant last_;
  History history_;
  int budget_ = 0;
  int idle_ = 0;
  Actor last_actor_;
  Body last_body_;
  std::vector<Moved> script_;
  std::vector<Calendar> calendars_{calendar_};  // all that were in force
  std::vector<std::size_t> under_;              // which one, of each step of the script
  std::optional<Violation> wrong_;
};

}  // namespace

Checked<Subject> subject_of(std::shared_ptr<Package const> package) {
  auto observers = load_observers(*package);
  if (!observers) return std::unexpected(observers.error());
  return Subject{.package = std::move(package), .observers = *std::move(observers)};
}

void Report::add(Report const& other) {
  seeds += other.seeds;
  cases += other.cases;
  events += other.events;
  applied += other.applied;
  for (auto const& [rule, count] : other.refused) refused[rule] += count;
  for (auto const& [end, count] : other.ends) ends[end] += count;
  if (other.violation && (!violation || other.violation->seed < violation->seed))
    violation = other.violation;
}

Report run(std::vector<Subject> const& subjects, Calendar const& calendar, std::uint64_t seed,
           Options const& options) {
  Random random{seed};
  Report report{.seeds = 1};
  int left = options.events;
  while (left > 0 && !report.violation) {
    auto const index = std::size_t(random.below(subjects.size()));
    Life life{subjects[index], calendar, options, random, report};
    report.violation = life.run(left);
    left = life.left_events();
    if (report.violation) {
      report.violation->package = index;
      report.violation->seed = seed;
    }
  }
  return report;
}

}  // namespace qyzmet::simulation
