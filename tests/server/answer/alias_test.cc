#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

// clang-format off
// Where a CNAME can lead (RFC 1034 §3.6.2, §4.3.2; rcode: RFC 6604 §3).
constexpr char kCnamesZone[] = R"(
$ORIGIN example.
$TTL 3600
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.1
host A 192.0.2.9
in CNAME host
two CNAME in
out CNAME host.example.net.
self CNAME self
ping CNAME pong
pong CNAME ping
missing CNAME nothing
typeless CNAME ns1
ent CNAME b.ent-of
deep.b.ent-of A 192.0.2.8
away CNAME www.sub
sub NS ns.sub
ns.sub A 192.0.2.53
*.wild CNAME host
*.wildout CNAME host.example.net.
*.wildloop CNAME x.wildloop
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME c9
c9 CNAME c10
c10 CNAME c11
c11 CNAME c12
c12 CNAME c13
c13 CNAME c14
c14 CNAME c15
c15 CNAME c16
c16 CNAME c17
c17 A 192.0.2.17
)";

constexpr AnswerCase kCnames[] = {
    {"InZone", "in.example. A",
     "NOERROR aa | in.example. 3600 CNAME host.example., host.example. 3600 A 192.0.2.9"},
    {"InZoneOfOtherType", "in.example. CNAME",
     "NOERROR aa | in.example. 3600 CNAME host.example."},
    {"InZoneAny", "in.example. ANY",
     "NOERROR aa | in.example. 3600 CNAME host.example."},
    {"TwoHops", "two.example. A",
     "NOERROR aa | two.example. 3600 CNAME in.example., in.example. 3600 CNAME host.example., host.example. 3600 A 192.0.2.9"},
    {"OutOfZone", "out.example. A",
     "NOERROR aa | out.example. 3600 CNAME host.example.net."},
    {"ToItself", "self.example. A",
     "NOERROR aa | self.example. 3600 CNAME self.example."},
    {"Ring", "ping.example. A",
     "NOERROR aa | ping.example. 3600 CNAME pong.example., pong.example. 3600 CNAME ping.example."},
    {"ToMissingName", "missing.example. A",
     "NXDOMAIN aa | missing.example. 3600 CNAME nothing.example. ; example. 300 SOA"},
    {"ToMissingType", "typeless.example. TXT",
     "NOERROR aa | typeless.example. 3600 CNAME ns1.example. ; example. 300 SOA"},
    {"ToEmptyNonTerminal", "ent.example. A",
     "NOERROR aa | ent.example. 3600 CNAME b.ent-of.example. ; example. 300 SOA"},
    {"ToReferral", "away.example. A",
     "NOERROR aa | away.example. 3600 CNAME www.sub.example. ; sub.example. 3600 NS ns.sub.example. ; ns.sub.example. 3600 A 192.0.2.53"},
    {"ToDsAtCut", "away.example. DS",
     "NOERROR aa | away.example. 3600 CNAME www.sub.example. ; sub.example. 3600 NS ns.sub.example. ; ns.sub.example. 3600 A 192.0.2.53"},
    {"Wildcard", "any.wild.example. A",
     "NOERROR aa | any.wild.example. 3600 CNAME host.example., host.example. 3600 A 192.0.2.9"},
    {"WildcardDeeper", "a.b.wild.example. A",
     "NOERROR aa | a.b.wild.example. 3600 CNAME host.example., host.example. 3600 A 192.0.2.9"},
    {"WildcardOut", "any.wildout.example. A",
     "NOERROR aa | any.wildout.example. 3600 CNAME host.example.net."},
    {"WildcardToItself", "any.wildloop.example. A",
     "NOERROR aa | any.wildloop.example. 3600 CNAME x.wildloop.example., x.wildloop.example. 3600 CNAME x.wildloop.example."},
    {"WildcardCnameAsked", "any.wild.example. CNAME",
     "NOERROR aa | any.wild.example. 3600 CNAME host.example."},
    {"WildcardOwnName", "*.wild.example. A",
     "NOERROR aa | *.wild.example. 3600 CNAME host.example., host.example. 3600 A 192.0.2.9"},
    {"CaseOfQuestionAndOfTarget", "IN.eXample. A",
     "NOERROR aa | IN.eXample. 3600 CNAME host.example., host.example. 3600 A 192.0.2.9"},
    {"SoaOfAlias", "in.example. SOA",
     "NOERROR aa | in.example. 3600 CNAME host.example. ; example. 300 SOA"},
};
// clang-format on

class Cnames : public testing::TestWithParam<AnswerCase> {};

