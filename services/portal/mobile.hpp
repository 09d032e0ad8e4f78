#pragma once
// Signing with the eGov mobile application: the person's page shows a QR and waits; the phone
// fetches the bytes and sends the signature; the person goes on with it on the usual form, where it
// is judged like any other. Works without script: the waiting page asks again by itself.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "services/portal/page.hpp"

namespace qyzmet::portal {

inline constexpr std::chrono::minutes k_mobile_lifetime{5};
inline constexpr int k_mobile_per_hour_max = 20;  // requests of one person

/// Offers `bytes` to the person's phone and leads to the waiting page. `action` ("/apply/...") is
/// the form that takes the signature in the end.
boost::asio::awaitable<http::Response> offer_to_mobile(Context& context, std::string bytes,
                                                       std::string action);

}  // namespace qyzmet::portal
