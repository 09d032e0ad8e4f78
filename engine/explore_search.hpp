#pragma once
// Breadth-first search through the states of a package; internal to engine/. The public entry is
// explore().
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/environment.hpp"
#include "engine/explore.hpp"
#include "engine/explore_answers.hpp"
#include "engine/explore_graph.hpp"

namespace qyzmet::engine {

/// Who acts when nobody does.
inline Actor const k_system{.user = "", .role = "system"};

/// What expressions read behind T; a step may have extended the term.
void refresh_term(Instance& instance);

class Explorer {
 public:
  /// `apart`: threads that go their own way are gone through by themselves.
  Explorer(Package const& package, Calendar const& calendar, ExploreOptions const& options,
           bool apart = true);
  ExploreReport run();
  /// A thread could have kept others back, so what was found does not count.
  bool kept_back() const { return kept_back_; }
  /// Of a case as it stands; comparable within this explorer, for cases of one day.
  StateKey key_from(Instance const& from, std::uint64_t registers);

 private:
  using Body = decltype(Event::body);
  /// What an application brought along and is asked later: paths and values.
  using Variant = SeenVariables::Instead;

  /// How a state was come to: from what an item stands for (or as the start `start`), then by one
  /// more move.
  struct Way {
    std::span<Origin const> from = {};
    std::int32_t start = -1;
    bool moves = false;
    Event const* event = nullptr;  // of the move; none when time passes
    Date day = {};
    NodeIndex node = k_none;  // whose wait was answered
    Mask mask = 0;            // variants for which it is possible
    bool withdraws = false;
  };
  struct Discovery {
    StateId state = 0;
    Mask mask = 0;
    std::int32_t before = -1;
    bool aided = false;  // somebody withdrew on the way
    Date day;
    std::shared_ptr<Event const> event;
    std::size_t depth = 0;
    NodeIndex node = k_none;  // whose wait was answered
    int thread = -1;          // of which the state is
  };
  struct Item {
    Instance instance;
    std::size_t held = 0;  // the variant whose values are its variables
    Date today;
    std::uint64_t registers = 0;
    Mask mask = 0;
    /// States that are alike until somebody asks in what their variants differ; they go on
    /// together. Their masks have nothing in common and make up that of the item.
    std::vector<Origin> origins = {};
    int thread = -1;  // nothing but that one of the plan; none = everything else
  };
  struct Choice {
    Actor actor;
    Body body;
    Mask mask = 0;
    Answer const* answer = nullptr;
  };
  struct Fault {
    std::string property, element, text;
  };
  /// What one move made of a state.
  struct Arrival {
    Step made = {};
    Date today = {};
    std::uint64_t registers = 0;
    Mask mask = 0;
    std::size_t held = 0;
    NodeIndex node = k_none;  // whose wait was answered
    Way way = {};
    int thread = -1;
  };

  bool understands();
  void begin();
  static Instance as_explored(Instance const& from);
  void begin_from(Instance const& from);
  Date day_of(Instance const& from) const;
  std::size_t variant_of(Context const& application);
  static std::size_t held_by(Item const& item, Mask mask);
  static Value const& now(Context const& variables, std::string_view path) {
    return at_path(variables, path);
  }
  static Value const& now(Environment const& environment, std::string_view path) {
    return at_path(environment.variables(), path);
  }
  template <class Variables>
  void become(Variables& variables, std::size_t variant) const {
    for (auto const& [id, value] : variants_[variant])
      if (auto const& path = plan_.variables[std::size_t(id)]; now(variables, path) != value)
        set_path(variables, path, value);
  }
  std::vector<ProbeId> const& interned(std::vector<ProbeId> pieces);
  std::vector<std::size_t> const& classes_of(std::vector<ProbeId> const& pieces);
  std::vector<Mask> parts(Mask mask, std::vector<ProbeId> const& pieces);
  Moment moment_of(Instance const& instance, Date today) const;

