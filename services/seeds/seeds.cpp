#include "services/seeds/seeds.hpp"

#include <set>

#include "db/calendars.hpp"
#include "db/definitions.hpp"
#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::seeds {

namespace embedded {
std::span<EmbeddedFile const> files();
}

std::vector<std::string> services() {
  std::set<std::string> names;
  for (auto const& file : embedded::files())
    names.insert(std::string{file.name.substr(0, file.name.find('/'))});
  return {names.begin(), names.end()};
}

std::map<std::string, std::string, std::less<>> files(std::string_view service) {
  std::map<std::string, std::string, std::less<>> out;
  auto const prefix = std::string{service} + "/";
  for (auto const& file : embedded::files())
    if (file.name.starts_with(prefix))
      out.emplace(file.name.substr(prefix.size()), std::string{file.bytes});
  return out;
}

std::string package_hash(std::map<std::string, std::string, std::less<>> const& files) {
  std::string all;
  for (auto const& [name, bytes] : files)
    all += platform::sha256_hex(name) + platform::sha256_hex(bytes);
  return platform::sha256_hex(all);
}

engine::Checked<std::shared_ptr<engine::Package const>> package(std::string_view service) {
  auto found = files(service);
  auto const hash = package_hash(found);
  return engine::load_package(std::move(found), hash);
}

engine::Checked<std::shared_ptr<engine::Package const>> rows(std::string_view service) {
  return engine::read_service(files(service)["service.xml"]);
}

std::string_view calendar_csv() {
  return engine::seed_calendar_csv();
}

engine::Calendar calendar() {
  return engine::seed_calendar();
}

void deploy(db::Connection& connection) {
  for (auto const& service : services()) {
    auto const known = rows(service);
    check(known.has_value(), "seed packages are valid");
    if (!(*known)->offered) continue;
    auto found = files(service);
    auto const hash = package_hash(found);
    auto const loaded = engine::load_package(found, hash);
    check(loaded.has_value(), "seed packages are valid");
    auto const& package = **loaded;
    if (db::package_on(connection, service, package.effective_from)) continue;
    db::deploy_package(connection, db::package_row(package), found);
  }
  if (!db::find_calendar(connection, 1)) {
    auto const seed = calendar();
    db::publish_calendar(connection, {.version = 1,
                                      .first_year = seed.first_year(),
                                      .last_year = seed.last_year(),
                                      .csv = std::string{calendar_csv()},
                                      .source = "seed",
                                      .published = {},
                                      .effective = {}});
  }
}

}  // namespace qyzmet::seeds
