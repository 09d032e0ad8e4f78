#pragma once
// The mode of the country before citizens and administrators: words for it.
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "db/legal_modes.hpp"
#include "services/portal/page.hpp"

namespace qyzmet::portal {

/// "1 December 2026, 10:15"
std::string moment(Context const& context, Instant at);
/// The act that orders a mode, with its date; "" for the first of an installation.
std::string act_text(Context const& context, std::string const& number, Date date);

/// For parts/notice: which mode other than peacetime holds for an application of now, since when
/// and by which act. Null in peacetime, and for a service of which no rule asks for the mode.
boost::asio::awaitable<boost::json::value> mode_notice(Context& context,
                                                       engine::Package const& package);

}  // namespace qyzmet::portal
