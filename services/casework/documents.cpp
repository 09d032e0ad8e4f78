#include "services/casework/documents.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>

#include "db/people.hpp"
#include "db/signers.hpp"
#include "services/casework/files.hpp"
#include "services/casework/opening_text.hpp"
#include "services/casework/signer.hpp"
#include "services/casework/view.hpp"
#include "signing/ledger/stamp.hpp"
#include "signing/pdf.hpp"
#include "templates/document.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::int64_t k_start_step = 1;  // brought the application

/// Everything from the registers that a document may name.
struct Registers {
  std::optional<db::Person> applicant;
  std::optional<db::Office> office;
  std::optional<db::Branch> branch;
  std::optional<db::User> head;  // whom the paper names as its signer
  std::optional<db::User> executor;
  std::optional<db::User> chair;        // who held the hearing, whoever is the executor now
  std::optional<db::User> secretary;    // of the hearing
  std::optional<db::User> extended_by;  // who decided to extend the term
  std::optional<db::User> registrar;
  std::optional<db::User> branch_operator;
};

template <class Id>
Id id_at(engine::Context const& variables, std::string_view path) {
  auto const text = engine::text_at(variables, path);
  Id out;
  std::from_chars(text.data(), text.data() + text.size(), out.value);
  return out;
}

Registers read_registers(db::Connection& connection, OpenCase const& open,
                         engine::Context const& variables, std::optional<UserId> head) {
  auto const& row = open.row;
  auto const registrar = id_at<UserId>(variables, "registrar");
  auto const chair = id_at<UserId>(variables, "hearing.chair");
  auto const secretary = id_at<UserId>(variables, "hearing.secretary");
  auto const extended_by = id_at<UserId>(variables, "extension.head");
  auto const handed_over = id_at<UserId>(variables, "issue.operator");
  auto const at_branch =
      handed_over.value > 0 ? handed_over : id_at<UserId>(variables, "delivery.operator");
  Registers out;
  out.applicant = db::find_person(connection, row.person);
  out.office = db::find_office(connection, row.fields.office);
  // As it will be after the event that produces the paper.
  if (auto const branch = id_at<BranchId>(variables, "branch.id"); branch.value > 0)
    out.branch = db::find_branch(connection, branch);
  out.head = signing_head(connection, open, head);
  if (row.fields.executor) out.executor = db::find_user(connection, *row.fields.executor);
  out.chair = chair.value > 0 ? db::find_user(connection, chair) : out.executor;
  if (secretary.value > 0) out.secretary = db::find_user(connection, secretary);
  if (extended_by.value > 0) out.extended_by = db::find_user(connection, extended_by);
  if (registrar.value > 0) out.registrar = db::find_user(connection, registrar);
  if (at_branch.value > 0) out.branch_operator = db::find_user(connection, at_branch);
  return out;
}

json::object in_languages(std::string const& kk, std::string const& ru, std::string const& en) {
  return {{"kk", kk}, {"ru", ru}, {"en", en}};
}

json::object official(db::User const& user) {
  return {{"name", user.name},
          {"position", in_languages(user.position_kk, user.position_ru, user.position_kk)}};
}

json::object office_view(Registers const& registers) {
  json::object out;
  if (registers.office) {
    auto const& office = *registers.office;
    out["name"] = office_names(office);
    out["address"] = in_languages(office.address_kk, office.address_ru, office.address_en);
    out["phone"] = office.phone;
    out["superior"] =
        in_languages(office.higher_body_kk, office.higher_body_ru, office.higher_body_ru);
  }
  if (registers.head) out["head"] = official(*registers.head);
  return out;
}

json::object branch_view(OpenCase const& open, db::Branch const& branch) {
  auto const hours = [&](std::string_view language) {
    return hours_text(*open.calendar, branch, legal_date(open.now), language);
  };
  return {{"name", in_languages(branch.name_kk, branch.name_ru, branch.name_en)},
          {"address", in_languages(branch.address_kk, branch.address_ru, branch.address_en)},
          {"hours", in_languages(hours("kk"), hours("ru"), hours("en"))}};
}

json::object case_view(OpenCase const& open) {
  auto const& fields = open.row.fields;
  json::object out{{"number", open.row.number},
                   {"filed", to_iso(fields.filed)},
                   {"accepted", to_iso(fields.accepted)},
                   {"due", to_iso(fields.due)},
                   {"subtype", fields.subtype}};
  if (auto const due = extended_due(open, legal_date(open.now))) out["extended_due"] = to_iso(*due);
  if (auto const* subtype = open.package->subtype(fields.subtype)) {
    out["subtype_text"] = all_languages(*open.package, subtype->text);
    if (!subtype->result.empty())
      out["result_text"] = all_languages(*open.package, subtype->result);
    out["old_id"] = subtype->old_id;
  }
  return out;
}

