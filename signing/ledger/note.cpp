#include "signing/ledger/note.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>

#include "engine/base/check.hpp"
#include "engine/base/owned.hpp"
#include "engine/base/utf8.hpp"
#include "signing/ledger/text.hpp"

namespace qyzmet::ledger {

namespace {

using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using BioPtr = Owned<BIO, BIO_free>;
using ContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr std::string_view k_dash = "\xE2\x80\x94 ";  // em dash, blank
constexpr std::size_t k_key_id_bytes = 4;
constexpr std::size_t k_key_bytes = 32;
constexpr std::size_t k_signature_bytes = 64;
constexpr std::size_t k_time_bytes = 8;

unsigned char const* octets(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}

/// The part before `mark`, taken off with it; nothing when there is no mark.
std::optional<std::string_view> take(std::string_view& text, std::string_view mark) {
  auto const at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  auto const part = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return part;
}

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
  });
}

std::optional<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(k_dash)) return std::nullopt;
  line.remove_prefix(k_dash.size());
  auto const name = take(line, " ");
  auto const bytes = from_base64(line);
  if (!name || !is_note_name(*name) || !bytes || bytes->size() <= k_key_id_bytes)
    return std::nullopt;
  return NoteSignature{.name = std::string{*name},
                       .key_id = bytes->substr(0, k_key_id_bytes),
                       .value = bytes->substr(k_key_id_bytes)};
}

std::string big_endian(std::uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// What a witness signs: when it saw the note, and the note.
std::string cosigned_text(std::string_view text, std::uint64_t seconds) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string{text};
}

}  // namespace

std::optional<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > k_note_bytes_max || !valid_utf8(bytes) || has_controls(bytes))
    return std::nullopt;
  auto const end = bytes.rfind("\n\n");
  if (end == bytes.npos || end == 0) return std::nullopt;
  Note note{.text = std::string{bytes.substr(0, end + 1)}, .signatures = {}};
  auto rest = bytes.substr(end + 2);
  while (auto const line = take(rest, "\n")) {
    auto signature = parse_signature(*line);
    if (!signature || note.signatures.size() == k_note_signatures_max) return std::nullopt;
    note.signatures.push_back(std::move(*signature));
  }
  return rest.empty() && !note.signatures.empty() ? std::optional{std::move(note)} : std::nullopt;
}

std::string to_text(Note const& note) {
  std::string out = note.text + "\n";
  for (auto const& signature : note.signatures)
    out += std::string{k_dash} + signature.name + " " +
           to_base64(signature.key_id + signature.value) + "\n";
  return out;
}

bool is_note_name(std::string_view name) {
  return !name.empty() && name.size() <= k_note_name_bytes_max && valid_utf8(name) &&
         !has_controls(name) && name.find_first_of("+ \n") == name.npos &&
         !name.contains("\xC2\xA0") && !name.contains("\xE2\x80") && !name.contains("\xE3\x80\x80");
}

std::string NoteKey::id() const {
  auto const bytes = name + "\n" + static_cast<char>(use) + key;
  return std::string{bytes_of(sha256(bytes)).substr(0, k_key_id_bytes)};
}

std::optional<NoteKey> parse_note_key(std::string_view text) {
  auto const name = take(text, "+");
  auto const id = name ? take(text, "+") : std::nullopt;
  auto const bytes = id ? from_base64(text) : std::nullopt;
  if (!bytes || bytes->size() != 1 + k_key_bytes || !is_note_name(*name)) return std::nullopt;
  auto const use = static_cast<KeyUse>(bytes->front());
  if (use != KeyUse::note && use != KeyUse::cosignature) return std::nullopt;
  NoteKey key{.name = std::string{*name}, .use = use, .key = bytes->substr(1)};
  return to_hex(key.id()) == *id ? std::optional{std::move(key)} : std::nullopt;
}

std::string to_text(NoteKey const& key) {
  return key.name + "+" + to_hex(key.id()) + "+" + to_base64(static_cast<char>(key.use) + key.key);
}

bool verify_ed25519(std::string_view key, std::string_view bytes, std::string_view signature) {
  if (key.size() != k_key_bytes || signature.size() != k_signature_bytes) return false;
  KeyPtr const loaded{
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(key), key.size())};
  ContextPtr const context{EVP_MD_CTX_new()};
  return loaded && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, loaded.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(bytes),
                          bytes.size()) == 1;
}

struct NoteSigner::Private {
  KeyPtr key;
};

