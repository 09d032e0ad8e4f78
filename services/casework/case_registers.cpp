#include "services/casework/case_registers.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "db/signers.hpp"
#include "services/casework/officials.hpp"

namespace qyzmet::casework {

std::optional<UserId> user_of(std::string_view actor) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(actor.data(), actor.data() + actor.size(), value);
  if (error != std::errc{} || end != actor.data() + actor.size() || value <= 0) return std::nullopt;
  return UserId{value};
}

CaseRegisters read_registers(db::Connection& connection, db::LoadedCase const& row) {
  CaseRegisters out{.history = db::history(connection, row.id),
                    .documents = db::case_documents(connection, row.id),
                    .signatures = db::signatures_of(connection, row.id),
                    .office = db::find_office(connection, row.fields.office),
                    .branch = {},
                    .names = {}};
  for (auto& paper : db::redrawn_of_case(connection, row.id))
    out.documents.push_back(std::move(paper));
  if (row.fields.branch) out.branch = db::find_branch(connection, *row.fields.branch);
  auto const remember = [&](std::string const& actor) {
    auto const user = user_of(actor);
    if (!user || out.names.contains(actor)) return;
    if (auto const found = db::find_user(connection, *user)) out.names[actor] = found->name;
  };
  for (auto const& entry : out.history) remember(entry.actor);
  auto officials = officials_for(connection, row.fields, "officials");
  std::ranges::move(db::officials_of(connection, row.fields.office), std::back_inserter(officials));
  for (auto const& official : officials)
    out.names[std::to_string(official.id.value)] = official.name;
  for (auto const& signature : out.signatures)
    if (signature.signer) remember(std::to_string(signature.signer->value));
  for (auto& part : db::parts_of_case(connection, row.id))
    if (auto office = db::find_office(connection, part.office))
      out.parts.push_back({.row = std::move(part), .office = *std::move(office)});
  return out;
}

std::string passing_cite(engine::Package const& package) {
  for (auto const& [name, form] : package.forms)
    if (form.beside && form.beside->restarts) return form.cite;
  return {};
}

std::vector<engine::Context> facts_of(db::HistoryEntry const& entry) {
  std::vector<engine::Context> out;
  auto const facts = engine::from_json(entry.facts);
  auto const* list = facts ? facts->as<engine::List>() : nullptr;
  if (list == nullptr) return out;
  for (auto const& value : *list)
    if (auto const* fact = value.as<engine::Context>()) out.push_back(*fact);
  return out;
}

}  // namespace qyzmet::casework
