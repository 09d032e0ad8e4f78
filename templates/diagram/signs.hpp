#pragma once
// The signs of BPMN as path data, in a square of 20 with its middle at 0,0 (BPMN 2.0, clause 7 and
// Annex B). Internal to templates/diagram.
#include <string_view>

namespace qyzmet::diagram {

struct Sign {
  std::string_view path;
  bool filled = false;
};

/// Of an event definition ("timer"), of a gateway ("parallelGateway"), of a task ("userTask"), of a
/// mark of an activity ("parallel", "sequential", "loop", "collapsed"); "" when there is none.
/// `thrown`: the event sends what it names.
Sign sign_of_event(std::string_view event, bool thrown);
Sign sign_of_gateway(std::string_view element);
Sign sign_of_task(std::string_view element);
Sign sign_of_mark(std::string_view mark);

inline constexpr std::string_view k_sign_done = "M-5 0 L-1.5 4 L5 -4";
inline constexpr std::string_view k_sign_breach = "M0 -6 L0 2 M0 4.6 L0 6";
inline constexpr std::string_view k_sign_here = "M-4 -5 L5 0 L-4 5 Z";

}  // namespace qyzmet::diagram
