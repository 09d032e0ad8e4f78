#include "engine/package_reader.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "engine/base/check.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::string_view k_namespace = "urn:kz:qyzmet:service:1";
constexpr int k_term_days_max = 1000;
constexpr std::size_t k_milestones_max = 100;
constexpr std::int64_t k_early_months_max = 12;
constexpr std::int64_t k_early_seconds_max = 366LL * 24 * 3600;
constexpr int k_extension_months_max = 120;
constexpr std::size_t k_rows_max = 100;

using TypeName = std::pair<std::string_view, FieldType>;
constexpr TypeName k_types[] = {
    {"text", FieldType::text},         {"long_text", FieldType::long_text},
    {"number", FieldType::number},     {"boolean", FieldType::boolean},
    {"date", FieldType::date},         {"datetime", FieldType::datetime},
    {"choice", FieldType::choice},     {"iin", FieldType::iin},
    {"phone", FieldType::phone},       {"user", FieldType::user},
    {"document", FieldType::document}, {"list", FieldType::list}};

std::string_view tag(pugi::xml_node node) {
  return local_name(node.name());
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto const begin = text.find_first_not_of(" \t\r\n", at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    out.emplace_back(text.substr(begin, at - begin));
  }
  return out;
}

/// For constants: they ask none.
Calendar const& no_calendar() {
  static Calendar const none{0, {}, 2000, 2000, {}};
  return none;
}

}  // namespace

std::string_view to_text(FieldType type) {
  auto const* const found = std::ranges::find(k_types, type, &TypeName::second);
  check(found != std::end(k_types), "each type has a name");
  return found->first;
}

void PackageReader::run() {
  auto const root = document_.root();
  if (tag(root) != "service" || namespace_of(root, root.name(), false) != k_namespace) {
    refuse(root, "not_a_service",
           "the root element is not a service of " + std::string{k_namespace});
    return;
  }
  known_attributes(
      root, " xmlns id number version effective-from effective-to offered address one-open-by ");
  package.service = attribute(root, "id", true);
  package.number = attribute(root, "number", true);
  package.version = attribute(root, "version", true);
  package.effective_from = day(root, "effective-from").value_or(Date{});
  if (!root.attribute("effective-from"))
    refuse(root, "missing_attribute", "effective-from is required");
  package.effective_to = day(root, "effective-to");
  package.offered = root.attribute("offered").as_bool(true);
  auto const address = attribute(root, "address");
  if (!address.empty() && address != "asked" && address != "known")
    refuse(root, "unknown_value", "address is asked or known");
  package.asks_address = address != "known";
  std::istringstream apart{attribute(root, "one-open-by")};
  for (std::string path; apart >> path;) package.one_open_by.push_back(path);
  refer(Reference::Kind::text, root, "service.title");

  static std::map<std::string_view, void (PackageReader::*)(pugi::xml_node)> const sections{
      {"citations", &PackageReader::read_citations}, {"variables", &PackageReader::read_variables},
      {"roles", &PackageReader::read_roles},         {"term", &PackageReader::read_term},
      {"subtypes", &PackageReader::read_subtypes},   {"grounds", &PackageReader::read_grounds},
      {"forms", &PackageReader::read_forms},         {"handlers", &PackageReader::read_handlers},
      {"states", &PackageReader::read_states},       {"passport", &PackageReader::read_passport},
      {"settings", &PackageReader::read_settings}};
  for (auto const section : root.children()) {
    if (section.type() != pugi::node_element) continue;
    auto const found = sections.find(tag(section));
    if (found == sections.end())
      refuse(section, "unknown_element", std::string{tag(section)} + " has no meaning here");
    else
      (this->*found->second)(section);
  }
  for (auto const& path : package.one_open_by)
    if (!package.variables.contains(path))
      refuse(root, "unknown_variable", path + " is not declared");
}

void PackageReader::refuse(pugi::xml_node node, std::string reason, std::string text) {
  if (violations.size() < k_violations_max)
    violations.push_back(document_.violation(node, std::move(reason), std::move(text)));
}

void PackageReader::refer(Reference::Kind kind, pugi::xml_node node, std::string_view name) {
  references.push_back({.kind = kind, .name = std::string{name}, .at = node});
}

