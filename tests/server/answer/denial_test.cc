#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

// clang-format off
// The zone of RFC 4035 Appendix A and the questions of Appendix B (signatures are made up).
constexpr char kNsecZone[] = R"(
$ORIGIN example.
$TTL 3600
@ SOA ns1 bugs.x.w 1081539377 3600 300 3600000 3600
@ NS ns1
@ NS ns2
@ MX 1 xx
a NS ns1.a
a NS ns2.a
a DS 57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B
ns1.a A 192.0.2.5
ns2.a A 192.0.2.6
ai A 192.0.2.9
ai HINFO "KLH-10" "ITS"
ai AAAA 2001:db8::f00:baa9
b NS ns1.b
b NS ns2.b
ns1.b A 192.0.2.7
ns2.b A 192.0.2.8
ns1 A 192.0.2.1
ns2 A 192.0.2.2
*.w MX 1 ai
x.w MX 1 xx
x.y.w MX 1 xx
xx A 192.0.2.10
xx HINFO "KLH-10" "TOPS-20"
xx AAAA 2001:db8::f00:baaa
)";

constexpr AnswerCase kNsec[] = {
    {"B1Answer", "x.w.example. MX +do",
     "NOERROR aa | x.w.example. 3600 MX+ 1 xx.example. ; ; xx.example. 3600 A+ 192.0.2.10, xx.example. 3600 AAAA+ 2001:db8::f00:baaa | edns 1232 do"},
    {"B2NameError", "ml.example. A +do",
     "NXDOMAIN aa | ; b.example. 3600 NSEC+ ns1.example. NS RRSIG NSEC, example. 3600 NSEC+ a.example. NS SOA MX RRSIG NSEC DNSKEY, example. 3600 SOA+ | edns 1232 do"},
    {"B3NoData", "ns1.example. MX +do",
     "NOERROR aa | ; example. 3600 SOA+, ns1.example. 3600 NSEC+ ns2.example. A RRSIG NSEC | edns 1232 do"},
    {"B4ReferralToSigned", "mc.a.example. MX +do",
     "NOERROR | ; a.example. 3600 DS+ 57855 5 1 b6dcd485719adca18e5f3d48a2331627fdd3636b, a.example. 3600 NS ns1.a.example., a.example. 3600 NS ns2.a.example. ; ns1.a.example. 3600 A 192.0.2.5, ns2.a.example. 3600 A 192.0.2.6 | edns 1232 do"},
    {"B5ReferralToUnsigned", "mc.b.example. MX +do",
     "NOERROR | ; b.example. 3600 NS ns1.b.example., b.example. 3600 NS ns2.b.example., b.example. 3600 NSEC+ ns1.example. NS RRSIG NSEC ; ns1.b.example. 3600 A 192.0.2.7, ns2.b.example. 3600 A 192.0.2.8 | edns 1232 do"},
    {"B6WildcardExpansion", "a.z.w.example. MX +do",
     "NOERROR aa | a.z.w.example. 3600 MX+ 1 ai.example. ; x.y.w.example. 3600 NSEC+ xx.example. MX RRSIG NSEC ; ai.example. 3600 A+ 192.0.2.9, ai.example. 3600 AAAA+ 2001:db8::f00:baa9 | edns 1232 do"},
    {"B7WildcardNoData", "a.z.w.example. AAAA +do",
     "NOERROR aa | ; *.w.example. 3600 NSEC+ x.w.example. MX RRSIG NSEC, example. 3600 SOA+, x.y.w.example. 3600 NSEC+ xx.example. MX RRSIG NSEC | edns 1232 do"},
    {"B8DsChildNoData", "example. DS +do",
     "NOERROR aa | ; example. 3600 NSEC+ a.example. NS SOA MX RRSIG NSEC DNSKEY, example. 3600 SOA+ | edns 1232 do"},
    {"EmptyNonTerminal", "y.w.example. A +do",
     "NOERROR aa | ; example. 3600 SOA+, x.w.example. 3600 NSEC+ x.y.w.example. MX RRSIG NSEC | edns 1232 do"},
    {"NameErrorBelowEmptyNonTerminal", "q.y.w.example. A +do",
     "NXDOMAIN aa | ; example. 3600 SOA+, x.w.example. 3600 NSEC+ x.y.w.example. MX RRSIG NSEC | edns 1232 do"},
    {"NameErrorAtTheEnd", "zz.example. A +do",
     "NXDOMAIN aa | ; example. 3600 NSEC+ a.example. NS SOA MX RRSIG NSEC DNSKEY, example. 3600 SOA+, xx.example. 3600 NSEC+ example. A HINFO AAAA RRSIG NSEC | edns 1232 do"},
    {"NameErrorBelowName", "below.xx.example. A +do",
     "NXDOMAIN aa | ; example. 3600 SOA+, xx.example. 3600 NSEC+ example. A HINFO AAAA RRSIG NSEC | edns 1232 do"},
    {"DsAtSecureCut", "a.example. DS +do",
     "NOERROR aa | a.example. 3600 DS+ 57855 5 1 b6dcd485719adca18e5f3d48a2331627fdd3636b | edns 1232 do"},
    {"DsAtInsecureCut", "b.example. DS +do",
     "NOERROR aa | ; b.example. 3600 NSEC+ ns1.example. NS RRSIG NSEC, example. 3600 SOA+ | edns 1232 do"},
    {"NsecAsked", "xx.example. NSEC +do",
     "NOERROR aa | xx.example. 3600 NSEC+ example. A HINFO AAAA RRSIG NSEC | edns 1232 do"},
    {"RrsigAsked", "xx.example. RRSIG +do",
     "NOERROR aa | xx.example. 3600 RRSIG A | edns 1232 do"},
    {"RrsigAskedWithoutDo", "xx.example. RRSIG",
     "NOERROR aa | xx.example. 3600 RRSIG A"},
    {"AnyWithDo", "xx.example. ANY +do",
     "NOERROR aa | xx.example. 3600 A+ 192.0.2.10 | edns 1232 do"},
    {"DnskeyAsked", "example. DNSKEY +do",
     "NOERROR aa | example. 3600 DNSKEY+ 256 3 8 AA== | edns 1232 do"},
    {"WithoutDo", "ml.example. A",
     "NXDOMAIN aa | ; example. 3600 SOA"},
    {"WithoutDoWildcard", "a.z.w.example. MX",
     "NOERROR aa | a.z.w.example. 3600 MX 1 ai.example. ; ; ai.example. 3600 A 192.0.2.9, ai.example. 3600 AAAA 2001:db8::f00:baa9"},
    {"WithoutDoReferral", "mc.b.example. MX",
     "NOERROR | ; b.example. 3600 NS ns1.b.example., b.example. 3600 NS ns2.b.example. ; ns1.b.example. 3600 A 192.0.2.7, ns2.b.example. 3600 A 192.0.2.8"},
    {"StarItself", "*.w.example. MX +do",
     "NOERROR aa | *.w.example. 3600 MX+ 1 ai.example. ; ; ai.example. 3600 A+ 192.0.2.9, ai.example. 3600 AAAA+ 2001:db8::f00:baa9 | edns 1232 do"},
    {"WildcardAny", "a.z.w.example. ANY +do",
     "NOERROR aa | a.z.w.example. 3600 MX+ 1 ai.example. ; x.y.w.example. 3600 NSEC+ xx.example. MX RRSIG NSEC ; ai.example. 3600 A+ 192.0.2.9, ai.example. 3600 AAAA+ 2001:db8::f00:baa9 | edns 1232 do"},
};
// clang-format on