NoteSigner::NoteSigner(NoteKey key, std::unique_ptr<Private> secret)
    : key_{std::move(key)}, private_{std::move(secret)} {}
NoteSigner::NoteSigner(NoteSigner&&) noexcept = default;
NoteSigner& NoteSigner::operator=(NoteSigner&&) noexcept = default;
NoteSigner::~NoteSigner() = default;

std::optional<NoteSigner> NoteSigner::open(std::string name, KeyUse use, std::string_view pem) {
  BioPtr const bio{BIO_new_mem_buf(pem.data(), int(pem.size()))};
  // The empty password: nobody is asked on the terminal for the one of an encrypted file.
  char no_password[] = "";
  KeyPtr key{PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_password)};
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519 || !is_note_name(name))
    return std::nullopt;
  std::string raw(k_key_bytes, '\0');
  auto size = raw.size();
  check(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                    &size) == 1,
        "a private key has a public one");
  return NoteSigner{{.name = std::move(name), .use = use, .key = std::move(raw)},
                    std::make_unique<Private>(std::move(key))};
}

std::string NoteSigner::sign(std::string_view bytes) const {
  ContextPtr const context{EVP_MD_CTX_new()};
  std::string signature(k_signature_bytes, '\0');
  auto size = signature.size();
  check(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, private_->key.get()) == 1 &&
            EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           octets(bytes), bytes.size()) == 1,
        "an Ed25519 key signs");
  return signature;
}

NoteSignature NoteSigner::sign_note(std::string_view text, Instant at) const {
  NoteSignature out{.name = key_.name, .key_id = key_.id(), .value = {}};
  if (key_.use == KeyUse::note) {
    out.value = sign(text);
  } else {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    auto const time = std::uint64_t(std::max<std::int64_t>(seconds, 0));
    out.value = big_endian(time) + sign(cosigned_text(text, time));
  }
  return out;
}

std::string make_note_key() {
  KeyPtr const key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  BioPtr const bio{BIO_new(BIO_s_mem())};
  check(key && PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) == 1,
        "OpenSSL makes Ed25519 keys");
  char* data = nullptr;
  auto const size = BIO_get_mem_data(bio.get(), &data);
  return {data, std::size_t(size)};
}

std::optional<Verified> verify_note(Note const& note, NoteKey const& key) {
  for (auto const& signature : note.signatures) {
    if (signature.name != key.name || signature.key_id != key.id()) continue;
    std::string_view value = signature.value;
    if (key.use == KeyUse::note) {
      if (verify_ed25519(key.key, note.text, value)) return Verified{};
      continue;
    }
    if (value.size() != k_time_bytes + k_signature_bytes) continue;
    std::uint64_t seconds = 0;
    for (char const c : value.substr(0, k_time_bytes))
      seconds = seconds << 8 | static_cast<unsigned char>(c);
    constexpr std::uint64_t k_seconds_max = 253'402'300'799;  // end of the year 9999
    if (seconds <= k_seconds_max &&
        verify_ed25519(key.key, cosigned_text(note.text, seconds), value.substr(k_time_bytes)))
      return Verified{.at = Instant{std::chrono::seconds{seconds}}};
  }
  return std::nullopt;
}

std::optional<Checkpoint> parse_checkpoint(std::string_view text) {
  auto const origin = take(text, "\n");
  auto const size = origin ? take(text, "\n") : std::nullopt;
  auto const root = size ? take(text, "\n") : std::nullopt;
  if (!root || origin->empty()) return std::nullopt;
  auto const number = parse_number(*size);
  auto const bytes = from_base64(*root);
  auto const hash = bytes ? to_hash(*bytes) : std::nullopt;
  bool const lines =
      text.empty() || (text.ends_with('\n') && !text.starts_with('\n') && !text.contains("\n\n"));
  if (!number || *number > k_size_max || !hash || !lines) return std::nullopt;
  return Checkpoint{.origin = std::string{*origin},
                    .head = {.size = *number, .root = *hash},
                    .more = std::string{text}};
}

std::string to_text(Checkpoint const& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.head.size) + "\n" +
         to_base64(bytes_of(checkpoint.head.root)) + "\n" + checkpoint.more;
}

std::optional<Checkpoint> open_checkpoint(std::string_view bytes, NoteKey const& key) {
  auto const note = parse_note(bytes);
  if (!note || !verify_note(*note, key)) return std::nullopt;
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint || checkpoint->origin != key.name) return std::nullopt;
  return checkpoint;
}

}  // namespace qyzmet::ledger
