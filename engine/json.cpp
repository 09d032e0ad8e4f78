#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <charconv>
#include <limits>
#include <utility>

#include "engine/base/check.hpp"
#include "engine/base/utf8.hpp"
#include "engine/value.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::int64_t k_safe_integer_max = (std::int64_t{1} << 53) - 1;
constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

bool safe_integer(std::int64_t number) {
  return number >= -k_safe_integer_max && number <= k_safe_integer_max;
}

// ---- Writing --------------------------------------------------------------------------------

/// RFC 8785 sorts by UTF-16 code units: the surrogate pairs of F0..F4 come before EE and EF.
bool utf16_less(std::string_view a, std::string_view b) {
  auto const weight = [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte + 0;
  };
  return std::ranges::lexicographical_compare(a, b, {}, weight, weight);
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view k_short = "\b\t\n\f\r\"\\";
  constexpr std::string_view k_letter = "btnfr\"\\";
  constexpr std::string_view k_hex = "0123456789abcdef";
  if (auto const at = k_short.find(c); at != k_short.npos) {
    out += {'\\', k_letter[at]};
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out += "\\u00";
    out += {k_hex[static_cast<std::size_t>(c >> 4)], k_hex[static_cast<std::size_t>(c & 15)]};
  } else {
    out += c;
  }
}

bool is_plain(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    auto const begin = at;
    while (at < text.size() && is_plain(text[at])) ++at;
    out += text.substr(begin, at - begin);
    if (at == text.size()) break;
    std::size_t const size = utf8_sequence(text, at);
    if (size == 0 || text[at] == '\0') {
      out += k_replacement;
    } else if (size == 1) {
      append_escaped(out, text[at]);
    } else {
      out += text.substr(at, size);
    }
    at += size == 0 ? 1 : size;
  }
  out += '"';
}

void append_number(std::string& out, std::int64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class Append>
void append_tagged(std::string& out, std::string_view tag, Append append) {
  out += "{\"$";
  out += tag;
  out += "\":\"";
  append();
  out += "\"}";
}

struct Writer {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(Decimal const& value) const {
    auto const whole = value.integer();
    if (whole && safe_integer(*whole))
      append_number(out, *whole);
    else
      append_tagged(out, "number", [&] { out += value.text(); });
  }
  void operator()(std::string const& value) const { append_text(out, value); }
  void operator()(Date value) const {
    append_tagged(out, "date", [&] { append_iso(out, value); });
  }
  void operator()(Instant value) const {
    append_tagged(out, "at", [&] { append_iso(out, value); });
  }
  void operator()(Duration value) const {
    append_tagged(out, "duration", [&] { out += to_text(value); });
  }
  void operator()(List const& list) const {
    out += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out += ',';
      std::visit(*this, list[i].variant());
    }
    out += ']';
  }
  void operator()(Context const& context) const {
    auto const name = [](auto const& entry) -> std::string_view { return entry.first; };
    // The order of bytes differs from that of JSON only beyond U+FFFF.
    if (std::ranges::is_sorted(context, utf16_less, name)) return members(context);
    std::vector<Context::value_type> sorted{context.begin(), context.end()};
    std::ranges::sort(sorted, utf16_less, name);
    members(sorted);
  }
  void members(auto const& entries) const {
    out += '{';
    bool first = true;
    for (auto const& [name, value] : entries) {
      check(!name.starts_with('$'), "names that begin with $ are tags of JSON");
      if (!std::exchange(first, false)) out += ',';
      append_text(out, name);
      out += ':';
      std::visit(*this, value.variant());
    }
    out += '}';
  }
};

// ---- Reading --------------------------------------------------------------------------------

std::optional<Value> untagged(std::string_view tag, std::string const& text) {
  if (tag == "$date") {
    if (auto const date = parse_date(text)) return Value{*date};
  } else if (tag == "$at") {
    if (auto const at = parse_instant(text)) return Value{*at};
  } else if (tag == "$duration") {
    auto const duration = parse_duration(text);
    if (duration && to_text(*duration) == text) return Value{*duration};
  } else if (tag == "$number") {
    auto const number = Decimal::parse(text);
    if (!number || number->text() != text) return std::nullopt;
    auto const whole = number->integer();
    if (!whole || !safe_integer(*whole)) return Value{*number};
  }
  return std::nullopt;
}

