// Every answer at every size: it is whole, or lacks only what may be left out, or has TC.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/reply_parser.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

constexpr char kText[] = R"(
@ 60 SOA a b 1 2 3 4 5
@ 60 NS a
@ 60 MX 1 a
a 60 A 192.0.2.1
a 60 AAAA 2001:db8::1
*.w 60 MX 1 a
*.v 60 CNAME q.w
*.o 60 CNAME o.example.net.
c 60 CNAME a
d 60 DNAME w
e 60 DNAME d
out 60 DNAME example.net.
s 60 NS n.s
s 60 NS n.i
s 60 DS 1 8 1 0000000000000000000000000000000000000000
n.s 60 A 192.0.2.2
n.s 60 AAAA 2001:db8::2
i 60 NS n.i
n.i 60 A 192.0.2.3
)";

constexpr uint16_t kPayloadMax = 8192;

// Signatures of 600 octets put every record of an answer at some limit above 512.
FlatZone Signed(bool nsec3) {
  FlatZone zone = FlatZoneFromText("example.", kText);
  nsec3 ? SignWithNsec3(zone, {0, {}, false}) : SignWithNsec(zone);
  for (FlatRecord& record : zone.records) {
    if (record.type == RrType::kRrsig) record.rdata.resize(600, 0xab);
  }
  return zone;
}

std::vector<ParsedRecord> Without41(std::vector<ParsedRecord> records) {
  std::erase_if(records, [](const ParsedRecord& record) { return record.type == 41; });
  return records;
}

bool IsPartOf(const std::vector<ParsedRecord>& part, const std::vector<ParsedRecord>& whole) {
  return std::all_of(part.begin(), part.end(), [&](const ParsedRecord& record) {
    return std::find(whole.begin(), whole.end(), record) != whole.end();
  });
}

class Truncation : public testing::TestWithParam<const char*> {
 protected:
  static void CheckAtEverySize(TestServer& server) {
    const std::string question = absl::StrCat(GetParam(), " +do");
    const Bytes tcp = server.Reply(question + " +tcp");
    const ParsedMessage whole = ParseMessage(tcp);
    bool was_whole = false;
    for (int size = 512; size <= static_cast<int>(tcp.size()) + 1; ++size) {
      const Bytes reply = server.Reply(absl::StrCat(question, " bufsize=", size));
      ASSERT_LE(reply.size(), static_cast<size_t>(size));
      const ParsedMessage parsed = ParseMessage(reply);
      ASSERT_EQ(parsed.error, "") << size;
      ASSERT_EQ(parsed.flags & 0xf, whole.flags & 0xf);
      const bool is_truncated = (parsed.flags & 0x0200) != 0;
      const bool is_empty = parsed.answer().empty() && parsed.authority().empty();
      if (is_truncated && is_empty) {
        ASSERT_FALSE(was_whole) << size << ": a larger size gave less";
        ASSERT_TRUE(Without41(parsed.additional()).empty());
        continue;
      }
      was_whole = true;
      ASSERT_EQ(parsed.answer(), whole.answer()) << size;
      ASSERT_EQ(parsed.authority(), whole.authority()) << size;
      ASSERT_TRUE(IsPartOf(parsed.additional(), whole.additional())) << size;
    }
    EXPECT_TRUE(was_whole);
  }
};

TEST_P(Truncation, Nsec) {
  ResponderOptions options;
  options.udp_payload_bytes_max = kPayloadMax;
  TestServer server(options);
  server.Add(Signed(false));
  CheckAtEverySize(server);
}

TEST_P(Truncation, Nsec3) {
  ResponderOptions options;
  options.udp_payload_bytes_max = kPayloadMax;
  TestServer server(options);
  server.Add(Signed(true));
  CheckAtEverySize(server);
}

constexpr const char* kQuestions[] = {
    "example. MX",       // Answer and addresses.
    "c.example. A",      // CNAME and its end.
    "c.example. TXT",    // CNAME and a denial.
    "q.example. A",      // NXDOMAIN.
    "a.example. TXT",    // NODATA.
    "q.w.example. MX",   // Wildcard.
    "q.w.example. TXT",  // Wildcard without the type.
    "q.v.example. MX",   // Wildcard CNAME to a wildcard.
    "q.o.example. A",    // Wildcard CNAME out of the zone.
    "q.d.example. MX",   // DNAME to a wildcard.
    "q.e.example. TXT",  // DNAME to a DNAME to a denial.
    "q.out.example. A",  // DNAME out of the zone.
    "q.s.example. A",    // Referral with DS and glue.
    "q.i.example. A",    // Referral without DS.
    "s.example. DS",
};
INSTANTIATE_TEST_SUITE_P(Questions, Truncation, testing::ValuesIn(kQuestions));

}  // namespace
}  // namespace hither
