#pragma once
// One object of canonical JSON, written member by member, for what would have to be copied into a
// Context first; internal to engine/. The caller gives the names in the order of RFC 8785.
#include <string>
#include <string_view>

#include "engine/value.hpp"

namespace qyzmet::engine {

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_{out} { out_ += '{'; }
  JsonObject(JsonObject const&) = delete;
  JsonObject& operator=(JsonObject const&) = delete;
  ~JsonObject() { out_ += '}'; }

  /// The value is what the caller appends to this.
  std::string& member(std::string_view name) {
    out_ += out_.back() == '{' ? "\"" : ",\"";
    return out_.append(name).append("\":");
  }
  void add(std::string_view name, auto const& value) { append_json(member(name), value); }

 private:
  std::string& out_;
};

}  // namespace qyzmet::engine
