// An amendment on its whole way by command line: deployed once it is proven, then a running case
// moved to it and back. With the real server and database.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "db/definitions.hpp"
#include "db/verify.hpp"
#include "services/casework/act.hpp"
#include "services/cli/commands.hpp"
#include "tests/engine/story.hpp"
#include "tests/services/command.hpp"
#include "tests/services/site_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;

constexpr char const* k_iin = "700101100011";

Instant legal(std::string_view day, int hour) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour};
}

class Packages : public testing::Test {
 protected:
  Packages()
      : rig_{"packages_" + std::to_string(++databases_)},
        folder_{fs::temp_directory_path() / ("qyzmet-packages-" + std::to_string(::getpid()))} {
    rig_.set_clock(legal("2026-11-23", 10));
    rig_.invite(k_iin, "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
    fs::create_directories(folder_);
    copy("first");
  }
  ~Packages() override { fs::remove_all(folder_); }

  fs::path copy(std::string const& name) {
    fs::copy(fs::path{QYZMET_SOURCE_DIR} / "services/registration", folder_ / name,
             fs::copy_options::recursive);
    return folder_ / name;
  }
  static void replace(fs::path const& package, std::string_view from, std::string_view to) {
    int found = 0;
    for (auto const& entry : fs::recursive_directory_iterator{package}) {
      if (!entry.is_regular_file()) continue;
      auto text = engine::read_text(entry.path());
      for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
        ++found;
      }
      std::ofstream{entry.path(), std::ios::binary} << text;
    }
    ASSERT_GT(found, 0) << from;
  }
  /// The review has another id and is in force from tomorrow.
  fs::path amended() {
    auto const package = copy("amended");
    replace(package, "version=\"1427\"", "version=\"1428\"");
    replace(package, "effective-from=\"2025-10-27\"", "effective-from=\"2026-11-24\"");
    replace(package, "Task_Register", "Task_Intake");
    return package;
  }

  Answer command(int (*what)(cli::Arguments), std::vector<std::string> words) {
    words.insert(words.end(), {"--config", rig_.config_file()});
    std::vector<std::string_view> const views(words.begin(), words.end());
    return run(what, views);
  }
  Answer deploy(fs::path const& package) {
    return command(cli::run_package_deploy, {package.string(), "--by", k_iin});
  }
  std::string hash(std::string const& version) {
    return rig_.in_database([&](db::Connection& connection) {
      for (auto const& row : db::packages(connection))
        if (row.service == "registration" && row.version == version) return row.sha256;
      return std::string{};
    });
  }

  std::string start_case(std::string const& iin = "800101100021") {
    rig_.in_database([this](db::Connection& c) { rig_.world().library.refresh(c); });
    auto const guest = rig_.invite(iin, "Өтініш беруші");
    auto const office = rig_.in_database([](db::Connection& connection) {
      for (auto const& known : db::offices(connection))
        if (known.code == "1170") return known.id;
      db::Office one;
      one.code = "1170";
      one.name_kk = one.name_ru = one.name_en = "Бурабай";
      one.place = "district";
      return db::save_office(connection, one);
    });
    auto const user = std::to_string(guest.user.value);
    auto variables = engine::application("dismissed", "district");
    for (auto const* other : {"number", "branch", "mode"}) variables.erase(other);
    variables["applicant"] = user;
    variables["documents"] = engine::List{
        engine::Context{{"code", "prescription"}, {"sha256", engine::sha("prescription", 0)}}};
    variables["declared"] = engine::Context{{"registered_before", false}};
    variables["person"] =
        engine::Context{{"sex", "male"}, {"conscript_until", *parse_date("2029-05-01")}};
    engine::set_path(variables, "office.id", std::to_string(office.value));
    auto const started = rig_.wait(
        casework::start_case(rig_.world(), {.package = rig_.world().library.package(hash("1427")),
                                            .received = rig_.world().clock.now(),
                                            .actor = {.user = user, .role = "citizen"},
                                            .variables = std::move(variables),
                                            .applicant = guest.person,
                                            .language = "kk",
                                            .draft = {},
                                            .documents = {},
                                            .idempotency_key = iin}));
    EXPECT_TRUE(started) << started.error().text << " " << started.error().field;
    return started ? started->number : "";
  }
  std::string task(std::string const& number) {
    rig_.in_database([this](db::Connection& c) { rig_.world().library.refresh(c); });
    auto const open = rig_.wait(casework::open_case(rig_.world(), number));
    return open && !open->open_tasks().empty() ? open->open_tasks().front()->id : "";
  }
  std::string plan(std::string const& nodes) {
    auto const file = folder_ / "plan.json";
    std::ofstream{file} << "{\"from\": \"" << hash("1427") << "\", \"to\": \""
                        << hash("1428").substr(0, 12) << "\", \"nodes\": " << nodes << "}";
    return file.string();
  }
  std::size_t faults() {
    return rig_.in_database(
        [](db::Connection& connection) { return db::verify_history(connection).faults.size(); });
  }

