#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
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

}  // namespace
}  // namespace hither
