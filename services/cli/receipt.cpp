// `qyzmet receipt verify`: whether the QR code of a document, or the proof that an event stands in
// the log, is what the office has signed. Nothing is asked of any server. Text for a person in
// their language, or with --json
//
//   {"valid": true, "kind": "stamp", "document": {...}}                the QR code of a document
//   {"valid": true, "kind": "proof", "index": 7, "size": 9, "log": "...", "event": {...}}  a proof
//   of the log
//   {"valid": false, "reason": "format|key|signature|inclusion|document"}
//
// --file: the proof, or a PDF of the office, which has the text of its QR code among its keywords.
// --document: the proof must name this file. The QR code of a document stands inside it and cannot
// name it; its details are for comparing with the paper.
//
// The page of services/portal/verifier.cpp gives the same verdicts.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "services/cli/options.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/file.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/stamp.hpp"
#include "signing/ledger/text.hpp"
#include "templates/assets.hpp"
#include "templates/dates.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet receipt verify --log-key KEY (--file FILE | TEXT) [--document FILE] "
    "[--language kk|ru|en] [--json]";

json::object refused(std::string_view reason) {
  return {{"valid", false}, {"reason", reason}};
}

json::object stamp_json(std::string_view text, ledger::NoteKey const& key) {
  auto const [fault, stamp] = ledger::verify_stamp(text, key);
  switch (fault) {
    case ledger::StampFault::format:
      return refused("format");
    case ledger::StampFault::key:
      return refused("key");
    case ledger::StampFault::signature:
      return refused("signature");
    case ledger::StampFault::none:
      break;
  }
  return {{"valid", true},
          {"kind", "stamp"},
          {"document",
           {{"service", stamp.service},
            {"document", stamp.document},
            {"number", stamp.number},
            {"date", stamp.date},
            {"person", stamp.person},
            {"office", stamp.office}}}};
}

/// What db/ledger.hpp says of a record, as far as it is told here.
bool is_event(json::value const& value) {
  auto const has_texts = [](json::value const& each, auto... names) {
    auto const* object = each.if_object();
    return object != nullptr && (... && (object->contains(names) && object->at(names).is_string()));
  };
  if (!has_texts(value, "number", "at", "recorded_at")) return false;
  auto const& event = value.get_object();
  auto const* documents = event.if_contains("documents");
  return event.contains("step") && documents != nullptr && documents->is_array() &&
         std::ranges::all_of(documents->get_array(), [&](json::value const& each) {
           return has_texts(each, "code", "sha256");
         });
}

json::object proof_json(std::optional<ledger::Proof> const& proof, ledger::NoteKey const& key,
                        std::string const& document) {
  if (!proof) return refused("format");
  auto const [fault, checkpoint] = ledger::verify_proof(*proof, key);
  switch (fault) {
    case ledger::ProofFault::format:
      return refused("format");
    case ledger::ProofFault::key:
      return refused("key");
    case ledger::ProofFault::signature:
      return refused("signature");
    case ledger::ProofFault::inclusion:
      return refused("inclusion");
    case ledger::ProofFault::none:
      break;
  }
  json::error_code error;
  auto event = json::parse(proof->record, error);
  if (error || !is_event(event)) return refused("format");
  auto const named = R"("sha256":")" + platform::sha256_hex(document) + '"';
  if (!document.empty() && !proof->record.contains(named)) return refused("document");
  return {{"valid", true},
          {"kind", "proof"},
          {"index", proof->index},
          {"size", checkpoint.head.size},
          {"log", checkpoint.origin},
          {"event", std::move(event)}};
}

bool is_code(std::string_view text) {
  return text.starts_with(ledger::k_stamp_prefix) || text.starts_with(ledger::k_proof_prefix);
}

bool is_pdf(std::string_view bytes) {
  return bytes.starts_with("%PDF-");
}

/// The text of the QR code among the keywords of a PDF (templates/document.hpp); "" when there is
/// none.
std::string code_in_pdf(std::string_view pdf) {
  constexpr std::string_view k_before = "/Keywords (";
  for (auto at = pdf.find(k_before); at != pdf.npos; at = pdf.find(k_before, at)) {
    at += k_before.size();
    auto const text = pdf.substr(at, pdf.find(')', at) - at);
    if (is_code(text) && text.find_first_not_of(ledger::k_base45) == text.npos)
      return std::string{text};
  }
  return {};
}

