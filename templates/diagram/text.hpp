#pragma once
// Text broken into lines by its measured width. Internal to templates/diagram. A Typesetter
// belongs to one thread; throws std::runtime_error when no font is installed.
#include <pango/pango.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::diagram {

inline constexpr double k_leading = 1.25;  // height of a line, in sizes of its letters

struct Line {
  std::string text;
  double width = 0;
};

/// Lines of one size; `cut` when the last one ends in an ellipsis.
struct TextBlock {
  std::vector<Line> lines;
  double size = 0;
  bool cut = false;

  double width() const;
  double height() const { return double(lines.size()) * size * k_leading; }
};

class Typesetter {
 public:
  Typesetter();

  /// At most `width` wide and `lines_max` lines high; a word that is wider is broken.
  TextBlock set(std::string_view text, double size, double width, std::size_t lines_max);
  /// The largest of three sizes in which the text fits without a broken word, else the smallest.
  TextBlock fit(std::string_view text, double size, double width, double height);
  double width_of(std::string_view text, double size);

 private:
  struct Unref {
    void operator()(gpointer object) const { g_object_unref(object); }
  };
  void prepare(std::string_view text, double size);
  std::string shorten(std::string text, double size, double width);

  std::unique_ptr<PangoContext, Unref> context_;
  std::unique_ptr<PangoLayout, Unref> layout_;
};

}  // namespace qyzmet::diagram
