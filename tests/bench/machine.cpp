#include "tests/bench/machine.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace qyzmet::bench {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(pid_t process) {
  return fs::path{"/proc"} / std::to_string(process);
}

std::vector<fs::path> threads_of(pid_t process) {
  std::error_code ended;
  std::vector<fs::path> out;
  for (auto const& entry : fs::directory_iterator{folder_of(process) / "task", ended})
    out.push_back(entry.path());
  return out;
}

/// Ticks in which any core worked, and the ticks of all cores.
struct Ticks {
  std::int64_t busy = 0, all = 0;
};
Ticks ticks() {
  std::ifstream in{"/proc/stat"};
  std::string name;
  in >> name;
  Ticks out;
  for (int column = 0; column < 8; ++column) {
    std::int64_t value = 0;
    in >> value;
    out.all += value;
    bool const idle = column == 3 || column == 4;  // idle, iowait
    if (!idle) out.busy += value;
  }
  return out;
}

}  // namespace

std::chrono::nanoseconds cpu_of(pid_t process) {
  std::chrono::nanoseconds sum{0};
  for (auto const& thread : threads_of(process)) {
    std::int64_t spent = 0;
    if (std::ifstream{thread / "schedstat"} >> spent) sum += std::chrono::nanoseconds{spent};
  }
  return sum;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> out;
  for (auto const& thread : threads_of(process)) {
    std::ifstream in{thread / "children"};
    for (pid_t child = 0; in >> child;) out.push_back(child);
  }
  return out;
}

std::size_t resident_bytes(pid_t process) {
  std::size_t size = 0, resident = 0;
  std::ifstream{folder_of(process) / "statm"} >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double busy_cores(std::chrono::milliseconds time) {
  auto const before = ticks();
  std::this_thread::sleep_for(time);
  auto const after = ticks();
  auto const all = after.all - before.all;
  if (all == 0) return 0;
  return static_cast<double>(std::thread::hardware_concurrency()) *
         static_cast<double>(after.busy - before.busy) / static_cast<double>(all);
}

}  // namespace qyzmet::bench
