// Pitfalls of signatures that no verifier of bytes can hold alone, over a whole site: what was
// signed is decided once, nobody is asked because a certificate says so, logs tell of nobody. That
// lists and archives of any size are bounded stands in tests/signing (RevocationList, Container).
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>

#include "db/documents.hpp"
#include "db/worklists.hpp"
#include "services/casework/archive.hpp"
#include "services/casework/files.hpp"
#include "services/casework/revocation_lists.hpp"
#include "services/platform/log.hpp"
#include "tests/services/applicant.hpp"

namespace qyzmet::tests {
namespace {

Instant morning(int hour) {
  return start_of(*parse_date("2026-12-10")) + std::chrono::hours{hour};
}

PageAnswer apply(SiteRig& rig, Place const& place, std::string const& id) {
  auto const guest = invite_signer(rig, id);
  auto const signing = fill_in(rig, guest, place);
  return send_signature(rig, guest, signing, rig.sign(id, signing.xml));
}

/// Listens, answers nobody, and knows whether somebody came.
class Trap {
 public:
  Trap() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(socket_, address, size), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    EXPECT_EQ(::getsockname(socket_, address, &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  ~Trap() { ::close(socket_); }
  Trap(Trap const&) = delete;
  Trap& operator=(Trap const&) = delete;

  std::string const& url() const { return url_; }
  bool was_touched() const {
    int const visitor = ::accept(socket_, nullptr, nullptr);
    if (visitor >= 0) ::close(visitor);
    return visitor >= 0;
  }

 private:
  int socket_;
  std::string url_;
};

TEST(AddressesInCertificates, AreNeverAsked) {
  Trap const trap;
  auto const authority = make_authority(*parse_instant(k_pki_made), trap.url());
  SiteRig rig{"ssrf", db::Mode::demo, authority};
  auto const place = make_place(rig);
  rig.set_clock(morning(9));
  auto const question = signing::ocsp_question(rig.sign("arman", "x"), rig.world().trust);
  ASSERT_TRUE(question);
  ASSERT_EQ(question->address, trap.url() + "/ocsp") << "the certificate does name it";
  EXPECT_NE(apply(rig, place, "arman").location, "/kk/cabinet") << "the configured one was asked";
  EXPECT_EQ(rig.wait(casework::fetch_lists(rig.world())), 2);
  EXPECT_GE(rig.wait(casework::archive_round(rig.world())), 1);
  rig.pki().faults().set("unavailable");
  EXPECT_EQ(apply(rig, place, "yermek").status, 303);
  rig.pki().faults().set("ocsp_unavailable");
  EXPECT_EQ(apply(rig, place, "saule").status, 303);
  EXPECT_FALSE(trap.was_touched());
}

class SystemPitfalls : public testing::Test {
 protected:
  SystemPitfalls() { rig_.set_clock(morning(9)); }
  ~SystemPitfalls() override { platform::set_log_level(platform::Level::error); }

  static inline int tests_ = 0;
  SiteRig rig_{"system_pitfalls_" + std::to_string(++tests_)};
  Place place_ = make_place(rig_);
};

TEST_F(SystemPitfalls, WhatWasSignedCannotBeExchangedAfterwards) {
  auto const guest = invite_signer(rig_, "arman");
  auto const signing = fill_in(rig_, guest, place_);
  auto const cms = rig_.sign("arman", signing.xml);
  ASSERT_EQ(send_signature(rig_, guest, signing, cms).status, 303);
  EXPECT_EQ(rig_.wait(casework::read_file(rig_.world(), signing.sha256)), signing.xml);
  ASSERT_EQ(apply(rig_, place_, "yermek").status, 303);
  // What another signed is put into its place, sealed with the right key.
  rig_.in_database([&](db::Connection& connection) {
    connection.script(
        "begin; set local session_replication_role = replica; update document d set "
        "content_sealed = o.content_sealed from document o where d.sha256 = '" +
        signing.sha256 + "' and o.sha256 = (select document from signature where document <> '" +
        signing.sha256 + "' limit 1); commit");
  });
  EXPECT_THROW(rig_.wait(casework::read_file(rig_.world(), signing.sha256)), db::SealBroken);
}

TEST_F(SystemPitfalls, LogsTellOfNobody) {
  platform::set_log_level(platform::Level::debug);
  testing::internal::CaptureStderr();
  ASSERT_EQ(apply(rig_, place_, "arman").status, 303);
  // Refusals and faults have the most to tell.
  auto const guest = invite_signer(rig_, "yermek");
  auto const signing = fill_in(rig_, guest, place_);
  for (auto const* other : {"arman", "saule"})
    EXPECT_EQ(send_signature(rig_, guest, signing, rig_.sign(other, signing.xml)).status, 422);
  EXPECT_EQ(send_signature(rig_, guest, signing, "AAAA").status, 422);
  rig_.post({}, "/kk/login/otp", {{"iin", "850315300019"}, {"next", ""}});
  rig_.pki().faults().set("garbage");
  send_signature(rig_, guest, signing, rig_.sign("yermek", signing.xml));
  rig_.pki().faults().set("none");
  rig_.get(guest, "/kk/cabinet/cases/77-2026-999999?iin=850315300019&phone=77010000001");
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_GT(std::ranges::count(said, '\n'), 10) << said;
  EXPECT_FALSE(std::regex_search(said, std::regex{R"((^|\W)\d{12}(\W|$))"})) << "an IIN\n" << said;
  for (auto const& person : signing_people())
    for (auto const& word : {person.iin, person.surname})
      EXPECT_FALSE(said.contains(word)) << word << "\n" << said;
  for (auto const* word : {"7010000001", "Щучинск", "MII", "<application"})
    EXPECT_FALSE(said.contains(word)) << word << "\n" << said;
}

}  // namespace
}  // namespace qyzmet::tests
