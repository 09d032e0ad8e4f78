#include "services/api/certification.hpp"

namespace qyzmet::api {

Result<Certification> read_certification(Call const& call) {
  auto const body = body_object(call, {"cms", "code_id", "code"});
  if (!body) return std::unexpected(body.error());
  auto cms = text_member(*body, "cms"), id = text_member(*body, "code_id"),
       code = text_member(*body, "code");
  for (auto const* each : {&cms, &id, &code})
    if (!*each) return std::unexpected(each->error());
  bool const either = cms->empty() != (id->empty() || code->empty());
  if (!either) return fail(ErrorCode::invalid, "error.certification_missing", "cms");
  return Certification{.cms = std::move(*cms), .code_id = std::move(*id), .code = std::move(*code)};
}

}  // namespace qyzmet::api
