#pragma once
// The two forms of a document before it is laid out: the parsed template, and its blocks with the
// values of one case filled in. Immutable, thread-safe.
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "templates/document.hpp"
#include "templates/expression.hpp"

namespace qyzmet::templates {

/// A piece of text within a block: literal or value, with its style.
struct Inline {
  std::string text = {};
  std::optional<Expression> value = {};
  bool bold = false;
  bool italic = false;
};

struct BlockTemplate {
  std::string element;
  std::string language;  // of a part
  std::optional<Condition> when;
  std::optional<Expression> each;
  std::map<std::string, std::vector<Inline>, std::less<>> attributes;
  std::vector<Inline> text;
  std::vector<BlockTemplate> children;
};

struct DocumentTemplate {
  std::vector<Inline> title;
  Expression dated;
  std::vector<BlockTemplate> parts;  // part, and close at the end
};

/// error.document_template with line and reason.
Result<DocumentTemplate> parse_document(std::string_view source);

/// A block of one document. Texts are pango markup, attributes plain text.
struct Block {
  std::string element;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string markup;
  std::vector<Block> children;
  std::string language;
};

std::vector<Block> fill_in(DocumentTemplate const& document, Scope const& scope,
                           std::map<std::string, Texts, std::less<>> const& texts);

/// A document with its values, before it has a form on paper or on the screen.
struct FilledDocument {
  std::string title;
  std::string date;  // ISO 8601 with the legal zone
  std::vector<Block> blocks;
};
/// Errors as of render_pdf, but for what no page holds.
Result<FilledDocument> fill_document(DocumentInput const& input);

std::string plain_text(std::vector<Inline> const& text, Scope const& scope);

}  // namespace qyzmet::templates
