// Pictures of processes: everything in the file is drawn, nothing leaves its box, nothing of the
// file becomes markup.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <pugixml.hpp>
#include <set>

#include "templates/diagram/diagram.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::diagram {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

constexpr std::string_view k_head =
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
    "xmlns:di=\"http://www.omg.org/spec/BPMN/20100524/DI\" "
    "xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" xmlns:wf=\"urn:kz:workflow:1\">";

/// One process with these elements, a hundred in a row, 200 units apart.
std::string file_of(std::vector<std::string> const& elements, std::string const& attributes = {}) {
  std::string out{k_head}, plane;
  out += "<process id=\"p\" name=\"Drawn\">";
  int index = 0;
  for (auto const& element : elements) {
    auto const n = std::to_string(index);
    out += element;
    plane += "<di:BPMNShape bpmnElement=\"e" + n + "\" " + attributes + "><dc:Bounds x=\"" +
             std::to_string(200 * (index % 100)) + "\" y=\"" + std::to_string(index / 100 * 150) +
             "\" width=\"140\" height=\"80\"/></di:BPMNShape>";
    ++index;
  }
  return out + "</process><di:BPMNDiagram><di:BPMNPlane bpmnElement=\"p\">" + plane +
         "</di:BPMNPlane></di:BPMNDiagram></definitions>";
}

std::vector<std::string> numbered(std::string const& element, std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back("<" + element + " id=\"e" + std::to_string(i) + "\" name=\"Here\"/>");
  return out;
}

/// The picture as XML; a failure when it is not well-formed.
class Svg {
 public:
  explicit Svg(std::string const& text) {
    auto const parsed = document_.load_string(text.c_str(), pugi::parse_full);
    EXPECT_TRUE(parsed) << parsed.description() << " at " << parsed.offset;
    root = document_.document_element();
  }
  pugi::xml_node find(std::string const& id) const {
    return root.find_node([&](pugi::xml_node node) { return id == node.attribute("id").value(); });
  }
  std::string classes(std::string const& id) const { return find(id).attribute("class").value(); }
  std::string tooltip(std::string const& id) const { return find(id).child_value("title"); }

  pugi::xml_node root;

 private:
  pugi::xml_document document_;
};

Svg drawn(std::string const& bpmn, Marks const& marks = {}, Dress const& dress = {}) {
  auto const picture = read(bpmn);
  EXPECT_TRUE(picture) << picture.error().text;
  return Svg{draw(picture ? *picture : Diagram{}, marks, dress)};
}

double value(pugi::xml_node node, char const* name) {
  return node.attribute(name).as_double();
}

/// Each line of a text of the node lies inside the box of its element.
void expect_inside(Diagram const& picture, PlacedLabel const& label) {
  for (auto const& shape : picture.shapes) {
    bool const holds = shape.kind == Kind::activity || shape.kind == Kind::sub_process;
    if (shape.id != label.id || !holds) continue;
    auto const& box = shape.bounds;
    EXPECT_GE(label.rect.x, box.x + 2) << shape.name;
    EXPECT_GE(label.rect.y, box.y) << shape.name;
    EXPECT_LE(label.rect.right(), box.right() - 2) << shape.name;
    EXPECT_LE(label.rect.bottom(), box.bottom()) << shape.name;
  }
}

/// What the package calls the elements in a language.
Texts names_in(fs::path const& package, std::string const& language) {
  constexpr std::string_view k_family = "diagram.";
  Texts names;
  auto const texts = boost::json::parse(bytes_of(package / "texts" / (language + ".json")));
  for (auto const& [key, text] : texts.as_object())
    if (key.starts_with(k_family))
      names[std::string{key.substr(k_family.size())}] = text.as_string();
  return names;
}

void expect_legible(Diagram const& picture, Dress const& dress) {
  for (auto const& label : labels(picture, dress)) {
    EXPECT_EQ(label.collisions, 0) << label.id << " lies on a line, a shape or another label";
    EXPECT_FALSE(label.cut) << label.id << " is too long for its place";
    expect_inside(picture, label);
  }
}

TEST(Diagram, OurProcessesAreFitForTheWallInThreeLanguages) {
  int files = 0;
  for (auto const& folder : fs::directory_iterator{fs::path{QYZMET_SOURCE_DIR} / "services"}) {
    if (!fs::exists(folder.path() / "process.bpmn")) continue;
    for (auto const& file : fs::directory_iterator{folder.path()}) {
      if (file.path().extension() != ".bpmn") continue;
      auto const picture = read(bytes_of(file.path()));
      ASSERT_TRUE(picture) << file.path();
      for (auto const* language : {"kk", "ru", "en"}) {
        SCOPED_TRACE(file.path().string() + " in " + language);
        Dress dress;
        dress.names = names_in(folder.path(), language);
        // What no page shows yet has no names of its own.
        if (!dress.names.empty()) expect_legible(*picture, dress);
      }
      ++files;
    }
  }
  EXPECT_GE(files, 1);
}

