#pragma once
// XML in its canonical form: what citizens certify is written and kept as such, and whoever reads
// it writes it again and accepts nothing else. Pure.
//
// UTF-8, no declaration, no white space between elements, attributes in alphabetical order, escapes
// of C14N 1.0 (W3C xml-c14n, 2.3), in which text and attribute values differ.
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace qyzmet::casework {

/// The characters between tags.
std::string escaped_text(std::string_view text);
void add_element(std::string& out, std::string_view name, std::string_view text);
/// The caller keeps the order of the attributes.
void add_attribute(std::string& out, std::string_view name, std::string_view value);

/// False for what is no XML or longer than `bytes_max`.
bool load(pugi::xml_document& document, std::string_view xml, std::size_t bytes_max);

/// An element with a text alone, and where the text is kept.
template <class Record>
using TextElement = std::pair<char const*, std::string Record::*>;

template <class Record, std::size_t Size>
void add_texts(std::string& out, TextElement<Record> const (&elements)[Size],
               Record const& record) {
  for (auto const& [name, member] : elements) add_element(out, name, record.*member);
}
template <class Record, std::size_t Size>
void read_texts(pugi::xml_node root, TextElement<Record> const (&elements)[Size], Record& record) {
  for (auto const& [name, member] : elements) record.*member = root.child(name).text().get();
}

}  // namespace qyzmet::casework
