#pragma once
// Ways of service 77 that tests begin with.
#include "tests/engine/story.hpp"

namespace qyzmet::engine {

/// Filed, registered on D0 and approved by the executor; V77-1 in a city.
inline void approved_draft(Story& story, std::string_view subtype = "dismissed",
                           std::string_view place = "city") {
  DONE(story.file("2026-11-21T10:00", application(subtype, place)));
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-11-25T11:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-11-26T10:00", k_executor, draft()));
}

/// The military ID lies at the branch.
inline void at_branch(Story& story, std::string_view subtype = "dismissed",
                      std::string_view place = "city") {
  approved_draft(story, subtype, place);
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing()));
  DONE(story.complete("Task_Dispatch", "2026-11-26T15:00", k_registrar,
                      {{"delivery.registry_number", "R-17"}}));
  DONE(story.complete("Task_Receive", "2026-11-27T10:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  DONE(story.answer("Svc_SendPlaceInfo", "2026-11-27T10:05"));
}

}  // namespace qyzmet::engine