std::string PackageReader::attribute(pugi::xml_node node, char const* name, bool required) {
  auto const found = node.attribute(name);
  if (required && *found.value() == 0)
    refuse(node, "missing_attribute", std::string{name} + " is required");
  return found.value();
}

std::string PackageReader::text_key(pugi::xml_node node, std::string key) {
  refer(Reference::Kind::text, node, key);
  return key;
}

std::string PackageReader::cite(pugi::xml_node node) {
  auto const id = attribute(node, "cite");
  if (!id.empty()) refer(Reference::Kind::citation, node, id);
  return id;
}

std::optional<Expression> PackageReader::expression(pugi::xml_node node, char const* name,
                                                    std::string_view sets) {
  auto const text = node.attribute(name);
  if (!text) return std::nullopt;
  auto compiled = Expression::compile(text.value());
  if (!compiled) {
    refuse(node, "expression", std::string{"not a FEEL expression: "} + text.value());
    return std::nullopt;
  }
  auto const written = *compiled;
  for (auto const& path : written.paths())
    if (!package.settings.contains(path)) refer(Reference::Kind::path, node, path);
  *compiled = written.with(package.settings);
  typed.push_back({.expression = *compiled, .sets = std::string{sets}, .at = node});
  // What a setting has made true for ever is no condition any more.
  bool const bound = compiled->paths().empty() && !written.paths().empty();
  if (sets.empty() && bound && compiled->is_true(Context{}, no_calendar())) return std::nullopt;
  return *std::move(compiled);
}

std::optional<Date> PackageReader::day(pugi::xml_node node, char const* name) {
  auto const text = node.attribute(name);
  if (!text) return std::nullopt;
  auto const date = parse_date(text.value());
  if (!date) refuse(node, "date", std::string{name} + " is not a day like 2025-10-27");
  return date;
}

FieldType PackageReader::type(pugi::xml_node node) {
  std::string_view const name = node.attribute("type").value();
  auto const found = std::ranges::find(k_types, name, &TypeName::first);
  if (found != std::end(k_types)) return found->second;
  refuse(node, "unknown_type", std::string{name} + " is no type");
  return FieldType::text;
}

void PackageReader::known_attributes(pugi::xml_node node, std::string_view known) {
  for (auto const attribute : node.attributes())
    if (known.find(" " + std::string{attribute.name()} + " ") == std::string_view::npos)
      refuse(node, "unknown_attribute", std::string{attribute.name()} + " has no meaning here");
}

template <class Read>
void PackageReader::each(pugi::xml_node parent, std::string_view name, std::string_view known,
                         Read read) {
  for (auto const child : parent.children()) {
    if (child.type() != pugi::node_element) continue;
    if (tag(child) != name) {
      refuse(child, "unknown_element", std::string{tag(child)} + " has no meaning here");
      continue;
    }
    known_attributes(child, known);
    read(child);
  }
}

void PackageReader::read_citations(pugi::xml_node section) {
  each(section, "citation", " id source ", [&](pugi::xml_node node) {
    Citation citation{
        .id = attribute(node, "id", true), .text = {}, .source = attribute(node, "source", true)};
    each(node, "text", " lang ", [&](pugi::xml_node text) {
      citation.text[attribute(text, "lang", true)] = trimmed_text(text);
    });
    for (auto const* language : {"kk", "ru", "en"})
      if (citation.text[language].empty())
        refuse(node, "missing_text", std::string{"the citation lacks language "} + language);
    auto const id = citation.id;
    if (!package.citations.emplace(id, std::move(citation)).second)
      refuse(node, "duplicate_id", "the citation stands twice");
  });
}

