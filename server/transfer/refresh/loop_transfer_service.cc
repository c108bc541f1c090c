#include "server/transfer/refresh/loop_transfer_service.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/net/start_loop.h"
#include "base/thread.h"

namespace hither {
namespace {

// A host that slept, or a clock that libuv does not follow, is noticed after this time.
constexpr absl::Duration kSleepMax = absl::Seconds(30);

}  // namespace

// Each turn of the loop ends with work: so what came together, such as versions of one sync, is
// published together.
class LoopTransferService::Pulse {
 public:
  Pulse(uv_loop_t& loop, Refresher& refresher, NotifyRefusals& refusals,
        std::promise<void>& all_read)
      : refresher_(refresher),
        refusals_(refusals),
        all_read_(&all_read),
        timer_(loop, [] {}),
        prepare_(loop, [this] { Beat(); }) {}

 private:
  void Beat() {
    refresher_.Work();
    refusals_.Renew(BootNow());
    if (all_read_ != nullptr && refresher_.unread() == 0) {
      std::exchange(all_read_, nullptr)->set_value();
    }
    const absl::Duration wait = refresher_.next_wake() - BootNow();
    // A millisecond more than it is: the timer must not come before.
    timer_.Start(std::clamp(wait + absl::Milliseconds(1), absl::ZeroDuration(), kSleepMax));
  }

