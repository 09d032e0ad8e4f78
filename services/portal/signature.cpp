#include "services/portal/signature.hpp"

#include <algorithm>

#include "services/casework/signer.hpp"
#include "services/platform/encoding.hpp"
#include "signing/pdf.hpp"
#include "signing/verify.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

asio::awaitable<Result<std::string>> sent_signature(Context& context) {
  auto cms = co_await optional_signature(context);
  if (cms && cms->empty()) co_return fail(ErrorCode::invalid, "error.signature_missing", "cms");
  co_return cms;
}

asio::awaitable<Result<std::string>> optional_signature(Context& context) {
  auto const& request = context.request;
  for (auto const& error : request.upload_errors)
    if (error.field == "cms") co_return std::unexpected(error);
  auto const upload = std::ranges::find(request.uploads, "cms", &http::Upload::field);
  if (upload != request.uploads.end() && upload->size > 0) {
    if (upload->size > signing::k_cms_bytes_max)
      co_return fail(ErrorCode::too_large, "signature.too_large", "cms");
    auto& files = context.world().files;
    auto bytes = co_await files.run([&files, path = upload->path] {
      return db::open_file(files.vault(), path, signing::k_cms_bytes_max);
    });
    co_return bytes;
  }
  co_return context.field("signature");
}

json::object signing_json(Context const& context, std::string_view bytes, std::string download) {
  return {{"data", platform::to_base64(bytes)},
          {"ncalayer", context.world().config.ncalayer_url},
          {"download", std::move(download)}};
}

json::object paper_signing_json(Context const& context, std::string_view pdf, std::string url) {
  auto out = signing_json(context, signing::bytes_to_sign(pdf), url);
  out["as_page"] = std::move(url) + "/page";
  return out;
}

json::object another_json(Context const& context, engine::Package const& package,
                          Error const& error, std::string const& act) {
  return {{"text", error_text(context, error, &package)},
          {"cite", cite_json(context.language, &package, error.cite)},
          {"action", context.url(act + "/redraw")}};
}

}  // namespace qyzmet::portal
