#include "services/casework/confirmation.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "services/casework/evidence.hpp"
#include "services/casework/seal.hpp"
#include "signing/cms.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

std::string text_of(Confirmed const& confirmed) {
  auto const& answer = confirmed.answer;
  return json::serialize(json::object{{"certified_by", "otp"},
                                      {"confirmed_at", to_iso(answer.confirmed)},
                                      {"document", confirmed.document},
                                      {"password", confirmed.otp},
                                      {"phone", answer.phone},
                                      {"sent_at", to_iso(answer.sent)},
                                      {"user", confirmed.user.value}});
}

/// A text of the sealed record; "" when there is none.
std::string member_of(std::string_view text, std::string_view name) {
  json::error_code error;
  auto const value = json::parse(text, error);
  auto const* object = error ? nullptr : value.if_object();
  auto const* member = object == nullptr ? nullptr : object->if_contains(name);
  return member != nullptr && member->is_string() ? std::string{member->get_string()}
                                                  : std::string{};
}

/// What an earlier attempt of the same request has kept.
std::optional<std::string> find_kept(db::Connection& connection, Confirmed const& confirmed) {
  auto const all = db::signatures_of(connection, confirmed.document);
  auto const found = std::ranges::find_if(all, [&](db::Signature const& each) {
    return each.method == "otp" && each.best_time == confirmed.answer.confirmed;
  });
  return found == all.end() ? std::nullopt : std::optional{found->digest};
}

}  // namespace

asio::awaitable<Result<std::string>> confirmation(World& world, Confirmed confirmed) {
  auto const kept = co_await world.database.run(
      [confirmed](db::Connection& connection) { return find_kept(connection, confirmed); });
  if (kept) co_return *kept;
  auto cms = co_await seal_text(world, text_of(confirmed));
  if (!cms) co_return std::unexpected(cms.error());
  auto verified = co_await verify_seal(world, std::move(*cms), text_of(confirmed));
  if (!verified) co_return std::unexpected(verified.error());
  auto signature = std::move(verified->signature);
  signature.method = "otp";
  signature.document = confirmed.document;
  signature.signer = confirmed.user;
  signature.case_id = confirmed.case_id;
  signature.best_time = confirmed.answer.confirmed;
  co_await world.database.run(
      [signature](db::Connection& connection) { db::store_signature(connection, signature); });
  co_return signature.digest;
}

bool confirms(std::string_view text, std::string_view sha256) {
  return member_of(text, "document") == sha256;
}

std::string masked_phone(std::string_view cms) {
  auto const data = signing::parse_signed_data(cms);
  if (!data || !data->content) return {};
  auto const phone = member_of(*data->content, "phone");
  if (phone.size() <= k_phone_digits_shown) return {};
  return "…" + phone.substr(phone.size() - k_phone_digits_shown);
}

}  // namespace qyzmet::casework
