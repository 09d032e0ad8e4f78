#pragma once
// Where texts stand: inside boxes, and labels beside what they name. A label keeps the place the
// modeller gave it unless it would lie on a line, a shape or another label there and a place nearby
// is better. Internal to templates/diagram.
#include <string>
#include <vector>

#include "templates/diagram/diagram.hpp"
#include "templates/diagram/text.hpp"

namespace qyzmet::diagram {

enum class Align : std::uint8_t { start, middle };

/// A text with its place: `rect` is as wide and high as the lines are.
struct Placed {
  TextBlock text = {};
  Rect rect = {};
  Align align = Align::middle;
  bool upright = true;  // false: reads upwards, in the band of a horizontal pool
  int collisions = 0;
};

/// One per shape and per edge, in their order; without lines where there is no name.
struct Layout {
  std::vector<Placed> shapes;
  std::vector<Placed> edges;
};

/// `names` as in Dress.
Layout place_texts(Diagram const& diagram, Texts const& names);

/// The name that is shown: of `names`, else of the file.
std::string const& name_of(Shape const& shape, Texts const& names);
std::string const& name_of(Edge const& edge, Texts const& names);

/// Containers: pools, lanes, groups, expanded sub-processes.
bool is_container(Shape const& shape);
/// Its name stands beside it, not inside.
bool has_label(Shape const& shape);

inline constexpr double k_band = 30;  // of a pool or lane, where its name stands

}  // namespace qyzmet::diagram
