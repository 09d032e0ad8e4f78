// What is no notice of a hearing, and what is no signature.
#include <gtest/gtest.h>

#include "tests/engine/stages_79.hpp"

namespace qyzmet::engine {
namespace {

TEST(Notice, a_notice_that_comes_after_its_hearing_leads_to_another_hearing) {
  Story story;
  DONE(story.file("2026-12-07T10:00", application("lost_damaged", "city")));
  DONE(story.complete("Task_Register", "2026-12-07T11:00", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-07T12:00", k_executor, finding()));
  DONE(story.complete("Task_Notice", "2026-12-07T14:00", k_executor, notice("2026-12-08T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-07T14:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-08T11:00"));
  EXPECT_FALSE(story.open("Task_Hearing")) << "nobody is absent from a hearing that was told late";
  EXPECT_TRUE(story.open("Task_Notice"));
  DONE(story.complete("Task_Notice", "2026-12-08T12:00", k_executor, notice("2026-12-10T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-08T12:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-10T10:59"));
  EXPECT_TRUE(story.open("Task_Hearing"));
  EXPECT_LE(story.date("hearing.delivered_on"), "2026-12-10");
  LAW("INV-10");
}

TEST(Notice, only_what_the_executor_has_signed_goes_out) {
  Story story;
  notice_drawn(story);
  auto const paper = story.variable("hearing.document");
  EXPECT_TRUE(story.effects.empty() || story.effects.back().kind != "hearing_notice");
  EXPECT_EQ(story.state(), "preliminary_refusal");
  auto const bare = story.apply(story.event(
      "2026-12-11T12:30", k_executor,
      CompleteTask{.task = "Task_NoticeSign", .form = signing_notice(), .signature = {}}));
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->text, "error.signature_required");
  EXPECT_EQ(bare->rule, "R77-34");
  EXPECT_NE(
      rule_of(story.complete("Task_NoticeSign", "2026-12-11T12:30", k_head, signing_notice())), "");
  DONE(story.complete("Task_NoticeSign", "2026-12-11T12:30", k_executor, signing_notice()));
  EXPECT_EQ(story.effects.back().kind, "hearing_notice");
  EXPECT_EQ(story.effects.back().sha256, paper);
  LAW("R-GEN-16");
  LAW("R77-34");
}

/// The last day of the notice passes while it waits for the signature (district: Monday the 14th).
TEST(Notice, what_nobody_signed_in_time_goes_back_and_takes_the_late_way) {
  Story story;
  doubted(story);
  DONE(story.complete("Task_Notice", "2026-12-11T12:00", k_executor, notice("2026-12-15T11:00")));
  EXPECT_EQ(
      rule_of(story.complete("Task_NoticeSign", "2026-12-15T09:00", k_executor, signing_notice())),
      "R77-33");
  DONE(story.complete("Task_NoticeSign", "2026-12-15T09:00", k_executor, signing_notice("return")));
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_NE(story.variable("review.reasons"), "") << "nothing that was written is lost";
  DONE(story.complete("Task_Review", "2026-12-15T09:10", k_executor, finding()));
  EXPECT_TRUE(story.open("Task_LateGround"));
  DONE(story.complete("Task_LateGround", "2026-12-15T10:00", k_head,
                      {{"late.choice", "hearing"}, {"late.reasons", "Signed late."}}));
  DONE(story.complete("Task_LateNotice", "2026-12-15T11:00", k_executor,
                      notice("2026-12-17T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-15T11:05", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-15T11:06"));
  EXPECT_TRUE(story.open("Task_Hearing"));
  EXPECT_TRUE(story.breached("hearing_notice"));
  LAW("R77-33");
}

TEST(Notice, a_hearing_whose_time_passed_unsigned_gets_another_time) {
  Story story;
  doubted(story);
  DONE(story.complete("Task_Notice", "2026-12-11T12:00", k_executor, notice("2026-12-11T15:00")));
  EXPECT_EQ(
      rule_of(story.complete("Task_NoticeSign", "2026-12-11T15:00", k_executor, signing_notice())),
      "INV-10");
  LAW("INV-10");
  DONE(story.complete("Task_NoticeSign", "2026-12-11T15:00", k_executor, signing_notice("return")));
  DONE(story.complete("Task_Review", "2026-12-11T15:10", k_executor, finding()));
  DONE(story.complete("Task_Notice", "2026-12-11T15:20", k_executor, notice("2026-12-14T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-14T10:59", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-14T10:59"));
  EXPECT_TRUE(story.open("Task_Hearing"));
  EXPECT_EQ(story.date("hearing.sent_on"), "2026-12-14") << "counted from the sending";
}

TEST(Notice, of_service_79_goes_back_to_the_review_as_well) {
  Correction story;
  notice_drawn_79(story);
  auto const bare = story.apply(story.event(
      "2026-12-04T11:30", k_executor,
      CompleteTask{.task = "Task_NoticeSign", .form = signing_notice(), .signature = {}}));
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->text, "error.signature_required");
  EXPECT_EQ(story.ordered("hearing_notice"), 0);
  DONE(story.complete("Task_NoticeSign", "2026-12-04T11:30", k_executor, signing_notice("return")));
  EXPECT_TRUE(story.open("Task_Review"));
  DONE(story.complete("Task_Review", "2026-12-04T12:00", k_executor, refusing_79("no_data")));
  DONE(story.complete("Task_Notice", "2026-12-04T12:10", k_executor, notice("2026-12-07T09:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-04T12:20", k_executor, signing_notice()));
  EXPECT_EQ(story.ordered("hearing_notice"), 1);
  LAW("R79-14");
}

TEST(Notice, a_paper_that_was_never_drawn_is_not_drawn_anew) {
  Story story;
  drafted(story);
  auto const anew = sha("place_info", 2);
  auto const sign = [&] {
    return story.apply(story.event(
        "2026-12-11T12:00", k_head,
        CompleteTask{.task = "Task_Sign",
                     .form = {{"sign.decision", "sign"}, {"draft.document", anew}},
                     .signature = SignatureEvidence{
                         .document = anew, .signature = sha("s", 1), .signer = k_head.user}}));
  };
  auto const drawn = story.variable("draft.document");
  set_path(story.now.variables, "draft.document", Value{});
  auto const undrawn = sign();
  EXPECT_EQ(undrawn ? undrawn->text : "", "error.signature_other_document");
  set_path(story.now.variables, "draft.document", drawn);
  DONE(sign());
  EXPECT_EQ(story.variable("draft.document"), anew);
}

TEST(Notice, a_signature_that_nothing_asks_for_is_refused) {
  Story story;
  drafted(story);
  SignatureEvidence const own{.document = story.variable("draft.document"),
                              .signature = sha("s", 1),
                              .signer = k_head.user};
  auto const back = story.apply(
      story.event("2026-12-11T12:00", k_head,
                  CompleteTask{.task = "Task_Sign",
                               .form = {{"sign.decision", "return"}, {"sign.remarks", "not yet"}},
                               .signature = own}));
  EXPECT_EQ(back ? back->text : "", "error.signature_unwanted");
  auto const copied = story.apply(story.event(
      "2026-12-11T12:00", k_citizen,
      ReceiveMessage{.message = "file.copied", .message_id = "w", .form = {}, .signature = own}));
  EXPECT_EQ(copied ? copied->text : "", "error.signature_unwanted");
  EXPECT_TRUE(story.open("Task_Sign"));
}

}  // namespace
}  // namespace qyzmet::engine
