#include "services/portal/package_form.hpp"

#include "services/casework/sent_forms.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

asio::awaitable<Result<PackageForm>> take_form(Context& context, engine::Form const& form,
                                               std::vector<std::string_view> own, bool keep) {
  auto fields = package_fields(context.request, form, own);
  if (!fields) co_return std::unexpected(fields.error());
  auto came = co_await casework::take_files(context.world(), form, context.request, own, keep);
  if (!came) co_return std::unexpected(came.error());
  for (auto const& [name, sha256] : came->fields) fields->insert_or_assign(name, sha256);
  co_return PackageForm{.fields = std::move(*fields),
                        .files = std::move(came->files),
                        .errors = std::move(came->errors)};
}

boost::json::array official_options(std::vector<db::User> const& people,
                                    std::string_view language) {
  boost::json::array out;
  for (auto const& user : people) {
    auto const& position = user.position(language);
    out.push_back({{"value", std::to_string(user.id.value)},
                   {"label", position.empty() ? user.name : user.name + ", " + position}});
  }
  return out;
}

}  // namespace qyzmet::portal
