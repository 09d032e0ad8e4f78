#include "services/casework/archive.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "db/cases.hpp"
#include "db/documents.hpp"
#include "db/signature_timestamps.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/evidence_file.hpp"
#include "services/casework/files.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"
#include "signing/cms.hpp"
#include "signing/tsp.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds k_lease{120};
constexpr std::chrono::minutes k_pause{10};  // until what is missing is looked for again
constexpr std::chrono::days k_again_min{1};  // between two rounds of one record
/// SHA-256 is what every timestamp authority of today takes. A stronger one here lets each record
/// begin a new chain under it at its next round.
constexpr std::string_view k_digest = signing::oids::k_sha256;

struct Order {
  db::Archive row;
  ArchivedSignature signature;
  signing::ArchiveGroup group() const {
    return {.objects = signature.objects(), .record = signature.record};
  }
};

std::vector<std::string> kept_ocsp(std::string const& evidence) {
  json::error_code error;
  auto const value = json::parse(evidence, error);
  auto const* object = error ? nullptr : value.if_object();
  auto const* list = object == nullptr ? nullptr : object->if_contains("ocsp");
  std::vector<std::string> out;
  if (list == nullptr || !list->is_array()) return out;
  for (auto const& each : list->get_array())
    if (auto bytes = each.is_string() ? platform::from_base64(each.get_string()) : std::nullopt)
      out.push_back(std::move(*bytes));
  return out;
}

/// What is fixed for ever now. A signature without a timestamp has its time from this round, so its
/// certificate is asked about once more. Nothing while the responder is
/// silent or a timestamp is owed.
asio::awaitable<std::optional<Material>> collect(World& world, db::Signature const& signature) {
  auto const timestamp = co_await world.database.run(
      [&signature](db::Connection& c) { return db::find_timestamp(c, signature.digest); });
  if (timestamp && timestamp->owed()) co_return std::nullopt;
  Material out{.certificates = signing::issuers_of(signature.cms, world.trust),
               .ocsp = kept_ocsp(signature.evidence)};
  if (out.ocsp.empty() || !signing::has_timestamp(signature.cms)) {
    auto fresh = co_await ask_about(world, signature.cms);
    out.ocsp = std::move(fresh.ocsp);
  }
  if (out.ocsp.empty()) co_return std::nullopt;
  if (timestamp) out.timestamps = {timestamp->token};
  co_return out;
}

asio::awaitable<std::optional<ArchivedSignature>> archived(World& world, db::Archive const& row) {
  auto const signature = co_await world.database.run(
      [digest = row.signature](db::Connection& c) { return db::find_signature(c, digest); });
  if (!signature) co_return std::nullopt;
  auto content = co_await read_file(world, signature->document);
  if (!content) co_return std::nullopt;
  ArchivedSignature out{.digest = signature->digest,
                        .method = signature->method,
                        .cms = signature->cms,
                        .verdict = signature->verdict,
                        .record = row.record,
                        .sha256 = signature->document,
                        .name = {},
                        .media_type = {},
                        .content = std::move(*content)};
  auto material = read_material(row.material);
  if (!material) material = co_await collect(world, *signature);
  if (!material) co_return std::nullopt;
  out.material = std::move(*material);
  co_return out;
}

asio::awaitable<std::vector<Order>> collect_orders(World& world, Instant now) {
  auto const claimed = co_await world.database.run([now](db::Connection& connection) {
    return db::claim_archives(connection, now, k_lease, k_archive_round_max);
  });
  std::vector<Order> out;
  for (auto const& row : claimed) {
    auto signature = co_await archived(world, row);
    if (signature) {
      out.push_back({.row = row, .signature = std::move(*signature)});
      continue;
    }
    co_await world.database.run([digest = row.signature, now](db::Connection& connection) {
      db::postpone_archive(connection, digest, now + k_pause);
    });
  }
  co_return out;
}

signing::Policy policy_of(World const& world) {
  signing::Policy out;
  out.role = signing::Role::any;
  out.refuse_test_anchors = world.mode == db::Mode::production;
  return out;
}