  static inline int databases_ = 0;
  SiteRig rig_;
  fs::path folder_;
};

TEST_F(Packages, AnAmendmentIsDeployedOnceItIsProven) {
  auto const first = deploy(folder_ / "first");
  ASSERT_EQ(first.code, 0) << first.out << first.error;
  EXPECT_TRUE(first.out.contains("is deployed already")) << "the program brought it: " << first.out;

  auto const broken = copy("broken");
  replace(broken, "effective-from=\"2025-10-27\"", "effective-from=\"2026-11-24\"");
  replace(broken, "targetRef=\"Task_Review\"", "targetRef=\"Task_Nowhere\"");
  auto const invalid = deploy(broken);
  EXPECT_EQ(invalid.code, 1);
  EXPECT_TRUE(invalid.out.contains("process.bpmn:135: Flow_09: unknown_node")) << invalid.out;

  auto const again = copy("again");
  replace(again, "version=\"1427\"", "version=\"1427a\"");
  EXPECT_TRUE(deploy(again).out.contains("version 1427 is in force from 2025-10-27"));
  replace(again, "effective-from=\"2025-10-27\"", "effective-from=\"2026-11-23\"");
  EXPECT_TRUE(deploy(again).out.contains("tomorrow at the earliest"));

  auto const package = amended();
  auto const dry = command(cli::run_package_deploy, {package.string(), "--by", k_iin, "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.out;
  EXPECT_TRUE(hash("1428").empty());
  auto const second = deploy(package);
  ASSERT_EQ(second.code, 0) << second.out;
  EXPECT_TRUE(second.out.contains("proven: ")) << second.out;
  auto const list = command(cli::run_package_list, {});
  EXPECT_TRUE(list.out.contains("version 1427, 2025-10-27 to 2026-11-23")) << list.out;
  EXPECT_TRUE(list.out.contains("version 1428, 2026-11-24 to further notice")) << list.out;
  LAW("R-GEN-01");
  EXPECT_EQ(command(cli::run_package_show, {hash("1428").substr(0, 8)}).code, 0);
  auto const diff = command(cli::run_package_diff, {hash("1427"), package.string()});
  EXPECT_TRUE(diff.out.contains("~ process.bpmn")) << diff.out;
  EXPECT_TRUE(diff.out.contains("- node Task_Register")) << diff.out;
  EXPECT_TRUE(diff.out.contains("Task_Register needs a mapping")) << diff.out;
  EXPECT_EQ(command(cli::run_package_deploy, {package.string(), "--by", "800101100021"}).code, 1)
      << "no administrator";
}

TEST_F(Packages, APackageThatIsNotProvenIsRefusedWithTheWayToIt) {
  auto const package = amended();
  replace(package, ">T.registration<", ">T.end<");
  auto const answer = deploy(package);
  EXPECT_EQ(answer.code, 1) << answer.out;
  EXPECT_TRUE(answer.out.contains("refused: the package is not proven")) << answer.out;
  EXPECT_TRUE(answer.out.contains("  1. ")) << answer.out;
  EXPECT_TRUE(hash("1428").empty());
}

TEST_F(Packages, APackageThatAsksForWhatNobodyCarriesOutIsRefused) {
  auto const package = amended();
  replace(package, "registration.enter", "registration.renew");
  auto const answer = deploy(package);
  EXPECT_EQ(answer.code, 1) << answer.out;
  EXPECT_TRUE(answer.out.contains("Svc_Enroll: register registration.renew is not carried out"))
      << answer.out;
  EXPECT_TRUE(hash("1428").empty());
  replace(package, "effective-from=", "offered=\"false\" effective-from=");
  EXPECT_FALSE(deploy(package).out.contains("not carried out")) << "nobody can apply by it";
}

TEST_F(Packages, ARunningCaseMovesByAPlanAndBack) {
  auto const number = start_case();
  ASSERT_EQ(deploy(amended()).code, 0);
  EXPECT_EQ(task(number), "Task_Register") << "it stays on its package";
  LAW("R-GEN-01");

  auto const bare = command(cli::run_package_migrate, {plan("{}"), "--by", k_iin});
  EXPECT_EQ(bare.code, 1);
  EXPECT_TRUE(bare.out.contains("Task_Register no_such_node")) << bare.out;
  EXPECT_EQ(command(cli::run_package_migrate, {plan("{\"X\": \"Y\"}"), "--by", k_iin}).out,
            "the plan: X unknown_node\n");

  auto const good = plan("{\"Task_Register\": \"Task_Intake\"}");
  auto const dry = command(cli::run_package_migrate, {good, "--by", k_iin});
  EXPECT_EQ(dry.code, 0) << dry.out;
  EXPECT_TRUE(dry.out.contains("Task_Register -> Task_Intake")) << dry.out;
  EXPECT_EQ(task(number), "Task_Register") << "a look changes nothing";

  auto const moved =
      command(cli::run_package_migrate, {good, "--by", k_iin, "--apply", "--reason", "order 22"});
  EXPECT_EQ(moved.code, 0) << moved.out;
  EXPECT_TRUE(moved.out.contains("batch 1")) << moved.out;
  EXPECT_EQ(task(number), "Task_Intake");
  EXPECT_EQ(faults(), 0U);

  auto const back = command(cli::run_package_migrate, {"--undo", "1", "--by", k_iin});
  EXPECT_EQ(back.code, 0) << back.out;
  EXPECT_EQ(task(number), "Task_Register");
  EXPECT_EQ(faults(), 0U);
  auto const again =
      command(cli::run_package_migrate, {good, "--by", k_iin, "--apply", "--reason", "order 22"});
  EXPECT_EQ(again.code, 0) << "its past replays through both moves: " << again.out;
  EXPECT_EQ(task(number), "Task_Intake");
  EXPECT_EQ(faults(), 0U);
}

TEST_F(Packages, CasesThatStandAlikeAreProvenOnceAndABatchGoesBackButForThoseThatWentOn) {
  std::vector<std::string> numbers;
  for (auto const* const iin : {"800101100021", "810101100022", "820101100023"})
    numbers.push_back(start_case(iin));
  ASSERT_EQ(deploy(amended()).code, 0);
  auto const good = plan("{\"Task_Register\": \"Task_Intake\"}");
  auto const dry = command(cli::run_package_migrate, {good, "--by", k_iin});
  EXPECT_EQ(dry.code, 0) << dry.out;
  EXPECT_TRUE(dry.out.contains("3 cases can move, 0 cannot")) << dry.out;
  EXPECT_TRUE(dry.out.contains("1 distinct states were proven")) << dry.out;

  auto const apply = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {good, "--by", k_iin, "--apply", "--reason", "order 22"});
    return command(cli::run_package_migrate, std::move(words));
  };
  auto const one = apply({"--case", numbers[1]});
  EXPECT_TRUE(one.out.contains("1 cases moved, 0 cannot")) << one.out;
  EXPECT_EQ(task(numbers[1]), "Task_Intake");
  EXPECT_EQ(task(numbers[0]), "Task_Register");
  auto const few = apply({"--limit", "1"});
  EXPECT_TRUE(few.out.contains("1 cases moved")) << few.out;
  auto const rest = apply({});
  EXPECT_TRUE(rest.out.contains("batch 3")) << rest.out;
  EXPECT_TRUE(rest.out.contains("1 cases moved")) << rest.out;
  for (auto const& number : numbers) EXPECT_EQ(task(number), "Task_Intake") << number;
  EXPECT_EQ(command(cli::run_package_migrate, {"--undo", "9", "--by", k_iin}).code, 2);

  auto const open = rig_.wait(casework::open_case(rig_.world(), numbers[1]));
  rig_.set_clock(legal("2026-11-24", 10));  // the day of registration has passed
  ASSERT_TRUE(
      rig_.wait(casework::act(rig_.world(), open->row.id,
                              {.actor = {.user = "", .role = "system"}, .body = engine::Tick{}})));
  auto const late = command(cli::run_package_migrate, {"--undo", "1", "--by", k_iin});
  EXPECT_EQ(late.code, 1);
  EXPECT_TRUE(late.out.contains("error.migration_moved_on")) << late.out;
  EXPECT_EQ(task(numbers[1]), "Task_Intake");
  EXPECT_EQ(command(cli::run_package_migrate, {"--undo", "3", "--by", k_iin}).code, 0);
  EXPECT_EQ(faults(), 0U);
}

