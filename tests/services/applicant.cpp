#include "tests/services/applicant.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "db/blanks.hpp"

namespace qyzmet::tests {

void receive_blanks(db::Connection& connection, OfficeId office) {
  db::receive_blanks(connection, {.office = office,
                                  .kind = "rank_and_file",
                                  .series = "AB",
                                  .first = "0000001",
                                  .last = "0099999",
                                  .received_on = *parse_date("2026-11-02"),
                                  .paper = "Н-1"});
}

Place make_place(SiteRig& rig) {
  return rig.in_database([](db::Connection& connection) {
    Place place;
    place.office.code = "1170";
    place.office.name_kk = place.office.name_ru = place.office.name_en = "Бурабай";
    place.office.place = "district";
    place.office.id = db::save_office(connection, place.office);
    place.branch.office = place.office.id;
    place.branch.code = "burabay-1";
    place.branch.name_kk = place.branch.name_ru = place.branch.name_en = "Бурабай-1";
    place.branch.id = db::save_branch(connection, place.branch);
    receive_blanks(connection, place.office.id);
    return place;
  });
}

Guest invite_signer(SiteRig& rig, std::string_view id) {
  auto const people = signing_people();
  auto const who = std::ranges::find(people, id, &signing::DemoPerson::id);
  return rig.invite(who->iin, who->surname + " " + who->given);
}

Signing fill_in(SiteRig& rig, Guest const& guest, Place const& place, std::string const& subtype) {
  auto const started = rig.post(guest, "/kk/apply/military_id", {});
  EXPECT_EQ(started.status, 303) << started.body;
  auto const base = started.location.substr(0, started.location.rfind('/') + 1);
  auto const send = [&](std::string const& page, FormValues const& values) {
    auto const answer = rig.post(guest, base + page, values);
    EXPECT_EQ(answer.status, 303) << page << "\n" << answer.body;
  };
  send("reason", {{"subtype", subtype}});
  send("office", {{"office", std::to_string(place.office.id.value)}});
  send("branch", {{"branch", std::to_string(place.branch.id.value)}});
  send("contacts", {{"phone", "+77010000001"}, {"email", ""}, {"address", "Щучинск қ., 1"}});
  if (subtype == "lost_damaged")
    EXPECT_EQ(rig.upload(guest, base + "documents", {{"act", "continue"}},
                         {{"loss_certificate", "%PDF-1.4 a paper"}})
                  .status,
              303);
  send("consent", {{"consent", "true"}});
  Signing out{.page = base + "certify", .xml = {}, .sha256 = {}};
  out.sha256 = input_value(rig.get(guest, base + "check").body, "sha256");
  send("check", {{"sha256", out.sha256}});
  out.xml = rig.get(guest, base + "application.xml").body;
  return out;
}

PageAnswer send_signature(SiteRig& rig, Guest const& guest, Signing const& signing,
                          std::string const& cms) {
  return rig.post(guest, signing.page,
                  {{"act", "sign"}, {"sha256", signing.sha256}, {"signature", cms}});
}

Acceptance accept_application(SiteRig& rig, Place const& place, std::string const& number) {
  Acceptance const out;
  auto const official = [&](char const* iin, std::string const& name, char const* role) {
    return rig.invite(iin, name, {{.role = role, .office = place.office.id, .branch = {}}});
  };
  auto const registrar = official("840211400098", out.name, "registrar");
  auto const executor = official("880602300074", "Орындаушы", "executor");
  rig.in_database([&](db::Connection& connection) {
    db::set_user(connection, registrar.user, true, out.position_kk, out.position_ru);
  });
  auto const answer = rig.post(registrar, "/kk/work/cases/" + number + "/tasks/Task_Register",
                               {{"register.outcome", "accept"},
                                {"executor", std::to_string(executor.user.value)},
                                {"key", "accept-" + number}});
  EXPECT_EQ(answer.status, 303) << answer.body;
  return out;
}

}  // namespace qyzmet::tests
