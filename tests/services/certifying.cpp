#include "tests/services/certifying.hpp"

#include <algorithm>

#include "services/casework/certification.hpp"

namespace qyzmet::tests {

namespace {

constexpr std::string_view k_folder = "/statements/";

}  // namespace

// Tests certify more often within an hour than people may.
void forget_rates(SiteRig& rig) {
  rig.in_database([](db::Connection& connection) {
    static db::Sql const sql{"forget_rates", "delete from rate_limit"};
    return connection.execute(sql);
  });
}

StatementPage statement_after(SiteRig& rig, Guest const& guest, PageAnswer const& form) {
  auto const at = form.location.find(k_folder);
  if (form.status != 303 || at == std::string::npos) return {};
  auto const end = form.location.find('?');
  StatementPage out{.path = form.location.substr(0, end), .sha256 = {}, .xml = {}};
  out.sha256 = out.path.substr(at + k_folder.size());
  out.xml = rig.get(guest, out.path + "/statement.xml").body;
  return out;
}

std::string statement_code(SiteRig& rig, Guest const& guest) {
  auto const person = rig.in_database([person = guest.person](db::Connection& connection) {
    return db::find_person(connection, person);
  });
  for (auto const& message : rig.sms().messages(person->phone)) {
    auto const words = message.text.find(casework::k_statement_code.words);
    if (words == std::string::npos) continue;
    auto const first = message.text.find_first_of("0123456789");
    return message.text.substr(first, 6);
  }
  return {};
}

AskedCode ask_code(SiteRig& rig, Guest const& guest, StatementPage const& page) {
  forget_rates(rig);
  auto const sent = rig.post(guest, page.path, {{"act", "code"}, {"sha256", page.sha256}});
  AskedCode out{.guest = guest, .code = {}};
  auto const cookie = sent.cookies.find("confirm");
  if (sent.status != 303 || cookie == sent.cookies.end()) return out;
  out.guest.session += "; confirm=" + cookie->second;
  out.code = statement_code(rig, guest);
  return out;
}

PageAnswer certified(SiteRig& rig, Guest const& guest, PageAnswer form) {
  auto const page = statement_after(rig, guest, form);
  if (page.path.empty()) return form;
  auto const asked = ask_code(rig, guest, page);
  return rig.post(asked.guest, page.path,
                  {{"act", "confirm"}, {"sha256", page.sha256}, {"code", asked.code}});
}

boost::json::object by_key(SiteRig& rig, ApiClient& client, ApiAnswer const& statement,
                           std::string const& person) {
  auto const bytes = client.get(statement.text("content"), {{"Accept", "application/xml"}}).body;
  return {{"cms", rig.sign(person, bytes)}};
}

boost::json::object by_code(SiteRig& rig, ApiClient& client, ApiAnswer const& statement,
                            Guest const& guest) {
  forget_rates(rig);
  auto const sent = client.post(statement.text("codes"), nullptr);
  return {{"code_id", sent.text("id")}, {"code", statement_code(rig, guest)}};
}

ApiAnswer draw_up(ApiClient& client, std::string const& message, boost::json::object const& body,
                  std::map<std::string, std::string> const& files) {
  auto const path = message + "/statement";
  return files.empty() ? client.post(path, body) : client.post_files(path, body, files);
}

PageAnswer send_signature(SiteRig& rig, Guest const& guest, StatementPage const& page,
                          std::string const& cms) {
  return rig.post(guest, page.path, {{"act", "sign"}, {"sha256", page.sha256}, {"signature", cms}});
}

}  // namespace qyzmet::tests
