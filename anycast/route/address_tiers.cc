#include <linux/if_addr.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "anycast/route/kernel_tiers.h"

namespace hither {
namespace {

constexpr std::array<State, 3> kTiers = {State::kUp, State::kSoft, State::kDrain};

// No duplicate address detection (RFC 4862 §5.4): nobody else is on the interface.
constexpr uint32_t kFlags = IFA_F_NOPREFIXROUTE | IFA_F_NODAD;

bool IsOurs(const KernelAddress& address) {
  return (address.flags & IFA_F_NOPREFIXROUTE) != 0 && address.preferred_seconds == 0 &&
         address.valid_seconds != 0xFFFFFFFF;
}

class AddressTiers : public KernelTiers {
 public:
  AddressTiers(const AnycastConfig::Kernel& config, LeaseAddresses leases, Netlink& netlink)
      : config_(config), leases_(std::move(leases)), netlink_(netlink) {}

  absl::StatusOr<std::vector<Present>> List() override;
  absl::Status Renew(const Prefix& prefix, State state) override;
  absl::Status Remove(const Prefix& prefix, State state) override;
  std::string Where(State state) const override {
    return absl::StrCat("kernel ", InterfaceOf(state));
  }

 private:
  const std::string& InterfaceOf(State state) const;
  HostAddress LeaseOf(const Prefix& prefix) const;

  const AnycastConfig::Kernel config_;
  const LeaseAddresses leases_;
  Netlink& netlink_;
};

const std::string& AddressTiers::InterfaceOf(State state) const {
  if (state == State::kUp) return config_.interface_up;
  return state == State::kSoft ? config_.interface_soft : config_.interface_drain;
}

// A /32 has no second address: the lease is a copy of the service address, on another interface
// than the one that stays.
HostAddress AddressTiers::LeaseOf(const Prefix& prefix) const {
  const auto found = leases_.find(prefix);
  return found != leases_.end() ? found->second : HostAddress{prefix.family, prefix.address};
}

absl::StatusOr<std::vector<KernelTiers::Present>> AddressTiers::List() {
  std::vector<Present> present;
  for (const State state : kTiers) {
    const auto interface = netlink_.FindInterface(InterfaceOf(state));
    if (absl::IsNotFound(interface.status())) continue;  // Nothing is on it. Renew() makes it.
    if (!interface.ok()) return interface.status();
    const auto addresses = netlink_.Addresses(*interface);
    if (!addresses.ok()) return addresses.status();
    for (const KernelAddress& address : *addresses) {
      if (IsOurs(address)) present.push_back({address.prefix(), state});
    }
  }
  return present;
}

absl::Status AddressTiers::Renew(const Prefix& prefix, State state) {
  const auto interface = netlink_.MakeInterface(InterfaceOf(state));
  if (!interface.ok()) return interface.status();
  return netlink_.SetAddress(
      MakeAddress(LeaseOf(prefix), prefix.length, *interface, kFlags, LeaseSeconds(config_)));
}

// By what is there, not by what would be set today: a lease of an earlier configuration may have
// been another address.
absl::Status AddressTiers::Remove(const Prefix& prefix, State state) {
  const auto interface = netlink_.FindInterface(InterfaceOf(state));
  if (absl::IsNotFound(interface.status())) return absl::OkStatus();
  if (!interface.ok()) return interface.status();
  const auto addresses = netlink_.Addresses(*interface);
  if (!addresses.ok()) return addresses.status();
  absl::Status status;
  for (const KernelAddress& address : *addresses) {
    if (IsOurs(address) && address.prefix() == prefix) {
      status.Update(netlink_.DeleteAddress(address));
    }
  }
  return status;
}

}  // namespace

uint32_t LeaseSeconds(const AnycastConfig::Kernel& config) {
  const absl::Duration whole = absl::Ceil(config.lease, absl::Seconds(1));
  return static_cast<uint32_t>(std::max<int64_t>(1, absl::ToInt64Seconds(whole)));
}

std::unique_ptr<KernelTiers> MakeAddressTiers(const AnycastConfig::Kernel& config,
                                              LeaseAddresses leases, Netlink& netlink) {
  return std::make_unique<AddressTiers>(config, std::move(leases), netlink);
}

}  // namespace hither
