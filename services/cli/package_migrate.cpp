// `qyzmet package migrate`: moves running cases to another package by a plan, after a dry run that
// shows what becomes of each; and takes such a batch back.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>
#include <set>

#include "db/audit.hpp"
#include "db/cases.hpp"
#include "db/clock.hpp"
#include "db/definitions.hpp"
#include "services/casework/case_migrations.hpp"
#include "services/cli/asked.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/progress.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet package migrate PLAN --by IIN [--apply --reason TEXT] [--limit N]\n"
    "              [--case NUMBER]... [--config FILE]\n"
    "       qyzmet package migrate --undo BATCH --by IIN [--config FILE]\n"
    "PLAN: {\"from\": HASH, \"to\": HASH, \"nodes\": {\"old id\": \"new id\"}}; nodes that are not "
    "named\nkeep their id. Without --apply nothing is written.";
constexpr int k_page = 100;
constexpr std::int64_t k_cases_max = 10'000'000;

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  auto const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 1) return std::nullopt;
  return value;
}

std::string fact_line(engine::Fact const& fact) {
  auto const* const due = engine::at_path(fact.data, "due").as<Instant>();
  return fact.kind + " " + fact.node + (due != nullptr ? " to " + to_iso(*due) : "");
}

void print_move(casework::CaseMove const& move) {
  std::printf("%s:",
              move.number.empty() ? std::to_string(move.id.value).c_str() : move.number.c_str());
  if (!move.refusal.empty()) std::printf(" cannot move: %s", move.refusal.c_str());
  for (auto const& obstacle : move.obstacles)
    std::printf("; %s %s", obstacle.element.c_str(), obstacle.reason.c_str());
  for (auto const& finding : move.findings)
    std::printf("; %s %s: %s", finding.property.c_str(), finding.element.c_str(),
                finding.text.c_str());
  for (auto const& [before, after] : move.tokens)
    std::printf(" %s%s", before.c_str(), before == after ? "" : (" -> " + after).c_str());
  if (move.due != move.due_before)
    std::printf("; due %s -> %s", to_iso(move.due_before).c_str(), to_iso(move.due).c_str());
  for (auto const& fact : move.facts)
    if (!fact.node.empty()) std::printf("; %s", fact_line(fact).c_str());
  std::puts("");
}

struct Tally {
  std::int64_t good = 0, bad = 0;
  bool stopped = false;
};

/// The cases that a plan is for, one after the other.
class Walk {
 public:
  Walk(db::Connection& connection, casework::MovePlan const& plan,
       std::vector<std::string> const& numbers)
      : connection_{connection}, package_{plan.from->sha256} {
    for (auto const& number : numbers)
      if (auto const found = db::load_case(connection, number)) chosen_.insert(found->id);
    by_number_ = !numbers.empty();
    missing_ = numbers.size() - chosen_.size();
    if (by_number_) page_.assign(chosen_.begin(), chosen_.end());
  }
  std::size_t missing() const { return missing_; }
  std::uint64_t total() const {
    if (by_number_) return chosen_.size();
    for (auto const& use : db::package_use(connection_))
      if (use.sha256 == package_) return std::uint64_t(use.open);
    return 0;
  }
  std::optional<CaseId> next() {
    if (at_ == page_.size() && !by_number_) {
      page_ = db::cases_of_package(connection_, package_, last_, k_page);
      at_ = 0;
    }
    if (at_ == page_.size()) return std::nullopt;
    last_ = page_[at_++];
    return last_;
  }

 private:
  db::Connection& connection_;
  std::string package_;
  std::set<CaseId> chosen_;
  bool by_number_ = false;
  std::size_t missing_ = 0;
  std::vector<CaseId> page_;
  std::size_t at_ = 0;
  CaseId last_{0};
};

/// `work` answers what became of one case.
template <class Work>
Tally walk(Walk& cases, std::int64_t limit, Progress& progress, Work const& work) {
  Tally tally;
  while (tally.good < limit) {
    auto const id = cases.next();
    if (!id) break;
    auto const move = work(*id);
    tally.stopped = move.refusal == "stopped" || !progress.add();
    if (move.refusal == "stopped") break;
    print_move(move);
    ++(move.refusal.empty() ? tally.good : tally.bad);
    if (tally.stopped) break;
  }
  return tally;
}

int outcome(Tally const& tally, char const* done) {
  std::printf("%lld cases %s, %lld cannot%s\n", static_cast<long long>(tally.good), done,
              static_cast<long long>(tally.bad), tally.stopped ? "; stopped before the end" : "");
  return tally.stopped ? k_interrupted : tally.bad == 0 ? 0 : 1;
}

