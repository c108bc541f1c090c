#include "daemon/admin/admin_endpoint.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/log.h"
#include "base/monotonic_clock.h"
#include "base/thread.h"

namespace hither {
namespace {

constexpr absl::Duration kNoFilesPause = absl::Milliseconds(100);

AdminAnswer Busy() { return {.code = 503, .text = "too many pending requests; try again\n"}; }

}  // namespace

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::Make(const AdminAddress& address,
                                                                   EndpointSettings settings) {
  if (address.IsOff()) return nullptr;
  FileDescriptor stop_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  FileDescriptor done_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (stop_event && done_event) {
    return std::unique_ptr<AdminEndpoint>(new AdminEndpoint(
        address, std::move(settings), std::move(stop_event), std::move(done_event)));
  }
  return absl::ResourceExhaustedError(absl::StrCat(settings.key, ": ", std::strerror(errno),
                                                   "; raise the limit on open files (ulimit -n)"));
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::Bind(const AdminAddress& address,
                                                                   EndpointSettings settings) {
  auto made = Make(address, std::move(settings));
  if (!made.ok() || *made == nullptr) return made;
  if (absl::Status opened = (*made)->Open(/*is_first=*/true); !opened.ok()) return opened;
  return made;
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::BindOrRetry(
    const AdminAddress& address, EndpointSettings settings) {
  auto made = Make(address, std::move(settings));
  if (!made.ok() || *made == nullptr) return made;
  const absl::Duration retry = (*made)->settings_.retry;
  if (const absl::Status opened = (*made)->Open(/*is_first=*/true); !opened.ok()) {
    (*made)->retry_at_ = MonotonicNow() + retry;
    (*made)->not_open_.Holds(opened.message(), MonotonicNow());  // Logged here.
    Log(LogLevel::kWarning, opened.message(), ". Continues without it and retries every ",
        absl::FormatDuration(retry));
  }
  return made;
}

AdminEndpoint::AdminEndpoint(const AdminAddress& address, EndpointSettings settings,
                             FileDescriptor stop_event, FileDescriptor done_event)
    : settings_(std::move(settings)),
      socket_{.address = address},
      stop_event_(std::move(stop_event)),
      done_event_(std::move(done_event)) {}

AdminEndpoint::~AdminEndpoint() { Stop(); }

absl::Status AdminEndpoint::Open(bool is_first) {
  absl::StatusOr<AdminSocket> opened = OpenAdminSocket(socket_.address, settings_.key);
  if (opened.ok() && opened->is_ahead && !settings_.waits_for_address) {
    opened = absl::FailedPreconditionError(
        absl::StrCat(settings_.key, " ", socket_.address.ToText(),
                     ": this host has no such address; give one that it has (`ip address` lists "
                     "them), or 0.0.0.0 or [::] for all"));
  }
  if (opened.ok()) {
    socket_.fd = std::move(opened->fd);
    socket_.is_ahead = opened->is_ahead;
    // Port 0 never fails, so the address does not change once others may read it.
    if (is_first) socket_.address = opened->address;
    retry_at_ = absl::InfiniteFuture();
    if (socket_.is_ahead) {
      Log(LogLevel::kWarning, settings_.key, " ", socket_.address.ToText(),
          ": this host has no such address yet; the page is served once it has");
    }
  }
  const std::lock_guard lock(mu_);
  error_ = std::string(opened.status().message());
  return opened.status();
}

EndpointState AdminEndpoint::state() const {
  const std::lock_guard lock(mu_);
  return {settings_.key, socket_.address.ToText(), error_};
}

absl::Status AdminEndpoint::Serve(AdminHandlers handlers) {
  if (settings_.reach == EndpointSettings::Reach::kReadOnly) {
    HITHER_CHECK(!handlers.reload);
    for (const AdminAction& action : handlers.more) HITHER_CHECK(action.method == "GET");
  }
  router_ = std::make_unique<AdminRouter>(std::move(handlers), settings_,
                                          !socket_.address.unix_path.empty());
  for (int i = 0; i <= settings_.threads; ++i) {
    absl::StatusOr<std::thread> thread =
        StartThread(absl::StrCat("serve ", settings_.key),
                    [this, i] { return i == 0 ? ReadLoop() : AnswerLoop(); });
    if (!thread.ok()) return thread.status();
    threads_.push_back(*std::move(thread));
  }
  return absl::OkStatus();
}

void AdminEndpoint::ReadLoop() {
  for (bool more = true; more;) {
    try {
      more = PollOnce();
    } catch (const std::bad_alloc&) {  // Frees a waiting one.
      open_.Clear();
    }
  }
  open_.Clear();
}

// Waits until something arrives or a connection times out. False: the endpoint stops.
bool AdminEndpoint::PollOnce() {
  constexpr size_t kOurs = 3;
  std::vector<pollfd> polls = {// poll() passes over a descriptor of -1.
                               {stop_event_.get(), POLLIN, 0},
                               {done_event_.get(), POLLIN, 0},
                               {socket_.fd.get(), POLLIN, 0}};
  open_.AddPolls(polls);
  if (poll(polls.data(), polls.size(), PollTimeout()) < 0) return errno == EINTR;
  if (polls[0].revents != 0) return false;
  const absl::Time now = MonotonicNow();
  for (std::unique_ptr<AdminConnection>& one : open_.Step(polls.data() + kOurs, now)) {
    TakeHead(std::move(one), now);
  }
  if (polls[1].revents != 0) TakeDone();
  if (polls[2].revents != 0) Accept(now);
  if (now >= retry_at_) TryAgain(now);
  return true;
}

// Rounded up, so as not to spin through the last millisecond.
int AdminEndpoint::PollTimeout() const {
  const absl::Time due = std::min(open_.Deadline(), retry_at_);
  if (due == absl::InfiniteFuture()) return -1;
  const int64_t left_ms = absl::ToInt64Milliseconds(due - MonotonicNow()) + 1;
  return static_cast<int>(std::clamp<int64_t>(left_ms, 0, 60'000));
}

void AdminEndpoint::TryAgain(absl::Time now) {
  retry_at_ = now + settings_.retry;
  if (const absl::Status opened = Open(/*is_first=*/false); !opened.ok()) {
    if (not_open_.Holds(opened.message(), now)) {
      Log(LogLevel::kWarning, opened.message(), not_open_.Note(now));
    }
    return;
  }
  not_open_.Ended(now);
  Log(LogLevel::kInfo, settings_.key, " ", socket_.address.ToText(), ": can be reached now");
}

// One at a time: between two accepts all others are read, so none is closed whose head has arrived.
void AdminEndpoint::Accept(absl::Time now) {
  sockaddr_storage from = {};
  socklen_t size = sizeof from;
  FileDescriptor fd(accept4(socket_.fd.get(), reinterpret_cast<sockaddr*>(&from), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    return open_.Add(std::make_unique<AdminConnection>(std::move(fd), AdminSourceOf(from),
                                                       settings_.timeouts, now));
  }
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
  if (open_.MakeRoom()) return;  // Most likely there are no more descriptors.
  pollfd stop = {stop_event_.get(), POLLIN, 0};
  poll(&stop, 1, static_cast<int>(absl::ToInt64Milliseconds(kNoFilesPause)));  // Avoids spinning.
}

// Requests that need no work are answered here, so that they do not wait for other work.
void AdminEndpoint::TakeHead(std::unique_ptr<AdminConnection> connection, absl::Time now) {
  std::optional<AdminAnswer> answer;
  Task task;
  if (connection->state() == AdminConnection::State::kTooLarge) {
    answer = {.code = 431, .text = absl::StrCat("over ", kAdminHeadBytesMax, " octets\n")};
  } else {
    std::optional<HttpHead> head = ParseHttpHead(connection->head());
    answer = router_->AnswerAtOnce(head);
    if (head.has_value()) task.head = *std::move(head);
  }
  task.connection = std::move(connection);
  if (!answer.has_value()) {
    const AdminAction* const begins = router_->BeginsWork(task.head);
    if (begins != nullptr ? Begin(*begins, task) : Queue(task)) return;
    answer = begins != nullptr ? BeginUnwaited(*begins, task) : Busy();
  }
  task.connection->Answer(router_->ToHttp(*answer, task.head.method == "HEAD"), now);
  open_.Add(std::move(task.connection));
}

bool AdminEndpoint::Queue(Task& task) {
  {
    const std::lock_guard lock(mu_);
    if (ready_.size() >= kAdminQueuedMax) return false;
    ready_.push_back(std::move(task));
  }
  ready_changed_.notify_one();
  return true;
}

// The connection is kept by the work until that has its answer.
bool AdminEndpoint::Begin(const AdminAction& action, Task& task) {
  {
    const std::lock_guard lock(mu_);
    if (begun_.waited >= kAdminQueuedMax) return false;
    ++begun_.waited;
  }
  // A std::function must be copyable.
  const auto waiting =
      std::make_shared<std::unique_ptr<AdminConnection>>(std::move(task.connection));
  action.begin(task.head.parameters, [this, waiting](const AdminAnswer& answer) {
    (*waiting)->Answer(router_->ToHttp(answer, /*is_head_request=*/false), MonotonicNow());
    {
      const std::lock_guard lock(mu_);
      --begun_.waited;
      if (!stopping_) done_.push_back(std::move(*waiting));
    }
    eventfd_write(done_event_.get(), 1);
  });
  return true;
}

// Too many wait: the work is done for this client as well, but the answer says only that.
AdminAnswer AdminEndpoint::BeginUnwaited(const AdminAction& action, const Task& task) {
  {
    const std::lock_guard lock(mu_);
    if (action.unwaited.empty() || begun_.waited + begun_.unwaited >= kAdminBegunMax) return Busy();
    ++begun_.unwaited;
  }
  action.begin(task.head.parameters, [this](const AdminAnswer&) {
    const std::lock_guard lock(mu_);
    --begun_.unwaited;
  });
  return {.code = 503, .text = action.unwaited};
}

void AdminEndpoint::TakeDone() {
  eventfd_t count = 0;
  eventfd_read(done_event_.get(), &count);
  std::vector<std::unique_ptr<AdminConnection>> done;
  {
    const std::lock_guard lock(mu_);
    done.swap(done_);
  }
  for (std::unique_ptr<AdminConnection>& one : done) open_.Add(std::move(one));
}

void AdminEndpoint::AnswerLoop() {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mu_);
      ready_changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
      if (stopping_) return;
      task = std::move(ready_.front());
      ready_.pop_front();
    }
    try {
      AnswerTask(task);
      const std::lock_guard lock(mu_);
      done_.push_back(std::move(task.connection));
    } catch (const std::exception&) {  // No memory for this one: the others continue.
    }
    eventfd_write(done_event_.get(), 1);
  }
}

void AdminEndpoint::AnswerTask(Task& task) {
  const AdminAnswer answer = router_->Work(task.head);
  if (answer.stream != nullptr && task.head.method != "HEAD") {
    return Stream(*task.connection, answer);
  }
  std::string text = router_->ToHttp(answer, task.head.method == "HEAD");
  task.connection->Answer(std::move(text), MonotonicNow());
}

void AdminEndpoint::Stream(AdminConnection& connection, const AdminAnswer& answer) {
  connection.BeginStream();
  std::string piece = router_->ToHttp(answer, /*is_head_request=*/false);
  do {
    if (!connection.WriteWaiting(piece, stop_event_.get())) break;
    piece.clear();
  } while (answer.stream(piece));
  connection.EndStream(MonotonicNow());
}

void AdminEndpoint::Stop() {
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(stopping_, true)) return;
  }
  eventfd_write(stop_event_.get(), 1);
  ready_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  ready_.clear();
  done_.clear();
  if (!socket_.fd) return;
  socket_.fd.Reset();
  const std::string& path = socket_.address.unix_path;
  if (!path.empty()) unlink(path.c_str());
}

}  // namespace hither