  Context environment_of(Context variables, Instance const& instance, Instant at,
                         Actor const& actor);
  void expand(Item const& item);
  /// Something open that somebody, or a handler, answers.
  struct Wait {
    NodeIndex node = k_none;
    std::int32_t token = 0;  // of a task in a turn, or of an effect
    bool effect = false;
    std::string_view key = {};    // of a message
    std::int32_t scope = k_none;  // whose variables are seen; none = those of the case
  };
  std::vector<Wait> waits_of(Instance const& instance) const;
  /// Answers that were made into choices for a part of the variants.
  struct Tried {
    Actor actor;
    std::deque<Answer> const* answers = nullptr;
    std::vector<std::size_t> choices = {};
  };
  void ask(Item const& item, Wait const& wait);
  struct Living;
  /// What stays when an act ends what is around it, and what is read from it on.
  struct Beside {
    Living const* lives = nullptr;
    KeyMaker key = {};
  };
  /// States, each with variants of it.
  using Outcome = std::vector<std::pair<StateId, Mask>>;
  bool ends_its_scope(NodeIndex index) const;
  std::optional<Instance> without_ended(Instance const& before, NodeIndex act) const;
  std::optional<Beside> beside_of(Item const& item, Wait const& wait, Moment const& moment);
  Living const& living_with_act(Living const& beside, NodeIndex node);
  bool leads_where_known(Beside beside, Answer const* answer, Mask mask, Moment const& moment,
                         Way const& way);
  bool take_tried(std::vector<Tried> const& tried, Tried const& wanted, Form const* form, Mask part,
                  std::vector<Choice>& found) const;
  Context values_of(Answer const& answer, bool of_form, Context const& variables,
                    Moment const& moment);
  Body body_of(Wait const& wait, Answer const& answer, Context const& variables, Actor const& actor,
               Moment const& moment);
  static bool same_body(Body const& a, Body const& b);
  void fail_effect(Item const& item, Pending const& pending);
  void mend(Item const& item, Incident const& incident);
  void state_done(Item const& item, std::int32_t token, NodeIndex node);
  bool heals(Item const& item, Pending const& pending);
  Event event_of(Item const& item, Actor const& actor, Body body) const;
  void act(Item const& item, Event const& event, Mask mask, NodeIndex node, bool withdraws);
  int next_due(Item const& item, int at_the_latest) const;
  void pass(Item const& item);
  int next_day(Item const& item);

  static bool waits_in(Instance const& instance);
  void keep_only(Instance& instance, int thread) const;
  void part_threads(Arrival& arrival);
  bool completes_for_want_of_tokens(Arrival const& arrival, Instance const& before,
                                    ScopeIndex scope, std::vector<NodeIndex> const& visits) const;
  void watch_threads(Arrival const& arrival, std::vector<NodeIndex> const& visits);
  StateKey thread_key(Arrival const& arrival);
  void keep_thread(Arrival&& arrival);
  StateGraph& graph_of(int thread) { return thread < 0 ? graph_ : thread_graph_; }
  void arrive(Arrival&& arrival);
  void keep(Arrival&& arrival);
  /// Probes that live in a state: those that read nothing that the application brought along, and
  /// those that do, with the pieces that these read of it.
  struct Living {
    std::vector<ProbeId> plain, mixed, pieces;
  };
  Living const& living(Instance const& instance, std::uint64_t open);
  /// What observers remember and can still be asked for, and which of them.
  struct Memory {
    std::uint64_t open = 0;
    std::vector<std::uint64_t> words = {};
    std::uint64_t bits = 0;                  // of registers
    std::vector<std::string> breaches = {};  // sorted
  };
  Memory const& memory_of(Instance const& instance, std::uint64_t registers);
  bool as_bad(Memory const& one, Memory const& other) const;
  Mask take_known(StateKey key, Memory const& memory, Mask mask, Way const& way);
  void connect(Way const& way, StateId to, Mask mask);
  void discover(Arrival const& arrival, StateId state, Mask mask, std::vector<Origin>& found);
  void wait(Arrival&& arrival, StateKey alike, std::vector<Origin> origins);
  StateKey alike_key(std::vector<std::uint64_t> const& words, Living const& living,
                     Arrival const& arrival, Moment const& moment);
  void append_everything(Instance const& instance, std::uint64_t registers, Moment const& moment,
                         std::vector<std::uint64_t>& words);
  void cut_gaps(std::vector<std::uint64_t>& words, Instance const& instance) const;
  std::vector<std::uint64_t> const& words_now(Item const& item);
  std::vector<std::uint64_t> all_words_of(Instance const& instance, std::uint64_t registers,
                                          Date today);
  std::vector<std::uint64_t> words_of(Instance const& instance, std::uint64_t registers,
                                      Moment const& moment, Living const*& living);
  std::vector<ProbeId> const& pieces_of(Living const& living, std::vector<ProbeId> const& asked);
  Mask all_variants() const { return ~Mask{0} >> (k_variants_max - variants_.size()); }
  std::vector<std::pair<StateKey, Mask>> keys(std::vector<std::uint64_t> const& words,
                                              Living const& living, Arrival const& arrival,
                                              Moment const& moment);
  std::int32_t add_discovery(StateId state, Mask mask, Arrival const& arrival, std::int32_t before);

