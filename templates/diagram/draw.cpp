// Diagram -> SVG.
#include <algorithm>
#include <cmath>

#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"
#include "templates/diagram/place.hpp"
#include "templates/diagram/signs.hpp"
#include "templates/diagram/svg.hpp"

namespace qyzmet::diagram {

namespace embedded {
std::span<EmbeddedFile const> files();
}

namespace {

constexpr double k_margin = 24, k_bend = 8, k_corner = 9;
constexpr double k_badge = 9.5;  // radius
constexpr int k_heats = 5;

Rect united(Rect const& a, Rect const& b) {
  double const x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.right(), b.right()) - x, std::max(a.bottom(), b.bottom()) - y};
}

std::string at(Point const& point) {
  return number(point.x) + " " + number(point.y);
}

/// `distance` from `a` towards `b`.
Point towards(Point const& a, Point const& b, double distance) {
  double const length = std::hypot(b.x - a.x, b.y - a.y);
  if (length == 0) return a;
  return {a.x + (b.x - a.x) * distance / length, a.y + (b.y - a.y) * distance / length};
}

double distance(Point const& a, Point const& b) {
  return std::hypot(b.x - a.x, b.y - a.y);
}

std::string polyline(std::vector<Point> const& points) {
  auto data = "M" + at(points.front());
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    auto const &before = points[i - 1], &corner = points[i], &after = points[i + 1];
    double const radius =
        std::min({k_bend, distance(before, corner) / 2, distance(corner, after) / 2});
    data += " L" + at(towards(corner, before, radius)) + " Q" + at(corner) + " " +
            at(towards(corner, after, radius));
  }
  return data + " L" + at(points.back());
}

std::string style_sheet() {
  auto const* file = find_embedded(embedded::files(), "../static/diagram.css");
  check(file != nullptr, "diagram.css is embedded");
  return std::string{file->bytes};
}

/// One line per thing to say of a node.
std::string mark_text(Mark const& mark, Words const& words) {
  std::string text;
  auto const say = [&text](std::string const& what) {
    if (!text.empty()) text += ", ";
    text += what;
  };
  if (mark.tokens == 1) say(words.now);
  if (mark.tokens > 1) say(words.now + ": " + std::to_string(mark.tokens));
  if (mark.done) say(words.done);
  if (mark.breaches == 1) say(words.breach);
  if (mark.breaches > 1) say(words.breach + ": " + std::to_string(mark.breaches));
  if (mark.count) say(words.count + ": " + std::to_string(*mark.count));
  if (mark.average_days) say(words.days + ": " + number(*mark.average_days));
  return text;
}

std::string cite_text(Shape const& shape, Dress const& dress) {
  auto const found = dress.cites.find(shape.cite);
  return found == dress.cites.end() ? shape.cite : found->second;
}

class Picture {
 public:
  Picture(Diagram const& diagram, Marks const& marks, Dress const& dress)
      : diagram_{diagram},
        marks_{marks},
        dress_{dress},
        layout_{place_texts(diagram, dress.names)} {
    for (auto const& [id, mark] : marks)
      slowest_ = std::max(slowest_, mark.average_days.value_or(0));
  }

  std::string run() {
    begin();
    for (std::size_t i = 0; i < diagram_.shapes.size(); ++i)
      if (is_container(diagram_.shapes[i])) draw_shape(i);
    for (std::size_t i = 0; i < diagram_.edges.size(); ++i) draw_edge(diagram_.edges[i]);
    for (std::size_t i = 0; i < diagram_.shapes.size(); ++i)
      if (!is_container(diagram_.shapes[i])) draw_shape(i);
    for (std::size_t i = 0; i < diagram_.edges.size(); ++i) draw_flow_name(i);
    for (auto const& shape : diagram_.shapes) draw_badges(shape);
    svg_.close("svg");
    return svg_.take();
  }

 private:
  Rect view() const {
    std::optional<Rect> all;
    auto const add = [&all](Rect const& rect) { all = all ? united(*all, rect) : rect; };
    for (auto const& shape : diagram_.shapes) add(shape.bounds);
    for (auto const& edge : diagram_.edges)
      for (auto const& point : edge.waypoints) add({point.x, point.y, 0, 0});
    for (auto const* texts : {&layout_.shapes, &layout_.edges})
      for (auto const& placed : *texts)
        if (!placed.text.lines.empty()) add(placed.rect);
    auto const rect = all.value_or(Rect{});
    return {rect.x - k_margin, rect.y - k_margin, rect.width + 2 * k_margin,
            rect.height + 2 * k_margin};
  }

