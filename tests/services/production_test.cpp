// A production installation with a certification authority of its own, set up as an operator does
// it: `migrate --mode production`, `user add-admin`; the administrator signs in with a key and
// makes offices, branches and people; then a citizen applies, and the ID is handed over. Nobody
// writes but through pages and commands. What belongs to demonstrations is not there.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "db/audit.hpp"
#include "db/cases.hpp"
#include "db/clock.hpp"
#include "db/outbox.hpp"
#include "db/people.hpp"
#include "db/verify.hpp"
#include "services/casework/act.hpp"
#include "services/casework/files.hpp"
#include "services/cli/commands.hpp"
#include "services/platform/encoding.hpp"
#include "services/work/outbox.hpp"
#include "signing/authority.hpp"
#include "signing/certificate.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/command.hpp"
#include "tests/services/paper.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_admin_iin = "770412300138";
constexpr char const* k_citizen_iin = "850315300019";
constexpr char const* k_password = "authority";

Instant today() {
  return *parse_instant(k_pki_made);
}

struct Human {
  std::string id, surname, iin, role;  // "" = citizen
};
Human const k_humans[] = {{"admin", "Баптаушиев", k_admin_iin, "admin"},
                          {"citizen", "Үлгіұлы", k_citizen_iin, ""},
                          {"registrar", "Тіркеуова", "861028400119", "registrar"},
                          {"executor", "Орындаушиев", "880602300074", "executor"},
                          {"head", "Басшыбаев", "800515300087", "head"},
                          {"operator", "Берушина", "840211400098", "branch_operator"},
                          {"second", "Сынақов", "900721300028", ""}};

signing::CertificateSpec spec(std::vector<signing::NameEntry> subject) {
  return {.subject = std::move(subject),
          .from = today() - std::chrono::days{30},
          .until = today() + std::chrono::days{300}};
}

signing::CertificateSpec authority_spec(std::string name) {
  auto out = spec(
      {{.type = "C", .value = "KZ", .printable = true}, {.type = "CN", .value = std::move(name)}});
  out.key_usage = "critical,keyCertSign,cRLSign";
  out.basic_constraints = "critical,CA:TRUE";
  return out;
}

/// Root and authority under plain names: nothing in them says that they are for tests.
class OwnAuthority {
 public:
  OwnAuthority() {
    auto root = authority_spec("Qyzmet Root (RSA)");
    root.policies = "1.2.398.3.1.2";
    root_ = signing::issue_root(root);
    auto ca = authority_spec("Qyzmet Authority (RSA)");
    ca.basic_constraints = "critical,CA:TRUE,pathlen:0";
    ca_ = signing::issue(ca, root_);
    files_["trust/root.pem"] = signing::to_pem_certificate(root_.certificate);
    files_["trust/ca.pem"] = signing::to_pem_certificate(ca_.certificate);
    files_["root.p12"] = signing::to_p12(root_, k_password, {});
    files_["ca.p12"] = signing::to_p12(ca_, k_password, {root_.certificate});
    add_services();
    for (auto const& human : k_humans) add_person(human);
    auto seal = spec({{.type = "CN", .value = "Qyzmet"},
                      {.type = "C", .value = "KZ", .printable = true},
                      {.type = "O", .value = "Есіл бөлімі"},
                      {.type = "OU", .value = "BIN120340000014"}});
    seal.extended_key_usage =
        std::string{signing::eku::k_legal} + "," + std::string{signing::eku::k_information_system};
    add("people/seal-seal", seal);
    files_["index.txt"] = index_;
    files_["password"] = k_password;
  }

  Authority const& files() const { return files_; }

