#include "db/blanks.hpp"

#include <algorithm>
#include <charconv>

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_receive{
    "receive_blanks",
    "insert into blank_receipt (office_id, kind, series, digits, first_number, last_number, "
    "received_on, paper, received_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id"};
Sql const k_receipts{
    "blank_receipts",
    "select id, kind, series, lpad(first_number::text, digits, '0'), "
    "lpad(last_number::text, digits, '0'), received_on, paper, received_by, in_stock, given, "
    "written, issued, spoiled, destroyed from blank_receipt where office_id = $1 "
    "order by received_on desc, id desc limit $2"};
Sql const k_sums{
    "blank_sums",
    "select kind, sum(last_number - first_number + 1)::bigint, sum(in_stock)::bigint, "
    "sum(given)::bigint, sum(written)::bigint, sum(issued)::bigint, sum(spoiled)::bigint, "
    "sum(destroyed)::bigint from blank_receipt where office_id = $1 group by kind order by kind"};
Sql const k_acts{"blank_acts",
                 "select b.state, r.kind, b.paper, b.changed_on, count(*)::int from blank b "
                 "join blank_receipt r on r.id = b.receipt_id where r.office_id = $1 and "
                 "b.state in ('spoiled', 'destroyed') group by b.state, r.kind, b.paper, "
                 "b.changed_on order by b.changed_on desc, b.paper limit $2"};
Sql const k_receipt_of{
    "blank_receipt_of",
    "select id from blank_receipt where office_id = $1 and kind = $2 and series = $3 and "
    "digits = $4 and $5::bigint between first_number and last_number"};
// A blank stays with the case that took it first.
Sql const k_take{
    "take_blank",
    "insert into blank as b (number_hash, case_id, receipt_id) select $1::bytea, $2::bigint, $3 "
    "where not exists (select from military_id where number_hash = $1 and case_id is distinct from "
    "$2::bigint) on conflict on constraint blank_once do update set case_id = b.case_id "
    "where b.case_id = excluded.case_id and b.state = 'written' returning 1"};
Sql const k_give_back{
    "give_back_blanks",
    "delete from blank where case_id = $2 and number_hash <> $1 and state = 'written'"};
Sql const k_spoil_of_case{"spoil_blank_of_case",
                          "update blank set state = 'spoiled', changed_on = $3, paper = $4 "
                          "where number_hash = $1 and case_id = $2 and state = 'written'"};
Sql const k_is_spoiled{"is_spoiled",
                       "select 1 from blank where number_hash = $1 and case_id = $2 and "
                       "state in ('spoiled', 'destroyed')"};
Sql const k_spoil{"spoil_blank",
                  "insert into blank (number_hash, receipt_id, state, changed_on, paper) "
                  "select $1::bytea, $2, 'spoiled', $3, $4 where not exists (select from "
                  "military_id where number_hash = $1) on conflict on constraint blank_once do "
                  "nothing returning 1"};
Sql const k_destroy{
    "destroy_blanks",
    "update blank b set state = 'destroyed', changed_on = $3, paper = $4 from blank_receipt r "
    "where r.id = b.receipt_id and r.office_id = $1 and r.kind = $2 and b.state = 'spoiled'"};

Bytes hash_of(Connection const& connection, Blank const& blank) {
  return blank_hash(connection, blank.series, blank.number);
}

}  // namespace

std::optional<std::int64_t> blank_number(std::string_view text) {
  std::int64_t out = 0;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, out);
  if (text.size() > k_blank_digits_max || read.ec != std::errc{} || read.ptr != end || out < 0)
    return std::nullopt;
  return out;
}

Bytes blank_hash(Connection const& connection, std::string const& series,
                 std::string const& number) {
  return connection.vault().lookup("military_id", series + " " + number);
}

std::optional<std::int64_t> blank_receipt_of(Connection& connection, OfficeId office,
                                             Blank const& blank) {
  auto const number = blank_number(blank.number);
  if (!number) return std::nullopt;
  auto const row = connection.one<std::int64_t>(k_receipt_of, office, blank.kind, blank.series,
                                                static_cast<int>(blank.number.size()), *number);
  return row ? std::optional{std::get<0>(*row)} : std::nullopt;
}

