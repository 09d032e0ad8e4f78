#include "services/casework/register_entries.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "db/audit.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::string_view k_purpose = "register", k_fields = "name,iin,registration";

void add_offices(db::Connection& connection, EntryPage& page) {
  auto const add = [&](OfficeId id) {
    if (page.offices.contains(id)) return;
    if (auto found = db::find_office(connection, id)) page.offices[id] = *std::move(found);
  };
  for (auto const& entry : page.entries) {
    add(entry.office);
    if (entry.other) add(*entry.other);
  }
}

/// One look at each person of the page.
std::vector<db::ReadEntry> reads_of_page(std::vector<db::RegisterEntry> const& entries,
                                         UserId reader, std::string const& role) {
  std::vector<db::ReadEntry> out;
  std::set<db::PersonId> seen;
  for (auto const& entry : entries)
    if (seen.insert(entry.person).second)
      out.push_back({.person = entry.person,
                     .reader = reader,
                     .role = role,
                     .case_id = {},
                     .purpose = std::string{k_purpose},
                     .fields = std::string{k_fields},
                     .at = {},
                     .reader_name = {},
                     .number = {}});
  return out;
}

}  // namespace

std::vector<Error> take_period(Period const& period, db::EntryFilter& filter) {
  std::vector<Error> errors;
  auto const take = [&](std::string const& text, std::optional<Date>& target, char const* field) {
    if (text.empty()) return;
    target = parse_date(text);
    if (!target)
      errors.push_back({.code = ErrorCode::invalid, .text = "error.field_date", .field = field});
  };
  take(period.from, filter.from, "from");
  take(period.until, filter.until, "until");
  if (filter.from && filter.until && *filter.until < *filter.from)
    errors.push_back(
        {.code = ErrorCode::invalid, .text = "error.period_reversed", .field = "until"});
  return errors;
}

std::string cursor_text(db::RegisterEntry const& last) {
  return platform::to_base64url(to_iso(last.day) + '|' + (last.removes ? '1' : '0') +
                                std::to_string(last.registration.value));
}

std::optional<db::EntryCursor> parse_entry_cursor(std::string_view text) {
  auto const plain = platform::from_base64url(text);
  constexpr std::size_t day_size = 10;  // "2026-11-20|17": the digit behind the bar says "removes"
  if (!plain || plain->size() < day_size + 3 || (*plain)[day_size] != '|') return std::nullopt;
  auto const day = parse_date(plain->substr(0, day_size));
  char const removes = (*plain)[day_size + 1];
  auto const* const first = plain->data() + day_size + 2;
  auto const* const last = plain->data() + plain->size();
  std::int64_t id = 0;
  auto const [end, error] = std::from_chars(first, last, id);
  if (!day || (removes != '0' && removes != '1') || error != std::errc{} || end != last)
    return std::nullopt;
  return db::EntryCursor{
      .day = *day, .registration = db::RegistrationId{id}, .removes = removes == '1'};
}

asio::awaitable<EntryPage> entries_for_staff(World& world, Caller const& caller,
                                             db::Grant const& grant, db::EntryFilter filter) {
  if (!grant.office) co_return EntryPage{};
  filter.office = *grant.office;
  filter.limit = std::clamp(filter.limit, 1, db::k_entries_max) + 1;  // is there a next page?
  auto const reader = caller.user.value_or(UserId{});
  auto page =
      co_await world.database.run([filter, reader, role = grant.role](db::Connection& connection) {
        EntryPage out{.entries = db::register_entries(connection, filter), .offices = {}};
        out.more = out.entries.size() == std::size_t(filter.limit);
        if (out.more) out.entries.pop_back();
        add_offices(connection, out);
        db::log_reads(connection, reads_of_page(out.entries, reader, role));
        return out;
      });
  co_return page;
}

EntryPage entries_of(db::Connection& connection, db::PersonId person) {
  EntryPage out{.entries = db::entries_of_person(connection, person), .offices = {}};
  add_offices(connection, out);
  return out;
}

}  // namespace qyzmet::casework
