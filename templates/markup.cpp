#include "templates/markup.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace qyzmet::templates {
namespace {

constexpr std::array<std::string_view, 8> k_url_attributes{
    "href", "src", "action", "formaction", "poster", "data", "cite", "xlink:href"};
constexpr std::array<std::string_view, 5> k_closed_attributes{"style", "srcdoc", "srcset", "ping",
                                                              "http-equiv"};
constexpr std::array<std::string_view, 4> k_schemes{"http:", "https:", "mailto:", "tel:"};
constexpr std::string_view k_blocked_url = "#";

bool contains(auto const& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Relative, or of a scheme that cannot run code.
bool harmless_url(std::string_view url) {
  for (char const c : url)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\\') return false;
  auto const colon = url.find(':');
  if (colon == url.npos || url.find_first_of("/?#") < colon) return true;
  std::string scheme{url.substr(0, colon + 1)};
  std::ranges::transform(scheme, scheme.begin(), lower);
  return contains(k_schemes, scheme);
}

void append_html(std::string& out, std::string_view text) {
  for (char const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\0':
        out += "\xEF\xBF\xBD";
        break;
      default:
        out += c;
    }
  }
}

void append_percent(std::string& out, std::string_view text) {
  constexpr std::string_view k_hex = "0123456789ABCDEF";
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || std::string_view{"-._~/"}.contains(c))) {
      out += c;
    } else {
      out += '%';
      out += k_hex[byte >> 4];
      out += k_hex[byte & 15];
    }
  }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, Escape escape) {
  if (escape == Escape::url_part)
    append_percent(out, text);
  else if (escape == Escape::url && !harmless_url(text))
    out += k_blocked_url;
  else
    append_html(out, text);
}

void Markup::feed(std::string_view text) {
  for (char const c : text) step(c);
}

Escape Markup::value() {
  switch (mode_) {
    case Mode::text:
    case Mode::rcdata:
      return Escape::text;
    case Mode::quoted:
      break;
    default:
      throw SyntaxError("a value may stand in text and in quoted attributes only");
  }
  if (contains(k_closed_attributes, name_) || name_.starts_with("on"))
    throw SyntaxError("no value may stand in the attribute " + name_);
  if (tag_ == "meta" && name_ == "content") return Escape::attribute;
  if (!contains(k_url_attributes, name_)) return Escape::attribute;
  return std::exchange(url_begun_, true) ? Escape::url_part : Escape::url;
}

void Markup::settle() {
  bool const begun = mode_ == Mode::tag_name && !tag_.empty() && !tag_.starts_with('!');
  if (mode_ == Mode::tag_name && !begun) throw SyntaxError("a block may not follow '<'");
  if (!begun && mode_ != Mode::name) return;
  mode_ = Mode::gap;
  name_.clear();
}

void Markup::join(Markup const& other) {
  bool const gap = mode_ == Mode::tag && other.mode_ == Mode::gap;
  if (gap) mode_ = Mode::gap;
  bool const same_mode = mode_ == other.mode_ || (mode_ == Mode::gap && other.mode_ == Mode::tag);
  bool const same = same_mode && quote_ == other.quote_ &&
                    (mode_ == Mode::text || (tag_ == other.tag_ && name_ == other.name_));
  if (!same) throw SyntaxError("the branches of a block end in different places of the markup");
  url_begun_ = url_begun_ || other.url_begun_;
}

void Markup::step(char c) {
  switch (mode_) {
    case Mode::text:
      if (c == '<') {
        mode_ = Mode::tag_name;
        tag_.clear();
      }
      break;
    case Mode::comment:
      tail_ += c;
      if (tail_.ends_with("-->")) mode_ = Mode::text;
      break;
    case Mode::raw:
    case Mode::rcdata:
      in_element_text(c);
      break;
    case Mode::quoted:
      if (c == quote_) {
        mode_ = Mode::gap;
        quote_ = 0;
        name_.clear();
      } else {
        url_begun_ = true;
      }
      break;
    default:
      in_tag(c);
  }
}

void Markup::in_tag(char c) {
  if (mode_ == Mode::tag_name) {
    if (tag_ == "!-" && c == '-') {
      mode_ = Mode::comment;
      tail_.clear();
    } else if (c == '>') {
      end_tag();
    } else if (is_space(c)) {
      mode_ = Mode::tag;
    } else {
      tag_ += lower(c);
    }
  } else if (c == '>') {
    end_tag();
  } else if (mode_ == Mode::gap) {
    if (!is_space(c) && c != '/') throw SyntaxError("a space is missing between attributes");
    mode_ = Mode::tag;
  } else if (mode_ == Mode::tag) {
    if (is_space(c) || c == '/') return;
    mode_ = Mode::name;
    name_ = lower(c);
  } else if (mode_ == Mode::name) {
    end_name();
    if (c == '=')
      mode_ = Mode::before_value;
    else if (is_space(c))
      mode_ = Mode::tag;
    else
      name_ += lower(c);
  } else if (mode_ == Mode::before_value) {
    if (is_space(c)) return;
    bool const quote = c == '"' || c == '\'';
    mode_ = quote ? Mode::quoted : Mode::unquoted;
    quote_ = quote ? c : char{};
    url_begun_ = false;
  } else if (is_space(c)) {  // unquoted
    mode_ = Mode::tag;
    name_.clear();
  }
}

void Markup::end_name() {
  if (name_.find_first_of("\"'<") != name_.npos) throw SyntaxError("wrong attribute name " + name_);
}

void Markup::end_tag() {
  if (tag_.empty()) throw SyntaxError("'<' in text is written &lt;");
  tail_.clear();
  name_.clear();
  bool const raw = tag_ == "script" || tag_ == "style";
  bool const rcdata = tag_ == "title" || tag_ == "textarea";
  mode_ = raw ? Mode::raw : rcdata ? Mode::rcdata : Mode::text;
}

void Markup::in_element_text(char c) {
  tail_ += lower(c);
  std::string const end = "</" + tag_ + ">";
  if (tail_.size() > end.size()) tail_.erase(0, tail_.size() - end.size());
  if (tail_ == end) mode_ = Mode::text;
}

}  // namespace qyzmet::templates
