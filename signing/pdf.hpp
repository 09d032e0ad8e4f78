#pragma once
// A signature inside a PDF: PAdES baseline B and T (ETSI EN 319 142-1) as an incremental update
// (ISO 32000-1, 7.5.6) with /ByteRange and /Contents (12.8.1), SubFilter ETSI.CAdES.detached.
//
// The room for the signature is made before anybody signs, so what is shown, what is signed and
// what is kept are the same bytes: those that /ByteRange names, all of the file but the hexadecimal
// digits of /Contents. Signing fills that gap and changes nothing else.
//
// Reserving understands the PDFs of templates/ (one classic cross-reference table); reading is
// strict with any bytes. Pure, thread-safe. Errors: invalid with "signature.pdf" (no such room, or
// bytes outside the signature), "signature.too_large".
#include <optional>
#include <string>
#include <string_view>

#include "signing/verify.hpp"

namespace qyzmet::signing {

/// Of the CMS with certificate and timestamp.
inline constexpr std::size_t k_pdf_signature_bytes_max = std::size_t{16} << 10;

bool is_pdf(std::string_view bytes);

/// The PDF with an invisible signature field on its first page and zeros where the signature will
/// stand. The time that the PDF says it was made at becomes /M.
Result<std::string> reserve_pdf_signature(std::string_view pdf);

struct PdfSignature {
  std::string signed_bytes;
  std::string cms;  // DER; empty while the room is only reserved
};
/// The last signature of the file, or the room for it. Everything but the gap must be signed:
/// whatever was added to the file afterwards makes this fail.
Result<PdfSignature> read_pdf_signature(std::string_view pdf);

/// The PDF with `cms` (DER) in its gap; "signature.pdf" when that signs other bytes.
Result<std::string> embed_pdf_signature(std::string_view pdf, std::string_view cms);

/// The bytes that a signature over the document covers: those of the PDF's room, or all.
std::string bytes_to_sign(std::string_view document);

/// verify_cms_over() for the signature inside a PDF.
Report verify_pdf(std::string_view pdf, TrustStore const& trust, Policy const& policy, Instant at,
                  Instant received_at, Evidence const& evidence);

}  // namespace qyzmet::signing
