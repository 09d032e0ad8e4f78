// Service 77 from the signed decision to the citizen's hand, over the pages: what goes wrong on the
// way, and what the accounting of blanks, the papers and the cabinet say of it.
#include <gtest/gtest.h>
#include <regex>

#include <memory>

#include "db/blanks.hpp"
#include "db/incidents.hpp"
#include "db/outbox.hpp"
#include "db/registers.hpp"
#include "db/verify.hpp"
#include "services/casework/act.hpp"
#include "services/casework/files.hpp"
#include "services/casework/resolution.hpp"
#include "services/work/outbox.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/paper.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class IssueStory : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("issue_story");
    at("2026-12-10T09:30");
    place_ = make_place(rig());
    auto const at_office = [](std::string role) {
      return db::Grant{.role = std::move(role), .office = place_.office.id, .branch = {}};
    };
    people_["registrar"] = rig().invite("861028400119", "Тіркеуова", {at_office("registrar")});
    people_["executor"] = rig().invite("880602300074", "Орындаушиев", {at_office("executor")});
    people_["head"] = rig().invite("800515300087", "Басшыбаев", {at_office("head")});
    people_["operator"] =
        rig().invite("840211400098", "Берушина",
                     {{.role = "branch_operator", .office = {}, .branch = place_.branch.id}});
  }

  /// Signed by the head, then received by the operator "there".
  void come_to_the_new_branch(std::string const& paper);
  static void at(std::string_view local) { rig().set_clock(*parse_legal_time(local)); }
  void work() {
    while (rig().wait(work::carry_out(rig().world(), "story")) > 0) {
    }
  }
  PageAnswer act(std::string const& who, std::string const& task, FormValues values) {
    values["key"] = "issue-" + std::to_string(++keys_);
    auto answer = rig().post(people_.at(who), "/kk/work/cases/" + number_ + "/tasks/" + task,
                             std::move(values));
    work();
    return answer;
  }
  void done(std::string const& who, std::string const& task, FormValues values) {
    auto const answer = act(who, task, std::move(values));
    EXPECT_EQ(answer.status, 303) << task << "\n" << unescaped(answer.body);
  }
  casework::OpenCase open() { return *rig().wait(casework::open_case(rig().world(), number_)); }
  std::string bytes_at(std::string_view path) {
    auto const sha256 = engine::text_at(open().instance.variables, path);
    auto bytes = rig().wait(casework::read_file(rig().world(), sha256));
    return bytes ? *bytes : std::string{};
  }
  /// Registered for the executor.
  void applied(std::string const& who, std::string const& subtype) {
    people_["citizen"] = invite_signer(rig(), who);
    auto const signing = fill_in(rig(), people_["citizen"], place_, subtype);
    auto const sent =
        send_signature(rig(), people_["citizen"], signing, rig().sign(who, signing.xml));
    constexpr std::string_view k_before = "/kk/cabinet/cases/";
    ASSERT_TRUE(sent.location.starts_with(k_before)) << sent.body;
    number_ = sent.location.substr(k_before.size(), sent.location.rfind('/') - k_before.size());
    done("registrar", "Task_Register",
         {{"executor", std::to_string(people_["executor"].user.value)}});
  }
  static FormValues approval() {
    return {{"checklist.identity", "true"},   {"checklist.photo", "true"},
            {"checklist.registered", "true"}, {"checklist.served", "true"},
            {"checklist.documents", "true"},  {"review.outcome", "approve"}};
  }
  /// Signed by the head, with the next blank.
  void decided(std::string const& who, std::string const& subtype) {
    applied(who, subtype);
    done("executor", "Task_Review", approval());
    done("executor", "Task_Draft",
         {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", blank_ = next_blank()}});
    done(
        "head", "Task_Sign",
        {{"sign.decision", "sign"}, {"signature", rig().sign("head", bytes_at("draft.document"))}});
  }
  /// Out of tries.
  void give_up() {
    rig().in_database([](db::Connection& connection) {
      connection.script("update outbox set ready_at = clock_timestamp(), attempts = " +
                        std::to_string(work::k_attempts_max - 1));
    });
    work();
  }
  static std::size_t failed_effects() {
    return rig()
        .in_database([](db::Connection& connection) { return db::outbox_incidents(connection, 9); })
        .size();
  }
  void at_branch() {
    done("registrar", "Task_Dispatch", {{"delivery.registry_number", "R-1"}});
    done("operator", "Task_Receive", {{"delivery.condition", "accepted"}});
  }
  static FormValues holder() {
    return {{"issue.collector", "holder"},
            {"identity.kind", "identity_card"},
            {"identity.number", "012345678"},
            {"identity.matched", "true"}};
  }
  static db::BlankSum sum() {
    auto const out = rig().in_database([](db::Connection& connection) {
      return db::blank_sums(connection, place_.office.id).at(0);
    });
    EXPECT_EQ(out.received, out.in_stock + out.written + out.issued + out.spoiled + out.destroyed);
    return out;
  }
  /// What this test has changed: taken out of the stock; written, issued, spoiled.
  std::string blanks() const {
    auto const now = sum();
    return std::to_string(before_.in_stock - now.in_stock) +
           " used: " + std::to_string(now.written - before_.written) + " " +
           std::to_string(now.issued - before_.issued) + " " +
           std::to_string(now.spoiled - before_.spoiled);
  }
  /// A blank of the stock that no test has taken yet.
  static std::string next_blank() {
    auto const digits = std::to_string(++blanks_);
    return std::string(7 - digits.size(), '0') + digits;
  }
  std::string cabinet() {
    return unescaped(rig().get(people_["citizen"], "/kk/cabinet/cases/" + number_).body);
  }
  PageAnswer message(std::string const& who, std::string const& message, FormValues values) {
    values["key"] = "issue-" + std::to_string(++keys_);
    auto answer = rig().post(people_.at(who), "/kk/work/cases/" + number_ + "/messages/" + message,
                             std::move(values));
    work();
    return answer;
  }
  /// The case, or a page under it, as an official sees it; "" when it is not for him.
  std::string desk(std::string const& who, std::string const& path = {}) {
    auto const answer = rig().get(people_.at(who), "/ru/work/cases/" + number_ + path);
    return answer.status == 200 ? unescaped(answer.body) : std::string{};
  }
  void expect_sound() {
    auto const verdict = rig().in_database(
        [](db::Connection& connection) { return db::verify_history(connection); });
    for (auto const& fault : verdict.faults) ADD_FAILURE() << fault.check << ": " << fault.detail;
  }

  static inline Place place_;
  static inline std::map<std::string, Guest> people_;
  static inline int keys_ = 0, blanks_ = 0;
  std::string number_, blank_;
  db::BlankSum before_ = sum();
};

TEST_F(IssueStory, a_defective_blank_is_spoiled_and_another_takes_its_place) {
  decided("arman", "dismissed");
  auto const due = open().row.fields.due;
  done("registrar", "Task_Dispatch", {{"delivery.registry_number", "R-1"}});
  EXPECT_NE(text_of_pdf(bytes_at("delivery.registry")).find("AB " + blank_), std::string::npos);
  EXPECT_EQ(blanks(), "1 used: 1 0 0");
  done("operator", "Task_Receive",
       {{"delivery.condition", "damaged"}, {"delivery.damage", "Мұқабасы жыртылған"}});
  auto const act_of_day = text_of_pdf(bytes_at("delivery.act"));
  EXPECT_NE(act_of_day.find("Мұқабасы жыртылған"), std::string::npos);
  EXPECT_NE(act_of_day.find("2026 жылғы 10 желтоқсан"), std::string::npos) << "of the same day";
  EXPECT_NE(act_of_day.find("Берушина"), std::string::npos);
  auto const sealed =
      rig().get(people_["head"], "/kk/work/cases/" + number_ + "/documents/" +
                                     engine::text_at(open().instance.variables, "delivery.act") +
                                     "/signature");
  EXPECT_EQ(sealed.status, 200) << "under the seal";
  EXPECT_EQ(blanks(), "1 used: 0 0 1");
  EXPECT_NE(cabinet().find("Бланк ауыстырылуда"), std::string::npos) << "the citizen is told";
  FormValues replacement{{"replacement.act", "A-1"}, {"id.series", "AB"}, {"id.number", blank_}};
  EXPECT_EQ(act("executor", "Task_Replace", replacement).status, 422) << "that one is spoiled";
  replacement["id.number"] = next_blank();
  done("executor", "Task_Replace", replacement);
  at_branch();
  EXPECT_EQ(open().row.fields.due, due);
  EXPECT_EQ(open().state_code(), "at_branch");
  done("operator", "Task_Issue", holder());
  EXPECT_EQ(open().state_code(), "issued");
  EXPECT_EQ(blanks(), "2 used: 0 1 1");
  keep_for_looking("blanks.html", rig().get(people_["head"], "/ru/blanks").body);
  EXPECT_TRUE(open().instance.breaches.empty());
  LAW("E-12");
  LAW("R61-05");
  expect_sound();
}

TEST_F(IssueStory, only_the_holder_collects_and_the_answer_says_so) {
  decided("bauyrzhan", "dismissed");
  at_branch();
  auto form = holder();
  form["issue.collector"] = "representative";
  auto const refused = act("operator", "Task_Issue", form);
  EXPECT_EQ(refused.status, 403);
  auto const page = unescaped(refused.body);
  EXPECT_NE(page.find("сенімхат бойынша берілмейді"), std::string::npos) << page;
  EXPECT_NE(page.find("data-rule=\"E-14\""), std::string::npos);
  EXPECT_EQ(input_value(refused.body, "identity.number"), "012345678") << "nothing typed is lost";
  LAW("E-14");
  EXPECT_EQ(open().state_code(), "at_branch");
  EXPECT_EQ(blanks(), "1 used: 1 0 0");
}

TEST_F(IssueStory, the_old_id_is_receipted_in_the_cabinet) {
  decided("yermek", "old_sample");
  at_branch();
  EXPECT_EQ(act("operator", "Task_Issue", holder()).status, 403);
  EXPECT_EQ(open().state_code(), "at_branch");
  auto form = holder();
  form["old_id.received"] = "true";
  form["old_id.series"] = "НС";
  form["old_id.number"] = "7654321";
  done("operator", "Task_Issue", form);
  EXPECT_EQ(open().state_code(), "issued");
  auto const sha256 = engine::text_at(open().instance.variables, "old_id.receipt");
  EXPECT_NE(cabinet().find("Ескі билетті қабылдау туралы қолхат"), std::string::npos);
  auto const path = "/kk/cabinet/cases/" + number_ + "/documents/" + sha256;
  auto const paper = rig().get(people_["citizen"], path);
  EXPECT_EQ(paper.status, 200);
  EXPECT_NE(text_of_pdf(paper.body).find("7654321"), std::string::npos);
  EXPECT_EQ(rig().get(people_["citizen"], path + "/signature").status, 200) << "under the seal";
  LAW("E-11");
}

/// The register of IDs: one of a person is valid, and which one changes with the hand-over alone.
TEST_F(IssueStory, the_earlier_id_is_annulled_when_the_new_one_is_handed_over_not_before) {
  auto const ids = [] {
    std::string out;
    auto const rows = rig().in_database([](db::Connection& connection) {
      return db::military_ids(connection, people_["citizen"].person);
    });
    for (auto const& id : rows)
      out += id.number + (id.status == db::IdStatus::valid         ? " valid "
                          : id.status == db::IdStatus::surrendered ? " surrendered "
                                                                   : " replaced ");
    return out;
  };
  decided("saule", "dismissed");
  at_branch();
  done("operator", "Task_Issue", holder());
  auto const first = blank_;
  EXPECT_EQ(ids(), first + " valid ");
  decided("saule", "old_sample");
  at_branch();
  EXPECT_EQ(ids(), first + " valid ") << "signed and at the branch: the old one still counts";
  auto form = holder();
  form["old_id.received"] = "true";
  form["old_id.series"] = "AB";
  form["old_id.number"] = first;
  done("operator", "Task_Issue", form);
  auto const second = blank_;
  EXPECT_EQ(ids(), second + " valid " + first + " surrendered ");
  decided("saule", "name_change");
  at_branch();
  form["old_id.number"] = second;
  done("operator", "Task_Issue", form);
  EXPECT_EQ(ids(), blank_ + " valid " + second + " surrendered " + first + " surrendered ");
  LAW("R77-27");
  LAW("INV-15");
  expect_sound();
}

/// The person and the office see which ID counts, and what became of the earlier ones.
TEST_F(IssueStory, everybody_sees_which_id_is_valid_and_another_number_is_not_taken) {
  auto const office = [this](std::string const& language) {
    return unescaped(
        rig().get(people_.at("executor"), "/" + language + "/work/cases/" + number_).body);
  };
  auto const own = [](std::string const& language) {
    return unescaped(rig().get(people_["citizen"], "/" + language + "/cabinet/registration").body);
  };
  decided("madina", "dismissed");
  EXPECT_NE(own("ru").find("Военные билеты в системе не числятся"), std::string::npos);
  at_branch();
  done("operator", "Task_Issue", holder());
  auto const first = blank_, first_case = number_;
  EXPECT_NE(own("ru").find("№ AB " + first), std::string::npos);
  EXPECT_NE(own("ru").find("действителен"), std::string::npos);
  decided("madina", "name_change");
  EXPECT_NE(office("kk").find("№ AB " + first), std::string::npos) << "before the decision, too";
  at_branch();
  auto form = holder();
  form["old_id.received"] = "true";
  form["old_id.series"] = "AB";
  form["old_id.number"] = "7654321";
  auto const refused = act("operator", "Task_Issue", form);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(unescaped(refused.body).find("data-rule=\"R77-28\""), std::string::npos);
  EXPECT_NE(unescaped(refused.body).find("жарамды әскери билетінің нөмірі басқа"),
            std::string::npos);
  EXPECT_EQ(unescaped(refused.body).find("AB " + first), std::string::npos)
      << "whoever hands it in knows the number";
  EXPECT_EQ(open().state_code(), "at_branch");
  form["old_id.number"] = first;
  done("operator", "Task_Issue", form);
  auto const second = blank_, second_case = number_;
  for (auto const& page : {own("ru"), office("ru")}) {
    EXPECT_NE(page.find("аннулирован: сдан"), std::string::npos) << page;
    EXPECT_NE(page.find("дело № " + first_case), std::string::npos);
    EXPECT_NE(page.find("дело № " + second_case), std::string::npos);
  }
  ApiClient api{rig(), "ru"};
  ASSERT_EQ(api.sign_in("madina").status, 201);
  auto const record = api.get("/api/v1/record");
  auto const& served = record.json.at("military_ids").as_array();
  ASSERT_EQ(served.size(), 2U) << record.body;
  EXPECT_EQ(served[0].at("number").as_string(), second);
  EXPECT_EQ(served[0].at("status").as_string(), "valid");
  EXPECT_EQ(served[1].at("status").as_string(), "surrendered");
  EXPECT_EQ(served[1].at("closed_by").as_string(), second_case);
  keep_for_looking("ids_cabinet_kk.html", own("kk"));
  keep_for_looking("ids_cabinet_ru.html", own("ru"));
  keep_for_looking("ids_office_kk.html", office("kk"));
  EXPECT_EQ(unescaped(rig().get(people_.at("operator"), "/ru/work/cases/" + number_).body)
                .find("аннулирован"),
            std::string::npos)
      << "no business of the branch";
  LAW("R77-27");
  LAW("R77-28");
  LAW("INV-15");
  expect_sound();
}

TEST_F(IssueStory, an_id_whose_loss_was_declared_is_lost_in_the_register) {
  auto const issued = [this](std::string const& subtype) {
    decided("dias", subtype);
    at_branch();
    done("operator", "Task_Issue", holder());
    return blank_;
  };
  auto const first = issued("dismissed"), second = issued("lost_damaged");
  auto const page = unescaped(rig().get(people_["citizen"], "/ru/cabinet/registration").body);
  EXPECT_NE(page.find("аннулирован: утерян"), std::string::npos) << page;
  decided("dias", "name_change");
  at_branch();
  auto form = holder();
  form["old_id.lost"] = "true";
  done("operator", "Task_Issue", form);
  done("operator", "Task_Return", {{"returned.registry_number", "B-1"}});
  auto const ids = rig().in_database([](db::Connection& connection) {
    return db::military_ids(connection, people_["citizen"].person);
  });
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0].number, second);
  EXPECT_EQ(ids[0].status, db::IdStatus::lost);
  EXPECT_EQ(ids[0].number_of_closing, number_);
  EXPECT_EQ(ids[1].number, first);
  EXPECT_EQ(ids[1].status, db::IdStatus::lost);
  LAW("R77-27");
  LAW("INV-15");
  expect_sound();
}

