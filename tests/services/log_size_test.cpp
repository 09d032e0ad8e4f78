// The transparency log with many events: an append, a proof and their memory cost what they cost at
// the beginning. 20,000 events, or as many as QYZMET_LOG_EVENTS says: a million in `./test soak`.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <random>

#include "services/casework/ledger.hpp"
#include "services/casework/ledger_check.hpp"
#include "tests/db/support.hpp"

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#define QYZMET_SANITIZED_HEAP
#endif

namespace qyzmet::casework::tests {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t k_sample = 10;  // appends at the beginning, at the end
constexpr int k_proofs = 200;
constexpr long k_memory_kib_max = 4L << 10;

int wanted_events() {
  auto const* many = std::getenv("QYZMET_LOG_EVENTS");
  return many == nullptr ? 20'000 : std::atoi(many);
}

/// What is allocated and not given back: a sanitizer keeps freed memory resident for a while.
long allocated_kib() {
#ifdef QYZMET_SANITIZED_HEAP
  return long(__sanitizer_get_current_allocated_bytes() >> 10);
#else
  auto const heap = mallinfo2();
  return long((heap.uordblks + heap.hblkhd) >> 10);
#endif
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

template <class F>
double milliseconds(F work) {
  auto const begin = Clock::now();
  work();
  return Milliseconds{Clock::now() - begin}.count();
}

class LogSize : public db::tests::DatabaseTest {
 protected:
  /// Copies of one event, one millisecond after the other.
  CaseId fill(int events) {
    auto const id = started(scene(), person(2));
    connection.script(
        "set statement_timeout = 0; set session_replication_role = replica;"
        "insert into event select case_id, seq + n, at, clock_timestamp() - interval '1 day' "
        "+ n * interval '1 millisecond', kind, actor, role, body_sealed, facts_sealed, salt, hash "
        "from event, generate_series(1, " +
        std::to_string(events - 1) + ") n where case_id = " + std::to_string(id.value) +
        " and seq = 1 order by n; set session_replication_role = origin");
    connection.script("vacuum analyze event");
    return id;
  }
  std::vector<double> append_all() {
    std::vector<double> rounds;
    for (int count = 1; count > 0;)
      rounds.push_back(milliseconds([&] { count = log_.append(connection); }));
    rounds.pop_back();  // it found nothing
    return rounds;
  }

  Ledger log_{
      *ledger::NoteSigner::open("size.example/log", ledger::KeyUse::note, ledger::make_note_key())};
};

TEST_F(LogSize, ChangesWhatNothingCosts) {
  auto const events = wanted_events();
  auto const id = fill(events);
  auto const before = allocated_kib();
  auto const rounds = append_all();
  auto const grown = allocated_kib() - before;
  ASSERT_GE(rounds.size(), 2 * k_sample);
  EXPECT_EQ(db::log_head(connection).size, events);
  auto const early = median({rounds.begin(), rounds.begin() + k_sample});
  auto const late = median({rounds.end() - k_sample, rounds.end()});
  EXPECT_LT(late, 3 * early);
  EXPECT_LT(grown, k_memory_kib_max) << "the writer holds the right edge of the tree alone";

  std::mt19937_64 random{20261128};
  std::vector<double> proofs;
  for (int i = 0; i < k_proofs; ++i) {
    auto const seq = 1 + std::int64_t(random() % std::uint64_t(events));
    std::optional<ledger::Proof> proof;
    proofs.push_back(milliseconds([&] { proof = prove_step(connection, id, seq); }));
    ASSERT_TRUE(proof);
    EXPECT_LE(proof->hashes.size(), std::size_t(std::bit_width(unsigned(events))));
    EXPECT_EQ(verify_proof(*proof, log_.signer().key()).fault, ledger::ProofFault::none);
  }
  LogVerdict verdict;
  auto const checked =
      milliseconds([&] { verdict = check_log(connection, log_.signer().key(), {}); });
  EXPECT_TRUE(verdict.faults.empty());
  EXPECT_EQ(verdict.size, events);
  std::printf(
      "# Log of %d events: %d appended in %.1f ms at first and %.1f ms at last, %ld KiB more "
      "memory, "
      "a proof of at most %d hashes in %.2f ms, all checked in %.1f s\n",
      events, k_log_batch_max, early, late, grown, int(std::bit_width(unsigned(events))),
      median(proofs), checked / 1000);
}

}  // namespace
}  // namespace qyzmet::casework::tests
