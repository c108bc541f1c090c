#include "daemon/admin/admin_connections.h"

#include <algorithm>
#include <utility>

namespace hither {
namespace {

using State = AdminConnection::State;

}  // namespace

void AdminConnections::Add(Connection connection) {
  if (connection->state() == State::kGone) return;
  open_.push_back(std::move(connection));
  if (open_.size() > kAdminOpenMax) Close(/*only_writing=*/false);
  const auto unread = [this] {
    size_t bytes = 0;
    for (const Connection& one : open_) bytes += one->unsent_bytes();
    return bytes;
  };
  const auto writing = [this] {
    return std::ranges::count_if(open_, [](const Connection& c) { return c->wants_to_write(); });
  };
  while (unread() > kAdminUnreadBytesMax && writing() > 1) Close(/*only_writing=*/true);
}

bool AdminConnections::MakeRoom() {
  if (open_.empty()) return false;
  Close(/*only_writing=*/false);
  return true;
}

// Closes one. There are at most kAdminOpenMax + 1, so comparing all of them is cheap.
void AdminConnections::Close(bool only_writing) {
  auto victim = open_.end();
  size_t most = 0;
  for (auto one = open_.begin(); one != open_.end(); ++one) {
    if (only_writing && !(*one)->wants_to_write()) continue;
    if ((*one)->state() == State::kLingering) {
      victim = one;
      break;
    }
    const auto same = static_cast<size_t>(std::ranges::count_if(
        open_, [&](const Connection& other) { return other->source() == (*one)->source(); }));
    if (same <= most) continue;  // The first from a network is its oldest.
    most = same;
    victim = one;
  }
  if (victim != open_.end()) open_.erase(victim);
}

void AdminConnections::AddPolls(std::vector<pollfd>& polls) const {
  for (const Connection& one : open_) {
    polls.push_back({one->fd(), static_cast<short>(one->wants_to_write() ? POLLOUT : POLLIN), 0});
  }
}

absl::Time AdminConnections::Deadline() const {
  absl::Time earliest = absl::InfiniteFuture();
  for (const Connection& one : open_) earliest = std::min(earliest, one->deadline());
  return earliest;
}

std::vector<AdminConnections::Connection> AdminConnections::Step(const pollfd* polls,
                                                                 absl::Time now) {
  std::vector<Connection> complete;
  complete.reserve(open_.size());
  for (size_t i = 0; i < open_.size(); ++i) {
    Connection& one = open_[i];
    if (polls[i].revents != 0) one->Step(now);
    if (one->state() == State::kComplete || one->state() == State::kTooLarge) {
      complete.push_back(std::move(one));
    } else if (one->deadline() <= now) {  // This includes a closed one.
      one.reset();
    }
  }
  std::erase(open_, nullptr);
  return complete;
}

}  // namespace hither
