#include "services/casework/view.hpp"

#include <variant>

namespace qyzmet::casework {

namespace {

struct Viewer {
  boost::json::value operator()(std::monostate) const { return nullptr; }
  boost::json::value operator()(bool value) const { return value; }
  boost::json::value operator()(engine::Decimal value) const {
    if (auto const whole = value.integer()) return *whole;
    return boost::json::string{value.text()};
  }
  boost::json::value operator()(std::string const& value) const {
    return boost::json::string{value};
  }
  boost::json::value operator()(Date value) const { return boost::json::string{to_iso(value)}; }
  boost::json::value operator()(Instant value) const { return boost::json::string{to_iso(value)}; }
  boost::json::value operator()(engine::Duration value) const {
    return boost::json::object{{"months", value.months}, {"seconds", value.seconds}};
  }
  boost::json::value operator()(engine::List const& list) const {
    boost::json::array out;
    for (auto const& item : list) out.push_back(to_view(item));
    return out;
  }
  boost::json::value operator()(engine::Context const& context) const { return to_view(context); }
};

}  // namespace

boost::json::value to_view(engine::Value const& value) {
  return std::visit(Viewer{}, value.variant());
}

boost::json::object to_view(engine::Context const& context) {
  boost::json::object out;
  for (auto const& [name, value] : context) out[name] = to_view(value);
  return out;
}

boost::json::object all_languages(engine::Package const& package, std::string const& key) {
  boost::json::object out;
  for (auto const& [language, texts] : package.texts) {
    auto const found = texts.find(key);
    out[language] = found == texts.end() ? "[" + key + "]" : found->second;
  }
  return out;
}

}  // namespace qyzmet::casework
