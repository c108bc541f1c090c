#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/reply_parser.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

// clang-format off
// RFC 1034 §4.3.2 step 3b; glue: RFC 9471.
constexpr char kReferralsZone[] = R"(
$ORIGIN Example.
$TTL 3600
@ 1800 SOA ns1 hostmaster 2026112301 7200 900 1209600 3600
@ NS NS1.eXAMPLE.
@ NS ns.example.net.
@ MX 10 Mail
@ TXT "apex"
ns1 A 192.0.2.1
Mail A 192.0.2.25
Mail AAAA 2001:db8::25
both TXT "b"
both A 192.0.2.2
both AAAA 2001:db8::2
a.b.ent A 192.0.2.3
_sip._udp SRV 0 5 5060 mail
svc HTTPS 1 . alpn=h2
svc A 192.0.2.4
svc AAAA 2001:db8::4
alias HTTPS 0 svc
none HTTPS 0 .
none A 192.0.2.5
pool SVCB 1 mail port=853
dup MX 10 mail
dup MX 20 mail
dup MX 30 mail.example.net.
sub NS ns.sub
sub NS ns.sub2
sub NS ns.example.net.
ns.sub A 192.0.2.53
ns.sub AAAA 2001:db8::53
sub2 NS ns.sub2
ns.sub2 A 192.0.2.54
deep.sub TXT "occluded"
glueless NS ns.glueless
tomx MX 5 ns.sub
wild MX 5 w.star
*.star A 192.0.2.6
unknown TYPE65280 \# 3 010203
\000\255.odd TXT "octets"
)";

constexpr AnswerCase kReferrals[] = {
    {"Cut", "sub.example. A",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"BelowCut", "a.b.sub.example. A",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"NsOfCut", "sub.example. NS",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"SoaOfCut", "sub.example. SOA",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"AnyOfCut", "sub.example. ANY",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"DsOfCut", "sub.example. DS",
     "NOERROR aa | ; example. 1800 SOA"},
    {"DsBelowCut", "a.sub.example. DS",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"Occluded", "deep.sub.example. TXT",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"GlueItself", "ns.sub.example. A",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"RrsigOfCut", "sub.example. RRSIG",
     "NOERROR | ; sub.example. 3600 NS ns.example.net., sub.example. 3600 NS ns.sub.Example., sub.example. 3600 NS ns.sub2.Example. ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53, ns.sub2.Example. 3600 A 192.0.2.54"},
    {"SiblingOnly", "sub2.example. A",
     "NOERROR | ; sub2.example. 3600 NS ns.sub2.Example. ; ns.sub2.Example. 3600 A 192.0.2.54"},
    {"DoInUnsignedZone", "glueless.example. A +do",
     "NOERROR | ; glueless.example. 3600 NS ns.glueless.Example. | edns 1232 do"},
    {"NoGlue", "glueless.example. A",
     "NOERROR | ; glueless.example. 3600 NS ns.glueless.Example."},
};
// clang-format on

class Referrals : public testing::TestWithParam<AnswerCase> {};

