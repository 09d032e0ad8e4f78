// Service 79 as people meet it: the worked examples of the law, page by page, on their own days.
#include <algorithm>

#include "db/documents.hpp"
#include "db/population.hpp"
#include "db/registers.hpp"
#include "services/casework/files.hpp"
#include "services/casework/record_entry.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

std::string const k_paper = "%PDF-1.4 a paper";

class CorrectionStory : public SharedService {
 protected:
  static void SetUpTestSuite() { begin("correction"); }

  static std::string text(std::string const& key) {
    auto const package =
        site().rig().world().library.in_force("correction", site().rig().world().clock.today());
    auto const& texts = package->texts.at("kk");
    return texts.contains(key) ? texts.at(key) : site().rig().text("kk", key);
  }
  static PageAnswer desk(std::string_view role, std::string const& number) {
    return site().rig().get(site().official(role), "/kk/work/cases/" + number);
  }
  static std::string latest(std::string const& number, std::string_view code) {
    auto const deadlines = site().open(number).instance.deadlines;
    auto const* const found = deadlines.find(code);
    return found == nullptr ? "" : to_iso(found->latest);
  }
  static std::string due(std::string const& number) {
    return to_iso(site().open(number).instance.deadlines.due);
  }
  static std::vector<db::RecordFact> record(std::string const& who) {
    return site().rig().in_database([&](db::Connection& connection) {
      return db::whole_record(connection, site().applicant(who).person);
    });
  }
  /// Documents of that kind in the case.
  static int papers(std::string const& number, std::string_view code) {
    auto const id = site().open(number).row.id;
    auto const all = site().rig().in_database(
        [id](db::Connection& connection) { return db::case_documents(connection, id); });
    return int(std::ranges::count(all, code, &db::CaseDocumentRow::code));
  }

  static std::string file_wrong_rank(std::string const& who, std::string local,
                                     std::string const& right) {
    auto const number = site().file({.who = who,
                                     .subtype = "service_data",
                                     .details = {{"wish.kind", "wrong"},
                                                 {"wish.about", "rank"},
                                                 {"wish.recorded", "Қатардағы жауынгер"},
                                                 {"wish.correct", right}},
                                     .files = {{"proof", k_paper}},
                                     .local = local});
    done(site().task("registrar", number, "Task_Register",
                     {{"register.outcome", "accept"}, {"executor", site().executor_id()}}));
    return number;
  }
  static FormValues present(FormValues more) {
    more.insert({{"checklist.identity", "true"},
                 {"review.outcome", "present"},
                 {"correction.source", "1987 жылғы № 117 бұйрық"}});
    return more;
  }
  /// Entered, drafted, signed and sent at these local times.
  static void approve(std::string const& number, FormValues facts, std::string_view entered,
                      std::string_view signed_at, FormValues draft = {}) {
    site().at(entered);
    done(site().task("executor", number, "Task_Review", present(std::move(facts))));
    site().carry_out();
    draft.emplace("correction.summary", "Әскери атағы түзетілді.");
    done(site().task("executor", number, "Task_Draft", std::move(draft)));
    site().at(signed_at);
    done(site().sign(number));
    site().carry_out();
  }

  static std::string file_privileged(std::string const& who, bool support) {
    FormValues details{{"wish.kind", "absent"},
                       {"wish.correct", "Ауғанстандағы қызмет"},
                       {"wish.from", "1985-05-01"},
                       {"wish.until", "1986-11-01"}};
    if (support) details["wants_social_support"] = "true";
    auto const number = site().file({.who = who,
                                     .subtype = "privileged_period",
                                     .details = std::move(details),
                                     .local = "2026-11-23T10:00"});
    done(site().task("registrar", number, "Task_Register",
                     {{"register.outcome", "accept"}, {"executor", site().executor_id()}}));
    return number;
  }
  /// No archive knows of it: an oral hearing on 7 December.
  static void call_to_a_hearing(std::string const& number);
  /// Example 79-B up to the notice of the extension: two requests on 24 November.
  static void ask_and_extend(std::string const& number) {
    site().at("2026-11-24T10:00");
    done(site().task("executor", number, "Task_Review",
                     {{"checklist.identity", "true"}, {"review.outcome", "request"}}));
    done(site().task("executor", number, "Task_Requests",
                     {{"requests.1.number", "1/79"},
                      {"requests.1.addressee", "archive"},
                      {"requests.1.body", "Орталық мұрағат"},
                      {"requests.1.period", "1985–1986"},
                      {"requests.1.due_on", "2027-02-01"},
                      {"requests.2.number", "2/79"},
                      {"requests.2.addressee", "foreign_state"},
                      {"requests.2.body", "Ресей Федерациясының мұрағаты"},
                      {"requests.2.period", "1985–1986"},
                      {"requests.2.due_on", "2027-03-01"}}));
    site().carry_out();
    site().at("2026-11-24T15:00");
    done(site().extend(number, "Екі мұрағаттан жауап күтілуде."));
    site().carry_out();
  }
  static PageAnswer answer(std::string const& number, std::string const& wait,
                           std::string const& kind, std::string_view role = "registrar") {
    static int keys = 0;
    return site().rig().upload(site().official(role),
                               "/kk/work/cases/" + number + "/messages/request.answer",
                               {{"key", "answer-" + std::to_string(++keys)},
                                {"wait", wait},
                                {"request.answer.kind", kind},
                                {"request.answer.number", "A-7"},
                                {"request.answer.summary", "Көшірмесі қоса берілді."}},
                               {{"request.answer.document", k_paper + " " + wait + kind}});
  }
  /// A message of the applicant ("cabinet") or of somebody of the office ("work").
  static PageAnswer say(std::string const& number, Guest const& guest, std::string const& place,
                        std::string const& message, FormValues values) {
    static int keys = 0;
    values.emplace("key", "said-" + std::to_string(++keys));
    auto form = site().rig().post(
        guest, "/kk/" + place + "/cases/" + number + "/messages/" + message, std::move(values));
    return certified(site().rig(), guest, std::move(form));
  }
  /// The head signs the mended paper, and it goes to the applicant.
  static void sign_mended(std::string const& number, std::string const& who) {
    auto const mended = engine::text_at(site().open(number).instance.variables, "slip.document");
    auto const bytes = site().rig().wait(casework::read_file(site().rig().world(), mended));
    done(say(number, site().official("head"), "work", "slip.signed",
             {{"signature", site().rig().sign("head", *bytes)}}));
    site().carry_out();
    EXPECT_TRUE(says(site().cabinet(who, "/cases/" + number), "/documents/" + mended + "\""));
  }

