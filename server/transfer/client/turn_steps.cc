#include "server/transfer/client/turn_steps.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dns/serial.h"

namespace hither {
namespace {

// However many other queries a primary answers first.
constexpr int kSoaTimeoutsMax = 6;

// Does a message end its reply, whatever its records are?
ReplyNext AfterFault(ByteView message) {
  const Rcode rcode = RcodeOf(LoadU16(message.data() + 2));
  return rcode == Rcode::kNoError ? ReplyNext::kUnfinished : ReplyNext::kEnded;
}

uint64_t Seconds(absl::Time time) {
  return static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixSeconds(time), 0));
}

}  // namespace

TurnSteps::TurnSteps(TurnOrder order, PrimaryFacts& facts)
    : order_(std::move(order)),
      facts_(facts),
      exchange_(facts.key),
      collector_(order_.pace.octets_max) {
  if (order_.is_order || !order_.held_serial.has_value()) {
    step_ = Step::kAxfr;  // Whatever the serial, it is wanted: unless may_transfer() objects.
  } else if (order_.hint.has_value() && SerialIsAfter(*order_.hint, *order_.held_serial)) {
    StartWithOffer(*order_.hint);
  }
}

Lane TurnSteps::lane() const {
  switch (step_) {
    case Step::kIxfr:
      return Lane::kIxfr;
    case Step::kAxfr:
      return Lane::kAxfr;
    case Step::kSoa:
    case Step::kEnded:
      break;
  }
  return Lane::kSoa;
}

// The primary has this serial, or says so.
void TurnSteps::StartWithOffer(uint32_t serial) {
  if (!IsWanted(serial)) return;
  step_ = order_.axfr_only ? Step::kAxfr : Step::kIxfr;
}

// Of each serial that is offered: what comes may have another one than a NOTIFY or the SOA said,
// and that may be the one that was refused or rolled back. False: the turn has ended.
bool TurnSteps::IsWanted(uint32_t serial) {
  if (order_.is_order || std::exchange(asked_, serial) == serial) return true;
  if (order_.may_transfer == nullptr || order_.may_transfer(serial)) return true;
  End(Kind::kHeld, absl::StrCat("serial ", serial, " is not to be transferred yet"),
      ReplyNext::kEnded);
  return false;
}

// All queries are sent over TCP or TLS: nobody can forge a reply without being on the path, none is
// truncated, and the connection is mostly open already. RFC 1995 §2 permits IXFR over TCP first,
// and RFC 7766 §5 any query.
Bytes TurnSteps::Write(uint16_t id, TransferNow now) {
  now_ = sent_ = now.steady;
  const RrType type = step_ == Step::kSoa    ? RrType::kSoa
                      : step_ == Step::kIxfr ? RrType::kIxfr
                                             : RrType::kAxfr;
  query_ = {.id = id,
            .zone = order_.zone,
            .type = type,
            .has_edns = !without_edns_ && now_ >= facts_.no_edns_until,
            .serial = order_.held_serial.value_or(0)};
  if (step_ != Step::kSoa) PrepareTransfer();
  Bytes message = WriteQuery(query_);
  if (!exchange_.Sign(message, Seconds(now.wall))) message.clear();
  return message;
}

void TurnSteps::PrepareTransfer() {
  began_ = std::min(began_, now_);
  pace_.reset();
  collector_.Clear();
  const TransferRequest request = {
      .query = query_,
      .held_serial = order_.is_order ? std::nullopt : order_.held_serial,
      .limits = {.octets = order_.pace.octets_max, .records = order_.pace.records_max}};
  reader_.emplace(request, collector_);
}

TransferPace& TurnSteps::Pace() {
  if (!pace_.has_value()) pace_.emplace(order_.pace, now_);
  return *pace_;
}

ReplyNext TurnSteps::OnOctets(uint64_t octets, TransferNow now) {
  now_ = now.steady;
  if (step_ == Step::kSoa) return ReplyNext::kMore;
  result_.octets += octets;
  Pace().OnOctets(octets, now_);
  std::string fault = Pace().Check(now_);
  if (fault.empty()) return ReplyNext::kMore;
  return End(Kind::kBroken, std::move(fault), ReplyNext::kUnfinished);
}

