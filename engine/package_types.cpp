#include "engine/package_types.hpp"

#include <algorithm>
#include <array>

namespace qyzmet::engine {

namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 18> k_built_in{{
    {"document_codes", Kind::list},
    {"documents", Kind::list},
    {"loopCounter", Kind::number},
    {"numberOfInstances", Kind::number},
    {"numberOfCompletedInstances", Kind::number},
    {"numberOfActiveInstances", Kind::number},
    {"T.start", Kind::date},
    {"T.end", Kind::date},
    {"T.days", Kind::number},
    {"event.at", Kind::datetime},
    {"event.date", Kind::date},
    {"event.minutes_of_day", Kind::number},
    {"event.weekday", Kind::number},
    {"event.working_day", Kind::boolean},
    {"event.day_kind", Kind::text},
    {"actor.user", Kind::text},
    {"actor.role", Kind::text},
    {"actor.unit", Kind::text},
}};

}  // namespace

Kind kind_of(FieldType type) {
  switch (type) {
    case FieldType::number:
      return Kind::number;
    case FieldType::boolean:
      return Kind::boolean;
    case FieldType::date:
      return Kind::date;
    case FieldType::datetime:
      return Kind::datetime;
    case FieldType::list:
      return Kind::list;
    default:
      return Kind::text;
  }
}

PackageTypes::PackageTypes(Package const& package, PackageReader const& reader)
    : package_{package} {
  infer(reader);
}

/// Each round knows more; what still depends on itself after the last is anything.
void PackageTypes::infer(PackageReader const& reader) {
  for (auto const& path : reader.inferred) inferred_[path] = Kind::null;
  for (std::size_t round = 0; round <= inferred_.size(); ++round) {
    auto next = inferred_;
    for (auto& [path, kind] : next) kind = Kind::null;
    for (auto const& typed : reader.typed) {
      auto const found = next.find(typed.sets);
      if (typed.sets.empty() || found == next.end()) continue;
      auto const given = typed.expression.kind([&](auto path) { return of(path); });
      auto const kind = given ? *given : Kind::any;
      if (found->second == Kind::null)
        found->second = kind;
      else if (kind != Kind::null && kind != found->second)
        found->second = Kind::any;
    }
    if (next == inferred_) return;
    inferred_ = std::move(next);
  }
  for (auto& [path, kind] : inferred_)
    if (kind == Kind::null) kind = Kind::any;
}

Kind PackageTypes::of(std::string_view path) const {
  auto const* const known =
      std::ranges::find(k_built_in, path, [](auto& row) { return row.first; });
  if (known != k_built_in.end()) return known->second;
  if (path.starts_with("T.")) return Kind::date;
  if (auto const found = inferred_.find(path); found != inferred_.end()) return found->second;
  auto const declared = package_.variables.find(path);
  return declared == package_.variables.end() ? Kind::any : kind_of(declared->second);
}

std::optional<std::string> PackageTypes::problem(Expression const& expression,
                                                 std::initializer_list<Kind> wanted) const {
  auto const kind = expression.kind([&](auto path) { return of(path); });
  if (!kind) return kind.error() + " has no value: " + expression.text();
  if (*kind == Kind::any || *kind == Kind::null || wanted.size() == 0 ||
      std::ranges::find(wanted, *kind) != wanted.end())
    return std::nullopt;
  std::string out{to_text(*kind)};
  char const* between = " instead of ";
  for (auto const each : wanted) {
    out += between;
    out += to_text(each);
    between = " or ";
  }
  return out + ": " + expression.text();
}

std::optional<std::string> PackageTypes::problem(Typed const& typed) const {
  if (typed.sets.empty()) return problem(typed.expression, {Kind::boolean});
  auto const holds = of(typed.sets);
  if (holds == Kind::any || holds == Kind::null) return problem(typed.expression, {});
  return problem(typed.expression, {holds});
}

}  // namespace qyzmet::engine
