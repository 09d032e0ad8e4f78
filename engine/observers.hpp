#pragma once
// Legal observers: what the law says about the order of acts, as past-time temporal formulas that
// run beside a case. They stand in observers.xml of a definition package (namespace
// urn:kz:qyzmet:observers:1):
//
//   observers > observer[id rule cite]: one formula that holds after every step
//
//   formula := since ('->' formula)?               implication, to the right
//   or      := and ('or' and)*        and := since ('and' since)*
//   since   := unary ('S' unary)?                  a S b: b held once, and a has held ever since
//   unary   := 'not' unary | 'O' unary | 'H' unary | 'Y' unary | '(' formula ')' | predicate
//              O once until now, H always until now, Y in the step before; 'G' at the very
//              beginning may be written, it is meant anyway
//   predicate of the step:   enters(NODE)     a token entered the node
//                            completes(NODE)  a person did the task, the answer of the handler
//                                             came, the message or the time arrived
//                            orders(KIND)     an effect of this wf:kind was ordered
//                            signs(PATH)      the event bears a signature over that document
//                            produces(PATH)   the form made that document
//                            acts(ROLE)       who acted
//   predicate of the state:  at(NODE)         a token rests there
//                            breach(CODE)     the milestone is recorded as missed
//                            ended            the case has ended
//                            {FEEL}           FEEL-mini over variables, T.*, event.*, actor.*
//   also 'true' and 'false'; names may stand in double quotes. An expression is read only when
//   what stands to its left in the same 'and', 'or' or '->' leaves the answer open.
//
// Formulas are values; an Observers is immutable, safe for concurrent use.
#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/package.hpp"
#include "engine/step.hpp"

namespace qyzmet::engine {

inline constexpr std::size_t k_formula_bytes_max = 4 * 1024;
inline constexpr int k_formula_depth_max = 64;
inline constexpr int k_registers_max = 64;  // temporal operators of all observers of a package
inline constexpr std::size_t k_observers_max = 64;  // of a package

enum class FormulaOp : std::uint8_t {
  constant,
  enters,
  completes,
  orders,
  signs,
  produces,
  acts,
  at,
  breach,
  ended,
  feel,
  negation,
  conjunction,
  disjunction,
  implication,
  once,
  historically,
  previously,
  since,
};

struct FormulaNode {
  FormulaOp op = FormulaOp::constant;
  int left = -1;  // operands stand before
  int right = -1;
  bool value = false;       // of a constant
  std::string name = {};    // of a predicate
  NodeIndex node = k_none;  // that it names, when it was read for a package
  std::optional<Expression> feel = {};
  int bit = -1;        // register of a temporal operator
  std::size_t at = 0;  // where it begins in the text
};

/// The root is the last node.
using Formula = std::vector<FormulaNode>;

struct FormulaError {
  std::size_t at = 0;
  std::string text;  // for people
};
std::expected<Formula, FormulaError> parse_formula(std::string_view text);

struct Observer {
  std::string id;
  std::string rule;
  std::string cite;
  std::string text;  // of the formula
  int line = 0;      // on which the formula begins
  Formula formula;
};

/// What one step was, for predicates; `event` is null when nothing but time passed.
struct Observed {
  Step const& step;
  std::vector<NodeIndex> const& visits;
  Event const* event = nullptr;
  Names const& environment;  // variables after the step, T, event, actor
  Calendar const& calendar;
};

/// Nodes that tokens came to in a step: as the step tells them, else as far as its facts do.
template <class Made>
concept TellsVisits = requires(Made made) { made.visits; };
template <class Made>
std::vector<NodeIndex> visited(Made const& made, Definition const& process) {
  std::vector<NodeIndex> out;
  if constexpr (TellsVisits<Made>) {
    for (auto const& visit : made.visits) out.push_back(visit.node);
  } else {
    for (auto const& fact : made.facts)
      if (auto const node = process.find(fact.node); node != k_none) out.push_back(node);
    out.insert(out.end(), made.next.ends.begin(), made.next.ends.end());
  }
  return out;
}

/// Those of the package, from its observers.xml; none when it has no such file. Everything that
/// they name must exist in the package.
Checked<std::vector<Observer>> load_observers(Package const& package);

/// The registers before the first step.
std::uint64_t first_registers(std::vector<Observer> const& observers);
/// What the observer remembers, when its answer still depends on that: bits of its registers, and
/// the breaches that it asks for. Nothing when it holds whatever happens: what it demands to have
/// happened has happened.
struct Remembered {
  std::uint64_t registers = 0;
  std::vector<std::string_view> breaches = {};
};
std::optional<Remembered> remembered(Observer const& observer, std::uint64_t registers,
                                     std::vector<std::string> const& breaches);
/// Which way what an observer remembers leans: the more of `helps` is remembered, and the less of
/// `harms`, the sooner it holds, now and after every further step.
struct Leaning {
  std::uint64_t helps = 0, harms = 0;  // bits of registers
  std::set<std::string_view> breaches_help = {}, breaches_harm = {};
};
Leaning leaning(Observer const& observer);
/// Moves the registers on and answers the indices of the observers that do not hold.
std::vector<std::size_t> observe(std::vector<Observer> const& observers, Observed const& observed,
                                 std::uint64_t& registers);

/// observe() for those who ask about a great many steps: what an observer made of a step is known
/// by what it asked of it, but where it read an expression. Observers of a package, which outlive
/// it; not thread-safe.
class Watch {
 public:
  explicit Watch(std::vector<Observer> const& observers);
  std::vector<std::size_t> observe(Observed const& observed, std::uint64_t& registers);

 private:
  struct Made {
    std::uint64_t truths = 0, before = 0;  // of its predicates; registers
    std::uint64_t after = 0;
    bool known = false;
    bool holds = true;
  };
  static constexpr std::size_t k_made = 16;
  struct One {
    std::vector<std::size_t> predicates = {};  // more than 64: nothing is known of it
    std::uint64_t bits = 0;                    // its registers
    std::array<Made, k_made> made = {};        // by what it depends on; the later one stays
  };
  using Name = std::pair<FormulaOp, std::string_view>;

  void look(Observed const& observed);
  Made& place_of(One& one, std::uint64_t registers) const;
  void mark(Name const& name);
  void mark(FormulaOp op, NodeIndex node);

  std::vector<Observer> const& observers_;
  std::vector<One> ones_;
  std::vector<FormulaNode const*> predicates_;  // each once
  std::vector<std::size_t> of_event_;           // places in predicates_
  std::map<Name, std::size_t> named_;           // likewise
  std::vector<std::size_t> entered_, resting_;  // likewise, by node, from 1; 0 = not asked for
  std::vector<std::uint8_t> truths_;            // of predicates, after the last step
};

}  // namespace qyzmet::engine
