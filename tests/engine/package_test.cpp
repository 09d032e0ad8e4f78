// A package is refused when anything that it names does not exist in it.
#include <gtest/gtest.h>

#include <random>

#include "tests/engine/story.hpp"

namespace qyzmet::engine {
namespace {

Files changed(std::string const& file, std::string_view from, std::string_view to) {
  auto files = package_files();
  auto& text = files.at(file);
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return files;
}

/// "reason element" of the first violation.
std::string refused_as(Files files) {
  auto const loaded = load_package(std::move(files), "");
  return loaded ? "accepted" : loaded.error().front().reason;
}
std::string service(std::string_view from, std::string_view to) {
  return refused_as(changed("service.xml", from, to));
}
std::string drawing(std::string_view from, std::string_view to) {
  return refused_as(changed("process.bpmn", from, to));
}

TEST(Package, service_77_loads) {
  auto const loaded = load_package(package_files(), "abc");
  ASSERT_TRUE(loaded) << report(loaded.error());
  auto const& package = **loaded;
  EXPECT_EQ(package.service, "military_id");
  EXPECT_EQ(package.number, "77");
  EXPECT_EQ(to_iso(package.effective_from), "2025-10-27");
  LAW("R-GEN-02");
  EXPECT_EQ(package.sha256, "abc");
  EXPECT_EQ(package.term.days_by_place.at("city"), 7);
  EXPECT_EQ(package.term.days_by_place.at("district"), 5);
  LAW("R77-04");
  ASSERT_NE(package.subtype("old_sample"), nullptr);
  EXPECT_EQ(package.subtype("old_sample")->old_id, "required");
  LAW("R77-25");
  EXPECT_EQ(package.subtype("lost_damaged")->documents.size(), 2U);
  EXPECT_EQ(package.subtype("dismissed")->documents.size(), 0U);
  LAW("R77-20");
  ASSERT_EQ(package.grounds.size(), 3U);
  EXPECT_EQ(package.ground("G3")->rule, "R77-62");
  EXPECT_EQ(package.ground("G4"), nullptr);
  LAW("R77-63");
  EXPECT_EQ(package.texts.at("kk").size(), package.texts.at("en").size());
  EXPECT_EQ(package.texts.at("kk").size(), package.texts.at("ru").size());
}

TEST(Package, every_wait_of_the_drawing_has_a_public_state) {
  auto const& package = *service_77();
  for (auto const& node : package.process.nodes) {
    bool const waits = node.kind == NodeKind::user_task || node.kind == NodeKind::event_gateway ||
                       (node.kind == NodeKind::service_task && node.handler != "breach");
    if (!waits || node.handler_kind == "reminder") continue;  // a reminder runs beside the waiting
    EXPECT_TRUE(std::ranges::any_of(package.states, [&](PublicState const& state) {
      return std::ranges::find(state.nodes, node.id) != state.nodes.end();
    })) << node.id;
  }
}

TEST(Package, every_date_and_forbidden_act_names_its_paragraph) {
  auto const& package = *service_77();
  for (auto const& milestone : package.term.milestones)
    EXPECT_FALSE(milestone.rule.empty() || milestone.cite.empty()) << milestone.code;
  for (auto const& [id, form] : package.forms) {
    EXPECT_FALSE(form.rule.empty() || form.cite.empty()) << id;
    for (auto const& guard : form.guards)
      EXPECT_FALSE(guard.rule.empty() || guard.cite.empty() || guard.text.empty()) << id;
  }
}

TEST(Package, a_missing_file_is_named) {
  auto files = package_files();
  files.erase("process.bpmn");
  EXPECT_EQ(refused_as(files), "missing_file");
  files = package_files();
  files.erase("texts/ru.json");
  EXPECT_EQ(refused_as(files), "missing_file");
  files = package_files();
  files.erase("documents/refusal.xml");
  EXPECT_EQ(refused_as(files), "unknown_document");
}

TEST(Package, what_service_xml_names_must_exist) {
  EXPECT_EQ(service("text=\"guard.four_eyes\"", "text=\"guard.five_eyes\""), "unknown_text");
  EXPECT_EQ(service("cite=\"appc.67\"", "cite=\"appc.999\""), "unknown_citation");
  EXPECT_EQ(service("actor.user != executor", "actor.user != executors"), "unknown_path");
  EXPECT_EQ(service("actor.user != executor", "actor.user !! executor"), "expression");
  EXPECT_EQ(service("<sign path=\"draft.document\"", "<sign path=\"draft.paper\""), "unknown_path");
  EXPECT_EQ(service("nodes=\"Task_Sign\"", "nodes=\"Task_Sing\""), "unknown_node");
  EXPECT_EQ(service("basis=\"hearing_notice\"", "basis=\"notice\""), "unknown_milestone");
  EXPECT_EQ(service("days=\"7\"", "days=\"seven\""), "number");
  EXPECT_EQ(service("type=\"user\" required", "type=\"person\" required"), "unknown_type");
  EXPECT_EQ(service("<grounds>", "<grounds><reason/>"), "unknown_element");
  EXPECT_EQ(service("<role id=\"head\">", "<role id=\"head\" colour=\"red\">"),
            "unknown_attribute");
  EXPECT_EQ(service("effective-from=\"2025-10-27\"", "effective-from=\"2025-13-27\""), "date");
}

TEST(Package, an_extension_of_the_term_is_read_strictly) {
  auto const extension = [](std::string const& attributes, std::string const& rows = "") {
    return service("</term>", "<extension rule=\"R79-07\" cite=\"p77.3\" " + attributes + ">" +
                                  rows + "</extension></term>");
  };
  EXPECT_EQ(extension("code=\"x\" days=\"90\" basis=\"never\""), "unknown_basis");
  EXPECT_EQ(extension("code=\"x\" days=\"0\" basis=\"start\""), "number");
  EXPECT_EQ(extension("days=\"90\" basis=\"start\""), "missing_attribute");
  std::string const good = "code=\"x\" days=\"90\" basis=\"start\" ";
  EXPECT_EQ(extension(good + "months=\"2\" months-cite=\"p77.3\""), "missing_attribute");
  EXPECT_EQ(extension(good + "months=\"2\" months-cite=\"p77.3\" cap=\"no\""), "unknown_cap");
  EXPECT_EQ(extension(good + "months=\"0\" months-cite=\"p77.3\" cap=\"days\""), "number");
  EXPECT_EQ(extension(good + "months=\"2\" months-cite=\"nowhere\" cap=\"days\""),
            "unknown_citation");
  EXPECT_EQ(extension(good,
                      "<milestone code=\"a\" basis=\"b\" offset=\"1\" rule=\"R79-09\" "
                      "cite=\"p77.3\"/>"),
            "unknown_milestone");
}

TEST(Package, a_target_of_the_office_is_read_strictly) {
  auto const target = [](std::string const& code, std::string const& nodes,
                         std::string const& due) {
    return service("</term>", "<target code=\"" + code + "\" nodes=\"" + nodes + "\" due=\"" + due +
                                  "\" rule=\"R79-13\" cite=\"p77.3\"/></term>");
  };
  EXPECT_EQ(target("minutes", "Task_Sign", "wd_add(hearing.held_on, 3)"), "accepted");
  EXPECT_EQ(target("draft", "Task_Sign", "wd_add(hearing.held_on, 3)"), "duplicate_id");
  EXPECT_EQ(target("minutes", "Task_Sing", "wd_add(hearing.held_on, 3)"), "unknown_node");
  EXPECT_EQ(target("minutes", "Task_Sign", "wd_add(T.end, 3)"), "expression");
  EXPECT_EQ(target("minutes", "Task_Sign", ""), "missing_attribute");
  EXPECT_EQ(target("nameless", "Task_Sign", "wd_add(hearing.held_on, 3)"), "unknown_text");
}

TEST(Package, an_expected_message_tells_somebody) {
  auto const message = [](std::string const& attributes) {
    return service("<message name=\"hearing.objection\"",
                   "<message name=\"hearing.objection\" " + attributes);
  };
  EXPECT_EQ(message("due=\"hearing.held_on\""), "unknown_attribute");
  EXPECT_EQ(message("told=\"executor\""), "unknown_attribute");
}

TEST(Package, a_list_with_columns_has_rows) {
  auto const list = [](std::string const& attributes, std::string const& columns) {
    return service("<field name=\"refusal.reasons\"",
                   "<field name=\"executor.list\" type=\"list\" " + attributes + ">" + columns +
                       "</field><field name=\"refusal.reasons\"");
  };
  std::string const column = "<field name=\"number\" type=\"text\"/>";
  EXPECT_EQ(list("rows=\"3\"", ""), "rows");
  EXPECT_EQ(list("", column), "rows");
  EXPECT_EQ(list("rows=\"101\"", column), "rows");
  EXPECT_EQ(list("rows=\"3\"", "<field name=\"a\" type=\"list\"/>"), "list_in_list");
  EXPECT_EQ(list("rows=\"3\"", "<field name=\"a\" type=\"text\" shown=\"true\"/>"),
            "unknown_attribute");
}

TEST(Package, what_the_drawing_names_must_exist) {
  EXPECT_EQ(drawing("wf:form=\"review\"", "wf:form=\"revue\""), "unknown_form");
  EXPECT_EQ(drawing("wf:role=\"head\"", "wf:role=\"boss\""), "unknown_role");
  EXPECT_EQ(drawing("wf:kind=\"draft\"", "wf:kind=\"draught\""), "unknown_milestone");
  EXPECT_EQ(drawing("wf:kind=\"refusal\"", "wf:kind=\"no\""), "unknown_kind");
  EXPECT_EQ(drawing("wf:template=\"refusal\"", "wf:template=\"no\""), "unknown_document");
  EXPECT_EQ(drawing(">T.draft<", ">T.drafts<"), "unknown_path");
  EXPECT_EQ(drawing("decision.outcome = \"issue\"", "outcome = \"issue\""), "unknown_path");
  EXPECT_EQ(drawing("name=\"hearing.waiver\"", "name=\"hearing.no\""), "unknown_message");
  EXPECT_EQ(drawing("wf:signature=\"required\"", ""), "signature");
  EXPECT_EQ(drawing("wf:cite=\"appc.64\"", "wf:cite=\"appc.6\""), "unknown_citation");
}

TEST(Package, what_an_expression_gives_fits_where_it_stands) {
  EXPECT_EQ(service("consent = true", "consent = 1"), "type_error");
  EXPECT_EQ(service("require=\"branch.id != null\"", "require=\"branch.id\""), "type_error");
  EXPECT_EQ(service("wd_add(hearing.delivered_on, 2)", "wd_add(hearing.delivered_on, subtype)"),
            "type_error");
  EXPECT_EQ(service("path=\"hearing.waived\" value=\"true\"",
                    "path=\"hearing.waived\" value=\"true\" when=\"subtype\""),
            "type_error");
  EXPECT_EQ(service("shown='hearing.result = \"held\"'", "shown='hearing.result'"), "type_error");
  EXPECT_EQ(drawing(">T.draft<", ">subtype<"), "type_error");
  EXPECT_EQ(drawing("review.outcome = \"approve\"", "review.outcome = true"), "type_error");
  EXPECT_EQ(drawing("draft.made_on = null", "draft.made_on"), "type_error")
      << "what assignments set has the type of what they set";
  auto const loaded = load_package(changed("service.xml", "consent = true", "consent = 1"), "");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error()[0].file, "service.xml");
  EXPECT_GT(loaded.error()[0].line, 1);
  EXPECT_EQ(loaded.error()[0].text, "'=' of boolean and number has no value: consent = 1");
}

std::string extended(std::string_view extension) {
  return service("  </term>", std::string{extension} + "  </term>");
}

TEST(Package, an_extension_names_its_days_and_milestones) {
  constexpr std::string_view k_good =
      R"(<extension code="archive" days="90" basis="start" rule="R79-07" cite="appc.76">
         <milestone code="extension_notice" basis="decision" offset="3" rule="R79-09"
                    cite="appc.76"/>
         <milestone code="answer" basis="extension_notice" offset="1" rule="R79-09"
                    cite="appc.76"/>
       </extension>)";
  EXPECT_EQ(extended(k_good), "accepted");
  auto const but = [&](std::string_view from, std::string_view to) {
    std::string text{k_good};
    text.replace(text.find(from), from.size(), to);
    return extended(text);
  };
  EXPECT_EQ(but("90", "0"), "number");
  EXPECT_EQ(but("basis=\"start\"", "basis=\"moon\""), "unknown_basis");
  EXPECT_EQ(but("basis=\"extension_notice\"", "basis=\"reply\""), "unknown_milestone");
  EXPECT_EQ(but("code=\"answer\"", "code=\"hearing_notice\""), "unknown_milestone")
      << "others rest on the row that is replaced";
  EXPECT_EQ(extended(std::string{k_good} + std::string{k_good}), "duplicate_id");
  EXPECT_EQ(service("basis=\"start\" offset=\"0\"", "basis=\"decision\" offset=\"0\""),
            "unknown_milestone");
}

