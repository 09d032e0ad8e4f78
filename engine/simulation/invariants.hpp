#pragma once
// The invariants of the law (law.md, section 7) as far as the pure core can see them: checked after
// every step of a simulated case. Independent of the engine where that is possible: days are
// counted one by one, not with its own arithmetic. Pure; safe for concurrent use.
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/step.hpp"

namespace qyzmet::simulation {

/// What was done in a case before the step that is looked at.
struct History {
  std::set<std::string, std::less<>> signed_documents;  // SHA-256 signed by a head
  bool decided = false;                                 // the head signed the present draft
  int extensions = 0;
};

/// One accepted step.
struct Seen {
  engine::Package const& package;
  engine::Calendar const& calendar;
  engine::Instance const& before;
  engine::Step const& step;
  engine::Event const& event;
  History const& history;  // up to and with this step, but `decided` as before it
};

struct Invariant {
  std::string_view id;  // "INV-02"
  std::string_view text;
  bool (*holds)(Seen const&);
};

std::span<Invariant const> invariants();
/// The first that does not hold.
Invariant const* broken(Seen const& seen);
/// The head's signature and extensions of this step; `decided` is left to remember_decision().
void remember(History& history, engine::Instance const& before, engine::Step const& step,
              engine::Event const& event);
void remember_decision(History& history, engine::Step const& step, engine::Event const& event);

/// INV-32 and INV-34 on days around `day`; "" or the id of the invariant that does not hold.
std::string_view broken(engine::Calendar const& calendar, Date day);

}  // namespace qyzmet::simulation
