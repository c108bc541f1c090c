#ifndef HITHER_ANYCAST_ROUTE_NETLINK_H_
#define HITHER_ANYCAST_ROUTE_NETLINK_H_

#include <linux/if_addr.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anycast/route/netlink_message.h"
#include "base/file_descriptor.h"

namespace hither {

// Changes and reads addresses and routes of this network namespace (rtnetlink). Needs
// CAP_NET_ADMIN for changes.
//
// Threads: one thread's. Nothing here waits for an answer: the kernel works on a request inside of
// send() and on each piece of a dump inside of recv(), so that the answer is there at once; the
// socket is non-blocking, and an answer that is not there is an error. What can hold a caller up is
// the kernel's own lock, for as long as another program's request takes.
//
// Errors: absl's code of the errno, with what was tried and what to do.
class Netlink {
 public:
  static absl::StatusOr<std::unique_ptr<Netlink>> Open();
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;

  // The index of the interface; NotFound if there is none of that name.
  absl::StatusOr<uint32_t> FindInterface(const std::string& name);
  // The same, but makes one, set up, that carries no traffic: of kind dummy, or of ifb or bridge
  // where the kernel has no dummy. One that is there is set up.
  absl::StatusOr<uint32_t> MakeInterface(const std::string& name);

  // Adds, or gives the one that is there the new lifetimes.
  absl::Status SetAddress(const KernelAddress& address);
  absl::Status DeleteAddress(const KernelAddress& address);  // OK if there is none.
  absl::StatusOr<std::vector<KernelAddress>> Addresses(uint32_t interface);
  absl::StatusOr<std::vector<KernelAddress>> AllAddresses();
  // The name of an interface that is up; empty: it is down, or gone.
  std::string NameIfUp(uint32_t interface) const;

  // Adds, or replaces the one of the same prefix, table and metric.
  absl::Status SetRoute(const KernelRoute& route);
  absl::Status DeleteRoute(const KernelRoute& route);  // OK if there is none.
  // Those of one family which `protocol` made in `table`.
  absl::StatusOr<std::vector<KernelRoute>> Routes(IpFamily family, uint8_t protocol,
                                                  uint32_t table);

 private:
  explicit Netlink(FileDescriptor fd) : fd_(std::move(fd)) {}
  absl::StatusOr<NetlinkReply> Ask(NetlinkRequest request, absl::string_view what);
  absl::StatusOr<std::vector<KernelAddress>> DumpAddresses(const ifaddrmsg& head);
  absl::StatusOr<NetlinkReply> Receive(absl::string_view what);
  absl::Status AddInterface(const std::string& name, absl::string_view kind);
  absl::Status SetUp(uint32_t index, const std::string& name);

  const FileDescriptor fd_;
  uint32_t sequence_ = 0;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_NETLINK_H_
