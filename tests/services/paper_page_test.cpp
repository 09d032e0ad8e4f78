// Papers as pages of HTML: they say what the PDF says, and to nobody else.
#include <regex>
#include <sstream>

#include "db/audit.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"

namespace qyzmet::tests {
namespace {

/// Without marks of HTML and white space.
std::string heard_in(std::string const& html) {
  std::string bare;
  bool in_mark = false;
  for (char const c : html) {
    if (c == '<') in_mark = true;
    if (!in_mark) bare += c;
    if (c == '>') in_mark = false;
  }
  auto text = unescaped(bare);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

/// Words of the PDF that the page lacks; numbers of pages and of items aside.
std::string lacking(std::string const& pdf, std::string const& html) {
  auto const heard = heard_in(html);
  std::istringstream words{text_of_pdf(pdf)};
  std::string out;
  int count = 0;
  for (std::string word; words >> word; ++count) {
    bool const mark =
        word == "–" || word == "/" || std::regex_match(word, std::regex{"[0-9]+(\\)|/[0-9]+)?"});
    if (!mark && !heard.contains(word)) out += word + " ";
  }
  return count > 30 ? out : "the PDF has no text";
}

class PaperPages : public SharedService {
 protected:
  static void SetUpTestSuite() { begin("registration"); }

  /// As the executor has drafted it: the document that waits for the head.
  static std::string drafted(std::string const& number) {
    auto const done = [](PageAnswer const& answer) { ASSERT_EQ(answer.status, 303); };
    done(site().task("registrar", number, "Task_Register",
                     {{"register.outcome", "accept"}, {"executor", site().executor_id()}}));
    done(site().task("executor", number, "Task_Review",
                     {{"checklist.gateway", "true"},
                      {"checklist.documents", "true"},
                      {"checklist.status", "true"},
                      {"review.outcome", "approve"}}));
    done(site().task("executor", number, "Task_Draft",
                     {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}}));
    return engine::text_at(site().open(number).instance.variables, "draft.document");
  }

  static std::size_t reads(std::string const& who) {
    return site().rig().in_database([&](db::Connection& connection) {
      return db::reads_of(connection, site().applicant(who).person, 0, 1'000).size();
    });
  }

  static PageAnswer official(std::string_view role, std::string const& path) {
    return site().rig().get(site().official(role), path);
  }

 private:
};

TEST_F(PaperPages, say_what_the_pdf_says_wherever_the_pdf_is_offered) {
  auto const number =
      site().file({.who = "yermek", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-11-20T12:00", "2026-11-23T10:00", "2026-11-24T10:00");
  auto const sha256 = engine::text_at(site().open(number).instance.variables, "draft.document");
  auto const own = "/cabinet/cases/" + number;
  auto const offered = unescaped(site().cabinet("yermek", "/cases/" + number).body);
  for (auto const& [paper, page] :
       {std::pair{own + "/documents/" + sha256, own + "/documents/" + sha256 + "/page"},
        std::pair{own + "/application", own + "/application/page"}}) {
    EXPECT_NE(offered.find("\"/kk" + page + "\""), std::string::npos) << page;
    auto const pdf = site().rig().get(site().applicant("yermek"), "/kk" + paper);
    ASSERT_EQ(pdf.status, 200) << paper;
    for (std::string const language : {"kk", "ru", "en"}) {
      auto const html = site().rig().get(site().applicant("yermek"), "/" + language + page);
      ASSERT_EQ(html.status, 200) << page << html.body;
      keep_for_looking("paper." + language + paper.substr(paper.size() - 5) + ".html", html.body);
      EXPECT_EQ(lacking(pdf.body, html.body), "") << page;
      EXPECT_NE(html.body.find("href=\"/" + language + paper + "\""), std::string::npos)
          << "the signed document is a click away";
      EXPECT_NE(unescaped(html.body).find(site().rig().text(language, "web_page.about")),
                std::string::npos);
      for (auto const* part : {"<html lang=\"", "<section lang=\"kk\">", "<section lang=\"ru\">"})
        EXPECT_NE(html.body.find(part), std::string::npos) << part;
    }
  }
  auto const receipt = site().cabinet("yermek", "/cases/" + number + "/receipt");
  EXPECT_NE(receipt.body.find("/kk" + own + "/receipt/page"), std::string::npos);
  EXPECT_EQ(lacking(site().cabinet("yermek", "/cases/" + number + "/receipt/pdf").body,
                    site().cabinet("yermek", "/cases/" + number + "/receipt/page").body),
            "");
  auto const cabinet = site().cabinet("yermek").body;
  auto const at = cabinet.find("/kk/cabinet/notices/");
  ASSERT_NE(at, std::string::npos);
  auto const notice =
      site().rig().get(site().applicant("yermek"), cabinet.substr(at, cabinet.find('"', at) - at));
  EXPECT_NE(notice.body.find("/page\""), std::string::npos) << notice.body;
}

TEST_F(PaperPages, are_read_by_whom_the_pdf_is_read_and_the_reading_is_logged) {
  auto const number =
      site().file({.who = "timur", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  auto const sha256 = drafted(number);
  ASSERT_FALSE(sha256.empty());
  std::string const documents = "/cases/" + number + "/documents/" + sha256;
  auto const stranger =
      site().rig().invite("781104300039", "Бөтен Орындаушы",
                          {{.role = "executor", .office = site().other_office().id, .branch = {}}});
  for (std::string const form : {"", "/page"}) {
    EXPECT_EQ(site().cabinet("timur", documents + form).status, 404) << "not signed, not sent";
    EXPECT_EQ(site().cabinet("saule", documents + form).status, 404);
    EXPECT_EQ(site().rig().get({}, "/kk/cabinet" + documents + form).status, 303);
    EXPECT_EQ(site().rig().get({}, "/kk/work" + documents + form).status, 303);
    auto const refused = site().rig().get(stranger, "/kk/work" + documents + form);
    EXPECT_GE(refused.status, 403) << form;
    EXPECT_EQ(refused.body.find("900721300028"), std::string::npos);
    auto const before = reads("timur");
    EXPECT_EQ(official("head", "/kk/work" + documents + form).status, 200) << form;
    EXPECT_EQ(reads("timur"), before + 1) << "the applicant sees who has read it";
  }
  EXPECT_EQ(site().cabinet("timur", "/cases/" + number + "/application/page").status, 200);
  for (auto const* page : {"/application/page", "/receipt/page"}) {
    auto const path = "/cases/" + number + page;
    EXPECT_EQ(site().cabinet("saule", path).status, 404) << page;
    EXPECT_EQ(site().rig().get({}, "/kk/cabinet" + path).status, 303) << page;
  }
  auto const desk = official("head", "/kk/work/cases/" + number).body;
  EXPECT_NE(desk.find("/kk/work" + documents + "/page\""), std::string::npos);
  EXPECT_EQ(desk.find("\"note\"> дейін"), std::string::npos) << "a day of nothing";
  auto const wrong = "/kk/work/cases/" + number + "/documents/" + std::string(64, '0') + "/page";
  EXPECT_EQ(official("head", wrong).status, 404);
}

}  // namespace
}  // namespace qyzmet::tests
