#ifndef HITHER_TESTS_SERVER_TRANSFER_TRANSFER_TEXTS_H_
#define HITHER_TESTS_SERVER_TRANSFER_TRANSFER_TEXTS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "server/transfer/transfer_message.h"
#include "server/transfer/transfer_sink.h"

namespace hither {

// The zone of these tests is example., its TTL 300.
Name TestZone();

// The reply of a primary to `query`, from its answer section's records: "SOA 7; a A 192.0.2.1".
// A record is "OWNER TYPE RDATA", names relative to the zone; "SOA 7" is the zone's SOA of
// serial 7. CH before a type is another class. Words in place of a record change the rest of the
// message:
//
//   id=N rcode=N opcode=N  tc  aa  query          of the header
//   question=none question=other question=two
//   expire=N high=N  opt                          an OPT with EXPIRE, with upper bits of the rcode
//   authority additional                          the section of the records that follow
//   raw=HEX                                       one record, octet by octet
Bytes ReplyFromText(const TransferQuery& query, absl::string_view text);

Bytes SoaRdata(uint32_t serial);

// Writes down what it gets: "=SOA 7 =a A c0000201", or "from 5 -SOA 5 -a A ... to 7 +SOA 7".
class LogSink : public TransferSink {
 public:
  bool AddWhole(const RecordView& record) override { return Log("=", record); }
  bool BeginDiff(uint32_t serial_from) override;
  bool Remove(const RecordView& record) override { return Log("-", record); }
  bool BeginAdditions(uint32_t serial_to) override;
  bool Add(const RecordView& record) override { return Log("+", record); }

  const std::string& text() const { return text_; }
  int room = 1'000'000;  // So many records; then false.

 private:
  bool Log(absl::string_view sign, const RecordView& record);
  std::string text_;
};

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_TRANSFER_TRANSFER_TEXTS_H_
