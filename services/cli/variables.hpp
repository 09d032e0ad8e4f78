#pragma once
// "--var NAME=VALUE" words. Pure.
#include <expected>
#include <string>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/value.hpp"

namespace qyzmet::cli {

/// NAME is a dotted path; VALUE a date, an instant, a literal of FEEL-mini, a
/// JSON object, or text. The error is a sentence
/// for the user.
std::expected<engine::Context, std::string> read_variables(std::vector<std::string> const& words,
                                                           engine::Calendar const& calendar);

}  // namespace qyzmet::cli
