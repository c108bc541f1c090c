#include "server/transfer/transfer_message.h"

#include "absl/strings/str_cat.h"
#include "dns/payload_size.h"

namespace hither {
namespace {

constexpr uint16_t kExpireOption = 9;  // RFC 7314 §5
constexpr uint16_t kIn = static_cast<uint16_t>(RrClass::kIn);
constexpr uint16_t kPointerToZone = 0xc000 | kHeaderBytes;  // The question's name.
constexpr int kOptionsMax = 64;

void AppendSerial(uint32_t serial, ByteWriter& writer) {
  constexpr uint16_t kSoaBytes = 1 + 1 + 5 * 4;  // Two names that are the root.
  writer.U16(kPointerToZone);
  writer.U16(static_cast<uint16_t>(RrType::kSoa));
  writer.U16(kIn);
  writer.U32(0);
  writer.U16(kSoaBytes);
  writer.U8(0);
  writer.U8(0);
  writer.U32(serial);
  for (int i = 0; i < 4; ++i) writer.U32(0);
}

void AppendOpt(ByteWriter& writer) {
  writer.U8(0);
  writer.U16(static_cast<uint16_t>(RrType::kOpt));
  writer.U16(kUdpPayloadBytesDefault);
  writer.U32(0);
  writer.U16(4);
  writer.U16(kExpireOption);
  writer.U16(0);
}

}  // namespace

Bytes WriteQuery(const TransferQuery& query) {
  const bool is_ixfr = query.type == RrType::kIxfr;
  Bytes message;
  ByteWriter writer(message);
  writer.U16(query.id);
  writer.U16(0);  // RD is clear: nobody is to recurse.
  writer.U16(1);
  writer.U16(0);
  writer.U16(is_ixfr ? 1 : 0);
  writer.U16(query.has_edns ? 1 : 0);
  writer.Append(query.zone.view().wire());
  writer.U16(static_cast<uint16_t>(query.type));
  writer.U16(kIn);
  if (is_ixfr) AppendSerial(query.serial, writer);
  if (query.has_edns) AppendOpt(writer);
  return message;
}

ReplyFault CheckReply(RecordCursor& cursor, const TransferQuery& query, bool is_first) {
  if (cursor.fault() != nullptr) return ReplyFault::kMalformed;
  if (cursor.id() != query.id) return ReplyFault::kOtherId;
  if ((cursor.flags() & kFlagQr) == 0) return ReplyFault::kNoResponse;
  if ((cursor.flags() & kOpcodeMask) != 0) return ReplyFault::kOtherOpcode;
  const Rcode rcode = RcodeOf(cursor.flags());
  if (cursor.questions() > 1) return ReplyFault::kOtherQuestion;
  WireQuestion question;
  if (cursor.NextQuestion(question)) {
    if (question.type != query.type || question.klass != kIn ||
        !question.name.EqualsIgnoreCase(query.zone)) {
      return ReplyFault::kOtherQuestion;
    }
  } else if (cursor.fault() != nullptr) {
    return ReplyFault::kMalformed;
  } else if (is_first && rcode == Rcode::kNoError) {
    return ReplyFault::kOtherQuestion;
  }
  return rcode == Rcode::kNoError ? ReplyFault::kNone : ReplyFault::kRcode;
}

absl::string_view ToText(ReplyFault fault) {
  switch (fault) {
    case ReplyFault::kNone:
      return "it is in order";
    case ReplyFault::kMalformed:
      return "it is malformed";
    case ReplyFault::kOtherId:
      return "it has another ID";
    case ReplyFault::kNoResponse:
      return "it is not a response";
    case ReplyFault::kOtherOpcode:
      return "it has another opcode";
    case ReplyFault::kOtherQuestion:
      return "it has another question";
    case ReplyFault::kRcode:
      return "the primary refused";
  }
  return "";
}

std::string RcodeToText(Rcode rcode) {
  switch (rcode) {
    case Rcode::kNoError:
      return "NOERROR";
    case Rcode::kFormErr:
      return "FORMERR";
    case Rcode::kServFail:
      return "SERVFAIL";
    case Rcode::kNxDomain:
      return "NXDOMAIN";
    case Rcode::kNotImp:
      return "NOTIMP";
    case Rcode::kRefused:
      return "REFUSED";
    case Rcode::kYxDomain:
      return "YXDOMAIN";
    case Rcode::kNotAuth:
      return "NOTAUTH";
    case Rcode::kBadVers:
      return "BADVERS";
  }
  return absl::StrCat("RCODE ", static_cast<int>(rcode));
}

bool ReadReplyOpt(const WireRecord& record, ReplyEdns& edns) {
  if (edns.present || !record.owner.IsRoot()) return false;  // RFC 6891 §6.1.1: one, at the root.
  edns.present = true;
  edns.rcode_high = static_cast<uint8_t>(record.ttl >> 24);
  ByteReader reader(record.rdata);
  for (int count = 0; !reader.AtEnd(); ++count) {
    if (count == kOptionsMax) return false;
    const uint16_t code = reader.U16();
    const ByteView data = reader.Take(reader.U16());
    if (!reader.ok()) return false;
    if (code != kExpireOption || data.empty()) continue;
    if (data.size() != 4) return false;
    edns.expire_seconds = LoadU32(data.data());
  }
  return true;
}

}  // namespace hither
