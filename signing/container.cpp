#include "signing/container.hpp"

#include <algorithm>
#include <set>

#include "signing/algorithms.hpp"
#include "signing/archive.hpp"
#include "signing/checks.hpp"
#include "signing/judgement.hpp"
#include "signing/xml_document.hpp"
#include "signing/xml_profile.hpp"

namespace qyzmet::signing {
namespace {

constexpr std::string_view k_folder = "META-INF/";
constexpr std::string_view k_manifest = "META-INF/NCAManifest.xml";

struct DataObject {
  std::string name, digest_oid, digest;
};
struct Manifest {
  std::vector<std::string> signatures;
  std::vector<DataObject> objects;
};

std::optional<DataObject> read_object(xmlNode const* node) {
  auto const name = xml::attribute(node, "URI");
  auto const parts = xml::only_elements(node);
  if (!name || !parts || parts->size() != 2 || !xml::is(parts->at(0), "", "DigestMethod") ||
      !xml::is(parts->at(1), "", "DigestValue"))
    return std::nullopt;
  auto const algorithm = xml::attribute(parts->at(0), "Algorithm");
  auto const value = xml::text(parts->at(1));
  auto const digest = value ? decode_base64(*value) : std::nullopt;
  if (!algorithm || !digest) return std::nullopt;
  return DataObject{
      .name = *name, .digest_oid = std::string{xml::digest_oid_of(*algorithm)}, .digest = *digest};
}

std::optional<Manifest> read_manifest(std::string_view bytes) {
  auto const document = xml::parse(bytes);
  auto const* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  if (root == nullptr || !xml::is(root, "", "NCAManifest")) return std::nullopt;
  auto const children = xml::only_elements(root);
  if (!children) return std::nullopt;
  Manifest manifest;
  for (auto const* node : *children) {
    if (xml::is(node, "", "SigReference")) {
      auto const name = xml::attribute(node, "URI");
      if (!name) return std::nullopt;
      manifest.signatures.push_back(*name);
    } else if (xml::is(node, "", "DataObjectReference")) {
      auto object = read_object(node);
      if (!object) return std::nullopt;
      manifest.objects.push_back(std::move(*object));
    } else {
      return std::nullopt;
    }
  }
  return manifest;
}

/// Each file once in the manifest, and each entry of it a file.
bool lists_all(Manifest const& manifest, Files const& files) {
  std::set<std::string_view> listed{k_manifest};
  for (auto const& name : manifest.signatures)
    if (!name.starts_with(k_folder) || !listed.insert(name).second) return false;
  for (auto const& object : manifest.objects)
    if (object.name.starts_with(k_folder) || !listed.insert(object.name).second) return false;
  return listed.size() == files.size() &&
         std::ranges::all_of(listed, [&](auto name) { return files.contains(name); });
}

/// The container alone; its signatures are judged when this holds.
class Reader {
 public:
  Reader(Checks& checks, ContainerReport& report) : checks_(checks), report_(report) {}

  bool read(std::string_view zip) {
    auto files = read_archive(zip);
    if (!checks_.note("container", "format", files ? std::nullopt : Fault{files.error()},
                      consequence::k_format))
      return false;
    files_ = std::move(*files);
    auto const manifest =
        files_.contains(k_manifest) ? read_manifest(files_.find(k_manifest)->second) : std::nullopt;
    if (!checks_.note("manifest", "format",
                      fault_unless(manifest.has_value(), "signature.container"),
                      consequence::k_format))
      return false;
    manifest_ = *manifest;
    return has_listed_files() && has_digests() && has_signatures();
  }

  std::string const& manifest() const { return files_.find(k_manifest)->second; }
  std::vector<std::string> signatures() const {
    std::vector<std::string> all;
    for (auto const& name : manifest_.signatures) all.push_back(files_.at(name));
    return all;
  }

 private:
  bool has_listed_files() {
    return checks_.note("manifest_complete", "format",
                        fault_unless(lists_all(manifest_, files_), "signature.container_files"),
                        consequence::k_format);
  }
  bool has_digests() {
    bool known = true, same = true;
    for (auto const& object : manifest_.objects) {
      auto const digest = digest_by_oid(object.digest_oid, files_.at(object.name));
      known = known && digest && object.digest_oid != oids::k_sha1;
      same = same && digest == object.digest;
      report_.files.push_back(object.name);
    }
    return checks_.note("file_algorithm", "policy", fault_unless(known, "signature.weak_algorithm"),
                        consequence::k_algorithm) &&
           checks_.note("file_digest", "crypto", fault_unless(same, "signature.altered"),
                        consequence::k_hash);
  }
  bool has_signatures() {
    Fault fault;
    if (manifest_.signatures.empty()) fault = "signature.no_signer";
    if (manifest_.signatures.size() > k_container_signatures_max) fault = "signature.too_large";
    return checks_.note("signatures", "format", fault, consequence::k_format);
  }

  Checks& checks_;
  ContainerReport& report_;
  Files files_;
  Manifest manifest_;
};

int rank(Indication indication) {
  return indication == Indication::total_failed ? 2 : indication == Indication::indeterminate;
}

}  // namespace

bool is_container(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04");
}

ContainerReport verify_container(std::string_view zip, TrustStore const& trust,
                                 Policy const& policy, Instant at, Instant received_at,
                                 Evidence const& evidence) {
  ContainerReport report;
  Checks checks{report.whole};
  Reader reader{checks, report};
  if (!reader.read(zip)) return report;
  report.whole.content = reader.manifest();
  for (auto const& cms : reader.signatures())
    for (auto& one :
         verify_each_signer(cms, reader.manifest(), trust, policy, at, received_at, evidence))
      report.signatures.push_back(std::move(one));
  auto const& worst = *std::ranges::max_element(
      report.signatures, {}, [](Report const& one) { return rank(one.indication); });
  report.whole.indication = worst.indication;
  report.whole.sub_indication = worst.sub_indication;
  report.whole.level = worst.level;
  return report;
}

}  // namespace qyzmet::signing
