#include "dns/record.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

// Whatever a file is called, and whatever of it a text quotes.
TEST(Finding, IsOneLine) {
  EXPECT_EQ(ToText({Severity::kError, "a\nb", 3, "'x\ny' is wrong"}),
            "a?b:3: error: 'x?y' is wrong");
  EXPECT_EQ(ToText({Severity::kNote, "a", 0, "no line"}), "a: note: no line");
}

}  // namespace
}  // namespace hither
