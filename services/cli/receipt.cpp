// `qyzmet receipt verify`: whether the QR code of a document, or the proof that an event stands in
// the log, is what the office has signed. Nothing is asked of any server.
//
//   {"valid": true, "kind": "stamp", "document": {...}}                the QR code of a document
//   {"valid": true, "kind": "proof", "index": 7, "size": 9, "event": {...}}  a proof of the log
//   {"valid": false, "reason": "format|key|signature|inclusion|document"}
#include <boost/json.hpp>
#include <cstdio>

#include "services/cli/options.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/file.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/stamp.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet receipt verify --log-key KEY (--file FILE | TEXT) [--document FILE]";

json::object refused(std::string_view reason) {
  return {{"valid", false}, {"reason", reason}};
}

json::object stamp_json(std::string_view text, ledger::NoteKey const& key) {
  auto const [fault, stamp] = ledger::verify_stamp(text, key);
  switch (fault) {
    case ledger::StampFault::format:
      return refused("format");
    case ledger::StampFault::key:
      return refused("key");
    case ledger::StampFault::signature:
      return refused("signature");
    case ledger::StampFault::none:
      break;
  }
  return {{"valid", true},
          {"kind", "stamp"},
          {"document",
           {{"service", stamp.service},
            {"document", stamp.document},
            {"number", stamp.number},
            {"date", stamp.date},
            {"person", stamp.person},
            {"office", stamp.office}}}};
}

json::object proof_json(std::optional<ledger::Proof> const& proof, ledger::NoteKey const& key,
                        std::string const& document) {
  if (!proof) return refused("format");
  auto const [fault, checkpoint] = ledger::verify_proof(*proof, key);
  switch (fault) {
    case ledger::ProofFault::format:
      return refused("format");
    case ledger::ProofFault::signature:
      return refused("signature");
    case ledger::ProofFault::inclusion:
      return refused("inclusion");
    case ledger::ProofFault::none:
      break;
  }
  json::error_code error;
  auto event = json::parse(proof->record, error);
  if (error) return refused("format");
  auto const named = R"("sha256":")" + platform::sha256_hex(document) + '"';
  if (!document.empty() && !proof->record.contains(named)) return refused("document");
  return {{"valid", true},
          {"kind", "proof"},
          {"index", proof->index},
          {"size", checkpoint.head.size},
          {"event", std::move(event)}};
}

}  // namespace

int run_receipt_verify(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--log-key", "--file", "--document"}, {});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const file = options->get("--file");
  auto const key = ledger::parse_note_key(options->get("--log-key"));
  if (!key || options->words().size() != (file.empty() ? 1U : 0U)) return wrong_use(k_usage);
  auto const found = file.empty() ? std::optional{options->words().front()}
                                  : platform::find_file(file, ledger::k_proof_bytes_max);
  if (!found) return wrong_use("cannot read " + file);
  std::string document;
  if (auto const name = options->get("--document"); !name.empty()) {
    auto bytes = platform::find_file(name);
    if (!bytes || bytes->empty()) return wrong_use("cannot read " + name);
    document = std::move(*bytes);
  }
  std::string_view text = *found;
  bool const is_code =
      text.starts_with(ledger::k_stamp_prefix) || text.starts_with(ledger::k_proof_prefix);
  while (is_code && (text.ends_with('\n') || text.ends_with('\r'))) text.remove_suffix(1);
  auto const out = text.starts_with(ledger::k_stamp_prefix) ? stamp_json(text, *key)
                   : is_code ? proof_json(ledger::parse_compact(text), *key, document)
                             : proof_json(ledger::parse_proof(text), *key, document);
  std::puts(json::serialize(out).c_str());
  return out.at("valid").as_bool() ? 0 : 1;
}

}  // namespace qyzmet::cli
