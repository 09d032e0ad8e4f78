#include "templates/expression.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "templates/dates.hpp"

namespace qyzmet::templates {
namespace {

namespace json = boost::json;

constexpr int k_nesting_max = 8;
constexpr std::string_view k_word_end = " \t\r\n()=!\"'";

constexpr std::array<std::pair<std::string_view, DateForm>, 10> k_date_helpers{{
    {"date", DateForm::date},
    {"datetime", DateForm::datetime},
    {"time", DateForm::time},
    {"longdate", DateForm::longdate},
    {"docdate", DateForm::docdate},
    {"daymonth", DateForm::daymonth},
    {"month", DateForm::month},
    {"day", DateForm::day},
    {"weekday", DateForm::weekday},
    {"weekday_short", DateForm::weekday_short},
}};

std::optional<DateForm> date_helper(std::string_view name) {
  for (auto const& [helper, form] : k_date_helpers)
    if (helper == name) return form;
  return std::nullopt;
}

bool is_helper(std::string_view name) {
  return name == "t" || name == "concat" || name == "local" || name == "count" ||
         date_helper(name).has_value();
}

json::value const* local(json::object const& texts, std::string_view language) {
  for (std::string_view const key : {language, std::string_view{"kk"}, std::string_view{"ru"}})
    if (auto const* text = texts.if_contains(key); text && text->is_string()) return text;
  return nullptr;
}

json::value const* member(json::value const* value, std::string_view name) {
  if (!value) return nullptr;
  if (auto const* object = value->if_object()) return object->if_contains(name);
  auto const* array = value->if_array();
  std::size_t index = 0;
  if (!array || std::from_chars(name.data(), name.data() + name.size(), index).ptr !=
                    name.data() + name.size())
    return nullptr;
  return index < array->size() ? &(*array)[index] : nullptr;
}

Frame const* loop_of(Frame const* frame) {
  while (frame && frame->index < 0 && !frame->fence) frame = frame->outer;
  return frame;
}

/// @index, @number, @first, @last.
Value loop_value(Frame const* frame, std::string_view name) {
  frame = loop_of(frame);
  if (!frame || frame->index < 0) return {};
  if (name == "@index") return Value{json::value(frame->index)};
  if (name == "@number") return Value{json::value(frame->index + 1)};
  if (name == "@first") return Value{json::value(frame->index == 0)};
  return Value{json::value(frame->index + 1 == frame->size)};
}

}  // namespace

std::vector<Token> tokenize(std::string_view tag) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < tag.size();) {
    char const c = tag[at];
    if (std::string_view{" \t\r\n"}.contains(c)) {
      ++at;
    } else if (c == '"' || c == '\'') {
      auto const end = tag.find(c, at + 1);
      if (end == tag.npos) throw SyntaxError("text without its closing quote");
      tokens.push_back({Token::Kind::text, std::string{tag.substr(at + 1, end - at - 1)}});
      at = end + 1;
    } else if (tag.substr(at, 2) == "==" || tag.substr(at, 2) == "!=") {
      tokens.push_back({Token::Kind::symbol, std::string{tag.substr(at, 2)}});
      at += 2;
    } else if (c == '(' || c == ')' || c == '=') {
      tokens.push_back({Token::Kind::symbol, std::string{c}});
      ++at;
    } else {
      auto const end = std::min(tag.find_first_of(k_word_end, at), tag.size());
      if (end == at) throw SyntaxError(std::string{"unexpected "} + c);
      bool const digits = tag.substr(at, end - at).find_first_not_of("0123456789") == tag.npos;
      tokens.push_back({digits ? Token::Kind::number : Token::Kind::word,
                        std::string{tag.substr(at, end - at)}});
      at = end;
    }
  }
  return tokens;
}

class ExpressionParser {
 public:
  explicit ExpressionParser(std::vector<Token> const& tokens, std::size_t from = 0)
      : tokens_{tokens}, at_{from} {}

  bool done() const { return at_ == tokens_.size(); }
  void finish() const {
    if (!done()) throw SyntaxError("unexpected " + tokens_[at_].text);
  }

