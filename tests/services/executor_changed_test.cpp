// The executor of a case is ill or has left (R-GEN-28): the administrator learns which cases wait,
// the head names another executor beside the process, who is told and goes on.
#include "db/people.hpp"
#include "services/work/mail.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class ExecutorChanged : public testing::Test {
 protected:
  ExecutorChanged() {
    second_ = site_.rig().invite("880602300173", "Екінші орындаушы", {at_office("executor")});
    admin_ = site_.rig().invite("770412300138", "Баптаушиев",
                                {{.role = "admin", .office = {}, .branch = {}}});
    number_ = site_.file({.who = "arman", .subtype = "naturalised", .local = "2026-11-23T10:00"});
    done(site_.task("registrar", number_, "Task_Register",
                    {{"register.outcome", "accept"}, {"executor", site_.executor_id()}}));
  }
  db::Grant at_office(std::string role) const {
    return {.role = std::move(role), .office = site_.office().id, .branch = {}};
  }
  static void done(PageAnswer const& answer) {
    EXPECT_EQ(answer.status, 303) << unescaped(answer.body);
  }
  PageAnswer task(Guest const& who, std::string const& task, FormValues values) {
    values.emplace("key", "executor-" + std::to_string(++keys_));
    return site_.rig().post(who, "/kk/work/cases/" + number_ + "/tasks/" + task, values);
  }
  PageAnswer review(Guest const& who) {
    return task(who, "Task_Review",
                {{"review.outcome", "refuse"},
                 {"review.ground", "G1"},
                 {"review.reasons", "Құжат жалған."}});
  }
  PageAnswer change(Guest const& to, std::string_view by = "head") {
    return site_.rig().post(site_.official(by),
                            "/kk/work/cases/" + number_ + "/messages/executor.changed",
                            {{"key", "change-" + std::to_string(++keys_)},
                             {"change.executor", std::to_string(to.user.value)},
                             {"change.reasons", "Ауырып қалды."}});
  }
  bool is_told(Guest const& who) {
    auto text = site_.rig().text("kk", "work.alert.assigned");
    text = text.substr(text.find(". ") + 2);
    auto const page = unescaped(site_.rig().get(who, "/kk/work").body);
    return page.contains(text) && page.contains("№ " + number_);
  }
  std::string executor() {
    return engine::text_at(site_.open(number_).instance.variables, "executor");
  }
  std::string page_of(Guest const& official) {
    return unescaped(
        site_.rig().get(admin_, "/kk/admin/people/" + std::to_string(official.user.value)).body);
  }

  ServiceRig site_{"registration"};
  Guest second_, admin_;
  std::string number_;
  int keys_ = 0;
};

TEST_F(ExecutorChanged, the_head_names_another_one_who_is_told_and_goes_on) {
  auto const first = site_.official("executor");
  EXPECT_TRUE(unescaped(site_.rig().get(site_.official("head"), "/kk/work/cases/" + number_).body)
                  .contains("/messages/executor.changed"));
  auto const offered = site_.rig().get(site_.official("head"),
                                       "/kk/work/cases/" + number_ + "/messages/executor.changed");
  EXPECT_TRUE(unescaped(offered.body).contains("Екінші орындаушы"));
  EXPECT_FALSE(offered.body.contains("value=\"" + site_.executor_id() + "\""))
      << "who is it already is not offered";
  EXPECT_GE(change(second_, "registrar").status, 400) << "the head does it";
  EXPECT_GE(change(first).status, 400) << "another one";
  EXPECT_GE(change(site_.official("registrar")).status, 400) << "an executor of the office";
  EXPECT_FALSE(is_told(second_));
  auto const tasks = site_.open(number_).instance.tasks;
  done(change(second_));
  EXPECT_EQ(site_.open(number_).instance.tasks, tasks) << "no token moves";
  EXPECT_EQ(executor(), std::to_string(second_.user.value));
  EXPECT_EQ(site_.open(number_).row.fields.executor, second_.user);
  EXPECT_TRUE(is_told(second_));
  EXPECT_FALSE(is_told(first));
  EXPECT_GE(review(first).status, 400) << "who was it acts no more";
  EXPECT_TRUE(unescaped(site_.rig().get(second_, "/kk/work/cases/" + number_).body)
                  .contains("Ауырып қалды."))
      << "with the reasons";
  done(review(second_));
  EXPECT_FALSE(is_told(second_)) << "whoever has begun needs no reminder";
  done(task(second_, "Task_RefusalDraft", {{"refusal.reasons", "Нұсқаманы ешкім бермеген."}}));
  done(site_.sign(number_));
  LAW("R-GEN-28");
}

