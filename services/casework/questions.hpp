#pragma once
// What an application asks beside its subtype, place and files: the fields of the message that
// starts the process. Answers travel as the texts that were typed, so that what is signed is what
// was written; here they are typed, and the documents that follow from them are found. Pure.
#include <map>
#include <string>
#include <vector>

#include "engine/step.hpp"

namespace qyzmet::casework {

using AnswerTexts = std::map<std::string, std::string, std::less<>>;

/// Under which rules, and of whom, something is asked. References are the caller's.
struct Asking {
  engine::Package const& package;
  engine::Calendar const& calendar;
  engine::Context person;  // what conditions read as person.*, see standing.hpp
  std::string subtype = {};
  std::string mode = {};  // of the country, see db/legal_modes.hpp
};

/// What conditions of questions and documents see before anything was answered.
engine::Context environment_of(Asking const& asking);
/// Is there a question for this applicant?
bool asks_anything(Asking const& asking);
/// The answers as variables of the case; all errors at once.
std::expected<engine::Context, std::vector<Error>> typed_answers(Asking const& asking,
                                                                 AnswerTexts const& answers);
/// Of what was typed, the answers to questions that are asked: boxes that are not ticked and texts
/// that say nothing are left out.
AnswerTexts given_answers(Asking const& asking, AnswerTexts const& answers);
/// Documents of the subtype that are asked for after these answers (wrong ones count as none).
std::vector<engine::RequiredDocument> asked_documents(Asking const& asking,
                                                      AnswerTexts const& answers);

}  // namespace qyzmet::casework