TEST_P(Cnames, Answers) {
  static TestServer server({{"example.", kCnamesZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Cnames, testing::ValuesIn(kCnames), NameOfCase);

// clang-format off
// RFC 6672.
constexpr char kDnamesZone[] = R"(
$ORIGIN example.
$TTL 3600
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.1
old 600 DNAME new
old A 192.0.2.7
www.new A 192.0.2.10
under.old A 192.0.2.66
out DNAME example.net.
one DNAME two
two DNAME new
loop DNAME x.loop
inner DNAME @
tick DNAME x.tock
tock DNAME tick
same DNAME same2
same2 DNAME same
below.sub DNAME new
sub NS ns.sub
ns.sub A 192.0.2.53
*.star DNAME new
toref DNAME sub
tocname DNAME cnames
www.cnames CNAME www.new
alias CNAME www.old
root DNAME .
long DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.example.net.
)";

constexpr AnswerCase kDnames[] = {
    {"Substituted", "www.old.example. A",
     "NOERROR aa | old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example., www.new.example. 3600 A 192.0.2.10"},
    {"ItsOwnName", "old.example. A",
     "NOERROR aa | old.example. 3600 A 192.0.2.7"},
    {"ItsOwnNameOtherType", "old.example. MX",
     "NOERROR aa | ; example. 300 SOA"},
    {"DnameAsked", "old.example. DNAME",
     "NOERROR aa | old.example. 600 DNAME new.example."},
    {"DnameAskedBelow", "www.old.example. DNAME",
     "NOERROR aa | old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example. ; example. 300 SOA"},
    {"CnameAskedBelow", "www.old.example. CNAME",
     "NOERROR aa | old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example."},
    {"AnyAskedBelow", "www.old.example. ANY",
     "NOERROR aa | old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example."},
    {"TargetMissing", "nothing.old.example. A",
     "NXDOMAIN aa | old.example. 600 DNAME new.example., nothing.old.example. 600 CNAME nothing.new.example. ; example. 300 SOA"},
    {"TargetOtherType", "www.old.example. MX",
     "NOERROR aa | old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example. ; example. 300 SOA"},
    {"OutOfZone", "a.b.out.example. A",
     "NOERROR aa | out.example. 3600 DNAME example.net., a.b.out.example. 3600 CNAME a.b.example.net."},
    {"OccludedName", "under.old.example. A",
     "NXDOMAIN aa | old.example. 600 DNAME new.example., under.old.example. 600 CNAME under.new.example. ; example. 300 SOA"},
    {"Chain", "www.one.example. A",
     "NOERROR aa | one.example. 3600 DNAME two.example., www.one.example. 3600 CNAME www.two.example., two.example. 3600 DNAME new.example., www.two.example. 3600 CNAME www.new.example., www.new.example. 3600 A 192.0.2.10"},
    {"IntoItself", "a.loop.example. A",
     "NOERROR aa | loop.example. 3600 DNAME x.loop.example., a.loop.example. 3600 CNAME a.x.loop.example."},
    {"LeadsToItsOwnOwner", "inner.inner.example. DNAME",
     "NOERROR aa | inner.example. 3600 DNAME example., inner.inner.example. 3600 CNAME inner.example."},
    {"Ring", "a.same.example. A",
     "NOERROR aa | same.example. 3600 DNAME same2.example., a.same.example. 3600 CNAME a.same2.example., same2.example. 3600 DNAME same.example., a.same2.example. 3600 CNAME a.same.example."},
    {"BelowCut", "www.below.sub.example. A",
     "NOERROR | ; sub.example. 3600 NS ns.sub.example. ; ns.sub.example. 3600 A 192.0.2.53"},
    {"WildcardOwnsDname", "www.star.example. A",
     "NOERROR aa | ; example. 300 SOA"},
    {"WildcardsDnameAsked", "www.star.example. DNAME",
     "NOERROR aa | www.star.example. 3600 DNAME new.example."},
    {"BelowWildcardWithDname", "www.*.star.example. A",
     "NOERROR aa | *.star.example. 3600 DNAME new.example., www.*.star.example. 3600 CNAME www.new.example., www.new.example. 3600 A 192.0.2.10"},
    {"ToReferral", "www.toref.example. A",
     "NOERROR aa | toref.example. 3600 DNAME sub.example., www.toref.example. 3600 CNAME www.sub.example. ; sub.example. 3600 NS ns.sub.example. ; ns.sub.example. 3600 A 192.0.2.53"},
    {"ToCname", "www.tocname.example. A",
     "NOERROR aa | tocname.example. 3600 DNAME cnames.example., www.tocname.example. 3600 CNAME www.cnames.example., www.cnames.example. 3600 CNAME www.new.example., www.new.example. 3600 A 192.0.2.10"},
    {"CnameToDname", "alias.example. A",
     "NOERROR aa | alias.example. 3600 CNAME www.old.example., old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example., www.new.example. 3600 A 192.0.2.10"},
    {"ToRoot", "example.net.root.example. A",
     "NOERROR aa | root.example. 3600 DNAME ., example.net.root.example. 3600 CNAME example.net."},
    {"JustFits", "ddddddddddddddddddddddddddddddddddddddddddddddddd.long.example. A +tcp",
     "NOERROR aa | long.example. 3600 DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.example.net., ddddddddddddddddddddddddddddddddddddddddddddddddd.long.example. 3600 CNAME ddddddddddddddddddddddddddddddddddddddddddddddddd.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.example.net."},
    {"OneTooMany", "dddddddddddddddddddddddddddddddddddddddddddddddddd.long.example. A",
     "YXDOMAIN aa | long.example. 3600 DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.example.net."},
    {"DsBelow", "www.old.example. DS",
     "NOERROR aa | old.example. 600 DNAME new.example., www.old.example. 600 CNAME www.new.example. ; example. 300 SOA"},
    {"CaseOfQuestion", "wWw.OLD.example. A",
     "NOERROR aa | OLD.example. 600 DNAME new.example., wWw.OLD.example. 600 CNAME wWw.new.example., wWw.new.example. 3600 A 192.0.2.10"},
};
// clang-format on

class Dnames : public testing::TestWithParam<AnswerCase> {};

TEST_P(Dnames, Answers) {
  static TestServer server({{"example.", kDnamesZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, Dnames, testing::ValuesIn(kDnames), NameOfCase);

// clang-format off
// RFC 6672 §2.3: a DNAME at an apex stands beside SOA and NS, and hides all names below it.
constexpr char kApexDnameZone[] = R"(
$ORIGIN example.
$TTL 3600
@ SOA ns1.example.net. hostmaster 7 7200 900 1209600 300
@ NS ns1.example.net.
@ DNAME example.org.
)";

constexpr AnswerCase kApexDname[] = {
    {"ApexSoa", "example. SOA",
     "NOERROR aa | example. 3600 SOA ns1.example.net. hostmaster.example. 7 7200 900 1209600 300"},
    {"ApexA", "example. A",
     "NOERROR aa | ; example. 300 SOA"},
    {"ApexNs", "example. NS",
     "NOERROR aa | example. 3600 NS ns1.example.net."},
    {"Below", "www.example. A",
     "NOERROR aa | example. 3600 DNAME example.org., www.example. 3600 CNAME www.example.org."},
    {"BelowNs", "www.example. NS",
     "NOERROR aa | example. 3600 DNAME example.org., www.example. 3600 CNAME www.example.org."},
};
// clang-format on

class ApexDname : public testing::TestWithParam<AnswerCase> {};

TEST_P(ApexDname, Answers) {
  static TestServer server({{"example.", kApexDnameZone}});
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Zone, ApexDname, testing::ValuesIn(kApexDname), NameOfCase);

std::string Cname(int i) {
  return absl::StrCat("c", i, ".example. 3600 CNAME c", i + 1, ".example.");
}

// kAliasHopsMax hops are followed; the alias after that is still told.
TEST(AliasHops, SixteenAreFollowed) {
  TestServer server({{"example.", kCnamesZone}});
  std::string want = "NOERROR aa |";
  for (int i = 1; i <= 16; ++i) absl::StrAppend(&want, " ", Cname(i), ",");
  EXPECT_EQ(server.Ask("c1.example. A"), want + " c17.example. 3600 A 192.0.2.17");
}

TEST(AliasHops, SeventeenAreNot) {
  TestServer server({{"example.", kCnamesZone}});
  std::string want = "NOERROR aa |";
  for (int i = 0; i < 16; ++i) absl::StrAppend(&want, " ", Cname(i), ",");
  EXPECT_EQ(server.Ask("c0.example. A"), absl::StrCat(want, " ", Cname(16)));
}

// Names that grow with each hop never close a loop. Each DNAME is told once.
TEST(AliasHops, GrowingNamesEnd) {
  TestServer server({{"example.", kDnamesZone}});
  std::string want =
      "NOERROR aa | tick.example. 3600 DNAME x.tock.example.,"
      " a.tick.example. 3600 CNAME a.x.tock.example.,"
      " tock.example. 3600 DNAME tick.example.";
  std::string name = "a.x.";
  for (int i = 1; i < 17; ++i) {
    const bool to_tick = i % 2 == 1;
    const std::string next = to_tick ? name : name + "x.";
    absl::StrAppend(&want, ", ", name, to_tick ? "tock" : "tick", ".example. 3600 CNAME ", next,
                    to_tick ? "tick" : "tock", ".example.");
    name = next;
  }
  EXPECT_EQ(server.Ask("a.tick.example. A +tcp"), want);
}

// RFC 6672 §2.2: the DNAME shows why.
TEST(DnameTooLong, IsYxDomain) {
  TestServer server({{"example.", kDnamesZone}});
  const std::string reply = server.Ask(absl::StrCat(std::string(63, 'd'), ".long.example. A +tcp"));
  EXPECT_EQ(reply.substr(0, 42), "YXDOMAIN aa | long.example. 3600 DNAME aaa");
  EXPECT_EQ(reply.find("CNAME"), std::string::npos);
}

}  // namespace
}  // namespace hither
