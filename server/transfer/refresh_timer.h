#ifndef HITHER_SERVER_TRANSFER_REFRESH_TIMER_H_
#define HITHER_SERVER_TRANSFER_REFRESH_TIMER_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "server/transfer/soa_fields.h"

namespace hither {

// Two clocks read together. `steady` never jumps and continues while the host sleeps (BootNow());
// everything that runs uses it. `wall` is only for what must survive a restart.
struct TransferNow {
  absl::Time steady;
  absl::Time wall;
};

// Bounds of a zone's timers. What the SOA asks for is brought within them.
struct RefreshBounds {
  absl::Duration refresh_min = absl::Minutes(1);
  absl::Duration refresh_max = absl::Hours(24);
  absl::Duration retry_min = absl::Seconds(30);
  absl::Duration retry_max = absl::Hours(6);
  absl::Duration expire_max = absl::Hours(24 * 365);
  // For a zone without a version: a new one is wanted soon, but not from a dead primary forever.
  absl::Duration empty_retry_min = absl::Seconds(5);
  absl::Duration empty_retry_max = absl::Minutes(15);
  // After content was refused: the first wait, doubling with each refusal of the same serial.
  absl::Duration refused_min = absl::Minutes(1);
  absl::Duration refused_max = absl::Hours(6);
  // NOTIFYs of one zone lead to at most one query in this time.
  absl::Duration notify_gap = absl::Seconds(1);
  // After a start, zones that are due are spread over this time.
  absl::Duration start_spread = absl::Seconds(30);
};

// What must survive a restart, beside the zone itself. Wall times; InfinitePast: never.
struct RefreshSaved {
  absl::Time last_success = absl::InfinitePast();
  uint32_t expire_seconds = 0;  // From then, with EXPIRE and bounds applied.
  std::optional<uint32_t> refused_serial = std::nullopt;
  uint32_t refusals = 0;  // Of that serial.
};

enum class RefreshState : uint8_t {
  kEmpty,    // There is no version yet.
  kFresh,    // The last attempt succeeded.
  kStale,    // The last attempt failed, or its content was refused. The version is still served.
  kExpired,  // For longer than expire no primary has confirmed the version: SERVFAIL.
};

// When a zone is to be refreshed, and whether its version may still be served (RFC 1034 §4.3.5,
// RFC 1996 §4, RFC 7314 §4).
//
//   due() is reached  →  OnAsked()  →  one of OnCurrent, OnTransferred, OnFailed, OnRefused, OnHeld
//
// `random` is any evenly distributed number: refresh and retry are shortened by up to a quarter, so
// that the zones of a node do not stay in step. A value; one thread's. Knows no clock.
class RefreshTimer {
 public:
  explicit RefreshTimer(const RefreshBounds& bounds = {}) : bounds_(bounds) {}

  // A zone without a version: due within start_spread. Also after a version was dropped.
  void StartEmpty(TransferNow now, uint32_t random);
  // A zone from the disk. It is due within start_spread if its refresh is, or if the wall clock was
  // set back, so that its age is unknown. Such a zone counts as just confirmed: a wrong clock never
  // ends a zone that a primary is about to confirm.
  void Start(const SoaFields& soa, const RefreshSaved& saved, TransferNow now, uint32_t random);

  // Steady time: when to ask a primary. InfiniteFuture while one is being asked.
  absl::Time due() const { return is_asking_ ? absl::InfiniteFuture() : due_; }
  void OnAsked(TransferNow now);

  // A NOTIFY of an allowed sender, with its hint if it has one. Returns whether due() is earlier
  // now.
  //
  // A hint is only a reason to ask. If the primary does not have that serial, it is asked three
  // more times within 35 s, since it may hear of it from another one; then the hint is dropped.
  // NOTIFYs for a serial that we hold, or whose content was refused, change nothing.
  bool OnNotify(std::optional<uint32_t> hint, TransferNow now);

  // By order of the operator: due now, and no refused serial any more.
  void OnOrder(TransferNow now);

  // The primary answers `serial`. If that is ours, the version is confirmed. If it is older, the
  // primary itself is behind, and confirms nothing: that is a failure.
  void OnCurrent(uint32_t serial, std::optional<uint32_t> expire_seconds, TransferNow now,
                 uint32_t random);
  // A new version is published. `expire_seconds`: of the EXPIRE option.
  void OnTransferred(const SoaFields& soa, std::optional<uint32_t> expire_seconds, TransferNow now,
                     uint32_t random);
  // No primary answered, or none could be used.
  void OnFailed(TransferNow now, uint32_t random);
  // The content of `serial` was refused: by a gate, or because the transfer broke the rules or the
  // limits. It confirms nothing, so the zone's expiry is not moved.
  void OnRefused(uint32_t serial, TransferNow now, uint32_t random);
  // The primary still offers the refused serial: MayTransfer() was false.
  void OnHeld(TransferNow now, uint32_t random);

  // May `serial`, which a primary offers, be transferred? False while its content is being waited
  // out. Any other serial ends that wait, which an invented NOTIFY cannot.
  bool MayTransfer(uint32_t serial, TransferNow now) const;

  RefreshState state(TransferNow now) const;
  absl::Time expires_at() const { return expires_; }  // Steady time.
  uint32_t failures() const { return failures_; }     // Since the last success.
  std::optional<uint32_t> refused_serial() const { return refused_serial_; }
  RefreshSaved Save(TransferNow now) const;

 private:
  void Confirm(std::optional<uint32_t> expire_seconds, TransferNow now, bool may_shorten);
  void Wait(absl::Duration delay, TransferNow now, uint32_t random);
  void ForgetRefused();
  absl::Duration Refresh() const;
  absl::Duration Retry() const;
  absl::Duration Expire() const;
  absl::Duration RefusedWait() const;

  RefreshBounds bounds_;
  std::optional<SoaFields> soa_;  // Of the version that is held.
  // Steady times.
  absl::Time due_ = absl::InfiniteFuture();
  absl::Time expires_ = absl::InfinitePast();
  absl::Time asked_ = absl::InfinitePast();
  absl::Time confirmed_ = absl::InfinitePast();
  absl::Time refused_until_ = absl::InfinitePast();
  bool is_asking_ = false;
  bool ask_again_ = false;  // A NOTIFY came while a primary was being asked.
  uint32_t failures_ = 0;
  std::optional<uint32_t> refused_serial_;
  uint32_t refusals_ = 0;
  std::optional<uint32_t> hint_;
  int hint_checks_ = 0;  // Of that hint, so far.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_TIMER_H_
