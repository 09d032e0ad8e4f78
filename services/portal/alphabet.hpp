#pragma once
// The order of names in Kazakh and Russian lists: Ә after А, Қ after К, Ё after Е, whatever the
// code points are. Pure.
#include <string>
#include <string_view>

namespace qyzmet::portal {

/// Names in the order of their keys are in that of the alphabet; small letters count as capitals.
std::string alphabetical_key(std::string_view name);

}  // namespace qyzmet::portal
