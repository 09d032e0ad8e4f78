#include "engine/package.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "engine/explore_expressions.hpp"
#include "engine/package_types.hpp"
#include "engine/value.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::array<std::string_view, 3> k_languages{"kk", "ru", "en"};

/// What expressions may read beside the declared variables.
constexpr std::array<std::string_view, 15> k_built_in{
    "document_codes", "loopCounter",       "T.start",        "T.end",
    "T.days",         "event.at",          "event.date",     "event.minutes_of_day",
    "event.weekday",  "event.working_day", "event.day_kind", "actor.user",
    "actor.role",     "actor.unit",        "documents"};

/// Checks that everything a package names exists in it.
class PackageChecker {
 public:
  PackageChecker(Package& package, PackageReader const& reader, XmlDocument const& document)
      : package_{package}, document_{document}, types_{package, reader} {
    for (auto const& node : package.process.nodes)
      if (node.multi && !node.multi->element.empty()) elements_.insert(node.multi->element);
  }

  std::vector<Violation> violations;

  void check_reference(Reference const& reference) {
    auto const& name = reference.name;
    switch (reference.kind) {
      case Reference::Kind::text:
        for (auto const language : missing_languages(name))
          refuse(reference.at, "unknown_text", name + " is missing in " + std::string{language});
        break;
      case Reference::Kind::citation:
        if (!package_.citations.contains(name))
          refuse(reference.at, "unknown_citation", name + " is no citation");
        break;
      case Reference::Kind::document:
        if (!package_.files.contains("documents/" + name + ".xml"))
          refuse(reference.at, "unknown_document", "documents/" + name + ".xml does not exist");
        break;
      case Reference::Kind::path:
        if (!is_path(name) && !name.starts_with("result."))
          refuse(reference.at, "unknown_path", name + " is no variable");
        break;
      case Reference::Kind::node:
        if (package_.process.find(name) == k_none)
          refuse(reference.at, "unknown_node", name + " is no element of process.bpmn");
        break;
    }
  }

  void check_type(Typed const& typed) {
    if (auto const problem = types_.problem(typed)) refuse(typed.at, "type_error", *problem);
  }

  void check_process() {
    for (auto const& node : package_.process.nodes) {
      if (node.timer)
        check_expression(node, *node.timer, {Kind::date, Kind::datetime, Kind::duration});
      if (node.key) check_expression(node, *node.key, {Kind::text, Kind::number});
      if (node.multi) check_loop(node, *node.multi);
      check_mappings(node);
      if (node.kind == NodeKind::user_task) check_task(node);
      if (node.kind == NodeKind::service_task) check_service(node);
      if (node.event == EventKind::message) check_message(node);
      if (!node.cite.empty() && !package_.citations.contains(node.cite))
        refuse(node, "unknown_citation", node.cite + " is no citation");
    }
    for (auto const& flow : package_.process.flows)
      if (flow.condition)
        check_expression(package_.process.nodes[std::size_t(flow.source)], *flow.condition,
                         {Kind::boolean});
    check_beside();
  }

 private:
  void refuse(pugi::xml_node at, std::string reason, std::string text) {
    if (violations.size() < k_violations_max)
      violations.push_back(document_.violation(at, std::move(reason), std::move(text)));
  }
  void refuse(Node const& node, std::string reason, std::string text) {
    violations.push_back({.file = package_.process.scopes[std::size_t(node.scope)].file,
                          .line = node.line,
                          .element = node.id,
                          .reason = std::move(reason),
                          .text = std::move(text)});
  }

  std::vector<std::string_view> missing_languages(std::string const& key) const {
    std::vector<std::string_view> out;
    for (auto const language : k_languages) {
      auto const found = package_.texts.find(language);
      if (found == package_.texts.end() || !found->second.contains(key)) out.push_back(language);
    }
    return out;
  }