/// False: the new record proves nothing, and the old one is left as it is.
bool keep(World const& world, db::Connection& connection, Order const& order, std::string record,
          Instant now) {
  auto const proof =
      signing::verify_record(record, order.signature.objects(), world.trust, policy_of(world), now);
  if (!proof) {
    platform::log(platform::Level::error, "archive_refused", {{"reason", proof.error().text}});
    db::postpone_archive(connection, order.row.signature, now + k_pause);
    return false;
  }
  db::keep_archive(connection,
                   {.signature = order.row.signature,
                    .material = to_json(order.signature.material),
                    .record = std::move(record)},
                   std::max(now + k_again_min, proof->until - k_archive_lead));
  return true;
}

struct Rows {
  std::vector<db::Signature> signatures;
  std::vector<db::Archive> archives;
  std::vector<db::CaseDocumentRow> documents;
};

/// Without the content; nothing for what this reader must not have.
std::optional<ArchivedSignature> described(Rows const& rows, db::Signature const& signature,
                                           bool staff) {
  ArchivedSignature out{.digest = signature.digest,
                        .method = signature.method,
                        .cms = signature.cms,
                        .verdict = signature.verdict,
                        .sha256 = signature.document,
                        .name = "receipt.pdf",
                        .media_type = "application/pdf",
                        .content = {}};
  auto const document =
      std::ranges::find(rows.documents, signature.document, &db::CaseDocumentRow::sha256);
  if (document != rows.documents.end()) {
    if (document->direction == "inner" && !staff) return std::nullopt;
    out.name = document->name;
    out.media_type = document->media_type;
  }
  auto const archive = std::ranges::find(rows.archives, signature.digest, &db::Archive::signature);
  if (archive != rows.archives.end() && !archive->record.empty()) {
    out.record = archive->record;
    out.material = read_material(archive->material).value_or(Material{});
  }
  return out;
}

}  // namespace

asio::awaitable<int> archive_round(World& world) {
  auto const now = world.clock.now();
  auto const orders = co_await collect_orders(world, now);
  if (orders.empty()) co_return 0;
  std::vector<signing::ArchiveGroup> groups;
  for (auto const& order : orders) groups.push_back(order.group());
  auto const round = signing::plan_round(groups, k_digest);
  if (!round) {
    platform::log(platform::Level::error, "archive_refused", {{"reason", round.error().text}});
    co_return 0;
  }
  auto const question = signing::tsp_question(round->stamped, round->digest);
  if (!question) co_return 0;
  auto const token = co_await stamp(world, *question);
  if (!token) co_return 0;  // the claims come back
  failpoint("archive_timestamp_answered");
  auto records = signing::finish_round(groups, *round, *token);
  if (!records) co_return 0;
  // The moment after the token, or it would lie in the future.
  auto const after = world.clock.now();
  int const done = co_await world.database.run([&](db::Connection& connection) {
    int kept = 0;
    for (std::size_t i = 0; i < orders.size(); ++i)
      kept += keep(world, connection, orders[i], (*records)[i], after) ? 1 : 0;
    return kept;
  });
  co_return done;
}

asio::awaitable<std::string> export_evidence(World& world, CaseId id, std::string number,
                                             bool staff) {
  auto const rows = co_await world.database.run([id](db::Connection& connection) {
    return Rows{.signatures = db::signatures_of(connection, id),
                .archives = db::archives_of(connection, id),
                .documents = db::case_documents(connection, id)};
  });
  EvidenceFile out{.number = std::move(number), .signatures = {}};
  for (auto const& signature : rows.signatures) {
    auto one = described(rows, signature, staff);
    if (!one) continue;
    auto content = co_await read_file(world, signature.document);
    if (!content) continue;
    one->issuers = signing::record_issuers(one->record, world.trust);
    one->content = std::move(*content);
    out.signatures.push_back(std::move(*one));
  }
  co_return to_json(out);
}

}  // namespace qyzmet::casework
