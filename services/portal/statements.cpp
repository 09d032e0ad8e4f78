// A statement of the applicant in a case: shown as it will be certified, certified by the own key
// or by a code, and only then a message of the case.
#include <algorithm>
#include <iterator>

#include "db/people.hpp"
#include "services/casework/certification.hpp"
#include "services/casework/statements.hpp"
#include "services/http/responses.hpp"
#include "services/portal/access.hpp"
#include "services/portal/certification.hpp"
#include "services/portal/mobile.hpp"
#include "services/portal/routes.hpp"
#include "services/portal/signature.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// The statement of the path, in a case of the visitor.
struct Stated {
  casework::OpenCase open;
  casework::KeptStatement statement;

  std::string case_path() const { return "/cabinet/cases/" + open.row.number; }
  std::string path() const { return case_path() + "/statements/" + statement.sha256; }
};

asio::awaitable<Result<Stated>> stated(Context& context) {
  auto open = co_await open_own_case(context.portal, context.visitor, context.parameter("number"));
  if (!open) co_return std::unexpected(open.error());
  auto statement =
      co_await casework::find_statement(context.world(), *open, context.parameter("sha256"));
  if (!statement) co_return fail(ErrorCode::gone, "error.statement_gone");
  co_return Stated{.open = std::move(*open), .statement = std::move(*statement)};
}

/// From the kept bytes alone: what is shown is what is certified.
json::array rows_of(Context const& context, casework::Statement const& said) {
  json::array rows;
  auto const add = [&](std::string const& label, std::string const& value) {
    rows.push_back({{"label", label}, {"value", value}});
  };
  add(context.text("statement.row.declares"), said.declares);
  for (auto const& field : said.fields) add(field.label, field.words);
  for (auto const& paper : said.papers) {
    add(paper.label, paper.name);
    rows.back().as_object()["hint"] = "SHA-256: " + paper.sha256;
  }
  add(context.text("statement.row.case"), "№ " + said.number + ", " + said.service);
  add(context.text("apply.row.name"), said.name);
  add(context.text("apply.row.iin"), said.iin);
  if (auto const made = parse_instant(said.made)) {
    auto const reader = reader_of(context);
    add(context.text("statement.row.made"),
        reader.long_date(legal_date(*made)) + ", " + reader.time(*made));
  }
  return rows;
}

json::array crumbs_of(Context const& context, Stated const& all) {
  return {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
          {{"text", "№ " + all.open.row.number}, {"url", context.url(all.case_path())}},
          {{"text", context.text("statement.title")}}};
}

asio::awaitable<http::Response> page_of(Context& context, Stated all, std::vector<Error> errors) {
  auto const person = co_await context.world().database.run(
      [id = context.visitor.person](db::Connection& c) { return db::find_person(c, id); });
  if (!person) co_return problem(context, 404);
  auto forbidden = co_await casework::refusal_of_statement(
      context.world(), all.open, citizen_actor(context.visitor), all.statement);
  auto const& said = all.statement.said;
  auto const form = all.case_path() + "/messages/" + said.message;
  json::object data{{"rows", rows_of(context, said)},
                    {"refused", !forbidden.empty()},
                    {"back", context.url(all.case_path())},
                    {"change", context.url(form) + "?statement=" + all.statement.sha256},
                    {"crumbs", crumbs_of(context, all)}};
  add_certify_data(context,
                   {.bytes = all.statement.xml,
                    .sha256 = all.statement.sha256,
                    .person = *person,
                    .action = all.path(),
                    .download = all.path() + "/statement.xml",
                    .about = "statement.code.text"},
                   data);
  // The law has the first word; what else went wrong matters only while it allows the act.
  if (!forbidden.empty()) errors = std::move(forbidden);
  auto const* package = all.open.package.get();
  if (errors.empty()) co_return render(context, "statement", std::move(data), 200, package);
  co_return render_refused(context, "statement", std::move(data), errors, package);
}

asio::awaitable<http::Response> get_statement(Context& context) {
  auto all = co_await stated(context);
  if (!all) co_return problem(context, all.error());
  if (all->statement.accepted) co_return go(context, all->case_path(), "message_sent");
  auto response = co_await page_of(context, std::move(*all), {});
  co_return response;
}

asio::awaitable<http::Response> get_bytes(Context& context) {
  auto all = co_await stated(context);
  if (!all) co_return problem(context, all.error());
  co_return http::download(std::move(all->statement.xml), "application/xml", "statement.xml");
}

asio::awaitable<http::Response> send_code(Context& context, Stated all) {
  // Nobody is sent a code for what the law forbids by now.
  auto errors = co_await casework::refusal_of_statement(
      context.world(), all.open, citizen_actor(context.visitor), all.statement);
  if (errors.empty()) {
    auto const id = co_await casework::send_code(context.world(), casework::k_statement_code,
                                                 all.statement.xml, context.visitor.person);
    if (id) {
      auto response = go(context, all.path(), "code_sent");
      remember_code(context, response, all.statement.sha256, *id);
      co_return response;
    }
    errors.push_back(id.error());
  }
  auto response = co_await page_of(context, std::move(all), std::move(errors));
  co_return response;
}

asio::awaitable<Result<casework::CertifiedBy>> sent_proof(Context& context,
                                                          std::string_view sha256) {
  if (context.field("act") == "confirm")
    co_return casework::CertifiedBy{.otp = sent_code(context, sha256),
                                    .code = context.field("code")};
  auto cms = co_await sent_signature(context);
  if (!cms) co_return std::unexpected(cms.error());
  co_return casework::CertifiedBy{.cms = std::move(*cms)};
}

asio::awaitable<http::Response> certify(Context& context, Stated all) {
  auto by = co_await sent_proof(context, all.statement.sha256);
  std::vector<Error> errors;
  if (by) {
    auto done = co_await casework::certify_statement(
        context.world(), all.open, citizen_actor(context.visitor), all.statement, std::move(*by));
    if (done) {
      auto response = go(context, all.case_path(), "message_sent");
      if (context.field("act") == "confirm") forget_code(context, response);
      co_return response;
    }
    errors = std::move(done.error());
  } else {
    errors.push_back(by.error());
  }
  auto response = co_await page_of(context, std::move(all), std::move(errors));
  co_return response;
}

asio::awaitable<http::Response> post_statement(Context& context) {
  auto all = co_await stated(context);
  if (!all) co_return problem(context, all.error());
  if (all->statement.accepted) co_return go(context, all->case_path(), "message_sent");
  if (context.field("sha256") != all->statement.sha256) co_return go(context, all->path());
  auto const act = context.field("act");
  if (act == "code") {
    auto response = co_await send_code(context, std::move(*all));
    co_return response;
  }
  if (act == "mobile") {
    auto response = co_await offer_to_mobile(context, all->statement.xml, all->path());
    co_return response;
  }
  auto response = co_await certify(context, std::move(*all));
  co_return response;
}

}  // namespace

void add_statement_routes(http::Router& router, Portal& portal) {
  std::string const one = "/{lang}/cabinet/cases/{number}/statements/{sha256}";
  add_page(router, portal, one, "visitor", get_statement);
  add_page(router, portal, one + "/statement.xml", "visitor", get_bytes);
  add_form(router, portal,
           {.pattern = one,
            .access = "visitor",
            .fields = {std::begin(k_certify_fields), std::end(k_certify_fields)},
            .body = http::Body::multipart},
           post_statement);
}

}  // namespace qyzmet::portal