ReplyNext TurnSteps::OnMessage(std::span<uint8_t> message, TransferNow now) {
  now_ = now.steady;
  std::string fault = exchange_.Verify(message, Seconds(now.wall));
  if (!fault.empty()) return End(Kind::kFailed, std::move(fault), AfterFault(message));
  return step_ == Step::kSoa ? OnSoa(message) : OnTransfer(message);
}

ReplyNext TurnSteps::OnSoa(ByteView message) {
  SoaAnswer answer = ReadSoaAnswer(message, query_);
  switch (answer.verdict) {
    case SoaVerdict::kSoa:
      result_.expire_seconds = answer.edns.expire_seconds;
      if (without_edns_) facts_.no_edns_until = now_ + facts_.no_edns_for;
      return CompareSoa(answer.soa);
    case SoaVerdict::kNoEdns:
      return RepeatWithoutEdns(ReplyNext::kEnded);
    case SoaVerdict::kRefused:
    case SoaVerdict::kLame:
    case SoaVerdict::kNoSoa:
      return End(Kind::kFailed, std::move(answer.reason), ReplyNext::kEnded);
    case SoaVerdict::kTruncated:  // Not over TCP.
    case SoaVerdict::kMalformed:
      return End(Kind::kBroken, std::move(answer.reason), ReplyNext::kEnded);
    case SoaVerdict::kForeign:
      break;
  }
  return End(Kind::kBroken, std::move(answer.reason), ReplyNext::kUnfinished);
}

ReplyNext TurnSteps::CompareSoa(const SoaFields& soa) {
  result_.soa = soa;
  const uint32_t held = order_.held_serial.value_or(0);
  if (soa.serial == held) return End(Kind::kCurrent, "", ReplyNext::kEnded);
  if (!SerialIsAfter(soa.serial, held)) {
    return End(Kind::kBehind,
               absl::StrCat("it has serial ", soa.serial, ", which is not after ours, ", held),
               ReplyNext::kEnded);
  }
  StartWithOffer(soa.serial);
  if (order_.is_check && !has_ended()) return End(Kind::kNewer, "", ReplyNext::kEnded);
  return ReplyNext::kEnded;
}

ReplyNext TurnSteps::OnTransfer(ByteView message) {
  const uint64_t records = reader_->records();
  const TransferState state = reader_->Feed(message);
  Pace().OnRecords(reader_->records() - records);
  if (reader_->soa().has_value()) result_.soa = reader_->soa();
  if (reader_->edns().expire_seconds.has_value()) {
    result_.expire_seconds = reader_->edns().expire_seconds;
  }
  const ReplyNext next = reader_->MayHaveMore() ? ReplyNext::kUnfinished : ReplyNext::kEnded;
  if (query_.has_edns && MeansNoEdns(reader_->rcode(), reader_->edns().present)) {
    return RepeatWithoutEdns(next);
  }
  if (without_edns_ && reader_->rcode() == Rcode::kNoError) {
    facts_.no_edns_until = now_ + facts_.no_edns_for;
  }
  const bool offers = state == TransferState::kMore || state == TransferState::kWhole ||
                      state == TransferState::kDiffs;
  if (offers && result_.soa.has_value() && !IsWanted(result_.soa->serial)) return next;
  return state == TransferState::kMore ? ReplyNext::kMore : EndTransfer(state, next);
}

ReplyNext TurnSteps::EndTransfer(TransferState state, ReplyNext next) {
  const bool is_used = state == TransferState::kWhole || state == TransferState::kDiffs ||
                       state == TransferState::kUpToDate;
  if (is_used && !exchange_.IsComplete()) {  // RFC 8945 §5.3.1: the last message has a TSIG.
    return End(Kind::kFailed, "the last message of the transfer is not signed", next);
  }
  switch (state) {
    case TransferState::kWhole:
      result_.whole = std::move(collector_.whole());
      return End(Kind::kWhole, "", next);
    case TransferState::kDiffs:
      result_.diffs = std::move(collector_.diffs());
      return End(Kind::kDiffs, "", next);
    case TransferState::kUpToDate:
      return EndUpToDate(next);
    case TransferState::kUseTcp:  // Of UDP only.
    case TransferState::kUseAxfr:
      return UseAxfr(next);
    case TransferState::kMore:
    case TransferState::kFailed:
      break;
  }
  const bool is_refused = reader_->rcode() != Rcode::kNoError;
  return End(is_refused ? Kind::kFailed : Kind::kBroken, reader_->reason(), next);
}

