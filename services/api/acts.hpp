#pragma once
// What tasks and messages have in common: what was sent for a form, with its files; the choices
// that a form takes from the registers; the answer of an act.
#include <map>

#include "services/api/cases.hpp"
#include "services/api/forms.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::api {

/// The actor of the token; of another role than the act wants all the same: the engine names the
/// rule.
engine::Actor actor_of(Call const& call);
/// For a task of `role`.
engine::Actor actor_of(Call const& call, std::string_view role);

struct Sent {
  casework::Fields fields;
  std::string cms, wait;
  std::vector<db::CaseDocument> files = {};
};
/// {"fields": ..., "cms": where the form signs} and, of a message, "wait". Pure.
Result<Sent> read_sent(Call const& call, engine::Form const& form, bool message);
/// Scans and keeps the files that came with it; what cannot come at all keeps none. The errors of
/// all files at once.
boost::asio::awaitable<std::vector<Error>> take_files(Call const& call, engine::Form const& form,
                                                      bool keep, Sent& sent);

using Sources = std::map<std::string, boost::json::array, std::less<>>;
/// Choices of these forms that come from the registers: people and offices.
boost::asio::awaitable<Sources> read_sources(Call const& call, casework::OpenCase const& open,
                                             std::vector<engine::Form const*> const& forms);

http::Response outcome_answer(Call const& call, casework::Outcome const& done,
                              engine::Package const& package);

/// The bytes that the CMS of a form must be over: of a PDF, what lies around its room.
boost::asio::awaitable<http::Response> signing_content(Call const& call,
                                                       casework::OpenCase const& open,
                                                       engine::Form const& form);

/// Draws the paper that the act signs up anew, in the name of the caller.
boost::asio::awaitable<http::Response> redraw(Call const& call, casework::OpenCase const& open,
                                              engine::Form const& form,
                                              decltype(engine::Event::body) body);

}  // namespace qyzmet::api
