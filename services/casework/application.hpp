#pragma once
// The application as one canonical XML document: what the citizen sees, signs or confirms by a
// one-time password, and what is kept, are the same bytes. Pure; no I/O.
//
// Canonical form: UTF-8, no declaration, no white space between elements, attributes in
// alphabetical order, C14N escapes; to_xml(from_xml(bytes)) == bytes is required on reading.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace qyzmet::casework {

struct Attachment {
  std::string code;    // document code of the package, e.g. "penalty_ruling"
  std::string name;    // as the citizen called the file
  std::string sha256;  // hex, of the plain bytes
  std::uint64_t size = 0;
  std::string media_type;
  bool operator==(Attachment const&) const = default;
};

struct Application {
  std::string draft;    // id of the draft it came from
  std::string nonce;    // 32 hex digits: the same answers never give the same bytes twice
  std::string service;  // "military_id"
  std::string package;  // SHA-256 of the definition package
  std::string language;
  std::string subtype;
  std::string office;  // id of the LMAB
  std::string branch;  // id of the State Corporation branch; may be empty for other services
  std::string iin;
  std::string name;
  std::string phone;
  std::string email;
  std::string address;
  bool consent = false;  // R-GEN-27
  /// What the package asks beside, as it was typed: "declared.speciality" -> "true".
  std::map<std::string, std::string, std::less<>> answers = {};
  std::vector<Attachment> attachments;
  bool operator==(Application const&) const = default;
};

std::string to_xml(Application const& application);
/// Refuses anything that is not exactly the canonical form. Limit: 64 KiB, 10 attachments, 100
/// answers.
Result<Application> from_xml(std::string_view xml);

}  // namespace qyzmet::casework
