#pragma once
// Where in HTML does a value stand? Follows the literal text of a page while it is compiled, so
// that each {{value}} gets the escaping of its place. Covers the HTML that our pages are written in
// (quoted attributes, closed comments), and refuses what it cannot judge. Throws SyntaxError.
#include <string>
#include <string_view>

#include "templates/expression.hpp"

namespace qyzmet::templates {

enum class Escape {
  text,       // between tags, in title and textarea
  attribute,  // quoted attribute
  url,        // a URL attribute from its beginning
  url_part,   // a URL attribute after literal text: percent-encoded
};

class Markup {
 public:
  /// Literal text of the page.
  void feed(std::string_view text);
  /// A value stands here: how it is escaped, or SyntaxError where none may stand.
  Escape value();
  bool in_text() const { return mode_ == Mode::text; }
  /// A block begins or ends here: a name that has begun is over.
  void settle();
  /// Where two branches meet again they must stand in the same place.
  void join(Markup const& other);

 private:
  enum class Mode {
    text,
    tag_name,
    gap,  // in a tag, where a space or the end must follow
    tag,
    name,
    before_value,
    quoted,
    unquoted,
    comment,
    raw,
    rcdata
  };
  void step(char c);
  void in_tag(char c);
  void end_name();
  void end_tag();
  void in_element_text(char c);

  Mode mode_ = Mode::text;
  char quote_ = 0;
  bool url_begun_ = false;
  std::string tag_;   // current or enclosing raw element, lower case, with '/' for a closing tag
  std::string name_;  // attribute
  std::string tail_;  // last characters, to find the ends of comments and raw elements
};

void append_escaped(std::string& out, std::string_view text, Escape escape);

}  // namespace qyzmet::templates
