#include "services/casework/evidence_file.hpp"

#include <boost/json.hpp>

#include "services/casework/confirmation.hpp"
#include "services/platform/encoding.hpp"
#include "signing/pdf.hpp"
#include "signing/signer.hpp"
#include "signing/tsp.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

std::unexpected<Error> malformed() {
  return fail(ErrorCode::invalid, "signature.evidence_file");
}

json::array encode_list(std::vector<std::string> const& list) {
  json::array out;
  for (auto const& each : list) out.emplace_back(platform::to_base64(each));
  return out;
}

json::object material_json(Material const& material) {
  return {{"certificates", encode_list(material.certificates)},
          {"ocsp", encode_list(material.ocsp)},
          {"timestamps", encode_list(material.timestamps)}};
}

/// Reads members, and remembers whether one was missing or wrong.
class Members {
 public:
  explicit Members(json::value const& value) : object_(value.if_object()) {
    if (object_ == nullptr) sound_ = false;
  }

  std::string text(std::string_view name) {
    auto const* value = find(name);
    if (value != nullptr && value->is_string()) return std::string{value->get_string()};
    sound_ = false;
    return {};
  }
  std::string bytes(std::string_view name) { return decoded(text(name)); }
  std::vector<std::string> list(std::string_view name) {
    std::vector<std::string> out;
    for (auto const& each : array(name)) {
      sound_ = sound_ && each.is_string();
      if (each.is_string()) out.push_back(decoded(each.get_string()));
    }
    return out;
  }
  json::array const& array(std::string_view name) {
    static json::array const none;
    auto const* value = find(name);
    if (value != nullptr && value->is_array()) return value->get_array();
    sound_ = false;
    return none;
  }
  json::value const& value(std::string_view name) {
    static json::value const none;
    auto const* found = find(name);
    sound_ = sound_ && found != nullptr;
    return found == nullptr ? none : *found;
  }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  bool sound() const { return sound_; }

 private:
  json::value const* find(std::string_view name) const {
    return object_ == nullptr ? nullptr : object_->if_contains(name);
  }
  std::string decoded(std::string_view text) {
    auto out = platform::from_base64(text);
    sound_ = sound_ && out.has_value();
    return out.value_or("");
  }

  json::object const* object_;
  bool sound_ = true;
};

std::optional<json::value> parse(std::string_view text) {
  json::error_code error;
  auto value = json::parse(text, error);
  if (error) return std::nullopt;
  return value;
}

std::optional<Material> material_of(json::value const& value) {
  Members members{value};
  Material out{.certificates = members.list("certificates"), .ocsp = members.list("ocsp")};
  // What was archived before there were any has none.
  if (members.has("timestamps")) out.timestamps = members.list("timestamps");
  if (!members.sound()) return std::nullopt;
  return out;
}

std::optional<ArchivedSignature> signature_of(json::value const& value) {
  Members members{value};
  ArchivedSignature out{.digest = members.text("digest"),
                        .method = members.text("method"),
                        .cms = members.bytes("cms"),
                        .verdict = members.text("verdict"),
                        .record = members.bytes("record"),
                        .issuers = members.list("issuers"),
                        .sha256 = {},
                        .name = {},
                        .media_type = {},
                        .content = {}};
  auto material = material_of(value);
  Members document{members.value("document")};
  out.sha256 = document.text("sha256");
  out.name = document.text("name");
  out.media_type = document.text("media_type");
  out.content = document.bytes("content");
  if (!material || !members.sound() || !document.sound()) return std::nullopt;
  out.material = std::move(*material);
  return out;
}

signing::Report refused(std::string_view sub_indication, std::string check, std::string reason) {
  signing::Report report;
  report.indication = sub_indication == "HASH_FAILURE" ? signing::Indication::total_failed
                                                       : signing::Indication::indeterminate;
  report.sub_indication = sub_indication;
  report.checks.push_back(
      {.name = std::move(check), .layer = "time", .passed = false, .reason = std::move(reason)});
  return report;
}

/// The seal over the record of a one-time password, and what it says of the document.
signing::Report judge_confirmation(ArchivedSignature const& signature,
                                   signing::TrustStore const& trust, signing::Policy policy,
                                   Instant proven, signing::Evidence const& evidence) {
  policy.role = signing::Role::provider_seal;
  auto report =
      signing::verify_cms(signature.cms, std::nullopt, trust, policy, proven, proven, evidence);
  if (report.passed() && !confirms(report.content, signature.sha256))
    return refused("HASH_FAILURE", "content", "signature.other_document");
  return report;
}

