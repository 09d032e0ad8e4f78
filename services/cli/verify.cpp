// `qyzmet verify`: the verdict on a signature (CMS, XML, WS-Security, inside a PDF, ZIP of the
// national tools, timestamp) or on all those of a case's evidence file, as text or JSON. Nothing is
// fetched: certificates and revocation data are what the options name.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <map>

#include "services/casework/evidence_file.hpp"
#include "services/cli/options.hpp"
#include "services/cli/trust.hpp"
#include "services/cli/verdict.hpp"
#include "services/platform/file.hpp"
#include "signing/container.hpp"
#include "signing/pdf.hpp"
#include "signing/verify.hpp"
#include "signing/xml.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet verify --signature FILE [--content FILE] [--trust DIR] [--at TIME] "
    "[--received-at TIME] [--role individual|official|provider_seal|any] "
    "[--policy national|generic] [--profile production|test] [--ocsp FILE]... [--crl FILE]... "
    "[--iin IIN] [--allow-basic] [--partial-chain] [--language kk|ru|en] [--json]";

std::expected<std::string, std::string> read_file(fs::path const& path) {
  auto bytes = platform::find_file(path);
  if (!bytes) return std::unexpected("cannot read " + path.string());
  return std::move(*bytes);
}

/// YYYY-MM-DD, or with THH:MM[:SS] behind: UTC with Z, otherwise local time (UTC+5).
std::optional<Instant> parse_time(std::string_view text) {
  bool const utc = text.ends_with('Z');
  if (utc) text.remove_suffix(1);
  auto const day = parse_date(text.substr(0, 10));
  if (!day) return std::nullopt;
  auto const midnight = utc ? start_of(*day) + k_legal_offset : start_of(*day);
  auto const clock = text.substr(10);
  if (clock.empty()) return midnight;
  int parts[3] = {0, 0, 0};
  if ((clock.size() != 6 && clock.size() != 9) || clock[0] != 'T') return std::nullopt;
  for (std::size_t i = 0; 3 * i + 1 < clock.size(); ++i) {
    auto const* at = clock.data() + 3 * i + 1;
    if (i > 0 && at[-1] != ':') return std::nullopt;
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return std::nullopt;
    parts[i] = (at[0] - '0') * 10 + at[1] - '0';
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  return midnight + std::chrono::hours{parts[0]} + std::chrono::minutes{parts[1]} +
         std::chrono::seconds{parts[2]};
}

struct Job {
  std::string cms;
  std::optional<std::string> content;
  signing::TrustStore trust;
  signing::Policy policy;
  signing::Evidence evidence;
  Instant at, received_at;
};

std::expected<void, std::string> read_policy(Options const& options, signing::Policy& policy) {
  std::map<std::string, signing::Role, std::less<>> const roles{
      {"individual", signing::Role::individual},
      {"official", signing::Role::official},
      {"provider_seal", signing::Role::provider_seal},
      {"any", signing::Role::any}};
  auto const role = roles.find(options.get("--role", "any"));
  auto const kind = options.get("--policy", "national");
  auto const profile = options.get("--profile", "production");
  if (role == roles.end()) return std::unexpected("unknown role");
  if (kind != "national" && kind != "generic") return std::unexpected("unknown policy");
  if (profile != "production" && profile != "test") return std::unexpected("unknown profile");
  policy.role = role->second;
  policy.national = kind == "national";
  policy.test_persons = profile == "test";
  policy.allow_basic = options.has("--allow-basic");
  policy.expected_iin = options.get("--iin");
  return {};
}

std::expected<void, std::string> read_times(Options const& options, Job& job) {
  auto const now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  auto const read = [&](std::string_view name, Instant otherwise) -> std::optional<Instant> {
    auto const text = options.get(name);
    return text.empty() ? otherwise : parse_time(text);
  };
  auto const at = read("--at", now);
  auto const received_at = read("--received-at", at.value_or(now));
  if (!at || !received_at) return std::unexpected("a time is YYYY-MM-DDTHH:MM, with Z for UTC");
  job.at = *at;
  job.received_at = *received_at;
  return {};
}

std::expected<void, std::string> read_files(Options const& options, std::string_view name,
                                            std::vector<std::string>& to) {
  for (auto const& path : options.all(name)) {
    auto bytes = read_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    to.push_back(std::move(*bytes));
  }
  return {};
}

std::expected<Job, std::string> read_job(Options const& options) {
  Job job;
  auto cms = read_file(options.get("--signature"));
  if (!cms) return std::unexpected(cms.error());
  job.cms = std::move(*cms);
  if (auto const path = options.get("--content"); !path.empty()) {
    auto content = read_file(path);
    if (!content) return std::unexpected(content.error());
    job.content = std::move(*content);
  }
  auto trust = read_trust(options.get("--trust"));
  if (!trust) return std::unexpected(trust.error());
  job.trust = std::move(*trust);
  job.trust.partial_chain = options.has("--partial-chain");
  for (auto const& done : {read_policy(options, job.policy), read_times(options, job),
                           read_files(options, "--ocsp", job.evidence.ocsp),
                           read_files(options, "--crl", job.evidence.crls)})
    if (!done) return std::unexpected(done.error());
  return job;
}

Verdict verify_container(Job const& job) {
  auto report = signing::verify_container(job.cms, job.trust, job.policy, job.at, job.received_at,
                                          job.evidence);
  return {.carrier = "zip",
          .whole = std::move(report.whole),
          .signatures = std::move(report.signatures),
          .files = std::move(report.files)};
}

Verdict verify(Job const& job) {
  if (signing::is_container(job.cms)) return verify_container(job);
  if (signing::is_pdf(job.cms) && !job.content)
    return {.carrier = "pdf",
            .whole = signing::verify_pdf(job.cms, job.trust, job.policy, job.at, job.received_at,
                                         job.evidence)};
  std::optional<std::string_view> content;
  if (job.content) content = *job.content;
  if (signing::is_token(job.cms))
    return {.carrier = "timestamp",
            .whole = signing::verify_token(job.cms, content, job.trust, job.policy, job.at,
                                           job.evidence)};
  if (signing::is_xml(job.cms)) {
    bool const soap = signing::is_soap(job.cms);
    auto const function = soap ? signing::verify_soap : signing::verify_xml;
    return {
        .carrier = soap ? "soap" : "xml",
        .whole = function(job.cms, job.trust, job.policy, job.at, job.received_at, job.evidence)};
  }
  return {.carrier = "cms",
          .whole = signing::verify_cms(job.cms, content, job.trust, job.policy, job.at,
                                       job.received_at, job.evidence)};
}

json::object archived_json(casework::ArchivedSignature const& signature,
                           casework::ArchivedVerdict const& verdict) {
  auto out = to_json({.carrier = "cms", .whole = verdict.report});
  out["digest"] = signature.digest;
  out["method"] = signature.method;
  out["document"] = signature.name;
  out["sha256"] = signature.sha256;
  if (verdict.proof) {
    out["proven_since"] = to_iso(verdict.proof->since);
    out["proven_until"] = to_iso(verdict.proof->until);
    out["archive_timestamps"] = verdict.proof->timestamps;
  }
  return out;
}

/// All signatures of a case, from its evidence file alone.
int verify_evidence(Job const& job, bool as_json, std::string const& language) {
  auto const file = casework::read_evidence_file(job.cms);
  if (!file) return wrong_use("the evidence file cannot be read");
  bool passed = !file->signatures.empty();
  json::array signatures;
  std::string text;
  for (auto const& signature : file->signatures) {
    auto const verdict = casework::verify_archived(signature, job.trust, job.policy, job.at);
    passed = passed && verdict.report.passed();
    if (as_json) {
      signatures.push_back(archived_json(signature, verdict));
    } else {
      text += signature.name + " (" + signature.sha256 + ")\n" +
              to_text({.carrier = "cms", .whole = verdict.report}, language) + "\n";
    }
  }
  if (as_json)
    text = json::serialize(json::object{
               {"case", file->number}, {"passed", passed}, {"signatures", std::move(signatures)}}) +
           "\n";
  std::fputs(text.c_str(), stdout);
  return passed ? 0 : 1;
}

}  // namespace

int run_verify(Arguments arguments) {
  auto const options =
      Options::parse(arguments,
                     {"--signature", "--content", "--trust", "--at", "--received-at", "--role",
                      "--policy", "--profile", "--ocsp", "--crl", "--iin", "--language"},
                     {"--allow-basic", "--partial-chain", "--json"});
  if (!options) return wrong_use(options.error());
  if (options->get("--signature").empty() || !options->words().empty()) return wrong_use(k_usage);
  auto const language = options->get("--language", "en");
  if (language != "kk" && language != "ru" && language != "en")
    return wrong_use("a language is kk, ru or en");
  auto const job = read_job(*options);
  if (!job) return wrong_use(job.error());
  bool const as_json = options->has("--json");
  if (casework::is_evidence_file(job->cms)) return verify_evidence(*job, as_json, language);
  auto const verdict = verify(*job);
  auto const text = as_json ? json::serialize(to_json(verdict)) + "\n" : to_text(verdict, language);
  std::fputs(text.c_str(), stdout);
  return verdict.whole.passed() ? 0 : 1;
}

}  // namespace qyzmet::cli
