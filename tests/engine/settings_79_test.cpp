// The two readings of paragraph 79 that service 79 keeps as settings (law.md 5.4), each with the
// value that it does not come with: what they change, and that the process is proven with them.
#include "engine/explore.hpp"
#include "tests/engine/stages_79.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::string_view k_request_only = R"(id="a38_scope" value='"request_only"')";
constexpr std::string_view k_notice_always = R"(id="prelim_notice_unextended" value="true")";

Files files_79() {
  auto const root = std::filesystem::path{QYZMET_SOURCE_DIR} / "services/correction";
  Files files;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{root})
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), root).string()] = read_text(entry.path());
  return files;
}

/// Service 79 in a version that an administrator would offer: one value is another.
std::shared_ptr<Package const> turned(std::string_view to) {
  auto files = files_79();
  auto& text = files.at("service.xml");
  auto const name = to.substr(0, to.find(" value="));
  auto const begin = text.find(name);
  if (begin == text.npos) throw std::runtime_error{"no setting " + std::string{name}};
  text.replace(begin, text.find(' ', begin + name.size() + 1) - begin, to);
  auto package = load_package(std::move(files), std::string(64, '1'));
  if (!package) throw std::runtime_error{report(package.error())};
  return *package;
}

struct Turned : Correction {
  explicit Turned(std::string_view setting) { package = turned(setting); }
};

void expect_proven(std::string_view setting) {
  auto const explored = explore(*turned(setting), seed());
  std::string found;
  for (auto const& finding : explored.findings)
    found += finding.property + " " + finding.element + ": " + finding.text + "\n";
  EXPECT_TRUE(explored.proven()) << found;
  std::printf("[ PROVEN   ] %s: %zu states\n", std::string{setting}.c_str(), explored.states);
}

TEST(Settings79, are_of_a_kind_that_the_package_knows) {
  EXPECT_THROW(turned(R"(id="a38_scope" value='"nobody"')"), std::runtime_error);
  EXPECT_THROW(turned(R"(id="prelim_notice_unextended" value="null")"), std::runtime_error);
}

// ---- Annex 38 ---------------------------------------------------------------------------------

TEST(Settings79, a_certificate_is_given_without_a_request_unless_the_setting_says_otherwise) {
  Correction usual;
  signed_79(usual, true);
  EXPECT_TRUE(usual.open("Task_SignCertificate"));
  Turned story{k_request_only};
  entered_79(story, true);
  DONE(story.complete("Task_Draft", "2026-11-24T11:00", k_executor, update_79()));
  EXPECT_TRUE(story.variable("certificate.document").empty());
  DONE(story.complete("Task_Sign", "2026-11-24T12:00", k_head, signing()));
  DONE(story.answer("Svc_SendUpdate", "2026-11-24T12:01"));
  EXPECT_FALSE(story.open("Task_SignCertificate"));
  EXPECT_EQ(story.state(), "updated");
  EXPECT_TRUE(story.now.ended);
  LAW("R79-18");
}

/// Found at home in the end, after an archive had answered, whatever it said.
TEST(Settings79, a_certificate_is_given_where_a_request_was_answered) {
  Turned story{k_request_only};
  extended_79(story, 1, true);
  DONE(story.reply("1", "2026-12-03T10:00", answering_79("negative")));
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, present_79()));
  DONE(story.answer("Svc_EnterMis", "2026-12-04T10:01"));
  EXPECT_EQ(story.complete("Task_Draft", "2026-12-04T11:00", k_executor, update_79())->field,
            "certificate.periods");
  DONE(story.complete("Task_Draft", "2026-12-04T11:00", k_executor, update_79(true)));
  DONE(story.complete("Task_Sign", "2026-12-04T12:00", k_head, signing()));
  DONE(story.answer("Svc_SendUpdate", "2026-12-04T12:01"));
  DONE(story.complete("Task_SignCertificate", "2026-12-04T13:00", k_head));
  EXPECT_EQ(story.effects.back().kind, "support_certificate");
  LAW("R79-18");
}

/// No answer came, so the draft has no certificate; the one that comes before it is signed does not
/// leave a task behind that nobody could do.
TEST(Settings79, an_answer_after_the_draft_asks_for_no_certificate_that_was_not_drafted) {
  Turned story{k_request_only};
  proposed_79(story, 1, true);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79("finish")));
  DONE(story.complete("Task_Review", "2026-11-24T15:10", k_executor, present_79()));
  DONE(story.answer("Svc_EnterMis", "2026-11-24T15:11"));
  DONE(story.complete("Task_Draft", "2026-11-24T15:20", k_executor, update_79()));
  DONE(story.send("request.late_answer", "2026-11-24T15:30", late_answer_79("positive"),
                  k_registrar));
  DONE(story.complete("Task_Sign", "2026-11-24T16:00", k_head, signing()));
  DONE(story.answer("Svc_Recall", "2026-11-24T16:01"));
  DONE(story.answer("Svc_SendUpdate", "2026-11-24T16:02"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_EQ(story.state(), "updated");
}

TEST(Settings79, the_process_is_proven_when_certificates_follow_requests_alone) {
  expect_proven(k_request_only);
  LAW("R79-18");
}

// ---- The preliminary notice without an extension ------------------------------------------------

void told_79(Story& story) {
  registered_79(story);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("G1")));
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  DONE(story.complete("Task_Notice", "2026-11-24T11:00", k_executor, {}));
  DONE(story.complete("Task_NoticeSign", "2026-11-24T11:00", k_executor, signing_notice()));
  EXPECT_EQ(story.effects.back().kind, "hearing_notice");
  DONE(story.answer("Svc_SendNotice", "2026-11-24T11:02"));
  EXPECT_EQ(story.state(), "objections");
}
Context unheard(std::string_view result = "omitted") {
  return {{"hearing.result", result}, {"hearing.conclusion", "refuse"}};
}

