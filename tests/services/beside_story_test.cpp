// What may happen beside the process of any service, page by page: the copy of the case file, the
// recusal of an official, a complaint, a slip of the pen, the end of a case with its person.
#include <algorithm>

#include "db/registers.hpp"
#include "services/casework/files.hpp"
#include "services/casework/record_entry.hpp"
#include "signing/archive.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

std::string const k_paper = "%PDF-1.4 a paper";

class BesideStory : public SharedService {
 protected:
  static void SetUpTestSuite() {
    begin("registration");
    auto const at_office = [](char const* role) {
      return std::vector<db::Grant>{{.role = role, .office = site().office().id, .branch = {}}};
    };
    second_executor_ =
        site().rig().invite("880602300173", "Екінші орындаушы", at_office("executor"));
    second_head_ = site().rig().invite("800515300186", "Өзге басшы", at_office("head"));
  }

  static bool names(PageAnswer const& answer, std::string const& rule) {
    return answer.status >= 400 && says(answer, "data-rule=\"" + rule + "\"");
  }
  static std::string text(std::string const& key) {
    auto const package =
        site().rig().world().library.in_force("registration", site().rig().world().clock.today());
    auto const& texts = package->texts.at("kk");
    return texts.contains(key) ? texts.at(key) : site().rig().text("kk", key);
  }
  static PageAnswer desk(Guest const& official, std::string const& number) {
    return site().rig().get(official, "/kk/work/cases/" + number);
  }
  static PageAnswer desk(std::string_view role, std::string const& number) {
    return desk(site().official(role), number);
  }
  static PageAnswer tell(Guest const& official, std::string const& number,
                         std::string const& message, FormValues values) {
    values.emplace("key", "beside-" + std::to_string(++keys_));
    return site().rig().post(official, "/kk/work/cases/" + number + "/messages/" + message,
                             std::move(values));
  }
  static PageAnswer tell(std::string_view role, std::string const& number,
                         std::string const& message, FormValues values) {
    return tell(site().official(role), number, message, std::move(values));
  }
  static PageAnswer write(std::string const& who, std::string const& number,
                          std::string const& message, FormValues values) {
    values.emplace("key", "beside-" + std::to_string(++keys_));
    auto form = site().rig().post(site().applicant(who),
                                  "/kk/cabinet/cases/" + number + "/messages/" + message,
                                  std::move(values));
    return certified(site().rig(), site().applicant(who), std::move(form));
  }
  static PageAnswer copy(Guest const& guest, std::string const& number, std::string key = {}) {
    if (key.empty()) key = "copy-" + std::to_string(++keys_);
    return site().rig().post(guest, "/kk/cabinet/cases/" + number + "/file", {{"key", key}});
  }

  static std::string file(std::string const& who, std::string const& local) {
    return site().file({.who = who, .subtype = "naturalised", .local = local});
  }
  static void assign(std::string const& number) {
    done(site().task("registrar", number, "Task_Register",
                     {{"register.outcome", "accept"}, {"executor", site().executor_id()}}));
  }
  static void draft_refusal(std::string const& number) {
    done(site().task("executor", number, "Task_Review",
                     {{"review.outcome", "refuse"},
                      {"review.ground", "G1"},
                      {"review.reasons", "Құжат жалған."}}));
    done(site().task("executor", number, "Task_RefusalDraft",
                     {{"refusal.reasons", "Нұсқаманы ешкім бермегн."}}));
  }
  static std::string refuse(std::string const& who, std::string const& local) {
    auto const number = file(who, local);
    assign(number);
    draft_refusal(number);
    done(site().sign(number));
    site().carry_out();
    EXPECT_EQ(site().open(number).state_code(), "refused");
    return number;
  }
  static std::string outcome_in_lists(std::string const& number) {
    return site().open(number).row.fields.outcome;
  }

  static inline Guest second_executor_, second_head_;

 private:
  static inline int keys_ = 0;
};

// ---- The copy of the case file

