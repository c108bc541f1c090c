#ifndef HITHER_SERVER_ANSWER_RESPONDER_H_
#define HITHER_SERVER_ANSWER_RESPONDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "dns/payload_size.h"
#include "dns/query.h"
#include "server/answer/counters.h"
#include "server/answer/exchange.h"
#include "server/answer/response_writer.h"
#include "zones/set/zone_set.h"

namespace hither {

// A server's identity and limits; constant for a worker's lifetime.
struct ResponderOptions {
  std::string nsid;     // NSID (RFC 5001) and id.server / hostname.bind (RFC 4892); empty: omitted.
  std::string version;  // version.server / version.bind; empty: hidden (REFUSED).
  uint16_t udp_payload_bytes_max = kUdpPayloadBytesDefault;
};

// Query octets in, answer octets out: every transport calls this one, so that no transport can miss
// a policy. A function of its arguments, except for the counters.
//
// Threads: belongs to one worker; holds scratch space, so that no query allocates. Source: the
// query is from anybody, with any content.
class Responder {
 public:
  // `counters` outlives the responder and has no other writer.
  Responder(const ResponderOptions& options, Counters& counters);

  // Answers `exchange.query` from `zones` into `exchange.reply`, which must hold 65,535 octets for
  // TCP and options.udp_payload_bytes_max (at least 512) for UDP and must not overlap the query.
  Response Answer(const Exchange& exchange, const TransportFacts& facts, const ZoneSet& zones);

  // The same for many UDP queries at once: sets each one's reply_bytes. It first reads a group of
  // queries and prefetches each one's data while it continues with the next: if the zones are
  // larger than the caches, waiting for memory is most of an answer's cost.
  void AnswerAll(std::span<Exchange> batch, const TransportFacts& facts, const ZoneSet& zones);

  // Starts an iteration of the worker's loop; has it used up its work (work.h)? A listener then
  // leaves the remaining queries for the next iteration.
  void BeginTurn() { turn_work_ = 0; }
  uint64_t turn_work() const { return turn_work_; }
  bool IsTurnSpent() const { return turn_work_ > kWorkOfTurnMax; }

  // Queries prefetched together; 16 is best: bench_parts, batch/mixed.
  static constexpr size_t kGroupMax = 16;

 private:
  // A query that was read, and the source of its answer.
  struct Reading {
    Parsed parsed;
    Query query;
    HashedName qname;  // If has_qname.
    bool has_qname = false;
    const ServedZone* likely = nullptr;
  };

  struct Verdict {
    Rcode rcode;
    ExtendedError error = ExtendedError::kAbsent;
  };

  static void Read(ByteView message, Reading& reading);
  static void FetchAll(std::span<Reading> group, const ZoneSet& zones);
  size_t AnswerRead(const Exchange& exchange, const Reading& reading, const TransportFacts& facts,
                    const ZoneSet& zones);
  Verdict Decide(const Reading& reading, const TransportFacts& facts, const ZoneSet& zones);
  Verdict AnswerQuestion(const Query& query, const HashedName& qname, const TransportFacts& facts,
                         const ZoneSet& zones);
  void PrepareOpt(const Query& query, const TransportFacts& facts);
  size_t LimitBytes(const Query& query, const TransportFacts& facts) const;
  void Count(const Query& query, const TransportFacts& facts, Rcode rcode);

  const ResponderOptions options_;
  Counters& counters_;
  ResponseWriter writer_;
  std::array<Reading, kGroupMax> group_;
  OptReply opt_;
  uint64_t turn_work_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_RESPONDER_H_
