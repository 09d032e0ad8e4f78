#include "templates/layout.hpp"

#include <pango/pangocairo.h>

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <stdexcept>

#include "templates/document.hpp"

namespace qyzmet::templates {
namespace {

constexpr std::string_view k_serif = "Noto Serif", k_sans = "Noto Sans";
constexpr double k_label_width = 150, k_gap = 12, k_item_indent = 20, k_padding = 10;
constexpr double k_qr_min = 70, k_qr_max = 300, k_module_min = 1.25;
constexpr std::array k_tighter{0.8, 0.6};    // of the gaps, tried where that saves a page
constexpr double k_filled_min = 0.88;        // of each line of a justified paragraph
constexpr std::size_t k_lines_together = 2;  // fewest lines of a paragraph on either page

struct Style {
  std::string_view family = k_serif;
  double size = 10.5;
  bool bold = false;
  PangoAlignment align = PANGO_ALIGN_LEFT;
  bool justify = false;
};

Owned<PangoContext> new_context() {
  Owned<PangoContext> context{pango_font_map_create_context(pango_cairo_font_map_get_default())};
  pango_cairo_context_set_resolution(context.get(), 72);
  pango_context_set_round_glyph_positions(context.get(), FALSE);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context.get(), options);
  cairo_font_options_destroy(options);
  return context;
}

using Description = std::unique_ptr<PangoFontDescription, decltype(&pango_font_description_free)>;

Description description(Style const& style) {
  Description made{pango_font_description_new(), &pango_font_description_free};
  pango_font_description_set_family(made.get(), std::string{style.family}.c_str());
  pango_font_description_set_size(made.get(), static_cast<int>(style.size * PANGO_SCALE));
  if (style.bold) pango_font_description_set_weight(made.get(), PANGO_WEIGHT_BOLD);
  return made;
}

/// Another font would change the look and the bytes of an official document.
void require_fonts(PangoContext* context) {
  for (std::string_view const family : {k_serif, k_sans}) {
    auto const wanted = description({.family = family});
    Owned<PangoFont> const font{pango_context_load_font(context, wanted.get())};
    if (!font) throw std::runtime_error("no fonts are installed");
    Description const found{pango_font_describe(font.get()), &pango_font_description_free};
    if (family != pango_font_description_get_family(found.get()))
      throw std::runtime_error("font not installed: " + std::string{family});
  }
}

double points(int units) {
  return double(units) / PANGO_SCALE;
}

/// Whether both edges can be straight without wide gaps between words: nothing is hyphenated.
bool even(PangoLayout* layout) {
  int const width = pango_layout_get_width(layout);
  PangoLayoutIter* iter = pango_layout_get_iter(layout);
  bool all = true;
  for (;;) {
    PangoRectangle line;
    pango_layout_iter_get_line_extents(iter, nullptr, &line);
    if (!pango_layout_iter_next_line(iter)) break;
    auto* const next = pango_layout_iter_get_line_readonly(iter);
    bool const goes_on = !pango_layout_line_is_paragraph_start(next);
    if (goes_on && line.width < width * k_filled_min) all = false;
  }
  pango_layout_iter_free(iter);
  return all;
}

/// A number stays beside its sign, a Kazakh ending at its number, an option at its dashes.
void keep_together(PangoLayout* layout) {
  static std::regex const whole{"№ [^ ]{1,40}|[0-9]+-[^ ,;]{1,40}|--[a-z]{1,20}"};
  std::string const text = pango_layout_get_text(layout);
  PangoAttrList* all = pango_attr_list_copy(pango_layout_get_attributes(layout));
  for (std::sregex_iterator at{text.begin(), text.end(), whole}, end; at != end; ++at) {
    PangoAttribute* unbroken = pango_attr_allow_breaks_new(FALSE);
    unbroken->start_index = static_cast<guint>(at->position());
    unbroken->end_index = static_cast<guint>(at->position() + at->length());
    pango_attr_list_insert(all, unbroken);
  }
  pango_layout_set_attributes(layout, all);
  pango_attr_list_unref(all);
}

double height_of(PangoLayout* layout) {
  int height = 0;
  pango_layout_get_size(layout, nullptr, &height);
  return points(height);
}

std::vector<Line> lines_of(PangoLayout* layout) {
  std::vector<Line> lines;
  PangoLayoutIter* iter = pango_layout_get_iter(layout);
  do {
    int top = 0, bottom = 0;
    pango_layout_iter_get_line_yrange(iter, &top, &bottom);
    lines.push_back({points(top), points(pango_layout_iter_get_baseline(iter)), points(bottom)});
  } while (pango_layout_iter_next_line(iter));
  pango_layout_iter_free(iter);
  return lines;
}

class Boxes {
 public:
  explicit Boxes(int qr_modules) : context_{new_context()}, qr_modules_{qr_modules} {
    require_fonts(context_.get());
  }

