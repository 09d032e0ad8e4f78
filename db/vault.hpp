#pragma once
// Encryption at rest with keys that the database never sees: AES-256-GCM for columns and files,
// HMAC-SHA-256 for lookup. Immutable after loading; thread-safe.
//
// Column: "Q1" || u8 key id || 12 bytes nonce || ciphertext || 16 bytes tag; the additional data is
// table|column|row, so a ciphertext moved elsewhere does not open.
// File: "QF1" || u8 key id || 8 random bytes, then chunks of 64 KiB, each sealed with a nonce made
// of the 8 bytes and the chunk's number, the last one marked: cutting, reordering and mixing are
// seen.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "db/ids.hpp"

namespace qyzmet::db {

/// Wrong key, altered or moved ciphertext: never data, always an alarm.
class SealBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a ciphertext lives.
struct Place {
  std::string_view table, column, row;
};

inline constexpr std::size_t k_seal_chunk_bytes = 64 * 1024;

class Vault {
 public:
  /// Lines "number:64 hex digits"; the highest number seals, all open. "lookup:64 hex digits" is
  /// the key of the lookup hashes. Refuses a file that others can read. Throws std::runtime_error.
  static std::shared_ptr<Vault const> load(std::filesystem::path const& key_file);
  /// Makes the file (mode 0600) when it is absent, then loads it.
  static std::shared_ptr<Vault const> load_or_create(std::filesystem::path const& key_file);
  static std::shared_ptr<Vault const> from_text(std::string_view keys);
  static std::string generate();

  Bytes seal(std::string_view plain, Place place) const;
  std::string open(Bytes const& sealed, Place place) const;
  /// Keyed hash for lookup: equal plain texts of one purpose give equal bytes.
  Bytes lookup(std::string_view purpose, std::string_view plain) const;

 private:
  friend class FileSealer;
  friend class FileOpener;
  std::map<int, std::string> keys_;
  std::string lookup_key_;
};

/// Makes a file that only its owner may read, whole or not at all, unless it is there. Throws
/// std::system_error.
void create_secret(std::filesystem::path const& path, std::string_view text);

/// Streams plain bytes into a sealed file and hashes them on the way. The file is complete only
/// after finish() (flushed to disk); the destructor removes an unfinished one.
class FileSealer {
 public:
  FileSealer(Vault const& vault, std::filesystem::path path);
  ~FileSealer();
  FileSealer(FileSealer const&) = delete;
  FileSealer& operator=(FileSealer const&) = delete;
  void write(std::string_view bytes);
  struct Done {
    std::string sha256;  // hex, of the plain bytes
    std::uint64_t size = 0;
  };
  Done finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Streams it back, chunk by chunk; throws SealBroken.
class FileOpener {
 public:
  FileOpener(Vault const& vault, std::filesystem::path const& path);
  ~FileOpener();
  /// The next chunk, or nothing after the last.
  std::optional<std::string> read();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
/// The whole file; refuses more than `size_max` bytes.
std::string open_file(Vault const& vault, std::filesystem::path const& path, std::size_t size_max);

/// Names that were given or taken in the folder outlive a loss of power from here on.
void flush_folder(std::filesystem::path const& folder);

/// 32 bytes, raw.
std::string sha256(std::string_view bytes);
std::string to_hex(std::string_view bytes);
std::string from_hex(std::string_view hex);  // throws std::invalid_argument
std::string random_bytes(std::size_t size);
/// Random, `2 * size` hex digits: salts, nonces, tokens.
std::string random_hex(std::size_t size);

}  // namespace qyzmet::db
