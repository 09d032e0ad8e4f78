// Cases of the one who asks: lists, one case with its terms and milestones, documents, the receipt
// with its proof. What officials read is logged before it is given out.
#include "services/api/cases.hpp"

#include <algorithm>

#include "services/api/routes.hpp"
#include "services/api/terms.hpp"
#include "services/casework/archive.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/confirmation.hpp"
#include "services/casework/documents.hpp"
#include "services/casework/fields.hpp"
#include "services/casework/files.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_all = "person";

json::object state_json(Call const& call, engine::Package const& package, std::string_view code) {
  return {{"code", code}, {"text", call.text("state." + std::string{code}, {}, &package)}};
}

json::object dated(Call const& call, engine::Package const& package, std::string_view code,
                   Date latest) {
  json::object out{{"code", code},
                   {"text", call.text("milestone." + std::string{code}, {}, &package)},
                   {"latest", to_iso(latest)}};
  if (auto const source = casework::source_of(package, code); !source.rule.empty()) {
    out["rule"] = source.rule;
    if (auto paragraph = paragraph_json(call, package, source.cite); !paragraph.is_null())
      out["paragraph"] = std::move(paragraph);
  }
  return out;
}

// --- Lists

/// "filed|due|milestone or -|id" in Base64url: where the page before ended.
std::string cursor_of(db::ListRow const& row) {
  return platform::to_base64url(to_iso(row.filed) + '|' + to_iso(row.due) + '|' +
                                (row.milestone_due ? to_iso(*row.milestone_due) : "-") + '|' +
                                std::to_string(row.id.value));
}

std::optional<db::ListCursor> read_cursor(std::string_view text) {
  auto const plain = platform::from_base64url(text);
  if (!plain) return std::nullopt;
  std::vector<std::string> parts{""};
  for (char const c : *plain)
    if (c == '|')
      parts.emplace_back();
    else
      parts.back() += c;
  if (parts.size() != 4) return std::nullopt;
  auto const filed = parse_instant(parts[0]);
  auto const due = parse_date(parts[1]), milestone = parse_date(parts[2]);
  auto const id = parse_number(parts[3]);
  if (!filed || !due || !id || (!milestone && parts[2] != "-")) return std::nullopt;
  return db::ListCursor{
      .filed = *filed, .due = *due, .milestone_due = milestone, .id = CaseId{*id}};
}

Result<db::ListFilter> read_filter(Call const& call) {
  db::ListFilter out;
  out.service = call.query("service");
  out.state = call.query("state");
  out.text = call.query("text");
  auto const status = call.query("status");
  if (!status.empty() && status != "open" && status != "all")
    return fail(ErrorCode::invalid, "error.not_a_choice", "status");
  out.open_only = status != "all";
  if (auto const text = call.query("due_until"); !text.empty()) {
    out.due_until = parse_date(text);
    if (!out.due_until) return fail(ErrorCode::invalid, "error.field_date", "due_until");
  }
  auto const limit = call.query("limit");
  auto const number =
      limit.empty() ? std::optional<std::int64_t>{k_page_default} : parse_number(limit);
  if (!number || *number < 1 || *number > std::int64_t{k_page_max})
    return fail(ErrorCode::invalid, "error.limit", "limit");
  out.limit = static_cast<int>(*number);
  if (auto const text = call.query("cursor"); !text.empty()) {
    out.after = read_cursor(text);
    if (!out.after) return fail(ErrorCode::invalid, "error.cursor", "cursor");
  }
  return out;
}

/// The same scope as on the pages: an executor sees the own cases, a citizen the own ones.
asio::awaitable<db::ListPage> list(Call const& call, db::ListFilter filter) {
  auto const& caller = call.caller();
  if (caller.desk) {
    if (caller.desk->role == "executor") filter.executor = caller.user;
    if (caller.desk->office) filter.secretary = caller.user;
    auto page = co_await casework::list_for_staff(call.world(), caller, *caller.desk,
                                                  std::move(filter), "work_list");
    co_return page;
  }
  filter.person = caller.person;
  filter.newest_first = true;
  auto page = co_await call.world().database.run(
      [filter](db::Connection& connection) { return db::list_cases(connection, filter); });
  co_return page;
}

