#include "services/casework/blank_lists.hpp"

#include <charconv>
#include <set>

#include "db/error.hpp"

namespace qyzmet::casework {

namespace {

constexpr std::string_view k_fields[] = {"issued_numbers", "unissued_numbers", "spoiled_numbers"};
constexpr std::size_t k_runs_told_max = 10;

/// A day that is asked for and has come.
std::optional<Date> day_of(BlankForm const& form, std::string_view field, BlankErrors& errors) {
  auto const day = parse_date(form.value(field));
  if (!day)
    errors.push_back(blank_error("error.field_date", field));
  else if (*day > form.today)
    errors.push_back(blank_error("error.blank_day_ahead", field));
  else
    return day;
  return std::nullopt;
}

void check_order(std::optional<Date> earlier, std::optional<Date> later, std::string_view text,
                 std::string_view field, BlankErrors& errors) {
  if (earlier && later && *later < *earlier) errors.push_back(blank_error(text, field));
}

std::string run_text(std::string const& first, std::string const& last) {
  return first == last ? first : first + "–" + last;
}

/// "0000003–0000005, 0000009" of sorted numbers of one length.
std::string runs_of(std::vector<std::string> const& numbers) {
  std::string out;
  std::size_t told = 0;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() &&
           *db::blank_number(numbers[end]) == *db::blank_number(numbers[end - 1]) + 1)
      ++end;
    if (++told > k_runs_told_max) return out + ", …";
    out += (out.empty() ? "" : ", ") + run_text(numbers[i], numbers[end - 1]);
    i = end;
  }
  return out;
}

Error numbers_error(std::string_view text, std::string_view field,
                    std::vector<std::string> const& numbers) {
  auto out = blank_error(text, field);
  out.arguments["numbers"] = runs_of(numbers);
  return out;
}

/// "0000003-0000005, 0000009" -> each number; nullopt for what is no such list, or too long.
/// Any dash makes a run; comma, semicolon and line end part them.
std::optional<std::vector<std::string>> read_numbers(std::string text) {
  for (std::string_view const dash : {"–", "—"})
    for (auto at = text.find(dash); at != text.npos; at = text.find(dash))
      text.replace(at, dash.size(), "-");
  std::vector<std::string> out;
  std::string part;
  auto const take = [&]() -> bool {
    if (part.empty()) return true;
    auto const dash = part.find('-');
    auto const first = part.substr(0, dash);
    auto const last = dash == part.npos ? first : part.substr(dash + 1);
    auto const from = db::blank_number(first), until = db::blank_number(last);
    if (!from || !until || first.size() != last.size() ||
        *until - *from + std::int64_t(out.size()) >= 2 * db::k_blanks_of_giving_max)
      return false;
    auto const run = db::blank_run(first, last);
    out.insert(out.end(), run.begin(), run.end());
    part.clear();
    return *from <= *until;
  };
  for (char const c : text) {
    if (c == ' ' || c == '\t' || c == '\r') continue;
    if (c != ',' && c != ';' && c != '\n')
      part += c;
    else if (!take())
      return std::nullopt;
  }
  if (!take()) return std::nullopt;
  return out;
}

/// What the three lists of numbers say, each checked by itself and against what was given.
struct Account {
  std::vector<std::string> lists[3];
  std::size_t named = 0;
  std::set<std::string> left;  // of the given numbers: those that no list names

  Account(BlankForm const& form, db::BlankGiving const& giving, BlankErrors& errors) {
    auto const run = db::blank_run(giving.first, giving.last);
    std::set<std::string> const given{run.begin(), run.end()};
    left = given;
    for (std::size_t i = 0; i < std::size(k_fields); ++i)
      take(lists[i], form, k_fields[i], given, errors);
    if (!errors.empty() || left.empty()) return;
    auto error = numbers_error("error.blank_list_differs", k_fields[0], {left.begin(), left.end()});
    error.arguments["given"] = std::to_string(given.size());
    error.arguments["named"] = std::to_string(named);
    errors.push_back(std::move(error));
  }

 private:
  void take(std::vector<std::string>& list, BlankForm const& form, std::string_view field,
            std::set<std::string> const& given, BlankErrors& errors) {
    auto const& text = form.value(field);
    auto numbers = text.size() > k_numbers_size_max ? std::nullopt : read_numbers(text);
    if (!numbers) return errors.push_back(blank_error("error.blank_numbers", field));
    std::set<std::string> foreign, twice;
    for (auto const& number : *numbers) {
      if (!given.contains(number))
        foreign.insert(number);
      else if (left.erase(number) == 0)
        twice.insert(number);
    }
    named += numbers->size();
    list = *std::move(numbers);
    if (!foreign.empty())
      errors.push_back(
          numbers_error("error.blank_not_given", field, {foreign.begin(), foreign.end()}));
    if (!twice.empty())
      errors.push_back(numbers_error("error.blank_twice", field, {twice.begin(), twice.end()}));
  }
};

/// The giving that a form names, locked; it is still out.
std::optional<db::BlankGiving> giving_of(db::Connection& connection, BlankForm const& form,
                                         BlankErrors& errors) {
  auto const& text = form.value("giving");
  std::int64_t id = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  auto found = error == std::errc{} && end == text.data() + text.size()
                   ? db::lock_giving(connection, form.office, id, form.today)
                   : std::nullopt;
  if (!found)
    errors.push_back(blank_error("error.choose", "giving"));
  else if (found->returned_on)
    errors.push_back(blank_error("error.blank_list_back", "giving"));
  else
    return found;
  return std::nullopt;
}

