#pragma once
// What the machine and the processes did meanwhile, from /proc (Linux). Times of threads come from
// schedstat (ns): ticks are too coarse for bursts below a millisecond.
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace qyzmet::bench {

/// CPU time of all threads of the process; zero when it has ended.
std::chrono::nanoseconds cpu_of(pid_t process);
std::vector<pid_t> children_of(pid_t process);
/// Resident memory in bytes; 0 when the process has ended.
std::size_t resident_bytes(pid_t process);
/// Cores that were busy during `time`; ours rest meanwhile, so it is what others take.
double busy_cores(std::chrono::milliseconds time);

}  // namespace qyzmet::bench
