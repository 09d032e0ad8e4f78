#include "services/portal/document_answer.hpp"

#include "db/documents.hpp"
#include "services/casework/archive.hpp"
#include "services/casework/files.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

Result<WantedDocument> find_document(Context const& context, casework::OpenCase const& open,
                                     CaseRegisters registers, bool staff) {
  if (context.request.headers.get("Sec-Fetch-Site") == "cross-site")
    return fail(ErrorCode::forbidden, "error.foreign_form");
  auto const reader = reader_of(context, staff);
  auto const sha256 = context.parameter("sha256");
  for (auto const& row : registers.documents)
    if (row.sha256 == sha256 && may_read(row, reader)) {
      auto signed_by = signatures_json(registers, sha256, reader);
      return WantedDocument{.number = open.row.number,
                            .title = document_title(*open.package, row.code, reader),
                            .row = row,
                            .signatures = std::move(registers.signatures),
                            .signed_by = std::move(signed_by)};
    }
  return fail(ErrorCode::not_found, "error.document_not_found");
}

asio::awaitable<http::Response> answer_file(Context& context, KeptFile file) {
  auto bytes =
      co_await casework::read_signed_file(context.world(), file.sha256, std::move(file.signatures));
  if (!bytes) co_return problem(context, bytes.error());
  auto response = http::download(std::move(*bytes), file.media_type, file.name);
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

asio::awaitable<http::Response> answer_document(Context& context, Result<WantedDocument> wanted) {
  if (!wanted) co_return problem(context, wanted.error());
  auto response = co_await answer_file(context, {.sha256 = wanted->row.sha256,
                                                 .signatures = std::move(wanted->signatures),
                                                 .name = wanted->number + "-" + wanted->row.name,
                                                 .media_type = wanted->row.media_type});
  co_return response;
}

asio::awaitable<http::Response> answer_page(Context& context, PaperPage paper) {
  auto markup =
      co_await context.world().database.run([sha256 = paper.sha256](db::Connection& connection) {
        return db::find_document_page(connection, sha256);
      });
  templates::Drawing const drawing{std::move(markup)};
  if (drawing.markup.empty())
    co_return problem(context, Error{.code = ErrorCode::not_found, .text = "error.no_web_page"});
  paper.crumbs.push_back({{"text", paper.title}});
  co_return render(context, "paper",
                   {{"title", std::move(paper.title)},
                    {"pdf", context.url(paper.pdf)},
                    {"signatures", std::move(paper.signatures)},
                    {"crumbs", std::move(paper.crumbs)}},
                   200, nullptr, &drawing);
}

asio::awaitable<http::Response> answer_document_page(Context& context,
                                                     Result<WantedDocument> wanted,
                                                     std::string base, json::array crumbs) {
  if (!wanted) co_return problem(context, wanted.error());
  auto response = co_await answer_page(context, {.sha256 = wanted->row.sha256,
                                                 .title = std::move(wanted->title),
                                                 .pdf = base + "/documents/" + wanted->row.sha256,
                                                 .crumbs = std::move(crumbs),
                                                 .signatures = std::move(wanted->signed_by)});
  co_return response;
}

asio::awaitable<http::Response> answer_evidence(Context& context, casework::OpenCase const& open,
                                                bool staff) {
  auto const number = open.row.number;
  auto file = co_await casework::export_evidence(context.world(), open.row.id, number, staff);
  auto response = http::download(std::move(file), "application/json", number + "-evidence.json");
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

http::Response answer_signature(Context const& context, Result<WantedDocument> const& wanted) {
  if (!wanted) return problem(context, wanted.error());
  auto const digest = context.query("digest");
  for (auto const& signature : wanted->signatures) {
    if (signature.document != wanted->row.sha256 || signature.cms.empty()) continue;
    if (!digest.empty() && signature.digest != digest) continue;
    auto response = http::download(signature.cms, "application/pkcs7-signature",
                                   wanted->number + "-" + wanted->row.name + ".p7s");
    response.headers.set("Cache-Control", "no-store");
    return response;
  }
  return problem(context, 404);
}

}  // namespace qyzmet::portal
