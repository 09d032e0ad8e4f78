#include "tests/services/registration_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "services/casework/act.hpp"
#include "services/casework/files.hpp"
#include "services/work/outbox.hpp"
#include "services/work/residence_notices.hpp"
#include "tests/services/applicant.hpp"

namespace qyzmet::tests {

namespace {

Authority const& november_authority() {
  static Authority const made = make_authority(*parse_instant("2026-11-01T00:00:00.000000Z"));
  return made;
}

db::Office save_office(db::Connection& connection, char const* code, char const* kk,
                       char const* ru) {
  db::Office out;
  out.code = code;
  out.name_kk = out.name_en = kk;
  out.name_ru = ru;
  out.place = "district";
  out.address_kk = out.address_ru = out.address_en = "Абылай хан көшесі, 30";
  out.higher_body_kk = "Жоғары тұрған орган";
  out.higher_body_ru = "Вышестоящий орган";
  out.id = db::save_office(connection, out);
  return out;
}

}  // namespace

Registration78::Registration78() : rig_{"registration", db::Mode::demo, november_authority()} {
  rig_.in_database([this](db::Connection& connection) {
    office_ = save_office(connection, "3148", "Қордай", "Кордай");
    other_office_ = save_office(connection, "5516", "Ақсу", "Аксу");
  });
  auto const guest = [this](char const* iin, char const* role) {
    return rig_.invite(iin, std::string{"Қызметкер "} + role,
                       {{.role = role, .office = office_.id, .branch = {}}});
  };
  registrar_ = guest("861028400119", "registrar");
  executor_ = guest("880602300074", "executor");
  head_ = guest("800515300087", "head");
}

Guest const& Registration78::applicant(std::string const& who) {
  auto& guest = applicants_[who];
  if (guest.session.empty()) guest = invite_signer(rig_, who);
  return guest;
}

void Registration78::at(std::string_view local) {
  auto const instant = parse_instant(std::string{local} + ":00.000000Z");
  rig_.set_clock(*instant - k_legal_offset);
}

std::string Registration78::start(Application78 const& application) {
  if (!application.local.empty()) at(application.local);
  auto const started = rig_.post(applicant(application.who), "/kk/apply/registration", {});
  EXPECT_EQ(started.status, 303) << started.body;
  return started.location.substr(0, started.location.rfind('/') + 1);
}

PageAnswer Registration78::page(Application78 const& application, std::string const& base,
                                std::string const& name) {
  auto const& guest = applicant(application.who);
  if (name == "reason") return rig_.post(guest, base + name, {{"subtype", application.subtype}});
  if (name == "details") return rig_.post(guest, base + name, application.details);
  if (name == "office")
    return rig_.post(guest, base + name, {{"office", std::to_string(office_.id.value)}});
  if (name == "contacts")
    return rig_.post(guest, base + name,
                     {{"phone", "+77010000001"}, {"email", ""}, {"address", "Қордай ауылы, 1"}});
  if (name == "documents")
    return rig_.upload(guest, base + name, {{"act", "continue"}}, application.files);
  if (name == "consent") return rig_.post(guest, base + name, {{"consent", "true"}});
  return rig_.get(guest, base + name);
}

PageAnswer Registration78::try_pages(Application78 const& application, std::string const& last) {
  auto const base = start(application);
  PageAnswer answer;
  for (std::string const name :
       {"reason", "details", "office", "contacts", "documents", "consent", "check"}) {
    if (name == "documents" && application.files.empty() && last != name) continue;
    answer = page(application, base, name);
    if (name == last) return answer;
    EXPECT_EQ(answer.status, 303) << name << "\n" << answer.body;
  }
  return answer;
}

std::string Registration78::file(Application78 const& application) {
  auto const& guest = applicant(application.who);
  auto const check = try_pages(application, "check");
  EXPECT_EQ(check.status, 200) << check.body;
  auto const sha256 = input_value(check.body, "sha256");
  auto const action = unescaped(check.body);
  auto const from = action.find("/kk/apply/registration/");
  auto const base = action.substr(from, action.find("check", from) - from);
  EXPECT_EQ(rig_.post(guest, base + "check", {{"sha256", sha256}}).status, 303);
  Signing const signing{.page = base + "certify",
                        .xml = rig_.get(guest, base + "application.xml").body,
                        .sha256 = sha256};
  auto const sent = send_signature(rig_, guest, signing, rig_.sign(application.who, signing.xml));
  constexpr std::string_view k_before = "/kk/cabinet/cases/";
  EXPECT_TRUE(sent.location.starts_with(k_before)) << sent.status << sent.body;
  return sent.location.substr(k_before.size(), sent.location.rfind('/') - k_before.size());
}

PageAnswer Registration78::task(std::string_view role, std::string const& number,
                                std::string const& task, FormValues values) {
  auto const& guest = role == "registrar" ? registrar_ : role == "executor" ? executor_ : head_;
  values.emplace("key", "story-" + std::to_string(++keys_));
  return rig_.post(guest, "/kk/work/cases/" + number + "/tasks/" + task, std::move(values));
}

PageAnswer Registration78::sign(std::string const& number) {
  auto const sha256 = engine::text_at(open(number).instance.variables, "draft.document");
  auto const bytes = rig_.wait(casework::read_file(rig_.world(), sha256));
  return task("head", number, "Task_Sign",
              {{"sign.decision", "sign"}, {"signature", rig_.sign("head", *bytes)}});
}

void Registration78::approve(std::string const& number, FormValues draft,
                             std::string_view registered, std::string_view reviewed,
                             std::string_view signed_at) {
  auto const done = [](PageAnswer const& answer) { EXPECT_EQ(answer.status, 303) << answer.body; };
  at(registered);
  done(task("registrar", number, "Task_Register",
            {{"register.outcome", "accept"}, {"executor", std::to_string(executor_.user.value)}}));
  at(reviewed);
  done(task("executor", number, "Task_Review",
            {{"checklist.gateway", "true"},
             {"checklist.documents", "true"},
             {"checklist.status", "true"},
             {"review.outcome", "approve"}}));
  done(task("executor", number, "Task_Draft", std::move(draft)));
  at(signed_at);
  done(sign(number));
  carry_out();
}

void Registration78::carry_out() {
  while (rig_.wait(work::carry_out(rig_.world(), "story")) > 0) {
  }
}

Answer Registration78::residence(std::string const& lines) {
  auto const file = rig_.config_file() + ".residence";
  std::ofstream{file} << lines;
  auto const config = rig_.config_file();
  std::vector<std::string_view> const words{file, "--config", config};
  return run(cli::run_register_residence, words);
}

int Registration78::tell_moves() {
  return rig_.wait(work::tell_moves(rig_.world()));
}

casework::OpenCase Registration78::open(std::string const& number) {
  return *rig_.wait(casework::open_case(rig_.world(), number));
}

PageAnswer Registration78::cabinet(std::string const& who, std::string const& path) {
  return rig_.get(applicant(who), "/kk/cabinet" + path);
}

}  // namespace qyzmet::tests
