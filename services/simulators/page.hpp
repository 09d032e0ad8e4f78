#pragma once
// The plain pages on which the simulators show themselves. Pure.
#include <string>
#include <string_view>

#include "services/http/message.hpp"

namespace qyzmet::simulators {

std::string escape(std::string_view text);
/// Content-Security-Policy of such a page: forms to ourselves and our one style, nothing else.
std::string page_policy();
/// A whole page around `body`, which is HTML already.
std::string page_of(std::string_view title, std::string const& body);
http::Response page(std::string_view title, std::string const& body);

}  // namespace qyzmet::simulators