class Nsec : public testing::TestWithParam<AnswerCase> {};

TEST_P(Nsec, Answers) {
  static TestServer& server = *[] {
    FlatZone zone = FlatZoneFromText("example.", kNsecZone);
    SignWithNsec(zone);
    auto* made = new TestServer();
    made->Add(zone);
    return made;
  }();
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Nsec, testing::ValuesIn(kNsec), NameOfCase);

// clang-format off
// The zone of RFC 5155 Appendix A, with its hashes, and the questions of Appendix B.
constexpr char kNsec3Zone[] = R"(
$ORIGIN example.
$TTL 3600
@ SOA ns1 bugs.x.w 1 3600 300 3600000 3600
@ NS ns1
@ NS ns2
@ MX 1 xx
a NS ns1.a
a NS ns2.a
a DS 58470 5 1 3079F1593EBAD6DC121E202A8B766A6A4837206C
ns1.a A 192.0.2.5
ns2.a A 192.0.2.6
ai A 192.0.2.9
ai HINFO "KLH-10" "ITS"
ai AAAA 2001:db8::f00:baa9
c NS ns1.c
c NS ns2.c
ns1.c A 192.0.2.7
ns2.c A 192.0.2.8
ns1 A 192.0.2.1
ns2 A 192.0.2.2
*.w MX 1 ai
x.w MX 1 xx
x.y.w MX 1 xx
xx A 192.0.2.10
xx HINFO "KLH-10" "TOPS-20"
xx AAAA 2001:db8::f00:baaa
2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.127
)";

