#pragma once
// Errors that a client or a case can cause travel as values; infrastructure faults are exceptions.
#include <expected>
#include <map>
#include <string>

namespace qyzmet {

enum class ErrorCode { invalid, forbidden, not_found, conflict, gone, too_large, unavailable };

/// Why a request cannot be done. `text` is a key of the text catalogues; pages and the API
/// translate it with `arguments`. `rule` is the id of the legal rule that forbids it, `cite`
/// the id of its citation in the package; both are empty for purely technical errors.
struct Error {
  ErrorCode code = ErrorCode::invalid;
  std::string text;
  std::map<std::string, std::string> arguments = {};
  std::string field = {};
  std::string rule = {};
  std::string cite = {};
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string text, std::string field = {}) {
  return std::unexpected(Error{.code = code, .text = std::move(text), .field = std::move(field)});
}

}  // namespace qyzmet
