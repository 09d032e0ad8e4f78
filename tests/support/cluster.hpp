#pragma once
// Real PostgreSQL for tests: a private cluster, started by db/cluster.sh in a temporary folder,
// stopped and removed with the object. Tests share one per process. Durability is proven by
// tests/crash; here speed counts, so fsync is off. One thread.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "db/connection.hpp"

namespace qyzmet::tests {

class Cluster {
 public:
  /// The one that tests share.
  static Cluster& instance() {
    static Cluster cluster;
    return cluster;
  }
  Cluster() {
    std::string folder = (std::filesystem::temp_directory_path() / "qyzmet-db-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    ::chmod(folder.c_str(), 0755);
    folder_ = folder;
    dsn_ = start();
    if (dsn_.empty()) throw std::runtime_error{"the cluster did not start"};
    admin_ = std::make_unique<db::Connection>(dsn_, nullptr);
  }
  ~Cluster() {
    admin_.reset();
    output_of(script() + " stop " + folder_);
    std::filesystem::remove_all(folder_);
  }
  Cluster(Cluster const&) = delete;
  Cluster& operator=(Cluster const&) = delete;

  /// Connection string of a new database: empty, or a copy of the database `pattern`.
  std::string create(std::string const& name, std::string const& pattern = {}) {
    admin_->script("create database " + name + (pattern.empty() ? "" : " template " + pattern));
    auto text = dsn_;
    text.replace(text.find("dbname=") + 7, std::string::npos, name);
    return text;
  }
  /// Connection string of the cluster's own database.
  std::string const& admin_dsn() const { return dsn_; }
  std::string const& folder() const { return folder_; }
  /// Again after its death; harmless while it runs. The connection string, nothing when it failed.
  std::string start() const {
    return output_of("PG_OPTIONS='-c fsync=off' " + script() + " start " + folder_);
  }

 private:
  /// What a command printed.
  static std::string output_of(std::string const& command) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe{::popen(command.c_str(), "r"),
                                                               &::pclose};
    std::string out;
    std::array<char, 512> part{};
    while (std::fgets(part.data(), int(part.size()), pipe.get()) != nullptr) out += part.data();
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  static std::string script() { return std::string{QYZMET_SOURCE_DIR} + "/db/cluster.sh"; }

  std::string folder_, dsn_;
  std::unique_ptr<db::Connection> admin_;
};

}  // namespace qyzmet::tests