constexpr AnswerCase kNsec3[] = {
    {"B1NameError", "a.c.x.w.example. A +do",
     "NXDOMAIN aa | ; 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3+ 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM, 35mthgpgcu1qg68fab165klnsnk3dpvl.example. 3600 NSEC3+ 1 1 12 aabbccdd b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG, b4um86eghhds6nea196smvmlo4ors995.example. 3600 NSEC3+ 1 1 12 aabbccdd gjeqe526plbf1g8mklp59enfd789njgi MX RRSIG, example. 3600 SOA+ | edns 1232 do"},
    {"B2NoData", "ns1.example. MX +do",
     "NOERROR aa | ; 2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. 3600 NSEC3+ 1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG, example. 3600 SOA+ | edns 1232 do"},
    {"B21EmptyNonTerminal", "y.w.example. A +do",
     "NOERROR aa | ; example. 3600 SOA+, ji6neoaepv8b5o6k4ev33abha8ht9fgc.example. 3600 NSEC3+ 1 1 12 aabbccdd k8udemvp1j2f7eg6jebps17vp3n8i58h | edns 1232 do"},
    {"B3ReferralToOptOut", "mc.c.example. MX +do",
     "NOERROR | ; 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3+ 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM, 35mthgpgcu1qg68fab165klnsnk3dpvl.example. 3600 NSEC3+ 1 1 12 aabbccdd b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG, c.example. 3600 NS ns1.c.example., c.example. 3600 NS ns2.c.example. ; ns1.c.example. 3600 A 192.0.2.7, ns2.c.example. 3600 A 192.0.2.8 | edns 1232 do"},
    {"B4WildcardExpansion", "a.z.w.example. MX +do",
     "NOERROR aa | a.z.w.example. 3600 MX+ 1 ai.example. ; q04jkcevqvmu85r014c7dkba38o0ji5r.example. 3600 NSEC3+ 1 1 12 aabbccdd r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG ; ai.example. 3600 A+ 192.0.2.9, ai.example. 3600 AAAA+ 2001:db8::f00:baa9 | edns 1232 do"},
    {"B5WildcardNoData", "a.z.w.example. AAAA +do",
     "NOERROR aa | ; example. 3600 SOA+, k8udemvp1j2f7eg6jebps17vp3n8i58h.example. 3600 NSEC3+ 1 1 12 aabbccdd kohar7mbb8dc2ce8a9qvl8hon4k53uhi, q04jkcevqvmu85r014c7dkba38o0ji5r.example. 3600 NSEC3+ 1 1 12 aabbccdd r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG, r53bq7cc2uvmubfu5ocmm6pers9tk9en.example. 3600 NSEC3+ 1 1 12 aabbccdd t644ebqk9bibcna874givr6joj62mlhv MX RRSIG | edns 1232 do"},
    {"B6DsChildNoData", "example. DS +do",
     "NOERROR aa | ; 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3+ 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM, example. 3600 SOA+ | edns 1232 do"},
    {"ReferralToSigned", "mc.a.example. MX +do",
     "NOERROR | ; a.example. 3600 DS+ 58470 5 1 3079f1593ebad6dc121e202a8b766a6a4837206c, a.example. 3600 NS ns1.a.example., a.example. 3600 NS ns2.a.example. ; ns1.a.example. 3600 A 192.0.2.5, ns2.a.example. 3600 A 192.0.2.6 | edns 1232 do"},
    {"DsAtOptOutCut", "c.example. DS +do",
     "NOERROR aa | ; 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3+ 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM, 35mthgpgcu1qg68fab165klnsnk3dpvl.example. 3600 NSEC3+ 1 1 12 aabbccdd b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG, example. 3600 SOA+ | edns 1232 do"},
    {"NameOfAnNsec3", "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. A +do",
     "NOERROR aa | 2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. 3600 A+ 192.0.2.127 | edns 1232 do"},
    {"NameOfAnNsec3Only", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. A +do",
     "NXDOMAIN aa | ; 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3+ 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM, example. 3600 SOA+, gjeqe526plbf1g8mklp59enfd789njgi.example. 3600 NSEC3+ 1 1 12 aabbccdd ji6neoaepv8b5o6k4ev33abha8ht9fgc A HINFO AAAA RRSIG, q04jkcevqvmu85r014c7dkba38o0ji5r.example. 3600 NSEC3+ 1 1 12 aabbccdd r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG | edns 1232 do"},
    {"Nsec3AskedAtItsOwner", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. NSEC3 +do",
     "NXDOMAIN aa | ; 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3+ 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM, example. 3600 SOA+, gjeqe526plbf1g8mklp59enfd789njgi.example. 3600 NSEC3+ 1 1 12 aabbccdd ji6neoaepv8b5o6k4ev33abha8ht9fgc A HINFO AAAA RRSIG, q04jkcevqvmu85r014c7dkba38o0ji5r.example. 3600 NSEC3+ 1 1 12 aabbccdd r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG | edns 1232 do"},
    {"Nsec3ParamAsked", "example. NSEC3PARAM +do",
     "NOERROR aa | example. 0 NSEC3PARAM+ 1 0 12 aabbccdd | edns 1232 do"},
    {"WithoutDo", "a.c.x.w.example. A",
     "NXDOMAIN aa | ; example. 3600 SOA"},
};
// clang-format on

