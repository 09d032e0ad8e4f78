#include "services/portal/typed.hpp"

#include <algorithm>

#include "services/platform/url.hpp"
#include "services/portal/form_view.hpp"

namespace qyzmet::portal {

namespace json = boost::json;

namespace {

constexpr std::size_t k_target_bytes_max = 200;

/// A field of some form of a package in force, and the package.
struct Asked {
  casework::Library::PackagePointer package;
  engine::Field const* field = nullptr;
  std::string text_name = {};
};

Asked asked_field(Context const& context, std::string_view name) {
  for (auto const& package : context.world().library.services(context.world().clock.today()))
    for (auto const& [id, form] : package->forms)
      if (auto const* field = input_field(form, name))
        return {package, field, text_name(form, name)};
  return {};
}

bool is_written(engine::FieldType type) {
  using engine::FieldType;
  return type != FieldType::boolean && type != FieldType::user && type != FieldType::document;
}

/// A choice in words, everything else as it was written.
std::string in_words(Context const& context, Asked const& asked, std::string const& value) {
  auto const& choices = asked.field->choices;
  auto const found = std::ranges::find(choices, value, &engine::Choice::value);
  return found == choices.end() ? value : context.text(found->text, {}, asked.package.get());
}

}  // namespace

json::array typed_json(Context const& context) {
  json::array out;
  auto const& catalogue = context.portal.pages.catalogue();
  for (auto const& [name, value] : context.request.form) {
    if (value.empty()) continue;
    auto const asked = asked_field(context, name);
    auto const key = "field." + (asked.field == nullptr ? name : asked.text_name);
    // What has no name for people was not written by people.
    if (asked.field == nullptr ? !catalogue.has(context.language, key)
                               : !is_written(asked.field->type))
      continue;
    out.push_back({{"name", name},
                   {"label", context.text(key, {}, asked.package.get())},
                   {"value", asked.field == nullptr ? value : in_words(context, asked, value)}});
  }
  return out;
}

std::string page_before(Context const& context) {
  auto const url = platform::parse_url(context.request.headers.get("Referer"));
  if (!url || url->authority() != context.request.headers.get("Host")) return {};
  return safe_target(url->target);
}

std::string safe_target(std::string_view target) {
  bool const plain = std::ranges::all_of(target, [](char c) {
    return c > 0x20 && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  bool const ours = target.size() >= 4 && target[0] == '/' && is_language(target.substr(1, 2)) &&
                    target[3] == '/';
  return plain && ours && target.size() <= k_target_bytes_max ? std::string{target} : std::string{};
}

}  // namespace qyzmet::portal
