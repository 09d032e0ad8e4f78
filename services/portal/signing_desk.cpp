// The head signs many documents in one act: the key is unlocked once, each document gets a CMS of
// its own over exactly the bytes that were shown (decision 15).
#include <algorithm>

#include "services/casework/files.hpp"
#include "services/casework/signer.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"
#include "services/portal/task_forms.hpp"
#include "signing/pdf.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t k_documents_max = 20;
constexpr std::string_view k_signature_prefix = "signature-";

/// A task that waits for nothing but a signature of the visitor.
struct Signable {
  casework::OpenCase open;
  engine::Actor actor;
  std::string task;
  FormFields fields;
  engine::Form const* form = nullptr;  // of the package of `open`
  casework::ToSign paper = {};
};

std::optional<Signable> signable(Visitor const& visitor, StaffCase found) {
  for (auto const* node : found.open.open_tasks()) {
    auto const actor = found.actor(visitor, node->role);
    auto const& form = found.open.package->forms.at(node->form);
    if (!actor || form.signs.empty()) continue;
    engine::Event const looking{.at = found.open.now,
                                .actor = *actor,
                                .salt = std::string(32, '0'),
                                .body = engine::Tick{}};
    auto const variables = engine::environment(*found.open.calendar, found.open.instance, looking);
    for (auto const& variant : task_forms(form, variables, *found.open.calendar)) {
      bool const asks = std::ranges::any_of(variant.form.fields, [&](engine::Field const& field) {
        return field.required &&
               (!field.shown || field.shown->is_true(variables, *found.open.calendar));
      });
      if (!variant.signs || asks) continue;
      Signable out{
          .open = found.open, .actor = *actor, .task = node->id, .fields = {}, .form = &form};
      if (!variant.preset_field.empty()) out.fields[variant.preset_field] = variant.preset_value;
      return out;
    }
  }
  return std::nullopt;
}

asio::awaitable<std::optional<Signable>> open_signable(Context& context, std::string number) {
  auto found = co_await open_staff_case(context.portal, context.visitor, std::move(number),
                                        "document", "documents");
  if (!found) co_return std::nullopt;
  auto out = signable(context.visitor, std::move(*found));
  if (out)
    out->paper =
        co_await casework::paper_to_sign(context.world(), out->open, *out->form, out->actor);
  co_return out;
}

json::object item_json(Context const& context, Signable const& each, std::string_view bytes) {
  auto const& number = each.open.row.number;
  auto const reader = reader_of(context, true);
  auto const document = context.url("/work/cases/" + number + "/documents/" + each.paper.sha256);
  return {{"number", number},
          {"title", node_title(*each.open.package, each.task, reader)},
          {"case", context.url("/work/cases/" + number)},
          {"document", document},
          {"as_page", document + "/page"},
          {"field", std::string{k_signature_prefix} + number},
          {"data", platform::to_base64(signing::bytes_to_sign(bytes))}};
}

json::array crumbs(Context const& context) {
  return {{{"text", context.text("sign.title")}, {"url", context.url("/sign")}},
          {{"text", context.text("sign.documents.title")}}};
}

asio::awaitable<http::Response> get_documents(Context& context) {
  json::array items, others;
  for (auto const& [number, on] : context.request.query) {
    if (items.size() + others.size() == k_documents_max) break;
    auto const each = co_await open_signable(context, number);
    if (!each) continue;
    if (each->paper.anew) {
      others.push_back({{"number", number}, {"case", context.url("/work/cases/" + number)}});
      continue;
    }
    auto const bytes = co_await casework::read_file(context.world(), each->paper.sha256);
    if (bytes) items.push_back(item_json(context, *each, *bytes));
  }
  co_return render(context, "sign_documents",
                   {{"items", std::move(items)},
                    {"others", std::move(others)},
                    {"action", context.url("/sign/documents")},
                    {"ncalayer", context.world().config.ncalayer_url},
                    {"key", platform::random_hex(16)},
                    {"back", context.url("/sign")},
                    {"crumbs", crumbs(context)}});
}

/// Why it could not be signed, in the words of its package; no error when it was.
struct Signed {
  std::optional<Error> error;
  casework::Library::PackagePointer package;
};

asio::awaitable<Signed> sign_one(Context& context, std::string number, std::string cms,
                                 std::string key) {
  auto each = co_await open_signable(context, number);
  if (!each)
    co_return Signed{
        .error = Error{.code = ErrorCode::conflict, .text = "error.task_not_found", .field = {}},
        .package = {}};
  auto const package = each->open.package;
  auto const done =
      co_await casework::complete_task(context.world(), {.open = std::move(each->open),
                                                         .task = each->task,
                                                         .actor = each->actor,
                                                         .fields = each->fields,
                                                         .cms = std::move(cms),
                                                         .idempotency_key = key + "-" + number});
  if (!done) co_return Signed{.error = done.error().front(), .package = package};
  co_return Signed{.error = {}, .package = package};
}

json::object result_json(Context const& context, std::string const& number, Signed const& result) {
  auto const& error = result.error;
  json::object out{{"number", number},
                   {"text", context.text("sign.documents.signed")},
                   {"tone", error ? "bad" : "ok"},
                   {"case", context.url("/work/cases/" + number)}};
  if (!error) return out;
  auto const* package = result.package.get();
  out["text"] =
      context.text("sign.documents.refused", {{"why", error_text(context, *error, package)}});
  out["rule"] = error->rule;
  out["cite"] = cite_json(context.language, package, error->cite);
  return out;
}

asio::awaitable<http::Response> post_documents(Context& context) {
  json::array results;
  auto const key = context.field("key");
  auto const fields = context.request.form;
  for (auto const& [name, cms] : fields) {
    if (!name.starts_with(k_signature_prefix) || results.size() == k_documents_max) continue;
    auto const number = name.substr(k_signature_prefix.size());
    auto const result = co_await sign_one(context, number, cms, key);
    results.push_back(result_json(context, number, result));
  }
  co_return render(context, "sign_documents",
                   {{"results", std::move(results)},
                    {"back", context.url("/sign")},
                    {"crumbs", crumbs(context)}});
}

}  // namespace

void add_signing_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/sign/documents", "head", get_documents);
  add_form(router, portal,
           {.pattern = "/{lang}/sign/documents",
            .access = "head",
            .fields = {"*"},
            .body = http::Body::multipart},
           post_documents);
}

}  // namespace qyzmet::portal