 private:
};

// ---- The person: before any other test, so that the register comes first

TEST_F(CorrectionStory, who_loses_citizenship_is_taken_off_the_register_with_the_reason_shown) {
  // On the register before this system, and applying now.
  auto const office = site().office().id;
  site().at("2026-11-23T09:00");
  site().rig().in_database([&](db::Connection& connection) {
    db::KnownPerson known{.person = db::Person{}};
    auto const people = signing_people();
    known.person.iin = std::ranges::find(people, "arman", &signing::DemoPerson::id)->iin;
    known.person.language = "kk";
    known.person.name = "Сауле";
    known.registration = db::KnownPerson::OnRegister{.office = office,
                                                     .kind = "reservist",
                                                     .category = "I",
                                                     .taken_on = *parse_date("2020-03-02")};
    known.facts = {{"relation", "reservist"}};
    known.facts_from = *parse_date("2020-03-02");
    ASSERT_EQ(db::load_people(connection, {known}), 1U);
  });
  auto const number = file_wrong_rank("arman", "2026-11-23T10:00", "Кіші сержант");
  EXPECT_TRUE(says(site().cabinet("arman"), "<b>" + text("registration.on") + "</b>"));
  site().at("2026-11-24T10:00");
  done(site().task("executor", number, "Task_Review",
                   present({{"correction.facts.1.fact", "rank"},
                            {"correction.facts.1.value", "Кіші сержант"}})));
  site().carry_out();
  done(site().rig().post(site().official("registrar"),
                         "/kk/work/cases/" + number + "/messages/person.gone",
                         {{"gone.ground", "citizenship_lost"},
                          {"gone.document", "Жарлық № 5"},
                          {"gone.on", "2026-11-20"},
                          {"key", "gone-arman"}}));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "terminated");
  EXPECT_TRUE(site().open(number).instance.errands.empty());
  std::string holds;
  for (auto const& fact : record("arman"))
    if (!fact.until) holds += fact.fact + "=" + fact.value + " ";
  EXPECT_EQ(holds, "mark=citizenship_lost relation=removed ")
      << "what was entered for an update that never came is undone";
  auto const page = site().cabinet("arman", "/registration");
  EXPECT_TRUE(says(page, text("registration.none"))) << page.body;
  EXPECT_TRUE(says(page, text("registration.removal.citizenship_lost"))) << page.body;
  EXPECT_TRUE(says(page, "/kk/cabinet/cases/" + number)) << "the case is the source";
  EXPECT_TRUE(says(page, text("record.value.relation.removed")));
  auto const desk_page = desk("registrar", number);
  EXPECT_FALSE(says(desk_page, "<b>" + text("registration.on") + "</b>")) << desk_page.body;
  EXPECT_FALSE(says(desk_page, "[paper.")) << "every paper has its name";
  LAW("E-24");
}

