#include "engine/feel.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/base/utf8.hpp"
#include "engine/feel_program.hpp"

namespace qyzmet::engine {
namespace {

// ---- Words ----------------------------------------------------------------------------------

enum class TokenKind : std::uint8_t { end, number, text, name, symbol };

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t at = 0;
  std::string_view source;
};

struct Refusal {
  char const* construct = nullptr;  // null = nothing is wrong
  std::size_t at = 0;
  std::size_t length = 0;
};

struct Named {
  std::string_view source;
  char const* construct;
};
/// Words and signs of FEEL that FEEL-mini leaves out on purpose.
constexpr std::array<Named, 8> k_refused_names{{{"for", "loop"},
                                                {"return", "loop"},
                                                {"some", "quantifier"},
                                                {"every", "quantifier"},
                                                {"satisfies", "quantifier"},
                                                {"function", "function_definition"},
                                                {"instance", "instance_of"},
                                                {"of", "instance_of"}}};
constexpr std::array<Named, 7> k_refused_signs{{{"//", "comment"},
                                                {"/*", "comment"},
                                                {"/", "division"},
                                                {"**", "power"},
                                                {"{", "context_literal"},
                                                {"}", "context_literal"},
                                                {"@", "at_literal"}}};
constexpr std::array<std::string_view, 16> k_signs{"..", "!=", "<=", ">=", "=", "<", ">", "+",
                                                   "-",  "*",  "(",  ")",  "[", "]", ",", "."};
constexpr std::array<std::string_view, 10> k_keywords{"if", "then",    "else", "or",    "and",
                                                      "in", "between", "true", "false", "null"};

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t name_length(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && (letter(text[size]) || (size > 0 && digit(text[size])))) ++size;
  return size;
}

/// "12", "12.50", ".872"; the point belongs to it only before a digit ("[1..5]").
std::size_t number_length(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && digit(text[size])) ++size;
  if (size + 1 < text.size() && text[size] == '.' && digit(text[size + 1])) {
    ++size;
    while (size < text.size() && digit(text[size])) ++size;
  }
  return size;
}

/// With both quotes; 0 when the closing one is missing.
std::size_t text_length(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

template <std::size_t N>
Named const* named(std::array<Named, N> const& table, std::string_view source) {
  for (Named const& row : table)
    if (row.source == source) return &row;
  return nullptr;
}

bool keyword(std::string_view name) {
  return std::ranges::find(k_keywords, name) != k_keywords.end();
}

// ---- Literals -------------------------------------------------------------------------------

void append_utf8(std::string& out, std::uint32_t code) {
  auto const tail = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | (code >> 6)), tail(0)};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0)};
  }
}

/// The four digits after "\u" at the front of `text`.
std::optional<std::uint32_t> take_unit(std::string_view& text) {
  std::uint32_t unit = 0;
  if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
  auto const* end = text.data() + 6;
  if (std::from_chars(text.data() + 2, end, unit, 16).ptr != end) return std::nullopt;
  text.remove_prefix(6);
  return unit;
}

bool take_escape(std::string_view& text, std::string& out) {
  constexpr std::string_view k_letters = "\"\\ntr";
  constexpr std::string_view k_meanings = "\"\\\n\t\r";
  if (auto const at = k_letters.find(text[1]); at != k_letters.npos) {
    out += k_meanings[at];
    text.remove_prefix(2);
    return true;
  }
  auto code = take_unit(text);
  if (code && *code >= 0xD800 && *code < 0xDC00) {
    auto const low = take_unit(text);
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
    code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
  }
  if (!code || *code == 0 || (*code >= 0xDC00 && *code <= 0xDFFF)) return false;
  append_utf8(out, *code);
  return true;
}

/// The text between the quotes of `source`.
std::optional<std::string> unquoted(std::string_view source) {
  source = source.substr(1, source.size() - 2);
  std::string out;
  while (!source.empty()) {
    if (source.front() == '\\') {
      if (!take_escape(source, out)) return std::nullopt;
      continue;
    }
    auto const size = utf8_sequence(source, 0);
    if (size == 0 || source.front() == '\0') return std::nullopt;
    out += source.substr(0, size);
    source.remove_prefix(size);
  }
  return out;
}

// ---- Functions ------------------------------------------------------------------------------