json::object row_json(Call const& call, db::ListRow const& row) {
  json::object out{{"number", row.number},
                   {"service", row.service},
                   {"subtype", row.subtype},
                   {"ended", row.ended},
                   {"filed", to_iso(row.filed)},
                   {"accepted", to_iso(row.accepted)},
                   {"due", to_iso(row.due)},
                   {"stage", row.stage},
                   {"breaches", json::array(row.breaches.begin(), row.breaches.end())},
                   {"case", "/api/v1/cases/" + row.number}};
  auto const state = row.ended ? row.outcome : row.state;
  if (auto const package = call.world().library.package(row.package)) {
    out["state"] = state_json(call, *package, state);
    if (row.milestone_due) out["next"] = dated(call, *package, row.milestone, *row.milestone_due);
  }
  if (call.caller().desk) out["applicant"] = row.person_name;
  return out;
}

asio::awaitable<http::Response> get_cases(Call& call) {
  auto filter = read_filter(call);
  if (!filter) co_return problem(call, filter.error());
  auto const limit = static_cast<std::size_t>(filter->limit);
  auto const page = co_await list(call, std::move(*filter));
  json::array items;
  for (auto const& row : page.rows) items.push_back(row_json(call, row));
  json::object out{{"items", std::move(items)}};
  if (page.rows.size() == limit && page.total > std::int64_t(limit))
    out["next_cursor"] = cursor_of(page.rows.back());
  co_return answer(out);
}

// --- One case

std::string_view milestone_state(casework::OpenCase const& open, std::string_view code) {
  auto const& breaches = open.instance.breaches;
  if (std::ranges::find(breaches, code) != breaches.end()) return "missed";
  auto const running = casework::open_milestones(*open.package, *open.calendar, open.instance);
  return std::ranges::find(running, code, &casework::OpenMilestone::code) == running.end()
             ? "settled"
             : "open";
}

json::array milestones_json(Call const& call, casework::OpenCase const& open) {
  json::array out;
  for (auto const& each : open.instance.deadlines.milestones) {
    auto item = milestone_json(call, *open.package, each);
    item["state"] = milestone_state(open, each.code);
    out.push_back(std::move(item));
  }
  return out;
}

/// What officials go by beside the milestones.
json::array other_days_json(Call const& call, casework::OpenCase const& open) {
  json::array out;
  for (auto const& each : casework::other_days(*open.package, *open.calendar, open.instance)) {
    auto item = dated(call, *open.package, each.code, each.latest);
    item["role"] = each.role;
    if (!each.wait.empty()) item["wait"] = each.wait;
    out.push_back(std::move(item));
  }
  return out;
}

json::array breaches_json(Call const& call, casework::OpenCase const& open) {
  json::array out;
  for (auto const& code : open.instance.breaches) {
    auto const* deadline = open.instance.deadlines.find(code);
    if (deadline != nullptr) out.push_back(dated(call, *open.package, code, deadline->latest));
  }
  return out;
}

std::string title_of(Call const& call, engine::Package const& package, std::string const& code) {
  auto const own = "document." + code;
  return call.text(call.has(own, &package) ? own : "paper." + code, {}, &package);
}

json::object signature_json(casework::CaseRegisters const& registers,
                            db::Signature const& signature) {
  json::object out{{"digest", signature.digest},
                   {"method", signature.method},
                   {"at", to_iso(signature.best_time)}};
  auto const name = signature.signer ? registers.names.find(std::to_string(signature.signer->value))
                                     : registers.names.end();
  if (name != registers.names.end()) out["name"] = name->second;
  if (signature.method == "otp") out["phone"] = casework::masked_phone(signature.cms);
  return out;
}

