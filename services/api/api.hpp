#pragma once
// The JSON API under /api/v1: a second shell, beside the pages, over the same functions of
// casework. openapi.json describes every operation (OpenAPI 3.1) and is served at
// /api/openapi.json; a test walks it and the router both ways.
//
// People sign in with their own key and get a bearer token for one role, short-lived; programs of
// other organisations have a token that an administrator gave out. Errors are problem details
// (RFC 9457) in the language of Accept-Language, with a stable code. Requests that change a case or
// what administrators keep carry an Idempotency-Key; those on a version of a case, If-Match.
//
// Ownership: the composition root owns the Api and what it refers to; all outlives the server.
// Thread-safe: handlers share nothing but the World.
#include <chrono>
#include <string_view>

#include "services/casework/world.hpp"
#include "services/http/router.hpp"
#include "services/http/server.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::api {

inline constexpr std::chrono::seconds k_token_idle_max{15 * 60};
inline constexpr std::chrono::seconds k_token_age_max{60 * 60};
inline constexpr std::size_t k_token_size_max = 64;
inline constexpr std::size_t k_idempotency_key_size_max = 100;
inline constexpr std::size_t k_body_bytes_max = 64 * 1024;  // of JSON; with a CMS 256 KiB
inline constexpr std::size_t k_json_depth_max = 8;
inline constexpr std::size_t k_page_max = 100;
inline constexpr std::size_t k_page_default = 20;

struct Api {
  casework::World& world;
  templates::Catalogue const& texts;
};

/// All routes of the API. `api` must outlive the router.
void add_routes(http::Router& router, Api& api);
/// The gate, problems and faults of what begins with /api/; everything else goes to `pages`.
http::Hooks hooks(Api& api, http::Hooks pages);
/// The description as it is served.
std::string_view openapi();

}  // namespace qyzmet::api
