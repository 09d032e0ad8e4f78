#pragma once
// Threads that go their own way: what a boundary timer that interrupts nothing begins, and that no
// other token, condition or observer takes notice of. Such a thread is gone through by itself, from
// wherever its timer is armed, and its days, tokens and effects tell no states of the case apart;
// internal to engine/.
//
// A thread qualifies when, as the drawing and the expressions tell,
// - it stands inside a sub-process, all ways into it come from its timer, and it holds nothing but
//   exclusive gateways, service tasks, timers and plain ends;
// - what it sets nothing reads, and what it reads nothing sets after the application;
// - it records no breach, and no observer speaks of its nodes or effects, or could tell a step of
//   it from a step in which nothing happens.
// It could still keep its sub-process from completing. That is watched while the states are gone
// through: should a sub-process complete for want of tokens while a thread of it may live, nothing
// counts, and the states are gone through once more with its threads among them.
#include <vector>

#include "engine/observers.hpp"

namespace qyzmet::engine {

struct Thread {
  NodeIndex event = k_none;  // its timer
  std::vector<NodeIndex> nodes = {};
};

/// As far as the drawing and the observers tell; not what is set and read.
std::vector<Thread> drawn_threads(Package const& package, std::vector<Observer> const& observers);

}  // namespace qyzmet::engine
