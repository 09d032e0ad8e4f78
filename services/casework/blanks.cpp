#include "services/casework/blanks.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "db/error.hpp"
#include "engine/base/utf8.hpp"
#include "services/casework/blank_lists.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

bool check_number(BlankForm const& form, std::string_view field, BlankErrors& out) {
  auto const& text = form.value(field);
  auto const digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty())
    out.push_back(blank_error("error.required", field));
  else if (text.size() > db::k_blank_digits_max || !std::ranges::all_of(text, digit))
    out.push_back(blank_error("error.blank_number", field));
  else
    return true;
  return false;
}

BlankErrors check_kind_and_paper(BlankForm const& form) {
  BlankErrors out;
  if (std::ranges::find(k_blank_kinds, form.value("kind")) == k_blank_kinds.end())
    out.push_back(blank_error("error.choose", "kind"));
  check_blank_text(form, "paper", k_paper_size_max, out);
  return out;
}

Kept<int> receive(db::Connection& connection, BlankForm const& form) {
  auto errors = check_kind_and_paper(form);
  int const count = check_blank_run(form, db::k_blanks_of_receipt_max, errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  try {
    return connection.transaction([&] {
      db::receive_blanks(connection, {.office = form.office,
                                      .kind = form.value("kind"),
                                      .series = form.value("series"),
                                      .first = form.value("first"),
                                      .last = form.value("last"),
                                      .received_on = form.today,
                                      .paper = form.value("paper"),
                                      .by = form.by});
      log_blanks(connection, form, "blanks_received", count);
      return count;
    });
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != "blank_receipt_once") throw;
    return std::unexpected(BlankErrors{blank_error("error.blank_received", "first")});
  }
}

Kept<int> spoil(db::Connection& connection, BlankForm const& form) {
  auto errors = check_kind_and_paper(form);
  check_blank_text(form, "series", k_series_size_max, errors);
  check_number(form, "number", errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  db::Blank const blank{
      .kind = form.value("kind"), .series = form.value("series"), .number = form.value("number")};
  return connection.transaction([&]() -> Kept<int> {
    auto const answer =
        db::spoil_blank(connection, form.office, blank, form.today, form.value("paper"));
    if (answer == db::BlankAnswer::not_held)
      return std::unexpected(BlankErrors{blank_error("error.blank_not_held", "number")});
    if (answer == db::BlankAnswer::of_another)
      return std::unexpected(BlankErrors{blank_error("error.blank_used", "number")});
    log_blanks(connection, form, "blank_spoiled", 1);
    return 1;
  });
}

Kept<int> destroy(db::Connection& connection, BlankForm const& form) {
  auto errors = check_kind_and_paper(form);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return connection.transaction([&]() -> Kept<int> {
    int const count = db::destroy_blanks(connection, form.office, form.value("kind"), form.today,
                                         form.value("paper"));
    if (count == 0)
      return std::unexpected(BlankErrors{blank_error("error.no_spoiled_blanks", "kind")});
    log_blanks(connection, form, "blanks_destroyed", count);
    return count;
  });
}

}  // namespace

std::string const& BlankForm::value(std::string_view field) const {
  static std::string const none;
  auto const found = values.find(field);
  return found == values.end() ? none : found->second;
}

std::span<BlankAct const> blank_acts() {
  static std::vector<BlankAct> const all{
      {"receive", {"kind", "series", "first", "last", "paper"}, receive},
      {"give",
       {"series", "first", "last", "school", "request", "requested_on", "given_on"},
       give_blanks},
      {"last_issue", {"giving", "last_issue_on"}, tell_last_issue},
      {"return",
       {"giving", "list", "list_on", "returned_on", "last_issue_on", "issued_numbers",
        "unissued_numbers", "spoiled_numbers"},
       return_list},
      {"spoil", {"kind", "series", "number", "paper"}, spoil},
      {"destroy", {"kind", "paper"}, destroy}};
  return all;
}

BlankAct const* find_blank_act(std::string_view name) {
  auto const acts = blank_acts();
  auto const found = std::ranges::find(acts, name, &BlankAct::name);
  return found == acts.end() ? nullptr : &*found;
}

Error blank_error(std::string_view text, std::string_view field) {
  return {.code = ErrorCode::invalid,
          .text = std::string{text},
          .field = std::string{field},
          .rule = "INV-39"};
}

void check_blank_text(BlankForm const& form, std::string_view field, std::size_t size_max,
                      BlankErrors& errors) {
  auto const& text = form.value(field);
  if (text.empty()) errors.push_back(blank_error("error.required", field));
  if (utf8_length(text) <= size_max) return;
  auto error = blank_error("error.too_long", field);
  error.arguments["max"] = std::to_string(size_max);
  errors.push_back(std::move(error));
}

int check_blank_run(BlankForm const& form, std::int64_t count_max, BlankErrors& errors) {
  check_blank_text(form, "series", k_series_size_max, errors);
  bool const first = check_number(form, "first", errors);
  bool const last = check_number(form, "last", errors);
  if (!first || !last) return 0;
  auto const count = std::stoll(form.value("last")) - std::stoll(form.value("first")) + 1;
  if (form.value("first").size() != form.value("last").size()) {
    errors.push_back(blank_error("error.blank_digits", "last"));
  } else if (count < 1) {
    errors.push_back(blank_error("error.blank_order", "last"));
  } else if (count > count_max) {
    auto error = blank_error("error.blank_count", "last");
    error.arguments["max"] = std::to_string(count_max);
    errors.push_back(std::move(error));
  } else {
    return static_cast<int>(count);
  }
  return 0;
}

void log_blanks(db::Connection& connection, BlankForm const& form, std::string const& act,
                int count) {
  json::object details{{"office", form.office.value}, {"count", count}};
  for (auto const& [field, value] : form.values) details[field] = value;
  db::log_act(connection, form.by, act, json::serialize(details));
}

}  // namespace qyzmet::casework
