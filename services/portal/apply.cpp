// Writing an application, one thing per page. Every POST saves the draft; what is wrong is said on
// the page itself with everything typed still there.
#include "services/portal/apply.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "services/casework/places.hpp"
#include "services/http/responses.hpp"
#include "services/portal/alphabet.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/certification.hpp"
#include "services/portal/form_view.hpp"
#include "services/portal/mode_view.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_save_tries = 3;
constexpr std::size_t k_offices_unfolded_max = 12;

bool known_page(Apply const& apply, std::string_view page) {
  auto const pages = casework::apply_pages(apply.rules(), apply.answers);
  return std::ranges::find(pages, page) != pages.end();
}

json::value cite_of(Apply const& apply, std::string_view id, Reader const& reader) {
  return cite_json(*apply.package, id, reader);
}

// --- Data of the single pages.

void add_reason(json::object& data, Apply const& apply, Reader const& reader) {
  auto const* package = apply.package.get();
  json::array options;
  for (auto const& subtype : apply.package->subtypes) {
    // Plain words first; how the law puts it stands below.
    auto const official = reader.text(subtype.text, {}, package);
    auto const plain = subtype.text + ".plain";
    bool const has_plain = reader.has(plain, package);
    json::object option{{"value", subtype.code},
                        {"label", has_plain ? reader.text(plain, {}, package) : official},
                        {"selected", subtype.code == apply.answers.subtype}};
    if (has_plain) option["hint"] = official;
    options.push_back(std::move(option));
  }
  data["options"] = std::move(options);
}

/// The kind of its place decides the term: it stands beside the office.
json::object office_option(Apply const& apply, db::Office const& office, Reader const& reader) {
  auto const& term = apply.package->term;
  auto const place = casework::place_of(*apply.package, *apply.calendar, office);
  auto const days = term.days_by_place.find(term.place_row(place));
  auto const about = office_json(office, reader.language);
  auto hint = std::string{about.at("address").as_string()};
  if (days != term.days_by_place.end())
    hint += " · " + reader.text("apply.office.days",
                                {{"place", reader.text("place." + place)}, {"n", days->second}});
  return {{"value", about.at("id")},
          {"label", about.at("name")},
          {"hint", hint},
          {"selected", about.at("id").as_string() == apply.answers.office}};
}

