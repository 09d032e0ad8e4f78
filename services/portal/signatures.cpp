// Who has signed a paper of ours, for whoever holds it: the verifier, which asks nobody, leads here
// with the digest of a file. Nobody finds a digest without the paper, and the paper names those who
// sign it. A signature itself is not given out: its certificate holds an IIN.
#include "db/documents.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t k_digest_digits = 64;

bool is_digest(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  return text.size() == k_digest_digits && text.find_first_not_of(digits) == text.npos;
}

/// Signatures over a PDF that was drawn here, with those who made them; none over anything else.
CaseRegisters read_signatures(db::Connection& connection, std::string const& sha256) {
  CaseRegisters out;
  auto const document = db::find_document(connection, sha256);
  if (!document || document->media_type != "application/pdf" || document->verdict != "made_here")
    return out;
  out.signatures = db::signatures_of(connection, sha256);
  for (auto const& signature : out.signatures) {
    if (signature.case_id && out.history.empty())
      out.history = db::history(connection, *signature.case_id);
    if (!signature.signer) continue;
    if (auto const user = db::find_user(connection, *signature.signer))
      out.names[std::to_string(user->id.value)] = user->name;
  }
  return out;
}

asio::awaitable<http::Response> get_signatures(Context& context) {
  auto const sha256 = context.parameter("sha256");
  if (!is_digest(sha256)) co_return problem(context, 404);
  auto const registers = co_await context.world().database.run(
      [sha256](db::Connection& connection) { return read_signatures(connection, sha256); });
  co_return render(
      context, "signatures",
      {{"digest", sha256}, {"signatures", signatures_json(registers, sha256, reader_of(context))}});
}

}  // namespace

void add_signature_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/signatures/{sha256}", "anyone", get_signatures);
}

}  // namespace qyzmet::portal
