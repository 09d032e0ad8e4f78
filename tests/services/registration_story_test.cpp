// Service 78 as people meet it: the worked examples of the law, page by page, on their own days.
#include "db/registers.hpp"
#include "services/casework/act.hpp"
#include "services/casework/files.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

std::string const k_paper = "%PDF-1.4 a paper";

class RegistrationStory : public SharedService {
 protected:
  static void SetUpTestSuite() { begin("registration"); }

  static std::vector<db::Registration> registrations(std::string const& who) {
    return site().rig().in_database([&](db::Connection& connection) {
      return db::registrations(connection, site().applicant(who).person);
    });
  }
  static std::string fact(std::string const& who, std::string_view name, Date day) {
    auto const record = site().rig().in_database([&](db::Connection& connection) {
      return db::record_on(connection, site().applicant(who).person, day);
    });
    for (auto const& each : record)
      if (each.fact == name) return each.value;
    return {};
  }
  static std::string text(std::string const& key, std::string const& language = "kk") {
    auto const package =
        site().rig().world().library.in_force("registration", site().rig().world().clock.today());
    auto const& texts = package->texts.at(language);
    return texts.contains(key) ? texts.at(key) : site().rig().text(language, key);
  }
  static void expect_dates(std::string const& number, std::string_view accepted,
                           std::string_view draft, std::string_view due) {
    auto const deadlines = site().open(number).instance.deadlines;
    EXPECT_EQ(to_iso(deadlines.accepted), accepted);
    EXPECT_EQ(to_iso(deadlines.find("registration")->latest), accepted);
    EXPECT_EQ(to_iso(deadlines.find("draft")->latest), draft);
    EXPECT_EQ(to_iso(deadlines.due), due);
  }

  /// A program of saule's reads the message of the refusal: that proves its delivery.
  static void expect_told_by_api(std::string const& number) {
    ApiClient saule{site().rig()}, other{site().rig()};
    EXPECT_EQ(saule.sign_in("saule").status, 201);
    EXPECT_EQ(other.sign_in("bauyrzhan").status, 201);
    std::string id;
    for (auto const& each : saule.get("/api/v1/notices").json.at("items").as_array())
      if (each.at("kind") == "refusal") id = each.at("id").as_string();
    EXPECT_EQ(other.get("/api/v1/notices/" + id).text("code"), "notice_not_found");
    auto const read = saule.get("/api/v1/notices/" + id);
    EXPECT_EQ(read.status, 200) << read.body;
    EXPECT_EQ(read.text("case"), "/api/v1/cases/" + number);
    EXPECT_EQ(saule.get(read.text("document"), {{"Accept", "*/*"}}).status, 200);
    EXPECT_FALSE(read.text("text").empty());
    EXPECT_FALSE(read.text("delivered").empty());
    EXPECT_EQ(saule.get("/api/v1/notices/" + id).text("read"), read.text("read"))
        << "the first reading stays";
  }

 private:
};

TEST_F(RegistrationStory, a_new_citizen_is_registered_within_two_working_days) {
  // V78-2, S1: nothing has to be attached.
  auto const number =
      site().file({.who = "bauyrzhan", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  expect_dates(number, "2026-11-20", "2026-11-23", "2026-11-24");
  LAW("V78-2");
  LAW("R78-03");
  auto const empty = site().cabinet("bauyrzhan");
  EXPECT_TRUE(says(empty, text("registration.none"))) << "not before the decision";
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-11-20T12:00", "2026-11-23T10:00", "2026-11-24T10:00");
  auto const open = site().open(number);
  EXPECT_TRUE(open.instance.ended);
  EXPECT_EQ(open.state_code(), "registered");
  EXPECT_TRUE(open.instance.breaches.empty());
  auto const entries = registrations("bauyrzhan");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].office, site().office().id);
  EXPECT_EQ(entries[0].kind, "reservist");
  EXPECT_EQ(entries[0].category, "I") << "36 years old, rank and file: R-CAT-04";
  EXPECT_EQ(to_iso(entries[0].taken_on), "2026-11-24");
  EXPECT_EQ(entries[0].number, number);
  LAW("R78-12");
  LAW("INV-21");
  EXPECT_EQ(fact("bauyrzhan", "composition", *parse_date("2026-11-24")), "ranks");
  EXPECT_EQ(fact("bauyrzhan", "composition", *parse_date("2026-11-23")), "");
  auto const cabinet = site().cabinet("bauyrzhan");
  EXPECT_TRUE(says(cabinet, text("registration.on")));
  EXPECT_TRUE(says(cabinet, "Қордай"));
  EXPECT_TRUE(says(cabinet, text("notify.registration_notice.subject")));
  EXPECT_TRUE(says(site().cabinet("bauyrzhan", "/registration"), number));
  LAW("R78-44");
  LAW("R78-02");  // applied for and received on the portal, no branch in between
}

