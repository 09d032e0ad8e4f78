#include "services/http/message.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace qyzmet::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> k_methods{
    {{Method::get, "GET"},
     {Method::head, "HEAD"},
     {Method::post, "POST"},
     {Method::put, "PUT"},
     {Method::patch, "PATCH"},
     {Method::delete_, "DELETE"},
     {Method::options, "OPTIONS"}}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_, [&](auto const& field) { return same_name(field.first, name); });
  add(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
  for (auto const& [key, value] : fields_)
    if (same_name(key, name)) return value;
  return {};
}

bool Headers::contains(std::string_view name) const {
  return std::ranges::any_of(fields_,
                             [&](auto const& field) { return same_name(field.first, name); });
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string_view to_string(Method method) {
  return std::ranges::find(k_methods, method, &std::pair<Method, std::string_view>::first)->second;
}

std::optional<Method> parse_method(std::string_view text) {
  auto const* const found =
      std::ranges::find(k_methods, text, &std::pair<Method, std::string_view>::second);
  return found == k_methods.end() ? std::nullopt : std::optional{found->first};
}

}  // namespace qyzmet::http
