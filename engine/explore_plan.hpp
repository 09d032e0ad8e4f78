#pragma once
// What can make a difference to a process, and where: derived from the expressions of a package,
// once, before its states are explored; internal to engine/. Immutable after construction.
//
// A *probe* is the largest sub-expression that depends on nothing but the variables of the case.
// Two states in which all probes that can still be evaluated agree behave alike, so probes, not
// variables, tell states apart. A probe *lives* at a node when a way leads from there to the place
// that evaluates it and none of its variables is set on that way. When some are set, what remains
// of the others matters: their *pieces*, the largest sub-expressions of that one variable.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/explore_threads.hpp"
#include "engine/feel_parts.hpp"
#include "engine/instance.hpp"
#include "engine/number_set.hpp"
#include "engine/observers.hpp"

namespace qyzmet::engine {

using VariableId = std::int32_t;
using ProbeId = std::int32_t;

/// One thing that must be true for something else to be asked at all.
struct Condition {
  Expression expression;
  std::string identity;
  std::vector<std::string> paths;
};
using Conditions = std::vector<Condition>;

struct Probe {
  Expression expression;
  std::string identity;
  Conditions conditions;              // else the value does not matter
  std::vector<VariableId> variables;  // sorted
  bool truth = false;                 // only whether it is true matters
  int past_wd = 0;                    // days further back than that are alike
  bool input = false;                 // depends on nothing but what the application brought along
  bool mixed = false;                 // also on that
  bool alike = false;                 // the value of a variable that holds interchangeable texts

  /// Asks the same, under fewer of the conditions of the other.
  bool tells_all_of(Probe const& other) const;
};

/// A place that evaluates an expression, split into its probes.
struct Site {
  ExpressionParts parts;
  std::set<VariableId> fresh;  // set right before: not the past, but this very act decides
};

/// The answer to a wait: a form of a person, or the result of a handler.
struct Act {
  Form const* form = nullptr;  // else the handler of the node
  Handler const* handler = nullptr;
  std::vector<VariableId> sets;     // always
  std::vector<VariableId> may_set;  // under a condition
};

class ExplorePlan {
 public:
  /// `apart`: threads that go their own way are left out of everything else.
  ExplorePlan(Package const& package, std::vector<Observer> const& observers, bool apart = true);

  Package const& package;
  std::vector<Observer> const& observers;
  std::vector<std::string> variables;  // paths
  std::vector<Probe> probes;
  std::vector<std::vector<ProbeId>> pieces;    // of each variable
  std::vector<bool> given;                     // variables that nothing sets after the start
  std::vector<std::vector<ProbeId>> observed;  // read in every step, by observer
  /// Expressions that observers evaluate when a node acts.
  std::vector<std::vector<Expression>> watched;
  /// Texts that can be swapped for each other without any expression noticing, when the variables
  /// that may hold them (`alike`, by variable) are swapped alike: grounds that only have to agree.
  std::set<std::string, std::less<>> interchangeable;
  std::vector<bool> alike;
  /// Probes whose value decides what the act of a node can be and lead to.
  std::vector<std::vector<ProbeId>> deciding;
  /// Probes that live while a token rests at a node; after its act; and while a boundary event,
  /// or the start of an event sub-process, waits.
  std::vector<std::vector<ProbeId>> resting;
  std::vector<std::vector<ProbeId>> following;
  /// What the act of a node and its own token after it read.
  std::vector<std::vector<ProbeId>> from_act;
  std::vector<std::vector<ProbeId>> listening;
  /// The same for one that waits over a scope, by the node inside where a token rests; none when
  /// `listening` has it.
  std::vector<std::vector<std::vector<ProbeId>>> listening_over;
  /// Pieces of given variables that decide about the act of a node; and about what it leads to
  /// until all tokens wait again.
  std::vector<std::vector<ProbeId>> inputs;
  std::vector<std::vector<ProbeId>> branching;
  /// Pieces of given variables that anything but the start reads, by probe; and of observers.
  std::vector<bool> asked_later;
  std::vector<std::vector<ProbeId>> watched_inputs;
  /// Of a probe that is mixed: what must be true of the case alone for it to be asked; none = -1.
  std::vector<ProbeId> gates;
  std::vector<Act> acts;  // by node
  /// Timers, by node, that an extension of the term counts anew as of the day they were armed.
  std::vector<bool> counts_from_arming;
  /// Those that go their own way; by node, which one it belongs to (none = -1); and what each
  /// reads.
  std::vector<Thread> threads;
  std::vector<int> thread_of;
  std::vector<std::vector<ProbeId>> thread_reads;
  /// Observers, one bit each, that can still be asked when a token rests at a node.
  std::vector<std::uint64_t> asking;

