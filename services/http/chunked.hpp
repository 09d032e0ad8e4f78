#pragma once
// What a reader of a chunked body must know beside Beast. Constants only.
#include <cstddef>

namespace qyzmet::http {

/// "0" CRLF CRLF (RFC 9112, 7.1): before its end, no chunked body has less to come. Boost 1.81
/// takes that for given as soon as it saw the last chunk, and ends the program where fewer bytes
/// are cut off; so fewer are never given to it.
inline constexpr std::size_t k_last_chunk_bytes_min = 5;

}  // namespace qyzmet::http
