#pragma once
// Writing XML in its canonical form: what citizens certify is kept as such, and reading it accepts
// nothing else. Pure.
//
// UTF-8, no declaration, no white space between elements, attributes in alphabetical order, escapes
// of C14N 1.0 (W3C xml-c14n, 2.3), in which text and attribute values differ.
#include <string>
#include <string_view>

namespace qyzmet::casework {

/// The characters between tags.
std::string escaped_text(std::string_view text);
void add_element(std::string& out, std::string_view name, std::string_view text);
/// The caller keeps the order of the attributes.
void add_attribute(std::string& out, std::string_view name, std::string_view value);

}  // namespace qyzmet::casework
