#include "tests/engine/markup.hpp"

#include <array>
#include <utility>

namespace qyzmet::engine {

namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> k_entities{
    {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
constexpr std::string_view k_blanks = " \t\r\n";

std::string resolved(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    char meant = text.front();
    for (auto const& [entity, letter] : k_entities)
      if (text.starts_with(entity)) {
        taken = entity.size();
        meant = letter;
      }
    out += meant;
    text.remove_prefix(taken);
  }
  return out;
}

class Scan {
 public:
  explicit Scan(std::string_view xml) : xml_{xml} {}

  std::vector<Markup> run() {
    for (at_ = xml_.find('<'); at_ != xml_.npos; at_ = xml_.find('<', at_)) {
      auto const rest = xml_.substr(at_);
      if (rest.starts_with("<!--"))
        at_ = xml_.find("-->", at_) + 3;
      else if (rest.starts_with("<?"))
        at_ = xml_.find("?>", at_) + 2;
      else if (rest.starts_with("</"))
        close();
      else
        open();
    }
    return std::move(out_);
  }

 private:
  void close() {
    at_ = xml_.find('>', at_) + 1;
    out_[std::size_t(within_.back())].end = at_;
    within_.pop_back();
  }

  void open() {
    auto const name_end = xml_.find_first_of(" \t\r\n/>", at_);
    Markup found{.tag = std::string{xml_.substr(at_ + 1, name_end - at_ - 1)},
                 .begin = at_,
                 .end = 0,
                 .attributes = {},
                 .parent = within_.empty() ? -1 : within_.back()};
    for (at_ = name_end;;) {
      auto const next = xml_.find_first_not_of(k_blanks, at_);
      if (xml_[next] == '/' || xml_[next] == '>') {
        at_ = xml_.find('>', next) + 1;
        bool const empty = xml_[next] == '/';
        found.end = empty ? at_ : 0;
        out_.push_back(std::move(found));
        if (!empty) within_.push_back(int(out_.size()) - 1);
        return;
      }
      found.attributes.push_back(attribute(next));
    }
  }

  Markup::Attribute attribute(std::size_t name) {
    auto const equals = xml_.find('=', name);
    auto const quote = xml_.find_first_of("\"'", equals);
    auto const end = xml_.find(xml_[quote], quote + 1);
    Markup::Attribute out{.name = std::string{xml_.substr(name, equals - name)},
                          .value = resolved(xml_.substr(quote + 1, end - quote - 1)),
                          .begin = at_,
                          .value_begin = quote + 1,
                          .value_end = end};
    at_ = end + 1;
    return out;
  }

  std::string_view xml_;
  std::size_t at_ = 0;
  std::vector<Markup> out_;
  std::vector<int> within_;
};

}  // namespace

std::string_view Markup::at(std::string_view name) const {
  for (auto const& attribute : attributes)
    if (attribute.name == name) return attribute.value;
  return {};
}

std::vector<Markup> elements_of(std::string_view xml) {
  return Scan{xml}.run();
}

std::string_view content_of(Markup const& element, std::string_view xml) {
  auto const begin =
      element.attributes.empty() ? element.begin : element.attributes.back().value_end;
  auto const from = xml.find('>', begin) + 1;
  auto const to = xml.rfind("</", element.end - 1);
  return from < to ? xml.substr(from, to - from) : std::string_view{};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char const letter : text) {
    std::string_view entity;
    for (auto const& [written, meant] : k_entities)
      if (letter == meant) entity = written;
    if (entity.empty())
      out += letter;
    else
      out += entity;
  }
  return out;
}

}  // namespace qyzmet::engine
