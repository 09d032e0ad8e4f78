#pragma once
// An application while it is being written: the answers, which pages still want something, and the
// application that follows from it. Pure.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "db/drafts.hpp"
#include "db/people.hpp"
#include "engine/base/result.hpp"
#include "engine/package.hpp"
#include "services/casework/application.hpp"
#include "services/casework/questions.hpp"

namespace qyzmet::casework {

inline constexpr std::size_t k_email_size_max = 100;
inline constexpr std::size_t k_address_size_max = 300;

struct Answers {
  std::string subtype;
  std::string office;
  std::string branch;
  std::string phone;
  std::string email;
  std::string address;
  bool consent = false;
  AnswerTexts details = {};  // to the questions of the package
  // What the check page showed, and the language it was in: nothing else can be signed.
  std::string checked;  // SHA-256 (hex) of the application
  std::string language;
  bool operator==(Answers const&) const = default;
};
Answers read_answers(std::string const& json);
std::string write_answers(Answers const& answers);

/// Under which rules, and by whom, an application is written. References are the caller's.
struct Rules {
  engine::Package const& package;
  engine::Calendar const& calendar;
  engine::Context person = {};  // of the applicant, see services/casework/standing.hpp
  std::string mode = {};        // of the country

  Asking asking(Answers const& answers) const {
    return {.package = package,
            .calendar = calendar,
            .person = person,
            .subtype = answers.subtype,
            .mode = mode};
  }
};

/// The pages in their order; "details", "branch" and "documents" only where the package asks for
/// them.
std::vector<std::string_view> apply_pages(Rules const& rules, Answers const& answers);

/// What keeps a page from being complete; empty when nothing does. All errors of a page at once.
std::vector<Error> page_errors(std::string_view page, Rules const& rules, Answers const& answers,
                               std::vector<db::DraftFile> const& files);
/// The first page that is not complete; "check" when all are.
std::string_view open_page(Rules const& rules, db::Draft const& draft);

/// Files and answers that the chosen reason does not ask for are left out.
Application to_application(Rules const& rules, db::Draft const& draft, db::Person const& person,
                           std::string_view language);

/// A text beyond its limit; the page says how long it may be.
Error too_long(std::string field, std::size_t characters_max);

/// "8 (701) 123-45-67" -> "+77011234567"; "" for what is no mobile number of Kazakhstan.
std::string normal_phone(std::string_view typed);
bool plausible_email(std::string_view email);

}  // namespace qyzmet::casework
