#include "db/vault.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>
#include <system_error>

#include "engine/base/failpoint.hpp"

namespace qyzmet::db {

namespace {

constexpr std::size_t k_key_bytes = 32;
constexpr std::size_t k_nonce_bytes = 12;
constexpr std::size_t k_tag_bytes = 16;
constexpr std::string_view k_column_mark = "Q1";
constexpr std::string_view k_file_mark = "QF1";
constexpr std::size_t k_file_random_bytes = 8;

unsigned char const* bytes_of(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
void must(int result, char const* what) {
  if (result != 1) throw std::runtime_error{std::string{"OpenSSL: "} + what};
}

// Looked up once: OpenSSL's own look-up by name costs more than the work on a short text. Never
// freed, because threads may outlive the end of main.
EVP_CIPHER const* aes_256_gcm() {
  static EVP_CIPHER const* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}
EVP_MD const* sha_256() {
  static EVP_MD const* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return digest;
}

/// One of each thread, made ready anew for every text.
EVP_CIPHER_CTX* cipher_of_thread() {
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  thread_local std::unique_ptr<EVP_CIPHER_CTX, Free> const context{EVP_CIPHER_CTX_new()};
  return context.get();
}

EVP_MD_CTX* digest_of_thread() {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local std::unique_ptr<EVP_MD_CTX, Free> const context{EVP_MD_CTX_new()};
  return context.get();
}

/// Ciphertext followed by the tag.
std::string gcm_seal(std::string_view key, std::string_view nonce, std::string_view additional,
                     std::string_view plain) {
  auto* const cipher = cipher_of_thread();
  int size = 0;
  must(EVP_EncryptInit_ex2(cipher, aes_256_gcm(), bytes_of(key), bytes_of(nonce), nullptr), "seal");
  must(EVP_EncryptUpdate(cipher, nullptr, &size, bytes_of(additional), int(additional.size())),
       "seal");
  std::string out(plain.size() + k_tag_bytes, '\0');
  must(EVP_EncryptUpdate(cipher, bytes_of(out), &size, bytes_of(plain), int(plain.size())), "seal");
  must(EVP_EncryptFinal_ex(cipher, bytes_of(out) + size, &size), "seal");
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, int(k_tag_bytes),
                           bytes_of(out) + plain.size()),
       "seal");
  return out;
}

std::string gcm_open(std::string_view key, std::string_view nonce, std::string_view additional,
                     std::string_view sealed) {
  if (sealed.size() < k_tag_bytes) throw SealBroken{"sealed bytes are cut"};
  auto const body = sealed.substr(0, sealed.size() - k_tag_bytes);
  std::string tag{sealed.substr(body.size())};
  auto* const cipher = cipher_of_thread();
  int size = 0;
  must(EVP_DecryptInit_ex2(cipher, aes_256_gcm(), bytes_of(key), bytes_of(nonce), nullptr), "open");
  must(EVP_DecryptUpdate(cipher, nullptr, &size, bytes_of(additional), int(additional.size())),
       "open");
  std::string out(body.size(), '\0');
  must(EVP_DecryptUpdate(cipher, bytes_of(out), &size, bytes_of(body), int(body.size())), "open");
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, int(k_tag_bytes), bytes_of(tag)), "open");
  unsigned char rest[k_tag_bytes];
  if (EVP_DecryptFinal_ex(cipher, rest, &size) != 1)
    throw SealBroken{"a seal does not fit its place"};
  return out;
}

/// Lengths keep the three parts apart.
std::string additional_data(Place place) {
  std::string out;
  for (auto const part : {place.table, place.column, place.row})
    out.append(std::to_string(part.size())).append("|").append(part);
  return out;
}

std::string file_nonce(std::string_view random, std::uint32_t chunk) {
  std::string nonce{random};
  for (int shift = 24; shift >= 0; shift -= 8) nonce += static_cast<char>(chunk >> shift & 0xFF);
  return nonce;
}
std::string_view chunk_mark(bool last) {
  return last ? "last" : "more";
}