TEST_F(RegistrationStory, the_notification_goes_out_signed_by_the_head) {
  auto const number =
      site().file({.who = "yermek", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-11-20T12:00", "2026-11-23T10:00", "2026-11-24T10:00");
  auto const variables = site().open(number).instance.variables;
  auto const document = engine::text_at(variables, "draft.document");
  auto const page = site().cabinet("yermek", "/cases/" + number);
  EXPECT_TRUE(says(page, "/documents/" + document + "\"")) << page.body;
  EXPECT_TRUE(says(page, text("document.registration_notice")));
  EXPECT_TRUE(says(page, "/documents/" + document + "/signature"));
  auto const pdf = site().cabinet("yermek", "/cases/" + number + "/documents/" + document);
  EXPECT_EQ(pdf.status, 200);
  EXPECT_TRUE(pdf.body.starts_with("%PDF"));
  EXPECT_NE(pdf.body.find("ETSI.CAdES.detached"), std::string::npos) << "the EDS stands inside";
  LAW("R78-05");
  for (auto const* paper : {"/receipt/pdf", "/application"}) {
    auto const drawn = site().cabinet("yermek", "/cases/" + number + paper);
    EXPECT_EQ(drawn.status, 200) << paper << drawn.body;
    EXPECT_TRUE(drawn.body.starts_with("%PDF"));
  }
}

TEST_F(RegistrationStory, a_man_released_from_prison_comes_onto_the_register_of_conscripts) {
  // Example 78-A, V78-3: filed after hours on the eve of a holiday.
  Filing const application{
      .who = "dias",
      .subtype = "first_time",
      .details = {{"declared.released_from_prison", "true"},
                  {"declared.fitness_conclusion", "true"}},
      .files = {{"medical_card", k_paper + " card"}, {"release", k_paper + " release"}},
      .local = "2026-12-15T19:30"};
  auto const number = site().file(application);
  expect_dates(number, "2026-12-17", "2026-12-18", "2026-12-21");
  LAW("V78-3");
  LAW("R78-08");
  LAW("R78-09");
  // Age 24, not served: the executor cannot choose the other variant.
  site().at("2026-12-17T09:10");
  auto const wrong = site().task("registrar", number, "Task_Register",
                                 {{"register.outcome", "accept"}, {"executor", "1"}});
  EXPECT_EQ(wrong.status, 422);
  site().approve(number, {{"registration.kind", "conscript"}}, "2026-12-17T09:20",
                 "2026-12-18T10:00", "2026-12-21T10:00");
  auto const entries = registrations("dias");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, "conscript");
  EXPECT_EQ(entries[0].category, "");
  LAW("R78-13");
  EXPECT_EQ(fact("dias", "relation", *parse_date("2026-12-21")), "conscript");
  EXPECT_TRUE(says(site().cabinet("dias"), text("registration.kind.conscript")));
  // Once on the register, nobody applies again: it is said before anything is signed.
  auto const again = site().try_pages({.who = "dias",
                                       .subtype = "first_time",
                                       .details = application.details,
                                       .files = application.files,
                                       .local = "2026-12-22T10:00"},
                                      "check");
  EXPECT_TRUE(says(again, text("guard.already_registered"))) << again.body;
  EXPECT_TRUE(says(again, "data-rule=\"R78-47\"") || again.status >= 400);
  EXPECT_FALSE(says(again, text("apply.check.button"))) << "there is nothing to sign";
  LAW("R78-47");
}

TEST_F(RegistrationStory, without_the_prescription_a_dismissed_officer_cannot_apply) {
  // Example 78-B: the portal blocks it.
  auto const refused = site().try_pages({.who = "arman",
                                         .subtype = "dismissed",
                                         .details = {{"declared.dismissed_for_health", "true"}},
                                         .local = "2026-11-21T10:00"},
                                        "documents");
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(says(refused, text("document.prescription")));
  EXPECT_TRUE(says(refused, text("document.fitness"))) << "dismissed for health: one more";
  EXPECT_FALSE(says(refused, text("document.military_id"))) << "nothing was declared of it";
  LAW("R78-21");
  LAW("R78-26");
  LAW("R-GEN-17");
}

TEST_F(RegistrationStory, a_forged_prescription_is_refused_within_the_term_without_a_hearing) {
  // V78-1, S2: filed on a Saturday.
  auto const number = site().file(
      {.who = "saule",
       .subtype = "dismissed",
       .details = {{"declared.speciality", "true"}, {"declared.speciality_group", "medicine"}},
       .files = {{"prescription", k_paper}},
       .local = "2026-11-21T10:00"});
  expect_dates(number, "2026-11-23", "2026-11-24", "2026-11-25");
  LAW("V78-1");
  site().at("2026-11-23T09:30");
  EXPECT_EQ(site()
                .task("registrar", number, "Task_Register",
                      {{"register.outcome", "accept"}, {"executor", site().executor_id()}})
                .status,
            303);
  site().at("2026-11-24T10:00");
  EXPECT_EQ(site()
                .task("executor", number, "Task_Review",
                      {{"review.outcome", "refuse"},
                       {"review.ground", "G1"},
                       {"review.reasons", "Нұсқаманы ешкім бермеген."}})
                .status,
            303);
  EXPECT_EQ(
      site()
          .task("executor", number, "Task_RefusalDraft", {{"refusal.reasons", "Нұсқама жалған."}})
          .status,
      303);
  EXPECT_EQ(site().sign(number).status, 303);
  site().carry_out();
  EXPECT_EQ(site().open(number).state_code(), "refused");
  EXPECT_TRUE(site().open(number).instance.breaches.empty());
  LAW("R78-10");
  LAW("R78-40");
  EXPECT_TRUE(registrations("saule").empty());
  EXPECT_TRUE(says(site().cabinet("saule"), text("notify.refusal.subject")));
  expect_told_by_api(number);
  // With a true prescription: a new case, with a day of acceptance and a term of its own.
  auto const anew = site().file(
      {.who = "saule",
       .subtype = "dismissed",
       .details = {{"declared.speciality", "true"}, {"declared.speciality_group", "medicine"}},
       .files = {{"prescription", k_paper}},
       .local = "2026-11-26T10:00"});
  EXPECT_NE(anew, number);
  expect_dates(anew, "2026-11-26", "2026-11-27", "2026-11-30");
  EXPECT_EQ(site().open(anew).state_code(), "submitted");
  EXPECT_EQ(site().open(number).state_code(), "refused");
  LAW("R-GEN-24");
}

TEST_F(RegistrationStory, categories_are_checked_before_anything_is_signed) {
  auto const refused = [&](Filing const& application) {
    auto answer = site().try_pages(application, "check");
    EXPECT_GE(answer.status, 400);
    return answer;
  };
  // A woman without a speciality is not subject to registration.
  EXPECT_TRUE(
      says(refused({.who = "madina", .subtype = "naturalised", .local = "2026-11-20T12:00"}),
           text("guard.not_subject")));
  LAW("R-WHO-02");
  // Never registered: not the category of those who were.
  EXPECT_TRUE(says(refused({.who = "arman",
                            .subtype = "released",
                            .files = {{"release", k_paper}},
                            .local = "2026-11-20T12:00"}),
                   text("guard.registered_before")));
  LAW("R78-49");
  // A card without a conclusion is an incomplete set.
  EXPECT_TRUE(says(refused({.who = "timur",
                            .subtype = "first_time",
                            .files = {{"medical_card", k_paper}},
                            .local = "2026-11-20T12:00"}),
                   text("guard.fitness_conclusion")));
  LAW("R78-27");
}

TEST_F(RegistrationStory, a_woman_with_a_speciality_is_registered_as_a_reservist) {
  auto const number = site().file(
      {.who = "madina",
       .subtype = "speciality",
       .details = {{"declared.speciality", "true"}, {"declared.speciality_group", "medicine"}},
       .local = "2026-11-20T13:30"});
  site().at("2026-11-20T14:00");
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "officer"}},
                 "2026-11-20T14:00", "2026-11-20T15:00", "2026-11-20T16:00");
  auto const entries = registrations("madina");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].category, "II");
  EXPECT_EQ(fact("madina", "speciality", *parse_date("2026-11-20")), "medicine");
  LAW("R78-23");
  LAW("R78-28");
}