struct Function {
  std::string_view name;
  Op op;
  std::size_t arguments;
};
constexpr std::array<Function, 7> k_functions{{{"wd_add", Op::wd_add, 2},
                                               {"wd_end", Op::wd_end, 1},
                                               {"wd_between", Op::wd_between, 2},
                                               {"count", Op::count, 1},
                                               {"contains", Op::contains, 2},
                                               {"date", Op::date, 1},
                                               {"is_open", Op::is_open, 3}}};

struct Infix {
  std::string_view source;
  Op op;
};
constexpr std::array<Infix, 6> k_comparisons{{{"=", Op::equal},
                                              {"!=", Op::unequal},
                                              {"<", Op::less},
                                              {"<=", Op::less_equal},
                                              {">", Op::greater},
                                              {">=", Op::greater_equal}}};

}  // namespace

/// Recursive descent after the grammar of workflow definitions; writes postfix as it reads. The
/// first refusal stops everything: every parse function returns false from then on.
class ExpressionCompiler {
 public:
  explicit ExpressionCompiler(Expression::Program& program)
      : program_{program}, source_{program.text} {}

  Refusal compile() {
    if (source_.size() > k_expression_bytes_max) {
      refusal_ = {"too_long", k_expression_bytes_max, 0};
    } else if (advance() && expression() && token_.kind != TokenKind::end) {
      refuse_unexpected();
    }
    return refusal_;
  }

 private:
  bool refuse(char const* construct, std::size_t at, std::size_t length) {
    if (refusal_.construct == nullptr) refusal_ = {construct, at, length};
    return false;
  }
  bool refuse(char const* construct, Token const& token) {
    return refuse(construct, token.at, token.source.size());
  }
  bool refuse_unexpected() {
    bool const after_name = last_.kind == TokenKind::name && !keyword(last_.source);
    bool const after_value = after_name || last_.kind == TokenKind::number ||
                             last_.kind == TokenKind::text || last_.source == ")" ||
                             last_.source == "]";
    if (token_.kind == TokenKind::end) return refuse("unexpected_end", token_);
    if (after_name && token_.kind == TokenKind::name && !keyword(token_.source))
      return refuse("name_with_space", last_.at, token_.at + token_.source.size() - last_.at);
    if (token_.source == "[" && after_value) return refuse("filter", token_);
    return refuse(token_.source == ".." ? "range" : "unexpected", token_);
  }

  bool advance();
  bool at_symbol(std::string_view source) const {
    return token_.kind == TokenKind::symbol && token_.source == source;
  }
  bool at_name(std::string_view source) const {
    return token_.kind == TokenKind::name && token_.source == source;
  }
  /// Takes the sign or word, or refuses what stands there.
  bool expect(std::string_view source) {
    if (!at_symbol(source) && !at_name(source)) return refuse_unexpected();
    return advance();
  }

  bool emit(Op op, std::size_t argument = 0) {
    program_.code.push_back({op, static_cast<std::uint32_t>(argument)});
    return true;
  }
  bool emit_constant(Value value) {
    program_.constants.push_back(std::move(value));
    return emit(Op::constant, program_.constants.size() - 1);
  }
  bool emit_path(std::string path) {
    program_.paths.insert(path);
    program_.path_names.push_back(std::move(path));
    return emit(Op::path, program_.path_names.size() - 1);
  }

  bool expression();
  bool alternatives();
  bool conditions();
  bool comparison();
  bool membership();
  bool member_test(std::size_t results, bool in_parentheses);
  bool range_rest(bool open_low);
  bool sum();
  bool product();
  bool factor();
  bool primary();
  bool name();
  bool call();
  bool tagged_literal();
  bool list_rest(std::size_t items);

  /// Counts nesting for as long as it lives.
  struct Nesting {
    int& depth;
    explicit Nesting(int& counter) : depth{counter} { ++depth; }
    ~Nesting() { --depth; }
    Nesting(Nesting const&) = delete;
    Nesting& operator=(Nesting const&) = delete;
  };
  bool too_deep() { return depth_ > k_expression_depth_max && !refuse("too_deep", token_); }

  Expression::Program& program_;
  std::string_view source_;
  std::size_t position_ = 0;
  Token token_;
  Token last_;
  Refusal refusal_;
  int depth_ = 0;
  // A primary has been read already, by member_test, and the next primary() is that one.
  bool primary_done_ = false;
};

