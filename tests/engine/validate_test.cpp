// Every rule of the graph is broken once by a small file and named.
#include <gtest/gtest.h>

#include "tests/engine/story.hpp"

namespace qyzmet::engine {
namespace {

std::string process(std::string_view body) {
  return R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:wf="urn:kz:workflow:1">
  <message id="m" name="citizen.wrote"/><error id="x" errorCode="E"/>
  <process id="p" isExecutable="true">)" +
         std::string{body} + "</process></definitions>";
}
std::string flow(std::string_view from, std::string_view to, std::string_view condition = {}) {
  auto out = "<sequenceFlow id=\"" + std::string{from} + "_" + std::string{to} + "\" sourceRef=\"" +
             std::string{from} + "\" targetRef=\"" + std::string{to} + "\">";
  if (!condition.empty())
    out += "<conditionExpression>" + std::string{condition} + "</conditionExpression>";
  return out + "</sequenceFlow>";
}
std::string task(std::string_view id) {
  return "<userTask id=\"" + std::string{id} + "\" wf:role=\"r\" wf:form=\"f\"/>";
}
std::string const k_start = "<startEvent id=\"s\"/>";
std::string const k_end = "<endEvent id=\"e\"/>";

std::vector<std::string> reasons_of(std::string_view body) {
  auto const read = read_bpmn(process(body), "p.bpmn");
  std::vector<std::string> out;
  if (!read)
    for (auto const& violation : read.error()) out.push_back(violation.reason);
  return out;
}
std::vector<std::string> only(char const* reason) {
  return {reason};
}

TEST(Validate, accepts_a_plain_process) {
  EXPECT_EQ(reasons_of(k_start + task("t") + k_end + flow("s", "t") + flow("t", "e")),
            std::vector<std::string>{});
}

TEST(Validate, names_what_is_wrong_with_starts_and_ends) {
  EXPECT_EQ(reasons_of(k_end), (std::vector<std::string>{"no_start_event", "unreachable_node"}));
  EXPECT_EQ(reasons_of(k_start + "<startEvent id=\"s2\"/>" + k_end + flow("s", "e")),
            only("several_start_events"));
  EXPECT_EQ(
      reasons_of(k_start + task("t") + k_end + flow("s", "t") + flow("t", "e") + task("island")),
      (std::vector<std::string>{"no_path_to_end", "unreachable_node"}));
  EXPECT_EQ(reasons_of("<startEvent id=\"s\"><timerEventDefinition><timeDate>T.end</timeDate>"
                       "</timerEventDefinition></startEvent>" +
                       k_end + flow("s", "e")),
            only("start_event_kind"));
  EXPECT_EQ(reasons_of(k_start +
                       "<endEvent id=\"e\"><messageEventDefinition messageRef=\"m\"/></endEvent>" +
                       flow("s", "e")),
            only("end_event_kind"));
}

TEST(Validate, names_what_is_wrong_with_flows) {
  auto const two = k_start + task("t") + task("u") + k_end;
  EXPECT_EQ(reasons_of(two + flow("s", "t") + flow("s", "u") + flow("t", "e") +
                       "<endEvent id=\"e2\"/>" + flow("u", "e2")),
            only("implicit_split"));
  EXPECT_EQ(reasons_of(k_start + task("t") + k_end + flow("s", "t") + flow("t", "e", "x = 1")),
            only("condition_not_after_exclusive_gateway"));
  EXPECT_EQ(reasons_of(k_start + k_end + flow("s", "nowhere") + flow("s", "e")),
            only("unknown_node"));
  EXPECT_EQ(reasons_of(k_start + k_end + flow("s", "e") + flow("e", "s")).front(),
            "flow_out_of_end");
  EXPECT_EQ(reasons_of(k_start + k_end + k_end + flow("s", "e")), only("duplicate_id"));
  EXPECT_EQ(
      reasons_of(k_start + "<subProcess id=\"b\"><startEvent id=\"bs\"/><endEvent id=\"be\"/>" +
                 flow("bs", "be") + "</subProcess>" + k_end + flow("s", "b") + flow("b", "e") +
                 flow("s", "be")),
      only("flow_crosses_scope"));
}

TEST(Validate, names_what_is_wrong_with_gateways) {
  auto const fork = k_start + task("t") + task("u") + k_end + "<endEvent id=\"e2\"/>" +
                    flow("t", "e") + flow("u", "e2") + flow("s", "g");
  EXPECT_EQ(reasons_of(fork + "<exclusiveGateway id=\"g\"/>" + flow("g", "t", "a = 1") +
                       flow("g", "u", "a = 2")),
            only("no_default"));
  EXPECT_EQ(reasons_of(fork + "<exclusiveGateway id=\"g\" default=\"g_u\"/>" + flow("g", "t") +
                       flow("g", "u")),
            only("flow_without_condition"));
  EXPECT_EQ(reasons_of(fork + "<exclusiveGateway id=\"g\" default=\"zz\"/>" +
                       flow("g", "t", "a = 1") + flow("g", "u", "a = 2")),
            only("unknown_default"));
  EXPECT_EQ(reasons_of(fork + "<exclusiveGateway id=\"g\" default=\"g_u\"/>" +
                       flow("g", "t", "a = = 1") + flow("g", "u")),
            only("expression"));
  EXPECT_EQ(reasons_of(fork + "<eventBasedGateway id=\"g\"/>" + flow("g", "t") + flow("g", "u")),
            (std::vector<std::string>{"event_gateway_targets", "event_gateway_targets"}));
}

TEST(Validate, names_what_is_wrong_with_waits_and_tasks) {
  auto const host = k_start + task("t") + k_end + flow("s", "t") + flow("t", "e");
  auto const boundary = [&](std::string_view attributes, std::string_view definition) {
    return host + "<boundaryEvent id=\"b\" " + std::string{attributes} + ">" +
           std::string{definition} + "</boundaryEvent><endEvent id=\"e2\"/>" + flow("b", "e2");
  };
  EXPECT_EQ(reasons_of(boundary("attachedToRef=\"zz\"", "<errorEventDefinition/>")),
            only("unknown_host"));
  EXPECT_EQ(reasons_of(boundary("attachedToRef=\"s\"", "<errorEventDefinition/>")),
            only("unknown_host"));
  EXPECT_EQ(reasons_of(boundary("attachedToRef=\"t\"", "")), only("boundary_event_kind"));
  EXPECT_EQ(reasons_of(boundary("attachedToRef=\"t\" cancelActivity=\"false\"",
                                "<errorEventDefinition errorRef=\"x\"/>")),
            only("boundary_event_kind"));
  EXPECT_EQ(
      reasons_of(boundary("attachedToRef=\"t\"", "<messageEventDefinition messageRef=\"zz\"/>")),
      only("unknown_message"));
  EXPECT_EQ(reasons_of(boundary("attachedToRef=\"t\"", "<timerEventDefinition/>")),
            only("timer_expression"));
  auto const single = [&](std::string const& node) {
    return reasons_of(k_start + node + k_end + flow("s", "n") + flow("n", "e"));
  };
  EXPECT_EQ(single("<userTask id=\"n\" wf:role=\"r\"/>"), only("user_task"));
  EXPECT_EQ(single("<userTask id=\"n\" wf:role=\"r\" wf:form=\"f\" wf:colour=\"red\"/>"),
            only("unknown_attribute"));
  EXPECT_EQ(single("<serviceTask id=\"n\" wf:handler=\"shell\" wf:kind=\"k\"/>"),
            only("unknown_handler"));
  EXPECT_EQ(single("<serviceTask id=\"n\" wf:handler=\"notify\"/>"), only("service_task"));
  EXPECT_EQ(single("<intermediateCatchEvent id=\"n\"><errorEventDefinition/>"
                   "</intermediateCatchEvent>"),
            only("catch_event_kind"));
  EXPECT_EQ(single("<callActivity id=\"n\" calledElement=\"q\"/>"), only("unknown_called_element"));
}

}  // namespace
}  // namespace qyzmet::engine
