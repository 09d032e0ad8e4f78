// Papers that carry an expression of will go out under the signature of who decides (R-GEN-16): the
// notice of a hearing under the executor's, the extension of the term under the head's. Nobody else
// signs them, and what became too late on the way to the signature does not go out.
#include "engine/environment.hpp"
#include "services/casework/files.hpp"
#include "services/casework/signer.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class SignedNotices : public testing::Test {
 protected:
  explicit SignedNotices(std::string service) : site_{std::move(service)} {}

  static void done(PageAnswer const& answer) {
    EXPECT_EQ(answer.status, 303) << unescaped(answer.body);
  }
  std::string variable(std::string_view path) {
    return engine::text_at(site_.open(number_).instance.variables, path);
  }
  std::string bytes(std::string const& sha256) {
    return site_.rig().wait(casework::read_file(site_.rig().world(), sha256)).value();
  }
  std::string paper(std::string const& sha256) { return text_of_pdf(bytes(sha256)); }
  std::string page(Guest const& who) {
    return unescaped(site_.rig().get(who, "/kk/work/cases/" + number_).body);
  }
  std::string cabinet() { return unescaped(site_.cabinet(k_who, "/cases/" + number_).body); }
  PageAnswer post(Guest const& who, std::string const& path, FormValues values) {
    values.emplace("key", "signed-" + std::to_string(++keys_));
    return site_.rig().post(who, "/kk/work/cases/" + number_ + path, std::move(values));
  }
  db::Grant at_office(std::string role) const {
    return {.role = std::move(role), .office = site_.office().id, .branch = {}};
  }
  std::string error(std::string const& key) { return site_.rig().text("kk", key); }
  /// Whose signatures stand by the paper, as the applicant's program reads them.
  std::vector<std::string> signers_of(std::string const& sha256) {
    ApiClient citizen{site_.rig()};
    citizen.enter(site_.applicant(k_who));
    std::vector<std::string> out;
    for (auto const& each :
         citizen.get("/api/v1/cases/" + number_).json.at("documents").as_array()) {
      if (each.at("sha256").as_string() != sha256) continue;
      for (auto const& signature : each.at("signatures").as_array())
        out.emplace_back(signature.at("name").as_string());
    }
    return out;
  }

  static constexpr char const* k_who = "aigul";
  ServiceRig site_;
  std::string number_;
  int keys_ = 0;
};

class SignedHearing : public SignedNotices {
 protected:
  SignedHearing() : SignedNotices{"military_id"} {
    number_ = site_.file({.who = k_who, .subtype = "dismissed", .local = "2026-12-10T10:00"});
    done(site_.task("registrar", number_, "Task_Register", {{"executor", site_.executor_id()}}));
    site_.at("2026-12-11T10:00");
    done(site_.task("executor", number_, "Task_Review", finding()));
    done(site_.task("executor", number_, "Task_Notice",
                    {{"hearing.mode", "in_person"},
                     {"hearing.slot", "2026-12-15T11:00"},
                     {"hearing.place", "12-кабинет"}}));
    site_.carry_out();
  }
  static FormValues finding() {
    return {{"review.outcome", "refuse"},
            {"review.ground", "G2"},
            {"review.reasons", "Қаулыға қол қойылмаған."}};
  }
  PageAnswer sign(Guest const& who, std::string const& key, std::string const& sha256) {
    return post(who, "/tasks/Task_NoticeSign",
                {{"notice.decision", "sign"}, {"signature", site_.rig().sign(key, bytes(sha256))}});
  }
  std::string notice() { return variable("hearing.document"); }
  std::string state() { return site_.open(number_).state_code(); }
};

TEST_F(SignedHearing, the_notice_goes_out_with_the_signature_of_the_executor) {
  auto const sha256 = notice();
  EXPECT_EQ(state(), "preliminary_refusal");
  EXPECT_FALSE(cabinet().contains(sha256)) << "drawn, not signed";
  auto const desk = page(site_.official("executor"));
  EXPECT_TRUE(desk.contains("data-sign-bytes")) << "it is shown with what is signed";
  EXPECT_TRUE(desk.contains("/documents/" + sha256));
  auto const bare =
      post(site_.official("executor"), "/tasks/Task_NoticeSign", {{"notice.decision", "sign"}});
  EXPECT_GE(bare.status, 400) << "not without a signature";
  EXPECT_GE(sign(site_.official("head"), "head", sha256).status, 400);
  EXPECT_GE(sign(site_.official("executor"), "head", sha256).status, 400) << "with another's key";
  EXPECT_EQ(state(), "preliminary_refusal");
  site_.carry_out();
  EXPECT_FALSE(cabinet().contains(sha256));
  done(sign(site_.official("executor"), "executor", sha256));
  site_.carry_out();
  EXPECT_EQ(state(), "hearing");
  EXPECT_TRUE(cabinet().contains("/documents/" + sha256));
  EXPECT_EQ(signers_of(sha256), std::vector<std::string>{"Қызметкер executor"})
      << "no seal of the system stands in its place";
  EXPECT_TRUE(paper(sha256).contains("Қызметкер executor"));
  LAW("R-GEN-16");
  LAW("R77-34");
}