json::array documents_json(Call const& call, casework::OpenCase const& open,
                           casework::CaseRegisters const& registers, bool staff) {
  json::array out;
  for (auto const& row : registers.documents) {
    if (!casework::may_read(row, staff)) continue;
    json::array signatures;
    for (auto const& signature : registers.signatures)
      if (signature.document == row.sha256)
        signatures.push_back(signature_json(registers, signature));
    auto const path = "/api/v1/cases/" + open.row.number + "/documents/" + row.sha256;
    out.push_back({{"code", row.code},
                   {"title", title_of(call, *open.package, row.code)},
                   {"name", row.name},
                   {"sha256", row.sha256},
                   {"size", row.size},
                   {"media_type", row.media_type},
                   {"direction", row.direction},
                   {"added", to_iso(row.added)},
                   {"signatures", std::move(signatures)},
                   {"content", path}});
  }
  return out;
}

/// What the case was at the offices that passed it on; its term counts from `accepted` of the case.
json::array parts_json(Call const& call, casework::OpenCase const& open,
                       casework::CaseRegisters const& registers) {
  json::array out;
  auto const paragraph = paragraph_json(call, *open.package, casework::passing_cite(*open.package));
  for (auto const& [row, office] : registers.parts) {
    json::object item{{"part", row.part},
                      {"office", std::to_string(row.office.value)},
                      {"name", office.name(call.language)},
                      {"received", to_iso(row.received)},
                      {"accepted", to_iso(row.accepted)},
                      {"due", to_iso(row.due)},
                      {"passed_on", to_iso(row.passed_on)},
                      {"passed_to", std::to_string(row.passed_to.value)},
                      {"late", row.late},
                      {"breaches", json::array(row.breaches.begin(), row.breaches.end())}};
    if (!paragraph.is_null()) item["paragraph"] = paragraph;
    out.push_back(std::move(item));
  }
  return out;
}

/// When and where the person is heard, once that is set.
json::object hearing_json(casework::OpenCase const& open) {
  auto const& variables = open.instance.variables;
  auto const* slot = engine::at_path(variables, "hearing.slot").as<Instant>();
  if (slot == nullptr || open.state_code() != "hearing") return {};
  return {{"slot", to_iso(*slot)},
          {"mode", engine::text_at(variables, "hearing.mode")},
          {"place", engine::text_at(variables, "hearing.place")}};
}

struct Around {
  casework::CaseRegisters registers;
  std::optional<db::Person> applicant;  // for officials
};

asio::awaitable<Around> read_around(Call const& call, CaseFor const& found) {
  auto out = co_await call.world().database.run(
      [row = found.open.row, staff = found.staff](db::Connection& connection) {
        Around around{.registers = casework::read_registers(connection, row), .applicant = {}};
        if (staff) around.applicant = db::find_person(connection, row.person);
        return around;
      });
  co_return out;
}

asio::awaitable<http::Response> get_case(Call& call) {
  auto const found = co_await case_for(call, "case_page", "name,iin,contacts,documents");
  if (!found) co_return problem(call, found.error());
  auto const& open = found->open;
  auto const around = co_await read_around(call, *found);
  auto out = summary_json(call, open);
  out["version"] = open.row.version;
  out["package"] = open.package->sha256;
  out["term"] = term_json(call, *open.package, open.instance.deadlines);
  out["milestones"] = milestones_json(call, open);
  out["breaches"] = breaches_json(call, open);
  if (found->staff) out["other_days"] = other_days_json(call, open);
  out["documents"] = documents_json(call, open, around.registers, found->staff);
  if (auto hearing = hearing_json(open); !hearing.empty()) out["hearing"] = std::move(hearing);
  if (!around.registers.parts.empty())
    out["earlier_parts"] = parts_json(call, open, around.registers);
  if (around.applicant) out["applicant"] = casework::applicant_json(*around.applicant);
  auto response = answer(out);
  set_etag(response, std::to_string(open.row.version));
  co_return response;
}

