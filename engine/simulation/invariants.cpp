#include "engine/simulation/invariants.hpp"

#include <algorithm>
#include <optional>

namespace qyzmet::simulation {

using namespace engine;

namespace {

constexpr std::string_view k_draft = "draft.document";
constexpr std::string_view k_results[] = {"place_info", "refusal", "registration_notice",
                                          "update_notice", "support_certificate"};
constexpr int k_days_back = 20;  // how far the arithmetic of days is tried around a day
constexpr int k_extended_days_max = 90;
constexpr std::size_t k_sha256_digits = 64;

/// Documents asked for "if any": of whom says to have one. Without such a word: of nobody.
struct IfAny {
  std::string_view service, document, declared;
};
constexpr IfAny k_if_any[] = {
    {.service = "78", .document = "education", .declared = "declared.has_education"},
    {.service = "78", .document = "service_relation", .declared = "declared.has_service_relation"},
    {.service = "78", .document = "military_id", .declared = "declared.has_military_id"},
    {.service = "79", .document = "proof", .declared = ""},
};

bool orders(Seen const& seen, std::string_view kind) {
  return std::ranges::find(seen.step.effects, kind, &Effect::kind) != seen.step.effects.end();
}
bool completed(Seen const& seen, std::string_view task) {
  auto const* const done = std::get_if<CompleteTask>(&seen.event.body);
  return done != nullptr && done->task == task;
}
bool waits_for(Seen const& seen, std::string_view task) {
  auto const& process = seen.package.process;
  return std::ranges::any_of(seen.step.next.tasks, [&](Task const& open) {
    return process.nodes[std::size_t(open.node)].id == task;
  });
}
/// Ordered, and nobody has answered that it went out.
bool is_being_sent(Seen const& seen, std::string_view kind) {
  auto const& process = seen.package.process;
  auto const sends = [&](auto const& each) {
    return process.nodes[std::size_t(each.node)].handler_kind == kind;
  };
  auto const& now = seen.step.next;
  return std::ranges::any_of(now.pending, sends) || std::ranges::any_of(now.incidents, sends);
}
bool starts(Seen const& seen) {
  return std::holds_alternative<Start>(seen.event.body);
}
Context const& variables(Seen const& seen) {
  return seen.step.next.variables;
}
bool is_true(Seen const& seen, std::string_view path) {
  auto const* const value = at_path(variables(seen), path).as<bool>();
  return value != nullptr && *value;
}
bool has(Seen const& seen, std::string_view path) {
  auto const& value = at_path(variables(seen), path);
  auto const* const text = value.as<std::string>();
  return !value.is_null() && (text == nullptr || !text->empty());
}
std::optional<Date> day_at(Seen const& seen, std::string_view path) {
  auto const& value = at_path(variables(seen), path);
  if (auto const* const day = value.as<Date>()) return *day;
  if (auto const* const at = value.as<Instant>()) return legal_date(*at);
  return std::nullopt;
}
bool breached(Instance const& now, std::string_view code) {
  return std::ranges::find(now.breaches, code) != now.breaches.end();
}
bool has_document(Seen const& seen, std::string_view code) {
  auto const* const documents = at_path(variables(seen), "documents").as<List>();
  return documents != nullptr && std::ranges::any_of(*documents, [&](Value const& one) {
           auto const* const fields = one.as<Context>();
           return fields != nullptr && text_at(*fields, "code") == code;
         });
}

/// Working days in (from, to], counted one by one.
int counted(Calendar const& calendar, Date from, Date to) {
  int days = 0;
  for (auto day = from + std::chrono::days{1}; day <= to; day += std::chrono::days{1})
    days += int(calendar.working(day));
  return days;
}
/// The term was computed in this step.
bool fresh_term(Seen const& seen) {
  auto const& before = seen.before.deadlines;
  auto const& now = seen.step.next.deadlines;
  return starts(seen) || before.due != now.due || before.accepted != now.accepted ||
         before.days != now.days || before.calendar_version != now.calendar_version;
}

bool accepted_day(Seen const& seen) {
  if (!fresh_term(seen)) return true;
  auto const& term = seen.step.next.deadlines;
  auto day = legal_date(term.filed);
  auto const end = seen.calendar.opening()
                       .end_on(seen.calendar, Keeper::provider, day)
                       .value_or(seen.package.term.workday_end);
  bool const in_time = legal_time_of_day(term.filed) < end;
  if (!seen.calendar.working(day) || !in_time) do {
      day += std::chrono::days{1};
    } while (!seen.calendar.working(day));
  return term.accepted == day || seen.step.next.kept.contains("start");
}

/// A calendar change leaves days alone that have passed; they are not counted again.
bool term_counted(Seen const& seen) {
  auto const& now = seen.step.next;
  if (!fresh_term(seen) || !now.kept.empty()) return true;
  return now.deadlines.due > now.deadlines.accepted && seen.calendar.working(now.deadlines.due) &&
         counted(seen.calendar, now.deadlines.accepted, now.deadlines.due) == now.deadlines.days;
}
bool term_of_the_law(Seen const& seen) {
  auto const& term = seen.step.next.deadlines;
  if (term.extended) return term.days <= k_extended_days_max;
  auto const row = seen.package.term.place_row(term.place);
  auto const days = seen.package.term.days_by_place.find(row);
  return days != seen.package.term.days_by_place.end() && days->second == term.days;
}
bool registered_in_time(Seen const& seen) {
  auto const day = day_at(seen, "registered_on");
  if (!day || !completed(seen, "Task_Register")) return true;
  return *day <= seen.step.next.deadlines.accepted || breached(seen.step.next, "registration");
}
/// What the applicant declares with legal consequence bears the applicant's own certificate.
bool statement_certified(Seen const& seen) {
  auto const* const message = std::get_if<ReceiveMessage>(&seen.event.body);
  auto const* const form = message == nullptr ? nullptr : seen.package.form(message->message);
  if (form == nullptr || !form->certified) return true;
  return message->signature && message->signature->signer == seen.event.actor.user;
}
bool certified(Seen const& seen) {
  if (!statement_certified(seen)) return false;
  return !starts(seen) ||
         (has(seen, "certified.document") &&
          (has(seen, "certified.signature") || has(seen, "certified.confirmed_at")));
}
/// The results of the services; the seal of the system stands under the other papers.
bool result_signed(Seen const& seen) {
  return std::ranges::all_of(seen.step.effects, [&](Effect const& effect) {
    return std::ranges::find(k_results, effect.kind) == std::end(k_results) ||
           seen.history.signed_documents.contains(effect.sha256);
  });
}
bool reasoned(Seen const& seen) {
  return !orders(seen, "refusal") ||
         (seen.package.ground(text_at(variables(seen), "review.ground")) != nullptr &&
          has(seen, "review.reasons") && has(seen, "refusal.reasons") &&
          has(seen, "office.superior.kk") && has(seen, "office.superior.ru"));
}
bool ground_of_78(Seen const& seen) {
  return seen.package.number != "78" || !orders(seen, "refusal") ||
         text_at(variables(seen), "review.ground") != "G3";
}
bool heard(Seen const& seen) {
  bool const must = seen.package.number == "77" ||
                    (seen.package.number == "79" && seen.step.next.deadlines.extended);
  if (!must || !orders(seen, "refusal") || is_true(seen, "hearing.waived")) return true;
  if (text_at(variables(seen), "late.choice") == "urgent") return has(seen, "late.reasons");
  if (!seen.history.notified_in_time && !breached(seen.step.next, "hearing_notice")) return false;
  auto const notified = day_at(seen, "hearing.delivered_on");
  return notified && counted(seen.calendar, *notified, legal_date(seen.event.at)) >= 3;
}
bool told_before(Seen const& seen) {
  auto const result = text_at(variables(seen), "hearing.result");
  if (result == "written" || result == "omitted") return true;
  auto const told = day_at(seen, "hearing.delivered_on");
  auto const day = day_at(seen, "hearing.slot");
  return told && day && *told <= *day;
}
bool hearing_soon(Seen const& seen) {
  if (completed(seen, "Task_Hearing") && !told_before(seen)) return false;
  // A notice that an administrator has sent again may be late: it is no notice of its hearing then.
  bool const decided = std::holds_alternative<CompleteTask>(seen.event.body);
  bool const none = is_true(seen, "hearing.omitted");
  if (!decided || none || !orders(seen, "hearing_notice")) return true;
  auto const day = day_at(seen, "hearing.slot");
  auto const today = legal_date(seen.event.at);
  return day && *day >= today && counted(seen.calendar, today, *day) <= 2;
}
bool absent_though_notified(Seen const& seen) {
  return text_at(variables(seen), "hearing.result") != "no_show" ||
         has(seen, "hearing.delivered_on");
}
/// Who may have it gets it without being heard first.
bool granted_unheard(Seen const& seen) {
  if (!completed(seen, "Task_Review")) return true;
  if (text_at(variables(seen), "review.outcome") == "refuse") return true;
  return !orders(seen, "hearing_notice") && !waits_for(seen, "Task_Notice") &&
         !waits_for(seen, "Task_LateNotice") && !waits_for(seen, "Task_NoticeSign") &&
         !waits_for(seen, "Task_Hearing");
}
bool issued_by_the_branch(Seen const& seen) {
  if (!completed(seen, "Task_Issue")) return true;
  return seen.history.decided && seen.history.ordered.contains("place_info") &&
         has(seen, "delivery.received_on") && is_true(seen, "identity.matched") &&
         seen.event.actor.unit == text_at(variables(seen), "branch.id");
}
bool old_id_received(Seen const& seen) {
  if (!orders(seen, "military_id.issue")) return true;
  auto const* const subtype = seen.package.subtype(text_at(variables(seen), "subtype"));
  return subtype == nullptr || subtype->old_id != "required" || is_true(seen, "old_id.received");
}
bool served(Seen const& seen) {
  return !completed(seen, "Task_Issue") || text_at(variables(seen), "mode") != "peacetime" ||
         is_true(seen, "checklist.served");
}
bool loss_proven(Seen const& seen) {
  return !starts(seen) || text_at(variables(seen), "subtype") != "lost_damaged" ||
         has_document(seen, "penalty_ruling") || has_document(seen, "loss_certificate");
}
/// What each way of registration has to prove.
bool status_proven(Seen const& seen) {
  if (!starts(seen) || seen.package.number != "78") return true;
  auto const subtype = text_at(variables(seen), "subtype");
  auto const proves = [&](bool must, std::string_view document) {
    return !must || has_document(seen, document);
  };
  bool const released = subtype == "released" || is_true(seen, "declared.released_from_prison");
  bool const first = subtype == "first_time";
  return proves(subtype == "dismissed", "prescription") &&
         proves(subtype == "dismissed" && is_true(seen, "declared.dismissed_for_health"),
                "fitness") &&
         proves(released, "release") && proves(first, "medical_card") &&
         (!first || is_true(seen, "declared.fitness_conclusion"));
}
int answered(Seen const& seen, std::string_view kind) {
  auto const found = seen.history.answered.find(kind);
  return found == seen.history.answered.end() ? 0 : found->second;
}
/// The register has the person before the notification says so, once.
bool entered_once(Seen const& seen) {
  auto const entered = answered(seen, "registration.enter");
  return entered <= 1 && (!orders(seen, "registration_notice") || entered == 1);
}
bool updated_first(Seen const& seen) {
  return !orders(seen, "update_notice") ||
         (answered(seen, "mis.entry") > 0 && has(seen, "correction.source"));
}
bool support_wanted(Seen const& seen) {
  return !orders(seen, "support_certificate") ||
         (is_true(seen, "wants_social_support") && seen.history.ordered.contains("update_notice"));
}
bool women_with_speciality(Seen const& seen) {
  return !orders(seen, "registration.enter") ||
         text_at(variables(seen), "person.sex") != "female" || is_true(seen, "declared.speciality");
}
/// The notice has gone out three working days after the extension, or its breach is recorded.
bool extension_told(Seen const& seen) {
  auto const& now = seen.step.next;
  auto const* const told = now.deadlines.find("extension_notice");
  if (told == nullptr || legal_date(now.at) <= told->latest) return true;
  auto const sent = day_at(seen, "extension.sent_on");
  bool const late = sent ? *sent > told->latest : is_being_sent(seen, "extension_notice");
  return !late || breached(now, "extension_notice");
}
bool extended_once(Seen const& seen) {
  auto const& now = seen.step.next;
  if (!now.deadlines.extended || seen.package.number != "79") return true;
  auto const* const requests = at_path(now.variables, "requests").as<List>();
  return seen.history.extensions <= 1 && requests != nullptr && !requests->empty() &&
         seen.history.ordered.contains("request.send") &&
         now.deadlines.days <= k_extended_days_max && extension_told(seen);
}
bool never_extended(Seen const& seen) {
  return seen.package.number == "79" || !seen.step.next.deadlines.extended;
}
bool milestones_in_order(Seen const& seen) {
  auto const& now = seen.step.next;
  if (!fresh_term(seen) || !now.kept.empty()) return true;
  auto last = now.deadlines.accepted;
  for (auto const* const code : {"draft", "delivery", "place_info", "result"}) {
    auto const* const milestone = now.deadlines.find(code);
    if (milestone == nullptr) continue;
    if (milestone->latest < last) return false;
    last = milestone->latest;
  }
  return last <= now.deadlines.due;
}
bool final_end(Seen const& seen) {
  auto const& now = seen.step.next;
  if (seen.before.ended && !std::holds_alternative<Tick>(seen.event.body)) return false;
  return !now.ended || (now.tokens.empty() && now.scopes.empty() && now.timers.empty() &&
                        now.tasks.empty() && now.subscriptions.empty() && now.pending.empty() &&
                        now.incidents.empty() && now.loops.empty() && now.early.empty());
}
bool withdrawn_in_time(Seen const& seen) {
  auto const* const message = std::get_if<ReceiveMessage>(&seen.event.body);
  return message == nullptr || message->message != "application.withdrawn" || !seen.history.decided;
}
bool clock_runs_forward(Seen const& seen) {
  return seen.step.next.at >= seen.before.at &&
         std::ranges::is_sorted(seen.step.facts, {}, &Fact::at) &&
         seen.step.next.version == seen.before.version + 1;
}
bool four_eyes(Seen const& seen) {
  auto const* const done = std::get_if<CompleteTask>(&seen.event.body);
  if (done == nullptr) return true;
  auto const& actor = seen.event.actor;
  bool const recused = text_at(variables(seen), "recusal.left").contains("," + actor.user + ",");
  bool const second = actor.role == "head" || actor.role == "secretary";
  return !recused && (!second || actor.user != text_at(variables(seen), "executor"));
}
bool own_case(Seen const& seen) {
  return seen.event.actor.role != "citizen" ||
         seen.event.actor.user == text_at(variables(seen), "applicant");
}
/// On the day after the term: ended, withdrawn, told to come to the branch, or a recorded breach.
bool late_is_told(Seen const& seen) {
  auto const& now = seen.step.next;
  if (legal_date(now.at) <= now.deadlines.due || breached(now, "result")) return true;
  auto const* const state = public_state(seen.package, now);
  bool const withdrawn = state != nullptr && state->code == "withdrawn";
  return seen.package.number == "77" && (withdrawn || answered(seen, "place_info") > 0);
}
/// Somebody or something is waited for, and whatever was due has happened.
bool goes_on(Seen const& seen) {
  auto const& now = seen.step.next;
  if (now.ended) return true;
  if (!late_is_told(seen)) return false;
  bool const waits = !now.tasks.empty() || !now.timers.empty() || !now.pending.empty() ||
                     !now.subscriptions.empty() || !now.incidents.empty();
  return waits && std::ranges::none_of(now.timers, [&](Timer const& t) { return t.due <= now.at; });
}

constexpr Invariant k_invariants[] = {
    {"INV-01", "the day of acceptance", accepted_day},
    {"INV-02", "the term is one of the law", term_of_the_law},
    {"INV-03", "registered on the day of acceptance, or a breach", registered_in_time},
    {"INV-04", "no application and no statement without a certificate", certified},
    {"INV-05", "results go out with a signature", result_signed},
    {"INV-08", "service 78 never refuses by G3", ground_of_78},
    {"INV-07", "a refusal has a ground, reasons and a way to complain", reasoned},
    {"INV-09", "no refusal without a hearing", heard},
    {"INV-10", "the hearing is within two working days after its notice", hearing_soon},
    {"INV-11", "absent only who was notified", absent_though_notified},
    {"INV-12", "a positive decision needs no hearing", granted_unheard},
    {"INV-13", "handed over after signature and identification", issued_by_the_branch},
    {"INV-14", "the old ID comes in before the new goes out", old_id_received},
    {"INV-16", "no ID without service in peacetime", served},
    {"INV-17", "loss is proven", loss_proven},
    {"INV-19", "the status is proven", status_proven},
    {"INV-21", "entered in the register, once, before it is told", entered_once},
    {"INV-24", "an extension follows a request, once", extended_once},
    {"INV-25", "77 and 78 are never extended", never_extended},
    {"INV-26", "entered with its source before it is told", updated_first},
    {"INV-27", "a certificate for who wants it, after the update", support_wanted},
    {"INV-28", "milestones in their order", milestones_in_order},
    {"INV-29", "an end is final", final_end},
    {"INV-30", "no withdrawal after the signature", withdrawn_in_time},
    {"INV-31", "time never runs back", clock_runs_forward},
    {"INV-33", "the term has its working days", term_counted},
    {"INV-35", "no woman without a speciality is registered", women_with_speciality},
    {"INV-44", "the executor does not sign, and who is recused does nothing", four_eyes},
    {"INV-45", "only the applicant acts as the citizen", own_case},
    {"INV-46", "a case goes on", goes_on},
};

}  // namespace

std::span<Invariant const> invariants() {
  return k_invariants;
}

Invariant const* broken(Seen const& seen) {
  auto const found = std::ranges::find_if(
      k_invariants, [&](Invariant const& invariant) { return !invariant.holds(seen); });
  return found == std::end(k_invariants) ? nullptr : &*found;
}

namespace {

/// The notice of a hearing that has just gone out, before the last day that the law leaves for it.
bool sent_in_time(Step const& step) {
  auto const* const sent = at_path(step.next.variables, "hearing.sent_on").as<Date>();
  auto const* const last = step.next.deadlines.find("hearing_notice");
  return sent != nullptr && last != nullptr && *sent <= last->latest;
}

/// The effect that was answered, or was done otherwise as an administrator stated; "" for none.
std::string done_outside(Package const& package, Instance const& before, Event const& event) {
  auto const* const answer = std::get_if<HandlerResult>(&event.body);
  auto const* const stated = std::get_if<ResolveIncident>(&event.body);
  if (stated == nullptr && (answer == nullptr || !answer->ok)) return {};
  auto const token = stated != nullptr ? stated->token : answer->token;
  auto const kind_at = [&](NodeIndex node) {
    return package.process.nodes[std::size_t(node)].handler_kind;
  };
  auto const asked = std::ranges::find(before.pending, token, &Pending::token);
  if (asked != before.pending.end()) return kind_at(asked->node);
  auto const failed = std::ranges::find(before.incidents, token, &Incident::token);
  return failed == before.incidents.end() ? std::string{} : kind_at(failed->node);
}

}  // namespace

void remember(History& history, Package const& package, Instance const& before, Step const& step,
              Event const& event) {
  auto const* const done = std::get_if<CompleteTask>(&event.body);
  if (done != nullptr && done->signature && event.actor.role == "head")
    history.signed_documents.insert(done->signature->document);
  history.extensions += int(step.next.deadlines.extended != before.deadlines.extended);
  if (auto const kind = done_outside(package, before, event); !kind.empty()) {
    ++history.answered[kind];
    if (kind == "hearing_notice") history.notified_in_time = sent_in_time(step);
  }
  for (auto const& effect : step.effects) history.ordered.insert(effect.kind);
}

void remember_decision(History& history, Step const& step, Event const& event) {
  auto const* const done = std::get_if<CompleteTask>(&event.body);
  if (done == nullptr || !done->signature || event.actor.role != "head") return;
  if (text_at(step.next.variables, "sign.decision") != "return" &&
      done->signature->document == text_at(step.next.variables, k_draft))
    history.decided = true;
}

Start with_optional_documents(Package const& package, Start const& start) {
  auto out = start;
  auto const* const given = at_path(out.variables, "documents").as<List>();
  auto documents = given == nullptr ? List{} : *given;
  auto const* const subtype = package.subtype(text_at(out.variables, "subtype"));
  for (auto const& [number, code, declared] : k_if_any) {
    if (package.number != number || subtype == nullptr) continue;
    auto const* const has_one = at_path(out.variables, declared).as<bool>();
    if (!declared.empty() && has_one != nullptr && *has_one) continue;
    if (std::ranges::find(subtype->documents, code, &RequiredDocument::code) ==
        subtype->documents.end())
      continue;
    documents.emplace_back(
        Context{{"code", std::string{code}}, {"sha256", std::string(k_sha256_digits, '0')}});
  }
  set_path(out.variables, "documents", std::move(documents));
  return out;
}

std::string_view broken(Calendar const& calendar, Date day, DayArithmetic const& wd_add) {
  auto const working = wd_add(calendar, day, 0);
  for (int days = 1; days <= k_days_back; ++days) {
    auto const ahead = wd_add(calendar, working, days);
    auto const back = wd_add(calendar, working, -days);
    if (!calendar.working(ahead) || !calendar.working(back) ||
        wd_add(calendar, ahead, -days) != working || wd_add(calendar, back, days) != working ||
        counted(calendar, working, ahead) != days)
      return "INV-32";
  }
  return check_calendar(calendar).empty() ? "" : "INV-34";
}

}  // namespace qyzmet::simulation
