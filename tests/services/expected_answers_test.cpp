// Requests of service 79 that wait for answers: who watches over them is reminded of their days,
// and the office gives itself three working days after the last answer.
#include <algorithm>
#include <map>
#include <sstream>

#include "db/alerts.hpp"
#include "services/work/alerts.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class ExpectedAnswers : public SharedService {
 protected:
  static void SetUpTestSuite() { begin("correction"); }

  static SiteRig& rig() { return site().rig(); }
  static void raise() { rig().wait(work::raise_alerts(rig().world())); }
  static std::string text(std::string const& key) {
    auto const package = rig().world().library.in_force("correction", rig().world().clock.today());
    auto const& texts = package->texts.at("kk");
    return texts.contains(key) ? texts.at(key) : rig().text("kk", key);
  }
  static std::string page(std::string_view role, std::string const& path = "") {
    return unescaped(rig().get(site().official(role), "/kk/work" + path).body);
  }
  /// Does the work list of that role say so of the case, above its rows?
  static bool told(std::string_view role, std::string const& kind, std::string const& number,
                   std::string const& day, std::string const& milestone = "request.answer") {
    static std::map<std::string, std::string> const k_words{{"reminder", ": соңғы күні — "},
                                                            {"unanswered", "дейін келген жоқ"},
                                                            {"escalation", "өткізіп алынды"}};
    std::istringstream lines{page(role)};
    for (std::string line; std::getline(lines, line);)
      if (line.contains("№ " + number + ". " + text("milestone." + milestone)) &&
          line.contains(k_words.at(kind)) && line.contains(day))
        return true;
    return false;
  }
  /// With the executor, two archives asked until 1 February and 1 March, the term extended.
  static std::string file_and_ask(std::string const& who) {
    auto const number =
        site().file({.who = who,
                     .subtype = "privileged_period",
                     .details = {{"wish.kind", "absent"}, {"wish.correct", "Ауғанстандағы қызмет"}},
                     .local = "2026-11-23T10:00"});
    done(site().task("registrar", number, "Task_Register",
                     {{"register.outcome", "accept"}, {"executor", site().executor_id()}}));
    site().at("2026-11-24T10:00");
    done(site().task("executor", number, "Task_Review",
                     {{"checklist.identity", "true"}, {"review.outcome", "request"}}));
    FormValues requests;
    for (auto const& [row, due] : {std::pair{"1", "2027-02-01"}, std::pair{"2", "2027-03-01"}}) {
      auto const cell = "requests." + std::string{row} + ".";
      requests[cell + "number"] = std::string{row} + "/79";
      requests[cell + "addressee"] = "archive";
      requests[cell + "body"] = "Мұрағат " + std::string{row};
      requests[cell + "period"] = "1985–1986";
      requests[cell + "due_on"] = due;
    }
    done(site().task("executor", number, "Task_Requests", std::move(requests)));
    site().carry_out();
    site().at("2026-11-24T15:00");
    done(site().extend(number, "Екі мұрағаттан жауап күтілуде."));
    site().carry_out();
    return number;
  }
  static void answer(std::string const& number, std::string const& wait, std::string const& kind) {
    done(rig().upload(site().official("registrar"),
                      "/kk/work/cases/" + number + "/messages/request.answer",
                      {{"key", number + wait},
                       {"wait", wait},
                       {"request.answer.kind", kind},
                       {"request.answer.number", "A-7"},
                       {"request.answer.summary", "Көшірмесі қоса берілді."}},
                      {{"request.answer.document", "%PDF-1.4 " + number + wait}}));
  }
  static ApiClient executor() {
    ApiClient out{rig(), "kk"};
    out.enter(site().official("executor"),
              db::Grant{.role = "executor", .office = site().office().id, .branch = {}});
    return out;
  }
  /// As the executor reads them over the API.
  static boost::json::array other_days(std::string const& number) {
    auto const shown = executor().get("/api/v1/cases/" + number);
    EXPECT_EQ(shown.status, 200) << shown.body;
    return shown.json.at("other_days").as_array();
  }
};

TEST_F(ExpectedAnswers, the_executor_is_reminded_of_a_request_and_once_more_when_nobody_answered) {
  auto const number = file_and_ask("bauyrzhan");
  auto const first = text("milestone.request.answer") + " № 1/79";
  EXPECT_TRUE(page("executor", "/cases/" + number).contains(first)) << "on the page of the case";
  auto const days = other_days(number);
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].at("latest").as_string(), "2027-02-01");
  EXPECT_EQ(days[0].at("wait").as_string(), "1/79");
  EXPECT_EQ(days[0].at("role").as_string(), "executor");
  EXPECT_EQ(days[0].at("rule").as_string(), "R79-21");

  site().at("2027-01-28T10:00");
  raise();
  EXPECT_FALSE(told("executor", "reminder", number, "1 ақпан")) << "two working days before";
  site().at("2027-01-29T10:00");
  raise();
  raise();
  EXPECT_TRUE(told("executor", "reminder", number, "1 ақпан")) << page("executor");
  EXPECT_FALSE(told("registrar", "reminder", number, "1 ақпан")) << "who watches over it, alone";
  site().at("2027-02-01T18:00");
  raise();
  EXPECT_FALSE(told("executor", "unanswered", number, "1 ақпан")) << "the day is not over";
  site().at("2027-02-02T09:00");
  raise();
  raise();
  EXPECT_TRUE(told("executor", "unanswered", number, "1 ақпан")) << page("executor");
  EXPECT_FALSE(told("executor", "reminder", number, "1 ақпан")) << "in its place";
  EXPECT_FALSE(told("head", "escalation", number, "1 ақпан")) << "the office has missed nothing";
  auto const alerts = executor().get("/api/v1/alerts").json.at("items").as_array();
  EXPECT_EQ(std::ranges::count_if(alerts,
                                  [](auto const& each) { return each.at("kind") == "unanswered"; }),
            1);
  LAW("R79-21");

  site().at("2027-02-03T10:00");
  answer(number, "1/79", "negative");
  EXPECT_FALSE(told("executor", "unanswered", number, "1 ақпан")) << "it came after all";
  EXPECT_FALSE(page("executor", "/cases/" + number).contains(first));
  site().at("2027-02-26T10:00");
  raise();
  EXPECT_TRUE(told("executor", "reminder", number, "1 наурыз")) << "the other one has its own day";
  LAW("R79-21");
}

