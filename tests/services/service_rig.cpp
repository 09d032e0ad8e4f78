#include "tests/services/service_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

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

db::Office save_office(db::Connection& connection, char const* code, char const* kk, char const* ru,
                       std::string const& place) {
  db::Office out;
  out.code = code;
  out.name_kk = out.name_en = kk;
  out.name_ru = ru;
  out.place = place;
  out.address_kk = out.address_ru = out.address_en = "Абылай хан көшесі, 30";
  out.higher_body_kk = "Жоғары тұрған орган";
  out.higher_body_ru = "Вышестоящий орган";
  out.id = db::save_office(connection, out);
  return out;
}

db::Branch save_branch(db::Connection& connection, OfficeId office) {
  db::Branch out;
  out.office = office;
  out.code = "duty-1";
  out.name_kk = out.name_ru = out.name_en = "Есіл-1";
  out.is_duty = true;
  out.id = db::save_branch(connection, out);
  return out;
}

int rigs = 0;  // each has a database of its own

}  // namespace

ServiceRig::ServiceRig(std::string service, std::string place)
    : service_{std::move(service)},
      rig_{service_ + "_" + std::to_string(++rigs), db::Mode::demo, november_authority()} {
  rig_.in_database([&](db::Connection& connection) {
    // The code of the territory tells the kind of place (R77-05).
    office_ = place == "city" ? save_office(connection, "7112", "Есіл", "Есиль", place)
                              : save_office(connection, "3148", "Қордай", "Кордай", place);
    other_office_ = save_office(connection, "5516", "Ақсу", "Аксу", place);
    branch_ = save_branch(connection, office_.id);
    receive_blanks(connection, office_.id);
  });
  auto const guest = [this](char const* iin, char const* role) {
    return rig_.invite(iin, std::string{"Қызметкер "} + role,
                       {{.role = role, .office = office_.id, .branch = {}}});
  };
  registrar_ = guest("861028400119", "registrar");
  executor_ = guest("880602300074", "executor");
  head_ = guest("800515300087", "head");
  operator_ = rig_.invite("840211400098", "Оператор",
                          {{.role = "branch_operator", .office = {}, .branch = branch_.id}});
}

Guest const& ServiceRig::applicant(std::string const& who) {
  auto& guest = applicants_[who];
  if (guest.session.empty()) guest = invite_signer(rig_, who);
  return guest;
}

void ServiceRig::at(std::string_view local) {
  auto const instant = parse_instant(std::string{local} + ":00.000000Z");
  rig_.set_clock(*instant - k_legal_offset);
}

std::string ServiceRig::start(Filing const& application) {
  if (!application.local.empty()) at(application.local);
  auto const started = rig_.post(applicant(application.who), "/kk/apply/" + service_, {});
  EXPECT_EQ(started.status, 303) << started.body;
  return started.location.substr(0, started.location.rfind('/') + 1);
}

PageAnswer ServiceRig::page(Filing const& application, std::string const& base,
                            std::string const& name) {
  auto const& guest = applicant(application.who);
  if (name == "reason") return rig_.post(guest, base + name, {{"subtype", application.subtype}});
  if (name == "details") return rig_.post(guest, base + name, application.details);
  if (name == "office")
    return rig_.post(guest, base + name, {{"office", std::to_string(office_.id.value)}});
  if (name == "branch")
    return rig_.post(guest, base + name, {{"branch", std::to_string(branch_.id.value)}});
  if (name == "contacts") {
    FormValues contacts{{"phone", "+77010000001"}, {"email", ""}};
    if (service_ != "registration") contacts["address"] = "Қордай ауылы, 1";
    return rig_.post(guest, base + name, std::move(contacts));
  }
  if (name == "documents")
    return rig_.upload(guest, base + name, {{"act", "continue"}}, application.files);
  if (name == "consent") return rig_.post(guest, base + name, {{"consent", "true"}});
  return rig_.get(guest, base + name);
}

std::vector<std::string> ServiceRig::pages() const {
  if (service_ == "military_id")
    return {"reason", "details", "office", "branch", "contacts", "documents", "consent", "check"};
  return {"reason", "details", "office", "contacts", "documents", "consent", "check"};
}

PageAnswer ServiceRig::try_pages(Filing const& application, std::string const& last) {
  auto const base = start(application);
  PageAnswer answer;
  for (auto const& name : pages()) {
    // Service 77 asks nothing in peacetime.
    if (name == "details" && service_ == "military_id" && application.details.empty()) continue;
    if (name == "documents" && application.files.empty() && last != name) continue;
    answer = page(application, base, name);
    if (name == last) return answer;
    EXPECT_EQ(answer.status, 303) << name << "\n" << answer.body;
  }
  return answer;
}

