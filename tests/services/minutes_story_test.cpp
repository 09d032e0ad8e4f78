// The minutes of an oral hearing as people meet them in service 77: the chair names a secretary,
// both sign the same bytes, and the applicant gets what both have signed (R77-39).
#include <gtest/gtest.h>

#include "services/casework/files.hpp"
#include "services/work/alerts.hpp"
#include "signing/archive.hpp"
#include "signing/pdf.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr std::string_view k_minutes = "hearing.minutes_document";

class MinutesStory : public testing::Test {
 protected:
  SiteRig& rig() { return site_.rig(); }
  void done(PageAnswer const& answer) { EXPECT_EQ(answer.status, 303) << unescaped(answer.body); }
  std::string text(std::string const& key) {
    auto const package = rig().world().library.in_force("military_id", rig().world().clock.today());
    auto const& texts = package->texts.at("kk");
    return texts.contains(key) ? texts.at(key) : rig().text("kk", key);
  }
  std::string page(Guest const& guest, std::string const& path) {
    return unescaped(rig().get(guest, "/kk" + path).body);
  }
  std::string desk(std::string_view role, std::string const& path = "/work") {
    return page(site_.official(role), path);
  }
  std::string case_page(std::string_view role) { return desk(role, "/work/cases/" + number_); }
  /// As the secretary.
  static bool offers(std::string const& form, std::string const& user) {
    return form.contains("name=\"hearing.secretary\" value=\"" + user + "\"");
  }
  static std::string id(Guest const& guest) { return std::to_string(guest.user.value); }
  db::Grant grant(char const* role) const {
    return {.role = role, .office = site_.office().id, .branch = {}};
  }
  std::string minutes() {
    return engine::text_at(site_.open(number_).instance.variables, k_minutes);
  }
  PageAnswer sign(std::string const& task, std::string const& role) {
    auto const bytes = rig().wait(casework::read_file(rig().world(), minutes()));
    auto const inside = signing::bytes_to_sign(bytes.value());
    return site_.task(role, number_, task, {{"signature", rig().sign(role, inside)}});
  }

  /// Up to the hearing on 14 December; the second working day after it is the 17th.
  void to_the_hearing() {
    number_ = site_.file({.who = "aigul",
                          .subtype = "lost_damaged",
                          .files = {{"penalty_ruling", "%PDF-1.4 a ruling"}},
                          .local = "2026-12-10T10:00"});
    done(site_.task("registrar", number_, "Task_Register", {{"executor", site_.executor_id()}}));
    site_.at("2026-12-11T10:00");
    done(site_.task("executor", number_, "Task_Review",
                    {{"checklist.identity", "true"},
                     {"checklist.photo", "true"},
                     {"checklist.registered", "true"},
                     {"checklist.served", "true"},
                     {"review.outcome", "refuse"},
                     {"review.ground", "G2"},
                     {"review.reasons", "Қаулыға қол қойылмаған."}}));
    done(site_.task("executor", number_, "Task_Notice",
                    {{"hearing.mode", "in_person"},
                     {"hearing.slot", "2026-12-14T09:00"},
                     {"hearing.place", "12-кабинет"}}));
    done(site_.sign_notice(number_));
    site_.carry_out();
    site_.at("2026-12-14T10:00");
  }
  static FormValues heard(std::string const& secretary) {
    return {{"key", "heard"},
            {"hearing.result", "held"},
            {"hearing.started", "2026-12-14T09:00"},
            {"hearing.ended", "2026-12-14T09:40"},
            {"hearing.secretary", secretary},
            {"hearing.participants", "Өтініш беруші, орындаушы, хатшы"},
            {"hearing.minutes", "Өтініш беруші қаулының түпнұсқасын көрсетті."},
            {"hearing.conclusion", "refuse"}};
  }
  PageAnswer hear(std::string const& secretary) {
    auto values = heard(secretary);
    values.erase("key");
    return site_.task("executor", number_, "Task_Hearing", std::move(values));
  }
  Guest second_executor() {
    return rig().invite("790202300115", "Мұрагер Ж.Ж.", {grant("executor")});
  }
  /// The executor declares an interest, and the head names `heir` in that place.
  void recuse_the_executor_for(Guest const& heir) {
    auto const way = "/kk/work/cases/" + number_ + "/messages/recusal.";
    done(rig().post(site_.official("executor"), way + "declared",
                    {{"key", "interest"},
                     {"recusal.ground", "interest"},
                     {"recusal.reasons", "Өтініш берушінің көршісі."}}));
    done(rig().post(site_.official("head"), way + "decided",
                    {{"key", "recused"},
                     {"recusal.outcome", "granted"},
                     {"recusal.replacement", id(heir)},
                     {"recusal.decision", "Негізді."}}));
  }
  std::string paper(std::string const& sha256) {
    auto const bytes = rig().wait(casework::read_file(rig().world(), sha256));
    return bytes ? text_of_pdf(*bytes) : std::string{};
  }
  /// As its chair, with a key of that name; the minutes of the case unless others are named.
  PageAnswer sign_as(Guest const& who, std::string const& key, std::string sha256 = {}) {
    auto const bytes =
        rig().wait(casework::read_file(rig().world(), sha256.empty() ? minutes() : sha256));
    return rig().post(who, "/kk/work/cases/" + number_ + "/tasks/Task_Minutes",
                      {{"key", "minutes-" + std::to_string(++keys_)},
                       {"signature", rig().sign(key, signing::bytes_to_sign(bytes.value()))}});
  }
  void expect_waits_for_the_registrar();
  void expect_both_on_the_pages();
  void expect_nothing_of_other_files();
  void expect_both_in_the_files(std::string const& content);
  std::vector<std::string> tasks_of(ApiClient& client) {
    std::vector<std::string> out;
    for (auto const& each : client.get("/api/v1/tasks").json.at("items").as_array())
      out.emplace_back(each.at("task").as_string());
    return out;
  }

