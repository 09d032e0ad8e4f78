// Service 77 and the photo of the gateway (E-31): what lacks or is too old is asked of its keeper,
// and no decision goes by a tick alone.
#include "tests/engine/stages.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::engine {
namespace {

TEST(Photo, a_photo_that_lacks_or_is_old_is_asked_of_its_owner_not_of_the_applicant) {
  auto const review = [](Context const& changes) {
    Story story;
    EXPECT_FALSE(story.file("2026-11-21T10:00", application("dismissed", "city")));
    EXPECT_FALSE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
    auto form = approval();
    for (auto const& [name, value] : changes) form[name] = value;
    return text_of(story.complete("Task_Review", "2026-11-25T11:00", k_executor, form));
  };
  auto const taken = [](std::string_view on) { return Value{*parse_date(on)}; };
  EXPECT_EQ(review({{"photo.taken_on", taken("2016-11-26")}}), "");
  EXPECT_EQ(review({{"photo.taken_on", taken("2016-11-25")}}),
            "guard.photo_old E-31 photo.taken_on");
  EXPECT_EQ(review({{"photo.taken_on", taken("2016-11-25")}, {"photo.answered", true}}),
            "guard.photo_query E-31 photo.query");
  Context const answered{{"photo.query", "17, 2026-11-23"}, {"photo.answered", true}};
  auto old = answered;
  old["photo.taken_on"] = taken("2016-11-25");
  EXPECT_EQ(review(old), "");
  auto missing = answered;
  missing["checklist.photo"] = false;
  EXPECT_EQ(review(missing), "");
  EXPECT_EQ(review({{"checklist.photo", false}}), "guard.gateway_data R77-29 checklist.identity");
  LAW("E-31");
}

/// What the review found is before the head, who may add to it.
Context approving_late(Context const& found) {
  auto form = checklist();
  for (auto const& [name, value] : found)
    if (name.starts_with("checklist.") || name.starts_with("photo.")) form[name] = value;
  form["late.choice"] = "approve";
  form["late.reasons"] = "All is well.";
  return form;
}

TEST(Photo, the_photo_for_which_its_owner_answered_is_enough_in_later_decisions) {
  for (bool const answered : {true, false}) {
    Story story;
    DONE(story.file("2026-12-10T10:00", application("lost_damaged", "district")));
    DONE(story.complete("Task_Register", "2026-12-10T11:00", k_registrar, registered()));
    auto form = approval();
    for (auto const& [name, value] : finding()) form[name] = value;
    form["checklist.photo"] = false;
    form["checklist.documents"] = true;
    if (answered) {
      form["photo.query"] = "17, 2026-12-11";
      form["photo.answered"] = true;
    }
    DONE(story.complete("Task_Review", "2026-12-15T10:00", k_executor, form));
    EXPECT_EQ(rule_of(story.complete("Task_LateGround", "2026-12-15T11:00", k_head,
                                     approving_late(form))),
              answered ? "" : "R77-29");
  }
  LAW("E-31");
}

/// A tick says nothing against the day of the photo: neither at the hearing nor for the head.
TEST(Photo, a_photo_that_is_too_old_is_none_whatever_is_ticked) {
  auto const old = Value{*parse_date("2016-12-14")};
  for (bool const aged : {true, false}) {
    Story story;
    assigned(story);
    auto form = finding();
    form["checklist.documents"] = true;
    form["photo.taken_on"] = aged ? old : Value{*parse_date("2016-12-17")};
    if (aged) {
      EXPECT_EQ(text_of(story.complete("Task_Review", "2026-12-15T10:00", k_executor, form)),
                "guard.photo_old E-31 photo.taken_on");
      form["checklist.photo"] = false;
    }
    DONE(story.complete("Task_Review", "2026-12-15T10:00", k_executor, form));
    EXPECT_EQ(rule_of(story.complete("Task_LateGround", "2026-12-15T11:00", k_head,
                                     approving_late(form))),
              aged ? "R77-29" : "");
  }
  auto const conclude = [&](Context const& photo) {
    Story story;
    hearing(story);
    auto form = held("2026-12-14T09:00", "2026-12-14T09:40", "approve");
    for (auto const& [name, value] : photo) form[name] = value;
    return text_of(story.complete("Task_Hearing", "2026-12-14T10:00", k_executor, form));
  };
  EXPECT_EQ(conclude({{"photo.taken_on", old}}), "guard.photo_old E-31 photo.taken_on");
  EXPECT_EQ(conclude({{"photo.taken_on", Value{*parse_date("2016-12-15")}}}), "");
  EXPECT_EQ(conclude({{"photo.taken_on", old}, {"photo.answered", true}}),
            "guard.photo_query E-31 photo.query");
  EXPECT_EQ(
      conclude(
          {{"photo.taken_on", old}, {"photo.query", "17, 2026-12-11"}, {"photo.answered", true}}),
      "");
  EXPECT_EQ(conclude({{"checklist.photo", false},
                      {"photo.query", "17, 2026-12-11"},
                      {"photo.answered", true}}),
            "")
      << "it came since the review";
  EXPECT_EQ(conclude({{"checklist.photo", false}}), "guard.gateway_data R77-29 hearing.conclusion");
  LAW("E-31");
}

}  // namespace
}  // namespace qyzmet::engine
