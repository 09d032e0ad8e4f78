#pragma once
// A case as programs read it: opened for whoever asks, and in JSON.
#include <boost/json/object.hpp>

#include "services/api/call.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/happenings.hpp"

namespace qyzmet::api {

/// {number, service, title, subtype, state {code, text}, ended, filed, accepted, due, next}: how
/// far it is, and until when; nothing of the person.
boost::json::object summary_json(Call const& call, casework::OpenCase const& open);

/// The case of the path for whoever asks: a citizen's own, or an official's by the role of the
/// token. `purpose` and `fields` of the log of reads; "" for acts, which show nothing.
struct CaseFor {
  casework::OpenCase open;
  bool staff = false;
};
boost::asio::awaitable<Result<CaseFor>> case_for(Call const& call, std::string purpose,
                                                 std::string fields);
/// What is around it: its history, documents and people.
boost::asio::awaitable<casework::CaseRegisters> registers_of(Call const& call,
                                                             CaseFor const& found);
/// Texts of the package and the catalogue for whoever asks; both arguments must outlive them.
casework::Words words_of(Call const& call, engine::Package const& package, bool staff);

}  // namespace qyzmet::api
