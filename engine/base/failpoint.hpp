#pragma once
// Named failpoints: test builds can end, stop or fail the process exactly here. Configured by the
// environment, FAILPOINT=name[:nth]=kill|throw|hold|drop[,...]; nth counts from 1, without it
// every hit acts. FAILPOINT_LOG names a file that receives each name at its first hit, and "name
// action" whenever one acts. Nothing of it is compiled without QYZMET_FAILPOINTS. Thread-safe.
//
// kill: SIGKILL to this process. throw: FailpointThrown. hold: waits here until the file that
// FAILPOINT_RELEASE names is there, 10 s at most. drop: failpoint() answers true, and the caller
// behaves as if the answer of the other side had never come.
#include <string_view>

#ifdef QYZMET_FAILPOINTS
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#endif

namespace qyzmet {

#ifdef QYZMET_FAILPOINTS

class FailpointThrown : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class FailpointAction { none, kill, throw_, hold, drop };
inline constexpr std::chrono::seconds k_failpoint_hold_max{10};

namespace detail {

struct Failpoints {
  std::mutex mutex;
  std::string configured;  // for tests that set it at run time
  std::map<std::string, int, std::less<>> hits;

  static Failpoints& instance() {
    static Failpoints points;
    return points;
  }
  static FailpointAction parse(std::string_view action) {
    if (action == "kill") return FailpointAction::kill;
    if (action == "throw") return FailpointAction::throw_;
    if (action == "hold") return FailpointAction::hold;
    if (action == "drop") return FailpointAction::drop;
    return FailpointAction::none;
  }
  static void log(std::string_view name, std::string_view action) {
    char const* path = std::getenv("FAILPOINT_LOG");
    std::FILE* file = path ? std::fopen(path, "a") : nullptr;
    if (file == nullptr) return;
    std::fprintf(file, "%.*s%.*s\n", int(name.size()), name.data(), int(action.size()),
                 action.data());
    std::fclose(file);
  }
  static void hold() {
    char const* released = std::getenv("FAILPOINT_RELEASE");
    auto const until = std::chrono::steady_clock::now() + k_failpoint_hold_max;
    while (std::chrono::steady_clock::now() < until &&
           (released == nullptr || ::access(released, F_OK) != 0))
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  /// What "name[:nth]=action,..." says about this hit.
  static FailpointAction chosen(std::string_view all, std::string_view name, int hit) {
    while (!all.empty()) {
      auto const comma = all.find(',');
      auto const one = all.substr(0, comma);
      all.remove_prefix(comma == all.npos ? all.size() : comma + 1);
      auto const equals = one.rfind('=');
      if (equals == one.npos) continue;
      auto target = one.substr(0, equals);
      auto const colon = target.rfind(':');
      int nth = 0;
      if (colon != target.npos) {
        nth = std::atoi(std::string{target.substr(colon + 1)}.c_str());
        target = target.substr(0, colon);
      }
      if (target == name && (nth == 0 || nth == hit)) return parse(one.substr(equals + 1));
    }
    return FailpointAction::none;
  }
};

}  // namespace detail

/// Replaces the environment's setting; "" switches all off. Counts start anew.
inline void set_failpoints(std::string_view configuration) {
  auto& points = detail::Failpoints::instance();
  std::scoped_lock const lock{points.mutex};
  points.configured = configuration.empty() ? " " : std::string{configuration};
  points.hits.clear();
}

/// Counts the hit and says what has to happen, without doing it.
inline FailpointAction failpoint_hit(std::string_view name) {
  auto& points = detail::Failpoints::instance();
  std::scoped_lock const lock{points.mutex};
  auto at = points.hits.find(name);
  if (at == points.hits.end()) {
    at = points.hits.emplace(std::string{name}, 0).first;
    detail::Failpoints::log(name, "");
  }
  int const hit = ++at->second;
  if (!points.configured.empty()) return detail::Failpoints::chosen(points.configured, name, hit);
  char const* environment = std::getenv("FAILPOINT");
  return environment ? detail::Failpoints::chosen(environment, name, hit) : FailpointAction::none;
}

/// True when the answer must be treated as lost.
inline bool failpoint_act(FailpointAction action, std::string_view name) {
  switch (action) {
    case FailpointAction::kill:
      detail::Failpoints::log(name, " kill");
      ::kill(::getpid(), SIGKILL);
      return true;
    case FailpointAction::throw_:
      throw FailpointThrown{std::string{name}};
    case FailpointAction::hold:
      detail::Failpoints::log(name, " hold");
      detail::Failpoints::hold();
      return false;
    case FailpointAction::drop:
      return true;
    case FailpointAction::none:
      return false;
  }
  return false;
}

inline bool failpoint(std::string_view name) {
  return failpoint_act(failpoint_hit(name), name);
}

#else

inline constexpr bool failpoint(std::string_view) {
  return false;
}

#endif

}  // namespace qyzmet