  bool is_path(std::string_view path) const {
    if (std::ranges::find(k_built_in, path) != k_built_in.end()) return true;
    if (path.starts_with("T.")) return is_milestone(path.substr(2));
    return package_.variables.contains(path) || elements_.contains(path);
  }

  bool is_milestone(std::string_view code) const {
    return package_.term.milestone(code) != nullptr ||
           (!package_.term.extensions.empty() &&
            (code == "extended_on" || code == "original_end" || code == "general_end"));
  }

  /// `more`: paths, or with a point at the end the beginning of paths, that are known here alone.
  void check_expression(Node const& node, Expression const& expression,
                        std::initializer_list<Kind> wanted,
                        std::initializer_list<std::string_view> more = {}) {
    for (auto const& path : expression.paths()) {
      bool const known_here = std::ranges::any_of(more, [&](std::string_view known) {
        return known.ends_with('.') ? path.starts_with(known) : path == known;
      });
      if (!known_here && !is_path(path)) refuse(node, "unknown_path", path + " is no variable");
    }
    if (auto const problem = types_.problem(expression, wanted))
      refuse(node, "type_error", *problem);
  }

  void check_loop(Node const& node, MultiInstance const& multi) {
    if (multi.collection) check_expression(node, *multi.collection, {Kind::list});
    if (multi.completion)
      check_expression(
          node, *multi.completion, {Kind::boolean},
          {"numberOfInstances", "numberOfCompletedInstances", "numberOfActiveInstances"});
  }

  void check_mappings(Node const& node) {
    for (auto const* mappings : {&node.in, &node.out})
      for (auto const& [path, value] : *mappings) {
        std::string_view const more = mappings == &node.out ? "result." : "loopCounter";
        auto const kind = types_.of(path);
        if (kind == Kind::any || kind == Kind::null)
          check_expression(node, value, {}, {more});
        else
          check_expression(node, value, {kind}, {more});
        if (!is_settable(path)) refuse(node, "unknown_path", path + " is no variable");
      }
  }

  /// A variable, or the context that variables lie in ("office" of "office.id").
  bool is_settable(std::string const& path) const {
    if (package_.variables.contains(path) || elements_.contains(path)) return true;
    auto const inside = package_.variables.lower_bound(path + ".");
    return inside != package_.variables.end() && inside->first.starts_with(path + ".");
  }

  void check_task(Node const& node) {
    auto const* const form = package_.form(node.form);
    if (form == nullptr) refuse(node, "unknown_form", node.form + " is no form");
    if (!package_.roles.contains(node.role))
      refuse(node, "unknown_role", node.role + " is no role");
    bool const signs = form != nullptr && !form->signs.empty();
    if (signs != (node.signature == "required"))
      refuse(node, "signature", "wf:signature and the form's sign element belong together");
    for (auto const language : missing_languages("task." + node.id))
      refuse(node, "unknown_text", "task." + node.id + " is missing in " + std::string{language});
  }

  void check_service(Node const& node) {
    if (node.handler == "breach") {
      if (!is_path("T." + node.handler_kind))
        refuse(node, "unknown_milestone", node.handler_kind + " is no milestone");
      return;
    }
    bool const extends = node.handler == "term.extend";
    if (extends && package_.term.extension(node.handler_kind) == nullptr)
      refuse(node, "unknown_extension", node.handler_kind + " is no extension of the term");
    if (!extends && !package_.handlers.contains(node.handler_kind))
      refuse(node, "unknown_kind", node.handler_kind + " is no handler of service.xml");
    if (node.handler == "notify") check_notice(node);
    if (!node.document.empty() && !package_.files.contains("documents/" + node.document + ".xml"))
      refuse(node, "unknown_document", "documents/" + node.document + ".xml does not exist");
  }

