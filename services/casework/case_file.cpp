#include "services/casework/case_file.hpp"

#include <algorithm>

#include "services/casework/access.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/files.hpp"
#include "services/casework/happenings.hpp"
#include "signing/archive.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

// --- What was done

class Story {
 public:
  Story(TakeFile const& input, CaseRegisters const& registers)
      : input_{input}, registers_{registers} {}

  std::string tell() {
    auto const& row = input_.open.row;
    line(text("service.title"));
    line("№ " + row.number);
    line(input_.applicant);
    line(text("state." + input_.open.state_code()));
    for (auto const& entry : registers_.history) tell(entry);
    line("");
    for (auto const& document : registers_.documents)
      if (may_read(document, false)) line(document.name + "  SHA-256 " + document.sha256);
    return std::move(out_);
  }

 private:
  std::string text(std::string const& key) const { return input_.text(key); }
  void line(std::string const& words) { out_ += words + "\r\n"; }

  void tell(db::HistoryEntry const& entry) {
    auto const event = engine::event_from_json(entry.event);
    if (!event) return;
    std::string title;
    std::string_view asked;  // the form
    engine::Context const* given = nullptr;
    if (auto const* task = std::get_if<engine::CompleteTask>(&event->body)) {
      title = text("task." + task->task);
      given = &task->form;
      auto const* node = input_.open.user_task(task->task);
      if (node != nullptr) asked = node->form;
    } else if (auto const* message = std::get_if<engine::ReceiveMessage>(&event->body)) {
      title = text("form." + message->message);
      given = &message->form;
      asked = message->message;
    } else if (std::holds_alternative<engine::Start>(event->body)) {
      title = text("history.started");
    }
    tell_facts(entry, title);
    if (title.empty()) return;
    line("");
    line(moment(entry.at) + "  " + title + by(entry));
    if (auto const how = certified_how(entry, registers_, input_.text); !how.empty())
      line("    " + how);
    if (given != nullptr) tell_form(input_.open.package->form(asked), "", *given);
  }

  /// What the system did by itself, in the same words as the history of the case.
  void tell_facts(db::HistoryEntry const& entry, std::string const& title) {
    if (!title.empty()) return;
    for (auto const& fact : facts_of(entry)) {
      auto const kind = engine::text_at(fact, "kind");
      auto const code = engine::text_at(fact, kind == "breach" ? "data.code" : "data.kind");
      auto const words = kind == "breach"    ? text("milestone." + code)
                         : kind == "handled" ? text("notify." + code + ".subject")
                                             : std::string{};
      if (words.empty()) continue;
      line("");
      line(moment(entry.at) + "  " + words);
    }
  }

  std::string moment(Instant at) const {
    return to_iso(Instant{at + k_legal_offset}).substr(0, 16).replace(10, 1, " ");
  }

  std::string by(db::HistoryEntry const& entry) const {
    auto const role = text("role." + entry.role);
    auto const name = registers_.names.find(entry.actor);
    if (entry.role.empty() || name == registers_.names.end()) return {};
    return "  (" + role + ", " + name->second + ")";
  }

  void tell_form(engine::Form const* form, std::string const& prefix,
                 engine::Context const& given) {
    for (auto const& [name, value] : given) {
      auto const label = text("field." + prefix + name);
      if (label.empty()) continue;
      if (auto const* rows = value.as<engine::List>()) {
        line("    " + label + ":");
        for (auto const& row : *rows)
          if (auto const* cells = row.as<engine::Context>())
            tell_form(form, prefix + name + ".", *cells);
        continue;
      }
      auto const* const field = form == nullptr ? nullptr : form->field(name);
      auto const words = field != nullptr && field->type == engine::FieldType::user
                             ? name_of(value)
                             : words_of(value);
      if (!words.empty()) line("    " + label + ": " + words);
    }
  }

  std::string name_of(engine::Value const& user) const {
    auto const* const id = user.as<std::string>();
    auto const found = id == nullptr ? registers_.names.end() : registers_.names.find(*id);
    return found == registers_.names.end() ? std::string{} : found->second;
  }

  std::string words_of(engine::Value const& value) const {
    if (auto const* day = value.as<Date>()) return to_iso(*day);
    if (auto const* at = value.as<Instant>()) return moment(*at);
    if (auto const* yes = value.as<bool>()) return *yes ? text("ui.yes") : std::string{};
    if (auto const* number = value.as<engine::Decimal>()) return number->text();
    auto const* words = value.as<std::string>();
    if (words == nullptr) return {};
    auto const choice = text("choice." + *words);
    return choice.empty() ? *words : choice;
  }

  TakeFile const& input_;
  CaseRegisters const& registers_;
  std::string out_ = "\xEF\xBB\xBF";  // for editors that would not guess UTF-8
};

/// No name leads out of the folder into which somebody unpacks.
std::string plain_name(std::string name) {
  for (char& c : name)
    if (c == '/' || c == '\\' || c == ':' || static_cast<unsigned char>(c) < ' ') c = '_';
  return name;
}

asio::awaitable<Result<signing::Files>> entries_of(World& world, CaseRegisters const& registers) {
  signing::Files out;
  std::size_t bytes = 0;
  int count = 0;
  for (auto const& document : registers.documents) {
    if (!may_read(document, false)) continue;
    bytes += std::size_t(document.size);
    if (bytes > k_case_file_bytes_max) co_return fail(ErrorCode::too_large, "error.file_too_large");
    auto content = co_await read_signed_file(world, document.sha256, registers.signatures);
    if (!content) co_return std::unexpected(content.error());
    auto const number = std::to_string(++count);
    out.emplace("documents/" + number + "-" + plain_name(document.name), std::move(*content));
    for (auto const& signature : registers.signatures)
      if (signature.document == document.sha256 && !signature.cms.empty())
        out.emplace("signatures/" + number + "-" + signature.digest.substr(0, 8) + ".p7s",
                    signature.cms);
  }
  co_return out;
}

}  // namespace

asio::awaitable<Result<std::string>> take_case_file(World& world, TakeFile input) {
  auto taken = co_await send_message(world, {.open = input.open,
                                             .message = std::string{k_file_copied},
                                             .actor = input.actor,
                                             .fields = {},
                                             .idempotency_key = input.idempotency_key});
  if (!taken) co_return std::unexpected(taken.error().front());
  input.open = std::move(*taken);
  auto const registers =
      co_await world.database.run([row = input.open.row](db::Connection& connection) {
        return read_registers(connection, row);
      });
  auto entries = co_await entries_of(world, registers);
  if (!entries) co_return std::unexpected(entries.error());
  entries->emplace("case.txt", Story{input, registers}.tell());
  co_return signing::write_archive(*entries, input.open.now);
}

}  // namespace qyzmet::casework