  ServiceRig site_{"military_id"};
  std::string number_;
  int keys_ = 0;
};

/// The secretary alone has it on the list, and is reminded.
void MinutesStory::expect_waits_for_the_registrar() {
  auto const mine = desk("registrar");
  EXPECT_TRUE(mine.contains(number_));
  EXPECT_TRUE(mine.contains(text("milestone.minutes_secretary")));
  EXPECT_FALSE(desk("head").contains(number_));
  EXPECT_FALSE(desk("head", "/sign").contains(number_));
  EXPECT_TRUE(desk("executor", "/work?show=all").contains(number_)) << "the own case";
  EXPECT_TRUE(case_page("head").contains(text("guard.named_secretary")));
  site_.at("2026-12-15T09:00");
  rig().wait(work::raise_alerts(rig().world()));
  auto const remains = rig().text("kk", "work.alerts");
  EXPECT_TRUE(desk("registrar").contains(remains)) << "due on the next working day";
  EXPECT_FALSE(desk("executor").contains(remains));
  EXPECT_FALSE(desk("head").contains(remains));
}

/// Whoever reads the document, or the case, reads who has signed it.
void MinutesStory::expect_both_on_the_pages() {
  auto const sha256 = minutes();
  auto const cabinet = unescaped(site_.cabinet("aigul", "/cases/" + number_).body);
  EXPECT_TRUE(cabinet.contains("/documents/" + minutes()));
  auto const paper = unescaped(
      site_.cabinet("aigul", "/cases/" + number_ + "/documents/" + sha256 + "/page").body);
  for (auto const* name : {"Қызметкер executor", "Қызметкер registrar"}) {
    EXPECT_TRUE(cabinet.contains(name)) << name;
    EXPECT_TRUE(paper.contains(name)) << name;
  }
  auto const told = [this](std::string const& language, std::string const& page) {
    for (auto const& [who, day] : std::map<std::string, std::string>{{"executor", "14.12.2026"},
                                                                     {"registrar", "15.12.2026"}}) {
      auto const* const role = who == "executor" ? "role.executor" : "role.secretary";
      auto const line = "Қызметкер " + who + ", " + rig().text(language, role);
      auto const begin = page.find(line);
      ASSERT_NE(begin, std::string::npos) << line << page;
      auto const item = page.substr(begin, page.find("</li>", begin) - begin);
      EXPECT_TRUE(item.contains(rig().text(language, "verdict.TOTAL-PASSED"))) << item;
      EXPECT_TRUE(item.contains(day)) << item;
    }
  };
  for (std::string const language : {"kk", "ru", "en"}) {
    auto const at = "/" + language + "/cabinet/cases/" + number_ + "/documents/" + sha256 + "/page";
    told(language, unescaped(rig().get(site_.applicant("aigul"), at).body));
    auto const held = unescaped(rig().get({}, "/" + language + "/signatures/" + sha256).body);
    told(language, held);
    EXPECT_FALSE(held.contains(".p7s")) << "no certificate, which holds an IIN";
    EXPECT_FALSE(held.contains(number_)) << "nor what the digest does not tell";
    keep_for_looking("signatures_" + language + ".html", held);
  }
}

