#include "services/casework/happenings.hpp"

#include <algorithm>
#include <optional>

#include "engine/step.hpp"
#include "services/casework/confirmation.hpp"
#include "templates/dates.hpp"

namespace qyzmet::casework {

namespace {

engine::Node const* find_node(engine::Package const& package, std::string_view id) {
  auto const index = package.process.find(id);
  return index == engine::k_none ? nullptr
                                 : &package.process.nodes[static_cast<std::size_t>(index)];
}

std::string text_of(engine::Context const& context, std::string_view name) {
  auto const at = context.find(name);
  if (at == context.end()) return {};
  if (auto const* text = at->second.as<std::string>()) return *text;
  if (auto const* instant = at->second.as<Instant>()) return to_iso(*instant);
  return {};
}

/// One telling: a package and the words of one reader.
class Teller {
 public:
  Teller(engine::Package const& package, Words const& words) : package_{package}, words_{words} {}

  std::optional<Happening> tell(engine::Context const& fact) const {
    auto const kind = text_of(fact, "kind");
    auto const* node = find_node(package_, text_of(fact, "node"));
    auto const* data = fact.contains("data") ? fact.at("data").as<engine::Context>() : nullptr;
    engine::Context const nothing;
    auto const& details = data == nullptr ? nothing : *data;
    if (kind == "started") return told("history.started", package_.term.acceptance_cite);
    if (kind == "breach") return breach(text_of(details, "code"));
    if (kind == "message") return message(details);
    if (kind == "resolved") return resolved(text_of(details, "reason"));
    if (kind == "handled" && node == nullptr)
      return told_if_known("notify." + text_of(details, "kind") + ".subject", {});
    if (node == nullptr) return std::nullopt;
    if (kind == "completed") return completed(*node);
    if (kind == "handled" && node->handler == "notify")
      return told("notify." + node->handler_kind + ".subject", node->cite);
    if (kind != "handled" && kind != "recorded") return std::nullopt;
    return told_if_known("history." + node->id, node->cite);
  }

 private:
  std::string text(std::string_view key) const { return words_.text(key, {}); }

  Happening told(std::string_view key, std::string cite) const {
    return {.at = {}, .text = text(key), .cite = std::move(cite)};
  }
  std::optional<Happening> told_if_known(std::string const& key, std::string cite) const {
    if (!words_.has(key)) return std::nullopt;
    return told(key, std::move(cite));
  }

  Happening breach(std::string const& code) const {
    auto const* milestone = package_.term.milestone(code);
    return {.at = {},
            .text = words_.text("history.breach", {{"milestone", text("milestone." + code)}}),
            .cite = milestone == nullptr ? "" : milestone->cite,
            .state = "late"};
  }

  /// What the reason tells is between officials; that the notice counts as sent is told beside it.
  std::optional<Happening> resolved(std::string const& reason) const {
    if (!words_.staff) return std::nullopt;
    return Happening{
        .at = {}, .text = words_.text("history.resolved", {{"reason", reason}}), .cite = {}};
  }

  std::optional<Happening> message(engine::Context const& details) const {
    auto const name = text_of(details, "message");
    auto const* form = package_.form(name);
    if (form == nullptr) return std::nullopt;
    auto out = told("form." + name, form->cite);
    if (auto const wait = text_of(details, "key"); !wait.empty()) out.text += " № " + wait;
    return out;
  }

  /// Citizens read of a task only what the package has a text for: drafts are nobody's result yet.
  std::optional<Happening> completed(engine::Node const& node) const {
    if (auto known = told_if_known("history." + node.id, node.cite)) return known;
    if (!words_.staff) return std::nullopt;
    auto const key = "task." + node.id;
    if (words_.has(key)) return told(key, node.cite);
    return Happening{.at = {}, .text = node.name, .cite = node.cite};
  }

  engine::Package const& package_;
  Words const& words_;
};

}  // namespace

std::string certified_how(db::HistoryEntry const& entry, CaseRegisters const& registers,
                          std::function<std::string(std::string_view key)> const& text) {
  auto const event = engine::event_from_json(entry.event);
  auto const* message = event ? std::get_if<engine::ReceiveMessage>(&event->body) : nullptr;
  if (message == nullptr || !message->signature) return {};
  auto const kept = std::ranges::find(registers.signatures, message->signature->signature,
                                      &db::Signature::digest);
  if (kept == registers.signatures.end()) return {};
  auto const at = templates::format_moment(templates::DateForm::datetime, "kk",  // digits: any
                                           to_iso(kept->best_time));
  if (kept->method == "otp")
    return text("certified.otp") + ": " + masked_phone(kept->cms) + ", " + at;
  auto const name = registers.names.find(message->signature->signer);
  auto const who = name == registers.names.end() ? std::string{} : name->second;
  return text("certified.eds") + ": " + who + ", " + at;
}

std::vector<Happening> happenings(engine::Package const& package, CaseRegisters const& registers,
                                  Words const& words) {
  Teller const teller{package, words};
  std::vector<Happening> out;
  for (auto const& entry : registers.history)
    for (auto const& fact : facts_of(entry)) {
      auto what = teller.tell(fact);
      if (!what) continue;
      auto const at = text_of(fact, "at");
      what->at = at.empty() ? to_iso(entry.at) : at;
      if (entry.role != "system") what->role = entry.role;
      auto const name = registers.names.find(entry.actor);
      if (words.staff && !what->role.empty() && name != registers.names.end())
        what->name = name->second;
      if (text_of(fact, "kind") == "message")
        what->certified = certified_how(
            entry, registers, [&words](std::string_view key) { return words.text(key, {}); });
      out.push_back(std::move(*what));
    }
  return out;
}

}  // namespace qyzmet::casework