TEST_F(CorrectionStory, data_that_are_there_are_corrected_within_two_working_days) {
  // Example 79-A, V79-1.
  auto const number = file_wrong_rank("aigul", "2026-11-23T10:00", "Сержант");
  EXPECT_EQ(to_iso(site().open(number).instance.deadlines.accepted), "2026-11-23");
  EXPECT_EQ(latest(number, "registration"), "2026-11-23");
  LAW("R79-03");
  EXPECT_EQ(latest(number, "draft"), "2026-11-24");
  LAW("R79-04");
  EXPECT_EQ(due(number), "2026-11-25");
  LAW("V79-1");
  LAW("R79-05");
  auto const application = site().cabinet("aigul", "/cases/" + number + "/application");
  EXPECT_EQ(application.status, 200);
  EXPECT_TRUE(application.body.starts_with("%PDF")) << "the form of Annex 34";
  LAW("R79-01");
  approve(number, {{"correction.facts.1.fact", "rank"}, {"correction.facts.1.value", "Сержант"}},
          "2026-11-24T10:00", "2026-11-25T10:00");
  auto const open = site().open(number);
  EXPECT_EQ(open.state_code(), "updated");
  EXPECT_TRUE(open.instance.breaches.empty());
  LAW("R79-20");
  auto const document = engine::text_at(open.instance.variables, "draft.document");
  auto const page = site().cabinet("aigul", "/cases/" + number);
  EXPECT_TRUE(says(page, "/documents/" + document + "\"")) << page.body;
  EXPECT_TRUE(says(page, text("document.update_notice")));
  EXPECT_FALSE(says(page, text("document.support_certificate"))) << "nobody asked for it";
  auto const pdf = site().cabinet("aigul", "/cases/" + number + "/documents/" + document);
  EXPECT_NE(pdf.body.find("ETSI.CAdES.detached"), std::string::npos) << "the EDS stands inside";
  LAW("R79-02");
  LAW("R79-16");
  LAW("INV-27");
}

TEST_F(CorrectionStory, a_correction_overwrites_nothing) {
  auto const first = file_wrong_rank("saule", "2026-11-23T10:00", "Ефрейтор");
  approve(first, {{"correction.facts.1.fact", "rank"}, {"correction.facts.1.value", "Ефрейтор"}},
          "2026-11-24T10:00", "2026-11-25T10:00");
  auto const second = file_wrong_rank("saule", "2026-11-30T10:00", "Сержант");
  approve(second,
          {{"correction.facts.1.fact", "rank"},
           {"correction.facts.1.value", "Сержант"},
           {"correction.facts.3.fact", "service"},
           {"correction.facts.3.value", "№ 5 бөлім, 1987"},
           {"correction.facts.3.contradicts", "true"}},
          "2026-11-30T11:00", "2026-12-01T10:00");
  auto const all = record("saule");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].value, "Сержант");
  EXPECT_EQ(all[0].number, second) << "its source lies in the case";
  EXPECT_EQ(to_iso(all[0].from), "2026-11-30");
  EXPECT_EQ(all[1].value, "Ефрейтор");
  EXPECT_EQ(all[1].number, first);
  ASSERT_TRUE(all[1].until);
  EXPECT_EQ(to_iso(*all[1].until), "2026-11-30");
  LAW("R79-25");
  EXPECT_EQ(all[2].fact, "service" + std::string{casework::k_contradicting});
  LAW("E-21");
  for (auto const& page : {site().cabinet("saule", "/registration"), desk("executor", second)}) {
    EXPECT_TRUE(says(page, "Сержант")) << page.body;
    EXPECT_TRUE(says(page, "Ефрейтор")) << "the earlier value is told, too";
    EXPECT_TRUE(says(page, first));
  }
}

