#pragma once
// The report of `qyzmet verify`: as JSON (verify_report.schema.json), and as text that a person
// reads in Kazakh, Russian or English. Pure.
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "signing/verify.hpp"

namespace qyzmet::cli {

struct Verdict {
  std::string carrier;  // "cms", "xml", "soap", "zip", "pdf", "timestamp"
  signing::Report whole;
  /// Of each signer where there may be several; empty: `whole` is that of the only one.
  std::vector<signing::Report> signatures = {};
  std::vector<std::string> files = {};
};

boost::json::object to_json(Verdict const& verdict);
/// Lines, each ended. `language`: kk, ru or en.
std::string to_text(Verdict const& verdict, std::string_view language);

}  // namespace qyzmet::cli