TEST_F(BesideStory, the_applicant_takes_the_whole_file_while_the_case_runs_and_afterwards) {
  auto const number = file("bauyrzhan", "2026-11-23T10:00");
  assign(number);
  draft_refusal(number);
  auto const page = site().cabinet("bauyrzhan", "/cases/" + number);
  EXPECT_TRUE(says(page, text("case.file"))) << page.body;
  auto const version = site().open(number).row.version;
  auto const early = copy(site().applicant("bauyrzhan"), number, "the-key");
  ASSERT_EQ(early.status, 200) << early.body;
  auto const running = signing::read_archive(early.body);
  ASSERT_TRUE(running) << running.error();
  ASSERT_TRUE(running->contains("case.txt"));
  auto const& told = running->find("case.txt")->second;
  EXPECT_NE(told.find(text("task.Task_Review")), std::string::npos) << told;
  EXPECT_NE(told.find("Құжат жалған."), std::string::npos) << "what was entered, too";
  bool const has_application = std::ranges::any_of(
      *running, [](auto const& entry) { return entry.second.find("<application") < 200; });
  EXPECT_TRUE(has_application);
  EXPECT_TRUE(std::ranges::none_of(*running, [](auto const& entry) {
    return entry.first.find("refusal") != std::string::npos;
  })) << "a draft is no material yet";
  EXPECT_EQ(site().open(number).row.version, version + 1) << "that it was taken is in the case";
  EXPECT_TRUE(says(site().cabinet("bauyrzhan", "/cases/" + number), text("form.file.copied")));
  EXPECT_EQ(copy(site().applicant("bauyrzhan"), number, "the-key").status, 200);
  EXPECT_EQ(site().open(number).row.version, version + 1) << "once for one request";
  EXPECT_EQ(copy(site().applicant("saule"), number).status, 404) << "nobody else's";

  done(site().sign(number));
  site().carry_out();
  auto const late = copy(site().applicant("bauyrzhan"), number);
  ASSERT_EQ(late.status, 200) << "after the end as well";
  auto const whole = signing::read_archive(late.body);
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_TRUE(std::ranges::any_of(*whole, [](auto const& entry) {
    return entry.first.ends_with("refusal.pdf") && entry.second.starts_with("%PDF");
  }));
  EXPECT_TRUE(std::ranges::any_of(
      *whole, [](auto const& entry) { return entry.first.starts_with("signatures/"); }));
  LAW("R-GEN-23");
}

// ---- A complaint

TEST_F(BesideStory, a_complaint_is_kept_with_its_outcome_and_a_satisfied_one_cancels_the_refusal) {
  auto const number = refuse("yermek", "2026-11-23T10:00");
  auto const cabinet = site().cabinet("yermek", "/cases/" + number);
  EXPECT_TRUE(says(cabinet, text("form.complaint.filed"))) << cabinet.body;
  EXPECT_FALSE(says(cabinet, text("form.office.redirected"))) << "what was not said is not told";
  EXPECT_FALSE(says(cabinet, text("form.slip.drafted")));
  auto const empty = write("yermek", number, "complaint.filed", {{"complaint.text", ""}});
  EXPECT_EQ(empty.status, 422);
  // A digest of something that nobody sent is no paper.
  FormValues const forged{{"complaint.text", "Нұсқама шын."},
                          {"complaint.document", std::string(64, 'a')}};
  EXPECT_EQ(write("yermek", number, "complaint.filed", forged).status, 400) << "a page sends files";
  {
    ApiClient program{site().rig(), "en"};
    ASSERT_EQ(program.sign_in("yermek").status, 201);
    auto const refused = program.post(
        "/api/v1/cases/" + number + "/messages/complaint.filed/statement",
        {{"fields",
          {{"complaint.text", "Нұсқама шын."}, {"complaint.document", std::string(64, 'a')}}}});
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_NE(refused.body.find("complaint.document"), std::string::npos) << refused.body;
  }
  auto const below = site().rig().wait(casework::send_message(
      site().rig().world(),
      {.open = site().open(number),
       .message = "complaint.filed",
       .actor = {.user = std::to_string(site().applicant("yermek").user.value), .role = "citizen"},
       .fields = {forged.begin(), forged.end()},
       .idempotency_key = "forged"}));
  ASSERT_FALSE(below) << "whichever shell asks";
  EXPECT_EQ(below.error().front().text, "error.document_not_sent");
  EXPECT_EQ(below.error().front().field, "complaint.document");
  done(write("yermek", number, "complaint.filed", {{"complaint.text", "Нұсқама шын."}}));
  EXPECT_TRUE(
      names(write("yermek", number, "complaint.filed", {{"complaint.text", "Тағы."}}), "E-32"))
      << "one at a time";
  auto const work = desk("registrar", number);
  EXPECT_TRUE(says(work, "Нұсқама шын.")) << "who passes it on can read it";
  EXPECT_EQ(work.body.find("Нұсқама шын."), work.body.rfind("Нұсқама шын.")) << "in one place";
  EXPECT_TRUE(says(work, text("form.complaint.passed")));
  EXPECT_EQ(to_iso(site().open(number).row.fields.milestone_due.value()), "2026-11-26");
  done(tell("registrar", number, "complaint.passed", {{"complaint.passed_number", "12/7"}}));
  FormValues const satisfied{{"complaint.outcome", "satisfied"},
                             {"complaint.body", "Қорғаныс істері департаменті"},
                             {"complaint.act", "№ 7, 2026-12-10"},
                             {"complaint.decision", "Бас тарту заңсыз."}};
  site().at("2026-12-10T10:00");
  EXPECT_TRUE(names(tell("executor", number, "complaint.decided", satisfied), "R-GEN-28"));
  done(tell("head", number, "complaint.decided", satisfied));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "refusal_cancelled");
  EXPECT_EQ(outcome_in_lists(number), "refusal_cancelled");
  for (auto const& page : {site().cabinet("yermek"), site().cabinet("yermek", "/cases/" + number),
                           desk("head", number)})
    EXPECT_TRUE(says(page, text("state.refusal_cancelled"))) << page.body;
  EXPECT_TRUE(says(site().cabinet("yermek"), text("notify.complaint_satisfied.subject")));
  ApiClient api{site().rig(), "en"};
  ASSERT_EQ(api.sign_in("yermek").status, 201);
  EXPECT_EQ(api.get("/api/v1/cases/" + number).text("state.code"), "refusal_cancelled");
  // The person applies again: a new case, the old one stays as it is.
  auto const again = file("yermek", "2026-12-10T11:00");
  EXPECT_NE(again, number);
  EXPECT_TRUE(
      names(write("yermek", number, "complaint.filed", {{"complaint.text", "Тағы."}}), "E-32"))
      << "there is no refusal any more";
  LAW("E-32");
}

