#include "tests/engine/facts.hpp"
#include "tests/engine/filled.hpp"

#include <algorithm>
#include <set>

#include "tests/engine/markup.hpp"

namespace qyzmet::engine {

namespace {

std::string cited(std::string_view citation) {
  return std::string{citation.empty() ? "uncited" : citation};
}

/// Texts have the key that their place suggests, or it is said.
std::string named(std::string const& key, std::string_view group, std::string_view code) {
  auto const usual = filled("{}.{}", group, code);
  return key == usual ? "" : filled(" as {}", key);
}

std::string signed_days(int days) {
  return (days < 0 ? "" : "+") + std::to_string(days);
}

class Collect {
 public:
  explicit Collect(Package const& package) : package_{package} {}

  PackageFacts run(std::string_view service_xml) {
    service();
    citations();
    raw(service_xml);
    for (auto const& [role, guards] : package_.roles) {
      owner_ = "role " + role;
      add("known");
      for (auto const& each : guards) guard(each);
    }
    term();
    offer();
    for (auto const& [id, each] : package_.forms) form(id, each);
    for (auto const& [kind, each] : package_.handlers) handler(kind, each);
    owner_ = "states";
    for (auto const& state : package_.states) {
      auto nodes = state.set.empty() ? "" : ", set " + state.set;
      for (auto const& node : state.nodes) nodes += " " + node;
      add(filled("{}{}:{}", state.code, named(state.text, "state", state.code), nodes));
    }
    return std::move(out_);
  }

 private:
  PackageFact& add(std::string head) {
    out_.push_back({.owner = owner_, .head = std::move(head), .conditions = {}});
    return out_.back();
  }

  static void condition(PackageFact& fact, char const* label,
                        std::optional<Expression> const& value) {
    if (value) fact.conditions.emplace(label, *value);
  }

  void service() {
    owner_ = "service " + package_.service;
    add("number " + package_.number);
    add("rules of order " + package_.version);
    add("from " + to_iso(package_.effective_from));
    if (package_.effective_to) add("until " + to_iso(*package_.effective_to));
    add(package_.offered ? "can be applied for" : "cannot be applied for yet");
    add(package_.asks_address ? "asks for the address" : "knows the address");
    std::string apart;
    for (auto const& path : package_.one_open_by) apart += " " + path;
    add("one open application" + (apart.empty() ? "" : " by" + apart));
  }

  void citations() {
    owner_ = "citations";
    for (auto const& [id, citation] : package_.citations)
      add(filled("{} of {}: {} | {} | {}", id, citation.source, citation.text.at("kk"),
                 citation.text.at("ru"), citation.text.at("en")));
  }

  void raw(std::string_view service_xml) {
    for (auto const& element : elements_of(service_xml)) {
      if (element.tag == "setting") {
        owner_ = "settings";
        add(filled("{} = {} among {}, {}, {}", element.at("id"), element.at("value"),
                   element.at("among"), element.at("rule"), cited(element.at("cite"))));
      } else if (element.tag == "variable") {
        owner_ = "variables";
        add(filled("{} {}", element.at("path"), element.at("type")));
      }
    }
  }

  void guard(Guard const& guard) {
    auto head = filled("guard {} {} {}", guard.rule, cited(guard.cite), guard.text);
    if (!guard.field.empty()) head += " at " + guard.field;
    if (!guard.awaits.empty()) head += " awaits " + guard.awaits;
    auto& fact = add(std::move(head));
    condition(fact, "when", guard.when);
    if (guard.awaits.empty()) condition(fact, "needs", guard.require);
  }

  void milestone(std::string_view before, MilestoneRule const& rule) {
    using Basis = MilestoneRule::Basis;
    auto const basis = rule.basis == Basis::start      ? "start"
                       : rule.basis == Basis::end      ? "end"
                       : rule.basis == Basis::decision ? "decision"
                                                       : rule.basis_code.c_str();
    add(filled("{}milestone {}: {} {}, {}, {}", before, rule.code, basis,
               signed_days(rule.offset_wd), rule.rule, cited(rule.cite)));
  }