 private:
  void add_services() {
    auto ocsp = spec({{.type = "CN", .value = "OCSP"}});
    ocsp.key_usage = "critical,digitalSignature";
    ocsp.extended_key_usage = std::string{signing::eku::k_ocsp};
    ocsp.ocsp_nocheck = true;
    add("ocsp", ocsp);
    auto tsa = spec({{.type = "CN", .value = "TSA"}});
    tsa.extended_key_usage = "critical," + std::string{signing::eku::k_timestamping};
    add("tsa", tsa);
  }
  void add_person(Human const& human) {
    auto person = spec({{.type = "CN", .value = human.surname + " Тимур"},
                        {.type = "SN", .value = human.surname},
                        {.type = "serialNumber", .value = "IIN" + human.iin, .printable = true},
                        {.type = "C", .value = "KZ", .printable = true}});
    auto role = std::string{signing::eku::k_individual};
    if (!human.role.empty()) {
      person.subject.push_back({.type = "O", .value = "Есіл бөлімі"});
      person.subject.push_back({.type = "OU", .value = "BIN120340000014"});
      role = std::string{signing::eku::k_legal} + "," + std::string{signing::eku::k_employee};
    }
    person.key_usage = "critical,digitalSignature,keyEncipherment";
    person.extended_key_usage = std::string{signing::eku::k_auth} + "," + role;
    add("people/" + human.id + "-auth", person);
    person.key_usage = "critical,digitalSignature,nonRepudiation";
    person.extended_key_usage = std::string{signing::eku::k_sign} + "," + role;
    add("people/" + human.id + "-sign", person);
  }
  void add(std::string const& stem, signing::CertificateSpec const& wanted) {
    auto const issued = signing::issue(wanted, ca_);
    files_[stem + ".p12"] = signing::to_p12(issued, k_password, {ca_.certificate});
    index_ += signing::serial_of(issued.certificate) + " good\n";
  }

  signing::Issued root_, ca_;
  std::string index_;
  Authority files_;
};

OwnAuthority const& own_authority() {
  static OwnAuthority const made;
  return made;
}

class Production : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    static int suites = 0;
    begin("production_" + std::to_string(++suites), db::Mode::production, own_authority().files());
    rig().set_clock(*parse_legal_time("2026-12-10T10:00"));
  }

  static int command(int (*run)(cli::Arguments), std::vector<std::string> words) {
    words.insert(words.end(), {"--config", rig().config_file()});
    std::vector<std::string_view> const views{words.begin(), words.end()};
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int const code = run(views);
    said_ = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return code;
  }

  /// Signs in as a browser does: the page's challenge, signed with the key for signing in.
  static Guest sign_in(std::string const& person, int expected = 303) {
    auto const page = rig().get({}, "/kk/login");
    Guest guest;
    guest.visit = page.cookies.at("visit");
    guest.csrf = input_value(page.body, "csrf");
    auto const at = page.body.find("data-sign-bytes value=\"");
    auto const from = at + 23;
    auto const challenge =
        platform::from_base64(page.body.substr(from, page.body.find('"', from) - from));
    auto const answer = rig().post(guest, "/kk/login/eds",
                                   {{"challenge", input_value(page.body, "challenge")},
                                    {"signature", rig().sign(person, *challenge, "auth")}});
    EXPECT_EQ(answer.status, expected) << answer.body;
    if (!answer.cookies.contains("qyzmet")) return {};
    guest = {.session = answer.cookies.at("qyzmet")};
    guest.csrf = input_value(rig().get(guest, "/kk/cabinet").body, "csrf");
    return guest;
  }

  static Guest administrator() {
    EXPECT_EQ(command(cli::run_add_admin, {"--iin", k_admin_iin, "--name", "Баптаушиев Тимур",
                                           "--phone", "+77010000041"}),
              0)
        << said_;
    return sign_in("admin");
  }

  static inline std::string said_;
};

TEST_F(Production, the_first_administrator_is_made_by_a_command_and_signs_in_with_a_key) {
  EXPECT_EQ(command(cli::run_add_admin, {"--iin", "770412300139", "--name", "Wrong digit"}), 2);
  auto const admin = administrator();
  EXPECT_EQ(rig().get(admin, "/kk/admin").status, 200);
  EXPECT_EQ(rig().get(admin, "/kk/work").status, 403);
  auto const citizen = sign_in("citizen");
  EXPECT_EQ(rig().get(citizen, "/kk/admin").status, 403);
  EXPECT_EQ(rig().get(citizen, "/kk/apply/military_id").status, 200);
}

