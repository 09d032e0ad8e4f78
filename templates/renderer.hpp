#pragma once
// Pages: a small template language, compiled at start to a list of nodes and escaped by HTML
// context. Nothing is printed unescaped but a Drawing of ours. Data is a JSON tree.
//
//   {{path.to.value}}             escaped for the place where it stands: text, quoted attribute,
//                                 or URL attribute (only http, https, mailto, tel and relative;
//                                 after literal text of the URL: percent-encoded)
//   {{#if c}}..{{else if c}}..{{else}}..{{/if}}   c: a, not a, a == b, a != b, with and / or;
//                                 false are: absent, null, false, 0, "", [], {}
//   {{#each path}}..{{else}}..{{/each}}   inside: the fields of the item, this, @index (from 0),
//                                 @number (from 1), @first, @last; else: the list is empty
//   {{> parts/field name=x hint="a"}}     another file of pages/, which sees its arguments only
//   {{> parts/field this}}        ... and the fields of the value given first
//   {{> parts/nav}}               without arguments: it sees all that its caller sees
//   {{#> layout title=x}}..{{/>}} a partial around a block; {{> @content}} stands for the block
//   {{> @drawing}}                the Drawing that the caller of render() gave; nothing without one
//   {{! comment }} {{!-- comment with {braces} --}}
//
// A value is a path, "text", a number, or a helper in parentheses (alone in braces without them):
//   t "key" name=value ...        text of the page's language; plural forms by the argument n; the
//                                 key may be a value: t (concat "ground." code); args=object
//                                 gives all its fields as arguments
//   date, datetime, time, longdate, docdate, daymonth, month, day, weekday, weekday_short (see
//                                 dates.hpp) of "2026-11-21" or of an instant
//                                 "2026-11-21T05:00:00Z" (shown in the legal zone, UTC+5)
//   concat a b ...                one text of several values
//   count a                       how many items a list has
//   local a                       {"kk": .., "ru": ..} in the page's language (an object with
//                                 such keys prints like this by itself, too)
//
// Paths: names are looked up in the item, then in what stands around it; `this.x` in the item
// alone, `@root.x` in the page's data; `@lang` is the language. An absent value prints nothing.
// Interpolation is refused in tag and attribute names, unquoted values, comments, script, style,
// srcdoc, srcset and on* attributes.
//
// Ownership: sources are copied. Thread-safe after construction. Errors: a wrong template throws
// std::runtime_error "page:line: reason" at construction; breaking a limit throws while rendering.
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace qyzmet::templates {

inline constexpr int k_partial_depth_max = 24;
inline constexpr std::size_t k_page_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t k_source_bytes_max = std::size_t{256} << 10;
inline constexpr std::size_t k_missing_keys_max = 1000;  // remembered for problems()

/// key -> text per language; package texts are looked up first, then the portal's.
using Texts = std::map<std::string, std::string, std::less<>>;

/// Texts of the pages. With an argument `n` the keys "key.one", "key.few", "key.many",
/// "key.other" are tried (CLDR: kk and en one/other, ru one/few/many/other), then "key".
class Catalogue {
 public:
  Catalogue();
  /// JSON object of flat keys per language ("kk", "ru", "en"). Throws std::runtime_error.
  static Catalogue from_json(std::map<std::string, std::string> const& json_by_language);
  /// Adds the keys of one more file; a key that is there already throws std::runtime_error.
  void merge(std::string_view language, std::string_view json);
  /// The text with arguments filled in; a missing key is shown as "[key]" and remembered.
  std::string text(std::string_view language, std::string_view key,
                   boost::json::object const& arguments = {}, Texts const* first = nullptr) const;
  /// True for "key" and for the plural family "key.other".
  bool has(std::string_view language, std::string_view key) const;
  std::vector<std::string> keys(std::string_view language) const;
  std::vector<std::string> languages() const;
  /// Keys or placeholders that differ between the languages.
  std::vector<std::string> problems() const;
  /// "language key" of every text that was asked for and absent.
  std::vector<std::string> missing() const;

 private:
  struct Missing;
  std::map<std::string, Texts, std::less<>> texts_;
  std::shared_ptr<Missing> missing_;
};

/// Markup from a drawer of ours, which has escaped what it took from elsewhere: SVG of
/// templates/diagram, HTML of render_html in templates/document.hpp.
struct Drawing {
  std::string markup;
};

class Renderer {
 public:
  /// name -> source, e.g. "cabinet.html". Throws std::runtime_error naming file and line.
  Renderer(std::map<std::string, std::string> const& sources, Catalogue catalogue);
  Renderer(Renderer&&) noexcept;
  ~Renderer();
  /// `page` with or without ".html". `texts` are the package's texts of that language, looked up
  /// first.
  std::string render(std::string_view page, std::string_view language,
                     boost::json::value const& data, Texts const* texts = nullptr,
                     Drawing const* drawing = nullptr) const;
  bool has(std::string_view page) const;
  Catalogue const& catalogue() const;
  /// Literal keys of the pages that a language lacks, differences between the languages, and keys
  /// that were missing while rendering.
  std::vector<std::string> problems() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Dates in words: "2026 ж. 2 желтоқсан, сәрсенбі", "среда, 2 декабря 2026 г.",
/// "Wednesday, 2 December 2026". Text that is no date comes back as it is.
std::string long_date(std::string_view language, std::string_view iso_date);

}  // namespace qyzmet::templates
