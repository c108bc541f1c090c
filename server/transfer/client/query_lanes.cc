#include "server/transfer/client/query_lanes.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace hither {
namespace {

constexpr int kRetriesMax = 1;
constexpr std::ptrdiff_t kLinesOfLaneMax = 2;  // One that takes queries, and one that drains.

}  // namespace

QueryLanes::QueryLanes(uv_loop_t& loop, PrimaryConnection::Opener open, const Limits& limits,
                       Released released)
    : loop_(loop),
      open_(std::move(open)),
      limits_(limits),
      released_(std::move(released)),
      timer_(loop, [this] { Tick(); }) {}

bool QueryLanes::Add(Lane lane, LaneQuery& query) {
  if (WaitingIn(lane).size() >= limits_.waiting_max) return false;
  if (!timer_.IsActive()) {
    ticked_ms_ = uv_now(&loop_);
    timer_.StartEvery(limits_.check_period);
  }
  WaitingIn(lane).push_back({.query = &query, .lane = lane});
  Pump();
  return true;
}

void QueryLanes::Remove(const LaneQuery& query) {
  for (std::deque<Waiting>& lane : waiting_) {
    std::erase_if(lane, [&query](const Waiting& waiting) { return waiting.query == &query; });
  }
  for (const std::unique_ptr<Line>& line : lines_) {
    const auto at = std::find_if(line->sent.begin(), line->sent.end(), [&query](const auto& entry) {
      return entry.second.waiting.query == &query;
    });
    if (at == line->sent.end()) continue;
    Drop(*line, at->first, /*may_have_more=*/true);
    Pump();
    return;
  }
}

TransferNow QueryLanes::Now() const {
  return {.steady = absl::FromUnixMillis(static_cast<int64_t>(uv_now(&loop_))) - skipped_,
          .wall = absl::Now()};
}

size_t QueryLanes::connections() const {
  return static_cast<size_t>(std::count_if(
      lines_.begin(), lines_.end(), [](const auto& line) { return line->connection != nullptr; }));
}

// Sending can fail, and what is released then may be added again: the loop serves that, too.
void QueryLanes::Pump() {
  if (std::exchange(is_pumping_, true)) return;
  for (std::deque<Waiting>& lane : waiting_) {
    while (!lane.empty()) {
      Line* const line = FindLine(lane.front().lane);
      if (line == nullptr) break;
      const Waiting next = lane.front();
      lane.pop_front();
      Send(*line, next);
    }
  }
  is_pumping_ = false;
}

// Null: there is no room.
QueryLanes::Line* QueryLanes::FindLine(Lane lane) {
  const Lane where = Route(lane);
  for (const std::unique_ptr<Line>& line : lines_) {
    if (line->lane != where || line->connection == nullptr || line->is_draining) continue;
    return line->connection->HasRoom() ? line.get() : nullptr;
  }
  return OpenLines(where) < kLinesOfLaneMax ? OpenLine(where) : nullptr;
}

std::ptrdiff_t QueryLanes::OpenLines(Lane lane) const {
  return std::count_if(lines_.begin(), lines_.end(), [lane](const auto& line) {
    return line->lane == lane && line->connection != nullptr;
  });
}

QueryLanes::Line* QueryLanes::OpenLine(Lane lane) {
  Line* const line = lines_.emplace_back(std::make_unique<Line>(lane)).get();
  line->idle_since = Now().steady;
  line->connection = std::make_unique<PrimaryConnection>(
      open_,
      PrimaryConnection::Handler{
          .on_message = [this, line](uint16_t id,
                                     std::span<uint8_t> message) { OnMessage(*line, id, message); },
          .on_octets = [this, line](uint16_t id, size_t octets) { OnOctets(*line, id, octets); },
          .on_end =
              [this, line](ByteStream::End end, const std::string& detail) {
                OnEnd(
                    *line,
                    {.end = end, .broke_rules = line->connection->broke_rules(), .detail = detail});
              }});
  return line;
}

Lane QueryLanes::Route(Lane lane) const {
  return lane == Lane::kIxfr && IsLarge(Lane::kIxfr) && !IsLarge(Lane::kAxfr) ? Lane::kAxfr : lane;
}

bool QueryLanes::IsLarge(const Line& line) const {
  return std::any_of(line.sent.begin(), line.sent.end(), [this](const auto& entry) {
    return entry.second.octets >= limits_.large_octets;
  });
}

// On the connection that takes the lane's queries.
bool QueryLanes::IsLarge(Lane lane) const {
  return std::any_of(lines_.begin(), lines_.end(), [this, lane](const auto& line) {
    return line->lane == lane && !line->is_draining && IsLarge(*line);
  });
}

bool QueryLanes::MakesOthersWait(const Line& line, absl::Time now) const {
  if (line.lane == Lane::kSoa || line.is_draining || !IsLarge(line)) return false;
  if (OpenLines(line.lane) == kLinesOfLaneMax) return false;  // They would wait elsewhere.
  return std::any_of(line.sent.begin(), line.sent.end(), [&](const auto& entry) {
    return entry.second.octets == 0 && now - entry.second.at >= limits_.patience;
  });
}

