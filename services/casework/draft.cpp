#include "services/casework/draft.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/utf8.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

constexpr std::size_t k_phone_digits = 11;
constexpr std::size_t k_address_size_min = 5;

Error wrong(std::string text, std::string field, std::string cite = {}) {
  return {.code = ErrorCode::invalid,
          .text = std::move(text),
          .field = std::move(field),
          .cite = std::move(cite)};
}

bool has_file(std::vector<db::DraftFile> const& files, std::string_view code) {
  return std::ranges::find(files, code, &db::DraftFile::code) != files.end();
}

/// Documents that must be there, and groups of which at least one must be (R-GEN-17, INV-17).
std::vector<Error> document_errors(std::vector<engine::RequiredDocument> const& documents,
                                   std::vector<db::DraftFile> const& files) {
  std::vector<Error> out;
  std::vector<std::string_view> groups;
  for (auto const& document : documents) {
    if (document.required && !has_file(files, document.code))
      out.push_back(wrong("error.document_missing", document.code, document.cite));
    if (document.group.empty() || std::ranges::find(groups, document.group) != groups.end())
      continue;
    groups.push_back(document.group);
    bool const any = std::ranges::any_of(documents, [&](auto const& other) {
      return other.group == document.group && has_file(files, other.code);
    });
    if (!any) out.push_back(wrong("error.document_one_of", document.code, document.cite));
  }
  return out;
}

std::vector<Error> detail_errors(Rules const& rules, Answers const& answers) {
  auto const typed = typed_answers(rules.asking(answers), answers.details);
  return typed ? std::vector<Error>{} : typed.error();
}

std::vector<Error> contact_errors(Rules const& rules, Answers const& answers) {
  std::vector<Error> out;
  if (normal_phone(answers.phone).empty()) out.push_back(wrong("error.field_phone", "phone"));
  if (!answers.email.empty() && !plausible_email(answers.email))
    out.push_back(wrong("error.field_email", "email"));
  if (!rules.package.asks_address) return out;
  auto const size = utf8_length(answers.address);
  if (size < k_address_size_min) out.push_back(wrong("error.address_short", "address"));
  if (size > k_address_size_max) out.push_back(too_long("address", k_address_size_max));
  return out;
}

}  // namespace

Answers read_answers(std::string const& text) {
  Answers out;
  boost::system::error_code error;
  auto const value = json::parse(text, error);
  if (error || !value.is_object()) return out;
  auto const& object = value.as_object();
  auto const get = [&](std::string_view name) {
    auto const* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
  };
  auto const* consent = object.if_contains("consent");
  AnswerTexts details;
  if (auto const* found = object.if_contains("details"); found != nullptr && found->is_object())
    for (auto const& [name, answer] : found->as_object())
      if (answer.is_string()) details.emplace(name, answer.as_string());
  return {.subtype = get("subtype"),
          .office = get("office"),
          .branch = get("branch"),
          .phone = get("phone"),
          .email = get("email"),
          .address = get("address"),
          .consent = consent != nullptr && consent->is_bool() && consent->as_bool(),
          .details = std::move(details),
          .checked = get("checked"),
          .language = get("language")};
}

std::string write_answers(Answers const& answers) {
  json::object details;
  for (auto const& [name, answer] : answers.details) details[name] = answer;
  return json::serialize(json::object{{"subtype", answers.subtype},
                                      {"office", answers.office},
                                      {"branch", answers.branch},
                                      {"phone", answers.phone},
                                      {"email", answers.email},
                                      {"address", answers.address},
                                      {"consent", answers.consent},
                                      {"details", std::move(details)},
                                      {"checked", answers.checked},
                                      {"language", answers.language}});
}

