#include "templates/diagram/signs.hpp"

#include <map>

namespace qyzmet::diagram {

namespace {

using Signs = std::map<std::string_view, Sign>;

Sign found(Signs const& signs, std::string_view name) {
  auto const at = signs.find(name);
  return at == signs.end() ? Sign{} : at->second;
}

constexpr std::string_view k_envelope = "M-8 -5.5 H8 V5.5 H-8 Z M-8 -5.5 L0 1.5 L8 -5.5";
constexpr std::string_view k_envelope_sent = "M-8 -5.5 H8 L0 1 Z M-8 -3.5 L0 3 L8 -3.5 V6 H-8 Z";
constexpr std::string_view k_cross = "M-6 -6 L6 6 M6 -6 L-6 6";
constexpr std::string_view k_plus = "M0 -8 V8 M-8 0 H8";
constexpr std::string_view k_pentagon = "M0 -6.5 L6.5 -1.8 L4 5.6 L-4 5.6 L-6.5 -1.8 Z";

}  // namespace

Sign sign_of_event(std::string_view event, bool thrown) {
  static Signs const signs{
      {"message", {k_envelope}},
      {"timer",
       {"M8 0 A8 8 0 1 1 -8 0 A8 8 0 1 1 8 0 M0 -5 V0 L4 2.5 M0 -8 V-6.5 M0 8 V6.5 M-8 0 H-6.5 "
        "M8 0 H6.5"}},
      {"error", {"M-7 6 L-3.5 -5.5 L2 2 L7 -6 L3.5 6 L-2 -1.5 Z"}},
      {"escalation", {"M0 -7 L5.5 7 L0 1.5 L-5.5 7 Z"}},
      {"signal", {"M0 -7 L7 5 H-7 Z"}},
      {"conditional", {"M-5.5 -7 H5.5 V7 H-5.5 Z M-3.5 -4 H3.5 M-3.5 0 H3.5 M-3.5 4 H3.5"}},
      {"link", {"M-7 -3 H1 V-6.5 L7.5 0 L1 6.5 V3 H-7 Z"}},
      {"compensate", {"M-0.5 -5.5 V5.5 L-7.5 0 Z M7 -5.5 V5.5 L0 0 Z"}},
      {"cancel", {"M-6 -4 L-4 -6 L0 -2 L4 -6 L6 -4 L2 0 L6 4 L4 6 L0 2 L-4 6 L-6 4 L-2 0 Z"}},
      {"multiple", {k_pentagon}},
      {"terminate", {"M7 0 A7 7 0 1 1 -7 0 A7 7 0 1 1 7 0", true}},
  };
  auto sign = found(signs, event);
  if (thrown && event == "message") return {k_envelope_sent, true};
  if (thrown) sign.filled = true;
  return sign;
}

Sign sign_of_gateway(std::string_view element) {
  static Signs const signs{
      {"exclusiveGateway", {k_cross}},
      {"parallelGateway", {k_plus}},
      {"inclusiveGateway", {"M7.5 0 A7.5 7.5 0 1 1 -7.5 0 A7.5 7.5 0 1 1 7.5 0"}},
      {"complexGateway", {"M0 -8 V8 M-8 0 H8 M-5.7 -5.7 L5.7 5.7 M5.7 -5.7 L-5.7 5.7"}},
      {"eventBasedGateway", {k_pentagon}},
  };
  return found(signs, element);
}

Sign sign_of_task(std::string_view element) {
  static Signs const signs{
      {"userTask",
       {"M3.6 -5 A3.6 3.6 0 1 1 -3.6 -5 A3.6 3.6 0 1 1 3.6 -5 M-7 8.5 C-7 2 -4 0 0 0 C4 0 7 2 7 "
        "8.5 Z"}},
      {"manualTask", {"M-8 -2 L-2 -6 H1 L-1 -3 H7 V5 H-5 L-8 3 Z M-1 0 H7 M-1 3 H7"}},
      {"serviceTask",
       {"M-1.6 -8 H1.6 L2.2 -5.6 L4.6 -6.6 L6.6 -4.6 L5.6 -2.2 L8 -1.6 V1.6 L5.6 2.2 L6.6 4.6 "
        "L4.6 6.6 L2.2 5.6 L1.6 8 H-1.6 L-2.2 5.6 L-4.6 6.6 L-6.6 4.6 L-5.6 2.2 L-8 1.6 V-1.6 "
        "L-5.6 -2.2 L-6.6 -4.6 L-4.6 -6.6 L-2.2 -5.6 Z M3 0 A3 3 0 1 1 -3 0 A3 3 0 1 1 3 0"}},
      {"receiveTask", {k_envelope}},
      {"sendTask", {k_envelope_sent, true}},
      {"scriptTask",
       {"M-4 -8 H7 C3 -4 3 -2 5 1 C7 4 6 6 4 8 H-7 C-3 5 -4 3 -6 0 C-8 -3 -7 -6 -4 "
        "-8 M-3 -4 H2 M-3.5 -0.5 H2.5 M-2 3 H4"}},
      {"businessRuleTask", {"M-8 -6 H8 V6 H-8 Z M-8 -2.5 H8 M-8 1.8 H8 M-3 -2.5 V6"}},
  };
  return found(signs, element);
}

Sign sign_of_mark(std::string_view mark) {
  static Signs const signs{
      {"parallel", {"M-5 -7 V7 M0 -7 V7 M5 -7 V7"}},
      {"sequential", {"M-7 -5 H7 M-7 0 H7 M-7 5 H7"}},
      {"loop", {"M-2.5 6 A6.5 6.5 0 1 1 3 5.8 M-7 6.5 H-2.3 V2"}},
      {"collapsed", {"M-8 -8 H8 V8 H-8 Z M0 -5 V5 M-5 0 H5"}},
      {"adhoc", {"M-8 2 C-5 -5 -2 -2 0 0 C2 2 5 5 8 -2"}},
  };
  return found(signs, mark);
}

}  // namespace qyzmet::diagram