TEST(Diagram, ForeignFilesAreDrawnWholeAndWhereTheyStand) {
  auto const folder = tests::shared("vectors/bpmn/miwg");
  if (!folder) GTEST_SKIP() << "no ../shared/vectors/bpmn/miwg";
  int files = 0;
  for (auto const& file : fs::directory_iterator{*folder}) {
    if (file.path().extension() != ".bpmn") continue;
    SCOPED_TRACE(file.path().filename());
    auto const bpmn = bytes_of(file.path());
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(bpmn.c_str()));
    auto const svg = drawn(bpmn);
    int parts = 0;
    for (auto const& each : document.select_nodes("//*[local-name()='BPMNShape' or "
                                                  "local-name()='BPMNEdge']")) {
      auto const id = "n-" + std::string{each.node().attribute("bpmnElement").value()};
      EXPECT_TRUE(svg.find(id)) << id;
      ++parts;
    }
    EXPECT_GT(parts, 5);
    ++files;
  }
  EXPECT_EQ(files, 6);
}

TEST(Diagram, ShapesKeepTheirBoundsAndLinesTheirEnds) {
  auto const bpmn = std::string{k_head} +
                    "<process id=\"p\"><task id=\"a\"/><task id=\"b\"/><sequenceFlow id=\"f\" "
                    "sourceRef=\"a\" targetRef=\"b\"/></process><di:BPMNDiagram><di:BPMNPlane "
                    "bpmnElement=\"p\"><di:BPMNShape bpmnElement=\"a\"><dc:Bounds x=\"10.5\" "
                    "y=\"20\" width=\"100\" height=\"60\"/></di:BPMNShape><di:BPMNEdge "
                    "bpmnElement=\"f\"><di:waypoint x=\"110.5\" y=\"50\"/><di:waypoint x=\"150\" "
                    "y=\"50\"/><di:waypoint x=\"150\" y=\"90\"/></di:BPMNEdge></di:BPMNPlane>"
                    "</di:BPMNDiagram></definitions>";
  auto const svg = drawn(bpmn);
  auto const box = svg.find("n-a").child("rect");
  EXPECT_EQ(value(box, "x"), 10.5);
  EXPECT_EQ(value(box, "y"), 20);
  EXPECT_EQ(value(box, "width"), 100);
  EXPECT_EQ(value(box, "height"), 60);
  std::string const line = svg.find("n-f").child("path").attribute("d").value();
  EXPECT_EQ(line, "M110.5 50 L142 50 Q150 50 150 58 L150 90");
  EXPECT_FALSE(svg.find("n-b")) << "has no shape";
  EXPECT_STREQ(svg.root.attribute("viewBox").value(), "-13.5 -4 187.5 118");
}

TEST(Diagram, NoElementIsLeftOutOrBreaksThePicture) {
  std::vector<std::string> const kinds{"task",
                                       "userTask",
                                       "serviceTask",
                                       "receiveTask",
                                       "sendTask",
                                       "manualTask",
                                       "scriptTask",
                                       "businessRuleTask",
                                       "callActivity",
                                       "subProcess",
                                       "transaction",
                                       "adHocSubProcess",
                                       "startEvent",
                                       "endEvent",
                                       "boundaryEvent",
                                       "intermediateCatchEvent",
                                       "parallelGateway",
                                       "inclusiveGateway",
                                       "complexGateway",
                                       "eventBasedGateway",
                                       "exclusiveGateway",
                                       "dataObjectReference",
                                       "dataStoreReference",
                                       "textAnnotation",
                                       "group",
                                       "lane",
                                       "participant",
                                       "intermediateThrowEvent",
                                       "choreographyTask",
                                       "somethingOfTomorrow"};
  std::vector<std::string> const inside{"",
                                        "<multiInstanceLoopCharacteristics/>",
                                        "<multiInstanceLoopCharacteristics isSequential=\"true\"/>",
                                        "<standardLoopCharacteristics/>",
                                        "<messageEventDefinition/>",
                                        "<timerEventDefinition/>",
                                        "<errorEventDefinition/>",
                                        "<terminateEventDefinition/>",
                                        "<signalEventDefinition/><linkEventDefinition/>"};
  for (auto const& more : inside)
    for (auto const* expanded : {"", "isExpanded=\"true\" isMarkerVisible=\"true\""}) {
      std::vector<std::string> elements;
      for (auto const& kind : kinds)
        elements.push_back("<" + kind + " id=\"e" + std::to_string(elements.size()) +
                           "\" name=\"Name of it\">" + more + "</" + kind + ">");
      auto const svg = drawn(file_of(elements, expanded));
      for (std::size_t i = 0; i < kinds.size(); ++i)
        EXPECT_TRUE(svg.find("n-e" + std::to_string(i)).child("title")) << kinds[i];
    }
}