  VariableId variable(std::string_view path) const;
  /// Other sides of comparisons in which `path` stands alone, wherever they are; `path` may also
  /// be one of event.* and actor.*.
  std::vector<std::string> const& compared_with(std::string_view path) const;
  /// Constants with which `path` is compared; whether it is compared otherwise.
  std::vector<Value> const& literals(std::string_view path) const;
  /// Working days that comparisons with `path` reach into the future.
  int reach(std::string_view path) const;
  bool is_read(std::string_view path) const;
  bool in_thread(NodeIndex node) const { return thread_of[std::size_t(node)] >= 0; }
  /// Pieces of the given variables that the probes read.
  std::vector<ProbeId> given_pieces(std::set<ProbeId> const& read) const;
  /// Two days that are further apart than that may lie anywhere: an act between them puts nothing
  /// beyond the later one, and nothing asks how long ago the earlier one was. For acts that tokens
  /// can still lead to; and for all.
  int window_wd(std::vector<Token> const& tokens) const;
  int window_wd() const { return 2 * horizon_wd_ + 2; }

 private:
  using Texts = std::set<std::string, std::less<>>;
  using Pair = std::pair<std::string, std::string>;
  struct Need {
    ProbeId probe;
    std::vector<VariableId> left;  // of its variables; the rest was set on the way
    auto operator<=>(Need const&) const = default;
  };
  using Needs = NumberSet;
  /// Needs that stay needs whatever acts beside; `carried`: those for which that was seen to.
  struct Kept {
    Needs needs = {};
    Needs carried = {};
  };
  /// Constants; none = anything.
  using PossibleValues = std::optional<std::vector<Value>>;
  struct NodePlan {
    std::vector<std::int32_t> arriving;   // needs of what is evaluated when a token comes
    std::vector<std::int32_t> acting;     // and in the act
    std::vector<std::int32_t> assigning;  // of these, by assignments
    std::vector<std::int32_t> leaving;    // and of the conditions of its flows
    std::vector<std::int32_t> staying;    // of what observers ask while a token rests here
    std::vector<VariableId> sets, may_set;
    std::map<VariableId, PossibleValues> values;  // of these, what they can become
    /// Of those that may be set: on which condition, in the terms of Condition::identity, and true
    /// or not after the act as in it.
    std::map<VariableId, std::string> set_when = {};
    /// What a need is before the act, by need, once it was worked out.
    std::vector<std::optional<std::array<std::int32_t, 2>>> carried = {};
  };

