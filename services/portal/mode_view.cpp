#include "services/portal/mode_view.hpp"

#include "templates/dates.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

std::string in_words(Context const& context, Date date) {
  return templates::format_moment(templates::DateForm::docdate, context.language, to_iso(date));
}

}  // namespace

std::string moment(Context const& context, Instant at) {
  return in_words(context, legal_date(at)) + ", " + reader_of(context).time(at);
}

std::string act_text(Context const& context, std::string const& number, Date date) {
  if (number.empty()) return {};
  return context.text("mode.act", {{"number", number}, {"date", in_words(context, date)}});
}

asio::awaitable<json::value> mode_notice(Context& context, engine::Package const& package) {
  if (!package.variables.contains("mode")) co_return nullptr;
  auto const now = context.world().clock.at(context.request.arrived);
  auto const mode = co_await context.world().database.run(
      [now](db::Connection& connection) { return db::legal_mode_at(connection, now); });
  if (mode.mode == db::k_peacetime) co_return nullptr;
  auto const text =
      context.text("mode.notice", {{"from", moment(context, mode.from)},
                                   {"act", act_text(context, mode.act_number, mode.act_date)}});
  co_return json::object{
      {"tone", "warn"}, {"title", context.text("mode.is." + mode.mode)}, {"text", text}};
}

}  // namespace qyzmet::portal
