// The simulators over real sockets: our own clients talk to them, and a websocket stands for the
// browser.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "services/http/client.hpp"
#include "services/http/server.hpp"
#include "services/peers/clamd.hpp"
#include "services/peers/ocsp.hpp"
#include "services/peers/sms.hpp"
#include "services/peers/tsa.hpp"
#include "services/platform/encoding.hpp"
#include "services/simulators/clamd.hpp"
#include "services/simulators/ncalayer.hpp"
#include "services/simulators/pki.hpp"
#include "services/simulators/sms.hpp"
#include "signing/authority.hpp"
#include "signing/demo_pki.hpp"
#include "signing/tsp.hpp"
#include "signing/verify.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::simulators {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace fs = std::filesystem;
namespace json = boost::json;

constexpr char const* k_arman = "850315300019";
constexpr char const* k_head = "800515300087";
constexpr char const* k_document = "Өтініштің деректері";

Instant machine_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void write_file(fs::path const& path, std::string const& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

/// A demo authority in a folder of its own, made once.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("qyzmet-simulators-" + std::to_string(getpid()))) {
    signing::DemoPkiSpec spec;
    spec.now = machine_now();
    spec.people = {{.id = "arman",
                    .surname = "Үлгіұлы",
                    .given = "Арман",
                    .patronymic = {},
                    .iin = k_arman,
                    .organisation = {},
                    .bin = {}},
                   {.id = "head",
                    .role = signing::DemoRole::head,
                    .surname = "Басшыбаев",
                    .given = "Қанат",
                    .patronymic = {},
                    .iin = k_head,
                    .organisation = "Есіл бөлімі",
                    .bin = "120340000014"},
                   {.id = "revoked",
                    .surname = "Жойылов",
                    .given = "Ілияс",
                    .patronymic = {},
                    .iin = "750122300069",
                    .organisation = {},
                    .bin = {},
                    .revoked = true}};
    for (auto const& [name, bytes] : *signing::make_demo_pki(spec)) write_file(path_ / name, bytes);
    write_file(path_ / "seal.password", spec.password + "\n");
    for (auto const* name :
         {"trust/root.pem", "trust/ca.pem", "trust/root-gost.pem", "trust/ca-gost.pem"}) {
      std::ifstream in{path_ / name};
      trust.certificates.emplace_back(std::istreambuf_iterator<char>{in},
                                      std::istreambuf_iterator<char>{});
    }
  }
  ~Folder() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }

  signing::TrustStore trust;

 private:
  fs::path path_;
};

Folder const& folder() {
  static Folder const made;
  return made;
}

/// All simulators in one io_context, as the programs run them.
class Simulators : public testing::Test {
 protected:
  Simulators()
      : clock_file_(folder().path() + "/clock"),
        pki_(read_authority(folder().path()), Clock{clock_file_}),
        sms_(Clock{clock_file_}),
        clamd_(io_, 0, 1000),
        program_(io_, read_people(folder().path()), Clock{clock_file_}, {.port = 0}) {
    set_clock(machine_now());
    pki_.add_routes(pki_router_);
    sms_.add_routes(sms_router_);
    pki_server_.emplace(io_, options(), pki_router_, http::Hooks{});
    sms_server_.emplace(io_, options(), sms_router_, http::Hooks{});
    pki_server_->start();
    sms_server_->start();
    clamd_.start();
    program_.start();
    thread_ = std::jthread{[this] { io_.run(); }};
  }
  ~Simulators() override {
    io_.stop();
    thread_.join();
  }

  static http::ServerOptions options() {
    http::ServerOptions options;
    options.limits.connections_per_address_max = 1000;
    return options;
  }
  static std::string address(std::uint16_t port, std::string const& path) {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }
  std::string pki(std::string const& path) const { return address(pki_server_->port(), path); }
  std::string sms(std::string const& path) const { return address(sms_server_->port(), path); }

  void set_clock(Instant at) const { write_file(clock_file_, to_iso(at) + "\n"); }