TEST_F(IssueStory, a_lost_original_closes_the_case_and_spoils_the_blank) {
  decided("aigul", "name_change");
  at_branch();
  auto form = holder();
  form["old_id.lost"] = "true";
  done("operator", "Task_Issue", form);
  done("operator", "Task_Return", {{"returned.registry_number", "B-1"}});
  EXPECT_EQ(open().state_code(), "unclaimed");
  EXPECT_TRUE(open().instance.ended);
  EXPECT_EQ(blanks(), "1 used: 0 0 1");
  LAW("E-11");
  auto const again = fill_in(rig(), people_["citizen"], place_, "dismissed");
  EXPECT_FALSE(again.sha256.empty()) << "nothing bars a new application";
}

TEST_F(IssueStory, a_notice_of_which_nothing_counts_needs_no_telephone_in_the_end) {
  decided("madina", "dismissed");
  ASSERT_TRUE(rig().sms().faults().set("reject"));
  at_branch();
  auto const retry_at_once = [this](int attempts) {
    rig().in_database([attempts](db::Connection& connection) {
      connection.script("update outbox set ready_at = clock_timestamp(), attempts = " +
                        std::to_string(attempts));
    });
    work();
  };
  EXPECT_FALSE(open().instance.pending.empty()) << "tried again";
  retry_at_once(work::k_attempts_max - 1);
  EXPECT_TRUE(open().instance.pending.empty()) << "it stands in the cabinet";
  EXPECT_EQ(open().state_code(), "at_branch");
  EXPECT_TRUE(rig()
                  .in_database([](db::Connection& connection) {
                    return db::outbox_incidents(connection, 10);
                  })
                  .empty());
  EXPECT_FALSE(engine::at_path(open().instance.variables, "decision.sent_on").is_null());
  rig().sms().faults().set("none");
}