  void add(std::vector<Box>& out, Block const& block) {
    std::string_view const name = block.element;
    language_ = block.language;
    if (name == "fields" || name == "list")
      group(out, block);
    else if (name == "line")
      out.push_back(line(block));
    else if (name == "signature")
      out.push_back(signature(block));
    else if (name == "close")
      out.push_back(close(block));
    else if (!block.markup.empty())
      out.push_back(text(block));
  }

  Owned<PangoLayout> make(std::string const& markup, Style const& style, double width) {
    Owned<PangoLayout> layout{pango_layout_new(context_.get())};
    pango_layout_set_font_description(layout.get(), description(style).get());
    pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout.get(), style.align);
    pango_layout_set_line_spacing(layout.get(), 1.0F);
    std::string const whole = "<span lang=\"" + language_ + "\">" + markup + "</span>";
    pango_layout_set_markup(layout.get(), whole.data(), static_cast<int>(whole.size()));
    keep_together(layout.get());
    pango_layout_set_justify(layout.get(), style.justify && even(layout.get()));
    return layout;
  }

  Owned<PangoLayout> plain(std::string const& text, Style const& style, double width) {
    char* escaped = g_markup_escape_text(text.data(), static_cast<gssize>(text.size()));
    std::string const markup{escaped};
    g_free(escaped);
    return make(markup, style, width);
  }

 private:
  struct TextForm {
    Style style;
    char const* tag;
    double before;
    bool keep_next;
  };

  static TextForm form(std::string_view element) {
    if (element == "head") return {{.bold = true, .align = PANGO_ALIGN_CENTER}, "P", 6, true};
    if (element == "title")
      return {{.size = 14.5, .bold = true, .align = PANGO_ALIGN_CENTER}, "H1", 14, true};
    if (element == "subtitle") return {{.align = PANGO_ALIGN_CENTER}, "P", 3, true};
    if (element == "note")
      return {{.family = k_sans, .size = 8.5, .align = PANGO_ALIGN_CENTER}, "P", 6, false};
    if (element == "h") return {{.bold = true}, "H2", 10, true};
    if (element == "to") return {{}, "P", 10, true};
    return {{.justify = true}, "P", 7, false};
  }

  Box text(Block const& block) {
    TextForm const how = form(block.element);
    double const x = block.element == "to" ? k_text_width / 2 : 0;
    Box box;
    box.element = block.element;
    box.texts.push_back({make(block.markup, how.style, k_text_width - x), x, 0, how.tag});
    box.height = height_of(box.texts[0].layout.get());
    box.before = how.before;
    box.keep_next = how.keep_next;
    box.split = block.element == "p";
    if (box.split) box.lines = lines_of(box.texts[0].layout.get());
    if (block.element == "head") {
      box.rule = true;
      box.height += 9;
    }
    return box;
  }

  Box line(Block const& block) {
    auto const value = [&](std::string_view name) {
      auto const at = block.attributes.find(name);
      return at == block.attributes.end() ? std::string{} : at->second;
    };
    double const half = (k_text_width - k_gap) / 2;
    Box box;
    box.element = block.element;
    box.before = 12;
    box.keep_next = true;
    box.texts.push_back({plain(value("left"), {}, half), 0, 0});
    box.texts.push_back(
        {plain(value("right"), {.align = PANGO_ALIGN_RIGHT}, half), half + k_gap, 0});
    box.height = tallest(box);
    return box;
  }

  static double tallest(Box const& box) {
    double height = 0;
    for (TextAt const& text : box.texts)
      height = std::max(height, text.y + height_of(text.layout.get()));
    return height;
  }

  void group(std::vector<Box>& out, Block const& block) {
    auto const kind = block.attributes.find("kind");
    bool const numbered = kind != block.attributes.end() && kind->second == "number";
    std::size_t const from = out.size();
    int number = 0;
    for (Block const& child : block.children) {
      if (child.markup.empty()) continue;
      ++number;
      out.push_back(block.element == "fields"
                        ? field(child)
                        : item(child, numbered ? std::to_string(number) + ")" : "–"));
    }
    if (out.size() > from) {
      out[from].before = 9;
      out[from].hairline = false;
    }
  }

