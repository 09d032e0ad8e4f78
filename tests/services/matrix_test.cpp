// What the law forbids cannot happen below the pages either: every state x person x action is
// posted raw, with a session, the token of its forms, an idempotency key and a form that would be
// accepted if the act were lawful. What is lawful comes from the table of stages
// (tests/engine/stages.hpp) and the table of people here; which rule forbids the rest comes from
// the pure engine.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>

#include "db/sessions.hpp"
#include "db/verify.hpp"
#include "services/casework/act.hpp"
#include "services/casework/files.hpp"
#include "services/platform/random.hpp"
#include "services/portal/page.hpp"
#include "services/work/outbox.hpp"
#include "tests/engine/stages_78.hpp"
#include "tests/engine/stages_79.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;
using engine::Actor;
using engine::Stage;
using engine::Story;

/// What somebody learns of a case by acting on it.
enum class Sight : std::uint8_t {
  law,     // the answer, with rule and paragraph
  hidden,  // the case does not exist (404)
  away,    // people of that kind have nothing to do there (403)
};

struct Persona {
  std::string name;
  Sight tasks, messages;
  std::vector<Actor> desks = {};  // as the engine sees this person; the first acts by default
  Guest guest = {};
  std::optional<db::Grant> also = {};  // a role that the person has for this row alone
};

bool is_task(std::string_view action) {
  return action.starts_with("Task_");
}

std::string role_for(engine::Package const& package, std::string const& action) {
  if (!is_task(action)) return package.form(action)->role;
  return package.process.nodes[std::size_t(package.process.find(action))].role;
}

/// Local time as browsers send it.
std::string local_time(Instant at) {
  return to_iso(Instant{at + k_legal_offset}).substr(0, 16);
}

/// Any official of the office can be asked to keep minutes.
Actor keeping(Actor official) {
  official.role = "secretary";
  return official;
}

/// Done at the desk of an office or a branch, not in the cabinet.
bool is_at_desk(engine::Package const& package, std::string const& action) {
  return is_task(action) || package.form(action)->role != "citizen";
}

std::string raw(engine::Value const& value) {
  if (auto const* const flag = value.as<bool>()) return *flag ? "true" : "false";
  if (auto const* const at = value.as<Instant>()) return local_time(*at);
  if (auto const* const day = value.as<Date>()) return to_iso(*day);
  return *value.as<std::string>();
}

