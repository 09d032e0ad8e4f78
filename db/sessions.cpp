#include "db/sessions.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

constexpr int k_idempotency_days = 90;

Sql const k_create{
    "create_session",
    "insert into web_session (token_hash, user_id, method, csrf, client, idle_max, idle_expires, "
    "absolute_expires, via) values ($1, $2, $3, $4, $5, $6 * interval '1 second', "
    "clock_timestamp() + $6 * interval '1 second', clock_timestamp() + $7 * interval '1 second', "
    "$8)"};
Sql const k_find{
    "find_session",
    "select u.id, u.person_id, p.name, p.language, g.roles, g.offices, g.branches, "
    "s.method, s.csrf, s.role, s.office_id, s.branch_id, s.absolute_expires, s.desk, u.rights, "
    "s.seen_at < clock_timestamp() - interval '1 minute' "
    "from web_session s join app_user u on u.id = s.user_id join person p on p.id = u.person_id "
    "cross join lateral (select coalesce(array_agg(r.role), '{}') as roles, "
    "coalesce(array_agg(coalesce(r.office_id, 0)), '{}') as offices, "
    "coalesce(array_agg(coalesce(r.branch_id, 0)), '{}') as branches "
    "from role_today r where r.user_id = u.id) g "
    "where s.token_hash = $1 and s.via = $2 and s.idle_expires > clock_timestamp() "
    "and s.absolute_expires > clock_timestamp() and u.active"};
Sql const k_touch{"touch_session",
                  "update web_session set seen_at = clock_timestamp(), "
                  "idle_expires = clock_timestamp() + idle_max where token_hash = $1"};
Sql const k_choose{"choose_role",
                   "update web_session set role = $2, office_id = $3, branch_id = $4, "
                   "desk = desk + 1 where token_hash = $1"};
Sql const k_end{"end_session", "delete from web_session where token_hash = $1"};
Sql const k_end_all{"end_sessions_of", "delete from web_session where user_id = $1"};

Sql const k_challenge{"create_challenge",
                      "insert into login_challenge (id, text, expires) "
                      "values ($1, $2, clock_timestamp() + $3 * interval '1 second')"};
Sql const k_take{
    "take_challenge",
    "with taken as (delete from login_challenge where id = $1 returning text, expires) "
    "select text from taken where expires > clock_timestamp()"};

Sql const k_create_otp{
    "create_otp",
    "insert into otp (id, code_hash, purpose, bound, phone_sealed, person_id, tries_max, sent, "
    "expires) values ($1, $2, $3, $4, $5, $6, $7, qyzmet_now(), "
    "clock_timestamp() + $8 * interval '1 second')"};
// The try is counted by the statement that compares: parallel guesses count, too.
Sql const k_try_otp{
    "try_otp",
    "update otp set tries = tries + 1, "
    "confirmed = case when code_hash = $2 then qyzmet_now() end "
    "where id = $1 and purpose = $3 and bound = $4 and confirmed is null and tries < tries_max "
    "and expires > clock_timestamp() "
    "returning confirmed is not null, tries_max - tries, sent, coalesce(confirmed, sent), "
    "phone_sealed, person_id"};
Sql const k_why_otp{"why_otp",
                    "select purpose = $3 and bound = $4, confirmed is not null, code_hash = $2, "
                    "expires <= clock_timestamp(), sent, coalesce(confirmed, sent), phone_sealed, "
                    "person_id from otp where id = $1"};

Sql const k_hit{
    "rate_hit",
    "insert into rate_limit as r (key, started, ends, count) values ($1, clock_timestamp(), "
    "clock_timestamp() + $2 * interval '1 second', 1) on conflict (key) do update set "
    "count = case when r.ends <= clock_timestamp() then 1 else r.count + 1 end, "
    "started = case when r.ends <= clock_timestamp() then excluded.started else r.started end, "
    "ends = case when r.ends <= clock_timestamp() then excluded.ends else r.ends end "
    "returning count, greatest(1, ceil(extract(epoch from ends - clock_timestamp())))::bigint"};

Sql const k_sweep{
    "sweep_expired",
    "with s as (delete from web_session where absolute_expires < clock_timestamp() or "
    "idle_expires < clock_timestamp() returning 1), "
    "c as (delete from login_challenge where expires < clock_timestamp() returning 1), "
    "o as (delete from otp where expires < clock_timestamp() - interval '1 day' returning 1), "
    "r as (delete from rate_limit where ends < clock_timestamp() returning 1), "
    "m as (delete from mobile_signing where expires < clock_timestamp() returning 1), "
    "d as (delete from statement where expires < clock_timestamp() returning 1), "
    "i as (delete from idempotency where at < clock_timestamp() - $1 * interval '1 day' "
    "returning 1), "
    "a as (delete from api_answer where at < clock_timestamp() - interval '1 day' returning 1) "
    "select (select count(*) from s) + (select count(*) from c) + (select count(*) from o) + "
    "(select count(*) from r) + (select count(*) from m) + (select count(*) from d) + "
    "(select count(*) from i) + (select count(*) from a)"};

Bytes token_hash(std::string const& token) {
  return {sha256(token)};
}

