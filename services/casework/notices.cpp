#include "services/casework/notices.hpp"

#include "db/outbox.hpp"
#include "services/casework/enrolment.hpp"
#include "templates/dates.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

std::optional<db::Notice> open_notice(db::Connection& connection, db::PersonId person,
                                      std::string_view id, Instant now) {
  for (auto& each : db::notices_of_person(connection, person, k_notices_max)) {
    if (std::to_string(each.id.value) != id) continue;
    db::mark_delivered(connection, each.id, now, "cabinet");
    db::mark_read(connection, each.id, person, now);
    if (!each.delivered) {
      each.delivered = now;
      each.channel = "cabinet";
    }
    if (!each.read) each.read = now;
    // What waits for its delivery is told at once, also when all tries have failed.
    if (each.case_id) db::wake_outbox(connection, each.key);
    return std::move(each);
  }
  return std::nullopt;
}

std::shared_ptr<engine::Package const> owner_of(World const& world, db::Notice const& notice) {
  auto const service = notice.case_id ? std::string_view{notice.service} : k_register_service;
  return world.library.in_force(service, world.clock.today());
}

json::object notice_arguments(OpenCase const& open, std::optional<db::Branch> const& branch,
                              std::string_view language) {
  using enum templates::DateForm;
  auto const& variables = open.instance.variables;
  json::object out{
      {"number", open.row.number},
      {"due", templates::format_moment(longdate, language, to_iso(open.row.fields.due))},
      {"place", engine::text_at(variables, "hearing.place")}};
  if (auto const* slot = engine::at_path(variables, "hearing.slot").as<Instant>())
    out["slot"] = templates::format_moment(longdate, language, to_iso(*slot)) + ", " +
                  templates::format_moment(time, language, to_iso(*slot));
  if (branch) {
    bool const ru = language == "ru", en = language == "en";
    out["branch"] = ru ? branch->name_ru : en ? branch->name_en : branch->name_kk;
    out["address"] = ru ? branch->address_ru : en ? branch->address_en : branch->address_kk;
  }
  return out;
}

}  // namespace qyzmet::casework
