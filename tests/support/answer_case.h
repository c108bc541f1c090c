#ifndef HITHER_TESTS_SUPPORT_ANSWER_CASE_H_
#define HITHER_TESTS_SUPPORT_ANSWER_CASE_H_

#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace hither {

// A row of a table of questions (query_text.h) and the whole of their replies (reply_text.h).
struct AnswerCase {
  const char* name;
  const char* question;
  const char* want;
};
inline void PrintTo(const AnswerCase& c, std::ostream* os) { *os << c.question; }

inline std::string NameOfCase(const testing::TestParamInfo<AnswerCase>& info) {
  return info.param.name;
}

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_ANSWER_CASE_H_