class Matrix : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    static int suites = 0;
    begin("matrix_" + std::to_string(++suites));
    made_.clear();
    make_units();
  }

  explicit Matrix(engine::Play const& play = engine::play_77()) : play_{play}, personas_{people()} {
    if (package().variables.contains("branch.id")) return;
    // Nobody of a branch has to do with the case.
    for (auto& each : personas_)
      if (each.name == "operator") each = {each.name, Sight::hidden, Sight::hidden, {}, each.guest};
  }

  engine::Play const& play() const { return play_; }
  engine::Package const& package() const { return *play_.package; }
  /// Every stage; at least so many cells of each kind.
  void check_all(int by_rule_min, int hidden_min, int away_min, int done_min);

  /// A case in the database that lives through the story, by HTTP; its number.
  std::string live(Story const& story);
  virtual PageAnswer act(Guest const& guest, std::string const& number, std::string const& action,
                         engine::Context const& form, std::string_view language = "kk");
  /// False: what people to whom the case is hidden are told, and what may be done beside the
  /// process at nearly every stage, is tried at every third of them.
  virtual bool whole() const { return true; }
  /// Somebody has got or lost a role.
  virtual void rights_changed() {}
  /// Of an act that was carried out.
  virtual int done_status() const { return 303; }
  virtual std::string rule_mark(std::string const& rule) const {
    return "data-rule=\"" + rule + "\"";
  }
  /// What an answer says to people and names to programs.
  virtual std::string said(PageAnswer const& answer) const { return unescaped(answer.body); }
  virtual int refused_status(Persona const&, Sight sight) const {
    return sight == Sight::hidden ? 404 : 403;
  }
  static std::string next_key() { return "matrix-" + std::to_string(++keys_); }
  Persona const& persona(std::string_view name) const {
    return *std::ranges::find(personas_, name, &Persona::name);
  }
  std::int64_t version(std::string const& number) {
    return rig().wait(casework::open_case(rig().world(), number))->row.version;
  }

  /// What is answered here wants a signature.
  bool signs(std::string const& action, engine::Context const& form) const;
  std::string signature_for(std::string const& number, std::string const& action);
  std::string draft_of(std::string const& number) { return signature_for(number, "Task_Sign"); }
  FormValues values(std::string const& action, engine::Context const& form) const;
  engine::Form const& form_of(std::string const& action) const {
    auto const& process = package().process;
    return *package().form(is_task(action) ? process.nodes[std::size_t(process.find(action))].form
                                           : action);
  }

  using LawfulAct = std::pair<Persona const*, std::string>;

  /// One stage: all cells; the lawful ones last, each on a case of its own.
  void check(Stage const& stage);
  void try_all(Persona const& persona, Stage const& stage, Story const& reached,
               std::string const& number, std::vector<LawfulAct>& lawful);
  bool is_lawful(Persona const& persona, Stage const& stage, std::string const& action,
                 std::optional<Error>& error, Story const& reached) const;
  void expect_forbidden(Persona const& persona, Sight sight, Error const& error,
                        PageAnswer const& answer, std::string_view language);

  engine::Play const& play_;
  std::vector<Persona> personas_;
  int by_rule_ = 0, hidden_ = 0, away_ = 0, done_ = 0;

 private:
  static void make_units();
  std::vector<Persona> people();
  std::string start(engine::Event const& event);
  void replay(engine::Event const& event, std::string const& number);

  static inline OfficeId office_, other_office_;
  static inline BranchId branch_, other_branch_;
  static inline int applicants_ = 0;
  static inline int keys_ = 0;
  static inline std::vector<Persona> made_;
  db::PersonId applicant_;
};

// ---- People and places
// ----------------------------------------------------------------------------

void Matrix::make_units() {
  rig().in_database([](db::Connection& connection) {
    auto const office = [&](char const* code) {
      db::Office out;
      out.code = code;
      out.name_kk = out.name_ru = out.name_en = std::string{"Бөлім "} + code;
      out.place = "district";
      out.higher_body_kk = out.higher_body_ru = "Департамент";
      return db::save_office(connection, out);
    };
    auto const branch = [&](OfficeId at, char const* code) {
      db::Branch out;
      out.office = at;
      out.code = code;
      out.name_kk = out.name_ru = out.name_en = std::string{"Филиал "} + code;
      out.is_duty = true;
      return db::save_branch(connection, out);
    };
    office_ = office("1170");
    receive_blanks(connection, office_);
    other_office_ = office("7112");
    branch_ = branch(office_, "b1");
    other_branch_ = branch(office_, "b2");
  });
}

