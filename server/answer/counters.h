#ifndef HITHER_SERVER_ANSWER_COUNTERS_H_
#define HITHER_SERVER_ANSWER_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace hither {

// A worker's counters. One line each: the name here, the metric and label in counters.cc.
enum class Counter : uint8_t {
  kQueriesUdp,
  kQueriesTcp,
  kNoError,  // Answers by rcode.
  kFormErr,
  kServFail,
  kNxDomain,
  kNotImp,
  kRefused,
  kYxDomain,
  kNotAuth,
  kBadVers,
  kReferrals,
  kNoData,
  kTruncated,
  kWithEdns,
  kWithDo,
  kWithNsid,
  kDroppedShort,     // Under 12 octets: no header to answer.
  kDroppedResponse,  // QR was set; answering would make loops (RFC 8906 §3.1.1 aside).
  kUdpSendErrors,    // All of them, whatever the cause.
  kUdpReceiveErrors,
  kUdpSendFaults,  // Those of kUdpSendErrors that no peer's address can cause.
  kTcpAccepted,
  kTcpRefused,      // Over a limit on connections.
  kTcpIdleClosed,   // Idle too long.
  kTcpLimitClosed,  // Over another limit: total time, unread answers, bad framing.
  kCount,
};

inline constexpr size_t kCounterCount = static_cast<size_t>(Counter::kCount);

// One writer (the worker), any number of readers. No read-modify-write: with one writer a relaxed
// load and store is enough, and costs a plain add.
class alignas(64) Counters {
 public:
  void Add(Counter which, uint64_t amount = 1) {
    auto& cell = cells_[static_cast<size_t>(which)];
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  uint64_t Get(Counter which) const {
    return cells_[static_cast<size_t>(which)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kCounterCount> cells_{};
};

// For metrics and status: hither_answers_total{rcode="NOERROR"} and what it counts, in words.
struct CounterText {
  absl::string_view metric;  // Without labels; ends in _total.
  absl::string_view label;   // `rcode="NOERROR"`, or empty.
  absl::string_view help;
};
const CounterText& TextOf(Counter which);

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_COUNTERS_H_
