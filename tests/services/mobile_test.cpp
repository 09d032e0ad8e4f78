// The words of eGov Mobile, and what its two addresses let through.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "db/mobile_signings.hpp"
#include "services/platform/encoding.hpp"
#include "services/portal/mobile_protocol.hpp"
#include "tests/services/applicant.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

TEST(MobileProtocol, SpeaksAsTheOperatorHasWrittenItDown) {
  auto const offer = json::parse(
      portal::mobile_offer({.organisation = {.kk = "Бөлім", .ru = "Отдел", .en = "Office"},
                            .bin = "120340000014",
                            .description = "Өтінішке қол қою",
                            .expires = *parse_instant("2026-11-28T04:15:30.250000Z"),
                            .uri = "https://host/mobile/1/documents",
                            .token = "secret"}));
  EXPECT_EQ(offer.at("expiry_date"), "2026-11-28T09:15:30.25+0500");
  EXPECT_EQ(offer.at("organisation"), (json::value{{"nameKz", "Бөлім"},
                                                   {"nameRu", "Отдел"},
                                                   {"nameEn", "Office"},
                                                   {"bin", "120340000014"}}));
  EXPECT_EQ(offer.at("document"), (json::value{{"uri", "https://host/mobile/1/documents"},
                                               {"auth_type", "Token"},
                                               {"auth_token", "secret"}}));
  auto const documents = portal::mobile_documents({.kk = "Өтініш", .ru = "З", .en = "A"}, "bytes");
  auto const value = json::parse(documents);
  EXPECT_EQ(value.at("signMethod"), "CMS_SIGN_ONLY");
  EXPECT_EQ(value.at("version"), 1);
  EXPECT_EQ(value.at("documentsToSign").as_array().front().at("document").at("file").at("data"),
            json::value(platform::to_base64("bytes")));
  EXPECT_EQ(portal::mobile_signature(documents), platform::to_base64("bytes"));
  EXPECT_EQ(portal::mobile_qr("https://host/mobile/1"), "mobileSign:https://host/mobile/1");
  EXPECT_TRUE(portal::mobile_link("https://host/1")
                  .starts_with("https://m.egov.kz/mobileSign/?link=https%3A%2F%2Fhost%2F1&"));
}

TEST(MobileProtocol, TakesNothingElseForASignature) {
  for (auto const* bad :
       {"", "{", "[]", "{}", R"({"documentsToSign":1})", R"({"documentsToSign":[]})",
        R"({"documentsToSign":[{},{}]})", R"({"documentsToSign":["x"]})",
        R"({"documentsToSign":[{"document":{"file":{}}}]})",
        R"({"documentsToSign":[{"document":{"file":{"data":1}}}]})"})
    EXPECT_FALSE(portal::mobile_signature(bad)) << bad;
}

TEST(MobileSigning, IsFoundByItsIdForAWhileAndAnsweredOnce) {
  SiteRig rig{"mobile"};
  auto const guest = invite_signer(rig, "arman");
  auto const make = [&](std::string const& id, std::chrono::seconds lifetime) {
    rig.in_database([&](db::Connection& connection) {
      db::create_mobile_signing(connection,
                                {.id = id,
                                 .person = guest.person,
                                 .action = "/apply/x",
                                 .bytes = "bytes",
                                 .cms = {},
                                 .expires = {}},
                                lifetime);
    });
  };
  std::string const id(32, 'a'), late(32, 'b');
  make(id, std::chrono::minutes{5});
  make(late, std::chrono::seconds{0});
  rig.in_database([&](db::Connection& connection) {
    auto const found = db::find_mobile_signing(connection, id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->bytes, "bytes");
    EXPECT_EQ(found->person, guest.person);
    EXPECT_EQ(found->cms, "");
    EXPECT_FALSE(db::find_mobile_signing(connection, late));
    EXPECT_FALSE(db::answer_mobile_signing(connection, late, "cms"));
    EXPECT_TRUE(db::answer_mobile_signing(connection, id, "cms"));
    EXPECT_FALSE(db::answer_mobile_signing(connection, id, "other"));
    EXPECT_EQ(db::find_mobile_signing(connection, id)->cms, "cms");
    EXPECT_NE(db::mobile_token(connection, id), db::mobile_token(connection, late));
  });
  EXPECT_EQ(rig.get({}, "/mobile/" + id).status, 200);
  EXPECT_EQ(rig.get({}, "/mobile/" + late).status, 404);
  EXPECT_EQ(rig.get({}, "/mobile/" + std::string(32, 'c')).status, 404);
  EXPECT_EQ(rig.get({}, "/mobile/" + id + "/documents").status, 403) << "without the token";
  EXPECT_EQ(rig.get(guest, "/kk/mobile/" + id).status, 200);
  EXPECT_EQ(rig.get(invite_signer(rig, "saule"), "/kk/mobile/" + id).status, 410)
      << "somebody else's";
}

}  // namespace
}  // namespace qyzmet::tests