/// Many offices stand under the bodies above them, a fold for each region.
json::array office_groups(Apply const& apply, Reader const& reader) {
  std::map<std::string, json::object> groups;
  std::multimap<std::string, db::Office const*> offices;
  for (auto const& office : apply.offices) {
    auto const name = office_json(office, reader.language).at("name").as_string();
    offices.emplace(alphabetical_key(name), &office);
  }
  int number = 0;
  for (auto const& [key, office] : offices) {
    auto const& name = reader.language == "kk" ? office->higher_body_kk : office->higher_body_ru;
    auto& group = groups[alphabetical_key(name)];
    if (group.empty()) group = {{"name", name}, {"options", json::array{}}, {"open", false}};
    auto option = office_option(apply, *office, reader);
    option["number"] = ++number;
    if (option.at("selected").as_bool()) group["open"] = true;
    group["options"].as_array().push_back(std::move(option));
  }
  json::array out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

void add_office(json::object& data, Apply const& apply, Reader const& reader) {
  json::array options;
  if (apply.offices.size() > k_offices_unfolded_max)
    data["groups"] = office_groups(apply, reader);
  else
    for (auto const& office : apply.offices)
      options.push_back(office_option(apply, office, reader));
  data["options"] = std::move(options);
  json::array cites;
  for (auto const& [place, cite] : apply.package->term.cite_by_place) {
    auto value = cite_of(apply, cite, reader);
    if (!value.is_null() && std::ranges::find(cites, value) == cites.end())
      cites.push_back(std::move(value));
  }
  data["cites"] = std::move(cites);
}

/// Address and hours.
std::string branch_hint(Context const& context, db::Branch const& branch, Reader const& reader) {
  auto const about = branch_json(branch, reader.language);
  std::string out{about.at("address").as_string()};
  auto const calendar = context.world().library.calendar();
  if (!calendar) return out;
  for (auto const& line : branch_hours(*calendar, branch, context.world().clock.today(), reader))
    out += " · " + line;
  return out;
}

void add_branch(json::object& data, Context const& context, Apply const& apply,
                Reader const& reader) {
  json::array options;
  for (auto const& branch : apply.branches) {
    auto const about = branch_json(branch, reader.language);
    options.push_back({{"value", about.at("id")},
                       {"label", about.at("name")},
                       {"hint", branch_hint(context, branch, reader)},
                       {"selected", about.at("id").as_string() == apply.answers.branch}});
  }
  data["options"] = std::move(options);
  auto const* office = apply.office();
  if (office == nullptr) return;
  data["office"] = office_json(*office, reader.language);
  auto const deadlines = term_if_filed_now(context, *apply.package, *office);
  auto const calendar = context.world().library.calendar();
  if (!deadlines || !calendar) return;
  Term const term{.package = *apply.package,
                  .calendar = *calendar,
                  .deadlines = *deadlines,
                  .now = deadlines->filed,
                  .territory = office->code};
  data["due"] = to_iso(deadlines->due);
  data["ribbon"] = ribbon_json(term, {}, reader);
  data["why"] = why_json(term, reader);
}

/// The questions of the package; what was typed before stands in them.
void add_details(json::object& data, Apply const& apply, Reader const& reader,
                 std::vector<Error> const& errors) {
  auto const* const form = apply.package->application();
  if (form == nullptr) return;
  data["fields"] =
      form_fields({.package = *apply.package,
                   .calendar = *apply.calendar,
                   .form = *form,
                   .variables = casework::environment_of(apply.rules().asking(apply.answers)),
                   .typed = apply.answers.details,
                   .errors = errors},
                  reader);
}

void add_contacts(json::object& data, Apply const& apply) {
  data["phone"] = apply.answers.phone;
  data["email"] = apply.answers.email;
  data["asks_address"] = apply.package->asks_address;
  data["address"] = apply.answers.address;
  data["name"] = apply.person.name;
}

json::object document_json(Context const& context, Apply const& apply,
                           engine::RequiredDocument const& document,
                           std::vector<Error> const& errors) {
  auto const reader = reader_of(context);
  json::object out{{"code", document.code},
                   {"text", reader.text(document.text, {}, apply.package.get())},
                   {"required", document.required}};
  if (auto cite = cite_of(apply, document.cite, reader); !cite.is_null())
    out["cite"] = std::move(cite);
  auto const file = std::ranges::find(apply.draft.files, document.code, &db::DraftFile::code);
  if (file != apply.draft.files.end())
    out["file"] = {{"name", file->name}, {"kilobytes", (file->size + 1023) / 1024}};
  auto const error = std::ranges::find(errors, document.code, &Error::field);
  if (error != errors.end()) out["error"] = error_text(context, *error, apply.package.get());
  return out;
}

void add_documents(json::object& data, Context const& context, Apply const& apply,
                   std::vector<Error> const& errors) {
  json::array alone, any;
  for (auto const& document :
       casework::asked_documents(apply.rules().asking(apply.answers), apply.answers.details))
    (document.group.empty() ? alone : any)
        .push_back(document_json(context, apply, document, errors));
  data["alone"] = std::move(alone);
  data["any"] = std::move(any);
}

void add_page_data(json::object& data, Context const& context, Apply const& apply,
                   std::string_view page, std::vector<Error> const& errors) {
  auto const reader = reader_of(context);
  if (page == "reason") add_reason(data, apply, reader);
  if (page == "details") add_details(data, apply, reader, errors);
  if (page == "office") add_office(data, apply, reader);
  if (page == "branch") add_branch(data, context, apply, reader);
  if (page == "contacts") add_contacts(data, apply);
  if (page == "documents") add_documents(data, context, apply, errors);
  if (page == "consent") data["consent"] = apply.answers.consent;
}

http::Response show(Context const& context, Apply const& apply, std::string_view page,
                    std::vector<Error> const& errors = {}) {
  auto data = apply_data(context, apply, page);
  add_page_data(data, context, apply, page, errors);
  auto const name = "apply_" + std::string{page};
  auto const* package = apply.package.get();
  if (errors.empty()) return render(context, name, std::move(data), 200, package);
  return render_refused(context, name, std::move(data), errors, package);
}

// --- What a page sends.

/// A box that is not ticked is not sent.
void take_details(Context const& context, Apply& apply) {
  apply.answers.details.clear();
  for (auto const& field : apply.package->application()->fields)
    if (auto text = context.field(field.name); !text.empty())
      apply.answers.details.emplace(field.name, std::move(text));
}

/// The answers of one page put into the draft; those of other pages stay.
void take_answers(Context const& context, std::string_view page, Apply& apply) {
  auto& answers = apply.answers;
  if (page == "reason") answers.subtype = context.field("subtype");
  if (page == "details") take_details(context, apply);
  if (page == "office" && answers.office != context.field("office")) {
    answers.office = context.field("office");
    answers.branch.clear();
  }
  if (page == "branch") answers.branch = context.field("branch");
  if (page == "consent") answers.consent = context.field("consent") == "true";
  if (page != "contacts") return;
  answers.phone = context.field("phone");
  answers.email = context.field("email");
  if (apply.package->asks_address) answers.address = context.field("address");
}

std::vector<std::string_view> fields_of(Apply const& apply, std::string_view page) {
  if (page == "reason") return {"subtype"};
  if (page == "office") return {"office"};
  if (page == "branch") return {"branch"};
  if (page == "contacts" && apply.package->asks_address) return {"phone", "email", "address"};
  if (page == "contacts") return {"phone", "email"};
  if (page == "consent") return {"consent"};
  if (page == "check") return {"sha256"};
  if (page == "certify") return {std::begin(k_certify_fields), std::end(k_certify_fields)};
  std::vector<std::string_view> out;
  if (page == "details") {
    for (auto const& field : apply.package->application()->fields) out.push_back(field.name);
    return out;
  }
  out = {"act", "remove"};
  auto const* subtype = apply.package->subtype(apply.answers.subtype);
  if (subtype != nullptr)
    for (auto const& document : subtype->documents) out.push_back(document.code);
  return out;
}

/// The name of an input that the page does not have; "" when there is none.
std::string foreign_field(Context const& context, Apply const& apply, std::string_view page) {
  auto const fields = fields_of(apply, page);
  auto const known = [&](std::string_view name) {
    return name == "csrf" || name == "then" || std::ranges::find(fields, name) != fields.end();
  };
  for (auto const& [name, value] : context.request.form)
    if (!known(name)) return name;
  for (auto const& upload : context.request.uploads)
    if (!known(upload.field)) return upload.field;
  return {};
}

http::Response go_on(Context const& context, Apply const& apply, std::string_view page) {
  if (context.field("then") == "check")
    return go(context, apply_path(apply, casework::open_page(apply.rules(), apply.draft)));
  auto const pages = casework::apply_pages(apply.rules(), apply.answers);
  auto const here = std::ranges::find(pages, page);
  return go(context, apply_path(apply, *std::next(here)));
}

asio::awaitable<http::Response> post_answers(Context& context, Apply apply, std::string page) {
  for (int tries = 0; tries < k_save_tries; ++tries) {
    take_answers(context, page, apply);
    auto errors = casework::page_errors(page, apply.rules(), apply.answers, apply.draft.files);
    for (auto& error : casework::choice_errors(apply, page)) errors.push_back(std::move(error));
    if (!errors.empty()) co_return show(context, apply, page, errors);
    apply.draft.answers = casework::write_answers(apply.answers);
    auto const saved = co_await save_answers(context, apply);
    if (saved) co_return go_on(context, apply, page);
    auto again = co_await load_apply(context);
    if (!again) break;
    apply = std::move(*again);
  }
  auto gone = co_await draft_is_gone(context);
  co_return gone;
}

// --- Files.

asio::awaitable<http::Response> post_documents(Context& context, Apply apply) {
  auto errors = context.request.upload_errors;
  for (auto const& upload : context.request.uploads) {
    if (upload.size == 0 && upload.name.empty()) continue;  // nothing was chosen
    auto wrong = co_await casework::keep_draft_file(context.world(), apply, upload);
    for (auto& error : wrong) errors.push_back(std::move(error));
  }
  auto const removed = context.field("remove");
  if (!removed.empty()) co_await casework::remove_draft_files(context.world(), apply, removed);
  auto again = co_await load_apply(context);
  if (!again) {
    auto gone = co_await draft_is_gone(context);
    co_return gone;
  }
  bool const stays = !removed.empty() || context.field("act") == "upload";
  if (errors.empty() && !stays)
    errors = casework::page_errors("documents", again->rules(), again->answers, again->draft.files);
  if (!errors.empty()) co_return show(context, *again, "documents", errors);
  if (stays) co_return go(context, apply_path(*again, "documents"));
  co_return go_on(context, *again, "documents");
}

// --- Entry points.

asio::awaitable<http::Response> get_start(Context& context) {
  auto const service = context.parameter("service");
  auto const package = context.world().library.in_force(service, context.world().clock.today());
  if (!package) co_return problem(context, 404);
  struct Found {
    std::string number;
    bool draft = false;
  };
  auto const found = co_await context.world().database.run(
      [service, kind = casework::case_kind(*package, {}),
       person = context.visitor.person](db::Connection& connection) {
        Found out{.number = db::open_case(connection, person, kind)};
        for (auto const& draft : db::drafts_of(connection, person))
          if (draft.service == service) out.draft = true;
        return out;
      });
  if (!found.number.empty())
    co_return go(context, "/cabinet/cases/" + found.number, "already_open");
  auto const title = context.text("service.title", {}, package.get());
  auto mode = co_await mode_notice(context, *package);
  co_return render(context, "apply_start",
                   {{"title", title},
                    {"mode", std::move(mode)},
                    {"draft", found.draft},
                    {"name", context.visitor.name},
                    {"action", context.url("/apply/" + service)},
                    {"crumbs",
                     {{{"text", context.text("nav.services")}, {"url", context.url("")}},
                      {{"text", title}, {"url", context.url("/services/" + service)}}}}},
                   200, package.get());
}

asio::awaitable<http::Response> post_start(Context& context) {
  auto const service = context.parameter("service");
  auto const package = context.world().library.in_force(service, context.world().clock.today());
  if (!package) co_return problem(context, 404);
  auto const started =
      co_await casework::begin_draft(context.world(), context.visitor.person, service);
  if (!started.number.empty())
    co_return go(context, "/cabinet/cases/" + started.number, "already_open");
  auto const apply = co_await load_apply(context, started.draft);
  auto const page = apply ? casework::open_page(apply->rules(), apply->draft) : "reason";
  co_return go(context, "/apply/" + service + "/" + started.draft + "/" + std::string{page});
}

/// The application in the very bytes that are signed, for programs that sign elsewhere.
http::Response download_xml(Apply const& apply) {
  return http::download(apply.xml(apply.answers.language), "application/xml", "application.xml");
}

asio::awaitable<http::Response> get_page(Context& context) {
  auto apply = co_await load_apply(context);
  if (!apply) {
    auto gone = co_await draft_is_gone(context);
    co_return gone;
  }
  auto const page = context.parameter("page");
  if (page == "application.xml") co_return download_xml(*apply);
  if (!known_page(*apply, page)) co_return problem(context, 404);
  bool const last = page == "check" || page == "certify";
  auto const open = casework::open_page(apply->rules(), apply->draft);
  if (last && open != "check") co_return go(context, apply_path(*apply, open));
  if (last) {
    auto const number = co_await context.world().database.run(
        [kind = casework::case_kind(*apply), person = context.visitor.person](
            db::Connection& connection) { return db::open_case(connection, person, kind); });
    if (!number.empty()) co_return go(context, "/cabinet/cases/" + number, "already_open");
  }
  http::Response response;
  if (page == "check")
    response = co_await get_check(context, std::move(*apply));
  else if (page == "certify")
    response = co_await get_certify(context, std::move(*apply), {});
  else
    response = show(context, *apply, page);
  co_return response;
}

asio::awaitable<http::Response> post_page(Context& context) {
  auto apply = co_await load_apply(context);
  if (!apply) {
    auto gone = co_await draft_is_gone(context);
    co_return gone;
  }
  auto const page = context.parameter("page");
  if (!known_page(*apply, page)) co_return problem(context, 404);
  if (auto const foreign = foreign_field(context, *apply, page); !foreign.empty())
    co_return problem(context, {.code = ErrorCode::invalid,
                                .text = "error.unknown_field",
                                .arguments = {{"field", foreign}}});
  http::Response response;
  if (page == "check")
    response = co_await post_check(context, std::move(*apply));
  else if (page == "certify")
    response = co_await post_certify(context, std::move(*apply));
  else if (page == "documents")
    response = co_await post_documents(context, std::move(*apply));
  else
    response = co_await post_answers(context, std::move(*apply), page);
  co_return response;
}

}  // namespace