bool ExpressionCompiler::advance() {
  while (position_ < source_.size() && blank(source_[position_])) ++position_;
  auto const rest = source_.substr(position_);
  last_ = token_;
  auto const take = [&](TokenKind kind, std::size_t size) {
    token_ = {kind, position_, rest.substr(0, size)};
    position_ += size;
    return true;
  };
  if (rest.empty()) return take(TokenKind::end, 0);
  if (auto const size = number_length(rest)) return take(TokenKind::number, size);
  if (auto const size = text_length(rest)) return take(TokenKind::text, size);
  if (rest.starts_with('"')) return refuse("text", position_, rest.size());
  if (auto const size = name_length(rest)) {
    auto const* refused = named(k_refused_names, rest.substr(0, size));
    bool const part_of_path = token_.source == ".";
    if (refused && !part_of_path) return refuse(refused->construct, position_, size);
    return take(TokenKind::name, size);
  }
  for (Named const& sign : k_refused_signs)
    if (rest.starts_with(sign.source)) return refuse(sign.construct, position_, sign.source.size());
  for (std::string_view const sign : k_signs)
    if (rest.starts_with(sign)) return take(TokenKind::symbol, sign.size());
  auto const size = utf8_sequence(rest, 0);
  return refuse("unexpected", position_, size == 0 ? 1 : size);
}

bool ExpressionCompiler::expression() {
  Nesting const nesting{depth_};
  if (too_deep()) return false;
  if (primary_done_ || !at_name("if")) return alternatives();
  return advance() && expression() && expect("then") && expression() && expect("else") &&
         expression() && emit(Op::choose);
}

bool ExpressionCompiler::alternatives() {
  if (!conditions()) return false;
  while (at_name("or"))
    if (!advance() || !conditions() || !emit(Op::either)) return false;
  return true;
}

bool ExpressionCompiler::conditions() {
  if (!comparison()) return false;
  while (at_name("and"))
    if (!advance() || !comparison() || !emit(Op::both)) return false;
  return true;
}

bool ExpressionCompiler::comparison() {
  if (!sum()) return false;
  if (at_name("in")) return advance() && membership();
  if (at_name("between"))
    return advance() && sum() && expect("and") && sum() && emit(Op::in_range, k_closed);
  for (Infix const& infix : k_comparisons)
    if (at_symbol(infix.source)) return advance() && sum() && emit(infix.op);
  return true;
}

/// After "in". The value lies on the stack; a copy of it meets each test, then it is dropped.
bool ExpressionCompiler::membership() {
  if (!at_symbol("(")) return member_test(0, false) && emit(Op::nip);
  if (!advance()) return false;
  for (std::size_t results = 0;; results = 1) {
    if (!member_test(results, true)) return false;
    if (results == 0 && at_symbol("..")) {
      // "(1..5)": the parenthesis was the open end of a range.
      if (program_.code.back().op != Op::member) return refuse_unexpected();
      program_.code.pop_back();
      return advance() && sum() && range_rest(true) && emit(Op::nip);
    }
    if (results == 1) emit(Op::either);
    if (!at_symbol(",")) return expect(")") && emit(Op::nip);
    if (!advance()) return false;
  }
}

/// One test of "in": a range, or a value or list. `results` values lie above the tested one.
/// Without parentheses around the tests, "and" and the like end it.
bool ExpressionCompiler::member_test(std::size_t results, bool in_parentheses) {
  auto const operand = [&] { return in_parentheses ? expression() : sum(); };
  emit(Op::copy, results);
  Nesting const nesting{depth_};
  if (too_deep()) return false;
  bool const bracket = at_symbol("[");
  bool const open = at_symbol("]") || at_symbol("(");
  if (!bracket && !open) return operand() && emit(Op::member);
  if (!advance()) return false;
  if (bracket && at_symbol("]")) {
    if (!list_rest(0)) return false;
  } else {
    bool const only_range = last_.source == "]";
    if (!expression()) return false;
    if (at_symbol("..")) return advance() && sum() && range_rest(open);
    if (only_range) return refuse_unexpected();
    if (!(bracket ? list_rest(1) : expect(")"))) return false;
  }
  primary_done_ = true;
  return operand() && emit(Op::member);
}

/// After the upper end of a range.
bool ExpressionCompiler::range_rest(bool open_low) {
  bool const open_high = at_symbol(")") || at_symbol("[");
  if (!open_high && !at_symbol("]")) return refuse_unexpected();
  return advance() &&
         emit(Op::in_range, (open_low ? k_open_low : 0U) | (open_high ? k_open_high : 0U));
}