TEST_F(CorrectionStory, archives_are_asked_and_the_case_ends_with_the_first_full_answer) {
  auto const number = file_privileged("bauyrzhan", true);  // example 79-B
  EXPECT_FALSE(site().open(number).row.fields.branch) << "no branch takes part";
  LAW("R79-27");
  EXPECT_EQ(due(number), "2026-11-25");
  ask_and_extend(number);
  EXPECT_EQ(site().open(number).state_code(), "requested");
  EXPECT_EQ(due(number), "2027-04-09");
  LAW("R79-07");
  LAW("R79-10");
  EXPECT_EQ(latest(number, "extension_notice"), "2026-11-27");
  EXPECT_EQ(latest(number, "hearing_notice") + " " + latest(number, "objections"),
            "2027-04-06 2027-04-08");
  EXPECT_EQ(to_iso(*site().open(number).instance.deadlines.general_due), "2027-01-25");
  LAW("V79-2");
  EXPECT_EQ(papers(number, "request"), 2);
  EXPECT_EQ(papers(number, "extension_notice"), 1);
  auto const cabinet = site().cabinet("bauyrzhan", "/cases/" + number);
  EXPECT_TRUE(says(cabinet, text("cabinet.requests")));
  EXPECT_TRUE(says(cabinet, "Ресей Федерациясының мұрағаты"));
  EXPECT_TRUE(says(cabinet, text("notify.extension_notice.subject")));
  EXPECT_TRUE(says(cabinet, "79-тармақ, 6-бөлік")) << "the extended term has its paragraph";
  auto const work = desk("registrar", number);
  EXPECT_TRUE(says(work, text("form.request.answer") + " № 1/79")) << work.body;
  EXPECT_TRUE(says(work, text("form.request.answer") + " № 2/79"));
  LAW("R79-06");
  LAW("R79-21");
  EXPECT_TRUE(says(desk("head", number), "арнайы ереже қолданылды")) << "beyond two months";
  LAW("R79-12");

  site().at("2027-01-13T09:00");
  site().tick(number);
  EXPECT_EQ(papers(number, "request_reminder"), 1) << "after 30 working days";

  site().at("2027-02-10T12:00");
  EXPECT_GE(answer(number, "1/79", "positive", "executor").status, 400) << "not the executor's";
  EXPECT_GE(answer(number, "3/79", "positive").status, 400) << "nobody asked so";
  done(answer(number, "1/79", "positive"));
  EXPECT_TRUE(says(desk("executor", number), "id=\"task-Task_Review\"")) << "nobody waits for 2/79";
  LAW("R79-13");
  site().at("2027-02-11T10:00");
  done(site().task("executor", number, "Task_Review",
                   present({{"correction.facts.1.fact", "privileged"},
                            {"correction.facts.1.value", "Ауғанстан, 1985–1986"}})));
  EXPECT_FALSE(says(desk("executor", number), "id=\"task-Task_Draft\"")) << "not entered yet";
  site().carry_out();
  EXPECT_EQ(to_iso(record("bauyrzhan").at(0).from), "2027-02-11");
  LAW("R79-17");
  LAW("INV-26");
  done(site().task("executor", number, "Task_Draft",
                   {{"correction.summary", "Жеңілдікті кезеңдегі қызмет енгізілді."},
                    {"certificate.periods", "1985–1986, жеңілдікті"},
                    {"certificate.recipient", "Әкімдік"}}));
  EXPECT_EQ(site().open(number).state_code(), "signing");
  site().at("2027-02-12T10:00");
  done(site().sign(number));
  site().carry_out();
  LAW("R79-26");
  done(site().sign(number, "Task_SignCertificate", "certificate.document"));
  site().carry_out();
  auto const open = site().open(number);
  EXPECT_EQ(open.state_code(), "updated");
  EXPECT_TRUE(open.instance.breaches.empty());
  EXPECT_EQ(open.calendar->wd_between(*parse_date("2026-11-23"), *parse_date("2027-02-12")), 55);
  EXPECT_EQ(papers(number, "support_certificate"), 1);
  LAW("R79-18");
  EXPECT_EQ(papers(number, "request_recall"), 1) << "request 2 is recalled";
  auto const page = site().cabinet("bauyrzhan", "/cases/" + number);
  EXPECT_TRUE(says(page, text("document.support_certificate")));
}

TEST_F(CorrectionStory, a_negative_answer_leads_through_a_hearing_to_a_refusal) {
  auto const number = file_privileged("yermek", false);
  ask_and_extend(number);
  site().at("2026-12-03T10:00");
  done(answer(number, "1/79", "negative"));
  done(answer(number, "2/79", "partial"));
  auto const work = desk("executor", number);
  EXPECT_TRUE(says(work, text("choice.negative"))) << "what the archives said stands in the case";
  EXPECT_TRUE(says(work, text("choice.partial")));
  site().at("2026-12-04T10:00");
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"},
                    {"review.outcome", "refuse"},
                    {"review.ground", "no_data"},
                    {"review.reasons", "Мұрағатта мәлімет жоқ."}}));
  LAW("R79-22");
  done(site().task("executor", number, "Task_Notice",
                   {{"hearing.mode", "video"},
                    {"hearing.slot", "2026-12-08T11:00"},
                    {"hearing.place", "https://video.example/79"}}));
  done(site().sign_notice(number));
  site().carry_out();
  EXPECT_TRUE(says(site().cabinet("yermek", "/cases/" + number), "https://video.example/79"));
  site().at("2026-12-08T12:00");
  done(site().task("executor", number, "Task_Hearing",
                   {{"hearing.result", "no_show"}, {"hearing.conclusion", "refuse"}}));
  done(site().task("executor", number, "Task_RefusalDraft",
                   {{"refusal.reasons", "Қызмет расталмады."}}));
  EXPECT_TRUE(says(site().sign(number), "data-rule=\"R79-14\"")) << "notice + 3 working days";
  LAW("R79-14");
  LAW("R79-15");
  site().at("2026-12-09T10:00");
  done(site().sign(number));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "refused");
  EXPECT_TRUE(says(site().cabinet("yermek"), text("notify.refusal.subject")));
  EXPECT_TRUE(record("yermek").empty());

  // An archive answers after all: the office corrects on its own initiative.
  site().at("2027-01-20T10:00");
  EXPECT_TRUE(says(desk("registrar", number), text("form.archive.answered")));
  done(site().rig().upload(site().official("registrar"),
                           "/kk/work/cases/" + number + "/messages/archive.answered",
                           {{"key", "late-answer"},
                            {"late_answer.request", "2/79"},
                            {"late_answer.kind", "positive"},
                            {"late_answer.summary", "Қызметі расталды."}},
                           {{"late_answer.document", k_paper + " late"}}));
  done(site().rig().post(site().official("executor"),
                         "/kk/work/cases/" + number + "/messages/archive.entered",
                         {{"key", "late-entry"},
                          {"correction.facts.1.fact", "privileged"},
                          {"correction.facts.1.value", "Ауғанстан, 1985–1986"},
                          {"correction.source", "Мұрағаттың жауабы"}}));
  EXPECT_TRUE(record("yermek").empty()) << "not before it is carried out";
  site().carry_out();
  ASSERT_EQ(record("yermek").size(), 1U);
  EXPECT_EQ(record("yermek")[0].value, "Ауғанстан, 1985–1986");
  EXPECT_EQ(record("yermek")[0].number, number);
  EXPECT_TRUE(says(site().cabinet("yermek"), text("notify.late_entered.subject")));
  EXPECT_TRUE(says(site().cabinet("yermek", "/registration"), "Ауғанстан, 1985–1986"));
  EXPECT_EQ(site().open(number).state_code(), "refused") << "the act itself stands";
  LAW("E-20");
}

