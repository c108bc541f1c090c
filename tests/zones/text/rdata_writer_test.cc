// What the writer writes, and that the reader reads it back as the same octets.

#include "zones/text/rdata_writer.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "dns/record.h"
#include "gtest/gtest.h"
#include "zones/text/rdata_text.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

std::string Written(RrType type, ByteView rdata) {
  std::string text;
  AppendRdataText(type, rdata, text);
  return text;
}

struct Case {
  const char* name;
  const char* type;
  const char* read;  // Relative names are below example.org.
  const char* want;  // The same as `read` if null.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class RdataWriterTest : public testing::TestWithParam<Case> {};

TEST_P(RdataWriterTest, Writes) {
  const Case& tested = GetParam();
  const RrType type = *TypeFromText(tested.type);
  const auto rdata = RdataFromText(type, tested.read, *Name::FromText("example.org."));
  ASSERT_TRUE(rdata.ok()) << rdata.status();
  EXPECT_EQ(Written(type, *rdata), tested.want != nullptr ? tested.want : tested.read);
}

// clang-format off
const Case kCases[] = {
    {"A",          "A",     "192.0.2.1", nullptr},
    {"Ip6Run",     "AAAA",  "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"Ip6OneZero", "AAAA",  "2001:db8:0:1:1:1:1:1", nullptr},
    {"Ip6Any",     "AAAA",  "0:0:0:0:0:0:0:0", "::"},
    {"Ip6Start",   "AAAA",  "0:0:0:0:0:0:0:1", "::1"},
    {"Ip6End",     "AAAA",  "fe80:0:0:0:0:0:0:0", "fe80::"},
    {"NameIsAbsolute", "MX", "10 mail", "10 mail.example.org."},
    {"Soa",        "SOA",   "ns host 7 1h 15m 2w 5m", "ns.example.org. host.example.org. 7 3600 900 1209600 300"},
    {"Text",       "TXT",   "a \"b c\" \"q\\\"\\\\\\010\"", "\"a\" \"b c\" \"q\\\"\\\\\\010\""},
    {"Ds",         "DS",    "1 13 2 00000000000000000000000000000000000000000000000000000000000000ff", nullptr},
    {"Nsec",       "NSEC",  "b A TYPE1234 RRSIG", "b.example.org. A RRSIG TYPE1234"},
    {"Nsec3",      "NSEC3", "1 1 0 - 6cd522290vma0nr8lqu1ivtcofj94rga A", nullptr},
    {"Nsec3EmptyNonTerminal", "NSEC3", "1 0 5 ab 6cd522290vma0nr8lqu1ivtcofj94rga", nullptr},
    {"Rrsig",      "RRSIG", "A 13 2 60 20300101000000 20200101000000 31556 @ AAAA",
                            "A 13 2 60 20300101000000 20200101000000 31556 example.org. AAAA"},
    {"Caa",        "CAA",   "0 issue \"ca.example\"", "0 \"issue\" \"ca.example\""},
    {"Svcb",       "HTTPS", "1 . alpn=h2 port=443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1 no-default-alpn",
                            "1 . key1=\"\\002h2\" key2 port=443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"},
    {"SvcbAlias",  "SVCB",  "0 a.", "0 a."},
    {"Loc",        "LOC",   "0 N 0 E 0m", "\\# 16 0012161380000000800000000098" "9680"},
    {"Unknown",    "TYPE65280", "\\# 2 ABcd", "\\# 2 abcd"},
    {"UnknownEmpty", "TYPE65280", "\\# 0", "\\# 0"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Types, RdataWriterTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

class ReadsBack : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    ++records;
    std::string line;
    AppendRecordText(record.owner, record.type, record.ttl_seconds, record.rdata, line);
    const std::string text = Written(record.type, record.rdata);
    EXPECT_EQ(line, absl::StrCat(record.owner.ToText(), " ", record.ttl_seconds, " IN ",
                                 TypeToText(record.type), " ", text));
    const auto again = RdataFromText(record.type, text, NameView());
    ASSERT_TRUE(again.ok()) << line << ": " << again.status();
    EXPECT_EQ(*again, Bytes(record.rdata.begin(), record.rdata.end())) << line;
  }
  int records = 0;
};

TEST(RdataWriter, EveryTypeIsReadBack) {
  std::ifstream in(HITHER_SOURCE_DIR "/tests/zones/data/every_type.zone");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  ReadsBack sink;
  ASSERT_TRUE(ReadZoneText(text, "every_type", *Name::FromText("example.org."), sink).ok);
  EXPECT_GT(sink.records, 100);
}

// Octets that no valid record has are shown, not trusted.
TEST(RdataWriter, InvalidOctetsAreShownAsOctets) {
  EXPECT_EQ(Written(RrType::kA, Bytes{1, 2, 3}), "\\# 3 010203");
  EXPECT_EQ(Written(RrType::kMx, Bytes{0, 1, 5}), "\\# 3 000105");
  EXPECT_EQ(Written(RrType::kTxt, Bytes{9, 'a'}), "\\# 2 0961");
  EXPECT_EQ(Written(RrType::kSvcb, Bytes{0, 1, 0, 0, 3, 0, 9}), "\\# 7 00010000030009");
}

}  // namespace
}  // namespace hither