  void begin() {
    auto const box = view();
    svg_.open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                      {"class", "bpmn"},
                      {"role", "img"},
                      {"aria-labelledby", "bpmn-title bpmn-desc"},
                      {dress_.stand_alone ? "xml:lang" : "lang", dress_.language},
                      {"viewBox", number(box.x) + " " + number(box.y) + " " + number(box.width) +
                                      " " + number(box.height)},
                      {"width", number(box.width)},
                      {"height", number(box.height)}});
    svg_.text("title", {{"id", "bpmn-title"}}, dress_.title.empty() ? diagram_.name : dress_.title);
    svg_.text("desc", {{"id", "bpmn-desc"}}, description());
    if (dress_.stand_alone) svg_.raw("<style>" + style_sheet() + "</style>");
    svg_.raw(
        "<defs><marker id=\"bpmn-arrow\" viewBox=\"0 0 12 10\" refX=\"11.5\" refY=\"5\" "
        "markerWidth=\"12\" markerHeight=\"10\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
        "<path d=\"M0 0.5 L12 5 L0 9.5 Z\" class=\"b-head\"/></marker>"
        "<marker id=\"bpmn-open\" viewBox=\"0 0 14 12\" refX=\"12.5\" refY=\"6\" "
        "markerWidth=\"14\" markerHeight=\"12\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
        "<path d=\"M1 1 L13 6 L1 11 Z\" class=\"b-hollow\"/></marker>"
        "<marker id=\"bpmn-thin\" viewBox=\"0 0 12 10\" refX=\"11\" refY=\"5\" "
        "markerWidth=\"12\" markerHeight=\"10\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
        "<path d=\"M1 1 L11 5 L1 9\" class=\"b-thin\"/></marker>"
        "<marker id=\"bpmn-dot\" viewBox=\"0 0 10 10\" refX=\"1\" refY=\"5\" "
        "markerWidth=\"10\" markerHeight=\"10\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
        "<circle cx=\"5\" cy=\"5\" r=\"4\" class=\"b-hollow\"/></marker></defs>\n");
    svg_.rect(box, 0, "paper");
  }

  /// What the marks say, in words.
  std::string description() const {
    std::string text;
    for (auto const& fact : facts(diagram_, marks_, dress_)) {
      auto const said = mark_text(fact.mark, dress_.words);
      if (!said.empty()) text += fact.name + ": " + said + ". ";
    }
    if (!text.empty()) text.pop_back();
    return text.empty() ? diagram_.name : text;
  }

  Mark mark_of(std::string const& id) const {
    auto const found = marks_.find(id);
    return found == marks_.end() ? Mark{} : found->second;
  }

  std::string state_classes(Shape const& shape) const {
    auto const mark = mark_of(shape.id);
    std::string classes;
    if (mark.tokens > 0) classes += " active";
    if (mark.done) classes += " done";
    if (mark.breaches > 0) classes += " breach";
    if (mark.average_days && slowest_ > 0) {
      int const heat = static_cast<int>(std::ceil(*mark.average_days / slowest_ * k_heats));
      classes += " heat-" + std::to_string(std::clamp(heat, 1, k_heats));
    }
    return classes;
  }

  void tooltip(Shape const& shape) {
    auto text = name_of(shape, dress_.names);
    for (auto const& more : {cite_text(shape, dress_), mark_text(mark_of(shape.id), dress_.words)})
      if (!more.empty()) text += (text.empty() ? "" : "\n") + more;
    if (!text.empty()) svg_.text("title", {}, text);
  }

  void draw_shape(std::size_t index) {
    auto const& shape = diagram_.shapes[index];
    svg_.open("g", {{"id", "n-" + shape.id}, {"class", "node" + state_classes(shape)}});
    tooltip(shape);
    switch (shape.kind) {
      case Kind::pool:
      case Kind::lane:
        draw_pool(shape);
        break;
      case Kind::group:
        svg_.rect(shape.bounds, k_corner, "group");
        break;
      case Kind::sub_process:
      case Kind::activity:
        draw_activity(shape);
        break;
      case Kind::event:
        draw_event(shape);
        break;
      case Kind::gateway:
        draw_gateway(shape);
        break;
      case Kind::data:
        draw_data(shape);
        break;
      case Kind::annotation:
        draw_annotation(shape);
        break;
      case Kind::other:
        svg_.rect(shape.bounds, 0, "box");
        break;
    }
    draw_text(layout_.shapes[index], has_label(shape) ? "label" : "name");
    svg_.close("g");
  }

  void draw_pool(Shape const& shape) {
    auto const& b = shape.bounds;
    svg_.rect(b, 0, shape.kind == Kind::pool ? "pool" : "lane");
    if (shape.kind == Kind::lane) return;
    if (shape.horizontal)
      svg_.path("M" + at({b.x + k_band, b.y}) + " V" + number(b.bottom()), "edge");
    else
      svg_.path("M" + at({b.x, b.y + k_band}) + " H" + number(b.right()), "edge");
  }

  void draw_activity(Shape const& shape) {
    auto const& b = shape.bounds;
    std::string cls = "box";
    if (shape.kind == Kind::sub_process && shape.expanded) cls = "box open";
    if (shape.element == "callActivity") cls += " thick";
    if (shape.event_triggered) cls += " dotted";
    svg_.rect(b, k_corner, cls);
    if (shape.element == "transaction")
      svg_.rect({b.x + 3, b.y + 3, b.width - 6, b.height - 6}, k_corner - 3, "edge");
    if (auto const sign = sign_of_task(shape.element); !sign.path.empty())
      svg_.sign(sign.path, {b.x + 13, b.y + 12}, 0.75, sign.filled ? "sign filled" : "sign");
    std::vector<std::string_view> marks;
    if (!shape.loop.empty()) marks.emplace_back(shape.loop);
    if (shape.element == "adHocSubProcess") marks.emplace_back("adhoc");
    if (shape.kind == Kind::sub_process && !shape.expanded) marks.emplace_back("collapsed");
    double x = b.centre().x - 9 * (double(marks.size()) - 1);
    for (auto const mark : marks) {
      svg_.sign(sign_of_mark(mark).path, {x, b.bottom() - 10}, 0.75, "sign");
      x += 18;
    }
  }

  void draw_event(Shape const& shape) {
    auto const centre = shape.bounds.centre();
    double const radius = std::min(shape.bounds.width, shape.bounds.height) / 2;
    bool const is_start = shape.element == "startEvent", is_end = shape.element == "endEvent";
    std::string const dash = shape.interrupting ? "" : " dashed";
    svg_.circle(centre, radius, "round" + std::string{is_end ? " thick" : ""} + dash);
    if (!is_start && !is_end) svg_.circle(centre, radius - 3.5, "edge" + dash);
    bool const thrown = is_end || shape.element == "intermediateThrowEvent";
    auto const sign = sign_of_event(shape.event, thrown);
    if (!sign.path.empty())
      svg_.sign(sign.path, centre, radius / 18, sign.filled ? "sign filled" : "sign");
  }

  void draw_gateway(Shape const& shape) {
    auto const& b = shape.bounds;
    auto const c = b.centre();
    svg_.path("M" + at({c.x, b.y}) + " L" + at({b.right(), c.y}) + " L" + at({c.x, b.bottom()}) +
                  " L" + at({b.x, c.y}) + " Z",
              "box");
    if (shape.element == "exclusiveGateway" && !shape.marked) return;
    double const scale = b.width / 40;
    bool const waits = shape.element == "eventBasedGateway";
    if (waits) {
      svg_.circle(c, 11 * scale, "edge");
      svg_.circle(c, 8.8 * scale, "edge");
    }
    svg_.sign(sign_of_gateway(shape.element).path, c, waits ? scale * 0.75 : scale,
              waits ? "sign" : "sign bold");
  }

  void draw_data(Shape const& shape) {
    auto const& b = shape.bounds;
    if (shape.element == "dataStoreReference") {
      auto const ry = b.height / 8;
      auto const arc = " a" + number(b.width / 2) + " " + number(ry) + " 0 0 ";
      auto const half = arc + "1 " + number(b.width) + " 0";
      svg_.path("M" + at({b.x, b.y + ry}) + half + " V" + number(b.bottom() - ry) + arc + "1 " +
                    number(-b.width) + " 0 Z M" + at({b.x, b.y + ry}) + arc + "0 " +
                    number(b.width) + " 0",
                "box");
    } else if (shape.element == "message") {
      svg_.path("M" + at({b.x, b.y}) + " H" + number(b.right()) + " V" + number(b.bottom()) + " H" +
                    number(b.x) + " Z L" + at(b.centre()) + " L" + at({b.right(), b.y}),
                "box");
    } else {
      double const fold = std::min(b.width, b.height) / 3;
      svg_.path("M" + at({b.x, b.y}) + " H" + number(b.right() - fold) + " l" + at({fold, fold}) +
                    " V" + number(b.bottom()) + " H" + number(b.x) + " Z M" +
                    at({b.right() - fold, b.y}) + " v" + number(fold) + " h" + number(fold),
                "box");
    }
  }

  void draw_annotation(Shape const& shape) {
    auto const& b = shape.bounds;
    double const arm = std::min(12.0, b.width / 3);
    svg_.path("M" + at({b.x + arm, b.y}) + " H" + number(b.x) + " V" + number(b.bottom()) + " h" +
                  number(arm),
              "edge");
  }

  void draw_edge(Edge const& edge) {
    bool const sequence = edge.element == "sequenceFlow", message = edge.element == "messageFlow";
    std::string const end = sequence           ? "url(#bpmn-arrow)"
                            : message          ? "url(#bpmn-open)"
                            : edge.is_directed ? "url(#bpmn-thin)"
                                               : "";
    svg_.open("g", {{"id", "n-" + edge.id}, {"class", "flow"}});
    if (auto const& name = name_of(edge, dress_.names); !name.empty()) svg_.text("title", {}, name);
    svg_.leaf("path", {{"d", polyline(edge.waypoints)},
                       {"class", sequence  ? "line"
                                 : message ? "line dashed"
                                           : "line dotted"},
                       {"marker-start", message ? "url(#bpmn-dot)" : ""},
                       {"marker-end", end}});
    auto const from = edge.waypoints[0], next = edge.waypoints[1];
    double const angle = std::atan2(next.y - from.y, next.x - from.x);
    auto const local = [&](double along, double across) {
      return Point{from.x + along * std::cos(angle) - across * std::sin(angle),
                   from.y + along * std::sin(angle) + across * std::cos(angle)};
    };
    if (edge.is_default)
      svg_.path("M" + at(local(7, 5)) + " L" + at(local(13, -5)), "line");
    else if (edge.is_conditional)
      svg_.path("M" + at(from) + " L" + at(local(8, 5)) + " L" + at(local(16, 0)) + " L" +
                    at(local(8, -5)) + " Z",
                "box");
    svg_.close("g");
  }

  void draw_flow_name(std::size_t index) {
    auto const& placed = layout_.edges[index];
    if (placed.text.lines.empty()) return;
    svg_.open("g", {{"class", "flow"}});
    svg_.text("title", {}, name_of(diagram_.edges[index], dress_.names));
    draw_text(placed, "label");
    svg_.close("g");
  }

  void draw_text(Placed const& placed, std::string const& cls) {
    if (placed.text.lines.empty()) return;
    auto const centre = placed.rect.centre();
    bool const middle = placed.align == Align::middle;
    auto const size = placed.text.size;
    auto const step = size * k_leading;
    double const x = middle ? centre.x : placed.rect.x;
    double y = centre.y - placed.text.height() / 2 + step / 2 + size * 0.36;
    svg_.open("text", {{"class", cls + (middle ? " middle" : "")},
                       {"font-size", number(size)},
                       {"transform", placed.upright ? ""
                                                    : "rotate(-90 " + number(centre.x) + " " +
                                                          number(centre.y) + ")"}});
    for (auto const& line : placed.text.lines) {
      // Another font than the measured one would leave the box of a stand-alone file.
      auto const length = dress_.stand_alone ? number(line.width) : std::string{};
      svg_.text("tspan",
                {{"x", number(x)},
                 {"y", number(y)},
                 {"textLength", length},
                 {"lengthAdjust", dress_.stand_alone ? "spacingAndGlyphs" : ""}},
                line.text);
      y += step;
    }
    svg_.close("text");
  }

  void draw_badges(Shape const& shape) {
    auto const mark = mark_of(shape.id);
    auto const& b = shape.bounds;
    Point place{b.right() - 4, b.y + (shape.kind == Kind::gateway ? 6 : 0)};
    auto const badge = [&](std::string const& cls, std::string_view sign, int count) {
      svg_.circle(place, k_badge, "badge " + cls);
      if (count > 1)
        svg_.text("text",
                  {{"class", "badge-text middle " + cls},
                   {"font-size", "12"},
                   {"x", number(place.x)},
                   {"y", number(place.y + 4.3)}},
                  std::to_string(count));
      else
        svg_.sign(sign, place, 0.9, "badge-sign " + cls);
      place.x -= 2 * k_badge + 2;
    };
    if (mark.tokens > 0) badge("active", k_sign_here, mark.tokens);
    if (mark.done && mark.tokens == 0) badge("done", k_sign_done, 1);
    if (mark.breaches > 0) badge("breach", k_sign_breach, mark.breaches);
    draw_figures(shape, mark);
  }

  /// Count and average in a plate on the upper edge.
  void draw_figures(Shape const& shape, Mark const& mark) {
    std::string figures;
    if (mark.count) figures = std::to_string(*mark.count);
    if (mark.average_days) figures += (figures.empty() ? "Ø" : " · Ø") + number(*mark.average_days);
    if (figures.empty()) return;
    auto const letters =
        std::ranges::count_if(figures, [](unsigned char c) { return (c & 0xC0U) != 0x80U; });
    double const width = double(letters) * 6.3 + 10;
    double const x = shape.kind == Kind::activity || shape.kind == Kind::sub_process
                         ? shape.bounds.x + 24
                         : shape.bounds.centre().x - width / 2;
    Rect const plate{x, shape.bounds.y - 9, width, 18};
    svg_.rect(plate, 9, "plate");
    svg_.text("text",
              {{"class", "plate-text middle"},
               {"font-size", "11"},
               {"x", number(plate.centre().x)},
               {"y", number(plate.centre().y + 4)}},
              figures);
  }

  Diagram const& diagram_;
  Marks const& marks_;
  Dress const& dress_;
  Layout const layout_;
  double slowest_ = 0;
  Svg svg_;
};

}  // namespace

