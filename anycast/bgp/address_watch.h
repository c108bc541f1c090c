#ifndef HITHER_ANYCAST_BGP_ADDRESS_WATCH_H_
#define HITHER_ANYCAST_BGP_ADDRESS_WATCH_H_

#include <uv.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "anycast/bgp/next_hop.h"
#include "anycast/route/netlink.h"
#include "base/file_descriptor.h"
#include "base/net/uv.h"

namespace hither {

// Gives sessions the addresses of this host. Tests have their own.
class AddressSource {
 public:
  virtual ~AddressSource() = default;
  virtual void OnTick(absl::Time /*now*/) {}
  // Those of interfaces that are up. Empty: unknown.
  virtual const std::vector<InterfaceAddress>& all() const = 0;
  // Changes whenever all() does.
  virtual uint64_t generation() const = 0;
};

// Follows the kernel: an rtnetlink notification marks the list as stale, and the next tick reads
// all of it again. A notification's contents are not used, since notifications may be lost.
//
// Limits: reads at most once per kRescanMin, because leased addresses are renewed twice a second;
// without a notification once per kRescanMax. Errors: the last list stays; without netlink it is
// empty.
// Threads: the loop's.
class AddressWatch : public AddressSource {
 public:
  static constexpr absl::Duration kRescanMin = absl::Milliseconds(200);
  static constexpr absl::Duration kRescanMax = absl::Seconds(5);

  explicit AddressWatch(uv_loop_t* loop);  // Reads the list for the first time.
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

  void OnTick(absl::Time now) override;
  const std::vector<InterfaceAddress>& all() const override { return all_; }
  uint64_t generation() const override { return generation_; }

 private:
  void OnReadable(int status);
  void Subscribe(uv_loop_t* loop);
  void Drain();
  void Rescan();

  std::unique_ptr<Netlink> netlink_;
  FileDescriptor socket_;
  UvPoll poll_;  // Closed before socket_.
  bool is_old_ = false;
  absl::Time scanned_ = absl::InfinitePast();
  std::vector<InterfaceAddress> all_;
  uint64_t generation_ = 1;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_ADDRESS_WATCH_H_
