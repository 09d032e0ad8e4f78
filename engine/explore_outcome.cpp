// Acts that end what is around them: they take most of what tells two states apart with them. The
// step, and all that follows, depends on no more than the act, what is read from it on, what waits
// beside, and what observers remember. Where that is the same, they lead to the same states.
#include <algorithm>
#include <bit>

#include "engine/explore_search.hpp"

namespace qyzmet::engine {

namespace {

constexpr int k_far_wd = 10'000;  // no day of an answer is further back

/// Takes a token away with all that waits for it.
void take_token(Instance& instance, std::int32_t token) {
  auto const of_token = [&](auto const& one) { return one.token == token; };
  std::erase_if(instance.tokens, [&](Token const& one) { return one.id == token; });
  std::erase_if(instance.tasks, of_token);
  std::erase_if(instance.timers, of_token);
  std::erase_if(instance.subscriptions, of_token);
  std::erase_if(instance.pending, of_token);
  std::erase_if(instance.incidents, of_token);
  std::erase_if(instance.loops, of_token);
}

/// Takes all away that is inside a scope, and waits over it.
void take_content(Instance& instance, std::int32_t scope) {
  std::set<std::int32_t> inside{scope};
  auto const is_inside = [&](std::int32_t id) { return inside.contains(id); };
  for (bool grows = true; grows;) {
    grows = false;
    for (auto const& one : instance.scopes)
      if (is_inside(one.parent)) grows = inside.insert(one.id).second || grows;
  }
  auto const tokens = instance.tokens;
  for (auto const& token : tokens)
    if (is_inside(token.scope)) take_token(instance, token.id);
  auto const over = [&](auto const& wait) { return wait.token == k_none && is_inside(wait.scope); };
  std::erase_if(instance.timers, over);
  std::erase_if(instance.subscriptions, over);
  std::erase_if(instance.scopes, [&](ScopeInstance const& one) { return is_inside(one.parent); });
}

}  // namespace

/// What is read from the act of the node on and beside it.
Explorer::Living const& Explorer::living_with_act(Living const& beside, NodeIndex node) {
  auto const [at, fresh] = living_with_act_.try_emplace({&beside, node});
  if (!fresh) return at->second;
  std::set<ProbeId> all{beside.plain.begin(), beside.plain.end()};
  all.insert(beside.mixed.begin(), beside.mixed.end());
  auto const& acting = plan_.from_act[std::size_t(node)];
  all.insert(acting.begin(), acting.end());
  auto& [plain, mixed, pieces] = at->second;
  for (auto const id : all) (plan_.probes[std::size_t(id)].mixed ? mixed : plain).push_back(id);
  pieces = plan_.given_pieces({mixed.begin(), mixed.end()});
  return at->second;
}

/// Does whoever leaves the node end the scope at once?
bool Explorer::ends_its_scope(NodeIndex index) const {
  auto const& process = package_.process;
  auto const& outgoing = process.nodes[std::size_t(index)].outgoing;
  return !outgoing.empty() && std::ranges::all_of(outgoing, [&](FlowIndex flow) {
    auto const target = process.flows[std::size_t(flow)].target;
    auto const& end = process.nodes[std::size_t(target)];
    return end.kind == NodeKind::end_event && end.event == EventKind::terminate;
  });
}

/// The case without what the act takes away, and with a token where it begins; nothing when it ends
/// no more than its own wait, or what it ends is not there once.
std::optional<Instance> Explorer::without_ended(Instance const& before, NodeIndex act) const {
  auto const& process = package_.process;
  auto const& node = process.nodes[std::size_t(act)];
  bool const boundary = node.kind == NodeKind::boundary_event;
  bool const starts = node.kind == NodeKind::start_event;
  if (starts || boundary ? !node.interrupting : !ends_its_scope(act)) return std::nullopt;
  auto out = before;
  auto scope = k_none;
  if (starts) {
    auto const over = process.scopes[std::size_t(node.scope)].parent;
    if (std::ranges::count(before.scopes, over, &ScopeInstance::scope) != 1) return std::nullopt;
    scope = std::ranges::find(before.scopes, over, &ScopeInstance::scope)->id;
    take_content(out, scope);
  } else {
    auto const at = boundary ? node.attached_to : act;
    auto const& host = process.nodes[std::size_t(at)];
    bool const alone = std::ranges::count(before.tokens, at, &Token::node) == 1;
    if (!alone || host.body != k_none || host.multi) return std::nullopt;
    auto const token = *std::ranges::find(before.tokens, at, &Token::node);
    scope = token.scope;
    boundary ? take_token(out, token.id) : take_content(out, scope);
  }
  out.tokens.push_back({.id = out.next_id, .node = act, .scope = scope});
  return out;
}

std::optional<Explorer::Beside> Explorer::beside_of(Item const& item, Wait const& wait,
                                                    Moment const& moment) {
  if (!options_.reduced || item.thread >= 0 || wait.scope != k_none) return std::nullopt;
  auto const is_due = [&](Timer const& timer) { return timer.due <= moment.at; };
  if (std::ranges::any_of(item.instance.timers, is_due)) return std::nullopt;
  auto const rest = without_ended(item.instance, wait.node);
  if (!rest) return std::nullopt;
  auto const& memory = memory_of(*rest, item.registers);
  auto const& lives = living_with_act(living(*rest, memory.open), wait.node);
  Beside out{.lives = &lives};
  std::vector<std::uint64_t> words{memory.open & observing_};
  words.insert(words.end(), memory.words.begin(), memory.words.end());
  ControlWords{*rest, plan_, days_, codes_, frames_, moment}.append_to(words);
  for (auto const id : lives.plain) words.push_back(codes_.probe(id, here_, moment));
  for (auto const word : words) out.key.add(word);
  return out;
}

/// What somebody answered, as far off as its days are.
static void add_answer(Event const& event, ValueCodes& codes, Moment const& moment, KeyMaker& key) {
  auto const add = [&](Context const& values, std::optional<SignatureEvidence> const& signature) {
    key.add(values.size());
    for (auto const& [name, value] : values) {
      key.add(hash_word(name));
      key.add(codes.word(codes.number(value), moment, k_far_wd));
    }
    key.add(signature ? codes.number(signature->document) : 0);
  };
  key.add(codes.number(event.actor.user));
  key.add(codes.number(event.actor.unit));
  if (auto const* const task = std::get_if<CompleteTask>(&event.body))
    add(task->form, task->signature);
  else if (auto const* const message = std::get_if<ReceiveMessage>(&event.body))
    add(message->form, message->signature);
  else
    add(std::get<HandlerResult>(event.body).result, {});
}

/// Goes where the act led to when all was the same; false when that is not known, and then what it
/// leads to is kept.
bool Explorer::leads_where_known(Beside beside, Answer const* answer, Mask mask,
                                 Moment const& moment, Way const& way) {
  auto& key = beside.key;
  key.add(std::uint64_t(std::bit_cast<std::uintptr_t>(answer)));
  add_answer(*way.event, codes_, moment, key);
  key.add(mask);
  for (auto const part : parts(mask, beside.lives->pieces)) {
    here_.imagine(&variants_[std::size_t(std::countr_zero(part))]);
    key.add(part);
    for (auto const id : beside.lives->mixed) key.add(codes_.probe(id, here_, moment));
  }
  here_.imagine(nullptr);
  auto const [at, fresh] = outcomes_.try_emplace(key.key());
  if (fresh) {
    outcome_ = &at->second;
    return false;
  }
  for (auto const& [state, part] : at->second) connect(way, state, part);
  return true;
}

}  // namespace qyzmet::engine
