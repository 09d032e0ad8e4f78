#include "services/casework/signer.hpp"

#include <algorithm>

#include "db/signers.hpp"
#include "engine/environment.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/documents.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::string_view k_head = "head";
constexpr std::string_view k_executor = "executor";

/// Papers name people who act in these roles.
bool can_be_named(std::string_view role) {
  return role == k_head || role == k_executor;
}

/// Of a message, or of the task that has the form.
std::string_view role_of(engine::Package const& package, engine::Form const& form) {
  if (!form.role.empty()) return form.role;
  auto const task = std::ranges::find(package.process.nodes, form.id, &engine::Node::form);
  return task == package.process.nodes.end() ? std::string_view{} : task->role;
}

std::vector<db::User> heads_on(db::Connection& connection, OfficeId office, Date day) {
  std::vector<db::User> out;
  for (auto const& each : db::stand_ins(connection, office, day)) {
    auto deputy = db::find_user(connection, each.deputy);
    if (!deputy) continue;
    deputy->position_kk = each.position_kk;
    deputy->position_ru = each.position_ru;
    out.push_back(std::move(*deputy));
  }
  for (auto& head : db::users_with_role(connection, std::string{k_head}, office))
    if (std::ranges::find(out, head.id, &db::User::id) == out.end()) out.push_back(std::move(head));
  return out;
}

Error named_another() {
  return {.code = ErrorCode::forbidden,
          .text = "error.named_another",
          .field = {},
          .rule = "R-GEN-16",
          .cite = "appc.80"};
}

Error outdated() {
  return {.code = ErrorCode::forbidden,
          .text = "error.paper_outdated",
          .field = {},
          .rule = "R79-10",
          .cite = "p79.6"};
}

/// The last day that stands in the paper is another one when the term is extended today.
bool is_outdated(db::Connection& connection, OpenCase const& open, std::string const& original,
                 std::string const& sha256) {
  // A day that is fixed, or that no paper of this service tells.
  if (open.instance.deadlines.extended || open.package->term.extensions.empty()) return false;
  auto const drawn = db::case_documents(connection, open.row.id);
  auto const first = std::ranges::find(drawn, original, &db::CaseDocumentRow::sha256);
  if (first == drawn.end() || !tells_extended_due(*open.package, first->code)) return false;
  auto const anew = db::redrawn_of_case(connection, open.row.id);
  auto const later = std::ranges::find(anew, sha256, &db::CaseDocumentRow::sha256);
  auto const added = later == anew.end() ? first->added : later->added;
  return extended_due(open, legal_date(added)) != extended_due(open, legal_date(open.now));
}

ToSign find_paper(db::Connection& connection, OpenCase const& open, std::string const& original,
                  UserId official) {
  ToSign paper{.sha256 = original};
  if (auto anew = db::find_redrawn(connection, original, official)) {
    paper.sha256 = std::move(anew->sha256);
    paper.code = std::move(anew->code);
  } else if (auto const named = db::named_signer(connection, original);
             named && named->official != official) {
    paper.anew = named_another();
  }
  if (!paper.anew && is_outdated(connection, open, original, paper.sha256)) paper.anew = outdated();
  return paper;
}

/// What the law says to the act itself: its answers and the signature are still to come.
std::optional<Error> refused(OpenCase const& open, engine::Actor const& actor,
                             decltype(engine::Event::body) body) {
  auto law = open.refusal(actor, std::move(body));
  bool const later = !law || law->text == "error.signature_required" ||
                     law->code == ErrorCode::invalid || !law->field.empty();
  return later ? std::nullopt : law;
}

}  // namespace

std::string_view signing_role(engine::Package const& package, std::string_view path) {
  for (auto const& [name, form] : package.forms) {
    if (path.empty() || form.signs != path) continue;
    if (auto const role = role_of(package, form); can_be_named(role)) return role;
  }
  return {};
}

std::optional<db::User> signing_head(db::Connection& connection, OpenCase const& open,
                                     std::optional<UserId> user) {
  auto const office = open.row.fields.office;
  for (auto& each : heads_on(connection, office, legal_date(open.now))) {
    engine::Actor const actor{.user = std::to_string(each.id.value),
                              .role = std::string{k_head},
                              .unit = std::to_string(office.value)};
    if (user && *user != each.id) continue;
    if (!engine::refusal_of_role(*open.package, *open.calendar, open.instance, open.now, actor))
      return std::move(each);
  }
  return std::nullopt;
}

asio::awaitable<ToSign> paper_to_sign(World& world, OpenCase const& open, engine::Form const& form,
                                      engine::Actor const& actor) {
  auto original = engine::text_at(open.instance.variables, form.signs);
  auto const official = user_of(actor.user);
  if (original.empty() || !can_be_named(actor.role) || !official)
    co_return ToSign{.sha256 = original};
  auto paper = co_await world.database.run([&open, original, official](db::Connection& connection) {
    return find_paper(connection, open, original, *official);
  });
  co_return paper;
}

asio::awaitable<Result<ToSign>> draw_anew(World& world, OpenCase const& open,
                                          engine::Form const& form, engine::Actor actor,
                                          decltype(engine::Event::body) body) {
  if (auto law = refused(open, actor, std::move(body))) co_return std::unexpected(std::move(*law));
  auto const official = user_of(actor.user);
  auto const original = engine::text_at(open.instance.variables, form.signs);
  if (!can_be_named(actor.role) || !official || original.empty())
    co_return fail(ErrorCode::not_found, "error.document_not_found");
  auto const documents =
      co_await world.database.run([id = open.row.id](db::Connection& connection) {
        return db::case_documents(connection, id);
      });
  auto const row = std::ranges::find(documents, original, &db::CaseDocumentRow::sha256);
  if (row == documents.end()) co_return fail(ErrorCode::not_found, "error.document_not_found");
  auto drawn =
      co_await produce_document(world, open, row->code, open.instance.variables, form.signs,
                                actor.role == k_head ? official : std::nullopt);
  if (!drawn) co_return std::unexpected(drawn.error());
  db::Redrawn const paper{.case_id = open.row.id,
                          .original = original,
                          .official = *official,
                          .code = row->code,
                          .sha256 = *drawn};
  co_await world.database.run(
      [paper](db::Connection& connection) { db::keep_redrawn(connection, paper); });
  co_return ToSign{.sha256 = std::move(*drawn), .code = row->code};
}

}  // namespace qyzmet::casework
