#include "server/answer/responder.h"

#include <algorithm>

#include "server/answer/answer.h"
#include "server/answer/chaos.h"
#include "server/transfer/notify_message.h"

namespace hither {
namespace {

constexpr size_t kUdpBytesWithoutEdns = 512;  // RFC 1035 §4.2.1, RFC 6891 §6.2.3's minimum.

Counter CounterOf(Rcode rcode) {
  switch (rcode) {
    case Rcode::kNoError:
      return Counter::kNoError;
    case Rcode::kFormErr:
      return Counter::kFormErr;
    case Rcode::kServFail:
      return Counter::kServFail;
    case Rcode::kNxDomain:
      return Counter::kNxDomain;
    case Rcode::kNotImp:
      return Counter::kNotImp;
    case Rcode::kRefused:
      return Counter::kRefused;
    case Rcode::kYxDomain:
      return Counter::kYxDomain;
    case Rcode::kNotAuth:
      return Counter::kNotAuth;
    case Rcode::kBadVers:
      break;
  }
  return Counter::kBadVers;
}

Counter CounterOf(TsigCheck check) {
  switch (check) {
    case TsigCheck::kGood:
      return Counter::kTsigGood;
    case TsigCheck::kBadKey:
      return Counter::kTsigBadKey;
    case TsigCheck::kBadSig:
      return Counter::kTsigBadSig;
    case TsigCheck::kBadTime:
      return Counter::kTsigBadTime;
    case TsigCheck::kBadTrunc:
      return Counter::kTsigBadTrunc;
    case TsigCheck::kUnsigned:
    case TsigCheck::kFormErr:
      break;
  }
  return Counter::kTsigFormErr;
}

Counter NotifyCounterOf(Rcode rcode) {
  switch (rcode) {
    case Rcode::kNoError:
      return Counter::kNotifyTaken;
    case Rcode::kRefused:
      return Counter::kNotifyRefused;
    case Rcode::kNotAuth:
      return Counter::kNotifyNotAuth;
    default:
      return Counter::kNotifyMalformed;
  }
}

AccessTransport AccessOf(Transport transport) {
  return transport == Transport::kTcp ? AccessTransport::kTcp : AccessTransport::kUdp;
}

// Why there is no answer from a zone that we should serve. RFC 8914 §4.25 gives "its most recent
// zone being too old or having expired" as an example of Invalid Data; No Reachable Authority
// (§4.23) is a resolver's.
ExtendedError ErrorOf(const ServedZone& without_version) {
  return without_version.state() == ServedState::kExpired ? ExtendedError::kInvalidData
                                                          : ExtendedError::kNotReady;
}

}  // namespace

Responder::Responder(const ResponderOptions& options, Counters& counters,
                     const Snapshot<TsigKeyRing>* keys)
    : options_(options), counters_(counters) {
  if (keys != nullptr) keys_.emplace(*keys);
}

size_t Responder::LimitBytes(const Query& query, const TransportFacts& facts) const {
  if (facts.transport == Transport::kTcp) return UINT16_MAX;
  if (!query.edns.present) return kUdpBytesWithoutEdns;
  // RFC 6891 §6.2.5: less than 512 means 512.
  const size_t offered = std::max<size_t>(query.edns.payload_bytes, kUdpBytesWithoutEdns);
  return std::min<size_t>(offered, options_.udp_payload_bytes_max);
}

void Responder::PrepareOpt(const Query& query, const TransportFacts& facts) {
  opt_ = OptReply{};
  opt_.payload_bytes = options_.udp_payload_bytes_max;
  opt_.dnssec_ok = query.edns.dnssec_ok;  // RFC 3225 §3: copied.
  if (query.edns.wants_nsid) opt_.nsid = options_.nsid;
  // RFC 7828 §3.2.2: over UDP the option means nothing.
  if (query.edns.offers_keepalive && facts.transport == Transport::kTcp) {
    opt_.has_keepalive = true;
    opt_.keepalive_deciseconds = static_cast<uint16_t>(std::clamp<int64_t>(
        absl::ToInt64Milliseconds(facts.tcp_idle_timeout) / 100, 0, UINT16_MAX));
  }
  // Filled by AnswerQuestion() if a zone is found; set here only so that room is kept for it.
  opt_.has_zone_version = query.edns.wants_zone_version;
}

Responder::Verdict Responder::AnswerQuestion(const Query& query, const HashedName& qname,
                                             const TransportFacts& facts, const ZoneSet& zones) {
  if (query.klass == RrClass::kChaos) {
    return {AnswerChaos(query, options_.nsid, options_.version, writer_)};
  }
  if (query.klass != RrClass::kIn && query.klass != RrClass::kAny) {
    return {Rcode::kRefused, ExtendedError::kNotAuthoritative};
  }
  switch (query.type) {
    case RrType::kNxname:  // RFC 9824 §3.5
      return {Rcode::kFormErr, ExtendedError::kInvalidQueryType};
    case RrType::kOpt:
    case RrType::kTsig:
    case RrType::kTkey:  // No questions: OPT and TSIG belong to a message, TKEY needs keys.
      return {Rcode::kFormErr, ExtendedError::kInvalidQueryType};
    case RrType::kAxfr:
    case RrType::kIxfr:
      return {Rcode::kRefused, ExtendedError::kProhibited};
    default:
      break;
  }
  const ServedZone* served = zones.FindZone(qname, query.type == RrType::kDs);
  if (served == nullptr) return {Rcode::kRefused, ExtendedError::kNotAuthoritative};
  if (served->zone == nullptr) return {Rcode::kServFail, ErrorOf(*served)};
  const Zone& zone = *served->zone;
  if (query.edns.wants_zone_version) {
    opt_.has_zone_version = true;
    opt_.zone_labels = static_cast<uint8_t>(zone.apex_labels());
    opt_.zone_serial = zone.serial();
  }
  const AnswerResult result = AnswerFrom(zone, query, qname, writer_);
  if (facts.transport == Transport::kTcp && writer_.truncated()) {
    // No larger message is possible. A referral without some of its glue may be sent.
    writer_.SetTruncated(false);
    if (writer_.IsEmpty()) return {Rcode::kServFail, ExtendedError::kOther};
  }
  // RFC 1034 §3.7.1's QCLASS *: no single class's answer can be authoritative for it.
  if (query.klass == RrClass::kAny) writer_.SetAuthoritative(false);
  if (result.kind == AnswerKind::kReferral) counters_.Add(Counter::kReferrals);
  if (result.kind == AnswerKind::kNegative && result.rcode == Rcode::kNoError) {
    counters_.Add(Counter::kNoData);
  }
  // While every zone is fresh, which the set knows, none of them is asked.
  const bool is_stale = zones.stale() > 0 && served->has_gone_stale();
  return {result.rcode, is_stale ? ExtendedError::kStaleAnswer : ExtendedError::kAbsent};
}

// RFC 1996 §3. Whose zone it is shows here, so that a storm of NOTIFYs for other zones never
// reaches the handler.
Responder::Verdict Responder::DecideNotify(const Exchange& exchange, const Reading& reading,
                                           const TransportFacts& facts, const ZoneSet& zones) {
  if (options_.notify == nullptr) return {Rcode::kRefused, ExtendedError::kProhibited};
  Notify notify;
  // Each record that is passed over for the serial costs more than its octets' reading.
  turn_work_ += exchange.query.size() / kWorkOfMacOctets;
  Verdict verdict = {ReadNotify(exchange.query, notify).rcode};
  if (verdict.rcode == Rcode::kNoError) {
    const ServedZone* zone = zones.FindExact(notify.query.name);
    if (zone == nullptr) {
      verdict = {Rcode::kNotAuth, ExtendedError::kNotAuthoritative};
    } else if (zone->source().kind() != ZoneSource::Kind::kPrimaries) {
      verdict = {Rcode::kRefused, ExtendedError::kProhibited};
    } else {
      AccessClient sender = {.address = exchange.client, .transport = AccessOf(facts.transport)};
      if (reading.query.tsig_offset != 0) sender.key = tsig_.key()->name.view();
      verdict = {options_.notify->OnNotify(notify.query.name, notify.serial, sender)};
    }
    if (verdict.rcode == Rcode::kNoError) writer_.SetAuthoritative(true);
  }
  counters_.Add(NotifyCounterOf(verdict.rcode));
  return verdict;
}

Responder::Verdict Responder::Decide(const Exchange& exchange, const Reading& reading,
                                     const TransportFacts& facts, const ZoneSet& zones) {
  const Query& query = reading.query;
  switch (query.opcode) {
    case Opcode::kQuery:
      break;
    case Opcode::kNotify:
      return DecideNotify(exchange, reading, facts, zones);
    case Opcode::kUpdate:  // RFC 2136 §3.3: policy forbids it; changes come from the primary.
      return {Rcode::kRefused, ExtendedError::kProhibited};
    default:  // RFC 8906 §3.1.4: an answer, whatever the opcode.
      return {Rcode::kNotImp, ExtendedError::kNotSupported};
  }
  if (reading.parsed == Parsed::kFormErr) {
    return {Rcode::kFormErr};
  }
  if (query.edns.present && query.edns.version != 0) {  // RFC 6891 §6.1.3
    return {Rcode::kBadVers};
  }
  return AnswerQuestion(query, reading.qname, facts, zones);
}

void Responder::Count(const Query& query, const TransportFacts& facts, Rcode rcode) {
  counters_.Add(facts.transport == Transport::kUdp ? Counter::kQueriesUdp : Counter::kQueriesTcp);
  counters_.Add(CounterOf(rcode));
  if (query.edns.present) counters_.Add(Counter::kWithEdns);
  if (query.edns.dnssec_ok) counters_.Add(Counter::kWithDo);
  if (query.edns.wants_nsid) counters_.Add(Counter::kWithNsid);
  if (writer_.truncated()) counters_.Add(Counter::kTruncated);
}

void Responder::Read(ByteView message, Reading& reading) {
  reading.query = Query();
  reading.parsed = ParseQuery(message, reading.query);
  reading.has_qname = reading.parsed == Parsed::kQuery && reading.query.question_bytes != 0;
  if (reading.has_qname) reading.qname.Set(reading.query.name);
}

// Each step prefetches what the next one reads: the slot of the zone, its head, a line of its
// index, a node. Once all queries have had one step, the first one's data is in the cache.
void Responder::FetchAll(std::span<Reading> group, const ZoneSet& zones) {
  for (Reading& reading : group) {
    if (reading.has_qname) zones.Prefetch(reading.qname);
  }
  for (Reading& reading : group) {
    reading.likely = reading.has_qname ? zones.FindLikely(reading.qname) : nullptr;
    if (reading.likely != nullptr) __builtin_prefetch(reading.likely);
  }
  for (Reading& reading : group) {
    const bool has_zone = reading.likely != nullptr && reading.likely->zone != nullptr;
    if (!has_zone) reading.likely = nullptr;
    if (has_zone) reading.likely->zone->PrefetchHead();
  }
  for (const Reading& reading : group) {
    if (reading.likely != nullptr) reading.likely->zone->PrefetchIndex(reading.qname.hash());
  }
  for (const Reading& reading : group) {
    if (reading.likely != nullptr) reading.likely->zone->PrefetchNode(reading.qname.hash());
  }
}

// The keys are looked up only here, so that unsigned queries do not pay for them.
TsigCheck Responder::CheckTsig(const Exchange& exchange, const Reading& reading,
                               const TransportFacts& facts) {
  static const TsigKeyRing kNoKeys;
  const TsigKeyRing& keys = keys_.has_value() ? keys_->Refresh() : kNoKeys;
  const TsigCheck check =
      tsig_.CheckAt(keys, exchange.query, reading.query.tsig_offset, facts.now_seconds);
  counters_.Add(CounterOf(check));
  turn_work_ += kWorkOfTsig + exchange.query.size() / kWorkOfMacOctets;
  return check;
}

Responder::Verdict Responder::RefuseTsig(TsigCheck check) const {
  if (check == TsigCheck::kFormErr) return {Rcode::kFormErr};
  const bool has_keys = keys_.has_value() && !keys_->held().empty();
  return {Rcode::kNotAuth, has_keys ? ExtendedError::kAbsent : ExtendedError::kNotSupported};
}

size_t Responder::AddTsig(const Exchange& exchange, size_t limit, size_t bytes,
                          const TransportFacts& facts) {
  turn_work_ += bytes / kWorkOfMacOctets;
  return tsig_.Sign(exchange.reply.first(limit), bytes, facts.now_seconds);
}

size_t Responder::AnswerRead(const Exchange& exchange, const Reading& reading,
                             const TransportFacts& facts, const ZoneSet& zones) {
  const Query& query = reading.query;
  if (reading.parsed == Parsed::kShort || reading.parsed == Parsed::kResponse) {
    counters_.Add(reading.parsed == Parsed::kShort ? Counter::kDroppedShort
                                                   : Counter::kDroppedResponse);
    return 0;
  }
  size_t reserve = 0;
  if (query.edns.present) {
    PrepareOpt(query, facts);
    if (zones.stale() > 0) opt_.error = ExtendedError::kStaleAnswer;  // Room beside a full answer.
    reserve = opt_.Bytes();
    opt_.has_zone_version = false;  // Until a zone is found.
  }
  // RFC 8945 §5.3: a FORMERR is signed, too, as long as the TSIG itself can be read.
  const bool is_signed = query.tsig_offset != 0;
  TsigCheck check = TsigCheck::kGood;
  const size_t limit = std::min(LimitBytes(query, facts), exchange.reply.size());
  size_t tsig_bytes = 0;
  if (is_signed) [[unlikely]] {
    check = CheckTsig(exchange, reading, facts);
    tsig_bytes = tsig_.key() == nullptr ? 0 : tsig_.ReservedBytes();
  }
  writer_.Start(exchange.reply, limit - tsig_bytes, reserve, exchange.query, query);
  const Verdict verdict =
      check == TsigCheck::kGood ? Decide(exchange, reading, facts, zones) : RefuseTsig(check);
  turn_work_ += kWorkOfQuery + exchange.query.size() / kWorkOfOctets + writer_.work();
  Count(query, facts, verdict.rcode);
  opt_.error = verdict.error;
  opt_.extended_rcode = static_cast<uint8_t>(static_cast<uint16_t>(verdict.rcode) >> 4);
  const size_t bytes = writer_.Finish(verdict.rcode, query.edns.present ? &opt_ : nullptr);
  return is_signed ? AddTsig(exchange, limit, bytes, facts) : bytes;
}

Response Responder::Answer(const Exchange& exchange, const TransportFacts& facts,
                           const ZoneSet& zones) {
  Read(exchange.query, group_[0]);
  return {AnswerRead(exchange, group_[0], facts, zones), nullptr};
}

void Responder::AnswerAll(std::span<Exchange> batch, const TransportFacts& facts,
                          const ZoneSet& zones) {
  for (size_t from = 0; from < batch.size(); from += kGroupMax) {
    const std::span group = batch.subspan(from, std::min(kGroupMax, batch.size() - from));
    for (size_t i = 0; i < group.size(); ++i) Read(group[i].query, group_[i]);
    FetchAll(std::span(group_).first(group.size()), zones);
    for (size_t i = 0; i < group.size(); ++i) {
      group[i].reply_bytes = AnswerRead(group[i], group_[i], facts, zones);
    }
  }
}

}  // namespace hither
