#include "services/portal/certification.hpp"

#include <algorithm>

#include "services/casework/confirmation.hpp"
#include "services/http/forms.hpp"
#include "services/http/responses.hpp"
#include "services/platform/config.hpp"
#include "services/portal/signature.hpp"

namespace qyzmet::portal {

namespace {

constexpr std::string_view k_code_cookie = "confirm";
constexpr std::int64_t k_code_age_s = 5 * 60;
constexpr std::size_t k_digest_shown = 16;

void set_code(Context const& context, http::Response& response, std::string value,
              std::int64_t age_s) {
  http::set_cookie(response, {.name = std::string{k_code_cookie},
                              .value = std::move(value),
                              .secure = platform::is_https(context.world().config),
                              .strict = true,
                              .max_age_s = age_s});
}

std::string mark_of(std::string_view sha256) {
  return std::string{sha256.substr(0, k_digest_shown)} + ".";
}

}  // namespace

void add_certify_data(Context const& context, ToCertify const& what, boost::json::object& data) {
  data["sign"] = signing_json(context, what.bytes, context.url(what.download));
  data["action"] = context.url(what.action);
  data["sha256"] = what.sha256;
  data["iin"] = what.person.iin;
  auto const& phone = what.person.phone;
  data["phone"] = !phone.empty();
  auto const shown = std::min(phone.size(), casework::k_phone_digits_shown);
  data["code_about"] = context.text(what.about, {{"end", phone.substr(phone.size() - shown)}});
  data["code_sent"] = !sent_code(context, what.sha256).empty();
}

std::string sent_code(Context const& context, std::string_view sha256) {
  auto const name = http::cookie_name(k_code_cookie, platform::is_https(context.world().config));
  auto const found = context.request.cookies.find(name);
  auto const mark = mark_of(sha256);
  if (found == context.request.cookies.end() || !found->second.starts_with(mark)) return {};
  return found->second.substr(mark.size());
}

void remember_code(Context const& context, http::Response& response, std::string_view sha256,
                   std::string const& id) {
  set_code(context, response, mark_of(sha256) + id, k_code_age_s);
}

void forget_code(Context const& context, http::Response& response) {
  set_code(context, response, "", 0);
}

}  // namespace qyzmet::portal
