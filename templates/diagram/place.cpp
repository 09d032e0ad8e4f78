#include "templates/diagram/place.hpp"

#include <algorithm>
#include <cmath>

namespace qyzmet::diagram {

namespace {

constexpr double k_box_size = 13, k_label_size = 11.5;  // letters
constexpr double k_label_width = 110, k_flow_label_width = 130, k_narrow_width = 62;
constexpr std::size_t k_label_lines = 5;
constexpr double k_gap = 5;        // between a label and what it names
constexpr double k_clearance = 2;  // between a label and whatever else
constexpr double k_padding = 7, k_icon_row = 20, k_mark_row = 18;

struct Segment {
  Point a, b;
};

double overlap(double a1, double a2, double b1, double b2) {
  return std::max(0.0, std::min(a2, b2) - std::max(a1, b1));
}

double common_area(Rect const& a, Rect const& b) {
  return overlap(a.x, a.right(), b.x, b.right()) * overlap(a.y, a.bottom(), b.y, b.bottom());
}

/// Length of the segment inside the rectangle (Liang and Barsky).
double length_inside(Segment const& segment, Rect const& rect) {
  double const dx = segment.b.x - segment.a.x, dy = segment.b.y - segment.a.y;
  double from = 0, to = 1;
  auto const clip = [&](double direction, double distance) {
    if (direction == 0) return distance >= 0;
    double const t = distance / direction;
    if (direction < 0)
      from = std::max(from, t);
    else
      to = std::min(to, t);
    return from <= to;
  };
  bool const meets = clip(-dx, segment.a.x - rect.x) && clip(dx, rect.right() - segment.a.x) &&
                     clip(-dy, segment.a.y - rect.y) && clip(dy, rect.bottom() - segment.a.y);
  return meets ? std::max(1.0, (to - from) * std::hypot(dx, dy)) : 0;
}

Rect grown(Rect const& rect, double by) {
  return {rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by};
}

Rect around(Point centre, TextBlock const& text) {
  return {centre.x - text.width() / 2, centre.y - text.height() / 2, text.width(), text.height()};
}

/// What a label must not lie on.
class Obstacles {
 public:
  explicit Obstacles(Diagram const& diagram) {
    for (auto const& edge : diagram.edges)
      for (std::size_t i = 1; i < edge.waypoints.size(); ++i)
        segments_.push_back({edge.waypoints[i - 1], edge.waypoints[i]});
    for (auto const& edge : diagram.edges)
      if (edge.is_default) add_slash(edge.waypoints[0], edge.waypoints[1]);
    for (auto const& shape : diagram.shapes) {
      if (is_container(shape))
        add_border(shape);
      else if (shape.kind == Kind::gateway)
        diamonds_.push_back(shape.bounds);
      else
        boxes_.push_back(shape.bounds);
    }
  }

  void add(Rect const& label) { boxes_.push_back(label); }

  struct Cost {
    int collisions = 0;
    double weight = 0;
  };
  Cost cost(Rect const& label) const {
    auto const rect = grown(label, k_clearance);
    Cost cost;
    for (auto const& segment : segments_)
      if (auto const length = length_inside(segment, rect); length > 0) {
        ++cost.collisions;
        cost.weight += 20 + length;
      }
    for (auto const& box : boxes_)
      if (auto const area = common_area(box, rect); area > 0) {
        ++cost.collisions;
        cost.weight += 60 + area;
      }
    for (auto const& diamond : diamonds_)
      if (touches(diamond, rect)) {
        ++cost.collisions;
        cost.weight += 100;
      }
    return cost;
  }

 private:
  /// The corners of a gateway's bounds are free.
  static bool touches(Rect const& diamond, Rect const& rect) {
    auto const centre = diamond.centre();
    double const dx = std::abs(std::clamp(centre.x, rect.x, rect.right()) - centre.x);
    double const dy = std::abs(std::clamp(centre.y, rect.y, rect.bottom()) - centre.y);
    return dx * diamond.height + dy * diamond.width < diamond.width * diamond.height / 2;
  }

  /// The mark of a default flow, ten units from its start.
  void add_slash(Point from, Point to) {
    double const length = std::max(1.0, std::hypot(to.x - from.x, to.y - from.y));
    double const x = from.x + (to.x - from.x) * 10 / length;
    double const y = from.y + (to.y - from.y) * 10 / length;
    boxes_.push_back({x - 5, y - 5, 10, 10});
  }

  void add_border(Shape const& shape) {
    auto const& b = shape.bounds;
    Point const a{b.x, b.y}, c{b.right(), b.y}, d{b.right(), b.bottom()}, e{b.x, b.bottom()};
    for (auto const& side : {Segment{a, c}, Segment{c, d}, Segment{d, e}, Segment{e, a}})
      segments_.push_back(side);
    // The line of the sub-process's own name.
    if (shape.kind == Kind::sub_process)
      boxes_.push_back({b.x + k_padding, b.y, std::min(b.width, 200.0), k_icon_row});
  }

