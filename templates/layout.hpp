#pragma once
// Blocks of a document become boxes of measured text, boxes get their places on A4 pages. Points
// (1/72 inch), y downwards. Not shared between threads.
#include <pango/pango.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "templates/blocks.hpp"

namespace qyzmet::templates {

inline constexpr double k_page_width = 595.28, k_page_height = 841.89;
inline constexpr double k_left = 62, k_right = 48, k_top = 44, k_bottom = 48;
inline constexpr double k_text_width = k_page_width - k_left - k_right;

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

/// Text at a place within its box.
struct TextAt {
  Owned<PangoLayout> layout;
  double x = 0, y = 0;
  char const* tag = "P";  // structure element of the PDF
};

/// One line of the first text of a box, relative to the text's top.
struct Line {
  double top = 0, baseline = 0, bottom = 0;
};

/// The smallest thing that is placed. `texts[0]` may be split between pages by lines if `split`.
struct Box {
  std::string element;
  char const* group = nullptr;  // structure element around the texts: TR, LI
  std::vector<TextAt> texts;
  std::vector<Line> lines;  // of texts[0], when split
  double before = 0, height = 0;
  bool split = false;
  bool keep_next = false;
  bool hairline = false;  // above
  bool rule = false;      // below, strong
  bool frame = false;
  double qr_size = 0;  // a QR at the left, this large, with its quiet zone
};

struct Placement {
  Box const* box = nullptr;
  int page = 0;
  double y = 0;
  std::size_t first = 0, last = 0;  // lines [first, last) of a split box
};

struct LaidOut {
  std::vector<Box> boxes;
  std::vector<Placement> placements;
  int pages = 1;
};

/// `qr_modules`: width of the QR with its quiet zone in modules, 0 without. Fails with
/// error.document_overflow. Throws std::runtime_error when the fonts are absent.
Result<LaidOut> lay_out(std::vector<Block> const& parts, int qr_modules);

/// A text in the small print of the page numbers.
Owned<PangoLayout> small_print(std::string const& text);

}  // namespace qyzmet::templates