TEST_F(IssueStory, what_nobody_collected_is_delivered_again_on_request) {
  decided("dias", "dismissed");
  at_branch();
  at("2027-01-11T10:00");
  while (rig().wait(
      casework::act(rig().world(), open().row.id,
                    {.actor = {.user = "", .role = "system"}, .body = engine::Tick{}}))) {
  }
  work();
  done("operator", "Task_Return", {{"returned.registry_number", "B-1"}});
  EXPECT_EQ(open().state_code(), "at_provider");
  EXPECT_EQ(blanks(), "1 used: 1 0 0");
  auto const link = "/kk/cabinet/cases/" + number_ + "/messages/delivery.requested";
  EXPECT_NE(cabinet().find(link), std::string::npos);
  EXPECT_EQ(rig().post(people_["citizen"], link, {{"key", "again"}}).status, 303);
  at("2027-01-12T10:00");
  at_branch();
  EXPECT_EQ(open().state_code(), "at_branch");
  done("operator", "Task_Issue", holder());
  EXPECT_EQ(open().state_code(), "issued");
  EXPECT_EQ(blanks(), "1 used: 0 1 0");
  EXPECT_TRUE(open().instance.breaches.empty());
  LAW("E-13");
  expect_sound();
}

TEST_F(IssueStory, who_declines_the_id_may_apply_anew_at_once) {
  decided("dias", "dismissed");
  at_branch();
  EXPECT_EQ(blanks(), "1 used: 1 0 0");
  auto const link = "/kk/cabinet/cases/" + number_ + "/messages/delivery.declined";
  EXPECT_NE(cabinet().find(link), std::string::npos);
  EXPECT_EQ(cabinet().find("messages/application.withdrawn"), std::string::npos);
  auto const declined = rig().post(people_["citizen"], link, {{"key", "declined"}});
  EXPECT_EQ(certified(rig(), people_["citizen"], declined).status, 303);
  work();
  EXPECT_EQ(open().state_code(), "declined");
  EXPECT_EQ(blanks(), "1 used: 0 0 1");
  EXPECT_NE(cabinet().find("Өтініш беруші алудан бас тартты"), std::string::npos);
  EXPECT_NE(cabinet().find("Әскери билетті алудан бас тарттыңыз"), std::string::npos) << "told";
  EXPECT_EQ(act("operator", "Task_Issue", holder()).status, 410);
  LAW("E-15");
  auto const first = number_;
  decided("dias", "dismissed");
  EXPECT_NE(number_, first);
  EXPECT_EQ(open().state_code(), "in_transit");
  LAW("E-13");
  expect_sound();
}

