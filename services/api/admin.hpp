#pragma once
// What the operations of administrators have in common: pages of rows, ids of the path, members of
// bodies, what names a role. Pure.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/api/call.hpp"

namespace qyzmet::api {

inline constexpr std::string_view k_admin = "admin";
inline constexpr std::int64_t k_rows_behind_max = 1'000'000;

/// "?limit=" and "?cursor=" of a list. Errors: error.limit, error.cursor.
struct Page {
  int limit = static_cast<int>(k_page_default);
  int offset = 0;

  /// So many are read: one more than is given tells whether there is a next page.
  int wanted() const { return limit + 1; }
};
Result<Page> read_page(Call const& call);

/// {items, next_cursor} of at most wanted() rows.
template <class Row, class ToJson>
boost::json::object page_json(Page const& page, std::vector<Row> const& rows, ToJson to_json) {
  boost::json::array items;
  for (auto const& row : rows)
    if (items.size() < static_cast<std::size_t>(page.limit)) items.push_back(to_json(row));
  boost::json::object out{{"items", std::move(items)}};
  if (rows.size() > static_cast<std::size_t>(page.limit))
    out["next_cursor"] = std::to_string(page.offset + page.limit);
  return out;
}
/// What page_json() wants of rows that were all read.
template <class Row>
std::vector<Row> rows_of(Page const& page, std::vector<Row> rows) {
  auto const count = static_cast<std::int64_t>(rows.size());
  auto const first = std::min<std::int64_t>(page.offset, count);
  auto const last = std::min<std::int64_t>(first + page.wanted(), count);
  return {std::make_move_iterator(rows.begin() + first),
          std::make_move_iterator(rows.begin() + last)};
}

/// An operation of administrators that is done once for one key, with a JSON body or without.
void add_act(http::Router& router, Api& api, std::string_view path, Handler handler,
             http::Body body, http::Method method = http::Method::post);

/// An id out of the path or a body; 0 for what is none.
std::int64_t to_id(std::string_view text);
/// error.row_not_found
http::Response no_such_row(Call const& call);

using TextMembers = std::vector<std::pair<std::string_view, std::string*>>;
/// The text members of a body into their places, without blanks around them, as the forms of the
/// pages take them; nothing where one is absent. Error: error.field_type.
std::optional<Error> read_texts(boost::json::object const& body, TextMembers const& members);
/// A boolean member; `otherwise` when it is absent or null. Error: error.field_type.
Result<bool> flag_member(boost::json::object const& body, std::string_view name, bool otherwise);

/// {role, text, office, branch}
boost::json::object grant_json(Call const& call, db::Grant const& grant);
/// {id, name}
boost::json::object named_json(std::int64_t id, std::string const& name);
/// The answer of what was made or kept: 201 with its address when it is new.
http::Response kept_answer(boost::json::object body, bool fresh, std::string const& path);

}  // namespace qyzmet::api