  void term() {
    auto const& term = package_.term;
    owner_ = "term " + term.id;
    add(filled("the day ends {} h {} min", term.workday_end.count() / 60,
               term.workday_end.count() % 60));
    add("acceptance " + term.acceptance_cite);
    add("counting " + term.counting_cite);
    for (auto const& [place, days] : term.days_by_place)
      add(filled("{} {} days, {}", place, days, cited(term.cite_by_place.at(place))));
    for (auto const& rule : term.milestones) milestone("", rule);
    using Basis = MilestoneRule::Basis;
    using Cap = ExtensionRule::Cap;
    for (auto const& extension : term.extensions) {
      auto const basis = extension.basis == Basis::start ? "start"
                         : extension.basis == Basis::end ? "end"
                                                         : "decision";
      auto const cap = extension.cap == Cap::days     ? "days count"
                       : extension.cap == Cap::months ? "months count"
                                                      : "the earlier counts";
      add(filled("extension {}: {} days from {}, {}, {}", extension.code, extension.days, basis,
                 extension.rule, cited(extension.cite)));
      if (extension.months > 0)
        add(filled("extension {}: {} months, {}, {}", extension.code, extension.months,
                   extension.months_cite, cap));
      for (auto const& rule : extension.milestones) milestone(extension.code + ": ", rule);
    }
    for (auto const& target : package_.targets) {
      std::string nodes;
      for (auto const& node : target.nodes) nodes += " " + node;
      auto& fact =
          add(filled("target {}:{}, {}, {}", target.code, nodes, target.rule, cited(target.cite)));
      condition(fact, "by", target.due);
    }
  }

  /// What is offered to whom, for which papers, and why it may be refused.
  void offer() {
    owner_ = "passport";
    for (auto const& row : package_.passport)
      add(filled("{}{}, {}", row.code, named(row.text, "passport", row.code), cited(row.cite)));
    for (auto const& subtype : package_.subtypes) {
      owner_ = "subtype " + subtype.code;
      add(filled("{}{}, {}, {}", subtype.id, named(subtype.text, "subtype", subtype.code),
                 subtype.rule, cited(subtype.cite)));
      add("old ID " + subtype.old_id);
      if (!subtype.result.empty()) add("gives " + subtype.result);
      for (auto const& paper : subtype.documents) {
        auto const how = !paper.group.empty() ? "one of " + paper.group
                         : paper.required     ? "mandatory"
                                              : "if any";
        auto& fact = add(filled("paper {}{}, {}, {}", paper.code,
                                named(paper.text, "document", paper.code), how, cited(paper.cite)));
        condition(fact, "when", paper.when);
      }
    }
    owner_ = "grounds";
    for (auto const& ground : package_.grounds)
      add(filled("{}{}, {}, {}", ground.code, named(ground.text, "ground", ground.code),
                 ground.rule, cited(ground.cite)));
  }

  static std::string about(Field const& field) {
    std::string out{to_text(field.type)};
    if (field.type == FieldType::text || field.type == FieldType::long_text)
      out += filled(" {}", field.size_max);
    if (field.required) out += " required";
    if (field.sealed) out += " sealed";
    if (field.unique) out += " unique";
    if (field.changes_max > 0) out += filled(", {} bytes may change", field.changes_max);
    if (field.rows_max > 0) out += filled(", {} rows", field.rows_max);
    if (!field.source.empty()) out += " from " + field.source;
    return out + ", " + cited(field.cite);
  }

  void choices(Field const& field, std::string const& path) {
    for (auto const& choice : field.choices) {
      auto& fact = add(filled("choice {}: {}{}", path, choice.value,
                              named(choice.text, "choice", choice.value)));
      condition(fact, "available", choice.available);
    }
  }

  void field(Field const& field) {
    auto& fact = add(filled("field {}: {}", field.name, about(field)));
    condition(fact, "shown", field.shown);
    choices(field, field.name);
    for (auto const& column : field.row) {
      auto const path = field.name + "." + column.name;
      add(filled("column {}: {}", path, about(column)));
      choices(column, path);
    }
  }

  void assignments(std::vector<Assignment> const& all) {
    for (auto const& assignment : all) {
      auto& fact = add("set " + assignment.path);
      fact.conditions.emplace("to", assignment.value);
      condition(fact, "when", assignment.when);
    }
  }