class Nsec3 : public testing::TestWithParam<AnswerCase> {};

TEST_P(Nsec3, Answers) {
  static TestServer& server = *[] {
    FlatZone zone = FlatZoneFromText("example.", kNsec3Zone);
    SignWithNsec3(zone, {12, {0xaa, 0xbb, 0xcc, 0xdd}, true});
    auto* made = new TestServer();
    made->Add(zone);
    return made;
  }();
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Nsec3, testing::ValuesIn(kNsec3), NameOfCase);

// clang-format off
// RFC 5155 §7.1: "ent" leads to nothing but an insecure delegation and has no NSEC3. A validator then
// takes "example." for the closest encloser, and wants the absence of "*.example." proven.
constexpr char kOptOutEmptyNonTerminalZone[] = R"(
$ORIGIN example.
$TTL 3600
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.1
insecure.ent NS ns.example.net.
secure.other NS ns.example.net.
secure.other DS 1 8 1 0000000000000000000000000000000000000000
alias CNAME x.ent
*.wild CNAME y.ent
)";

constexpr AnswerCase kOptOutEmptyNonTerminal[] = {
    {"EmptyNonTerminal", "ent.example. A +do",
     "NOERROR aa | ; 3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 300 NSEC3+ 1 1 0 - 8agm2crj5dm2hpi9emkk214ccj3738k9 NS SOA RRSIG DNSKEY NSEC3PARAM, example. 300 SOA+, m1o89lfdo9rrf2f8r8ss42d81d09v48m.example. 300 NSEC3+ 1 1 0 - q4900c1cjmipnhp5mnbgmlte8et5nhog A RRSIG | edns 1232 do"},
    {"BelowEmptyNonTerminal", "x.ent.example. A +do",
     "NXDOMAIN aa | ; 3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 300 NSEC3+ 1 1 0 - 8agm2crj5dm2hpi9emkk214ccj3738k9 NS SOA RRSIG DNSKEY NSEC3PARAM, 8agm2crj5dm2hpi9emkk214ccj3738k9.example. 300 NSEC3+ 1 1 0 - co5hnb0vi9m4r30k0agcvnjg2c172u57, example. 300 SOA+, m1o89lfdo9rrf2f8r8ss42d81d09v48m.example. 300 NSEC3+ 1 1 0 - q4900c1cjmipnhp5mnbgmlte8et5nhog A RRSIG | edns 1232 do"},
    {"AliasToBelow", "alias.example. A +do",
     "NXDOMAIN aa | alias.example. 3600 CNAME+ x.ent.example. ; 3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 300 NSEC3+ 1 1 0 - 8agm2crj5dm2hpi9emkk214ccj3738k9 NS SOA RRSIG DNSKEY NSEC3PARAM, 8agm2crj5dm2hpi9emkk214ccj3738k9.example. 300 NSEC3+ 1 1 0 - co5hnb0vi9m4r30k0agcvnjg2c172u57, example. 300 SOA+, m1o89lfdo9rrf2f8r8ss42d81d09v48m.example. 300 NSEC3+ 1 1 0 - q4900c1cjmipnhp5mnbgmlte8et5nhog A RRSIG | edns 1232 do"},
    {"WildcardAliasToBelow", "q.wild.example. A +do",
     "NXDOMAIN aa | q.wild.example. 3600 CNAME+ y.ent.example. ; 3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 300 NSEC3+ 1 1 0 - 8agm2crj5dm2hpi9emkk214ccj3738k9 NS SOA RRSIG DNSKEY NSEC3PARAM, 8agm2crj5dm2hpi9emkk214ccj3738k9.example. 300 NSEC3+ 1 1 0 - co5hnb0vi9m4r30k0agcvnjg2c172u57, example. 300 SOA+, m1o89lfdo9rrf2f8r8ss42d81d09v48m.example. 300 NSEC3+ 1 1 0 - q4900c1cjmipnhp5mnbgmlte8et5nhog A RRSIG | edns 1232 do"},
    {"DsOfInsecure", "insecure.ent.example. DS +do",
     "NOERROR aa | ; 3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 300 NSEC3+ 1 1 0 - 8agm2crj5dm2hpi9emkk214ccj3738k9 NS SOA RRSIG DNSKEY NSEC3PARAM, example. 300 SOA+, m1o89lfdo9rrf2f8r8ss42d81d09v48m.example. 300 NSEC3+ 1 1 0 - q4900c1cjmipnhp5mnbgmlte8et5nhog A RRSIG | edns 1232 do"},
    {"Referral", "www.insecure.ent.example. A +do",
     "NOERROR | ; 3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 300 NSEC3+ 1 1 0 - 8agm2crj5dm2hpi9emkk214ccj3738k9 NS SOA RRSIG DNSKEY NSEC3PARAM, insecure.ent.example. 3600 NS ns.example.net., m1o89lfdo9rrf2f8r8ss42d81d09v48m.example. 300 NSEC3+ 1 1 0 - q4900c1cjmipnhp5mnbgmlte8et5nhog A RRSIG | edns 1232 do"},
};
// clang-format on

