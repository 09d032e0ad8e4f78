#include <array>

#include "engine/step.hpp"

namespace qyzmet::engine {

namespace {

Value signature_value(std::optional<SignatureEvidence> const& signature) {
  if (!signature) return {};
  return Context{{"document", signature->document},
                 {"signature", signature->signature},
                 {"signer", signature->signer}};
}

Context to_value(Start const& body) {
  return {{"type", "start"}, {"variables", body.variables}};
}
Context to_value(CompleteTask const& body) {
  Context out{{"type", "complete"},
              {"task", body.task},
              {"form", body.form},
              {"signature", signature_value(body.signature)}};
  if (body.token != 0) out["token"] = std::int64_t{body.token};
  return out;
}
Context to_value(ReceiveMessage const& body) {
  Context out{{"type", "message"},
              {"message", body.message},
              {"id", body.message_id},
              {"form", body.form},
              {"signature", signature_value(body.signature)}};
  if (!body.key.empty()) out["key"] = body.key;
  return out;
}
Context to_value(Tick const&) {
  return {{"type", "tick"}};
}
Context to_value(HandlerResult const& body) {
  return {{"type", "handled"},     {"token", std::int64_t{body.token}},
          {"ok", body.ok},         {"error_code", body.error_code},
          {"detail", body.detail}, {"result", body.result}};
}
Context to_value(CalendarChanged const& body) {
  return {{"type", "calendar"}, {"version", body.version}};
}
Context to_value(RetryIncident const& body) {
  return {{"type", "retry"}, {"token", std::int64_t{body.token}}};
}
Context to_value(Migrated const& body) {
  Context nodes;
  for (auto const& [old_id, new_id] : body.nodes) nodes[old_id] = new_id;
  return {{"type", "migrate"},
          {"from", body.from},
          {"to", body.to},
          {"nodes", std::move(nodes)},
          {"undo", body.undo}};
}

/// Reads exactly what event_json writes; anything else makes it bad.
class EventReader {
 public:
  bool good = true;

  template <class T>
  T get(Context const& from, std::string_view name) {
    auto const found = from.find(name);
    auto const* const value = found == from.end() ? nullptr : found->second.as<T>();
    good = good && value != nullptr;
    return value == nullptr ? T{} : *value;
  }

  std::int64_t number(Context const& from, std::string_view name) {
    auto const whole = get<Decimal>(from, name).integer();
    good = good && whole.has_value();
    return whole.value_or(0);
  }

  std::int32_t token(Context const& from) {
    auto const wide = number(from, "token");
    good = good && wide == std::int32_t(wide);
    return std::int32_t(wide);
  }

  std::optional<SignatureEvidence> signature(Context const& from) {
    auto const found = from.find(std::string_view{"signature"});
    good = good && found != from.end();
    if (!good || found->second.is_null()) return std::nullopt;
    auto const fields = get<Context>(from, "signature");
    return SignatureEvidence{.document = get<std::string>(fields, "document"),
                             .signature = get<std::string>(fields, "signature"),
                             .signer = get<std::string>(fields, "signer")};
  }

  Migrated migrated(Context const& from) {
    Migrated out{.from = get<std::string>(from, "from"),
                 .to = get<std::string>(from, "to"),
                 .nodes = {},
                 .undo = get<bool>(from, "undo")};
    auto const nodes = get<Context>(from, "nodes");
    for (auto const& [old_id, value] : nodes) out.nodes[old_id] = get<std::string>(nodes, old_id);
    return out;
  }

  decltype(Event::body) body(Context const& from) {
    auto const type = get<std::string>(from, "type");
    if (type == "start") return Start{.variables = get<Context>(from, "variables")};
    if (type == "complete")
      return CompleteTask{.task = get<std::string>(from, "task"),
                          .form = get<Context>(from, "form"),
                          .signature = signature(from),
                          .token = from.contains("token") ? token(from) : 0};
    if (type == "message")
      return ReceiveMessage{.message = get<std::string>(from, "message"),
                            .message_id = get<std::string>(from, "id"),
                            .form = get<Context>(from, "form"),
                            .signature = signature(from),
                            .key = from.contains("key") ? get<std::string>(from, "key") : ""};
    if (type == "handled")
      return HandlerResult{.token = token(from),
                           .ok = get<bool>(from, "ok"),
                           .error_code = get<std::string>(from, "error_code"),
                           .detail = get<std::string>(from, "detail"),
                           .result = get<Context>(from, "result")};
    if (type == "calendar") return CalendarChanged{.version = number(from, "version")};
    if (type == "retry") return RetryIncident{.token = token(from)};
    if (type == "migrate") return migrated(from);
    good = good && type == "tick";
    return Tick{};
  }
};

}  // namespace

std::string event_json(Event const& event) {
  return to_json(Context{
      {"actor",
       Context{{"role", event.actor.role}, {"unit", event.actor.unit}, {"user", event.actor.user}}},
      {"at", event.at},
      {"body", std::visit([](auto const& body) { return Value{to_value(body)}; }, event.body)},
      {"salt", event.salt}});
}

Result<Event> event_from_json(std::string_view json) {
  auto const value = from_json(json);
  if (!value) return std::unexpected(value.error());
  auto const* const fields = value->as<Context>();
  if (fields == nullptr) return fail(ErrorCode::invalid, "error.event");
  EventReader reader;
  auto const actor = reader.get<Context>(*fields, "actor");
  Event event{.at = reader.get<Instant>(*fields, "at"),
              .actor = {.user = reader.get<std::string>(actor, "user"),
                        .role = reader.get<std::string>(actor, "role"),
                        .unit = reader.get<std::string>(actor, "unit")},
              .salt = reader.get<std::string>(*fields, "salt"),
              .body = reader.body(reader.get<Context>(*fields, "body"))};
  if (!reader.good) return fail(ErrorCode::invalid, "error.event");
  return event;
}

std::string facts_json(std::vector<Fact> const& facts) {
  List out;
  for (auto const& fact : facts)
    out.emplace_back(
        Context{{"at", fact.at}, {"data", fact.data}, {"kind", fact.kind}, {"node", fact.node}});
  return to_json(Value{std::move(out)});
}

}  // namespace qyzmet::engine
