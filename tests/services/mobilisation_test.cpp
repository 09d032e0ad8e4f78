// What the mode of the country changes for service 77, on the pages: an installation that its
// administrator has put into the mode of mobilisation, beside one in peacetime.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

/// The mode as the environment of a server gives it, for the rig that starts meanwhile.
class ModeOfCountry {
 public:
  explicit ModeOfCountry(char const* mode) { ::setenv(k_name, mode, 1); }
  ~ModeOfCountry() { ::unsetenv(k_name); }
  ModeOfCountry(ModeOfCountry const&) = delete;
  ModeOfCountry& operator=(ModeOfCountry const&) = delete;

 private:
  static constexpr char const* k_name = "QYZMET_LEGAL_MODE";
};

/// A case of somebody of whom no service is confirmed, with the executor.
std::string file_without_service(ServiceRig& site) {
  auto const number =
      site.file({.who = "arman", .subtype = "dismissed", .local = "2026-12-10T10:00"});
  auto const assigned =
      site.task("registrar", number, "Task_Register", {{"executor", site.executor_id()}});
  EXPECT_EQ(assigned.status, 303) << assigned.body;
  return number;
}

PageAnswer approve(ServiceRig& site, std::string const& number) {
  return site.task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"},
                    {"checklist.photo", "true"},
                    {"checklist.registered", "true"},
                    {"checklist.documents", "true"},
                    {"review.outcome", "approve"}});
}

TEST(Mobilisation, opens_its_branch_on_the_page_of_the_executor) {
  ModeOfCountry const mode{"mobilisation"};
  ServiceRig site{"military_id"};
  auto const number = file_without_service(site);
  auto const approved = approve(site, number);
  EXPECT_EQ(approved.status, 303) << "nobody has to have served\n" << approved.body;
  auto const drafted =
      site.task("executor", number, "Task_Draft",
                {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}});
  EXPECT_EQ(drafted.status, 303) << drafted.body;
  auto const signed_by_head = site.sign(number);
  EXPECT_EQ(signed_by_head.status, 303) << signed_by_head.body;
  EXPECT_EQ(site.open(number).state_code(), "in_transit");
  LAW("E-33");
}

TEST(Mobilisation, in_peacetime_the_refusal_names_its_paragraph) {
  ServiceRig site{"military_id"};
  auto const number = file_without_service(site);
  auto const refused = approve(site, number);
  EXPECT_GE(refused.status, 400);
  auto const page = unescaped(refused.body);
  auto const package =
      site.rig().world().library.in_force("military_id", site.rig().world().clock.today());
  EXPECT_NE(page.find(package->texts.at("kk").at("guard.peacetime")), std::string::npos) << page;
  EXPECT_NE(page.find("data-rule=\"R77-17\""), std::string::npos) << page;
  EXPECT_NE(page.find(package->citations.at("a30.10").text.at("kk")), std::string::npos) << page;
  LAW("R77-17");
  LAW("E-33");
}

}  // namespace
}  // namespace qyzmet::tests