  void beside(Form::Beside const& beside) {
    using During = Form::Beside::During;
    add(beside.during == During::open    ? "while the case is open"
        : beside.during == During::ended ? "after the case"
                                         : "always");
    if (beside.ends) add("ends the case");
    if (beside.restarts) add("begins the case anew");
    if (!beside.until.empty()) add("until " + beside.until);
    if (!beside.holds.empty()) add("holds " + beside.holds);
    if (!beside.renews.empty()) add("renews " + beside.renews);
    if (beside.when) condition(add("possible"), "when", beside.when);
    if (beside.due) condition(add("due"), "by", beside.due);
    for (auto const& order : beside.orders) {
      auto const paper = order.document.empty() ? "" : " with " + order.document;
      condition(add(filled("order {} {}{}", order.handler, order.kind, paper)), "when", order.when);
    }
  }

  void papers(Form const& form) {
    for (auto const& paper : form.produces)
      condition(add(filled("draws {} into {}{}", paper.document, paper.path,
                           paper.to_applicant ? " for the applicant" : "")),
                "when", paper.when);
    if (!form.signs.empty())
      condition(
          add(filled("signs {}, {}, {}", form.signs, form.signs_rule, cited(form.signs_cite))),
          "when", form.signs_when);
    if (form.blank)
      add(filled("takes blank {}, earlier {}, {}, {}, {}", form.blank->path,
                 form.blank->earlier_released ? "released" : "kept", form.blank->rule,
                 form.blank->text, form.blank->unknown));
    if (form.hands_in)
      add(filled("takes in {}, {}, {}", form.hands_in->path, form.hands_in->rule,
                 form.hands_in->text));
  }

  void form(std::string const& id, Form const& form) {
    owner_ = (form.role.empty() ? "form " : "message ") + id;
    add(form.rule + ", " + cited(form.cite));
    if (!form.role.empty()) add("by " + form.role);
    if (form.certified) add("certified");
    if (form.early) add("early " + engine::to_text(*form.early));
    if (!form.told.empty()) add("told " + form.told);
    if (form.shown) condition(add("shown"), "when", form.shown);
    if (form.due) condition(add("due"), "by", form.due);
    if (form.beside) beside(*form.beside);
    for (auto const& each : form.fields) field(each);
    for (auto const& each : form.guards) guard(each);
    assignments(form.assignments);
    papers(form);
  }

  void handler(std::string const& kind, Handler const& handler) {
    owner_ = "handler " + kind;
    add(handler.tells_undelivered   ? "delivery told"
        : handler.cabinet_is_enough ? "delivery cabinet"
                                    : "no delivery");
    if (!handler.document.empty()) add("sends " + handler.document);
    assignments(handler.assignments);
  }

