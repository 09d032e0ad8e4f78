#pragma once
// How large the stored bytes of a case may become. What is written must be readable for ever, so a
// step whose state or event would be longer than the reader of JSON accepts is refused
// before it is written. Pure; internal to engine/.
#include <optional>

#include "engine/step.hpp"

namespace qyzmet::engine {

/// Long texts of people leave this room of the state free, so that timers, answers from outside, a
/// changed calendar and short acts (a signature, a withdrawal) always find some: a case never stops
/// for want of it.
inline constexpr std::size_t k_size_reserve_bytes = 32 * 1024;
inline constexpr std::size_t k_small_event_bytes = 4 * 1024;

/// At least the bytes of to_json(value): cheap, and up to six times too much.
std::size_t json_bytes_at_most(Value const& value);

/// "error.case_too_large" (argument "max", in KiB) when the state or the event of a step
/// would be longer than k_json_bytes_max; the state, less the reserve, when people bring in much.
std::optional<Error> find_oversize(Step const& step, Event const& event);

}  // namespace qyzmet::engine
