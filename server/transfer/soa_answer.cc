#include "server/transfer/soa_answer.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

SoaAnswer Wrong(SoaAnswer answer, SoaVerdict verdict, std::string reason) {
  answer.verdict = verdict;
  answer.reason = std::move(reason);
  return answer;
}

// What the records say. Null, or what is wrong with them, to be read after "the message".
const char* ReadRecords(RecordCursor& cursor, NameView zone, SoaAnswer& answer,
                        std::optional<SoaFields>& soa) {
  WireRecord record;
  while (cursor.Next(record)) {  // 11 octets each at least: the message is the limit.
    if (record.section == Section::kAdditional && record.type == RrType::kOpt &&
        !ReadReplyOpt(record, answer.edns)) {
      return "has a malformed OPT record";
    }
    const bool is_soa = record.section == Section::kAnswer && record.type == RrType::kSoa &&
                        record.klass == static_cast<uint16_t>(RrClass::kIn) &&
                        record.owner.EqualsIgnoreCase(zone);
    if (!is_soa) continue;
    const std::optional<SoaFields> fields = ReadSoa(record.rdata);
    if (!fields.has_value()) return "has a malformed SOA";
    if (soa.has_value() && *soa != *fields) return "has two SOAs";
    soa = fields;
  }
  return cursor.fault();
}

SoaAnswer Refused(SoaAnswer answer) {
  if (MeansNoEdns(answer.rcode, answer.edns.present)) {
    return Wrong(std::move(answer), SoaVerdict::kNoEdns, "the primary does not know EDNS");
  }
  const std::string rcode = RcodeToText(answer.rcode);
  return Wrong(std::move(answer), SoaVerdict::kRefused,
               absl::StrCat("the primary answers ", rcode,
                            "; check that it has the zone and allows this address and key"));
}

}  // namespace

SoaAnswer ReadSoaAnswer(ByteView message, const TransferQuery& query) {
  SoaAnswer answer;
  RecordCursor cursor(message);
  const uint16_t flags = cursor.flags();
  const ReplyFault fault = CheckReply(cursor, query, /*is_first=*/true);
  if (fault == ReplyFault::kMalformed) {
    return Wrong(answer, SoaVerdict::kForeign, absl::StrCat("the message ", cursor.fault()));
  }
  if (IsForeign(fault)) {
    return Wrong(answer, SoaVerdict::kForeign,
                 absl::StrCat("a message of no use: ", ToText(fault)));
  }
  if (fault == ReplyFault::kNone && (flags & kFlagTc) != 0) {
    return Wrong(answer, SoaVerdict::kTruncated, "the answer is truncated");
  }
  std::optional<SoaFields> soa;
  const char* const wrong = ReadRecords(cursor, query.zone, answer, soa);
  answer.rcode =
      static_cast<Rcode>(static_cast<uint16_t>(RcodeOf(flags)) | answer.edns.rcode_high << 4);
  if (answer.rcode != Rcode::kNoError) {
    // A query without OPT cannot be refused for it.
    if (!query.has_edns) answer.edns.present = true;
    return Refused(std::move(answer));
  }
  if (wrong != nullptr) {
    return Wrong(answer, SoaVerdict::kMalformed, absl::StrCat("the message ", wrong));
  }
  if ((flags & kFlagAa) == 0) {
    return Wrong(answer, SoaVerdict::kLame,
                 "the answer is not authoritative; check that the primary has loaded the zone");
  }
  if (!soa.has_value()) {
    return Wrong(answer, SoaVerdict::kNoSoa, "the answer has no SOA of the zone");
  }
  answer.soa = *soa;
  answer.verdict = SoaVerdict::kSoa;
  return answer;
}

}  // namespace hither
