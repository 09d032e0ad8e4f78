// What an applicant takes home at once: the application in the form of the law, and its receipt
// (R-GEN-30), a page and a PDF with what was received and when, and the proof, as a QR code and as
// a file, that it stands in the transparency log. Whoever holds the proof needs nothing of us to
// show it to others (`qyzmet receipt verify`).
#include "services/casework/documents.hpp"
#include "services/casework/seal.hpp"
#include "services/http/responses.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/document_answer.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"
#include "templates/qr.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_template = "documents/receipt.xml";

/// "Name, position" of whoever accepted the application; "" until somebody has.
asio::awaitable<std::string> official_of(Context& context, casework::OpenCase const& open) {
  auto const user = co_await context.world().database.run(
      [open](db::Connection& connection) { return casework::accepted_by(connection, open); });
  if (!user) co_return std::string{};
  auto const& position = user->position(context.language);
  co_return position.empty() ? user->name : user->name + ", " + position;
}

asio::awaitable<casework::Receipt> receipt_of(Context& context, casework::OpenCase const& open) {
  auto out = co_await context.world().database.run(
      [&world = context.world(), id = open.row.id](db::Connection& connection) {
        return casework::read_receipt(world, connection, id);
      });
  co_return out;
}

json::array files_json(casework::OpenCase const& open, casework::Receipt const& receipt,
                       Reader const& reader) {
  json::array out;
  for (auto const& file : receipt.received)
    out.push_back({{"title", document_title(*open.package, file.code, reader)},
                   {"name", file.name},
                   {"sha256", file.sha256}});
  return out;
}

json::object receipt_data(Context const& context, casework::OpenCase const& open,
                          casework::Receipt const& receipt) {
  auto const number = open.row.number;
  auto const base = context.url("/cabinet/cases/" + number);
  auto const reader = reader_of(context);
  auto const& key = context.world().ledger.signer().key();
  auto const code = casework::receipt_code(context.world(), receipt);
  json::object data{{"number", number},
                    {"service", reader.text("service.title", {}, open.package.get())},
                    {"filed", to_iso(open.row.fields.filed)},
                    {"accepted", to_iso(open.row.fields.accepted)},
                    {"files", files_json(open, receipt, reader)},
                    {"waits", !receipt.proof},
                    {"log", key.name},
                    {"key", ledger::to_text(key)},
                    {"back", base},
                    {"proof", base + "/receipt/proof"},
                    {"crumbs",
                     {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
                      {{"text", "№ " + number}, {"url", base}},
                      {{"text", context.text("receipt.title")}}}}};
  if (open.package->files.contains(k_template)) {
    data["pdf"] = base + "/receipt/pdf";
    data["as_page"] = base + "/receipt/page";
  }
  if (receipt.proof) data["entry"] = std::to_string(receipt.proof->index + 1);
  if (auto const qr = templates::qr_path(code))
    data["qr"] = json::object{{"size", qr->size}, {"path", qr->path}};
  return data;
}

asio::awaitable<http::Response> get_receipt(Context& context) {
  auto const open =
      co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const receipt = co_await receipt_of(context, *open);
  auto data = receipt_data(context, *open, receipt);
  auto const official = co_await official_of(context, *open);
  if (!official.empty()) data["official"] = official;
  co_return render(context, "receipt", std::move(data), 200, open->package.get());
}

struct Drawn {
  casework::OpenCase open;
  std::string sha256;
};

/// The receipt: complete once a registrar has accepted the application.
asio::awaitable<Result<Drawn>> draw_receipt(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return std::unexpected(open.error());
  auto receipt = co_await receipt_of(context, *open);
  auto sha256 = co_await casework::produce_receipt(context.world(), *open, std::move(receipt));
  if (!sha256) co_return std::unexpected(sha256.error());
  co_return Drawn{.open = std::move(*open), .sha256 = std::move(*sha256)};
}

asio::awaitable<Result<Drawn>> draw_application(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return std::unexpected(open.error());
  auto sha256 = co_await casework::produce_document(context.world(), *open, "application",
                                                    open->instance.variables);
  if (!sha256) co_return std::unexpected(sha256.error());
  co_return Drawn{.open = std::move(*open), .sha256 = std::move(*sha256)};
}

/// A paper drawn from the case as it stands, under the seal of the server.
asio::awaitable<http::Response> answer_sealed(Context& context, std::string name,
                                              Result<Drawn> drawn) {
  if (!drawn) co_return problem(context, drawn.error());
  auto const seal = co_await casework::seal(context.world(), drawn->open.row.id, drawn->sha256);
  if (!seal) co_return problem(context, seal.error());
  auto response =
      co_await answer_file(context, {.sha256 = drawn->sha256,
                                     .signatures = {*seal},
                                     .name = drawn->open.row.number + "-" + name + ".pdf"});
  co_return response;
}

/// The same as a page; `pdf`: where its PDF is, below the case.
asio::awaitable<http::Response> answer_drawn_page(Context& context, std::string title,
                                                  std::string pdf, Result<Drawn> drawn) {
  if (!drawn) co_return problem(context, drawn.error());
  auto const number = drawn->open.row.number;
  auto const base = "/cabinet/cases/" + number;
  json::array crumbs{{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
                     {{"text", "№ " + number}, {"url", context.url(base)}}};
  auto response = co_await answer_page(context, {.sha256 = std::move(drawn->sha256),
                                                 .title = std::move(title),
                                                 .pdf = base + pdf,
                                                 .crumbs = std::move(crumbs)});
  co_return response;
}

asio::awaitable<http::Response> get_pdf(Context& context) {
  auto drawn = co_await draw_receipt(context);
  auto response = co_await answer_sealed(context, "receipt", std::move(drawn));
  co_return response;
}

asio::awaitable<http::Response> get_receipt_page(Context& context) {
  auto drawn = co_await draw_receipt(context);
  auto response = co_await answer_drawn_page(context, context.text("receipt.title"), "/receipt/pdf",
                                             std::move(drawn));
  co_return response;
}

asio::awaitable<http::Response> get_application(Context& context) {
  auto drawn = co_await draw_application(context);
  auto response = co_await answer_sealed(context, "application", std::move(drawn));
  co_return response;
}

asio::awaitable<http::Response> get_application_page(Context& context) {
  auto drawn = co_await draw_application(context);
  auto response = co_await answer_drawn_page(context, context.text("web_page.application"),
                                             "/application", std::move(drawn));
  co_return response;
}

/// The proof as a file: the same as in the QR code. 404 while the log does not have the event.
asio::awaitable<http::Response> get_proof(Context& context) {
  auto const open =
      co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return problem(context, open.error());
  auto const receipt = co_await receipt_of(context, *open);
  if (!receipt.proof)
    co_return problem(context, Error{.code = ErrorCode::not_found, .text = "error.not_logged_yet"});
  auto response = http::download(ledger::to_text(*receipt.proof), "text/plain; charset=utf-8",
                                 open->row.number + ".tlog-proof");
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace

void add_receipt_routes(http::Router& router, Portal& portal) {
  std::string const own = "/{lang}/cabinet/cases/{number}";
  add_page(router, portal, own + "/application", "visitor", get_application);
  add_page(router, portal, own + "/application/page", "visitor", get_application_page);
  auto const one = own + "/receipt";
  add_page(router, portal, one, "visitor", get_receipt);
  add_page(router, portal, one + "/pdf", "visitor", get_pdf);
  add_page(router, portal, one + "/page", "visitor", get_receipt_page);
  add_page(router, portal, one + "/proof", "visitor", get_proof);
}

}  // namespace qyzmet::portal
