#ifndef HITHER_BASE_NET_BACK_OFF_H_
#define HITHER_BASE_NET_BACK_OFF_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace hither {

// How long to wait before the next try: 0.5 s, doubling to 30 s, each shortened at random by up to
// a quarter (RFC 4271 §10), so that the sites of a fleet do not return to a router in step.
class BackOff {
 public:
  static constexpr absl::Duration kFirst = absl::Milliseconds(500);
  static constexpr absl::Duration kMax = absl::Seconds(30);

  explicit BackOff(uint64_t seed) : random_(seed) {}

  absl::Duration Next() {
    const absl::Duration wait = next_ * std::uniform_real_distribution<>(0.75, 1.0)(random_);
    next_ = std::min(kMax, next_ * 2);
    return wait;
  }
  void Reset() { next_ = kFirst; }

 private:
  std::mt19937_64 random_;
  absl::Duration next_ = kFirst;
};

}  // namespace hither

#endif  // HITHER_BASE_NET_BACK_OFF_H_
