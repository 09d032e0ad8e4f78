#pragma once
// Handing out the documents of a case and the signatures over them, to whoever may have them.
#include <boost/asio/awaitable.hpp>

#include "services/portal/case_view.hpp"
#include "services/portal/page.hpp"

namespace qyzmet::portal {

struct WantedDocument {
  std::string number;  // of the case
  std::string title;   // of the document, for the reader
  db::CaseDocumentRow row;
  std::vector<db::Signature> signatures;
  boost::json::array signed_by = {};  // signatures_json()
};

/// The document {sha256} of the path, if this reader may have it. A request from another site's
/// page is refused: files of ours are never part of it.
Result<WantedDocument> find_document(Context const& context, casework::OpenCase const& open,
                                     CaseRegisters registers, bool staff);
/// A kept file, to be saved: a PDF with the signature over it inside (PAdES), others as they are.
struct KeptFile {
  std::string sha256;
  std::vector<db::Signature> signatures;
  std::string name;
  std::string media_type = "application/pdf";
};
boost::asio::awaitable<http::Response> answer_file(Context& context, KeptFile file);
/// The document itself.
boost::asio::awaitable<http::Response> answer_document(Context& context,
                                                       Result<WantedDocument> wanted);
/// A paper of ours as a page of HTML: what its PDF says.
struct PaperPage {
  std::string sha256;  // of the PDF
  std::string title;
  std::string pdf;                     // path of the PDF, without language
  boost::json::array crumbs;           // without that of the page itself
  boost::json::array signatures = {};  // signatures_json(): who has signed it
};
boost::asio::awaitable<http::Response> answer_page(Context& context, PaperPage paper);
/// The same of a document of a case; `base` is the path of the case, without language.
boost::asio::awaitable<http::Response> answer_document_page(Context& context,
                                                            Result<WantedDocument> wanted,
                                                            std::string base,
                                                            boost::json::array crumbs);
/// The evidence file of the case (casework/evidence_file.hpp).
boost::asio::awaitable<http::Response> answer_evidence(Context& context,
                                                       casework::OpenCase const& open, bool staff);
/// The CMS over it (DER): of several the one that the query names by its digest, else the first.
http::Response answer_signature(Context const& context, Result<WantedDocument> const& wanted);

}  // namespace qyzmet::portal
