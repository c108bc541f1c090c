#include "server/answer/responder.h"

#include <algorithm>

#include "server/answer/answer.h"
#include "server/answer/chaos.h"

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

}  // namespace

Responder::Responder(const ResponderOptions& options, Counters& counters)
    : options_(options), counters_(counters) {}

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
  if (served->zone == nullptr) return {Rcode::kServFail, ExtendedError::kNotReady};
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
  return {result.rcode};
}

Responder::Verdict Responder::Decide(const Reading& reading, const TransportFacts& facts,
                                     const ZoneSet& zones) {
  const Query& query = reading.query;
  switch (query.opcode) {
    case Opcode::kQuery:
      break;
    case Opcode::kNotify:
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
  if (query.tsig.present) {  // RFC 8945 §5.2.1: a key that we do not know.
    return {Rcode::kNotAuth, ExtendedError::kNotSupported};
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
    reserve = opt_.Bytes();
    opt_.has_zone_version = false;  // Until a zone is found.
  }
  writer_.Start(exchange.reply, LimitBytes(query, facts), reserve, exchange.query, query);
  const Verdict verdict = Decide(reading, facts, zones);
  turn_work_ += kWorkOfQuery + exchange.query.size() / kWorkOfOctets + writer_.work();
  Count(query, facts, verdict.rcode);
  const Tsig* tsig = verdict.rcode == Rcode::kNotAuth ? &query.tsig : nullptr;
  if (!query.edns.present) return writer_.Finish(verdict.rcode, nullptr, tsig);
  opt_.error = verdict.error;
  opt_.extended_rcode = static_cast<uint8_t>(static_cast<uint16_t>(verdict.rcode) >> 4);
  return writer_.Finish(verdict.rcode, &opt_, tsig);
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