  Expression value() {
    if (done()) throw SyntaxError("a value is missing");
    if (takes_symbol("(")) {
      if (++depth_ > k_nesting_max) throw SyntaxError("nested too deeply");
      Expression inner = call_or_value();
      if (!takes_symbol(")")) throw SyntaxError("a closing parenthesis is missing");
      --depth_;
      return inner;
    }
    Token const& token = tokens_[at_++];
    switch (token.kind) {
      case Token::Kind::text:
        return literal(json::value(token.text));
      case Token::Kind::number:
        if (token.text.size() > 15) throw SyntaxError("number too long");
        return literal(json::value(std::int64_t{std::stoll(token.text)}));
      case Token::Kind::word:
        if (token.text == "true" || token.text == "false")
          return literal(json::value(token.text == "true"));
        return path(token.text);
      default:
        throw SyntaxError("unexpected " + token.text);
    }
  }

  Expression call_or_value() {
    bool const more = at_ + 1 < tokens_.size() && !is_symbol(at_ + 1, ")");
    if (done() || tokens_[at_].kind != Token::Kind::word || !more) return value();
    if (!is_helper(tokens_[at_].text)) throw SyntaxError("no such helper: " + tokens_[at_].text);
    Expression made;
    made.kind_ = Expression::Kind::call;
    made.name_ = tokens_[at_++].text;
    Arguments all = arguments();
    bool const many = made.name_ == "concat";
    if (all.positional.empty() || (all.positional.size() > 1 && !many))
      throw SyntaxError(made.name_ + " takes one value");
    if (!all.named.empty() && made.name_ != "t")
      throw SyntaxError(made.name_ + " takes no named arguments");
    made.positional_ = std::move(all.positional);
    made.named_ = std::move(all.named);
    return made;
  }

  Arguments arguments() {
    Arguments all;
    while (!done() && !is_symbol(at_, ")")) {
      if (tokens_[at_].kind == Token::Kind::word && is_symbol(at_ + 1, "=")) {
        std::string const name = tokens_[at_].text;
        at_ += 2;
        all.named.emplace_back(name, value());
      } else {
        all.positional.push_back(value());
      }
    }
    return all;
  }

  Condition condition() {
    Condition made;
    do {
      auto& all = made.any_.emplace_back();
      do {
        all.push_back(term());
      } while (takes_word("and"));
    } while (takes_word("or"));
    return made;
  }

 private:
  bool is_symbol(std::size_t at, std::string_view text) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::symbol &&
           tokens_[at].text == text;
  }
  bool takes_symbol(std::string_view text) {
    bool const is = is_symbol(at_, text);
    if (is) ++at_;
    return is;
  }
  bool takes_word(std::string_view text) {
    bool const is = !done() && tokens_[at_].kind == Token::Kind::word && tokens_[at_].text == text;
    if (is) ++at_;
    return is;
  }

  Condition::Term term() {
    Condition::Term made;
    if (takes_word("not")) made.test = Condition::Test::false_;
    made.left = value();
    if (is_symbol(at_, "==") || is_symbol(at_, "!=")) {
      if (made.test == Condition::Test::false_) throw SyntaxError("not before a comparison");
      made.test = takes_symbol("==") ? Condition::Test::equal : Condition::Test::unequal;
      if (made.test == Condition::Test::unequal) ++at_;
      made.right = value();
    }
    return made;
  }

  static Expression literal(json::value value) {
    Expression made;
    made.literal_ = std::move(value);
    return made;
  }

  static Expression path(std::string_view text) {
    Expression made;
    made.kind_ = Expression::Kind::path;
    for (std::size_t from = 0; from <= text.size();) {
      auto const end = std::min(text.find('.', from), text.size());
      if (end == from) throw SyntaxError("empty name in path " + std::string{text});
      std::string segment{text.substr(from, end - from)};
      check_name(segment, from == 0);
      if (from == 0)
        made.name_ = std::move(segment);
      else
        made.rest_.push_back(std::move(segment));
      from = end + 1;
    }
    return made;
  }

  static void check_name(std::string_view name, bool first) {
    if (first && name.starts_with('@')) {
      for (std::string_view const known :
           {"@root", "@lang", "@index", "@number", "@first", "@last"})
        if (name == known) return;
      throw SyntaxError("unknown name " + std::string{name});
    }
    for (char const c : name)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-')
        throw SyntaxError("wrong name " + std::string{name});
  }

  std::vector<Token> const& tokens_;
  std::size_t at_;
  int depth_ = 0;
};

Expression parse_value(std::vector<Token> const& tokens) {
  ExpressionParser parser{tokens};
  Expression made = parser.call_or_value();
  parser.finish();
  return made;
}

Arguments parse_arguments(std::vector<Token> const& tokens, std::size_t from) {
  ExpressionParser parser{tokens, from};
  Arguments made = parser.arguments();
  parser.finish();
  return made;
}