// The transfer's first SOA is not after ours.
ReplyNext TurnSteps::EndUpToDate(ReplyNext next) {
  const uint32_t serial = result_.soa->serial;
  const bool is_hinted = order_.hint.has_value() && SerialIsAfter(*order_.hint, serial);
  if (serial == order_.held_serial && !is_hinted) return End(Kind::kCurrent, "", next);
  return End(Kind::kBehind,
             absl::StrCat("it has serial ", serial, ", and ",
                          is_hinted ? *order_.hint : order_.held_serial.value_or(0),
                          is_hinted ? " was announced" : " is held"),
             next);
}

ReplyNext TurnSteps::RepeatWithoutEdns(ReplyNext next) {
  without_edns_ = true;
  return next;
}

ReplyNext TurnSteps::UseAxfr(ReplyNext next) {
  Warn(absl::StrCat("IXFR cannot be used: ", reader_->reason()));
  step_ = Step::kAxfr;
  return next;
}

void TurnSteps::Warn(const std::string& warning) {
  absl::StrAppend(&result_.warning, result_.warning.empty() ? "" : "; ", warning);
}

// Why the query is not to be waited for any longer. While the primary answers other queries on the
// connection, it may be about to come to this one; what it answers has its own limits.
std::string TurnSteps::Overdue(absl::Time progress) const {
  const bool is_soa = step_ == Step::kSoa;
  const absl::Duration patience = is_soa ? facts_.soa_timeout : order_.pace.stall_max;
  const absl::Duration most = is_soa ? kSoaTimeoutsMax * facts_.soa_timeout : order_.pace.total_max;
  const absl::Time until = std::min(std::max(sent_, progress) + patience, sent_ + most);
  if (now_ < until) return "";
  return absl::StrCat("no answer within ", absl::FormatDuration(until - sent_));
}

ReplyNext TurnSteps::Check(absl::Time progress, TransferNow now) {
  now_ = now.steady;
  if (pace_.has_value()) {
    std::string fault = pace_->Check(now_);
    if (fault.empty()) return ReplyNext::kMore;
    return End(Kind::kBroken, std::move(fault), ReplyNext::kUnfinished);
  }
  std::string fault = Overdue(progress);
  if (fault.empty()) return ReplyNext::kMore;
  return End(Kind::kUnreachable, std::move(fault), ReplyNext::kUnfinished);
}

void TurnSteps::OnLost(const ConnectionLoss& loss, TransferNow now) {
  now_ = now.steady;
  const bool has_begun = pace_.has_value();
  const bool is_closed = loss.end == ByteStream::End::kClosed;
  // A primary that closes amid a transfer is not to be avoided by other zones.
  const Kind kind = loss.end == ByteStream::End::kOwnFault ? Kind::kOwnFault
                    : loss.broke_rules                     ? Kind::kBroken
                    : has_begun && is_closed               ? Kind::kFailed
                                                           : Kind::kUnreachable;
  End(kind, absl::StrCat(has_begun ? "the transfer was cut off: " : "", loss.detail),
      ReplyNext::kEnded);
}

ReplyNext TurnSteps::End(Kind kind, std::string reason, ReplyNext next) {
  if (reader_.has_value()) {
    result_.records = reader_->records();
    if (reader_->records_outside() > 0) {
      Warn(absl::StrCat(reader_->records_outside(), " records outside of the zone were ignored"));
    }
    result_.took = now_ - began_;
  }
  if (kind != Kind::kWhole && kind != Kind::kDiffs) collector_.Clear();
  step_ = Step::kEnded;
  result_.kind = kind;
  result_.reason = std::move(reason);
  return next;
}

}  // namespace hither