TEST_F(RegistrationStory, a_change_of_residence_moves_the_registration_and_tells_the_person) {
  // Example 78-C, for somebody who came onto the register on application.
  auto const number =
      site().file({.who = "timur", .subtype = "naturalised", .local = "2026-11-12T11:00"});
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-11-12T12:00", "2026-11-12T14:00", "2026-11-12T15:00");
  site().at("2026-11-20T09:00");
  auto const said =
      site().residence(R"({"id":"e1","iin":"770412300138","kind":"moved","district":"5516",)"
                       R"("address":"Ақсу қ., 5","effective":"2026-11-18"})"
                       "\n"
                       R"({"id":"e0","iin":"020501500999","kind":"moved","district":"5516",)"
                       R"("address":"","effective":"2026-11-18"})"
                       "\n");
  EXPECT_EQ(said.code, 1) << "one line is no event";
  EXPECT_EQ(said.out, R"({"id":"e1","outcome":"moved"})"
                      "\n");
  EXPECT_NE(said.error.find("line 2: iin is no IIN"), std::string::npos) << said.error;
  site().at("2026-11-23T09:00");
  EXPECT_EQ(site()
                .residence(R"({"id":"e2","iin":"770412300138","kind":"moved","district":"3148",)"
                           R"("address":"","effective":"2026-11-10"})"
                           "\n")
                .out,
            R"({"id":"e2","outcome":"older"})"
            "\n");
  EXPECT_EQ(site().tell_moves(), 1);
  EXPECT_EQ(site().tell_moves(), 0) << "told once";
  auto const cabinet = site().cabinet("timur");
  EXPECT_TRUE(says(cabinet, "Ақсу"));
  EXPECT_TRUE(says(cabinet, text("notify.registration_moved.subject")));
  LAW("R78-41");
  auto const entries = registrations("timur");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].office, site().other_office().id);
  EXPECT_EQ(to_iso(entries[0].taken_on), "2026-11-20");
  auto const book = site().cabinet("timur", "/registration");
  EXPECT_TRUE(says(book, "Қордай")) << "the earlier office stands in the history";
  auto const path = "/registration/" + std::to_string(entries[0].id.value) + "/notice";
  EXPECT_TRUE(says(book, path));
  auto const paper = site().cabinet("timur", path);
  EXPECT_EQ(paper.status, 200);
  EXPECT_TRUE(paper.body.starts_with("%PDF"));
  EXPECT_NE(paper.body.find("ETSI.CAdES.detached"), std::string::npos) << "under the seal";
  LAW("R78-48");
  auto const page = site().cabinet("timur", path + "/page");
  EXPECT_TRUE(says(book, path + "/page"));
  EXPECT_TRUE(says(page, "Қордай") && says(page, "Ақсу")) << page.body;
  EXPECT_EQ(site().cabinet("saule", path).status, 404) << "nobody else's";
  EXPECT_EQ(site().cabinet("saule", path + "/page").status, 404);
}