void audit(db::Connection& connection, UserId by, char const* act, std::int64_t batch,
           Tally const* tally) {
  json::object details{{"batch", batch}};
  if (tally != nullptr) {
    details["cases"] = tally->good;
    details["refused"] = tally->bad;
  }
  db::log_act(connection, by, act, json::serialize(details));
}

int move_cases(casework::MoveContext context, casework::MovePlan const& plan, Walk& cases,
               Options const& options, std::int64_t limit) {
  bool const apply = options.has("--apply");
  std::int64_t batch = 0;
  if (apply) {
    batch = db::open_batch(context.connection, {.id = 0,
                                                .from = plan.from->sha256,
                                                .to = plan.to->sha256,
                                                .nodes = casework::nodes_json(plan.nodes),
                                                .reason = options.get("--reason"),
                                                .by = context.by,
                                                .made = {}});
    audit(context.connection, context.by, "cases_move", batch, nullptr);
  }
  Tally tally;
  {
    Progress progress{apply ? "moving" : "looking", cases.total()};
    context.go_on = [&] { return !progress.stopped(); };
    tally = walk(cases, limit, progress, [&](CaseId id) {
      return apply ? casework::move_case(context, plan, id, batch)
                   : casework::look_at(context, plan, id);
    });
  }
  std::printf("%zu distinct states were proven\n", context.proofs->size());
  if (!apply) return outcome(tally, "can move");
  audit(context.connection, context.by, "cases_moved", batch, &tally);
  std::printf("batch %lld\n", static_cast<long long>(batch));
  return outcome(tally, "moved");
}

int undo(casework::MoveContext context, std::int64_t batch) {
  if (!db::find_batch(context.connection, batch)) return wrong_use("there is no such batch");
  audit(context.connection, context.by, "cases_move_back", batch, nullptr);
  auto const moved = db::moved_cases(context.connection, batch);
  Tally tally;
  {
    Progress progress{"moving back", moved.size()};
    for (auto const& one : moved) {
      auto const move = casework::undo_move(context, one);
      print_move(move);
      ++(move.refusal.empty() ? tally.good : tally.bad);
      tally.stopped = !progress.add();
      if (tally.stopped) break;
    }
  }
  audit(context.connection, context.by, "cases_moved_back", batch, &tally);
  return outcome(tally, "moved back");
}

}  // namespace

int run_package_migrate(Arguments arguments) {
  auto const parsed = Options::parse(
      arguments, {"--by", "--reason", "--limit", "--case", "--undo", "--config"}, {"--apply"});
  bool const back = parsed && !parsed->get("--undo").empty();
  auto const asked = ask(arguments, {"--by", "--reason", "--limit", "--case", "--undo", "--config"},
                         {"--apply"}, back ? 0 : 1, k_usage);
  if (!asked) return asked.error();
  auto const& options = asked->options;
  auto const limit = whole(options.get("--limit", std::to_string(k_cases_max)));
  auto const batch = whole(options.get("--undo"));
  bool const silent = options.has("--apply") && options.get("--reason").empty();
  if (!limit || (back && !batch) || silent || options.get("--by").empty())
    return wrong_use(k_usage);
  auto connection = connect(asked->config);
  auto const by = administrator(connection, options.get("--by"));
  if (!by) return 1;
  casework::Library library;
  library.refresh(connection);
  casework::MoveContext const context{
      .connection = connection, .library = library, .now = db::read_clock(connection), .by = *by};
  if (back) return undo(context, *batch);
  auto const text = platform::find_file(options.words().front());
  if (!text) return wrong_use("there is no " + options.words().front());
  std::vector<std::string> known;
  for (auto const& row : db::packages(connection)) known.push_back(row.sha256);
  auto const plan = casework::read_plan(*text, known, library);
  if (!plan) return wrong_use(plan.error());
  auto const wrong = engine::check_plan(*plan->from, *plan->to, plan->nodes);
  for (auto const& obstacle : wrong)
    std::printf("the plan: %s %s\n", obstacle.element.c_str(), obstacle.reason.c_str());
  if (!wrong.empty()) return 1;
  Walk cases{connection, *plan, options.all("--case")};
  if (cases.missing() != 0) return wrong_use("--case names a case that does not exist");
  return move_cases(context, *plan, cases, options, *limit);
}

}  // namespace qyzmet::cli
