// Evidence records (RFC 4998): read, verified, prolonged. None proves anything that the timestamp
// authority did not sign.
#include "signing/evidence_record.hpp"

#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

constexpr std::string_view k_sha256 = "2.16.840.1.101.3.4.2.1";

std::vector<std::string> const& objects() {
  static std::vector<std::string> const made{std::string{fuzz::k_content}, world().cms, "verdict"};
  return made;
}

std::string token_over(std::string_view stamped) {
  auto const question = *tsp_question(stamped, k_sha256);
  return *tsp_token(*answer_tsp(world().service(world().authority), question.request, world().now),
                    question);
}

struct Right {
  std::string record;
  std::vector<std::string> tokens;
};

/// One of two groups under one timestamp, prolonged once.
Right const& right() {
  static Right const made = [] {
    Right out;
    std::vector<ArchiveGroup> groups{{.objects = objects()}, {.objects = {"other"}}};
    for (int round = 0; round < 2; ++round) {
      auto const plan = *plan_round(groups, k_sha256);
      out.tokens.push_back(token_over(plan.stamped));
      auto const records = *finish_round(groups, plan, out.tokens.back());
      for (std::size_t i = 0; i < groups.size(); ++i) groups[i].record = records[i];
    }
    out.record = groups.front().record;
    return out;
  }();
  return made;
}

void target(std::string_view bytes) {
  Policy const policy;
  auto const proof = verify_record(bytes, objects(), world().trust, policy, world().now);
  bool const stamped = std::ranges::any_of(right().tokens, [&](std::string const& token) {
    return fuzz::carries_signature_of(bytes, token);
  });
  check(!proof || stamped, "no record without a timestamp of the authority proves");
  (void)record_issuers(bytes, world().trust);
  std::vector<ArchiveGroup> const group{{.objects = objects(), .record = std::string{bytes}}};
  auto const plan = plan_round(group, k_sha256);
  if (!plan) return;
  static std::string const token = token_over("another root");
  auto const longer = finish_round(group, *plan, token);
  check(!longer || !verify_record(longer->front(), objects(), world().trust, policy, world().now),
        "a timestamp over something else proves nothing");
}

}  // namespace

QYZMET_FUZZ_TARGET(right().record, target)
