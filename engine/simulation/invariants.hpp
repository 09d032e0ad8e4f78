#pragma once
// The invariants of the law (law.md, section 7) as far as the pure core can see them: checked after
// every step of a simulated case, INV-20 on every refused application, INV-32 and INV-34 on every
// calendar. Independent of the engine where that is possible: days are counted one by one, not with
// its own arithmetic. Which invariants the core cannot see, and who holds them, stands in
// tests/engine/simulation_test.cpp. Pure; safe for concurrent use.
#include <functional>
#include <map>
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
  bool notified_in_time = false;                        // the last notice of a hearing
  int extensions = 0;
  std::set<std::string, std::less<>> ordered;        // kinds of effects
  std::map<std::string, int, std::less<>> answered;  // how often one of a kind was carried out
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
/// Signatures, effects and extensions of this step; `decided` is left to remember_decision().
void remember(History& history, engine::Package const& package, engine::Instance const& before,
              engine::Step const& step, engine::Event const& event);
void remember_decision(History& history, engine::Step const& step, engine::Event const& event);

/// INV-20: the application with every document that the law asks for "if any" and that this one
/// need not have. A refusal that it does not get as well was one for want of such a document.
engine::Start with_optional_documents(engine::Package const& package, engine::Start const& start);

/// FEEL wd_add under a calendar.
using DayArithmetic = std::function<Date(engine::Calendar const&, Date, int)>;
/// INV-32 and INV-34 on days around `day`; "" or the id of the invariant that does not hold.
std::string_view broken(engine::Calendar const& calendar, Date day,
                        DayArithmetic const& wd_add = &engine::Calendar::wd_add);

}  // namespace qyzmet::simulation
