// The end of an application: check (drawn from the very bytes that will be signed), certify by the
// own key or by a one-time password, and what follows.
#include <algorithm>

#include "services/casework/certification.hpp"
#include "services/casework/certify.hpp"
#include "services/http/forms.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"
#include "services/portal/apply.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/certification.hpp"
#include "services/portal/mobile.hpp"
#include "services/portal/mode_view.hpp"
#include "services/portal/signature.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::object row(Context const& context, Apply const& apply, std::string_view key,
                 std::string value, std::string_view page) {
  auto const label = context.text(key);
  json::object out{{"label", label}, {"value", std::move(value)}};
  if (!page.empty())
    out["action"] = {{"text", context.text("apply.change")},
                     {"url", context.url(apply_path(apply, page)) + "?then=check"},
                     {"about", label}};
  return out;
}

std::string name_of(json::object const& about) {
  return std::string{about.at("name").as_string()} + ", " +
         std::string{about.at("address").as_string()};
}

/// A typed answer as people read it.
std::string answer_text(Context const& context, engine::Package const& package,
                        engine::Field const& field, std::string const& typed) {
  if (field.type == engine::FieldType::boolean) return context.text("ui.yes");
  auto const day = parse_date(typed);
  if (field.type == engine::FieldType::date && day) return reader_of(context).long_date(*day);
  auto const choice = std::ranges::find(field.choices, typed, &engine::Choice::value);
  return choice == field.choices.end() ? typed : context.text(choice->text, {}, &package);
}

/// Answers to the questions of the package, in its order and words.
void add_answers(Context const& context, Apply const& apply,
                 casework::Application const& application, json::array& rows) {
  auto const& package = *apply.package;
  auto const* const form = package.application();
  for (auto const& field : form == nullptr ? std::vector<engine::Field>{} : form->fields) {
    auto const answer = application.answers.find(field.name);
    if (answer == application.answers.end()) continue;
    json::object item{{"label", context.text("field." + field.name, {}, &package)},
                      {"value", answer_text(context, package, field, answer->second)}};
    item["action"] = {{"text", context.text("apply.change")},
                      {"url", context.url(apply_path(apply, "details")) + "?then=check"},
                      {"about", item.at("label")}};
    rows.push_back(std::move(item));
  }
}

/// From the parsed bytes alone: what is shown is what is signed.
json::array rows_of(Context const& context, Apply const& apply,
                    casework::Application const& application) {
  auto const& package = *apply.package;
  auto const* subtype = package.subtype(application.subtype);
  auto const add = [&](json::array& to, std::string_view key, std::string value,
                       std::string_view page) {
    to.push_back(row(context, apply, key, std::move(value), page));
  };
  json::array rows;
  add(rows, "apply.row.name", application.name, "");
  add(rows, "apply.row.iin", application.iin, "");
  add(rows, "apply.row.reason", subtype == nullptr ? "" : context.text(subtype->text, {}, &package),
      "reason");
  add_answers(context, apply, application, rows);
  if (auto const* office = apply.office())
    add(rows, "apply.row.office", name_of(office_json(*office, context.language)), "office");
  if (auto const* branch = apply.branch())
    add(rows, "apply.row.branch", name_of(branch_json(*branch, context.language)), "branch");
  add(rows, "apply.row.phone", application.phone, "contacts");
  if (!application.email.empty()) add(rows, "apply.row.email", application.email, "contacts");
  if (package.asks_address || !application.address.empty())
    add(rows, "apply.row.address", application.address, package.asks_address ? "contacts" : "");
  for (auto const& file : application.attachments) {
    rows.push_back(row(context, apply, "apply.row.file", file.name, "documents"));
    auto const document =
        std::ranges::find(subtype->documents, file.code, &engine::RequiredDocument::code);
    if (document != subtype->documents.end())
      rows.back().as_object()["hint"] = context.text(document->text, {}, &package);
  }
  add(rows, "apply.row.consent",
      context.text(application.consent ? "apply.consent.given" : "apply.consent.missing"),
      "consent");
  return rows;
}

http::Response after(Context const& context, casework::Certified const& certified) {
  if (certified.pending) return go(context, "/cabinet", "submission_pending");
  auto const path = "/cabinet/cases/" + certified.number;
  return certified.existing ? go(context, path, "already_open") : go(context, path + "/accepted");
}

asio::awaitable<http::Response> refused(Context& context, Apply apply, Error error) {
  std::vector<Error> errors{std::move(error)};
  auto response = co_await get_certify(context, std::move(apply), std::move(errors));
  co_return response;
}