  std::optional<Fault> fault_in(Instance const& instance) const;
  void check_end(Item const& item);
  void conclude();
  void conclude_lost(bool unaided);
  void conclude_threads();
  void conclude_dead();
  Finding* find(std::string property, std::string element, std::string text, Way const& way);
  /// One entry of a script, as it was found.
  struct Found {
    Moved moved;
    NodeIndex node = k_none;
    int thread = -1;
  };
  std::vector<Found> way_to(Way const& way) const;
  std::vector<Moved> script_to(Way const& way) const;

  Package const& package_;
  Calendar const& calendar_;
  ExploreOptions const& options_;
  std::vector<Observer> observers_;
  Watch watch_;
  bool asks_for_admin_ = false;
  ExplorePlan plan_;
  Instant filed_;
  DayTable days_;
  ValueCodes codes_;
  SeenVariables here_;                // of the state that is gone on from
  SeenVariables there_;               // of one that it leads to
  SeenVariables inside_;              // of a turn or a called process that somebody answers
  SeenVariables imagined_;            // of nothing but variants
  std::deque<SeenVariables> frames_;  // of all that a state has
  AnswerClasses answers_;
  std::unordered_map<Answer const*, Context> constant_values_;
  StateGraph graph_;
  StateGraph thread_graph_;
  Item const* item_ = nullptr;  // that is gone on from
  bool kept_back_ = false;
  std::optional<std::vector<std::uint64_t>> words_now_;  // of the item
  StateId going_on_ = 0;  // the item that is gone on from, in the graph
  std::pair<Event const*, std::shared_ptr<Event const>> last_event_;
  ExploreReport report_;
  std::deque<Item> queue_;
  std::size_t taken_ = 0;  // from the front of the queue
  std::unordered_map<StateKey, std::size_t, StateKeyHash>
      waiting_;                                           // items by what they are alike in
  std::map<ProbeId, std::vector<std::size_t>> examples_;  // variants, one for each class of a probe
  std::vector<Discovery> discoveries_;
  std::vector<Event> starts_;
  std::map<std::pair<StateId, int>, std::size_t> start_of_;  // of a first state and variant
  std::deque<Variant> variants_;
  /// Of variants, by lists of pieces.
  std::unordered_map<std::vector<ProbeId> const*, std::vector<std::size_t>> classes_;
  std::set<std::vector<ProbeId>> interned_;
  std::unordered_map<StateKey, Living, StateKeyHash> living_;
  std::map<std::vector<ProbeId>, std::vector<ProbeId>> pieces_;  // that mixed probes read
  std::unordered_map<StateKey, Memory, StateKeyHash> memories_;
  std::vector<Leaning> leanings_;  // by observer
  std::uint64_t observing_ = 0;    // observers that read in every step
  /// States that nothing but what observers remember tells apart.
  std::unordered_map<StateKey, std::vector<std::pair<Memory const*, StateId>>, StateKeyHash> kin_;
  /// What acts that end something led to, by all that decides about it; and what one leads to now.
  std::unordered_map<StateKey, Outcome, StateKeyHash> outcomes_;
  Outcome* outcome_ = nullptr;
  std::map<std::pair<Living const*, NodeIndex>, Living> living_with_act_;
  std::vector<bool> entered_;  // by node
  std::size_t expanded_ = 0;
};

}  // namespace qyzmet::engine