std::int64_t receive_blanks(Connection& connection, BlankReceipt const& receipt) {
  auto const row = connection.one<std::int64_t>(
      k_receive, receipt.office, receipt.kind, receipt.series,
      static_cast<int>(receipt.last.size()), blank_number(receipt.first).value_or(-1),
      blank_number(receipt.last).value_or(-1), receipt.received_on, receipt.paper, receipt.by);
  return std::get<0>(*row);
}

std::vector<BlankReceipt> blank_receipts(Connection& connection, OfficeId office, int limit) {
  std::vector<BlankReceipt> out;
  for (auto& [id, kind, series, first, last, day, paper, by, in_stock, given, written, issued,
              spoiled, destroyed] :
       connection.query<std::int64_t, std::string, std::string, std::string, std::string, Date,
                        std::string, std::optional<UserId>, int, int, int, int, int, int>(
           k_receipts, office, limit))
    out.push_back({.id = id,
                   .office = office,
                   .kind = kind,
                   .series = series,
                   .first = first,
                   .last = last,
                   .received_on = day,
                   .paper = paper,
                   .by = by,
                   .received = in_stock + given + written + issued + spoiled + destroyed,
                   .in_stock = in_stock,
                   .given = given,
                   .written = written,
                   .issued = issued,
                   .spoiled = spoiled,
                   .destroyed = destroyed});
  return out;
}

std::vector<BlankSum> blank_sums(Connection& connection, OfficeId office) {
  std::vector<BlankSum> out;
  for (auto& [kind, received, in_stock, given, written, issued, spoiled, destroyed] :
       connection.query<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                        std::int64_t, std::int64_t, std::int64_t>(k_sums, office))
    out.push_back({.kind = kind,
                   .received = received,
                   .in_stock = in_stock,
                   .given = given,
                   .written = written,
                   .issued = issued,
                   .spoiled = spoiled,
                   .destroyed = destroyed});
  return out;
}

std::vector<BlankAct> blank_acts(Connection& connection, OfficeId office, int limit) {
  std::vector<BlankAct> out;
  for (auto& [state, kind, paper, day, count] :
       connection.query<std::string, std::string, std::string, Date, int>(k_acts, office, limit))
    out.push_back({.state = state, .kind = kind, .paper = paper, .day = day, .count = count});
  return out;
}

BlankAnswer take_blank(Connection& connection, CaseId case_id, OfficeId office, Blank const& blank,
                       bool earlier_released) {
  auto const hash = hash_of(connection, blank);
  return connection.transaction([&] {
    auto const receipt = blank_receipt_of(connection, office, blank);
    if (!receipt) return BlankAnswer::not_held;
    if (!connection.one<int>(k_take, hash, case_id, *receipt)) return BlankAnswer::of_another;
    if (earlier_released) connection.execute(k_give_back, hash, case_id);
    return BlankAnswer::done;
  });
}

bool spoil_blank_of_case(Connection& connection, CaseId case_id, Blank const& blank, Date day,
                         std::string const& paper) {
  auto const hash = hash_of(connection, blank);
  return connection.execute(k_spoil_of_case, hash, case_id, day, paper) == 1 ||
         connection.one<int>(k_is_spoiled, hash, case_id).has_value();
}

BlankAnswer spoil_blank(Connection& connection, OfficeId office, Blank const& blank, Date day,
                        std::string const& paper) {
  auto const hash = hash_of(connection, blank);
  return connection.transaction([&] {
    auto const receipt = blank_receipt_of(connection, office, blank);
    if (!receipt) return BlankAnswer::not_held;
    return connection.one<int>(k_spoil, hash, *receipt, day, paper) ? BlankAnswer::done
                                                                    : BlankAnswer::of_another;
  });
}

int destroy_blanks(Connection& connection, OfficeId office, std::string const& kind, Date day,
                   std::string const& paper) {
  return static_cast<int>(connection.execute(k_destroy, office, kind, day, paper));
}

}  // namespace qyzmet::db
