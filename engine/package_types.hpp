#pragma once
// Types of a package's variables, and of what its expressions give; internal to engine/. A wrong
// type is found at deployment, not in a case.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/package_reader.hpp"

namespace qyzmet::engine {

Kind kind_of(FieldType type);

class PackageTypes {
 public:
  /// Paths that assignments alone set get the kind of what is assigned, or `any` when it differs.
  PackageTypes(Package const& package, PackageReader const& reader);

  Kind of(std::string_view path) const;
  /// What is wrong with the expression where one of these kinds is wanted, or nothing.
  std::optional<std::string> problem(Expression const& expression,
                                     std::initializer_list<Kind> wanted) const;
  /// The same for an assignment to a path, or a condition when the path is "".
  std::optional<std::string> problem(Typed const& typed) const;

 private:
  void infer(PackageReader const& reader);

  Package const& package_;
  std::map<std::string, Kind, std::less<>> inferred_;
};

}  // namespace qyzmet::engine
