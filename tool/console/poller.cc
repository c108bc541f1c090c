#include "tool/console/poller.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/net/start_loop.h"
#include "base/thread.h"

namespace hither {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr char kEnding[] =
    "the console is shutting down; it is unknown whether the command was carried out";
constexpr size_t kAgentBytesMax = 256 << 10;

// The body of a 200, or what is wrong.
absl::StatusOr<std::string> PageOf(absl::StatusOr<HttpReply> reply) {
  if (!reply.ok()) return reply.status();
  if (reply->code == 200) return std::move(reply->body);
  const std::string error = ReadError(reply->body);
  return absl::UnavailableError(
      absl::StrCat("answers HTTP status ", reply->code, error.empty() ? "" : ": ", error));
}

}  // namespace

// `read` parses the page, outside the lock; `take` gives the report to the model.
void Poller::AddPage(const SocketAddress& address, const char* path, size_t bytes_max, auto read,
                     auto take) {
  Target& target = targets_.emplace_back();
  target.order = {.to = address, .path = path, .timeout = kPageTimeout, .bytes_max = bytes_max};
  target.take = [this, read, take](const absl::StatusOr<std::string>& page) {
    const auto report = page.ok() ? read(*page) : page.status();
    feed_.Change([&](ConsoleModel& model) { take(model, report, absl::Now()); });
  };
}

void Poller::AddNode(const std::string& id, const Fleet::Node& node) {
  if (node.hitherd.has_value()) {
    AddPage(
        *node.hitherd, "/status", kReportBytesMax, ReadHitherdReport,
        [id](auto& model, const auto& report, auto now) { model.TakeHitherd(id, report, now); });
  }
  if (node.anycast.has_value()) {
    AddPage(
        *node.anycast, "/status", kReportBytesMax, ReadSidecarReport,
        [id](auto& model, const auto& report, auto now) { model.TakeSidecar(id, report, now); });
  }
  if (node.agent.has_value()) AddFaults(id, *node.agent);
}

void Poller::AddFaults(const std::string& name, const SocketAddress& agent) {
  AddPage(
      agent, "/agent", kAgentBytesMax, ReadFaults,
      [name](auto& model, const auto& faults, auto now) { model.TakeFaults(name, faults, now); });
}

void Poller::AddRouter(const Fleet::Router& router) {
  if (!router.agent.has_value()) return;
  AddFaults(router.name, *router.agent);
  AddPage(*router.agent, "/sessions", kAgentBytesMax, ReadSessions,
          [name = router.name](auto& model, const auto& sessions, auto now) {
            model.TakeSessions(name, sessions, now);
          });
}

void Poller::AddTargets() {
  const Fleet& fleet = feed_.fleet();
  for (const Fleet::Site& site : fleet.sites) {
    for (const Fleet::Node& node : site.nodes) AddNode(FullName(site, node), node);
  }
  for (const Fleet::Router& router : fleet.routers) AddRouter(router);
  for (const Fleet::Client& client : fleet.clients) {
    if (!client.agent.has_value()) continue;
    AddPage(*client.agent, "/ask", kAgentBytesMax, ReadAnswers,
            [name = client.name](auto& model, const auto& answers, auto now) {
              model.TakeAnswers(name, answers, now);
            });
  }
}

absl::Status Poller::Start() {
  AddTargets();
  if (absl::Status started = StartLoop(loop_); !started.ok()) return started;
  timer_ = UvTimer(loop_, [this] { Tick(); });
  if (stop_.Open(loop_, [this] { uv_stop(&loop_); }) != 0 ||
      errand_came_.Open(loop_, [this] { RunErrands(); }) != 0) {
    CloseLoop();
    return absl::ResourceExhaustedError("cannot ask the fleet; raise the limit on open files");
  }
  timer_.Start(absl::ZeroDuration(), kTick);
  auto loop = StartThread("ask the fleet", [this] { RunLoop(); });
  if (!loop.ok()) {
    CloseLoop();
    return loop.status();
  }
  threads_.push_back(*std::move(loop));
  if (ask_here_ == nullptr) return absl::OkStatus();
  auto here = StartThread("ask the anycast addresses", [this] { RunHere(); });
  if (!here.ok()) return here.status();
  threads_.push_back(*std::move(here));
  return absl::OkStatus();
}

