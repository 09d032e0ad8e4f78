#include "engine/resolution.hpp"

#include <algorithm>

#include "engine/base/utf8.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::string_view k_register = "register";

bool reads(Handler const& handler, std::string_view path) {
  return std::ranges::any_of(handler.assignments, [&](Assignment const& assignment) {
    return assignment.value.paths().contains(path) ||
           (assignment.when && assignment.when->paths().contains(path));
  });
}

Unanswered asked(Package const& package, std::string const& handler, std::string const& kind) {
  Unanswered out{.handler = handler, .kind = kind};
  auto const found = package.handlers.find(kind);
  if (found == package.handlers.end()) return out;
  out.sent = reads(found->second, "result.sent_at");
  out.delivered = reads(found->second, "result.delivered_at");
  return out;
}

std::optional<Error> wrong(std::string text, std::string field) {
  return Error{.code = ErrorCode::invalid, .text = std::move(text), .field = std::move(field)};
}

std::optional<Error> check_reason(std::string const& reason) {
  if (!valid_utf8(reason)) return wrong("error.field_type", "reason");
  auto const length = utf8_length(reason);
  if (length < k_reason_characters_min) return wrong("error.reason_short", "reason");
  if (length <= k_reason_characters_max) return std::nullopt;
  auto error = wrong("error.too_long", "reason");
  error->arguments["max"] = std::to_string(k_reason_characters_max);
  return error;
}

}  // namespace

bool is_failed_effect(Definition const& process, Incident const& incident) {
  return incident.reason == "error.effect_failed" ||
         (incident.reason == "error.uncaught" &&
          process.nodes[std::size_t(incident.node)].waits_outside);
}

bool may_be_stated(std::string_view handler) {
  return handler != k_register;
}

std::optional<Unanswered> unanswered(Package const& package, Instance const& instance,
                                     std::int32_t token) {
  auto const& process = package.process;
  auto const at = [&](NodeIndex index) {
    auto const& node = process.nodes[std::size_t(index)];
    return asked(package, node.handler, node.handler_kind);
  };
  for (auto const& pending : instance.pending)
    if (pending.token == token) return at(pending.node);
  for (auto const& incident : instance.incidents)
    if (incident.token == token && is_failed_effect(process, incident)) return at(incident.node);
  auto const errand = std::ranges::find(instance.errands, token, &Errand::token);
  if (errand == instance.errands.end()) return std::nullopt;
  for (auto const& [id, form] : package.forms) {
    if (!form.beside) continue;
    for (auto const& order : form.beside->orders)
      if (order.kind == errand->kind) return asked(package, order.handler, order.kind);
  }
  return std::nullopt;
}

std::optional<Error> check_stated(ResolveIncident const& stated, Unanswered const& asked,
                                  Instant first, Instant last) {
  if (auto bad = check_reason(stated.reason)) return bad;
  if (asked.sent && !stated.sent_at) return wrong("error.required", "sent_at");
  if (!asked.sent && stated.sent_at) return wrong("error.unknown_field", "sent_at");
  if (!asked.delivered && stated.delivered_at) return wrong("error.unknown_field", "delivered_at");
  auto const sent = stated.sent_at.value_or(first);
  if (sent < first || sent > last) return wrong("error.not_then", "sent_at");
  auto const delivered = stated.delivered_at.value_or(sent);
  if (delivered < sent || delivered > last) return wrong("error.not_then", "delivered_at");
  return std::nullopt;
}

}  // namespace qyzmet::engine