TEST(Package, an_early_message_is_neither_signed_nor_makes_papers) {
  auto const early = [](std::string_view duration) {
    return service("<message name=\"delivery.requested\"",
                   "<message early=\"" + std::string{duration} + "\" name=\"delivery.requested\"");
  };
  EXPECT_EQ(early("P30D"), "accepted");
  EXPECT_EQ(early("P13M"), "duration");
  EXPECT_EQ(early("soon"), "duration");
  EXPECT_EQ(early("-P1D"), "duration");
  EXPECT_EQ(
      service(
          "<message name=\"delivery.requested\" role=\"citizen\" rule=\"E-13\" cite=\"p77.10\">",
          "<message early=\"P1D\" name=\"delivery.requested\" role=\"citizen\" rule=\"E-13\" "
          "cite=\"p77.10\"><produce document=\"refusal\" path=\"draft.document\"/>"),
      "early_message");
}

TEST(Package, what_is_certified_comes_from_the_citizen_and_not_early) {
  auto const with = [](std::string_view more, std::string_view role) {
    return service("<message name=\"delivery.requested\" role=\"citizen\"",
                   "<message name=\"delivery.requested\" certified=\"true\" " + std::string{more} +
                       "role=\"" + std::string{role} + "\"");
  };
  EXPECT_EQ(with("", "citizen"), "accepted");
  EXPECT_EQ(with("", "head"), "certified_message");
  EXPECT_EQ(with("early=\"P1D\" ", "citizen"), "certified_message");
}

