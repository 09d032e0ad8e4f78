#pragma once
// What certifies an application or a statement, as programs send it. Pure.
#include <string>

#include "services/api/call.hpp"

namespace qyzmet::api {

struct Certification {
  std::string cms, code_id, code;
};
/// Either a CMS, or a code with its id. Errors: error.certification_missing, those of the body.
Result<Certification> read_certification(Call const& call);

}  // namespace qyzmet::api
