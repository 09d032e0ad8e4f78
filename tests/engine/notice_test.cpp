// What is no notice of a hearing, and what is no signature.
#include <gtest/gtest.h>

#include "tests/engine/story.hpp"

namespace qyzmet::engine {
namespace {

TEST(Notice, a_notice_that_comes_after_its_hearing_leads_to_another_hearing) {
  Story story;
  DONE(story.file("2026-12-07T10:00", application("lost_damaged", "city")));
  DONE(story.complete("Task_Register", "2026-12-07T11:00", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-07T12:00", k_executor, finding()));
  DONE(story.complete("Task_Notice", "2026-12-07T14:00", k_executor, notice("2026-12-08T11:00")));
  DONE(story.answer("Svc_SendNotice", "2026-12-08T11:00"));
  EXPECT_FALSE(story.open("Task_Hearing")) << "nobody is absent from a hearing that was told late";
  EXPECT_TRUE(story.open("Task_Notice"));
  DONE(story.complete("Task_Notice", "2026-12-08T12:00", k_executor, notice("2026-12-10T11:00")));
  DONE(story.answer("Svc_SendNotice", "2026-12-10T10:59"));
  EXPECT_TRUE(story.open("Task_Hearing"));
  EXPECT_LE(story.date("hearing.delivered_on"), "2026-12-10");
  LAW("INV-10");
}

TEST(Notice, a_signature_that_nothing_asks_for_is_refused) {
  Story story;
  DONE(story.file("2026-11-21T10:00", application("dismissed", "city")));
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-11-25T11:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-11-26T10:00", k_executor, draft()));
  SignatureEvidence const own{.document = story.variable("draft.document"),
                              .signature = sha("s", 1),
                              .signer = k_head.user};
  auto const back = story.apply(
      story.event("2026-11-26T12:00", k_head,
                  CompleteTask{.task = "Task_Sign",
                               .form = {{"sign.decision", "return"}, {"sign.remarks", "not yet"}},
                               .signature = own}));
  EXPECT_EQ(back ? back->text : "", "error.signature_unwanted");
  auto const copied = story.apply(story.event(
      "2026-11-26T12:00", k_citizen,
      ReceiveMessage{.message = "file.copied", .message_id = "w", .form = {}, .signature = own}));
  EXPECT_EQ(copied ? copied->text : "", "error.signature_unwanted");
  EXPECT_TRUE(story.open("Task_Sign"));
}

}  // namespace
}  // namespace qyzmet::engine