void PackageReader::read_settings(pugi::xml_node section) {
  each(section, "setting", " id value among rule cite ", [&](pugi::xml_node node) {
    auto const id = attribute(node, "id", true);
    auto const value = Expression::compile(attribute(node, "value", true));
    auto const among = Expression::compile(attribute(node, "among", true));
    attribute(node, "rule", true);
    cite(node);
    if (!value || !value->paths().empty() || !among || !among->paths().empty())
      return refuse(node, "expression", "value and among are constants of FEEL");
    auto const all = among->evaluate(Context{}, no_calendar());
    auto const* const list = all.as<List>();
    auto const chosen = value->evaluate(Context{}, no_calendar());
    if (list == nullptr || std::ranges::find(*list, chosen) == list->end())
      return refuse(node, "unknown_value", id + " is one of " + among->text());
    if (!package.settings.emplace("setting." + id, chosen).second)
      refuse(node, "duplicate_id", "the setting stands twice");
  });
}

void PackageReader::read_variables(pugi::xml_node section) {
  each(section, "variable", " path type ", [&](pugi::xml_node node) {
    if (!package.variables.emplace(attribute(node, "path", true), type(node)).second)
      refuse(node, "duplicate_id", "the variable stands twice");
  });
}

/// A field or document says what its path holds, also when an assignment came first.
void PackageReader::declare(std::string const& path, FieldType what) {
  if (inferred.erase(path) > 0)
    package.variables.insert_or_assign(path, what);
  else
    package.variables.emplace(path, what);
}

std::optional<Guard> PackageReader::read_guard(pugi::xml_node node) {
  known_attributes(node, " require awaits when rule cite text field ");
  auto const awaits = attribute(node, "awaits");
  auto require = awaits.empty() ? expression(node, "require") : no_longer_asked(node, awaits);
  if (bool(node.attribute("require")) == bool(node.attribute("awaits")))
    refuse(node, "missing_attribute", "require is required, or awaits in its place");
  auto when = expression(node, "when");
  auto rule = attribute(node, "rule", true);
  auto citation = cite(node);
  auto key = text_key(node, attribute(node, "text", true));
  if (!require) return std::nullopt;
  // A setting that decides `when` may take the guard away.
  if (when && when->paths().empty() && !when->is_true(Context{}, no_calendar()))
    return std::nullopt;
  return Guard{.require = *std::move(require),
               .when = std::move(when),
               .rule = std::move(rule),
               .cite = std::move(citation),
               .text = std::move(key),
               .field = attribute(node, "field"),
               .awaits = awaits};
}

/// True while the message beside the process is not asked for: what `awaits` of a guard means.
std::optional<Expression> PackageReader::no_longer_asked(pugi::xml_node node,
                                                         std::string const& message) {
  auto const* const form = package.form(message);
  if (form == nullptr || !form->beside || !form->beside->when) {
    refuse(node, "unknown_message",
           message + " is no message above that comes beside the process and says when");
    return std::nullopt;
  }
  auto compiled = Expression::compile("not((" + form->beside->when->text() + ") = true)");
  if (!compiled) {
    refuse(node, "expression", "too long to be waited for: when of " + message);
    return std::nullopt;
  }
  return compiled->with(package.settings);
}

std::optional<Assignment> PackageReader::read_assignment(pugi::xml_node node) {
  known_attributes(node, " path value when ");
  auto path = attribute(node, "path", true);
  auto value = expression(node, "value", path);
  auto when = expression(node, "when");
  if (!node.attribute("value")) refuse(node, "missing_attribute", "value is required");
  if (package.variables.emplace(path, FieldType::text).second) inferred.insert(path);
  if (!value) return std::nullopt;
  return Assignment{.path = std::move(path), .value = *std::move(value), .when = std::move(when)};
}

void PackageReader::read_roles(pugi::xml_node section) {
  each(section, "role", " id ", [&](pugi::xml_node node) {
    auto& guards = package.roles[attribute(node, "id", true)];
    each(node, "guard", " require when rule cite text field ", [&](pugi::xml_node child) {
      if (auto guard = read_guard(child)) guards.push_back(*std::move(guard));
    });
  });
}

