#pragma once
// How bearer tokens begin: what kind one is can be seen, by us and by those who look for lost ones.
#include <string_view>

namespace qyzmet::api {

inline constexpr std::string_view k_person_prefix = "qzs_";
inline constexpr std::string_view k_program_prefix = "qzm_";

}  // namespace qyzmet::api
