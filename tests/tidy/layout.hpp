#pragma once
// Checks of the house: who may use whom, where files lie, what a header begins with. The one table
// of dependencies stands in layout.cpp; CMake's links and the includes are both held against it.
#include "tests/tidy/source.hpp"

namespace qyzmet::tests::tidy {

/// Includes of our own files go only where the table allows.
Complaints check_includes(File const& file);
/// So do target_link_libraries() and qyzmet_service() of the folders' CMakeLists.txt.
Complaints check_links(File const& file);
/// `#pragma once`, then a comment that says what the header is for.
Complaints check_header_begins(File const& file);
/// The namespace is that of the folder: engine/ -> qyzmet::engine, services/http/ -> qyzmet::http.
Complaints check_namespace(File const& file);
/// Only the known files lie at the top.
Complaints check_top_level(File const& file);
/// Every header is included by somebody, by its path from the root.
Complaints check_headers_used(std::vector<File> const& files);

}  // namespace qyzmet::tests::tidy
