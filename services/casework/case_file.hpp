#pragma once
// The copy of a whole case file that its applicant takes away (R-GEN-23): a ZIP with every document
// that came in or went out, the signatures over them, and "case.txt", which tells each act with
// what was entered in it. Drafts that nobody has sent are no material of the case yet. That the
// copy was taken is written into the case first.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "services/casework/act.hpp"

namespace qyzmet::casework {

inline constexpr std::string_view k_file_copied = "file.copied";  // message of the packages
inline constexpr std::size_t k_case_file_bytes_max = std::size_t{256} << 20;

struct TakeFile {
  OpenCase open;
  engine::Actor actor;
  std::string applicant;  // name
  std::string idempotency_key;
  /// A text of the package or the catalogue in the reader's language; "" when there is none.
  std::function<std::string(std::string_view key)> text;
};
/// Errors: those of the message; too_large.
boost::asio::awaitable<Result<std::string>> take_case_file(World& world, TakeFile input);

}  // namespace qyzmet::casework
