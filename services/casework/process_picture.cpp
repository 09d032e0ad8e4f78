#include "services/casework/process_picture.hpp"

#include <algorithm>
#include <array>

#include "services/casework/case_registers.hpp"

namespace qyzmet::casework {

namespace {

/// Facts of a step after which a node has done its part.
constexpr std::array<std::string_view, 6> k_done{"completed", "message",  "timer_fired",
                                                 "handled",   "recorded", "breach"};

void add_facts(diagram::Marks& marks, db::HistoryEntry const& entry) {
  for (auto const& fact : facts_of(entry)) {
    auto const kind = engine::text_at(fact, "kind");
    auto const node = engine::text_at(fact, "node");
    if (node.empty()) continue;
    if (std::ranges::find(k_done, kind) != k_done.end()) marks[node].done = true;
    if (kind == "breach") ++marks[node].breaches;
  }
}

}  // namespace

diagram::Marks process_marks(OpenCase const& open, std::vector<db::HistoryEntry> const& history) {
  diagram::Marks marks;
  for (auto const& entry : history) add_facts(marks, entry);
  auto const& process = open.package->process;
  auto const node = [&](engine::NodeIndex index) -> engine::Node const& {
    return process.nodes.at(static_cast<std::size_t>(index));
  };
  if (auto const start = process.scopes.front().start; start != engine::k_none)
    marks[node(start).id].done = true;
  for (auto const end : open.instance.ends) marks[node(end).id].done = true;
  for (auto const& token : open.instance.tokens) {
    // A sub-process waits where its inside waits.
    if (node(token.node).kind == engine::NodeKind::sub_process) continue;
    auto& mark = marks[node(token.node).id];
    ++mark.tokens;
    mark.done = false;
  }
  return marks;
}

diagram::Dress process_dress(engine::Package const& package, Words const& words,
                             std::string_view language) {
  diagram::Dress dress{.stand_alone = false,
                       .language = std::string{language},
                       .title = words.text("service.title", {}),
                       .words = {.now = words.text("work.process.now", {}),
                                 .done = words.text("work.process.done", {}),
                                 .breach = words.text("work.process.breach", {}),
                                 .count = words.text("work.process.count", {}),
                                 .days = words.text("work.process.days", {})}};
  if (auto const texts = package.texts.find(language); texts != package.texts.end())
    for (std::string const family : {"task.", "diagram."})
      for (auto text = texts->second.lower_bound(family);
           text != texts->second.end() && text->first.starts_with(family); ++text)
        dress.names[text->first.substr(family.size())] = text->second;
  for (auto const& [id, citation] : package.citations)
    if (auto const text = citation.text.find(language); text != citation.text.end())
      dress.cites[id] = text->second;
  return dress;
}

Result<ProcessPicture> process_picture(engine::Package const& package, diagram::Marks marks,
                                       Words const& words, std::string_view language) {
  auto const file = package.files.find("process.bpmn");
  if (file == package.files.end()) return fail(ErrorCode::not_found, "error.diagram_absent");
  auto drawing = diagram::read(file->second);
  if (!drawing) return std::unexpected(drawing.error());
  return ProcessPicture{.drawing = std::move(*drawing),
                        .marks = std::move(marks),
                        .dress = process_dress(package, words, language)};
}

}  // namespace qyzmet::casework
