// Any octets as the messages of a primary. The first octet says what was asked (IXFR, UDP, whether
// a version is held), the next four its serial; then come messages, each preceded by its length as
// over TCP. The ID of the first one is the query's: to guess it is no part of the search.
//
// Oracle: what reaches the sink is a zone or a chain of differences in the order that
// transfer_sink.h promises, of valid records within the zone; and the outcome fits what was asked.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "dns/rdata.h"
#include "dns/serial.h"
#include "server/transfer/transfer_diff.h"
#include "server/transfer/transfer_reader.h"

namespace hither {
namespace {

Name Zone() { return Name::FromText("example.").value(); }

class JudgeSink : public TransferSink {
 public:
  bool AddWhole(const RecordView& record) override {
    HITHER_CHECK(!from_.has_value());
    Judge(record, /*is_first=*/whole_ == 0);
    ++whole_;
    return collector_.AddWhole(record);
  }
  bool BeginDiff(uint32_t serial_from) override {
    HITHER_CHECK(whole_ == 0 && !to_pending_);
    HITHER_CHECK(!from_.has_value() || serial_from == last_);
    if (!from_.has_value()) from_ = serial_from;
    last_ = serial_from;
    to_pending_ = is_first_ = true;
    return collector_.BeginDiff(serial_from);
  }
  bool Remove(const RecordView& record) override {
    HITHER_CHECK(to_pending_);
    Judge(record, is_first_);
    return collector_.Remove(record);
  }
  bool BeginAdditions(uint32_t serial_to) override {
    HITHER_CHECK(to_pending_ && SerialIsAfter(serial_to, last_));
    last_ = serial_to;
    to_pending_ = false;
    is_first_ = true;
    return collector_.BeginAdditions(serial_to);
  }
  bool Add(const RecordView& record) override {
    HITHER_CHECK(from_.has_value() && !to_pending_);
    Judge(record, is_first_);
    return collector_.Add(record);
  }

  // Does it hold what a transfer of this state must have brought?
  void CheckEnd(const TransferReader& reader, const TransferRequest& request) const {
    switch (reader.state()) {
      case TransferState::kWhole:
        HITHER_CHECK(whole_ > 0);
        break;
      case TransferState::kDiffs:
        HITHER_CHECK(whole_ == 0 && !to_pending_ && from_ == request.query.serial);
        HITHER_CHECK(last_ == reader.soa()->serial);
        break;
      case TransferState::kUpToDate:
        HITHER_CHECK(whole_ == 0 && !from_.has_value());
        break;
      default:
        break;
    }
    HITHER_CHECK(collector_.octets() <= kOctetsMax);
  }

 private:
  static constexpr uint64_t kOctetsMax = 100'000;

  void Judge(const RecordView& record, bool is_first) {
    HITHER_CHECK(record.owner.IsAtOrBelow(Zone()));
    HITHER_CHECK((record.type == RrType::kSoa) == is_first);
    HITHER_CHECK(!IsMetaType(record.type) && record.ttl_seconds < 0x80000000);
    HITHER_CHECK(ValidateRdata(record.type, record.rdata).ok());
    HITHER_CHECK(record.owner.size() + 10 + record.rdata.size() <= RecordCursor::kRecordBytesMax);
    is_first_ = false;
  }

  TransferCollector collector_{kOctetsMax};
  size_t whole_ = 0;
  std::optional<uint32_t> from_;
  uint32_t last_ = 0;
  bool to_pending_ = false;  // Between BeginDiff() and BeginAdditions().
  bool is_first_ = false;
};

void CheckOutcome(const TransferReader& reader, const TransferRequest& request) {
  const TransferState state = reader.state();
  const bool is_ixfr = request.query.type == RrType::kIxfr;
  if (state == TransferState::kUseTcp) HITHER_CHECK(request.over_udp);
  if (state == TransferState::kUseAxfr || state == TransferState::kDiffs) HITHER_CHECK(is_ixfr);
  const bool has_reason = state == TransferState::kUseTcp || state == TransferState::kUseAxfr ||
                          state == TransferState::kFailed;
  HITHER_CHECK(has_reason == !reader.reason().empty());
  HITHER_CHECK(reader.reason().size() < 1'500);  // A name of 255 octets, four characters each.
  for (const char c : reader.reason()) HITHER_CHECK(static_cast<unsigned char>(c) >= 0x20);
  if (state != TransferState::kUpToDate) return;
  const std::optional<uint32_t> held = is_ixfr ? request.query.serial : request.held_serial;
  HITHER_CHECK(held.has_value() && !SerialIsAfter(reader.soa()->serial, *held));
}

void Run(const TransferRequest& request, ByteView stream) {
  JudgeSink sink;
  TransferReader reader(request, sink);
  while (stream.size() >= 2) {
    const size_t size = std::min<size_t>(LoadU16(stream.data()), stream.size() - 2);
    // A copy of its own, so that a sanitizer sees a read past the message.
    const Bytes message(stream.begin() + 2, stream.begin() + 2 + static_cast<ptrdiff_t>(size));
    const TransferState before = reader.state();
    const TransferState after = reader.Feed(message);
    HITHER_CHECK(before == TransferState::kMore || before == after);
    stream = stream.subspan(2 + size);
  }
  CheckOutcome(reader, request);
  sink.CheckEnd(reader, request);
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 9 || size > 300'000) return 0;
  hither::TransferRequest request;
  request.query.id = hither::LoadU16(data + 7);
  request.query.zone = hither::Zone();
  request.query.type = (data[0] & 1) != 0 ? hither::RrType::kIxfr : hither::RrType::kAxfr;
  request.query.serial = hither::LoadU32(data + 1);
  request.over_udp = (data[0] & 3) == 3;  // AXFR has no UDP.
  if ((data[0] & 4) != 0) request.held_serial = request.query.serial;
  request.limits = {.octets = 200'000, .records = 5'000, .messages = 500};
  hither::Run(request, {data + 5, size - 5});
  return 0;
}
