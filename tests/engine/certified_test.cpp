// What citizens declare with legal consequence is taken only when they have certified it: the event
// bears the evidence, and no variable of the case does.
#include <gtest/gtest.h>

#include "tests/engine/stages.hpp"
#include "tests/engine/stages_78.hpp"
#include "tests/engine/stages_79.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::string_view k_withdrawal = "application.withdrawn";

Story begun() {
  Story story;
  EXPECT_FALSE(story.file("2026-11-21T10:00", application("dismissed", "city")));
  EXPECT_FALSE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  return story;
}

Event withdrawal(Story const& story, std::optional<SignatureEvidence> signature) {
  return story.event("2026-11-24T15:00", k_citizen,
                     ReceiveMessage{.message = std::string{k_withdrawal},
                                    .message_id = "w",
                                    .form = {},
                                    .signature = std::move(signature)});
}

SignatureEvidence evidence_of(Actor const& signer) {
  return {.document = sha("statement", 1), .signature = sha("signature", 1), .signer = signer.user};
}

TEST(Certified, without_the_own_certificate_a_statement_changes_nothing) {
  auto story = begun();
  auto const before = state_json(story.now);
  auto const bare = story.apply(withdrawal(story, {}));
  ASSERT_TRUE(bare) << "nothing certifies it";
  LAW("R-GEN-19");
  EXPECT_EQ(bare->text, "error.certification_required");
  EXPECT_EQ(bare->field, "certification");
  EXPECT_EQ(bare->rule, "INV-30");
  EXPECT_FALSE(bare->cite.empty());
  for (auto const& other : {k_registrar, k_head}) {
    auto const foreign = story.apply(withdrawal(story, evidence_of(other)));
    ASSERT_TRUE(foreign) << "the key of somebody else";
    EXPECT_EQ(foreign->text, "error.signature_not_own");
  }
  EXPECT_EQ(state_json(story.now), before);
}

TEST(Certified, the_event_keeps_the_evidence_and_the_variables_do_not) {
  auto story = begun();
  auto const variables = story.now.variables;
  auto const event = withdrawal(story, evidence_of(k_citizen));
  ASSERT_FALSE(story.apply(event));
  EXPECT_NE(event_json(event).find(sha("statement", 1)), std::string::npos);
  EXPECT_EQ(to_json(story.now.variables).find(sha("statement", 1)), std::string::npos);
  EXPECT_EQ(to_json(story.now.variables).find(sha("signature", 1)), std::string::npos);
}

TEST(Certified, the_five_statements_are_demanded_and_the_law_comes_first) {
  for (auto const* play : {&play_77(), &play_78(), &play_79()})
    for (auto const& [name, form] : play->package->forms) {
      bool const listed = name == k_withdrawal || name == "hearing.waiver" ||
                          name == "hearing.objection" || name == "complaint.filed" ||
                          name == "delivery.declined";
      EXPECT_EQ(form.certified, listed) << play->package->service << " " << name;
    }
  // A waiver that the case does not expect is refused for that, certified or not.
  auto story = begun();
  auto const early = story.apply(story.event(
      "2026-11-24T15:00", k_citizen,
      ReceiveMessage{.message = "hearing.waiver", .message_id = "w", .form = {}, .signature = {}}));
  ASSERT_TRUE(early);
  EXPECT_EQ(early->rule, "INV-09");
  EXPECT_NE(early->text, "error.certification_required");
}

/// The waiver that a refusal may rest on, and the complaint against it.
TEST(Certified, waiver_objection_and_complaint_count_only_certified) {
  int waivers = 0, complaints = 0;
  for (auto const* play : {&play_77(), &play_79()})
    for (auto const& stage : play->stages)
      for (auto const* name : {"hearing.waiver", "hearing.objection", "complaint.filed"}) {
        if (play->package->form(name) == nullptr) continue;
        Story story{play->package};
        stage.reach(story);
        if (!play->allows(stage, story, {"citizen", name})) continue;
        ASSERT_FALSE(play->act(story, name, stage.local, k_citizen)) << stage.name << " " << name;
        Story bare{play->package};
        stage.reach(bare);
        bare.sign = false;
        auto const refused = play->act(bare, name, stage.local, k_citizen);
        ASSERT_TRUE(refused) << stage.name << " " << name;
        LAW("INV-09");
        LAW("E-32");
        EXPECT_EQ(refused->text, "error.certification_required");
        waivers += int(std::string_view{name} == "hearing.waiver");
        complaints += int(std::string_view{name} == "complaint.filed");
      }
  EXPECT_GT(waivers, 0);
  EXPECT_GT(complaints, 0);
}

}  // namespace
}  // namespace qyzmet::engine
