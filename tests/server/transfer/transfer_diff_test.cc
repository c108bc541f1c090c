#include "server/transfer/transfer_diff.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/transfer/transfer_reader.h"
#include "tests/server/transfer/transfer_texts.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

TransferState Collect(TransferCollector& collector, uint32_t serial, absl::string_view text) {
  TransferRequest request;
  request.query.zone = TestZone();
  request.query.type = RrType::kIxfr;
  request.query.serial = serial;
  TransferReader reader(request, collector);
  return reader.Feed(ReplyFromText(request.query, text));
}

Bytes Record(absl::string_view fields, ByteView rdata) {
  Bytes record = PacketFromText(fields);
  ByteWriter writer(record);
  writer.U16(static_cast<uint16_t>(rdata.size()));
  writer.Append(rdata);
  return record;
}

TEST(TransferCollector, KeepsAZone) {
  TransferCollector collector(1000);
  ASSERT_EQ(Collect(collector, 5, "SOA 7; a A 192.0.2.1; SOA 7"), TransferState::kWhole);
  Bytes want = Record("07'example'00 0006 0001 0000012c", SoaRdata(7));
  ByteWriter(want).Append(
      Record("01'a'07'example'00 0001 0001 0000012c", PacketFromText("c0000201")));
  EXPECT_EQ(ToHex(collector.whole().octets), ToHex(want));
  EXPECT_EQ(collector.whole().count, 2u);
  EXPECT_TRUE(collector.diffs().empty());
}

TEST(TransferCollector, KeepsDiffsInOrder) {
  TransferCollector collector(10'000);
  ASSERT_EQ(Collect(collector, 5,
                    "SOA 7; SOA 5; a A 192.0.2.1; a A 192.0.2.2; SOA 6; SOA 6; SOA 7; b A "
                    "192.0.2.3; SOA 7"),
            TransferState::kDiffs);
  std::string text;
  for (const TransferDiff& diff : collector.diffs()) {
    absl::StrAppend(&text, diff.serial_from, "-", diff.serial_to, " -", diff.removed.count, " +",
                    diff.added.count, " ");
  }
  EXPECT_EQ(text, "5-6 -3 +1 6-7 -1 +2 ");
  EXPECT_TRUE(collector.whole().octets.empty());
}

TEST(TransferCollector, StopsAtItsLimit) {
  constexpr absl::string_view kText = "SOA 7; SOA 5; a A 192.0.2.1; SOA 7; b A 192.0.2.2; SOA 7";
  TransferCollector large(10'000);
  ASSERT_EQ(Collect(large, 5, kText), TransferState::kDiffs);
  for (uint64_t max = 0; max < large.octets(); max += 7) {
    TransferCollector small(max);
    EXPECT_EQ(Collect(small, 5, kText), TransferState::kUseAxfr) << max;
    EXPECT_LE(small.octets(), max);
  }
}

TEST(TransferCollector, StartsAgainAfterClear) {
  TransferCollector collector(600);
  ASSERT_EQ(Collect(collector, 5, "SOA 7; SOA 5; SOA 7; SOA 7"), TransferState::kDiffs);
  collector.Clear();
  EXPECT_EQ(collector.octets(), 0u);
  ASSERT_EQ(Collect(collector, 5, "SOA 7; a A 192.0.2.1; SOA 7"), TransferState::kWhole);
  EXPECT_TRUE(collector.diffs().empty());
  EXPECT_EQ(collector.whole().count, 2u);
}

}  // namespace
}  // namespace hither