class File {
 public:
  File(std::filesystem::path const& path, int flags) : fd_{::open(path.c_str(), flags, 0600)} {
    if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "sealed file"};
  }
  ~File() { ::close(fd_); }
  File(File const&) = delete;
  File& operator=(File const&) = delete;
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto const written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw std::system_error{errno, std::generic_category(), "sealed file"};
      bytes.remove_prefix(std::size_t(written));
    }
  }
  std::string read(std::size_t size) const {
    std::string out(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      auto const got = ::read(fd_, out.data() + have, size - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::system_error{errno, std::generic_category(), "sealed file"};
      if (got == 0) break;
      have += std::size_t(got);
    }
    out.resize(have);
    return out;
  }
  void flush() const {
    if (::fsync(fd_) != 0) throw std::system_error{errno, std::generic_category(), "sealed file"};
  }
  int descriptor() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

void flush_folder(std::filesystem::path const& folder) {
  File const handle{folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC};
  handle.flush();
}

std::string sha256(std::string_view bytes) {
  auto* const digest = digest_of_thread();
  must(EVP_DigestInit_ex2(digest, sha_256(), nullptr), "sha256");
  must(EVP_DigestUpdate(digest, bytes.data(), bytes.size()), "sha256");
  std::string out(32, '\0');
  unsigned size = 0;
  must(EVP_DigestFinal_ex(digest, bytes_of(out), &size), "sha256");
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char const c : bytes) {
    auto const byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw std::invalid_argument{"hex digits come in pairs"};
  std::string out;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned byte = 0;
    auto const [end, error] = std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    if (error != std::errc{} || end != hex.data() + at + 2)
      throw std::invalid_argument{"not a hex digit"};
    out += static_cast<char>(byte);
  }
  return out;
}

std::string random_bytes(std::size_t size) {
  std::string out(size, '\0');
  must(RAND_bytes(bytes_of(out), int(size)), "random");
  return out;
}
std::string random_hex(std::size_t size) {
  return to_hex(random_bytes(size));
}

std::string Vault::generate() {
  return "# Keys of the encryption at rest. Without this file the data cannot be read: keep a "
         "copy in a safe place.\n1:" +
         random_hex(k_key_bytes) + "\nlookup:" + random_hex(k_key_bytes) + "\n";
}

std::shared_ptr<Vault const> Vault::from_text(std::string_view keys) {
  auto vault = std::make_shared<Vault>();
  std::istringstream lines{std::string{keys}};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    auto const colon = line.find(':');
    auto const bad = std::runtime_error{"the key file has a malformed line"};
    if (colon == std::string::npos || line.size() != colon + 1 + 2 * k_key_bytes) throw bad;
    auto key = from_hex(std::string_view{line}.substr(colon + 1));
    if (line.starts_with("lookup:")) {
      vault->lookup_key_ = std::move(key);
      continue;
    }
    int number = 0;
    auto const [end, error] = std::from_chars(line.data(), line.data() + colon, number);
    if (error != std::errc{} || end != line.data() + colon || number < 1 || number > 255) throw bad;
    vault->keys_[number] = std::move(key);
  }
  if (vault->keys_.empty() || vault->lookup_key_.empty())
    throw std::runtime_error{"the key file lacks a key"};
  return vault;
}

std::shared_ptr<Vault const> Vault::load(std::filesystem::path const& key_file) {
  File const file{key_file, O_RDONLY | O_CLOEXEC};
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0 || (status.st_mode & 077) != 0)
    throw std::runtime_error{"others may read the key file " + key_file.string() +
                             ": run chmod 600"};
  return from_text(file.read(64 * 1024));
}

void create_secret(std::filesystem::path const& path, std::string_view text) {
  if (std::filesystem::exists(path)) return;
  // Complete before it has its name, and never over an existing one.
  auto const fresh = path.string() + "." + random_hex(8);
  {
    File const file{fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC};
    file.write(text);
    file.flush();
  }
  int const linked = ::link(fresh.c_str(), path.c_str());
  int const reason = errno;
  ::unlink(fresh.c_str());
  if (linked != 0 && reason != EEXIST)
    throw std::system_error{reason, std::generic_category(), path.string()};
  flush_folder(path.parent_path());
}

std::shared_ptr<Vault const> Vault::load_or_create(std::filesystem::path const& key_file) {
  create_secret(key_file, generate());
  return load(key_file);
}

Bytes Vault::seal(std::string_view plain, Place place) const {
  auto const& [number, key] = *keys_.rbegin();
  auto const nonce = random_bytes(k_nonce_bytes);
  std::string out{k_column_mark};
  out += static_cast<char>(number);
  out += nonce;
  out += gcm_seal(key, nonce, additional_data(place), plain);
  return {std::move(out)};
}

std::string Vault::open(Bytes const& sealed, Place place) const {
  std::string_view rest = sealed.value;
  auto const head = k_column_mark.size() + 1;
  if (!rest.starts_with(k_column_mark) || rest.size() < head + k_nonce_bytes + k_tag_bytes)
    throw SealBroken{"not a sealed column"};
  auto const key = keys_.find(static_cast<unsigned char>(rest[k_column_mark.size()]));
  if (key == keys_.end()) throw SealBroken{"sealed with an unknown key"};
  return gcm_open(key->second, rest.substr(head, k_nonce_bytes), additional_data(place),
                  rest.substr(head + k_nonce_bytes));
}

