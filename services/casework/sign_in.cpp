#include "services/casework/sign_in.hpp"

#include "db/people.hpp"
#include "engine/terms.hpp"
#include "services/platform/random.hpp"
#include "signing/verify.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

/// When it was made: the fourth line.
Instant challenge_time(std::string_view text) {
  for (int line = 0; line < 3; ++line) text.remove_prefix(text.find('\n') + 1);
  return parse_instant(text.substr(0, text.find('\n'))).value_or(Instant{});
}

asio::awaitable<Result<signing::Signer>> verified_signer(World& world, std::string id,
                                                         std::string cms) {
  auto const text = co_await world.database.run(
      [id](db::Connection& connection) { return db::take_challenge(connection, id); });
  if (!text) co_return fail(ErrorCode::invalid, "error.challenge_expired", "cms");
  auto const question = signing::ocsp_question(cms, world.trust);
  signing::Evidence evidence;
  if (question) {
    auto answer = co_await world.ocsp.ask(question->request);
    if (answer) evidence.ocsp.push_back(std::move(*answer));
    evidence.ocsp_nonce = question->nonce;
  }
  signing::Policy policy;
  policy.role = signing::Role::any;
  policy.refuse_test_anchors = world.mode == db::Mode::production;
  auto const now = world.clock.now();
  auto report = signing::verify_challenge(cms, *text, challenge_time(*text), world.trust, policy,
                                          now, evidence);
  if (report.try_later()) co_return fail(ErrorCode::unavailable, "error.ocsp_unavailable", "cms");
  if (!report.passed() || !report.signer)
    co_return fail(ErrorCode::invalid,
                   report.reason().empty() ? "signature.malformed" : report.reason(), "cms");
  co_return std::move(*report.signer);
}

/// The person of a certificate; made when the portal meets the person for the first time.
std::optional<UserId> user_of(db::Connection& connection, std::string const& iin,
                              std::string const& name, std::string const& language) {
  auto const person = db::ensure_person(connection, {.id = {},
                                                     .iin = iin,
                                                     .name = name,
                                                     .phone = {},
                                                     .email = {},
                                                     .address = {},
                                                     .language = language});
  auto const id = db::ensure_user(connection, person);
  auto const user = db::find_user(connection, id);
  if (!user || !user->active) return std::nullopt;
  return id;
}

}  // namespace

asio::awaitable<db::RateAnswer> count_hit(World& world, std::string key,
                                          std::chrono::seconds window, int max) {
  auto const answer =
      co_await world.database.run([key = std::move(key), window, max](db::Connection& connection) {
        return db::hit(connection, key, window, max);
      });
  co_return answer;
}

std::string challenge_text(World const& world, std::string_view id, std::string_view at) {
  std::string out{"Qyzmet\n"};
  out.append(world.config.public_url).append("\nlogin\n");
  out.append(at).append("\n").append(id).append("\n");
  return out;
}

asio::awaitable<Challenge> new_challenge(World& world) {
  Challenge out{.id = platform::random_hex(16), .at = to_iso(world.clock.now()), .text = {}};
  out.text = challenge_text(world, out.id, out.at);
  co_await world.database.run([out](db::Connection& connection) {
    db::create_challenge(connection, out.id, out.text, k_challenge_lifetime);
  });
  co_return out;
}

asio::awaitable<Result<UserId>> sign_in_with_key(World& world, std::string id, std::string cms,
                                                 std::string language) {
  auto signer = co_await verified_signer(world, std::move(id), std::move(cms));
  if (!signer) co_return std::unexpected(signer.error());
  std::optional<UserId> user;
  if (engine::valid_iin(signer->iin))
    user = co_await world.database.run(
        [iin = signer->iin, name = signer->name, language](db::Connection& connection) {
          return user_of(connection, iin, name, language);
        });
  if (!user) co_return fail(ErrorCode::forbidden, "error.login_closed");
  co_return *user;
}

void open_session(db::Connection& connection, db::NewSession const& session) {
  db::create_session(connection, session);
  auto const found = db::find_user(connection, session.user);
  if (!found || found->grants.empty()) return;
  auto const& grant = found->grants.front();
  db::choose_role(connection, session.token, grant.role, grant.office, grant.branch);
}

}  // namespace qyzmet::casework
