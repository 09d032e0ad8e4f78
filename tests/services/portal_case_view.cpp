// A case as its citizen and its officials read it, on the package of service 77.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "services/casework/process_picture.hpp"
#include "services/portal/case_view.hpp"
#include "services/seeds/seeds.hpp"
#include "templates/assets.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::portal {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string read_file(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::shared_ptr<engine::Package const> package() {
  static auto const loaded = [] {
    fs::path const folder = fs::path{QYZMET_SOURCE_DIR} / "services/military_id";
    std::map<std::string, std::string, std::less<>> files;
    for (auto const& entry : fs::recursive_directory_iterator{folder})
      if (entry.is_regular_file())
        files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
    return engine::load_package(std::move(files), std::string(64, 'a')).value();
  }();
  return loaded;
}

std::shared_ptr<engine::Calendar const> calendar() {
  static auto const loaded = std::make_shared<engine::Calendar const>(
      engine::Calendar::from_csv(1,
                                 read_file(fs::path{QYZMET_SOURCE_DIR} / "engine/calendars/kz.csv"))
          .value());
  return loaded;
}

Instant local(std::string_view date, int hour) {
  return start_of(*parse_date(date)) + std::chrono::hours{hour};
}

/// A case that is led through the engine, with its history as the database would give it.
struct Case {
  casework::OpenCase open{
      .row = {}, .package = package(), .calendar = calendar(), .instance = {}, .now = {}};
  CaseRegisters registers{.history = {},
                          .documents = {},
                          .signatures = {},
                          .office = {},
                          .branch = {},
                          .names = {{"3", "Тіркеуова Сәуле"}}};

  Case() {
    open.row.number = "77-2026-000001";
    open.row.fields.subtype = "old_sample";
    open.row.fields.place = "city";
    engine::Context const variables{
        {"applicant", "1"},
        {"language", "kk"},
        {"subtype", "old_sample"},
        {"place", "city"},
        {"mode", "peacetime"},
        {"consent", true},
        {"documents", engine::List{}},
        {"office", engine::Context{{"id", "1"}}},
        {"branch", engine::Context{{"id", "2"}, {"is_duty", true}}},
        {"certified", engine::Context{{"by", "eds"},
                                      {"document", std::string(64, 'b')},
                                      {"signature", std::string(64, 'c')}}}};
    step({.user = "1", .role = "citizen"}, engine::Start{variables}, local("2026-11-21", 10));
  }

  void step(engine::Actor actor, decltype(engine::Event::body) body, Instant at) {
    engine::Event const event{
        .at = at, .actor = actor, .salt = std::string(32, '0'), .body = std::move(body)};
    auto done = engine::step(*open.package, *open.calendar, open.instance, event);
    ASSERT_TRUE(done.has_value()) << done.error().text;
    db::HistoryEntry entry{};
    entry.at = at;
    entry.actor = actor.user;
    entry.role = actor.role;
    entry.facts = engine::facts_json(done->facts);
    registers.history.push_back(std::move(entry));
    open.instance = std::move(done->next);
    open.now = at;
    open.row.fields.filed = open.instance.deadlines.filed;
    open.row.fields.accepted = open.instance.deadlines.accepted;
    open.row.fields.due = open.instance.deadlines.due;
  }

  void register_it() {
    step(
        {.user = "3", .role = "registrar", .unit = "1"},
        engine::CompleteTask{.task = "Task_Register", .form = {{"executor", "4"}}, .signature = {}},
        local("2026-11-23", 10));
  }
};

templates::Catalogue const& texts() {
  static auto const loaded = templates::load_catalogue();
  return loaded;
}

json::object view(Case const& one, bool staff = false, std::string language = "en") {
  return case_view(one.open, one.registers,
                   {.language = std::move(language), .texts = texts(), .staff = staff});
}

std::vector<std::string> timeline(json::object const& shown) {
  std::vector<std::string> out;
  for (auto const& item : shown.at("timeline").at("items").as_array())
    out.push_back(std::string{item.at("state").as_string()} + ": " +
                  std::string{item.at("text").as_string()});
  return out;
}