void PackageReader::read_term(pugi::xml_node section) {
  known_attributes(section, " id workday-end acceptance-cite counting-cite ");
  auto& term = package.term;
  term.id = attribute(section, "id", true);
  auto const clock = attribute(section, "workday-end", true);
  auto const colon = clock.find(':');
  auto const hours = whole_number(std::string_view{clock}.substr(0, colon));
  auto const minutes = colon == std::string::npos
                           ? std::nullopt
                           : whole_number(std::string_view{clock}.substr(colon + 1));
  if (!hours || !minutes || *hours < 0 || *hours > 24 || *minutes < 0 || *minutes > 59)
    refuse(section, "time", "workday-end is a time like 18:00");
  else
    term.workday_end = std::chrono::minutes{*hours * 60 + *minutes};
  term.acceptance_cite = attribute(section, "acceptance-cite", true);
  term.counting_cite = attribute(section, "counting-cite", true);
  refer(Reference::Kind::citation, section, term.acceptance_cite);
  refer(Reference::Kind::citation, section, term.counting_cite);
  std::vector<pugi::xml_node> extensions;  // read when all milestones of the term are known
  for (auto const node : section.children()) {
    if (tag(node) == "milestone") {
      read_milestone(node, term.milestones, {});
    } else if (tag(node) == "place") {
      known_attributes(node, " kind days cite ");
      auto const kind = attribute(node, "kind", true);
      auto const days = whole_number(attribute(node, "days", true));
      bool const counts = days && *days >= 1 && *days <= k_term_days_max;
      if (!counts) refuse(node, "number", "days is a number from 1 to 1000");
      term.days_by_place[kind] = counts ? *days : 1;
      term.cite_by_place[kind] = cite(node);
    } else if (tag(node) == "extension") {
      extensions.push_back(node);
    } else if (tag(node) == "target") {
      read_target(node);
    } else if (node.type() == pugi::node_element) {
      refuse(node, "unknown_element", "a term has places, milestones, extensions and targets");
    }
  }
  for (auto const node : extensions) read_extension(node);
}

/// `others`: rows that stand before those of `rows`.
void PackageReader::read_milestone(pugi::xml_node node, std::vector<MilestoneRule>& rows,
                                   std::vector<MilestoneRule> const& others) {
  known_attributes(node, " code basis offset rule cite ");
  MilestoneRule rule;
  rule.code = attribute(node, "code", true);
  auto const basis = attribute(node, "basis", true);
  if (rows.size() >= k_milestones_max)
    return refuse(node, "too_many_milestones", "a term has at most 100 milestones");
  auto const earlier = [&](std::string const& code) {
    return std::ranges::find(rows, code, &MilestoneRule::code) != rows.end() ||
           std::ranges::find(others, code, &MilestoneRule::code) != others.end();
  };
  using Basis = MilestoneRule::Basis;
  bool const extended = tag(node.parent()) == "extension";
  rule.basis = basis == "start"                  ? Basis::start
               : basis == "end"                  ? Basis::end
               : basis == "decision" && extended ? Basis::decision
                                                 : Basis::milestone;
  if (rule.basis == Basis::milestone) {
    rule.basis_code = basis;
    if (!earlier(basis))
      refuse(node, "unknown_milestone", "the basis is no earlier milestone: " + basis);
  }
  auto const offset = whole_number(attribute(node, "offset", true));
  bool const counts = offset && *offset >= -k_term_days_max && *offset <= k_term_days_max;
  if (!counts) refuse(node, "number", "offset is a number of working days from -1000 to 1000");
  rule.offset_wd = counts ? *offset : 0;
  rule.rule = attribute(node, "rule", true);
  rule.cite = cite(node);
  rows.push_back(std::move(rule));
}

void PackageReader::read_target(pugi::xml_node node) {
  known_attributes(node, " code nodes due rule cite ");
  Target target{.code = attribute(node, "code", true),
                .nodes = words(attribute(node, "nodes", true)),
                .due = {},
                .rule = attribute(node, "rule", true),
                .cite = cite(node)};
  bool const taken =
      package.term.milestone(target.code) != nullptr || package.target(target.code) != nullptr;
  if (taken) refuse(node, "duplicate_id", "the milestone stands twice: " + target.code);
  if (attribute(node, "due", true).empty()) return;
  target.due = due(node, target.code);
  for (auto const& id : target.nodes) refer(Reference::Kind::node, node, id);
  package.targets.push_back(std::move(target));
}

