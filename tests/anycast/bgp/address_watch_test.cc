#include "anycast/bgp/address_watch.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <uv.h>

#include "base/clock.h"
#include "tests/anycast/route/kernel_lab.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

// Against the kernel, in a network namespace of this process.
class AddressWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!EnterOwnNetwork()) GTEST_SKIP() << "needs the right to make network namespaces";
    netlink_ = *Netlink::Open();
    interface_ = *netlink_->MakeInterface("hw0");
    watch_ = std::make_unique<AddressWatch>(loop_.get());
  }
  const InterfaceAddress* Find(absl::string_view text) {
    for (const InterfaceAddress& each : watch_->all()) {
      if (each.address.AddressText() == text) return &each;
    }
    return nullptr;
  }
  // The loop's turns bring the notification, its ticks the new list.
  bool Until(std::function<bool()> done) {
    return loop_.RunUntil(std::move(done), AddressWatch::kRescanMax / 2,
                          [this] { watch_->OnTick(MonotonicNow()); });
  }

  TestLoop loop_;
  std::unique_ptr<Netlink> netlink_;
  uint32_t interface_ = 0;
  std::unique_ptr<AddressWatch> watch_;
};

TEST_F(AddressWatchTest, FollowsTheKernel) {
  const KernelAddress address =
      MakeAddress(HostAddress::Of(A("fd00:1::22")), 64, interface_, IFA_F_NODAD, 0xFFFFFFFF);
  EXPECT_EQ(Find("fd00:1::22"), nullptr);
  const uint64_t before = watch_->generation();
  ASSERT_TRUE(netlink_->SetAddress(address).ok());
  ASSERT_TRUE(Until([&] { return Find("fd00:1::22") != nullptr; }));
  EXPECT_NE(watch_->generation(), before);
  EXPECT_EQ(Find("fd00:1::22")->interface, "hw0");
  EXPECT_EQ(Find("fd00:1::22")->length, 64);
  EXPECT_GT(Find("fd00:1::22")->created, 0u);
  ASSERT_TRUE(netlink_->DeleteAddress(address).ok());
  EXPECT_TRUE(Until([&] { return Find("fd00:1::22") == nullptr; }));
}

// A renewed lease is a notification, and no change.
TEST_F(AddressWatchTest, ALifetimeIsNoChange) {
  KernelAddress address =
      MakeAddress(HostAddress::Of(A("fd00:1::23")), 128, interface_, IFA_F_NODAD, 100);
  ASSERT_TRUE(netlink_->SetAddress(address).ok());
  ASSERT_TRUE(Until([&] { return Find("fd00:1::23") != nullptr; }));
  const uint64_t before = watch_->generation();
  address.valid_seconds = 200;
  ASSERT_TRUE(netlink_->SetAddress(address).ok());
  EXPECT_FALSE(loop_.RunUntil([&] { return watch_->generation() != before; },
                              2 * AddressWatch::kRescanMin,
                              [this] { watch_->OnTick(MonotonicNow()); }));
}

}  // namespace
}  // namespace hither
