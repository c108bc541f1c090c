#ifndef HITHER_ANYCAST_PUBLISHED_H_
#define HITHER_ANYCAST_PUBLISHED_H_

#include <memory>
#include <string>

#include "anycast/view.h"
#include "base/mutex.h"
#include "daemon/admin/admin_handlers.h"

namespace hither {

// What others may read of the sidecar: the view of its last tick, and the page for its peers.
//
// Threads: Set() is the loop's; the rest, and the handlers, are for any. It outlives the handlers.
class Published {
 public:
  using View = std::shared_ptr<const SidecarView>;

  // `peer_key` seals the page for a peer that asks with a nonce; empty: none does.
  void Set(View view, std::string peer_page, std::string peer_key);
  View view() const;
  // The pages for peers and for everything that only reads.
  AdminHandlers Pages() const;
  AdminAnswer PeerPage(const AdminParameters& parameters, absl::Time now) const;

 private:
  mutable Mutex mu_;
  View view_ ABSL_GUARDED_BY(mu_);
  std::string peer_page_ ABSL_GUARDED_BY(mu_);
  std::string peer_key_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hither

#endif  // HITHER_ANYCAST_PUBLISHED_H_
