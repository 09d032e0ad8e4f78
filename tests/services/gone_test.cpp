// The death of an applicant who has several cases (E-24): it ends the case where it was entered,
// and the page of that case leads to the others of the office.
#include <gtest/gtest.h>

#include <algorithm>

#include "db/audit.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class Gone : public testing::Test {
 protected:
  std::string absent(std::string const& who, std::string const& local) {
    return site_.file({.who = who,
                       .subtype = "privileged_period",
                       .details = {{"wish.kind", "absent"},
                                   {"wish.correct", "Ауғанстандағы қызмет"},
                                   {"wish.from", "1985-05-01"},
                                   {"wish.until", "1986-11-01"}},
                       .local = local});
  }
  std::string wrong_rank(std::string const& who, std::string const& local) {
    return site_.file({.who = who,
                       .subtype = "service_data",
                       .details = {{"wish.kind", "wrong"},
                                   {"wish.about", "rank"},
                                   {"wish.recorded", "Қатардағы жауынгер"},
                                   {"wish.correct", "Сержант"}},
                       .files = {{"proof", "%PDF-1.4 a paper"}},
                       .local = local});
  }
  void died(std::string const& number) {
    auto const answer = site_.rig().post(site_.official("registrar"),
                                         "/kk/work/cases/" + number + "/messages/person.gone",
                                         {{"gone.ground", "deceased"},
                                          {"gone.document", "Куәлік № 5"},
                                          {"gone.on", "2026-11-20"},
                                          {"key", "gone-" + number}});
    EXPECT_EQ(answer.status, 303) << unescaped(answer.body);
    site_.carry_out();
  }
  std::string page(std::string_view role, std::string const& number,
                   std::string const& language = "kk") {
    return unescaped(
        site_.rig().get(site_.official(role), "/" + language + "/work/cases/" + number).body);
  }
  std::string text(std::string const& key) { return site_.rig().text("kk", key); }
  std::vector<std::string> purposes_of(std::string const& who) {
    auto const person = site_.applicant(who).person;
    return site_.rig().in_database([&](db::Connection& connection) {
      std::vector<std::string> out;
      for (auto const& read : db::reads_of(connection, person, 0, 100))
        out.push_back(read.purpose + " " + read.number);
      return out;
    });
  }

  ServiceRig site_{"correction"};
};

TEST_F(Gone, the_page_of_a_recorded_death_leads_to_the_other_open_cases) {
  auto const first = absent("arman", "2026-11-23T10:00");
  auto const second = wrong_rank("arman", "2026-11-23T10:10");
  auto const foreign = absent("aigul", "2026-11-23T10:20");
  EXPECT_FALSE(page("registrar", first).contains(text("work.case.others"))) << "nobody is gone";
  died(first);
  for (auto const* role : {"registrar", "head"}) {
    auto const shown = page(role, first);
    EXPECT_TRUE(shown.contains(text("work.case.others"))) << role;
    EXPECT_TRUE(shown.contains(text("work.case.others.hint"))) << role;
    EXPECT_TRUE(shown.contains("href=\"/kk/work/cases/" + second + "\"")) << role;
    EXPECT_FALSE(shown.contains(foreign)) << "of somebody else";
  }
  EXPECT_FALSE(site_.open(second).instance.ended) << "none ends by itself";
  auto const reads = purposes_of("arman");
  EXPECT_NE(std::ranges::find(reads, "person_cases " + second), reads.end())
      << "whoever is shown the other case stands in the log of reads";
  died(second);
  auto const last = page("registrar", second);
  EXPECT_TRUE(last.contains(text("work.case.others.none"))) << last;
  EXPECT_FALSE(last.contains("href=\"/kk/work/cases/" + first + "\"")) << "that one has ended";
  EXPECT_FALSE(site_.open(foreign).instance.ended);
  LAW("E-24");
}

}  // namespace
}  // namespace qyzmet::tests