/// The address comes from the registers: nobody types it, and nothing waits for it.
TEST_F(RegistrationStory, the_address_is_not_asked_for) {
  auto const form = [](std::string const& service) {
    auto const started = site().rig().post(site().applicant("arman"), "/ru/apply/" + service, {});
    EXPECT_EQ(started.status, 303) << started.body;
    return started.location.substr(0, started.location.rfind('/') + 1) + "contacts";
  };
  site().at("2026-11-23T09:00");
  auto const ours = form("registration"), other = form("military_id");
  auto const get = [](std::string const& path) {
    return site().rig().get(site().applicant("arman"), path);
  };
  keep_for_looking("contacts_78.html", get(ours).body);
  EXPECT_FALSE(says(get(ours), "name=\"address\""));
  EXPECT_TRUE(says(get(ours), "name=\"phone\""));
  EXPECT_TRUE(says(get(other), "name=\"address\"")) << "service 77 has it in its form";
  auto const send = [](std::string const& path, FormValues values) {
    return site().rig().post(site().applicant("arman"), path, std::move(values)).status;
  };
  FormValues const contacts{{"phone", "+77010000001"}, {"email", ""}};
  EXPECT_EQ(send(ours, contacts), 303);
  EXPECT_EQ(send(other, contacts), 422);
  site().rig().in_database([](db::Connection& connection) {
    db::update_contacts(connection, site().applicant("arman").person, "+77010000001", "",
                        "Қордай ауылы, 9");
  });
  auto const number =
      site().file({.who = "arman", .subtype = "naturalised", .local = "2026-11-23T10:00"});
  auto const bytes = site().rig().wait(casework::read_file(
      site().rig().world(),
      engine::text_at(site().open(number).instance.variables, "certified.document")));
  ASSERT_TRUE(bytes);
  EXPECT_NE(bytes->find("<address>Қордай ауылы, 9</address>"), std::string::npos) << *bytes;
  LAW("INV-18");
  LAW("R78-11");
}

}  // namespace
}  // namespace qyzmet::tests
