// An application while it is written: which pages it has, what keeps them from being complete, and
// the bytes that follow from it.
#include "services/casework/draft.hpp"

#include <algorithm>

#include "tests/support/law.hpp"

namespace qyzmet::casework {
namespace {

engine::Package package() {
  engine::Package out;
  out.service = "military_id";
  out.sha256 = std::string(64, 'a');
  engine::Subtype plain{.code = "dismissed",
                        .id = "S1",
                        .text = {},
                        .rule = {},
                        .cite = {},
                        .old_id = "none",
                        .documents = {}};
  engine::Subtype loss{.code = "lost_damaged",
                       .id = "S5",
                       .text = {},
                       .rule = {},
                       .cite = {},
                       .old_id = "if_present",
                       .documents = {}};
  loss.documents = {{.code = "ruling", .text = {}, .group = "proof", .cite = "a30.8.5"},
                    {.code = "certificate", .text = {}, .group = "proof", .cite = "a30.8.5"}};
  engine::Subtype rank{.code = "rank_restored",
                       .id = "S4",
                       .text = {},
                       .rule = {},
                       .cite = {},
                       .old_id = "none",
                       .documents = {}};
  rank.documents = {
      {.code = "court", .text = {}, .required = true, .when = {}, .group = {}, .cite = {}}};
  out.subtypes = {plain, loss, rank};
  return out;
}

Rules rules() {
  static auto const of_77 = package();
  static engine::Calendar const calendar{1, {}, 2026, 2026, {}};
  return {.package = of_77, .calendar = calendar};
}

Answers full(std::string subtype) {
  return {.subtype = std::move(subtype),
          .office = "1",
          .branch = "2",
          .phone = "8 701 123 45 67",
          .email = "",
          .address = "Астана, Тұран 12",
          .consent = true,
          .checked = {},
          .language = {}};
}

db::Draft draft(Answers const& answers, std::vector<db::DraftFile> files = {}) {
  return {.id = std::string(32, 'd'),
          .person = {},
          .service = "military_id",
          .answers = write_answers(answers),
          .nonce = std::string(32, '1'),
          .files = std::move(files),
          .changed = {}};
}

db::DraftFile file(std::string code) {
  return {.code = std::move(code),
          .sha256 = std::string(64, 'b'),
          .name = "scan.pdf",
          .media_type = "application/pdf",
          .size = 10};
}

TEST(Draft, AnswersComeBackAsTheyWereWritten) {
  auto const answers = full("dismissed");
  EXPECT_EQ(read_answers(write_answers(answers)), answers);
  EXPECT_EQ(read_answers("not json"), Answers{});
  EXPECT_EQ(read_answers("[1]"), Answers{});
}

TEST(Draft, AReasonWithoutDocumentsHasNoDocumentsPage) {
  auto const pages = apply_pages(rules(), full("dismissed"));
  EXPECT_EQ(std::ranges::count(pages, std::string_view{"documents"}), 0);
  auto const more = apply_pages(rules(), full("lost_damaged"));
  EXPECT_EQ(std::ranges::count(more, std::string_view{"documents"}), 1);
  EXPECT_EQ(pages.back(), "certify");
}

TEST(Draft, OneDocumentOfAGroupIsEnoughAndOneMustBeThere) {
  LAW("R-GEN-17");
  LAW("INV-17");
  auto const answers = full("lost_damaged");
  auto const none = page_errors("documents", rules(), answers, {});
  ASSERT_EQ(none.size(), 1U);
  EXPECT_EQ(none.front().text, "error.document_one_of");
  EXPECT_EQ(none.front().cite, "a30.8.5");
  EXPECT_TRUE(page_errors("documents", rules(), answers, {file("certificate")}).empty());
  EXPECT_EQ(page_errors("documents", rules(), full("rank_restored"), {}).front().field, "court");
}

TEST(Draft, TheFirstIncompletePageIsOpened) {
  EXPECT_EQ(open_page(rules(), draft({})), "reason");
  auto answers = full("dismissed");
  EXPECT_EQ(open_page(rules(), draft(answers)), "check");
  answers.consent = false;
  EXPECT_EQ(open_page(rules(), draft(answers)), "consent");
  answers.phone = "123";
  EXPECT_EQ(open_page(rules(), draft(answers)), "contacts");
  EXPECT_EQ(open_page(rules(), draft(full("lost_damaged"))), "documents");
}

TEST(Draft, ConsentIsAskedBeforeAnythingIsRequested) {
  LAW("R-GEN-27");
  auto answers = full("dismissed");
  answers.consent = false;
  auto const errors = page_errors("consent", rules(), answers, {});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors.front().field, "consent");
}

TEST(Draft, AllContactErrorsComeAtOnce) {
  auto answers = full("dismissed");
  answers.phone = "+1 202 555 0100";
  answers.email = "nobody";
  answers.address = "";
  EXPECT_EQ(page_errors("contacts", rules(), answers, {}).size(), 3U);
}

TEST(Draft, TheApplicationNamesThePersonAndTheFilesOfItsReasonOnly) {
  db::Person const person{.id = {},
                          .iin = "850315300019",
                          .name = "Үлгіұлы Арман",
                          .phone = {},
                          .email = {},
                          .address = {},
                          .language = {}};
  auto const with_old_file =
      draft(full("dismissed"), {file("ruling")});  // left from another reason
  auto const application = to_application(rules(), with_old_file, person, "kk");
  EXPECT_EQ(application.iin, "850315300019");
  EXPECT_EQ(application.phone, "+77011234567");
  EXPECT_TRUE(application.attachments.empty());
  auto const loss =
      to_application(rules(), draft(full("lost_damaged"), {file("ruling")}), person, "kk");
  ASSERT_EQ(loss.attachments.size(), 1U);
  EXPECT_EQ(loss.attachments.front().code, "ruling");
  auto const xml = to_xml(loss);
  EXPECT_EQ(from_xml(xml).value(), loss) << "what is shown is what is signed";
}

TEST(Draft, PhonesAreNormalised) {
  for (auto const* good : {"+77011234567", "87011234567", "8 (701) 123-45-67", "7011234567"})
    EXPECT_EQ(normal_phone(good), "+77011234567") << good;
  for (auto const* bad :
       {"", "123", "+12025550100", "+7701123456a", "+770112345678", "+71721234567"})
    EXPECT_EQ(normal_phone(bad), "") << bad;
}

TEST(Draft, EmailsAreCheckedRoughly) {
  EXPECT_TRUE(plausible_email("aty@mysal.kz"));
  for (auto const* bad : {"a", "@b.kz", "a@b", "a@.", "a b@c.kz", "a@b@c.kz", "a@b.", "<a@b.kz>"})
    EXPECT_FALSE(plausible_email(bad)) << bad;
}

}  // namespace
}  // namespace qyzmet::casework
