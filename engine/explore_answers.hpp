#pragma once
// Classes of answers: of all ways to fill in a form, one of each kind that the process can tell
// apart; internal to engine/. Found by trying the values that occur in expressions, kept as
// recipes relative to today, and remembered for all states in which the same questions have the
// same answers.
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/explore_values.hpp"
#include "engine/step.hpp"

namespace qyzmet::engine {

/// Codes of the documents that an application brings along.
List codes_of_documents(Context const& variables);

/// How to make a value in a state.
struct Recipe {
  enum class Kind : std::uint8_t { constant, day, instant, path };
  Kind kind = Kind::constant;
  Value value = {};       // constant
  int working_days = 0;   // day, instant: from today
  int units = 0;          // instant of today, path: seconds or days later
  std::string path = {};  // value of another variable
};

struct Answer {
  std::vector<std::pair<std::string, Recipe>> fields;  // the others stay empty
  std::vector<std::string> documents;                  // paths that receive a SHA-256
  bool signs = false;
};

/// A wait that somebody answers: a form, or the result of a handler.
struct Question {
  struct Slot {
    std::string name;
    FieldType type = FieldType::text;
    bool required = false;
    bool decides = false;  // else one value that is accepted is enough
    Expression const* shown = nullptr;
    std::vector<Choice> const* choices = nullptr;
    std::vector<Recipe> candidates = {};
  };
  /// What can be judged when so many slots are filled, and not before: by number in the lists
  /// below.
  struct Check {
    std::vector<std::size_t> slots, guards;
  };
  std::vector<Slot> slots;
  std::vector<Guard const*> guards;
  std::vector<Check> checks;  // by slots that are filled
  std::vector<Assignment> assignments;
  Form const* form = nullptr;
  bool place = false;  // of an application: its place makes a difference by itself
};

class AnswerClasses {
 public:
  /// Not `reduced`: answers that any expression of the package tells apart, wherever it stands.
  AnswerClasses(ExplorePlan const& plan, Calendar const& calendar, DayTable const& days,
                ValueCodes& codes, bool reduced);

  /// Who could answer, and what he sees.
  struct View {
    SeenVariables& seen;
    Actor const& actor;
    Moment const& moment;
    std::function<Context()> environment;  // of that act, made when it is needed
  };
  /// Of the wait at `node`; the reference holds until the end.
  std::deque<Answer> const& answers(NodeIndex node, View const& view);
  /// Applications: trees of variables, one of each class.
  std::vector<Context> applications(Moment const& moment);
  /// Who may act in a role, as far as guards and observers can tell people apart.
  std::vector<Actor> actors(std::string const& role, Form const* form,
                            Context const& variables) const;
  Value make(Recipe const& recipe, Context const& environment, Moment const& moment) const;
  /// SHA-256 that stands for the document at a path.
  static std::string sha256(std::string const& path);

 private:
  void search(NodeIndex node, View const& view, std::vector<ProbeId> const& following,
              std::deque<Answer>& found);
  std::deque<Answer> const& all_answers(NodeIndex node, View const& view);
  struct Search;
  friend struct Search;
  Question question(NodeIndex node) const;
  Question application(std::vector<ProbeId>& following) const;
  std::vector<Recipe> document_lists() const;
  /// Paths of the variables that guards compare somebody with; "" = with none.
  struct Who {
    std::string user, unit;
  };
  Who const& who(std::string const& role) const;
  std::string person(std::string const& path, Context const& variables) const;
  void order(Question& question) const;
  std::vector<Recipe> candidates(Question::Slot const& slot, Field const* field) const;
  void drop_alike(Question::Slot& slot) const;
  void add_days(Question::Slot const& slot, std::vector<Recipe>& out) const;
  void add_texts(Question::Slot const& slot, std::vector<Recipe>& out) const;

  ExplorePlan const& plan_;
  Calendar const& calendar_;
  DayTable const& days_;
  ValueCodes& codes_;
  SeenVariables after_;  // an answer
  bool reduced_;
  std::deque<Answer> all_;                          // of the last question, without reduction
  std::vector<std::optional<Question>> questions_;  // by node
  std::unordered_map<StateKey, std::deque<Answer>, StateKeyHash> known_;
  mutable std::map<std::string, Who, std::less<>> who_;  // by role
  std::vector<std::uint64_t> words_;
};

}  // namespace qyzmet::engine
