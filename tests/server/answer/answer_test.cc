#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

// clang-format off
// The zone and the questions of RFC 4592 §2.2.1, where the answers are described.
constexpr char kWildcardsZone[] = R"(
$ORIGIN example.
@ 3600 SOA ns.example.com. admin.example.com. 1 7200 900 1209600 900
  3600 NS ns.example.com.
  3600 NS ns.example.net.
*.example. 3600 TXT "this is a wildcard"
*.example. 3600 MX 10 host1.example.
sub.*.example. 3600 TXT "this is not a wildcard"
host1.example. 3600 A 192.0.2.1
_ssh._tcp.host1.example. 3600 SRV 0 0 22 host1.example.
_ssh._tcp.host2.example. 3600 SRV 0 0 22 host2.example.
subdel.example. 3600 NS ns.example.com.
subdel.example. 3600 NS ns.example.net.
)";

constexpr AnswerCase kWildcards[] = {
    {"Synthesized", "host3.example. MX",
     "NOERROR aa | host3.example. 3600 MX 10 host1.example. ; ; host1.example. 3600 A 192.0.2.1"},
    {"TypeAbsent", "host3.example. A",
     "NOERROR aa | ; example. 900 SOA"},
    {"SynthesizedDeeper", "foo.bar.example. TXT",
     "NOERROR aa | foo.bar.example. 3600 TXT \"this is a wildcard\""},
    {"NameExistsWithoutType", "host1.example. MX",
     "NOERROR aa | ; example. 900 SOA"},
    {"BelowAnAsterisk", "sub.*.example. MX",
     "NOERROR aa | ; example. 900 SOA"},
    {"EncloserHasNoStar", "_telnet._tcp.host1.example. SRV",
     "NXDOMAIN aa | ; example. 900 SOA"},
    {"BelowCut", "host.subdel.example. A",
     "NOERROR | ; subdel.example. 3600 NS ns.example.com., subdel.example. 3600 NS ns.example.net."},
    {"StarItselfExists", "ghost.*.example. MX",
     "NXDOMAIN aa | ; example. 900 SOA"},
    {"AskedForTheStar", "*.example. TXT",
     "NOERROR aa | *.example. 3600 TXT \"this is a wildcard\""},
    {"EmptyNonTerminalIsNoRoom", "host2.example. MX",
     "NOERROR aa | ; example. 900 SOA"},
};
// clang-format on

class Wildcards : public testing::TestWithParam<AnswerCase> {};