/// months, months-cite and cap: all or none.
void PackageReader::read_general_limit(pugi::xml_node node, ExtensionRule& out) {
  if (!node.attribute("months") && !node.attribute("months-cite") && !node.attribute("cap")) return;
  auto const months = whole_number(attribute(node, "months", true));
  if (months && *months >= 1 && *months <= k_extension_months_max)
    out.months = *months;
  else
    refuse(node, "number", "months is a number from 1 to 120");
  out.months_cite = attribute(node, "months-cite", true);
  refer(Reference::Kind::citation, node, out.months_cite);
  using Cap = ExtensionRule::Cap;
  auto const cap = attribute(node, "cap", true);
  out.cap = cap == "months" ? Cap::months : cap == "earlier" ? Cap::earlier : Cap::days;
  if (cap != "days" && cap != "months" && cap != "earlier")
    refuse(node, "unknown_cap", "cap is days, months or earlier");
}

void PackageReader::read_extension(pugi::xml_node node) {
  known_attributes(node, " code days basis months months-cite cap rule cite ");
  ExtensionRule out;
  out.code = attribute(node, "code", true);
  auto const days = whole_number(attribute(node, "days", true));
  bool const counts = days && *days >= 1 && *days <= k_term_days_max;
  if (!counts) refuse(node, "number", "days is a number from 1 to 1000");
  out.days = counts ? *days : 1;
  auto const basis = attribute(node, "basis", true);
  using Basis = MilestoneRule::Basis;
  out.basis = basis == "end" ? Basis::end : basis == "decision" ? Basis::decision : Basis::start;
  if (basis != "start" && basis != "end" && basis != "decision")
    refuse(node, "unknown_basis", "an extension counts from start, end or decision");
  out.rule = attribute(node, "rule", true);
  out.cite = cite(node);
  read_general_limit(node, out);
  auto& term = package.term;
  each(node, "milestone", " code basis offset rule cite ", [&](pugi::xml_node child) {
    // What the extension replaces is no basis any more.
    std::vector<MilestoneRule> kept;
    for (auto const& row : term.milestones)
      if (!std::ranges::any_of(node.children("milestone"), [&](pugi::xml_node other) {
            return row.code == other.attribute("code").value();
          }))
        kept.push_back(row);
    for (auto const& row : kept)
      if (row.basis == Basis::milestone &&
          std::ranges::find(kept, row.basis_code, &MilestoneRule::code) == kept.end())
        refuse(child, "unknown_milestone", row.code + " rests on a milestone that is replaced");
    read_milestone(child, out.milestones, kept);
  });
  if (term.extension(out.code) != nullptr)
    refuse(node, "duplicate_id", "the extension stands twice");
  term.extensions.push_back(std::move(out));
}

void PackageReader::read_passport(pugi::xml_node section) {
  each(section, "row", " code text cite ", [&](pugi::xml_node node) {
    package.passport.push_back({.code = attribute(node, "code", true),
                                .text = text_key(node, attribute(node, "text", true)),
                                .cite = cite(node)});
  });
}

void PackageReader::read_subtypes(pugi::xml_node section) {
  each(section, "subtype", " code id text rule cite old-id result ", [&](pugi::xml_node node) {
    Subtype subtype{.code = attribute(node, "code", true),
                    .id = attribute(node, "id", true),
                    .text = text_key(node, attribute(node, "text", true)),
                    .rule = attribute(node, "rule", true),
                    .cite = cite(node),
                    .old_id = attribute(node, "old-id", true),
                    .documents = {}};
    if (node.attribute("result")) subtype.result = text_key(node, attribute(node, "result"));
    each(node, "document", " code text required when group cite ", [&](pugi::xml_node document) {
      subtype.documents.push_back({.code = attribute(document, "code", true),
                                   .text = text_key(document, attribute(document, "text", true)),
                                   .required = document.attribute("required").as_bool(),
                                   .when = expression(document, "when"),
                                   .group = attribute(document, "group"),
                                   .cite = cite(document)});
    });
    package.subtypes.push_back(std::move(subtype));
  });
  List required, asked;
  for (auto const& subtype : package.subtypes) {
    if (subtype.old_id == "required") required.emplace_back(subtype.code);
    if (subtype.old_id != "none") asked.emplace_back(subtype.code);
  }
  package.settings["subtypes.old_id.required"] = std::move(required);
  package.settings["subtypes.old_id.asked"] = std::move(asked);
}

