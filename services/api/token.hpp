#pragma once
// How bearer tokens of people begin; those of programs: services/casework/programs.hpp.
#include <string_view>

namespace qyzmet::api {

inline constexpr std::string_view k_person_prefix = "qzs_";

}  // namespace qyzmet::api
