#pragma once
// Writes SVG elements, escaped, numbers short. Internal to templates/diagram.
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "templates/diagram/diagram.hpp"

namespace qyzmet::diagram {

/// Two decimals at most, without a locale.
std::string number(double value);

class Svg {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string>>;

  void open(std::string_view element, Attributes attributes);
  void close(std::string_view element);
  void leaf(std::string_view element, Attributes attributes);
  void text(std::string_view element, Attributes attributes, std::string_view content);
  /// As it is: only for what is ours.
  void raw(std::string_view markup) { out_ += markup; }

  void rect(Rect const& rect, double radius, std::string cls);
  void circle(Point centre, double radius, std::string cls);
  void path(std::string data, std::string cls);
  /// A sign, drawn in a square of 20 with its middle at 0,0.
  void sign(std::string_view data, Point centre, double scale, std::string cls);

  std::string take() { return std::move(out_); }

 private:
  void begin(std::string_view element, Attributes attributes);
  void escaped(std::string_view text);

  std::string out_;
};

}  // namespace qyzmet::diagram