  Box field(Block const& block) {
    auto const label = block.attributes.find("label");
    Box box;
    box.element = block.element;
    box.group = "TR";
    box.hairline = true;
    box.texts.push_back({plain(label == block.attributes.end() ? "" : label->second,
                               {.family = k_sans, .size = 9.5}, k_label_width),
                         0, 4.5, "TH"});
    box.texts.push_back({make(block.markup, {}, k_text_width - k_label_width - k_gap),
                         k_label_width + k_gap, 3, "TD"});
    box.height = tallest(box) + 3;
    return box;
  }

  Box item(Block const& block, std::string const& label) {
    Box box;
    box.element = block.element;
    box.group = "LI";
    box.before = 4;
    box.texts.push_back(
        {make(block.markup, {}, k_text_width - k_item_indent), k_item_indent, 0, "LBody"});
    box.texts.push_back({plain(label, {}, k_item_indent), 0, 0, "Lbl"});
    box.height = height_of(box.texts[0].layout.get());
    box.split = true;
    box.lines = lines_of(box.texts[0].layout.get());
    return box;
  }

  Box signature(Block const& block) {
    auto const value = [&](std::string_view name) {
      auto const at = block.attributes.find(name);
      return at == block.attributes.end() ? std::string{} : at->second;
    };
    double const inner = k_text_width - 2 * k_padding, half = (inner - k_gap) / 2;
    Box box;
    box.element = block.element;
    box.before = 14;
    box.frame = true;
    box.keep_next = true;  // a QR does not stand alone on a page
    auto const position = value("position"), name = value("name");
    double const left = name.empty() ? inner : half, right = position.empty() ? inner : half;
    box.texts.push_back({plain(position, {}, left), k_padding, k_padding});
    box.texts.push_back({plain(name, {.bold = true, .align = PANGO_ALIGN_RIGHT}, right),
                         k_padding + inner - right, k_padding});
    double const below = tallest(box) + 4;
    if (!block.markup.empty())
      box.texts.push_back(
          {make(block.markup, {.family = k_sans, .size = 8.5}, inner), k_padding, below});
    box.height = tallest(box) + k_padding;
    return box;
  }

  Box close(Block const& block) {
    Box box;
    box.element = block.element;
    box.before = 11;
    bool const has_qr = std::ranges::any_of(
        block.children, [](Block const& child) { return child.element == "qr"; });
    if (has_qr && qr_modules_ > 0) box.qr_size = std::max(k_qr_min, qr_modules_ * k_module_min);
    double const x = box.qr_size > 0 ? box.qr_size + k_gap : 0;
    double y = 0;
    for (Block const& child : block.children) {
      if (child.markup.empty()) continue;
      language_ = child.language;
      box.texts.push_back(
          {make(child.markup, {.family = k_sans, .size = 8.5}, k_text_width - x), x, y});
      y = tallest(box) + 5;
    }
    box.height = std::max(box.qr_size, tallest(box));
    if (box.qr_size > k_qr_max) box.height = k_page_height;  // no page holds it
    return box;
  }

  Owned<PangoContext> context_;
  std::string language_ = "kk";
  int qr_modules_;
};

class Flow {
 public:
  /// `gap`: how much of the space between boxes is kept.
  Flow(LaidOut& out, double gap) : out_{out}, gap_{gap} {}

  /// Boxes [from, to) belong to one part; what closes the document stays with the last one.
  Result<void> part(std::size_t from, std::size_t to) {
    double height = 0;
    for (std::size_t i = from; i < to; ++i) height += before(out_.boxes[i]) + out_.boxes[i].height;
    bool const closes = to < out_.boxes.size() && out_.boxes[to].element == "close";
    if (closes) height += before(out_.boxes[to]) + out_.boxes[to].height;
    bool const begun = y_ > k_top && out_.boxes[from].element != "close";
    if (begun) y_ += k_part_gap;
    if (begun && y_ + height > limit()) next_page();
    std::size_t const end = closes ? to + 1 : to;
    for (std::size_t i = from; i < to; ++i)
      if (!place(out_.boxes[i], following(i, end))) return overflow(out_.boxes[i]);
    return {};
  }

 private:
  static constexpr double k_part_gap = 20;

  static double limit() { return k_page_height - k_bottom; }

  double before(Box const& box) const { return box.before * gap_; }

  void next_page() {
    ++page_;
    y_ = k_top;
    out_.pages = page_ + 1;
  }

