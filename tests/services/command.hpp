#pragma once
// Runs a subcommand in this process and keeps what it printed. One at a time.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/cli/commands.hpp"

namespace qyzmet::tests {

struct Answer {
  int code = 0;
  std::string out, error;
};

inline Answer run(int (*command)(cli::Arguments), std::vector<std::string_view> const& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Answer answer;
  answer.code = command(words);
  answer.out = testing::internal::GetCapturedStdout();
  answer.error = testing::internal::GetCapturedStderr();
  return answer;
}

}  // namespace qyzmet::tests