TEST_F(ExecutorChanged, who_was_the_executor_does_not_sign_what_another_one_drafted) {
  site_.rig().grant(site_.official("executor"), at_office("head"));
  done(review(site_.official("executor")));
  done(change(second_));
  done(task(second_, "Task_RefusalDraft", {{"refusal.reasons", "Нұсқаманы ешкім бермеген."}}));
  auto const refused = task(site_.official("executor"), "Task_Sign", {{"sign.decision", "sign"}});
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_TRUE(unescaped(refused.body).contains("data-rule=\"R-GEN-28\""));
  LAW("R-GEN-28");
}

TEST_F(ExecutorChanged, an_administrator_learns_which_cases_wait_for_another_one) {
  auto const& first = site_.official("executor");
  auto const title = site_.rig().text("kk", "admin.left");
  EXPECT_FALSE(page_of(first).contains(title));
  auto const answer = site_.rig().post(admin_, "/kk/admin/revoke",
                                       {{"user", std::to_string(first.user.value)},
                                        {"role", "executor"},
                                        {"office", std::to_string(site_.office().id.value)},
                                        {"branch", ""}});
  EXPECT_EQ(answer.location, "/kk/admin/people/" + std::to_string(first.user.value));
  EXPECT_TRUE(page_of(first).contains(title));
  EXPECT_TRUE(page_of(first).contains("№ " + number_));
  ApiClient program{site_.rig(), "kk"};
  program.enter(admin_, db::Grant{.role = "admin", .office = {}, .branch = {}});
  auto const path = "/api/v1/admin/people/" + std::to_string(first.user.value);
  auto const left = [&] {
    auto const official = program.get(path);
    auto const* numbers = official.json.as_object().if_contains("left_cases");
    return numbers == nullptr ? 0U : numbers->as_array().size();
  };
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(program.get(path).json.at("left_cases").at(0).as_string(), number_);

  // The head names another one over the API.
  ApiClient head{site_.rig(), "kk"};
  head.enter(site_.official("head"), at_office("head"));
  auto const message = "/api/v1/cases/" + number_ + "/messages/executor.changed";
  boost::json::object const own{{"change.executor", site_.executor_id()},
                                {"change.reasons", "Жұмыстан кетті."}};
  EXPECT_EQ(head.post(message, {{"fields", own}}).status, 422) << "an executor no more";
  boost::json::object const another{{"change.executor", std::to_string(second_.user.value)},
                                    {"change.reasons", "Жұмыстан кетті."}};
  auto const sent = head.post(message, {{"fields", another}});
  EXPECT_EQ(sent.status, 200) << sent.body;
  EXPECT_EQ(left(), 0U);
  EXPECT_FALSE(page_of(first).contains(title));
  ApiClient executor{site_.rig(), "kk"};
  executor.enter(second_, at_office("executor"));
  auto const alerts = executor.get("/api/v1/alerts");
  EXPECT_TRUE(alerts.body.contains("\"assigned\"")) << alerts.body;

  // Whoever comes in no more leaves cases, too.
  site_.rig().in_database(
      [&](db::Connection& connection) { db::set_user(connection, second_.user, false, "", ""); });
  EXPECT_TRUE(page_of(second_).contains("№ " + number_));
  LAW("R-GEN-28");
}

}  // namespace
}  // namespace qyzmet::tests
