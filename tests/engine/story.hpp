#pragma once
// Drives one case of service 77 through the pure engine, as a shell would: documents that a form
// produces get a made-up SHA-256, the head signs the present draft, effects are answered.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/step.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::engine {

using Files = std::map<std::string, std::string, std::less<>>;

inline std::string read_text(std::filesystem::path const& path) {
  std::ifstream in{path, std::ios::binary};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// QYZMET_PACKAGE names the folder of a mutant: a package in which a rule is switched off.
inline Files package_files() {
  char const* const mutant = std::getenv("QYZMET_PACKAGE");
  auto const root = mutant != nullptr
                        ? std::filesystem::path{mutant}
                        : std::filesystem::path{QYZMET_SOURCE_DIR} / "services/military_id";
  Files files;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{root})
    if (entry.is_regular_file() && entry.path().extension() != ".cpp")
      files[std::filesystem::relative(entry.path(), root).string()] = read_text(entry.path());
  return files;
}

inline std::string report(std::vector<Violation> const& violations) {
  std::string out;
  for (auto const& v : violations)
    out += v.file + ":" + std::to_string(v.line) + " " + v.element + " " + v.reason + ": " +
           v.text + "\n";
  return out;
}

inline std::shared_ptr<Package const> const& service_77() {
  static auto const package = [] {
    auto loaded = load_package(package_files(), std::string(64, '0'));
    if (!loaded) throw std::runtime_error{report(loaded.error())};
    return *loaded;
  }();
  return package;
}

inline Calendar const& seed() {
  static Calendar const calendar = [] {
    auto const csv =
        read_text(std::filesystem::path{QYZMET_SOURCE_DIR} / "engine/calendars/kz.csv");
    return Calendar::from_csv(1, csv).value();
  }();
  return calendar;
}

inline Date day(std::string_view text) {
  return parse_date(text).value();
}

/// Local time "2026-12-10T17:59".
inline Instant at(std::string_view local) {
  auto const number = [&](std::size_t from) {
    return (local[from] - '0') * 10 + (local[from + 1] - '0');
  };
  return start_of(day(local.substr(0, 10))) + std::chrono::hours{number(11)} +
         std::chrono::minutes{number(14)};
}

inline std::string sha(std::string_view name, int number) {
  static constexpr std::string_view k_hex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 64; ++i)
    out += k_hex[(std::size_t(name[i % name.size()]) + i + std::size_t(number) * 7) % 16];
  return out;
}

inline Actor const k_citizen{.user = "100", .role = "citizen"};
inline Actor const k_registrar{.user = "201", .role = "registrar", .unit = "o1"};
inline Actor const k_executor{.user = "202", .role = "executor", .unit = "o1"};
inline Actor const k_head{.user = "203", .role = "head", .unit = "o1"};
/// The registrar, who keeps the minutes of hearings.
inline Actor const k_secretary{.user = "201", .role = "secretary", .unit = "o1"};
inline Actor const k_operator{.user = "301", .role = "branch_operator", .unit = "b1"};
inline Actor const k_system{.user = "", .role = "system"};
inline Actor const k_admin{.user = "900", .role = "admin"};

inline Context application(std::string_view subtype, std::string_view place) {
  List documents;
  if (subtype == "lost_damaged")
    documents.emplace_back(
        Context{{"code", "penalty_ruling"}, {"sha256", sha("penalty_ruling", 0)}});
  if (subtype == "rank_restored")
    documents.emplace_back(Context{{"code", "court_ruling"}, {"sha256", sha("court_ruling", 0)}});
  return {
      {"number", "77-2026-000001"},
      {"applicant", k_citizen.user},
      {"language", "kk"},
      {"subtype", subtype},
      {"place", place},
      {"office",
       Context{{"id", "o1"},
               {"superior", Context{{"kk", "Жоғары орган"}, {"ru", "Вышестоящий орган"}}}}},
      {"branch", Context{{"id", "b1"}, {"is_duty", true}}},
      {"mode", "peacetime"},
      {"consent", true},
      {"documents", documents},
      {"certified",
       Context{{"by", "eds"}, {"document", sha("application", 0)}, {"signature", sha("cms", 0)}}}};
}

