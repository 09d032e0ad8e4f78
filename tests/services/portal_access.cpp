// Who may come in where, who sees which case, and what a form must bring to be believed.
#include <array>

#include "services/portal/access.hpp"
#include "services/portal/page.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::portal {
namespace {

db::Grant at_office(std::string role, std::int64_t office) {
  return {.role = std::move(role), .office = OfficeId{office}, .branch = {}};
}
db::Grant at_branch(std::int64_t branch) {
  return {.role = "branch_operator", .office = {}, .branch = BranchId{branch}};
}

Visitor visitor(std::vector<db::Grant> grants) {
  Visitor out;
  out.user = UserId{7};
  out.person = db::PersonId{70};
  out.grants = std::move(grants);
  return out;
}

db::CaseFields fields() {
  db::CaseFields out;
  out.office = OfficeId{1};
  out.branch = BranchId{5};
  return out;
}

TEST(Access, ARouteClassLetsInWhomItNames) {
  Visitor const nobody;
  auto const citizen = visitor({});
  auto const head = visitor({at_office("head", 1)});
  struct Cell {
    std::string_view access;
    Entry nobody, citizen, head;
  };
  constexpr std::array cells{
      Cell{"anyone", Entry::allowed, Entry::allowed, Entry::allowed},
      Cell{"visitor", Entry::sign_in, Entry::allowed, Entry::allowed},
      Cell{"head", Entry::sign_in, Entry::forbidden, Entry::allowed},
      Cell{"registrar executor head", Entry::sign_in, Entry::forbidden, Entry::allowed},
      Cell{"admin", Entry::sign_in, Entry::forbidden, Entry::forbidden},
      Cell{"branch_operator", Entry::sign_in, Entry::forbidden, Entry::forbidden}};
  for (auto const& cell : cells) {
    EXPECT_EQ(entry(false, nobody, cell.access), cell.nobody) << cell.access;
    EXPECT_EQ(entry(false, citizen, cell.access), cell.citizen) << cell.access;
    EXPECT_EQ(entry(false, head, cell.access), cell.head) << cell.access;
  }
}

TEST(Access, TheDemoPageDoesNotExistInProduction) {
  EXPECT_EQ(entry(false, visitor({at_office("admin", 1)}), "demo"), Entry::absent);
  EXPECT_EQ(entry(true, Visitor{}, "demo"), Entry::allowed);
}

TEST(Access, ACaseIsSeenByItsOfficeAndItsBranchOnly) {
  LAW("INV-45");
  LAW("R77-42");
  EXPECT_TRUE(sees(at_office("registrar", 1), fields()));
  EXPECT_TRUE(sees(at_office("executor", 1), fields()));
  EXPECT_TRUE(sees(at_office("head", 1), fields()));
  EXPECT_TRUE(sees(at_branch(5), fields()));
  EXPECT_FALSE(sees(at_office("head", 2), fields()));
  EXPECT_FALSE(sees(at_branch(6), fields()));
  EXPECT_FALSE(sees(at_office("admin", 1), fields())) << "administrators see no applications";
  EXPECT_FALSE(sees({.role = "branch_operator", .office = {}, .branch = {}}, fields()));
  auto without_branch = fields();
  without_branch.branch.reset();
  EXPECT_FALSE(sees({.role = "branch_operator", .office = {}, .branch = {}}, without_branch));
}

TEST(Access, AnOfficialActsWithTheGrantThatCoversTheCase) {
  auto const both = visitor({at_office("head", 2), at_office("head", 1)});
  auto const* grant = grant_on(both, fields(), "head");
  ASSERT_NE(grant, nullptr);
  EXPECT_EQ(grant->office, OfficeId{1});
  EXPECT_EQ(staff_actor(both, *grant).unit, "1");
  EXPECT_EQ(grant_on(both, fields(), "executor"), nullptr);
}

TEST(Access, ACitizenActsAsNobodyElse) {
  auto const actor = citizen_actor(visitor({at_office("head", 1)}));
  EXPECT_EQ(actor.role, "citizen");
  EXPECT_EQ(actor.user, "7");
  EXPECT_TRUE(actor.unit.empty());
}

TEST(Access, ListsAreCutToTheScopeOfTheGrant) {
  EXPECT_EQ(scope_of(at_office("executor", 3)).office, OfficeId{3});
  EXPECT_EQ(scope_of(at_branch(4)).branch, BranchId{4});
  auto const admin = scope_of({.role = "admin", .office = {}, .branch = {}});
  EXPECT_FALSE(admin.everything || admin.office || admin.branch) << "an empty scope lists nothing";
}

http::Request posted(std::map<std::string, std::string> const& headers) {
  http::Request out;
  out.method = http::Method::post;
  out.headers.set("Host", "qyzmet.kz");
  for (auto const& [name, value] : headers) out.headers.set(name, value);
  return out;
}

TEST(Forms, OnlyOurOwnPagesMaySendThem) {
  auto const ours = "https://qyzmet.kz";
  EXPECT_TRUE(same_origin(true, posted({{"Origin", ours}})));
  EXPECT_TRUE(same_origin(true, posted({{"Origin", ours}, {"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_TRUE(same_origin(true, posted({{"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_FALSE(same_origin(true, posted({})));
  EXPECT_FALSE(same_origin(true, posted({{"Origin", "null"}})));
  EXPECT_FALSE(same_origin(true, posted({{"Origin", "http://qyzmet.kz"}})));
  EXPECT_FALSE(same_origin(true, posted({{"Origin", "https://qyzmet.kz.evil.kz"}})));
  EXPECT_FALSE(same_origin(true, posted({{"Origin", ours}, {"Sec-Fetch-Site", "cross-site"}})));
  EXPECT_FALSE(same_origin(true, posted({{"Sec-Fetch-Site", "same-site"}})));
  EXPECT_FALSE(same_origin(true, posted({{"Sec-Fetch-Site", "none"}})));
  EXPECT_TRUE(same_origin(false, posted({{"Origin", "http://qyzmet.kz"}})));
}

TEST(Forms, CarryTheTokenOfTheSession) {
  auto signed_in = visitor({});
  signed_in.csrf = "the token";
  auto request = posted({});
  EXPECT_FALSE(token_matches(signed_in, request));
  request.form["csrf"] = "another token";
  EXPECT_FALSE(token_matches(signed_in, request));
  request.form["csrf"] = "the token";
  EXPECT_TRUE(token_matches(signed_in, request));
  request.form["csrf"] = "";
  EXPECT_FALSE(token_matches(Visitor{}, request)) << "no session: no empty token";
}

TEST(Pages, TheLanguageStandsInThePath) {
  EXPECT_EQ(language_of("/ru/cabinet"), "ru");
  EXPECT_EQ(language_of("/en"), "en");
  EXPECT_EQ(language_of("/kk/"), "kk");
  for (auto const* other : {"", "/", "/de/cabinet", "/rus", "/static/app.css", "ru"})
    EXPECT_EQ(language_of(other), "kk") << other;
  EXPECT_FALSE(is_language("de"));
}

}  // namespace
}  // namespace qyzmet::portal
