#include "anycast/state/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <ostream>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using ::testing::HasSubstr;

KeptState Sample() {
  KeptState state;
  KeptState::Service& service = state.services["dns"];
  service.drain = true;
  service.drain_since = absl::FromUnixMillis(1'700'000'000'123);
  service.ipv4.withdrawals = {absl::FromUnixMillis(1), absl::FromUnixMillis(2)};
  service.ipv6.hold_down = absl::Seconds(20);
  service.ipv6.hold_down_until = absl::FromUnixMillis(9);
  service.ipv6.was_announced = true;
  state.boot = {"5c4d", absl::Milliseconds(1'700'000'000'001)};
  state.services["other"].frozen_until = absl::FromUnixMillis(5);
  return state;
}

class StateFile : public ::testing::Test {
 protected:
  StateFile() : path_(absl::StrCat(::testing::TempDir(), "/anycast.state.", getpid())) {}
  ~StateFile() override { unlink(path_.c_str()); }
  const std::string path_;
};

TEST_F(StateFile, ComesBackAsItWas) {
  ASSERT_TRUE(SaveState(path_, Sample()).ok());
  const auto state = LoadState(path_);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(*state, Sample());
  struct stat facts;
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600);
}

// A clock that was set since, or a host that slept, changes nothing within a boot.
TEST_F(StateFile, TimesAreOfTheBootThatWroteThem) {
  const absl::Time boot_now = absl::FromUnixSeconds(100);
  const absl::Time wall = absl::FromUnixSeconds(5);
  EXPECT_EQ(WallOf(Sample(), "5c4d", boot_now, wall),
            boot_now + absl::Milliseconds(1'700'000'000'001));
  EXPECT_EQ(WallOf(Sample(), "another", boot_now, wall), wall);
  EXPECT_EQ(WallOf(KeptState(), "", boot_now, wall), wall);
}

TEST_F(StateFile, ThatIsNotThereIsEmpty) {
  const auto state = LoadState(path_);
  ASSERT_TRUE(state.ok());
  EXPECT_TRUE(state->services.empty());
}

TEST_F(StateFile, FolderThatIsNotThereIsTold) {
  EXPECT_THAT(std::string(SaveState("/nowhere/state", Sample()).message()),
              HasSubstr("/nowhere/state"));
}

struct Case {
  const char* name;
  const char* text;
  const char* error;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr Case kWrong[] = {
    {"Empty", "", "it is not a state file of this version"},
    {"CutOff", "{\"version\": 1, \"services\": {", "it is not a state file of this version"},
    {"List", "[]", "it is not a state file of this version"},
    {"LaterVersion", "{\"version\": 2, \"services\": {}}", "it is not a state file of this version"},
    {"ServicesIsList", "{\"version\": 1, \"services\": []}", "it is not a state file of this version"},
    {"ServiceIsText", "{\"version\": 1, \"services\": {\"dns\": \"x\"}}", "service dns does not say whether it is drained"},
    {"DrainIsText", "{\"version\": 1, \"services\": {\"dns\": {\"drain\": \"yes\"}}}", "service dns does not say whether it is drained"},
};
// clang-format on

class WrongState : public ::testing::TestWithParam<Case> {};

TEST_P(WrongState, IsTold) {
  const auto state = DecodeState(GetParam().text);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(std::string(state.status().message()), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(Each, WrongState, ::testing::ValuesIn(kWrong),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(StateFile, WrongOneSaysWhatToDo) {
  std::ofstream(path_) << "garbage";
  EXPECT_THAT(std::string(LoadState(path_).status().message()),
              HasSubstr("remove it to start undrained"));
}

TEST_F(StateFile, OddTimesAreLeftOut) {
  const auto state = DecodeState(
      R"({"version": 1, "services": {"dns": {"drain": false, "ipv4": {"withdrawals": [1, "x"]},
          "frozen_until": 1.5}}})");
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->services.at("dns").ipv4.withdrawals.size(), 1);
  EXPECT_EQ(state->services.at("dns").frozen_until, absl::InfinitePast());
}

}  // namespace
}  // namespace hither
