// How fast signatures are verified, on one core and in its CPU time:
//   the RSA primitive through our interface against `openssl speed`;
//   GOST 34.10-2015 with 512 bits against the GOST engine that Debian packages;
//   whole applications: certificate of the person, CMS, timestamp and OCSP answer, with the
//   certificates of the authorities known (the certificate of the person is new each time).
// What is compared is measured in turns; of the rounds the median counts. Exit 1 below a target.
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "engine/base/check.hpp"
#include "signing/algorithms.hpp"
#include "signing/authority.hpp"
#include "signing/cms.hpp"
#include "signing/public_key.hpp"
#include "signing/responders.hpp"
#include "signing/signer.hpp"
#include "signing/tsp.hpp"
#include "signing/verify.hpp"
#include "tests/bench/signing/packaged.hpp"

namespace qyzmet::bench {
namespace {

using namespace signing;
using std::chrono::days;

constexpr int k_rounds = 5;
constexpr std::size_t k_people = 32;

double cpu_seconds() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Calls per second of CPU time.
template <class F>
double rate(double seconds, F call) {
  std::size_t calls = 0;
  auto const begin = cpu_seconds();
  double spent = 0;
  do {
    for (int i = 0; i < 8; ++i) check(call(calls++), "what is measured is right");
    spent = cpu_seconds() - begin;
  } while (spent < seconds);
  return static_cast<double>(calls) / spent;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// One authority with services and people, and an application of each of them.
struct World {
  Instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{5}};
  TrustStore trust;
  Issued person;
  std::string content = std::string(2000, 'x');
  struct Application {
    std::string cms;
    Evidence evidence;
  };
  std::vector<Application> applications;

  explicit World(std::string const& algorithm);
  bool verify(std::size_t i) const {
    auto const& one = applications[i % applications.size()];
    return verify_cms(one.cms, content, trust, {}, now, now, one.evidence).passed();
  }
};

CertificateSpec spec_of(Instant now, std::string name, std::string const& algorithm) {
  CertificateSpec spec;
  spec.subject = {{.type = "CN", .value = std::move(name)}};
  spec.from = now - days{100};
  spec.until = now + days{1000};
  spec.algorithm = algorithm;
  return spec;
}

World::World(std::string const& algorithm) {
  auto authority = spec_of(now, "BENCH TEST", algorithm);
  authority.key_usage = "critical,keyCertSign,cRLSign";
  authority.basic_constraints = "critical,CA:TRUE";
  authority.key_bits = 4096;  // as the national authority
  auto const root = issue_root(authority);
  authority.subject[0].value = "BENCH CA TEST";
  auto const ca = issue(authority, root);
  auto responder = spec_of(now, "OCSP", algorithm);
  responder.key_usage = "critical,digitalSignature";
  responder.extended_key_usage = "1.3.6.1.5.5.7.3.9";
  responder.ocsp_nocheck = true;
  auto const ocsp = issue(responder, ca);
  responder.subject[0].value = "TSA";
  responder.extended_key_usage = "critical,1.3.6.1.5.5.7.3.8";
  responder.ocsp_nocheck = false;
  auto const tsa = issue(responder, ca);
  trust = {.certificates = {root.certificate, ca.certificate},
           .partial_chain = false,
           .cache = make_trust_cache()};
  auto const service = [&](Issued const& key) {
    return Responder{
        .p12 = to_p12(key, "bench", {}), .password = "bench", .issuer = ca.certificate};
  };
  auto citizen = spec_of(now, "BENCH PERSON", algorithm);
  citizen.subject.push_back(
      {.type = "serialNumber", .value = "IIN850315300019", .printable = true});
  citizen.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1";
  citizen.key = make_keys(1, algorithm).front();
  for (std::size_t i = 0; i < k_people; ++i) {
    citizen.serial_hex = "5A" + std::to_string(100000 + i);
    person = issue(citizen, ca);
    auto const cms = sign_cms(*signing_key(person), content, {.at = now});
    auto const stamp = tsp_question_for(*cms);
    auto const stamped =
        with_timestamp(*cms, *tsp_token(*answer_tsp(service(tsa), stamp->request, now), *stamp));
    auto const question = ocsp_question(*stamped, trust);
    auto const answer = answer_ocsp(
        service(ocsp), question->request, [](std::string const&) { return CertificateStatus{}; },
        now);
    applications.push_back(
        {.cms = *stamped,
         .evidence = {.ocsp = {*answer}, .crls = {}, .ocsp_nonce = question->nonce}});
  }
}

struct Target {
  char const* what;
  double reached, wanted;
  bool at_most = false;
  bool met() const { return at_most ? reached <= wanted : reached >= wanted; }
};

/// The primitive of one family, over 200 bytes as signed attributes have.
struct Primitive {
  std::string bytes = std::string(200, 'a'), signature, key_info;
  Suite const* suite;
  KeyPtr key;