std::vector<std::string_view> apply_pages(Rules const& rules, Answers const& answers) {
  auto const asking = rules.asking(answers);
  bool const chosen = rules.package.subtype(answers.subtype) != nullptr;
  std::vector<std::string_view> out{"reason"};
  if (asks_anything(asking)) out.emplace_back("details");
  out.emplace_back("office");
  if (rules.package.variables.contains("branch.id")) out.emplace_back("branch");
  out.emplace_back("contacts");
  if (!chosen || !asked_documents(asking, answers.details).empty()) out.emplace_back("documents");
  for (std::string_view const page : {"consent", "check", "certify"}) out.push_back(page);
  return out;
}

std::vector<Error> page_errors(std::string_view page, Rules const& rules, Answers const& answers,
                               std::vector<db::DraftFile> const& files) {
  if (page == "reason" && rules.package.subtype(answers.subtype) == nullptr)
    return {wrong("error.choose_reason", "subtype")};
  if (page == "details") return detail_errors(rules, answers);
  if (page == "office" && answers.office.empty()) return {wrong("error.choose_office", "office")};
  if (page == "branch" && answers.branch.empty()) return {wrong("error.choose_branch", "branch")};
  if (page == "contacts") return contact_errors(rules, answers);
  if (page == "documents")
    return document_errors(asked_documents(rules.asking(answers), answers.details), files);
  if (page == "consent" && !answers.consent) return {wrong("error.consent", "consent")};
  return {};
}

std::string_view open_page(Rules const& rules, db::Draft const& draft) {
  auto const answers = read_answers(draft.answers);
  for (auto const page : apply_pages(rules, answers))
    if (page == "check" || !page_errors(page, rules, answers, draft.files).empty()) return page;
  return "check";
}

Application to_application(Rules const& rules, db::Draft const& draft, db::Person const& person,
                           std::string_view language) {
  auto const answers = read_answers(draft.answers);
  Application out{.draft = draft.id,
                  .nonce = draft.nonce,
                  .service = rules.package.service,
                  .package = rules.package.sha256,
                  .language = std::string{language},
                  .subtype = answers.subtype,
                  .office = answers.office,
                  .branch = answers.branch,
                  .iin = person.iin,
                  .name = person.name,
                  .phone = normal_phone(answers.phone),
                  .email = answers.email,
                  .address = rules.package.asks_address ? answers.address : person.address,
                  .consent = answers.consent,
                  .answers = given_answers(rules.asking(answers), answers.details),
                  .attachments = {}};
  for (auto const& document : asked_documents(rules.asking(answers), answers.details))
    for (auto const& file : draft.files)
      if (file.code == document.code)
        out.attachments.push_back({.code = file.code,
                                   .name = file.name,
                                   .sha256 = file.sha256,
                                   .size = static_cast<std::uint64_t>(file.size),
                                   .media_type = file.media_type});
  return out;
}

Error too_long(std::string field, std::size_t characters_max) {
  return {.code = ErrorCode::invalid,
          .text = "error.too_long",
          .arguments = {{"max", std::to_string(characters_max)}},
          .field = std::move(field)};
}

std::string normal_phone(std::string_view typed) {
  std::string digits;
  for (char const c : typed) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (std::string_view{" ()-+\t"}.find(c) == std::string_view::npos)
      return {};
  }
  if (digits.size() == k_phone_digits - 1 && digits[0] == '7') digits.insert(0, "7");
  if (digits.size() == k_phone_digits && digits[0] == '8') digits[0] = '7';
  bool const mobile = digits.size() == k_phone_digits && digits.starts_with("77");
  return mobile ? "+" + digits : std::string{};
}

bool plausible_email(std::string_view email) {
  auto const at = email.find('@');
  if (email.size() > k_email_size_max || at == 0 || at == email.npos) return false;
  auto const domain = email.substr(at + 1);
  auto const dot = domain.rfind('.');
  bool const one_at = domain.find('@') == domain.npos;
  bool const blank = email.find_first_of(" \t\r\n<>\",;") != email.npos;
  return one_at && !blank && dot != domain.npos && dot > 0 && dot + 1 < domain.size();
}

}  // namespace qyzmet::casework