  VariableId intern(std::string_view path);
  bool outer(std::string_view path) const;
  /// What the day of the act is in comparisons: not there, or where it was settled when a timer was
  /// armed that is asked anew.
  enum class Comparisons : std::uint8_t { settled, as_acted, as_armed };
  static int past_in(ExpressionParts const& parts, std::size_t index, std::size_t operand,
                     int past_wd, Comparisons comparisons);
  void learn_timers();
  void learn(ExpressionParts const& parts, std::size_t index, int past_wd, Comparisons comparisons);
  void learn_comparison(ExpressionParts const& parts, ExpressionPart const& part);
  bool pure(ExpressionParts const& parts, std::size_t index,
            std::set<VariableId> const& fresh) const;
  std::int32_t need(ProbeId probe, std::vector<VariableId> left);
  std::int32_t need_whole(ProbeId probe);
  ProbeId probe(Expression const& expression, std::string const& identity,
                std::vector<std::string> const& paths, bool truth, int past_wd,
                Conditions const& conditions = {});
  Conditions conditions(Expression const& expression, std::set<VariableId> const& fresh) const;
  void collect(ExpressionParts const& parts, std::size_t index, std::set<VariableId> const& fresh,
               int past_wd, std::vector<std::int32_t>& out, Conditions const& under = {},
               Comparisons comparisons = Comparisons::as_acted);
  void read(Expression const& expression, std::set<VariableId> const& fresh,
            std::vector<std::int32_t>& out, Conditions const& under = {},
            Comparisons comparisons = Comparisons::as_acted);
  void read_guards(std::vector<Guard> const& guards, std::set<VariableId> const& fresh,
                   std::vector<std::int32_t>& out);
  static void conjuncts(ExpressionParts const& parts, std::size_t index,
                        std::vector<std::size_t>& out);
  void read_assignments(std::vector<Assignment> const& assignments,
                        std::set<VariableId> const& fresh, std::vector<std::int32_t>& out);

  void find_read_paths();
  void plan_node(NodeIndex index);
  void wait_for(NodeIndex timed, NodePlan& plan);
  void read_extension(NodeIndex index);
  void read_timer(NodeIndex index);
  void set_by_extension();
  void plan_form(Form const& form, std::string const& role, NodeIndex index);
  int reach_on_arrival(NodeIndex index) const;
  int reach_of_act(NodeIndex index) const;
  void find_horizons();
  void find_threads();
  void find_interchangeable();
  bool swap(Pair const& grounds, Texts const& group) const;
  bool swaps(ExpressionParts const& parts, std::size_t index, Pair const& grounds,
             Texts const& group) const;
  void plan_observers();
  /// When a formula can hold: a node acts in the step, or a token rests there after it.
  struct Occasion {
    NodeIndex node;
    bool rests;
    auto operator<=>(Occasion const&) const = default;
  };
  using Occasions = std::set<Occasion>;
  /// What is known when a part of a formula is asked: when that can be, and what holds then.
  struct Known {
    Occasions when;  // empty = always
    std::vector<Expression> holds;
  };
  void plan_observer(std::size_t number, int index, Known const& left);
  bool ends_the_case(ScopeIndex scope) const;
  Occasions occasions(Formula const& formula, int index) const;
  static void expressions(Formula const& formula, int index, std::vector<Expression>& out);
  void watch(Expression const& expression, Occasion const& occasion, Known const& known);
  static bool possible(ExpressionParts const& parts, std::size_t index, std::vector<Value>& out);
  void learn_values(std::vector<Assignment> const& assignments, NodePlan& plan);
  static void set_when(Expression const& when, std::string_view path, VariableId id,
                       std::vector<Assignment> const& assignments, NodePlan& plan);
  /// An event that waits over a scope: needs of its act, as others inside leave them.
  struct Listener {
    NodeIndex event = k_none;
    ScopeIndex over = k_none;
    std::vector<bool> inside = {};  // by node
    std::vector<Needs> in = {}, rest = {};
    std::vector<Kept> own = {};
  };
  void find_listeners();
  static bool rests_at(Node const& node);
  Needs const& listens_from(Listener const& listener) const;
  Needs heard_after(Listener const& listener, NodeIndex index);
  Needs heard_through(Listener const& listener, NodeIndex index);
  std::vector<NodeIndex> around(Listener const& listener, NodeIndex index) const;
  bool update(Listener& listener, NodeIndex index);
  bool update_listeners();
  Listener const* listener_of(NodeIndex event) const {
    auto const at = listener_of_[std::size_t(event)];
    return at < 0 ? nullptr : &listeners_[std::size_t(at)];
  }
  enum class Answered : std::uint8_t { open, yes, no };
  Answered answered(Condition const& condition, NodePlan const& over) const;
  /// The need before `sets` are set; nothing when it is met, or idle, by then.
  std::optional<Need> before(Need const& need, NodePlan const& over,
                             std::vector<VariableId> const& sets);
  void find_asking();
  /// Nodes that a token at the node can go on to, and events that wait while it rests there. A
  /// token rests at each activity around this one, too; what follows it is that one's.
  template <class Visit>
  void for_each_next(Node const& node, Visit visit) const {
    auto const& process = package.process;
    for (auto const flow : node.outgoing) visit(process.flows[std::size_t(flow)].target);
    for (auto const boundary : node.boundary) visit(boundary);
    for (auto scope = node.scope; scope != k_none;
         scope = process.scopes[std::size_t(scope)].parent)
      for (auto const events : process.scopes[std::size_t(scope)].event_scopes)
        visit(process.scopes[std::size_t(events)].start);
  }
  /// A flow: what holds when it is taken, and what a need behind it is before it.
  struct Way {
    Conditions conditions = {};
    /// Conditions on which an act sets something: they matter to what reads that alone.
    std::vector<std::pair<Condition, VariableId>> settings = {};
    std::map<std::int32_t, std::int32_t> needs = {};
  };
  void find_settled_conditions();
  std::int32_t given_that(Way& way, std::int32_t id);
  void carry(Needs const& from, NodePlan& over, Needs& to);
  void keep_beside(std::vector<NodeIndex> const& acting, Kept& kept);
  void find_changed(Probe const& asked, NodePlan const& over, std::set<VariableId>& enabled,
                    std::set<VariableId>& remaining) const;
  void find_beside();
  void mark_probes();
  Needs after(NodeIndex index);
  Needs living_after(NodeIndex index);
  std::vector<NodeIndex> owners(ScopeIndex scope) const;
  bool rests_inside(ScopeIndex scope) const;
  bool leaves_others(ScopeIndex scope) const;
  bool update(NodeIndex index);
  void solve();
  std::vector<ProbeId> pieces_in(Probe const& asked, VariableId variable) const;
  void add_pieces(ExpressionParts const& parts, std::size_t index, VariableId variable,
                  std::vector<ProbeId>& out) const;
  ProbeId piece_under(ProbeId piece, Conditions const& under);
  std::vector<ProbeId> left_of(Need const& need);
  std::vector<ProbeId> flat(Needs const& needs);
  ProbeId probe_all(Conditions const& conditions);
  void find_gates();
  std::int32_t changed_by(NodePlan const& plan, std::int32_t id);
  void finish();
  void read_until_rest(NodeIndex index, std::set<NodeIndex>& seen, std::set<ProbeId>& out) const;

