// An application at the wrong office is passed on: what stays of it at the office that had it, who
// sees that and who sees the case, page by page; and that no case leaves an office without it.
#include "db/case_parts.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr std::string_view k_list = "/kk/work/passed";

class PassedOn : public SharedService {
 protected:
  static void SetUpTestSuite() {
    begin("registration");
    there_ = site().rig().invite(
        "861028400218", "Ақсу тіркеушісі",
        {{.role = "registrar", .office = site().other_office().id, .branch = {}}});
  }

  static std::string text(std::string const& key) { return site().rig().text("kk", key); }
  static std::string file(std::string const& who, std::string const& local) {
    return site().file({.who = who, .subtype = "naturalised", .local = local});
  }
  static PageAnswer pass_on(Guest const& official, std::string const& number, OfficeId office) {
    return site().rig().post(official, "/kk/work/cases/" + number + "/messages/office.redirected",
                             {{"key", "passed-" + std::to_string(++keys_)},
                              {"office.id", std::to_string(office.value)},
                              {"redirect.reasons", "Басқа жерде тіркелген."}});
  }
  static PageAnswer list(Guest const& official, std::string const& query = {}) {
    return site().rig().get(official, std::string{k_list} + query);
  }
  static PageAnswer desk(Guest const& official, std::string const& number) {
    return site().rig().get(official, "/kk/work/cases/" + number);
  }
  static std::vector<db::CasePart> parts(std::string const& number) {
    return site().rig().in_database([id = site().open(number).row.id](db::Connection& connection) {
      return db::parts_of_case(connection, id);
    });
  }
  static void script(std::string const& sql) {
    site().rig().in_database([&](db::Connection& connection) { connection.script(sql); });
  }

  static inline Guest there_;

 private:
  static inline int keys_ = 0;
};

TEST_F(PassedOn, what_it_was_at_the_first_office_stays_there_and_is_told_with_the_case) {
  auto const& registrar = site().official("registrar");
  EXPECT_TRUE(says(list(registrar), text("passed.none")));
  EXPECT_TRUE(says(site().rig().get(registrar, "/kk/work"), std::string{k_list}));

  auto const number = file("timur", "2026-11-23T10:00");
  EXPECT_FALSE(says(site().cabinet("timur", "/cases/" + number), "Мерзім жаңадан есептеледі"));
  site().at("2026-11-25T10:00");
  site().tick(number);
  auto const breaches = site().open(number).row.fields.breaches;
  ASSERT_FALSE(breaches.empty());
  EXPECT_EQ(pass_on(registrar, number, site().other_office().id).status, 303);

  auto const kept = parts(number);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].part, 1);
  EXPECT_EQ(kept[0].office, site().office().id);
  EXPECT_EQ(kept[0].passed_to, site().other_office().id);
  EXPECT_EQ(kept[0].passed_by, registrar.user);
  EXPECT_EQ(to_iso(kept[0].accepted), "2026-11-23");
  EXPECT_EQ(to_iso(kept[0].due), "2026-11-25");
  EXPECT_EQ(to_iso(kept[0].passed_on), "2026-11-25");
  EXPECT_EQ(kept[0].breaches, breaches) << "what this office has missed stays with it";
  EXPECT_FALSE(kept[0].late) << "on the second working day";

  // The office that had it: the number, the days, where it went; not the case, and nobody's name.
  auto const passed = list(registrar);
  EXPECT_EQ(passed.status, 200);
  for (auto const& words : {number, std::string{"Ақсу"}, text("passed.in_time")})
    EXPECT_TRUE(says(passed, words)) << words;
  auto const name = site().rig().in_database([](db::Connection& connection) {
    return db::find_person(connection, site().applicant("timur").person)->name;
  });
  ASSERT_FALSE(name.empty());
  EXPECT_FALSE(says(passed, name));
  EXPECT_FALSE(says(passed, "/work/cases/" + number)) << "no way to the case";
  EXPECT_EQ(desk(registrar, number).status, 404);
  EXPECT_TRUE(says(list(registrar, "?page=2"), std::string{k_list} + "?page=1"));
  for (auto const* role : {"executor", "head"})
    EXPECT_TRUE(says(list(site().official(role)), number)) << role;
  EXPECT_EQ(list(site().official("branch_operator")).status, 403);
  EXPECT_EQ(list(site().applicant("timur")).status, 403);
  EXPECT_FALSE(says(list(there_), number)) << "the other office has passed nothing on";
  for (auto const* language : {"ru", "en"})
    EXPECT_TRUE(says(site().rig().get(registrar, "/" + std::string{language} + "/work/passed"),
                     site().rig().text(language, "passed.title")));

  // The applicant and the office that has it now: where it was before, and from when it counts.
  for (auto const& page : {site().cabinet("timur", "/cases/" + number), desk(there_, number)}) {
    ASSERT_EQ(page.status, 200);
    EXPECT_TRUE(says(page, "Түскен органы: Қордай, 23 қараша")) << page.body;
    EXPECT_TRUE(says(page, "қабылданған күні — 2026")) << page.body;
  }
  LAW("R-GEN-20");

  ApiClient api{site().rig()};
  ASSERT_EQ(api.sign_in("timur").status, 201);
  auto const answer = api.get("/api/v1/cases/" + number);
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text("accepted"), "2026-11-25");
  auto const& earlier = answer.json.at("earlier_parts").as_array();
  ASSERT_EQ(earlier.size(), 1U);
  EXPECT_EQ(earlier[0].at("name").as_string(), "Қордай");
  EXPECT_EQ(earlier[0].at("accepted").as_string(), "2026-11-23");
  EXPECT_EQ(earlier[0].at("passed_on").as_string(), "2026-11-25");
  EXPECT_FALSE(earlier[0].at("late").as_bool());
  EXPECT_FALSE(earlier[0].at("paragraph").at("text").as_string().empty());
  LAW("E-17");
}