/// It would be passed over in silence: a case begins with what it was given.
TEST(Package, an_application_assigns_produces_and_signs_nothing) {
  constexpr std::string_view k_end = "text=\"guard.subtype\" field=\"subtype\"/>";
  auto const with = [&](std::string_view more) {
    return service(k_end, std::string{k_end} + std::string{more});
  };
  EXPECT_EQ(with(""), "accepted");
  EXPECT_EQ(with("<assign path=\"priority\" value=\"true\"/>"), "application");
  EXPECT_EQ(with("<produce document=\"refusal\" path=\"draft.document\"/>"), "application");
  EXPECT_EQ(with("<sign path=\"draft.document\" rule=\"INV-05\" cite=\"a30.5\"/>"), "application");
}

TEST(Package, called_processes_stand_in_the_package) {
  auto files = package_files();
  auto& drawing = files.at("process.bpmn");
  auto const task = drawing.find("<bpmn:userTask id=\"Task_Review\"");
  auto const end = drawing.find("</bpmn:userTask>", task);
  ASSERT_NE(end, std::string::npos);
  drawing.replace(end, 16, "</bpmn:callActivity>");
  auto const until = drawing.find('>', task);
  drawing.replace(task, until - task,
                  "<bpmn:callActivity id=\"Task_Review\" calledElement=\"asked\" "
                  "wf:in=\"subtype = subtype\" wf:out=\"review.outcome = result.subtype\"");
  EXPECT_EQ(refused_as(files), "unknown_called_element");
  files["asked.bpmn"] = R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
    <process id="asked" isExecutable="true"><startEvent id="A_Start"/><endEvent id="A_End"/>
    <sequenceFlow id="A_Flow" sourceRef="A_Start" targetRef="A_End"/></process></definitions>)";
  EXPECT_EQ(refused_as(files), "accepted");
}

