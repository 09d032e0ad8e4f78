#pragma once
// Values as numbers that are equal where the process cannot tell them apart; internal to engine/.
// Days are counted in working days from today, because only that distance matters.
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/explore_plan.hpp"
#include "engine/instance.hpp"

namespace qyzmet::engine {

/// Working days around a day, counted once. Beyond the table days are as its ends.
class DayTable {
 public:
  DayTable(Calendar const& calendar, Date around);
  /// Working days from the beginning of the table up to and including `day`.
  int index(Date day) const;
  bool working(Date day) const;
  /// The first working day on or after `day`.
  int index_from(Date day) const { return working(day) ? index(day) : index(day) + 1; }
  Date day(int index) const;

 private:
  std::size_t place(Date day) const;
  Date first_;
  std::vector<int> indices_;
  std::vector<Date> days_;  // working ones
};

/// Acts happen at noon of working days, one second apart.
struct Moment {
  Date today;
  Instant at;  // of the next act
};

class ValueCodes {
 public:
  ValueCodes(ExplorePlan const& plan, DayTable const& days) : plan_{plan}, days_{days} {}

  std::uint64_t code(Value const& value, Moment const& moment, int past_wd);
  std::uint64_t probe(ProbeId probe, Context const& environment, Calendar const& calendar,
                      Moment const& moment);
  /// Of several probes of one state; interchangeable texts count by their first appearance.
  void append(std::vector<ProbeId> const& probes, Context const& environment,
              Calendar const& calendar, Moment const& moment, std::vector<std::uint64_t>& words);
  /// The word of a day that many working days from today.
  static std::uint64_t distance(int working_days);
  /// Cuts the gaps between the days to come that the words tell of to `window_wd`: how far apart
  /// two days are beyond that, nothing that can happen between them can tell.
  static void cut_gaps(std::vector<std::uint64_t>& words, int window_wd);

 private:
  std::uint64_t text(std::string const& text);
  std::uint64_t day(Date day, Moment const& moment, int past_wd) const;

  ExplorePlan const& plan_;
  DayTable const& days_;
  std::unordered_map<std::string, std::uint64_t> texts_;
};

/// A word for a text; never that of a day.
std::uint64_t hash_word(std::string_view text);

/// 128 bits that stand for the words; two different states share them with negligible chance.
struct StateKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(StateKey const&) const = default;
};
StateKey key_of(std::vector<std::uint64_t> const& words);

struct StateKeyHash {
  std::size_t operator()(StateKey const& key) const { return std::size_t(key.low); }
};

/// Tokens, scopes and waits of a case as words: ids renumbered, siblings sorted, so that the order
/// of turns does not matter. Timers count by the working days until they fire and by their order.
/// What lives in turns and called processes is part of them.
class ControlWords {
 public:
  enum class Order : std::uint8_t { sorted, as_it_came };
  ControlWords(Instance const& instance, ExplorePlan const& plan, DayTable const& days,
               Calendar const& calendar, ValueCodes& codes, Moment const& moment,
               Order order = Order::sorted);
  void append_to(std::vector<std::uint64_t>& words);

 private:
  using Words = std::vector<std::uint64_t>;
  void sort(std::vector<Words>& items) const;
  static void append(std::vector<Words> const& items, Words& words);
  std::vector<Words> children(std::int32_t parent, std::int32_t token);
  std::vector<Words> tokens(std::int32_t scope);
  void waits(std::int32_t token, std::int32_t scope, Words& words) const;
  void values(std::int32_t scope, std::vector<ProbeId> const& probes, Words& words);

  Instance const& instance_;
  ExplorePlan const& plan_;
  DayTable const& days_;
  Calendar const& calendar_;
  ValueCodes& codes_;
  Moment const& moment_;
  Order order_;
  std::vector<Instant> dues_;
};

/// Is the scope instance a turn or a called process, or inside one?
bool in_frame(Definition const& process, Instance const& instance, std::int32_t scope);
/// The working day on which a timer fires when nobody acts before.
int fires_on(Timer const& timer, DayTable const& days, Date today);

}  // namespace qyzmet::engine