/// The day of the last issue that a list tells: as the school has told before, when the form leaves
/// it empty; none when nothing was issued.
std::optional<Date> last_issue_by(BlankForm const& form, db::BlankGiving const& giving, bool issued,
                                  BlankErrors& errors) {
  constexpr std::string_view k_field = "last_issue_on";
  if (form.value(k_field).empty()) {
    if (issued && !giving.last_issue_on) errors.push_back(blank_error("error.required", k_field));
    return issued ? giving.last_issue_on : std::nullopt;
  }
  if (!issued) errors.push_back(blank_error("error.blank_none_issued", k_field));
  return day_of(form, k_field, errors);
}

Kept<int> return_of(db::Connection& connection, BlankForm const& form) {
  BlankErrors errors;
  check_blank_text(form, "list", k_paper_size_max, errors);
  auto const list_on = day_of(form, "list_on", errors);
  auto const returned_on = day_of(form, "returned_on", errors);
  auto const giving = giving_of(connection, form, errors);
  if (!giving) return std::unexpected(std::move(errors));
  BlankErrors differs;
  Account account{form, *giving, differs};
  auto const last = last_issue_by(form, *giving, !account.lists[0].empty(), errors);
  check_order(giving->given_on, returned_on, "error.blank_day_before", "returned_on", errors);
  check_order(giving->given_on, last, "error.blank_day_before", "last_issue_on", errors);
  check_order(last, returned_on, "error.blank_day_after", "last_issue_on", errors);
  check_order(list_on, returned_on, "error.blank_day_after", "list_on", errors);
  errors.insert(errors.end(), differs.begin(), differs.end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  db::return_list(connection, *giving,
                  {.number = form.value("list"),
                   .day = *list_on,
                   .returned_on = *returned_on,
                   .last_issue_on = last,
                   .issued = std::move(account.lists[0]),
                   .unissued = std::move(account.lists[1]),
                   .spoiled = std::move(account.lists[2]),
                   .by = form.by});
  log_blanks(connection, form, "blank_list_returned", giving->given);
  return giving->given;
}

}  // namespace

Kept<int> give_blanks(db::Connection& connection, BlankForm const& form) {
  BlankErrors errors;
  int const count = check_blank_run(form, db::k_blanks_of_giving_max, errors);
  check_blank_text(form, "school", k_school_size_max, errors);
  check_blank_text(form, "request", k_paper_size_max, errors);
  auto const requested_on = day_of(form, "requested_on", errors);
  auto const given_on = day_of(form, "given_on", errors);
  check_order(requested_on, given_on, "error.blank_day_before_request", "given_on", errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  db::BlankGiving const giving{.office = form.office,
                               .series = form.value("series"),
                               .first = form.value("first"),
                               .last = form.value("last"),
                               .school = form.value("school"),
                               .request = form.value("request"),
                               .requested_on = *requested_on,
                               .given_on = *given_on,
                               .by = form.by};
  auto const taken = [](std::vector<std::string> const& numbers) {
    return std::unexpected(
        BlankErrors{numbers_error("error.blank_not_in_stock", "first", numbers)});
  };
  try {
    return connection.transaction([&]() -> Kept<int> {
      auto const answer = db::give_blanks(connection, giving);
      if (answer.answer == db::BlankAnswer::not_held)
        return std::unexpected(BlankErrors{blank_error("error.blank_run_not_held", "first")});
      if (answer.answer == db::BlankAnswer::of_another) return taken(answer.taken);
      log_blanks(connection, form, "blanks_given", count);
      return count;
    });
  } catch (db::Conflict const& conflict) {
    // A case took one of them since we looked; which one, whoever tries again is told.
    if (conflict.constraint() != "blank_once") throw;
    return taken(db::blank_run(giving.first, giving.last));
  }
}

Kept<int> tell_last_issue(db::Connection& connection, BlankForm const& form) {
  return connection.transaction([&]() -> Kept<int> {
    BlankErrors errors;
    auto const day = day_of(form, "last_issue_on", errors);
    auto const giving = giving_of(connection, form, errors);
    if (giving)
      check_order(giving->given_on, day, "error.blank_day_before", "last_issue_on", errors);
    if (!errors.empty()) return std::unexpected(std::move(errors));
    db::tell_last_issue(connection, giving->id, *day);
    log_blanks(connection, form, "blank_last_issue_told", giving->given);
    return giving->given;
  });
}

Kept<int> return_list(db::Connection& connection, BlankForm const& form) {
  return connection.transaction([&] { return return_of(connection, form); });
}

std::vector<SchoolList> school_lists(db::Connection& connection, engine::Calendar const& calendar,
                                     OfficeId office, Date today, int limit) {
  std::vector<SchoolList> out;
  for (auto& giving : db::blank_givings(connection, office, today, limit)) {
    SchoolList each{.giving = std::move(giving)};
    if (each.giving.last_issue_on)
      each.due = calendar.wd_add(*each.giving.last_issue_on, each.giving.term.working_days);
    each.overdue = each.due && !each.giving.returned_on && today > *each.due;
    out.push_back(std::move(each));
  }
  return out;
}

}  // namespace qyzmet::casework
