#pragma once
// Messages beside the process, which may come at nearly every stage: when they are lawful while
// nobody has sent one yet, said apart from service.xml, and forms that would be accepted.
#include <map>
#include <set>
#include <string>

#include "tests/engine/story.hpp"

namespace qyzmet::engine {

using Cell = std::pair<std::string, std::string>;  // role, action

inline bool is_beside(Package const& package, std::string const& action) {
  auto const* const form = package.form(action);
  return form != nullptr && form->beside.has_value();
}

inline std::set<Cell> beside_cells(Instance const& now, Date today) {
  auto const outcome = text_at(now.variables, "decision.outcome");
  bool const assigned = !text_at(now.variables, "executor").empty();
  std::set<Cell> out{{"citizen", "file.copied"}};
  if (!at_path(now.variables, "minutes.sent_on").is_null())
    out.insert({"citizen", "hearing.remarks"});
  auto const is_set = [&](std::string_view path) {
    return !at_path(now.variables, path).is_null();
  };
  // Papers that are with the applicant; that of a term which was extended before the decision.
  static std::set<std::string, std::less<>> const mended{"refuse", "update", "issue", "register"};
  if (outcome.empty() ? is_set("extension.sent_on")
                      : is_set("decision.sent_on") && mended.contains(outcome))
    out.insert({"citizen", "slip.asked"});
  if (now.ended) {
    if (outcome == "refuse" || outcome == "rejected") out.insert({"citizen", "complaint.filed"});
    if (outcome == "refuse" || (outcome == "withdrawn" && is_set("answers.asked")))
      out.insert({"registrar", "archive.answered"});
    return out;
  }
  out.insert({"registrar", "person.gone"});
  if (assigned) out.insert({"head", "executor.changed"});
  if (outcome == "issue" && !is_set("issue.operator")) {
    if (text_at(now.variables, "storage.stage") != "announced")
      out.insert({"registrar", "branch.moved"});
    out.insert({"citizen", "delivery.declined"});
  }
  if (!outcome.empty()) return out;
  if (is_set("branch.id")) out.insert({"citizen", "branch.chosen"});
  auto const* const told = at_path(now.variables, "hearing.delivered_on").as<Date>();
  if (is_set("hearing.result") && told != nullptr && today <= seed().wd_add(*told, 2))
    out.insert({"citizen", "hearing.explanation"});
  if (!is_set("review.outcome")) out.insert({"registrar", "office.redirected"});
  if (!assigned) return out;
  out.insert({"citizen", "recusal.asked"});
  out.insert({"executor", "recusal.declared"});
  out.insert({"head", "recusal.declared_head"});
  return out;
}

inline Context good_beside_form(std::string const& action, std::string const& local) {
  Context const interest{{"recusal.ground", "interest"}, {"recusal.reasons", "A dispute."}};
  auto against = interest;
  against.emplace("recusal.person", k_executor.user);
  Context const facts{{"fact", "rank"}, {"value", "Sergeant"}, {"contradicts", false}};
  std::map<std::string, Context> const forms{
      {"file.copied", {}},
      {"hearing.explanation", {{"explanation.text", "The ruling is attached."}}},
      {"hearing.remarks", {{"remarks.text", "The minutes leave out my witness."}}},
      {"office.redirected",
       {{"office.id", "o1"},
        {"office.code", "1170"},
        {"place", "district"},
        {"office.superior.kk", "Жоғары орган"},
        {"office.superior.ru", "Вышестоящий орган"},
        {"redirect.reasons", "Lives elsewhere."}}},
      {"branch.chosen",
       {{"branch.id", "b2"}, {"branch.code", "branch-2"}, {"branch.is_duty", true}}},
      {"branch.moved",
       {{"branch.id", "b2"},
        {"branch.code", "branch-2"},
        {"branch.is_duty", false},
        {"branch.reasons", "The branch is shut."},
        {"delivery.registry_number", "R-2"}}},
      {"branch.signed", {}},
      {"delivery.declined", {}},
      {"branch.arrived", {}},
      {"executor.changed", {{"change.executor", "299"}, {"change.reasons", "Ill."}}},
      {"recusal.asked", against},
      {"recusal.declared", interest},
      {"recusal.declared_head", interest},
      {"recusal.decided", {{"recusal.outcome", "rejected"}, {"recusal.decision", "No ground."}}},
      {"complaint.filed", {{"complaint.text", "The ruling is genuine."}}},
      {"complaint.passed", {{"complaint.passed_number", "12/7"}}},
      {"complaint.decided",
       {{"complaint.outcome", "dismissed"},
        {"complaint.body", "Higher body"},
        {"complaint.act", "7, 2026-12-30"},
        {"complaint.decision", "Lawful."}}},
      {"slip.asked", {{"slip.request", "A letter is missing."}}},
      {"slip.redrawn", {{"slip.mended", "A digit."}}},
      {"slip.extension_drafted",
       {{"slip.mended", "A letter."}, {"extension.explanation", "Two archives were asked."}}},
      {"slip.update_drafted", {{"slip.mended", "A letter."}, {"correction.summary", "Mended."}}},
      {"slip.certificate_drafted",
       {{"slip.mended", "A digit."},
        {"certificate.periods", "1985-1986, privileged."},
        {"certificate.recipient", "Akimat"}}},
      {"slip.drafted", {{"slip.mended", "A letter."}, {"refusal.reasons", "Reasons."}}},
      {"slip.signed", {}},
      {"person.gone",
       {{"gone.ground", "deceased"},
        {"gone.document", "Certificate 1"},
        {"gone.on", legal_date(at(local))}}},
      {"archive.answered",
       {{"late_answer.request", "1/79"},
        {"late_answer.kind", "positive"},
        {"late_answer.summary", "Confirmed."},
        {"late_answer.document", sha("answer", 1)}}},
      {"archive.entered", {{"correction.facts", List{facts}}, {"correction.source", "An order."}}}};
  return forms.at(action);
}

}  // namespace qyzmet::engine
