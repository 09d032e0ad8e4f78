#pragma once
// Reads service.xml into a Package; internal to engine/. The public entry is load_package().
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/package.hpp"
#include "engine/xml.hpp"

namespace qyzmet::engine {

/// A name that stands in service.xml and must exist elsewhere in the package.
struct Reference {
  enum class Kind { text, citation, document, path, node };
  Kind kind = Kind::text;
  std::string name;
  pugi::xml_node at;
};

/// An expression of service.xml and what it must give: a condition is true or false, an assignment
/// gives what the path it sets holds ("" = a condition).
struct Typed {
  Expression expression;
  std::string sets;
  pugi::xml_node at;
};

class PackageReader {
 public:
  explicit PackageReader(XmlDocument const& document) : document_{document} {}

  void run();

  Package package;
  std::vector<Violation> violations;
  std::vector<Reference> references;
  std::vector<Typed> typed;
  /// Paths that only assignments set: their types follow from those.
  std::set<std::string, std::less<>> inferred;

 private:
  void refuse(pugi::xml_node node, std::string reason, std::string text);
  void declare(std::string const& path, FieldType what);
  void refer(Reference::Kind kind, pugi::xml_node node, std::string_view name);
  std::string attribute(pugi::xml_node node, char const* name, bool required = false);
  std::string text_key(pugi::xml_node node, std::string key);
  std::string cite(pugi::xml_node node);
  std::optional<Expression> expression(pugi::xml_node node, char const* name,
                                       std::string_view sets = {});
  std::optional<Date> day(pugi::xml_node node, char const* name);
  FieldType type(pugi::xml_node node);
  void known_attributes(pugi::xml_node node, std::string_view known);
  template <class Read>
  void each(pugi::xml_node parent, std::string_view name, std::string_view known, Read read);

  void read_citations(pugi::xml_node section);
  void read_settings(pugi::xml_node section);
  void read_variables(pugi::xml_node section);
  void read_roles(pugi::xml_node section);
  void read_term(pugi::xml_node section);
  void read_milestone(pugi::xml_node node, std::vector<MilestoneRule>& rows,
                      std::vector<MilestoneRule> const& others);
  void read_extension(pugi::xml_node node);
  void read_target(pugi::xml_node node);
  std::optional<Duration> early(pugi::xml_node node);
  std::optional<Form::Beside> beside(pugi::xml_node node);
  std::optional<Expression> no_longer_asked(pugi::xml_node node, std::string const& message);
  /// The last day for the form; it has a name among the milestones.
  std::optional<Expression> due(pugi::xml_node node, std::string const& form);
  void reads_variables_alone(pugi::xml_node node, std::optional<Expression> const& expression);
  void read_order(pugi::xml_node node, Form& form);
  void read_general_limit(pugi::xml_node node, ExtensionRule& out);
  void read_passport(pugi::xml_node section);
  void read_subtypes(pugi::xml_node section);
  void read_grounds(pugi::xml_node section);
  void read_forms(pugi::xml_node section);
  void read_form(pugi::xml_node node, bool message);
  void read_blank(pugi::xml_node node, Form& form);
  void read_hands_in(pugi::xml_node node, Form& form);
  void read_field(pugi::xml_node node, Form& form);
  Field field_of(pugi::xml_node node, std::string_view list = {});
  void read_handlers(pugi::xml_node section);
  void read_states(pugi::xml_node section);
  std::optional<Guard> read_guard(pugi::xml_node node);
  std::optional<Assignment> read_assignment(pugi::xml_node node);

  XmlDocument const& document_;
};

}  // namespace qyzmet::engine
