#pragma once
// Engine values as JSON for templates: dates as "2026-11-21", instants in ISO 8601, numbers as text
// when they are not whole. Pure.
#include <boost/json/value.hpp>

#include "engine/package.hpp"
#include "engine/value.hpp"

namespace qyzmet::casework {

boost::json::value to_view(engine::Value const& value);
boost::json::object to_view(engine::Context const& context);
/// {"kk": ..., "ru": ..., "en": ...} of a key of the package's texts.
boost::json::object all_languages(engine::Package const& package, std::string const& key);

}  // namespace qyzmet::casework