// --- Documents and the receipt

http::Response no_document(Call const& call) {
  return problem(call, Error{.code = ErrorCode::not_found, .text = "error.document_not_found"});
}

struct Paper {
  db::CaseDocumentRow row;
  std::vector<db::Signature> signatures;
  std::string number;
};

asio::awaitable<Result<Paper>> wanted(Call const& call) {
  auto const found = co_await case_for(call, "document", "documents");
  if (!found) co_return std::unexpected(found.error());
  auto around = co_await read_around(call, *found);
  for (auto& row : around.registers.documents)
    if (row.sha256 == call.parameter("sha256") && casework::may_read(row, found->staff))
      co_return Paper{.row = std::move(row),
                      .signatures = std::move(around.registers.signatures),
                      .number = found->open.row.number};
  co_return fail(ErrorCode::not_found, "error.document_not_found");
}

asio::awaitable<http::Response> get_document(Call& call) {
  auto const paper = co_await wanted(call);
  if (!paper) co_return problem(call, paper.error());
  auto bytes =
      co_await casework::read_signed_file(call.world(), paper->row.sha256, paper->signatures);
  if (!bytes) co_return problem(call, bytes.error());
  co_return http::download(std::move(*bytes), paper->row.media_type,
                           paper->number + "-" + paper->row.name);
}

asio::awaitable<http::Response> get_signature(Call& call) {
  auto const paper = co_await wanted(call);
  if (!paper) co_return problem(call, paper.error());
  auto const digest = call.query("digest");
  for (auto const& signature : paper->signatures)
    if (signature.document == paper->row.sha256 && !signature.cms.empty() &&
        (digest.empty() || signature.digest == digest))
      co_return http::download(signature.cms, "application/pkcs7-signature",
                               paper->number + "-" + paper->row.name + ".p7s");
  co_return no_document(call);
}

asio::awaitable<http::Response> get_evidence(Call& call) {
  auto const found = co_await case_for(call, "document", "documents");
  if (!found) co_return problem(call, found.error());
  auto const number = found->open.row.number;
  auto file =
      co_await casework::export_evidence(call.world(), found->open.row.id, number, found->staff);
  co_return http::download(std::move(file), "application/json", number + "-evidence.json");
}

struct ReadReceipt {
  CaseFor about;
  casework::Receipt receipt;
  std::optional<db::User> official;  // who accepted the application
};

asio::awaitable<Result<ReadReceipt>> receipt_of(Call const& call) {
  auto found = co_await case_for(call, "document", "documents");
  if (!found) co_return std::unexpected(found.error());
  auto [receipt, official] = co_await call.world().database.run(
      [&world = call.world(), open = found->open](db::Connection& connection) {
        return std::pair{casework::read_receipt(world, connection, open.row.id),
                         casework::accepted_by(connection, open)};
      });
  co_return ReadReceipt{
      .about = std::move(*found), .receipt = std::move(receipt), .official = std::move(official)};
}

asio::awaitable<http::Response> get_receipt(Call& call) {
  auto const found = co_await receipt_of(call);
  if (!found) co_return problem(call, found.error());
  auto const& [about, receipt, official] = *found;
  json::array files;
  for (auto const& file : receipt.received)
    files.push_back({{"title", title_of(call, *about.open.package, file.code)},
                     {"name", file.name},
                     {"sha256", file.sha256}});
  auto const& key = call.world().ledger.signer().key();
  auto const& fields = about.open.row.fields;
  json::object out{{"number", about.open.row.number},
                   {"filed", to_iso(fields.filed)},
                   {"accepted", to_iso(fields.accepted)},
                   {"received", std::move(files)},
                   {"logged", receipt.proof.has_value()},
                   {"log", key.name},
                   {"log_key", ledger::to_text(key)},
                   {"proof", "/api/v1/cases/" + about.open.row.number + "/receipt/proof"}};
  if (official)
    out["official"] = {{"name", official->name}, {"position", official->position(call.language)}};
  co_return answer(out);
}