Condition parse_condition(std::vector<Token> const& tokens, std::size_t from) {
  ExpressionParser parser{tokens, from};
  Condition made = parser.condition();
  parser.finish();
  return made;
}

Value Expression::evaluate(Scope const& scope) const {
  switch (kind_) {
    case Kind::literal:
      return Value{&literal_};
    case Kind::path:
      return look_up(scope);
    default:
      return call(scope);
  }
}

Value Expression::look_up(Scope const& scope) const {
  json::value const* at = nullptr;
  if (name_ == "@lang") return Value{json::value(scope.language)};
  if (name_ == "@root") {
    at = scope.root;
  } else if (name_.starts_with('@')) {
    return loop_value(scope.frame, name_);
  } else if (name_ == "this") {
    at = scope.frame ? scope.frame->item : scope.root;
  } else {
    for (Frame const* frame = scope.frame; frame && !at; frame = frame->outer) {
      at = member(frame->item, name_);
      if (frame->fence) break;
    }
  }
  for (std::string const& segment : rest_) at = member(at, segment);
  return at ? Value{at} : Value{};
}

std::string Expression::translate(Scope const& scope) const {
  json::object arguments;
  for (auto const& [name, value] : named_) {
    Value const given = value.evaluate(scope);
    if (auto const* spread = given.get().if_object(); spread && name == "args") {
      for (auto const& [key, one] : *spread) arguments[key] = one;
      continue;
    }
    bool const number = given.get().is_int64() || given.get().is_uint64();
    arguments[name] = number ? given.get() : json::value(to_text(given.get(), scope.language));
  }
  return scope.catalogue->text(scope.language,
                               to_text(positional_.front().evaluate(scope).get(), scope.language),
                               arguments, scope.texts);
}

Value Expression::call(Scope const& scope) const {
  if (name_ == "t") return Value{json::value(translate(scope))};
  if (name_ == "concat") {
    std::string all;
    for (Expression const& part : positional_)
      all += to_text(part.evaluate(scope).get(), scope.language);
    return Value{json::value(all)};
  }
  Value const given = positional_.front().evaluate(scope);
  if (name_ == "count") {
    auto const* array = given.get().if_array();
    return Value{json::value(array ? std::int64_t(array->size()) : std::int64_t{0})};
  }
  std::string const text = to_text(given.get(), scope.language);
  auto const form = date_helper(name_);
  return Value{json::value(form ? format_moment(*form, scope.language, text) : text)};
}

void Expression::collect_keys(std::vector<std::string>& keys) const {
  if (name_ == "t" && kind_ == Kind::call) {
    Expression const& key = positional_.front();
    if (key.kind_ == Kind::literal) keys.push_back(to_text(key.literal_, {}));
  }
  for (Expression const& part : positional_) part.collect_keys(keys);
  for (auto const& [name, value] : named_) value.collect_keys(keys);
}

bool Condition::holds(Scope const& scope) const {
  auto const holds = [&](Term const& term) {
    Value const left = term.left.evaluate(scope);
    if (term.test == Test::true_) return truthy(left.get());
    if (term.test == Test::false_) return !truthy(left.get());
    Value const right = term.right.evaluate(scope);
    bool const equal = to_text(left.get(), scope.language) == to_text(right.get(), scope.language);
    return equal == (term.test == Test::equal);
  };
  return std::ranges::any_of(any_,
                             [&](auto const& all) { return std::ranges::all_of(all, holds); });
}

void Condition::collect_keys(std::vector<std::string>& keys) const {
  for (auto const& all : any_)
    for (Term const& term : all) {
      term.left.collect_keys(keys);
      term.right.collect_keys(keys);
    }
}

bool truthy(json::value const& value) {
  switch (value.kind()) {
    case json::kind::null:
      return false;
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::string:
      return !value.get_string().empty();
    case json::kind::array:
      return !value.get_array().empty();
    case json::kind::object:
      return !value.get_object().empty();
    default:
      return value != json::value(0);
  }
}

std::string to_text(json::value const& value, std::string_view language) {
  if (auto const* text = value.if_string()) return std::string{*text};
  if (auto const* texts = value.if_object()) {
    auto const* own = local(*texts, language);
    return own ? std::string{own->get_string()} : std::string{};
  }
  return value.is_null() || value.is_array() ? std::string{} : json::serialize(value);
}

}  // namespace qyzmet::templates
