// The report of `qyzmet verify`: what the schema promises, and words for everything in three
// languages.
#include "services/cli/verdict.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "signing/authority.hpp"
#include "signing/signer.hpp"
#include "templates/assets.hpp"

namespace qyzmet::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string read(fs::path const& path) {
  std::ifstream in{path};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// As much of JSON Schema as ours says: type, enum, required, properties, items.
void expect_valid(json::value const& value, json::object const& schema, std::string const& where) {
  if (auto const* all = schema.if_contains("enum"))
    EXPECT_TRUE(std::ranges::find(all->as_array(), value) != all->as_array().end())
        << where << ": " << value;
  auto const* type = schema.if_contains("type");
  if (type == nullptr) return;
  if (*type == "string") EXPECT_TRUE(value.is_string()) << where;
  if (*type == "integer") EXPECT_TRUE(value.is_int64() || value.is_uint64()) << where;
  if (*type == "array") {
    ASSERT_TRUE(value.is_array()) << where;
    for (auto const& item : value.as_array())
      expect_valid(item, schema.at("items").as_object(), where + "[]");
  }
  if (*type != "object") return;
  ASSERT_TRUE(value.is_object()) << where;
  auto const& properties = schema.at("properties").as_object();
  for (auto const& name : schema.at("required").as_array())
    EXPECT_TRUE(value.as_object().contains(name.as_string())) << where << "." << name;
  for (auto const& [name, inner] : value.as_object()) {
    ASSERT_TRUE(properties.contains(name)) << where << "." << name << " is not in the schema";
    expect_valid(inner, properties.at(name).as_object(), where + "." + std::string{name});
  }
}

void expect_valid(Verdict const& verdict) {
  auto const schema =
      json::parse(read(fs::path{QYZMET_SOURCE_DIR} / "services/cli/verify_report.schema.json"));
  expect_valid(to_json(verdict), schema.as_object(), "");
}

/// One person of one authority, and a signature of hers.
struct Case {
  Instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 5h};
  signing::TrustStore trust;
  std::string cms;

  Case() {
    signing::CertificateSpec spec;
    spec.subject = {{.type = "CN", .value = "TEST"}};
    spec.from = now - 24h;
    spec.until = now + 24h;
    spec.key_usage = "critical,keyCertSign,cRLSign";
    spec.basic_constraints = "critical,CA:TRUE";
    auto const root = signing::issue_root(spec);
    spec.subject = {{.type = "CN", .value = "ҮЛГІҰЛЫ АРМАН"},
                    {.type = "serialNumber", .value = "IIN850315300019", .printable = true}};
    spec.key_usage = "critical,digitalSignature,nonRepudiation";
    spec.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1";
    spec.basic_constraints = "";
    trust.certificates = {root.certificate};
    cms = *signing::sign_cms(*signing::signing_key(signing::issue(spec, root)), "content",
                             {.at = now});
  }
  Verdict verify(std::string const& content) const {
    return {.carrier = "cms", .whole = signing::verify_cms(cms, content, trust, {}, now, now, {})};
  }
};

TEST(Verdict, follows_its_schema) {
  Case const one;
  auto const verdict = one.verify("content");
  expect_valid(verdict);
  auto const report = to_json(verdict);
  EXPECT_EQ(report.at("indication"), "INDETERMINATE");
  EXPECT_EQ(report.at("sub_indication"), "TRY_LATER");
  auto const& signer = report.at("signers").as_array().at(0);
  EXPECT_EQ(signer.at("iin"), "850315300019");
  EXPECT_EQ(signer.at("algorithm"), "RSA-SHA256");
  EXPECT_EQ(signer.at("roles"), (json::array{"sign", "individual"}));
  EXPECT_EQ(signer.at("claimed_signature_time"), "2026-11-21T05:00:00.000000Z");
  EXPECT_EQ(signer.at("best_signature_time"), "2026-11-21T05:00:00.000000Z");
  expect_valid(one.verify("another"));
  expect_valid({.carrier = "cms",
                .whole = signing::verify_cms("no signature", {}, {}, {}, one.now, one.now, {})});
}

TEST(Verdict, of_several_signers_says_whose_each_check_is) {
  Case const one;
  auto verdict = one.verify("content");
  verdict.carrier = "zip";
  verdict.files = {"a.txt"};
  verdict.signatures = {one.verify("content").whole, one.verify("another").whole};
  verdict.whole.checks = {{.name = "container", .layer = "format", .passed = true, .reason = ""}};
  expect_valid(verdict);
  auto const report = to_json(verdict);
  EXPECT_EQ(report.at("signers").as_array().size(), 2U);
  auto const& checks = report.at("checks").as_array();
  EXPECT_EQ(checks.front().at("signer"), 0);
  EXPECT_EQ(checks.back().at("signer"), 2);
  EXPECT_EQ(checks.back().at("name"), "message_digest");
  EXPECT_EQ(checks.back().at("result"), "failed");
}

TEST(Verdict, is_text_for_people_in_three_languages) {
  Case const one;
  for (std::string const language : {"kk", "ru", "en"}) {
    auto const text = to_text(one.verify("content"), language);
    EXPECT_THAT(text, HasSubstr("INDETERMINATE / TRY_LATER"));
    EXPECT_THAT(text, HasSubstr("ҮЛГІҰЛЫ АРМАН"));
    EXPECT_THAT(text, HasSubstr("850315300019"));
    EXPECT_THAT(text, HasSubstr("21.11.2026 10:00"));
    EXPECT_THAT(text, Not(HasSubstr("[verdict"))) << text;
    EXPECT_THAT(text, Not(HasSubstr("[signature"))) << text;
  }
}

std::set<std::string> found(std::regex const& pattern) {
  std::set<std::string> all;
  for (auto const& entry : fs::directory_iterator{fs::path{QYZMET_SOURCE_DIR} / "signing"}) {
    auto const extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".hpp") continue;
    auto const text = read(entry.path());
    for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at)
      all.insert((*at)[1]);
  }
  return all;
}

TEST(Verdict, has_words_for_every_check_and_every_indication) {
  auto const checks = found(std::regex{R"re((?:note_?|remark|check_number)\(\s*"([a-z_0-9]+)")re"});
  auto const answers = found(std::regex{R"re("(ocsp_[a-z]+)")re"});
  auto const subs = found(std::regex{R"re("([A-Z]+_[A-Z_]+)")re"});
  EXPECT_GT(checks.size(), 35U);
  EXPECT_GE(subs.size(), 12U);
  auto const catalogue = templates::load_catalogue();
  for (auto const* language : {"kk", "ru", "en"}) {
    for (auto const* names : {&checks, &answers})
      for (auto const& name : *names)
        EXPECT_TRUE(catalogue.has(language, "verdict.check." + name)) << name << " " << language;
    for (auto const& name : subs)
      if (name.find("KZ") == std::string::npos)
        EXPECT_TRUE(catalogue.has(language, "verdict.sub." + name)) << name << " " << language;
  }
}

}  // namespace
}  // namespace qyzmet::cli
