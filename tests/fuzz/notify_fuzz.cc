// Any octets as a NOTIFY, and as the answer to a SOA query: what strangers can send over UDP.
//
// Oracle: a response to a NOTIFY repeats its ID and question, and our own cursor reads it; a NOTIFY
// without error is about a zone and has a hint only if it has a record.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "server/transfer/notify_message.h"
#include "server/transfer/record_cursor.h"
#include "server/transfer/soa_answer.h"

namespace hither {
namespace {

void CheckResponse(const Notify& notify, Rcode rcode) {
  const Bytes response = WriteNotifyResponse(notify, rcode);
  RecordCursor cursor(response);
  HITHER_CHECK(cursor.id() == notify.query.id && (cursor.flags() & kFlagQr) != 0);
  HITHER_CHECK((cursor.flags() & kOpcodeMask) == (notify.query.flags & kOpcodeMask));
  WireQuestion question;
  if (cursor.NextQuestion(question)) {
    HITHER_CHECK(question.name.EqualsExactly(notify.query.name));
    HITHER_CHECK(question.type == notify.query.type);
  }
  WireRecord record;
  while (cursor.Next(record)) HITHER_CHECK(record.type == RrType::kOpt);
  HITHER_CHECK(cursor.AtEnd());
  Notify again;  // A response is no request: two servers never answer each other.
  HITHER_CHECK(ReadNotify(response, again).kind == NotifyVerdict::Kind::kIgnore);
}

void ReadOneNotify(ByteView message) {
  Notify notify;
  const NotifyVerdict verdict = ReadNotify(message, notify);
  if (verdict.kind == NotifyVerdict::Kind::kIgnore) return;
  if (verdict.rcode == Rcode::kNoError) {
    HITHER_CHECK(notify.query.type == RrType::kSoa && notify.query.question_bytes >= 5);
  } else {
    HITHER_CHECK(!notify.serial.has_value());
  }
  if (notify.serial.has_value()) HITHER_CHECK(LoadU16(message.data() + 6) > 0);
  CheckResponse(notify, verdict.rcode);
}

void ReadOneAnswer(ByteView message) {
  TransferQuery query;
  if (message.size() >= 2) query.id = LoadU16(message.data());
  query.zone = Name::FromText("example.").value();
  const SoaAnswer answer = ReadSoaAnswer(message, query);
  HITHER_CHECK(answer.reason.empty() == (answer.verdict == SoaVerdict::kSoa));
  if (answer.verdict != SoaVerdict::kSoa) return;
  HITHER_CHECK((message[2] & 0x84) == 0x84 && (message[3] & 0x0f) == 0);  // QR, AA, NOERROR.
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 65'535) return 0;
  const hither::Bytes copy(data, data + size);
  hither::ReadOneNotify(copy);
  hither::ReadOneAnswer(copy);
  return 0;
}