TEST_F(BesideStory, a_dismissed_complaint_leaves_the_refusal_as_it_is) {
  auto const number = refuse("arman", "2026-11-23T10:00");
  done(write("arman", number, "complaint.filed", {{"complaint.text", "Келіспеймін."}}));
  done(tell("head", number, "complaint.decided",
            {{"complaint.outcome", "dismissed"},
             {"complaint.body", "Департамент"},
             {"complaint.act", "№ 8"},
             {"complaint.decision", "Бас тарту заңды."}}));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "refused");
  auto const page = site().cabinet("arman", "/cases/" + number);
  EXPECT_TRUE(says(page, "Бас тарту заңды."));
  EXPECT_TRUE(says(page, text("form.complaint.filed"))) << "another one is possible";
  LAW("E-32");
}

// ---- Recusal

TEST_F(BesideStory, a_recused_executor_acts_no_more_and_the_term_goes_on) {
  auto const number = file("dias", "2026-11-23T10:00");
  assign(number);
  auto const due = site().open(number).instance.deadlines.due;
  auto const form = site().cabinet("dias", "/cases/" + number + "/messages/recusal.asked");
  EXPECT_TRUE(says(form, "Қызметкер executor")) << form.body;
  EXPECT_TRUE(says(form, "Өзге басшы")) << "who may sign can be recused as well";
  EXPECT_FALSE(says(form, "Екінші орындаушы")) << "has nothing to do with the case";
  FormValues request{{"recusal.person", std::to_string(second_executor_.user.value)},
                     {"recusal.ground", "relative"},
                     {"recusal.reasons", "Туысым."}};
  EXPECT_EQ(write("dias", number, "recusal.asked", request).status, 422) << "nobody else";
  request["recusal.person"] = site().executor_id();
  done(write("dias", number, "recusal.asked", request));
  auto const work = desk("head", number);
  EXPECT_TRUE(says(work, "Туысым.")) << work.body;
  EXPECT_TRUE(says(work, text("form.recusal.decided")));
  EXPECT_EQ(site().open(number).due("recusal.decided"), parse_date("2026-11-26"));
  FormValues granted{{"recusal.outcome", "granted"},
                     {"recusal.replacement", site().executor_id()},
                     {"recusal.decision", "Туысы екен."}};
  EXPECT_TRUE(names(tell("head", number, "recusal.decided", granted), "R-GEN-21"))
      << "not the same again";
  granted["recusal.replacement"] = std::to_string(second_executor_.user.value);
  done(tell("head", number, "recusal.decided", granted));
  site().carry_out();
  EXPECT_EQ(site().open(number).row.fields.executor, second_executor_.user);
  EXPECT_EQ(site().open(number).instance.deadlines.due, due) << "the term does not stop";
  EXPECT_TRUE(says(site().cabinet("dias"), text("notify.recusal_granted.subject")));
  FormValues const review{{"checklist.gateway", "true"},
                          {"checklist.documents", "true"},
                          {"checklist.status", "true"},
                          {"review.outcome", "approve"}};
  EXPECT_TRUE(names(site().task("executor", number, "Task_Review", review), "INV-44"));
  auto mine = review;
  mine["key"] = "second-executor";
  done(
      site().rig().post(second_executor_, "/kk/work/cases/" + number + "/tasks/Task_Review", mine));
  LAW("R-GEN-21");
  LAW("INV-44");
}

