// Papers that are drawn when somebody asks for them (the application, the receipt, under the seal
// of the server), and the copy of the whole case file.
#include "services/api/cases.hpp"
#include "services/api/once.hpp"
#include "services/api/routes.hpp"
#include "services/casework/case_file.hpp"
#include "services/casework/documents.hpp"
#include "services/casework/files.hpp"
#include "services/casework/seal.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;

namespace {

constexpr std::string_view k_pdf = "application/pdf";

asio::awaitable<http::Response> answer_sealed(Call& call, casework::OpenCase const& open,
                                              std::string name, Result<std::string> sha256) {
  if (!sha256) co_return problem(call, sha256.error());
  auto const seal = co_await casework::seal(call.world(), open.row.id, *sha256);
  if (!seal) co_return problem(call, seal.error());
  auto bytes = co_await casework::read_signed_file(call.world(), *sha256, {*seal});
  if (!bytes) co_return problem(call, bytes.error());
  co_return http::download(std::move(*bytes), std::string{k_pdf},
                           open.row.number + "-" + name + ".pdf");
}

asio::awaitable<http::Response> get_application(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto drawn = co_await casework::produce_document(call.world(), found->open, "application",
                                                   found->open.instance.variables);
  auto response = co_await answer_sealed(call, found->open, "application", std::move(drawn));
  co_return response;
}

asio::awaitable<http::Response> get_receipt(Call& call) {
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto receipt = co_await call.world().database.run(
      [&world = call.world(), id = found->open.row.id](db::Connection& connection) {
        return casework::read_receipt(world, connection, id);
      });
  auto drawn = co_await casework::produce_receipt(call.world(), found->open, std::move(receipt));
  auto response = co_await answer_sealed(call, found->open, "receipt", std::move(drawn));
  co_return response;
}

/// Who takes it is written into the case before it is given out (R-GEN-23). The answer is not kept:
/// a repeated request packs the file again, and stands in the case once.
asio::awaitable<http::Response> post_file(Call& call) {
  auto key = idempotency_key(call);
  if (key.empty())
    co_return problem(call, Error{.code = ErrorCode::invalid, .text = "error.idempotency_key"});
  auto const found = co_await case_for(call, {}, {});
  if (!found) co_return problem(call, found.error());
  auto const* package = found->open.package.get();
  auto taken = co_await casework::take_case_file(
      call.world(), {.open = found->open,
                     .actor = casework::citizen_actor(call.caller()),
                     .applicant = call.caller().name,
                     .idempotency_key = std::move(key),
                     .text = [&call, package](std::string_view name) {
                       return call.has(name, package) ? call.text(name, {}, package)
                                                      : std::string{};
                     }});
  if (!taken) co_return problem(call, taken.error(), package);
  co_return http::download(std::move(*taken), "application/zip", found->open.row.number + ".zip");
}

}  // namespace

void add_paper_operations(http::Router& router, Api& api) {
  constexpr std::string_view access = "citizen";
  add(router, api,
      {.path = "/cases/{number}/application",
       .access = access,
       .handler = get_application,
       .gives = k_pdf});
  add(router, api,
      {.path = "/cases/{number}/receipt/pdf",
       .access = access,
       .handler = get_receipt,
       .gives = k_pdf});
  add(router, api,
      {.method = http::Method::post,
       .path = "/cases/{number}/file",
       .access = access,
       .handler = post_file,
       .gives = "application/zip"});
}

}  // namespace qyzmet::api