  std::vector<Segment> segments_;
  std::vector<Rect> boxes_, diamonds_;
};

/// Places for a label, the best first.
using Candidates = std::vector<Rect>;

void beside(Candidates& out, Rect const& shape, TextBlock const& text) {
  double const w = text.width(), h = text.height();
  auto const centre = shape.centre();
  for (double const gap : {k_gap, k_gap + 9, k_gap + 22}) {
    double const below = shape.bottom() + gap, above = shape.y - gap - h;
    double const left = shape.x - gap - w, right = shape.right() + gap;
    out.push_back({centre.x - w / 2, below, w, h});
    out.push_back({centre.x - w / 2, above, w, h});
    out.push_back({centre.x + gap, below, w, h});
    out.push_back({centre.x - gap - w, below, w, h});
    out.push_back({centre.x + gap, above, w, h});
    out.push_back({centre.x - gap - w, above, w, h});
    out.push_back({right, centre.y - h / 2, w, h});
    out.push_back({left, centre.y - h / 2, w, h});
    out.push_back({right, centre.y + gap, w, h});
    out.push_back({right, centre.y - gap - h, w, h});
    out.push_back({left, centre.y + gap, w, h});
    out.push_back({left, centre.y - gap - h, w, h});
  }
}

void along(Candidates& out, std::vector<Point> const& waypoints, TextBlock const& text) {
  double const w = text.width(), h = text.height(), gap = k_gap - 1;
  for (std::size_t i = 1; i < waypoints.size(); ++i) {
    auto const a = waypoints[i - 1], b = waypoints[i];
    bool const level = std::abs(b.x - a.x) >= std::abs(b.y - a.y);
    double const length = std::hypot(b.x - a.x, b.y - a.y);
    if (length < 1) continue;
    double const need = (level ? w : h) / 2 + gap;
    for (double const place : {std::min(need, length / 2), length / 2, length - need}) {
      if (place < 0) continue;
      Point const at{a.x + (b.x - a.x) * place / length, a.y + (b.y - a.y) * place / length};
      if (level) {
        out.push_back({at.x - w / 2, at.y - gap - h, w, h});
        out.push_back({at.x - w / 2, at.y + gap, w, h});
      } else {
        out.push_back({at.x + gap, at.y - h / 2, w, h});
        out.push_back({at.x - gap - w, at.y - h / 2, w, h});
      }
    }
  }
}

/// The modeller's label, with its text in the middle of it; towards the shape when it is too high.
Rect as_drawn(Rect const& label, Rect const& shape, TextBlock const& text) {
  auto rect = around(label.centre(), text);
  if (text.height() <= label.height) return rect;
  if (label.centre().y < shape.y) rect.y = label.bottom() - text.height();
  if (label.centre().y > shape.bottom()) rect.y = label.y;
  return rect;
}

class Placer {
 public:
  Placer(Diagram const& diagram, Texts const& names)
      : diagram_{diagram}, names_{names}, obstacles_{diagram} {}

  Layout run() {
    Layout layout;
    for (auto const& shape : diagram_.shapes)
      layout.shapes.push_back(has_label(shape) ? label_of(shape) : inside(shape));
    for (auto const& edge : diagram_.edges) layout.edges.push_back(label_of(edge));
    return layout;
  }

 private:
  Placed choose(TextBlock text, Candidates const& candidates) const {
    Placed best{.text = std::move(text)};
    double lowest = -1;
    double preference = 0;
    for (auto const& rect : candidates) {
      auto const cost = obstacles_.cost(rect);
      auto const weight = cost.weight + preference;
      preference += 0.5;
      if (lowest >= 0 && weight >= lowest) continue;
      lowest = weight;
      best.rect = rect;
      best.collisions = cost.collisions;
      if (cost.collisions == 0) break;
    }
    return best;
  }

  /// In its usual width, or narrower where there is too little room.
  template <class PlacesFor>
  Placed label(std::string const& name, double width, PlacesFor const& places_for) {
    std::optional<Placed> best;
    for (double const tried : {width, k_narrow_width}) {
      auto text = setter_.set(name, k_label_size, tried, k_label_lines);
      auto const places = places_for(text);
      auto placed = choose(std::move(text), places);
      bool const better = !best || (placed.collisions < best->collisions && !placed.text.cut);
      if (better) best = std::move(placed);
      if (best->collisions == 0) break;
    }
    obstacles_.add(best->rect);
    return std::move(*best);
  }

  Placed label_of(Shape const& shape) {
    auto const& name = name_of(shape, names_);
    if (name.empty()) return {};
    auto const width = std::max(shape.label ? shape.label->width : 0, k_label_width);
    return label(name, width, [&shape](TextBlock const& text) {
      Candidates candidates;
      if (shape.label) candidates.push_back(as_drawn(*shape.label, shape.bounds, text));
      beside(candidates, shape.bounds, text);
      return candidates;
    });
  }