std::string stamped(ArchivedSignature const& signature) {
  if (signature.material.timestamps.empty()) return signature.cms;
  return signing::with_timestamp(signature.cms, signature.material.timestamps.front())
      .value_or(signature.cms);
}

signing::Report judge(ArchivedSignature const& signature, signing::TrustStore const& trust,
                      signing::Policy policy, Instant proven) {
  if (signature.method == "seal") policy.role = signing::Role::provider_seal;
  signing::Evidence const evidence{
      .ocsp = signature.material.ocsp, .crls = {}, .ocsp_nonce = {}, .lists = {}};
  if (signature.method == "otp")
    return judge_confirmation(signature, trust, policy, proven, evidence);
  auto const inside = signing::bytes_to_sign(signature.content);
  auto const cms = stamped(signature);
  auto report = signing::verify_cms_over(cms, inside, trust, policy, proven, proven, evidence);
  if (report.sub_indication == "HASH_FAILURE" && inside != signature.content)
    report =
        signing::verify_cms_over(cms, signature.content, trust, policy, proven, proven, evidence);
  return report;
}

}  // namespace

std::string to_json(Material const& material) {
  return json::serialize(material_json(material));
}

std::optional<Material> read_material(std::string_view text) {
  auto const value = parse(text);
  return value ? material_of(*value) : std::nullopt;
}

std::vector<std::string> ArchivedSignature::objects() const {
  std::vector<std::string> out{content, cms, verdict};
  out.insert(out.end(), material.certificates.begin(), material.certificates.end());
  out.insert(out.end(), material.ocsp.begin(), material.ocsp.end());
  out.insert(out.end(), material.timestamps.begin(), material.timestamps.end());
  return out;
}

std::string to_json(EvidenceFile const& file) {
  json::array signatures;
  for (auto const& each : file.signatures) {
    auto one = material_json(each.material);
    one["digest"] = each.digest;
    one["method"] = each.method;
    one["cms"] = platform::to_base64(each.cms);
    one["verdict"] = each.verdict;
    one["record"] = platform::to_base64(each.record);
    one["issuers"] = encode_list(each.issuers);
    one["document"] = json::object{{"sha256", each.sha256},
                                   {"name", each.name},
                                   {"media_type", each.media_type},
                                   {"content", platform::to_base64(each.content)}};
    signatures.push_back(std::move(one));
  }
  return json::serialize(json::object{
      {"format", k_evidence_format}, {"case", file.number}, {"signatures", std::move(signatures)}});
}

bool is_evidence_file(std::string_view bytes) {
  auto const begin = bytes.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && bytes[begin] == '{';
}

Result<EvidenceFile> read_evidence_file(std::string_view bytes) {
  if (bytes.size() > k_evidence_file_bytes_max) return malformed();
  auto const value = parse(bytes);
  if (!value) return malformed();
  Members members{*value};
  if (members.text("format") != k_evidence_format) return malformed();
  EvidenceFile out{.number = members.text("case"), .signatures = {}};
  for (auto const& each : members.array("signatures")) {
    auto signature = signature_of(each);
    if (!signature) return malformed();
    out.signatures.push_back(std::move(*signature));
  }
  if (!members.sound()) return malformed();
  return out;
}

ArchivedVerdict verify_archived(ArchivedSignature const& signature, signing::TrustStore trust,
                                signing::Policy const& policy, Instant at) {
  if (platform::sha256_hex(signature.content) != signature.sha256)
    return {.report = refused("HASH_FAILURE", "content", "signature.altered"), .proof = {}};
  // Of the file's certificates only intermediates count, and none where all would be anchors.
  for (auto const* list : {&signature.material.certificates, &signature.issuers})
    for (auto const& certificate : *list)
      if (!trust.partial_chain && !signing::is_self_signed(certificate))
        trust.certificates.push_back(certificate);
  auto const proof =
      signing::verify_record(signature.record, signature.objects(), trust, policy, at);
  if (!proof)
    return {.report = refused("NO_POE", "archive_timestamp", proof.error().text), .proof = {}};
  ArchivedVerdict out{.report = judge(signature, trust, policy, proof->since), .proof = *proof};
  out.report.checks.push_back(
      {.name = "archive_timestamp", .layer = "time", .passed = true, .reason = {}});
  return out;
}

}  // namespace qyzmet::casework
