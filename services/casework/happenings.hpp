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
};
/// In the order in which it happened.
std::vector<Happening> happenings(engine::Package const& package, CaseRegisters const& registers,
                                  Words const& words);

}  // namespace qyzmet::casework
