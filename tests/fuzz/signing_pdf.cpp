// PDFs with a signature or room for one. What is not signed is never taken for signed: a PDF that
// passes the signature value has our signature in it, over all bytes but its gap.
#include "signing/pdf.hpp"

#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

constexpr std::string_view k_plain =
    "%PDF-1.5\n1 0 obj\n<< /Type /Pages\n   /Kids [ 2 0 R ]\n   /Count 1\n>>\nendobj\n"
    "2 0 obj\n<< /Type /Page % 1\n   /Parent 1 0 R\n   /MediaBox [ 0 0 9 9 ]\n>>\nendobj\n"
    "3 0 obj\n<< /CreationDate (D:20261121100000+05'00)\n>>\nendobj\n"
    "4 0 obj\n<< /Type /Catalog\n   /Pages 1 0 R\n>>\nendobj\n"
    "xref\n0 5\n0000000000 65535 f \n0000000009 00000 n \n0000000074 00000 n \n"
    "0000000153 00000 n \n0000000213 00000 n \ntrailer\n<< /Size 5\n   /Root 4 0 R\n"
    "   /Info 3 0 R\n>>\nstartxref\n265\n%%EOF\n";

std::string const& room() {
  static std::string const made = *reserve_pdf_signature(k_plain);
  return made;
}

std::string const& right() {
  static std::string const made = [] {
    auto const cms = *sign_cms(*signing_key(world().person), bytes_to_sign(room()),
                               {.at = {}, .attached = false});
    return *embed_pdf_signature(room(), cms);
  }();
  return made;
}

bool is_signed(Report const& report) {
  return std::ranges::any_of(report.checks, [](Check const& check) {
    return check.name == "signature_value" && check.passed;
  });
}

void target(std::string_view bytes) {
  if (auto const reserved = reserve_pdf_signature(bytes)) {
    auto const read = read_pdf_signature(*reserved);
    check(read && read->cms.empty(), "the room that was made is found again");
    check(reserved->starts_with(bytes), "what is shown is added to, not changed");
  }
  auto const inside = read_pdf_signature(bytes);
  check(!inside || inside->signed_bytes.size() < bytes.size(), "the gap is not signed");
  (void)embed_pdf_signature(bytes, world().cms);
  auto const report = verify_pdf(bytes, world().trust, {}, world().now, world().now, {});
  check(!is_signed(report) || bytes_to_sign(bytes) == bytes_to_sign(right()),
        "nothing but what was signed verifies");
}

}  // namespace

QYZMET_FUZZ_TARGET(right(), target)
