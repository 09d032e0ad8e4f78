#include "services/casework/files.hpp"

#include <boost/asio/this_coro.hpp>
#include <memory>

#include "db/documents.hpp"
#include "engine/base/failpoint.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"
#include "signing/pdf.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {
constexpr std::chrono::hours k_temporary_age_max{1};
}

FileStore::FileStore(fs::path folder, db::Vault const& vault)
    : folder_{std::move(folder)}, vault_{vault} {
  fs::create_directories(folder_ / "tmp");
  // Other server processes work in the same folder: only what no upload can still be writing.
  auto const old = fs::file_time_type::clock::now() - k_temporary_age_max;
  for (auto const& entry : fs::directory_iterator{folder_ / "tmp"}) {
    std::error_code gone;
    if (entry.last_write_time(gone) < old && !gone) fs::remove(entry.path(), gone);
  }
  fs::permissions(folder_, fs::perms::owner_all);
}

FileStore::~FileStore() {
  threads_.join();
}

fs::path FileStore::new_temporary() const {
  return folder_ / "tmp" / platform::random_hex(16);
}

fs::path FileStore::path_of(std::string const& sha256) const {
  return folder_ / sha256.substr(0, 2) / sha256;
}

namespace {

constexpr std::size_t k_file_bytes_max = 12u * 1024 * 1024;

/// Seals while the bytes arrive; an unfinished file is removed by the sealer.
class SealingSink : public http::UploadSink {
 public:
  explicit SealingSink(FileStore& files)
      : files_{files},
        path_{files.new_temporary()},
        sealer_{std::make_shared<db::FileSealer>(files.vault(), path_)} {}

  asio::awaitable<void> write(std::string_view piece) override {
    co_await files_.run([sealer = sealer_, piece] { sealer->write(piece); });
  }

  asio::awaitable<std::shared_ptr<http::TemporaryFile>> finish() override {
    co_await files_.run([sealer = sealer_] { sealer->finish(); });
    co_return std::make_shared<http::TemporaryFile>(path_.string());
  }

 private:
  FileStore& files_;
  fs::path path_;
  std::shared_ptr<db::FileSealer> sealer_;
};

Error file_error(ErrorCode code, char const* text, std::string const& field) {
  return {.code = code, .text = text, .field = field};
}

asio::awaitable<std::string> next_chunk(FileStore& files, std::shared_ptr<db::FileOpener> opener) {
  auto chunk = co_await files.run([opener] { return opener->read(); });
  co_return chunk.value_or(std::string{});
}

/// The plain bytes of a sealed file, chunk by chunk, read on a disk thread.
peers::ByteSource chunks(FileStore& files, fs::path const& path) {
  auto opener = std::make_shared<db::FileOpener>(files.vault(), path);
  return [&files, opener] { return next_chunk(files, opener); };
}

/// With the first signature over it, in the room that the PDF has for one.
std::string with_signature(std::string document, std::vector<db::Signature> const& signatures,
                           std::string_view sha256) {
  if (!signing::is_pdf(document)) return document;
  for (auto const& signature : signatures) {
    if (signature.document != sha256) continue;
    if (auto with = signing::embed_pdf_signature(document, signature.cms)) return std::move(*with);
  }
  return document;
}

}  // namespace

std::string_view media_type_of(std::string_view head) {
  if (head.starts_with("%PDF-")) return "application/pdf";
  if (head.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (head.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  return "";
}

http::UploadSinkFactory upload_sinks(World& world) {
  return [&world] { return std::make_unique<SealingSink>(world.files); };
}

asio::awaitable<Result<Attachment>> keep_upload(World& world, http::Upload const& upload,
                                                std::string code) {
  if (upload.size == 0)
    co_return std::unexpected(file_error(ErrorCode::invalid, "error.file_empty", upload.field));
  auto const type = media_type_of(upload.head);
  if (type.empty())
    co_return std::unexpected(file_error(ErrorCode::invalid, "error.file_type", upload.field));
  auto source = chunks(world.files, upload.path);
  auto const verdict = co_await world.clamd.scan(std::move(source));
  if (verdict.kind == peers::ScanVerdict::Kind::infected)
    co_return std::unexpected(file_error(ErrorCode::invalid, "error.file_infected", upload.field));
  if (verdict.kind != peers::ScanVerdict::Kind::clean)
    co_return std::unexpected(
        file_error(ErrorCode::unavailable, "error.scanner_unavailable", upload.field));

  auto const path = world.files.path_of(upload.sha256);
  co_await world.files.run([from = fs::path{upload.path}, path] {
    failpoint("file_before_rename");
    fs::create_directories(path.parent_path());
    fs::rename(from, path);
    // The sealer has flushed the bytes; the row that refers to them comes after the name is safe.
    db::flush_folder(path.parent_path());
    db::flush_folder(path.parent_path().parent_path());
    failpoint("file_after_rename");
  });
  if (upload.file) upload.file->take_over();
  db::Document const document{.sha256 = upload.sha256,
                              .media_type = std::string{type},
                              .size = static_cast<std::int64_t>(upload.size),
                              .content = {},
                              .path = fs::path{upload.sha256.substr(0, 2)} / upload.sha256,
                              .verdict = "clean"};
  co_await world.database.run(
      [document](db::Connection& connection) { db::store_document(connection, document); });
  co_return Attachment{.code = std::move(code),
                       .name = upload.name,
                       .sha256 = upload.sha256,
                       .size = upload.size,
                       .media_type = std::string{type}};
}

asio::awaitable<std::string> keep_bytes(World& world, std::string bytes, std::string media_type,
                                        std::string page) {
  db::Document const document{.sha256 = platform::sha256_hex(bytes),
                              .media_type = std::move(media_type),
                              .size = static_cast<std::int64_t>(bytes.size()),
                              .content = std::move(bytes),
                              .path = {},
                              .verdict = "made_here",
                              .page = std::move(page)};
  co_await world.database.run(
      [document](db::Connection& connection) { db::store_document(connection, document); });
  co_return document.sha256;
}

asio::awaitable<Result<std::string>> read_file(World& world, std::string sha256) {
  auto const document = co_await world.database.run(
      [sha256](db::Connection& connection) { return db::find_document(connection, sha256); });
  if (!document) co_return fail(ErrorCode::not_found, "error.file_not_found");
  std::string bytes = document->content;
  if (!document->path.empty()) {
    auto const path = world.files.path_of(sha256);
    bytes = co_await world.files.run(
        [&vault = world.vault, path] { return db::open_file(vault, path, k_file_bytes_max); });
  }
  if (platform::sha256_hex(bytes) != sha256)
    throw db::SealBroken{"a stored file does not have its hash"};
  co_return bytes;
}

asio::awaitable<Result<std::string>> read_signed_file(World& world, std::string sha256,
                                                      std::vector<db::Signature> signatures) {
  auto bytes = co_await read_file(world, sha256);
  if (!bytes) co_return bytes;
  co_return with_signature(std::move(*bytes), signatures, sha256);
}

}  // namespace qyzmet::casework