  Refresher& refresher_;
  NotifyRefusals& refusals_;
  std::promise<void>* all_read_;
  UvTimer timer_;
  UvPrepare prepare_;
};

LoopTransferService::LoopTransferService(TransferHost& host, OpenKeeper open_keeper,
                                         MakeClient make_client)
    : host_(host),
      open_keeper_(std::move(open_keeper)),
      make_client_(std::move(make_client)),
      random_(std::random_device()()) {}

LoopTransferService::~LoopTransferService() { Stop(); }

absl::Status LoopTransferService::Start(TransferSetup setup, absl::Duration patience) {
  absl::StatusOr<std::unique_ptr<VersionKeeper>> keeper = open_keeper_(setup);
  if (!keeper.ok()) return keeper.status();
  keeper_ = *std::move(keeper);
  door_.Configure(setup);
  std::promise<absl::Status> started;
  std::future<absl::Status> is_started = started.get_future();
  std::future<void> is_read = all_read_.get_future();
  absl::StatusOr<std::thread> thread =
      StartThread("transfer zones", [this, &setup, &started] { Run(std::move(setup), started); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  const absl::Status status = is_started.get();
  if (!status.ok()) {
    thread_.join();
    return status;
  }
  if (is_read.wait_for(absl::ToChronoMilliseconds(patience)) != std::future_status::ready) {
    Log(LogLevel::kWarning, "reading zones from disk takes longer than ",
        absl::FormatDuration(patience), "; those that are read are served");
  }
  return absl::OkStatus();
}

RefreshParts LoopTransferService::Parts() {
  return {.keeper = *keeper_,
          .host = host_,
          .make_client = [this](const PrimarySpec& spec) { return MakeOne(spec); },
          .now = [] { return TransferNow{.steady = BootNow(), .wall = absl::Now()}; },
          .random = [this] { return static_cast<uint32_t>(random_()); },
          .post = [this](std::function<void()> task) { tasks_.Post(std::move(task)); }};
}

std::unique_ptr<PrimaryClient> LoopTransferService::MakeOne(const PrimarySpec& spec) {
  absl::StatusOr<std::unique_ptr<PrimaryClient>> client = make_client_(loop_, spec);
  if (client.ok()) return *std::move(client);
  Log(LogLevel::kError, "primary ", spec.config.name, ": ", client.status().message());
  return nullptr;
}

void LoopTransferService::Run(TransferSetup setup, std::promise<absl::Status>& started) {
  absl::Status status = StartLoop(loop_);
  if (!status.ok()) return started.set_value(status);
  status = tasks_.Open(loop_);
  if (!status.ok()) {
    uv_loop_close(&loop_);
    return started.set_value(status);
  }
  calls_.Open(loop_);
  refresher_ = std::make_unique<Refresher>(Parts());
  refresher_->Configure(std::move(setup));
  auto pulse = std::make_unique<Pulse>(loop_, *refresher_, refusals_, all_read_);
  started.set_value(absl::OkStatus());
  uv_run(&loop_, UV_RUN_DEFAULT);  // Until Stop().
  pulse.reset();
  tasks_.Close();
  calls_.Close();
  keeper_->Stop();
  refresher_.reset();
  uv_run(&loop_, UV_RUN_DEFAULT);  // The handles that were closed.
  uv_loop_close(&loop_);
}

void LoopTransferService::Configure(TransferSetup setup) {
  door_.Configure(setup);
  auto shared = std::make_shared<TransferSetup>(std::move(setup));
  tasks_.Post([this, shared] { refresher_->Configure(std::move(*shared)); });
}

void LoopTransferService::Stop() {
  if (!thread_.joinable()) return;
  tasks_.Post([this] { uv_stop(&loop_); });
  thread_.join();
}

Rcode LoopTransferService::OnNotify(NameView zone, std::optional<uint32_t> serial,
                                    const AccessClient& sender) {
  bool is_first = false;
  const Rcode rcode = door_.Offer(zone, serial, sender, is_first);
  if (is_first) tasks_.Post([this] { TakeNotifies(); });
  if (rcode == Rcode::kRefused && refusals_.Note(zone, sender)) {
    tasks_.Post([this] { Log(LogLevel::kInfo, refusals_.Take(BootNow())); });
  }
  return rcode;
}

void LoopTransferService::TakeNotifies() {
  door_.Take([this](NameView zone, const NotifyDoor::Item& item) {
    refresher_->OnNotify(zone, item.hint, item.primary);
  });
}

absl::StatusOr<ZoneTransferStatus> LoopTransferService::StatusOf(NameView zone) {
  using Found = std::optional<ZoneTransferStatus>;
  const std::optional<Found> found = calls_.Call<Found>(
      [this, name = Name(zone)] { return refresher_->Status(name.view()); }, kAnswerMax);
  if (!found) {
    return absl::UnavailableError("transfers are busy or have ended; try again later");
  }
  if (*found) {
    ZoneTransferStatus status = **found;
    // Here, not on the loop: a disk that hangs must not hold up the other zones.
    status.versions = keeper_->Versions(status.zone);
    return status;
  }
  return absl::NotFoundError(
      absl::StrCat("zone ", zone.ToText(), " is not among the zones with primaries"));
}

std::vector<ZoneTransferStatus> LoopTransferService::Statuses(size_t first, size_t max) {
  using List = std::vector<ZoneTransferStatus>;
  return calls_
      .Call<List>([this, first, max] { return refresher_->Statuses(first, max); }, kAnswerMax)
      .value_or(List());
}

TransferService::Counts LoopTransferService::counts() {
  const std::optional<Counts> now =
      calls_.Call<Counts>([this] { return refresher_->Counts(); }, kAnswerMax);
  MutexLock lock(mu_);
  if (now) last_counts_ = *now;
  last_counts_.notifies_taken = door_.taken();
  last_counts_.notifies_refused = door_.refused();
  return last_counts_;
}

void LoopTransferService::Give(const Done& done, std::function<void(ZoneOrders&)> order) {
  const bool is_posted =
      tasks_.Post([this, order = std::move(order)] { order(refresher_->orders()); });
  if (!is_posted) done(absl::UnavailableError("the server does not transfer zones now"));
}

void LoopTransferService::Refresh(NameView zone, Done done) {
  Give(done, [name = Name(zone), done](ZoneOrders& orders) { orders.Refresh(name.view(), done); });
}

void LoopTransferService::Retransfer(NameView zone, Done done) {
  Give(done,
       [name = Name(zone), done](ZoneOrders& orders) { orders.Retransfer(name.view(), done); });
}

void LoopTransferService::Accept(NameView zone, std::optional<uint32_t> serial, Done done) {
  Give(done, [name = Name(zone), serial, done](ZoneOrders& orders) {
    orders.Accept(name.view(), serial, done);
  });
}

void LoopTransferService::RollBack(NameView zone, std::optional<uint32_t> serial, Done done) {
  Give(done, [name = Name(zone), serial, done](ZoneOrders& orders) {
    orders.RollBack(name.view(), serial, done);
  });
}

}  // namespace hither