/// Nobody learns anything by a digest of what is no paper of ours.
void MinutesStory::expect_nothing_of_other_files() {
  auto const application =
      engine::text_at(site_.open(number_).instance.variables, "certified.document");
  for (auto const& digest : {application, std::string(64, '0')}) {
    auto const answer = rig().get({}, "/kk/signatures/" + digest);
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(unescaped(answer.body).contains(rig().text("kk", "signatures.none"))) << digest;
    EXPECT_FALSE(unescaped(answer.body).contains(rig().text("kk", "verdict.TOTAL-PASSED")));
  }
  EXPECT_EQ(rig().get({}, "/kk/signatures/" + std::string(64, 'G')).status, 404);
}

/// Both signatures are kept with the document, told, and given out.
void MinutesStory::expect_both_in_the_files(std::string const& content) {
  ApiClient citizen{rig()};
  citizen.enter(site_.applicant("aigul"));
  auto const sha256 = minutes();
  auto const at = "/api/v1/cases/" + number_;
  auto const documents = citizen.get(at).json.at("documents").as_array();
  auto const found = std::ranges::find_if(
      documents, [&](auto const& each) { return each.at("sha256").as_string() == sha256; });
  ASSERT_NE(found, documents.end());
  auto const& signatures = found->at("signatures").as_array();
  ASSERT_EQ(signatures.size(), 2U);
  EXPECT_EQ(signatures[0].at("name"), "Қызметкер executor");
  EXPECT_EQ(signatures[1].at("name"), "Қызметкер registrar");
  std::vector<std::string> both;
  for (auto const& each : signatures) {
    std::string const digest{each.at("digest").as_string()};
    both.push_back(citizen.get(at + "/documents/" + sha256 + "/signature?digest=" + digest).body);
    auto const linked =
        rig().get(site_.applicant("aigul"), "/kk/cabinet/cases/" + number_ + "/documents/" +
                                                sha256 + "/signature?digest=" + digest);
    EXPECT_EQ(linked.body, both.back());
  }
  EXPECT_NE(both[0], both[1]);
  auto const kept = citizen.get(at + "/documents/" + sha256).body;
  auto const inside = signing::read_pdf_signature(kept);
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->cms, both[0]) << "that of the chair stands in the file";
  EXPECT_EQ(inside->signed_bytes, content);
  auto const evidence = citizen.get(at + "/evidence").json.at("signatures").as_array();
  EXPECT_EQ(std::ranges::count_if(evidence,
                                  [&](auto const& each) {
                                    return each.at("document").at("sha256").as_string() == sha256;
                                  }),
            2);
  auto const file = rig().post(site_.applicant("aigul"), "/kk/cabinet/cases/" + number_ + "/file",
                               {{"key", "copy"}});
  auto const archive = signing::read_archive(file.body);
  ASSERT_TRUE(archive);
  EXPECT_EQ(std::ranges::count_if(
                *archive,
                [&](auto const& each) { return each.second == both[0] || each.second == both[1]; }),
            2);
  EXPECT_TRUE(archive->at("case.txt").contains("Қызметкер registrar"));
  LAW("R77-39");
}

