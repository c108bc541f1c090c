#ifndef HITHER_TOOL_CONSOLE_PAGE_FEED_H_
#define HITHER_TOOL_CONSOLE_PAGE_FEED_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "tool/console/model.h"

namespace hither {

// The model and its latest page, between the thread that queries the fleet and those that answer
// browsers.
//
// Threads: any, for all methods.
class PageFeed {
 public:
  using Text = std::shared_ptr<const std::string>;

  explicit PageFeed(Fleet fleet) : fleet_(fleet), model_(std::move(fleet)) { Publish(); }

  const Fleet& fleet() const { return fleet_; }

  // `change` has exclusive access to the model.
  void Change(const std::function<void(ConsoleModel& model)>& change);
  // Makes the page again and wakes its waiting readers.
  void Publish();
  // Like Publish(), if there are new events: a failure is shown without waiting for the next
  // second.
  void PublishNews();

  Text Latest();
  // Waits up to `most` for a page newer than number `seen`, and sets `seen` to its number. Null:
  // none came, or Close() was called.
  Text WaitFor(uint64_t& seen, absl::Duration most);
  void Close();
  bool is_closed();

 private:
  const Fleet fleet_;
  std::mutex mu_;  // Not base/mutex.h: a condition variable needs std::mutex. Guards all below.
  std::condition_variable published_;
  ConsoleModel model_;
  uint64_t told_id_ = 0;  // Of the newest entry of the time line in `text_`.
  uint64_t number_ = 0;
  Text text_;
  bool closed_ = false;
};

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_PAGE_FEED_H_
