#include "server/transfer/notify_message.h"

#include "dns/payload_size.h"
#include "server/transfer/record_cursor.h"
#include "server/transfer/soa_fields.h"

namespace hither {
namespace {

NotifyVerdict Answer(Rcode rcode) { return {NotifyVerdict::Kind::kAnswer, rcode}; }

// The zone's SOA in the answer section, if there is one and only one.
std::optional<uint32_t> ReadHint(ByteView message, NameView zone) {
  RecordCursor cursor(message);
  WireRecord record;
  std::optional<uint32_t> hint;
  while (cursor.Next(record) && record.section == Section::kAnswer) {  // The message is the limit.
    if (record.type != RrType::kSoa || record.klass != static_cast<uint16_t>(RrClass::kIn) ||
        !record.owner.EqualsIgnoreCase(zone)) {
      continue;
    }
    const std::optional<SoaFields> soa = ReadSoa(record.rdata);
    if (!soa.has_value() || hint.has_value()) return std::nullopt;
    hint = soa->serial;
  }
  return hint;
}

}  // namespace

NotifyVerdict ReadNotify(ByteView message, Notify& notify) {
  const Parsed parsed = ParseQuery(message, notify.query);
  const Query& query = notify.query;
  if (parsed == Parsed::kShort || parsed == Parsed::kResponse) return {};
  if (query.opcode != Opcode::kNotify) return {};
  if (query.edns.present && query.edns.version != 0) return Answer(Rcode::kBadVers);
  if (parsed == Parsed::kFormErr || query.question_bytes == 0) return Answer(Rcode::kFormErr);
  if (query.klass != RrClass::kIn) return Answer(Rcode::kNotAuth);
  if (query.type != RrType::kSoa) return Answer(Rcode::kNotImp);
  notify.serial = ReadHint(message, query.name);
  return Answer(Rcode::kNoError);
}

Bytes WriteNotifyResponse(const Notify& notify, Rcode rcode) {
  const Query& query = notify.query;
  const auto code = static_cast<uint16_t>(rcode);
  const bool has_question = query.question_bytes != 0;
  Bytes message;
  ByteWriter writer(message);
  writer.U16(query.id);
  // RFC 1996 §3.6: flags other than these are 0.
  writer.U16(static_cast<uint16_t>(kFlagQr | kFlagAa |
                                   static_cast<uint16_t>(Opcode::kNotify) << 11 | (code & 0xf)));
  writer.U16(has_question ? 1 : 0);
  writer.U16(0);
  writer.U16(0);
  writer.U16(query.edns.present ? 1 : 0);
  if (has_question) {
    writer.Append(query.name.wire());
    writer.U16(static_cast<uint16_t>(query.type));
    writer.U16(static_cast<uint16_t>(query.klass));
  }
  if (query.edns.present) {
    OptReply opt;
    opt.payload_bytes = kUdpPayloadBytesDefault;
    opt.extended_rcode = static_cast<uint8_t>(code >> 4);
    const size_t at = message.size();
    message.resize(at + opt.Bytes());
    opt.Write(message.data() + at);
  }
  return message;
}

}  // namespace hither
