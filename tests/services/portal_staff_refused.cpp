// Forms about a case: what officials and the applicant typed comes back with each refusal, also
// when somebody else has done the task in the meantime.
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

constexpr std::string_view k_languages[] = {"kk", "ru", "en"};

std::string letters(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "ң";
  return out;
}

class StaffRefused : public testing::Test {
 protected:
  static void SetUpTestSuite() { number = file_application("arman"); }
  static inline std::string number;

  PortalRig& rig = PortalRig::instance();
  std::string page = "/work/cases/" + number;

  static bool says(Page const& answer, std::string_view language, std::string const& key,
                   boost::json::object const& arguments = {}) {
    return answer.says(text_of(key, language, arguments));
  }
};

TEST_F(StaffRefused, the_applicants_message_comes_back_with_its_fault) {
  Browser citizen;
  citizen.sign_in("arman");
  auto const message = "/cabinet/cases/" + number + "/messages/application.withdrawn";
  for (auto const language : k_languages) {
    citizen.language = language;
    auto const key = citizen.get(message).value("key");
    auto const text = letters(2001);
    auto const refusal = citizen.post(message, {{"key", key}, {"withdrawal.reason", text}});
    EXPECT_EQ(refusal.status, 422);
    EXPECT_TRUE(says(refusal, language, "error.too_long", {{"max", "2000"}})) << refusal.body;
    EXPECT_EQ(refusal.value("withdrawal.reason"), text);
    auto const unknown =
        citizen.post(message, {{"key", key}, {"withdrawal.reason", "себеп"}, {"x", "1"}});
    EXPECT_EQ(unknown.status, 400);
    EXPECT_TRUE(says(unknown, language, "error.unknown_field", {{"field", "x"}}));
    EXPECT_EQ(unknown.value("withdrawal.reason"), "себеп");
  }
}

TEST_F(StaffRefused, a_choice_outside_the_registers_is_refused) {
  Browser registrar;
  registrar.sign_in("registrar");
  auto const task = page + "/tasks/Task_Register";
  auto const key = registrar.get(page).value("key");
  for (auto const language : k_languages) {
    registrar.language = language;
    auto const refusal = registrar.send(task, {{"key", key}, {"executor", ""}});
    EXPECT_EQ(refusal.status, 422);
    EXPECT_TRUE(says(refusal, language, "error.required")) << refusal.body;
    auto const nobody = registrar.send(task, {{"key", key}, {"executor", "999999"}});
    EXPECT_EQ(nobody.status, 422) << nobody.location();
    EXPECT_TRUE(says(nobody, language, "error.not_a_choice")) << nobody.body;
  }
  auto const executor = rig.world().database.run_blocking([](db::Connection& connection) {
    auto const person = db::find_person_by_iin(connection, PortalRig::iin("executor"));
    return db::ensure_user(connection, person->id);
  });
  auto const done =
      registrar.send(task, {{"key", key}, {"executor", std::to_string(executor.value)}});
  ASSERT_EQ(done.status, 303) << done.body;
}

/// Comes after the test before, which has given the case to the executor.
TEST_F(StaffRefused, an_officials_words_come_back_even_when_the_task_is_done) {
  Browser desk;
  desk.sign_in("executor");
  auto const review = page + "/tasks/Task_Review";
  auto const second = desk.get(page).value("key");
  Fields const good{{"key", second},
                    {"review.outcome", "refuse"},
                    {"review.ground", "G1"},
                    {"review.reasons", "Деректер сәйкес келмейді."}};
  for (auto const language : k_languages) {
    desk.language = language;
    auto fields = good;
    fields["review.ground"] = "G99";
    fields["review.reasons"] = letters(8001);
    auto const refusal = desk.send(review, fields);
    EXPECT_EQ(refusal.status, 422);
    EXPECT_TRUE(says(refusal, language, "error.too_long", {{"max", "8000"}})) << refusal.body;
    EXPECT_EQ(refusal.value("review.reasons"), fields["review.reasons"]);
    fields["review.reasons"] = "Уәж";
    auto const ground = desk.send(review, fields);
    EXPECT_EQ(ground.status, 422);
    EXPECT_TRUE(says(ground, language, "error.not_a_choice")) << ground.body;
    EXPECT_EQ(ground.value("review.reasons"), "Уәж");
  }
  auto const reviewed = desk.send(review, good);
  ASSERT_EQ(reviewed.status, 303) << reviewed.body;
  for (auto const language : k_languages) {
    desk.language = language;
    auto late = good;
    late["key"] = "another";
    late["review.reasons"] = "Екінші рет жазылған уәж";
    auto const conflict = desk.send(review, late);
    EXPECT_EQ(conflict.status, 409);
    EXPECT_TRUE(says(conflict, language, "error.task_not_open")) << conflict.body;
    EXPECT_TRUE(says(conflict, language, "problem.typed.text"));
    EXPECT_EQ(conflict.value("review.reasons"), "Екінші рет жазылған уәж");
  }
}

}  // namespace
}  // namespace qyzmet::tests
