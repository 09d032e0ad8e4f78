#include "services/casework/certification.hpp"

#include "db/people.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

/// Why a code does not certify; nothing when it does. A repeated request is answered as the first
/// time by whoever takes what was certified.
std::optional<Error> code_refusal(db::OtpAnswer const& answer, db::PersonId person) {
  using enum db::OtpVerdict;
  bool const certifies = answer.verdict == right || answer.verdict == used;
  if (certifies && answer.person == person) return std::nullopt;
  Error error{.code = ErrorCode::invalid,
              .text = "error.code_expired",
              .field = "code",
              .rule = "R-GEN-06"};
  if (answer.verdict == wrong) {
    error.text = "error.code_wrong";
    error.arguments["left"] = std::to_string(answer.tries_left);
  }
  if (answer.verdict == too_many_tries) error.text = "error.code_tries";
  return error;
}

}  // namespace

signing::Policy own_key_of(std::string_view iin) {
  signing::Policy out;
  out.role = signing::Role::individual;
  out.expected_iin = iin;
  return out;
}

asio::awaitable<Result<std::string>> send_code(World& world, CodeFor what, std::string bytes,
                                               db::PersonId person_id) {
  auto const person = co_await world.database.run(
      [person_id](db::Connection& connection) { return db::find_person(connection, person_id); });
  if (!person || person->phone.empty()) co_return fail(ErrorCode::invalid, "error.no_phone");
  db::NewOtp const otp{.id = platform::random_hex(16),
                       .code = platform::random_code(),
                       .purpose = std::string{what.purpose},
                       .bound = platform::sha256_hex(bytes),
                       .phone = person->phone,
                       .person = person_id};
  auto const rate = co_await world.database.run([otp](db::Connection& connection) {
    auto answer = db::hit(connection, "otp:" + std::to_string(otp.person->value),
                          std::chrono::hours{1}, k_codes_per_hour_max);
    if (answer.allowed) db::create_otp(connection, otp);
    return answer;
  });
  if (!rate.allowed) co_return fail(ErrorCode::conflict, "error.too_many_codes");
  auto const sent = co_await world.sms.send(
      {.id = "otp-" + otp.id,
       .to = platform::Pii{otp.phone},
       .text = platform::Pii{"Qyzmet: " + otp.code + " - " + std::string{what.words}}});
  if (!sent) co_return std::unexpected(sent.error());
  co_return otp.id;
}

asio::awaitable<Result<db::OtpAnswer>> check_code(World& world, CodeFor what, std::string bytes,
                                                  SentCode sent, db::PersonId person) {
  auto const answer = co_await world.database.run(
      [what, sent, bound = platform::sha256_hex(bytes)](db::Connection& connection) {
        return db::check_otp(connection, sent.id, sent.code, std::string{what.purpose}, bound);
      });
  if (auto refusal = code_refusal(answer, person)) co_return std::unexpected(std::move(*refusal));
  co_return answer;
}

}  // namespace qyzmet::casework
