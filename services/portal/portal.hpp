#pragma once
// The pages of Qyzmet: what a browser sees. One file per desk; every page goes through the same
// gate (visitor.hpp), the same decision who may do what (access.hpp) and the same frame (page.hpp).
//
//   language in the URL: /{lang}/... with kk, ru, en; "/" leads to /kk
//   GET  /{lang}                                        services
//   GET  /{lang}/services/{service}                     passport of a service, out of its package
//   GET  /{lang}/login, POST .../login/eds|otp|otp/confirm, /{lang}/logout, /{lang}/role
//   POST /{lang}/apply/{service}, GET|POST /{lang}/apply/{service}/{draft}/{page}
//   GET  /{lang}/cabinet/...                            the citizen's own cases, notices, readers
//   GET  /{lang}/work..., sign..., branch..., admin...  the desks of officials
//   GET  /{lang}/demo                                   demo installations only
//   GET  /static/{name}, /static/fonts/{name}          styles, scripts, fonts
//
// Ownership: main.cpp owns the Portal and everything it refers to; all of it outlives the server.
// Thread-safe: handlers share nothing but the World and what is remembered of sessions and cases.
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/casework/act.hpp"
#include "services/casework/world.hpp"
#include "services/http/router.hpp"
#include "services/http/server.hpp"
#include "services/platform/recent.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::portal {

struct Visitor;

/// What this process has just read or written, for forms that are tried at once (FormRoute). Short:
/// a session is read again, and its idle time extended, at least once a minute.
inline constexpr std::size_t k_sessions_remembered_max = 4'000;
inline constexpr std::chrono::seconds k_session_remembered{60};
inline constexpr std::size_t k_cases_remembered_max = 2'000;
inline constexpr std::chrono::seconds k_case_remembered{15 * 60};
struct Memory {
  platform::Recent<std::shared_ptr<Visitor const>> sessions{k_sessions_remembered_max,
                                                            k_session_remembered};
  platform::Recent<casework::OpenCase> cases{k_cases_remembered_max, k_case_remembered};
  /// The page of the verifier: made at its first request, the same from then on.
  std::once_flag verifier_made = {};
  std::string verifier = {};
};

struct Portal {
  casework::World& world;
  templates::Renderer const& pages;
  bool demo = false;  // the immutable mark of the database (decision 19)
  /// What the demo page links to: the page that shows the SMS of the simulator, and the like.
  struct Link {
    std::string name;  // "sms", "ncalayer": key demo.link.<name>
    std::string url;
  };
  std::vector<Link> simulators = {};
  /// The invented people of a demo installation, for its page; empty in production.
  struct DemoPerson {
    std::string key;  // name of the key in the NCALayer simulator
    std::string name, iin, phone;
    std::string role;  // "" = citizen
    std::string unit;  // name of the office or branch
  };
  std::vector<DemoPerson> people = {};
  Memory memory = {};
};

/// All routes of the portal. `portal` must outlive the router.
void add_routes(http::Router& router, Portal& portal);
/// The gate, error pages, faults of the database, uploads. `ready` is left to main.cpp.
http::Hooks hooks(Portal& portal);

}  // namespace qyzmet::portal
