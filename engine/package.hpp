#pragma once
// A definition package: all that the law can change about one service, as data. Content-hashed,
// immutable, chosen by the registration date of the application. Files: service.xml,
// process.bpmn, texts/{kk,ru,en}.json, documents/*.xml. Safe for concurrent reading.
//
// Further drawings (*.bpmn beside process.bpmn, one process each) hold the processes that call
// activities start, by their id; decisions.dmn holds decision tables (engine/decisions.hpp), that
// the shell asks about people and that no expression sees. All belong to the package and its hash.
//
// service.xml (namespace urn:kz:qyzmet:service:1); every expression is FEEL-mini:
//   service      id number version effective-from [effective-to] [offered] [address]
//                [one-open-by]; offered="false": nobody can apply yet, checks, dates and
//                simulations see it all the same; address="known": the applicant is not asked for
//                it; one-open-by: see Package::one_open_by
//   citations    citation[id source] > text[lang]
//   variables    variable[path type]: what the application brings along, and what handlers set
//   roles        role[id] > guard: relation of that role's people to the case
//   term         id workday-end acceptance-cite counting-cite
//                > place[kind days cite], milestone[code basis offset rule cite];
//                place "any" holds where no other row does; basis: start | end | code of an
//                earlier milestone; offset in working days
//                > extension[code days basis rule cite, months months-cite cap] > milestone[..]:
//                what wf:handler "term.extend" with wf:kind = code does, once: the end becomes
//                `days` working days from start, end (as it was) or decision (the day of the
//                handler); its milestones come beside those of the term, or in the place of those
//                with the same code; months and cap: see ExtensionRule
//                > target[code nodes due rule cite]: see Target
//   subtypes     subtype[code id text rule cite old-id result]
//                > document[code text required when group cite]
//   grounds      ground[code text rule cite]
//   settings     setting[id value among rule cite]: what the law leaves open, as a constant, one
//                of those in the list `among`; read as setting.<id> below, in drawings and in
//                observers. What it decides is as if it stood so in the package. Beside them
//                subtypes.old_id.required and subtypes.old_id.asked, the codes of the subtypes
//                whose old-id is "required", or not "none"
//   forms        form[id rule cite due] of user tasks, message[name role rule cite early shown] of
//   messages
//                (early: a duration; kept that long when it comes before its wait; due told: see
//                Form::due; beside ends when until due holds renews, order[handler kind document
//                when]: see Form::Beside); in both:
//                field[name type required shown size source cite sealed rows changes] >
//                choice[value text available], of a list with at most `rows` rows field: its
//                columns, one with unique="true" has another value in each row; guard[require or
//                awaits, when rule cite text field]; assign[path value when]; produce[document path
//                when to]; sign[path when rule cite]; blank and hands-in: see Form::TakesBlank and
//                HandsIn
//   handlers     handler[kind document delivery] > assign: after the answer (outbox) or at once
//   (sync);
//                answers are read as result.*
//   states       state[code text nodes set]: what the citizen sees
// Text keys by convention, in all three languages: service.title, form.<id>, form.<id>.action,
// field.<name>, task.<node id>, notify.<kind>.subject, notify.<kind>.body; all other keys stand in
// attributes `text`.
//
// Variables of a case are a tree of values; "a.b" is a path. The application (Start) brings:
//   number, applicant (id of the person, equal to actor.user of the citizen), language, subtype,
//   place ("city", "district": kind of the office's place), office.id, office.superior.kk and .ru
//   (where complaints against the office go), branch.id, branch.is_duty,
//   mode ("peacetime", "mobilisation", "wartime"), consent, documents (list of {code, sha256}),
//   certified.by ("eds", "otp"), certified.document (SHA-256 of the canonical application),
//   certified.signature (SHA-256 of the CMS: the person's, or the server's over the record of the
//   password), certified.confirmed_at (instant; otp).
// Personal data (IIN, name, phone) is never a variable; fields marked `sealed` (numbers of papers)
// reach the engine as opaque texts only. Forms set the variables that their fields name; the fields
// of the message that starts the process are questions of the application and come with it. What a
// package does not declare, it does not get: without branch.id no branch is asked for.
//   person.sex, person.subject, person.conscript_until: what the decision tables say of the
//   applicant on the day of filing (services/casework/standing.hpp)
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decisions.hpp"
#include "engine/definition.hpp"
#include "engine/terms.hpp"