/// As people hand it on: wrapped by a mail program, with the ends of lines of another system.
std::string tidied(std::string_view text) {
  constexpr std::string_view k_blanks = " \t\r\n";
  auto const begin = text.find_first_not_of(k_blanks);
  if (begin == text.npos) return {};
  std::string out{text.substr(begin, text.find_last_not_of(k_blanks) + 1 - begin)};
  if (is_code(out)) {
    std::erase_if(out, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });
    return out;
  }
  std::string lines;
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!std::string_view{out}.substr(i).starts_with("\r\n")) lines += out[i];
  return lines + "\n";
}

/// The verdict in lines for a person.
class Telling {
 public:
  explicit Telling(std::string language) : language_{std::move(language)} {}

  std::string tell(json::object const& verdict, bool with_document, bool from_pdf) {
    auto const hint = from_pdf ? "\n" + text("pdf") + "\n" : "";
    if (!verdict.at("valid").as_bool())
      return text("not_valid") + "\n" + text("reason." + string_at(verdict, "reason")) + "\n";
    auto const kind = string_at(verdict, "kind");
    out_ = text("valid." + kind) + "\n\n";
    if (kind == "stamp") {
      auto const& document = verdict.at("document").as_object();
      for (auto const* name : {"service", "document", "number", "date", "person", "office"})
        line(name, string_at(document, name));
      return out_ + "\n" + text("compare") + "\n" + hint;
    }
    auto const& event = verdict.at("event").as_object();
    line("number", string_at(event, "number"));
    line("step", json::serialize(event.at("step")));
    line("happened", moment(event, "at"));
    line("recorded", moment(event, "recorded_at"));
    line("entry", catalogue_.text(language_, "receipt.verify.entry.value",
                                  {{"index", number_of(verdict.at("index"))},
                                   {"size", number_of(verdict.at("size"))},
                                   {"origin", verdict.at("log")}}));
    tell_files(event.at("documents").as_array());
    if (with_document) out_ += "\n" + text("file_named") + "\n";
    return out_ + hint;
  }

 private:
  static std::string string_at(json::object const& object, std::string_view name) {
    return std::string{object.at(name).as_string()};
  }
  static std::string number_of(json::value const& value) { return json::serialize(value); }
  static std::string moment(json::object const& event, std::string_view name) {
    return templates::format_moment(templates::DateForm::datetime, "en", string_at(event, name));
  }
  std::string text(std::string const& key) const {
    return catalogue_.text(language_, "receipt.verify." + key);
  }
  void line(std::string const& key, std::string const& value) {
    out_ += "  " + text(key) + ": " + value + "\n";
  }
  void tell_files(json::array const& documents) {
    if (documents.empty()) return;
    out_ += "  " + text("files") + ":\n";
    for (auto const& each : documents)
      out_ += "    " + string_at(each.as_object(), "sha256") + "  " +
              string_at(each.as_object(), "code") + "\n";
  }

  std::string language_, out_;
  templates::Catalogue catalogue_ = templates::load_catalogue();
};

}  // namespace

int run_receipt_verify(Arguments arguments) {
  auto const options =
      Options::parse(arguments, {"--log-key", "--file", "--document", "--language"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const file = options->get("--file");
  auto const key = ledger::parse_note_key(options->get("--log-key"));
  if (!key || options->words().size() != (file.empty() ? 1U : 0U)) return wrong_use(k_usage);
  auto const found =
      file.empty() ? std::optional{options->words().front()} : platform::find_file(file);
  if (!found) return wrong_use("cannot read " + file);
  auto const language = options->get("--language", "en");
  if (language != "kk" && language != "ru" && language != "en")
    return wrong_use("a language is kk, ru or en");
  std::string document;
  if (auto const name = options->get("--document"); !name.empty()) {
    auto bytes = platform::find_file(name);
    if (!bytes || bytes->empty()) return wrong_use("cannot read " + name);
    document = std::move(*bytes);
  }
  auto const text = tidied(is_pdf(*found) ? code_in_pdf(*found) : *found);
  bool const is_stamp = text.starts_with(ledger::k_stamp_prefix);
  if (is_stamp && !document.empty())
    return wrong_use(
        "--document goes with a proof: the QR code of a document cannot name the file that it "
        "stands in. Compare what it says with the paper; the signature inside the file is judged "
        "by `qyzmet verify --signature FILE`");
  auto const out = is_stamp        ? stamp_json(text, *key)
                   : is_code(text) ? proof_json(ledger::parse_compact(text), *key, document)
                                   : proof_json(ledger::parse_proof(text), *key, document);
  auto const said = options->has("--json")
                        ? json::serialize(out) + "\n"
                        : Telling{language}.tell(out, !document.empty(), is_pdf(*found));
  std::fputs(said.c_str(), stdout);
  return out.at("valid").as_bool() ? 0 : 1;
}

}  // namespace qyzmet::cli