  explicit Primitive(World const& world) {
    auto const certificate = Certificate::read(world.person.certificate);
    suite = signing_suite(*certificate);
    key_info = to_der(certificate->key(), i2d_PUBKEY);
    key = read_public_key(key_info);
    signature = *signing_key(world.person)->sign(bytes);
  }
  bool verify() const { return verify_signature(*suite, key.get(), bytes, signature); }
  /// With a key that was never seen before, as people's are.
  bool verify_anew() const {
    return verify_signature(*suite, read_public_key(key_info).get(), bytes, signature);
  }
};

std::vector<Target> measure_rsa(double seconds) {
  World const world{"RSA"};
  Primitive const primitive{world};
  std::vector<double> ours, theirs, ratios, whole;
  for (int round = 0; round < k_rounds; ++round) {
    ours.push_back(rate(seconds, [&](std::size_t) { return primitive.verify(); }));
    theirs.push_back(openssl_speed(std::max(1, static_cast<int>(seconds))).value_or(0));
    ratios.push_back(theirs.back() > 0 ? ours.back() / theirs.back() : 0);
    whole.push_back(rate(seconds, [&](std::size_t i) { return world.verify(i); }));
  }
  std::printf("RSA-2048 verification      %8.0f /s   openssl speed %8.0f /s\n", median(ours),
              median(theirs));
  std::printf("whole application, RSA     %8.0f /s   %.0f us\n", median(whole),
              1e6 / median(whole));
  return {{"RSA primitive : openssl speed", median(ratios), 0.95},
          {"applications with RSA per second and core", median(whole), 5000}};
}

std::vector<Target> measure_gost(double seconds) {
  World const world{k_gost_2015};
  Primitive const primitive{world};
  GostEngine const engine{primitive.key.get()};
  auto const hash = digest(primitive.suite->md, primitive.bytes);
  std::vector<double> ours, known, theirs, ratios, whole, times;
  for (int round = 0; round < k_rounds; ++round) {
    ours.push_back(rate(seconds, [&](std::size_t) { return primitive.verify_anew(); }));
    known.push_back(rate(seconds, [&](std::size_t) { return primitive.verify(); }));
    theirs.push_back(!engine.ready() ? 0 : rate(seconds, [&](std::size_t) {
      return engine.verify(hash, primitive.signature);
    }));
    ratios.push_back(theirs.back() > 0 ? ours.back() / theirs.back() : 0);
    whole.push_back(rate(seconds, [&](std::size_t i) { return world.verify(i); }));
    times.push_back(ours.back() / whole.back());
  }
  std::printf("GOST2015-512 verification  %8.0f /s   GOST engine   %8.0f /s\n", median(ours),
              median(theirs));
  std::printf("        with a known key   %8.0f /s\n", median(known));
  std::printf("whole application, GOST    %8.0f /s   %.0f us\n", median(whole),
              1e6 / median(whole));
  return {{"GOST-512 verification : GOST engine", median(ratios), 0.95},
          {"verifications that a GOST application costs", median(times), 4.5, true}};
}

/// Comparisons want one core for both sides.
void stay_on_one_core() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(sched_getcpu(), &set);
  sched_setaffinity(0, sizeof set, &set);
}

int run(double seconds) {
  stay_on_one_core();
  auto targets = measure_rsa(seconds);
  for (auto const& target : measure_gost(seconds)) targets.push_back(target);
  bool all = true;
  for (auto const& target : targets) {
    std::printf("%s %-44s %9.2f, wanted %s %.2f\n", target.met() ? "ok    " : "not ok", target.what,
                target.reached, target.at_most ? "at most" : "at least", target.wanted);
    all = all && target.met();
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace qyzmet::bench

int main(int count, char** arguments) {
  double const seconds = count > 1 ? std::atof(arguments[1]) : 1.0;
  return qyzmet::bench::run(seconds > 0 ? seconds : 1.0);
}
