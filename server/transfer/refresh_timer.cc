#include "server/transfer/refresh_timer.h"

#include <algorithm>

#include "dns/serial.h"

namespace hither {
namespace {

constexpr int kHintChecksMax = 3;
constexpr absl::Duration kHintCheckFirst = absl::Seconds(5);  // Then 10 s and 20 s: 35 s in all.

// Shortened by up to a quarter.
absl::Duration Jitter(absl::Duration delay, uint32_t random) {
  return delay - delay / 4 * (static_cast<double>(random) / 4294967296.0);
}

absl::Duration Doubled(absl::Duration first, uint32_t times, absl::Duration max) {
  const uint32_t shift = std::min(times, 30u);
  return std::min(max, first * static_cast<int64_t>(uint64_t{1} << shift));
}

}  // namespace

absl::Duration RefreshTimer::Refresh() const {
  const absl::Duration wanted = absl::Seconds(soa_.value_or(SoaFields()).refresh_seconds);
  return std::clamp(wanted, bounds_.refresh_min, bounds_.refresh_max);
}

absl::Duration RefreshTimer::Retry() const {
  if (!soa_.has_value()) {
    const uint32_t doublings = failures_ == 0 ? 0 : failures_ - 1;
    return Doubled(bounds_.empty_retry_min, doublings, bounds_.empty_retry_max);
  }
  return std::clamp(absl::Seconds(soa_->retry_seconds), bounds_.retry_min, bounds_.retry_max);
}

// At least a refresh and a retry: a zone must not expire because the bounds have slowed it down.
absl::Duration RefreshTimer::Expire() const {
  const absl::Duration wanted = absl::Seconds(soa_.value_or(SoaFields()).expire_seconds);
  return std::max(std::min(wanted, bounds_.expire_max), Refresh() + Retry());
}

absl::Duration RefreshTimer::RefusedWait() const {
  return Doubled(bounds_.refused_min, refusals_ == 0 ? 0 : refusals_ - 1, bounds_.refused_max);
}

void RefreshTimer::StartEmpty(TransferNow now, uint32_t random) {
  *this = RefreshTimer(bounds_);
  due_ = now.steady + bounds_.start_spread * (static_cast<double>(random) / 4294967296.0);
}

void RefreshTimer::Start(const SoaFields& soa, const RefreshSaved& saved, TransferNow now,
                         uint32_t random) {
  StartEmpty(now, random);
  soa_ = soa;
  const bool is_age_known = saved.last_success <= now.wall;
  const absl::Duration age = is_age_known ? now.wall - saved.last_success : absl::ZeroDuration();
  // No value of the file makes a zone live longer than its SOA does.
  const absl::Duration expire = std::min(absl::Seconds(saved.expire_seconds), Expire());
  confirmed_ = now.steady - age;
  expires_ = confirmed_ + expire;
  if (is_age_known && age < Refresh()) {
    due_ = std::max(now.steady, confirmed_ + Jitter(Refresh(), random));
  }
  if (saved.refused_serial.has_value()) {
    refused_serial_ = saved.refused_serial;
    refusals_ = saved.refusals;
    refused_until_ = now.steady + RefusedWait();
  }
}

void RefreshTimer::OnAsked(TransferNow now) {
  is_asking_ = true;
  ask_again_ = false;
  asked_ = now.steady;
}

bool RefreshTimer::OnNotify(std::optional<uint32_t> hint, TransferNow now) {
  if (hint.has_value()) {
    if (soa_.has_value() && !SerialIsAfter(*hint, soa_->serial)) return false;
    if (hint == refused_serial_ && now.steady < refused_until_) return false;
    if (hint_ != hint) hint_checks_ = 0;
    hint_ = hint;
  }
  if (is_asking_) {
    ask_again_ = true;  // The answer may have been sent before the change.
    return false;
  }
  const absl::Time soon = std::max(now.steady, asked_ + bounds_.notify_gap);
  if (soon >= due_) return false;
  due_ = soon;
  return true;
}

void RefreshTimer::OnOrder(TransferNow now) {
  ForgetRefused();
  ask_again_ = is_asking_;
  due_ = now.steady;
}

void RefreshTimer::OnCurrent(uint32_t serial, std::optional<uint32_t> expire_seconds,
                             TransferNow now, uint32_t random) {
  if (!soa_.has_value() || serial != soa_->serial) return OnFailed(now, random);
  ForgetRefused();
  Confirm(expire_seconds, now, /*may_shorten=*/false);
  Wait(Refresh(), now, random);
}

void RefreshTimer::OnTransferred(const SoaFields& soa, std::optional<uint32_t> expire_seconds,
                                 TransferNow now, uint32_t random) {
  soa_ = soa;
  ForgetRefused();
  Confirm(expire_seconds, now, /*may_shorten=*/true);
  Wait(Refresh(), now, random);
}

void RefreshTimer::OnFailed(TransferNow now, uint32_t random) {
  failures_ = std::min(failures_ + 1, uint32_t{1'000'000});
  Wait(Retry(), now, random);
}

void RefreshTimer::OnRefused(uint32_t serial, TransferNow now, uint32_t random) {
  refusals_ = refused_serial_ == serial ? std::min(refusals_ + 1, uint32_t{1'000'000}) : 1;
  refused_serial_ = serial;
  refused_until_ = now.steady + Jitter(RefusedWait(), random);
  OnHeld(now, random);
}

// Asks for the SOA again at the pace of retry, since another serial may be better; but no later
// than the refused one may be transferred.
void RefreshTimer::OnHeld(TransferNow now, uint32_t random) {
  OnFailed(now, random);
  due_ = std::max(now.steady, std::min(due_, refused_until_));
}

bool RefreshTimer::MayTransfer(uint32_t serial, TransferNow now) const {
  return refused_serial_ != serial || now.steady >= refused_until_;
}

// RFC 7314 §4: after a transfer the option replaces the timer; for a version that is held already
// it can only extend it. Never beyond the SOA's expire.
void RefreshTimer::Confirm(std::optional<uint32_t> expire_seconds, TransferNow now,
                           bool may_shorten) {
  absl::Duration expire = Expire();
  if (expire_seconds.has_value()) expire = std::min(expire, absl::Seconds(*expire_seconds));
  const absl::Time expires = now.steady + expire;
  expires_ = may_shorten ? expires : std::max(expires_, expires);
  confirmed_ = now.steady;
  failures_ = 0;
}

void RefreshTimer::Wait(absl::Duration delay, TransferNow now, uint32_t random) {
  due_ = now.steady + Jitter(delay, random);
  const bool is_ahead =
      hint_.has_value() && (!soa_.has_value() || SerialIsAfter(*hint_, soa_->serial));
  if (is_ahead && hint_checks_ < kHintChecksMax) {
    due_ = std::min(due_, now.steady + kHintCheckFirst * (1 << hint_checks_));
    ++hint_checks_;
  } else {
    hint_.reset();
  }
  if (ask_again_) due_ = std::min(due_, std::max(now.steady, asked_ + bounds_.notify_gap));
  is_asking_ = false;
  ask_again_ = false;
}

void RefreshTimer::ForgetRefused() {
  refused_serial_.reset();
  refusals_ = 0;
  refused_until_ = absl::InfinitePast();
}

RefreshState RefreshTimer::state(TransferNow now) const {
  if (!soa_.has_value()) return RefreshState::kEmpty;
  if (now.steady >= expires_) return RefreshState::kExpired;
  return failures_ > 0 || refused_serial_.has_value() ? RefreshState::kStale : RefreshState::kFresh;
}

RefreshSaved RefreshTimer::Save(TransferNow now) const {
  RefreshSaved saved;
  if (soa_.has_value()) {
    saved.last_success = now.wall - (now.steady - confirmed_);
    const int64_t seconds = absl::ToInt64Seconds(expires_ - confirmed_);
    saved.expire_seconds = static_cast<uint32_t>(std::clamp<int64_t>(seconds, 0, 0xffffffff));
  }
  saved.refused_serial = refused_serial_;
  saved.refusals = refusals_;
  return saved;
}

}  // namespace hither
