#pragma once
// What the pages of the administrator have in common: the way from one to the other, fields of
// forms that belong to no package, ids out of forms.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/portal/page.hpp"

namespace qyzmet::portal {

/// Links to the other pages, for parts/chips; `current` is a path ("/admin/offices").
boost::json::array admin_tabs(Context const& context, std::string_view current);

/// A field for parts/field with the label "unit.<name>", the value as it came or stands in the
/// register, and the first of `errors` that names it.
boost::json::object admin_field(Context const& context, std::string_view kind,
                                std::string_view name, std::string value,
                                std::vector<Error> const& errors);

/// 0 for what is no id.
std::int64_t to_id(std::string_view text);

/// The name of an office or branch in a language of the portal.
template <class Unit>
std::string const& name_in(Unit const& unit, std::string_view language) {
  return language == "ru" ? unit.name_ru : language == "en" ? unit.name_en : unit.name_kk;
}

}  // namespace qyzmet::portal