TEST_F(SignedHearing, it_is_taken_back_to_the_review_with_all_that_was_written) {
  done(post(site_.official("executor"), "/tasks/Task_NoticeSign", {{"notice.decision", "return"}}));
  site_.carry_out();
  EXPECT_FALSE(cabinet().contains(notice()));
  EXPECT_TRUE(page(site_.official("executor")).contains("Қаулыға қол қойылмаған."));
  done(site_.task("executor", number_, "Task_Review", finding()));
  auto const again = page(site_.official("executor"));
  EXPECT_TRUE(again.contains("12-кабинет")) << "nor is the place";
}

TEST_F(SignedHearing, what_was_not_signed_in_time_takes_the_way_of_a_late_ground) {
  auto const sha256 = notice();
  site_.at("2026-12-15T09:00");  // three working days before the end was the 14th
  auto const late = sign(site_.official("executor"), "executor", sha256);
  EXPECT_EQ(late.status, 403);
  EXPECT_TRUE(unescaped(late.body).contains("data-rule=\"R77-33\""));
  site_.carry_out();
  EXPECT_FALSE(cabinet().contains(sha256));
  done(post(site_.official("executor"), "/tasks/Task_NoticeSign", {{"notice.decision", "return"}}));
  done(site_.task("executor", number_, "Task_Review", finding()));
  auto const tasks = site_.open(number_).open_tasks();
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks.front()->id, "Task_LateGround");
  LAW("R77-33");
}

TEST_F(SignedHearing, another_executor_draws_it_up_in_the_own_name) {
  auto const second =
      site_.rig().invite("830325300129", "Екінші орындаушы", {at_office("executor")});
  auto const first = notice();
  done(post(site_.official("head"), "/messages/executor.changed",
            {{"change.executor", std::to_string(second.user.value)},
             {"change.reasons", "Ауырып қалды."}}));
  EXPECT_GE(sign(site_.official("executor"), "executor", first).status, 400);
  auto const remedy = "/kk/work/cases/" + number_ + "/tasks/Task_NoticeSign/redraw";
  EXPECT_TRUE(page(second).contains(remedy));
  EXPECT_TRUE(page(second).contains(error("error.named_another")));
  done(site_.rig().post(second, remedy, {}));
  auto const shown = page(second);
  auto const link = shown.find("/documents/", shown.find("data-sign-bytes"));
  ASSERT_NE(link, std::string::npos) << shown;
  auto const anew = shown.substr(link + std::string_view{"/documents/"}.size(), 64);
  EXPECT_NE(anew, first);
  EXPECT_TRUE(paper(anew).contains("Екінші орындаушы"));
  EXPECT_FALSE(paper(anew).contains("Қызметкер executor"));
  LAW("R-GEN-16");
}

class SignedExtension : public SignedNotices {
 protected:
  SignedExtension() : SignedNotices{"correction"} {
    number_ = site_.file({.who = k_who,
                          .subtype = "privileged_period",
                          .details = {{"wish.kind", "absent"},
                                      {"wish.correct", "Ауғанстандағы қызмет"},
                                      {"wish.from", "1985-05-01"},
                                      {"wish.until", "1986-11-01"}},
                          .local = "2026-11-23T10:00"});
    done(site_.task("registrar", number_, "Task_Register",
                    {{"register.outcome", "accept"}, {"executor", site_.executor_id()}}));
    site_.at("2026-11-24T10:00");
    done(site_.task("executor", number_, "Task_Review",
                    {{"checklist.identity", "true"}, {"review.outcome", "request"}}));
    done(site_.task("executor", number_, "Task_Requests",
                    {{"requests.1.number", "1/79"},
                     {"requests.1.addressee", "archive"},
                     {"requests.1.body", "Орталық мұрағат"},
                     {"requests.1.period", "1985–1986"},
                     {"requests.1.due_on", "2027-02-01"}}));
    site_.carry_out();
    site_.at("2026-11-24T15:00");
    site_.tick(number_);
    done(site_.task("executor", number_, "Task_ExtensionNotice",
                    {{"extension.explanation", "Мұрағаттан жауап күтілуде."}}));
  }
  std::string notice() { return variable("extension.document"); }
  PageAnswer sign(Guest const& who, std::string const& key, std::string const& sha256) {
    return post(
        who, "/tasks/Task_Extend",
        {{"extension.choice", "extend"}, {"signature", site_.rig().sign(key, bytes(sha256))}});
  }
  /// The case, if another version of the package counted the extension from there.
  casework::OpenCase counted_from(engine::MilestoneRule::Basis basis) {
    auto open = site_.open(number_);
    auto package = std::make_shared<engine::Package>(*open.package);
    package->term.extensions.front().basis = basis;
    open.package = std::move(package);
    return open;
  }
  casework::ToSign to_sign(casework::OpenCase const& open) {
    return site_.rig().wait(casework::paper_to_sign(site_.rig().world(), open,
                                                    open.package->forms.at("extend"), the_head()));
  }
  engine::Actor the_head() {
    return {.user = std::to_string(site_.official("head").user.value),
            .role = "head",
            .unit = std::to_string(site_.office().id.value)};
  }
};

