#ifndef HITHER_TOOL_CONSOLE_POLLER_H_
#define HITHER_TOOL_CONSOLE_POLLER_H_

#include <uv.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/net/http_ask.h"
#include "base/net/uv.h"
#include "tool/console/page_feed.h"

namespace hither {

// Which site answers here: for a fleet without its own clients. Waits for the answers.
using AskHere = std::function<std::vector<ClientAnswer>(const Fleet& fleet)>;

// Queries every page of the fleet once a second, in parallel, and gives the reports to the feed.
//
// Threads: Start() and Stop() are the main thread's. One thread of ours has a loop that queries all
// pages; another one queries the anycast addresses from here, if configured. Limits: a page has
// kPageTimeout; at most kAsksMax are queried at a time, in turn.
class Poller {
 public:
  static constexpr uint64_t kEveryMs = 1'000;
  static constexpr absl::Duration kEvery = absl::Milliseconds(kEveryMs);
  static constexpr absl::Duration kPageTimeout = absl::Seconds(2);
  static constexpr int kAsksMax = 256;
  static constexpr char kHere[] = "here";  // Our own name as a client.

  Poller(PageFeed& feed, AskHere ask_here) : feed_(feed), ask_here_(std::move(ask_here)) {}
  ~Poller() { Stop(); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  absl::Status Start();
  void Stop();

  // Sends one more request, and waits. Threads: any but ours, between Start() and Stop().
  absl::StatusOr<HttpReply> AskFor(const HttpOrder& order);
  // Ends all calls of AskFor(), later ones immediately. Threads: any, before Stop().
  void CancelErrands();

 private:
  struct Target {
    HttpOrder order;
    std::function<void(const absl::StatusOr<std::string>& page)> take;
    std::unique_ptr<Conversation> asking;
    bool is_asking = false;
    uint64_t due_ms = 0;  // By the loop's monotonic clock.
  };

  struct Errand {
    HttpOrder order;
    std::promise<absl::StatusOr<HttpReply>> reply;
    std::unique_ptr<Conversation> asking;
    bool is_done = false;
  };

  void AddTargets();
  void AddNode(const std::string& id, const Fleet::Node& node);
  void AddFaults(const std::string& name, const SocketAddress& agent);
  void AddRouter(const Fleet::Router& router);
  void AddPage(const SocketAddress& address, const char* path, size_t bytes_max, auto read,
               auto take);
  void Tick();
  void Ask(Target& target, uint64_t now_ms);
  void RunErrands();
  void RunLoop();
  void CloseLoop();
  void RunHere();

  PageFeed& feed_;
  const AskHere ask_here_;
  std::deque<Target> targets_;  // Does not move its elements: callbacks point to them.
  size_t next_ = 0;             // Where the next tick begins: hanging hosts must not delay others.
  int asks_ = 0;
  uint64_t publish_due_ms_ = 0;
  uv_loop_t loop_;
  UvTimer timer_;
  UvAsync stop_;
  UvAsync errand_came_;
  Mutex errands_mu_;
  std::vector<std::shared_ptr<Errand>> errands_ ABSL_GUARDED_BY(errands_mu_);  // Not begun yet.
  bool errands_are_over_ ABSL_GUARDED_BY(errands_mu_) = false;
  std::vector<std::shared_ptr<Errand>> begun_;  // The loop's thread's.
  std::vector<std::thread> threads_;
  std::mutex here_mu_;  // Guards the next one.
  bool stopping_ = false;
  std::condition_variable here_wakes_;
};

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_POLLER_H_
