#include "templates/diagram/svg.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace qyzmet::diagram {

std::string number(double value) {
  std::array<char, 32> buffer{};
  double const rounded = std::round(value * 100) / 100;
  auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                 rounded == 0 ? 0.0 : rounded, std::chars_format::fixed, 2)
                       .ptr;
  std::string text{buffer.data(), end};
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void Svg::escaped(std::string_view text) {
  for (char const c : text) {
    if (c == '&')
      out_ += "&amp;";
    else if (c == '<')
      out_ += "&lt;";
    else if (c == '>')
      out_ += "&gt;";
    else if (c == '"')
      out_ += "&quot;";
    else
      out_ += c;
  }
}

namespace {

/// What says how a node fares, and what those who use the picture may count on.
bool is_public(std::string_view word) {
  for (std::string_view const known : {"bpmn", "node", "flow", "active", "done", "breach"})
    if (word == known) return true;
  return word.starts_with("heat-");
}

/// Our other classes begin with "b-", or they would meet those of the page around.
std::string own_classes(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    auto const word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (!word.empty())
      out.append(out.empty() ? "" : " ").append(is_public(word) ? "" : "b-").append(word);
  }
  return out;
}

}  // namespace

void Svg::begin(std::string_view element, Attributes attributes) {
  out_.append("<").append(element);
  for (auto const& [name, value] : attributes) {
    if (value.empty()) continue;
    out_.append(" ").append(name).append("=\"");
    escaped(name == "class" ? own_classes(value) : value);
    out_ += '"';
  }
}

void Svg::open(std::string_view element, Attributes attributes) {
  begin(element, attributes);
  out_ += '>';
}

void Svg::close(std::string_view element) {
  out_.append("</").append(element).append(">\n");
}

void Svg::leaf(std::string_view element, Attributes attributes) {
  begin(element, attributes);
  out_ += "/>";
}

void Svg::text(std::string_view element, Attributes attributes, std::string_view content) {
  begin(element, attributes);
  out_ += '>';
  escaped(content);
  out_.append("</").append(element).append(">");
}

void Svg::rect(Rect const& rect, double radius, std::string cls) {
  leaf("rect", {{"x", number(rect.x)},
                {"y", number(rect.y)},
                {"width", number(rect.width)},
                {"height", number(rect.height)},
                {"rx", number(radius)},
                {"class", std::move(cls)}});
}

void Svg::circle(Point centre, double radius, std::string cls) {
  leaf("circle", {{"cx", number(centre.x)},
                  {"cy", number(centre.y)},
                  {"r", number(radius)},
                  {"class", std::move(cls)}});
}

void Svg::path(std::string data, std::string cls) {
  leaf("path", {{"d", std::move(data)}, {"class", std::move(cls)}});
}

void Svg::sign(std::string_view data, Point centre, double scale, std::string cls) {
  auto const place =
      "translate(" + number(centre.x) + " " + number(centre.y) + ") scale(" + number(scale) + ")";
  leaf("path", {{"d", std::string{data}}, {"transform", place}, {"class", std::move(cls)}});
}

}  // namespace qyzmet::diagram
