#pragma once
// Papers of the three services with the data of sample cases, and what tools that are not ours say
// about a PDF. Blocking.
#include <boost/json/value.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "templates/document.hpp"

namespace qyzmet::templates {

std::string source(std::string const& name, std::string const& service = "military_id");
/// Texts of the package itself.
std::map<std::string, Texts, std::less<>> texts_of(std::string const& service);

constexpr std::string_view k_qr = "https://qyzmet.example/kk/cabinet/cases/77-2026-004218";

std::vector<std::string> const k_of_77{
    "place_info", "hearing_notice",    "refusal",        "application",    "receipt",
    "notice",     "delivery_registry", "acceptance_act", "old_id_receipt", "minutes"};
std::vector<std::string> const k_of_78{
    "application", "receipt", "notice", "refusal", "registration_notice", "registration_moved"};

std::vector<std::string> const k_of_79{
    "application",   "receipt",        "notice",           "request",       "request_reminder",
    "refusal",       "request_recall", "extension_notice", "update_notice", "support_certificate",
    "hearing_notice"};

/// A case of service 77 before its refusal.
boost::json::value data();
/// What a case has when its ID is on the way, at the branch, and handed over.
boost::json::value at_the_branch(std::string const& condition);
/// APPC 74: place, day, start and end, body, official, secretary, participants, content.
boost::json::value heard(std::string const& words);
boost::json::value data_78(std::string_view kind);
boost::json::value data_79();
/// The same after an oral hearing with these minutes.
boost::json::value heard_79(std::string const& words);

/// A PDF in a folder of its own, and what the tools say about it.
class Paper {
 public:
  explicit Paper(std::string const& bytes);
  Paper(Paper const&) = delete;
  ~Paper();

  std::string tool(std::string const& command) const;
  /// Words of the text with single spaces.
  std::string text() const;
  std::string info() const { return tool("pdfinfo a.pdf"); }

 private:
  std::filesystem::path folder_;
};

int pages(Paper const& paper);
/// Kept in the folder that QYZMET_GALLERY names, if it does, for people to look at.
void keep_for_looking(std::string const& name, std::string const& bytes);

}  // namespace qyzmet::templates
