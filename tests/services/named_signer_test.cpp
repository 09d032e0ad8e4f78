// A paper names the official who signs it (R-GEN-16, APPC 80): the head who can act in the case
// when it is drawn, and whoever signs in that place has drawn it up in the own name and read it
// before.
#include "db/people.hpp"
#include "services/casework/files.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class NamedSigner : public testing::Test {
 protected:
  db::Grant at_office(std::string role) const {
    return {.role = std::move(role), .office = site_.office().id, .branch = {}};
  }
  /// Stands before the head of the rig in the register.
  Guest second_head() {
    return site_.rig().invite("830325300129", "Аға басшы", {at_office("head")});
  }
  static void done(PageAnswer const& answer) {
    EXPECT_EQ(answer.status, 303) << unescaped(answer.body);
  }
  void assigned() {
    number_ = site_.file({.who = "arman", .subtype = "naturalised", .local = "2026-11-23T10:00"});
    done(site_.task("registrar", number_, "Task_Register",
                    {{"register.outcome", "accept"}, {"executor", site_.executor_id()}}));
  }
  void drafted() {
    done(site_.task("executor", number_, "Task_Review",
                    {{"review.outcome", "refuse"},
                     {"review.ground", "G1"},
                     {"review.reasons", "Құжат жалған."}}));
    done(site_.task("executor", number_, "Task_RefusalDraft",
                    {{"refusal.reasons", "Нұсқаманы ешкім бермеген."}}));
  }
  std::string draft() {
    return engine::text_at(site_.open(number_).instance.variables, "draft.document");
  }
  std::string bytes(std::string const& sha256) {
    auto read = site_.rig().wait(casework::read_file(site_.rig().world(), sha256));
    return read ? std::move(*read) : std::string{};
  }
  std::string paper(std::string const& sha256) { return text_of_pdf(bytes(sha256)); }
  PageAnswer post(Guest const& who, std::string const& path, FormValues values) {
    return site_.rig().post(who, "/kk/work/cases/" + number_ + path, std::move(values));
  }
  PageAnswer sign(Guest const& who, std::string const& key, std::string const& sha256) {
    return post(who, "/tasks/Task_Sign",
                {{"key", "sign-" + std::to_string(++keys_)},
                 {"sign.decision", "sign"},
                 {"signature", site_.rig().sign(key, bytes(sha256))}});
  }
  std::string page(Guest const& who) {
    return unescaped(site_.rig().get(who, "/kk/work/cases/" + number_).body);
  }
  std::string together(Guest const& who) {
    return unescaped(site_.rig().get(who, "/kk/sign/documents?" + number_ + "=on").body);
  }
  std::string text(std::string const& key) { return site_.rig().text("kk", key); }

  ServiceRig site_{"registration"};
  std::string number_;
  int keys_ = 0;
};