  std::map<std::string, VariableId, std::less<>> variable_ids_;
  std::map<std::string, ProbeId, std::less<>> probe_ids_;
  std::map<Need, std::int32_t> need_ids_;
  std::vector<Need> needs_;
  std::vector<std::optional<std::vector<ProbeId>>> left_of_;  // of needs, where it was asked
  std::vector<NodePlan> plans_;
  std::vector<Way> ways_;           // by flow
  std::set<std::string> settings_;  // identities of the conditions of their settings
  std::vector<int> horizons_;       // by node: working days that a token there can still put ahead
  int horizon_wd_ = 0;
  std::vector<Needs> in_, rest_, act_;          // by node: on arrival, while resting, when acting
  std::vector<Kept> own_;                       // of what rests, but for its boundary events
  std::vector<Kept> listen_;                    // while an event waits, by boundary event or start
  std::vector<Listener> listeners_;             // those that wait over a scope
  std::vector<int> listener_of_;                // by node
  std::vector<std::vector<NodeIndex>> beside_;  // what can set variables while a token rests here
  std::vector<NodeIndex> setting_;              // what can set variables at all
  std::vector<Kept> always_;                    // by observer
  std::set<std::string, std::less<>> read_;
  std::map<std::string, std::vector<std::string>, std::less<>> compared_;
  std::map<std::string, std::vector<Value>, std::less<>> literals_;
  std::map<std::string, int, std::less<>> reach_;
};

}  // namespace qyzmet::engine