TEST(CaseView, TheCitizenReadsWhatHappenedAndWhatIsToCome) {
  Case one;
  EXPECT_EQ(timeline(view(one)), (std::vector<std::string>{
                                     "done: The application was received",
                                     "now: Application received, waiting for registration",
                                     "next: The application is registered and given to an executor",
                                     "next: The draft of the result is prepared",
                                     "next: The ID is delivered to the branch",
                                     "next: The result comes to your cabinet"}));
  one.register_it();
  EXPECT_EQ(
      timeline(view(one)),
      (std::vector<std::string>{
          "done: The application was received",
          "done: The application was registered and given to an executor",
          "now: Under consideration", "next: The draft of the result is prepared",
          "next: The ID is delivered to the branch", "next: The result comes to your cabinet"}));
}

TEST(CaseView, EveryDateNamesItsParagraphAndExplainsItsCount) {
  LAW("R77-31");
  Case one;
  one.register_it();
  for (auto const& item : view(one).at("timeline").at("items").as_array()) {
    auto const& step = item.as_object();
    if (step.at("state").as_string() == "now") continue;
    EXPECT_TRUE(step.contains("cite")) << step.at("text").as_string();
    if (step.at("state").as_string() == "next") {
      EXPECT_TRUE(step.contains("by"));
      EXPECT_FALSE(step.at("why").at("steps").as_array().empty());
    }
  }
}

TEST(CaseView, AMissedMilestoneIsShownAsLate) {
  Case one;
  one.step({.user = "", .role = "system"}, engine::Tick{}, local("2026-11-24", 9));
  auto const shown = timeline(view(one, true));
  auto const late = std::ranges::find_if(shown, [](auto const& line) {
    return line.starts_with("late: Deadline missed: Registration");
  });
  EXPECT_NE(late, shown.end());
  EXPECT_EQ(view(one).at("breaches").as_array().size(), 1U);
}

TEST(CaseView, OfficialsReadWhoActedAndCitizensTheRole) {
  Case one;
  one.register_it();
  auto const note = [&](bool staff) {
    auto const shown = view(one, staff);
    return std::string{shown.at("timeline").at("items").as_array()[1].at("note").as_string()};
  };
  EXPECT_EQ(note(false), "registrar");
  EXPECT_EQ(note(true), "registrar, Тіркеуова Сәуле");
}

TEST(CaseView, DraftsOfTheOfficeAreNotForTheCitizen) {
  LAW("INV-45");
  Case one;
  for (auto const* direction : {"in", "inner", "out"}) {
    db::CaseDocumentRow row{};
    row.code = "place_info";
    row.direction = direction;
    one.registers.documents.push_back(row);
  }
  EXPECT_EQ(view(one).at("documents").as_array().size(), 2U);
  EXPECT_EQ(view(one, true).at("documents").as_array().size(), 3U);
}

TEST(CaseView, TheHoursOfTheBranchAreThoseOfTheCalendar) {
  Case one;
  auto const hours = [&](std::string language) {
    std::vector<std::string> out;
    auto const shown = view(one, false, std::move(language));
    for (auto const& line : shown.at("branch").at("hours").as_array())
      out.emplace_back(line.as_string());
    return out;
  };
  using Lines = std::vector<std::string>;
  one.registers.branch = db::Branch{};
  one.registers.branch->code = "esil-1";
  one.registers.branch->hours = "by the register";
  one.registers.branch->is_duty = true;
  EXPECT_EQ(hours("en"), Lines{"Mon–Fri 09:00–20:00; Sat 09:00–13:00"});
  EXPECT_EQ(hours("kk"), Lines{"Дс–Жм 09:00–20:00; Сн 09:00–13:00"});
  auto const with = [&](std::string const& lines) {
    one.open.calendar = std::make_shared<engine::Calendar const>(
        engine::Calendar::from_csv(2, calendar()->to_csv() + lines).value());
  };
  with(
      "hours,duty_branch,1-6,10:00-19:00,2027-01-01\n"
      "hours,branch,1-5,10:00-19:00,2027-02-01\n"
      "closed,esil-1,2026-11-01,2026-11-20,over\nclosed,esil-2,2026-12-01,2026-12-05,not here\n"
      "closed,esil-1,2026-12-01,2026-12-05,\nclosed,esil-1,2026-12-09,2026-12-09,\n");
  EXPECT_EQ(hours("ru"),
            (Lines{"Пн–Пт 09:00–20:00; Сб 09:00–13:00", "с 01.01.2027: Пн–Сб 10:00–19:00",
                   "закрыт 01.12.2026 – 05.12.2026", "закрыт 09.12.2026"}));
  one.open.calendar = std::make_shared<engine::Calendar const>(
      engine::Calendar::from_csv(3, "date,kind,basis\nyear,2026,official\n").value());
  EXPECT_EQ(hours("en"), Lines{"by the register"}) << "the calendar names none";
}