json::object ground_view(engine::Package const& package, std::string const& code) {
  auto const* ground = package.ground(code);
  if (ground == nullptr) return {};
  json::object cite;
  if (auto const found = package.citations.find(ground->cite); found != package.citations.end())
    for (auto const& [language, text] : found->second.text) cite[language] = text;
  return {{"code", code}, {"text", all_languages(package, ground->text)}, {"cite", cite}};
}

json::object document_data(OpenCase const& open, Registers const& registers,
                           engine::Context const& variables) {
  json::object out;
  out["case"] = case_view(open);
  if (registers.applicant)
    out["applicant"] = {{"name", registers.applicant->name},
                        {"iin", registers.applicant->iin},
                        {"address", registers.applicant->address},
                        {"phone", registers.applicant->phone}};
  out["office"] = office_view(registers);
  if (registers.branch) out["branch"] = branch_view(open, *registers.branch);
  if (registers.executor) out["executor"] = official(*registers.executor);
  if (registers.chair) {
    auto chair = official(*registers.chair);
    chair["replaced"] = registers.executor && registers.executor->id != registers.chair->id;
    out["chair"] = std::move(chair);
  }
  if (registers.secretary) out["secretary"] = official(*registers.secretary);
  if (registers.extended_by) out["extended_by"] = official(*registers.extended_by);
  if (registers.registrar) out["registrar"] = official(*registers.registrar);
  if (registers.branch_operator) out["operator"] = official(*registers.branch_operator);
  if (auto const ground = engine::text_at(variables, "review.ground"); !ground.empty())
    out["ground"] = ground_view(*open.package, ground);
  out["v"] = to_view(variables);
  out["document"] = {{"number", open.row.number + "/" + std::to_string(open.row.version + 1)},
                     {"date", to_iso(legal_date(open.now))}};
  return out;
}

std::string stamp_of(World& world, OpenCase const& open, Registers const& registers,
                     std::string const& name) {
  return ledger::make_stamp({.service = open.package->number,
                             .document = name,
                             .number = open.row.number,
                             .date = to_iso(legal_date(open.now)),
                             .person = registers.applicant ? registers.applicant->name : "",
                             .office = registers.office ? registers.office->name_kk : ""},
                            world.ledger.signer());
}

struct Paper {
  std::string name;
  engine::Context variables;
  json::object more = {};                // values beside those of the case
  std::optional<std::string> code = {};  // of the QR; without it: a stamp
  std::string path = {};                 // of the variable that keeps it
  std::optional<UserId> head = {};       // who signs; without it: whoever can
};

/// A paper for the printer and for the screen.
struct Forms {
  std::string pdf, page;
};

/// Whom the paper names as its signer; nullopt: nobody.
std::optional<db::NamedSigner> signer_named(engine::Package const& package, std::string_view path,
                                            Registers const& registers) {
  auto const role = signing_role(package, path);
  if (role.empty()) return std::nullopt;
  auto const& official = role == "head" ? registers.head : registers.executor;
  return db::NamedSigner{.official = official ? std::optional{official->id} : std::nullopt};
}

/// Renders the template and keeps what comes out, and whom it names.
asio::awaitable<Result<std::string>> produce(World& world, OpenCase const& open, Paper paper) {
  auto const registers = co_await world.database.run([&open, &paper](db::Connection& connection) {
    return read_registers(connection, open, paper.variables, paper.head);
  });
  auto const named = signer_named(*open.package, paper.path, registers);
  auto values = document_data(open, registers, paper.variables);
  for (auto& [key, value] : paper.more) values[key] = std::move(value);
  auto code = paper.code ? std::move(*paper.code) : stamp_of(world, open, registers, paper.name);
  auto sha256 = co_await produce_paper(world, open.package, std::move(paper.name),
                                       std::move(values), std::move(code));
  if (!sha256 || !named) co_return sha256;
  co_await world.database.run([&sha256, &named](db::Connection& connection) {
    db::keep_named_signer(connection, *sha256, *named);
  });
  co_return sha256;
}

}  // namespace