  template <class T>
  T wait(asio::awaitable<T> work) {
    return asio::co_spawn(io_, std::move(work), asio::use_future).get();
  }
  Result<http::Response> get(std::string url) { return wait(http::fetch({.url = std::move(url)})); }
  Result<http::Response> post(std::string url, std::string body, std::string type) {
    return wait(http::fetch({.method = http::Method::post,
                             .url = std::move(url),
                             .content_type = std::move(type),
                             .body = std::move(body)}));
  }
  void fault(std::string const& control, std::string const& name) {
    auto const answer =
        post(control, "fault=" + name + "&delay_ms=3000", "application/x-www-form-urlencoded");
    ASSERT_TRUE(answer && answer->status == 200) << name;
  }

  /// What a browser gets for one message.
  std::string ask_program(std::string const& message) {
    asio::io_context io;
    beast::websocket::stream<asio::ip::tcp::socket> socket{io};
    socket.next_layer().connect({asio::ip::address_v4::loopback(), program_.port()});
    socket.handshake("127.0.0.1", "/");
    beast::flat_buffer buffer;
    socket.read(buffer);
    EXPECT_EQ(beast::buffers_to_string(buffer.data()), R"({"result":{"version":"1.2"}})");
    socket.write(asio::buffer(message));
    buffer.clear();
    socket.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  static std::string sign_message(std::string const& iin, std::string const& usage) {
    return R"({"module":"kz.gov.pki.knca.basics","method":"sign","args":{"allowedStorages":null,)"
           R"("format":"cms","data":")" +
           platform::to_base64(k_document) +
           R"(","signingParams":{"decode":true,"encapsulate":false,"digested":false},)"
           R"("signerParams":{"extKeyUsageOids":[")" +
           usage + R"("],"iin":")" + iin + R"(","bin":"","serialNumber":"","chain":null},)" +
           R"("locale":"kk"}})";
  }

  signing::Report verify(std::string const& cms, signing::Policy const& policy) {
    auto const question = signing::ocsp_question(cms, folder().trust);
    signing::Evidence evidence;
    if (question) {
      peers::OcspClient client{pki("/ocsp"), {}};
      if (auto answer = wait(client.ask(question->request))) evidence.ocsp = {*answer};
      evidence.ocsp_nonce = question->nonce;
    }
    auto const now = wait(Clock{clock_file_}.now());
    return signing::verify_cms_over(cms, k_document, folder().trust, policy, now, now, evidence);
  }

  asio::io_context io_;
  std::string clock_file_;
  PkiSimulator pki_;
  SmsSimulator sms_;
  ClamdSimulator clamd_;
  NcaLayerSimulator program_;
  http::Router pki_router_, sms_router_;
  std::optional<http::Server> pki_server_, sms_server_;
  std::jthread thread_;
};

constexpr char const* k_sign = "1.3.6.1.5.5.7.3.4";
constexpr char const* k_auth = "1.3.6.1.5.5.7.3.2";

std::string signature_in(std::string const& answer) {
  auto const value = json::parse(answer);
  return std::string{value.at("body").at("result").as_string()};
}

signing::Policy citizen() {
  signing::Policy policy;
  policy.expected_iin = k_arman;
  return policy;
}

TEST_F(Simulators, ASignatureFromTheProgramPassesWithTheRespondersAnswer) {
  auto const cms = signature_in(ask_program(sign_message(k_arman, k_sign)));
  EXPECT_TRUE(cms.starts_with("-----BEGIN CMS-----"));
  auto const report = verify(cms, citizen());
  LAW("R-GEN-05");
  EXPECT_TRUE(report.passed()) << report.reason();
  EXPECT_EQ(report.signer->name, "Үлгіұлы Арман");
}

TEST_F(Simulators, TheProgramSignsWithGostAndTheAuthoritiesAnswerWithGost) {
  program_.choose("", "gost");
  for (auto const& [iin, role] :
       {std::pair{k_arman, signing::Role::individual}, {k_head, signing::Role::official}}) {
    auto policy = citizen();
    policy.expected_iin = iin;
    policy.role = role;
    auto const report = verify(signature_in(ask_program(sign_message(iin, k_sign))), policy);
    LAW("R-GEN-05");
    EXPECT_TRUE(report.passed()) << report.reason();
    EXPECT_EQ(report.signer->algorithm, "GOST2015-512");
  }
}

