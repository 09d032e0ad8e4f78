#pragma once
// The definition packages and the calendar that the binary brings along. They are deployed once by
// `qyzmet migrate`; from then on the database is the truth. Command-line tools that need no
// database read them from here. Thread-safe.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "engine/calendar.hpp"
#include "engine/package.hpp"

namespace qyzmet::seeds {

/// "military_id", ...
std::vector<std::string> services();
/// Files of a seed package by name ("service.xml", "texts/kk.json"); empty for an unknown service.
std::map<std::string, std::string, std::less<>> files(std::string_view service);
/// SHA-256 over names and bytes of all files.
std::string package_hash(std::map<std::string, std::string, std::less<>> const& files);
engine::Checked<std::shared_ptr<engine::Package const>> package(std::string_view service);
/// What its service.xml alone says: the term and its citations.
engine::Checked<std::shared_ptr<engine::Package const>> rows(std::string_view service);

std::string_view calendar_csv();
/// Version 1, as published by deploy().
engine::Calendar calendar();

/// Stores what the database does not have yet: the packages that are offered, the calendar when
/// there is none. A package that is not offered stays out: it would hold the place of the one that
/// will be.
void deploy(db::Connection& connection);

}  // namespace qyzmet::seeds
