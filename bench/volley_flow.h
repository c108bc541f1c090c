#ifndef HITHER_BENCH_VOLLEY_FLOW_H_
#define HITHER_BENCH_VOLLEY_FLOW_H_

#include <sys/socket.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/query_plan.h"
#include "server/listen/socket.h"

namespace hither {

// Times, each with an error of at most 1/16: 16 steps within each power of two.
class LatencyHistogram {
 public:
  void Add(int64_t nanoseconds) {
    const auto value = static_cast<uint64_t>(nanoseconds < 0 ? 0 : nanoseconds);
    ++steps_[StepOf(value)];
    ++count_;
    if (value > largest_) largest_ = value;
  }
  // The time in nanoseconds that a share of `share` (0 to 1) does not exceed; 0 if there are none.
  uint64_t Quantile(double share) const {
    const auto rank = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t step = 0; step < steps_.size(); ++step) {
      seen += steps_[step];
      if (seen > rank) return MiddleOf(step);
    }
    return largest_;
  }
  uint64_t largest() const { return largest_; }

 private:
  static constexpr unsigned kStepBits = 4;
  static size_t StepOf(uint64_t value) {
    if (value < (1u << kStepBits)) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kStepBits;
    return (static_cast<size_t>(shift + 1) << kStepBits) + (value >> shift) - (1u << kStepBits);
  }
  static uint64_t MiddleOf(size_t step) {
    if (step < (1u << kStepBits)) return step;
    const size_t shift = (step >> kStepBits) - 1;
    const uint64_t lowest = ((step & ((1u << kStepBits) - 1)) + (1u << kStepBits)) << shift;
    return lowest + (uint64_t{1} << shift) / 2;
  }

  std::array<uint64_t, 1024> steps_{};  // 60 powers of two of 16 steps, and room.
  uint64_t count_ = 0;
  uint64_t largest_ = 0;
};

// The outcome of the queries. One thread's.
struct Tally {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t lost = 0;       // No answer in time.
  uint64_t strange = 0;    // Unexpected answers: late, duplicate, or not answers at all.
  uint64_t truncated = 0;  // TC
  uint64_t octets = 0;     // Of the answers.
  std::array<uint64_t, 16> rcodes{};
  std::array<uint64_t, 3> records{};  // In answer, authority and additional section.
  LatencyHistogram latency;
};

// Repeats a plan, but stops after `queries_max`.
class QuerySource {
 public:
  QuerySource(QueryPlan& plan, uint64_t queries_max) : plan_(plan), left_(queries_max) {}
  bool empty() const { return left_ == 0; }
  QueryGroup Peek() const {
    QueryGroup group = plan_.groups[next_];
    if (group.count > left_) group.count = static_cast<uint16_t>(left_);
    return group;
  }
  void Take(const QueryGroup& group) {
    left_ -= group.count;
    next_ = next_ + 1 == plan_.groups.size() ? 0 : next_ + 1;
  }
  uint8_t* octets(const QueryGroup& group) { return plan_.octets.data() + group.at; }

 private:
  QueryPlan& plan_;
  uint64_t left_;
  size_t next_ = 0;
};

// Buffers for answers, one set for all flows.
class AnswerBatch {
 public:
  static constexpr size_t kDatagramsMax = 64;
  AnswerBatch();
  AnswerBatch(const AnswerBatch&) = delete;  // Its parts point into it.
  AnswerBatch& operator=(const AnswerBatch&) = delete;

 private:
  friend class Flow;
  // Enough for an answer of 1232 octets; more would be cut off.
  static constexpr size_t kAnswerBytesMax = 2048;
  std::array<mmsghdr, kDatagramsMax> messages_{};
  std::array<iovec, kDatagramsMax> parts_{};
  std::array<std::array<uint8_t, kAnswerBytesMax>, kDatagramsMax> octets_;
};

// One connected UDP socket with its share of the queries in flight. It never blocks.
//
// A query's ID is its slot and, above it, how often the slot was used: an answer that arrives when
// its slot is in use again is recognized as late.
class Flow {
 public:
  static constexpr size_t kWindowMax = 4096;
  // `segments`: a group is sent as one message that the kernel splits (UDP_SEGMENT, udp(7)).
  static absl::StatusOr<Flow> Open(const SocketAddress& server, size_t window, bool segments);

  // Sends groups as long as there are slots for them.
  void Send(QuerySource& source, int64_t now, Tally& tally);
  // Receives one batch of answers; returns the number of datagrams.
  size_t Receive(AnswerBatch& batch, Tally& tally);
  // Counts queries sent before `then` as lost.
  void Expire(int64_t then, Tally& tally);
  size_t waiting() const { return slots_.size() - free_.size(); }
  // The system reports that nothing listens (or that there is no route): no answer will come.
  bool failed() const { return failed_; }

 private:
  struct Slot {
    int64_t sent_at = 0;
    uint16_t id = 0;
    bool waiting = false;
  };
  // As many messages as one sendmmsg takes; without segments a message is one query.
  static constexpr size_t kMessagesMax = 64;
  struct alignas(cmsghdr) Control {
    char octets[CMSG_SPACE(sizeof(uint16_t))];
  };
  struct Outgoing {
    std::array<mmsghdr, kMessagesMax> messages{};
    std::array<iovec, kMessagesMax> parts{};
    std::array<Control, kMessagesMax> controls{};
    std::array<uint16_t, kMessagesMax> queries{};  // In each message.
    size_t count = 0;
  };

  Flow(FileDescriptor socket, size_t window, bool segments);
  void Claim(uint8_t* query, int64_t now);
  void AddGroup(uint8_t* octets, const QueryGroup& group, int64_t now);
  void AddMessage(uint8_t* octets, size_t query_bytes, size_t queries);
  void SendAll(Tally& tally);
  void NoteError();
  void Judge(std::span<const uint8_t> answer, int64_t now, Tally& tally);

  FileDescriptor socket_;
  bool segments_;
  bool failed_ = false;
  std::vector<Slot> slots_;  // A power of two.
  std::vector<uint16_t> free_;
  std::unique_ptr<Outgoing> out_;
};

int64_t MonotonicNanoseconds();

}  // namespace hither

#endif  // HITHER_BENCH_VOLLEY_FLOW_H_