namespace qyzmet::engine {

struct Citation {
  std::string id;
  std::map<std::string, std::string, std::less<>> text;  // language -> "77-тармақ, 4-бөлік"
  std::string source;                                    // act, article
};

/// What the law forbids, as data: the event is refused when `require` is not true.
struct Guard {
  Expression require;
  std::optional<Expression> when;  // absent = always
  std::string rule;
  std::string cite;
  std::string text;  // key in the package's texts: why, and which ways remain
  std::string field;
  /// A message beside the process, while which is asked for the form waits: `require` says that it
  /// is not. It puts an act off and takes no way from the process, which may act later as well.
  std::string awaits = {};
};

enum class FieldType {
  text,
  long_text,
  number,
  boolean,
  date,
  datetime,
  choice,
  iin,
  phone,
  user,
  document,
  list
};
/// As service.xml writes it.
std::string_view to_text(FieldType type);

struct Choice {
  std::string value;
  std::string text;                     // key
  std::optional<Expression> available;  // absent = always
};

/// A field of a form. `name` is also the path of the variable it sets.
struct Field {
  std::string name;
  FieldType type = FieldType::text;
  bool required = false;
  std::optional<Expression> shown;  // asked only when true (conditionally required fields)
  std::size_t size_max = 200;       // characters
  std::vector<Choice> choices;
  // Where the value comes from: choices out of data ("grounds", "executors", "branches"), the
  // answer of a decision table ("table:<id>"), or what the register has of the applicant that day
  // ("record:<fact>"; "registered": true with an active registration); these two nobody types.
  std::string source;
  std::string cite;
  bool sealed = false;          // stored encrypted; the engine sees an opaque text
  bool unique = false;          // of a text column: no other row may have the same
  std::vector<Field> row = {};  // of a list: the fields of each row
  std::size_t rows_max = 0;     // of a list with rows
  // Of a text that only mends what stands there: so many bytes in one place may differ; 0 = all.
  std::size_t changes_max = 0;

  /// Names one of the other offices, or of the other branches.
  bool names_place() const { return source == "offices" || source == "branches"; }

  /// What the register knows of the office or branch that another field of the form names ("code",
  /// "place", ...): nobody types it either; "" when people answer.
  std::string_view of_place() const {
    auto const office = behind("office:");
    return office.empty() ? behind("branch:") : office;
  }

  /// The fact that the register answers the field with, null where it has none; "" when people do.
  std::string_view of_record() const { return behind("record:"); }

  /// The decision table that answers the field; "" when people do.
  std::string_view table() const { return behind("table:"); }

  /// People fill it in.
  bool is_typed() const { return table().empty() && of_place().empty() && of_record().empty(); }

 private:
  std::string_view behind(std::string_view prefix) const {
    return source.starts_with(prefix) ? std::string_view{source}.substr(prefix.size())
                                      : std::string_view{};
  }
};

struct Assignment {
  std::string path;
  Expression value;
  std::optional<Expression> when;
};

/// What a person fills in to complete a task, or a citizen to send a message.
struct Form {
  std::string id;
  std::string role;  // messages: who may send it; of user tasks the role stands in the drawing
  std::string rule;  // named when the act is not possible now
  std::string cite;
  std::optional<Duration> early;    // messages: kept that long when it comes before its wait
  std::optional<Expression> shown;  // messages: in the cabinet only when true; absent = always
  // User tasks: the last day for it, told to whom it waits for; nothing happens when it has passed.
  // Messages that are waited for: the day until which it is expected, read where its wait stands.
  std::optional<Expression> due = {};
  std::string told;  // role that is reminded of an expected message, and again when it did not come
  /// A message beside the process: it needs no wait, moves no token, and may come after the end.
  /// Its orders go out as effects that no token waits for. What it sets is read by other such
  /// messages, by roles and by documents alone, so that no path of the process depends on it.
  struct Beside {
    enum class During : std::uint8_t { open, ended, always };
    struct Order {
      std::string handler;
      std::string kind;
      std::string document;  // template
      std::optional<Expression> when;
    };
    During during = During::open;
    bool ends = false;               // the case ends with it, wherever its tokens are
    bool restarts = false;           // or begins anew, as if it had been filed now
    std::optional<Expression> when;  // possible only when true; reads variables alone
    /// Path of a variable; possible only while it is null. Guards of a form that always sets it may
    /// read what the message sets in the place of the application: nothing read it before, so the
    /// case goes on as another application would have.
    std::string until;
    std::optional<Expression> due;  // the last day for it, told to whom it is asked of
    /// Ids of activities. Where a token rests, `holds` stops the clocks of the activity and of all
    /// in it, and `renews` lets it begin anew, as if it had been entered now: what is counted from
    /// its beginning counts from the message. The process is proven for every day of that entry.
    std::string holds = {};
    std::string renews = {};
    std::vector<Order> orders = {};
  };
  std::optional<Beside> beside = {};
  std::vector<Field> fields;
  std::vector<Guard> guards;
  std::vector<Assignment> assignments;  // applied after the fields
  /// A document rendered from the resulting variables when the form is sent, and the path that
  /// receives its SHA-256. Several, when more than one paper arises.
  struct Produces {
    std::string document;
    std::string path;
    std::optional<Expression> when;
    /// Bears our seal and stands in the applicant's cabinet at once; otherwise it is the offices'
    /// own until it is sent.
    bool to_applicant = false;
  };
  std::vector<Produces> produces;
  /// The fields <path>.series and <path>.number name a blank of the kind <path>.kind that the
  /// office holds and no other case has. What the case had taken before is given back (it was
  /// written down wrongly) or stays taken (spoiled).
  struct TakesBlank {
    std::string path;
    bool earlier_released = false;
    std::string rule;
    std::string text;     // of the refusal: another case has it
    std::string unknown;  // or the office holds no such blank
  };
  std::optional<TakesBlank> blank;
  /// The field <path>.number names the military ID that is handed in: no other than the one which
  /// the register has as the valid one of the applicant, if it has one.
  struct HandsIn {
    std::string path;
    std::string rule;
    std::string text;  // of the refusal: the register has another one
  };
  std::optional<HandsIn> hands_in;
  /// Path of the SHA-256 that must be signed with the sender's own key to complete the task.
  std::string signs;
  std::optional<Expression> signs_when;
  std::string signs_rule;
  std::string signs_cite;
  /// Of a citizen's message with legal consequence: taken only with the signature or the confirmed
  /// password of the sender over its words. The event keeps what it was, no variable does.
  bool certified = false;