void CorrectionStory::call_to_a_hearing(std::string const& number) {
  ask_and_extend(number);
  site().at("2026-12-03T10:00");
  done(answer(number, "1/79", "negative"));
  done(answer(number, "2/79", "partial"));
  site().at("2026-12-04T10:00");
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"},
                    {"review.outcome", "refuse"},
                    {"review.ground", "no_data"},
                    {"review.reasons", "Мұрағатта мәлімет жоқ."}}));
  done(site().task("executor", number, "Task_Notice",
                   {{"hearing.mode", "in_person"},
                    {"hearing.slot", "2026-12-07T09:00"},
                    {"hearing.place", "12-кабинет"}}));
  done(site().sign_notice(number));
  site().carry_out();
  site().at("2026-12-07T10:00");
}

/// An extended case with an oral hearing, from the notice to its end: both sign the minutes, the
/// applicant remarks on them, and is heard.
TEST_F(CorrectionStory, an_oral_hearing_has_minutes_of_two_people_and_convinces) {
  constexpr std::string_view k_minutes = "hearing.minutes_document";
  auto const number = file_privileged("dias", false);
  auto const minutes = [&] {
    return engine::text_at(site().open(number).instance.variables, k_minutes);
  };
  auto const sign = [&](std::string const& task, std::string const& role) {
    return site().sign(number, task, std::string{k_minutes}, role);
  };
  auto const in_cabinet = [&](std::string const& words) {
    return says(site().cabinet("dias", "/cases/" + number), words);
  };
  call_to_a_hearing(number);
  auto const registrar = std::to_string(site().official("registrar").user.value);
  FormValues const heard{{"hearing.result", "held"},
                         {"hearing.started", "2026-12-07T09:00"},
                         {"hearing.ended", "2026-12-07T09:40"},
                         {"hearing.secretary", registrar},
                         {"hearing.participants", "Өтініш беруші, орындаушы, хатшы"},
                         {"hearing.minutes", "Өтініш беруші бұйрықтың көшірмесін көрсетті."},
                         {"hearing.conclusion", "approve"},
                         {"correction.facts.1.fact", "privileged"},
                         {"correction.facts.1.value", "Ауғанстан, 1985–1986"},
                         {"correction.source", "1985 жылғы № 117 бұйрық"}};
  auto alone = heard;
  alone["hearing.secretary"] = site().executor_id();
  EXPECT_EQ(site().task("executor", number, "Task_Hearing", alone).status, 422);
  done(site().task("executor", number, "Task_Hearing", heard));
  done(sign("Task_Minutes", "executor"));
  site().carry_out();
  EXPECT_FALSE(in_cabinet("/documents/" + minutes())) << "one signature is not enough";
  EXPECT_TRUE(says(site().rig().get(site().official("registrar"), "/kk/work"), number));
  EXPECT_TRUE(says(sign("Task_MinutesSecretary", "head"), "data-rule=\"R79-14\""));
  LAW("R79-14");
  // Two working days have passed, which wants a reason of the secretary's own.
  site().at("2026-12-10T10:00");
  EXPECT_EQ(sign("Task_MinutesSecretary", "registrar").status, 422);
  auto const bytes = site().rig().wait(casework::read_file(site().rig().world(), minutes()));
  ASSERT_TRUE(bytes);
  done(site().task("registrar", number, "Task_MinutesSecretary",
                   {{"minutes.secretary_delay", "Хатшы іссапарда болды."},
                    {"signature", site().rig().sign("registrar", *bytes)}}));
  site().carry_out();
  EXPECT_TRUE(in_cabinet("/documents/" + minutes()));
  EXPECT_TRUE(in_cabinet("Қызметкер executor"));
  EXPECT_TRUE(in_cabinet("Қызметкер registrar"));
  auto const paper =
      site().cabinet("dias", "/cases/" + number + "/documents/" + minutes() + "/page");
  EXPECT_TRUE(says(paper, "Қызметкер registrar"));
  EXPECT_TRUE(says(paper, text("web_page.signed_by")));
  done(site().rig().post(site().applicant("dias"),
                         "/kk/cabinet/cases/" + number + "/messages/hearing.remarks",
                         {{"key", "remarks-79"}, {"remarks.text", "Куәгерім жазылмаған."}}));
  EXPECT_TRUE(says(desk("executor", number), "Куәгерім жазылмаған."));
  LAW("R79-14");

  site().carry_out();
  done(site().task("executor", number, "Task_Draft",
                   {{"correction.summary", "Ауғанстандағы қызмет енгізілді."}}));
  done(site().sign(number));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "updated");
  ASSERT_EQ(record("dias").size(), 1U);
  EXPECT_EQ(record("dias")[0].value, "Ауғанстан, 1985–1986");
}

