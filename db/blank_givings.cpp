#include "db/blank_givings.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace qyzmet::db {

namespace {

Sql const k_taken{"blanks_taken",
                  "select h from unnest($1::bytea[]) h where exists (select from blank b where "
                  "b.number_hash = h) or exists (select from military_id m where m.number_hash = "
                  "h)"};
Sql const k_giving{
    "blank_giving",
    "insert into blank_giving (receipt_id, office_id, first_number, last_number, school, request, "
    "requested_on, given_on, given_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
    "on conflict on constraint blank_giving_once do nothing returning id"};
Sql const k_give{"give_blanks",
                 "insert into blank (number_hash, receipt_id, giving_id, state) "
                 "select h, $2, $3, 'given' from unnest($1::bytea[]) h"};

#define QYZMET_GIVINGS                                                                            \
  "select g.id, r.series, lpad(g.first_number::text, r.digits, '0'), "                            \
  "lpad(g.last_number::text, r.digits, '0'), g.school, g.request, g.requested_on, g.given_on, "   \
  "g.given_by, g.last_issue_on, coalesce(g.list, ''), g.list_on, g.returned_on, g.given, "        \
  "g.issued, g.unissued, g.spoiled, t.working_days, t.rule, t.paragraph, t.source "               \
  "from blank_giving g join blank_receipt r on r.id = g.receipt_id cross join lateral (select * " \
  "from law_term where code = 'blank_list' and holds_from <= coalesce(g.last_issue_on, $2) "      \
  "order by holds_from desc limit 1) t where g.office_id = $1 "

Sql const k_givings{"blank_givings", QYZMET_GIVINGS
                    "order by g.returned_on is not null, g.returned_on desc, g.last_issue_on, "
                    "g.given_on desc, g.id desc limit $3"};
Sql const k_lock{"lock_giving", QYZMET_GIVINGS "and g.id = $3 for update of g"};
Sql const k_tell{"tell_last_issue", "update blank_giving set last_issue_on = $2 where id = $1"};
Sql const k_return{"return_list",
                   "update blank_giving set list = $2, list_on = $3, returned_on = $4, "
                   "last_issue_on = $5, returned_by = $6 where id = $1"};
Sql const k_went{"went_by_list",
                 "update blank set state = $3, paper = $4, changed_on = $5 where giving_id = $1 "
                 "and state = 'given' and number_hash = any ($2::bytea[])"};
Sql const k_back{"back_in_stock",
                 "delete from blank where giving_id = $1 and state = 'given' and "
                 "number_hash = any ($2::bytea[])"};

template <class... Arguments>
std::vector<BlankGiving> read_givings(Connection& connection, Sql const& sql, OfficeId office,
                                      Arguments const&... arguments) {
  std::vector<BlankGiving> out;
  for (auto& [id, series, first, last, school, request, requested, given_on, by, issue, list,
              list_on, returned, given, issued, unissued, spoiled, days, rule, paragraph, source] :
       connection.query<std::int64_t, std::string, std::string, std::string, std::string,
                        std::string, Date, Date, std::optional<UserId>, std::optional<Date>,
                        std::string, std::optional<Date>, std::optional<Date>, int, int, int, int,
                        int, std::string, std::string, std::string>(sql, office, arguments...))
    out.push_back(
        {.id = id,
         .office = office,
         .series = series,
         .first = first,
         .last = last,
         .school = school,
         .request = request,
         .requested_on = requested,
         .given_on = given_on,
         .by = by,
         .last_issue_on = issue,
         .list = list,
         .list_on = list_on,
         .returned_on = returned,
         .given = given,
         .issued = issued,
         .unissued = unissued,
         .spoiled = spoiled,
         .term = {.working_days = days, .rule = rule, .paragraph = paragraph, .source = source}});
  return out;
}

std::vector<Bytes> hashes_of(Connection const& connection, std::string const& series,
                             std::vector<std::string> const& numbers) {
  std::vector<Bytes> out;
  out.reserve(numbers.size());
  for (auto const& number : numbers) out.push_back(blank_hash(connection, series, number));
  return out;
}

/// Those of the numbers that are no more in stock.
std::vector<std::string> taken_of(Connection& connection, std::vector<std::string> const& numbers,
                                  std::vector<Bytes> const& hashes) {
  std::set<Bytes> taken;
  for (auto& [hash] : connection.query<Bytes>(k_taken, hashes)) taken.insert(std::move(hash));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (taken.contains(hashes[i])) out.push_back(numbers[i]);
  return out;
}

}  // namespace

std::vector<std::string> blank_run(std::string const& first, std::string const& last) {
  std::vector<std::string> out;
  auto const until = blank_number(last).value_or(-1);
  for (auto i = blank_number(first).value_or(0); i <= until; ++i) {
    auto const digits = std::to_string(i);
    out.push_back(std::string(std::max(first.size(), digits.size()) - digits.size(), '0') + digits);
  }
  return out;
}

GivingAnswer give_blanks(Connection& connection, BlankGiving const& giving) {
  auto const numbers = blank_run(giving.first, giving.last);
  auto const hashes = hashes_of(connection, giving.series, numbers);
  auto const receipt = [&](std::string const& number) {
    return blank_receipt_of(connection, giving.office,
                            {.kind = "rank_and_file", .series = giving.series, .number = number});
  };
  return connection.transaction([&]() -> GivingAnswer {
    auto const first = receipt(giving.first);
    if (!first || first != receipt(giving.last)) return {.answer = BlankAnswer::not_held};
    auto const taken = [&] {
      return GivingAnswer{.answer = BlankAnswer::of_another,
                          .taken = taken_of(connection, numbers, hashes)};
    };
    if (auto found = taken(); !found.taken.empty()) return found;
    auto const row = connection.one<std::int64_t>(
        k_giving, *first, giving.office, blank_number(giving.first), blank_number(giving.last),
        giving.school, giving.request, giving.requested_on, giving.given_on, giving.by);
    if (!row) return taken();  // by another giving of the same moment
    connection.execute(k_give, hashes, *first, std::get<0>(*row));
    return {};
  });
}

std::vector<BlankGiving> blank_givings(Connection& connection, OfficeId office, Date today,
                                       int limit) {
  return read_givings(connection, k_givings, office, today, limit);
}

std::optional<BlankGiving> lock_giving(Connection& connection, OfficeId office, std::int64_t id,
                                       Date today) {
  auto found = read_givings(connection, k_lock, office, today, id);
  return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
}

void tell_last_issue(Connection& connection, std::int64_t giving, Date last_issue_on) {
  connection.execute(k_tell, giving, last_issue_on);
}

void return_list(Connection& connection, BlankGiving const& giving, BlankList const& list) {
  auto const hashes = [&](std::vector<std::string> const& numbers) {
    return hashes_of(connection, giving.series, numbers);
  };
  connection.execute(k_return, giving.id, list.number, list.day, list.returned_on,
                     list.last_issue_on, list.by);
  for (auto const& [state, numbers] :
       {std::pair{"issued", &list.issued}, {"spoiled", &list.spoiled}})
    connection.execute(k_went, giving.id, hashes(*numbers), state, list.number, list.returned_on);
  connection.execute(k_back, giving.id, hashes(list.unissued));
}

}  // namespace qyzmet::db
