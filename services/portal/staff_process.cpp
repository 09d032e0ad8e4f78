// The picture of the process of one case for officials: what is done, where the case waits, which
// terms were missed; beside it the same as a table. It shows no personal data.
#include <algorithm>
#include <set>

#include "services/casework/process_picture.hpp"
#include "services/portal/access.hpp"
#include "services/portal/case_view.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::object row_json(diagram::Fact const& fact, Reader const& reader) {
  json::array states;
  auto const say = [&](char const* what, char const* tone) {
    states.push_back({{"text", reader.text(std::string{"work.process."} + what)}, {"tone", tone}});
  };
  if (fact.mark.tokens > 0) say("now", "sky");
  if (fact.mark.breaches > 0) say("breach", "bad");
  if (fact.mark.done && fact.mark.tokens == 0) say("done", "ok");
  if (states.empty()) say("later", "plain");
  json::object state{{"label", reader.text("work.process.state")}, {"tag", states.front()}};
  if (states.size() > 1) state["note"] = states.back().at("text");
  json::object cite{{"label", reader.text("work.process.cite")}, {"text", fact.cite}};
  return {{"cells", json::array{{{"label", reader.text("work.process.step")},
                                 {"text", fact.name},
                                 {"url", "#n-" + fact.id},
                                 {"strong", fact.mark.tokens > 0}},
                                std::move(state),
                                std::move(cite)}}};
}

/// The steps that were reached, or the others.
json::object table_json(std::vector<diagram::Fact> const& facts, bool reached,
                        Reader const& reader) {
  json::array columns, rows;
  for (auto const* column : {"step", "state", "cite"})
    columns.push_back({{"text", reader.text(std::string{"work.process."} + column)}});
  for (auto const& fact : facts)
    if (casework::is_reached(fact.mark) == reached) rows.push_back(row_json(fact, reader));
  return {{"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

json::array here_json(std::vector<diagram::Fact> const& facts) {
  json::array here;
  for (auto const& fact : facts)
    if (fact.mark.tokens > 0) here.push_back({{"anchor", "n-" + fact.id}, {"step", fact.name}});
  return here;
}

asio::awaitable<http::Response> get_process(Context& context) {
  auto const number = context.parameter("number");
  auto const found =
      co_await open_staff_case(context.portal, context.visitor, number, "case_page", "progress");
  if (!found) co_return problem(context, found.error());
  auto const& open = found->open;
  auto const registers = co_await context.world().database.run(
      [row = open.row](db::Connection& connection) { return read_registers(connection, row); });
  auto const reader = reader_of(context, true);
  auto const picture =
      casework::process_picture(*open.package, casework::process_marks(open, registers.history),
                                words_of(reader, *open.package), reader.language);
  if (!picture) co_return problem(context, picture.error());
  auto const& [shapes, marks, dress] = *picture;
  auto const facts = diagram::facts(shapes, marks, dress);
  templates::Drawing const drawing{diagram::draw(shapes, marks, dress)};
  auto const base = "/work/cases/" + open.row.number;
  json::object data{
      {"number", open.row.number},
      {"service", reader.text("service.title", {}, open.package.get())},
      {"base", context.url(base)},
      {"here", here_json(facts)},
      {"table", table_json(facts, true, reader)},
      {"others", table_json(facts, false, reader)},
      {"crumbs", json::array{{{"text", context.text("work.title")}, {"url", context.url("/work")}},
                             {{"text", "№ " + open.row.number}, {"url", context.url(base)}},
                             {{"text", context.text("work.process.link")}}}}};
  co_return render(context, "staff_process", std::move(data), 200, open.package.get(), &drawing);
}

}  // namespace

void add_process_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/work/cases/{number}/process",
           "registrar executor head branch_operator", get_process);
}

}  // namespace qyzmet::portal