TEST_F(NamedSigner, another_head_draws_the_paper_up_in_the_own_name_before_signing) {
  auto const named = second_head();
  auto const head = site_.official("head");
  assigned();
  drafted();
  auto const first = draft();
  EXPECT_TRUE(paper(first).contains("Аға басшы"));
  auto const refused = sign(head, "head", first);
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(unescaped(refused.body).contains("data-rule=\"R-GEN-16\""));
  EXPECT_TRUE(unescaped(refused.body).contains(text("error.named_another")));
  auto const remedy = "/kk/work/cases/" + number_ + "/tasks/Task_Sign/redraw";
  EXPECT_TRUE(page(head).contains(remedy)) << page(head);
  EXPECT_TRUE(page(head).contains(text("sign.anew")));
  EXPECT_FALSE(page(head).contains("data-sign-bytes")) << "there is nothing to sign yet";
  EXPECT_FALSE(page(named).contains(remedy)) << "whom it names signs it as it is";
  EXPECT_TRUE(together(head).contains(text("sign.documents.others")));
  EXPECT_TRUE(together(named).contains(first));
  EXPECT_GE(post(site_.official("executor"), "/tasks/Task_Sign/redraw", {}).status, 400);
  EXPECT_FALSE(together(site_.official("head")).contains("data-sign-bytes"));

  done(post(head, "/tasks/Task_Sign/redraw", {}));
  EXPECT_EQ(draft(), first) << "nothing of the case changes before it is signed";
  auto const shown = page(head);
  EXPECT_FALSE(shown.contains(remedy));
  EXPECT_TRUE(shown.contains("data-sign-bytes"));
  auto const box = shown.find("data-sign-bytes");
  auto const link = shown.find("/documents/", box);
  ASSERT_NE(link, std::string::npos) << shown;
  auto const second = shown.substr(link + std::string_view{"/documents/"}.size(), 64);
  EXPECT_NE(second, first);
  EXPECT_EQ(site_.rig().get(head, "/kk/work/cases/" + number_ + "/documents/" + second).status, 200)
      << "it can be read before";
  EXPECT_TRUE(paper(second).contains("Қызметкер head"));
  EXPECT_FALSE(paper(second).contains("Аға басшы"));
  EXPECT_FALSE(site_.cabinet("arman", "/cases/" + number_).body.contains(second));
  EXPECT_TRUE(together(head).contains(second));
  EXPECT_GE(sign(head, "head", first).status, 400) << "not the one that names another";
  EXPECT_EQ(site_.open(number_).state_code(), "signing");
  done(sign(head, "head", second));
  EXPECT_EQ(draft(), second);
  site_.carry_out();
  EXPECT_EQ(site_.open(number_).state_code(), "refused");
  EXPECT_TRUE(site_.cabinet("arman", "/cases/" + number_).body.contains("/documents/" + second));
  EXPECT_FALSE(site_.cabinet("arman", "/cases/" + number_).body.contains("/documents/" + first));
  LAW("R-GEN-16");
}

TEST_F(NamedSigner, a_program_draws_it_up_anew_as_well) {
  second_head();
  assigned();
  drafted();
  auto const first = draft();
  ApiClient head{site_.rig(), "en"};
  head.enter(site_.official("head"), at_office("head"));
  auto const task = "/api/v1/cases/" + number_ + "/tasks/Task_Sign";
  auto const sign = [&](std::string const& sha256) {
    auto const version = std::to_string(site_.open(number_).row.version);
    return head.post(
        task,
        {{"fields", {{"sign.decision", "sign"}}}, {"cms", site_.rig().sign("head", bytes(sha256))}},
        {{"If-Match", "\"" + version + "\""}});
  };
  auto const refused = sign(first);
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_EQ(refused.text("code"), "named_another");
  EXPECT_EQ(refused.text("rule"), "R-GEN-16");
  auto const drawn = head.send("POST", task + "/redraw");
  ASSERT_EQ(drawn.status, 200) << drawn.body;
  auto const second = drawn.text("sha256");
  EXPECT_NE(second, first);
  EXPECT_EQ(head.get(drawn.text("document")).status, 200);
  EXPECT_EQ(head.get(task + "/content").header("etag"), "\"" + second + "\"");
  EXPECT_TRUE(paper(second).contains("Қызметкер head"));
  EXPECT_EQ(sign(second).status, 200);
  EXPECT_EQ(draft(), second);
  ApiClient executor{site_.rig(), "en"};
  executor.enter(site_.official("executor"), at_office("executor"));
  EXPECT_GE(executor.send("POST", task + "/redraw").status, 400);
  LAW("R-GEN-16");
}

TEST_F(NamedSigner, who_stands_in_is_named_with_the_position_of_these_days) {
  auto const absent = second_head();
  auto const& deputy = site_.official("head");
  site_.rig().take_away(deputy, at_office("head"));
  assigned();
  site_.rig().in_database([&](db::Connection& connection) {
    db::StandIn row;
    row.absent = absent.user;
    row.deputy = deputy.user;
    row.office = site_.office().id;
    row.from = *parse_date("2026-11-20");
    row.until = *parse_date("2026-12-20");
    row.basis = "№ 7";
    row.position_kk = row.position_ru = "міндетін атқарушы";
    db::appoint_stand_in(connection, row);
  });
  drafted();
  auto const first = draft();
  EXPECT_TRUE(paper(first).contains("Қызметкер head"));
  EXPECT_TRUE(paper(first).contains("міндетін атқарушы"));
  done(sign(deputy, "head", first));
  EXPECT_EQ(draft(), first);
  LAW("R-GEN-16");
}