TEST_P(Wildcards, Answers) {
  static TestServer server({{"example.", kWildcardsZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Wildcards, testing::ValuesIn(kWildcards), NameOfCase);

// clang-format off
// The part of the root that RFC 1034 §6.1 loads at C.ISI.EDU, and the questions of §6.2. EDU and
// MIL are delegated here as there; EDU itself is not served.
constexpr char kRfc1034Zone[] = R"(
$ORIGIN .
$TTL 86400
. SOA SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. 870611 1800 300 604800 86400
. NS A.ISI.EDU.
. NS C.ISI.EDU.
. NS SRI-NIC.ARPA.
MIL. NS SRI-NIC.ARPA.
MIL. NS A.ISI.EDU.
EDU. NS SRI-NIC.ARPA.
EDU. NS C.ISI.EDU.
SRI-NIC.ARPA. A 26.0.0.73
SRI-NIC.ARPA. A 10.0.0.51
SRI-NIC.ARPA. MX 0 SRI-NIC.ARPA.
SRI-NIC.ARPA. HINFO DEC-2060 TOPS20
ACC.ARPA. A 26.6.0.65
ACC.ARPA. HINFO PDP-11/70 UNIX
ACC.ARPA. MX 10 ACC.ARPA.
USC-ISIC.ARPA. CNAME C.ISI.EDU.
73.0.0.26.IN-ADDR.ARPA. PTR SRI-NIC.ARPA.
65.0.6.26.IN-ADDR.ARPA. PTR ACC.ARPA.
51.0.0.10.IN-ADDR.ARPA. PTR SRI-NIC.ARPA.
52.0.0.10.IN-ADDR.ARPA. PTR C.ISI.EDU.
103.0.3.26.IN-ADDR.ARPA. PTR A.ISI.EDU.
A.ISI.EDU. A 26.3.0.103
C.ISI.EDU. A 10.0.0.52
)";

constexpr AnswerCase kRfc1034[] = {
    {"R621", "SRI-NIC.ARPA. A",
     "NOERROR aa | SRI-NIC.ARPA. 86400 A 26.0.0.73, SRI-NIC.ARPA. 86400 A 10.0.0.51"},
    {"R622Any", "SRI-NIC.ARPA. ANY",
     "NOERROR aa | SRI-NIC.ARPA. 86400 A 26.0.0.73, SRI-NIC.ARPA. 86400 A 10.0.0.51"},
    {"R623", "SRI-NIC.ARPA. MX",
     "NOERROR aa | SRI-NIC.ARPA. 86400 MX 0 SRI-NIC.ARPA. ; ; SRI-NIC.ARPA. 86400 A 10.0.0.51, SRI-NIC.ARPA. 86400 A 26.0.0.73"},
    {"R624NoSuchType", "SRI-NIC.ARPA. NS",
     "NOERROR aa | ; . 86400 SOA"},
    {"R625NoSuchName", "SIR-NIC.ARPA. A",
     "NXDOMAIN aa | ; . 86400 SOA"},
    {"R626Referral", "BRL.MIL. A",
     "NOERROR | ; MIL. 86400 NS A.ISI.EDU., MIL. 86400 NS SRI-NIC.ARPA. ; A.ISI.EDU. 86400 A 26.3.0.103, SRI-NIC.ARPA. 86400 A 10.0.0.51, SRI-NIC.ARPA. 86400 A 26.0.0.73"},
    {"R627AliasToReferral", "USC-ISIC.ARPA. A",
     "NOERROR aa | USC-ISIC.ARPA. 86400 CNAME C.ISI.EDU. ; EDU. 86400 NS C.ISI.EDU., EDU. 86400 NS SRI-NIC.ARPA. ; C.ISI.EDU. 86400 A 10.0.0.52, SRI-NIC.ARPA. 86400 A 10.0.0.51, SRI-NIC.ARPA. 86400 A 26.0.0.73"},
    {"R628AliasAsked", "USC-ISIC.ARPA. CNAME",
     "NOERROR aa | USC-ISIC.ARPA. 86400 CNAME C.ISI.EDU."},
    {"RootNs", ". NS",
     "NOERROR aa | . 86400 NS A.ISI.EDU., . 86400 NS C.ISI.EDU., . 86400 NS SRI-NIC.ARPA. ; ; A.ISI.EDU. 86400 A 26.3.0.103, C.ISI.EDU. 86400 A 10.0.0.52, SRI-NIC.ARPA. 86400 A 10.0.0.51, SRI-NIC.ARPA. 86400 A 26.0.0.73"},
    {"AnyCase", "sri-nic.arpa. HINFO",
     "NOERROR aa | sri-nic.arpa. 86400 HINFO \"DEC-2060\" \"TOPS20\""},
    {"EmptyNonTerminal", "0.0.10.in-addr.ARPA. PTR",
     "NOERROR aa | ; . 86400 SOA"},
};
// clang-format on

class Rfc1034 : public testing::TestWithParam<AnswerCase> {};

TEST_P(Rfc1034, Answers) {
  static TestServer server({{".", kRfc1034Zone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Rfc1034, testing::ValuesIn(kRfc1034), NameOfCase);

// clang-format off
// One of each kind of name and record.
constexpr char kBasicsZone[] = R"(
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

constexpr AnswerCase kBasics[] = {
    {"Soa", "example. SOA",
     "NOERROR aa | example. 1800 SOA ns1.Example. hostmaster.Example. 2026112301 7200 900 1209600 3600"},
    {"ApexNs", "example. NS",
     "NOERROR aa | example. 3600 NS NS1.eXAMPLE., example. 3600 NS ns.example.net. ; ; ns1.Example. 3600 A 192.0.2.1"},
    {"Mx", "EXAMPLE. MX",
     "NOERROR aa | EXAMPLE. 3600 MX 10 Mail.Example. ; ; Mail.Example. 3600 A 192.0.2.25, Mail.Example. 3600 AAAA 2001:db8::25"},
    {"TypeAbsent", "ns1.example. MX",
     "NOERROR aa | ; example. 1800 SOA"},
    {"NameAbsent", "no.example. A",
     "NXDOMAIN aa | ; example. 1800 SOA"},
    {"EmptyNonTerminal", "b.ent.example. A",
     "NOERROR aa | ; example. 1800 SOA"},
    {"EmptyNonTerminalAbove", "ent.example. ANY",
     "NOERROR aa | ; example. 1800 SOA"},
    {"BelowEmptyNonTerminal", "x.b.ent.example. A",
     "NXDOMAIN aa | ; example. 1800 SOA"},
    {"AnyGivesOneRRset", "both.example. ANY",
     "NOERROR aa | both.example. 3600 A 192.0.2.2"},
    {"Srv", "_sip._udp.example. SRV",
     "NOERROR aa | _sip._udp.example. 3600 SRV 0 5 5060 mail.Example. ; ; Mail.Example. 3600 A 192.0.2.25, Mail.Example. 3600 AAAA 2001:db8::25"},
    {"QuestionsCaseInOwner", "MaIl.ExAmPlE. AAAA",
     "NOERROR aa | MaIl.ExAmPlE. 3600 AAAA 2001:db8::25"},
    {"HttpsServiceMode", "svc.example. HTTPS",
     "NOERROR aa | svc.example. 3600 HTTPS 1 . alpn=h2 ; ; svc.Example. 3600 A 192.0.2.4, svc.Example. 3600 AAAA 2001:db8::4"},
    {"HttpsAliasMode", "alias.example. HTTPS",
     "NOERROR aa | alias.example. 3600 HTTPS 0 svc.Example. ; ; svc.Example. 3600 A 192.0.2.4, svc.Example. 3600 AAAA 2001:db8::4, svc.Example. 3600 HTTPS 1 . alpn=h2"},
    {"HttpsAliasModeToNothing", "none.example. HTTPS",
     "NOERROR aa | none.example. 3600 HTTPS 0 ."},
    {"SvcbTarget", "pool.example. SVCB",
     "NOERROR aa | pool.example. 3600 SVCB 1 mail.Example. port=853 ; ; Mail.Example. 3600 A 192.0.2.25, Mail.Example. 3600 AAAA 2001:db8::25"},
    {"TargetOnceOnly", "dup.example. MX",
     "NOERROR aa | dup.example. 3600 MX 10 mail.Example., dup.example. 3600 MX 20 mail.Example., dup.example. 3600 MX 30 mail.example.net. ; ; Mail.Example. 3600 A 192.0.2.25, Mail.Example. 3600 AAAA 2001:db8::25"},
    {"AddressBelowCut", "tomx.example. MX",
     "NOERROR aa | tomx.example. 3600 MX 5 ns.sub.Example. ; ; ns.sub.Example. 3600 A 192.0.2.53, ns.sub.Example. 3600 AAAA 2001:db8::53"},
    {"NoWildcardInAdditional", "wild.example. MX",
     "NOERROR aa | wild.example. 3600 MX 5 w.star.Example."},
    {"UnknownType", "unknown.example. TYPE65280",
     "NOERROR aa | unknown.example. 3600 TYPE65280 \\# 3 010203"},
    {"UnknownTypeAbsent", "both.example. TYPE65281",
     "NOERROR aa | ; example. 1800 SOA"},
    {"AnyOctets", "\\000\\255.odd.example. TXT",
     "NOERROR aa | \\000\\255.odd.example. 3600 TXT \"octets\""},
    {"RrsigInUnsignedZone", "both.example. RRSIG",
     "NOERROR aa | ; example. 1800 SOA"},
    {"NsecInUnsignedZone", "both.example. NSEC",
     "NOERROR aa | ; example. 1800 SOA"},
    {"DoInUnsignedZone", "no.example. A +do",
     "NXDOMAIN aa | ; example. 1800 SOA | edns 1232 do"},
    {"DoInUnsignedZoneNoData", "both.example. MX +do",
     "NOERROR aa | ; example. 1800 SOA | edns 1232 do"},
    {"DoInUnsignedZoneWildcard", "w.star.example. A +do",
     "NOERROR aa | w.star.example. 3600 A 192.0.2.6 | edns 1232 do"},
    {"NotOurs", "example.net. A",
     "REFUSED"},
    {"NotOursAbove", ". NS",
     "REFUSED"},
    {"LabelsNotLetters", "badexample. A",
     "REFUSED"},
    {"MetaTypeMailb", "both.example. MAILB",
     "NOERROR aa | ; example. 1800 SOA"},
};
// clang-format on

class Basics : public testing::TestWithParam<AnswerCase> {};

TEST_P(Basics, Answers) {
  static TestServer server({{"example.", kBasicsZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Basics, testing::ValuesIn(kBasics), NameOfCase);

// clang-format off
// A zone and its child on the same server.
constexpr char kChildZone[] = R"(
@ 3600 SOA ns1 h 3 1 1 1 60
@ 3600 NS ns.sub.example.
ns 60 A 192.0.2.53
www 60 A 192.0.2.99
)";

constexpr AnswerCase kSeveralZones[] = {
    {"ParentAnswers", "both.example. AAAA",
     "NOERROR aa | both.example. 3600 AAAA 2001:db8::2"},
    {"ChildAnswers", "www.sub.example. A",
     "NOERROR aa | www.sub.example. 60 A 192.0.2.99"},
    {"ChildsApex", "sub.example. NS",
     "NOERROR aa | sub.example. 3600 NS ns.sub.example. ; ; ns.sub.example. 60 A 192.0.2.53"},
    {"DsIsTheParents", "sub.example. DS",
     "NOERROR aa | ; example. 1800 SOA"},
    {"DsBelowChildsApex", "www.sub.example. DS",
     "NOERROR aa | ; sub.example. 60 SOA"},
    {"ParentStillRefersOthers", "x.sub2.example. A",
     "NOERROR | ; sub2.example. 3600 NS ns.sub2.Example. ; ns.sub2.Example. 3600 A 192.0.2.54"},
};
// clang-format on

class SeveralZones : public testing::TestWithParam<AnswerCase> {};

TEST_P(SeveralZones, Answers) {
  static TestServer server({{"example.", kBasicsZone}, {"sub.example.", kChildZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zones, SeveralZones, testing::ValuesIn(kSeveralZones), NameOfCase);

// RFC 4035 §3.1.4.1: without the parent, the child says that it has no DS.
TEST(ChildAlone, DeniesItsDs) {
  TestServer server({{"sub.example.", kChildZone}});
  EXPECT_EQ(server.Ask("sub.example. DS"), "NOERROR aa | ; sub.example. 60 SOA");
}

// RFC 2308 §5: whichever is less.
TEST(NegativeTtl, IsTheLessOfTtlAndMinimum) {
  TestServer server({{"low-ttl.", "@ 60 SOA a b 1 1 1 1 900\n@ 60 NS a.example.\n"},
                     {"low-minimum.", "@ 900 SOA a b 1 1 1 1 30\n@ 60 NS a.example.\n"}});
  EXPECT_EQ(server.Ask("x.low-ttl. A"), "NXDOMAIN aa | ; low-ttl. 60 SOA");
  EXPECT_EQ(server.Ask("x.low-minimum. A"), "NXDOMAIN aa | ; low-minimum. 30 SOA");
  EXPECT_EQ(server.Ask("low-minimum. SOA"),
            "NOERROR aa | low-minimum. 900 SOA a.low-minimum. b.low-minimum. 1 1 1 1 30");
}

}  // namespace
}  // namespace hither
