// Papers of an application: what is asked for, what may be wrong with them, and what then becomes
// of it.
#include "tests/engine/stages_78.hpp"
#include "tests/engine/stages_79.hpp"
#include "tests/engine/ways_77.hpp"

namespace qyzmet::engine {
namespace {

TEST(Papers, an_incomplete_set_is_not_accepted_until_the_day_after_acceptance_and_it_is_told) {
  Context const rejected{{"register.outcome", "reject"},
                         {"register.missing", "The ruling cannot be read."}};
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  EXPECT_EQ(story
                .complete("Task_Register", "2026-12-10T18:10", k_registrar,
                          {{"register.outcome", "reject"}})
                ->field,
            "register.missing");
  auto late = story;
  DONE(story.complete("Task_Register", "2026-12-11T17:00", k_registrar, rejected));
  EXPECT_EQ(story.effects.back().kind, "acceptance_rejected");
  EXPECT_FALSE(story.open("Task_Review"));
  DONE(story.answer("Svc_NotifyRejected", "2026-12-11T17:01"));
  EXPECT_EQ(story.state(), "not_accepted");
  EXPECT_TRUE(story.now.ended);
  EXPECT_TRUE(story.now.timers.empty() && story.now.subscriptions.empty());
  EXPECT_EQ(rule_of(late.complete("Task_Register", "2026-12-14T09:00", k_registrar, rejected)),
            "R-GEN-17");
  LAW("R-GEN-17");
  DONE(late.complete("Task_Register", "2026-12-14T09:00", k_registrar, registered()));
}

/// What only the applicant can say: what is declared (78), and what is wished for (79).
TEST(Papers, no_application_asks_for_what_state_systems_hold) {
  for (auto const* service : {&service_77(), &service_78(), &service_79()}) {
    auto const& package = **service;
    for (auto const& field : package.form("application.submitted")->fields)
      EXPECT_TRUE(field.name.starts_with("declared.") || field.name.starts_with("wish.") ||
                  field.name == "wants_social_support")
          << package.service << " asks for " << field.name;
    for (auto const& subtype : package.subtypes)
      for (auto const& document : subtype.documents)
        for (auto const* const held :
             {"identity", "photo", "birth", "marriage", "family", "address"})
          EXPECT_FALSE(document.code.contains(held)) << package.service << " " << document.code;
  }
  LAW("INV-18");
  LAW("R-GEN-18");
}

}  // namespace
}  // namespace qyzmet::engine