TEST_F(Production, nothing_of_a_demonstration_is_there) {
  EXPECT_EQ(rig().get({}, "/kk/demo").status, 404);
  EXPECT_EQ(command(cli::run_demo_people, {}), 2) << said_;
  EXPECT_THROW(rig().in_database([](db::Connection& connection) {
    return db::advance_demo_clock(connection, today() + std::chrono::days{1});
  }),
               db::Conflict);
  EXPECT_EQ(command(cli::run_migrate, {"--mode", "demo"}), 1) << said_;
  auto const page = rig().get({}, "/kk").body;
  EXPECT_EQ(page.find("<aside class=\"demo\""), std::string::npos);
}

TEST_F(Production, a_server_that_trusts_a_test_authority_does_not_start) {
  auto const trust = rig().config_file() + ".trust";
  std::filesystem::create_directories(trust);
  auto const test_root = signing::issue_root(authority_spec("Qyzmet Root TEST (RSA)"));
  std::ofstream{trust + "/root.pem"} << signing::to_pem_certificate(test_root.certificate);
  auto config = platform::load_config(rig().config_file());
  ASSERT_TRUE(config);
  config->trust_folder = trust;
  EXPECT_THROW(cli::Site{*config}, std::runtime_error);
}

// ---- From an empty database to an issued ID -----------------------------------------------------

/// The number behind the last link of that kind: "/kk/admin/offices/".
std::int64_t last_id(std::string const& body, std::string const& link) {
  // Links to new ones have a word there.
  for (auto at = body.rfind(link); at != std::string::npos && at != 0;
       at = body.rfind(link, at - 1))
    if (auto const id = std::strtoll(body.c_str() + at + link.size(), nullptr, 10); id > 0)
      return id;
  return 0;
}

