#pragma once
// The rule of co_await: it stands alone in its statement, so that suspension points are seen and
// nothing temporary lives across one. Allowed are
//   co_await f();    auto x = co_await f();    x = co_await f();
// and nothing else: not inside an expression, a condition, an argument, a return or an initializer.
#include "tests/tidy/source.hpp"

namespace qyzmet::tests::tidy {

Complaints check_co_await(File const& file);

}  // namespace qyzmet::tests::tidy
