#include "signing/pdf.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <vector>

#include "signing/signed_data.hpp"

namespace qyzmet::signing {
namespace {

constexpr std::size_t k_entry_bytes = 20;  // of a cross-reference table
constexpr std::size_t k_objects_max = 100'000;
constexpr std::string_view k_blank = " \t\r\n\f";
constexpr std::string_view k_byte_range = "/ByteRange";

std::unexpected<Error> unfit() {
  return fail(ErrorCode::invalid, "signature.pdf");
}

std::optional<std::size_t> take_number(std::string_view& text) {
  auto const begin = text.find_first_not_of(k_blank);
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  std::size_t number = 0;
  auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

std::optional<std::size_t> number_after(std::string_view text, std::string_view key) {
  auto const at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  return take_number(text);
}

/// A PDF with one cross-reference table, as cairo writes it.
struct Tables {
  std::string_view pdf;
  std::size_t table = 0;  // where it begins
  std::size_t size = 0;   // objects
  std::size_t root = 0;
  std::optional<std::size_t> info;

  static std::optional<Tables> read(std::string_view pdf);
  /// "<< ... >>" of the object; nothing when it is no dictionary.
  std::optional<std::string> dictionary(std::size_t number) const;
};

std::optional<Tables> Tables::read(std::string_view pdf) {
  auto const end = pdf.rfind("startxref");
  auto const trailer = pdf.rfind("trailer");
  if (end == std::string_view::npos || trailer == std::string_view::npos || trailer > end)
    return std::nullopt;
  auto const table = number_after(pdf.substr(end), "startxref");
  auto const dictionary = pdf.substr(trailer, end - trailer);
  auto const size = number_after(dictionary, "/Size");
  auto const root = number_after(dictionary, "/Root");
  if (!table || *table > trailer || !size || !root || *size > k_objects_max) return std::nullopt;
  auto const head = "xref\n0 " + std::to_string(*size) + "\n";
  if (!pdf.substr(*table).starts_with(head) ||
      *table + head.size() + *size * k_entry_bytes > trailer)
    return std::nullopt;
  return Tables{.pdf = pdf,
                .table = *table,
                .size = *size,
                .root = *root,
                .info = number_after(dictionary, "/Info")};
}

std::optional<std::string> Tables::dictionary(std::size_t number) const {
  if (number >= size) return std::nullopt;
  auto const first = pdf.find('\n', table + 5) + 1;
  auto entry = pdf.substr(first + number * k_entry_bytes, k_entry_bytes);
  auto const offset = take_number(entry);
  if (!offset || *offset >= table) return std::nullopt;
  auto object = pdf.substr(*offset, table - *offset);
  object = object.substr(0, object.find("endobj"));
  auto const head = std::to_string(number) + " 0 obj";
  auto const begin = object.find("<<"), close = object.rfind(">>");
  if (!object.starts_with(head) || begin == std::string_view::npos ||
      close == std::string_view::npos || close < begin || object.contains("stream"))
    return std::nullopt;
  return std::string{object.substr(begin, close + 2 - begin)};
}

std::string with_entry(std::string dictionary, std::string const& entry) {
  dictionary.insert(dictionary.size() - 2, entry + "\n");
  return dictionary;
}

std::string reference(std::size_t number) {
  return std::to_string(number) + " 0 R";
}

/// "/M (D:...)" with the time that the PDF gives itself; empty when it gives none.
std::string claimed_time_of(Tables const& tables) {
  constexpr std::string_view k_created = "/CreationDate (D:";
  auto const info = tables.info ? tables.dictionary(*tables.info) : std::nullopt;
  auto const at = info ? info->find(k_created) : std::string::npos;
  if (at == std::string::npos) return {};
  auto const end = info->find(')', at);
  return end == std::string::npos ? std::string{}
                                  : "/M " + info->substr(at + 14, end + 1 - at - 14) + "\n";
}

/// Appends objects behind the PDF and, in the end, the cross-references to them.
class Update {
 public:
  explicit Update(Tables const& tables) : tables_(tables), out_(tables.pdf) {
    if (!out_.ends_with('\n')) out_ += '\n';
  }

  void add(std::size_t number, std::string const& body) {
    places_.push_back({number, out_.size()});
    out_ += std::to_string(number) + " 0 obj\n" + body + "\nendobj\n";
  }

  std::string finish(std::size_t size) {
    std::ranges::sort(places_, {}, &Place::number);
    auto const table = out_.size();
    out_ += "xref\n";
    for (auto const& place : places_) {
      char line[64];
      std::snprintf(line, sizeof line, "%zu 1\n%010zu 00000 n \n", place.number, place.offset);
      out_ += line;
    }
    out_ += "trailer\n<< /Size " + std::to_string(size) + " /Root " + reference(tables_.root);
    if (tables_.info) out_ += " /Info " + reference(*tables_.info);
    out_ += " /Prev " + std::to_string(tables_.table) + " >>\nstartxref\n" + std::to_string(table) +
            "\n%%EOF\n";
    return std::move(out_);
  }

 private:
  struct Place {
    std::size_t number, offset;
  };
  Tables const& tables_;
  std::string out_;
  std::vector<Place> places_;
};

/// Four numbers of fixed width, so that they can be written when the file is complete.
std::string byte_range(std::size_t gap, std::size_t gap_end, std::size_t size) {
  char text[64];
  std::snprintf(text, sizeof text, "[0 %010zu %010zu %010zu]", gap, gap_end, size - gap_end);
  return text;
}

struct Gap {
  std::size_t begin, end;  // with the angle brackets
};

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// Where the last signature's gap is; nothing unless the rest of the file is signed.
std::optional<Gap> find_gap(std::string_view pdf) {
  auto const at = pdf.rfind(k_byte_range);
  if (!is_pdf(pdf) || at == std::string_view::npos) return std::nullopt;
  auto text = pdf.substr(at + k_byte_range.size(), 128);
  auto const open = text.find_first_not_of(k_blank);
  if (open == std::string_view::npos || text[open] != '[') return std::nullopt;
  text.remove_prefix(open + 1);
  auto const start = take_number(text), begin = take_number(text), end = take_number(text),
             rest = take_number(text);
  if (!start || !begin || !end || !rest || *start != 0 || *end > pdf.size() ||
      *rest != pdf.size() - *end || *begin < 2 || *begin + 2 > *end)
    return std::nullopt;
  if (pdf[*begin] != '<' || pdf[*end - 1] != '>' ||
      !is_hexadecimal(pdf.substr(*begin + 1, *end - *begin - 2)) || (*end - *begin) % 2 != 0)
    return std::nullopt;
  return Gap{.begin = *begin, .end = *end};
}

int value_of(char digit) {
  if (digit <= '9') return digit - '0';
  return (digit | 0x20) - 'a' + 10;
}

std::string from_hexadecimal(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(value_of(text[i]) << 4 | value_of(text[i + 1]));
  return bytes;
}

std::string to_hexadecimal(std::string_view bytes) {
  constexpr std::string_view k_hex = "0123456789abcdef";
  std::string text;
  for (char const c : bytes) {
    text += k_hex[static_cast<unsigned char>(c) >> 4];
    text += k_hex[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string rest_of(std::string_view pdf, Gap const& gap) {
  return std::string{pdf.substr(0, gap.begin)} + std::string{pdf.substr(gap.end)};
}

/// Somebody may have signed the whole file instead: that signature has no place inside.
bool covers_rest(std::string_view pdf, Gap const& gap, std::string_view cms) {
  auto const data = parse_signed_data(cms);
  return data && data->signers.size() == 1 &&
         has_digest_of(data->signers.front(), rest_of(pdf, gap));
}

}  // namespace

bool is_pdf(std::string_view bytes) {
  return bytes.starts_with("%PDF-");
}

Result<std::string> reserve_pdf_signature(std::string_view pdf) {
  auto const tables = is_pdf(pdf) ? Tables::read(pdf) : std::nullopt;
  auto catalog = tables ? tables->dictionary(tables->root) : std::nullopt;
  auto const pages = catalog ? number_after(*catalog, "/Pages").and_then([&](std::size_t number) {
    return tables->dictionary(number);
  })
                             : std::nullopt;
  auto const first = pages ? number_after(*pages, "/Kids [") : std::nullopt;
  auto page = first ? tables->dictionary(*first) : std::nullopt;
  if (!page || page->contains("/Annots") || catalog->contains("/AcroForm")) return unfit();
  auto const field = tables->size, signature = tables->size + 1;
  Update update{*tables};
  update.add(tables->root,
             with_entry(std::move(*catalog),
                        "   /AcroForm << /Fields [ " + reference(field) + " ] /SigFlags 3 >>"));
  update.add(*first, with_entry(std::move(*page), "   /Annots [ " + reference(field) + " ]"));
  update.add(field,
             "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /F 132 /Rect [0 0 0 "
             "0] /P " +
                 reference(*first) + " /V " + reference(signature) + " >>");
  auto const blank = byte_range(0, 0, 0);
  std::string const zeros(2 * k_pdf_signature_bytes_max, '0');
  update.add(signature, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n" +
                            claimed_time_of(*tables) + "/ByteRange " + blank + "\n/Contents <" +
                            zeros + "> >>");
  auto out = update.finish(tables->size + 2);
  auto const range = out.rfind(blank), gap = out.rfind("/Contents <") + 10;
  auto const numbers = byte_range(gap, gap + zeros.size() + 2, out.size());
  out.replace(range, blank.size(), numbers);
  return out;
}

Result<PdfSignature> read_pdf_signature(std::string_view pdf) {
  auto const gap = find_gap(pdf);
  if (!gap) return unfit();
  PdfSignature out;
  out.signed_bytes = rest_of(pdf, *gap);
  auto const bytes = from_hexadecimal(pdf.substr(gap->begin + 1, gap->end - gap->begin - 2));
  auto const only_zeros = [](std::string_view text) {
    return text.find_first_not_of('\0') == std::string_view::npos;
  };
  if (only_zeros(bytes)) return out;
  // What is left of the room stays filled with zeros.
  auto const cms = der::first(bytes);
  if (!cms || !only_zeros(std::string_view{bytes}.substr(cms->whole.size()))) return unfit();
  out.cms = cms->whole;
  return out;
}

Result<std::string> embed_pdf_signature(std::string_view pdf, std::string_view cms) {
  auto const gap = find_gap(pdf);
  if (!gap || !covers_rest(pdf, *gap, cms)) return unfit();
  auto digits = to_hexadecimal(cms);
  auto const room = gap->end - gap->begin - 2;
  if (digits.size() > room) return fail(ErrorCode::too_large, "signature.too_large");
  digits.resize(room, '0');
  std::string out{pdf};
  out.replace(gap->begin + 1, room, digits);
  return out;
}

std::string bytes_to_sign(std::string_view document) {
  auto room = is_pdf(document) ? read_pdf_signature(document) : unfit();
  return room ? std::move(room->signed_bytes) : std::string{document};
}

Report verify_pdf(std::string_view pdf, TrustStore const& trust, Policy const& policy, Instant at,
                  Instant received_at, Evidence const& evidence) {
  auto const found = read_pdf_signature(pdf);
  if (found && !found->cms.empty())
    return verify_cms(found->cms, found->signed_bytes, trust, policy, at, received_at, evidence);
  Report report;
  report.indication = Indication::total_failed;
  report.sub_indication = "FORMAT_FAILURE";
  report.checks.push_back({.name = "carrier",
                           .layer = "format",
                           .passed = false,
                           .reason = found ? "signature.missing" : "signature.pdf"});
  return report;
}

}  // namespace qyzmet::signing
