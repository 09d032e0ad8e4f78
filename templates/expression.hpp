#pragma once
// Values and conditions within {{..}}: parsed once, evaluated against JSON. Shared by pages and
// documents. Immutable after parsing, thread-safe. Wrong syntax throws SyntaxError.
#include <boost/json/value.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/renderer.hpp"

namespace qyzmet::templates {

struct SyntaxError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Token {
  enum class Kind { word, text, number, symbol };  // symbols: ( ) = == !=
  Kind kind = Kind::word;
  std::string text;
};

/// The words between the braces of a tag.
std::vector<Token> tokenize(std::string_view tag);

/// What names stand for while rendering. Frames live on the stack of the renderer.
struct Frame {
  boost::json::value const* item = nullptr;
  Frame const* outer = nullptr;
  bool fence = false;  // names are not looked up further out: arguments of a partial
  int index = -1;      // of a loop
  int size = 0;
};

struct Scope {
  boost::json::value const* root = nullptr;
  Frame const* frame = nullptr;
  std::string_view language;
  Catalogue const* catalogue = nullptr;
  Texts const* texts = nullptr;
};

/// A value of the data, or one made by a helper.
class Value {
 public:
  Value() = default;
  explicit Value(boost::json::value const* at) : at_{at} {}
  explicit Value(boost::json::value made) : made_{std::move(made)} {}
  boost::json::value const& get() const { return at_ ? *at_ : made_; }
  bool made() const { return at_ == nullptr; }

 private:
  boost::json::value const* at_ = nullptr;
  boost::json::value made_;
};

class Expression {
 public:
  struct Argument;  // name (may be empty) and value
  enum class Kind { literal, path, call };

  Value evaluate(Scope const& scope) const;
  /// Literal keys of every `t` within.
  void collect_keys(std::vector<std::string>& keys) const;

 private:
  friend class ExpressionParser;
  Value look_up(Scope const& scope) const;
  Value call(Scope const& scope) const;
  std::string translate(Scope const& scope) const;

  Kind kind_ = Kind::literal;
  std::string name_;               // helper, or first segment of the path
  std::vector<std::string> rest_;  // further segments
  boost::json::value literal_;
  std::vector<Expression> positional_;
  std::vector<std::pair<std::string, Expression>> named_;
};

struct Arguments {
  std::vector<Expression> positional;
  std::vector<std::pair<std::string, Expression>> named;
};

/// Disjunction of conjunctions of comparisons.
class Condition {
 public:
  bool holds(Scope const& scope) const;
  void collect_keys(std::vector<std::string>& keys) const;

 private:
  friend class ExpressionParser;
  enum class Test { true_, false_, equal, unequal };
  struct Term {
    Test test = Test::true_;
    Expression left, right;
  };
  std::vector<std::vector<Term>> any_;
};

/// `{{...}}` that prints: a value, or a helper with its arguments.
Expression parse_value(std::vector<Token> const& tokens);
Arguments parse_arguments(std::vector<Token> const& tokens, std::size_t from);
Condition parse_condition(std::vector<Token> const& tokens, std::size_t from);

bool truthy(boost::json::value const& value);
/// How a value prints, before escaping.
std::string to_text(boost::json::value const& value, std::string_view language);

}  // namespace qyzmet::templates