TEST_F(BesideStory, nobody_decides_on_the_own_recusal) {
  auto const number = file("arman", "2026-11-23T10:00");
  assign(number);
  done(tell("head", number, "recusal.declared_head",
            {{"recusal.ground", "interest"}, {"recusal.reasons", "Көршім."}}));
  FormValues const granted{{"recusal.outcome", "granted"}, {"recusal.decision", "Дұрыс."}};
  EXPECT_TRUE(names(tell("head", number, "recusal.decided", granted), "R-GEN-21"));
  site().at("2026-11-30T10:00");
  done(tell(second_head_, number, "recusal.decided", granted));
  EXPECT_EQ(engine::at_path(site().open(number).instance.variables, "recusal.late"),
            engine::Value{true})
      << "after more than three working days";
  draft_refusal(number);
  EXPECT_TRUE(names(site().sign(number), "INV-44"));
  LAW("R-GEN-21");
  done(write("arman", number, "application.withdrawn", {}));
  site().carry_out();
}

// ---- A slip of the pen

TEST_F(BesideStory, a_slip_of_the_pen_is_mended_in_a_new_version_and_the_old_one_stays) {
  auto const number = refuse("arman", "2026-11-23T10:00");
  auto const first = engine::text_at(site().open(number).instance.variables, "draft.document");
  done(write("arman", number, "slip.asked", {{"slip.request", "«бермегн» емес, «бермеген»."}}));
  EXPECT_EQ(site().open(number).due("slip.drafted"), parse_date("2026-11-26"));
  auto const form = site().rig().get(site().official("executor"),
                                     "/kk/work/cases/" + number + "/messages/slip.drafted");
  EXPECT_TRUE(says(form, "Нұсқаманы ешкім бермегн.")) << "the text that stands there\n"
                                                      << form.body;
  auto const other =
      tell("executor", number, "slip.drafted",
           {{"slip.mended", "Әріп"},
            {"refusal.reasons",
             "Өтініш беруші аталған тізімге сәйкес келмейді, оның барлық құжаты ескірген."}});
  EXPECT_TRUE(names(other, "R-GEN-22")) << "the substance stays\n" << other.body;
  EXPECT_TRUE(says(other, text("error.changes_substance")));
  done(tell("executor", number, "slip.drafted",
            {{"slip.mended", "Әріп"}, {"refusal.reasons", "Нұсқаманы ешкім бермеген."}}));
  auto const mended = engine::text_at(site().open(number).instance.variables, "slip.document");
  EXPECT_NE(mended, first);
  EXPECT_FALSE(says(site().cabinet("arman", "/cases/" + number), "/documents/" + mended + "\""))
      << "not before it is signed";
  EXPECT_TRUE(says(tell("head", number, "slip.signed", {}), text("error.signature_missing")));
  auto const bytes = site().rig().wait(casework::read_file(site().rig().world(), mended));
  done(tell("head", number, "slip.signed", {{"signature", site().rig().sign("head", *bytes)}}));
  site().carry_out();
  auto const page = site().cabinet("arman", "/cases/" + number);
  EXPECT_TRUE(says(page, "/documents/" + mended + "\"")) << page.body;
  EXPECT_TRUE(says(page, "/documents/" + first + "\"")) << "the earlier one stays";
  auto const pdf = site().cabinet("arman", "/cases/" + number + "/documents/" + mended);
  EXPECT_NE(pdf.body.find("ETSI.CAdES.detached"), std::string::npos) << "the EDS stands inside";
  EXPECT_TRUE(says(site().cabinet("arman"), text("notify.slip_corrected.subject")));
  EXPECT_EQ(site().open(number).state_code(), "refused") << "the decision is what it was";
  LAW("R-GEN-22");
}

