#include <algorithm>

#include "engine/step.hpp"

namespace qyzmet::engine {

Changes changes(Instance const& before, Instance const& after) {
  Changes out;
  for (auto const& task : after.tasks)
    if (std::ranges::find(before.tasks, task.token, &Task::token) == before.tasks.end())
      out.tasks_added.push_back(task);
  for (auto const& task : before.tasks)
    if (std::ranges::find(after.tasks, task.token, &Task::token) == after.tasks.end())
      out.tasks_removed.push_back(task.token);
  for (auto const& timer : after.timers) {
    auto const old = std::ranges::find(before.timers, timer.id, &Timer::id);
    if (old == before.timers.end())
      out.timers_added.push_back(timer);
    else if (old->due != timer.due)
      out.timers_moved.push_back(timer);
  }
  for (auto const& timer : before.timers)
    if (std::ranges::find(after.timers, timer.id, &Timer::id) == after.timers.end())
      out.timers_removed.push_back(timer.id);
  for (auto const& wait : after.subscriptions)
    if (std::ranges::find(before.subscriptions, wait.id, &Subscription::id) ==
        before.subscriptions.end())
      out.subscriptions_added.push_back(wait);
  for (auto const& wait : before.subscriptions)
    if (std::ranges::find(after.subscriptions, wait.id, &Subscription::id) ==
        after.subscriptions.end())
      out.subscriptions_removed.push_back(wait.id);
  for (auto const& effect : before.pending)
    if (std::ranges::find(after.pending, effect.token, &Pending::token) == after.pending.end())
      out.pending_cancelled.push_back(effect.token);
  for (auto const& errand : before.errands)
    if (std::ranges::find(after.errands, errand.token, &Errand::token) == after.errands.end())
      out.pending_cancelled.push_back(errand.token);
  return out;
}

}  // namespace qyzmet::engine
