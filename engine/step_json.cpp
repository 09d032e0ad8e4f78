#include "engine/json_object.hpp"
#include "engine/step.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::size_t k_usual_bytes = 1024;  // of an event, of its facts

void append_signature(std::string& out, std::optional<SignatureEvidence> const& signature) {
  if (!signature) {
    out += "null";
    return;
  }
  JsonObject object{out};
  object.add("document", signature->document);
  object.add("signature", signature->signature);
  object.add("signer", signature->signer);
}

void append_members(JsonObject& out, Start const& body) {
  out.add("type", "start");
  out.add("variables", body.variables);
}
void append_members(JsonObject& out, CompleteTask const& body) {
  out.add("form", body.form);
  append_signature(out.member("signature"), body.signature);
  out.add("task", body.task);
  if (body.token != 0) out.add("token", body.token);
  out.add("type", "complete");
}
void append_members(JsonObject& out, ReceiveMessage const& body) {
  out.add("form", body.form);
  out.add("id", body.message_id);
  if (!body.key.empty()) out.add("key", body.key);
  out.add("message", body.message);
  append_signature(out.member("signature"), body.signature);
  out.add("type", "message");
}
void append_members(JsonObject& out, Tick const&) {
  out.add("type", "tick");
}
void append_members(JsonObject& out, HandlerResult const& body) {
  out.add("detail", body.detail);
  out.add("error_code", body.error_code);
  out.add("ok", body.ok);
  out.add("result", body.result);
  out.add("token", body.token);
  out.add("type", "handled");
}
void append_members(JsonObject& out, CalendarChanged const& body) {
  out.add("type", "calendar");
  out.add("version", body.version);
}
void append_members(JsonObject& out, RetryIncident const& body) {
  out.add("token", body.token);
  out.add("type", "retry");
}
void append_members(JsonObject& out, ResolveIncident const& body) {
  if (body.delivered_at) out.add("delivered_at", *body.delivered_at);
  out.add("reason", body.reason);
  if (body.sent_at) out.add("sent_at", *body.sent_at);
  out.add("token", body.token);
  out.add("type", "resolve");
}
void append_members(JsonObject& out, Migrated const& body) {
  Context nodes;
  for (auto const& [old_id, new_id] : body.nodes) nodes[old_id] = new_id;
  out.add("from", body.from);
  out.add("nodes", nodes);
  out.add("to", body.to);
  out.add("type", "migrate");
  out.add("undo", body.undo);
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

  ResolveIncident resolved(Context const& from) {
    auto const moment = [&](std::string_view name) {
      return from.contains(name) ? std::optional{get<Instant>(from, name)} : std::nullopt;
    };
    return {.token = token(from),
            .reason = get<std::string>(from, "reason"),
            .sent_at = moment("sent_at"),
            .delivered_at = moment("delivered_at")};
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
    if (type == "resolve") return resolved(from);
    if (type == "migrate") return migrated(from);
    good = good && type == "tick";
    return Tick{};
  }
};

}  // namespace

std::string event_json(Event const& event) {
  std::string out;
  out.reserve(k_usual_bytes);
  {
    JsonObject object{out};
    {
      JsonObject actor{object.member("actor")};
      actor.add("role", event.actor.role);
      actor.add("unit", event.actor.unit);
      actor.add("user", event.actor.user);
    }
    object.add("at", event.at);
    {
      JsonObject body{object.member("body")};
      std::visit([&](auto const& kind) { append_members(body, kind); }, event.body);
    }
    object.add("salt", event.salt);
  }
  return out;
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
  std::string out;
  out.reserve(k_usual_bytes);
  out += '[';
  for (auto const& fact : facts) {
    if (out.size() > 1) out += ',';
    JsonObject object{out};
    object.add("at", fact.at);
    object.add("data", fact.data);
    object.add("kind", fact.kind);
    object.add("node", fact.node);
  }
  out += ']';
  return out;
}

}  // namespace qyzmet::engine