TEST_F(Simulators, TheProgramSignsInWithTheOtherKey) {
  auto const cms = signature_in(ask_program(sign_message(k_arman, k_auth)));
  EXPECT_EQ(verify(cms, citizen()).reason(), "signature.auth_key");
  auto policy = citizen();
  policy.usage = signing::Usage::authenticate;
  EXPECT_TRUE(verify(cms, policy).passed());
}

TEST_F(Simulators, TheKeyInTheReaderIsChosenOnThePage) {
  auto const choose = [&](std::string const& words) {
    return post(address(program_.port(), "/choose?" + words), "", "");
  };
  EXPECT_EQ(choose("person=head")->status, 303);
  EXPECT_NE(ask_program(sign_message(k_arman, k_sign)).find("INVOCATION_ERROR"), std::string::npos);
  auto policy = citizen();
  policy.role = signing::Role::official;
  policy.expected_iin = k_head;
  EXPECT_TRUE(verify(signature_in(ask_program(sign_message("", k_sign))), policy).passed());
  // Somebody who signs with a key of another, whatever the page asks for.
  EXPECT_EQ(choose("mode=stubborn")->status, 303);
  auto any = citizen();
  any.role = signing::Role::any;
  EXPECT_EQ(verify(signature_in(ask_program(sign_message(k_arman, k_sign))), any).reason(),
            "signature.wrong_iin");
  EXPECT_EQ(choose("person=nobody")->status, 400);
  EXPECT_EQ(choose("mode=nonsense")->status, 400);
  EXPECT_NE(get(address(program_.port(), "/"))->body.find("Басшыбаев"), std::string::npos);
  EXPECT_NE(get(address(program_.port(), "/state.json"))->body.find(R"("mode":"stubborn")"),
            std::string::npos);
  EXPECT_EQ(get(address(program_.port(), "/other"))->status, 404);
}

TEST_F(Simulators, CancellingAndFailingAreAnsweredAsTheProgramDoes) {
  program_.choose("", "cancel");
  EXPECT_EQ(ask_program(sign_message(k_arman, k_sign)), R"({"status":true,"body":{}})");
  program_.choose("", "error");
  EXPECT_NE(ask_program(sign_message(k_arman, k_sign)).find(R"("status":false)"),
            std::string::npos);
  program_.choose("", "drop");
  EXPECT_THROW(ask_program(sign_message(k_arman, k_sign)), boost::system::system_error);
  program_.choose("", "confirm");
  EXPECT_NE(ask_program("not json").find("INVOCATION_ERROR"), std::string::npos);
  EXPECT_NE(ask_program(sign_message("000000000000", k_sign)).find("no key for this IIN"),
            std::string::npos);
}

TEST_F(Simulators, TheOlderModuleIsSpokenToo) {
  auto const call = [&](std::string const& method, std::string const& arguments) {
    return ask_program(R"({"module":"kz.gov.pki.knca.commonUtils","method":")" + method +
                       R"(","args":[)" + arguments + "]}");
  };
  EXPECT_NE(call("getActiveTokens", "").find(R"("code":"200")"), std::string::npos);
  EXPECT_NE(call("getKeyInfo", R"("PKCS12")").find("Үлгіұлы Арман"), std::string::npos);
  auto const answer =
      json::parse(call("createCAdESFromBase64", R"("PKCS12","SIGNATURE",")" +
                                                    platform::to_base64(k_document) + R"(",true)"));
  EXPECT_TRUE(verify(std::string{answer.at("responseObject").as_string()}, citizen()).passed());
  EXPECT_NE(call("signXml", R"("PKCS12","SIGNATURE","<a/>","","")").find(R"("code":"500")"),
            std::string::npos);
}

TEST_F(Simulators, AnOldProgramKnowsTheOlderModuleAlone) {
  program_.choose("", "old");
  auto const answer = json::parse(ask_program(sign_message(k_arman, k_sign)));
  EXPECT_EQ(answer.at("code"), "500");
  EXPECT_FALSE(answer.as_object().contains("status")) << "that is how the page knows it";
  auto const tokens = ask_program(
      R"({"module":"kz.gov.pki.knca.commonUtils","method":"getActiveTokens","args":[]})");
  EXPECT_EQ(json::parse(tokens).at("code"), "200");
}