bool ExpressionCompiler::sum() {
  if (!product()) return false;
  while (at_symbol("+") || at_symbol("-")) {
    Op const op = at_symbol("+") ? Op::add : Op::subtract;
    if (!advance() || !product() || !emit(op)) return false;
  }
  return true;
}

bool ExpressionCompiler::product() {
  if (!factor()) return false;
  while (at_symbol("*"))
    if (!advance() || !factor() || !emit(Op::multiply)) return false;
  return true;
}

bool ExpressionCompiler::factor() {
  if (primary_done_ || !at_symbol("-")) return primary();
  Nesting const nesting{depth_};
  if (too_deep()) return false;
  return advance() && factor() && emit(Op::negate);
}

bool ExpressionCompiler::primary() {
  if (std::exchange(primary_done_, false)) return true;
  if (token_.kind == TokenKind::number) {
    auto const number = Decimal::parse(token_.source);
    return number ? emit_constant(*number) && advance() : refuse("number", token_);
  }
  if (token_.kind == TokenKind::text) {
    auto text = unquoted(token_.source);
    return text ? emit_constant(*std::move(text)) && advance() : refuse("text", token_);
  }
  if (token_.kind == TokenKind::name) return name();
  if (at_symbol("(")) return advance() && expression() && expect(")");
  if (!at_symbol("[") || !advance()) return refuse_unexpected();
  if (at_symbol("]")) return list_rest(0);
  return expression() && list_rest(1);
}

/// After the first item of a list, or at its "]" when it has none.
bool ExpressionCompiler::list_rest(std::size_t items) {
  while (items > 0 && at_symbol(",")) {
    if (!advance() || !expression()) return false;
    ++items;
  }
  return expect("]") && emit(Op::list, items);
}

bool ExpressionCompiler::name() {
  if (at_name("null")) return emit_constant({}) && advance();
  if (at_name("true") || at_name("false")) return emit_constant(at_name("true")) && advance();
  if (keyword(token_.source)) return refuse_unexpected();
  std::string path{token_.source};
  if (!advance()) return false;
  if (at_symbol("(")) return call();
  if (token_.kind == TokenKind::text && (path == "date" || path == "duration"))
    return tagged_literal();
  while (at_symbol(".")) {
    if (!advance()) return false;
    if (token_.kind != TokenKind::name) return refuse_unexpected();
    path += '.';
    path += token_.source;
    if (!advance()) return false;
  }
  if (at_symbol("(")) return refuse("unknown_function", last_);
  return emit_path(std::move(path));
}

/// At the parenthesis after a name.
bool ExpressionCompiler::call() {
  Token const name = last_;
  bool const invert = name.source == "not";
  auto const* const found = std::ranges::find(k_functions, name.source, &Function::name);
  if (!invert && found == k_functions.end()) {
    bool const clock = name.source == "now" || name.source == "today";
    return refuse(clock ? "clock" : "unknown_function", name);
  }
  if (!advance()) return false;
  std::size_t arguments = 0;
  if (!at_symbol(")")) {
    do {
      if (arguments > 0 && !advance()) return false;
      if (!expression()) return false;
      ++arguments;
    } while (at_symbol(","));
  }
  if (arguments != (invert ? 1 : found->arguments)) return refuse("arguments", name);
  return expect(")") && emit(invert ? Op::invert : found->op);
}

bool ExpressionCompiler::tagged_literal() {
  bool const is_date = last_.source == "date";
  auto const text = unquoted(token_.source).value_or("");
  if (is_date) {
    auto const day = parse_date(text);
    return day ? emit_constant(*day) && advance() : refuse("date", token_);
  }
  auto const duration = parse_duration(text);
  return duration ? emit_constant(*duration) && advance() : refuse("duration", token_);
}

Expression::Expression(std::shared_ptr<Program const> program) : program_{std::move(program)} {}

Result<Expression> Expression::compile(std::string_view text) {
  auto program = std::make_shared<Program>();
  program->text = text;
  Refusal const refusal = ExpressionCompiler{*program}.compile();
  if (refusal.construct == nullptr) return Program::make(std::move(program));
  auto error = fail(ErrorCode::invalid, "error.invalid_expression");
  error.error().arguments = {{"construct", refusal.construct},
                             {"at", std::to_string(refusal.at)},
                             {"length", std::to_string(refusal.length)},
                             {"found", std::string{text.substr(refusal.at, refusal.length)}}};
  return error;
}

}  // namespace qyzmet::engine
