#include "signing/ledger/proof.hpp"

#include <algorithm>

#include "signing/ledger/cbor.hpp"
#include "signing/ledger/text.hpp"

namespace qyzmet::ledger {

namespace {

constexpr std::string_view k_first_line = "c2sp.org/tlog-proof@v1\n";
constexpr std::uint64_t k_compact_items = 6;
constexpr std::size_t k_key_id_bytes = 4;
constexpr std::size_t k_signature_bytes = 64;

std::optional<std::string_view> take_line(std::string_view& text) {
  auto const end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  auto const line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::string_view> after(std::optional<std::string_view> line, std::string_view word) {
  if (!line || !line->starts_with(word)) return std::nullopt;
  return line->substr(word.size());
}

}  // namespace

std::optional<Proof> parse_proof(std::string_view text) {
  if (text.size() > k_proof_bytes_max || !text.starts_with(k_first_line)) return std::nullopt;
  text.remove_prefix(k_first_line.size());
  Proof proof;
  auto line = take_line(text);
  if (auto const extra = after(line, "extra ")) {
    auto record = from_base64(*extra);
    if (!record || record->empty() || record->size() > k_record_bytes_max) return std::nullopt;
    proof.record = std::move(*record);
    line = take_line(text);
  }
  auto const digits = after(line, "index ");
  auto const index = digits ? parse_number(*digits) : std::nullopt;
  if (!index) return std::nullopt;
  proof.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    auto const bytes = from_base64(*line);
    auto const hash = bytes ? to_hash(*bytes) : std::nullopt;
    if (!hash || proof.hashes.size() == k_proof_hashes_max) return std::nullopt;
    proof.hashes.push_back(*hash);
  }
  if (!line || !parse_note(text)) return std::nullopt;
  proof.checkpoint = text;
  return proof;
}

std::string to_text(Proof const& proof) {
  std::string out{k_first_line};
  if (!proof.record.empty()) out += "extra " + to_base64(proof.record) + "\n";
  out += "index " + std::to_string(proof.index) + "\n";
  for (auto const& hash : proof.hashes) out += to_base64(bytes_of(hash)) + "\n";
  return out + "\n" + proof.checkpoint;
}

std::string entry_of(std::string_view record) {
  return std::string{bytes_of(sha256(record))};
}

ProofVerdict verify_proof(Proof const& proof, NoteKey const& log) {
  auto const note = parse_note(proof.checkpoint);
  auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint || proof.record.empty()) return {.fault = ProofFault::format};
  bool const is_ours = checkpoint->origin == log.name &&
                       std::ranges::any_of(note->signatures, [&](NoteSignature const& each) {
                         return each.name == log.name && each.key_id == log.id();
                       });
  auto const root = root_by_inclusion(leaf_hash(entry_of(proof.record)), proof.index,
                                      checkpoint->head.size, proof.hashes);
  bool const is_inside = root == checkpoint->head.root;
  return {.fault = !is_ours                   ? ProofFault::key
                   : !verify_note(*note, log) ? ProofFault::signature
                   : !is_inside               ? ProofFault::inclusion
                                              : ProofFault::none,
          .checkpoint = std::move(*checkpoint)};
}

std::optional<std::string> compact(Proof const& proof, NoteKey const& log) {
  auto const note = parse_note(proof.checkpoint);
  auto const verdict = verify_proof(proof, log);
  if (verdict.fault != ProofFault::none || !verdict.checkpoint.more.empty()) return std::nullopt;
  std::string value;
  for (auto const& signature : note->signatures)
    if (signature.name == log.name && signature.key_id == log.id())
      value = signature.key_id + signature.value;
  using cbor::Kind;
  auto out = cbor::head(Kind::array, k_compact_items) + cbor::text(verdict.checkpoint.origin) +
             cbor::number(verdict.checkpoint.head.size) + cbor::bytes(value) +
             cbor::number(proof.index) + cbor::head(Kind::array, proof.hashes.size());
  for (auto const& hash : proof.hashes) out += cbor::bytes(bytes_of(hash));
  return std::string{k_proof_prefix} + to_base45(out + cbor::text(proof.record));
}

std::optional<Proof> parse_compact(std::string_view text) {
  if (text.size() > k_proof_bytes_max || !text.starts_with(k_proof_prefix)) return std::nullopt;
  auto const bytes = from_base45(text.substr(k_proof_prefix.size()));
  if (!bytes) return std::nullopt;
  using cbor::Kind;
  cbor::Reader reader{*bytes};
  if (reader.head(Kind::array) != k_compact_items) return std::nullopt;
  Checkpoint checkpoint;
  checkpoint.origin = reader.text();
  checkpoint.head.size = reader.head(Kind::number);
  auto const signature = reader.bytes();
  Proof proof;
  proof.index = reader.head(Kind::number);
  auto const count = reader.head(Kind::array);
  if (count > k_proof_hashes_max) return std::nullopt;
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
    auto const hash = to_hash(reader.bytes());
    if (!hash) return std::nullopt;
    proof.hashes.push_back(*hash);
  }
  proof.record = reader.text();
  if (!reader.done() || proof.record.empty() || proof.record.size() > k_record_bytes_max ||
      signature.size() != k_key_id_bytes + k_signature_bytes || !is_note_name(checkpoint.origin) ||
      checkpoint.head.size > k_size_max)
    return std::nullopt;
  auto const root = root_by_inclusion(leaf_hash(entry_of(proof.record)), proof.index,
                                      checkpoint.head.size, proof.hashes);
  if (!root) return std::nullopt;
  checkpoint.head.root = *root;
  proof.checkpoint = to_text(Note{.text = to_text(checkpoint),
                                  .signatures = {{.name = checkpoint.origin,
                                                  .key_id = signature.substr(0, k_key_id_bytes),
                                                  .value = signature.substr(k_key_id_bytes)}}});
  return proof;
}

}  // namespace qyzmet::ledger
