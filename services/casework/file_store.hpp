#pragma once
// The folder of sealed files and the threads that touch the disk, so that no strand waits for it.
// Layout: tmp/<random> while bytes arrive, then <first two hex digits>/<sha256>. Thread-safe.
// Faults of the disk are exceptions.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <string>
#include <utility>

#include "db/vault.hpp"

namespace qyzmet::casework {

class FileStore {
 public:
  static constexpr std::size_t k_threads = 2;

  /// Makes the folders; temporary files that an earlier life left behind are removed.
  FileStore(std::filesystem::path folder, db::Vault const& vault);
  ~FileStore();

  std::filesystem::path new_temporary() const;
  std::filesystem::path path_of(std::string const& sha256) const;
  db::Vault const& vault() const { return vault_; }

  /// Runs `work` on a disk thread; the caller resumes on its own executor.
  template <class Work>
  boost::asio::awaitable<decltype(std::declval<Work&>()())> run(Work work) {
    using Value = decltype(work());
    auto on_thread = [](Work job) -> boost::asio::awaitable<Value> { co_return job(); };
    if constexpr (std::is_void_v<Value>) {
      co_await boost::asio::co_spawn(threads_, on_thread(std::move(work)),
                                     boost::asio::use_awaitable);
    } else {
      auto value = co_await boost::asio::co_spawn(threads_, on_thread(std::move(work)),
                                                  boost::asio::use_awaitable);
      co_return value;
    }
  }

 private:
  std::filesystem::path folder_;
  db::Vault const& vault_;
  boost::asio::thread_pool threads_{k_threads};
};

}  // namespace qyzmet::casework