TEST_F(IssueStory, what_the_register_has_of_the_applicant_is_held_against_what_is_filled_in) {
  applied("saule", "old_sample");
  db::NewRegistration const known{.person = open().row.person,
                                  .office = place_.office.id,
                                  .kind = "reservist",
                                  .category = "I",
                                  .case_id = open().row.id,
                                  .day = *parse_date("2026-12-01"),
                                  .entry = {.paper = "5", .mark = "2026-12-01"},
                                  .facts = {{"composition", "officer"}}};
  ASSERT_TRUE(rig().in_database(
      [&](db::Connection& connection) { return db::take_on_register(connection, known); }));
  auto unregistered = approval();
  unregistered["review.outcome"] = "refuse";
  unregistered["review.ground"] = "G3";
  unregistered["review.reasons"] = "Есепте жоқ.";
  auto const untrue = act("executor", "Task_Review", unregistered);
  EXPECT_EQ(untrue.status, 403);
  EXPECT_NE(unescaped(untrue.body).find("бұл адам әскери есепте тұр"), std::string::npos);
  EXPECT_NE(unescaped(untrue.body).find("Есепте жоқ."), std::string::npos) << "kept";
  LAW("R77-62");
  done("executor", "Task_Review", approval());
  FormValues draft{
      {"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", blank_ = next_blank()}};
  auto const other_kind = act("executor", "Task_Draft", draft);
  EXPECT_EQ(other_kind.status, 403);
  EXPECT_NE(unescaped(other_kind.body).find("құрам басқа"), std::string::npos);
  LAW("R77-43");
  draft["id.kind_reasons"] = "Офицер атағынан айырылған.";
  done("executor", "Task_Draft", draft);
  EXPECT_EQ(open().state_code(), "signing");
  EXPECT_EQ(blanks(), "1 used: 1 0 0");
  auto const withdrawn = rig().post(
      people_["citizen"], "/kk/cabinet/cases/" + number_ + "/messages/application.withdrawn",
      {{"key", "withdrawn"}});
  EXPECT_EQ(certified(rig(), people_["citizen"], withdrawn).status, 303);
  work();
  EXPECT_EQ(open().state_code(), "withdrawn");
  EXPECT_EQ(blanks(), "1 used: 0 0 1") << "it bears the data of somebody";
  LAW("R61-05");
}

