#pragma once
// The table of what must be refused: each executed case leaves a row, printed at the end of the run
// and held against the list of pitfalls (pitfalls_test.cpp). And the list of the quirks that real
// data of the national PKI has: each has a test that runs over such data.
#include <string>

#include "signing/verify.hpp"

namespace qyzmet::signing::tests {

/// Call it when all assertions of the case are made. `noted`: a check that failed without deciding.
void record_refusal(std::string const& name, Report const& report, std::string const& noted = {});

/// Call it when all assertions about this quirk are made; the numbers are those of the list.
void hold_quirk(int number);

}  // namespace qyzmet::signing::tests
