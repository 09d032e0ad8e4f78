#pragma once
// Working on a draft: the draft with its registers, read anew for each request; its answers and
// files; what would keep it from being sent. Every shell (pages, API) writes drafts through these.
//
// A Drafting is a value of one request. Errors of the person are values, faults of the database
// exceptions (db/error.hpp).
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/casework/draft.hpp"
#include "services/casework/world.hpp"
#include "services/http/message.hpp"

namespace qyzmet::casework {

struct Drafting {
  db::Draft draft;
  Answers answers;
  Library::PackagePointer package;
  Library::CalendarPointer calendar;
  engine::Context standing;  // of the person, see standing.hpp
  db::Person person;
  std::vector<db::Office> offices;   // those at work
  std::vector<db::Branch> branches;  // of the chosen office
  std::string mode = {};             // of the country now; it counts when the application comes in

  db::Office const* office() const;
  db::Branch const* branch() const;
  Rules rules() const {
    return {.package = *package, .calendar = *calendar, .person = standing, .mode = mode};
  }
  /// The bytes that are shown, signed and kept.
  std::string xml(std::string_view language) const;
};

/// The kind of the case that the draft becomes, as far as it is filled in.
std::string case_kind(Drafting const& drafting);

/// What beginning an application comes to: the open case of this service, or the one draft.
struct Begun {
  std::string number;  // of an open case; then there is no draft
  std::string draft;
  bool created = false;
};
/// Finds the draft of the person for the service or makes it. The service must be in force.
boost::asio::awaitable<Begun> begin_draft(World& world, db::PersonId person, std::string service);
/// The draft, if it is the person's own and its service (any, when "") is in force.
boost::asio::awaitable<std::optional<Drafting>> load_draft(World& world, db::PersonId person,
                                                           std::string id, std::string service);
/// Writes the answers; false when another request was first.
boost::asio::awaitable<bool> save_answers(World& world, db::Draft draft);

/// Choices are checked against the registers, too: of the page "office" or "branch".
std::vector<Error> choice_errors(Drafting const& drafting, std::string_view page);
/// Everything that keeps the draft from being sent, page by page.
std::vector<Error> missing(Drafting const& drafting);

/// Keeps an uploaded file as the document `upload.field`, in the place of an earlier one.
boost::asio::awaitable<std::vector<Error>> keep_draft_file(World& world, Drafting const& drafting,
                                                           http::Upload const& upload);
/// False when there was none.
boost::asio::awaitable<bool> remove_draft_files(World& world, Drafting const& drafting,
                                                std::string code);

}  // namespace qyzmet::casework