void QueryLanes::Send(Line& line, const Waiting& waiting) {
  const uint16_t id = line.connection->NextId().value();  // It has room.
  const TransferNow now = Now();
  const Bytes message = waiting.query->Write(id, now);
  if (message.empty()) {
    line.connection->End(id, /*may_have_more=*/false);
    waiting.query->OnLost({.end = ByteStream::End::kOwnFault,
                           .detail = "the query cannot be signed; check that memory is left"},
                          now);
    released_(*waiting.query);
    return;
  }
  line.sent[id] = {.waiting = waiting, .replies_before = line.replies, .at = now.steady};
  line.connection->Send(message);
}

void QueryLanes::OnOctets(Line& line, uint16_t id, size_t octets) {
  const auto at = line.sent.find(id);
  if (at == line.sent.end()) return;
  at->second.octets += octets;
  const TransferNow now = Now();
  line.progress = now.steady;
  Release(line, id, at->second.waiting.query->OnOctets(octets, now));
}

void QueryLanes::OnMessage(Line& line, uint16_t id, std::span<uint8_t> message) {
  const auto at = line.sent.find(id);
  if (at == line.sent.end()) return;
  Release(line, id, at->second.waiting.query->OnMessage(message, Now()));
}

void QueryLanes::Release(Line& line, uint16_t id, ReplyNext next) {
  if (next == ReplyNext::kMore) return;
  LaneQuery* const query = line.sent.at(id).waiting.query;
  if (next == ReplyNext::kEnded) ++line.replies;
  Drop(line, id, next == ReplyNext::kUnfinished);
  released_(*query);
  Pump();
}

void QueryLanes::Drop(Line& line, uint16_t id, bool may_have_more) {
  line.sent.erase(id);
  line.connection->End(id, may_have_more);
  if (may_have_more) Drain(line);
  if (!line.sent.empty()) return;
  line.idle_since = Now().steady;
  if (line.is_draining) line.connection.reset();
}

// Transfers whose replies have not begun start again elsewhere: here they might wait for the rest
// of an endless one. SOA queries stay: their replies are short, and they have a deadline.
void QueryLanes::Drain(Line& line) {
  line.is_draining = true;
  if (line.lane == Lane::kSoa) return;
  absl::erase_if(line.sent, [&](const auto& entry) {
    const auto& [id, sent] = entry;
    if (sent.octets > 0) return false;
    line.connection->End(id, /*may_have_more=*/true);
    WaitingIn(sent.waiting.lane).push_front(sent.waiting);
    return true;
  });
}

bool QueryLanes::MayRetry(const Line& line, const Sent& sent) {
  if (sent.octets > 0) return false;
  if (line.replies > sent.replies_before) return true;  // As often as others are answered.
  return sent.replies_before > 0 && sent.waiting.retries < kRetriesMax;
}

void QueryLanes::OnEnd(Line& line, const ConnectionLoss& loss) {
  std::vector<LaneQuery*> lost;
  for (const auto& [id, sent] : line.sent) {
    if (!MayRetry(line, sent)) {
      lost.push_back(sent.waiting.query);
      continue;
    }
    Waiting again = sent.waiting;
    ++again.retries;
    WaitingIn(again.lane).push_front(again);
  }
  line.sent.clear();
  line.connection.reset();
  const TransferNow now = Now();
  for (LaneQuery* query : lost) {
    query->OnLost(loss, now);
    released_(*query);
  }
  Pump();
}

void QueryLanes::Tick() {
  SkipLostTime();
  const size_t lines = lines_.size();  // Those that are opened meanwhile need no check yet.
  for (size_t i = 0; i < lines; ++i) CheckLine(*lines_[i]);
  std::erase_if(lines_, [](const auto& line) { return line->connection == nullptr; });
  Pump();  // Room can come without an event: what was unsent has gone.
  const bool is_idle = lines_.empty() && std::all_of(waiting_.begin(), waiting_.end(),
                                                     [](const auto& lane) { return lane.empty(); });
  if (is_idle) timer_.Stop();
}

void QueryLanes::SkipLostTime() {
  const absl::Duration since = absl::Milliseconds(uv_now(&loop_) - ticked_ms_);
  if (since > 2 * limits_.check_period) skipped_ += since - limits_.check_period;
  ticked_ms_ = uv_now(&loop_);
}

void QueryLanes::CheckLine(Line& line) {
  if (line.connection == nullptr) return;
  const TransferNow now = Now();
  if (line.sent.empty() && now.steady - line.idle_since >= limits_.idle_timeout) {
    line.connection.reset();
    return;
  }
  if (MakesOthersWait(line, now.steady)) Drain(line);
  std::vector<uint16_t> ids;
  for (const auto& [id, sent] : line.sent) ids.push_back(id);
  for (uint16_t id : ids) {
    const auto at = line.sent.find(id);  // What one says can end others.
    if (at != line.sent.end())
      Release(line, id, at->second.waiting.query->Check(line.progress, now));
  }
}

}  // namespace hither
