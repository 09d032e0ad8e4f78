#include "services/portal/mobile_protocol.hpp"

#include <boost/json.hpp>

#include "services/http/forms.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::portal {

namespace json = boost::json;

namespace {

json::object names(MobileNames const& names) {
  return {{"nameKz", names.kk}, {"nameRu", names.ru}, {"nameEn", names.en}};
}

/// "2026-11-28T09:15:00.00+0500", as the operator writes times.
std::string local_time(Instant at) {
  auto const text = to_iso(at + k_legal_offset);
  return text.substr(0, 22) + "+0500";
}

json::object const* object_in(json::value const* value) {
  return value == nullptr ? nullptr : value->if_object();
}

json::object const* object_in(json::object const* parent, std::string_view name) {
  return parent == nullptr ? nullptr : object_in(parent->if_contains(name));
}

}  // namespace

std::string mobile_offer(MobileOffer const& offer) {
  auto organisation = names(offer.organisation);
  organisation["bin"] = offer.bin;
  return json::serialize(json::object{
      {"description", offer.description},
      {"expiry_date", local_time(offer.expires)},
      {"organisation", std::move(organisation)},
      {"document", {{"uri", offer.uri}, {"auth_type", "Token"}, {"auth_token", offer.token}}}});
}

std::string mobile_documents(MobileNames const& title, std::string_view bytes) {
  auto document = names(title);
  document["id"] = 1;
  document["meta"] = json::array{};
  document["document"] = {{"file", {{"mime", ""}, {"data", platform::to_base64(bytes)}}}};
  return json::serialize(json::object{{"signMethod", "CMS_SIGN_ONLY"},
                                      {"version", 1},
                                      {"documentsToSign", json::array{std::move(document)}}});
}

std::optional<std::string> mobile_signature(std::string_view text) {
  json::error_code error;
  auto const value = json::parse(text, error);
  auto const* object = error ? nullptr : value.if_object();
  auto const* list = object == nullptr ? nullptr : object->if_contains("documentsToSign");
  if (list == nullptr || !list->is_array() || list->get_array().size() != 1) return std::nullopt;
  auto const* file =
      object_in(object_in(list->get_array().front().if_object(), "document"), "file");
  auto const* data = file == nullptr ? nullptr : file->if_contains("data");
  if (data == nullptr || !data->is_string()) return std::nullopt;
  return std::string{data->get_string()};
}

std::string mobile_verdict(int code, std::string_view message) {
  return json::serialize(json::object{{"code", std::to_string(code)}, {"message", message}});
}

std::string mobile_qr(std::string_view url) {
  return "mobileSign:" + std::string{url};
}

std::string mobile_link(std::string_view url) {
  return "https://m.egov.kz/mobileSign/?link=" + http::percent_encode(url) +
         "&isi=1476128386&ibi=kz.egov.mobile&apn=kz.mobile.mgov";
}

}  // namespace qyzmet::portal