asio::awaitable<std::optional<Apply>> load_apply(Context& context) {
  auto loaded = co_await load_apply(context, context.parameter("draft"));
  co_return loaded;
}

asio::awaitable<std::optional<Apply>> load_apply(Context& context, std::string id) {
  auto loaded = co_await casework::load_draft(context.world(), context.visitor.person,
                                              std::move(id), context.parameter("service"));
  co_return loaded;
}

asio::awaitable<http::Response> draft_is_gone(Context& context) {
  auto const service = context.parameter("service");
  auto const number = co_await context.world().database.run(
      [service, person = context.visitor.person](db::Connection& connection) {
        db::ListFilter filter;
        filter.person = person;
        filter.service = service;
        filter.limit = 1;
        auto const page = db::list_cases(connection, filter);
        return page.rows.empty() ? std::string{} : page.rows.front().number;
      });
  if (!number.empty()) co_return go(context, "/cabinet/cases/" + number, "already_open");
  co_return problem(context, {.code = ErrorCode::not_found, .text = "error.draft_not_found"});
}

std::string apply_path(Apply const& apply, std::string_view page) {
  return "/apply/" + apply.package->service + "/" + apply.draft.id + "/" + std::string{page};
}

json::object apply_data(Context const& context, Apply const& apply, std::string_view page) {
  auto const pages = casework::apply_pages(apply.rules(), apply.answers);
  auto const here = std::ranges::find(pages, page);
  auto const number = std::distance(pages.begin(), here) + 1;
  auto const then = context.query("then") == "check" || context.field("then") == "check";
  auto const back = then          ? context.url(apply_path(apply, "check"))
                    : number <= 1 ? context.url("/apply/" + apply.package->service)
                                  : context.url(apply_path(apply, *std::prev(here)));
  return {{"service", context.text("service.title", {}, apply.package.get())},
          {"step", number},
          {"steps", pages.size()},
          {"back", back},
          {"then", then ? "check" : ""},
          {"action", context.url(apply_path(apply, page))}};
}

asio::awaitable<bool> save_answers(Context& context, Apply const& apply) {
  auto const saved = co_await casework::save_answers(context.world(), apply.draft);
  co_return saved;
}

std::optional<engine::Deadlines> term_if_filed_now(Context const& context,
                                                   engine::Package const& package,
                                                   db::Office const& office) {
  auto const calendar = context.world().library.calendar();
  if (!calendar) return std::nullopt;
  auto deadlines = engine::compute_deadlines(package.term, *calendar, context.world().clock.now(),
                                             casework::place_of(package, *calendar, office));
  if (!deadlines) return std::nullopt;
  return std::move(*deadlines);
}

void add_apply_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/apply/{service}", "visitor", get_start);
  add_form(router, portal, {.pattern = "/{lang}/apply/{service}", .access = "visitor"}, post_start);
  add_page(router, portal, "/{lang}/apply/{service}/{draft}/{page}", "visitor", get_page);
  add_form(router, portal,
           {.pattern = "/{lang}/apply/{service}/{draft}/{page}",
            .access = "visitor",
            .fields = {"*"},
            .body = http::Body::multipart},
           post_page);
}

}  // namespace qyzmet::portal
