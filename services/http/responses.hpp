#pragma once
// Answers that every handler needs. Pure, thread-safe.
#include <string>
#include <string_view>

#include "services/http/message.hpp"

namespace qyzmet::http {

/// 303 See Other (after a POST) to a path of our own. A location that does not begin with exactly
/// one slash, or holds a backslash, control or non-ASCII character, becomes "/": no open redirect.
Response redirect(std::string_view location);
Response page(std::string html, int status = 200);
Response json(std::string body, int status = 200);
/// A file to be saved, never shown: RFC 6266 with the UTF-8 name of RFC 5987; sandboxed, no
/// sniffing.
Response download(std::string bytes, std::string content_type, std::string_view file_name);
/// Constant body of an error, with the request id: no text from outside. 503 and 429 get
/// Retry-After (5 to 30 s, spread by the request id).
Response error_response(int status, std::string_view request_id);
/// 404 for not_found, 409 for conflict, ...
int status_of(ErrorCode code);
/// "Not Found"
std::string_view reason_of(int status);

}  // namespace qyzmet::http