TEST_F(CorrectionStory, a_translation_takes_its_time_inside_the_term) {
  auto const number = file_privileged("madina", false);
  ask_and_extend(number);
  auto const before = due(number);
  site().at("2027-02-01T10:00");
  FormValues const answer{{"wait", "2/79"},
                          {"request.answer.kind", "negative"},
                          {"request.answer.number", "F-1"},
                          {"request.answer.summary", "Мәлімет жоқ."},
                          {"request.answer.foreign", "true"}};
  auto const bring = [&](char const* key, FormValues const& files) {
    auto values = answer;
    values["key"] = key;
    return site().rig().upload(site().official("registrar"),
                               "/kk/work/cases/" + number + "/messages/request.answer",
                               std::move(values), files);
  };
  auto const untranslated = bring("foreign-1", {{"request.answer.document", k_paper + " foreign"}});
  EXPECT_EQ(untranslated.status, 422);
  EXPECT_TRUE(says(untranslated, "id=\"f-request.answer.translation-error\"")) << untranslated.body;
  site().at("2027-03-01T10:00");
  done(bring("foreign-2", {{"request.answer.document", k_paper + " foreign"},
                           {"request.answer.translation", k_paper + " translated"}}));
  EXPECT_EQ(due(number), before) << "four weeks of translation move no term";
  EXPECT_EQ(before, "2027-04-09") << "90 working days";
  EXPECT_EQ(papers(number, "request.answer.translation"), 1);
  LAW("E-22");
}

TEST_F(CorrectionStory, what_is_missing_is_said_on_the_page_and_nothing_typed_is_lost) {
  auto const refused = site().try_pages({.who = "timur",
                                         .subtype = "service_data",
                                         .details = {{"wish.kind", "wrong"},
                                                     {"wish.correct", "Сержант"},
                                                     {"wish.from", "1990-05-01"},
                                                     {"wish.until", "1989-05-01"}},
                                         .local = "2026-11-23T12:00"},
                                        "details");
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(says(refused, "id=\"f-wish.recorded-error\"")) << refused.body;
  EXPECT_TRUE(says(refused, "id=\"f-wish.about-error\""));
  EXPECT_TRUE(says(refused, "Сержант"));

  auto const number = file_privileged("dias", false);
  site().at("2026-11-24T10:00");
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"}, {"review.outcome", "request"}}));
  auto const half = site().task("executor", number, "Task_Requests",
                                {{"requests.1.number", "1/79"},
                                 {"requests.1.addressee", "archive"},
                                 {"requests.1.body", "Орталық мұрағат"},
                                 {"requests.2.body", "Екінші мұрағат"}});
  EXPECT_EQ(half.status, 422);
  EXPECT_TRUE(says(half, "id=\"f-requests.1.period-error\"")) << half.body;
  EXPECT_TRUE(says(half, "id=\"f-requests.2.number-error\""));
  EXPECT_TRUE(says(half, "Екінші мұрағат"));
  EXPECT_FALSE(says(half, "id=\"f-requests.3.number-error\"")) << "an empty row is no request";
  FormValues twice;
  for (auto const* const row : {"requests.1.", "requests.3."}) {
    twice[std::string{row} + "number"] = "1/79";
    twice[std::string{row} + "addressee"] = "archive";
    twice[std::string{row} + "body"] = "Орталық мұрағат";
    twice[std::string{row} + "period"] = "1985–1986";
    twice[std::string{row} + "due_on"] = "2027-02-01";
  }
  auto const same = site().task("executor", number, "Task_Requests", twice);
  EXPECT_EQ(same.status, 422) << "an answer would not know its request";
  EXPECT_TRUE(says(same, text("error.not_unique"))) << same.body;
  LAW("R79-21");
  // A field of text names no file.
  auto const forged = site().task("registrar", number, "Task_Register", {{"executor.1.x", "1"}});
  EXPECT_GE(forged.status, 400);
}

