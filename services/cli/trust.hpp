#pragma once
// The certificates that a subcommand trusts: what a folder holds.
#include <expected>
#include <string>

#include "signing/verify.hpp"

namespace qyzmet::cli {

/// DER, or any number of them in one PEM file; none for "". Otherwise what cannot be read.
std::expected<signing::TrustStore, std::string> read_trust(std::string const& folder);

}  // namespace qyzmet::cli