  Placed label_of(Edge const& edge) {
    auto const& name = name_of(edge, names_);
    if (name.empty()) return {};
    auto const width = std::max(edge.label ? edge.label->width : 0, k_flow_label_width);
    return label(name, width, [&edge](TextBlock const& text) {
      Candidates candidates;
      if (edge.label) candidates.push_back(around(edge.label->centre(), text));
      along(candidates, edge.waypoints, text);
      return candidates;
    });
  }

  Placed inside(Shape const& shape) {
    auto const& name = name_of(shape, names_);
    if (name.empty()) return {};
    if (shape.kind == Kind::pool || shape.kind == Kind::lane) return in_band(shape, name);
    if (shape.kind == Kind::sub_process && shape.expanded) return on_top(shape, name);
    if (shape.kind == Kind::group || shape.kind == Kind::annotation) return at_start(shape, name);
    return in_box(shape, name);
  }

  Placed in_band(Shape const& shape, std::string const& name) {
    auto const& b = shape.bounds;
    double const room = (shape.horizontal ? b.height : b.width) - 2 * k_padding;
    auto text = setter_.fit(name, k_box_size, room, k_band - 2);
    Point const middle = shape.horizontal ? Point{b.x + k_band / 2, b.centre().y}
                                          : Point{b.centre().x, b.y + k_band / 2};
    auto const rect = around(middle, text);
    return {.text = std::move(text), .rect = rect, .upright = !shape.horizontal};
  }

  Placed on_top(Shape const& shape, std::string const& name) {
    auto const& b = shape.bounds;
    auto text = setter_.set(name, k_box_size, b.width - 4 * k_padding, 1);
    Rect const rect{b.x + 2 * k_padding, b.y + k_padding, text.width(), text.height()};
    return {.text = std::move(text), .rect = rect, .align = Align::start};
  }

  Placed at_start(Shape const& shape, std::string const& name) {
    auto const& b = shape.bounds;
    auto text = setter_.fit(name, k_label_size, b.width - 2 * k_padding, b.height);
    bool const centred = shape.kind == Kind::annotation;
    double const y = centred ? b.centre().y - text.height() / 2 : b.y + k_padding;
    Rect const rect{b.x + k_padding, y, text.width(), text.height()};
    return {.text = std::move(text), .rect = rect, .align = Align::start};
  }

  /// Room for the text: without the sign of the task, the marks below, the events on the border.
  Rect room_in(Shape const& shape) const {
    auto const& b = shape.bounds;
    bool const has_icon =
        shape.kind == Kind::activity && shape.element != "task" && shape.element != "callActivity";
    bool const has_mark = shape.kind == Kind::sub_process || !shape.loop.empty();
    double top = has_icon ? k_icon_row : k_padding, bottom = has_mark ? k_mark_row : k_padding;
    for (auto const& other : diagram_.shapes) {
      if (other.host != shape.id || other.element != "boundaryEvent") continue;
      auto const centre = other.bounds.centre();
      if (std::abs(centre.y - b.bottom()) < 2)
        bottom = std::max(bottom, b.bottom() - other.bounds.y + 1);
      if (std::abs(centre.y - b.y) < 2) top = std::max(top, other.bounds.bottom() - b.y + 1);
    }
    double const width = std::max(10.0, b.width - 2 * k_padding);
    return {b.x + (b.width - width) / 2, b.y + top, width, std::max(8.0, b.height - top - bottom)};
  }

  Placed in_box(Shape const& shape, std::string const& name) {
    auto const room = room_in(shape);
    auto text = setter_.fit(name, k_box_size, room.width, room.height);
    auto rect = around(shape.bounds.centre(), text);
    rect.y = std::clamp(rect.y, room.y, std::max(room.y, room.bottom() - rect.height));
    return {.text = std::move(text), .rect = rect};
  }

  Diagram const& diagram_;
  Texts const& names_;
  Obstacles obstacles_;
  Typesetter setter_;
};

std::string const& chosen(std::string const& id, std::string const& name, Texts const& names) {
  auto const found = names.find(id);
  return found == names.end() || found->second.empty() ? name : found->second;
}

}  // namespace

bool is_container(Shape const& shape) {
  return shape.kind == Kind::pool || shape.kind == Kind::lane || shape.kind == Kind::group ||
         (shape.kind == Kind::sub_process && shape.expanded);
}

bool has_label(Shape const& shape) {
  return shape.kind == Kind::event || shape.kind == Kind::gateway || shape.kind == Kind::data;
}

std::string const& name_of(Shape const& shape, Texts const& names) {
  return chosen(shape.id, shape.name, names);
}

std::string const& name_of(Edge const& edge, Texts const& names) {
  return chosen(edge.id, edge.name, names);
}

Layout place_texts(Diagram const& diagram, Texts const& names) {
  return Placer{diagram, names}.run();
}

}  // namespace qyzmet::diagram
