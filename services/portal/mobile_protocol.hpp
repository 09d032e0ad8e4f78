#pragma once
// The words of the eGov mobile application (signing.md 7.3): what the two addresses behind its QR
// answer, and what comes back. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace qyzmet::portal {

struct MobileNames {
  std::string kk, ru, en;
};
/// API №1: who asks, until when, and where the documents are.
struct MobileOffer {
  MobileNames organisation;
  std::string bin;
  std::string description;
  Instant expires;
  std::string uri;    // of API №2
  std::string token;  // its bearer
};
std::string mobile_offer(MobileOffer const& offer);

/// API №2: the one document to be signed; the signature is made over `bytes` and comes alone.
std::string mobile_documents(MobileNames const& title, std::string_view bytes);
/// The signature in what the application sends back; nothing when it is not there.
std::optional<std::string> mobile_signature(std::string_view json);
/// {"code": "...", "message": "..."}
std::string mobile_verdict(int code, std::string_view message);

/// The text of the QR, and the link that opens the application on the phone itself.
std::string mobile_qr(std::string_view url);
std::string mobile_link(std::string_view url);

}  // namespace qyzmet::portal