TEST(CaseView, NoTextIsMissingInAnyLanguage) {
  Case one;
  one.registers.branch = db::Branch{};
  one.register_it();
  for (auto const* language : {"kk", "ru", "en"})
    for (bool const staff : {false, true}) view(one, staff, language);
  EXPECT_TRUE(texts().missing().empty()) << texts().missing().front();
}

TEST(ProcessView, MarksWhatIsDoneAndWhereTheCaseWaits) {
  Case one;
  auto const before = casework::process_marks(one.open, one.registers.history);
  EXPECT_TRUE(before.at("Start_Application").done);
  EXPECT_EQ(before.at("Task_Register").tokens, 1);
  EXPECT_FALSE(before.contains("Sub_Decision")) << "waits where its inside waits";
  one.register_it();
  auto const marks = casework::process_marks(one.open, one.registers.history);
  EXPECT_TRUE(marks.at("Task_Register").done);
  EXPECT_EQ(marks.at("Task_Register").tokens, 0);
  EXPECT_EQ(marks.at("Task_Review").tokens, 1);
  EXPECT_FALSE(marks.at("Task_Review").done);
}

TEST(ProcessView, MarksAMissedTermAtTheStepThatRecordedIt) {
  Case one;
  one.step({.user = "", .role = "system"}, engine::Tick{}, local("2026-11-30", 10));
  auto const marks = casework::process_marks(one.open, one.registers.history);
  EXPECT_EQ(marks.at("Svc_RegisterBreach").breaches, 1);
  EXPECT_TRUE(marks.at("Bnd_RegisterLate").done);
  EXPECT_EQ(marks.at("Task_Register").tokens, 1);
}

TEST(ProcessView, SpeaksTheLanguageOfTheReader) {
  auto const dressed = [](std::string language) {
    Reader const reader{.language = std::move(language), .texts = texts(), .staff = true};
    return casework::process_dress(*package(), words_of(reader, *package()), reader.language);
  };
  EXPECT_EQ(dressed("ru").names.at("Task_Review"), "Проверка документов");
  EXPECT_EQ(dressed("en").names.at("Flow_08"), "approve");
  EXPECT_FALSE(dressed("kk").cites.at("p77.4").empty());
}

/// What is drawn says what is told: the words of each drawing stand in it and in its texts.
TEST(ProcessView, SaysInKazakhWhatIsDrawn) {
  for (auto const* service : {"military_id", "registration", "correction"}) {
    auto const drawn = seeds::package(service).value();
    auto const dressed = [&drawn](std::string language) {
      Reader const reader{.language = std::move(language), .texts = texts(), .staff = true};
      return casework::process_dress(*drawn, words_of(reader, *drawn), reader.language);
    };
    auto const picture = diagram::read(drawn->files.at("process.bpmn"));
    ASSERT_TRUE(picture);
    for (auto const& shape : picture->shapes)
      if (!shape.name.empty()) EXPECT_EQ(dressed("kk").names[shape.id], shape.name);
    for (auto const* language : {"kk", "ru", "en"}) {
      auto const dress = dressed(language);
      for (auto const& shape : picture->shapes)
        EXPECT_EQ(dress.names.contains(shape.id), !shape.name.empty()) << shape.id;
      for (auto const& edge : picture->edges)
        EXPECT_EQ(dress.names.contains(edge.id), !edge.name.empty()) << edge.id;
    }
  }
}

}  // namespace
}  // namespace qyzmet::portal
