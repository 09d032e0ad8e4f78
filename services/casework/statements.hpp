#pragma once
// Messages of applicants that are taken only when they are certified (engine::Form::certified): a
// statement is drawn up from what was typed, kept as it was shown, and becomes the message of the
// case at the moment at which it is certified, once.
//
// Functions without state; thread-safe. Guards are asked before somebody is asked to sign and again
// when the message comes.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/casework/act.hpp"
#include "services/casework/happenings.hpp"
#include "services/casework/statement.hpp"

namespace qyzmet::casework {

inline constexpr std::chrono::hours k_statement_lifetime{24};
inline constexpr int k_statements_per_hour_max = 1'000;  // of one person

/// The document of a case that holds a statement.
inline constexpr std::string_view k_statement_document = "statement";

struct KeptStatement {
  std::string sha256, xml;
  Statement said;         // what the bytes say
  bool accepted = false;  // the case has it already
};

/// `sent` as send_message would take it; `language` and `words` are those of its reader. Errors:
/// all that is wrong with it, the law that forbids it, error.too_many_statements.
boost::asio::awaitable<std::expected<KeptStatement, std::vector<Error>>> draw_statement(
    World& world, MessageInput sent, std::string language, Words words);
/// Of the applicant of this case; nothing when there is none, or its time is over.
boost::asio::awaitable<std::optional<KeptStatement>> find_statement(World& world,
                                                                    OpenCase const& open,
                                                                    std::string sha256);
/// The law that forbids it by now; nothing when it can still be certified.
boost::asio::awaitable<std::vector<Error>> refusal_of_statement(World& world, OpenCase open,
                                                                engine::Actor actor,
                                                                KeptStatement statement);

/// Either of both.
struct CertifiedBy {
  std::string cms = {};             // in any carrier
  std::string otp = {}, code = {};  // of send_code(k_statement_code)
};
/// The case after the message. Repeated, it answers as the first time. A certificate that cannot be
/// checked now is refused (error.certificate_unchecked): an act in a running case cannot wait.
boost::asio::awaitable<Outcome> certify_statement(World& world, OpenCase open, engine::Actor actor,
                                                  KeptStatement statement, CertifiedBy by);

}  // namespace qyzmet::casework