asio::awaitable<http::Response> get_proof(Call& call) {
  auto const found = co_await receipt_of(call);
  if (!found) co_return problem(call, found.error());
  auto const& [about, receipt, official] = *found;
  if (!receipt.proof)
    co_return problem(call, Error{.code = ErrorCode::not_found, .text = "error.not_logged_yet"});
  co_return http::download(ledger::to_text(*receipt.proof), "text/plain; charset=utf-8",
                           about.open.row.number + ".tlog-proof");
}

}  // namespace

json::object summary_json(Call const& call, casework::OpenCase const& open) {
  auto const& package = *open.package;
  auto const& fields = open.row.fields;
  json::object out{{"number", open.row.number},
                   {"service", open.row.service},
                   {"title", call.text("service.title", {}, &package)},
                   {"state", state_json(call, package, open.state_code())},
                   {"ended", open.instance.ended},
                   {"filed", to_iso(fields.filed)},
                   {"accepted", to_iso(fields.accepted)},
                   {"due", to_iso(fields.due)}};
  if (auto const* subtype = package.subtype(fields.subtype))
    out["subtype"] = {{"code", subtype->code}, {"text", call.text(subtype->text, {}, &package)}};
  if (fields.milestone_due)
    out["next"] = dated(call, package, fields.milestone, *fields.milestone_due);
  return out;
}

casework::Words words_of(Call const& call, engine::Package const& package, bool staff) {
  return {.text =
              [&call, &package](std::string_view key, json::object const& arguments) {
                return call.text(key, arguments, &package);
              },
          .has = [&call, &package](std::string_view key) { return call.has(key, &package); },
          .staff = staff};
}

asio::awaitable<casework::CaseRegisters> registers_of(Call const& call, CaseFor const& found) {
  auto out = co_await call.world().database.run([row = found.open.row](db::Connection& connection) {
    return casework::read_registers(connection, row);
  });
  co_return out;
}

asio::awaitable<Result<CaseFor>> case_for(Call const& call, std::string purpose,
                                          std::string fields) {
  auto const& caller = call.caller();
  auto const number = call.parameter("number");
  if (!caller.desk) {
    auto own = co_await casework::open_own_case(call.world(), caller, number);
    if (!own) co_return std::unexpected(own.error());
    co_return CaseFor{.open = std::move(*own)};
  }
  Result<casework::StaffCase> found = fail(ErrorCode::not_found, "error.case_not_found");
  if (purpose.empty())
    found = co_await casework::find_staff_case(call.world(), caller, number);
  else
    found = co_await casework::open_staff_case(call.world(), caller, number, std::move(purpose),
                                               std::move(fields));
  if (!found) co_return std::unexpected(found.error());
  co_return CaseFor{.open = std::move(found->open), .staff = true};
}

void add_case_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = "/cases",
       .access = k_all,
       .handler = get_cases,
       .query = {"service", "state", "status", "text", "due_until", "limit", "cursor"}});
  std::string_view const one = "/cases/{number}";
  add(router, api, {.path = one, .access = k_all, .handler = get_case});
  add(router, api,
      {.path = "/cases/{number}/documents/{sha256}",
       .access = k_all,
       .handler = get_document,
       .gives = ""});
  add(router, api,
      {.path = "/cases/{number}/documents/{sha256}/signature",
       .access = k_all,
       .handler = get_signature,
       .query = {"digest"},
       .gives = "application/pkcs7-signature"});
  add(router, api, {.path = "/cases/{number}/evidence", .access = k_all, .handler = get_evidence});
  add(router, api, {.path = "/cases/{number}/receipt", .access = k_all, .handler = get_receipt});
  add(router, api,
      {.path = "/cases/{number}/receipt/proof",
       .access = k_all,
       .handler = get_proof,
       .gives = "text/plain"});
}

}  // namespace qyzmet::api