TEST_P(Referrals, Answers) {
  static TestServer server({{"example.", kReferralsZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Referrals, testing::ValuesIn(kReferrals), NameOfCase);

// `count` name servers with `addresses` IPv6 addresses each, below the cut "sub".
std::string ZoneWithGlue(int count, int addresses, absl::string_view servers_at) {
  std::string text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\nin.sub 60 A 192.0.2.1\n";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, "sub 60 NS ns", i, ".", servers_at, "\n");
    for (int k = 0; k < addresses; ++k) {
      absl::StrAppend(&text, "ns", i, ".", servers_at, " 60 AAAA 2001:db8::", i, ":", k, "\n");
    }
  }
  return text;
}

bool HasTc(const Bytes& reply) { return (reply[2] & 0x02) != 0; }

// RFC 9471 §3.1: glue below the cut that does not fit makes TC; what fits is there.
TEST(Glue, InDomainThatDoesNotFitMakesTc) {
  TestServer server({{"example.", ZoneWithGlue(10, 4, "sub")}});
  const Bytes udp = server.Reply("x.sub.example. A");
  EXPECT_TRUE(HasTc(udp));
  EXPECT_LE(udp.size(), 512u);
  const ParsedMessage parsed = ParseMessage(udp);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.authority().size(), 10u);
  EXPECT_EQ(parsed.additional().size() % 4, 0u);  // RRsets whole or not at all.
  const Bytes tcp = server.Reply("x.sub.example. A +tcp");
  EXPECT_FALSE(HasTc(tcp));
  EXPECT_EQ(ParseMessage(tcp).additional().size(), 40u);
}

// RFC 9471 §2.2: glue of a sibling may be left out, silently.
TEST(Glue, OfSiblingsIsLeftOut) {
  TestServer server({{"example.", ZoneWithGlue(10, 4, "sibling")}});
  const Bytes udp = server.Reply("x.sub.example. A");
  EXPECT_FALSE(HasTc(udp));
  EXPECT_EQ(ParseMessage(udp).authority().size(), 10u);
}

// What has to fit comes first, wherever the NS records stand.
TEST(Glue, InDomainComesBeforeSiblings) {
  std::string text = ZoneWithGlue(8, 4, "sibling");
  absl::StrAppend(&text, "sub 60 NS zz.sub\nzz.sub 60 A 192.0.2.77\n");
  TestServer server({{"example.", text}});
  const Bytes udp = server.Reply("x.sub.example. A");
  EXPECT_FALSE(HasTc(udp));
  const ParsedMessage parsed = ParseMessage(udp);
  ASSERT_FALSE(parsed.additional().empty());
  EXPECT_EQ(parsed.additional()[0].rdata, std::string("\xc0\x00\x02\x4d", 4));
}

// RFC 2181 §9: without room for the NS there is nothing to say but TC.
TEST(Referral, ThatDoesNotFitIsTruncated) {
  TestServer server({{"example.", ZoneWithGlue(60, 0, "aaaaaaaaaaaaaaaa.sub")}});
  EXPECT_EQ(server.Ask("x.sub.example. A"), "NOERROR tc");
}

// RFC 4035 §3.1.1: in the additional section an RRset may go without its signatures; and room for
// addresses that are a courtesy is no reason for TC.
TEST(Additional, LeavesOutSignaturesThenAddresses) {
  FlatZone zone = FlatZoneFromText("example.",
                                   "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\nhost 60 A 192.0.2.1\n"
                                   "m 60 MX 1 host\n");
  SignWithNsec(zone);
  for (FlatRecord& record : zone.records) {  // A signature of 300 octets.
    if (record.type == RrType::kRrsig) record.rdata.resize(300);
  }
  TestServer server;
  server.Add(zone);
  EXPECT_EQ(server.Ask("m.example. MX +do bufsize=512"),
            "NOERROR aa | m.example. 60 MX+ 1 host.example. ; ; host.example. 60 A 192.0.2.1"
            " | edns 1232 do");
  EXPECT_EQ(server.Ask("m.example. MX +do bufsize=1232"),
            "NOERROR aa | m.example. 60 MX+ 1 host.example. ; ; host.example. 60 A+ 192.0.2.1"
            " | edns 1232 do");
}

// TC over TCP would send the asker round in a circle.
TEST(TcpAnswer, ThatFitsNoMessageIsServFail) {
  std::string text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\n";
  for (int i = 0; i < 300; ++i) {
    absl::StrAppend(&text, "t 60 TXT ", i, std::string(240, 'x'), "\n");
  }
  TestServer server({{"example.", text}});
  EXPECT_EQ(server.Ask("t.example. TXT"), "NOERROR aa tc");
  EXPECT_EQ(server.Ask("t.example. TXT +tcp"), "SERVFAIL aa");
  EXPECT_EQ(server.Ask("t.example. TXT +tcp +edns"), "SERVFAIL aa | edns 1232 ede=0");
}

// kAdditionalTargetsMax: the addresses of so many names are looked for, but no glue below the cut
// is left out without TC (RFC 9471 §3.1).
TEST(Additional, HasALimit) {
  TestServer siblings({{"example.", ZoneWithGlue(130, 1, "sibling")}});
  EXPECT_EQ(ParseMessage(siblings.Reply("x.sub.example. A +tcp")).additional().size(), 128u);
  TestServer in_domain({{"example.", ZoneWithGlue(130, 1, "sub")}});
  EXPECT_EQ(ParseMessage(in_domain.Reply("x.sub.example. A +tcp")).additional().size(), 130u);
}

}  // namespace
}  // namespace hither