  /// What messages beside the process set is no matter of the process: else a path of it would
  /// depend on something that the explorer does not go through.
  void check_beside() {
    for (auto const& [id, form] : package_.forms) {
      if (!form.beside) continue;
      if (!package_.roles.contains(form.role))
        refuse(document_.root(), "unknown_role", form.role + " is no role");
      for (auto const& order : form.beside->orders)
        if (!package_.handlers.contains(order.kind))
          refuse(document_.root(), "unknown_kind", order.kind + " is no handler of service.xml");
      // After the end nothing reads any more; what begins anew is as good as another application.
      if (form.beside->during == Form::Beside::During::ended || form.beside->restarts) continue;
      auto const sets = [&](std::string const& path) {
        auto const [known, fresh] = beside_.emplace(path, form.beside->until);
        if (!fresh && known->second != form.beside->until) known->second.clear();
      };
      for (auto const& field : form.fields) sets(field.name);
      for (auto const& assignment : form.assignments) sets(assignment.path);
      for (auto const& paper : form.produces) sets(paper.path);
    }
    if (beside_.empty()) return;
    for (auto const& node : package_.process.nodes) {
      auto const visit = reader_of_beside(node.id);
      for (auto const* each : {&node.timer, &node.key})
        if (*each) visit(**each, "");
      if (node.multi && node.multi->collection) visit(*node.multi->collection, "");
      if (node.multi && node.multi->completion) visit(*node.multi->completion, "");
      for (auto const* mappings : {&node.in, &node.out})
        for (auto const& mapping : *mappings) visit(mapping.value, "");
      if (auto const handler = package_.handlers.find(node.handler_kind);
          handler != package_.handlers.end())
        each_expression(handler->second.assignments, visit);
    }
    for (auto const& flow : package_.process.flows)
      if (flow.condition) reader_of_beside(flow.id)(*flow.condition, "");
    for (auto const& [id, form] : package_.forms)
      if (!form.beside) check_reads_of_beside(form);
  }

  void check_reads_of_beside(Form const& form) {
    auto rest = form;
    rest.guards.clear();
    auto const of_rest = reader_of_beside(form.id);
    each_expression(rest, of_rest);
    auto const of_guards = reader_of_beside(form.id, &form);
    each_expression(form.guards, of_guards);
  }

  /// After the form the message cannot come any more: who acted is in the variable for ever.
  bool closes(Form const& form, std::string_view until) const {
    auto const otherwise = [&](std::vector<Assignment> const& assignments) {
      return std::ranges::any_of(assignments, [&](Assignment const& assignment) {
        return assignment.path == until && assignment.value.text() != "actor.user";
      });
    };
    bool const always = std::ranges::any_of(form.assignments, [&](Assignment const& assignment) {
      return assignment.path == until && !assignment.when;
    });
    return always &&
           std::ranges::none_of(package_.forms,
                                [&](auto const& each) {
                                  return each.second.field(until) != nullptr ||
                                         otherwise(each.second.assignments);
                                }) &&
           std::ranges::none_of(package_.handlers, [&](auto const& each) {
             return otherwise(each.second.assignments);
           });
  }

  /// Refuses what reads a path of beside_, but for guards of a form that comes before the message,
  /// as the application does, or closes it.
  std::function<void(Expression const&, std::string_view)> reader_of_beside(
      std::string reader, Form const* guarded = nullptr) {
    return [this, guarded, reader = std::move(reader)](Expression const& expression,
                                                       std::string_view) {
      for (auto const& path : expression.paths())
        for (auto const& [set, until] : beside_) {
          bool const reads =
              path == set || path.starts_with(set + ".") || set.starts_with(path + ".");
          bool const lawful = guarded != nullptr && !until.empty() &&
                              (guarded == package_.application() || closes(*guarded, until));
          if (reads && !lawful)
            refuse(document_.root(), "beside",
                   set + " is set by a message beside the process, and read in " + reader);
        }
    };
  }

  void check_notice(Node const& node) {
    for (auto const* part : {".subject", ".body"}) {
      auto const key = "notify." + node.handler_kind + part;
      for (auto const language : missing_languages(key))
        refuse(node, "unknown_text", key + " is missing in " + std::string{language});
    }
  }

