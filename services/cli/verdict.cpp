#include "services/cli/verdict.hpp"

#include <boost/json/array.hpp>

#include "templates/assets.hpp"
#include "templates/dates.hpp"

namespace qyzmet::cli {

namespace json = boost::json;
using signing::Check;
using signing::Report;

namespace {

std::string joined(std::vector<std::string> const& parts) {
  std::string all;
  for (auto const& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all;
}

json::array to_array(std::vector<std::string> const& texts) {
  json::array array;
  for (auto const& text : texts) array.emplace_back(text);
  return array;
}

json::object signer_json(signing::Signer const& signer) {
  json::object out{{"subject", signer.subject},
                   {"name", signer.name},
                   {"iin", signer.iin},
                   {"bin", signer.bin},
                   {"organisation", signer.organisation},
                   {"roles", to_array(signer.roles)},
                   {"algorithm", signer.algorithm},
                   {"issuer", signer.issuer},
                   {"serial", signer.serial},
                   {"not_before", to_iso(signer.not_before)},
                   {"not_after", to_iso(signer.not_after)},
                   {"best_signature_time", to_iso(signer.best_time)}};
  if (signer.claimed_time) out["claimed_signature_time"] = to_iso(*signer.claimed_time);
  return out;
}

/// The reports of the signers, with those of one signer in the same place.
std::vector<Report const*> of_signers(Verdict const& verdict) {
  std::vector<Report const*> all;
  for (auto const& signature : verdict.signatures) all.push_back(&signature);
  if (all.empty()) all.push_back(&verdict.whole);
  return all;
}

void append(json::array& checks, std::vector<Check> const& list, std::size_t signer) {
  for (auto const& check : list)
    checks.push_back(json::object{{"name", check.name},
                                  {"layer", check.layer},
                                  {"result", check.result()},
                                  {"reason", check.reason},
                                  {"signer", signer}});
}

std::string reason_of(Verdict const& verdict) {
  if (auto reason = verdict.whole.reason(); !reason.empty()) return reason;
  for (auto const& signature : verdict.signatures)
    if (signature.indication == verdict.whole.indication) return signature.reason();
  return {};
}

/// Writes lines in one language.
class Writer {
 public:
  explicit Writer(std::string_view language) : language_(language) {}

  void verdict(Report const& report, std::string const& reason) {
    std::string const indication{signing::to_text(report.indication)};
    out_ += indication;
    if (!report.sub_indication.empty())
      out_ += " / " + report.sub_indication + " (" + text("sub." + report.sub_indication) + ")";
    out_ += "\n" + text(indication) + "\n";
    if (!reason.empty()) out_ += catalogue_.text(language_, reason) + "\n";
  }
  void signer(Report const& report, bool authority);
  void checks(std::vector<Check> const& list);
  void files(std::vector<std::string> const& names) {
    if (names.empty()) return;
    out_ += "\n" + text("files") + "\n";
    for (auto const& name : names) out_ += "  " + name + "\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string text(std::string const& key) const {
    return catalogue_.text(language_, "verdict." + key);
  }
  std::string time(Instant at) const {
    return templates::format_moment(templates::DateForm::datetime, language_, to_iso(at));
  }
  void line(std::string const& key, std::string const& value) {
    if (!value.empty()) out_ += "  " + text(key) + ": " + value + "\n";
  }

  std::string language_, out_;
  templates::Catalogue catalogue_ = templates::load_catalogue();
};

void Writer::signer(Report const& report, bool authority) {
  if (!report.signer) return;
  auto const& signer = *report.signer;
  out_ += "\n" + text(authority ? "authority" : "signer") + "\n";
  line("name", signer.name);
  line("iin", signer.iin);
  line("organisation", signer.organisation);
  line("bin", signer.bin);
  std::vector<std::string> roles;
  for (auto const& role : signer.roles) roles.push_back(text("role." + role));
  line("roles", joined(roles));
  line("algorithm", signer.algorithm);
  line("serial", signer.serial);
  line("issuer", signer.issuer);
  line("validity", time(signer.not_before) + " – " + time(signer.not_after));
  if (signer.claimed_time) line("claimed_time", time(*signer.claimed_time));
  line(authority ? "stamped_time" : "best_time", time(signer.best_time));
  if (!authority && !report.level.empty()) line("level", text("level." + report.level));
}

void Writer::checks(std::vector<Check> const& list) {
  if (list.empty()) return;
  out_ += "\n" + text("checks") + "\n";
  for (auto const& check : list) {
    out_ += "  [" + text("result." + std::string{check.result()}) + "] " +
            text("layer." + check.layer) + ": " + text("check." + check.name) + "\n";
    if (!check.reason.empty()) out_ += "      " + catalogue_.text(language_, check.reason) + "\n";
  }
}

}  // namespace

json::object to_json(Verdict const& verdict) {
  json::array signers, checks;
  if (!verdict.signatures.empty()) append(checks, verdict.whole.checks, 0);
  for (auto const* report : of_signers(verdict)) {
    if (report->signer) signers.push_back(signer_json(*report->signer));
    append(checks, report->checks, report->signer ? signers.size() : 0);
  }
  json::object out{{"indication", signing::to_text(verdict.whole.indication)},
                   {"sub_indication", verdict.whole.sub_indication},
                   {"reason", reason_of(verdict)},
                   {"carrier", verdict.carrier},
                   {"level", verdict.whole.level},
                   {"signers", std::move(signers)},
                   {"checks", std::move(checks)}};
  if (verdict.carrier == "zip") out["files"] = to_array(verdict.files);
  return out;
}

std::string to_text(Verdict const& verdict, std::string_view language) {
  Writer writer{language};
  bool const authority = verdict.carrier == "timestamp";
  writer.verdict(verdict.whole, reason_of(verdict));
  if (!verdict.signatures.empty()) writer.checks(verdict.whole.checks);
  for (auto const* report : of_signers(verdict)) {
    writer.signer(*report, authority);
    writer.checks(report->checks);
  }
  writer.files(verdict.files);
  return writer.take();
}

}  // namespace qyzmet::cli
