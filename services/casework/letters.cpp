#include "services/casework/letters.hpp"

#include <boost/json/object.hpp>

#include "templates/assets.hpp"
#include "templates/dates.hpp"

namespace qyzmet::casework {

namespace {

namespace json = boost::json;

templates::Catalogue const& catalogue() {
  static auto const loaded = templates::load_catalogue();
  return loaded;
}

std::string package_text(engine::Package const* package, std::string const& language,
                         std::string const& key) {
  if (package == nullptr) return {};
  auto const texts = package->texts.find(language);
  if (texts == package->texts.end()) return {};
  auto const found = texts->second.find(key);
  return found == texts->second.end() ? std::string{} : found->second;
}

/// The paragraph that fixes a milestone, in words; "" where there is none.
std::string paragraph_of(engine::Package const* package, std::string_view milestone,
                         std::string const& language) {
  auto const* rule = package == nullptr ? nullptr : package->term.milestone(milestone);
  if (rule == nullptr) return {};
  auto const found = package->citations.find(rule->cite);
  if (found == package->citations.end()) return {};
  auto const words = found->second.text.find(language);
  return words == found->second.text.end() ? std::string{} : words->second;
}

}  // namespace

LetterText letter_text(db::Mail const& mail, engine::Package const* package,
                       std::string const& language, std::string const& address) {
  auto const text = [&](std::string const& key, json::object const& arguments) {
    return catalogue().text(language, key, arguments, nullptr);
  };
  if (mail.is_alert) {
    json::object arguments{
        {"number", mail.number},
        {"what", package_text(package, language, "milestone." + mail.milestone)}};
    if (arguments.at("what").as_string().empty())
      arguments["what"] = text("milestone." + mail.milestone, {});
    if (mail.due)
      arguments["day"] =
          templates::format_moment(templates::DateForm::date, language, to_iso(*mail.due));
    auto subject = text("work.alert." + mail.kind, arguments);
    auto body = subject + "\n\n" + address + "/" + language + "/work/cases/" + mail.number + "\n";
    return {.subject = std::move(subject), .body = std::move(body)};
  }
  auto subject = package_text(package, language, "notify." + mail.kind + ".subject");
  if (!mail.number.empty()) subject += (subject.empty() ? "№ " : " № ") + mail.number;
  auto const path = mail.number.empty() ? "/cabinet/registration" : "/cabinet/cases/" + mail.number;
  auto body = subject + "\n\n" + text("mail.in_cabinet", {}) + "\n" + address + "/" + language +
              path + "\n";
  return {.subject = std::move(subject), .body = std::move(body)};
}

LetterText superior_letter(OverdueCase const& overdue, engine::Package const* package,
                           std::string const& language) {
  json::object arguments{
      {"number", overdue.number},
      {"office", overdue.office.name(language)},
      {"service", package_text(package, language, "service.title")},
      {"day", templates::format_moment(templates::DateForm::date, language, to_iso(overdue.due))},
      {"n", overdue.days_over},
      {"cite", paragraph_of(package, "result", language)}};
  auto const text = [&](std::string const& key) {
    return catalogue().text(language, key, arguments, nullptr);
  };
  return {.subject = text("mail.superior.subject"), .body = text("mail.superior.body") + "\n"};
}

}  // namespace qyzmet::casework