void PackageReader::read_grounds(pugi::xml_node section) {
  each(section, "ground", " code text rule cite ", [&](pugi::xml_node node) {
    package.grounds.push_back({.code = attribute(node, "code", true),
                               .text = text_key(node, attribute(node, "text", true)),
                               .rule = attribute(node, "rule", true),
                               .cite = cite(node)});
  });
}

void PackageReader::read_forms(pugi::xml_node section) {
  for (auto const node : section.children()) {
    if (node.type() != pugi::node_element) continue;
    if (tag(node) != "form" && tag(node) != "message")
      refuse(node, "unknown_element", "forms holds form and message elements");
    else
      read_form(node, tag(node) == "message");
  }
}

void PackageReader::read_form(pugi::xml_node node, bool message) {
  known_attributes(node,
                   message ? " name role rule cite early shown beside ends restarts when until due "
                             "told holds renews certified "
                           : " id rule cite due ");
  Form form;
  form.id = attribute(node, message ? "name" : "id", true);
  form.role = attribute(node, "role", message);
  form.rule = attribute(node, "rule", true);
  form.cite = cite(node);
  form.early = early(node);
  form.shown = expression(node, "shown");
  form.beside = beside(node);
  form.certified = node.attribute("certified").as_bool();
  if (!form.beside) form.due = due(node, form.id);
  form.told = attribute(node, "told");
  if (form.told.empty() == (message && form.due.has_value()))
    refuse(node, "unknown_attribute", "a message that is waited for has both of due and told");
  text_key(node, "form." + form.id);
  text_key(node, "form." + form.id + ".action");
  for (auto const child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    if (tag(child) == "field") {
      read_field(child, form);
    } else if (tag(child) == "guard") {
      if (auto guard = read_guard(child)) form.guards.push_back(*std::move(guard));
    } else if (tag(child) == "assign") {
      if (auto value = read_assignment(child)) form.assignments.push_back(*std::move(value));
    } else if (tag(child) == "produce") {
      known_attributes(child, " document path when to ");
      if (auto const to = attribute(child, "to"); !to.empty() && to != "applicant")
        refuse(child, "unknown_value", "to is applicant, or absent");
      form.produces.push_back({.document = attribute(child, "document", true),
                               .path = attribute(child, "path", true),
                               .when = expression(child, "when"),
                               .to_applicant = attribute(child, "to") == "applicant"});
      refer(Reference::Kind::document, child, form.produces.back().document);
      declare(form.produces.back().path, FieldType::document);
    } else if (tag(child) == "sign") {
      known_attributes(child, " path when rule cite ");
      form.signs = attribute(child, "path", true);
      form.signs_when = expression(child, "when");
      form.signs_rule = attribute(child, "rule", true);
      form.signs_cite = cite(child);
      refer(Reference::Kind::path, child, form.signs);
    } else if (tag(child) == "blank") {
      read_blank(child, form);
    } else if (tag(child) == "hands-in") {
      read_hands_in(child, form);
    } else if (tag(child) == "order") {
      read_order(child, form);
    } else {
      refuse(child, "unknown_element", std::string{tag(child)} + " has no meaning here");
    }
  }
  if (form.early && !(form.produces.empty() && form.signs.empty()))
    refuse(node, "early_message", "what may come early is not signed and produces nothing");
  if (form.certified && (form.role != "citizen" || form.early || !form.signs.empty()))
    refuse(node, "certified_message", "citizens certify what they say, nothing else and not early");
  auto const id = form.id;
  if (!package.forms.emplace(id, std::move(form)).second)
    refuse(node, "duplicate_id", "the form stands twice");
}

void PackageReader::read_blank(pugi::xml_node node, Form& form) {
  known_attributes(node, " path earlier rule text unknown ");
  auto const earlier = attribute(node, "earlier", true);
  if (earlier != "released" && earlier != "kept")
    refuse(node, "unknown_value", "earlier is released or kept");
  form.blank = Form::TakesBlank{.path = attribute(node, "path", true),
                                .earlier_released = earlier == "released",
                                .rule = attribute(node, "rule", true),
                                .text = text_key(node, attribute(node, "text", true)),
                                .unknown = text_key(node, attribute(node, "unknown", true))};
  for (auto const* part : {".series", ".number"})
    if (form.field(form.blank->path + part) == nullptr)
      refuse(node, "unknown_path", form.blank->path + part + " is no field above");
}