  void check_message(Node const& node) {
    auto const* const form = package_.form(node.message);
    if (form == nullptr)
      refuse(node, "unknown_message", node.message + " is no message of service.xml");
    else if (!package_.roles.contains(form->role))
      refuse(node, "unknown_role", form->role + " is no role");
    else if (form->beside)
      refuse(node, "beside", node.message + " comes beside the process; nothing waits for it");
    if (form != nullptr && form == package_.application() &&
        !(form->assignments.empty() && form->produces.empty() && form->signs.empty()))
      refuse(node, "application",
             "an application brings what its fields hold: it assigns, produces and signs nothing");
  }

  Package& package_;
  XmlDocument const& document_;
  PackageTypes types_;
  // Paths that messages beside the process set, each with the variable that closes its message.
  std::map<std::string, std::string, std::less<>> beside_;
  std::set<std::string, std::less<>> elements_;  // of multi-instance activities
};

std::optional<std::string> text_of(std::map<std::string, std::string, std::less<>> const& files,
                                   std::string const& name, std::vector<Violation>& violations) {
  auto const found = files.find(name);
  if (found != files.end()) return found->second;
  violations.push_back({.file = name,
                        .line = 0,
                        .element = "",
                        .reason = "missing_file",
                        .text = "the package lacks " + name});
  return std::nullopt;
}

/// The line on which JSON of that text stops being JSON.
int line_of(Error const& error, std::string_view text) {
  auto const at = error.arguments.find("at");
  auto const read = at == error.arguments.end() ? 0 : std::stoul(at->second);
  return 1 + int(std::ranges::count(text.substr(0, read), '\n'));
}

void read_texts(Package& package, std::vector<Violation>& violations) {
  for (auto const language : k_languages) {
    auto const name = "texts/" + std::string{language} + ".json";
    auto const refuse = [&](int line, std::string_view key, std::string why) {
      if (violations.size() >= k_violations_max) return;
      violations.push_back({.file = name,
                            .line = line,
                            .element = std::string{key},
                            .reason = "texts",
                            .text = std::move(why)});
    };
    auto const text = text_of(package.files, name, violations);
    if (!text) continue;
    auto const json = from_json(*text);
    auto const* const keys = json ? json->as<Context>() : nullptr;
    if (!json)
      refuse(line_of(json.error(), *text), "", "this is not JSON, or larger than 256 KiB");
    else if (keys == nullptr)
      refuse(1, "", "not one JSON object of texts");
    auto& texts = package.texts[std::string{language}];
    for (auto const& [key, value] : keys == nullptr ? Context{} : *keys) {
      auto const* const words = value.as<std::string>();
      if (words == nullptr || words->empty())
        refuse(1, key, "the text is empty, or is no text");
      else
        texts[key] = *words;
    }
  }
}

void read_tables(Package& package, std::vector<Violation>& violations) {
  constexpr std::string_view k_name = "decisions.dmn";
  auto const file = package.files.find(k_name);
  if (file == package.files.end()) return;
  auto tables = read_decisions(file->second, k_name);
  if (!tables) {
    std::ranges::move(tables.error(), std::back_inserter(violations));
    return;
  }
  package.decisions = *std::move(tables);
  for (auto const& [id, table] : package.decisions)
    for (auto const& rule : table.rules)
      if (!rule.cite.empty() && !package.citations.contains(rule.cite))
        violations.push_back({.file = std::string{k_name},
                              .line = rule.line,
                              .element = id,
                              .reason = "unknown_citation",
                              .text = rule.cite + " is no citation"});
}

