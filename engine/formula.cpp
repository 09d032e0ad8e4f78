#include <algorithm>
#include <array>

#include "engine/observers.hpp"

namespace qyzmet::engine {

namespace {

struct Word {
  std::string_view text;
  FormulaOp op;
};
constexpr std::array<Word, 8> k_predicates{{{"enters", FormulaOp::enters},
                                            {"completes", FormulaOp::completes},
                                            {"orders", FormulaOp::orders},
                                            {"signs", FormulaOp::signs},
                                            {"produces", FormulaOp::produces},
                                            {"acts", FormulaOp::acts},
                                            {"at", FormulaOp::at},
                                            {"breach", FormulaOp::breach}}};
constexpr std::array<Word, 4> k_prefixes{{{"not", FormulaOp::negation},
                                          {"O", FormulaOp::once},
                                          {"H", FormulaOp::historically},
                                          {"Y", FormulaOp::previously}}};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

/// Recursive descent; the first error stops everything: -1 is passed up from then on.
class FormulaParser {
 public:
  explicit FormulaParser(std::string_view text) : text_{text} {}

  std::expected<Formula, FormulaError> run() {
    if (text_.size() > k_formula_bytes_max) return std::unexpected(FormulaError{0, "too long"});
    if (word() == "G") take(1);
    auto const whole = implication();
    skip();
    if (whole >= 0 && at_ < text_.size()) refuse("nothing more is expected here");
    if (error_) return std::unexpected(*error_);
    return std::move(nodes_);
  }

 private:
  int refuse(std::string why) {
    if (!error_) error_ = FormulaError{.at = at_, .text = std::move(why)};
    return -1;
  }
  void skip() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.contains(text_[at_])) ++at_;
  }
  /// The word that stands next, "" when a sign does.
  std::string_view word() {
    skip();
    auto size = std::size_t{0};
    while (at_ + size < text_.size() && is_word(text_[at_ + size])) ++size;
    return text_.substr(at_, size);
  }
  void take(std::size_t size) { at_ += size; }
  bool take_sign(std::string_view sign) {
    skip();
    if (!text_.substr(at_).starts_with(sign)) return false;
    take(sign.size());
    return true;
  }
  bool take_word(std::string_view wanted) {
    if (word() != wanted) return false;
    take(wanted.size());
    return true;
  }
  int add(FormulaNode node) {
    nodes_.push_back(std::move(node));
    return int(nodes_.size()) - 1;
  }
  int binary(FormulaOp op, int left, int right, std::size_t at) {
    if (left < 0 || right < 0) return -1;
    return add({.op = op, .left = left, .right = right, .at = at});
  }

  int implication() {
    if (++depth_ > k_formula_depth_max) return refuse("nested too deeply");
    skip();
    auto const at = at_;
    auto left = disjunction();
    if (left >= 0 && take_sign("->"))
      left = binary(FormulaOp::implication, left, implication(), at);
    --depth_;
    return left;
  }
  int disjunction() {
    skip();
    auto const at = at_;
    auto left = conjunction();
    while (left >= 0 && take_word("or"))
      left = binary(FormulaOp::disjunction, left, conjunction(), at);
    return left;
  }
  int conjunction() {
    skip();
    auto const at = at_;
    auto left = since();
    while (left >= 0 && take_word("and")) left = binary(FormulaOp::conjunction, left, since(), at);
    return left;
  }
  int since() {
    skip();
    auto const at = at_;
    auto const left = unary();
    return left >= 0 && take_word("S") ? binary(FormulaOp::since, left, unary(), at) : left;
  }

  int unary() {
    skip();
    auto const at = at_;
    auto const* const prefix = std::ranges::find(k_prefixes, word(), &Word::text);
    if (prefix == k_prefixes.end()) return primary();
    if (++depth_ > k_formula_depth_max) return refuse("nested too deeply");
    take(prefix->text.size());
    auto const operand = unary();
    --depth_;
    return operand < 0 ? -1 : add({.op = prefix->op, .left = operand, .at = at});
  }

  int primary() {
    if (take_sign("(")) {
      auto const inner = implication();
      if (inner >= 0 && !take_sign(")")) return refuse("a closing parenthesis is missing");
      return inner;
    }
    auto const at = at_;
    if (take_sign("{")) return expression(at);
    auto const name = word();
    if (name == "true" || name == "false" || name == "ended") {
      take(name.size());
      auto const op = name == "ended" ? FormulaOp::ended : FormulaOp::constant;
      return add({.op = op, .value = name == "true", .at = at});
    }
    auto const* const predicate = std::ranges::find(k_predicates, name, &Word::text);
    if (predicate == k_predicates.end())
      return refuse(name.empty() ? "a predicate is missing"
                                 : std::string{name} + " is no predicate");
    take(name.size());
    if (!take_sign("(")) return refuse("a name in parentheses is missing");
    auto const quoted = take_sign("\"");
    auto const argument = word();
    if (argument.empty()) return refuse("a name is missing");
    take(argument.size());
    if (quoted && !take_sign("\"")) return refuse("a closing quote is missing");
    if (!take_sign(")")) return refuse("a closing parenthesis is missing");
    return add({.op = predicate->op, .name = std::string{argument}, .at = at});
  }

  /// After the brace; a brace inside a FEEL text does not end it.
  int expression(std::size_t at) {
    auto const begin = at_;
    for (bool quoted = false; at_ < text_.size() && (quoted || text_[at_] != '}'); ++at_) {
      if (quoted && text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == '"')
        quoted = !quoted;
    }
    if (at_ >= text_.size()) {
      at_ = at;
      return refuse("the closing brace is missing");
    }
    auto const source = text_.substr(begin, at_++ - begin);
    auto compiled = Expression::compile(source);
    if (compiled) return add({.op = FormulaOp::feel, .feel = *std::move(compiled), .at = at});
    at_ = begin + std::stoul(compiled.error().arguments["at"]);
    return refuse("not FEEL-mini: " + compiled.error().arguments["construct"]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Formula nodes_;
  std::optional<FormulaError> error_;
};

}  // namespace

std::expected<Formula, FormulaError> parse_formula(std::string_view text) {
  return FormulaParser{text}.run();
}

}  // namespace qyzmet::engine