/// Beside the place of the tests: a branch nearby, one far away, and one that is closed.
struct MoreBranches {
  BranchId near, far, closed;
};
MoreBranches more_branches(SiteRig& rig, Place const& place) {
  return rig.in_database([&](db::Connection& connection) {
    auto const save = [&](std::string const& code, std::string const& name, OfficeId office,
                          bool active) {
      db::Branch branch;
      branch.office = office;
      branch.code = code;
      branch.name_kk = branch.name_ru = branch.name_en = name;
      branch.address_kk = branch.address_ru = branch.address_en = name + ", 7-үй";
      branch.active = active;
      return db::save_branch(connection, branch);
    };
    auto office = place.office;
    office.id = {};
    office.code = "7112";
    office.name_kk = office.name_ru = office.name_en = "Астана";
    auto const elsewhere = db::save_office(connection, office);
    return MoreBranches{.near = save("burabay-2", "Бурабай-2", place.office.id, true),
                        .far = save("astana-1", "Астана-1", elsewhere, true),
                        .closed = save("burabay-3", "Бурабай-3", place.office.id, false)};
  });
}

void IssueStory::come_to_the_new_branch(std::string const& paper) {
  auto const early = message("there", "branch.arrived", {});
  EXPECT_EQ(early.status, 403);
  EXPECT_NE(unescaped(early.body).find("Жаңа алу орнына басшы әлі қол қойған жоқ"),
            std::string::npos)
      << unescaped(early.body);
  EXPECT_EQ(message("head", "branch.signed",
                    {{"signature", rig().sign("head", bytes_at("branch.document"))}})
                .status,
            303);
  work();
  EXPECT_EQ(cabinet().find("/documents/" + paper), std::string::npos) << "not there yet";
  EXPECT_EQ(to_iso(*open().due("branch.arrived")), "2027-01-15");
  EXPECT_GE(act("there", "Task_Issue", holder()).status, 400) << "it is on its way";
  at("2027-01-14T10:00");
  keep_for_looking("branch_arrived_form.html", desk("there", "/messages/branch.arrived"));
  EXPECT_EQ(message("there", "branch.arrived", {}).status, 303);
  work();
  EXPECT_EQ(open().state_code(), "at_branch");
  auto const& timers = open().instance.timers;
  EXPECT_EQ(to_iso(legal_date(std::ranges::max(timers, {}, &engine::Timer::due).due)), "2027-02-14")
      << "a month from the arrival";
}

