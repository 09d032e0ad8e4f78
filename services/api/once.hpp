#pragma once
// Operations that are done once: a repeated request with the same Idempotency-Key gets the first
// answer, another request under that key is refused (draft-ietf-httpapi-idempotency-key-header).
// An operation that was refused has done nothing and leaves its key free.
#include "services/api/call.hpp"

namespace qyzmet::api {

/// Printable characters; a structured string may stand in quotes. "" for anything else.
std::string idempotency_key(Call const& call);

/// Errors: error.idempotency_key, error.idempotency_key_reused, error.request_in_work.
boost::asio::awaitable<http::Response> answer_once(Call& call, Handler handler);

/// Notes what a repeated request needs, should this one not come to its end.
boost::asio::awaitable<void> note_subject(Call& call, std::string subject);

}  // namespace qyzmet::api
