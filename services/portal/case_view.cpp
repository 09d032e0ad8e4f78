#include "services/portal/case_view.hpp"

#include <algorithm>

#include "services/casework/access.hpp"
#include "services/casework/confirmation.hpp"
#include "services/casework/fields.hpp"
#include "services/casework/happenings.hpp"
#include "services/casework/opening_text.hpp"
#include "services/casework/view.hpp"
#include "services/portal/case_tables.hpp"
#include "templates/dates.hpp"

namespace qyzmet::portal {

namespace json = boost::json;

namespace {

engine::Node const* find_node(engine::Package const& package, std::string_view id) {
  auto const index = package.process.find(id);
  return index == engine::k_none ? nullptr
                                 : &package.process.nodes[static_cast<std::size_t>(index)];
}

std::string signer_name(CaseRegisters const& registers, std::string const& user) {
  auto const found = registers.names.find(user);
  return found == registers.names.end() ? std::string{} : found->second;
}

void add_cite(json::object& item, engine::Package const& package, std::string_view id,
              Reader const& reader) {
  auto cite = cite_json(package, id, reader);
  if (!cite.is_null()) item["cite"] = std::move(cite);
}

/// Who acted: officials read the name, citizens the office's role.
std::string actor_note(casework::Happening const& what, Reader const& reader) {
  if (what.role.empty()) return {};
  auto const role = reader.text("role." + what.role);
  return what.name.empty() ? role : role + ", " + what.name;
}

void add_past(json::array& items, casework::OpenCase const& open, CaseRegisters const& registers,
              Reader const& reader) {
  auto const* package = open.package.get();
  for (auto const& what : casework::happenings(*package, registers, words_of(reader, *package))) {
    json::object item{{"text", what.text}, {"state", what.state}, {"at", what.at}};
    if (auto note = actor_note(what, reader); !note.empty()) item["note"] = note;
    if (!what.certified.empty()) item["certified"] = what.certified;
    add_cite(item, *package, what.cite, reader);
    items.push_back(std::move(item));
  }
}

std::string awaited_key(std::string_view code, Reader const& reader) {
  return std::string{reader.staff ? "milestone." : "await."} + std::string{code};
}

/// Milestones that are still to come for this reader, in the order of their days: those whose timer
/// runs, and, as long as the case goes the way that citizens are told of, those after them.
std::vector<std::string> awaited(casework::OpenCase const& open, Reader const& reader) {
  auto const running = casework::open_milestones(*open.package, *open.calendar, open.instance);
  std::vector<std::string> out;
  if (running.empty()) return out;
  auto const told = [&](std::string_view code) {
    return reader.has(awaited_key(code, reader), open.package.get());
  };
  auto const runs = [&](std::string_view code) {
    return std::ranges::find(running, code, &casework::OpenMilestone::code) != running.end();
  };
  bool const usual_way = !reader.staff && told(running.front().code);
  std::vector<std::pair<Date, std::size_t>> order;
  auto const& all = open.instance.deadlines.milestones;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool const ahead = usual_way && all[i].latest > running.front().latest;
    if (told(all[i].code) && (ahead || runs(all[i].code))) order.emplace_back(all[i].latest, i);
  }
  std::ranges::sort(order);
  for (auto const& [day, index] : order) out.push_back(all[index].code);
  return out;
}

void add_awaited(json::array& items, Term const& term, std::string const& code,
                 Reader const& reader) {
  auto const* deadline = term.deadlines.find(code);
  json::object item{
      {"text", reader.text(awaited_key(code, reader), {}, &term.package)},
      {"state", deadline->latest < legal_date(term.now) ? "late" : "next"},
      {"by", reader.text("timeline.by", {{"day", reader.long_date(deadline->latest)}})}};
  add_cite(item, term.package, deadline->cite, reader);
  item["why"] = why_milestone_json(term, code, reader);
  items.push_back(std::move(item));
}

/// Officials read the other last days of the case, too.
void add_other_days(json::array& items, casework::OpenCase const& open, Reader const& reader) {
  auto const& package = *open.package;
  for (auto const& each : casework::other_days(package, *open.calendar, open.instance)) {
    auto text = reader.text("milestone." + each.code, {}, &package);
    if (!each.wait.empty()) text += " № " + each.wait;
    json::object item{{"text", std::move(text)},
                      {"state", each.latest < legal_date(open.now) ? "late" : "next"},
                      {"by", reader.text("timeline.by", {{"day", reader.long_date(each.latest)}})}};
    add_cite(item, package, each.cite, reader);
    items.push_back(std::move(item));
  }
}

/// What goes on now, and the milestones that are not reached, each with its count.
void add_future(json::array& items, casework::OpenCase const& open, Reader const& reader) {
  if (open.instance.ended) return;
  auto const& package = *open.package;
  auto const term = term_of(open);
  json::object now{{"text", reader.text("state." + open.state_code(), {}, &package)},
                   {"state", "now"}};
  items.push_back(std::move(now));
  for (auto const& code : awaited(open, reader)) add_awaited(items, term, code, reader);
  if (reader.staff) add_other_days(items, open, reader);
}

/// Of the event that brought the signature; "" where none names it.
std::string role_signed_in(CaseRegisters const& registers, std::string const& digest) {
  auto const brings = [&](db::HistoryEntry const& entry) { return entry.event.contains(digest); };
  auto const found = std::ranges::find_if(registers.history, brings);
  return found == registers.history.end() ? std::string{} : found->role;
}

/// "TOTAL-PASSED" ...; "" where nothing was judged, as of a code.
std::string indication_of(db::Signature const& signature) {
  boost::system::error_code broken;
  auto const verdict = json::parse(signature.verdict, broken);
  auto const* const members = broken ? nullptr : verdict.if_object();
  auto const* const found = members == nullptr ? nullptr : members->if_contains("indication");
  return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

json::array tasks_json(casework::OpenCase const& open, Reader const& reader) {
  json::array out;
  auto const& nodes = open.package->process.nodes;
  for (auto const& task : open.instance.tasks) {
    auto const& node = nodes[static_cast<std::size_t>(task.node)];
    json::object item{{"node", node.id},
                      {"title", node_title(*open.package, node.id, reader)},
                      {"role", node.role},
                      {"role_text", reader.text("role." + node.role)},
                      {"opened", to_iso(task.opened)}};
    add_cite(item, *open.package, node.cite, reader);
    out.push_back(std::move(item));
  }
  return out;
}

json::array documents_json(casework::OpenCase const& open, CaseRegisters const& registers,
                           Reader const& reader) {
  json::array out;
  for (auto const& document : registers.documents) {
    if (!may_read(document, reader)) continue;
    out.push_back({{"code", document.code},
                   {"title", document_title(*open.package, document.code, reader)},
                   {"name", document.name},
                   {"sha256", document.sha256},
                   {"size", document.size},
                   {"kind", document.media_type},
                   {"direction", document.direction},
                   {"added", to_iso(document.added)},
                   {"as_page", document.page},
                   {"signatures", signatures_json(registers, document.sha256, reader)}});
  }
  return out;
}

json::array breaches_json(casework::OpenCase const& open, Reader const& reader) {
  json::array out;
  for (auto const& code : open.instance.breaches) {
    json::object item{{"text", reader.text("milestone." + code, {}, open.package.get())}};
    if (auto const* deadline = open.instance.deadlines.find(code))
      add_cite(item, *open.package, deadline->cite, reader);
    out.push_back(std::move(item));
  }
  return out;
}

/// Where the case was before, and from which day it counts now.
json::object parts_json(casework::OpenCase const& open, CaseRegisters const& registers,
                        Reader const& reader) {
  json::array rows;
  for (auto const& [row, office] : registers.parts)
    rows.emplace_back(reader.text(row.late ? "part.row.late" : "part.row",
                                  {{"office", office.name(reader.language)},
                                   {"received", reader.day_month(legal_date(row.received))},
                                   {"passed", reader.day_month(row.passed_on)}}));
  json::object out{{"rows", std::move(rows)},
                   {"counts", reader.text("part.counts",
                                          {{"day", reader.long_date(open.row.fields.accepted)}})}};
  add_cite(out, *open.package, casework::passing_cite(*open.package), reader);
  return out;
}

}  // namespace

json::array signatures_json(CaseRegisters const& registers, std::string const& sha256,
                            Reader const& reader) {
  json::array out;
  for (auto const& signature : registers.signatures) {
    if (signature.document != sha256) continue;
    auto const user = signature.signer ? std::to_string(signature.signer->value) : std::string{};
    json::object item{{"digest", signature.digest},
                      {"method", signature.method},
                      {"name", signer_name(registers, user)},
                      {"at", to_iso(signature.best_time)}};
    if (auto const role = role_signed_in(registers, signature.digest); !role.empty())
      item["role"] = reader.text("role." + role);
    if (auto const indication = indication_of(signature); !indication.empty())
      item["verdict"] = reader.text("verdict." + indication);
    if (signature.method == "otp") item["phone"] = casework::masked_phone(signature.cms);
    out.push_back(std::move(item));
  }
  return out;
}

casework::Words words_of(Reader const& reader, engine::Package const& package) {
  return {.text =
              [reader, &package](std::string_view key, json::object const& arguments) {
                return reader.text(key, arguments, &package);
              },
          .has = [reader, &package](std::string_view key) { return reader.has(key, &package); },
          .staff = reader.staff};
}

Term term_of(casework::OpenCase const& open) {
  return {.package = *open.package,
          .calendar = *open.calendar,
          .deadlines = open.instance.deadlines,
          .now = open.now,
          .territory = engine::text_at(open.instance.variables, "office.code")};
}

json::object state_tag(engine::Package const& package, std::string_view state,
                       Reader const& reader) {
  std::string_view tone = "sky";
  if (state == "issued" || state == "registered" || state == "updated") tone = "ok";
  if (state == "refusal_cancelled") tone = "sun";
  if (state == "refused" || state == "preliminary_refusal" || state == "not_accepted") tone = "bad";
  if (state == "at_branch" || state == "hearing" || state == "waiver_asked") tone = "sun";
  if (state == "withdrawn" || state == "unclaimed") tone = "plain";
  return {{"text", reader.text("state." + std::string{state}, {}, &package)}, {"tone", tone}};
}

std::string node_title(engine::Package const& package, std::string_view node,
                       Reader const& reader) {
  auto const key = "task." + std::string{node};
  if (reader.has(key, &package)) return reader.text(key, {}, &package);
  auto const* found = find_node(package, node);
  return found == nullptr ? std::string{node} : found->name;
}

std::string document_title(engine::Package const& package, std::string const& code,
                           Reader const& reader) {
  auto const own = "document." + code;
  if (reader.has(own, &package)) return reader.text(own, {}, &package);
  // A message that went out as a paper bears its subject.
  auto const paper = "paper." + code;
  auto const subject = "notify." + code + ".subject";
  bool const is_message = !reader.has(paper) && reader.has(subject, &package);
  return is_message ? reader.text(subject, {}, &package) : reader.text(paper);
}

bool may_read(db::CaseDocumentRow const& document, Reader const& reader) {
  return casework::may_read(document, reader.staff);
}

json::object office_json(db::Office const& office, std::string_view language) {
  auto const pick = [&](auto const& kk, auto const& ru, auto const& en) {
    return language == "ru" ? ru : language == "en" ? en : kk;
  };
  return {{"id", std::to_string(office.id.value)},
          {"name", office.name(language)},
          {"address", pick(office.address_kk, office.address_ru, office.address_en)},
          {"phone", office.phone},
          {"place", office.place}};
}

json::object branch_json(db::Branch const& branch, std::string_view language) {
  auto const pick = [&](auto const& kk, auto const& ru, auto const& en) {
    return language == "ru" ? ru : language == "en" ? en : kk;
  };
  return {{"id", std::to_string(branch.id.value)},
          {"office", std::to_string(branch.office.value)},
          {"name", pick(branch.name_kk, branch.name_ru, branch.name_en)},
          {"address", pick(branch.address_kk, branch.address_ru, branch.address_en)},
          {"duty", branch.is_duty}};
}

std::vector<std::string> branch_hours(engine::Calendar const& calendar, db::Branch const& branch,
                                      Date today, Reader const& reader) {
  auto const hours = [&](Date day) {
    return casework::hours_text(calendar, branch, day, reader.language);
  };
  auto const date = [&](Date day) {
    return templates::format_moment(templates::DateForm::date, reader.language, to_iso(day));
  };
  std::vector<std::string> out{hours(today)};
  for (auto const day : engine::later_weeks(calendar.opening(), casework::keeper_of(branch), today))
    out.push_back(reader.text("branch.hours.from", {{"day", date(day)}, {"hours", hours(day)}}));
  for (auto const& closure : calendar.opening().closures()) {
    if (closure.unit != branch.code || closure.last < today) continue;
    auto const first = date(closure.first), last = date(closure.last);
    out.push_back(closure.first == closure.last
                      ? reader.text("branch.closed_day", {{"day", first}})
                      : reader.text("branch.closed", {{"first", first}, {"last", last}}));
  }
  return out;
}

json::object case_view(casework::OpenCase const& open, CaseRegisters const& registers,
                       Reader const& reader) {
  auto const& package = *open.package;
  auto const& fields = open.row.fields;
  auto const term = term_of(open);
  json::array timeline;
  add_past(timeline, open, registers, reader);
  add_future(timeline, open, reader);
  json::object out{{"number", open.row.number},
                   {"service", reader.text("service.title", {}, &package)},
                   {"ended", open.instance.ended},
                   {"filed", to_iso(fields.filed)},
                   {"accepted", to_iso(fields.accepted)},
                   {"tag", state_tag(package, open.state_code(), reader)},
                   {"ribbon", ribbon_json(term, milestone_marks(term, reader), reader)},
                   {"why", why_json(term, reader)},
                   {"place",
                    {{"kind", fields.place},
                     {"days", term.deadlines.days},
                     {"text", reader.text("place." + fields.place)}}},
                   {"timeline", {{"items", std::move(timeline)}}},
                   {"tasks", tasks_json(open, reader)},
                   {"documents", documents_json(open, registers, reader)},
                   {"breaches", breaches_json(open, reader)},
                   {"tables", case_tables(open, reader)},
                   {"said", said_beside(open, registers, reader)},
                   {"answers", application_answers(open, reader)},
                   {"v", casework::to_view(open.instance.variables)}};
  if (auto const* subtype = package.subtype(fields.subtype)) {
    out["subtype"] = reader.text(subtype->text, {}, &package);
    out["subtype_id"] = subtype->id;
    out["old_id"] = subtype->old_id;
    if (!subtype->result.empty()) out["result"] = reader.text(subtype->result, {}, &package);
  }
  if (auto const mode = engine::text_at(open.instance.variables, "mode"); !mode.empty())
    out["mode"] = reader.text("mode.is." + mode);
  if (!casework::open_milestones(package, *open.calendar, open.instance).empty()) {
    out["due"] = due_json(term, reader);
    out["due"].as_object()["tag"] = out["tag"];
  }
  if (!registers.parts.empty()) out["parts"] = parts_json(open, registers, reader);
  if (registers.office) out["office"] = office_json(*registers.office, reader.language);
  if (registers.branch) {
    auto branch = branch_json(*registers.branch, reader.language);
    json::array lines;
    for (auto const& line :
         branch_hours(*open.calendar, *registers.branch, legal_date(open.now), reader))
      lines.emplace_back(line);
    branch["hours"] = std::move(lines);
    out["branch"] = std::move(branch);
  }
  return out;
}

}  // namespace qyzmet::portal
