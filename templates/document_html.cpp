#include "templates/blocks.hpp"
#include "templates/document.hpp"
#include "templates/markup.hpp"

namespace qyzmet::templates {
namespace {

/// What a paragraph-like block becomes. The page around has the <h1>.
struct TextForm {
  std::string_view tag, kind;
};

TextForm form(std::string_view element) {
  if (element == "title") return {"h2", ""};
  if (element == "h") return {"h3", ""};
  if (element == "note") return {"p", "small"};
  if (element == "head" || element == "subtitle" || element == "to") return {"p", element};
  return {"p", ""};
}

class HtmlWriter {
 public:
  explicit HtmlWriter(std::string_view qr) : qr_{qr_path(qr)} {}

  void part(Block const& part) {
    language_ = part.language;
    out_ += "<section lang=\"";
    append_escaped(out_, part.language, Escape::attribute);
    out_ += "\">\n";
    for (Block const& block : part.children) add(block);
    out_ += "</section>\n";
  }

  std::string take() { return std::move(out_); }

 private:
  void add(Block const& block) {
    std::string_view const name = block.element;
    if (name == "fields")
      fields(block);
    else if (name == "list")
      list(block);
    else if (name == "line")
      line(block);
    else if (name == "signature")
      signature(block);
    else if (name == "qr")
      code();
    else if (!block.markup.empty())
      text(form(name), block);
  }

  void text(TextForm const& how, Block const& block) {
    out_.append("<").append(how.tag);
    if (!how.kind.empty()) out_.append(" class=\"").append(how.kind).append("\"");
    if (block.language != language_) {
      out_ += " lang=\"";
      append_escaped(out_, block.language, Escape::attribute);
      out_ += "\"";
    }
    out_ += ">";
    inner(block.markup);
    out_.append("</").append(how.tag).append(">\n");
  }

  /// Markup of pango is HTML, but for the ends of lines.
  void inner(std::string_view markup) {
    for (char const c : markup) {
      if (c == '\n')
        out_ += "<br>";
      else
        out_ += c;
    }
  }

  void plain(Block const& block, std::string_view attribute) {
    auto const value = block.attributes.find(attribute);
    if (value == block.attributes.end()) return;
    std::string escaped;
    append_escaped(escaped, value->second, Escape::text);
    inner(escaped);
  }

  /// The roles say what they are where a narrow page shows rows as blocks.
  void fields(Block const& block) {
    std::string rows;
    std::swap(rows, out_);
    for (Block const& field : block.children) {
      if (field.markup.empty()) continue;
      out_ += "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">";
      plain(field, "label");
      out_ += "</th><td role=\"cell\">";
      inner(field.markup);
      out_ += "</td></tr>\n";
    }
    std::swap(rows, out_);
    if (rows.empty()) return;
    out_ += "<table role=\"table\"><tbody role=\"rowgroup\">\n" + rows + "</tbody></table>\n";
  }

  void list(Block const& block) {
    auto const kind = block.attributes.find("kind");
    bool const numbered = kind != block.attributes.end() && kind->second == "number";
    bool begun = false;
    for (Block const& item : block.children) {
      if (item.markup.empty()) continue;
      if (!std::exchange(begun, true)) out_ += numbered ? "<ol>\n" : "<ul>\n";
      text({"li", ""}, item);
    }
    if (begun) out_ += numbered ? "</ol>\n" : "</ul>\n";
  }

  void line(Block const& block) {
    out_ += "<p class=\"line\"><span>";
    plain(block, "left");
    out_ += "</span> <span>";
    plain(block, "right");
    out_ += "</span></p>\n";
  }

  void signature(Block const& block) {
    out_ += "<div class=\"signature\">\n<p class=\"line\"><span>";
    plain(block, "position");
    out_ += "</span> <b>";
    plain(block, "name");
    out_ += "</b></p>\n";
    if (!block.markup.empty()) text(form("note"), block);
    out_ += "</div>\n";
  }

  void code() {
    if (!qr_) return;
    auto const size = std::to_string(qr_->size);
    out_ += "<svg class=\"qr\" viewBox=\"0 0 " + size + " " + size +
            "\" width=\"200\" height=\"200\" role=\"img\" aria-label=\"QR\" "
            "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h" +
            size + "v" + size + "h-" + size + "z\"/><path fill=\"#000\" d=\"" + qr_->path +
            "\"/></svg>\n";
  }

  std::optional<QrPath> qr_;
  std::string language_;  // of the section
  std::string out_;
};

}  // namespace

Result<Drawing> render_html(DocumentInput const& input) {
  auto const filled = fill_document(input);
  if (!filled) return std::unexpected(filled.error());
  HtmlWriter writer{input.qr};
  for (Block const& part : filled->blocks) writer.part(part);
  return Drawing{writer.take()};
}

}  // namespace qyzmet::templates