void PackageReader::read_hands_in(pugi::xml_node node, Form& form) {
  known_attributes(node, " path rule text ");
  form.hands_in = Form::HandsIn{.path = attribute(node, "path", true),
                                .rule = attribute(node, "rule", true),
                                .text = text_key(node, attribute(node, "text", true))};
  if (form.field(form.hands_in->path + ".number") == nullptr)
    refuse(node, "unknown_path", form.hands_in->path + ".number is no field above");
}

std::optional<Duration> PackageReader::early(pugi::xml_node node) {
  if (!node.attribute("early")) return std::nullopt;
  auto const duration = parse_duration(node.attribute("early").value());
  if (duration && (duration->months > 0 || duration->seconds > 0) &&
      duration->months <= k_early_months_max && duration->seconds <= k_early_seconds_max)
    return duration;
  refuse(node, "duration", "early is a duration of at most a year, like P30D");
  return std::nullopt;
}

std::optional<Form::Beside> PackageReader::beside(pugi::xml_node node) {
  if (!node.attribute("beside")) {
    for (auto const* each : {"when", "until", "ends", "restarts", "holds", "renews"})
      if (node.attribute(each) && tag(node) == "message")
        refuse(node, "unknown_attribute",
               std::string{each} + " belongs to a message beside the process");
    return std::nullopt;
  }
  using During = Form::Beside::During;
  auto const during = attribute(node, "beside");
  if (during != "open" && during != "ended" && during != "always")
    refuse(node, "unknown_value", "beside is open, ended or always");
  if (node.attribute("early")) refuse(node, "early_message", "what needs no wait is never early");
  Form::Beside out{.during = during == "ended"    ? During::ended
                             : during == "always" ? During::always
                                                  : During::open,
                   .ends = node.attribute("ends").as_bool(),
                   .restarts = node.attribute("restarts").as_bool(),
                   .when = expression(node, "when"),
                   .until = attribute(node, "until"),
                   .due = due(node, attribute(node, "name")),
                   .holds = attribute(node, "holds"),
                   .renews = attribute(node, "renews"),
                   .orders = {}};
  if (!out.until.empty()) refer(Reference::Kind::path, node, out.until);
  for (auto const* each : {&out.holds, &out.renews})
    if (!each->empty()) refer(Reference::Kind::node, node, *each);
  if (!(out.holds + out.renews).empty() && (out.ends || out.restarts || during != "open"))
    refuse(node, "unknown_value", "what ends or begins the case anew holds and renews nothing");
  reads_variables_alone(node, out.when);
  bool const once = out.ends != out.restarts && out.during == During::open;
  if ((out.ends || out.restarts) && !once)
    refuse(node, "unknown_value", "what comes to an open case ends it, or begins it anew");
  return out;
}

void PackageReader::reads_variables_alone(pugi::xml_node node,
                                          std::optional<Expression> const& expression) {
  for (auto const& path : expression ? expression->paths() : std::set<std::string, std::less<>>{})
    if (path.starts_with("actor.") || path.starts_with("event.") || path.starts_with("T."))
      refuse(node, "expression", "when and due read variables of the case alone");
}

std::optional<Expression> PackageReader::due(pugi::xml_node node, std::string const& form) {
  auto out = expression(node, "due", "T.end");
  reads_variables_alone(node, out);
  if (out) text_key(node, "milestone." + form);
  return out;
}

void PackageReader::read_order(pugi::xml_node node, Form& form) {
  known_attributes(node, " handler kind document when ");
  if (!form.beside)
    return refuse(node, "unknown_element", "only a message beside the process orders something");
  Form::Beside::Order order{.handler = attribute(node, "handler", true),
                            .kind = attribute(node, "kind", true),
                            .document = attribute(node, "document"),
                            .when = expression(node, "when")};
  if (!order.document.empty()) refer(Reference::Kind::document, node, order.document);
  if (order.handler == "notify")
    for (auto const* part : {".subject", ".body"}) text_key(node, "notify." + order.kind + part);
  form.beside->orders.push_back(std::move(order));
}

