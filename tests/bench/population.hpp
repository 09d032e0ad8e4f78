#pragma once
// What the benchmark works on: offices with a registrar and an executor each, signed in, and open
// cases of service 77 in them. Made through the functions that the server itself uses (engine,
// db), so that nothing in the database looks different from what the portal would have written.
// Single-threaded for the caller; prepare() uses several sessions inside.
#include <string>
#include <vector>

#include "db/cases.hpp"
#include "engine/calendar.hpp"
#include "engine/package.hpp"
#include "engine/step.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::bench {

/// An official with a web session.
struct Clerk {
  engine::Actor actor;
  std::string token, csrf;
};

struct Desk {
  OfficeId office;
  BranchId branch;
  Clerk registrar, executor;
};

/// A case that waits for its registrar, as it was started.
struct Filed {
  CaseId id;
  std::string number;
  std::size_t desk = 0;
  engine::Instance instance;
  std::string head_hash;  // raw
};

struct Population {
  std::shared_ptr<engine::Package const> package;
  engine::Calendar calendar;
  std::vector<Desk> desks;
  std::vector<Filed> cases;
};

Population prepare(platform::Config const& config, std::size_t desks, std::size_t cases,
                   std::size_t sessions);

/// What the registrar and then the executor fill in: the two transitions of each case.
engine::Context registration_form(Desk const& desk);
engine::Context review_form();

}  // namespace qyzmet::bench