Bytes Vault::lookup(std::string_view purpose, std::string_view plain) const {
  std::string text = std::to_string(purpose.size());
  text.append("|").append(purpose).append(plain);
  std::string out(32, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), lookup_key_.data(), int(lookup_key_.size()), bytes_of(text), text.size(),
           bytes_of(out), &size) == nullptr)
    throw std::runtime_error{"OpenSSL: HMAC"};
  return {std::move(out)};
}

struct FileSealer::State {
  State(std::string key_, std::filesystem::path path_)
      : key{std::move(key_)},
        path{std::move(path_)},
        file{path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC},
        random{random_bytes(k_file_random_bytes)},
        digest{EVP_MD_CTX_new(), &EVP_MD_CTX_free} {
    must(EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr), "sha256");
  }
  void put(std::string_view plain, bool last) {
    file.write(gcm_seal(key, file_nonce(random, chunk++), chunk_mark(last), plain));
  }
  std::string key;
  std::filesystem::path path;
  File file;
  std::string random;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest;
  std::string waiting;
  std::uint32_t chunk = 0;
  std::uint64_t size = 0;
  bool finished = false;
};

FileSealer::FileSealer(Vault const& vault, std::filesystem::path path)
    : state_{std::make_unique<State>(vault.keys_.rbegin()->second, std::move(path))} {
  std::string head{k_file_mark};
  head += static_cast<char>(vault.keys_.rbegin()->first);
  state_->file.write(head + state_->random);
}

FileSealer::~FileSealer() {
  if (!state_->finished) ::unlink(state_->path.c_str());
}

void FileSealer::write(std::string_view bytes) {
  must(EVP_DigestUpdate(state_->digest.get(), bytes.data(), bytes.size()), "sha256");
  state_->size += bytes.size();
  state_->waiting += bytes;
  std::string_view rest = state_->waiting;
  // The last chunk is marked, so one full chunk always waits.
  for (; rest.size() > k_seal_chunk_bytes; rest.remove_prefix(k_seal_chunk_bytes))
    state_->put(rest.substr(0, k_seal_chunk_bytes), false);
  state_->waiting.erase(0, state_->waiting.size() - rest.size());
}

FileSealer::Done FileSealer::finish() {
  state_->put(state_->waiting, true);
  failpoint("file.written");
  state_->file.flush();
  failpoint("file.flushed");
  flush_folder(state_->path.parent_path());
  state_->finished = true;
  std::string hash(32, '\0');
  unsigned size = 0;
  must(EVP_DigestFinal_ex(state_->digest.get(), bytes_of(hash), &size), "sha256");
  return {.sha256 = to_hex(hash), .size = state_->size};
}

struct FileOpener::State {
  explicit State(std::filesystem::path const& path) : file{path, O_RDONLY | O_CLOEXEC} {}
  File file;
  std::string key, random;
  std::string ahead;  // the next sealed chunk
  std::uint32_t chunk = 0;
  bool done = false;
};

FileOpener::FileOpener(Vault const& vault, std::filesystem::path const& path)
    : state_{std::make_unique<State>(path)} {
  auto const head = state_->file.read(k_file_mark.size() + 1 + k_file_random_bytes);
  if (head.size() != k_file_mark.size() + 1 + k_file_random_bytes || !head.starts_with(k_file_mark))
    throw SealBroken{"not a sealed file"};
  auto const key = vault.keys_.find(static_cast<unsigned char>(head[k_file_mark.size()]));
  if (key == vault.keys_.end()) throw SealBroken{"sealed with an unknown key"};
  state_->key = key->second;
  state_->random = head.substr(k_file_mark.size() + 1);
  state_->ahead = state_->file.read(k_seal_chunk_bytes + k_tag_bytes);
}
FileOpener::~FileOpener() = default;

std::optional<std::string> FileOpener::read() {
  if (state_->done) return std::nullopt;
  auto const sealed = std::move(state_->ahead);
  state_->ahead = state_->file.read(k_seal_chunk_bytes + k_tag_bytes);
  state_->done = state_->ahead.empty();
  return gcm_open(state_->key, file_nonce(state_->random, state_->chunk++),
                  chunk_mark(state_->done), sealed);
}

std::string open_file(Vault const& vault, std::filesystem::path const& path, std::size_t size_max) {
  FileOpener opener{vault, path};
  std::string out;
  while (auto chunk = opener.read()) {
    if (out.size() + chunk->size() > size_max) throw SealBroken{"a sealed file is too large"};
    out += *chunk;
  }
  return out;
}

}  // namespace qyzmet::db
