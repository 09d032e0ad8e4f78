#include "services/casework/enrolment.hpp"

#include "services/casework/standing.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::string_view k_conscript = "conscript", k_reservist = "reservist";

bool is_true(engine::Context const& variables, std::string_view path) {
  return engine::at_path(variables, path) == engine::Value{true};
}

/// Where it is written down, by table "entry" of the package.
std::optional<db::RegistrationMark> entry_of(OpenCase const& open, engine::Context const& decided) {
  auto const* const table = open.package->decision("entry");
  if (table == nullptr) return std::nullopt;
  auto const subtype = engine::text_at(decided, "subtype");
  bool const released = subtype == "released" || is_true(decided, "declared.released_from_prison");
  auto const decision = table->decide({{"kind", engine::text_at(decided, "registration.kind")},
                                       {"released", released},
                                       {"subtype", subtype}},
                                      *open.calendar);
  if (!decision) return std::nullopt;
  return db::RegistrationMark{.paper = engine::text_at(decision->outputs, "paper"),
                              .mark = engine::text_at(decision->outputs, "column")};
}

/// First attached, or taken on anew: by table "attachment" of the package; "" without it.
std::string attachment_of(OpenCase const& open, engine::Context const& decided) {
  auto const* const table = open.package->decision("attachment");
  if (table == nullptr) return {};
  return table->choose("attachment", {{"subtype", engine::text_at(decided, "subtype")}},
                       *open.calendar);
}

db::FactValues facts_of(OpenCase const& open, db::NewRegistration const& input,
                        engine::Context const& decided) {
  db::FactValues out{{"relation", input.kind}};
  auto const add = [&](std::string fact, std::string value) {
    if (!value.empty()) out.emplace_back(std::move(fact), std::move(value));
  };
  if (input.kind == k_reservist)
    add("composition", engine::text_at(decided, "registration.composition"));
  add("category", input.category);
  add("ground", engine::text_at(decided, "registration.ground"));
  add("attachment", attachment_of(open, decided));
  add("speciality", engine::text_at(decided, "declared.speciality_group"));
  add("term_served", is_true(decided, "registration.term_served") ? "yes" : "no");
  return out;
}

std::optional<db::RegistrationMark> removal_entry(engine::Package const& package,
                                                  engine::Calendar const& calendar,
                                                  std::string_view kind,
                                                  std::string const& reason) {
  auto const* const table = package.decision("removal");
  if (table == nullptr) return std::nullopt;
  auto const decision = table->decide({{"kind", std::string{kind}}, {"reason", reason}}, calendar);
  if (!decision) return std::nullopt;
  return db::RegistrationMark{.paper = engine::text_at(decision->outputs, "paper"),
                              .mark = engine::text_at(decision->outputs, "mark")};
}

}  // namespace

asio::awaitable<Result<engine::Context>> enrol(World& world, OpenCase const& open,
                                               engine::Context decided) {
  auto const* const signed_on = engine::at_path(decided, "decision.signed_on").as<Date>();
  auto const entry = entry_of(open, decided);
  if (signed_on == nullptr || !entry) co_return fail(ErrorCode::invalid, "error.no_category");
  db::NewRegistration input{.person = open.row.person,
                            .office = open.row.fields.office,
                            .kind = engine::text_at(decided, "registration.kind"),
                            .category = {},
                            .case_id = open.row.id,
                            .day = *signed_on,
                            .entry = *entry,
                            .bars = {{"mark", "deceased"}, {"mark", "citizenship_lost"}}};
  if (input.kind == k_reservist) {
    input.category = engine::text_at(decided, "registration.category");
    if (input.category.empty() || input.category == "removed")
      co_return fail(ErrorCode::invalid, "error.no_category");
  }
  input.facts = facts_of(open, input, decided);
  auto const entered =
      co_await world.database.run([input, package = open.package, calendar = open.calendar,
                                   decided](db::Connection& connection) {
        auto all = input;
        auto ended = ended_by(
            *package, *calendar, db::record_on(connection, input.person, input.day),
            engine::text_at(decided, "subtype"), is_true(decided, "declared.released_from_prison"));
        if (ended) all.facts.push_back(*std::move(ended));
        return db::take_on_register(connection, all);
      });
  if (!entered)
    co_return fail(ErrorCode::conflict, entered.error() == db::NotTaken::registered
                                            ? "error.already_registered"
                                            : "error.left_meanwhile");
  co_return engine::Context{{"registered_on", *signed_on}, {"category", input.category}};
}

std::optional<db::EntriesByKind> departure_entries(engine::Package const& package,
                                                   engine::Calendar const& calendar,
                                                   std::string const& reason) {
  db::EntriesByKind out;
  for (auto const kind : {k_conscript, k_reservist}) {
    auto const entry = removal_entry(package, calendar, kind, reason);
    if (!entry) return std::nullopt;
    out.emplace(kind, *entry);
  }
  return out;
}

std::optional<db::RegistrationMark> age_entry(engine::Package const& package,
                                              engine::Calendar const& calendar) {
  return removal_entry(package, calendar, k_reservist, "age");
}

std::optional<db::MoveMarksByKind> move_marks(engine::Package const& package,
                                              engine::Calendar const& calendar) {
  auto const* const table = package.decision("move");
  if (table == nullptr) return std::nullopt;
  db::MoveMarksByKind out;
  for (auto const kind : {k_conscript, k_reservist}) {
    auto const decision = table->decide({{"kind", std::string{kind}}}, calendar);
    if (!decision) return std::nullopt;
    auto const said = [&](std::string_view name) {
      return engine::text_at(decision->outputs, name);
    };
    out.emplace(
        kind,
        db::MoveMarks{.paper = said("paper"), .removed = said("removed"), .taken = said("taken")});
  }
  return out;
}

}  // namespace qyzmet::casework