TEST_F(BesideStory, a_slip_in_the_notification_of_registration_is_mended_too) {
  auto const number = file("aigul", "2026-11-23T10:00");
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-11-23T11:00", "2026-11-24T10:00", "2026-11-25T10:00");
  ASSERT_EQ(site().open(number).state_code(), "registered");
  done(write("aigul", number, "slip.asked", {{"slip.request", "Телефон нөмірі қате."}}));
  done(tell("executor", number, "slip.drafted", {{"slip.mended", "Телефон нөмірі"}}));
  auto const mended = engine::text_at(site().open(number).instance.variables, "slip.document");
  auto const bytes = site().rig().wait(casework::read_file(site().rig().world(), mended));
  done(tell("head", number, "slip.signed", {{"signature", site().rig().sign("head", *bytes)}}));
  site().carry_out();
  auto const page = site().cabinet("aigul", "/cases/" + number);
  EXPECT_TRUE(says(page, "/documents/" + mended + "\"")) << page.body;
  EXPECT_FALSE(says(page, "[paper.")) << "every paper has its name";
  LAW("R-GEN-22");
}

// ---- The person

TEST_F(BesideStory, the_case_ends_with_its_person_and_the_record_says_why) {
  auto const number = file("bauyrzhan", "2026-11-23T10:00");
  assign(number);
  auto const tomorrow = tell("registrar", number, "person.gone",
                             {{"gone.ground", "citizenship_lost"},
                              {"gone.document", "Жарлық № 5"},
                              {"gone.on", "2026-11-24"}});
  EXPECT_TRUE(names(tomorrow, "E-24")) << tomorrow.body;
  done(tell("registrar", number, "person.gone",
            {{"gone.ground", "citizenship_lost"},
             {"gone.document", "Жарлық № 5"},
             {"gone.on", "2026-11-20"}}));
  site().carry_out();
  auto const open = site().open(number);
  EXPECT_TRUE(open.instance.ended);
  EXPECT_TRUE(open.instance.tasks.empty() && open.instance.timers.empty());
  EXPECT_TRUE(open.instance.errands.empty()) << "both the mark and the notice are done";
  EXPECT_EQ(open.state_code(), "terminated");
  EXPECT_EQ(outcome_in_lists(number), "terminated");
  auto const record = site().rig().in_database([](db::Connection& connection) {
    return db::whole_record(connection, site().applicant("bauyrzhan").person);
  });
  ASSERT_EQ(record.size(), 1U);
  EXPECT_EQ(record[0].fact, casework::k_mark);
  EXPECT_EQ(record[0].value, "citizenship_lost");
  EXPECT_EQ(to_iso(record[0].from), "2026-11-20");
  auto const page = site().cabinet("bauyrzhan", "/cases/" + number);
  EXPECT_TRUE(says(page, text("state.terminated"))) << page.body;
  EXPECT_TRUE(says(page, text("choice.citizenship_lost"))) << "the ground is told";
  EXPECT_TRUE(says(site().cabinet("bauyrzhan", "/registration"),
                   text("record.value.mark.citizenship_lost")));
  EXPECT_TRUE(names(site().task("executor", number, "Task_Review",
                                {{"checklist.gateway", "true"},
                                 {"checklist.documents", "true"},
                                 {"checklist.status", "true"},
                                 {"review.outcome", "approve"}}),
                    "INV-29"));
  LAW("E-24");
}

// ---- The wrong office

