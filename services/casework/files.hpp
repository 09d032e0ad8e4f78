#pragma once
// Files of people and documents of ours: content-addressed, sealed at rest in the state folder,
// known to the database by SHA-256. An upload is used only after its type (by content) and the
// virus scan.
#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "db/documents.hpp"
#include "services/casework/application.hpp"
#include "services/casework/world.hpp"
#include "services/http/message.hpp"
#include "services/http/upload.hpp"

namespace qyzmet::casework {

/// PDF, JPEG or PNG by its first bytes and its end; "" for anything else.
std::string_view media_type_of(std::string_view head);

/// For http::Hooks: seals while the bytes arrive.
http::UploadSinkFactory upload_sinks(World& world);

/// Scans (fail closed) and keeps an upload. Errors: "error.file_type", "error.file_infected",
/// "error.scanner_unavailable", "error.file_too_large", "error.file_empty".
boost::asio::awaitable<Result<Attachment>> keep_upload(World& world, http::Upload const& upload,
                                                       std::string code);
/// Keeps bytes of ours (PDF, CMS), of a paper with the HTML of its page; idempotent by content.
boost::asio::awaitable<std::string> keep_bytes(World& world, std::string bytes,
                                               std::string media_type, std::string page = {});
/// not_found, or the plain bytes; the SHA-256 is checked on reading.
boost::asio::awaitable<Result<std::string>> read_file(World& world, std::string sha256);
/// The same as people take it away: a PDF with the first of `signatures` over it in its room.
boost::asio::awaitable<Result<std::string>> read_signed_file(World& world, std::string sha256,
                                                             std::vector<db::Signature> signatures);

}  // namespace qyzmet::casework