TEST_F(CorrectionStory, a_number_of_an_earlier_round_of_requests_is_not_taken_again) {
  auto const number = file_privileged("saule", false);
  ask_and_extend(number);
  site().at("2026-12-01T10:00");
  done(answer(number, "1/79", "negative"));
  done(answer(number, "2/79", "partial"));
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"}, {"review.outcome", "request"}}));
  // As it was typed: the second row is empty, blanks around a number are none of it.
  auto const again = [](std::string const& second) {
    FormValues out{{"key", "second round " + second}};
    for (auto const& [row, given] :
         {std::pair{"requests.1.", std::string{"3/79"}}, std::pair{"requests.3.", second}}) {
      out[std::string{row} + "number"] = given;
      out[std::string{row} + "addressee"] = "archive";
      out[std::string{row} + "body"] = "Үшінші мұрағат";
      out[std::string{row} + "period"] = "1985–1986";
      out[std::string{row} + "due_on"] = "2027-02-01";
    }
    return out;
  };
  auto const refused = site().task("executor", number, "Task_Requests", again(" 2/79 "));
  EXPECT_EQ(refused.status, 422) << "an answer would not know its request";
  EXPECT_TRUE(says(refused, "id=\"f-requests.3.number-error\"")) << refused.body;
  EXPECT_FALSE(says(refused, "id=\"f-requests.1.number-error\""));
  EXPECT_TRUE(says(refused, "«2/79» осы істе бұрын қолданылған")) << refused.body;
  EXPECT_TRUE(says(refused, "Үшінші мұрағат")) << "what was typed stays";
  LAW("R79-21");
  done(site().task("executor", number, "Task_Requests", again("4/79")));
  done(site().task("executor", number, "Task_Requests", again("4/79")));
  site().carry_out();
  auto const rows =
      *engine::at_path(site().open(number).instance.variables, "requests").as<engine::List>();
  EXPECT_EQ(rows.size(), 2U) << "and who sends it twice is answered as the first time";
  done(answer(number, "4/79", "positive"));
}

// ---- Entries for a decision that is not taken

TEST_F(CorrectionStory, what_was_entered_for_an_update_is_undone_when_it_becomes_a_refusal) {
  auto const holds = [&] {
    std::string out;
    for (auto const& fact : record("timur"))
      if (!fact.until) out += fact.fact + "=" + fact.value + " ";
    return out;
  };
  auto const first = file_wrong_rank("timur", "2026-12-07T10:00", "Ефрейтор");
  approve(first, {{"correction.facts.1.fact", "rank"}, {"correction.facts.1.value", "Ефрейтор"}},
          "2026-12-08T10:00", "2026-12-09T10:00");
  ASSERT_EQ(holds(), "rank=Ефрейтор ");

  auto const number = file_wrong_rank("timur", "2026-12-10T10:00", "Сержант");
  auto const draft = [&](FormValues facts) {
    done(site().task("executor", number, "Task_Review", present(std::move(facts))));
    site().carry_out();
    done(site().task("executor", number, "Task_Draft", {{"correction.summary", "Түзетілді."}}));
  };
  auto const give_back = [&] {
    done(site().task("head", number, "Task_Sign",
                     {{"sign.decision", "return"}, {"sign.remarks", "Дереккөз жеткіліксіз."}}));
  };
  draft({{"correction.facts.1.fact", "rank"},
         {"correction.facts.1.value", "Сержант"},
         {"correction.facts.2.fact", "vus"},
         {"correction.facts.2.value", "100"}});
  EXPECT_EQ(holds(), "rank=Сержант vus=100 ") << "entered before it is signed (R79-19)";
  give_back();
  draft({{"correction.facts.1.fact", "rank"}, {"correction.facts.1.value", "Кіші сержант"}});
  EXPECT_EQ(holds(), "rank=Кіші сержант ")
      << "the second draft of the entry is in the place of the "
         "first";
  give_back();
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"},
                    {"review.outcome", "refuse"},
                    {"review.ground", "G1"},
                    {"review.reasons", "Бұйрық жалған."}}));
  done(site().task("executor", number, "Task_RefusalDraft", {{"refusal.reasons", "Бұйрық жоқ."}}));
  done(site().sign(number));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "refused");
  EXPECT_EQ(holds(), "rank=Ефрейтор ") << "what held before holds again";
  int withdrawn = 0;
  for (auto const& fact : record("timur")) withdrawn += fact.withdrawn ? 1 : 0;
  EXPECT_EQ(withdrawn, 3) << "and what was entered stays on record as undone";
  LAW("R79-25");
  auto const page = site().cabinet("timur", "/registration");
  EXPECT_TRUE(says(page, text("record.withdrawn"))) << page.body;
}

TEST_F(CorrectionStory, a_withdrawal_undoes_the_entry_too) {
  auto const number = file_wrong_rank("aigul", "2026-12-10T10:00", "Лейтенант");
  done(site().task(
      "executor", number, "Task_Review",
      present({{"correction.facts.1.fact", "rank"}, {"correction.facts.1.value", "Лейтенант"}})));
  site().carry_out();
  done(say(number, site().applicant("aigul"), "cabinet", "application.withdrawn", {}));
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "withdrawn");
  bool found = false;
  for (auto const& fact : record("aigul")) {
    if (fact.value != "Лейтенант") continue;
    found = true;
    EXPECT_TRUE(fact.withdrawn && fact.until);
  }
  EXPECT_TRUE(found) << "it was entered, and stays on record as undone";
  LAW("R79-25");
}

