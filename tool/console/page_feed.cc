#include "tool/console/page_feed.h"

#include <chrono>

#include "absl/time/clock.h"

namespace hither {
namespace {

uint64_t NewestOf(const TimeLine& line) {
  return line.entries().empty() ? 0 : line.entries().back().id;
}

}  // namespace

void PageFeed::Change(const std::function<void(ConsoleModel& model)>& change) {
  const std::lock_guard lock(mu_);
  change(model_);
}

void PageFeed::Publish() {
  {
    const std::lock_guard lock(mu_);
    text_ = std::make_shared<const std::string>(model_.PageJson(absl::Now()));
    told_id_ = NewestOf(model_.time_line());
    ++number_;
  }
  published_.notify_all();
}

void PageFeed::PublishNews() {
  {
    const std::lock_guard lock(mu_);
    if (NewestOf(model_.time_line()) == told_id_) return;
  }
  Publish();
}

PageFeed::Text PageFeed::Latest() {
  const std::lock_guard lock(mu_);
  return text_;
}

PageFeed::Text PageFeed::WaitFor(uint64_t& seen, absl::Duration most) {
  std::unique_lock lock(mu_);
  published_.wait_for(lock, absl::ToChronoMilliseconds(most),
                      [&] { return closed_ || number_ > seen; });
  if (closed_ || number_ <= seen) return nullptr;
  seen = number_;
  return text_;
}

void PageFeed::Close() {
  {
    const std::lock_guard lock(mu_);
    closed_ = true;
  }
  published_.notify_all();
}

bool PageFeed::is_closed() {
  const std::lock_guard lock(mu_);
  return closed_;
}

}  // namespace hither