TEST(Settings79, without_an_extension_nobody_is_told_before_unless_the_setting_says_so) {
  Correction usual;
  registered_79(usual);
  DONE(usual.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("G1")));
  EXPECT_TRUE(usual.open("Task_RefusalDraft"));
  Turned story{k_notice_always};
  told_79(story);
  EXPECT_EQ(story.complete("Task_Hearing", "2026-11-27T10:00", k_executor, absence())->field,
            "hearing.result")
      << "there is no hearing to be absent from";
  EXPECT_EQ(rule_of(story.complete("Task_Hearing", "2026-11-26T18:00", k_executor, unheard())),
            "R79-15")
      << "the second working day is not over";
  DONE(story.complete("Task_Hearing", "2026-11-27T09:00", k_executor, unheard()));
  DONE(story.complete("Task_RefusalDraft", "2026-11-27T10:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-11-27T11:00", k_head, signing()));
  EXPECT_TRUE(story.breached("result")) << "the base term has no room for the notice";
  LAW("R79-15");
}

TEST(Settings79, an_objection_is_considered_in_writing_and_the_three_days_are_kept) {
  Turned story{k_notice_always};
  told_79(story);
  EXPECT_TRUE(story.send("hearing.objection", "2026-11-25T09:00",
                         {{"objection.text", "I disagree."}, {"objection.oral", true}}))
      << "no oral hearing can be asked for";
  DONE(story.send("hearing.objection", "2026-11-25T09:00", {{"objection.text", "I disagree."}}));
  EXPECT_EQ(rule_of(story.complete("Task_Hearing", "2026-11-27T09:00", k_executor, unheard())),
            "R79-15")
      << "what came is considered";
  DONE(story.complete("Task_Hearing", "2026-11-25T10:00", k_executor, unheard("written")));
  DONE(story.complete("Task_RefusalDraft", "2026-11-25T11:00", k_executor, refusal_form()));
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-11-26T11:00", k_head, signing())), "R79-14");
  DONE(story.complete("Task_Sign", "2026-11-27T11:00", k_head, signing()));
  LAW("R79-15");
}

TEST(Settings79, who_waives_the_objections_has_the_decision_within_the_term) {
  Turned story{k_notice_always};
  told_79(story);
  DONE(story.send("hearing.waiver", "2026-11-24T12:00", {{"waiver.confirmed", true}}));
  DONE(story.complete("Task_RefusalDraft", "2026-11-24T13:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-11-25T11:00", k_head, signing()));
  EXPECT_FALSE(story.breached("result"));
}

/// What was told without a hearing does not stand for the hearing of an extended case.
TEST(Settings79, an_extension_brings_a_hearing_of_its_own) {
  Turned story{k_notice_always};
  told_79(story);
  DONE(story.complete("Task_Hearing", "2026-11-27T09:00", k_executor, unheard()));
  DONE(story.complete("Task_RefusalDraft", "2026-11-27T10:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-11-27T11:00", k_head, signing("return")));
  DONE(story.complete("Task_Review", "2026-11-27T12:00", k_executor, nothing_found_79()));
  DONE(story.complete("Task_Requests", "2026-11-27T13:00", k_executor, requests_79(1)));
  DONE(story.answer("Svc_SendRequest", "2026-11-27T13:01"));
  DONE(story.complete("Task_ExtensionNotice", "2026-11-27T14:00", k_executor,
                      extension_notice_79()));
  DONE(story.complete("Task_Extend", "2026-11-27T15:00", k_head, extension_79()));
  DONE(story.answer("Svc_SendExtension", "2026-11-27T16:01"));
  DONE(story.reply("1", "2026-12-03T10:00", answering_79("negative")));
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, refusing_79("G1")));
  EXPECT_TRUE(story.open("Task_Notice"));
  EXPECT_EQ(story.complete("Task_Notice", "2026-12-04T11:00", k_executor, {})->field,
            "hearing.mode");
  DONE(story.complete("Task_Notice", "2026-12-04T11:00", k_executor, notice("2026-12-07T09:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-04T11:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-04T11:02"));
  EXPECT_EQ(story.state(), "hearing");
  LAW("R79-15");
}

TEST(Settings79, the_process_is_proven_when_everybody_is_told_before_a_refusal) {
  expect_proven(k_notice_always);
  LAW("R79-15");
}

}  // namespace
}  // namespace qyzmet::engine