TEST_F(SignedExtension, the_term_is_extended_by_the_signature_of_the_head) {
  auto const sha256 = notice();
  auto const words = paper(sha256);
  EXPECT_TRUE(words.contains("Қызметкер head"));
  EXPECT_TRUE(words.contains("9 апреля 2027")) << "the day that the signature will give";
  EXPECT_EQ(to_iso(site_.open(number_).instance.deadlines.due), "2026-11-25");
  EXPECT_FALSE(cabinet().contains(sha256));
  EXPECT_TRUE(page(site_.official("head")).contains("/documents/" + sha256));
  EXPECT_GE(
      post(site_.official("head"), "/tasks/Task_Extend", {{"extension.choice", "extend"}}).status,
      400)
      << "not without a signature";
  EXPECT_GE(sign(site_.official("executor"), "executor", sha256).status, 400);
  EXPECT_FALSE(site_.open(number_).instance.deadlines.extended);
  done(sign(site_.official("head"), "head", sha256));
  site_.carry_out();
  EXPECT_EQ(to_iso(site_.open(number_).instance.deadlines.due), "2027-04-09");
  EXPECT_TRUE(cabinet().contains("/documents/" + sha256));
  EXPECT_EQ(signers_of(sha256), std::vector<std::string>{"Қызметкер head"});
  LAW("R79-07");
  LAW("R79-09");
  LAW("R-GEN-16");
}

TEST_F(SignedExtension, another_head_draws_it_up_in_the_own_name) {
  auto const second = site_.rig().invite("830325300129", "Аға басшы", {at_office("head")});
  auto const first = notice();
  EXPECT_GE(sign(second, "head", first).status, 400);
  auto const remedy = "/kk/work/cases/" + number_ + "/tasks/Task_Extend/redraw";
  EXPECT_TRUE(page(second).contains(remedy));
  EXPECT_FALSE(page(site_.official("head")).contains(remedy));
  done(site_.rig().post(second, remedy, {}));
  EXPECT_FALSE(page(second).contains(remedy));
  LAW("R-GEN-16");
}

/// The law leaves open from where the 90 days count (R79-10): the day on the paper is right on the
/// day of the signature in each reading.
TEST_F(SignedExtension, a_last_day_that_the_decision_moves_is_written_anew) {
  using Basis = engine::MilestoneRule::Basis;
  for (auto const basis : {Basis::start, Basis::end, Basis::decision})
    EXPECT_FALSE(to_sign(counted_from(basis)).anew) << "on the day on which it was drawn";
  site_.at("2026-11-25T10:00");
  EXPECT_FALSE(to_sign(counted_from(Basis::start)).anew);
  EXPECT_FALSE(to_sign(counted_from(Basis::end)).anew);
  auto const open = counted_from(Basis::decision);
  auto const stale = to_sign(open);
  ASSERT_TRUE(stale.anew);
  EXPECT_EQ(stale.anew->text, "error.paper_outdated");
  EXPECT_EQ(stale.anew->rule, "R79-10");
  EXPECT_NE(error("error.paper_outdated"), "error.paper_outdated");
  auto const drawn = site_.rig().wait(casework::draw_anew(
      site_.rig().world(), open, open.package->forms.at("extend"), the_head(),
      engine::CompleteTask{.task = "Task_Extend", .form = {}, .signature = {}}));
  ASSERT_TRUE(drawn) << drawn.error().text;
  auto const fresh = to_sign(open);
  EXPECT_FALSE(fresh.anew);
  EXPECT_EQ(fresh.sha256, drawn->sha256);
  EXPECT_NE(fresh.sha256, notice());
  LAW("R79-10");
}

}  // namespace
}  // namespace qyzmet::tests
