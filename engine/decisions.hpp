#pragma once
// Decision tables of a package: which row of the law holds for somebody. The file is
// `decisions.dmn` beside process.bpmn, a subset of OMG DMN 1.3 (clause 8.2): decisions with one
// table each, hit policy FIRST, input expressions that are plain names, FEEL unary tests ("-", a
// comparison, or values and ranges with commas between), annotations `rule` and `cite`.
//
//   decision[id name] > decisionTable[hitPolicy]
//     > input > inputExpression > text                      a name: sex
//     > output[name]
//     > annotation[name]                                    rule, cite
//     > rule[id] > inputEntry > text, outputEntry > text, annotationEntry > text
//
// Pure and immutable after reading; safe for concurrent use.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/definition.hpp"
#include "engine/feel.hpp"

namespace qyzmet::engine {

inline constexpr std::size_t k_decision_tables_max = 50;
inline constexpr std::size_t k_decision_rules_max = 500;  // of one table

/// What a table says: the values of its outputs, and on what ground.
struct Decision {
  Context outputs;
  std::string rule;  // id of the legal rule
  std::string cite;  // id of a citation of the package
};

struct DecisionRule {
  std::optional<Expression> when;  // absent: always
  std::vector<std::pair<std::string, Expression>> outputs;
  std::string rule;
  std::string cite;
  int line = 0;
};

struct DecisionTable {
  std::string id;
  std::vector<std::string> inputs;
  std::vector<DecisionRule> rules;

  /// The first rule that holds; nullopt when none does. An input that is absent is null, and no
  /// test holds for it but "-".
  std::optional<Decision> decide(Context const& values, Calendar const& calendar) const;
  /// The text of one output; "" when no rule holds.
  std::string choose(std::string_view output, Context const& values,
                     Calendar const& calendar) const;
};

using DecisionTables = std::map<std::string, DecisionTable, std::less<>>;

/// Reads the tables of one file; `name` stands in the violations.
Checked<DecisionTables> read_decisions(std::string_view xml, std::string_view name);

}  // namespace qyzmet::engine
