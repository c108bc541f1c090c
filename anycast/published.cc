#include "anycast/published.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/pages.h"
#include "anycast/signals/page_seal.h"
#include "base/clock.h"

namespace hither {

void Published::Set(View view, std::string peer_page, std::string peer_key) {
  MutexLock lock(mu_);
  view_.swap(view);  // The former one is freed after the lock, if nobody reads it.
  peer_page_ = std::move(peer_page);
  peer_key_ = std::move(peer_key);
}

Published::View Published::view() const {
  MutexLock lock(mu_);
  return view_;
}

AdminHandlers Published::Pages() const {
  AdminHandlers handlers;
  handlers.metrics = [this] { return MetricsPage(*view(), MonotonicNow()); };
  handlers.health = [this] { return HealthOf(*view(), MonotonicNow()); };
  handlers.status = [this] { return StatusJson(*view(), MonotonicNow()); };
  handlers.more.push_back({"GET", "/status.txt", [this](const AdminParameters&) {
                             return AdminAnswer{.text = StatusText(*view(), MonotonicNow())};
                           }});
  handlers.more.push_back(
      {"GET", "/peer",
       [this](const AdminParameters& parameters) { return PeerPage(parameters, MonotonicNow()); },
       /*is_ready=*/true});
  return handlers;
}

// If the loop hangs, peers must not continue to believe what it wrote last.
AdminAnswer Published::PeerPage(const AdminParameters& parameters, absl::Time now) const {
  if (auto health = HealthOf(*view(), now); !health.ok()) {
    return {.code = 503, .text = absl::StrCat(health.message(), "\n")};
  }
  const std::string nonce = Parameter(parameters, "nonce");
  MutexLock lock(mu_);
  if (peer_key_.empty() || !IsNonce(nonce)) return {.text = peer_page_, .is_json = true};
  return {.text = SealPage(peer_page_, nonce, peer_key_), .is_json = true};
}

}  // namespace hither