TEST_F(Simulators, TheOtherKeyIsTakenByThoseWhoAreCareless) {
  program_.choose("", "wrong_key");
  auto const report = verify(signature_in(ask_program(sign_message(k_arman, k_sign))), citizen());
  EXPECT_EQ(report.reason(), "signature.auth_key");
}

TEST_F(Simulators, SeveralDocumentsAreSignedInOneAct) {
  auto message = sign_message(k_head, k_sign);
  auto const data = '"' + platform::to_base64(k_document) + '"';
  message.replace(message.find(data), data.size(), "[" + data + "," + data + "]");
  auto const value = json::parse(ask_program(message));
  EXPECT_EQ(value.at("body").at("result").as_array().size(), 2U);
}

TEST_F(Simulators, ATimestampIsAddedWhereOneIsAskedFor) {
  NcaLayerSimulator with_tsa{
      io_, read_people(folder().path()), Clock{clock_file_}, {.port = 0, .tsa_url = pki("/tsa")}};
  auto message = sign_message(k_arman, k_sign);
  message.replace(message.find("\"digested\":false"), 16, R"("digested":false,"tsaProfile":{})");
  auto const cms = signature_in(*wait(with_tsa.answer(message)));
  auto const report = verify(cms, citizen());
  EXPECT_TRUE(report.passed()) << report.reason();
  EXPECT_EQ(report.level, "T");
}

TEST_F(Simulators, RevokedPeopleAreFoundAndOthersCanBeRevoked) {
  program_.choose("revoked", "");
  auto policy = citizen();
  policy.expected_iin = "";
  EXPECT_EQ(verify(signature_in(ask_program(sign_message("", k_sign))), policy).reason(),
            "signature.revoked");
  program_.choose("arman", "");
  auto const cms = signature_in(ask_program(sign_message("", k_sign)));
  auto const good = verify(cms, policy);
  ASSERT_TRUE(good.passed());
  auto const answer =
      post(pki("/revoke"), "serial=" + good.signer->serial, "application/x-www-form-urlencoded");
  EXPECT_EQ(answer->status, 200);
  LAW("E-26");
  EXPECT_EQ(verify(cms, policy).reason(), "signature.revoked");
  EXPECT_EQ(post(pki("/revoke"), "serial=77", "application/x-www-form-urlencoded")->status, 404);
  auto const list = get(pki("/ca.crl"));
  signing::Evidence evidence;
  evidence.crls = {list->body};
  auto const now = machine_now();
  EXPECT_EQ(signing::verify_cms_over(cms, k_document, folder().trust, policy, now, now, evidence)
                .sub_indication,
            "REVOKED");
}

TEST_F(Simulators, EveryFaultOfTheResponderIsSeenThrough) {
  auto const cms = signature_in(ask_program(sign_message(k_arman, k_sign)));
  for (auto const& [name, reason] :
       std::map<std::string, std::string>{{"unavailable", "signature.no_revocation_data"},
                                          {"try_later", "signature.no_revocation_data"},
                                          {"stale", "signature.ocsp_stale"},
                                          {"wrong_nonce", "signature.ocsp_nonce"},
                                          {"garbage", "signature.ocsp_bad"}}) {
    fault(pki("/control"), name);
    auto const report = verify(cms, citizen());
    EXPECT_TRUE(report.try_later()) << name;
    EXPECT_EQ(report.reason(), reason) << name;
  }
  fault(pki("/control"), "unknown");
  EXPECT_EQ(verify(cms, citizen()).reason(), "signature.unknown_to_authority");
  fault(pki("/control"), "revoked");
  EXPECT_EQ(verify(cms, citizen()).sub_indication, "REVOKED");
  fault(pki("/control"), "slow");
  peers::OcspClient hurried{pki("/ocsp"), {.peer_deadline = std::chrono::milliseconds{300}}};
  EXPECT_EQ(wait(hurried.ask("x")).error().code, ErrorCode::unavailable);
  fault(pki("/control"), "none");
  EXPECT_TRUE(verify(cms, citizen()).passed());
  EXPECT_EQ(post(pki("/control"), "fault=other", "application/x-www-form-urlencoded")->status, 400);
}

