#include "services/casework/packages.hpp"

#include <algorithm>
#include <set>

#include "engine/migration.hpp"

namespace qyzmet::casework {

namespace {

using Changes = std::vector<PackageChange>;
using enum PackageChange::Kind;

void compare_files(engine::Package const& before, engine::Package const& after, Changes& out) {
  std::set<std::string> names;
  for (auto const* package : {&before, &after})
    for (auto const& [name, bytes] : package->files) names.insert(name);
  for (auto const& name : names) {
    auto const old = before.files.find(name), now = after.files.find(name);
    if (old == before.files.end())
      out.push_back({added, "file", name});
    else if (now == after.files.end())
      out.push_back({removed, "file", name});
    else if (old->second != now->second)
      out.push_back({changed, "file", name});
  }
}

bool same_node(engine::Node const& node, engine::Node const& now) {
  auto const text = [](std::optional<engine::Expression> const& expression) {
    return expression ? expression->text() : std::string{};
  };
  return node.kind == now.kind && node.role == now.role && node.form == now.form &&
         node.message == now.message && node.handler_kind == now.handler_kind &&
         text(node.timer) == text(now.timer);
}

void compare_nodes(engine::Package const& before, engine::Package const& after, Changes& out) {
  for (auto const& node : before.process.nodes) {
    auto const index = after.process.find(node.id);
    if (index == engine::k_none)
      out.push_back({removed, "node", node.id});
    else if (!same_node(node, after.process.nodes[std::size_t(index)]))
      out.push_back({changed, "node", node.id});
  }
  for (auto const& node : after.process.nodes)
    if (before.process.find(node.id) == engine::k_none) out.push_back({added, "node", node.id});
}

void compare_terms(engine::TermRule const& before, engine::TermRule const& after, Changes& out) {
  for (auto const& [place, wd] : after.days_by_place) {
    auto const old = before.days_by_place.find(place);
    if (old == before.days_by_place.end() || old->second != wd)
      out.push_back({changed, "term", place, std::to_string(wd)});
  }
  for (auto const& milestone : after.milestones) {
    auto const* const old = before.milestone(milestone.code);
    if (old == nullptr || old->offset_wd != milestone.offset_wd || old->basis != milestone.basis ||
        old->basis_code != milestone.basis_code)
      out.push_back({changed, "milestone", milestone.code});
  }
}

/// Nodes at which a case can rest and that the amendment does not have alike.
void compare_waits(engine::Package const& before, engine::Package const& after, Changes& out) {
  engine::NodeMap same;
  for (auto const& node : before.process.nodes) {
    using enum engine::NodeKind;
    bool const waits = node.kind == user_task || node.kind == receive_task ||
                       node.kind == catch_event || node.kind == event_gateway ||
                       node.kind == sub_process || node.kind == call_activity ||
                       (node.kind == service_task && node.waits_outside);
    if (waits) same[node.id] = node.id;
  }
  for (auto const& obstacle : engine::check_plan(before, after, same))
    out.push_back({needs_mapping, "wait", obstacle.element, obstacle.reason});
}

}  // namespace

db::PackageRow const* Packages::find(std::string_view sha256) const {
  auto const row = std::ranges::find(rows, sha256, &db::PackageRow::sha256);
  return row == rows.end() ? nullptr : &*row;
}

db::PackageUse Packages::use(std::string const& sha256) const {
  auto const use = std::ranges::find(uses, sha256, &db::PackageUse::sha256);
  return use == uses.end() ? db::PackageUse{.sha256 = sha256} : *use;
}

db::PackageRow const* Packages::predecessor(db::PackageRow const& of) const {
  db::PackageRow const* out = nullptr;
  for (auto const& row : rows)
    if (row.service == of.service && row.from < of.from && (out == nullptr || row.from > out->from))
      out = &row;
  return out;
}

db::PackageRow const* Packages::compared_with(db::PackageRow const& of,
                                              std::string_view asked) const {
  if (asked.empty()) return predecessor(of);
  auto const* const other = find(asked);
  return other != nullptr && other->service == of.service ? other : nullptr;
}

Packages read_packages(db::Connection& connection) {
  return {.rows = db::packages(connection), .uses = db::package_use(connection)};
}

std::string_view package_state(db::PackageRow const& row, bool offered, Date today) {
  if (row.until && *row.until < today) return "over";
  if (row.from > today) return "ahead";
  return offered ? "in_force" : "not_offered";
}

std::vector<PackageChange> package_changes(engine::Package const& before,
                                           engine::Package const& after) {
  Changes out;
  compare_files(before, after, out);
  compare_nodes(before, after, out);
  compare_terms(before.term, after.term, out);
  compare_waits(before, after, out);
  return out;
}

}  // namespace qyzmet::casework