class Story {
 public:
  explicit Story(std::shared_ptr<Package const> rules = service_77()) : package{std::move(rules)} {}

  std::shared_ptr<Package const> package;
  Instance now;
  std::vector<Event> events;
  std::vector<Fact> facts;
  std::vector<Effect> effects;
  bool sign = true;  // the head's signature is added to events of the sign task

  /// Applies it when it is lawful, and says why not otherwise.
  std::optional<Error> apply(Event event) {
    auto result = step(*package, seed(), now, event);
    if (!result) return result.error();
    now = std::move(result->next);
    std::ranges::move(result->facts, std::back_inserter(facts));
    std::ranges::move(result->effects, std::back_inserter(effects));
    events.push_back(std::move(event));
    return std::nullopt;
  }

  Event event(std::string_view local, Actor const& actor, decltype(Event::body) body) const {
    return {.at = at(local), .actor = actor, .salt = std::string(32, '0'), .body = std::move(body)};
  }

  std::optional<Error> file(std::string_view local, Context variables,
                            Actor const& actor = k_citizen) {
    return apply(event(local, actor, Start{.variables = std::move(variables)}));
  }

  std::optional<Error> complete(std::string_view task, std::string_view local, Actor const& actor,
                                Context form = {}) {
    auto body = CompleteTask{.task = std::string{task}, .form = std::move(form), .signature = {}};
    auto const papers = produced(*package, seed(), now, event(local, actor, body));
    if (papers)
      for (auto const& paper : *papers) body.form[paper.path] = sha(paper.document, ++papers_);
    bool const returns = std::ranges::any_of(body.form, [](auto const& field) {
      return field.second == Value{"return"} || field.second == Value{"finish"};
    });
    auto const signs = signed_by(task);
    if (!signs.empty() && sign && !returns)
      body.signature = SignatureEvidence{.document = text_at(now.variables, signs),
                                         .signature = sha("signature", ++papers_),
                                         .signer = actor.user};
    return apply(event(local, actor, std::move(body)));
  }

  /// Path of the document that the task signs; "" when it signs none.
  std::string signed_by(std::string_view task) const {
    auto const node = package->process.find(task);
    auto const* const form =
        node == k_none ? nullptr : package->form(package->process.nodes[std::size_t(node)].form);
    return form == nullptr ? std::string{} : form->signs;
  }

  std::optional<Error> send(std::string_view message, std::string_view local, Context form = {},
                            Actor const& actor = k_citizen, std::string key = {}) {
    ReceiveMessage body{.message = std::string{message},
                        .message_id = "m" + std::to_string(++messages_),
                        .form = std::move(form),
                        .signature = {},
                        .key = std::move(key)};
    auto const papers = produced(*package, seed(), now, event(local, actor, body));
    if (papers)
      for (auto const& paper : *papers)
        if (!body.form.contains(paper.path)) body.form[paper.path] = sha(paper.document, ++papers_);
    auto const* const known = package->form(message);
    if (known != nullptr && !known->signs.empty() && sign)
      body.signature = SignatureEvidence{.document = text_at(now.variables, known->signs),
                                         .signature = sha("signature", ++papers_),
                                         .signer = actor.user};
    if (known != nullptr && known->certified && sign)
      body.signature = SignatureEvidence{.document = sha("statement", ++papers_),
                                         .signature = sha("signature", papers_),
                                         .signer = actor.user};
    return apply(event(local, actor, std::move(body)));
  }

  /// The outbox reports the effect that waits at `node` as done and, if asked, as delivered.
  std::optional<Error> answer(std::string_view node, std::string_view local,
                              bool delivered = true) {
    for (auto const& waiting : now.pending)
      if (package->process.nodes[std::size_t(waiting.node)].id == node) {
        Context result{{"sent_at", at(local)}};
        if (delivered) result["delivered_at"] = at(local);
        return apply(event(local, k_system,
                           HandlerResult{.token = waiting.token,
                                         .ok = true,
                                         .error_code = "",
                                         .detail = "",
                                         .result = std::move(result)}));
      }
    return Error{.code = ErrorCode::not_found, .text = "nothing waits at " + std::string{node}};
  }

  std::optional<Error> tick(std::string_view local) {
    return apply(event(local, k_system, Tick{}));
  }

