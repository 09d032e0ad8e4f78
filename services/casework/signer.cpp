#include "services/casework/signer.hpp"

#include <algorithm>
#include <charconv>

#include "db/signers.hpp"
#include "engine/environment.hpp"
#include "services/casework/documents.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::string_view k_head = "head";

std::optional<UserId> user_of(engine::Actor const& actor) {
  std::int64_t value = 0;
  auto const* const last = actor.user.data() + actor.user.size();
  auto const [end, error] = std::from_chars(actor.user.data(), last, value);
  if (error != std::errc{} || end != last || value <= 0) return std::nullopt;
  return UserId{value};
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

ToSign find_paper(db::Connection& connection, std::string const& original, UserId head) {
  auto const named = db::named_signer(connection, original);
  if (!named || named->head == head) return {.sha256 = original};
  if (auto anew = db::find_redrawn(connection, original, head))
    return {.sha256 = std::move(anew->sha256), .code = std::move(anew->code)};
  return {.sha256 = original, .names_another = true};
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
  auto const head = user_of(actor);
  if (original.empty() || actor.role != k_head || !head) co_return ToSign{.sha256 = original};
  auto paper = co_await world.database.run([original, head](db::Connection& connection) {
    return find_paper(connection, original, *head);
  });
  co_return paper;
}

Error named_another() {
  return {.code = ErrorCode::forbidden,
          .text = "error.named_another",
          .field = {},
          .rule = "R-GEN-16",
          .cite = "appc.80"};
}

asio::awaitable<Result<ToSign>> draw_anew(World& world, OpenCase const& open,
                                          engine::Form const& form, engine::Actor actor,
                                          decltype(engine::Event::body) body) {
  if (auto law = refused(open, actor, std::move(body))) co_return std::unexpected(std::move(*law));
  auto const head = user_of(actor);
  auto const original = engine::text_at(open.instance.variables, form.signs);
  if (actor.role != k_head || !head || original.empty())
    co_return fail(ErrorCode::not_found, "error.document_not_found");
  auto const documents =
      co_await world.database.run([id = open.row.id](db::Connection& connection) {
        return db::case_documents(connection, id);
      });
  auto const row = std::ranges::find(documents, original, &db::CaseDocumentRow::sha256);
  if (row == documents.end()) co_return fail(ErrorCode::not_found, "error.document_not_found");
  auto drawn = co_await produce_document(world, open, row->code, open.instance.variables, head);
  if (!drawn) co_return std::unexpected(drawn.error());
  db::Redrawn const paper{.case_id = open.row.id,
                          .original = original,
                          .head = *head,
                          .code = row->code,
                          .sha256 = *drawn};
  co_await world.database.run(
      [paper](db::Connection& connection) { db::keep_redrawn(connection, paper); });
  co_return ToSign{.sha256 = std::move(*drawn), .code = row->code};
}

}  // namespace qyzmet::casework