TEST(Package, texts_are_one_object_of_words) {
  EXPECT_EQ(refused_as(changed("texts/kk.json", "{", "[")), "texts");
  auto files = package_files();
  files["texts/en.json"] = R"({"a": {"b": "c"}})";
  EXPECT_EQ(refused_as(files), "texts");
}

TEST(Package, mutilated_files_never_crash_the_loader) {
  auto const whole = package_files();
  std::mt19937 random{7};
  for (int i = 0; i < 60; ++i) {
    auto files = whole;
    auto& text = files.at("service.xml");
    for (int j = 0; j < 3; ++j) {
      auto const from = random() % text.size();
      if (random() % 2 == 0)
        text.erase(from, random() % 40);
      else
        text[from] = char(random() % 256);
    }
    (void)load_package(std::move(files), "");
  }
}

TEST(Package, forms_are_read_as_people_type_them) {
  auto const& package = *service_77();
  using Raw = std::map<std::string, std::string, std::less<>>;
  auto const parse = [&](std::string_view form, Raw const& raw) {
    return parse_form(*package.form(form), raw, {}, seed());
  };
  auto const good = parse("notice", {{"hearing.mode", "video"},
                                     {"hearing.slot", "2026-12-15T11:00"},
                                     {"hearing.place", " link "}});
  ASSERT_TRUE(good);
  EXPECT_EQ(*good->at("hearing.slot").as<Instant>(), at("2026-12-15T11:00"));
  EXPECT_EQ(*good->at("hearing.place").as<std::string>(), "link");

  auto const bad =
      parse("notice", {{"hearing.mode", "radio"}, {"hearing.slot", "15.12.2026"}, {"extra", "1"}});
  ASSERT_FALSE(bad);
  std::map<std::string, std::string> found;
  for (auto const& error : bad.error()) found[error.field] = error.text;
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"extra", "error.unknown_field"},
                                                       {"hearing.mode", "error.not_a_choice"},
                                                       {"hearing.slot", "error.field_datetime"},
                                                       {"hearing.place", "error.required"}}));
  // What a page hides is not asked, even when a browser sends it.
  auto const hidden = parse(
      "review",
      {{"review.outcome", "approve"}, {"checklist.photo", "on"}, {"review.reasons", "left over"}});
  ASSERT_TRUE(hidden);
  EXPECT_FALSE(hidden->contains("review.reasons"));
  EXPECT_EQ(hidden->at("checklist.photo"), Value{true});
  EXPECT_FALSE(parse("review", {{"review.outcome", "refuse"}}));
  EXPECT_FALSE(parse("dispatch", {{"delivery.registry_number", std::string(51, 'x')}}));
}

}  // namespace
}  // namespace qyzmet::engine
