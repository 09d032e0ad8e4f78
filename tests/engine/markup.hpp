#pragma once
// The elements of an XML text with the places of their attributes, so that a test can change one of
// them and leave every other byte as it is. Pure; the text has passed the reader of the engine
// before (well-formed, no document type). What is found points into nothing: plain values.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::engine {

struct Markup {
  struct Attribute {
    std::string name, value;  // the value with its entities resolved
    std::size_t begin = 0;    // of the blank before the name
    std::size_t value_begin = 0, value_end = 0;
  };
  std::string tag;
  std::size_t begin = 0, end = 0;  // with all that is in it
  std::vector<Attribute> attributes;
  int parent = -1;  // index of the element around it

  /// "" when it has none of that name.
  std::string_view at(std::string_view name) const;
};

/// In the order in which they begin.
std::vector<Markup> elements_of(std::string_view xml);
/// What stands between its tags, as it is written there.
std::string_view content_of(Markup const& element, std::string_view xml);
/// As it stands in an attribute between double quotes.
std::string escaped(std::string_view text);

}  // namespace qyzmet::engine
