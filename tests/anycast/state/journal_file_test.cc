#include "anycast/state/journal_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

class JournalFileTest : public testing::Test {
 protected:
  JournalFileTest() : path_(absl::StrCat(testing::TempDir(), "/journal_file.", getpid())) {}
  ~JournalFileTest() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".1");
  }
  std::string Read() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  absl::Status Append(absl::string_view line) { return file_.AppendTo(path_, line); }

  const std::string path_;
  JournalFile file_;
};

// The lines of the new file must not build on those of the old one.
TEST_F(JournalFileTest, ANewFileIsABreak) {
  ASSERT_TRUE(Append("first\n").ok());
  EXPECT_EQ(file_.breaks(), 0u);
  JournalFile full;
  std::filesystem::resize_file(path_, JournalFile::kBytesMax);  // A hole.
  ASSERT_TRUE(full.AppendTo(path_, "next\n").ok());
  EXPECT_EQ(full.breaks(), 1u);
  EXPECT_EQ(Read(), "next\n");
  EXPECT_EQ(std::filesystem::file_size(path_ + ".1"), JournalFile::kBytesMax);
  ASSERT_TRUE(full.AppendTo(path_, "last\n").ok());
  EXPECT_EQ(full.breaks(), 1u);
}

// As on a full disk: what fits of the line is removed again.
TEST_F(JournalFileTest, ALineThatDoesNotFitIsABreak) {
  ASSERT_TRUE(Append("first\n").ok());
  struct sigaction before;
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGXFSZ, &ignore, &before), 0);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small = {10, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status lost = Append("does not fit\n");
  const absl::Status lost_again = Append("nor does this\n");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  ASSERT_EQ(sigaction(SIGXFSZ, &before, nullptr), 0);
  EXPECT_FALSE(lost.ok());
  EXPECT_TRUE(lost_again.ok()) << "It is said once.";
  EXPECT_EQ(file_.breaks(), 2u);
  ASSERT_TRUE(Append("last\n").ok());
  EXPECT_EQ(file_.breaks(), 2u);
  EXPECT_EQ(Read(), "first\nlast\n");
}

}  // namespace
}  // namespace hither