/// What is chosen of a field in the page as it comes: radio buttons, or a list.
std::vector<std::string> chosen_in(std::string const& page, std::string const& field) {
  std::vector<std::string> out;
  std::regex const radio{"<input[^>]*name=\"" + field + "\"[^>]*>"};
  std::regex const value{"value=\"([^\"]*)\""};
  for (std::sregex_iterator at{page.begin(), page.end(), radio}; at != std::sregex_iterator{};
       ++at) {
    auto const element = at->str();
    std::smatch found;
    if (element.contains("checked") && std::regex_search(element, found, value))
      out.push_back(found[1]);
  }
  return out;
}

TEST_F(IssueStory, another_branch_hands_the_id_over_when_the_chosen_one_is_shut) {
  auto const [near, far, closed] = more_branches(rig(), place_);
  people_["there"] = rig().invite("840211400198", "Берушинова",
                                  {{.role = "branch_operator", .office = {}, .branch = near}});
  auto const id = [](BranchId branch) { return std::to_string(branch.value); };
  at("2027-01-12T10:00");
  decided("arman", "dismissed");
  EXPECT_EQ(desk("registrar", "/messages/branch.moved").find("delivery.registry_number"),
            std::string::npos)
      << "it is listed when it is dispatched";
  at_branch();
  auto const first = engine::text_at(open().instance.variables, "draft.document");
  EXPECT_NE(desk("registrar").find("Выдача в другом отделении"), std::string::npos);
  auto const form = desk("registrar", "/messages/branch.moved");
  keep_for_looking("branch_moved_form.html", form);
  EXPECT_LT(form.find("Бурабай-2"), form.find("Астана-1")) << "the nearest is proposed first";
  EXPECT_NE(form.find("Астана-1"), std::string::npos);
  EXPECT_EQ(form.find("Бурабай-3"), std::string::npos) << "that one is closed as well";
  EXPECT_EQ(chosen_in(form, "branch.id"), std::vector{id(near)}) << "the nearest is chosen";
  FormValues values{{"branch.id", id(closed)},
                    {"branch.reasons", "Бөлімше көшті."},
                    {"branch.is_duty", "true"},
                    {"delivery.registry_number", "R-2"}};
  EXPECT_EQ(message("registrar", "branch.moved", values).status, 422) << "nor by the page alone";
  values.erase("branch.is_duty");
  EXPECT_EQ(message("registrar", "branch.moved", values).status, 422) << "no active branch";
  values["branch.id"] = id(near);
  EXPECT_GE(message("head", "branch.moved", values).status, 400) << "the registrar does it";
  EXPECT_EQ(message("registrar", "branch.moved", values).status, 303);
  EXPECT_EQ(open().row.fields.branch, near);
  EXPECT_EQ(engine::text_at(open().instance.variables, "branch.code"), "burabay-2");
  EXPECT_EQ(desk("operator"), "") << "the first branch has the case no more";
  EXPECT_EQ(open().state_code(), "between_branches");
  EXPECT_TRUE(open().instance.timers.empty()) << "no day counts on the way";
  EXPECT_NE(text_of_pdf(bytes_at("delivery.registry")).find("Бурабай-2"), std::string::npos);
  EXPECT_NE(text_of_pdf(bytes_at("delivery.registry")).find("R-2"), std::string::npos);
  auto const moved = engine::text_at(open().instance.variables, "branch.document");
  EXPECT_EQ(cabinet().find("/documents/" + moved), std::string::npos) << "not signed yet";
  EXPECT_EQ(to_iso(*open().due("branch.signed")), "2027-01-13");
  come_to_the_new_branch(moved);
  EXPECT_NE(cabinet().find("/documents/" + moved), std::string::npos);
  EXPECT_NE(cabinet().find("/documents/" + first), std::string::npos) << "the earlier one stays";
  keep_for_looking("branch_moved_cabinet.html", cabinet());
  auto const paper = text_of_pdf(bytes_at("branch.document"));
  EXPECT_NE(paper.find("Бурабай-2, 7-үй"), std::string::npos) << paper;
  EXPECT_NE(paper.find("Бөлімше көшті."), std::string::npos) << paper;
  EXPECT_EQ(act("operator", "Task_Issue", holder()).status, 404);
  done("there", "Task_Issue", holder());
  EXPECT_EQ(open().state_code(), "issued");
  EXPECT_GE(message("registrar", "branch.moved", {{"branch.id", id(far)}}).status, 400);
  LAW("E-29");
  expect_sound();
}