TEST_F(Simulators, EachFamilyHasEndpointsOfItsOwn) {
  auto const now = wait(Clock{clock_file_}.now());
  auto const judge = [&](std::string const& word, std::string const& path) {
    auto const people = read_people(folder().path());
    auto const cms = signing::sign_cms(*people.front().keys.at(word), k_document, {.at = now});
    auto const question = signing::ocsp_question(*cms, folder().trust);
    peers::OcspClient client{pki(path), {}};
    auto const answer = wait(client.ask(question->request));
    signing::Evidence const evidence{.ocsp = {*answer}, .crls = {}, .ocsp_nonce = question->nonce};
    return signing::verify_cms_over(*cms, k_document, folder().trust, citizen(), now, now, evidence)
        .indication;
  };
  using enum signing::Indication;
  EXPECT_EQ(judge("sign", "/ocsp"), total_passed);
  EXPECT_EQ(judge("sign", "/ocsp-rsa"), total_passed);
  EXPECT_EQ(judge("sign", "/ocsp-gost"), indeterminate) << "of another authority";
  EXPECT_EQ(judge("gost", "/ocsp"), total_passed);
  EXPECT_EQ(judge("gost", "/ocsp-gost"), total_passed);
  EXPECT_EQ(judge("gost", "/ocsp-rsa"), indeterminate);
  for (auto const* path : {"/tsa", "/tsa-rsa", "/tsa-gost"}) {
    peers::TsaClient tsa{pki(path), {}};
    auto const question = signing::tsp_question("stamped");
    auto const answer = wait(tsa.stamp(question->request));
    auto const token = signing::tsp_token(*answer, *question);
    ASSERT_TRUE(token) << path;
    EXPECT_EQ(signing::tsp_time(*token), std::chrono::floor<std::chrono::seconds>(now)) << path;
  }
}

TEST_F(Simulators, EveryFaultOfTheTimestampsIsSeenThrough) {
  peers::TsaClient tsa{pki("/tsa"), {.peer_deadline = std::chrono::milliseconds{500}}};
  auto const asked = [&]() -> std::string {
    auto const question = signing::tsp_question("stamped");
    auto const answer = wait(tsa.stamp(question->request));
    if (!answer) return answer.error().text;
    auto const token = signing::tsp_token(*answer, *question);
    if (!token) return token.error().text;
    auto const now = wait(Clock{clock_file_}.now());
    return *signing::tsp_time(*token) + std::chrono::minutes{5} < now ? "old" : "good";
  };
  EXPECT_EQ(asked(), "good");
  for (auto const& [name, outcome] :
       std::map<std::string, std::string>{{"unavailable", "error.peer_unavailable"},
                                          {"slow", "error.peer_unavailable"},
                                          {"garbage", "signature.timestamp"},
                                          {"wrong_nonce", "signature.timestamp"},
                                          {"stale", "old"}}) {
    fault(pki("/tsa/control"), name);
    EXPECT_EQ(asked(), outcome) << name;
  }
  EXPECT_TRUE(verify(signature_in(ask_program(sign_message(k_arman, k_sign))), citizen()).passed())
      << "the responder has no part in it";
  fault(pki("/tsa/control"), "none");
  EXPECT_EQ(asked(), "good");
}

TEST_F(Simulators, TheAuthorityFollowsTheDemoClock) {
  set_clock(machine_now() + std::chrono::days{40});
  auto const cms = signature_in(ask_program(sign_message(k_arman, k_sign)));
  auto const report = verify(cms, citizen());
  EXPECT_TRUE(report.passed()) << report.reason();
  EXPECT_GT(report.signer->claimed_time, machine_now() + std::chrono::days{39});
  peers::TsaClient client{pki("/tsa"), {}};
  auto const question = signing::tsp_question("bytes");
  auto const response = wait(client.stamp(question->request));
  ASSERT_TRUE(response);
  EXPECT_TRUE(signing::tsp_token(*response, *question));
}

