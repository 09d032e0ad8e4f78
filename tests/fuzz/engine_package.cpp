// A service.xml beside the drawing and the texts of service 77. A refusal names file and line; of
// an accepted package the terms can be counted and every form can be asked.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/base/utf8.hpp"
#include "engine/step.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::engine;

using Files = std::map<std::string, std::string, std::less<>>;

Files const& files_of_service_77() {
  static Files const files = [] {
    namespace fs = std::filesystem;
    fs::path const root{QYZMET_SOURCE_DIR "/services/military_id"};
    Files out;
    for (auto const& entry : fs::recursive_directory_iterator{root}) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file{entry.path(), std::ios::binary};
      out.emplace(fs::relative(entry.path(), root).generic_string(),
                  std::string{std::istreambuf_iterator<char>{file}, {}});
    }
    return out;
  }();
  return files;
}

void look_at_reasons(std::vector<Violation> const& violations, std::string_view xml) {
  auto const lines = std::ranges::count(xml, '\n') + 1;
  check(!violations.empty(), "a refusal has a reason");
  for (auto const& violation : violations) {
    check(!violation.file.empty() && !violation.reason.empty() && !violation.text.empty(),
          "a reason says what is wrong and where");
    check(violation.file != "service.xml" || (violation.line >= 1 && violation.line <= lines),
          "a reason names a line of the file");
    check(valid_utf8(violation.element + violation.text), "a reason is text");
  }
}

void use(Package const& package) {
  static Calendar const calendar = seed_calendar();
  Instant const filed{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  for (auto const& [place, days] : package.term.days_by_place) {
    auto const deadlines = compute_deadlines(package.term, calendar, filed, place);
    check(deadlines.has_value(), "a place that stands in the package has its term");
    check(deadlines->milestones.size() == package.term.milestones.size(), "each milestone counts");
    to_context(*deadlines);
  }
  for (auto const& [id, form] : package.forms) (void)parse_form(form, {}, {}, calendar);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const xml{reinterpret_cast<char const*>(data), size};
  auto files = files_of_service_77();
  files["service.xml"] = xml;
  auto const package = load_package(std::move(files), std::string(64, '0'));
  if (package)
    use(**package);
  else
    look_at_reasons(package.error(), xml);
  return 0;
}
