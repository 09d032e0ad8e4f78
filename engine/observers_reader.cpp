#include <algorithm>

#include "engine/observers.hpp"
#include "engine/xml.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::string_view k_file = "observers.xml";
constexpr std::string_view k_namespace = "urn:kz:qyzmet:observers:1";

bool known_path(Package const& package, std::string_view path) {
  auto const term = std::string_view{"T."};
  if (path.starts_with(term)) {
    auto const code = path.substr(term.size());
    bool const later = code == "extended_on" || code == "original_end" || code == "general_end";
    return code == "start" || code == "end" || code == "days" ||
           package.term.milestone(code) != nullptr || (later && !package.term.extensions.empty());
  }
  return path.starts_with("event.") || path.starts_with("actor.") || path == "document_codes" ||
         package.variables.contains(path);
}

class ObserversReader {
 public:
  ObserversReader(Package const& package, XmlDocument const& document)
      : package_{package}, document_{document} {}

  std::vector<Violation> violations;
  std::vector<Observer> observers;

  void run() {
    auto const root = document_.root();
    if (local_name(root.name()) != "observers" ||
        namespace_of(root, root.name(), false) != k_namespace)
      return refuse(root, "not_observers",
                    "the root element is not observers of " + std::string{k_namespace});
    for (auto const node : root.children()) {
      if (node.type() != pugi::node_element) continue;
      if (local_name(node.name()) == "observer")
        read(node);
      else
        refuse(node, "unknown_element", "observers holds observer elements");
    }
  }

 private:
  void refuse(pugi::xml_node at, std::string reason, std::string text, int line = 0) {
    if (violations.size() >= k_violations_max) return;
    violations.push_back(document_.violation(at, std::move(reason), std::move(text)));
    if (line > 0) violations.back().line = line;
  }

  std::string attribute(pugi::xml_node node, char const* name) {
    std::string value = node.attribute(name).value();
    if (value.empty()) refuse(node, "missing_attribute", std::string{name} + " is required");
    return value;
  }

  void read(pugi::xml_node node) {
    for (auto const found : node.attributes())
      if (!std::string_view{" id rule cite "}.contains(" " + std::string{found.name()} + " "))
        refuse(node, "unknown_attribute", std::string{found.name()} + " has no meaning here");
    Observer observer{.id = attribute(node, "id"),
                      .rule = attribute(node, "rule"),
                      .cite = attribute(node, "cite"),
                      .text = node.child_value(),
                      .line = std::max(document_.line(node.first_child()), document_.line(node)),
                      .formula = {}};
    if (observers.size() == k_observers_max)
      return refuse(node, "too_many_observers", "at most 64 observers in a package");
    if (!package_.citations.contains(observer.cite))
      refuse(node, "unknown_citation", observer.cite + " is no citation");
    if (std::ranges::find(observers, observer.id, &Observer::id) != observers.end())
      refuse(node, "duplicate_id", "the observer stands twice");
    auto formula = parse_formula(observer.text);
    auto const line = [&](std::size_t at) {
      return observer.line + int(std::ranges::count(observer.text.substr(0, at), '\n'));
    };
    if (!formula) return refuse(node, "formula", formula.error().text, line(formula.error().at));
    for (auto& part : *formula) {
      number(part, node);
      if (part.feel) part.feel = part.feel->with(package_.settings);
      if (part.op == FormulaOp::enters || part.op == FormulaOp::completes ||
          part.op == FormulaOp::at)
        part.node = package_.process.find(part.name);
      if (auto const wrong = unknown(part); !wrong.empty())
        refuse(node, "unknown_name", wrong, line(part.at));
    }
    observer.formula = *std::move(formula);
    observers.push_back(std::move(observer));
  }

  void number(FormulaNode& part, pugi::xml_node node) {
    bool const temporal = part.op == FormulaOp::once || part.op == FormulaOp::historically ||
                          part.op == FormulaOp::previously || part.op == FormulaOp::since;
    if (!temporal) return;
    if (registers_ == k_registers_max)
      return refuse(node, "too_many_operators", "at most 64 temporal operators in a package");
    part.bit = registers_++;
  }

  /// What is wrong with the name that a predicate has; "" when it is known.
  std::string unknown(FormulaNode const& part) const {
    auto const absent = [&](bool known, std::string_view what) {
      return known ? std::string{} : part.name + " is no " + std::string{what};
    };
    switch (part.op) {
      case FormulaOp::enters:
      case FormulaOp::completes:
      case FormulaOp::at:
        return absent(part.node != k_none, "element of process.bpmn");
      case FormulaOp::orders:
        return absent(package_.handlers.contains(part.name), "handler of service.xml");
      case FormulaOp::acts:
        return absent(part.name == "system" || package_.roles.contains(part.name), "role");
      case FormulaOp::breach:
        return absent(std::ranges::any_of(package_.process.nodes,
                                          [&](Node const& node) {
                                            return node.handler == "breach" &&
                                                   node.handler_kind == part.name;
                                          }),
                      "breach that the process records");
      case FormulaOp::signs:
      case FormulaOp::produces:
        return absent(package_.variables.contains(part.name), "variable");
      case FormulaOp::feel:
        for (auto const& path : part.feel->paths())
          if (!known_path(package_, path)) return path + " is no variable";
        return {};
      default:
        return {};
    }
  }

  Package const& package_;
  XmlDocument const& document_;
  int registers_ = 0;
};

}  // namespace

Checked<std::vector<Observer>> load_observers(Package const& package) {
  auto const file = package.files.find(k_file);
  if (file == package.files.end()) return {};
  auto const document = XmlDocument::parse(file->second, k_file);
  if (!document) return std::unexpected(std::vector{document.error()});
  ObserversReader reader{package, *document};
  reader.run();
  if (!reader.violations.empty()) return std::unexpected(std::move(reader.violations));
  return std::move(reader.observers);
}

}  // namespace qyzmet::engine
