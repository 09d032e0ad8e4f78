#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "db/connection.hpp"
#include "tests/support/cluster.hpp"

namespace qyzmet::db::tests {

/// A process that is as good as dead still stands in /proc until the kernel has buried it.
TEST(ClusterTest, StartsAServerThatSeemsToRunButIsDying) {
  qyzmet::tests::Cluster cluster;
  ::pid_t postmaster = 0;
  std::ifstream{cluster.folder() + "/data/postmaster.pid"} >> postmaster;
  ASSERT_GT(postmaster, 0);
  ASSERT_EQ(::kill(postmaster, SIGSTOP), 0);
  std::thread death{[postmaster] {
    std::this_thread::sleep_for(std::chrono::milliseconds{700});
    ::kill(postmaster, SIGKILL);
  }};
  auto const dsn = cluster.start();
  death.join();
  Connection connection{dsn, nullptr};
  static Sql const one{"one", "select 1"};
  EXPECT_EQ(std::get<0>(*connection.one<int>(one)), 1);
}

}  // namespace qyzmet::db::tests
