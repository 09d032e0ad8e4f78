#pragma once
// Small processes for tests of the token game: a file is built from a few words, a package around
// it has the form "note" and the messages "word" and "stop", each with the one field n.
#include <set>

#include "tests/engine/story.hpp"

namespace qyzmet::engine {

inline std::string node(std::string_view kind, std::string_view id, std::string_view body = {},
                        std::string_view attributes = {}) {
  return "<" + std::string{kind} + " id=\"" + std::string{id} + "\" " + std::string{attributes} +
         ">" + std::string{body} + "</" + std::string{kind} + ">";
}
inline std::string start(std::string_view id = "s") {
  return node("startEvent", id);
}
inline std::string end(std::string_view id = "e") {
  return node("endEvent", id);
}
inline std::string task(std::string_view id) {
  return node("userTask", id, "", "wf:role=\"clerk\" wf:form=\"note\"");
}
inline std::string service(std::string_view id, std::string_view handler) {
  return node("serviceTask", id, "",
              "wf:handler=\"" + std::string{handler} + "\" wf:kind=\"result\"");
}
inline std::string timer(std::string_view expression) {
  return "<timerEventDefinition><timeDate>" + std::string{expression} +
         "</timeDate></timerEventDefinition>";
}
inline std::string duration(std::string_view text) {
  return "<timerEventDefinition><timeDuration>" + std::string{text} +
         "</timeDuration></timerEventDefinition>";
}
inline std::string message(std::string_view id = "m") {
  return "<messageEventDefinition messageRef=\"" + std::string{id} + "\"/>";
}
inline std::string boundary(std::string_view id, std::string_view host, std::string_view definition,
                            bool interrupting = true) {
  return node("boundaryEvent", id, definition,
              "attachedToRef=\"" + std::string{host} + "\" cancelActivity=\"" +
                  (interrupting ? "true" : "false") + "\"");
}
inline std::string sub_process(std::string const& inside) {
  return node("subProcess", "sub", inside);
}
inline std::string event_sub(std::string_view id, std::string const& inside) {
  return node("subProcess", id, inside, "triggeredByEvent=\"true\"");
}
/// "a>b>c" connects a to b and b to c; "g>x?n = 1" gives the flow a condition.
inline std::string flows(std::initializer_list<std::string> paths) {
  std::string out;
  for (auto const& path : paths) {
    auto const question = path.find('?');
    auto rest = path.substr(0, question);
    while (rest.find('>') != std::string::npos) {
      auto const from = rest.substr(0, rest.find('>'));
      rest = rest.substr(rest.find('>') + 1);
      auto const to = rest.substr(0, rest.find('>'));
      out += "<sequenceFlow id=\"" + from + "_" + to + "\" sourceRef=\"" + from +
             "\" targetRef=\"" + to + "\">";
      if (question != std::string::npos)
        out += "<conditionExpression>" + path.substr(question + 1) + "</conditionExpression>";
      out += "</sequenceFlow>";
    }
  }
  return out;
}

/// A package around the elements of one process; `more` are further processes of the file.
inline std::shared_ptr<Package const> package(std::string const& body,
                                              std::string const& more = {}) {
  auto const xml = R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:wf="urn:kz:workflow:1"><message id="m" name="word"/><message id="m2" name="stop"/>
      <error id="x" errorCode="E1"/><error id="y" errorCode="E2"/>
      <process id="p" isExecutable="true">)" +
                   body + "</process>" + more + "</definitions>";
  auto definition = read_bpmn(xml, "p.bpmn", "p", Profile::test);
  if (!definition) throw std::runtime_error{report(definition.error())};
  auto out = std::make_shared<Package>();
  out->process = *std::move(definition);
  out->term.days_by_place["city"] = 7;
  out->term.milestones.push_back({.code = "result",
                                  .basis = MilestoneRule::Basis::end,
                                  .basis_code = "",
                                  .offset_wd = 0,
                                  .rule = "R77-40",
                                  .cite = ""});
  out->variables = {{"place", FieldType::text}, {"n", FieldType::number}};
  for (auto const* id : {"note", "word", "stop"}) {
    Form form;
    form.id = id;
    form.role = std::string_view{id} == "note" ? "" : "clerk";
    form.rule = "RULE";
    Field number;
    number.name = "n";
    number.type = FieldType::number;
    form.fields.push_back(number);
    out->forms[id] = form;
  }
  return out;
}

inline HandlerResult answer_to(std::int32_t token) {
  return {.token = token, .ok = true, .error_code = "", .detail = "", .result = {}};
}

inline Actor const k_clerk{.user = "1", .role = "clerk"};

class Game : public Story {
 public:
  explicit Game(std::string const& body, Context variables = {}, std::string const& more = {})
      : Game{engine::package(body, more), std::move(variables)} {}
  explicit Game(std::shared_ptr<Package const> rules, Context variables = {})
      : Story{std::move(rules)} {
    variables["place"] = "city";
    begun = file("2026-11-23T10:00", std::move(variables), k_clerk);
  }
  std::optional<Error> begun;

  std::optional<Error> done(std::string_view id, std::string_view local, Context form = {}) {
    return complete(id, local, k_clerk, std::move(form));
  }
  std::optional<Error> say(std::string_view word, std::string_view local) {
    return send(word, local, {}, k_clerk);
  }
  std::optional<Error> report_effect(bool ok, std::string code, std::string_view local) {
    return apply(event(local, k_system,
                       HandlerResult{.token = now.pending.empty() ? 0 : now.pending.front().token,
                                     .ok = ok,
                                     .error_code = std::move(code),
                                     .detail = "why",
                                     .result = {}}));
  }
  std::multiset<std::string> at_rest() const {
    std::multiset<std::string> out;
    for (auto const& token : now.tokens)
      out.insert(package->process.nodes[std::size_t(token.node)].id);
    return out;
  }
};
using Rest = std::multiset<std::string>;

}  // namespace qyzmet::engine
