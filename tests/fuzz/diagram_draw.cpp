// A BPMN file through the reader of pictures and the drawer: whatever comes, the answer is a named
// refusal or a picture of bounded size in which nothing of the file is markup.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/base/utf8.hpp"
#include "templates/diagram/diagram.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::diagram;

constexpr std::size_t k_picture_bytes_max = std::size_t{512} << 20;

bool is_sound(Rect const& rect) {
  return std::isfinite(rect.x) && std::isfinite(rect.y) && rect.width >= 0 && rect.height >= 0;
}

void look_at(Diagram const& picture) {
  check(!picture.shapes.empty(), "a picture shows something");
  check(picture.shapes.size() + picture.edges.size() <= k_parts_max, "a picture is bounded");
  for (auto const& shape : picture.shapes) {
    check(is_sound(shape.bounds), "shapes stand somewhere");
    check(valid_utf8(shape.name + shape.cite), "names are text");
  }
  for (auto const& edge : picture.edges) check(edge.waypoints.size() >= 2, "lines have two ends");
}

void look_at(std::string_view svg) {
  check(svg.size() < k_picture_bytes_max, "the drawing is bounded");
  check(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "the drawing is whole");
  check(valid_utf8(svg), "the drawing is text");
  check(!svg.contains("<script") && !svg.contains("<style"), "nothing of the file is markup");
  auto const opened = std::ranges::count(svg, '<');
  check(opened == std::ranges::count(svg, '>'), "every tag is closed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const xml{reinterpret_cast<char const*>(data), size};
  auto const picture = read(xml);
  if (!picture) {
    check(picture.error().text.starts_with("error.diagram_"), "a refusal has a name");
    return 0;
  }
  look_at(*picture);
  Marks marks;
  marks[picture->shapes.front().id] = {
      .tokens = 2, .done = true, .breaches = 1, .count = 7, .average_days = 1.5};
  Dress dress;
  dress.stand_alone = false;
  look_at(draw(*picture, marks, dress));
  for (auto const& label : labels(*picture, dress))
    check(is_sound(label.rect), "labels lie somewhere");
  return 0;
}
