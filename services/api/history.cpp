// What happened in a case, and what was entered in it: told to each reader as on the pages.
#include <set>

#include "services/api/cases.hpp"
#include "services/api/routes.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/happenings.hpp"
#include "services/casework/view.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::object happening_json(Call const& call, engine::Package const& package,
                            casework::Happening const& what) {
  json::object out{{"at", what.at}, {"text", what.text}, {"state", what.state}};
  if (!what.role.empty())
    out["role"] = {{"code", what.role}, {"text", call.text("role." + what.role)}};
  if (!what.name.empty()) out["name"] = what.name;
  if (!what.certified.empty()) out["certified"] = what.certified;
  if (auto paragraph = paragraph_json(call, package, what.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  return out;
}

asio::awaitable<http::Response> get_history(Call& call) {
  auto const found = co_await case_for(call, "case_page", "progress");
  if (!found) co_return problem(call, found.error());
  auto const registers = co_await registers_of(call, *found);
  auto const& package = *found->open.package;
  json::array items;
  for (auto const& what :
       casework::happenings(package, registers, words_of(call, package, found->staff)))
    items.push_back(happening_json(call, package, what));
  co_return answer({{"items", std::move(items)}});
}

// --- What was entered

/// Of one case, for one reader.
class Entries {
 public:
  Entries(Call const& call, CaseFor const& found, casework::CaseRegisters const& registers)
      : call_{call}, open_{found.open}, registers_{registers} {
    auto const& desk = call.caller().desk;
    reads_all_ = desk && desk->role != "branch_operator";
    for (auto const& entry : registers.history)
      for (auto const& fact : casework::facts_of(entry))
        if (engine::text_at(fact, "kind") == "message")
          came_.insert(engine::text_at(fact, "data.message"));
  }

  json::array all() {
    json::array out;
    for (auto const& [id, form] : open_.package->forms) {
      json::array values;
      for (auto const& field : form.fields)
        if (may_read(form, field)) add(values, field);
      if (!values.empty()) out.push_back({{"form", id}, {"values", std::move(values)}});
    }
    return out;
  }

 private:
  std::string text(std::string const& key) const {
    return call_.text(key, {}, open_.package.get());
  }
  bool has(std::string const& key) const { return call_.has(key, open_.package.get()); }

  /// The applicant reads what applicants have written, what came beside the process, and the lists
  /// that the cabinet shows; a branch no more than that.
  bool may_read(engine::Form const& form, engine::Field const& field) const {
    if (field.sealed) return false;  // numbers of papers stand in the papers
    if (form.beside && !came_.contains(form.id)) return false;
    if (reads_all_) return true;
    if (!field.row.empty()) return has("cabinet." + field.name);
    return form.beside || form.role == "citizen";
  }

  std::string words(engine::Field const& field, engine::Value const& value) const {
    auto const* plain = value.as<std::string>();
    if (plain == nullptr) return {};
    if (field.type == engine::FieldType::user) {
      auto const name = registers_.names.find(*plain);
      return name == registers_.names.end() ? std::string{} : name->second;
    }
    auto const key = "choice." + *plain;
    return field.type == engine::FieldType::choice && has(key) ? text(key) : std::string{};
  }

  void add(json::array& out, engine::Field const& field) {
    auto const& value = engine::at_path(open_.instance.variables, field.name);
    auto const key = "field." + field.name;
    // Documents stand among the documents; several forms may ask for the same.
    if (value.is_null() || field.type == engine::FieldType::document || !has(key)) return;
    if (!told_.insert(field.name).second) return;
    json::object item{{"name", field.name}, {"label", text(key)}};
    if (auto const* rows = value.as<engine::List>(); rows != nullptr && !field.row.empty()) {
      item["rows"] = rows_json(field, *rows);
    } else {
      item["value"] = casework::to_view(value);
      if (auto const said = words(field, value); !said.empty()) item["text"] = said;
    }
    out.push_back(std::move(item));
  }

  json::array rows_json(engine::Field const& list, engine::List const& rows) const {
    json::array out;
    for (auto const& row : rows) {
      json::array cells;
      if (auto const* columns = row.as<engine::Context>()) add_cells(cells, list, {}, *columns);
      out.push_back(std::move(cells));
    }
    return out;
  }

  /// The columns of the form, and what the row has become since: a request with its answer.
  void add_cells(json::array& out, engine::Field const& list, std::string const& prefix,
                 engine::Context const& cells) const {
    for (auto const& [name, value] : cells) {
      auto const path = prefix + name;
      if (auto const* inner = value.as<engine::Context>()) {
        add_cells(out, list, path + ".", *inner);
        continue;
      }
      auto const key = "field." + list.name + "." + path;
      if (value.is_null() || !has(key)) continue;
      out.push_back({{"name", path}, {"label", text(key)}, {"value", casework::to_view(value)}});
    }
  }

  Call const& call_;
  casework::OpenCase const& open_;
  casework::CaseRegisters const& registers_;
  bool reads_all_ = false;
  std::set<std::string, std::less<>> came_, told_;
};

asio::awaitable<http::Response> get_entries(Call& call) {
  auto const found = co_await case_for(call, "case_page", "documents");
  if (!found) co_return problem(call, found.error());
  auto const registers = co_await registers_of(call, *found);
  co_return answer({{"items", Entries{call, *found, registers}.all()}});
}

}  // namespace

void add_history_operations(http::Router& router, Api& api) {
  constexpr std::string_view access = "citizen registrar executor head branch_operator";
  add(router, api, {.path = "/cases/{number}/history", .access = access, .handler = get_history});
  add(router, api, {.path = "/cases/{number}/entries", .access = access, .handler = get_entries});
}

}  // namespace qyzmet::api
