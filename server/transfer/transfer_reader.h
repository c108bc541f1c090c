#ifndef HITHER_SERVER_TRANSFER_TRANSFER_READER_H_
#define HITHER_SERVER_TRANSFER_TRANSFER_READER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "dns/record.h"
#include "server/transfer/record_cursor.h"
#include "server/transfer/soa_fields.h"
#include "server/transfer/transfer_message.h"
#include "server/transfer/transfer_sink.h"

namespace hither {

// What one transfer may bring. All are counted as sent: with their messages' headers, and with
// records that are ignored.
struct TransferLimits {
  uint64_t octets = uint64_t{32} << 30;
  uint64_t records = uint64_t{1} << 32;
  uint64_t messages = uint64_t{1} << 32;
};

// What was asked, and how.
struct TransferRequest {
  TransferQuery query = {};  // Of type kAxfr or kIxfr.
  bool over_udp = false;     // kIxfr only.
  // kAxfr: a zone whose serial is not after this one is not wanted. None: it is, whatever its
  // serial (a zone that we do not hold, or an operator's order). kIxfr: unused, query.serial holds.
  std::optional<uint32_t> held_serial = std::nullopt;
  TransferLimits limits = {};
};

enum class TransferState : uint8_t {
  kMore,      // Feed the next message.
  kWhole,     // The sink has a whole zone: AXFR, or IXFR answered in that form (RFC 1995 §4).
  kDiffs,     // The sink has differences from the serial asked to serial().
  kUpToDate,  // serial() is not after ours.
  kUseTcp,    // Ask again over TCP: the reply did not fit, or cannot be used.
  kUseAxfr,   // Ask for AXFR: IXFR is refused, or its differences cannot be used. See reason().
  kFailed,    // See reason().
};

// Reads the reply to one AXFR or IXFR query (RFC 5936 §2.2, RFC 1995 §4), message by message,
// however its records are distributed over the messages.
//
// The caller has checked each message's TSIG and has removed it. From a primary everything is
// expected: what does not follow the RFCs ends the transfer, and reason() says why, in words to be
// read after "transfer of example.org from 192.0.2.1: ".
//
// A message over UDP with another ID or question is ignored, since anyone can send it: kMore.
// Records outside of the zone are ignored as in a zone file, and counted. A TTL over 2^31 - 1 is 0
// (RFC 2181 §8). The authority section, and all of the additional section but OPT, is ignored
// (RFC 5936 §2.2.5).
//
// Not checked, because it takes the zone to know: whether removed records exist, or added ones
// exist already; and everything that makes a zone a good one.
//
// One thread's. The sink outlives the reader. Memory: one record.
class TransferReader {
 public:
  TransferReader(const TransferRequest& request, TransferSink& sink)
      : request_(request), sink_(sink) {}
  TransferReader(const TransferReader&) = delete;
  TransferReader& operator=(const TransferReader&) = delete;

  // Once the state is not kMore, nothing changes any more.
  TransferState Feed(ByteView message);

  TransferState state() const { return state_; }
  const std::string& reason() const { return reason_; }  // kUseTcp, kUseAxfr, kFailed.

  // May more messages of the reply follow on the connection? If so, close it: their ID is the one
  // of an ended query.
  bool MayHaveMore() const;

  // The zone's SOA at the primary, once the first record was read.
  const std::optional<SoaFields>& soa() const { return soa_; }
  // The OPT of a reply; with EXPIRE if the primary sent it. `rcode`: kFailed and kUseAxfr.
  const ReplyEdns& edns() const { return edns_; }
  Rcode rcode() const { return rcode_; }

  uint64_t octets() const { return octets_; }
  uint64_t records() const { return records_; }
  uint64_t messages() const { return messages_; }
  uint64_t records_outside() const { return outside_; }  // To be reported as a warning.

 private:
  enum class Phase : uint8_t {
    kFirst,      // Nothing yet.
    kSecond,     // The first SOA: the next record tells IXFR's form from AXFR's.
    kWhole,      // AXFR's form.
    kRemovals,   // IXFR's form: after the SOA of a serial from.
    kAdditions,  // After the SOA of a serial to.
    kDone,       // After the last SOA.
    kNotNewer,   // The first SOA was not after ours: the rest does not matter.
  };

  void ReadRecords(RecordCursor& cursor);
  void EndMessage(const RecordCursor& cursor);
  void Take(const WireRecord& record);
  void TakeOpt(const WireRecord& record);
  void TakeData(const RecordView& record);
  void TakeSoa(const RecordView& record);
  void TakeFirstSoa(const RecordView& record);
  void TakeSecondSoa(const RecordView& record);
  void TakeSoaOfAdditions(const RecordView& record);
  void TakeSoaAfterAdditions(const RecordView& record);
  void StartWhole();
  void StartDiff(const RecordView& soa);
  bool IsFirstSoa(const RecordView& soa) const;
  void ToSink(bool has_room);
  void EndByRcode(RecordCursor& cursor);
  void Fail(std::string reason);   // Another form or transport may do.
  void Break(std::string reason);  // None would.
  void End(TransferState state, std::string reason);
  bool IsIxfr() const { return request_.query.type == RrType::kIxfr; }

  // Of the reader itself.
  const TransferRequest request_;
  TransferSink& sink_;
  TransferState state_ = TransferState::kMore;
  std::string reason_;
  Phase phase_ = Phase::kFirst;
  // Of the reply.
  bool has_reply_ = false;  // A message of it was read.
  bool is_whole_ = false;   // It has AXFR's form.
  bool has_extra_ = false;  // It has more than the SOA, though that is not after ours.
  std::optional<SoaFields> soa_;
  Bytes soa_rdata_;  // As sent.
  uint32_t soa_ttl_seconds_ = 0;
  uint32_t diff_from_ = 0;
  uint32_t diff_to_ = 0;
  ReplyEdns edns_;
  Rcode rcode_ = Rcode::kNoError;
  uint64_t octets_ = 0;
  uint64_t records_ = 0;
  uint64_t messages_ = 0;
  uint64_t outside_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_TRANSFER_READER_H_