class OptOutEmptyNonTerminal : public testing::TestWithParam<AnswerCase> {};

TEST_P(OptOutEmptyNonTerminal, Answers) {
  static TestServer& server = *[] {
    FlatZone zone = FlatZoneFromText("example.", kOptOutEmptyNonTerminalZone);
    SignWithNsec3(zone, {0, {}, true});
    auto* made = new TestServer();
    made->Add(zone);
    return made;
  }();
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, OptOutEmptyNonTerminal, testing::ValuesIn(kOptOutEmptyNonTerminal),
                         NameOfCase);

// A chain with holes proves what it can, and nothing breaks.
TEST(BrokenChain, IsServedAsItIs) {
  FlatZone zone = FlatZoneFromText("example.", kNsec3Zone);
  SignWithNsec3(zone, {0, {}, true});
  const Name apex_hash = *Name::FromText(Base32Hex(HashOf(zone.apex, {0, {}, true})), zone.apex);
  std::erase_if(zone.records, [&](const FlatRecord& record) { return record.owner == apex_hash; });
  TestServer server;
  server.Add(zone);
  EXPECT_EQ(server.Ask("q.example. A +do"), "NXDOMAIN aa | ; example. 3600 SOA+ | edns 1232 do");
  EXPECT_EQ(server.Ask("c.example. DS +do"), "NOERROR aa | ; example. 3600 SOA+ | edns 1232 do");
}

// A name of 255 octets has no room for a "*" below it.
TEST(LongestName, HasNoWildcard) {
  const std::string label(61, 'x');
  const std::string owner = absl::StrCat(label, ".", label, ".", label, ".", std::string(59, 'y'));
  FlatZone zone = FlatZoneFromText(
      "example.", absl::StrCat("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\n", owner, " 60 TXT x\n"));
  ASSERT_EQ(zone.records.back().owner.view().size(), 255u);
  SignWithNsec3(zone, {0, {}, false});
  TestServer server;
  server.Add(zone);
  const std::string reply = server.Ask(owner + ".example. A +do bufsize=1232");
  EXPECT_EQ(reply.substr(0, 12), "NOERROR aa |");
}

}  // namespace
}  // namespace hither
