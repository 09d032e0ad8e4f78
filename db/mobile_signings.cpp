#include "db/mobile_signings.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_create{"create_mobile_signing",
                   "insert into mobile_signing (id, person_id, action, bytes_sealed, expires) "
                   "values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second')"};
Sql const k_find{"find_mobile_signing",
                 "select person_id, action, bytes_sealed, cms_sealed, expires from mobile_signing "
                 "where id = $1 and expires > clock_timestamp()"};
Sql const k_answer{"answer_mobile_signing",
                   "update mobile_signing set cms_sealed = $2 where id = $1 and cms_sealed is null "
                   "and expires > clock_timestamp()"};

Place place_of(std::string const& id, std::string_view column) {
  return {.table = "mobile_signing", .column = column, .row = id};
}

}  // namespace

void create_mobile_signing(Connection& connection, MobileSigning const& signing,
                           std::chrono::seconds lifetime) {
  connection.execute(k_create, signing.id, signing.person, signing.action,
                     connection.vault().seal(signing.bytes, place_of(signing.id, "bytes")),
                     std::int64_t{lifetime.count()});
}

std::optional<MobileSigning> find_mobile_signing(Connection& connection, std::string const& id) {
  auto const row =
      connection.one<PersonId, std::string, Bytes, std::optional<Bytes>, Instant>(k_find, id);
  if (!row) return std::nullopt;
  auto const& [person, action, bytes, cms, expires] = *row;
  MobileSigning out{.id = id,
                    .person = person,
                    .action = action,
                    .bytes = connection.vault().open(bytes, place_of(id, "bytes")),
                    .cms = {},
                    .expires = expires};
  if (cms) out.cms = connection.vault().open(*cms, place_of(id, "cms"));
  return out;
}

bool answer_mobile_signing(Connection& connection, std::string const& id, std::string const& cms) {
  return connection.execute(k_answer, id, connection.vault().seal(cms, place_of(id, "cms"))) == 1;
}

std::string mobile_token(Connection& connection, std::string const& id) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string out;
  for (char const c : connection.vault().lookup("mobile_signing", id).value) {
    out += k_digits[static_cast<unsigned char>(c) >> 4];
    out += k_digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace qyzmet::db
