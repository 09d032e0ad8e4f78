#include "services/casework/residence.hpp"

#include "db/people.hpp"
#include "engine/base/utf8.hpp"
#include "engine/terms.hpp"
#include "services/casework/enrolment.hpp"

namespace qyzmet::casework {

namespace {

std::optional<Error> too_long(std::string const& text, char const* field) {
  if (utf8_length(text) <= k_residence_text_max) return std::nullopt;
  return Error{.code = ErrorCode::invalid,
               .text = "error.too_long",
               .arguments = {{"max", std::to_string(k_residence_text_max)}},
               .field = field};
}

}  // namespace

Result<db::ResidenceEvent> read_report(ResidenceReport const& report) {
  auto const wrong = [](char const* text, char const* field) {
    return fail(ErrorCode::invalid, text, field);
  };
  if (report.id.empty()) return wrong("error.required", "id");
  for (auto const& [text, field] :
       {std::pair{&report.id, "id"}, {&report.district, "district"}, {&report.address, "address"}})
    if (auto error = too_long(*text, field)) return std::unexpected(*std::move(error));
  if (!engine::valid_iin(report.iin)) return wrong("error.field_iin", "iin");
  auto const day = parse_date(report.effective);
  if (!day) return wrong("error.field_date", "effective");
  bool const moved = report.kind == "moved";
  if (!moved && report.kind != "struck_off") return wrong("error.choose", "kind");
  if (moved && report.district.empty()) return wrong("error.required", "district");
  return db::ResidenceEvent{.id = report.id,
                            .person = {},
                            .kind = report.kind,
                            .district = report.district,
                            .address = report.address,
                            .effective = *day};
}

std::optional<db::MoveMarksByKind> move_marks_on(Library const& library, Date day) {
  auto const package = library.in_force(k_register_service, day);
  auto const calendar = library.calendar();
  if (!package || !calendar) return std::nullopt;
  return move_marks(*package, *calendar);
}

std::string take_residence(db::Connection& connection, db::ResidenceEvent event,
                           std::string const& iin, db::MoveMarksByKind const& marks, Date today) {
  auto const person = db::find_person_by_iin(connection, iin);
  if (!person) return "unknown_person";
  event.person = person->id;
  return std::string{db::to_text(db::apply_residence(connection, event, marks, today))};
}

}  // namespace qyzmet::casework