TEST(Diagram, ATextThatDoesNotFitEndsInAnEllipsisAndStandsWholeInTheTooltip) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "қарастыру ";
  name += "соңы";
  for (auto const& text : {name, std::string(400, 'W')}) {
    auto const bpmn = file_of({"<userTask id=\"e0\" name=\"" + text + "\"/>"});
    auto const picture = read(bpmn).value();
    auto const placed = labels(picture, {});
    ASSERT_EQ(placed.size(), 1U);
    EXPECT_TRUE(placed[0].cut);
    expect_inside(picture, placed[0]);
    auto const svg = drawn(bpmn);
    EXPECT_EQ(svg.tooltip("n-e0"), text);
    std::string const last = svg.find("n-e0").child("text").last_child().child_value();
    EXPECT_TRUE(last.ends_with("…")) << last;
  }
}

TEST(Diagram, ALabelMovesOffALineAndStaysWhereItIsFree) {
  auto const bpmn = [](std::string const& label_y) {
    return std::string{k_head} +
           "<process id=\"p\"><exclusiveGateway id=\"g\" name=\"Which way?\"/><sequenceFlow "
           "id=\"f\"/></process><di:BPMNDiagram><di:BPMNPlane bpmnElement=\"p\"><di:BPMNShape "
           "bpmnElement=\"g\"><dc:Bounds x=\"100\" y=\"100\" width=\"50\" height=\"50\"/>"
           "<di:BPMNLabel><dc:Bounds x=\"75\" y=\"" +
           label_y +
           "\" width=\"100\" height=\"20\"/></di:BPMNLabel></di:BPMNShape><di:BPMNEdge "
           "bpmnElement=\"f\"><di:waypoint x=\"125\" y=\"150\"/><di:waypoint x=\"125\" "
           "y=\"300\"/></di:BPMNEdge></di:BPMNPlane></di:BPMNDiagram></definitions>";
  };
  auto const on_the_line = labels(read(bpmn("160")).value(), {}).at(0);
  EXPECT_EQ(on_the_line.collisions, 0);
  EXPECT_LT(on_the_line.rect.bottom(), 100) << "above the gateway now";
  auto const free = labels(read(bpmn("60")).value(), {}).at(0);
  EXPECT_NEAR(free.rect.centre().y, 70, 0.01);
}

TEST(Diagram, ShowsWhereACaseIsInColourShapeAndWords) {
  auto const bpmn =
      file_of({"<userTask id=\"e0\" name=\"Review\" wf:cite=\"p77.4\"/>",
               "<userTask id=\"e1\" name=\"Sign\"/>", "<userTask id=\"e2\" name=\"Issue\"/>"});
  Marks const marks{
      {"e0", {.tokens = 0, .done = true, .breaches = 0, .count = 12, .average_days = 2.5}},
      {"e1", {.tokens = 2, .done = false, .breaches = 1, .count = {}, .average_days = 0.4}}};
  Dress dress;
  dress.cites = {{"p77.4", "Rules, paragraph 4"}};
  dress.names = {{"e1", "Қол қою"}};
  auto const svg = drawn(bpmn, marks, dress);
  EXPECT_EQ(svg.classes("n-e0"), "node done heat-5");
  EXPECT_EQ(svg.classes("n-e1"), "node active breach heat-1");
  EXPECT_EQ(svg.classes("n-e2"), "node");
  EXPECT_EQ(svg.tooltip("n-e0"),
            "Review\nRules, paragraph 4\ndone, times: 12, days on average: 2.5");
  EXPECT_EQ(svg.tooltip("n-e1"), "Қол қою\nnow here: 2, term missed, days on average: 0.4");
  EXPECT_STREQ(svg.root.child_value("desc"),
               "Review: done, times: 12, days on average: 2.5. "
               "Қол қою: now here: 2, term missed, days on average: 0.4.");
  EXPECT_EQ(svg.root.select_nodes("//*[contains(@class,'b-badge ')]").size(), 3U);
  auto const rows = facts(read(bpmn).value(), marks, dress);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].cite, "Rules, paragraph 4");
  EXPECT_EQ(rows[1].name, "Қол қою");
  EXPECT_EQ(rows[1].mark.tokens, 2);
}

