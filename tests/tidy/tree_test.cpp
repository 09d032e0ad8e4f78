// The house rules, held against the whole tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/shared.hpp"
#include "tests/tidy/coroutines.hpp"
#include "tests/tidy/functions.hpp"
#include "tests/tidy/law.hpp"
#include "tests/tidy/layout.hpp"
#include "tests/tidy/text.hpp"

namespace qyzmet::tests::tidy {
namespace {

std::vector<File> const& tree() {
  static auto const files = read_tree(QYZMET_SOURCE_DIR);
  return files;
}

void expect_none(Complaints const& complaints) {
  for (auto const& complaint : complaints)
    ADD_FAILURE() << complaint.path << ':' << complaint.line << ": " << complaint.text;
}

template <class Check>
void expect_tidy(Check check) {
  for (auto const& file : tree()) expect_none(check(file));
}

TEST(Tree, is_read) {
  EXPECT_GT(tree().size(), 20U);
  EXPECT_TRUE(std::ranges::any_of(tree(), [](auto& f) { return f.path == "engine/step.hpp"; }));
}
TEST(Tree, includes_go_only_where_the_house_allows) {
  expect_tidy(check_includes);
}
TEST(Tree, links_go_only_where_the_house_allows) {
  expect_tidy(check_links);
}
TEST(Tree, headers_begin_with_what_they_are_for) {
  expect_tidy(check_header_begins);
}
TEST(Tree, namespaces_match_folders) {
  expect_tidy(check_namespace);
}
TEST(Tree, top_level_holds_only_the_known_files) {
  expect_tidy(check_top_level);
}
TEST(Tree, every_header_is_included) {
  expect_none(check_headers_used(tree()));
}
TEST(Tree, functions_are_short) {
  expect_tidy(check_function_length);
}
TEST(Tree, files_are_short) {
  expect_tidy(check_file_length);
}
TEST(Tree, lines_are_short) {
  expect_tidy(check_line_length);
}
TEST(Tree, nothing_is_left_over) {
  expect_tidy(check_leftovers);
}
TEST(Tree, no_path_of_a_machine_is_named) {
  expect_tidy(check_machine_paths);
}
TEST(Tree, no_host_of_a_registry_is_named) {
  expect_tidy(check_registry_hosts);
}
TEST(Tree, co_await_stands_alone) {
  expect_tidy(check_co_await);
}

TEST(Tree, tests_name_rules_that_exist) {
  auto const law = shared("law.md");
  if (!law) GTEST_SKIP() << "the text of the law is not here";
  std::ostringstream text;
  text << std::ifstream{*law}.rdbuf();
  auto const known = rules_in(text.str());
  expect_tidy([&](File const& file) {
    return file.path.starts_with("tests/tidy/") ? Complaints{} : check_law_ids(file, known);
  });
}

TEST(Tree, list_of_covered_rules_is_sorted) {
  expect_tidy([](File const& file) {
    return file.path == "tests/law_covered.txt" ? check_covered_list(file) : Complaints{};
  });
}

}  // namespace
}  // namespace qyzmet::tests::tidy
