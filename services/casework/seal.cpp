#include "services/casework/seal.hpp"

#include "services/casework/files.hpp"
#include "signing/pdf.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

asio::awaitable<Result<std::string>> sign(World& world, std::string bytes,
                                          signing::SignOptions options) {
  auto const draft = signing::begin_cms(world.seal.certificate(), bytes, options);
  if (!draft) co_return std::unexpected(draft.error());
  auto const value = co_await world.seal.sign(draft->to_sign);
  if (!value) co_return std::unexpected(value.error());
  auto cms = signing::finish_cms(*draft, *value);
  if (!cms) co_return cms;
  auto stamped = co_await timestamped(world, std::move(*cms));
  co_return stamped;
}

}  // namespace

asio::awaitable<Result<std::string>> seal_text(World& world, std::string text) {
  auto cms = co_await sign(world, std::move(text), {.at = world.clock.now(), .attached = true});
  co_return cms;
}

asio::awaitable<Result<Verified>> verify_seal(World& world, std::string cms, std::string bytes) {
  signing::Policy policy;
  policy.role = signing::Role::provider_seal;
  auto verified =
      co_await verify(world, std::move(cms), std::move(bytes), policy, world.clock.now());
  // Whoever checks it later asks again, so that a silent responder holds nothing up.
  if (!verified.report.passed() && !verified.report.try_later())
    co_return std::unexpected(signature_error(verified.report));
  co_return verified;
}

asio::awaitable<Result<db::Signature>> seal(World& world, std::optional<CaseId> id,
                                            std::string sha256) {
  auto signatures = co_await world.database.run(
      [sha256](db::Connection& connection) { return db::signatures_of(connection, sha256); });
  if (!signatures.empty()) co_return std::move(signatures.front());
  auto document = co_await read_file(world, sha256);
  if (!document) co_return std::unexpected(document.error());
  auto bytes = signing::bytes_to_sign(*document);
  // PAdES has its time in the PDF and in the timestamp, not among the signed attributes.
  auto cms = co_await sign(world, bytes, {.at = {}, .attached = false});
  if (!cms) co_return std::unexpected(cms.error());
  auto verified = co_await verify_seal(world, std::move(*cms), std::move(bytes));
  if (!verified) co_return std::unexpected(verified.error());
  auto signature = std::move(verified->signature);
  signature.method = "seal";
  signature.document = std::move(sha256);
  signature.case_id = id;
  co_await world.database.run(
      [signature](db::Connection& connection) { db::store_signature(connection, signature); });
  co_return signature;
}

}  // namespace qyzmet::casework
