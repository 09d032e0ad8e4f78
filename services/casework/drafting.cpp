#include "services/casework/drafting.hpp"

#include <algorithm>

#include "db/cases.hpp"
#include "db/legal_modes.hpp"
#include "db/registers.hpp"
#include "db/worklists.hpp"
#include "services/casework/act.hpp"
#include "services/casework/files.hpp"
#include "services/casework/standing.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

/// The draft of that service, made with the contacts that are known when there is none.
Begun find_or_create(db::Connection& connection, db::PersonId person, std::string const& service) {
  for (auto const& draft : db::drafts_of(connection, person))
    if (draft.service == service) return {.number = {}, .draft = draft.id};
  auto const known = db::find_person(connection, person);
  Answers answers;
  if (known) {
    answers.phone = known->phone;
    answers.email = known->email;
    answers.address = known->address;
  }
  // Who is on a register applies to its office: what goes elsewhere has to be passed on (E-17).
  if (auto const registered = db::active_registration(connection, person))
    answers.office = std::to_string(registered->office.value);
  db::Draft const draft{.id = platform::random_hex(16),
                        .person = person,
                        .service = service,
                        .answers = write_answers(answers),
                        .nonce = platform::random_hex(16),
                        .files = {},
                        .changed = {}};
  db::create_draft(connection, draft);
  return {.number = {}, .draft = draft.id, .created = true};
}

void read_places(db::Connection& connection, Drafting& out) {
  out.offices = db::offices(connection);
  std::erase_if(out.offices, [](auto const& office) { return !office.is_offered(); });
  if (auto const* office = out.office()) out.branches = db::branches(connection, office->id);
  std::erase_if(out.branches, [](auto const& branch) { return !branch.active; });
}

}  // namespace

db::Office const* Drafting::office() const {
  auto const found = std::ranges::find_if(offices, [&](auto const& office) {
    return std::to_string(office.id.value) == answers.office;
  });
  return found == offices.end() ? nullptr : &*found;
}

db::Branch const* Drafting::branch() const {
  auto const found = std::ranges::find_if(branches, [&](auto const& branch) {
    return std::to_string(branch.id.value) == answers.branch;
  });
  return found == branches.end() ? nullptr : &*found;
}

std::string Drafting::xml(std::string_view language) const {
  return to_xml(to_application(rules(), draft, person, language));
}

std::string case_kind(Drafting const& drafting) {
  engine::Context application;
  for (auto const& [name, value] : drafting.answers.details)
    engine::set_path(application, name, value);
  engine::set_path(application, "subtype", drafting.answers.subtype);
  return case_kind(*drafting.package, application);
}

asio::awaitable<Begun> begin_draft(World& world, db::PersonId person, std::string service) {
  auto const package = world.library.in_force(service, world.clock.today());
  auto kind = package ? case_kind(*package, {}) : service;
  auto begun = co_await world.database.run(
      [service, person, kind = std::move(kind)](db::Connection& connection) {
        Begun out{.number = db::open_case(connection, person, kind), .draft = {}};
        return out.number.empty() ? find_or_create(connection, person, service) : out;
      });
  co_return begun;
}

asio::awaitable<std::optional<Drafting>> load_draft(World& world, db::PersonId person,
                                                    std::string id, std::string service) {
  auto loaded = co_await world.database.run(
      [&world, id, service, person](db::Connection& connection) -> std::optional<Drafting> {
        auto const today = world.clock.today();
        auto draft = db::load_draft(connection, id, person);
        auto known = db::find_person(connection, person);
        if (!draft || !known || (!service.empty() && draft->service != service))
          return std::nullopt;
        auto package = world.library.in_force(draft->service, today);
        auto calendar = world.library.calendar();
        if (!package || !calendar) return std::nullopt;
        Drafting out{.draft = std::move(*draft),
                     .answers = {},
                     .package = package,
                     .calendar = calendar,
                     .standing = standing(*package, *calendar, known->iin, today, {}),
                     .person = std::move(*known),
                     .offices = {},
                     .branches = {}};
        out.answers = read_answers(out.draft.answers);
        out.mode = db::legal_mode_at(connection, world.clock.now()).mode;
        read_places(connection, out);
        return out;
      });
  co_return loaded;
}

asio::awaitable<bool> save_answers(World& world, db::Draft draft) {
  auto const saved = co_await world.database.run(
      [draft](db::Connection& connection) { return db::save_draft(connection, draft); });
  co_return saved;
}

std::vector<Error> choice_errors(Drafting const& drafting, std::string_view page) {
  auto const& answers = drafting.answers;
  Error out{.code = ErrorCode::invalid, .text = "error.not_a_choice", .field = std::string{page}};
  if (page == "office" && !answers.office.empty() && drafting.office() == nullptr) return {out};
  if (page == "branch" && !answers.branch.empty() && drafting.branch() == nullptr) return {out};
  return {};
}

std::vector<Error> missing(Drafting const& drafting) {
  std::vector<Error> out;
  auto const rules = drafting.rules();
  for (auto const page : apply_pages(rules, drafting.answers)) {
    for (auto& error : page_errors(page, rules, drafting.answers, drafting.draft.files))
      out.push_back(std::move(error));
    for (auto& error : choice_errors(drafting, page)) out.push_back(std::move(error));
  }
  return out;
}

asio::awaitable<std::vector<Error>> keep_draft_file(World& world, Drafting const& drafting,
                                                    http::Upload const& upload) {
  auto kept = co_await keep_upload(world, upload, upload.field);
  if (!kept) {
    auto error = kept.error();
    error.field = upload.field;
    co_return std::vector{std::move(error)};
  }
  db::DraftFile const file{.code = upload.field,
                           .sha256 = kept->sha256,
                           .name = kept->name,
                           .media_type = kept->media_type,
                           .size = static_cast<std::int64_t>(kept->size)};
  std::vector<db::DraftFile> earlier;
  for (auto const& old : drafting.draft.files)
    if (old.code == file.code && old.sha256 != file.sha256) earlier.push_back(old);
  bool const added =
      co_await world.database.run([file, earlier, id = drafting.draft.id,
                                   person = drafting.person.id](db::Connection& connection) {
        for (auto const& old : earlier)
          db::remove_draft_file(connection, id, person, old.code, old.sha256);
        return db::add_draft_file(connection, id, person, file);
      });
  if (added) co_return std::vector<Error>{};
  co_return std::vector<Error>{
      {.code = ErrorCode::invalid, .text = "error.too_many_files", .field = upload.field}};
}

asio::awaitable<bool> remove_draft_files(World& world, Drafting const& drafting, std::string code) {
  bool const removed =
      co_await world.database.run([files = drafting.draft.files, id = drafting.draft.id,
                                   person = drafting.person.id, code](db::Connection& connection) {
        bool any = false;
        for (auto const& file : files)
          if (file.code == code)
            any |= db::remove_draft_file(connection, id, person, file.code, file.sha256);
        return any;
      });
  co_return removed;
}

}  // namespace qyzmet::casework
