// What is proven of the processes of the services: every state that a case can come into, through
// the production step(). Each rule that an observer holds is held in all of them.
#include <gtest/gtest.h>

#include "engine/explore.hpp"
#include "engine/observers.hpp"
#include "tests/engine/story.hpp"

namespace qyzmet::engine {
namespace {

Files files_of(std::string_view service) {
  auto const root = std::filesystem::path{QYZMET_SOURCE_DIR} / "services" / service;
  Files files;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{root})
    if (entry.is_regular_file() && entry.path().extension() != ".cpp")
      files[std::filesystem::relative(entry.path(), root).string()] = read_text(entry.path());
  return files;
}

std::shared_ptr<Package const> loaded(Files const& files) {
  auto package = load_package(files, std::string(64, '0'));
  if (!package) throw std::runtime_error{report(package.error())};
  return *package;
}

std::string listed(ExploreReport const& explored) {
  std::string out;
  for (auto const& finding : explored.findings)
    out += finding.property + " " + finding.element + ": " + finding.text + "\n";
  return out;
}

void expect_proven(std::string_view service) {
  auto const package = loaded(files_of(service));
  auto const explored = explore(*package, seed());
  EXPECT_TRUE(explored.proven()) << listed(explored);
  std::printf("[ PROVEN   ] %s: %zu states, %zu transitions\n", std::string{service}.c_str(),
              explored.states, explored.transitions);
  auto const observers = load_observers(*package).value();
  EXPECT_FALSE(observers.empty());
  for (auto const& observer : observers) LAW(observer.rule.c_str());
}

/// The first thing that is found in a package in which `from` stands as `to` in one of its files.
Finding found_in(std::string_view service, std::string const& file, std::string_view from,
                 std::string_view to) {
  auto files = files_of(service);
  auto& text = files.at(file);
  auto const at = text.find(from);
  if (at == text.npos) throw std::runtime_error{"not in " + file + ": " + std::string{from}};
  text.replace(at, from.size(), to);
  auto const package = loaded(files);
  ExploreOptions options;
  options.findings_max = 1;
  auto const explored = explore(*package, seed(), options);
  if (explored.findings.empty()) return {};
  auto finding = explored.findings.front();
  auto const entries = replay(*package, seed(), finding.script);
  EXPECT_EQ(entries.size(), finding.script.size());
  for (auto const& entry : entries) EXPECT_FALSE(entry.refused) << entry.refused->text;
  if (finding.property == "observer")
    EXPECT_EQ(entries.back().broken, std::vector<std::string>{finding.element});
  return finding;
}

TEST(Proof, service_77_in_all_its_states) {
  expect_proven("military_id");
}

TEST(Proof, service_78_in_all_its_states) {
  expect_proven("registration");
}

/// With up to three requests that wait beside each other.
TEST(Proof, service_79_in_all_its_states) {
  expect_proven("correction");
}

TEST(Proof, a_refusal_before_three_working_days_after_the_notice_is_found) {
  auto const finding =
      found_in("military_id", "service.xml", "event.date &gt;= wd_add(hearing.delivered_on, 3)",
               "event.date &gt;= wd_add(hearing.delivered_on, 2)");
  EXPECT_EQ(finding.element, "three_days_after_the_notice");
  EXPECT_EQ(finding.rule, "R77-36");
  LAW("R77-36");
  EXPECT_LE(finding.script.size(), 12U);
}

/// After the reminders of a request have begun a way of their own.
TEST(Proof, a_refusal_without_a_hearing_in_an_extended_case_is_found) {
  auto const finding = found_in("correction", "process.bpmn",
                                "(setting.prelim_notice_unextended or T.extended_on != null) and",
                                "(setting.prelim_notice_unextended or T.extended_on = null) and");
  EXPECT_EQ(finding.property, "observer");
  EXPECT_FALSE(finding.script.empty());
}

}  // namespace
}  // namespace qyzmet::engine