// ---- A slip of the pen in a case that runs

TEST_F(CorrectionStory, a_slip_in_the_notice_of_the_extension_is_mended_while_archives_are_asked) {
  auto const number = file_privileged("arman", false);
  auto const ask = [&] {
    return say(number, site().applicant("arman"), "cabinet", "slip.asked",
               {{"slip.request", "Қате."}});
  };
  EXPECT_EQ(ask().status, 409) << "nothing was issued yet";
  ask_and_extend(number);
  auto const notice = engine::text_at(site().open(number).instance.variables, "extension.document");
  auto const paper = site().rig().wait(casework::read_file(site().rig().world(), notice));
  ASSERT_TRUE(paper);
  EXPECT_TRUE(text_of_pdf(*paper).contains("Қызметкер head")) << "who decided to extend";
  done(ask());
  auto const other = say(number, site().official("executor"), "work", "slip.extension_drafted",
                         {{"slip.mended", "Сан"},
                          {"extension.explanation",
                           "Мерзім басқа негізбен, басқа себептермен және "
                           "мүлде өзге түсіндірмемен ұзартылды."}});
  EXPECT_GE(other.status, 400) << "the substance stays";
  EXPECT_TRUE(says(other, text("error.changes_substance"))) << other.body;
  done(say(
      number, site().official("executor"), "work", "slip.extension_drafted",
      {{"slip.mended", "Сан"}, {"extension.explanation", "Екі мұрағаттан жауаптар күтілуде."}}));
  sign_mended(number, "arman");
  EXPECT_EQ(site().open(number).state_code(), "requested");
  LAW("R-GEN-22");
}

TEST_F(CorrectionStory, slips_in_the_update_and_in_its_certificate_are_mended_each_in_its_time) {
  auto const number = file_privileged("bauyrzhan", true);
  approve(number,
          {{"correction.facts.1.fact", "privileged"},
           {"correction.facts.1.value", "Ауғанстан, 1985–1986"}},
          "2026-11-24T10:00", "2026-11-25T10:00",
          {{"certificate.periods", "1985–1986, жеңілдікті"}, {"certificate.recipient", "Әкімдік"}});
  auto const ask = [&](FormValues values) {
    values.emplace("slip.request", "Қате.");
    return say(number, site().applicant("bauyrzhan"), "cabinet", "slip.asked", std::move(values));
  };
  auto const draft = [&](std::string const& message, FormValues values) {
    values.emplace("slip.mended", "Әріп");
    return say(number, site().official("executor"), "work", message, std::move(values));
  };
  // The certificate is not signed yet.
  ASSERT_TRUE(says(desk("head", number), "id=\"task-Task_SignCertificate\""));
  EXPECT_FALSE(says(site().cabinet("bauyrzhan", "/cases/" + number + "/messages/slip.asked"),
                    text("field.slip.of")))
      << "there is one paper to mend";
  done(ask({}));
  EXPECT_GE(draft("slip.certificate_drafted",
                  {{"certificate.periods", "1985"}, {"certificate.recipient", "Әкімдік"}})
                .status,
            400);
  EXPECT_TRUE(says(draft("slip.update_drafted", {{"correction.summary",
                                                  "Мүлде басқа мазмұн, ол бұрынғысынан өзгеше "
                                                  "және әлдеқайда ұзын болып жазылған."}}),
                   text("error.changes_substance")));
  done(draft("slip.update_drafted", {{"correction.summary", "Әскери атағы түзетілді!"}}));
  sign_mended(number, "bauyrzhan");
  EXPECT_EQ(papers(number, "update_notice"), 2) << "the earlier one stays";
  LAW("R-GEN-22");

  done(site().sign(number, "Task_SignCertificate", "certificate.document"));
  site().carry_out();
  ASSERT_TRUE(site().open(number).instance.ended);
  EXPECT_TRUE(says(site().cabinet("bauyrzhan", "/cases/" + number + "/messages/slip.asked"),
                   text("choice.support_certificate")));
  auto const which = ask({});
  EXPECT_EQ(which.status, 422) << "which of the two?";
  EXPECT_TRUE(says(which, "id=\"f-slip.of-error\"")) << which.body;
  done(ask({{"slip.of", "certificate"}}));
  EXPECT_EQ(to_iso(*site().open(number).due("slip.certificate_drafted")), "2026-11-30");
  EXPECT_GE(
      draft("slip.update_drafted", {{"correction.summary", "Әскери атағы түзетілді."}}).status,
      400);
  done(draft("slip.certificate_drafted", {{"certificate.periods", "1985–1986, жеңілдікпен"},
                                          {"certificate.recipient", "Әкімдік"}}));
  sign_mended(number, "bauyrzhan");
  EXPECT_EQ(papers(number, "support_certificate"), 2);
  EXPECT_EQ(site().open(number).state_code(), "updated");
  LAW("R-GEN-22");
  LAW("R79-18");
}

}  // namespace
}  // namespace qyzmet::tests