asio::awaitable<http::Response> send_code(Context& context, Apply apply, std::string xml) {
  auto const sha256 = platform::sha256_hex(xml);
  auto const id = co_await casework::send_code(context.world(), casework::k_application_code,
                                               std::move(xml), context.visitor.person);
  if (!id) {
    auto response = co_await refused(context, std::move(apply), id.error());
    co_return response;
  }
  auto response = go(context, apply_path(apply, "certify"), "code_sent");
  remember_code(context, response, sha256, *id);
  co_return response;
}

asio::awaitable<Result<casework::Certified>> submit(Context& context, std::string xml) {
  auto const received = context.world().clock.at(context.request.arrived);
  auto const person = context.visitor.person;
  if (context.field("act") == "confirm") {
    auto code = sent_code(context, platform::sha256_hex(xml));
    auto done = co_await casework::submit_confirmed(
        context.world(), std::move(xml), std::move(code), context.field("code"), person, received);
    co_return done;
  }
  auto cms = co_await sent_signature(context);
  if (!cms) co_return std::unexpected(cms.error());
  auto done = co_await casework::submit_signed(context.world(), std::move(xml), std::move(*cms),
                                               person, received);
  co_return done;
}

}  // namespace

asio::awaitable<http::Response> get_check(Context& context, Apply apply) {
  auto const xml = apply.xml(context.language);
  auto const application = casework::from_xml(xml);
  if (!application) co_return problem(context, application.error());
  auto data = apply_data(context, apply, "check");
  data["rows"] = rows_of(context, apply, *application);
  data["sha256"] = platform::sha256_hex(xml);
  auto mode = co_await mode_notice(context, *apply.package);
  data["mode"] = std::move(mode);
  auto const* office = apply.office();
  auto const deadlines =
      office == nullptr ? std::nullopt : term_if_filed_now(context, *apply.package, *office);
  if (deadlines) data["due"] = to_iso(deadlines->due);
  auto const refusal = co_await casework::refusal_of_application(
      context.world(), xml, context.visitor.person, context.world().clock.now());
  if (!refusal) co_return render(context, "apply_check", std::move(data), 200, apply.package.get());
  data["refused"] = true;
  co_return render_refused(context, "apply_check", std::move(data), {*refusal},
                           apply.package.get());
}

/// What was shown is fixed: only these bytes can be signed on the next page.
asio::awaitable<http::Response> post_check(Context& context, Apply apply) {
  auto const sha256 = platform::sha256_hex(apply.xml(context.language));
  if (context.field("sha256") != sha256)
    co_return go(context, apply_path(apply, "check"), "application_changed");
  apply.answers.checked = sha256;
  apply.answers.language = context.language;
  apply.draft.answers = casework::write_answers(apply.answers);
  auto const saved = co_await save_answers(context, apply);
  if (!saved) co_return go(context, apply_path(apply, "check"), "application_changed");
  co_return go(context, apply_path(apply, "certify"));
}

asio::awaitable<http::Response> get_certify(Context& context, Apply apply,
                                            std::vector<Error> errors) {
  auto const xml = apply.xml(apply.answers.language);
  if (platform::sha256_hex(xml) != apply.answers.checked)
    co_return go(context, apply_path(apply, "check"), "application_changed");
  auto data = apply_data(context, apply, "certify");
  add_certify_data(context,
                   {.bytes = xml,
                    .sha256 = apply.answers.checked,
                    .person = apply.person,
                    .action = apply_path(apply, "certify"),
                    .download = apply_path(apply, "application.xml"),
                    .about = "apply.certify.otp.text"},
                   data);
  if (errors.empty())
    co_return render(context, "apply_certify", std::move(data), 200, apply.package.get());
  co_return render_refused(context, "apply_certify", std::move(data), errors, apply.package.get());
}

asio::awaitable<http::Response> post_certify(Context& context, Apply apply) {
  auto xml = apply.xml(apply.answers.language);
  auto const sha256 = platform::sha256_hex(xml);
  if (sha256 != apply.answers.checked || context.field("sha256") != sha256)
    co_return go(context, apply_path(apply, "check"), "application_changed");
  auto const act = context.field("act");
  if (act == "code") {
    auto response = co_await send_code(context, std::move(apply), std::move(xml));
    co_return response;
  }
  if (act == "mobile") {
    auto response = co_await offer_to_mobile(context, std::move(xml), apply_path(apply, "certify"));
    co_return response;
  }
  auto done = co_await submit(context, std::move(xml));
  if (!done) {
    auto response = co_await refused(context, std::move(apply), done.error());
    co_return response;
  }
  auto response = after(context, *done);
  if (act == "confirm") forget_code(context, response);
  co_return response;
}

}  // namespace qyzmet::portal