TEST_F(NamedSigner, neither_a_recused_head_nor_the_executor_is_named) {
  auto const recused = second_head();
  site_.rig().grant(site_.official("executor"), at_office("head"));
  assigned();
  auto const tell = [&](Guest const& who, std::string const& message, FormValues values) {
    values["key"] = message;
    done(post(who, "/messages/" + message, std::move(values)));
  };
  tell(recused, "recusal.declared_head",
       {{"recusal.ground", "interest"}, {"recusal.reasons", "Дауымыз бар."}});
  tell(site_.official("head"), "recusal.decided",
       {{"recusal.outcome", "granted"}, {"recusal.decision", "Расталды."}});
  drafted();
  auto const text = paper(draft());
  EXPECT_TRUE(text.contains("Қызметкер head")) << text;
  EXPECT_FALSE(text.contains("Аға басшы"));
  EXPECT_EQ(post(recused, "/tasks/Task_Sign/redraw", {}).status, 403) << "nor draws it up";
  EXPECT_EQ(post(site_.official("executor"), "/tasks/Task_Sign/redraw", {}).status, 403);
  done(sign(site_.official("head"), "head", draft()));
  LAW("R-GEN-16");
  LAW("R-GEN-28");
}

TEST_F(NamedSigner, a_paper_beside_the_process_is_drawn_up_anew_on_its_own_page) {
  auto const head = site_.official("head");
  assigned();
  drafted();
  done(sign(head, "head", draft()));
  site_.carry_out();
  second_head();
  done(site_.rig().post(site_.applicant("arman"),
                        "/kk/cabinet/cases/" + number_ + "/messages/slip.asked",
                        {{"key", "slip"}, {"slip.request", "Бір әріп қалып қойған."}}));
  done(post(site_.official("executor"), "/messages/slip.drafted",
            {{"key", "slip-drafted"},
             {"slip.mended", "Бір әріп."},
             {"refusal.reasons", "Нұсқаманы ешкім бермегенн."}}));
  auto const mended = [&] {
    return engine::text_at(site_.open(number_).instance.variables, "slip.document");
  };
  auto const first = mended();
  EXPECT_TRUE(paper(first).contains("Аға басшы"));
  std::string const signing = "/messages/slip.signed";
  auto const shown = [&] {
    return unescaped(site_.rig().get(head, "/kk/work/cases/" + number_ + signing).body);
  };
  EXPECT_TRUE(shown().contains(text("sign.anew"))) << shown();
  EXPECT_FALSE(shown().contains("data-sign-bytes"));
  auto const signed_with = [&](std::string const& sha256) {
    return post(head, signing,
                {{"key", "slip-" + std::to_string(++keys_)},
                 {"signature", site_.rig().sign("head", bytes(sha256))}});
  };
  EXPECT_EQ(signed_with(first).status, 403);
  auto const drawn = post(head, signing + "/redraw", {});
  EXPECT_EQ(drawn.location, "/kk/work/cases/" + number_ + signing);
  auto const page = shown();
  EXPECT_FALSE(page.contains(text("sign.anew")));
  auto const link = page.find("/documents/", page.find("data-sign-bytes"));
  ASSERT_NE(link, std::string::npos) << page;
  auto const second = page.substr(link + std::string_view{"/documents/"}.size(), 64);
  EXPECT_TRUE(paper(second).contains("Қызметкер head"));
  done(signed_with(second));
  EXPECT_EQ(mended(), second);
  LAW("R-GEN-16");
}

}  // namespace
}  // namespace qyzmet::tests
