#include "templates/document.hpp"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "templates/layout.hpp"
#include "templates/qr_code.hpp"

namespace qyzmet::templates {
namespace {

struct Ink {
  double red, green, blue;
};
constexpr Ink k_black{0, 0, 0}, k_navy{0.063, 0.141, 0.227}, k_grey{0.72, 0.76, 0.8};

cairo_status_t append(void* out, unsigned char const* bytes, unsigned size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<char const*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

/// Draws the pages; the surface writes into `out` until `finish`.
class Painter {
 public:
  explicit Painter(std::string& out)
      : surface_{cairo_pdf_surface_create_for_stream(append, &out, k_page_width, k_page_height),
                 &cairo_surface_destroy},
        cairo_{cairo_create(surface_.get()), &cairo_destroy} {}

  void describe(std::string const& title, std::string const& date, std::string const& keywords) {
    set(CAIRO_PDF_METADATA_TITLE, title);
    if (!keywords.empty()) set(CAIRO_PDF_METADATA_KEYWORDS, keywords);
    set(CAIRO_PDF_METADATA_CREATOR, "Qyzmet");
    set(CAIRO_PDF_METADATA_CREATE_DATE, date);
    set(CAIRO_PDF_METADATA_MOD_DATE, date);
  }

  void paint(LaidOut const& all, QRcode const* qr) {
    cairo_tag_begin(cairo_.get(), "Document", nullptr);
    int page = 0;
    char const* group = nullptr;
    for (Placement const& placement : all.placements) {
      char const* const wanted = outer(placement.box->group);
      bool const turn = placement.page != page;
      if (group && (group != wanted || turn)) close_tag(group);
      for (; page < placement.page; ++page) end_page(page, all.pages);
      if (wanted && (group != wanted || turn)) cairo_tag_begin(cairo_.get(), wanted, nullptr);
      group = wanted;
      box(placement, qr);
    }
    if (group) close_tag(group);
    cairo_tag_end(cairo_.get(), "Document");
    for (; page < all.pages; ++page) end_page(page, all.pages);
  }

  void finish() {
    cairo_.reset();
    cairo_surface_finish(surface_.get());
    if (cairo_surface_status(surface_.get()) != CAIRO_STATUS_SUCCESS)
      throw std::runtime_error(std::string{"PDF: "} +
                               cairo_status_to_string(cairo_surface_status(surface_.get())));
  }

 private:
  static constexpr char const* k_table = "Table";
  static constexpr char const* k_list = "L";

  static char const* outer(char const* group) {
    if (!group) return nullptr;
    return std::string_view{group} == "TR" ? k_table : k_list;
  }

  void set(cairo_pdf_metadata_t what, std::string const& value) {
    cairo_pdf_surface_set_metadata(surface_.get(), what, value.c_str());
  }

  void close_tag(char const* tag) { cairo_tag_end(cairo_.get(), tag); }

  void ink(Ink const& colour) {
    cairo_set_source_rgb(cairo_.get(), colour.red, colour.green, colour.blue);
  }

  void stroke(double x1, double y1, double x2, double y2, double width, Ink const& colour) {
    ink(colour);
    cairo_set_line_width(cairo_.get(), width);
    cairo_move_to(cairo_.get(), x1, y1);
    cairo_line_to(cairo_.get(), x2, y2);
    cairo_stroke(cairo_.get());
  }

  void box(Placement const& placement, QRcode const* qr) {
    Box const& box = *placement.box;
    double const right = k_left + k_text_width;
    if (box.hairline) stroke(k_left, placement.y, right, placement.y, 0.5, k_grey);
    if (box.rule) {
      double const y = placement.y + box.height - 2;
      stroke(k_left, y, right, y, 1.2, k_navy);
    }
    if (box.frame) {
      ink(k_grey);
      cairo_set_line_width(cairo_.get(), 0.8);
      cairo_rectangle(cairo_.get(), k_left, placement.y, k_text_width, box.height);
      cairo_stroke(cairo_.get());
    }
    if (box.qr_size > 0 && qr) figure(*qr, k_left, placement.y, box.qr_size);
    if (box.group) cairo_tag_begin(cairo_.get(), box.group, nullptr);
    for (std::size_t i = 0; i < box.texts.size(); ++i) {
      bool const continued = box.split && placement.first > 0;
      if (i > 0 && continued) break;  // the label stands at the beginning
      text(box.texts[i], placement, box.split && i == 0);
    }
    if (box.group) close_tag(box.group);
  }

  void text(TextAt const& text, Placement const& placement, bool split) {
    cairo_tag_begin(cairo_.get(), text.tag, nullptr);
    ink(k_black);
    double const x = k_left + text.x, y = placement.y + text.y;
    if (split) {
      lines(text.layout.get(), placement, x, y);
    } else {
      cairo_move_to(cairo_.get(), x, y);
      pango_cairo_show_layout(cairo_.get(), text.layout.get());
    }
    close_tag(text.tag);
  }

  void lines(PangoLayout* layout, Placement const& placement, double x, double y) {
    double const top = placement.box->lines[placement.first].top;
    PangoLayoutIter* iter = pango_layout_get_iter(layout);
    for (std::size_t i = 0; i < placement.last; ++i) {
      if (i >= placement.first) {
        PangoRectangle extents;
        pango_layout_iter_get_line_extents(iter, nullptr, &extents);
        cairo_move_to(cairo_.get(), x + double(extents.x) / PANGO_SCALE,
                      y + placement.box->lines[i].baseline - top);
        pango_cairo_show_layout_line(cairo_.get(), pango_layout_iter_get_line_readonly(iter));
      }
      pango_layout_iter_next_line(iter);
    }
    pango_layout_iter_free(iter);
  }

  void figure(QRcode const& qr, double x, double y, double size) {
    cairo_tag_begin(cairo_.get(), "Figure", nullptr);
    double const module = size / (qr.width + 2 * k_quiet_modules);
    ink(k_black);
    for (int row = 0; row < qr.width; ++row)
      for (int column = 0; column < qr.width;) {
        int end = column;
        while (end < qr.width && (qr.data[row * qr.width + end] & 1)) ++end;
        if (end > column)
          cairo_rectangle(cairo_.get(), x + (k_quiet_modules + column) * module,
                          y + (k_quiet_modules + row) * module, (end - column) * module, module);
        column = end + 1;
      }
    cairo_fill(cairo_.get());
    close_tag("Figure");
  }

  void end_page(int page, int pages) {
    auto const number = small_print(std::to_string(page + 1) + " / " + std::to_string(pages));
    ink(k_navy);
    cairo_move_to(cairo_.get(), k_left, k_page_height - k_bottom + 16);
    pango_cairo_show_layout(cairo_.get(), number.get());
    cairo_show_page(cairo_.get());
  }

  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo_;
};

}  // namespace

Result<std::string> render_pdf(DocumentInput const& input) {
  auto const filled = fill_document(input);
  if (!filled) return std::unexpected(filled.error());
  auto const qr = encode_qr(input.qr);
  if (!input.qr.empty() && !qr) {
    Error error{.code = ErrorCode::invalid, .text = "error.document_overflow"};
    error.arguments = {{"element", "qr"}};
    return std::unexpected(error);
  }
  auto const pages = lay_out(filled->blocks, qr ? qr->width + 2 * k_quiet_modules : 0);
  if (!pages) return std::unexpected(pages.error());
  std::string out;
  Painter painter{out};
  painter.describe(filled->title, filled->date, std::string{input.qr});
  painter.paint(*pages, qr.get());
  painter.finish();
  return out;
}

Result<void> check_document(std::string_view source) {
  auto const document = parse_document(source);
  if (!document) return std::unexpected(document.error());
  return {};
}

}  // namespace qyzmet::templates