TEST_F(ExpectedAnswers, an_answered_request_reminds_nobody) {
  auto const number = file_and_ask("yermek");
  site().at("2027-01-20T10:00");
  answer(number, "1/79", "partial");
  for (auto const* day : {"2027-01-29T10:00", "2027-02-02T10:00"}) {
    site().at(day);
    raise();
    EXPECT_FALSE(told("executor", "reminder", number, "1 ақпан")) << day;
    EXPECT_FALSE(told("executor", "unanswered", number, "1 ақпан")) << day;
  }
  LAW("R79-21");
}

TEST_F(ExpectedAnswers, the_office_has_three_working_days_after_the_last_answer) {
  auto const number = file_and_ask("saule");
  auto const target = text("milestone.after_answers");
  site().at("2026-12-03T10:00");
  answer(number, "1/79", "negative");
  EXPECT_FALSE(page("executor", "/cases/" + number).contains(target)) << "one is still to come";
  answer(number, "2/79", "partial");
  EXPECT_TRUE(page("executor", "/cases/" + number).contains(target));
  auto const days = other_days(number);
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].at("code").as_string(), "after_answers");
  EXPECT_EQ(days[0].at("latest").as_string(), "2026-12-08");
  EXPECT_EQ(days[0].at("rule").as_string(), "R79-13");
  EXPECT_EQ(days[0].at("paragraph").at("text").as_string(), "Қағидалар, 79-тармақ, 6-бөлік");

  site().at("2026-12-07T10:00");
  raise();
  EXPECT_TRUE(told("executor", "reminder", number, "8 желтоқсан", "after_answers"))
      << page("executor");
  EXPECT_FALSE(told("head", "escalation", number, "", "after_answers"));
  site().at("2026-12-09T09:00");
  raise();
  EXPECT_TRUE(told("head", "escalation", number, "", "after_answers")) << page("head");
  LAW("R79-13");
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"},
                    {"review.outcome", "present"},
                    {"correction.source", "Мұрағаттың жауабы"},
                    {"correction.facts.1.fact", "privileged"},
                    {"correction.facts.1.value", "Ауғанстан, 1985–1986"}}));
  site().carry_out();
  done(site().task("executor", number, "Task_Draft",
                   {{"correction.summary", "Жеңілдікті кезеңдегі қызмет енгізілді."}}));
  EXPECT_TRUE(page("head", "/cases/" + number).contains(target)) << "until the result is signed";
  done(site().sign(number));
  EXPECT_FALSE(page("head", "/cases/" + number).contains(target));
  EXPECT_FALSE(told("head", "escalation", number, "", "after_answers"));
  LAW("R79-13");
}

TEST_F(ExpectedAnswers, another_round_of_requests_and_a_refusal_have_no_such_day) {
  auto const number = file_and_ask("timur");
  auto const target = text("milestone.after_answers");
  site().at("2026-12-03T10:00");
  answer(number, "1/79", "negative");
  answer(number, "2/79", "negative");
  ASSERT_TRUE(page("executor", "/cases/" + number).contains(target));
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"}, {"review.outcome", "request"}}));
  done(site().task("executor", number, "Task_Requests",
                   {{"requests.1.number", "3/79"},
                    {"requests.1.addressee", "archive"},
                    {"requests.1.body", "Үшінші мұрағат"},
                    {"requests.1.period", "1985–1986"},
                    {"requests.1.due_on", "2027-02-01"}}));
  site().carry_out();
  EXPECT_FALSE(page("executor", "/cases/" + number).contains(target)) << "answers are to come";
  site().at("2026-12-10T10:00");
  answer(number, "3/79", "negative");
  EXPECT_TRUE(page("executor", "/cases/" + number).contains(target));
  done(site().task("executor", number, "Task_Review",
                   {{"checklist.identity", "true"},
                    {"review.outcome", "refuse"},
                    {"review.ground", "no_data"},
                    {"review.reasons", "Мұрағатта мәлімет жоқ."}}));
  EXPECT_FALSE(page("executor", "/cases/" + number).contains(target)) << "a hearing has its days";
  LAW("R79-13");
}

}  // namespace
}  // namespace qyzmet::tests
