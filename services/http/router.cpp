#include "services/http/router.hpp"

#include <algorithm>

#include "engine/base/check.hpp"
#include "services/http/forms.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::http {
namespace {

constexpr std::size_t k_segments_max = 16;

/// "/a/b" -> a, b; "/" -> one empty segment, so that a slash at the end counts.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  for (;;) {
    auto const slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

/// What no path of ours has in a segment, and what other readers of the path could misread.
bool is_forbidden_segment(std::string_view segment) {
  auto const bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
  };
  return segment == "." || segment == ".." || std::ranges::any_of(segment, bad);
}

std::optional<std::string> decode_path(std::string_view raw) {
  if (!raw.starts_with('/')) return std::nullopt;
  auto const segments = segments_of(raw);
  if (segments.size() > k_segments_max) return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    auto const segment = percent_decode(segments[i], false);
    bool const last = i + 1 == segments.size();
    if (!segment || is_forbidden_segment(*segment) || (segment->empty() && !last))
      return std::nullopt;
    path += '/' + *segment;
  }
  if (!platform::is_utf8(path)) return std::nullopt;
  return path;
}

}  // namespace

/// One segment of the table; the routes that end here, by method.
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::map<Method, Route const*> ends;

  /// The deepest recursion is k_segments_max.
  Node const* find(std::vector<std::string_view> const& segments, std::size_t at) const {
    if (at == segments.size()) return ends.empty() ? nullptr : this;
    if (auto const literal = literals.find(segments[at]); literal != literals.end())
      if (auto const* const found = literal->second->find(segments, at + 1)) return found;
    if (parameter && !segments[at].empty()) return parameter->find(segments, at + 1);
    return nullptr;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
  check(route.pattern.starts_with('/'), "a pattern starts with a slash");
  check(static_cast<bool>(route.handler), "a route has a handler");
  check(route.method != Method::head && route.method != Method::options,
        "HEAD and OPTIONS are answered by the server");
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  auto const* const kept = routes_.back().get();
  auto const segments = segments_of(kept->pattern);
  check(segments.size() <= k_segments_max, "a pattern is not that long");
  Node* node = root_.get();
  for (auto const segment : segments) {
    auto& next = is_parameter(segment) ? node->parameter : node->literals[std::string{segment}];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  check(node->ends.emplace(kept->method, kept).second, "a route is added once");
}

std::expected<Found, Router::Missing> Router::find(Method method, std::string_view path) const {
  if (!path.starts_with('/')) return std::unexpected(Missing{});
  auto const segments = segments_of(path);
  auto const* const node = root_->find(segments, 0);
  if (node == nullptr) return std::unexpected(Missing{});
  auto const end = node->ends.find(method == Method::head ? Method::get : method);
  if (end == node->ends.end()) {
    Missing missing{.status = 405};
    for (auto const& [allowed, route] : node->ends) {
      if (!missing.allow.empty()) missing.allow += ", ";
      missing.allow += to_string(allowed);
      if (allowed == Method::get) missing.allow += ", HEAD";
    }
    return std::unexpected(std::move(missing));
  }
  Found found{.route = end->second};
  auto const pattern = segments_of(found.route->pattern);
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_parameter(pattern[i]))
      found.parameters.emplace(pattern[i].substr(1, pattern[i].size() - 2), segments[i]);
  return found;
}

std::vector<Route const*> Router::routes() const {
  std::vector<Route const*> routes;
  for (auto const& route : routes_) routes.push_back(route.get());
  return routes;
}

std::optional<Target> parse_target(std::string_view target, std::size_t query_keys_max) {
  auto const question = target.find('?');
  auto path = decode_path(target.substr(0, question));
  if (!path) return std::nullopt;
  Target parsed{.path = std::move(*path)};
  if (question == std::string_view::npos) return parsed;
  auto query = parse_urlencoded(target.substr(question + 1), query_keys_max);
  if (!query) return std::nullopt;
  parsed.query = std::move(*query);
  return parsed;
}

}  // namespace qyzmet::http
