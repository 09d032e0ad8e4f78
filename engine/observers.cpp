#include "engine/observers.hpp"

#include <algorithm>

namespace qyzmet::engine {

namespace {

bool is_temporal(FormulaOp op) {
  return op == FormulaOp::once || op == FormulaOp::historically || op == FormulaOp::previously ||
         op == FormulaOp::since;
}

bool is_predicate(FormulaOp op) {
  return op >= FormulaOp::enters && op <= FormulaOp::ended;
}

bool tells_completion(Fact const& fact) {
  return fact.kind == "completed" || fact.kind == "handled" || fact.kind == "message" ||
         fact.kind == "timer_fired";
}

bool holds_of_event(FormulaNode const& node, Event const& event, Instance const& next) {
  if (node.op == FormulaOp::acts) return event.actor.role == node.name;
  auto const* const done = std::get_if<CompleteTask>(&event.body);
  auto const* const received = std::get_if<ReceiveMessage>(&event.body);
  auto const* const form = done != nullptr ? &done->form : received ? &received->form : nullptr;
  if (form == nullptr) return false;
  if (node.op == FormulaOp::produces) return form->contains(node.name);
  auto const& signature = done != nullptr ? done->signature : received->signature;
  auto const present = text_at(next.variables, node.name);
  return signature && !present.empty() && signature->document == present &&
         signature->signer == event.actor.user;
}

/// One observer in one step. Values of temporal operators are those after the step, except that
/// of Y, which is that of its operand one step earlier.
class Evaluation {
 public:
  Evaluation(Formula const& formula, Observed const& observed,
             std::vector<std::string_view> const& completed, std::uint64_t before)
      : formula_{formula}, observed_{observed}, completed_{completed}, before_{before} {}

  std::uint64_t after = 0;
  bool reads = false;  // it came to an expression

  bool run() {
    // Inner operators stand before outer ones.
    for (auto const& node : formula_)
      if (is_temporal(node.op)) move(node);
    return value(int(formula_.size()) - 1);
  }

 private:
  bool was(FormulaNode const& node) const { return ((before_ >> node.bit) & 1U) != 0; }
  void move(FormulaNode const& node) {
    bool now = was(node);
    switch (node.op) {
      case FormulaOp::once:
        now = now || value(node.left);
        break;
      case FormulaOp::historically:
        now = now && value(node.left);
        break;
      case FormulaOp::since:
        now = value(node.right) || (now && value(node.left));
        break;
      default:
        now = value(node.left);
    }
    if (now) after |= std::uint64_t{1} << node.bit;
  }

  bool value(int index) {
    auto const& node = formula_[std::size_t(index)];
    switch (node.op) {
      case FormulaOp::constant:
        return node.value;
      case FormulaOp::negation:
        return !value(node.left);
      case FormulaOp::conjunction:
        return value(node.left) && value(node.right);
      case FormulaOp::disjunction:
        return value(node.left) || value(node.right);
      case FormulaOp::implication:
        return !value(node.left) || value(node.right);
      case FormulaOp::previously:
        return was(node);
      case FormulaOp::once:
      case FormulaOp::historically:
      case FormulaOp::since:
        return ((after >> node.bit) & 1U) != 0;
      case FormulaOp::feel:
        reads = true;
        return node.feel->is_true(observed_.environment, observed_.calendar);
      default:
        return predicate(node);
    }
  }

  bool predicate(FormulaNode const& node) const {
    auto const& next = observed_.step.next;
    switch (node.op) {
      case FormulaOp::ended:
        return next.ended;
      case FormulaOp::breach:
        return std::ranges::find(next.breaches, node.name) != next.breaches.end();
      case FormulaOp::at:
        return std::ranges::find(next.tokens, node.node, &Token::node) != next.tokens.end();
      case FormulaOp::enters:
        return std::ranges::find(observed_.visits, node.node) != observed_.visits.end();
      case FormulaOp::orders:
        return std::ranges::find(observed_.step.effects, node.name, &Effect::kind) !=
               observed_.step.effects.end();
      case FormulaOp::completes:
        return std::ranges::find(completed_, node.name) != completed_.end();
      default:
        return observed_.event != nullptr && holds_of_event(node, *observed_.event, next);
    }
  }

