#ifndef HITHER_SERVER_TRANSFER_LINK_H_
#define HITHER_SERVER_TRANSFER_LINK_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/answer/notify_handler.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// Makes the part that transfers zones; `host` outlives it.
using TransferServiceFactory = std::function<std::unique_ptr<TransferService>(TransferHost& host)>;

// Owns the TransferService, which is made when the first zone comes from primaries: a server
// without such zones needs no state_dir, and has no thread for transfers.
//
// Threads: Start(), Configure() and Stop() are the control thread's. Any thread calls the others.
class TransferLink : public NotifyHandler, private TransferHost {
 public:
  using OnVersionsFunction = std::function<void(std::vector<TransferredVersion> versions)>;

  // `on_versions` is called on any thread, until Stop() returns. Without a factory nothing is
  // transferred, and NOTIFYs are refused.
  TransferLink(TransferServiceFactory make, OnVersionsFunction on_versions)
      : make_(std::move(make)), on_versions_(std::move(on_versions)) {}
  ~TransferLink() override { Stop(); }
  TransferLink(const TransferLink&) = delete;
  TransferLink& operator=(const TransferLink&) = delete;

  // See TransferService::Start(). As the user that the server becomes: state_dir is made here.
  absl::Status Start(TransferSetup setup, absl::Duration patience);
  // At a reload. It may have the first zones from primaries, and then fail like Start().
  absl::Status Configure(TransferSetup setup);
  // For good.
  void Stop();

  // Null while no zone has come from primaries, and after Stop(). It lives as long as this.
  TransferService* service() const { return running_.load(std::memory_order_acquire); }

  Rcode OnNotify(NameView zone, std::optional<uint32_t> serial,
                 const AccessClient& sender) override;

 private:
  void OnVersions(std::vector<TransferredVersion> versions) override;

  const TransferServiceFactory make_;
  const OnVersionsFunction on_versions_;
  std::unique_ptr<TransferService> service_;
  std::atomic<TransferService*> running_{nullptr};
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_LINK_H_