TEST_F(MinutesStory, both_sign_the_same_bytes_before_the_applicant_gets_them) {
  to_the_hearing();
  auto const registrar = site_.official("registrar");
  auto const form = case_page("executor");
  EXPECT_TRUE(form.contains(text("hint.hearing.secretary")));
  EXPECT_TRUE(offers(form, id(registrar)));
  EXPECT_FALSE(offers(form, site_.executor_id())) << "not the chair";
  EXPECT_EQ(hear(site_.executor_id()).status, 422);
  EXPECT_EQ(hear(id(site_.applicant("aigul"))).status, 422) << "nor a stranger";
  done(hear(id(registrar)));

  auto const bytes = rig().wait(casework::read_file(rig().world(), minutes()));
  ASSERT_TRUE(bytes);
  EXPECT_FALSE(desk("registrar").contains(number_)) << "the chair signs first";
  done(sign("Task_Minutes", "executor"));
  site_.carry_out();
  EXPECT_FALSE(unescaped(site_.cabinet("aigul", "/cases/" + number_).body)
                   .contains("/documents/" + minutes()))
      << "one signature is not enough";
  LAW("R77-39");

  expect_waits_for_the_registrar();
  ApiClient client{rig()}, head{rig()};
  client.enter(registrar, grant("registrar"));
  head.enter(site_.official("head"), grant("head"));
  EXPECT_EQ(tasks_of(client), std::vector<std::string>{"Task_MinutesSecretary"});
  EXPECT_TRUE(tasks_of(head).empty());
  auto const path = "/api/v1/cases/" + number_ + "/tasks/Task_MinutesSecretary";
  auto const content = client.get(path + "/content");
  EXPECT_EQ(content.body, signing::bytes_to_sign(*bytes)) << "what the chair has signed";
  auto const foreign =
      head.post(path, {{"cms", rig().sign("head", *bytes)}, {"fields", boost::json::object{}}},
                {{"If-Match", "*"}});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(foreign.text("rule"), "R77-39");
  auto const own = client.post(
      path, {{"cms", rig().sign("registrar", content.body)}, {"fields", boost::json::object{}}},
      {{"If-Match", "*"}});
  EXPECT_EQ(own.status, 200) << own.body;
  EXPECT_FALSE(desk("registrar").contains(number_));
  site_.carry_out();

  expect_both_on_the_pages();
  expect_nothing_of_other_files();
  expect_both_in_the_files(content.body);
  done(rig().post(site_.applicant("aigul"),
                  "/kk/cabinet/cases/" + number_ + "/messages/hearing.remarks",
                  {{"key", "remarks"}, {"remarks.text", "Куәгерім жазылмаған."}}));
  done(site_.task("executor", number_, "Task_RefusalDraft",
                  {{"refusal.reasons", "Қаулыға қол қойылмаған."}}));
  site_.at("2026-12-17T11:00");
  done(site_.sign(number_));
  site_.carry_out();
  EXPECT_EQ(site_.open(number_).state_code(), "refused");
}

/// A recused chair has no later act in the case; the paper says who held the hearing all the same.
TEST_F(MinutesStory, whoever_replaces_a_recused_chair_signs_minutes_that_name_both) {
  to_the_hearing();
  auto const registrar = site_.official("registrar");
  auto const heir = second_executor();
  done(hear(id(registrar)));
  auto const first = minutes();
  recuse_the_executor_for(heir);
  EXPECT_EQ(sign("Task_Minutes", "executor").status, 403) << "recused";
  auto const refused = sign_as(heir, "deputy");
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(unescaped(refused.body).contains(rig().text("kk", "error.named_another")));
  auto const task = "/kk/work/cases/" + number_ + "/tasks/Task_Minutes";
  done(rig().post(heir, task + "/redraw", {}));
  auto const shown = unescaped(rig().get(heir, "/kk/work/cases/" + number_).body);
  auto const link = shown.find("/documents/", shown.find("data-sign-bytes"));
  ASSERT_NE(link, std::string::npos);
  auto const second = shown.substr(link + std::string_view{"/documents/"}.size(), 64);
  auto const words = paper(second);
  EXPECT_TRUE(words.contains("Тыңдауды өткізген")) << words;
  EXPECT_TRUE(words.contains("Қызметкер executor,"));
  EXPECT_TRUE(words.contains("Істі қабылдаған орындаушы")) << words;
  EXPECT_TRUE(words.contains("Мұрагер"));
  EXPECT_FALSE(words.contains("Төрағалық етуші"));
  done(sign_as(heir, "deputy", second));
  EXPECT_EQ(minutes(), second);
  EXPECT_NE(minutes(), first);
  done(sign("Task_MinutesSecretary", "registrar"));
  site_.carry_out();
  auto const cabinet = unescaped(site_.cabinet("aigul", "/cases/" + number_).body);
  EXPECT_TRUE(cabinet.contains("/documents/" + second));
  EXPECT_FALSE(cabinet.contains("/documents/" + first));
  LAW("R77-39");
  LAW("R-GEN-16");
}

TEST_F(MinutesStory, whoever_replaces_the_chair_before_the_hearing_is_its_chair) {
  to_the_hearing();
  auto const heir = second_executor();
  recuse_the_executor_for(heir);
  EXPECT_EQ(hear(id(site_.official("registrar"))).status, 403);
  done(rig().post(heir, "/kk/work/cases/" + number_ + "/tasks/Task_Hearing",
                  heard(id(site_.official("registrar")))));
  auto const words = paper(minutes());
  EXPECT_TRUE(words.contains("Мұрагер")) << words;
  EXPECT_TRUE(words.contains("Төрағалық етуші"));
  EXPECT_FALSE(words.contains("Қызметкер executor")) << words;
  EXPECT_FALSE(words.contains("Оның орнына"));
  done(sign_as(heir, "deputy"));
  done(sign("Task_MinutesSecretary", "registrar"));
  LAW("R77-39");
}

