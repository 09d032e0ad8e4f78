// Forms of packages as fields of a page, and what of a request belongs to them.
#include <algorithm>

#include "services/portal/alphabet.hpp"
#include "services/portal/form_view.hpp"
#include "templates/assets.hpp"

namespace qyzmet::portal {
namespace {

namespace json = boost::json;
using engine::FieldType;

engine::Calendar calendar() {
  return {1, {}, 2026, 2026, {}};
}

engine::Expression expression(std::string_view text) {
  return engine::Expression::compile(text).value();
}

engine::Package package() {
  engine::Package out;
  out.grounds = {{.code = "G1", .text = "ground.G1", .rule = {}, .cite = {}}};
  for (auto const* language : {"kk", "ru", "en"})
    out.texts[language] = {{"ground.G1", "unreliable"},     {"field.outcome", "Finding"},
                           {"field.ground", "Ground"},      {"field.ok", "In order"},
                           {"field.slot", "Slot"},          {"field.secret", "Hidden"},
                           {"choice.refuse", "Refuse"},     {"choice.approve", "Approve"},
                           {"hint.ground", "From the law."}};
  return out;
}

engine::Field field(std::string name, FieldType type, bool required = false) {
  return {.name = std::move(name),
          .type = type,
          .required = required,
          .shown = {},
          .choices = {},
          .source = {},
          .cite = {}};
}

engine::Form form() {
  engine::Form out;
  out.id = "review";
  auto outcome = field("outcome", FieldType::choice, true);
  outcome.choices = {{.value = "approve", .text = "choice.approve", .available = {}},
                     {.value = "refuse", .text = "choice.refuse", .available = {}}};
  auto ground = field("ground", FieldType::choice, true);
  ground.source = "grounds";
  ground.shown = expression("outcome = \"refuse\"");
  auto hidden = field("secret", FieldType::text);
  hidden.shown = expression("subtype = \"other\"");
  out.fields = {outcome, ground, field("ok", FieldType::boolean),
                field("slot", FieldType::datetime), hidden};
  return out;
}

struct Rig {
  engine::Package package_ = package();
  engine::Calendar calendar_ = calendar();
  engine::Form form_ = form();
  templates::Catalogue texts = templates::load_catalogue();

  json::array fields(engine::Context variables, FormFields typed = {},
                     std::vector<Error> errors = {}) const {
    return form_fields({.package = package_,
                        .calendar = calendar_,
                        .form = form_,
                        .variables = std::move(variables),
                        .typed = std::move(typed),
                        .errors = std::move(errors)},
                       {.language = "en", .texts = texts});
  }
};

TEST(FormView, FieldsThatHangOnAnotherFieldAreShownWithTheirCondition) {
  Rig const rig;
  auto const fields = rig.fields({});
  ASSERT_EQ(fields.size(), 4U) << "a condition on the case itself hides the field";
  EXPECT_EQ(fields[1].at("name").as_string(), "ground");
  EXPECT_EQ(fields[1].at("hint").as_string(), "Fill in only if: Finding – Refuse. From the law.");
  EXPECT_EQ(fields[1].at("options").as_array().front().at("label").as_string(), "unreliable");
}

TEST(FormView, VariablesFillTheFieldsAndTypedValuesComeFirst) {
  Rig const rig;
  engine::Context const variables{
      {"outcome", "approve"},
      {"ok", true},
      {"slot", start_of(*parse_date("2026-11-23")) + std::chrono::hours{10}}};
  auto const shown = rig.fields(variables);
  EXPECT_TRUE(shown[0].at("options").as_array()[0].at("selected").as_bool());
  EXPECT_TRUE(shown[2].at("checked").as_bool());
  EXPECT_EQ(shown[3].at("value").as_string(), "2026-11-23T10:00") << "in the legal zone";
  auto const typed =
      rig.fields(variables, {{"outcome", "refuse"}, {"slot", "nonsense"}},
                 {{.code = ErrorCode::invalid, .text = "error.required", .field = "ground"}});
  EXPECT_TRUE(typed[0].at("options").as_array()[1].at("selected").as_bool());
  EXPECT_FALSE(typed[2].at("checked").as_bool());
  EXPECT_EQ(typed[3].at("value").as_string(), "nonsense");
  EXPECT_EQ(typed[1].at("error").as_string(), "Fill in this field.");
}

TEST(FormView, ARequestGivesTheFieldsOfTheFormAndNothingElse) {
  http::Request request;
  request.form = {{"csrf", "x"}, {"key", "k"}, {"outcome", "approve"}};
  auto const fields = package_fields(request, form(), {"key"});
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(fields->at("outcome"), "approve");
  EXPECT_EQ(fields->at("ok"), "false") << "a box that is not ticked is not sent";
  EXPECT_FALSE(fields->contains("csrf") || fields->contains("key"));
  request.form["decided_by"] = "me";
  auto const refused = package_fields(request, form(), {"key"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().text, "error.unknown_field");
  EXPECT_EQ(refused.error().arguments.at("field"), "decided_by");
}

TEST(Alphabet, has_the_letters_of_kazakh_in_their_places) {
  std::vector<std::string> names{"Ұлытау",   "Шымкент", "Ақтөбе",     "Атырау", "Алматы",
                                 "Абай",     "Ёлки",    "Ерейментау", "Жамбыл", "әйтеке би",
                                 "Қостанай", "Кордай",  "1-бөлім"};
  std::ranges::sort(names, {}, alphabetical_key);
  EXPECT_EQ(names, (std::vector<std::string>{"1-бөлім", "Абай", "Ақтөбе", "Алматы", "Атырау",
                                             "әйтеке би", "Ерейментау", "Ёлки", "Жамбыл", "Кордай",
                                             "Қостанай", "Ұлытау", "Шымкент"}));
}

}  // namespace
}  // namespace qyzmet::portal
