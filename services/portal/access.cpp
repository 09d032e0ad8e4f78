#include "services/portal/access.hpp"

namespace qyzmet::portal {

namespace {

/// Calls `each` with the words of an access class until it says true.
template <class Each>
bool any_word(std::string_view access, Each each) {
  while (!access.empty()) {
    auto const blank = access.find(' ');
    if (each(access.substr(0, blank))) return true;
    access.remove_prefix(blank == access.npos ? access.size() : blank + 1);
  }
  return false;
}

}  // namespace

Entry entry(bool demo, Visitor const& visitor, std::string_view access) {
  if (access == "anyone") return Entry::allowed;
  if (access == "demo") return demo ? Entry::allowed : Entry::absent;
  if (!visitor.signed_in()) return Entry::sign_in;
  auto const may = [&](std::string_view word) {
    return word == "visitor" || visitor.has_role(word);
  };
  return any_word(access, may) ? Entry::allowed : Entry::forbidden;
}

}  // namespace qyzmet::portal
