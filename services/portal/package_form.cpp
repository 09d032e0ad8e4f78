#include "services/portal/package_form.hpp"

#include <algorithm>

#include "services/casework/files.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

namespace {

bool asks_for(engine::Form const& form, http::Upload const& upload) {
  auto const* const field = form.field(upload.field);
  return field != nullptr && field->type == engine::FieldType::document;
}

}  // namespace

asio::awaitable<Result<PackageForm>> take_form(Context& context, engine::Form const& form,
                                               std::vector<std::string_view> own, bool keep) {
  auto fields = package_fields(context.request, form, own);
  if (!fields) co_return std::unexpected(fields.error());
  PackageForm out{
      .fields = std::move(*fields), .files = {}, .errors = context.request.upload_errors};
  for (auto const& upload : context.request.uploads) {
    if (upload.size == 0 && upload.name.empty()) continue;  // nothing was chosen
    if (std::ranges::find(own, upload.field) != own.end()) continue;
    if (!asks_for(form, upload))
      co_return std::unexpected(Error{.code = ErrorCode::invalid,
                                      .text = "error.unknown_field",
                                      .arguments = {{"field", upload.field}}});
    out.fields[upload.field] = upload.sha256;
    if (!keep) continue;
    auto kept = co_await casework::keep_upload(context.world(), upload, upload.field);
    if (!kept) {
      auto error = kept.error();
      error.field = upload.field;
      out.errors.push_back(std::move(error));
      continue;
    }
    out.files.push_back({.code = kept->code, .sha256 = kept->sha256, .name = kept->name});
  }
  co_return out;
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
