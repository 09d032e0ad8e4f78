#pragma once
// What somebody with a printer and a phone gets out of a PDF. With the tools of others: pdftoppm,
// zbarimg, pdftotext. Blocking.
#include <string>

namespace qyzmet::tests {

/// What a scanner reads in the QR code on a print of the document; "" when it finds none.
std::string scan_qr(std::string const& pdf);
/// The text of the document with single spaces.
std::string text_of_pdf(std::string const& pdf);
/// Kept in the folder that QYZMET_GALLERY names, if it does, for people to look at.
void keep_for_looking(std::string const& name, std::string const& bytes);

}  // namespace qyzmet::tests
