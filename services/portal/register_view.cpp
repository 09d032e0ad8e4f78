#include "services/portal/register_view.hpp"

namespace qyzmet::portal {

namespace json = boost::json;

std::string entry_text(db::RegisterEntry const& entry, Reader const& reader) {
  auto const key = "registers.mark." + entry.paper + "." + entry.mark;
  return reader.has(key) ? reader.text(key) : entry.mark;
}

std::string entry_reason(db::RegisterEntry const& entry, Reader const& reader) {
  return reader.text((entry.removes ? "registration.removal." : "registration.basis.") + entry.why);
}

std::string entry_other(casework::EntryPage const& page, db::RegisterEntry const& entry,
                        Reader const& reader) {
  if (!entry.other) return {};
  auto const office = page.offices.find(*entry.other);
  if (office == page.offices.end()) return {};
  return reader.text(entry.removes ? "registers.to" : "registers.from",
                     {{"office", office->second.name(reader.language)}});
}

json::array entries_json(casework::EntryPage const& page, Reader const& reader) {
  json::array out;
  for (auto const& entry : page.entries) {
    auto const office = page.offices.find(entry.office);
    out.push_back({{"day", to_iso(entry.day)},
                   {"office", office == page.offices.end() ? std::string{}
                                                           : office->second.name(reader.language)},
                   {"paper", reader.text("registers.paper." + entry.paper)},
                   {"text", entry_text(entry, reader)},
                   {"other", entry_other(page, entry, reader)},
                   {"reason", entry_reason(entry, reader)},
                   {"number", entry.number}});
  }
  return out;
}

std::string entries_path(std::string const& paper, db::PersonId person) {
  return "/work/registers?show=" + std::string{paper == db::k_card ? "cards" : "journal"} +
         "&person=" + std::to_string(person.value);
}

}  // namespace qyzmet::portal