TEST_F(PassedOn, twice_leaves_two_parts_and_lateness_is_the_office_s_own) {
  auto const number = file("bauyrzhan", "2026-12-07T10:00");
  site().at("2026-12-11T10:00");  // the fourth working day after
  site().tick(number);
  EXPECT_EQ(pass_on(site().official("registrar"), number, site().other_office().id).status, 303);
  site().at("2026-12-14T10:00");
  EXPECT_EQ(pass_on(there_, number, site().office().id).status, 303);
  auto const kept = parts(number);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_TRUE(kept[0].late);
  EXPECT_EQ(kept[1].part, 2);
  EXPECT_EQ(kept[1].office, site().other_office().id);
  EXPECT_EQ(kept[1].passed_to, site().office().id);
  EXPECT_EQ(kept[1].received, kept[0].passed);
  EXPECT_EQ(to_iso(kept[1].accepted), "2026-12-11");
  EXPECT_FALSE(kept[1].late);
  EXPECT_TRUE(says(list(there_), text("passed.in_time")));
  EXPECT_FALSE(says(list(there_), text("passed.late")));
  auto const here = list(site().official("registrar"));
  EXPECT_TRUE(says(here, number) && says(here, text("passed.late")));
  auto const page = desk(site().official("registrar"), number);
  EXPECT_TRUE(says(page, "Қордай, 7 желтоқсан; кешігіп")) << page.body;
  EXPECT_TRUE(says(page, "Ақсу, 11 желтоқсан")) << page.body;
  auto const told = site().cabinet("bauyrzhan", "/cases/" + number);
  EXPECT_TRUE(says(told, "Қордай, 7 желтоқсан; кешігіп")) << told.body;
  auto const pages = site().rig().in_database([](db::Connection& connection) {
    auto const office = site().office().id;
    return std::pair{db::parts_of_office(connection, office, 0, 1),
                     db::parts_of_office(connection, office, 1, 1)};
  });
  ASSERT_EQ(pages.first.size(), 1U);
  EXPECT_EQ(pages.first[0].number, number) << "the latest first";
  for (auto const& part : pages.second) EXPECT_NE(part.number, number);
}

TEST_F(PassedOn, the_executor_may_find_out_and_nothing_of_the_first_office_goes_along) {
  auto const number = file("yermek", "2027-01-18T10:00");
  auto const accepted =
      site().task("registrar", number, "Task_Register",
                  {{"register.outcome", "accept"}, {"executor", site().executor_id()}});
  EXPECT_EQ(accepted.status, 303) << accepted.body;
  auto const& executor = site().official("executor");
  EXPECT_TRUE(says(desk(executor, number), "id=\"task-Task_Review\""));
  site().at("2027-01-19T10:00");
  EXPECT_TRUE(says(desk(site().official("registrar"), number), "/messages/office.redirected"));
  EXPECT_EQ(pass_on(site().official("registrar"), number, site().other_office().id).status, 303);
  EXPECT_EQ(desk(executor, number).status, 404) << "it is no longer this executor's";
  auto const open = site().open(number);
  EXPECT_FALSE(open.row.fields.executor);
  EXPECT_EQ(open.state_code(), "submitted");
  EXPECT_EQ(to_iso(open.instance.deadlines.accepted), "2027-01-19");
  EXPECT_TRUE(says(desk(there_, number), "id=\"task-Task_Register\""));
  ASSERT_EQ(parts(number).size(), 1U);
  EXPECT_FALSE(parts(number)[0].late);
  LAW("R-GEN-20");
}

TEST_F(PassedOn, no_case_leaves_an_office_without_its_record_and_the_record_stays) {
  auto const number = file("arman", "2027-01-11T10:00");
  auto const before = site().open(number).row;
  // The record cannot be written: then nothing of the step is.
  script("alter table case_part add constraint full_disk check (false) not valid");
  EXPECT_GE(pass_on(site().official("registrar"), number, site().other_office().id).status, 400);
  script("alter table case_part drop constraint full_disk");
  auto const after = site().open(number).row;
  EXPECT_EQ(after.version, before.version);
  EXPECT_EQ(after.head_hash, before.head_hash);
  EXPECT_EQ(after.fields.office, site().office().id);
  EXPECT_TRUE(parts(number).empty());

  auto const id = std::to_string(before.id.value);
  auto const other = std::to_string(site().other_office().id.value);
  EXPECT_THROW(script("update cases set office_id = " + other + " where id = " + id), db::Conflict)
      << "no office without a record";
  EXPECT_EQ(pass_on(site().official("registrar"), number, site().other_office().id).status, 303);
  ASSERT_EQ(parts(number).size(), 1U);
  for (std::string const sql :
       {"update case_part set late = not late", "update case_part set accepted = accepted - 1",
        "delete from case_part", "truncate case_part",
        "insert into case_part select case_id, part + 1, 1, office_id, received_at, accepted, due, "
        "breaches, passed_at, passed_on, passed_to, passed_by, late from case_part"})
    EXPECT_THROW(script(sql), db::Conflict) << sql;
  EXPECT_EQ(parts(number).size(), 1U);
}

}  // namespace
}  // namespace qyzmet::tests