PageAnswer ServiceRig::send(Filing const& application) {
  auto const& guest = applicant(application.who);
  auto const check = try_pages(application, "check");
  EXPECT_EQ(check.status, 200) << check.body;
  auto const sha256 = input_value(check.body, "sha256");
  auto const action = unescaped(check.body);
  auto const from = action.find("/kk/apply/" + service_ + "/");
  auto const base = action.substr(from, action.find("check", from) - from);
  EXPECT_EQ(rig_.post(guest, base + "check", {{"sha256", sha256}}).status, 303);
  Signing const signing{.page = base + "certify",
                        .xml = rig_.get(guest, base + "application.xml").body,
                        .sha256 = sha256};
  return send_signature(rig_, guest, signing, rig_.sign(application.who, signing.xml));
}

std::string ServiceRig::file(Filing const& application) {
  auto const sent = send(application);
  constexpr std::string_view k_before = "/kk/cabinet/cases/";
  EXPECT_TRUE(sent.location.starts_with(k_before)) << sent.status << sent.body;
  return sent.location.substr(k_before.size(), sent.location.rfind('/') - k_before.size());
}

PageAnswer ServiceRig::task(std::string_view role, std::string const& number,
                            std::string const& task, FormValues values) {
  values.emplace("key", "story-" + std::to_string(++keys_));
  return rig_.post(official(role), "/kk/work/cases/" + number + "/tasks/" + task,
                   std::move(values));
}

Guest const& ServiceRig::official(std::string_view role) const {
  if (role == "branch_operator") return operator_;
  return role == "registrar" ? registrar_ : role == "executor" ? executor_ : head_;
}

PageAnswer ServiceRig::sign(std::string const& number, std::string const& task_id,
                            std::string const& path, std::string const& role) {
  auto const sha256 = engine::text_at(open(number).instance.variables, path);
  auto const bytes = rig_.wait(casework::read_file(rig_.world(), sha256));
  if (!bytes) throw std::runtime_error{"nothing to sign at " + path};
  FormValues form{{"signature", rig_.sign(role, *bytes)}};
  if (task_id == "Task_Sign") form.emplace("sign.decision", "sign");
  if (task_id == "Task_NoticeSign") form.emplace("notice.decision", "sign");
  if (task_id == "Task_Extend") form.emplace("extension.choice", "extend");
  return task(role, number, task_id, std::move(form));
}

PageAnswer ServiceRig::sign_notice(std::string const& number) {
  return sign(number, "Task_NoticeSign", "hearing.document", "executor");
}

PageAnswer ServiceRig::extend(std::string const& number, std::string const& reasons) {
  auto const proposed =
      task("executor", number, "Task_ExtensionNotice", {{"extension.explanation", reasons}});
  EXPECT_EQ(proposed.status, 303) << proposed.body;
  return sign(number, "Task_Extend", "extension.document");
}

void ServiceRig::tick(std::string const& number) {
  auto const id = open(number).row.id;
  auto const ticked = rig_.wait(casework::act(
      rig_.world(), id, {.actor = {.user = "", .role = "system"}, .body = engine::Tick{}}));
  EXPECT_TRUE(ticked || ticked.error().text == "error.nothing_due") << ticked.error().text;
  carry_out();
}

void ServiceRig::approve(std::string const& number, FormValues draft, std::string_view registered,
                         std::string_view reviewed, std::string_view signed_at) {
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

void ServiceRig::carry_out() {
  while (rig_.wait(work::carry_out(rig_.world(), "story")) > 0) {
  }
}

Answer ServiceRig::residence(std::string const& lines) {
  auto const file = rig_.config_file() + ".residence";
  std::ofstream{file} << lines;
  auto const config = rig_.config_file();
  std::vector<std::string_view> const words{file, "--config", config};
  return run(cli::run_register_residence, words);
}

int ServiceRig::tell_moves() {
  return rig_.wait(work::tell_moves(rig_.world()));
}

casework::OpenCase ServiceRig::open(std::string const& number) {
  return *rig_.wait(casework::open_case(rig_.world(), number));
}

casework::Started ServiceRig::certified_twice(std::string const& number) {
  auto const first = open(number);
  auto const& variables = first.instance.variables;
  auto const second = rig_.wait(casework::start_case(
      rig_.world(), {.package = first.package,
                     .received = first.now,
                     .actor = {.user = engine::text_at(variables, "applicant"), .role = "citizen"},
                     .variables = variables,
                     .applicant = first.row.person,
                     .language = "kk",
                     .draft = {},
                     .documents = {},
                     .idempotency_key = "another"}));
  if (!second) throw std::runtime_error{second.error().text};
  return *second;
}

PageAnswer ServiceRig::cabinet(std::string const& who, std::string const& path) {
  return rig_.get(applicant(who), "/kk/cabinet" + path);
}

}  // namespace qyzmet::tests