TEST_F(MinutesStory, a_secretary_who_is_gone_is_replaced_and_the_new_one_signs_new_minutes) {
  to_the_hearing();
  auto const registrar = site_.official("registrar");
  done(hear(id(registrar)));
  done(sign("Task_Minutes", "executor"));
  auto const first = minutes();
  rig().take_away(registrar, grant("registrar"));
  EXPECT_EQ(sign("Task_MinutesSecretary", "registrar").status, 403);
  auto const way = "/work/cases/" + number_ + "/messages/minutes.redrafted";
  EXPECT_TRUE(case_page("executor").contains(way));
  auto const wait = site_.open(number_).instance.subscriptions;
  auto const anew = std::ranges::find(wait, "minutes.redrafted", &engine::Subscription::message);
  ASSERT_NE(anew, wait.end());
  auto const form = desk("executor", way + "?wait=" + std::to_string(anew->id));
  EXPECT_TRUE(form.contains("Өтініш беруші қаулының түпнұсқасын көрсетті.")) << "to be mended";
  EXPECT_FALSE(offers(form, id(registrar)));
  FormValues const words{{"wait", ""},
                         {"minutes.redraft_reason", "Хатшы жұмыстан шықты."},
                         {"hearing.secretary", id(site_.official("head"))},
                         {"hearing.participants", "Өтініш беруші, орындаушы"},
                         {"hearing.minutes", "Өтініш беруші түпнұсқаны көрсетті."}};
  auto with_key = [&](char const* key) {
    auto out = words;
    out["key"] = key;
    return out;
  };
  auto gone = with_key("gone");
  gone["hearing.secretary"] = id(registrar);
  EXPECT_EQ(rig().post(site_.official("executor"), "/kk" + way, gone).status, 422);
  done(rig().post(site_.official("executor"), "/kk" + way, with_key("anew")));
  EXPECT_NE(minutes(), first);
  EXPECT_EQ(sign("Task_MinutesSecretary", "head").status, 409) << "not before the chair";
  done(sign("Task_Minutes", "executor"));
  EXPECT_TRUE(desk("head").contains(number_));
  EXPECT_TRUE(desk("head", "/sign").contains(number_));
  EXPECT_TRUE(desk("head", "/sign/documents?" + number_ + "=on")
                  .contains(text("task.Task_MinutesSecretary")));
  done(sign("Task_MinutesSecretary", "head"));
  site_.carry_out();
  EXPECT_TRUE(site_.open(number_).instance.tasks.size() == 1);
  EXPECT_TRUE(unescaped(site_.cabinet("aigul", "/cases/" + number_).body)
                  .contains("/documents/" + minutes()));
  LAW("R77-39");
}

/// The body appoints the secretary: whoever gets a role at the office for it can be named.
TEST_F(MinutesStory, an_office_with_one_official_is_given_a_secretary) {
  to_the_hearing();
  auto const registrar = site_.official("registrar"), head = site_.official("head");
  rig().take_away(registrar, grant("registrar"));
  rig().take_away(head, grant("head"));
  auto const alone = case_page("executor");
  EXPECT_TRUE(alone.contains(text("hint.hearing.secretary"))) << "says what to do";
  EXPECT_EQ(hear("").status, 422);
  EXPECT_EQ(hear(id(registrar)).status, 422);
  rig().grant(registrar, grant("registrar"));
  done(hear(id(registrar)));
  done(sign("Task_Minutes", "executor"));
  done(sign("Task_MinutesSecretary", "registrar"));
  LAW("R77-39");
}

/// As for every task: who stands in for a head is an official of the office on those days.
TEST_F(MinutesStory, a_stand_in_can_keep_the_minutes) {
  to_the_hearing();
  auto const deputy = site_.official("registrar");
  rig().take_away(deputy, grant("registrar"));
  rig().in_database([&](db::Connection& connection) {
    db::StandIn leave;
    leave.absent = site_.official("head").user;
    leave.deputy = deputy.user;
    leave.office = site_.office().id;
    leave.from = leave.until = *parse_date("2026-12-14");
    leave.basis = "№ 5";
    db::appoint_stand_in(connection, leave);
  });
  done(hear(id(deputy)));
  done(sign("Task_Minutes", "executor"));
  done(sign("Task_MinutesSecretary", "registrar"));
  LAW("R77-39");
}

}  // namespace
}  // namespace qyzmet::tests