std::string draw(Diagram const& diagram, Marks const& marks, Dress const& dress) {
  return Picture{diagram, marks, dress}.run();
}

std::vector<Fact> facts(Diagram const& diagram, Marks const& marks, Dress const& dress) {
  std::vector<Fact> out;
  for (auto const& shape : diagram.shapes) {
    auto const& name = name_of(shape, dress.names);
    auto const found = marks.find(shape.id);
    bool const is_node = shape.kind == Kind::activity || shape.kind == Kind::sub_process ||
                         shape.kind == Kind::event || shape.kind == Kind::gateway;
    if (!is_node || (name.empty() && found == marks.end())) continue;
    out.push_back({.id = shape.id,
                   .name = name.empty() ? shape.id : name,
                   .cite = cite_text(shape, dress),
                   .mark = found == marks.end() ? Mark{} : found->second});
  }
  return out;
}

std::vector<PlacedLabel> labels(Diagram const& diagram, Dress const& dress) {
  auto const layout = place_texts(diagram, dress.names);
  std::vector<PlacedLabel> out;
  auto const add = [&out](std::string const& id, Placed const& placed) {
    if (placed.text.lines.empty()) return;
    out.push_back(
        {.id = id, .rect = placed.rect, .collisions = placed.collisions, .cut = placed.text.cut});
  };
  for (std::size_t i = 0; i < diagram.shapes.size(); ++i)
    add(diagram.shapes[i].id, layout.shapes[i]);
  for (std::size_t i = 0; i < diagram.edges.size(); ++i) add(diagram.edges[i].id, layout.edges[i]);
  return out;
}

}  // namespace qyzmet::diagram