  static std::unexpected<Error> overflow(Box const& box) {
    Error error{.code = ErrorCode::invalid, .text = "error.document_overflow"};
    error.arguments = {{"element", box.element}};
    return std::unexpected(error);
  }

  static bool ends(Box const& box) { return box.element == "signature" || box.element == "close"; }

  static bool divisible(Box const& box) {
    return box.split && box.lines.size() >= 2 * k_lines_together;
  }

  /// The part of a box that must at least stand on a page.
  static double least(Box const& box) {
    return divisible(box) ? box.lines[k_lines_together - 1].bottom : box.height;
  }

  /// What must stand on the page on which box `i` ends: a heading has something below it, and a
  /// signature or a QR something above.
  double following(std::size_t i, std::size_t end) const {
    double height = 0;
    for (; i + 1 < end; ++i) {
      Box const& next = out_.boxes[i + 1];
      bool const small = next.element == "note" && i + 2 < end;
      if (!out_.boxes[i].keep_next && !ends(small ? out_.boxes[i + 2] : next)) break;
      height += before(next) + least(next);
      if (divisible(next)) break;
    }
    return height;
  }

  bool place(Box const& box, double after) {
    double const gap = y_ > k_top ? before(box) : 0;
    double const whole = divisible(box) ? 0 : after;
    if (y_ + gap + least(box) + whole > limit() && y_ > k_top) {
      next_page();
      return page_ < k_document_pages_max && place(box, after);
    }
    y_ += gap;
    if (divisible(box)) return place_lines(box, after);
    if (y_ + box.height > limit()) return box.split && place_lines(box, 0);
    put(box, 0, box.lines.size());
    y_ += box.height;
    return true;
  }

  /// With `after`, some lines go along to the page of what follows.
  bool place_lines(Box const& box, double after) {
    std::size_t first = 0;
    while (first < box.lines.size()) {
      double const top = box.lines[first].top;
      std::size_t last = first;
      while (last < box.lines.size() && y_ + box.lines[last].bottom - top <= limit()) ++last;
      bool const alone =
          last == box.lines.size() && y_ + box.lines.back().bottom - top + after > limit();
      if (alone && last - first >= 2 * k_lines_together) last -= k_lines_together;
      std::size_t const left = box.lines.size() - last;
      if (left > 0 && left < k_lines_together && last - first > k_lines_together) --last;
      if (last == first && y_ <= k_top) return false;
      if (last > first) put(box, first, last);
      if (last == box.lines.size()) {
        y_ += box.lines[last - 1].bottom - top;
        return true;
      }
      first = last;
      next_page();
      if (page_ >= k_document_pages_max) return false;
    }
    return true;
  }

  void put(Box const& box, std::size_t first, std::size_t last) {
    out_.placements.push_back({&box, page_, y_, first, last});
  }

  LaidOut& out_;
  double gap_;
  int page_ = 0;
  double y_ = k_top;
};

/// Places all boxes anew; `ends`: where each part ends.
Result<void> flow(LaidOut& out, std::vector<std::size_t> const& ends, double gap) {
  out.placements.clear();
  out.pages = 1;
  Flow flow{out, gap};
  std::size_t from = 0;
  for (std::size_t const to : ends) {
    if (to > from)
      if (auto placed = flow.part(from, to); !placed) return placed;
    from = to;
  }
  return {};
}

}  // namespace

Result<LaidOut> lay_out(std::vector<Block> const& parts, int qr_modules) {
  LaidOut out;
  Boxes boxes{qr_modules};
  std::vector<std::size_t> ends;
  for (Block const& part : parts) {
    if (part.element == "close")
      boxes.add(out.boxes, part);
    else
      for (Block const& block : part.children) boxes.add(out.boxes, block);
    ends.push_back(out.boxes.size());
  }
  if (auto placed = flow(out, ends, 1); !placed) return std::unexpected(placed.error());
  int const pages = out.pages;
  for (double const gap : k_tighter) {
    if (pages <= std::ranges::count(parts, "part", &Block::element)) break;
    if (auto placed = flow(out, ends, gap); !placed) return std::unexpected(placed.error());
    if (out.pages < pages) return out;
  }
  if (auto placed = flow(out, ends, 1); !placed) return std::unexpected(placed.error());
  return out;
}

Owned<PangoLayout> small_print(std::string const& text) {
  Boxes boxes{0};
  return boxes.plain(text, {.family = k_sans, .size = 8, .align = PANGO_ALIGN_CENTER},
                     k_text_width);
}

}  // namespace qyzmet::templates
