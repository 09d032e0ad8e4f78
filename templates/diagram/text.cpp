#include "templates/diagram/text.hpp"

#include <pango/pangocairo.h>

#include <algorithm>
#include <stdexcept>

namespace qyzmet::diagram {

namespace {

constexpr double k_sizes_apart = 1;
constexpr std::size_t k_measured_bytes_max = 1'000;  // more would not be legible anywhere

double units(int pango) {
  return double(pango) / PANGO_SCALE;
}

double layout_width(PangoLayout* layout) {
  int width = 0;
  pango_layout_get_size(layout, &width, nullptr);
  return units(width);
}

/// The text without its last letter.
void drop_letter(std::string& text) {
  auto const* begin = text.c_str();
  auto const* last = g_utf8_find_prev_char(begin, begin + text.size());
  text.resize(last == nullptr ? 0 : static_cast<std::size_t>(last - begin));
}

}  // namespace

double TextBlock::width() const {
  double widest = 0;
  for (auto const& line : lines) widest = std::max(widest, line.width);
  return widest;
}

Typesetter::Typesetter()
    : context_{pango_font_map_create_context(pango_cairo_font_map_get_default())} {
  pango_cairo_context_set_resolution(context_.get(), 72);
  pango_context_set_round_glyph_positions(context_.get(), FALSE);
  cairo_font_options_t* const options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context_.get(), options);
  cairo_font_options_destroy(options);
  layout_.reset(pango_layout_new(context_.get()));
  prepare("x", 12);
  if (layout_width(layout_.get()) <= 0) throw std::runtime_error("no fonts are installed");
}

void Typesetter::prepare(std::string_view text, double size) {
  PangoFontDescription* const font = pango_font_description_new();
  pango_font_description_set_family(font, "Noto Sans");
  pango_font_description_set_size(font, static_cast<int>(size * PANGO_SCALE));
  pango_layout_set_font_description(layout_.get(), font);
  pango_font_description_free(font);
  pango_layout_set_width(layout_.get(), -1);
  pango_layout_set_text(layout_.get(), text.data(), static_cast<int>(text.size()));
}

double Typesetter::width_of(std::string_view text, double size) {
  prepare(text, size);
  return layout_width(layout_.get());
}

std::string Typesetter::shorten(std::string text, double size, double width) {
  while (!text.empty() && width_of(text + "…", size) > width) drop_letter(text);
  while (text.ends_with(' ')) text.pop_back();
  return text + "…";
}

TextBlock Typesetter::set(std::string_view text, double size, double width, std::size_t lines_max) {
  TextBlock block{.lines = {}, .size = size, .cut = false};
  if (text.empty()) return block;
  std::string shown{text};
  if (shown.size() > k_measured_bytes_max) {
    shown.resize(k_measured_bytes_max);
    drop_letter(shown);
    block.cut = true;
  }
  prepare(shown, size);
  pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_width(layout_.get(), static_cast<int>(std::max(width, size) * PANGO_SCALE));
  std::vector<std::string> lines;
  for (auto* each = pango_layout_get_lines_readonly(layout_.get()); each != nullptr;
       each = each->next) {
    auto const* line = static_cast<PangoLayoutLine*>(each->data);
    auto piece = shown.substr(static_cast<std::size_t>(line->start_index),
                              static_cast<std::size_t>(line->length));
    while (piece.ends_with(' ')) piece.pop_back();
    lines.push_back(std::move(piece));
  }
  lines_max = std::max<std::size_t>(lines_max, 1);
  block.cut = block.cut || lines.size() > lines_max;
  lines.resize(std::min(lines.size(), lines_max));
  if (block.cut) lines.back() = shorten(std::move(lines.back()), size, width);
  for (auto& line : lines) {
    auto const wide = width_of(line, size);
    block.lines.push_back({std::move(line), wide});
  }
  return block;
}

TextBlock Typesetter::fit(std::string_view text, double size, double width, double height) {
  for (double smaller = 0; smaller <= 2 * k_sizes_apart; smaller += k_sizes_apart) {
    auto const tried = size - smaller;
    prepare(text, tried);
    pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD);
    pango_layout_set_width(layout_.get(), static_cast<int>(width * PANGO_SCALE));
    int wide = 0;
    pango_layout_get_size(layout_.get(), &wide, nullptr);
    auto const lines = static_cast<double>(pango_layout_get_line_count(layout_.get()));
    if (units(wide) <= width + 0.5 && lines * tried * k_leading <= height)
      return set(text, tried, width, static_cast<std::size_t>(lines));
  }
  auto const smallest = size - 2 * k_sizes_apart;
  return set(text, smallest, width, static_cast<std::size_t>(height / (smallest * k_leading)));
}

}  // namespace qyzmet::diagram
