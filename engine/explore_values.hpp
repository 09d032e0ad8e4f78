#pragma once
// Values as numbers that are equal where the process cannot tell them apart; internal to engine/.
// A *number* stands for a value on every day; a *word* for what is left of it today: days are
// counted in working days from today, because only that distance matters. So a value is read, and a
// probe evaluated, once for all days and all states in which the variables that it reads are the
// same.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

/// 128 bits that stand for words; two different states share them with negligible chance.
struct StateKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(StateKey const&) const = default;
};

struct StateKeyHash {
  std::size_t operator()(StateKey const& key) const { return std::size_t(key.low); }
};

/// Makes a key of words as they come.
class KeyMaker {
 public:
  void add(std::uint64_t word);
  StateKey key() const;

 private:
  std::uint64_t low_ = 0x9e3779b97f4a7c15ULL;
  std::uint64_t high_ = 0;
  std::uint64_t size_ = 0;
};
StateKey key_of(std::vector<std::uint64_t> const& words);

class ValueCodes;

/// The variables of a plan in one place, as numbers, and what probes make of them. Looked at place
/// after place: what is equal in two of them is read once.
class SeenVariables {
 public:
  SeenVariables(ExplorePlan const& plan, ValueCodes& codes);
  /// `over`: values that stand in the place of variables of their names.
  void look_at(Context const& variables, Context const& over = {});
  /// As if some of them had these values, until the next look; none = as they are. Kept elsewhere.
  using Instead = std::vector<std::pair<VariableId, Value>>;
  void imagine(Instead const* instead);
  /// With what is imagined.
  Context variables() const;
  std::uint64_t number(VariableId id);
  /// Of a probe, once it was worked out here.
  std::optional<std::uint64_t> known(ProbeId id) const;
  void keep(ProbeId id, std::uint64_t number);

 private:
  void forget(std::string_view name);
  void compare(Context const& before, Context const& now);
  bool imagined(ProbeId id) const {
    return instead_ != nullptr && imagining_->touches[std::size_t(id)];
  }

  ExplorePlan const& plan_;
  ValueCodes& codes_;
  Context variables_, over_;
  std::vector<std::uint64_t> numbers_;
  std::vector<bool> known_;
  std::vector<std::uint64_t> probe_numbers_;
  std::vector<bool> probe_known_;
  std::vector<std::vector<ProbeId>> readers_;                            // by variable
  std::map<std::string, std::vector<VariableId>, std::less<>> of_name_;  // by first names of paths
  /// What is known of one set of values that was imagined: their numbers, and those of probes as of
  /// the versions that these had.
  struct Imagined {
    std::vector<std::uint64_t> numbers = {};
    std::vector<std::size_t> at = {};  // by variable, where it stands in them; 0 = nowhere
    std::vector<bool> touches = {};    // by probe: does it read one of them?
    std::vector<std::uint64_t> probes = {};
    std::vector<std::uint32_t> versions = {};
  };
  Instead const* instead_ = nullptr;
  Imagined* imagining_ = nullptr;
  std::map<Instead const*, Imagined> imagined_;
  std::vector<std::uint32_t> versions_;  // of probes, from 1; another one when a variable changes
};

class ValueCodes {
 public:
  ValueCodes(ExplorePlan const& plan, DayTable const& days, Calendar const& calendar);

  static constexpr std::uint64_t k_unmet = 3;  // the word of a probe that is not asked
  static constexpr std::uint64_t k_true = 2;   // of one that only tells whether

  /// Equal for equal values.
  std::uint64_t number(Value const& value);
  std::uint64_t number(std::string const& text);
  /// Of what the number stands for, today; days further back than `past_wd` are alike.
  std::uint64_t word(std::uint64_t number, Moment const& moment, int past_wd) const;
  std::uint64_t probe(ProbeId probe, SeenVariables& seen, Moment const& moment);
  /// Of several probes of one state; interchangeable texts count by their first appearance.
  void append(std::vector<ProbeId> const& probes, SeenVariables& seen, Moment const& moment,
              std::vector<std::uint64_t>& words);
  /// The word of a day that many working days from today.
  static std::uint64_t distance(int working_days);
  /// Cuts the gaps between the days to come that the words tell of to `window_wd`: how far apart
  /// two days are beyond that, nothing that can happen between them can tell.
  static void cut_gaps(std::vector<std::uint64_t>& words, int window_wd);

  /// Working days from today to the first day to come that the words tell of; 0 when none does.
  static int first_day_ahead(std::vector<std::uint64_t> const& words);

 private:
  std::uint64_t day(Date day, Moment const& moment, int past_wd) const;
  std::uint64_t evaluate(Probe const& probe, Context const& environment);

  ExplorePlan const& plan_;
  DayTable const& days_;
  Calendar const& calendar_;
  std::unordered_map<std::string, std::uint64_t> texts_;
  std::vector<VariableId> plain_;  // by probe: the variable that is all of it; none = -1
  std::unordered_map<StateKey, std::uint64_t, StateKeyHash> known_;  // numbers of probes
};

/// A word for a text; never that of a day.
std::uint64_t hash_word(std::string_view text);

/// Tokens, scopes and waits of a case as words: ids renumbered, siblings sorted, so that the order
/// of turns does not matter. Timers count by the working days until they fire and by their order.
/// What lives in turns and called processes is part of them.
class ControlWords {
 public:
  enum class Order : std::uint8_t { sorted, as_it_came };
  /// `inside` looks at turns and called processes, each at those in one place of the list of
  /// scopes; it grows as needed.
  ControlWords(Instance const& instance, ExplorePlan const& plan, DayTable const& days,
               ValueCodes& codes, std::deque<SeenVariables>& inside, Moment const& moment,
               Order order = Order::sorted);
  void append_to(std::vector<std::uint64_t>& words);

 private:
  using Words = std::vector<std::uint64_t>;
  class Items;
  void children(std::int32_t parent, std::int32_t token, Words& words);
  void tokens(std::int32_t scope, Words& words);
  void waits(std::int32_t token, std::int32_t scope, Words& words);
  void values(std::int32_t scope, std::vector<ProbeId> const& probes, Words& words);

  Instance const& instance_;
  ExplorePlan const& plan_;
  DayTable const& days_;
  ValueCodes& codes_;
  std::deque<SeenVariables>& inside_;
  Moment const& moment_;
  Order order_;
  std::vector<Instant> dues_;
  std::vector<std::size_t> starts_;  // of the items of the lists that are being written
  std::vector<bool> looked_at_;      // by place in the list of scopes
};

/// What expressions see in a turn or a called process, but for the act; the term stands among it.
Context variables_inside(Definition const& process, Instance const& instance, std::int32_t scope);
/// Is the scope instance a turn or a called process, or inside one?
bool in_frame(Definition const& process, Instance const& instance, std::int32_t scope);
/// The working day on which a timer fires when nobody acts before.
int fires_on(Timer const& timer, DayTable const& days, Date today);

}  // namespace qyzmet::engine