/// What the settings decide in the drawings.
void bind_settings(Definition& process, std::map<std::string, Value, std::less<>> const& settings) {
  auto const bind = [&](std::optional<Expression>& expression) {
    if (expression) expression = expression->with(settings);
  };
  for (auto& node : process.nodes) {
    bind(node.timer);
    bind(node.key);
    for (auto* mappings : {&node.in, &node.out})
      for (auto& mapping : *mappings) mapping.value = mapping.value.with(settings);
    if (!node.multi) continue;
    bind(node.multi->collection);
    bind(node.multi->completion);
  }
  for (auto& flow : process.flows) bind(flow.condition);
}

/// process.bpmn, then the drawings of the processes that it calls.
std::vector<BpmnFile> drawings_of(Package const& package) {
  std::vector<BpmnFile> out{
      {.name = "process.bpmn", .xml = package.files.find("process.bpmn")->second}};
  for (auto const& [name, content] : package.files)
    if (name.ends_with(".bpmn") && name != "process.bpmn")
      out.push_back({.name = name, .xml = content});
  return out;
}

}  // namespace

Field const* Form::field(std::string_view name) const {
  auto const found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

Subtype const* Package::subtype(std::string_view code) const {
  auto const found = std::ranges::find(subtypes, code, &Subtype::code);
  return found == subtypes.end() ? nullptr : &*found;
}

Target const* Package::target(std::string_view code) const {
  auto const found = std::ranges::find(targets, code, &Target::code);
  return found == targets.end() ? nullptr : &*found;
}

Ground const* Package::ground(std::string_view code) const {
  auto const found = std::ranges::find(grounds, code, &Ground::code);
  return found == grounds.end() ? nullptr : &*found;
}

Form const* Package::form(std::string_view id) const {
  auto const found = forms.find(id);
  return found == forms.end() ? nullptr : &found->second;
}

DecisionTable const* Package::decision(std::string_view id) const {
  auto const found = decisions.find(id);
  return found == decisions.end() ? nullptr : &found->second;
}

Form const* Package::application() const {
  if (process.scopes.empty()) return nullptr;
  auto const start = process.scopes.front().start;
  return start == k_none ? nullptr : form(process.nodes[std::size_t(start)].message);
}

Checked<std::shared_ptr<Package const>> load_package(
    std::map<std::string, std::string, std::less<>> files, std::string sha256) {
  std::vector<Violation> violations;
  auto const service = text_of(files, "service.xml", violations);
  auto const process = text_of(files, "process.bpmn", violations);
  if (!service || !process) return std::unexpected(std::move(violations));
  auto const document = XmlDocument::parse(*service, "service.xml");
  if (!document) return std::unexpected(std::vector{document.error()});

  PackageReader reader{*document};
  reader.run();
  auto package = std::make_shared<Package>(std::move(reader.package));
  violations = std::move(reader.violations);
  package->sha256 = std::move(sha256);
  package->files = std::move(files);
  read_texts(*package, violations);
  read_tables(*package, violations);
  if (auto definition = read_bpmn(drawings_of(*package)))
    bind_settings(package->process = *std::move(definition), package->settings);
  else
    std::ranges::move(definition.error(), std::back_inserter(violations));

  PackageChecker checker{*package, reader, *document};
  for (auto const& reference : reader.references) checker.check_reference(reference);
  for (auto const& typed : reader.typed) checker.check_type(typed);
  if (!package->process.nodes.empty()) checker.check_process();
  std::ranges::move(checker.violations, std::back_inserter(violations));
  if (!violations.empty()) return std::unexpected(std::move(violations));
  return std::shared_ptr<Package const>{std::move(package)};
}

Checked<std::shared_ptr<Package const>> read_service(std::string_view service_xml) {
  auto const document = XmlDocument::parse(service_xml, "service.xml");
  if (!document) return std::unexpected(std::vector{document.error()});
  PackageReader reader{*document};
  reader.run();
  if (!reader.violations.empty()) return std::unexpected(std::move(reader.violations));
  return std::make_shared<Package const>(std::move(reader.package));
}

}  // namespace qyzmet::engine