TEST_F(IssueStory, a_slip_in_the_place_of_receiving_is_mended_while_the_id_waits_there) {
  at("2027-01-14T11:00");
  decided("timur", "dismissed");
  auto const ask = [this] {
    return rig().post(people_["citizen"], "/kk/cabinet/cases/" + number_ + "/messages/slip.asked",
                      {{"key", "slip-" + std::to_string(++keys_)},
                       {"slip.request", "Филиалдың мекенжайы қате."}});
  };
  auto const tell = [this](std::string const& who, std::string const& name, FormValues values) {
    auto const answer = message(who, name, std::move(values));
    EXPECT_EQ(answer.status, 303) << name << "\n" << unescaped(answer.body);
  };
  EXPECT_EQ(ask().status, 409) << "it is not with the applicant yet";
  at_branch();
  auto const first = engine::text_at(open().instance.variables, "draft.document");
  EXPECT_EQ(ask().status, 303);
  EXPECT_EQ(to_iso(*open().due("slip.redrawn")), "2027-01-19") << "three working days";
  // What the paper says comes from the registers: there it is mended.
  rig().in_database([](db::Connection& connection) {
    place_.branch.address_kk = place_.branch.address_ru = "Абылай хан көшесі, 15";
    db::save_branch(connection, place_.branch);
  });
  tell("executor", "slip.redrawn", {{"slip.mended", "Филиалдың мекенжайы"}});
  auto const mended = engine::text_at(open().instance.variables, "slip.document");
  EXPECT_NE(mended, first);
  EXPECT_EQ(cabinet().find("/documents/" + mended), std::string::npos) << "not signed yet";
  tell("head", "slip.signed", {{"signature", rig().sign("head", bytes_at("slip.document"))}});
  EXPECT_NE(cabinet().find("/documents/" + mended), std::string::npos);
  EXPECT_NE(cabinet().find("/documents/" + first), std::string::npos) << "the earlier one stays";
  EXPECT_NE(text_of_pdf(bytes_at("slip.document")).find("Абылай хан көшесі, 15"),
            std::string::npos);
  EXPECT_EQ(text_of_pdf(bytes_at("draft.document")).find("Абылай хан көшесі, 15"),
            std::string::npos);
  LAW("R-GEN-22");
  EXPECT_EQ(open().state_code(), "at_branch") << "the case goes on as it was";
  done("operator", "Task_Issue", holder());
  EXPECT_EQ(open().state_code(), "issued");
  EXPECT_EQ(ask().status, 303) << "and after its end as well";
}

/// Of the notice of a hearing delivery counts, and the gateway of short messages is silent.
TEST_F(IssueStory, an_administrator_states_how_a_notice_was_delivered_that_could_not_be_sent) {
  at("2027-02-08T09:30");
  applied("aigul", "dismissed");
  auto review = approval();
  review["review.outcome"] = "refuse";
  review["review.ground"] = "G2";
  review["review.reasons"] = "Қаулыға қол қойылмаған.";
  done("executor", "Task_Review", review);
  ASSERT_TRUE(rig().sms().faults().set("unavailable"));
  at("2027-02-08T12:00");
  done("executor", "Task_Notice",
       {{"hearing.mode", "in_person"},
        {"hearing.slot", "2027-02-10T11:00"},
        {"hearing.place", "12-кабинет"}});
  done("executor", "Task_NoticeSign",
       {{"notice.decision", "sign"},
        {"signature", rig().sign("executor", bytes_at("hearing.document"))}});
  give_up();
  rig().sms().faults().set("none");
  auto const admin =
      rig().invite("770412300138", "Баптаушиев", {{.role = "admin", .office = {}, .branch = {}}});
  auto const list = rig().get(admin, "/kk/admin/incidents").body;
  keep_for_looking("incidents.html", rig().get(admin, "/ru/admin/incidents").body);
  auto const from = list.find("/kk/admin/incidents/");
  ASSERT_NE(from, std::string::npos) << list;
  auto const link = list.substr(from, list.find('"', from) - from);
  keep_for_looking("resolve.html", rig().get(admin, link).body);
  EXPECT_EQ(rig().get(people_["head"], link).status, 403);

  at("2027-02-09T10:00");
  FormValues stated{{"reason", "Органда қол қойғызып тапсырылды, 14-парақ"},
                    {"sent_at", "2027-02-08T11:00"},
                    {"delivered_at", "2027-02-09T09:00"}};
  auto const before_the_order = rig().post(admin, link, stated);
  EXPECT_EQ(before_the_order.status, 422);
  EXPECT_NE(before_the_order.body.find(rig().text("kk", "error.not_then")), std::string::npos);
  EXPECT_NE(unescaped(before_the_order.body).find("14-парақ"), std::string::npos) << "kept";
  EXPECT_EQ(failed_effects(), 1U) << "what was refused has not been taken away";
  stated["sent_at"] = "2027-02-08T15:00";
  EXPECT_EQ(rig().post(admin, link, stated).status, 303);
  EXPECT_EQ(rig().post(admin, link, stated).status, 404) << "once";
  EXPECT_EQ(failed_effects(), 0U);

  auto const variables = open().instance.variables;
  EXPECT_EQ(engine::at_path(variables, "hearing.sent_on"),
            engine::Value{*parse_date("2027-02-08")});
  EXPECT_EQ(engine::at_path(variables, "hearing.delivered_on"),
            engine::Value{*parse_date("2027-02-09")});
  auto const history = unescaped(rig().get(people_["head"], "/kk/work/cases/" + number_).body);
  EXPECT_NE(history.find("14-парақ"), std::string::npos) << "officials read the reason";
  EXPECT_NE(history.find("әкімшінің жазбасы бойынша"), std::string::npos);
  EXPECT_EQ(cabinet().find("14-парақ"), std::string::npos);
  auto const recorded = rig().in_database([](db::Connection& connection) {
    static db::Sql const sql{"resolved", "select count(*) from act_log where act = 'resolve'"};
    return connection.one<std::int64_t>(sql);
  });
  EXPECT_EQ(std::get<0>(*recorded), 2) << "with the one that was refused";
  expect_sound();
}

