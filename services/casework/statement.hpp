#pragma once
// What an applicant declares in a case, as one canonical XML document: what is shown, what is
// signed or confirmed by a one-time password, and what is kept, are the same bytes. They say in
// words what the fields mean, so that nobody needs the package to read them. Pure; no I/O.
//
// Canonical form as in canonical_xml.hpp; to_xml(statement_from_xml(bytes)) == bytes is required.
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace qyzmet::casework {

struct Statement {
  struct Field {
    std::string name;   // "withdrawal.reason"
    std::string label;  // in the language of the statement
    std::string value;  // as it was typed
    std::string words;  // as people read it; the same, where it is text
    bool operator==(Field const&) const = default;
  };
  struct Paper {
    std::string field;  // that asked for it
    std::string label;
    std::string name;    // as the citizen called the file
    std::string sha256;  // hex, of the plain bytes
    bool operator==(Paper const&) const = default;
  };
  std::string nonce;     // 32 hex digits: the same words never give the same bytes twice
  std::string service;   // title of the service
  std::string package;   // SHA-256 of the definition package
  std::string number;    // of the case
  std::string message;   // "application.withdrawn"
  std::string wait;      // wf:key of the wait that is meant; mostly empty
  std::string declares;  // what it is called: "Withdrawal of the application"
  std::string language;
  std::string iin;
  std::string name;  // of the applicant
  std::string made;  // ISO 8601, UTC: when it was shown
  std::vector<Field> fields;
  std::vector<Paper> papers;
  bool operator==(Statement const&) const = default;
};

std::string to_xml(Statement const& statement);
/// Refuses anything that is not exactly the canonical form. Limit: 256 KiB, 100 fields, 10 papers.
Result<Statement> statement_from_xml(std::string_view xml);

}  // namespace qyzmet::casework
