#include "anycast/host_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HostCheck : public testing::Test {
 protected:
  HostCheck() : folder_(absl::StrCat(testing::TempDir(), "/host_check.", getpid())) {
    std::filesystem::create_directories(folder_);
    config_.state_file = "";
  }
  ~HostCheck() override { std::filesystem::remove_all(folder_); }
  std::string Error() const { return std::string(CheckStateFiles(config_).message()); }
  // A file with such a text; its path.
  std::string File(absl::string_view name, absl::string_view text) const {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << text;
    return path;
  }

  const std::string folder_;
  AnycastConfig config_;
};

TEST_F(HostCheck, WhatIsNotThereYetIsFine) {
  EXPECT_EQ(Error(), "");
  config_.state_file = folder_ + "/made/at/the/start/state";
  config_.journal_file = folder_ + "/made/journal";
  EXPECT_EQ(Error(), "");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/made")) << "It writes nothing.";
}

TEST_F(HostCheck, AStateFileThatCannotBeReadIsAnError) {
  config_.state_file = folder_;
  EXPECT_THAT(Error(), HasSubstr("it is a folder; name a file in it"));
  for (const char* text : {"", "{", "{}"}) {
    config_.state_file = File("state", text);
    EXPECT_THAT(Error(), HasSubstr("is not a state file of this version; remove it to start"));
  }
  config_.state_file = File("state", R"({"version": 1, "services": {}})");
  EXPECT_EQ(Error(), "");
}

TEST_F(HostCheck, AFileForAFolderIsAnError) {
  config_.state_file = File("file", "") + "/below/state";
  EXPECT_THAT(Error(), HasSubstr("/file is no folder; correct the path, or set it to none"));
  config_.journal_file = config_.state_file;
  config_.state_file = "";
  EXPECT_THAT(Error(), HasSubstr("journal "));
}

TEST_F(HostCheck, AJournalThatIsNoFileIsAnError) {
  config_.journal_file = folder_;
  EXPECT_THAT(Error(), HasSubstr("it is not a regular file; name one"));
}

TEST_F(HostCheck, CommandsThatCannotBeRunAreNamed) {
  AnycastConfig::Exec& exec = config_.exec.emplace();
  exec.up = {"/nonexistent", "-v"};
  exec.down = {"/bin/true"};
  config_.readback.frr_command = {"vtysh"};
  AnycastConfig::ExecCheck& check = config_.services.emplace_back().checks.emplace_back();
  check.name = "disk";
  check.command = {File("not-executable", "")};
  EXPECT_THAT(HostWarnings(config_),
              ElementsAre("anycast: exec: up: /nonexistent cannot be run: No such file or "
                          "directory; correct its path, or install it",
                          HasSubstr("check disk: ")));
  config_.readback.frr_command = {"/nonexistent/vtysh"};
  EXPECT_THAT(HostWarnings(config_),
              Contains(HasSubstr("readback: frr: /nonexistent/vtysh cannot be run: ")));
  EXPECT_THAT(HostWarnings({}), IsEmpty());
}

}  // namespace
}  // namespace hither