TEST_F(Packages, CountTheCasesOnTheirPage) {
  auto const admin =
      rig_.invite("700101100012", "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
  ASSERT_EQ(deploy(folder_ / "first").code, 0);
  start_case();
  auto const shown = rig_.get(admin, "/en/admin/packages/" + hash("1427"));
  EXPECT_TRUE(shown.body.contains("open: 1, ended: 0")) << shown.body;
}

TEST_F(Packages, ShowWhatIsInForceAndWhatChangedOnPages) {
  auto const admin =
      rig_.invite("700101100012", "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
  ASSERT_EQ(deploy(folder_ / "first").code, 0);
  ASSERT_EQ(deploy(amended()).code, 0);
  rig_.in_database([this](db::Connection& c) { rig_.world().library.refresh(c); });
  for (auto const* language : {"kk", "ru", "en"}) {
    auto const base = std::string{"/"} + language + "/admin/packages";
    auto const list = rig_.get(admin, base);
    EXPECT_EQ(list.status, 200) << list.body;
    EXPECT_TRUE(list.body.contains(base + "/" + hash("1428")));
    EXPECT_FALSE(list.body.contains(">package.")) << "every label has words";
    auto const shown = rig_.get(admin, base + "/" + hash("1428"));
    EXPECT_EQ(shown.status, 200) << shown.body;
    EXPECT_TRUE(shown.body.contains("n-Task_Intake")) << "the picture";
    EXPECT_TRUE(shown.body.contains("<code>Task_Intake</code>")) << "what changed";
    EXPECT_TRUE(
        unescaped(shown.body).contains(rig_.text(language, "package.change.needs_mapping")));
    EXPECT_FALSE(shown.body.contains(">package."));
    auto const back = rig_.get(admin, base + "/" + hash("1427") + "?with=" + hash("1428"));
    EXPECT_EQ(back.status, 200) << back.body;
    EXPECT_TRUE(back.body.contains("<code>Task_Register</code>")) << "any two are compared";
    EXPECT_TRUE(unescaped(back.body).contains(rig_.text(language, "package.by_program")));
  }
  auto const page = "/en/admin/packages/" + hash("1428");
  auto const shown = unescaped(rig_.get(admin, page).body);
  EXPECT_TRUE(shown.contains("Changes against version 1427 (" + hash("1427").substr(0, 12) + ")"));
  EXPECT_TRUE(shown.contains(hash("1428")));
  EXPECT_TRUE(shown.contains("Әкімші</dd>")) << "who deployed it";
  EXPECT_EQ(rig_.get(admin, "/en/admin/packages/" + std::string(64, '0')).status, 404);
  EXPECT_EQ(rig_.get(admin, page + "?with=" + std::string(64, '0')).status, 404);
  EXPECT_EQ(rig_.get(admin, page + "?with=x").status, 404);
  auto const citizen = rig_.invite("800101100022", "Азамат");
  EXPECT_EQ(rig_.get(citizen, "/en/admin/packages").status, 403);
  EXPECT_EQ(rig_.get(citizen, "/en/admin/packages/" + hash("1428")).status, 403);
}

}  // namespace
}  // namespace qyzmet::tests
