#include "services/simulators/demo_folder.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "services/platform/file.hpp"
#include "services/simulators/clock.hpp"
#include "signing/cms.hpp"

namespace qyzmet::simulators {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string read_certificate(fs::path const& path) {
  auto der = signing::unwrap_pem_or_der(platform::read_file(path));
  if (!der) throw std::runtime_error{"no certificate: " + path.string()};
  return std::move(*der);
}

std::string field(json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

Person read_person(json::object const& object, fs::path const& folder,
                   std::string const& password) {
  Person person{.id = field(object, "id"),
                .role = field(object, "role"),
                .surname = field(object, "surname"),
                .given = field(object, "given"),
                .iin = field(object, "iin"),
                .organisation = field(object, "organisation"),
                .bin = field(object, "bin"),
                .state = field(object, "state"),
                .keys = {}};
  for (auto const& name : object.at("keys").as_array()) {
    std::string const word{name.as_string()};
    auto const path = folder / "people" / (person.id + "-" + word + ".p12");
    auto key = signing::open_p12(platform::read_file(path), password);
    if (!key) throw std::runtime_error{"cannot open " + path.string()};
    person.keys.emplace(word, std::move(*key));
  }
  return person;
}

/// "SERIAL good" or "SERIAL revoked TIME REASON"
void read_index_line(std::string const& line, Authority& authority) {
  std::istringstream words{line};
  std::string serial, state, time;
  int reason = 0;
  words >> serial >> state >> time >> reason;
  if (serial.empty()) return;
  signing::CertificateStatus status;
  if (state == "revoked") {
    auto const at = find_instant(time + " ");
    if (!at) throw std::runtime_error{"a wrong line in index.txt"};
    status = {
        .kind = signing::CertificateStatus::Kind::revoked, .revoked_at = *at, .reason = reason};
  }
  authority.index.emplace(serial, status);
}

}  // namespace

std::vector<Person> read_people(std::string const& folder) {
  fs::path const root{folder};
  auto const password = platform::read_secret(root / "seal.password");
  std::vector<Person> people;
  auto const list = json::parse(platform::read_file(root / "people.json"));
  for (auto const& each : list.as_array())
    people.push_back(read_person(each.as_object(), root, password));
  if (people.empty()) throw std::runtime_error{"no people in " + folder};
  return people;
}

Authority read_authority(std::string const& folder) {
  fs::path const root{folder};
  auto const password = platform::read_secret(root / "seal.password");
  Authority out;
  for (std::string const suffix : {"", "-gost"}) {
    // A PKI that somebody brought along may know RSA alone.
    if (!suffix.empty() && !fs::exists(root / "trust" / ("ca" + suffix + ".pem"))) continue;
    Hierarchy one{.suffix = suffix,
                  .ca_certificate = read_certificate(root / "trust" / ("ca" + suffix + ".pem")),
                  .root_certificate = read_certificate(root / "trust" / ("root" + suffix + ".pem")),
                  .ca = {},
                  .root = {},
                  .ocsp = {},
                  .tsa = {}};
    auto const key = [&](std::string const& name, std::string const& issuer) {
      return signing::Responder{.p12 = platform::read_file(root / (name + suffix + ".p12")),
                                .password = password,
                                .issuer = issuer};
    };
    one.ca = key("ca", one.ca_certificate);
    one.root = key("root", one.root_certificate);
    one.ocsp = key("ocsp", one.ca_certificate);
    one.tsa = key("tsa", one.ca_certificate);
    out.hierarchies.push_back(std::move(one));
  }
  std::istringstream lines{platform::read_file(root / "index.txt")};
  for (std::string line; std::getline(lines, line);) read_index_line(line, out);
  return out;
}

}  // namespace qyzmet::simulators