asio::awaitable<Result<std::string>> produce_paper(World& world, Library::PackagePointer package,
                                                   std::string name, json::value data,
                                                   std::string qr) {
  auto const source = package->files.find("documents/" + name + ".xml");
  if (source == package->files.end()) co_return fail(ErrorCode::not_found, "error.no_template");
  data.as_object()["verifier"] = world.config.public_url + "/verify";
  // The room for a signature is there before anybody sees the document: signing changes nothing.
  templates::DocumentInput const input{
      .source = source->second, .data = data, .texts = package->texts, .qr = qr};
  auto forms = co_await world.files.run([&input]() -> Result<Forms> {
    auto const plain = templates::render_pdf(input);
    if (!plain) return std::unexpected(plain.error());
    auto pdf = signing::reserve_pdf_signature(*plain);
    if (!pdf) return std::unexpected(pdf.error());
    auto page = templates::render_html(input);
    if (!page) return std::unexpected(page.error());
    return Forms{.pdf = std::move(*pdf), .page = std::move(page->markup)};
  });
  if (!forms) co_return std::unexpected(forms.error());
  auto sha256 =
      co_await keep_bytes(world, std::move(forms->pdf), "application/pdf", std::move(forms->page));
  co_return sha256;
}

std::optional<Date> extended_due(OpenCase const& open, Date on) {
  auto const& known = open.instance.deadlines;
  auto const& term = open.package->term;
  if (known.extended) return known.due;
  if (term.extensions.empty()) return std::nullopt;
  auto const then = engine::compute_deadlines(
      term, *open.calendar, known.filed, known.place,
      engine::Extended{.code = term.extensions.front().code, .on = std::max(on, known.accepted)});
  return then ? std::optional{then->due} : std::nullopt;
}

bool tells_extended_due(engine::Package const& package, std::string const& name) {
  auto const source = package.files.find("documents/" + name + ".xml");
  return source != package.files.end() && source->second.contains("case.extended_due}}");
}

json::object office_names(db::Office const& office) {
  return in_languages(office.name_kk, office.name_ru, office.name_en);
}

asio::awaitable<Result<std::string>> produce_document(World& world, OpenCase const& open,
                                                      std::string name, engine::Context variables,
                                                      std::string path,
                                                      std::optional<UserId> head) {
  auto sha256 = co_await produce(world, open,
                                 {.name = std::move(name),
                                  .variables = std::move(variables),
                                  .path = std::move(path),
                                  .head = head});
  co_return sha256;
}

asio::awaitable<std::optional<Result<std::string>>> produce_notice(World& world,
                                                                   OpenCase const& open,
                                                                   std::string kind) {
  if (!open.package->files.contains("documents/notice.xml")) co_return std::nullopt;
  auto const key = "notify." + kind;
  json::object const notice{{"subject", all_languages(*open.package, key + ".subject")},
                            {"body", all_languages(*open.package, key + ".body")}};
  auto sha256 = co_await produce(
      world, open,
      {.name = "notice", .variables = open.instance.variables, .more = {{"notice", notice}}});
  co_return sha256;
}

std::optional<db::User> accepted_by(db::Connection& connection, OpenCase const& open) {
  auto const registrar = id_at<UserId>(open.instance.variables, "registrar");
  return registrar.value > 0 ? db::find_user(connection, registrar) : std::nullopt;
}

Receipt read_receipt(World& world, db::Connection& connection, CaseId id) {
  Receipt out{.received = db::case_documents(connection, id),
              .proof = world.ledger.prove_as_logged(connection, id, k_start_step)};
  std::erase_if(out.received, [](auto const& each) { return each.seq != k_start_step; });
  return out;
}

std::string receipt_code(World& world, Receipt const& receipt) {
  if (!receipt.proof) return {};
  auto code = ledger::compact(*receipt.proof, world.ledger.signer().key());
  return code && code->size() <= templates::k_qr_alphanumeric_max ? std::move(*code) : "";
}

asio::awaitable<Result<std::string>> produce_receipt(World& world, OpenCase const& open,
                                                     Receipt receipt) {
  json::array received;
  for (auto const& each : receipt.received)
    received.push_back({{"name", each.name}, {"sha256", each.sha256}});
  auto code = receipt_code(world, receipt);
  json::object log{{"name", world.ledger.signer().key().name},
                   {"key", ledger::to_text(world.ledger.signer().key())},
                   {"waits", !receipt.proof},
                   {"code", !code.empty()}};
  if (receipt.proof) log["number"] = std::to_string(receipt.proof->index + 1);
  auto sha256 =
      co_await produce(world, open,
                       {.name = "receipt",
                        .variables = open.instance.variables,
                        .more = {{"received", std::move(received)}, {"log", std::move(log)}},
                        .code = std::move(code)});
  co_return sha256;
}

}  // namespace qyzmet::casework
