// The process of one case for officials: each step with what became of it, and the picture of the
// whole as SVG. It shows no personal data.
#include "services/casework/process_picture.hpp"

#include "services/api/cases.hpp"
#include "services/api/routes.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_officials = "registrar executor head branch_operator";

struct Drawn {
  std::string number;
  casework::ProcessPicture picture;
};

asio::awaitable<Result<Drawn>> picture_of(Call const& call) {
  auto const found = co_await case_for(call, "case_page", "progress");
  if (!found) co_return std::unexpected(found.error());
  auto const registers = co_await registers_of(call, *found);
  auto const& open = found->open;
  auto picture =
      casework::process_picture(*open.package, casework::process_marks(open, registers.history),
                                words_of(call, *open.package, true), call.language);
  if (!picture) co_return std::unexpected(picture.error());
  co_return Drawn{.number = open.row.number, .picture = std::move(*picture)};
}

json::object step_json(diagram::Fact const& fact) {
  auto const& mark = fact.mark;
  json::object out{{"id", fact.id},
                   {"name", fact.name},
                   {"reached", casework::is_reached(mark)},
                   {"done", mark.done && mark.tokens == 0},
                   {"waiting", mark.tokens},
                   {"missed_terms", mark.breaches}};
  if (!fact.cite.empty()) out["cite"] = fact.cite;
  return out;
}

asio::awaitable<http::Response> get_process(Call& call) {
  auto const drawn = co_await picture_of(call);
  if (!drawn) co_return problem(call, drawn.error());
  auto const& [shapes, marks, dress] = drawn->picture;
  json::array steps;
  for (auto const& fact : diagram::facts(shapes, marks, dress)) steps.push_back(step_json(fact));
  co_return answer({{"number", drawn->number},
                    {"title", dress.title},
                    {"steps", std::move(steps)},
                    {"picture", "/api/v1/cases/" + drawn->number + "/process/picture"}});
}

asio::awaitable<http::Response> get_picture(Call& call) {
  auto drawn = co_await picture_of(call);
  if (!drawn) co_return problem(call, drawn.error());
  auto& [shapes, marks, dress] = drawn->picture;
  dress.stand_alone = true;
  co_return http::download(diagram::draw(shapes, marks, dress), "image/svg+xml",
                           drawn->number + "-process.svg");
}

}  // namespace

void add_process_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = "/cases/{number}/process", .access = k_officials, .handler = get_process});
  add(router, api,
      {.path = "/cases/{number}/process/picture",
       .access = k_officials,
       .handler = get_picture,
       .gives = "image/svg+xml"});
}

}  // namespace qyzmet::api