  Field const* field(std::string_view name) const;
};

struct RequiredDocument {
  std::string code;
  std::string text;
  bool required = false;
  std::optional<Expression> when = {};  // asked only when true; absent = always
  std::string group;                    // "at least one of the group" when not empty
  std::string cite;
};

struct Subtype {
  std::string code;  // "lost_damaged"
  std::string id;    // "S5"
  std::string text;
  std::string rule;
  std::string cite;
  std::string old_id;  // "required", "if_present", "none"
  std::vector<RequiredDocument> documents;
  std::string result = {};  // text: what is issued, where the service issues more than one thing
};

/// A row of what the law fixes about the service, for its public page: "cost", "result" ...
struct PassportRow {
  std::string code;
  std::string text;
  std::string cite;
};

struct Ground {
  std::string code;
  std::string text;
  std::string rule;
  std::string cite;
};

/// What people are told about a case while a token rests on one of `nodes`, or after it ended
/// there. Without nodes: of one that a message beside the process ended.
struct PublicState {
  std::string code;
  std::string text;
  std::vector<std::string> nodes;
  std::string set = {};  // path of a variable that must not be null; "" = none
};

/// A last day that the office sets itself, counted from what the case keeps, while a token rests on
/// one of `nodes`: told to whom the case waits for there. Nothing in the process depends on it.
struct Target {
  std::string code;  // named as milestones are
  std::vector<std::string> nodes;
  std::optional<Expression> due;
  std::string rule;
  std::string cite;
};

struct Handler {
  std::string kind;      // value of wf:kind
  std::string document;  // path of the SHA-256 of the document that goes out; "" = none
  std::vector<Assignment> assignments;
  /// A notice of which nothing counts from its delivery: it has gone out when it stands in the
  /// cabinet, though no message about it could be delivered.
  bool cabinet_is_enough = false;
  /// A notice whose delivery counts: when it does not arrive, the process is told so, and decides.
  bool tells_undelivered = false;
};

struct Package {
  std::string service;  // "military_id"
  std::string number;   // "77"
  std::string version;  // "1427"
  Date effective_from;
  std::optional<Date> effective_to;
  bool offered = true;       // people may apply
  bool asks_address = true;  // else the application has the one that the register knows
  // What tells apart the open applications of one person, of which each may be there once: paths of
  // the application; none: one at a time.
  std::vector<std::string> one_open_by;
  std::string sha256;  // hex, over all files
  Definition process;
  TermRule term;
  std::vector<Target> targets;
  std::map<std::string, FieldType, std::less<>> variables;       // declared path -> type
  std::map<std::string, std::vector<Guard>, std::less<>> roles;  // role -> relation to the case
  std::map<std::string, Citation, std::less<>> citations;
  std::vector<PassportRow> passport;
  std::vector<Subtype> subtypes;
  std::vector<Ground> grounds;
  std::vector<PublicState> states;  // the first whose node holds a token wins
  std::map<std::string, Form, std::less<>>
      forms;  // form id -> form; message name -> form of a message
  std::map<std::string, Handler, std::less<>> handlers;
  std::map<std::string, Value, std::less<>> settings;  // "setting.<id>" and the like
  DecisionTables decisions;                            // of decisions.dmn
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>>
      texts;  // lang -> key -> text
  std::map<std::string, std::string, std::less<>>
      files;  // every file, for documents and deployment

  Subtype const* subtype(std::string_view code) const;
  Ground const* ground(std::string_view code) const;
  Form const* form(std::string_view id) const;
  Target const* target(std::string_view code) const;
  DecisionTable const* decision(std::string_view id) const;
  /// What the application asks of its applicant: the message that starts the process.
  Form const* application() const;
};

/// Loads and validates a package from its files (name -> bytes): every reference (role, form, text
/// in all three languages, citation, ground, document, message, path) must exist. `sha256` is
/// computed by the caller (engine/ has no cryptography).
Checked<std::shared_ptr<Package const>> load_package(
    std::map<std::string, std::string, std::less<>> files, std::string sha256);

/// What service.xml alone says: terms, citations, forms. No drawing or text is read, and what it
/// names is not looked up.
Checked<std::shared_ptr<Package const>> read_service(std::string_view service_xml);

}  // namespace qyzmet::engine
