#pragma once
// The picture of a process: SVG from the diagram interchange of a BPMN file (BPMN 2.0, clause 12).
// Shapes and lines stand where the modeller put them; text is wrapped by its measured width and
// never leaves its box; a label that would lie on a line is moved beside it. No script, no inline
// style: classes only, so that a page with a content security policy can carry the picture; a
// stand-alone file brings the style sheet (templates/static/diagram.css) along.
//
// Any BPMN file can be drawn, not only what the engine executes. Lengths are user units (px), y
// downwards. Values own their text; all functions may be called from any thread at a time. Errors
// are texts for people. Throws std::runtime_error when no font is installed.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace qyzmet::diagram {

inline constexpr std::size_t k_bytes_max = 4 * 1024 * 1024;
inline constexpr int k_depth_max = 64;
inline constexpr std::size_t k_parts_max = 2'000;        // shapes and lines of one picture
inline constexpr std::size_t k_waypoints_max = 10'000;   // of all lines
inline constexpr double k_coordinate_max = 100'000;      // either side of zero
inline constexpr std::size_t k_name_bytes_max = 10'000;  // the rest of a longer name is cut off

struct Point {
  double x = 0, y = 0;
};
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point centre() const { return {x + width / 2, y + height / 2}; }
};

enum class Kind : std::uint8_t {
  pool,
  lane,
  group,
  sub_process,  // and transactions, ad-hoc sub-processes
  activity,     // tasks and call activities
  event,
  gateway,
  data,  // objects, stores, messages
  annotation,
  other,
};

struct Shape {
  std::string id;       // of the BPMN element
  std::string element;  // "userTask"
  Kind kind = Kind::other;
  std::string name;
  std::string cite;     // wf:cite
  std::string event;    // "timer"; "multiple" for several; "" for none
  std::string loop;     // "parallel", "sequential", "loop", ""
  std::string host;     // of a boundary event
  std::string process;  // the process or participant it belongs to; "" for none
  int depth = 0;        // how deep it stands among sub-processes
  bool expanded = false;
  bool interrupting = true;
  bool event_triggered = false;
  bool horizontal = true;  // pools and lanes
  bool marked = false;     // an exclusive gateway that shows its cross
  Rect bounds;
  std::optional<Rect> label;
};

struct Edge {
  std::string id;
  std::string element;  // "sequenceFlow", "messageFlow", "association", ...
  std::string name;
  std::string process;
  bool is_default = false;
  bool is_conditional = false;  // leaves an activity under a condition
  bool is_directed = true;
  std::vector<Point> waypoints;  // two at least
  std::optional<Rect> label;
};

struct Diagram {
  std::string name;
  std::vector<Shape> shapes;  // containers before what they contain
  std::vector<Edge> edges;
};

/// The first diagram of the file, or what belongs to `process_id` of the first that shows it.
/// error.diagram_malformed, error.diagram_absent, error.diagram_too_large.
Result<Diagram> read(std::string_view bpmn, std::string_view process_id = {});

/// What is known of a node, of one case or of all.
struct Mark {
  int tokens = 0;  // that rest here now
  bool done = false;
  int breaches = 0;
  std::optional<std::int64_t> count;   // how often it was reached
  std::optional<double> average_days;  // how long it took
};
using Marks = std::map<std::string, Mark, std::less<>>;  // by id of the element

using Texts = std::map<std::string, std::string, std::less<>>;

struct Words {
  std::string now = "now here";
  std::string done = "done";
  std::string breach = "term missed";
  std::string count = "times";
  std::string days = "days on average";
};

struct Dress {
  bool stand_alone = true;  // with the style sheet inside
  std::string language;     // of the names: "kk"
  std::string title;        // instead of the name of the diagram
  Texts names = {};         // element id -> name, instead of the one in the file
  Texts cites = {};         // wf:cite -> citation in words
  Words words = {};
};

std::string draw(Diagram const& diagram, Marks const& marks, Dress const& dress);

/// The same facts for those who do not see the picture: nodes with a name, in order of the file.
struct Fact {
  std::string id, name, cite;
  Mark mark;
};
std::vector<Fact> facts(Diagram const& diagram, Marks const& marks, Dress const& dress);

/// Where a label came to lie, and how many lines and shapes it touches there.
struct PlacedLabel {
  std::string id;
  Rect rect;
  int collisions = 0;
  bool cut = false;  // the text ends in an ellipsis
};
/// For those who look after the drawings: every label and every text of a box.
std::vector<PlacedLabel> labels(Diagram const& diagram, Dress const& dress);

}  // namespace qyzmet::diagram
