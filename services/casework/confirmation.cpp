#include "services/casework/confirmation.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "services/casework/evidence.hpp"
#include "services/casework/seal.hpp"

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
  signature.best_time = confirmed.answer.confirmed;
  co_await world.database.run(
      [signature](db::Connection& connection) { db::store_signature(connection, signature); });
  co_return signature.digest;
}

bool confirms(std::string_view text, std::string_view sha256) {
  json::error_code error;
  auto const value = json::parse(text, error);
  auto const* object = error ? nullptr : value.if_object();
  auto const* document = object == nullptr ? nullptr : object->if_contains("document");
  return document != nullptr && document->is_string() && document->get_string() == sha256;
}

}  // namespace qyzmet::casework