Place phone_place(std::string const& id) {
  return {.table = "otp", .column = "phone", .row = id};
}

Bytes code_hash(Connection& connection, std::string const& id, std::string const& code) {
  return connection.vault().lookup("otp", id + "|" + code);
}

}  // namespace

void create_session(Connection& connection, NewSession const& s) {
  connection.execute(k_create, token_hash(s.token), s.user, s.method, s.csrf, s.client,
                     std::int64_t{s.idle_max.count()}, std::int64_t{s.absolute_max.count()}, s.via);
}

std::optional<Session> find_session(Connection& connection, std::string const& token,
                                    std::string_view via) {
  auto const hash = token_hash(token);
  auto row = connection.one<UserId, PersonId, std::string, std::string, std::vector<std::string>,
                            std::vector<OfficeId>, std::vector<BranchId>, std::string, std::string,
                            std::string, std::optional<OfficeId>, std::optional<BranchId>, Instant,
                            std::int64_t, std::int64_t, bool>(k_find, hash, via);
  if (!row) return std::nullopt;
  auto& [user, person, name, language, roles, offices, branches, method, csrf, role, office, branch,
         expires, desk, rights, stale] = *row;
  if (stale) connection.execute(k_touch, hash);
  return Session{.user = {.id = user,
                          .person = person,
                          .name = std::move(name),
                          .language = std::move(language),
                          .position_kk = {},
                          .position_ru = {},
                          .active = true,
                          .grants = grants_of(roles, offices, branches)},
                 .method = std::move(method),
                 .csrf = std::move(csrf),
                 .role = std::move(role),
                 .office = office,
                 .branch = branch,
                 .expires = expires,
                 .proof = {.token_hash = hash.value, .desk = desk, .rights = rights}};
}

void choose_role(Connection& connection, std::string const& token, std::string const& role,
                 std::optional<OfficeId> office, std::optional<BranchId> branch) {
  connection.execute(k_choose, token_hash(token), role, office, branch);
}
void end_session(Connection& connection, std::string const& token) {
  connection.execute(k_end, token_hash(token));
}
void end_sessions_of(Connection& connection, UserId user) {
  connection.execute(k_end_all, user);
}

void create_challenge(Connection& connection, std::string const& id, std::string const& text,
                      std::chrono::seconds lifetime) {
  connection.execute(k_challenge, id, text, std::int64_t{lifetime.count()});
}
std::optional<std::string> take_challenge(Connection& connection, std::string const& id) {
  auto row = connection.one<std::string>(k_take, id);
  if (!row) return std::nullopt;
  return std::move(std::get<0>(*row));
}

void create_otp(Connection& connection, NewOtp const& otp) {
  connection.execute(k_create_otp, otp.id, code_hash(connection, otp.id, otp.code), otp.purpose,
                     otp.bound, connection.vault().seal(otp.phone, phone_place(otp.id)), otp.person,
                     otp.tries_max, std::int64_t{otp.lifetime.count()});
}

OtpAnswer check_otp(Connection& connection, std::string const& id, std::string const& code,
                    std::string const& purpose, std::string const& bound) {
  OtpAnswer answer;
  if (auto const row = connection.one<bool, int, Instant, Instant, Bytes, std::optional<PersonId>>(
          k_try_otp, id, code_hash(connection, id, code), purpose, bound)) {
    auto const& [right, left, sent, confirmed, phone, person] = *row;
    answer.tries_left = left;
    answer.sent = sent;
    if (right) {
      answer.verdict = OtpVerdict::right;
      answer.confirmed = confirmed;
      answer.phone = connection.vault().open(phone, phone_place(id));
      answer.person = person;
    } else {
      answer.verdict = left == 0 ? OtpVerdict::too_many_tries : OtpVerdict::wrong;
    }
    return answer;
  }
  auto const why =
      connection.one<bool, bool, bool, bool, Instant, Instant, Bytes, std::optional<PersonId>>(
          k_why_otp, id, code_hash(connection, id, code), purpose, bound);
  if (!why) return answer;
  auto const& [same, used, right, expired, sent, confirmed, phone, person] = *why;
  if (!same) {
    answer.verdict = OtpVerdict::other_content;
  } else if (used) {
    answer.verdict = right ? OtpVerdict::used : OtpVerdict::expired;
    if (right) {
      answer.sent = sent;
      answer.confirmed = confirmed;
      answer.phone = connection.vault().open(phone, phone_place(id));
      answer.person = person;
    }
  } else {
    answer.verdict = expired ? OtpVerdict::expired : OtpVerdict::too_many_tries;
  }
  return answer;
}

RateAnswer hit(Connection& connection, std::string const& key, std::chrono::seconds window,
               int max) {
  auto const [count, seconds] = *connection.one<std::int64_t, std::int64_t>(
      k_hit, connection.vault().lookup("rate", key), std::int64_t{window.count()});
  if (count <= max) return {};
  return {.allowed = false, .retry_after = std::chrono::seconds{seconds}};
}

std::int64_t sweep_expired(Connection& connection) {
  return std::get<0>(*connection.one<std::int64_t>(k_sweep, k_idempotency_days));
}

}  // namespace qyzmet::db