class ProductionStory : public Production {
 protected:
  void make_places(Guest const& admin);
  void make_people(Guest const& admin) const;
  void appoint(Guest const& admin);
  /// Blanks AB 0000001 to 0000009, over the page of the accounting.
  void receive_blanks();
  /// The row of the kind in the balance, as the page shows it.
  std::string balance();
  std::string apply(std::string const& citizen);
  void register_and_review();
  /// The signed result that the citizen gets says in its QR code what it says in print.
  void expect_stamp(std::string const& sha256);
  /// The next effect of the case fails for good: the case is stuck until somebody retries.
  void fail_effect();
  void retry_as(Guest const& admin);
  /// Completes a task of the case as that person, after the background work.
  PageAnswer act(std::string const& person, std::string const& task, FormValues values);
  static void work() {
    while (rig().wait(work::carry_out(rig().world(), "story")) > 0) {
    }
  }
  Guest const& guest(std::string const& person) {
    auto& out = guests_[person];
    if (out.session.empty()) out = sign_in(person);
    return out;
  }
  std::string user_of(std::string const& iin) {
    return rig().in_database([&](db::Connection& connection) {
      auto const person = db::find_person_by_iin(connection, iin);
      return std::to_string(db::find_user_by_person(connection, person->id)->id.value);
    });
  }
  engine::Context variables() {
    return rig().wait(casework::open_case(rig().world(), number_))->instance.variables;
  }
  /// Entries of the log of reads about the applicant.
  std::size_t reads() {
    return rig().in_database([&](db::Connection& connection) {
      auto const row = db::load_case(connection, number_);
      return db::reads_of(connection, row->person, 0, 1'000).size();
    });
  }
  std::string state() {
    return rig().wait(casework::open_case(rig().world(), number_))->state_code();
  }

  OfficeId office_;
  BranchId branch_;
  std::string number_;
  std::map<std::string, Guest> guests_;
  static inline int keys_ = 0;  // both stories ask one database
};

void ProductionStory::make_places(Guest const& admin) {
  EXPECT_NE(rig().get(admin, "/kk/admin/offices").body.find(rig().text("kk", "admin.offices.none")),
            std::string::npos);
  FormValues const office{{"code", "7112"},
                          {"name_kk", "Есіл ауданының бөлімі"},
                          {"name_ru", "Отдел района Есиль"},
                          {"name_en", "Esil department"},
                          {"address_kk", "Астана қ., Мәңгілік Ел, 4"},
                          {"address_ru", "г. Астана, Мангилик Ел, 4"},
                          {"address_en", "4 Mangilik El, Astana"},
                          {"phone", "+7 717 200 00 01"},
                          {"higher_body_kk", "Астана қ. департаменті"},
                          {"higher_body_ru", "Департамент г. Астаны"},
                          {"place", "city"},
                          {"active", "true"}};
  EXPECT_EQ(rig().post(admin, "/kk/admin/offices/new", office).status, 303);
  office_ = OfficeId{last_id(rig().get(admin, "/kk/admin/offices").body, "/kk/admin/offices/")};
  FormValues branch = office;
  for (auto const* gone : {"phone", "higher_body_kk", "higher_body_ru", "place"})
    branch.erase(gone);
  branch["code"] = "esil-1";
  branch["office"] = std::to_string(office_.value);
  branch["hours"] = "09:00–20:00";
  branch["is_duty"] = "true";
  EXPECT_EQ(rig().post(admin, "/kk/admin/branches/new", branch).status, 303);
  branch_ = BranchId{last_id(rig().get(admin, "/kk/admin/offices").body, "/kk/admin/branches/")};
  EXPECT_GT(branch_.value, 0);
}

void ProductionStory::make_people(Guest const& admin) const {
  for (auto const& human : k_humans) {
    if (human.role.empty() || human.role == "admin") continue;
    bool const at_branch = human.role == "branch_operator";
    auto const unit = at_branch ? "branch-" + std::to_string(branch_.value)
                                : "office-" + std::to_string(office_.value);
    auto const answer = rig().post(admin, "/kk/admin/people",
                                   {{"iin", human.iin},
                                    {"name", human.surname + " Тимур"},
                                    {"position_kk", "маман"},
                                    {"position_ru", "специалист"},
                                    {"role", human.role},
                                    {"unit", unit}});
    EXPECT_EQ(answer.status, 303) << human.id << "\n" << answer.body;
  }
}

/// The head is away today: the registrar signs.
void ProductionStory::appoint(Guest const& admin) {
  auto const answer =
      rig().post(admin, "/kk/admin/stand-ins",
                 {{"absent", std::to_string(office_.value) + "-" + user_of("800515300087")},
                  {"deputy", user_of("861028400119")},
                  {"from", "2026-12-10"},
                  {"until", "2026-12-11"},
                  {"basis", "№ 12 бұйрық"},
                  {"position_kk", "бөлім бастығының м.а."},
                  {"position_ru", "и. о. начальника отдела"}});
  EXPECT_EQ(answer.status, 303) << answer.body;
}

void ProductionStory::receive_blanks() {
  FormValues receipt{{"receive_kind", "rank_and_file"},
                     {"receive_series", "AB"},
                     {"receive_first", "0000001"},
                     {"receive_last", "000009"},
                     {"receive_paper", "Н-5"}};
  auto const refused = rig().post(guest("registrar"), "/kk/blanks/receive", receipt);
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(unescaped(refused.body).find(rig().text("kk", "error.blank_digits")),
            std::string::npos);
  EXPECT_EQ(input_value(refused.body, "receive_paper"), "Н-5") << "nothing typed is lost";
  receipt["receive_last"] = "0000009";
  EXPECT_EQ(rig().post(guest("registrar"), "/kk/blanks/receive", receipt).status, 303);
  EXPECT_EQ(rig().post(guest("registrar"), "/kk/blanks/receive", receipt).status, 422) << "once";
  EXPECT_EQ(rig().get(guest("executor"), "/kk/blanks").status, 403);
  EXPECT_EQ(rig().get(guest("operator"), "/kk/blanks").status, 403);
}

std::string ProductionStory::balance() {
  auto const page = rig().get(guest("registrar"), "/en/blanks").body;
  std::string out;
  for (auto const* name :
       {"received", "in_stock", "given", "written", "issued", "spoiled", "destroyed"}) {
    auto const label = "data-label=\"" + rig().text("en", "blanks." + std::string{name}) + "\">";
    auto const at = page.find(label);
    if (at == page.npos) return "none";
    auto const begin = page.find("<div>", at) + 5;
    out += (out.empty() ? "" : " ") + page.substr(begin, page.find("</div>", begin) - begin);
  }
  return out;
}

std::string ProductionStory::apply(std::string const& citizen) {
  Place place;
  place.office.id = office_;
  place.branch.id = branch_;
  auto const signing = fill_in(rig(), guest(citizen), place);
  auto const answer =
      send_signature(rig(), guest(citizen), signing, rig().sign(citizen, signing.xml));
  EXPECT_EQ(answer.status, 303) << answer.body;
  auto const cabinet = rig().get(guest(citizen), "/kk/cabinet").body;
  std::string const link = "/kk/cabinet/cases/";
  auto const from = cabinet.find(link) + link.size();
  return cabinet.substr(from, cabinet.find('"', from) - from);
}

void ProductionStory::fail_effect() {
  auto const claimed = rig().in_database([](db::Connection& connection) {
    return db::claim_outbox(connection, "story", 1, std::chrono::seconds{30});
  });
  ASSERT_EQ(claimed.size(), 1U);
  auto const done = rig().fail(claimed.front());
  ASSERT_TRUE(done) << done.error().text;
}

void ProductionStory::retry_as(Guest const& admin) {
  auto const page = rig().get(admin, "/ru/admin/incidents").body;
  EXPECT_NE(page.find(number_), std::string::npos);
  EXPECT_NE(page.find(rig().text("ru", "error.effect_failed")), std::string::npos) << page;
  FormValues const stuck{{"case", input_value(page, "case")},
                         {"token", input_value(page, "token")}};
  EXPECT_EQ(rig().post(guest("citizen"), "/ru/admin/incidents/case", stuck).status, 403);
  EXPECT_EQ(rig().post(admin, "/ru/admin/incidents/case", stuck).status, 303);
  EXPECT_EQ(rig().post(admin, "/ru/admin/incidents/case", stuck).status, 409) << "once";
  EXPECT_EQ(rig().get(admin, "/ru/admin/incidents").body.find(number_), std::string::npos);
}

void ProductionStory::register_and_review() {
  EXPECT_EQ(act("registrar", "Task_Register", {{"executor", user_of("880602300074")}}).status, 303);
  EXPECT_EQ(act("executor", "Task_Review",
                {{"checklist.identity", "true"},
                 {"checklist.photo", "true"},
                 {"checklist.registered", "true"},
                 {"checklist.served", "true"},
                 {"checklist.documents", "true"},
                 {"review.outcome", "approve"}})
                .status,
            303);
}

PageAnswer ProductionStory::act(std::string const& person, std::string const& task,
                                FormValues values) {
  work();
  values["key"] = "story-" + std::to_string(++keys_);
  return rig().post(guest(person), "/kk/work/cases/" + number_ + "/tasks/" + task,
                    std::move(values));
}

void ProductionStory::expect_stamp(std::string const& sha256) {
  auto const result =
      rig().get(guest("citizen"), "/kk/cabinet/cases/" + number_ + "/documents/" + sha256);
  ASSERT_EQ(result.status, 200);
  keep_for_looking("place_info.pdf", result.body);
  auto const code = scan_qr(result.body);
  EXPECT_EQ(code.substr(0, 4), "KZ1:");
  ASSERT_EQ(command(cli::run_log_key, {}), 0);
  auto const key = said_.substr(0, said_.find('\n'));
  auto const verify = [&key](std::string_view text) {
    return run(cli::run_receipt_verify, {"--log-key", key, "--json", text});
  };
  auto const verdict = verify(code);
  EXPECT_EQ(verdict.code, 0) << verdict.out << verdict.error;
  auto const document = boost::json::parse(verdict.out).at("document").as_object();
  auto const value = [&document](char const* name) {
    return std::string{document.at(name).as_string()};
  };
  EXPECT_EQ(value("service"), "77");
  EXPECT_EQ(value("document"), "place_info");
  EXPECT_EQ(value("number"), number_);
  EXPECT_EQ(value("date"), "2026-12-10");
  auto const shown = text_of_pdf(result.body);
  for (auto const* field : {"number", "person", "office"})
    EXPECT_NE(shown.find(value(field)), std::string::npos) << field;

  auto changed = code;
  changed[changed.size() / 2] = changed[changed.size() / 2] == '0' ? '1' : '0';
  EXPECT_EQ(verify(changed).code, 1);
  auto const other = to_text(
      ledger::NoteSigner::open("127.0.0.1", ledger::KeyUse::note, ledger::make_note_key())->key());
  EXPECT_EQ(run(cli::run_receipt_verify, {"--log-key", other, code}).code, 1);
}

TEST_F(ProductionStory, an_empty_installation_is_brought_to_life_and_hands_over_an_id) {
  auto const admin = administrator();
  make_places(admin);
  make_people(admin);
  appoint(admin);
  number_ = apply("citizen");
  register_and_review();
  FormValues const blank{
      {"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}};
  auto const unknown = act("executor", "Task_Draft", blank);
  EXPECT_EQ(unknown.status, 422) << "the office holds no blanks";
  EXPECT_NE(unescaped(unknown.body).find("data-rule=\"INV-39\""), std::string::npos);
  receive_blanks();
  EXPECT_EQ(act("executor", "Task_Draft", blank).status, 303);
  EXPECT_EQ(balance(), "9 8 0 1 0 0 0");
  auto const sha256 = engine::text_at(variables(), "draft.document");
  auto const draft = rig().wait(casework::read_file(rig().world(), sha256));
  ASSERT_TRUE(draft);
  EXPECT_EQ(act("executor", "Task_Sign",
                {{"sign.decision", "sign"}, {"signature", rig().sign("executor", *draft)}})
                .status,
            403)
      << "the executor is no head";
  auto const signed_by_deputy =
      act("registrar", "Task_Sign",
          {{"sign.decision", "sign"}, {"signature", rig().sign("registrar", *draft)}});
  EXPECT_EQ(signed_by_deputy.status, 303) << unescaped(signed_by_deputy.body);
  EXPECT_EQ(act("registrar", "Task_Dispatch", {{"delivery.registry_number", "R-2"}}).status, 303);
  EXPECT_EQ(act("operator", "Task_Receive", {{"delivery.condition", "accepted"}}).status, 303);
  fail_effect();
  retry_as(admin);
  EXPECT_EQ(act("operator", "Task_Issue",
                {{"issue.collector", "holder"},
                 {"identity.kind", "identity_card"},
                 {"identity.number", "012345678"},
                 {"identity.matched", "true"}})
                .status,
            303);
  work();
  EXPECT_EQ(state(), "issued");
  EXPECT_EQ(balance(), "9 8 0 0 1 0 0");
  LAW("R61-05");
  LAW("INV-39");
  expect_stamp(sha256);
  auto const ids = rig().in_database([&](db::Connection& connection) {
    return db::military_ids(connection, db::load_case(connection, number_)->person);
  });
  ASSERT_EQ(ids.size(), 1U);
  EXPECT_EQ(ids[0].series + ids[0].number, "AB0000001");
  EXPECT_EQ(ids[0].status, db::IdStatus::valid);
  auto const verdict =
      rig().in_database([](db::Connection& connection) { return db::verify_history(connection); });
  for (auto const& fault : verdict.faults) ADD_FAILURE() << fault.check << ": " << fault.detail;
}

TEST_F(ProductionStory, a_blank_that_another_case_has_is_refused_when_the_draft_is_made) {
  // The story above has handed over AB 0000001.
  auto const office = rig().in_database(
      [](db::Connection& connection) { return db::offices(connection).at(0).id; });
  auto const branch = rig().in_database(
      [](db::Connection& connection) { return db::branches(connection).at(0).id; });
  office_ = office;
  branch_ = branch;
  number_ = apply("second");
  register_and_review();
  FormValues form{{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}};
  guest("executor");
  auto before = reads();
  auto const refused = act("executor", "Task_Draft", form);
  EXPECT_EQ(reads(), before + 1) << "the refused form comes back with the case";
  EXPECT_EQ(refused.status, 422);
  auto const page = unescaped(refused.body);
  EXPECT_NE(page.find("data-rule=\"INV-39\""), std::string::npos);
  EXPECT_NE(page.find("басқа іс бойынша алынған"), std::string::npos) << page;
  EXPECT_EQ(input_value(refused.body, "id.series"), "AB") << "nothing typed is lost";
  EXPECT_EQ(input_value(refused.body, "id.number"), "0000001");
  EXPECT_EQ(engine::text_at(variables(), "draft.document"), "") << "no document was made for it";
  form["id.number"] = "0000002";
  before = reads();
  EXPECT_EQ(act("executor", "Task_Draft", form).status, 303);
  EXPECT_EQ(reads(), before) << "an act that succeeds shows nothing; the history names its author";
  rig().get(guest("executor"), "/kk/work/cases/" + number_);
  EXPECT_EQ(reads(), before + 1) << "the page that follows is a read";
}

TEST_F(Production, the_registers_can_be_kept_from_the_command_line) {
  std::vector<std::string> office{
      "--code",       "cli-1", "--place",      "district", "--name-kk",    "Бөлім",
      "--name-ru",    "Отдел", "--name-en",    "Office",   "--address-kk", "1",
      "--address-ru", "2",     "--address-en", "3",        "--phone",      "+7 700 000 00 00"};
  EXPECT_EQ(command(cli::run_office_save, office), 1);
  EXPECT_NE(said_.find("--higher-body-kk: "), std::string::npos) << said_;
  office.insert(office.end(),
                {"--higher-body-kk", "Департамент", "--higher-body-ru", "Департамент"});
  EXPECT_EQ(command(cli::run_office_save, office), 0) << said_;
  office.emplace_back("--closed");
  EXPECT_EQ(command(cli::run_office_save, office), 0) << "the same code once more: a change";
  EXPECT_EQ(command(cli::run_office_list, {"--json"}), 0);
  EXPECT_NE(said_.find(R"({"code":"cli-1","place":"district","state":"closed","name":"Бөлім"})"),
            std::string::npos)
      << said_;
  std::vector<std::string> const branch{"--code",       "cli-b",   "--office",     "cli-1",
                                        "--name-kk",    "Бөлімше", "--name-ru",    "Отд.",
                                        "--name-en",    "B",       "--hours",      "09:00–18:00",
                                        "--address-kk", "1",       "--address-ru", "2",
                                        "--address-en", "3",       "--duty"};
  EXPECT_EQ(command(cli::run_branch_save, branch), 0) << said_;
  EXPECT_EQ(command(cli::run_branch_list, {}), 0);
  EXPECT_NE(said_.find("cli-b  cli-1  duty  open"), std::string::npos) << said_;
  EXPECT_EQ(command(cli::run_stand_in_appoint,
                    {"--office", "cli-1", "--absent", "1", "--deputy", "2", "--from", "2026-12-10",
                     "--until", "2026-12-11", "--basis", "1", "--position-kk", "a", "--position-ru",
                     "b"}),
            1);
  EXPECT_NE(said_.find("--absent: "), std::string::npos) << said_;
  EXPECT_EQ(command(cli::run_stand_in_withdraw, {"77"}), 1);
  EXPECT_EQ(command(cli::run_stand_in_list, {}), 0);
  EXPECT_EQ(command(cli::run_office_save, {"--colour", "red"}), 2);
}

}  // namespace
}  // namespace qyzmet::tests
