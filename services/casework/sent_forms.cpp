#include "services/casework/sent_forms.hpp"

#include <algorithm>

#include "services/casework/files.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

bool asks_for(engine::Form const& form, http::Upload const& upload) {
  auto const* const field = form.field(upload.field);
  return field != nullptr && field->type == engine::FieldType::document;
}

}  // namespace

asio::awaitable<Result<SentFiles>> take_files(World& world, engine::Form const& form,
                                              http::Request const& request,
                                              std::vector<std::string_view> own, bool keep) {
  SentFiles out{.fields = {}, .files = {}, .errors = request.upload_errors};
  for (auto const& upload : request.uploads) {
    if (upload.size == 0 && upload.name.empty()) continue;  // nothing was chosen
    if (std::ranges::find(own, upload.field) != own.end()) continue;
    if (!asks_for(form, upload))
      co_return std::unexpected(Error{.code = ErrorCode::invalid,
                                      .text = "error.unknown_field",
                                      .arguments = {{"field", upload.field}},
                                      .field = {}});
    out.fields[upload.field] = upload.sha256;
    if (!keep) continue;
    auto kept = co_await keep_upload(world, upload, upload.field);
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

std::optional<Error> refusal_of_message(OpenCase const& open, engine::Form const& form,
                                        engine::Actor const& actor, std::string const& wait) {
  auto refusal = open.refusal(
      actor, engine::ReceiveMessage{
                 .message = form.id, .message_id = {}, .form = {}, .signature = {}, .key = wait});
  if (!refusal || !refusal->field.empty()) return std::nullopt;
  for (auto const* comes_with_it :
       {"error.required", "error.signature_required", "error.document_missing"})
    if (refusal->text == comes_with_it) return std::nullopt;
  return refusal;
}

}  // namespace qyzmet::casework
