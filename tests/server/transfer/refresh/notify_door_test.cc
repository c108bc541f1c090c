#include "server/transfer/refresh/notify_door.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/refresh/refresh_bench.h"

namespace hither {
namespace {

Name N(const std::string& text) { return *Name::FromText(text); }

// Primaries p1 (192.0.2.1) of a.example. and p2 (2001:db8::1), which only notifies; a network that
// needs no key, and one that does.
TransferSetup SetupWithRules() {
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1", "p2"});
  setup.primaries[1].address = *SocketAddress::FromText("2001:db8::1", 53);
  TransferPolicy& policy = setup.policies[0];
  policy.primaries = {"p1"};
  policy.notify_from.push_back({.primary = "p2"});
  policy.notify_from.push_back({.prefix = *Prefix::FromText("198.51.100.0/25")});
  policy.notify_from.push_back({.prefix = *Prefix::FromText("203.0.113.0/24"), .key = "k1."});
  policy.notify_from.push_back({.prefix = *Prefix::FromText("203.0.113.0/24"), .key = "b..d"});
  return setup;
}

struct Case {
  const char* name;
  const char* zone;
  const char* client;
  const char* key;  // "": unsigned.
  Rcode rcode;
  const char* primary;
};

// clang-format off
constexpr Case kCases[] = {
    {"Primary",             "a.example.", "192.0.2.1",      "",    Rcode::kNoError, "p1"},
    {"PrimaryInAnyCase",    "A.eXample.", "192.0.2.1",      "",    Rcode::kNoError, "p1"},
    {"OtherPrimary",        "a.example.", "2001:db8::1",    "",    Rcode::kNoError, "p2"},
    {"Network",             "a.example.", "198.51.100.127", "",    Rcode::kNoError, ""},
    {"BesideTheNetwork",    "a.example.", "198.51.100.128", "",    Rcode::kRefused, ""},
    {"KeyIsMissing",        "a.example.", "203.0.113.9",    "",    Rcode::kRefused, ""},
    {"OtherKey",            "a.example.", "203.0.113.9",    "k2.", Rcode::kRefused, ""},
    {"Key",                 "a.example.", "203.0.113.9",    "K1.", Rcode::kNoError, ""},
    {"Stranger",            "a.example.", "192.0.2.2",      "k1.", Rcode::kRefused, ""},
    {"OtherFamily",         "a.example.", "c000:201::",     "",    Rcode::kRefused, ""},
    {"UnknownZone",         "b.example.", "192.0.2.1",      "",    Rcode::kNotAuth, ""},
    {"BelowTheZone",      "x.a.example.", "192.0.2.1",      "",    Rcode::kNotAuth, ""},
};
// clang-format on

TEST(NotifyDoor, AllowsSenders) {
  for (const Case& c : kCases) {
    NotifyDoor door;
    door.Configure(SetupWithRules());
    const SocketAddress client = *SocketAddress::FromText(c.client, 53);
    sockaddr_storage storage = {};
    std::copy_n(reinterpret_cast<const uint8_t*>(client.get()), client.size(),
                reinterpret_cast<uint8_t*>(&storage));
    bool is_first = false;
    const Name key = N(*c.key == '\0' ? "." : c.key);
    const auto signed_with = *c.key == '\0' ? std::nullopt : std::optional(key.view());
    EXPECT_EQ(door.Offer(N(c.zone), 7, AddressOctets(storage), signed_with, is_first), c.rcode)
        << c.name;
    EXPECT_EQ(is_first, c.rcode == Rcode::kNoError) << c.name;
    int taken = 0;
    door.Take([&](NameView zone, const NotifyDoor::Item& item) {
      ++taken;
      EXPECT_EQ(zone.ToText(), "a.example.");
      EXPECT_EQ(item.primary, c.primary) << c.name;
      EXPECT_EQ(item.hint, 7u);
    });
    EXPECT_EQ(taken, c.rcode == Rcode::kNoError ? 1 : 0) << c.name;
  }
}

const uint8_t kClient[] = {192, 0, 2, 1};

TEST(NotifyDoor, KeepsOneForEachZoneWithTheFurthestHint) {
  NotifyDoor door;
  door.Configure(SetupWithRules());
  bool is_first = false;
  for (const uint32_t hint : {8u, 0xfffffff0u, 9u, 3u}) {
    door.Offer(N("a.example."), hint, kClient, std::nullopt, is_first);
    EXPECT_EQ(is_first, hint == 8);
  }
  std::vector<uint32_t> hints;
  const auto take = [&](NameView, const NotifyDoor::Item& item) {
    hints.push_back(item.hint.value_or(0));
  };
  door.Take(take);
  EXPECT_EQ(hints, std::vector<uint32_t>{9});
  door.Offer(N("a.example."), 8, kClient, std::nullopt, is_first);
  EXPECT_TRUE(is_first);
  door.Offer(N("a.example."), std::nullopt, kClient, std::nullopt, is_first);
  door.Offer(N("a.example."), 9, kClient, std::nullopt, is_first);
  door.Take(take);
  EXPECT_EQ(hints, (std::vector<uint32_t>{9, 0})) << "without a hint: asked in any case";
}

TEST(NotifyDoor, IsBounded) {
  std::vector<std::string> names;
  for (size_t i = 0; i <= NotifyDoor::kWaitingMax; ++i) {
    names.push_back(absl::StrCat("z", i, ".example."));
  }
  NotifyDoor door;
  door.Configure(RefreshBench::Setup(names, {"p1"}));
  bool is_first = false;
  for (size_t i = 0; i < NotifyDoor::kWaitingMax; ++i) {
    ASSERT_EQ(door.Offer(N(names[i]), 1, kClient, std::nullopt, is_first), Rcode::kNoError);
  }
  EXPECT_EQ(door.Offer(N(names.back()), 1, kClient, std::nullopt, is_first), Rcode::kServFail);
  EXPECT_EQ(door.Offer(N(names[0]), 1, kClient, std::nullopt, is_first), Rcode::kNoError);
}

TEST(NotifyDoor, ThreadsMayOfferWhileItIsConfigured) {
  NotifyDoor door;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&door] {
      bool is_first = false;
      for (uint32_t hint = 0; hint < 2'000; ++hint) {
        door.Offer(N("a.example."), hint, kClient, std::nullopt, is_first);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    door.Configure(SetupWithRules());
    door.Take(
        [](NameView zone, const NotifyDoor::Item&) { EXPECT_EQ(zone.ToText(), "a.example."); });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace hither
