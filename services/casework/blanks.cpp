#include "services/casework/blanks.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "db/error.hpp"
#include "engine/base/utf8.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

using Errors = std::vector<Error>;

Error wrong(std::string_view text, std::string_view field) {
  return {.code = ErrorCode::invalid,
          .text = std::string{text},
          .field = std::string{field},
          .rule = "INV-39"};
}

void check_text(std::string_view text, std::string_view field, std::size_t size_max, Errors& out) {
  if (text.empty()) out.push_back(wrong("error.required", field));
  if (utf8_length(text) <= size_max) return;
  auto error = wrong("error.too_long", field);
  error.arguments["max"] = std::to_string(size_max);
  out.push_back(std::move(error));
}

void check_number(std::string_view text, std::string_view field, Errors& out) {
  auto const digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty())
    out.push_back(wrong("error.required", field));
  else if (text.size() > db::k_blank_digits_max || !std::ranges::all_of(text, digit))
    out.push_back(wrong("error.blank_number", field));
}

Errors check_kind_and_paper(BlankEntry const& entry) {
  Errors out;
  if (std::ranges::find(k_blank_kinds, entry.blank.kind) == k_blank_kinds.end())
    out.push_back(wrong("error.choose", "kind"));
  check_text(entry.paper, "paper", k_paper_size_max, out);
  return out;
}

Errors check_receipt(BlankEntry const& entry) {
  auto out = check_kind_and_paper(entry);
  check_text(entry.blank.series, "series", k_series_size_max, out);
  check_number(entry.first, "first", out);
  check_number(entry.last, "last", out);
  if (!out.empty()) return out;
  auto const count = std::stoll(entry.last) - std::stoll(entry.first) + 1;
  if (entry.first.size() != entry.last.size())
    out.push_back(wrong("error.blank_digits", "last"));
  else if (count < 1)
    out.push_back(wrong("error.blank_order", "last"));
  else if (count > db::k_blanks_of_receipt_max)
    out.push_back(wrong("error.blank_count", "last"));
  return out;
}

void log(db::Connection& connection, BlankEntry const& entry, std::string const& act, int count) {
  json::object const details{{"office", entry.office.value}, {"kind", entry.blank.kind},
                             {"series", entry.blank.series}, {"first", entry.first},
                             {"last", entry.last},           {"number", entry.blank.number},
                             {"paper", entry.paper},         {"count", count}};
  db::log_act(connection, entry.by, act, json::serialize(details));
}

}  // namespace

Kept<int> receive_blanks(db::Connection& connection, BlankEntry const& entry) {
  if (auto errors = check_receipt(entry); !errors.empty())
    return std::unexpected(std::move(errors));
  int const count = static_cast<int>(std::stoll(entry.last) - std::stoll(entry.first) + 1);
  try {
    return connection.transaction([&] {
      db::receive_blanks(connection, {.office = entry.office,
                                      .kind = entry.blank.kind,
                                      .series = entry.blank.series,
                                      .first = entry.first,
                                      .last = entry.last,
                                      .received_on = entry.day,
                                      .paper = entry.paper,
                                      .by = entry.by});
      log(connection, entry, "blanks_received", count);
      return count;
    });
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != "blank_receipt_once") throw;
    return std::unexpected(Errors{wrong("error.blank_received", "first")});
  }
}

Kept<int> spoil_blank(db::Connection& connection, BlankEntry const& entry) {
  auto errors = check_kind_and_paper(entry);
  check_text(entry.blank.series, "series", k_series_size_max, errors);
  check_number(entry.blank.number, "number", errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return connection.transaction([&]() -> Kept<int> {
    auto const answer =
        db::spoil_blank(connection, entry.office, entry.blank, entry.day, entry.paper);
    if (answer == db::BlankAnswer::not_held)
      return std::unexpected(Errors{wrong("error.blank_not_held", "number")});
    if (answer == db::BlankAnswer::of_another)
      return std::unexpected(Errors{wrong("error.blank_used", "number")});
    log(connection, entry, "blank_spoiled", 1);
    return 1;
  });
}

Kept<int> destroy_blanks(db::Connection& connection, BlankEntry const& entry) {
  auto errors = check_kind_and_paper(entry);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return connection.transaction([&]() -> Kept<int> {
    int const count =
        db::destroy_blanks(connection, entry.office, entry.blank.kind, entry.day, entry.paper);
    if (count == 0) return std::unexpected(Errors{wrong("error.no_spoiled_blanks", "kind")});
    log(connection, entry, "blanks_destroyed", count);
    return count;
  });
}

}  // namespace qyzmet::casework