  Formula const& formula_;
  Observed const& observed_;
  std::vector<std::string_view> const& completed_;
  std::uint64_t before_;
};

/// Nodes that were done in the step.
std::vector<std::string_view> completed(Step const& step) {
  std::vector<std::string_view> out;
  for (auto const& fact : step.facts)
    if (tells_completion(fact)) out.push_back(fact.node);
  return out;
}

}  // namespace

namespace {

enum class Settled : std::uint8_t { open, yes, no };

Settled opposite(Settled settled) {
  if (settled == Settled::open) return Settled::open;
  return settled == Settled::yes ? Settled::no : Settled::yes;
}

Settled either(Settled a, Settled b) {
  if (a == Settled::yes || b == Settled::yes) return Settled::yes;
  return a == Settled::no ? b : a;
}

/// What a part of a formula is from now on for ever, as far as the past alone tells.
Settled settled(Formula const& formula, int index, std::uint64_t registers,
                std::vector<std::string> const& breaches) {
  auto const& node = formula[std::size_t(index)];
  auto const of = [&](int operand) { return settled(formula, operand, registers, breaches); };
  auto const bit = [&] { return ((registers >> node.bit) & 1U) != 0; };
  switch (node.op) {
    case FormulaOp::constant:
      return node.value ? Settled::yes : Settled::no;
    case FormulaOp::breach:
      return std::ranges::find(breaches, node.name) != breaches.end() ? Settled::yes
                                                                      : Settled::open;
    case FormulaOp::once:
      return bit() ? Settled::yes : Settled::open;
    case FormulaOp::historically:
      return bit() ? Settled::open : Settled::no;
    case FormulaOp::negation:
      return opposite(of(node.left));
    case FormulaOp::conjunction:
      return opposite(either(opposite(of(node.left)), opposite(of(node.right))));
    case FormulaOp::disjunction:
      return either(of(node.left), of(node.right));
    case FormulaOp::implication:
      return either(opposite(of(node.left)), of(node.right));
    default:
      return Settled::open;
  }
}

}  // namespace

std::optional<Remembered> remembered(Observer const& observer, std::uint64_t registers,
                                     std::vector<std::string> const& breaches) {
  auto const root = int(observer.formula.size()) - 1;
  if (settled(observer.formula, root, registers, breaches) == Settled::yes) return std::nullopt;
  Remembered out;
  for (auto const& node : observer.formula) {
    if (node.bit >= 0) out.registers |= std::uint64_t{1} << node.bit;
    bool const recorded =
        node.op == FormulaOp::breach && std::ranges::find(breaches, node.name) != breaches.end();
    if (recorded) out.breaches.push_back(node.name);
  }
  return out;
}

namespace {

/// Every operator but the negation, and the left side of an implication, is monotone.
void lean(Formula const& formula, int index, bool helps, Leaning& out) {
  if (index < 0) return;
  auto const& node = formula[std::size_t(index)];
  if (node.bit >= 0) (helps ? out.helps : out.harms) |= std::uint64_t{1} << node.bit;
  if (node.op == FormulaOp::breach)
    (helps ? out.breaches_help : out.breaches_harm).insert(node.name);
  bool const turns = node.op == FormulaOp::negation || node.op == FormulaOp::implication;
  lean(formula, node.left, turns ? !helps : helps, out);
  lean(formula, node.right, helps, out);
}

}  // namespace

Leaning leaning(Observer const& observer) {
  Leaning out;
  lean(observer.formula, int(observer.formula.size()) - 1, true, out);
  return out;
}

std::uint64_t first_registers(std::vector<Observer> const& observers) {
  std::uint64_t registers = 0;
  for (auto const& observer : observers)
    for (auto const& node : observer.formula)
      if (node.op == FormulaOp::historically) registers |= std::uint64_t{1} << node.bit;
  return registers;
}

std::vector<std::size_t> observe(std::vector<Observer> const& observers, Observed const& observed,
                                 std::uint64_t& registers) {
  std::vector<std::size_t> broken;
  auto const done = completed(observed.step);
  std::uint64_t after = 0;
  for (std::size_t i = 0; i < observers.size(); ++i) {
    Evaluation evaluation{observers[i].formula, observed, done, registers};
    if (!evaluation.run()) broken.push_back(i);
    after |= evaluation.after;
  }
  registers = after;
  return broken;
}

Watch::Watch(std::vector<Observer> const& observers) : observers_{observers} {
  auto const place_of = [&](FormulaNode const& node) {
    auto const [at, fresh] = named_.try_emplace({node.op, node.name}, predicates_.size());
    if (!fresh) return at->second;
    predicates_.push_back(&node);
    bool const at_nodes = node.op == FormulaOp::enters || node.op == FormulaOp::at;
    if (at_nodes && node.node != k_none) {
      auto& places = node.op == FormulaOp::at ? resting_ : entered_;
      places.resize(std::max(places.size(), std::size_t(node.node) + 1));
      places[std::size_t(node.node)] = predicates_.size();
    }
    if (node.op >= FormulaOp::signs && node.op <= FormulaOp::acts) of_event_.push_back(at->second);
    return at->second;
  };
  for (auto const& observer : observers) {
    auto& one = ones_.emplace_back();
    for (auto const& node : observer.formula) {
      if (node.bit >= 0) one.bits |= std::uint64_t{1} << node.bit;
      if (is_predicate(node.op)) one.predicates.push_back(place_of(node));
    }
  }
  truths_.resize(predicates_.size());
}

void Watch::mark(Name const& name) {
  if (auto const at = named_.find(name); at != named_.end()) truths_[at->second] = 1;
}

void Watch::mark(FormulaOp op, NodeIndex node) {
  auto const& places = op == FormulaOp::at ? resting_ : entered_;
  if (std::size_t(node) < places.size() && places[std::size_t(node)] > 0)
    truths_[places[std::size_t(node)] - 1] = 1;
}

/// What every predicate is after the step.
void Watch::look(Observed const& observed) {
  auto const& next = observed.step.next;
  std::ranges::fill(truths_, 0);
  for (auto const node : observed.visits) mark(FormulaOp::enters, node);
  for (auto const& token : next.tokens) mark(FormulaOp::at, token.node);
  for (auto const& fact : observed.step.facts)
    if (tells_completion(fact)) mark({FormulaOp::completes, fact.node});
  for (auto const& effect : observed.step.effects) mark({FormulaOp::orders, effect.kind});
  for (auto const& breach : next.breaches) mark({FormulaOp::breach, breach});
  if (next.ended) mark({FormulaOp::ended, {}});
  if (observed.event == nullptr) return;
  for (auto const at : of_event_)
    if (holds_of_event(*predicates_[at], *observed.event, next)) truths_[at] = 1;
}

/// Where it stands, or would, what the observer makes of what it sees.
Watch::Made& Watch::place_of(One& one, std::uint64_t registers) const {
  std::uint64_t truths = 0;
  for (auto const at : one.predicates) truths = truths << 1 | truths_[at];
  auto const before = registers & one.bits;
  auto& made = one.made[(truths ^ truths >> 4 ^ before ^ before >> 7) % k_made];
  if (made.truths != truths || made.before != before) made = {.truths = truths, .before = before};
  return made;
}

std::vector<std::size_t> Watch::observe(Observed const& observed, std::uint64_t& registers) {
  look(observed);
  std::vector<std::size_t> broken;
  std::optional<std::vector<std::string_view>> done;  // made when it is needed
  std::uint64_t after = 0;
  for (std::size_t i = 0; i < ones_.size(); ++i) {
    auto& made = place_of(ones_[i], registers);
    if (!made.known) {
      if (!done) done = completed(observed.step);
      Evaluation evaluation{observers_[i].formula, observed, *done, registers};
      made.holds = evaluation.run();
      made.after = evaluation.after;
      made.known = !evaluation.reads && ones_[i].predicates.size() <= 64;
    }
    if (!made.holds) broken.push_back(i);
    after |= made.after;
  }
  registers = after;
  return broken;
}

}  // namespace qyzmet::engine
