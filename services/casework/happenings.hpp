#pragma once
// What happened in a case, told to one reader: officials read every act with who did it, citizens
// what the package has words for. Pure.
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/package.hpp"
#include "services/casework/case_registers.hpp"

namespace qyzmet::casework {

/// Texts of the package and the catalogue in the reader's language.
struct Words {
  std::function<std::string(std::string_view key, boost::json::object const& arguments)> text;
  std::function<bool(std::string_view key)> has;
  bool staff = false;
};

struct Happening {
  std::string at;  // ISO 8601
  std::string text;
  std::string cite;
  std::string state = "done";  // or "late", of a term that was missed
  std::string role = {};       // who acted; "" for the system
  std::string name = {};       // the same by name, for officials
  std::string certified = {};  // how the applicant certified it; "" for what is not certified
};
/// How the applicant certified the message of this entry: by own key and name, or by a code to
/// which phone, and when; "" for any other entry. `text` gives texts of the catalogue.
std::string certified_how(db::HistoryEntry const& entry, CaseRegisters const& registers,
                          std::function<std::string(std::string_view key)> const& text);
/// In the order in which it happened.
std::vector<Happening> happenings(engine::Package const& package, CaseRegisters const& registers,
                                  Words const& words);

}  // namespace qyzmet::casework