TEST_F(IssueStory, what_is_tried_again_by_itself_is_not_taken_away) {
  at("2027-02-10T09:30");
  decided("yermek", "dismissed");
  rig().sms().faults().set("reject");
  at_branch();
  ASSERT_FALSE(open().instance.pending.empty());
  auto const now = open().now;
  auto const resolve = [now](CaseId id, std::int32_t token) {
    auto const done = rig().wait(casework::resolve_incident(
        rig().world(),
        {.case_id = id, .token = token, .reason = "Handed over at the branch", .sent_at = now},
        people_["head"].user));
    return done ? std::string{} : done.error().text;
  };
  auto const id = open().row.id;
  auto const waiting = open().instance.pending.front().token;
  EXPECT_EQ(resolve(id, waiting), "error.no_such_incident");
  EXPECT_EQ(resolve(id, 9999), "error.no_such_incident");
  EXPECT_EQ(resolve(CaseId{1}, waiting), "error.case_not_found");
  EXPECT_EQ(open().instance.pending.front().token, waiting);
  rig().sms().faults().set("none");
}

TEST_F(IssueStory, an_id_that_was_damaged_between_two_branches_is_replaced) {
  auto const near = rig().in_database([](db::Connection& connection) {
    auto branch = place_.branch;
    branch.id = {};
    branch.code = "burabay-4";
    branch.name_kk = branch.name_ru = branch.name_en = "Бурабай-4";
    branch.id = db::save_branch(connection, branch);
    return branch;
  });
  people_["heir"] = rig().invite("840211400297", "Жаңаева",
                                 {{.role = "branch_operator", .office = {}, .branch = near.id}});
  at("2027-02-15T10:00");
  decided("arman", "dismissed");
  at_branch();
  EXPECT_EQ(message("registrar", "branch.moved",
                    {{"branch.id", std::to_string(near.id.value)},
                     {"branch.reasons", "Бөлімше көшті."},
                     {"delivery.registry_number", "R-2"}})
                .status,
            303);
  EXPECT_EQ(message("head", "branch.signed",
                    {{"signature", rig().sign("head", bytes_at("branch.document"))}})
                .status,
            303);
  at("2027-02-16T10:00");
  EXPECT_EQ(open().state_code(), "between_branches");
  auto const waits = open().instance.subscriptions;
  auto const wait = std::ranges::find(waits, "delivery.defective", &engine::Subscription::message);
  ASSERT_NE(wait, waits.end());
  auto const link = "/messages/delivery.defective?wait=" + std::to_string(wait->id);
  EXPECT_NE(desk("heir").find(link), std::string::npos) << desk("heir");
  keep_for_looking("defective_form.html", desk("heir", link));
  EXPECT_EQ(message("heir", "delivery.defective", {}).status, 422) << "with a reason alone";
  EXPECT_EQ(message("heir", "delivery.defective", {{"delivery.damage", "Жолда су тиген"}}).status,
            303);
  EXPECT_EQ(open().state_code(), "replacing");
  EXPECT_EQ(blanks(), "1 used: 0 0 1");
  auto const paper = text_of_pdf(bytes_at("delivery.act"));
  EXPECT_NE(paper.find("Жолда су тиген"), std::string::npos) << paper;
  EXPECT_NE(paper.find("Жаңаева"), std::string::npos) << paper;
  EXPECT_NE(cabinet().find("Бланк ауыстырылуда"), std::string::npos) << "the citizen is told";
  EXPECT_NE(desk("executor").find("Новый бланк взамен дефектного"), std::string::npos)
      << "with its last day";
  done("executor", "Task_Replace",
       {{"replacement.act", "A-2"}, {"id.series", "AB"}, {"id.number", next_blank()}});
  done("registrar", "Task_Dispatch", {{"delivery.registry_number", "R-3"}});
  done("heir", "Task_Receive", {{"delivery.condition", "accepted"}});
  done("heir", "Task_Issue", holder());
  EXPECT_EQ(open().state_code(), "issued");
  EXPECT_EQ(blanks(), "2 used: 0 1 1");
  LAW("E-12");
  LAW("R61-05");
  expect_sound();
}

}  // namespace
}  // namespace qyzmet::tests
