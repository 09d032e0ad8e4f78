#include <span>

#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"
#include "services/api/api.hpp"

namespace qyzmet::api {

namespace embedded {
std::span<EmbeddedFile const> files();
}

std::string_view openapi() {
  auto const* file = find_embedded(embedded::files(), "api/openapi.json");
  check(file != nullptr, "the description of the API is part of the program");
  return file->bytes;
}

}  // namespace qyzmet::api
