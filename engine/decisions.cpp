#include "engine/decisions.hpp"

#include <algorithm>

#include "engine/xml.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::string_view k_namespace = "https://www.omg.org/spec/DMN/20191111/MODEL/";

std::string_view tag(pugi::xml_node node) {
  return local_name(node.name());
}

std::vector<pugi::xml_node> children(pugi::xml_node node, std::string_view name) {
  std::vector<pugi::xml_node> out;
  for (auto const child : node.children())
    if (child.type() == pugi::node_element && tag(child) == name) out.push_back(child);
  return out;
}

/// The words of <name><text>..</text></name>.
std::string words_of(pugi::xml_node node) {
  auto const texts = children(node, "text");
  return texts.empty() ? std::string{} : trimmed_text(texts.front());
}

/// A unary test (DMN 1.3, 10.3.1.2, grammar rule 15) as a condition on its input.
std::string condition(std::string const& input, std::string const& test) {
  for (auto const* comparison : {"<=", ">=", "<", ">"})
    if (test.starts_with(comparison)) return "(" + input + " " + test + ")";
  return "(" + input + " in (" + test + "))";
}

class TableReader {
 public:
  TableReader(XmlDocument const& document, std::vector<Violation>& violations)
      : document_{document}, violations_{violations} {}

  DecisionTable read(pugi::xml_node decision) {
    DecisionTable out;
    out.id = decision.attribute("id").value();
    if (out.id.empty()) refuse(decision, "missing_attribute", "id is required");
    auto const tables = children(decision, "decisionTable");
    if (tables.size() != 1) {
      refuse(decision, "no_table", "a decision has one decision table");
      return out;
    }
    auto const table = tables.front();
    if (std::string_view{table.attribute("hitPolicy").value()} != "FIRST")
      refuse(table, "unknown_value", "the hit policy is FIRST: the first row that holds");
    for (auto const input : children(table, "input"))
      for (auto const expression : children(input, "inputExpression"))
        out.inputs.push_back(words_of(expression));
    for (auto const output : children(table, "output"))
      outputs_.emplace_back(output.attribute("name").value());
    for (auto const note : children(table, "annotation"))
      annotations_.emplace_back(note.attribute("name").value());
    if (out.inputs.empty() || outputs_.empty())
      refuse(table, "no_table", "a table has inputs and outputs");
    auto const rules = children(table, "rule");
    if (rules.empty() || rules.size() > k_decision_rules_max)
      refuse(table, "rows", "a table has between 1 and 500 rules");
    else
      for (auto const rule : rules) out.rules.push_back(read_rule(rule, out.inputs));
    return out;
  }

 private:
  void refuse(pugi::xml_node at, std::string reason, std::string text) {
    if (violations_.size() < k_violations_max)
      violations_.push_back(document_.violation(at, std::move(reason), std::move(text)));
  }

  std::optional<Expression> compile(pugi::xml_node at, std::string const& text) {
    auto expression = Expression::compile(text);
    if (expression) return *std::move(expression);
    refuse(at, "expression", text + " is no expression");
    return std::nullopt;
  }

  DecisionRule read_rule(pugi::xml_node node, std::vector<std::string> const& inputs) {
    DecisionRule out;
    out.line = document_.line(node);
    auto const tests = children(node, "inputEntry");
    auto const values = children(node, "outputEntry");
    auto const notes = children(node, "annotationEntry");
    if (tests.size() != inputs.size() || values.size() != outputs_.size() ||
        notes.size() != annotations_.size()) {
      refuse(node, "rows", "a rule has an entry for each input, output and annotation");
      return out;
    }
    std::string all;
    for (std::size_t i = 0; i < tests.size(); ++i) {
      auto const test = words_of(tests[i]);
      if (test == "-") continue;
      all += (all.empty() ? "" : " and ") + condition(inputs[i], test);
    }
    if (!all.empty()) out.when = compile(node, all);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (auto value = compile(values[i], words_of(values[i])))
        out.outputs.emplace_back(outputs_[i], *std::move(value));
    for (std::size_t i = 0; i < notes.size(); ++i) {
      if (annotations_[i] == "rule") out.rule = words_of(notes[i]);
      if (annotations_[i] == "cite") out.cite = words_of(notes[i]);
    }
    return out;
  }

  XmlDocument const& document_;
  std::vector<Violation>& violations_;
  std::vector<std::string> outputs_, annotations_;
};

}  // namespace

std::optional<Decision> DecisionTable::decide(Context const& values,
                                              Calendar const& calendar) const {
  auto const holds = [&](DecisionRule const& rule) {
    return !rule.when || rule.when->is_true(values, calendar);
  };
  auto const found = std::ranges::find_if(rules, holds);
  if (found == rules.end()) return std::nullopt;
  Decision out{.outputs = {}, .rule = found->rule, .cite = found->cite};
  for (auto const& [name, value] : found->outputs)
    out.outputs[name] = value.evaluate(values, calendar);
  return out;
}

std::string DecisionTable::choose(std::string_view output, Context const& values,
                                  Calendar const& calendar) const {
  auto const decision = decide(values, calendar);
  return decision ? text_at(decision->outputs, output) : std::string{};
}

Checked<DecisionTables> read_decisions(std::string_view xml, std::string_view name) {
  auto const document = XmlDocument::parse(xml, name);
  if (!document) return std::unexpected(std::vector{document.error()});
  auto const root = document->root();
  std::vector<Violation> violations;
  auto const refuse = [&](pugi::xml_node at, std::string reason, std::string text) {
    violations.push_back(document->violation(at, std::move(reason), std::move(text)));
  };
  if (tag(root) != "definitions" || namespace_of(root, root.name(), false) != k_namespace)
    refuse(root, "not_decisions", "the root element is not definitions of DMN 1.3");
  auto const decisions = children(root, "decision");
  if (decisions.size() > k_decision_tables_max) refuse(root, "rows", "more than 50 decisions");
  DecisionTables out;
  if (violations.empty())
    for (auto const decision : decisions) {
      auto table = TableReader{*document, violations}.read(decision);
      auto const id = table.id;
      if (!out.emplace(id, std::move(table)).second)
        refuse(decision, "duplicate_id", "the decision stands twice");
    }
  if (!violations.empty()) return std::unexpected(std::move(violations));
  return out;
}

}  // namespace qyzmet::engine