TEST(Diagram, APictureInAPageHasNothingThatItsPolicyForbids) {
  Dress dress;
  dress.stand_alone = false;
  dress.language = "kk";
  auto const svg = drawn(file_of({"<userTask id=\"e0\" name=\"A\"/>"}), {}, dress);
  EXPECT_STREQ(svg.root.attribute("role").value(), "img");
  EXPECT_STREQ(svg.root.attribute("lang").value(), "kk");
  EXPECT_STREQ(svg.root.child_value("title"), "Drawn");
  EXPECT_TRUE(svg.root.select_nodes("//*[local-name()='style' or local-name()='script']").empty());
  EXPECT_TRUE(svg.root.select_nodes("//@style | //@*[starts-with(name(),'on')]").empty());
  auto const alone = drawn(file_of({"<userTask id=\"e0\" name=\"A\"/>"}));
  EXPECT_EQ(alone.root.select_nodes("//*[local-name()='style']").size(), 1U);
}

TEST(Diagram, NothingOfTheFileBecomesMarkup) {
  auto const svg = drawn(
      file_of({"<userTask id=\"e0\" name=\"&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;\"/>",
               "<task id=\"e1\" name=\"a&#1;b&#10;c\xff\"/>"}));
  EXPECT_TRUE(svg.root.select_nodes("//*[local-name()='script']").empty());
  EXPECT_EQ(svg.tooltip("n-e0"), "<script>alert(1)</script> \"&");
}

TEST(Diagram, ReadsOneProcessOfSeveral) {
  auto const bpmn = std::string{k_head} +
                    "<collaboration id=\"c\"><participant id=\"one\" processRef=\"p1\"/>"
                    "<participant id=\"two\" name=\"Second\" processRef=\"p2\"/></collaboration>"
                    "<process id=\"p1\"><task id=\"t1\"/></process><process id=\"p2\" "
                    "name=\"Other\"><task id=\"t2\"/></process><di:BPMNDiagram><di:BPMNPlane "
                    "bpmnElement=\"c\">" +
                    [] {
                      std::string shapes;
                      for (auto const* id : {"one", "two", "t1", "t2"})
                        shapes += "<di:BPMNShape bpmnElement=\"" + std::string{id} +
                                  "\"><dc:Bounds x=\"0\" y=\"0\" width=\"9\" "
                                  "height=\"9\"/></di:BPMNShape>";
                      return shapes;
                    }() +
                    "</di:BPMNPlane></di:BPMNDiagram></definitions>";
  EXPECT_EQ(read(bpmn).value().shapes.size(), 4U);
  auto const other = read(bpmn, "p2").value();
  EXPECT_EQ(other.name, "Other");
  std::set<std::string> ids;
  for (auto const& shape : other.shapes) ids.insert(shape.id);
  EXPECT_EQ(ids, (std::set<std::string>{"two", "t2"}));
  EXPECT_EQ(read(bpmn, "p3").error().text, "error.diagram_absent");
}

TEST(Diagram, RefusesWhatIsNoPictureByName) {
  EXPECT_EQ(read("").error().text, "error.diagram_malformed");
  EXPECT_EQ(read("<html/>").error().text, "error.diagram_malformed");
  EXPECT_EQ(read("<definitions/>").error().text, "error.diagram_absent");
  EXPECT_EQ(read(std::string(k_bytes_max + 1, ' ')).error().text, "error.diagram_too_large");
  EXPECT_EQ(read(file_of(numbered("task", k_parts_max + 1))).error().text,
            "error.diagram_too_large");
  EXPECT_TRUE(read(file_of(numbered("task", k_parts_max))));
}

TEST(Diagram, WrongNumbersDoNotBreakIt) {
  for (auto const* number : {"NaN", "1e300", "-1", "x", "", "inf"}) {
    auto bpmn = file_of({"<task id=\"e0\"/>", "<task id=\"e1\"/>"});
    bpmn.replace(bpmn.find("140"), 3, number);
    auto const picture = read(bpmn);
    ASSERT_TRUE(picture) << number;
    Svg const svg{draw(*picture, {}, {})};
    EXPECT_LT(value(svg.root, "width"), 1e4) << number;
  }
}

TEST(Diagram, ADeepOrCrowdedFileIsDrawnInBoundedTime) {
  std::string deep{k_head};
  for (int i = 0; i < 5'000; ++i) deep += "<subProcess id=\"s" + std::to_string(i) + "\">";
  for (int i = 0; i < 5'000; ++i) deep += "</subProcess>";
  EXPECT_EQ(read(deep + "</definitions>").error().text, "error.diagram_absent");

  auto const began = std::chrono::steady_clock::now();
  drawn(file_of(numbered("startEvent", k_parts_max)));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

}  // namespace
}  // namespace qyzmet::diagram
