#pragma once
// What an administrator may state of an effect that was done otherwise; internal to engine/.
#include <optional>

#include "engine/step.hpp"

namespace qyzmet::engine {

/// A stop that somebody outside the process has caused, and can undo.
bool is_failed_effect(Definition const& process, Incident const& incident);
/// The reason, and instants between `first` and `last`, of what is asked and nothing else.
std::optional<Error> check_stated(ResolveIncident const& stated, Unanswered const& asked,
                                  Instant first, Instant last);

}  // namespace qyzmet::engine