void PackageReader::read_field(pugi::xml_node node, Form& form) {
  auto field = field_of(node);
  if (form.field(field.name) != nullptr) refuse(node, "duplicate_id", "the field stands twice");
  declare(field.name, field.type);
  form.fields.push_back(std::move(field));
}

/// `list` names the field whose rows have this one as a column.
Field PackageReader::field_of(pugi::xml_node node, std::string_view list) {
  known_attributes(node, list.empty()
                             ? " name type required shown size source cite sealed rows changes "
                             : " name type required size cite unique ");
  Field field;
  field.name = attribute(node, "name", true);
  field.type = type(node);
  field.required = node.attribute("required").as_bool();
  field.shown = expression(node, "shown");
  field.size_max = node.attribute("size").as_uint(200);
  field.source = attribute(node, "source");
  field.cite = cite(node);
  field.sealed = node.attribute("sealed").as_bool();
  field.unique = node.attribute("unique").as_bool();
  if (field.unique && field.type != FieldType::text)
    refuse(node, "unique", "only a column of texts is unique");
  field.changes_max = node.attribute("changes").as_uint(0);
  auto const path = list.empty() ? field.name : std::string{list} + "." + field.name;
  text_key(node, "field." + path);
  for (auto const child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    if (tag(child) == "choice") {
      known_attributes(child, " value text available ");
      field.choices.push_back({.value = attribute(child, "value", true),
                               .text = text_key(child, attribute(child, "text", true)),
                               .available = expression(child, "available")});
    } else if (tag(child) == "field" && field.type == FieldType::list && list.empty()) {
      field.row.push_back(field_of(child, field.name));
      if (field.row.back().type == FieldType::list)
        refuse(child, "list_in_list", "a row of a list holds no list");
    } else {
      refuse(child, "unknown_element", std::string{tag(child)} + " has no meaning here");
    }
  }
  if (field.type == FieldType::choice && field.choices.empty() && field.source.empty())
    refuse(node, "no_choices", "a choice has choices or a source");
  field.rows_max = node.attribute("rows").as_uint(0);
  if (field.row.empty() != (field.rows_max == 0) || field.rows_max > k_rows_max)
    refuse(node, "rows", "a list with columns has between 1 and 100 rows");
  return field;
}

void PackageReader::read_handlers(pugi::xml_node section) {
  each(section, "handler", " kind document delivery ", [&](pugi::xml_node node) {
    auto const delivery = attribute(node, "delivery");
    if (!delivery.empty() && delivery != "cabinet" && delivery != "told")
      refuse(node, "unknown_value", "delivery is cabinet, told, or absent");
    Handler handler{.kind = attribute(node, "kind", true),
                    .document = attribute(node, "document"),
                    .assignments = {},
                    .cabinet_is_enough = delivery == "cabinet",
                    .tells_undelivered = delivery == "told"};
    if (!handler.document.empty()) refer(Reference::Kind::path, node, handler.document);
    each(node, "assign", " path value when ", [&](pugi::xml_node child) {
      if (auto value = read_assignment(child)) handler.assignments.push_back(*std::move(value));
    });
    auto const kind = handler.kind;
    if (!package.handlers.emplace(kind, std::move(handler)).second)
      refuse(node, "duplicate_id", "the handler stands twice");
  });
}

void PackageReader::read_states(pugi::xml_node section) {
  each(section, "state", " code text nodes set ", [&](pugi::xml_node node) {
    PublicState state{.code = attribute(node, "code", true),
                      .text = text_key(node, attribute(node, "text", true)),
                      .nodes = words(attribute(node, "nodes", !node.attribute("set"))),
                      .set = attribute(node, "set")};
    if (!state.set.empty()) refer(Reference::Kind::path, node, state.set);
    for (auto const& id : state.nodes) refer(Reference::Kind::node, node, id);
    package.states.push_back(std::move(state));
  });
}

}  // namespace qyzmet::engine