TEST_F(Simulators, AMessageIsDeliveredOnceAndShownWithItsCode) {
  peers::SmsGateway gateway{sms("/messages"), {}};
  peers::Sms const message{.id = "otp-1",
                           .to = platform::Pii<std::string>{"+77010000001"},
                           .text = platform::Pii<std::string>{"Qyzmet: 123456 <code>"}};
  auto const first = wait(gateway.send(message));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, peers::Delivery::delivered);
  ASSERT_TRUE(first->delivered_at);
  EXPECT_TRUE(wait(gateway.send(message)));
  EXPECT_EQ(sms_.messages().size(), 1U);
  EXPECT_EQ(wait(gateway.report("otp-1"))->status, peers::Delivery::delivered);
  auto const page = get(sms("/"));
  EXPECT_NE(page->body.find("<code>123456</code></strong> &lt;code&gt;"), std::string::npos);
  auto const list = get(sms("/messages.json?to=%2B77010000001"));
  EXPECT_EQ(json::parse(list->body).as_array().size(), 1U);
  EXPECT_EQ(get(sms("/messages.json?to=%2B77010000002"))->body, "[]");
  EXPECT_EQ(get(sms("/messages/none"))->status, 404);
  auto const other =
      post(sms("/messages"), R"({"id":"otp-1","to":"+77010000001","text":"another"})",
           "application/json");
  EXPECT_EQ(other->status, 409);
  EXPECT_EQ(post(sms("/messages"), R"({"id":"x"})", "application/json")->status, 400);
}

TEST_F(Simulators, FaultsOfTheGateway) {
  peers::SmsGateway gateway{sms("/messages"), {}};
  auto const send = [&](std::string id) {
    return wait(gateway.send({.id = std::move(id),
                              .to = platform::Pii<std::string>{"+77010000001"},
                              .text = platform::Pii<std::string>{"text"}}));
  };
  fault(sms("/control"), "reject");
  EXPECT_EQ(send("a")->status, peers::Delivery::failed);
  fault(sms("/control"), "lose");
  EXPECT_EQ(send("b")->status, peers::Delivery::accepted);
  fault(sms("/control"), "garbage");
  EXPECT_FALSE(send("c"));
  fault(sms("/control"), "unavailable");
  EXPECT_FALSE(send("d"));
}

class Pieces {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  asio::awaitable<std::string> next() {
    co_return at_ < pieces_.size() ? pieces_[at_++] : std::string{};
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

TEST_F(Simulators, TheScannerKnowsTheTestFileAlsoAcrossPieces) {
  peers::Clamd client{"127.0.0.1:" + std::to_string(clamd_.port()), {}};
  auto const scan = [&](std::vector<std::string> pieces) {
    Pieces source{std::move(pieces)};
    return wait(client.scan([&source] { return source.next(); })).kind;
  };
  using Kind = peers::ScanVerdict::Kind;
  auto const file = eicar();
  EXPECT_EQ(scan({"a harmless file"}), Kind::clean);
  EXPECT_EQ(scan({file}), Kind::infected);
  EXPECT_EQ(scan({"before" + file.substr(0, 20), file.substr(20) + "behind"}), Kind::infected);
  EXPECT_EQ(scan({std::string(1200, 'x')}), Kind::unavailable);
  for (auto const* name : {"error", "cut", "garbage"}) {
    clamd_.faults().set(name);
    EXPECT_EQ(scan({"a harmless file"}), Kind::unavailable) << name;
  }
}

TEST(Clock, FindsTheInstantInWhateverNamesIt) {
  auto const expected = Instant{std::chrono::sys_days{std::chrono::year{2026} / 12 / 1}} +
                        std::chrono::hours{4} + std::chrono::seconds{5};
  EXPECT_EQ(find_instant("2026-12-01T04:00:05Z"), expected);
  EXPECT_EQ(find_instant(R"({"now":"2026-12-01T04:00:05.123456Z"})"), expected);
  EXPECT_FALSE(find_instant("2026-12-01T04:00:05"));
  EXPECT_FALSE(find_instant("2026-13-01T04:00:05Z"));
  EXPECT_FALSE(find_instant(""));
}

}  // namespace
}  // namespace qyzmet::simulators