TEST_F(BesideStory, an_application_to_the_wrong_office_is_passed_on_and_its_term_begins_anew) {
  auto const number = file("timur", "2026-11-23T10:00");
  EXPECT_EQ(to_iso(site().open(number).instance.deadlines.due), "2026-11-25");
  site().at("2026-11-25T10:00");
  site().tick(number);
  EXPECT_FALSE(site().open(number).instance.breaches.empty()) << "nobody registered it in time";
  auto const page = site().rig().get(site().official("registrar"),
                                     "/kk/work/cases/" + number + "/messages/office.redirected");
  EXPECT_TRUE(says(page, "Ақсу")) << page.body;
  EXPECT_FALSE(says(page, text("field.office.code"))) << "the register knows that";
  auto const redirect = [&](std::string const& office) {
    return tell("registrar", number, "office.redirected",
                {{"office.id", office}, {"redirect.reasons", "Ақсуда тіркелген."}});
  };
  EXPECT_EQ(redirect(std::to_string(site().office().id.value)).status, 422) << "not to itself";
  done(redirect(std::to_string(site().other_office().id.value)));
  site().carry_out();
  auto const open = site().open(number);
  EXPECT_EQ(open.row.fields.office, site().other_office().id);
  EXPECT_EQ(engine::text_at(open.instance.variables, "office.code"), "5516");
  EXPECT_EQ(to_iso(open.instance.deadlines.accepted), "2026-11-25");
  EXPECT_EQ(to_iso(open.instance.deadlines.due), "2026-11-27") << "anew from the day after";
  EXPECT_TRUE(open.instance.breaches.empty()) << "the new office has missed nothing";
  EXPECT_EQ(open.state_code(), "submitted");
  EXPECT_TRUE(says(site().cabinet("timur"), text("notify.redirected.subject")));
  auto const told = site().cabinet("timur", "/cases/" + number);
  EXPECT_TRUE(says(told, text("form.office.redirected")));
  EXPECT_TRUE(says(told, "Ақсуда тіркелген."));
  EXPECT_EQ(desk("registrar", number).status, 404) << "it is the other office's now";
  auto const there = site().rig().invite(
      "861028400218", "Ақсу тіркеушісі",
      {{.role = "registrar", .office = site().other_office().id, .branch = {}}});
  EXPECT_TRUE(says(desk(there, number), "id=\"task-Task_Register\""));
  LAW("R-GEN-20");
  // Who is on the register of an office finds it chosen.
  auto const first = file("arman", "2026-12-07T10:00");
  site().approve(first, {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-12-07T11:00", "2026-12-08T10:00", "2026-12-09T10:00");
  ASSERT_EQ(site().open(first).state_code(), "registered");
  auto const begun = site().rig().post(site().applicant("arman"), "/kk/apply/correction", {});
  auto const base = begun.location.substr(0, begun.location.rfind('/') + 1);
  auto const offices = site().rig().get(site().applicant("arman"), base + "office").body;
  auto const own = offices.find("value=\"" + std::to_string(site().office().id.value) + "\"");
  ASSERT_NE(own, std::string::npos) << offices;
  EXPECT_LT(offices.find(" checked", own), offices.find('>', own)) << offices;
  LAW("E-17");
}

// ---- Twice

TEST_F(BesideStory, a_second_application_leads_to_the_first_case_and_keeps_its_first_day) {
  auto const number = file("bauyrzhan", "2027-01-11T10:00");
  auto const accepted = site().open(number).instance.deadlines.accepted;
  site().at("2027-01-12T10:00");
  auto const again = site().rig().post(site().applicant("bauyrzhan"), "/kk/apply/registration", {});
  EXPECT_EQ(again.status, 303);
  EXPECT_EQ(again.location, "/kk/cabinet/cases/" + number);
  auto browser = site().applicant("bauyrzhan");
  ASSERT_TRUE(again.cookies.contains("flash"));
  browser.session += "; flash=" + again.cookies.at("flash");
  auto const page = site().rig().get(browser, again.location);
  auto const told = site().rig().site().renderer.catalogue().text("kk", "flash.already_open",
                                                                  {{"number", number}}, nullptr);
  ASSERT_NE(told.find(number), std::string::npos);
  EXPECT_TRUE(says(page, told)) << "which one it is, and that its first day stays\n" << page.body;
  ApiClient api{site().rig(), "en"};
  ASSERT_EQ(api.sign_in("bauyrzhan").status, 201);
  auto const refused = api.post("/api/v1/drafts", {{"service", "registration"}});
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.text("detail").find(number), std::string::npos) << refused.body;
  // Certified on two devices at once, it is one case all the same.
  auto const second = site().certified_twice(number);
  EXPECT_TRUE(second.existing);
  EXPECT_EQ(second.number, number);
  EXPECT_EQ(site().open(number).instance.deadlines.accepted, accepted);
  LAW("E-23");
}

}  // namespace
}  // namespace qyzmet::tests