  Package const& package_;
  std::string owner_;
  PackageFacts out_;
};

/// A condition that a setting has made true for ever is none; a guard without one is none either.
bool bind(PackageFact& fact, Package const& package) {
  Calendar const none{0, {}, 2000, 2000, {}};
  bool const is_guard = fact.head.starts_with("guard ");
  for (auto at = fact.conditions.begin(); at != fact.conditions.end();) {
    auto const bound = at->second.with(package.settings);
    bool const decided = at->first != "to" && at->first != "by" && bound.paths().empty() &&
                         !at->second.paths().empty();
    bool const holds = decided && bound.is_true(Context{}, none);
    if (is_guard && decided && holds == (at->first == "needs")) return false;
    at->second = bound;
    at = holds ? fact.conditions.erase(at) : std::next(at);
  }
  return true;
}

/// "" when both facts mean the same.
std::string difference(PackageFact const& stated, PackageFact const& found, Known const& known) {
  std::set<std::string> labels;
  for (auto const* fact : {&stated, &found})
    for (auto const& [label, value] : fact->conditions) labels.insert(label);
  for (auto const& label : labels) {
    auto const one = stated.conditions.find(label), other = found.conditions.find(label);
    if (one == stated.conditions.end() || other == found.conditions.end())
      return filled("{}: {} is {}", stated.name(), label,
                    one == stated.conditions.end() ? "not stated" : "missing");
    bool const truth = label != "to" && label != "by";
    if (!same_meaning(one->second, other->second, truth, known))
      return filled("{}: {} is {}", found.name(), label, other->second.text());
  }
  return "";
}

}  // namespace

PackageFacts facts_of(Package const& package, std::string_view service_xml) {
  return Collect{package}.run(service_xml);
}

PackageFacts drawn_facts_of(Package const& package) {
  PackageFacts out;
  for (auto const& node : package.process.nodes) {
    std::string what;
    if (node.kind == NodeKind::user_task)
      what = filled("{} fills {}{}", node.role, node.form,
                    node.signature == "required" ? " and signs" : "");
    else if (node.kind == NodeKind::service_task)
      what = filled("{} {}{}", node.handler, node.handler_kind,
                    node.document.empty() ? "" : " with " + node.document);
    else if (!node.message.empty())
      what = "message " + node.message;
    if (what.empty() && node.cite.empty()) continue;
    out.push_back({.owner = "drawing",
                   .head = node.id + ": " + (what.empty() ? "" : what + ", ") + cited(node.cite),
                   .conditions = {}});
  }
  return out;
}

PackageFacts table_facts_of(Package const& package) {
  PackageFacts out;
  for (auto const& [id, table] : package.decisions) {
    int number = 0;
    for (auto const& rule : table.rules) {
      auto head = filled("{}. {}, {}", ++number, rule.rule, cited(rule.cite));
      for (auto const& [name, value] : rule.outputs) head += filled(", {} {}", name, value.text());
      out.push_back({.owner = "table " + id, .head = std::move(head), .conditions = {}});
      if (rule.when) out.back().conditions.emplace("when", *rule.when);
    }
  }
  return out;
}

PackageFacts paper_facts_of(Package const& package) {
  PackageFacts out;
  for (auto const& [file, xml] : package.files) {
    if (!file.starts_with("documents/")) continue;
    std::string what = file.substr(10, file.rfind('.') - 10) + ":";
    auto const elements = elements_of(xml);
    for (auto const& element : elements) {
      if (element.tag == "part") what += filled(" {}", element.at("lang"));
      if (element.tag == "note" && elements[std::size_t(element.parent)].tag == "part")
        what += filled(" \"{}\"", without_breaks(content_of(element, xml)));
    }
    if (xml.contains("form drafted")) what += ", form drafted";
    out.push_back({.owner = "papers", .head = std::move(what), .conditions = {}});
  }
  return out;
}

std::vector<std::string> differences(PackageFacts const& stated, PackageFacts const& found,
                                     Package const& package, Known const& known) {
  std::map<std::string, std::vector<PackageFact>> wanted;
  for (auto fact : stated)
    if (bind(fact, package)) wanted[fact.name()].push_back(std::move(fact));
  std::map<std::string, std::size_t> seen;
  std::vector<std::string> out;
  for (auto const& fact : found) {
    auto const number = seen[fact.name()]++;
    auto const at = wanted.find(fact.name());
    if (at == wanted.end() || number >= at->second.size())
      out.push_back("not stated: " + fact.name());
    else if (auto differs = difference(at->second[number], fact, known); !differs.empty())
      out.push_back(std::move(differs));
  }
  for (auto const& [name, facts] : wanted)
    for (auto number = seen[name]; number < facts.size(); ++number)
      out.push_back("missing: " + name);
  return out;
}

std::string to_text(PackageFacts const& facts) {
  std::string out, owner;
  for (auto const& fact : facts) {
    if (fact.owner != owner) out += (owner.empty() ? "" : "\n") + fact.owner + "\n";
    owner = fact.owner;
    auto line = "  " + fact.head;
    bool const short_one = fact.head == "possible" || fact.head == "due" || fact.head == "shown";
    for (auto const& [label, value] : fact.conditions)
      if (label == "to")
        line += " = " + without_breaks(value.text());
      else if (short_one)
        line += " " + label + " " + without_breaks(value.text());
    out += line + "\n";
    for (auto const& [label, value] : fact.conditions)
      if (label != "to" && !short_one)
        out += "    " + label + " " + without_breaks(value.text()) + "\n";
  }
  return out;
}

}  // namespace qyzmet::engine
