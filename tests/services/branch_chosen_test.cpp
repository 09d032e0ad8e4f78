// Until the decision is signed, the applicant of service 77 may choose another branch: the paper
// that names it is drawn up anew. After the signature the choice stands.
#include <gtest/gtest.h>

#include "services/casework/files.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class BranchChosen : public testing::Test {
 protected:
  BranchChosen() {
    near_ = save("burabay-2", "Бурабай-2", site_.office().id);
    far_ = save("aqsu-1", "Ақсу-1", site_.other_office().id);
    number_ = site_.file({.who = "arman", .subtype = "dismissed", .local = "2026-12-10T10:00"});
    first_ = *site_.open(number_).row.fields.branch;
    task("registrar", "Task_Register", {{"executor", site_.executor_id()}});
    task("executor", "Task_Review",
         {{"checklist.identity", "true"},
          {"checklist.photo", "true"},
          {"checklist.registered", "true"},
          {"checklist.served", "true"},
          {"checklist.documents", "true"},
          {"review.outcome", "approve"}});
  }
  BranchId save(std::string const& code, std::string const& name, OfficeId office) {
    return site_.rig().in_database([&](db::Connection& connection) {
      db::Branch branch;
      branch.office = office;
      branch.code = code;
      branch.name_kk = branch.name_ru = branch.name_en = name;
      branch.address_kk = branch.address_ru = branch.address_en = name + ", 7-үй";
      return db::save_branch(connection, branch);
    });
  }
  void task(std::string_view role, std::string const& name, FormValues values) {
    auto const answer = site_.task(role, number_, name, std::move(values));
    EXPECT_EQ(answer.status, 303) << unescaped(answer.body);
  }
  void draft() {
    task("executor", "Task_Draft",
         {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}});
  }
  PageAnswer choose(BranchId branch) {
    return site_.rig().post(
        site_.applicant("arman"), "/kk/cabinet/cases/" + number_ + "/messages/branch.chosen",
        {{"key", "choose-" + std::to_string(++keys_)}, {"branch.id", id(branch)}});
  }
  static std::string id(BranchId branch) { return std::to_string(branch.value); }
  static boost::json::value with(BranchId branch) {
    return boost::json::object{{"fields", boost::json::object{{"branch.id", id(branch)}}}};
  }
  std::string drawn() {
    return engine::text_at(site_.open(number_).instance.variables, "draft.document");
  }
  std::string bytes(std::string const& sha256) {
    auto const read = site_.rig().wait(casework::read_file(site_.rig().world(), sha256));
    return read ? *read : std::string{};
  }
  bool offered() {
    return site_.cabinet("arman", "/cases/" + number_).body.contains("/messages/branch.chosen\"");
  }

  ServiceRig site_{"military_id"};
  BranchId near_, far_, first_;
  std::string number_;
  int keys_ = 0;
};

TEST_F(BranchChosen, another_one_is_named_by_all_that_is_drawn_up_afterwards) {
  EXPECT_TRUE(offered());
  auto const form = unescaped(
      site_.rig()
          .get(site_.applicant("arman"), "/kk/cabinet/cases/" + number_ + "/messages/branch.chosen")
          .body);
  EXPECT_LT(form.find("Бурабай-2"), form.find("Ақсу-1")) << "the nearest first";
  EXPECT_NE(form.find("Ақсу-1"), std::string::npos);
  EXPECT_FALSE(form.contains("value=\"" + id(first_) + "\"")) << "it has that one";
  EXPECT_EQ(choose(first_).status, 422);
  auto const chosen = choose(near_);
  EXPECT_EQ(chosen.status, 303) << unescaped(chosen.body);
  EXPECT_EQ(site_.open(number_).row.fields.branch, near_);
  EXPECT_EQ(drawn(), "") << "there is no paper to draw anew";
  draft();
  EXPECT_TRUE(text_of_pdf(bytes(drawn())).contains("Бурабай-2, 7-үй"));
  LAW("R77-42");
}

TEST_F(BranchChosen, what_is_drawn_and_not_signed_is_drawn_anew_and_then_the_choice_stands) {
  draft();
  auto const earlier = drawn();
  ASSERT_FALSE(earlier.empty());
  ApiClient arman{site_.rig(), "kk"};
  arman.enter(site_.applicant("arman"));
  std::string const path = "/api/v1/cases/" + number_ + "/messages/branch.chosen";
  auto const sent = arman.post(path, with(near_));
  EXPECT_EQ(sent.status, 200) << sent.body;
  auto const anew = drawn();
  EXPECT_NE(anew, earlier);
  EXPECT_FALSE(text_of_pdf(bytes(earlier)).contains("Бурабай-2"));
  EXPECT_TRUE(text_of_pdf(bytes(anew)).contains("Бурабай-2, 7-үй"));
  auto const page = site_.rig().get(site_.official("head"), "/kk/work/cases/" + number_);
  EXPECT_TRUE(page.body.contains(anew)) << "the head signs the new one";
  auto const old = site_.task(
      "head", number_, "Task_Sign",
      {{"sign.decision", "sign"}, {"signature", site_.rig().sign("head", bytes(earlier))}});
  EXPECT_GE(old.status, 400) << "a signature over the earlier paper signs nothing";
  EXPECT_EQ(site_.open(number_).state_code(), "signing");
  auto const signed_by_head = site_.sign(number_);
  EXPECT_EQ(signed_by_head.status, 303) << unescaped(signed_by_head.body);
  site_.carry_out();

  EXPECT_FALSE(offered());
  auto const late = choose(far_);
  EXPECT_GE(late.status, 400);
  EXPECT_TRUE(late.body.contains("data-rule=\"R77-42\"")) << unescaped(late.body);
  auto const refused = arman.post(path, with(far_));
  EXPECT_GE(refused.status, 400);
  EXPECT_EQ(refused.text("rule"), "R77-42") << refused.body;
  EXPECT_EQ(site_.open(number_).row.fields.branch, near_);
  EXPECT_EQ(drawn(), anew);
  LAW("R77-42");
}

}  // namespace
}  // namespace qyzmet::tests