void Poller::Stop() {
  if (threads_.empty()) return;
  {
    const std::lock_guard lock(here_mu_);
    stopping_ = true;
  }
  here_wakes_.notify_all();
  stop_.Send();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Poller::RunLoop() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  for (Target& target : targets_) target.asking.reset();
  CloseLoop();
}

void Poller::CloseLoop() {
  timer_.Close();
  stop_.Close();
  errand_came_.Close();
  while (uv_run(&loop_, UV_RUN_NOWAIT) != 0) {
  }
  HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

void Poller::Tick() {
  const uint64_t now_ms = uv_now(&loop_);
  for (size_t seen = 0; seen < targets_.size() && asks_ < kAsksMax; ++seen) {
    Target& target = targets_[next_];
    next_ = (next_ + 1) % targets_.size();
    if (!target.is_asking && target.due_ms <= now_ms) Ask(target, now_ms);
  }
  if (publish_due_ms_ > now_ms) return feed_.PublishNews();
  publish_due_ms_ = now_ms + kEveryMs;
  feed_.Publish();
}

void Poller::Ask(Target& target, uint64_t now_ms) {
  target.due_ms = now_ms + kEveryMs;
  target.is_asking = true;
  ++asks_;
  target.asking = StartHttp(loop_, target.order, [this, &target](absl::StatusOr<HttpReply> reply) {
    target.is_asking = false;
    // Not before those that have waited.
    target.due_ms = std::max(target.due_ms, uv_now(&loop_));
    --asks_;
    target.take(PageOf(std::move(reply)));
  });
}

absl::StatusOr<HttpReply> Poller::AskFor(const HttpOrder& order) {
  auto errand = std::make_shared<Errand>();
  errand->order = order;
  auto reply = errand->reply.get_future();
  {
    const MutexLock lock(errands_mu_);
    if (errands_are_over_) return absl::CancelledError(kEnding);
    errands_.push_back(std::move(errand));
  }
  errand_came_.Send();
  return reply.get();
}

void Poller::CancelErrands() {
  {
    const MutexLock lock(errands_mu_);
    errands_are_over_ = true;
  }
  errand_came_.Send();
}

// As many as there are waiting threads.
void Poller::RunErrands() {
  std::vector<std::shared_ptr<Errand>> came;
  bool are_over = false;
  {
    const MutexLock lock(errands_mu_);
    came.swap(errands_);
    are_over = errands_are_over_;
  }
  std::erase_if(begun_, [](const auto& errand) { return errand->is_done; });
  for (const std::shared_ptr<Errand>& errand : came) {
    begun_.push_back(errand);
    if (are_over) continue;
    errand->asking = StartHttp(loop_, errand->order, [errand](absl::StatusOr<HttpReply> reply) {
      errand->is_done = true;
      errand->reply.set_value(std::move(reply));
    });
  }
  if (!are_over) return;
  for (const std::shared_ptr<Errand>& errand : begun_) {
    if (errand->is_done) continue;
    errand->asking.reset();
    errand->reply.set_value(absl::CancelledError(kEnding));
  }
  begun_.clear();
}

void Poller::RunHere() {
  for (;;) {
    const std::vector<ClientAnswer> answers = ask_here_(feed_.fleet());
    feed_.Change([&](ConsoleModel& model) { model.TakeAnswers(kHere, answers, absl::Now()); });
    std::unique_lock lock(here_mu_);
    const bool stops = here_wakes_.wait_for(lock, absl::ToChronoMilliseconds(kEvery),
                                            [this] { return stopping_; });
    if (stops) return;
  }
}

}  // namespace hither
