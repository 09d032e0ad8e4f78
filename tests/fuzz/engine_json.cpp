// JSON of variables, events and states. What is accepted is written in one form only, which is read
// back as the same; what is refused says why.
#include <cstdint>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/base/utf8.hpp"
#include "engine/step.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::engine;

void look_at_value(std::string_view json) {
  auto const value = from_json(json);
  if (!value) {
    check(!value.error().text.empty(), "a refusal has its text");
    return;
  }
  auto const canonical = to_json(*value);
  check(valid_utf8(canonical), "JSON is text");
  auto const again = from_json(canonical);
  check(again && *again == *value, "what is written can be read");
  check(to_json(*again) == canonical, "there is one form");
}

void look_at_event(std::string_view json) {
  auto const event = event_from_json(json);
  if (!event) return;
  auto const canonical = event_json(*event);
  auto const again = event_from_json(canonical);
  check(again && event_json(*again) == canonical, "an event has one form");
}

void look_at_state(std::string_view json) {
  static Calendar const calendar = seed_calendar();
  TermRule term;
  term.days_by_place["city"] = 7;
  auto const instance = instance_from_json(json, term, calendar);
  if (!instance || instance->version == 0) return;  // before the start there is no term
  auto const canonical = state_json(*instance);
  auto const again = instance_from_json(canonical, term, calendar);
  check(again && state_json(*again) == canonical, "a state has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const json{reinterpret_cast<char const*>(data), size};
  look_at_value(json);
  look_at_event(json);
  look_at_state(json);
  return 0;
}