/// Handler of Boost.JSON's event parser: builds the value and refuses what a tree parser would let
/// through (the last of two equal keys wins, fractions become doubles).
struct Builder {
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;
  static constexpr std::size_t max_array_size = k_json_bytes_max;
  static constexpr std::size_t max_object_size = k_json_bytes_max;
  static constexpr std::size_t max_string_size = k_json_bytes_max;
  static constexpr std::size_t max_key_size = k_json_bytes_max;

  struct Frame {
    Value value;  // List or Context
    std::string key = {};
  };
  std::vector<Frame> frames;
  Value root;
  std::string text;  // of the string or key that is being read
  char const* reason = "syntax";

  bool refuse(Code& code, char const* why) {
    reason = why;
    code = boost::json::make_error_code(boost::json::error::syntax);
    return false;
  }
  bool add(Value value, Code& code) {
    if (frames.empty()) {
      root = std::move(value);
      return true;
    }
    Frame& frame = frames.back();
    if (auto* list = frame.value.as<List>()) {
      list->push_back(std::move(value));
      return true;
    }
    auto& context = *frame.value.as<Context>();
    if (!context.emplace(std::move(frame.key), std::move(value)).second)
      return refuse(code, "duplicate_key");
    return true;
  }
  bool close(Code& code) {
    Value value = std::move(frames.back().value);
    frames.pop_back();
    auto const* context = value.as<Context>();
    bool const tagged = context != nullptr && std::ranges::any_of(*context, [](auto const& member) {
                          return member.first.starts_with('$');
                        });
    if (!tagged) return add(std::move(value), code);
    auto const& [tag, content] = *context->begin();
    auto const* literal = content.as<std::string>();
    auto plain = context->size() == 1 && literal ? untagged(tag, *literal) : std::nullopt;
    return plain ? add(*std::move(plain), code) : refuse(code, "tag");
  }
  bool take_text(Text part, Code& code) {
    text.append(part.data(), part.size());
    return text.find('\0') == text.npos || refuse(code, "nul");
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) {
    frames.push_back({List{}});
    return true;
  }
  bool on_array_end(std::size_t, Code& code) { return close(code); }
  bool on_object_begin(Code&) {
    frames.push_back({Context{}});
    return true;
  }
  bool on_object_end(std::size_t, Code& code) { return close(code); }
  bool on_string_part(Text part, std::size_t, Code& code) { return take_text(part, code); }
  bool on_string(Text part, std::size_t, Code& code) {
    return take_text(part, code) && add(std::exchange(text, {}), code);
  }
  bool on_key_part(Text part, std::size_t, Code& code) { return take_text(part, code); }
  bool on_key(Text part, std::size_t, Code& code) {
    if (!take_text(part, code)) return false;
    frames.back().key = std::exchange(text, {});
    return true;
  }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t number, Text, Code& code) {
    return safe_integer(number) ? add(number, code) : refuse(code, "number");
  }
  bool on_uint64(std::uint64_t, Text, Code& code) { return refuse(code, "number"); }
  bool on_double(double, Text, Code& code) { return refuse(code, "number"); }
  bool on_bool(bool value, Code& code) { return add(value, code); }
  bool on_null(Code& code) { return add({}, code); }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

}  // namespace

void append_json(std::string& out, Value const& value) {
  std::visit(Writer{out}, value.variant());
}
void append_json(std::string& out, Context const& context) {
  Writer{out}(context);
}
void append_json(std::string& out, std::string const& text) {
  append_text(out, text);
}
void append_json(std::string& out, char const* text) {
  append_text(out, text);
}
void append_json(std::string& out, bool value) {
  Writer{out}(value);
}
void append_json(std::string& out, Instant at) {
  Writer{out}(at);
}
void append_json(std::string& out, Date day) {
  Writer{out}(day);
}
void append_json(std::string& out, std::int64_t number) {
  Writer{out}(Decimal{number});
}

std::string to_json(Value const& value) {
  std::string out;
  append_json(out, value);
  return out;
}

Result<Value> from_json(std::string_view json) {
  if (json.size() > k_json_bytes_max) return fail(ErrorCode::too_large, "error.json_too_large");
  boost::json::parse_options options;
  options.max_depth = k_json_depth_max;
  boost::json::basic_parser<Builder> parser{options};
  boost::json::error_code code;
  std::size_t const read = parser.write_some(false, json.data(), json.size(), code);
  if (!code && read == json.size()) return std::move(parser.handler().root);
  auto error = fail(ErrorCode::invalid, "error.invalid_json");
  error.error().arguments["reason"] =
      code == boost::json::error::too_deep ? "too_deep" : parser.handler().reason;
  error.error().arguments["at"] = std::to_string(read);
  return error;
}

}  // namespace qyzmet::engine
