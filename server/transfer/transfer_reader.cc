#include "server/transfer/transfer_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "dns/serial.h"

namespace hither {
namespace {

constexpr uint32_t kTtlMax = 0x7fffffff;  // RFC 2181 §8

uint32_t SerialOf(const RecordView& soa) { return ReadSoa(soa.rdata).value_or(SoaFields()).serial; }

std::string TooMuch(absl::string_view what, uint64_t limit) {
  return absl::StrCat("over ", limit, " ", what, "; raise the limit if the zone is that large");
}

// A server may refuse IXFR, not know it, or have lost what it needs for it, and still offer AXFR.
bool MayOfferAxfr(Rcode rcode) {
  return rcode == Rcode::kFormErr || rcode == Rcode::kNotImp || rcode == Rcode::kRefused ||
         rcode == Rcode::kServFail;
}

}  // namespace

TransferState TransferReader::Feed(ByteView message) {
  if (state_ != TransferState::kMore) return state_;
  octets_ += message.size();
  if (++messages_ > request_.limits.messages) {
    Fail(TooMuch("messages", request_.limits.messages));
    return state_;
  }
  if (octets_ > request_.limits.octets) {
    Fail(TooMuch("octets", request_.limits.octets));
    return state_;
  }
  RecordCursor cursor(message);
  const ReplyFault fault = CheckReply(cursor, request_.query, !has_reply_);
  if (IsForeign(fault)) {
    if (request_.over_udp) return state_;
    Break(fault == ReplyFault::kMalformed ? absl::StrCat("a message ", cursor.fault())
                                          : absl::StrCat("a message of no use: ", ToText(fault)));
    return state_;
  }
  if (fault == ReplyFault::kRcode) {
    rcode_ = RcodeOf(cursor.flags());
    EndByRcode(cursor);
  } else if ((cursor.flags() & kFlagTc) != 0) {  // RFC 5936 §2.2.1: not over TCP.
    Fail("a truncated message");
  } else {
    ReadRecords(cursor);
  }
  has_reply_ = true;
  return state_;
}

void TransferReader::ReadRecords(RecordCursor& cursor) {
  WireRecord record;
  while (state_ == TransferState::kMore && cursor.Next(record)) Take(record);
  if (state_ == TransferState::kMore) EndMessage(cursor);
}

void TransferReader::EndMessage(const RecordCursor& cursor) {
  if (cursor.fault() != nullptr) return Fail(absl::StrCat("a message ", cursor.fault()));
  if (edns_.rcode_high != 0) {
    rcode_ = static_cast<Rcode>(edns_.rcode_high << 4);
    return Break(absl::StrCat("the primary answers ", RcodeToText(rcode_)));
  }
  if (phase_ == Phase::kDone) {
    return End(is_whole_ ? TransferState::kWhole : TransferState::kDiffs, "");
  }
  if (phase_ == Phase::kNotNewer) return End(TransferState::kUpToDate, "");
  if (phase_ == Phase::kFirst) return Fail("an answer without records");
  // RFC 1995 §2: if a reply does not fit in a datagram, it has only the SOA of the newest version.
  if (request_.over_udp) Fail("the reply does not fit in a datagram");
}

void TransferReader::Take(const WireRecord& wire) {
  if (++records_ > request_.limits.records) {
    return Fail(TooMuch("records", request_.limits.records));
  }
  if (wire.section != Section::kAnswer) return TakeOpt(wire);
  if (phase_ == Phase::kNotNewer) {
    has_extra_ = true;
    return;
  }
  if (phase_ == Phase::kDone) return Fail("records after the last SOA");
  if (wire.klass != static_cast<uint16_t>(RrClass::kIn)) {
    return Fail(absl::StrCat(wire.owner.ToText(), " of class ", wire.klass, ", not IN"));
  }
  if (IsMetaType(wire.type)) {
    return Fail(absl::StrCat(wire.owner.ToText(), " ", TypeToText(wire.type), ": not a record"));
  }
  const absl::Status valid = ValidateRdata(wire.type, wire.rdata);
  if (!valid.ok()) return Fail(absl::StrCat(wire.owner.ToText(), ": ", valid.message()));
  const RecordView record = {wire.owner, wire.type, wire.ttl > kTtlMax ? 0 : wire.ttl, wire.rdata,
                             Location()};
  record.type == RrType::kSoa ? TakeSoa(record) : TakeData(record);
}

// Each message may have an OPT; the first one counts.
void TransferReader::TakeOpt(const WireRecord& record) {
  if (record.section != Section::kAdditional || record.type != RrType::kOpt) return;
  ReplyEdns edns;
  if (!ReadReplyOpt(record, edns)) return Fail("a malformed OPT record");
  if (!edns_.present) edns_ = edns;
  edns_.rcode_high |= edns.rcode_high;
}

void TransferReader::TakeData(const RecordView& record) {
  if (phase_ == Phase::kFirst) {
    return Fail(absl::StrCat("begins with ", record.owner.ToText(), " ", TypeToText(record.type),
                             ", not with the zone's SOA"));
  }
  if (phase_ == Phase::kSecond) StartWhole();
  if (state_ != TransferState::kMore) return;
  if (!record.owner.IsAtOrBelow(request_.query.zone)) {
    ++outside_;
    return;
  }
  if (phase_ == Phase::kWhole) return ToSink(sink_.AddWhole(record));
  ToSink(phase_ == Phase::kRemovals ? sink_.Remove(record) : sink_.Add(record));
}

void TransferReader::TakeSoa(const RecordView& record) {
  if (!record.owner.EqualsIgnoreCase(request_.query.zone)) {
    return Fail(absl::StrCat("a SOA of another zone: ", record.owner.ToText()));
  }
  switch (phase_) {
    case Phase::kFirst:
      return TakeFirstSoa(record);
    case Phase::kSecond:
      return TakeSecondSoa(record);
    case Phase::kWhole:
      if (IsFirstSoa(record)) {
        phase_ = Phase::kDone;
        return;
      }
      return Fail(absl::StrCat("a SOA of serial ", SerialOf(record), " within the zone of serial ",
                               soa_->serial, "; it changed during the transfer"));
    case Phase::kRemovals:
      return TakeSoaOfAdditions(record);
    case Phase::kAdditions:
      return TakeSoaAfterAdditions(record);
    case Phase::kDone:
    case Phase::kNotNewer:
      return;  // Take() has dealt with these.
  }
}

void TransferReader::TakeFirstSoa(const RecordView& record) {
  soa_ = ReadSoa(record.rdata);
  if (!soa_.has_value()) return Fail("a malformed SOA");
  soa_rdata_.assign(record.rdata.begin(), record.rdata.end());
  soa_ttl_seconds_ = record.ttl_seconds;
  const std::optional<uint32_t> held =
      IsIxfr() ? std::optional<uint32_t>(request_.query.serial) : request_.held_serial;
  const bool is_wanted = !held.has_value() || SerialIsAfter(soa_->serial, *held);
  phase_ = is_wanted ? Phase::kSecond : Phase::kNotNewer;
}

void TransferReader::TakeSecondSoa(const RecordView& record) {
  if (IsIxfr() && SerialOf(record) == request_.query.serial) return StartDiff(record);
  if (IsFirstSoa(record)) {  // A zone with nothing but its SOA. Whether that is a zone, gates say.
    StartWhole();
    phase_ = Phase::kDone;
    return;
  }
  Fail(IsIxfr() ? absl::StrCat("differences start at serial ", SerialOf(record), ", not at ours, ",
                               request_.query.serial)
                : absl::StrCat("SOAs of two serials, ", soa_->serial, " and ", SerialOf(record)));
}

void TransferReader::TakeSoaOfAdditions(const RecordView& record) {
  diff_to_ = SerialOf(record);
  const bool is_last = diff_to_ == soa_->serial;
  const bool is_between =
      SerialIsAfter(diff_to_, diff_from_) && (is_last || SerialIsAfter(soa_->serial, diff_to_));
  if (!is_between || (is_last && !IsFirstSoa(record))) {
    return Fail(absl::StrCat("a difference from serial ", diff_from_, " to ", diff_to_,
                             " does not lead to ", soa_->serial));
  }
  phase_ = Phase::kAdditions;
  ToSink(sink_.BeginAdditions(diff_to_) && sink_.Add(record));
}

void TransferReader::TakeSoaAfterAdditions(const RecordView& record) {
  const uint32_t serial = SerialOf(record);
  if (serial != diff_to_) {
    return Fail(absl::StrCat("a difference to serial ", diff_to_, " is followed by serial ", serial,
                             ": the chain is broken"));
  }
  if (diff_to_ != soa_->serial) return StartDiff(record);
  if (!IsFirstSoa(record)) return Fail("the last SOA is not the first one");
  phase_ = Phase::kDone;
}

void TransferReader::StartWhole() {
  phase_ = Phase::kWhole;
  is_whole_ = true;
  ToSink(sink_.AddWhole(
      {request_.query.zone, RrType::kSoa, soa_ttl_seconds_, soa_rdata_, Location()}));
}

void TransferReader::StartDiff(const RecordView& soa) {
  phase_ = Phase::kRemovals;
  diff_from_ = SerialOf(soa);
  ToSink(sink_.BeginDiff(diff_from_) && sink_.Remove(soa));
}

// In the canonical form: compression can change the case of names.
bool TransferReader::IsFirstSoa(const RecordView& soa) const {
  Bytes first;
  Bytes other;
  AppendCanonicalRdata(RrType::kSoa, soa_rdata_, first);
  AppendCanonicalRdata(RrType::kSoa, soa.rdata, other);
  return first == other;
}

void TransferReader::ToSink(bool has_room) {
  if (!has_room) Fail("more records than fit in the memory of a transfer");
}

void TransferReader::EndByRcode(RecordCursor& cursor) {
  WireRecord record;
  while (cursor.Next(record)) {  // The message is the limit.
    if (record.section == Section::kAdditional && record.type == RrType::kOpt) {
      ReadReplyOpt(record, edns_);
    }
  }
  const auto all = static_cast<uint16_t>(static_cast<uint16_t>(rcode_) | edns_.rcode_high << 4);
  const bool use_axfr = IsIxfr() && phase_ == Phase::kFirst && MayOfferAxfr(rcode_);
  rcode_ = static_cast<Rcode>(all);
  std::string reason = absl::StrCat("the primary answers ", RcodeToText(rcode_));
  if (use_axfr) return End(TransferState::kUseAxfr, std::move(reason));
  Break(std::move(reason));
}

void TransferReader::Fail(std::string reason) {
  if (request_.over_udp) return End(TransferState::kUseTcp, std::move(reason));
  const bool may_use_axfr = IsIxfr() && !is_whole_;
  End(may_use_axfr ? TransferState::kUseAxfr : TransferState::kFailed, std::move(reason));
}

void TransferReader::Break(std::string reason) { End(TransferState::kFailed, std::move(reason)); }

void TransferReader::End(TransferState state, std::string reason) {
  if (state_ != TransferState::kMore) return;
  state_ = state;
  reason_ = std::move(reason);
}

bool TransferReader::MayHaveMore() const {
  switch (state_) {
    case TransferState::kWhole:
    case TransferState::kDiffs:
      return false;
    case TransferState::kUpToDate:
      return !IsIxfr() || has_extra_;
    default:
      return rcode_ == Rcode::kNoError && !request_.over_udp;
  }
}

}  // namespace hither
