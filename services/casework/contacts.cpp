#include "services/casework/contacts.hpp"

#include "db/sessions.hpp"
#include "engine/base/utf8.hpp"
#include "services/casework/draft.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds k_rate_window{60 * 60};
constexpr int k_codes_max = 5;
constexpr int k_tries_max = 20;

using CodeText = std::function<std::string(std::string const& code)>;

asio::awaitable<Result<std::string>> send_phone_code(World& world, db::PersonId person,
                                                     std::string phone, CodeText text) {
  db::NewOtp const otp{.id = platform::random_hex(16),
                       .code = platform::random_code(),
                       .purpose = "phone",
                       .bound = {},
                       .phone = phone,
                       .person = person};
  auto const allowed = co_await world.database.run([otp](db::Connection& connection) {
    auto const key = "phone:" + std::to_string(otp.person->value);
    auto const answer = db::hit(connection, key, k_rate_window, k_codes_max);
    if (answer.allowed) db::create_otp(connection, otp);
    return answer.allowed;
  });
  if (!allowed) co_return fail(ErrorCode::conflict, "error.too_many_codes", "phone");
  auto const sent = co_await world.sms.send(
      {.id = "phone-" + otp.id, .to = platform::Pii{phone}, .text = platform::Pii{text(otp.code)}});
  if (!sent) co_return std::unexpected(sent.error());
  co_return otp.id;
}

Error wrong_code(db::OtpAnswer const& answer) {
  Error error{.code = ErrorCode::invalid, .text = "error.code_expired", .field = "code"};
  if (answer.verdict == db::OtpVerdict::too_many_tries) error.text = "error.code_tries";
  if (answer.verdict == db::OtpVerdict::wrong) {
    error.text = "error.code_wrong";
    error.arguments["left"] = std::to_string(answer.tries_left);
  }
  return error;
}

}  // namespace

std::vector<Error> contact_errors(Contacts const& contacts) {
  std::vector<Error> out;
  if (!contacts.phone.empty() && normal_phone(contacts.phone).empty())
    out.push_back({.code = ErrorCode::invalid, .text = "error.field_phone", .field = "phone"});
  if (!contacts.email.empty() && !plausible_email(contacts.email))
    out.push_back({.code = ErrorCode::invalid, .text = "error.field_email", .field = "email"});
  if (utf8_length(contacts.address) > k_address_size_max)
    out.push_back(too_long("address", k_address_size_max));
  return out;
}

asio::awaitable<Result<std::string>> keep_contacts(World& world, db::Person person,
                                                   Contacts contacts, CodeText text) {
  co_await world.database.run([person, contacts](db::Connection& connection) {
    db::update_contacts(connection, person.id, person.phone, contacts.email, contacts.address);
  });
  auto phone = normal_phone(contacts.phone);
  if (phone.empty() || phone == person.phone) co_return std::string{};
  auto code = co_await send_phone_code(world, person.id, std::move(phone), std::move(text));
  co_return code;
}

std::optional<Error> confirm_phone(db::Connection& connection, db::PersonId person,
                                   std::string const& id, std::string const& code) {
  auto const key = "phone-try:" + std::to_string(person.value);
  db::OtpAnswer answer{.verdict = db::OtpVerdict::too_many_tries,
                       .sent = {},
                       .confirmed = {},
                       .phone = {},
                       .person = {}};
  if (!db::hit(connection, key, k_rate_window, k_tries_max).allowed) return wrong_code(answer);
  answer = db::check_otp(connection, id, code, "phone", "");
  if (answer.verdict != db::OtpVerdict::right) return wrong_code(answer);
  auto const known = db::find_person(connection, person);
  if (!known || answer.person != person) {
    answer.verdict = db::OtpVerdict::unknown;
    return wrong_code(answer);
  }
  db::update_contacts(connection, person, answer.phone, known->email, known->address);
  return std::nullopt;
}

}  // namespace qyzmet::casework
