#pragma once
// Signed notes (c2sp.org/signed-note), checkpoints (c2sp.org/tlog-checkpoint) and the cosignatures
// of witnesses (c2sp.org/tlog-cosignature), all with Ed25519.
//
//   <origin>\n<size>\n<base64 of the root>\n[more lines]\n\n— <name> <base64 of key id,
//   signature>\n
//
// Pure, thread-safe; a NoteSigner owns its key. What a stranger can send wrong gives nothing.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "signing/ledger/tree.hpp"

namespace qyzmet::ledger {

inline constexpr std::size_t k_note_bytes_max = std::size_t{16} << 10;
inline constexpr std::size_t k_note_signatures_max = 32;
inline constexpr std::size_t k_note_name_bytes_max = 255;

struct NoteSignature {
  std::string name;
  std::string key_id;  // 4 bytes
  std::string value;   // what follows them
  bool operator==(NoteSignature const&) const = default;
};
struct Note {
  std::string text;  // ends with a newline
  std::vector<NoteSignature> signatures;
  bool operator==(Note const&) const = default;
};
std::optional<Note> parse_note(std::string_view bytes);
std::string to_text(Note const& note);

/// What a key signs: notes of its own (a log), or those of others, with the time (a witness).
enum class KeyUse : std::uint8_t { note = 1, cosignature = 4 };

/// The public half. Text: "<name>+<key id in hex>+<base64 of use and key>".
struct NoteKey {
  std::string name;
  KeyUse use = KeyUse::note;
  std::string key;  // 32 bytes

  std::string id() const;
  bool operator==(NoteKey const&) const = default;
};
std::optional<NoteKey> parse_note_key(std::string_view text);
std::string to_text(NoteKey const& key);
/// A name that notes can carry: not empty, no blank, plus sign or control character.
bool is_note_name(std::string_view name);

bool verify_ed25519(std::string_view key, std::string_view bytes, std::string_view signature);

class NoteSigner {
 public:
  /// From PEM (PKCS#8). Nothing when that is no Ed25519 key or no name.
  static std::optional<NoteSigner> open(std::string name, KeyUse use, std::string_view pem);
  NoteSigner(NoteSigner&&) noexcept;
  NoteSigner& operator=(NoteSigner&&) noexcept;
  ~NoteSigner();

  NoteKey const& key() const { return key_; }
  /// The bare signature over any bytes.
  std::string sign(std::string_view bytes) const;
  /// `at` is signed with the text by a witness, and ignored by a log.
  NoteSignature sign_note(std::string_view text, Instant at) const;

 private:
  struct Private;
  NoteSigner(NoteKey key, std::unique_ptr<Private> secret);

  NoteKey key_;
  std::unique_ptr<Private> private_;
};
/// A new private key as PEM.
std::string make_note_key();

/// The signature of that key on the note, if it verifies. `at`: of a cosignature.
struct Verified {
  std::optional<Instant> at;
};
std::optional<Verified> verify_note(Note const& note, NoteKey const& key);

struct Checkpoint {
  std::string origin;
  Head head;
  std::string more;  // lines that follow, each with its newline
  bool operator==(Checkpoint const&) const = default;
};
std::optional<Checkpoint> parse_checkpoint(std::string_view text);
std::string to_text(Checkpoint const& checkpoint);

/// A checkpoint that `key` has signed, and whose origin is the name of the key.
std::optional<Checkpoint> open_checkpoint(std::string_view bytes, NoteKey const& key);

}  // namespace qyzmet::ledger