  bool open(std::string_view task) const {
    auto const node = package->process.find(task);
    return std::ranges::find(now.tasks, node, &Task::node) != now.tasks.end();
  }
  std::string state() const {
    auto const* const found = public_state(*package, now);
    return found == nullptr ? "" : found->code;
  }
  std::string variable(std::string_view path) const { return text_at(now.variables, path); }
  std::string date(std::string_view path) const {
    auto const* const found = at_path(now.variables, path).as<Date>();
    return found == nullptr ? "" : to_iso(*found);
  }
  std::string latest(std::string_view code) const {
    auto const* const found = now.deadlines.find(code);
    return found == nullptr ? "" : to_iso(found->latest);
  }
  int count(std::string_view kind) const {
    return int(std::ranges::count(facts, kind, &Fact::kind));
  }
  bool breached(std::string_view code) const {
    return std::ranges::find(now.breaches, code) != now.breaches.end();
  }

 private:
  int papers_ = 0;
  int messages_ = 0;
};

/// The rule that forbids it, or "" when it was done.
inline std::string rule_of(std::optional<Error> const& error) {
  if (!error) return "";
  return error->rule.empty() ? error->text : error->rule;
}
inline std::string text_of(std::optional<Error> const& error) {
  return error ? error->text + " " + error->rule + " " + error->field : "";
}

// ---- Forms as people fill them in -------------------------------------------------------------

inline Context registered() {
  return {{"executor", k_executor.user}};
}
inline Context checklist(bool served = true) {
  return {{"checklist.identity", true},
          {"checklist.photo", true},
          {"checklist.registered", true},
          {"checklist.served", served},
          {"checklist.documents", true}};
}
inline Context approval(bool served = true) {
  auto form = checklist(served);
  form["review.outcome"] = "approve";
  return form;
}
inline Context finding(std::string_view ground = "G2") {
  auto form = checklist();
  form["checklist.documents"] = false;
  form["review.outcome"] = "refuse";
  form["review.ground"] = ground;
  form["review.reasons"] = "The ruling is an unsigned scan.";
  return form;
}
inline Context draft() {
  return {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}};
}
inline Context notice(std::string_view slot) {
  return {{"hearing.mode", "video"},
          {"hearing.slot", at(slot)},
          {"hearing.place", "https://video.example/1"}};
}
inline Context signing_notice(std::string_view decision = "sign") {
  return {{"notice.decision", decision}};
}
inline Context absence() {
  return {{"hearing.result", "no_show"}, {"hearing.conclusion", "refuse"}};
}
inline Context held(std::string_view from, std::string_view to, std::string_view conclusion) {
  auto form = conclusion == "approve" ? checklist() : Context{};
  form["hearing.result"] = "held";
  form["hearing.started"] = at(from);
  form["hearing.ended"] = at(to);
  form["hearing.secretary"] = k_secretary.user;
  form["hearing.participants"] = "Applicant, executor";
  form["hearing.minutes"] = "The applicant explained the matter.";
  form["hearing.conclusion"] = conclusion;
  return form;
}
/// The minutes drawn up anew, with the same secretary.
inline Context minutes_anew() {
  return {{"minutes.redraft_reason", "A word is missing."},
          {"hearing.secretary", k_secretary.user},
          {"hearing.participants", "Applicant, executor, secretary"},
          {"hearing.minutes", "The applicant explained the matter in full."}};
}
inline Context refusal_form() {
  return {{"refusal.reasons", "The ruling is not signed."}};
}
inline Context signing(std::string_view decision = "sign") {
  Context form{{"sign.decision", decision}};
  if (decision == "return") form["sign.remarks"] = "Please check the name.";
  return form;
}
inline Context handover(bool old_id = false) {
  Context form{{"issue.collector", "holder"},
               {"identity.kind", "identity_card"},
               {"identity.number", "sealed:1"},
               {"identity.matched", true}};
  if (old_id) {
    form["old_id.received"] = true;
    form["old_id.series"] = "sealed:2";
    form["old_id.number"] = "sealed:3";
  }
  return form;
}

}  // namespace qyzmet::engine

/// Every step of a story must be accepted.
#define DONE(call) ASSERT_EQ(::qyzmet::engine::text_of(call), "")
