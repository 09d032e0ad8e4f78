#include "services/portal/message_form.hpp"

#include <algorithm>

#include "services/casework/officials.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/package_form.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// What the sender sees: the variables of the wait that is meant, else those of the case.
engine::Context seen_by(MessagePage const& page) {
  engine::Event const looking{.at = page.open.now,
                              .actor = page.actor,
                              .salt = std::string(32, '0'),
                              .body = engine::Tick{}};
  auto const& instance = page.open.instance;
  auto const& waits = instance.subscriptions;
  auto const wait = std::ranges::find_if(waits, [&](engine::Subscription const& each) {
    return each.message == page.form.id && each.key == page.wait;
  });
  if (wait == waits.end()) return engine::environment(*page.open.calendar, instance, looking);
  auto const token = std::ranges::find(instance.tokens, wait->token, &engine::Token::id);
  auto const scope = token == instance.tokens.end() ? wait->scope : token->scope;
  return engine::environment(*page.open.package, *page.open.calendar, instance, looking, scope);
}

}  // namespace

asio::awaitable<std::map<std::string, json::array, std::less<>>> read_sources(
    Context const& context, casework::OpenCase const& open, engine::Form const& form) {
  std::map<std::string, json::array, std::less<>> out;
  for (auto const& field : form.fields) {
    if (field.names_place()) {
      auto const places =
          co_await context.world().database.run([&open, &field](db::Connection& connection) {
            return casework::places_for(connection, open, field.source);
          });
      for (auto const& place : places) {
        json::object option{{"value", place.id}, {"label", place.label(context.language)}};
        if (place.proposed) option["preset"] = true;
        out[field.source].push_back(std::move(option));
      }
    }
    if (field.type != engine::FieldType::user) continue;
    auto const people =
        co_await context.world().database.run([&open, &field](db::Connection& connection) {
          return casework::offered_officials(connection, open, field.source);
        });
    out[field.source] = official_options(people, context.language);
  }
  co_return out;
}

http::Response message_page(Context const& context, MessagePage page) {
  auto const* package = page.open.package.get();
  auto const reader = reader_of(context, page.actor.role != "citizen");
  auto title = reader.text("form." + page.form.id, {}, package);
  if (!page.wait.empty()) title += " № " + page.wait;
  page.crumbs.push_back({{"text", title}});
  FormInput const input{.package = *package,
                        .calendar = *page.open.calendar,
                        .form = page.form,
                        .variables = seen_by(page),
                        .typed = std::move(page.typed),
                        .errors = page.errors,
                        .sources = std::move(page.sources)};
  json::object data{{"title", title},
                    {"fields", form_fields(input, reader)},
                    {"action", context.url(page.base + "/messages/" + page.form.id)},
                    {"button", reader.text("form." + page.form.id + ".action", {}, package)},
                    {"back", context.url(page.base)},
                    {"key", std::move(page.key)},
                    {"wait", page.wait},
                    {"cite", cite_json(*package, page.form.cite, reader)},
                    {"crumbs", std::move(page.crumbs)}};
  if (!page.signing.empty()) data["signing"] = std::move(page.signing);
  if (!page.another.empty()) data["another"] = std::move(page.another);
  auto const about = "form." + page.form.id + ".about";
  if (reader.has(about, package)) data["about"] = reader.text(about, {}, package);
  if (page.errors.empty()) return render(context, "message", std::move(data), 200, package);
  return render_refused(context, "message", std::move(data), page.errors, package);
}

}  // namespace qyzmet::portal
