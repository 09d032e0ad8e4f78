#pragma once
// Results and notices as A4 PDF through pango and cairo, and as HTML, in two languages, from one
// XML template of the package. Layout overflow is an error, never a cut.
//
// Vocabulary (values as in renderer.hpp, in {{..}} within text and attributes; every block takes
// if="condition" and each="path"):
//   <document title="..." dated="path">   dated: ISO date or instant, the PDF's only clock
//     <part lang="kk">                    a whole text in one language; the next part follows on
//                                         the page if it fits there, else begins a page
//       <head>, <title>, <subtitle>, <note>   centred: body, name of the document, small print
//       <line left="" right=""/>          number and date
//       <to>                              addressee, in the right half
//       <h>, <p>                          heading and paragraph, with <b>, <i>, <br/>; a paragraph
//                                         may be of another language (lang)
//       <fields><field label="">..</field></fields>   a field without text is left out
//       <list kind="number|bullet"><item>..</item></list>
//       <signature position="" name="">.. how it is signed ..</signature>   never split, and never
//                                         alone on a page
//     <close>                             once, after the parts, never split: <qr/> and, beside it,
//                                         its paragraphs
// Pages are numbered; gaps shrink where that saves a page. The QR has a quiet zone of four modules.
//
// Ownership: nothing is kept. Thread-safe. Errors: error.document_template (line, reason),
// error.document_overflow (element: what no page holds), error.document_no_date. The fonts Noto
// Serif and Noto Sans must be installed; their absence throws std::runtime_error.
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "templates/qr.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::templates {

inline constexpr std::size_t k_document_source_max = std::size_t{256} << 10;
inline constexpr int k_document_pages_max = 120;
inline constexpr std::size_t k_document_text_max = std::size_t{256} << 10;  // of one element

struct DocumentInput {
  std::string_view source;  // documents/*.xml of the package
  boost::json::value const& data;
  std::map<std::string, Texts, std::less<>> const& texts;  // language -> key -> text
  /// What the QR says; empty = none. It stands among the PDF's keywords as well, for programs.
  std::string_view qr;
};

/// Tagged PDF, fonts embedded, byte-identical for identical input.
Result<std::string> render_pdf(DocumentInput const& input);

/// The same blocks as HTML, to stand within a page of ours (styled by static/paper.css): a
/// <section> with its `lang` for each part, below an <h1> of the page. Nothing from elsewhere, no
/// scripts, no inline styles; every value is escaped.
Result<Drawing> render_html(DocumentInput const& input);

/// Deployment check of a template: well formed, known elements and attributes, valid values.
Result<void> check_document(std::string_view source);

}  // namespace qyzmet::templates