std::vector<Persona> Matrix::people() {
  if (!made_.empty()) return made_;
  auto const at_office = [](std::string role, OfficeId office) {
    return db::Grant{.role = std::move(role), .office = office, .branch = {}};
  };
  auto const at_branch = [](BranchId branch) {
    return db::Grant{.role = "branch_operator", .office = {}, .branch = branch};
  };
  int number = 0;
  auto const guest = [&](std::vector<db::Grant> const& grants, std::string iin = {}) {
    if (iin.empty()) iin = "700101" + std::to_string(100'000 + ++number);
    return rig().invite(iin, "Қызметкер " + std::to_string(number), grants);
  };
  using enum Sight;
  auto other_executor = engine::k_executor, second_desk = engine::k_head;
  other_executor.user = "299";
  second_desk.user = engine::k_executor.user;
  auto const executor = guest({at_office("executor", office_)}, "880602300074");
  made_ = {
      {"applicant", away, law, {engine::k_citizen}},  // a guest of their own for each case
      {"another citizen", away, hidden, {}, guest({})},
      {"registrar",
       law,
       hidden,
       {engine::k_registrar, engine::k_secretary},
       guest({at_office("registrar", office_)}, "861028400119")},
      {"executor", law, hidden, {engine::k_executor, keeping(engine::k_executor)}, executor},
      {"another executor",
       law,
       hidden,
       {other_executor, keeping(other_executor)},
       guest({at_office("executor", office_)})},
      {"head",
       law,
       hidden,
       {engine::k_head, keeping(engine::k_head)},
       guest({at_office("head", office_)}, "800515300087")},
      {"executor who is also head",
       law,
       hidden,
       {engine::k_executor, second_desk, keeping(engine::k_executor)},
       executor,
       at_office("head", office_)},
      {"registrar elsewhere", hidden, hidden, {}, guest({at_office("registrar", other_office_)})},
      {"executor elsewhere", hidden, hidden, {}, guest({at_office("executor", other_office_)})},
      {"head elsewhere", hidden, hidden, {}, guest({at_office("head", other_office_)})},
      {"operator", law, hidden, {engine::k_operator}, guest({at_branch(branch_)})},
      {"operator elsewhere", hidden, hidden, {}, guest({at_branch(other_branch_)})},
      {"administrator", away, hidden, {}, guest({{.role = "admin", .office = {}, .branch = {}}})},
      {"nobody", away, away},
  };
  return made_;
}

// ---- A case that lives through a story
// ------------------------------------------------------------

std::string Matrix::start(engine::Event const& event) {
  auto variables = std::get<engine::Start>(event.body).variables;
  auto const iin = "800101" + std::to_string(100'000 + ++applicants_);
  auto& applicant = std::ranges::find(personas_, "applicant", &Persona::name)->guest;
  applicant = rig().invite(iin, "Өтініш беруші " + std::to_string(applicants_));
  auto const user = std::to_string(applicant.user.value);
  variables.erase("number");
  variables["applicant"] = user;
  engine::set_path(variables, "office.id", std::to_string(office_.value));
  if (package().variables.contains("branch.id"))
    engine::set_path(variables, "branch.id", std::to_string(branch_.value));
  auto started = rig().wait(casework::start_case(
      rig().world(),
      {.package = rig().world().library.in_force(package().service, legal_date(event.at)),
       // A millisecond of its own: the ids of cases that come at once may meet.
       .received = event.at + std::chrono::milliseconds{applicants_},
       .actor = {.user = user, .role = "citizen"},
       .variables = std::move(variables),
       .applicant = applicant.person,
       .language = "kk",
       .draft = {},
       .documents = {},
       .idempotency_key = "start-" + user}));
  if (!started) throw std::runtime_error{"start: " + started.error().text};
  return started->number;
}

void Matrix::replay(engine::Event const& event, std::string const& number) {
  rig().set_clock(event.at);
  if (std::holds_alternative<engine::HandlerResult>(event.body)) {
    while (rig().wait(work::carry_out(rig().world(), "matrix")) > 0) {
    }
    return;
  }
  if (std::holds_alternative<engine::Tick>(event.body)) {
    auto const open = rig().wait(casework::open_case(rig().world(), number));
    auto const ticked = rig().wait(casework::act(
        rig().world(), open->row.id, {.actor = engine::k_system, .body = engine::Tick{}}));
    ASSERT_TRUE(ticked) << ticked.error().text;
    return;
  }
  auto const who = std::ranges::find_if(personas_, [&](Persona const& each) {
    return std::ranges::find(each.desks, event.actor) != each.desks.end();
  });
  auto const* const task = std::get_if<engine::CompleteTask>(&event.body);
  auto const action =
      task != nullptr ? task->task : std::get<engine::ReceiveMessage>(event.body).message;
  auto const& form =
      task != nullptr ? task->form : std::get<engine::ReceiveMessage>(event.body).form;
  auto const answer = act(who->guest, number, action, form);
  ASSERT_EQ(answer.status, done_status()) << action << " by " << who->name << "\n" << answer.body;
}

std::string Matrix::live(Story const& story) {
  auto const number = start(story.events.front());
  for (auto event = std::next(story.events.begin()); event != story.events.end(); ++event)
    replay(*event, number);
  auto const open = rig().wait(casework::open_case(rig().world(), number));
  EXPECT_EQ(open->state_code(), story.state()) << "the case lives as the story did";
  return number;
}

bool Matrix::signs(std::string const& action, engine::Context const& form) const {
  auto const& asked = form_of(action);
  if (asked.signs.empty() || !asked.signs_when) return !asked.signs.empty();
  engine::Context answered;
  for (auto const& [name, value] : form) engine::set_path(answered, name, value);
  return asked.signs_when->is_true(answered, engine::seed());
}

/// The document that the action signs, signed with the key of its role; "" when there is none.
std::string Matrix::signature_for(std::string const& number, std::string const& action) {
  auto const open = rig().wait(casework::open_case(rig().world(), number));
  auto const sha256 = engine::text_at(open->instance.variables, form_of(action).signs);
  if (sha256.empty()) return {};
  auto const bytes = rig().wait(casework::read_file(rig().world(), sha256));
  auto const role = role_for(package(), action);
  return rig().sign(role == "secretary" ? "registrar" : role, *bytes);
}

void add_rows(std::string const& list, engine::List const& rows, FormValues& out) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (auto const& [column, value] : *rows[i].as<engine::Context>())
      out[list + "." + std::to_string(i + 1) + "." + column] = raw(value);
}

/// Inputs of the form; documents that the engine tests make up are rendered by the server.
FormValues Matrix::values(std::string const& action, engine::Context const& form) const {
  FormValues out;
  static int blanks = 0;
  for (auto const& [name, value] : form) {
    auto const* const field = form_of(action).field(name);
    if (field == nullptr || field->type == engine::FieldType::document) continue;
    if (auto const* const rows = value.as<engine::List>()) {
      add_rows(name, *rows, out);
      continue;
    }
    if (field->source == "offices") {
      out[name] = std::to_string(other_office_.value);
      continue;
    }
    if (field->source == "branches") {
      out[name] = std::to_string(other_branch_.value);
      continue;
    }
    if (!field->of_place().empty()) continue;  // the register knows that
    auto const* const named = field->source == "secretaries" ? "registrar"
                              : name == "change.executor"    ? "another executor"
                                                             : "executor";
    out[name] = field->type == engine::FieldType::user
                    ? std::to_string(persona(named).guest.user.value)
                    : raw(value);
  }
  if (out.contains("id.number")) {  // none twice
    out["id.series"] = "AB";
    auto const digits = std::to_string(++blanks);
    out["id.number"] = std::string(7 - digits.size(), '0') + digits;
  }
  return out;
}

PageAnswer Matrix::act(Guest const& guest, std::string const& number, std::string const& action,
                       engine::Context const& form, std::string_view language) {
  auto sent = values(action, form);
  sent["key"] = next_key();
  if (signs(action, form)) sent["signature"] = signature_for(number, action);
  if (auto wait = play().wait(action); !wait.empty()) sent["wait"] = std::move(wait);
  auto const desk = is_at_desk(package(), action) ? "/work/cases/" : "/cabinet/cases/";
  auto const path = "/" + std::string{language} + desk + number +
                    (is_task(action) ? "/tasks/" : "/messages/") + action;
  FormValues files;
  for (auto const& field : form_of(action).fields)
    if (field.type == engine::FieldType::document) files.emplace(field.name, "%PDF-1.4 an answer");
  auto answer = files.empty() ? rig().post(guest, path, std::move(sent))
                              : rig().upload(guest, path, std::move(sent), files);
  return certified(rig(), guest, std::move(answer));
}

// ---- Cells
// ------------------------------------------------------------------------------------------

/// By the table of the law; the engine must agree, and says which rule forbids the rest.
bool Matrix::is_lawful(Persona const& persona, Stage const& stage, std::string const& action,
                       std::optional<Error>& error, Story const& reached) const {
  auto const found = std::ranges::find(persona.desks, role_for(package(), action), &Actor::role);
  auto const& actor = found == persona.desks.end() ? persona.desks.front() : *found;
  static std::vector<Actor> const of_the_case{engine::k_citizen,  engine::k_registrar,
                                              engine::k_executor, engine::k_secretary,
                                              engine::k_head,     engine::k_operator};
  bool const lawful = std::ranges::find(of_the_case, actor) != of_the_case.end() &&
                      play().allows(stage, reached, {actor.role, action});
  Story story = reached;
  error = play().act(story, action, stage.local, actor);
  EXPECT_EQ(!error, lawful) << persona.name << " / " << engine::text_of(error);
  return lawful;
}

void Matrix::expect_forbidden(Persona const& persona, Sight sight, Error const& error,
                              PageAnswer const& answer, std::string_view language) {
  if (sight != Sight::law) {
    EXPECT_EQ(answer.status, refused_status(persona, sight)) << persona.name;
    LAW("INV-45");
    ++(sight == Sight::hidden ? hidden_ : away_);
    return;
  }
  EXPECT_TRUE(answer.status >= 400 && answer.status < 500) << answer.status;
  auto const body = said(answer);
  EXPECT_NE(body.find(rule_mark(error.rule)), std::string::npos) << error.rule << " is not named\n"
                                                                 << body;
  LAW(error.rule.c_str());
  auto const cite = package().citations.find(error.cite);
  ASSERT_NE(cite, package().citations.end()) << error.text << " has no paragraph";
  EXPECT_NE(body.find(cite->second.text.find(language)->second), std::string::npos) << error.cite;
  auto const& texts = package().texts.find(language)->second;
  auto const why = texts.contains(error.text) ? texts.find(error.text)->second
                                              : rig().text(language, error.text);
  EXPECT_NE(body.find(why), std::string::npos) << why;
  ++by_rule_;
}

/// All actions of one person on one case; the lawful ones are left for later.
void Matrix::try_all(Persona const& persona, Stage const& stage, Story const& reached,
                     std::string const& number, std::vector<LawfulAct>& lawful) {
  SCOPED_TRACE(stage.name + " / " + persona.name);
  if (persona.also) rig().grant(persona.guest, *persona.also);
  rights_changed();
  auto const before = rig().fingerprint();
  auto cell = (&stage - play().stages.data()) + (&persona - personas_.data());
  for (auto const& action : play().actions()) {
    SCOPED_TRACE(action);
    auto const sight = is_at_desk(package(), action) ? persona.tasks : persona.messages;
    // Each person tries each action, at every third stage.
    if (++cell % 3 != 0 && sight != Sight::law && !whole()) continue;
    std::optional<Error> error;
    if (sight == Sight::law && is_lawful(persona, stage, action, error, reached)) {
      if (!persona.also) lawful.emplace_back(&persona, action);
      continue;
    }
    auto const language = portal::k_languages[static_cast<std::size_t>(++keys_) % 3];
    auto const form = play().form(action, stage.local);
    auto const answer = act(persona.guest, number, action, form, language);
    expect_forbidden(persona, sight, error.value_or(Error{}), answer, language);
  }
  // All rows of all tables are looked at: once for all of these acts.
  EXPECT_EQ(rig().fingerprint(), before) << "a forbidden act changed a row";
  if (persona.also) rig().take_away(persona.guest, *persona.also);
  rights_changed();
}

void Matrix::check(Stage const& stage) {
  Story reached{play().package};
  stage.reach(reached);
  auto number = live(reached);
  rig().set_clock(engine::at(stage.local));
  std::vector<LawfulAct> lawful;
  for (auto const& persona : personas_) try_all(persona, stage, reached, number, lawful);
  bool fresh = true;
  auto cell = &stage - play().stages.data();
  for (auto const& [persona, action] : lawful) {
    SCOPED_TRACE(stage.name + " / " + persona->name + " / " + action);
    if (!whole() && engine::is_beside(package(), action) && ++cell % 3 != 0) continue;
    if (!std::exchange(fresh, false)) number = live(reached);
    rig().set_clock(engine::at(stage.local));
    auto const versions = version(number);
    auto const answer = act(persona->guest, number, action, play().form(action, stage.local));
    EXPECT_EQ(answer.status, done_status()) << answer.body;
    EXPECT_EQ(version(number), versions + 1) << "a lawful act is one step";
    ++done_;
  }
}

void Matrix::check_all(int by_rule_min, int hidden_min, int away_min, int done_min) {
  for (auto const& stage : play().stages) check(stage);
  std::printf("%d forbidden by a rule, %d hidden, %d turned away, %d done\n", by_rule_, hidden_,
              away_, done_);
  EXPECT_GT(by_rule_, by_rule_min);
  EXPECT_GT(hidden_, hidden_min);
  EXPECT_GT(away_, away_min);
  EXPECT_GT(done_, done_min);
  auto const verdict =
      rig().in_database([](db::Connection& connection) { return db::verify_history(connection); });
  EXPECT_GT(verdict.events, 3 * done_min);
  for (auto const& fault : verdict.faults) ADD_FAILURE() << fault.check << ": " << fault.detail;
}

TEST_F(Matrix, every_state_person_and_action_posted_raw_is_done_once_or_changes_nothing) {
  check_all(2'000, 1'500, 1'000, 30);
}

class MatrixOf78 : public Matrix {
 protected:
  MatrixOf78() : Matrix{engine::play_78()} {}
};

TEST_F(MatrixOf78, every_state_person_and_action_posted_raw_is_done_once_or_changes_nothing) {
  check_all(250, 350, 200, 12);
}

class MatrixOf79 : public Matrix {
 protected:
  MatrixOf79() : Matrix{engine::play_79()} {}
};

TEST_F(MatrixOf79, every_state_person_and_action_posted_raw_is_done_once_or_changes_nothing) {
  check_all(1'200, 1'000, 700, 30);
}

/// Inputs of a page as members of JSON: "requests.1.number" is the first row of a list.
json::object to_members(engine::Form const& form, FormValues const& inputs) {
  json::object out;
  for (auto const& [name, value] : inputs) {
    auto const list = std::ranges::find_if(form.fields, [&](engine::Field const& each) {
      return !each.row.empty() && name.starts_with(each.name + ".");
    });
    if (list == form.fields.end()) {
      out[name] = value;
      continue;
    }
    auto const place = std::string_view{name}.substr(list->name.size() + 1);
    auto const dot = place.find('.');
    auto& rows = out.emplace(list->name, json::array{}).first->value().as_array();
    auto const row = std::stoul(std::string{place.substr(0, dot)});
    while (rows.size() < row) rows.emplace_back(json::object{});
    rows[row - 1].as_object()[place.substr(dot + 1)] = value;
  }
  return out;
}

/// The same through the API: a bearer token for the role that the act wants, where the person holds
/// it, and the version that was read, whatever it is.
template <class Of>
class OverApi : public Of {
 protected:
  PageAnswer act(Guest const& guest, std::string const& number, std::string const& action,
                 engine::Context const& form, std::string_view language = "kk") override {
    auto const& asked = this->form_of(action);
    json::object body{{"fields", to_members(asked, this->values(action, form))}};
    if (this->signs(action, form)) body["cms"] = this->signature_for(number, action);
    if (auto wait = this->play().wait(action); !wait.empty()) body["wait"] = std::move(wait);
    std::map<std::string, std::string> files;
    for (auto const& field : asked.fields)
      if (field.type == engine::FieldType::document)
        files.emplace(field.name, "%PDF-1.4 an answer");
    ApiClient client{this->rig(), std::string{language}};
    client.token = token_of(guest, role_for(this->package(), action));
    auto const path =
        "/api/v1/cases/" + number + (is_task(action) ? "/tasks/" : "/messages/") + action;
    ApiHeaders const headers{{"Idempotency-Key", Of::next_key()}, {"If-Match", "*"}};
    action_ = action;
    if (asked.certified) return certify(client, guest, draw_up(client, path, body, files));
    auto answer = files.empty() ? client.post(path, body, headers)
                                : client.post_files(path, body, files, headers);
    return {.status = answer.status, .location = {}, .body = std::move(answer.body)};
  }
  /// The pages are gone through in every cell, and so is this in soaks.
  bool whole() const override {
    auto const* const asked = std::getenv("QYZMET_MATRIX");
    return asked != nullptr && std::string_view{asked} == "all";
  }
  void rights_changed() override { tokens_.clear(); }
  int done_status() const override { return 200; }
  std::string rule_mark(std::string const& rule) const override {
    return "\"rule\":\"" + rule + "\"";
  }
  std::string said(PageAnswer const& answer) const override {
    ApiAnswer const problem{.body = answer.body, .json = json::parse(answer.body)};
    return answer.body + '\n' + problem.text("detail") + '\n' + problem.text("paragraph.text");
  }
  int refused_status(Persona const& persona, Sight sight) const override {
    if (persona.guest.session.empty()) return 401;
    // Officials' messages come in where the applicant's do: a stranger's case does not exist.
    if (persona.name == "another citizen" && !is_task(action_)) return 404;
    return Of::refused_status(persona, sight);
  }

 private:
  PageAnswer certify(ApiClient& client, Guest const& guest, ApiAnswer answer) {
    forget_rates(this->rig());
    if (answer.status == 201)
      answer =
          client.post(answer.text("certification"), by_code(this->rig(), client, answer, guest));
    return {.status = answer.status, .location = {}, .body = std::move(answer.body)};
  }
  /// For the role, or, where the person does not hold it, for another of the person's.
  std::string token_of(Guest const& guest, std::string const& role) {
    if (guest.session.empty()) return {};
    auto& token = tokens_[{guest.user, role}];
    if (token.empty()) token = new_token(guest, role);
    return token;
  }
  std::string new_token(Guest const& guest, std::string const& role) {
    return this->rig().in_database([&](db::Connection& connection) {
      db::NewSession const session{.token = "qzs_" + platform::random_token(),
                                   .user = guest.user,
                                   .method = "eds",
                                   .csrf = {},
                                   .client = "127.0.0.1",
                                   .via = "bearer"};
      db::create_session(connection, session);
      auto const grants = db::find_user(connection, guest.user)->grants;
      if (role == "citizen" || grants.empty()) return session.token;
      auto grant = std::ranges::find(grants, role, &db::Grant::role);
      if (grant == grants.end()) grant = grants.begin();
      db::choose_role(connection, session.token, grant->role, grant->office, grant->branch);
      return session.token;
    });
  }

  std::string action_;
  std::map<std::pair<UserId, std::string>, std::string> tokens_;  // of this test alone
};

using ApiMatrixOf78 = OverApi<MatrixOf78>;

TEST_F(ApiMatrixOf78, every_state_person_and_action_sent_as_json_is_done_once_or_changes_nothing) {
  check_all(250, 350, 200, 12);
}

using ApiMatrixOf79 = OverApi<MatrixOf79>;

TEST_F(ApiMatrixOf79, every_state_person_and_action_sent_as_json_is_done_once_or_changes_nothing) {
  check_all(1'200, 1'000, 700, 30);
}

/// Nor does the seal of the server, which stands under the record of a code.
TEST_F(Matrix, a_code_by_message_signs_no_result_of_the_provider) {
  auto const& stages = play().stages;
  auto const stage = std::ranges::find_if(
      stages, [](Stage const& each) { return each.allowed.contains({"head", "Task_Sign"}); });
  ASSERT_NE(stage, stages.end());
  Story reached{play().package};
  stage->reach(reached);
  auto const number = live(reached);
  rig().set_clock(engine::at(stage->local));
  auto const open = rig().wait(casework::open_case(rig().world(), number));
  auto const draft = rig().wait(casework::read_file(
      rig().world(), engine::text_at(open->instance.variables, "draft.document")));
  ASSERT_TRUE(draft);
  auto const head = persona("head").guest;
  auto const before = rig().fingerprint();
  int tried = 0;
  for (auto const& instead :
       {FormValues{}, FormValues{{"code", "123456"}}, FormValues{{"act", "confirm"}, {"code", "1"}},
        FormValues{{"signature", "123456"}},
        FormValues{{"signature", rig().sign("seal", *draft, "seal")}}}) {
    auto sent = values("Task_Sign", play().form("Task_Sign", stage->local));
    sent["key"] = "code-" + std::to_string(++tried);
    sent.insert(instead.begin(), instead.end());
    auto const answer = rig().post(head, "/ru/work/cases/" + number + "/tasks/Task_Sign", sent);
    EXPECT_TRUE(answer.status >= 400 && answer.status < 500) << answer.status << answer.location;
    LAW("R-GEN-06");
    EXPECT_EQ(rig().fingerprint(), before) << "no row changes";
  }
  EXPECT_EQ(act(head, number, "Task_Sign", play().form("Task_Sign", stage->local)).status, 303)
      << "the head's own key does";
}

TEST_F(Matrix, signing_many_documents_in_one_act_obeys_the_same_law) {
  for (auto const& stage : play().stages) {
    bool const lawful = stage.allowed.contains({"head", "Task_Sign"});
    if (!lawful && stage.name != "refusal too early" && stage.name != "dispatch") continue;
    Story reached{play().package};
    stage.reach(reached);
    auto const number = live(reached);
    rig().set_clock(engine::at(stage.local));
    auto const sign = [&](Guest const& guest) {
      return rig().post(guest, "/ru/sign/documents",
                        {{"key", "many-" + std::to_string(guest.user.value)},
                         {"signature-" + number, draft_of(number)}});
    };
    for (auto const& persona : personas_) {
      SCOPED_TRACE(stage.name + " / " + persona.name);
      if (persona.name == "head" && lawful) continue;
      if (persona.also) rig().grant(persona.guest, *persona.also);
      auto const before = rig().fingerprint();
      auto const answer = sign(persona.guest);
      EXPECT_EQ(rig().fingerprint(), before) << "a forbidden signature changed a row";
      auto const rule = persona.also && reached.open("Task_Sign")                     ? "R-GEN-28"
                        : stage.name == "refusal too early" && persona.name == "head" ? "R77-36"
                                                                                      : "";
      EXPECT_EQ(answer.body.find("data-rule=\"" + std::string{rule} + "\"") != std::string::npos,
                *rule != '\0')
          << rule;
      if (persona.also) rig().take_away(persona.guest, *persona.also);
    }
    auto const versions = version(number);
    EXPECT_EQ(sign(persona("head").guest).status, 200);
    EXPECT_EQ(version(number), versions + (lawful ? 1 : 0)) << stage.name;
  }
  LAW("R77-36");
  LAW("R-GEN-28");
}

}  // namespace
}  // namespace qyzmet::tests
