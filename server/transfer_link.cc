#include "server/transfer_link.h"

#include <utility>

namespace hither {

absl::Status TransferLink::Start(TransferSetup setup, absl::Duration patience) {
  if (make_ == nullptr || setup.zones.empty()) return absl::OkStatus();
  service_ = make_(*this);
  absl::Status started = service_->Start(std::move(setup), patience);
  if (!started.ok()) {
    service_.reset();  // The next reload may find state_dir in order.
    return started;
  }
  running_.store(service_.get(), std::memory_order_release);
  return started;
}

absl::Status TransferLink::Configure(TransferSetup setup) {
  // What is on disk is published when it has been read: queries do not wait for it.
  if (service_ == nullptr) return Start(std::move(setup), absl::ZeroDuration());
  service_->Configure(std::move(setup));
  return absl::OkStatus();
}

void TransferLink::Stop() {
  TransferService* const running = running_.exchange(nullptr, std::memory_order_acq_rel);
  if (running != nullptr) running->Stop();  // It is kept: a worker may be in OnNotify().
}

Rcode TransferLink::OnNotify(NameView zone, std::optional<uint32_t> serial,
                             const AccessClient& sender) {
  TransferService* const service = this->service();
  return service == nullptr ? Rcode::kRefused : service->OnNotify(zone, serial, sender);
}

void TransferLink::OnVersions(std::vector<TransferredVersion> versions) {
  on_versions_(std::move(versions));
}

}  // namespace hither
