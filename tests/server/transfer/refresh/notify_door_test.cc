#include "server/transfer/refresh/notify_door.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/refresh/refresh_bench.h"

namespace hither {
namespace {

Name N(const std::string& text) { return *Name::FromText(text); }

constexpr auto kKey = NotifySource::Signing::kKey;

// Primaries p1 (192.0.2.1) of a.example. and p2 (2001:db8::1), which only notifies; a network that
// needs no key, and one that does.
TransferSetup SetupWithRules() {
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1", "p2"});
  setup.primaries[1].address = *SocketAddress::FromText("2001:db8::1", 53);
  TransferPolicy& policy = setup.policies[0];
  policy.primaries = {"p1"};
  policy.notify_from.push_back({.primary = "p2"});
  policy.notify_from.push_back({.prefixes = {*Prefix::FromText("198.51.100.0/25")}});
  const Prefix keyed = *Prefix::FromText("203.0.113.0/24");
  policy.notify_from.push_back({.prefixes = {keyed}, .signing = kKey, .key = "k1."});
  policy.notify_from.push_back({.prefixes = {keyed}, .signing = kKey, .key = "b..d"});
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
    const AccessClient sender{.address = AddressOctets(storage), .key = signed_with};
    EXPECT_EQ(door.Offer(N(c.zone), 7, sender, is_first), c.rcode) << c.name;
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

// Entries come before what a zone's primaries may do without one: each primary here needs another
// thing. p1: a signature by k1. p2: TCP. p3: nothing. p4: a key, whichever.
TEST(NotifyDoor, EntriesMayAskMoreOfPrimaries) {
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1", "p2", "p3", "p4"});
  for (size_t i = 0; i < 4; ++i) {
    setup.primaries[i].address = *SocketAddress::FromText(absl::StrCat("192.0.2.", i + 1), 53);
  }
  setup.policies[0].notify_from = {
      {.primary = "p1", .signing = kKey, .key = "k1."},
      {.primary = "p1", .is_denial = true},
      {.primary = "p2", .takes_tcp = false, .is_denial = true},
      {.primary = "p4", .signing = NotifySource::Signing::kUnsigned, .is_denial = true}};
  NotifyDoor door;
  door.Configure(setup);
  std::string table;
  for (const char* key : {"", "k1.", "k2."}) {
    for (const AccessTransport transport : {AccessTransport::kUdp, AccessTransport::kTcp}) {
      absl::StrAppend(&table, *key == '\0' ? "-" : key,
                      transport == AccessTransport::kUdp ? " udp:" : " tcp:");
      for (uint8_t host = 1; host <= 5; ++host) {
        const uint8_t address[] = {192, 0, 2, host};
        const Name name = N(*key == '\0' ? "." : key);
        AccessClient sender{.address = address, .transport = transport};
        if (*key != '\0') sender.key = name.view();
        bool is_first = false;
        const Rcode rcode = door.Offer(N("a.example."), 7, sender, is_first);
        absl::StrAppend(&table, rcode == Rcode::kNoError ? " yes" : " no");
        door.Take([&](NameView, const NotifyDoor::Item& item) {
          EXPECT_EQ(item.primary, absl::StrCat("p", host)) << "who is asked first";
        });
      }
      table += '\n';
    }
  }
  EXPECT_EQ(table,
            "- udp: no no yes no no\n"
            "- tcp: no yes yes no no\n"
            "k1. udp: yes no yes yes no\n"
            "k1. tcp: yes yes yes yes no\n"
            "k2. udp: no no yes yes no\n"
            "k2. tcp: no yes yes yes no\n");
}

// The host's sockets decide how an IPv4 sender looks; the primary is the same.
TEST(NotifyDoor, KnowsPrimariesByMappedAddresses) {
  for (const char* configured : {"192.0.2.1", "::ffff:192.0.2.1"}) {
    TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1"});
    setup.primaries[0].address = *SocketAddress::FromText(configured, 53);
    NotifyDoor door;
    door.Configure(setup);
    const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    for (const ByteView client : {ByteView(kClient), ByteView(mapped)}) {
      bool is_first = false;
      EXPECT_EQ(door.Offer(N("a.example."), 7, {.address = client}, is_first), Rcode::kNoError);
      door.Take([](NameView, const NotifyDoor::Item& item) { EXPECT_EQ(item.primary, "p1"); });
    }
  }
}

TEST(NotifyDoor, KeepsOneForEachZoneWithTheFurthestHint) {
  NotifyDoor door;
  door.Configure(SetupWithRules());
  bool is_first = false;
  for (const uint32_t hint : {8u, 0xfffffff0u, 9u, 3u}) {
    door.Offer(N("a.example."), hint, {.address = kClient}, is_first);
    EXPECT_EQ(is_first, hint == 8);
  }
  std::vector<uint32_t> hints;
  const auto take = [&](NameView, const NotifyDoor::Item& item) {
    hints.push_back(item.hint.value_or(0));
  };
  door.Take(take);
  EXPECT_EQ(hints, std::vector<uint32_t>{9});
  door.Offer(N("a.example."), 8, {.address = kClient}, is_first);
  EXPECT_TRUE(is_first);
  door.Offer(N("a.example."), std::nullopt, {.address = kClient}, is_first);
  door.Offer(N("a.example."), 9, {.address = kClient}, is_first);
  door.Take(take);
  EXPECT_EQ(hints, (std::vector<uint32_t>{9, 0})) << "without a hint: asked in any case";
}

// Their senders have been told NOERROR, and do not repeat them.
TEST(NotifyDoor, ANewConfigurationKeepsWhatWaits) {
  NotifyDoor door;
  door.Configure(RefreshBench::Setup({"a.example.", "b.example."}, {"p1"}));
  bool is_first = false;
  ASSERT_EQ(door.Offer(N("a.example."), 7, {.address = kClient}, is_first), Rcode::kNoError);
  ASSERT_EQ(door.Offer(N("b.example."), 8, {.address = kClient}, is_first), Rcode::kNoError);
  door.Configure(RefreshBench::Setup({"c.example.", "b.example."}, {"p1"}));
  std::string taken;
  door.Take([&](NameView zone, const NotifyDoor::Item& item) {
    absl::StrAppend(&taken, zone.ToText(), " ", item.hint.value_or(0), " ", item.primary, "\n");
  });
  EXPECT_EQ(taken, "b.example. 8 p1\n");
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
    ASSERT_EQ(door.Offer(N(names[i]), 1, {.address = kClient}, is_first), Rcode::kNoError);
  }
  EXPECT_EQ(door.Offer(N(names.back()), 1, {.address = kClient}, is_first), Rcode::kServFail);
  EXPECT_EQ(door.Offer(N(names[0]), 1, {.address = kClient}, is_first), Rcode::kNoError);
}

TEST(NotifyDoor, ThreadsMayOfferWhileItIsConfigured) {
  NotifyDoor door;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&door] {
      bool is_first = false;
      for (uint32_t hint = 0; hint < 2'000; ++hint) {
        door.Offer(N("a.example."), hint, {.address = kClient}, is_first);
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
