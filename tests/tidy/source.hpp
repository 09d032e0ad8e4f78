#pragma once
// The tree as text, and C++ source with everything but code blanked out, so that the checks can be
// simple. Pure but for read_tree; positions and line numbers survive blanking.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::tests::tidy {

struct File {
  std::string path;  // relative to the root, with '/'
  std::string text;
};

struct Complaint {
  std::string path;
  std::size_t line = 0;  // 0: the file as a whole
  std::string text;
};
using Complaints = std::vector<Complaint>;

/// Every file of the tree but build results, caches and installed packages; sorted by path.
std::vector<File> read_tree(std::filesystem::path const& root);

bool is_cpp(File const& file);
/// Comments, literals and preprocessor lines become spaces; line breaks stay.
std::string code_only(std::string_view source);
std::size_t line_of(std::string_view text, std::size_t position);
std::vector<std::string_view> lines_of(std::string_view text);
/// Position of the bracket that closes the one at `open`, or the end of the code.
std::size_t matching(std::string_view code, std::size_t open);
std::string_view trimmed(std::string_view text);
bool is_word(char c);
/// Position of `word` as a whole word, from `from` on; npos when there is none.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0);

}  // namespace qyzmet::tests::tidy
