// Every reason that the program can give has words in every language.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "templates/assets.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;

// Faults of stored bytes and of files that only the command line reads; no page gives them.
std::set<std::string> const k_not_for_pages{
    "error.event",     "error.invalid_expression", "error.invalid_json", "error.json_too_large",
    "error.migration", "error.migration_moved_on", "error.replay",       "error.script",
    "error.state",     "error.timers_due"};

std::set<std::string> keys_in_sources() {
  std::regex const key{R"re("((error|signature)\.[a-z][a-z_0-9]*)")re"};
  std::set<std::string> out;
  for (auto const* folder : {"engine", "signing", "templates", "db", "services"})
    for (auto const& entry :
         fs::recursive_directory_iterator{fs::path{QYZMET_SOURCE_DIR} / folder}) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file{entry.path()};
      std::string const text{std::istreambuf_iterator<char>{file}, {}};
      for (std::sregex_iterator at{text.begin(), text.end(), key}, end; at != end; ++at)
        out.insert((*at)[1]);
    }
  return out;
}

TEST(ErrorTexts, every_reason_in_the_sources_has_words_in_three_languages) {
  auto const keys = keys_in_sources();
  EXPECT_GT(keys.size(), 100U);
  auto const catalogue = templates::load_catalogue();
  for (auto const& key : keys)
    for (auto const* language : {"kk", "ru", "en"})
      EXPECT_EQ(catalogue.has(language, key), !k_not_for_pages.contains(key))
          << key << " in " << language;
}

TEST(ErrorTexts, each_answer_of_the_server_has_a_title_and_a_remedy) {
  auto const catalogue = templates::load_catalogue();
  for (auto const* status :
       {"400", "403", "404", "405", "409", "410", "413", "415", "422", "429", "500", "503"})
    for (auto const* language : {"kk", "ru", "en"})
      for (auto const* part : {"problem.title.", "problem.text."})
        EXPECT_TRUE(catalogue.has(language, std::string{part} + status)) << status << language;
}

}  // namespace
}  // namespace qyzmet::tests
