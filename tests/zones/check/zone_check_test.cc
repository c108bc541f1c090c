#include "zones/check/zone_check.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

// "zone:5: target-alias mail.example. MX a.example." for each finding, by its row in the table.
std::string Brief(const Finding& finding) {
  const std::string start = absl::StrCat(finding.file, ":", finding.line, ": ");
  for (const ZoneCheck& check : ZoneChecks()) {
    const std::string end = absl::StrCat(" ", check.what, "; ", check.remedy, " (", check.rfc, ")");
    if (!absl::EndsWith(finding.text, end) || finding.severity != check.severity) continue;
    const std::string subject = finding.text.substr(0, finding.text.size() - end.size());
    return absl::StrCat(start, check.name, " ", subject);
  }
  return absl::StrCat(start, finding.text);
}

struct Case {
  const char* name;
  std::string records;            // Below the SOA and NS of kHead, from line 4 on.
  std::vector<std::string> want;  // All findings, as Brief() has them.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

const char kHead[] =
    "$TTL 60\n"
    "@ SOA ns1.other. host 1 2 3 4 5\n"
    "@ NS ns1.other.\n";

const char kRrsig[] = "t RRSIG TYPE65280 13 3 60 20300101000000 20200101000000 1 a.example. AAAA\n";

class CheckZone : public testing::TestWithParam<Case> {};

TEST_P(CheckZone, Finds) {
  const LoadedZone loaded =
      LoadZoneText(kHead + GetParam().records, "zone", *Name::FromText("a.example."));
  std::vector<std::string> got;
  bool failed = false;
  for (const Finding& finding : loaded.findings) {
    got.push_back(Brief(finding));
    failed |= finding.severity == Severity::kError;
  }
  EXPECT_EQ(absl::StrJoin(got, "\n"), absl::StrJoin(GetParam().want, "\n"));
  EXPECT_EQ(loaded.zone == nullptr, failed);
}

// clang-format off
const Case kCases[] = {
    {"Clean",               "www A 192.0.2.1\n* MX 5 www\n", {}},

    {"SeveralDnames",       "d DNAME b.\nd DNAME c.\n", {"zone:4: several-dnames d.a.example. DNAME"}},
    {"SeveralDnamesAtCut",  "sub NS ns1.other.\nsub DNAME b.\nsub DNAME c.\n",
                            {"zone:5: several-dnames sub.a.example. DNAME",
                             "zone:5: data-at-cut sub.a.example. DNAME"}},
    {"SeveralDnamesBelowCut", "sub NS ns1.other.\nx.sub DNAME b.\nx.sub DNAME c.\n",
                            {"zone:5: several-dnames x.sub.a.example. DNAME",
                             "zone:5: data-below-cut x.sub.a.example. DNAME"}},
    {"SeveralDnamesBelowDname", "d DNAME b.\nx.d DNAME b.\nx.d DNAME c.\n",
                            {"zone:5: several-dnames x.d.a.example. DNAME",
                             "zone:5: data-below-dname x.d.a.example. DNAME"}},
    {"DnameBesideCname",    "d DNAME b.\nd CNAME c.\n",
                            {"zone:5: CNAME beside other data at d.a.example., DNAME on line 4; remove one (RFC 1034 §3.6.2)"}},

    {"LastDotForgotten",    "www.a.example A 192.0.2.1\n",
                            {"zone:4: doubled-origin www.a.example.a.example."}},
    // One finding each: that such a host has no address says no more.
    {"LastDotForgottenInNs", "@ NS ns.a.example\n", {"zone:4: doubled-origin a.example. NS ns.a.example.a.example."}},
    {"LastDotForgottenInMx", "@ MX 1 www\n@ MX 2 m.a.example\nwww A 192.0.2.1\n",
                            {"zone:5: doubled-origin a.example. MX m.a.example.a.example."}},
    {"LastDotForgottenInCname", "w CNAME a.example\n", {"zone:4: doubled-origin w.a.example. CNAME a.example.a.example."}},
    {"LastDotForgottenElsewhere", "p PTR h.a.example\nd DNAME h.a.example\ns SRV 0 0 1 h.a.example\n"
                            "h HTTPS 1 h.a.example\nn NAPTR 1 1 u x \"\" h.a.example\nr RP h.a.example .\n",
                            {"zone:4: doubled-origin p.a.example. PTR h.a.example.a.example.",
                             "zone:5: doubled-origin d.a.example. DNAME h.a.example.a.example.",
                             "zone:6: doubled-origin s.a.example. SRV h.a.example.a.example.",
                             "zone:7: doubled-origin h.a.example. HTTPS h.a.example.a.example.",
                             "zone:8: doubled-origin n.a.example. NAPTR h.a.example.a.example.",
                             "zone:9: doubled-origin r.a.example. RP h.a.example.a.example."}},
    {"NotDoubled",          "w CNAME example\nx CNAME a.example.\ny CNAME xa.example.a.example.\n", {}},

    {"NsIsAnAddress",       "@ NS 192.0.2.1\nsub NS 192.0.2.2.\n",
                            {"zone:4: target-is-address a.example. NS 192.0.2.1.a.example.",
                             "zone:5: target-is-address sub.a.example. NS 192.0.2.2."}},
    {"MxIsAnAddress",       "@ MX 1 192.0.2.1\n@ MX 2 2001:db8::1\n@ MX 3 ::1.\n",
                            {"zone:4: target-is-address a.example. MX 192.0.2.1.a.example.",
                             "zone:5: target-is-address a.example. MX 2001:db8::1.a.example.",
                             "zone:6: target-is-address a.example. MX ::1."}},
    {"SrvIsAnAddress",      "_s._tcp SRV 0 0 1 192.0.2.1.\n", {"zone:4: target-is-address _s._tcp.a.example. SRV 192.0.2.1."}},
    {"NumbersAreNoAddress", "@ MX 1 1.2.3.other.\n@ MX 2 256.0.0.1.\n@ MX 3 1.2.3.4.5.\n@ MX 4 a:b.\n", {}},

    {"AtInRname",           "@ RP admin@a.example. .\nm MINFO admin@a.example. b.other.\nx RP admin.a.example. @\n",
                            {"zone:4: mailbox-at a.example. RP admin\\@a.example.",
                             "zone:5: mailbox-at m.a.example. MINFO admin\\@a.example."}},

    {"MxNamesAlias",        "@ MX 1 m\nm CNAME www\nwww A 192.0.2.1\n",
                            {"zone:4: target-alias a.example. MX m.a.example."}},
    {"NsNamesAlias",        "@ NS m\nm CNAME ns1.other.\n",
                            {"zone:4: target-alias a.example. NS m.a.example."}},
    {"EachTargetAtItsLine", "@ MX 1 other.\n@ MX 2 m\n@ NS n\n",
                            {"zone:5: target-address a.example. MX m.a.example.",
                             "zone:6: target-address a.example. NS n.a.example."}},
    {"SrvNamesAlias",       "_s._tcp SRV 0 0 53 m\nm CNAME www\nwww A 192.0.2.1\n",
                            {"zone:4: target-alias _s._tcp.a.example. SRV m.a.example."}},
    {"TargetBelowDname",    "@ MX 1 x.d\nd DNAME other.\n",
                            {"zone:4: target-alias a.example. MX x.d.a.example."}},
    {"AliasByWildcard",     "@ MX 1 m\n* CNAME www\nwww A 192.0.2.1\n",
                            {"zone:4: target-alias a.example. MX m.a.example."}},
    {"AddressByWildcard",   "@ MX 1 m\n* AAAA 2001:db8::1\n", {}},
    {"TargetNotThere",      "@ MX 1 m\n", {"zone:4: target-address a.example. MX m.a.example."}},
    {"TargetWithoutAddress", "@ MX 1 m\nm TXT x\n", {"zone:4: target-address a.example. MX m.a.example."}},
    {"TargetEmptyNonTerminal", "@ MX 1 m\nx.m A 192.0.2.1\n", {"zone:4: target-address a.example. MX m.a.example."}},
    {"TargetOutside",       "@ MX 1 m.other.\n", {}},
    {"NullMx",              "@ MX 0 .\n_s._tcp SRV 0 0 0 .\n", {}},
    {"MxBelowDelegation",   "@ MX 1 m.sub\nsub NS ns1.other.\n", {}},

    {"Glue",                "sub NS ns.sub\nns.sub AAAA 2001:db8::1\n", {}},
    {"GlueAtTheCut",        "sub NS sub\nsub A 192.0.2.1\n", {}},
    {"GlueMissing",         "sub NS ns.sub\n", {"zone:4: glue-missing sub.a.example. NS ns.sub.a.example."}},
    {"GlueIsNoAddress",     "sub NS ns.sub\nns.sub TXT x\n",
                            {"zone:4: glue-missing sub.a.example. NS ns.sub.a.example.",
                             "zone:5: data-below-cut ns.sub.a.example. TXT"}},
    {"SiblingNeedsNoGlue",  "s1 NS ns.s2\ns2 NS ns1.other.\n", {}},
    {"HostInOurZone",       "sub NS ns\n", {"zone:4: target-address sub.a.example. NS ns.a.example."}},

    {"TxtAtCut",            "sub NS ns1.other.\nsub TXT x\n", {"zone:5: data-at-cut sub.a.example. TXT"}},
    {"DnameAtCut",          "sub NS ns1.other.\nsub DNAME b.\n", {"zone:5: data-at-cut sub.a.example. DNAME"}},
    {"BelowCut",            "sub NS ns1.other.\nx.sub MX 1 m\ny.x.sub A 192.0.2.1\n",
                            {"zone:5: data-below-cut x.sub.a.example. MX"}},
    {"CutBelowCut",         "sub NS ns1.other.\nx.sub NS ns1.other.\n", {"zone:5: data-below-cut x.sub.a.example. NS"}},
    {"BelowDname",          "d DNAME b.\nx.d A 192.0.2.1\n", {"zone:5: data-below-dname x.d.a.example. A"}},
    {"BesideDname",         "d DNAME b.\nd A 192.0.2.1\n", {}},

    {"AliasMode",           "h HTTPS 0 other.\nh SVCB 1 other. port=53\n", {}},
    {"AliasModeWithParameters", "h HTTPS 0 other. alpn=h2\ns SVCB 0 . port=53\n",
                            {"zone:4: alias-mode-parameters h.a.example. HTTPS",
                             "zone:5: alias-mode-parameters s.a.example. SVCB"}},

    {"DsWithoutNs",         "sub DS 1 13 2 " + std::string(64, '0') + "\n", {"zone:4: ds-without-ns sub.a.example. DS"}},
    {"DsWithNs",            "sub NS ns1.other.\nsub DS 1 13 2 " + std::string(64, '0') + "\n", {}},
    {"WildcardNs",          "* NS ns1.other.\n", {"zone:4: wildcard-ns *.a.example. NS"}},
    {"WildcardDname",       "* DNAME b.\n", {"zone:4: wildcard-dname *.a.example. DNAME"}},

    // 65,535 - 12 of header - (13 + 4) of question - 12 of record = 65,494 of RDATA.
    {"LargestRrset",        "t TYPE65280 \\# 65494 " + std::string(2 * 65'494, '0') + "\n", {}},
    {"Nsec3AtAName",        "www NSEC3 1 0 0 - 0123456789abcdefghijklmnopqrstuv A\n",
                            {"zone:4: nsec3-owner www.a.example. NSEC3"}},
    {"Nsec3FurtherDown",    "0123456789abcdefghijklmnopqrstuv.x NSEC3 1 0 0 - 0123456789abcdefghijklmnopqrstuv A\n",
                            {"zone:4: nsec3-owner 0123456789abcdefghijklmnopqrstuv.x.a.example. NSEC3"}},
    {"Nsec3AtAHash",        "0123456789abcdefghijklmnopqrstuv NSEC3 1 0 0 - 0123456789abcdefghijklmnopqrstuv A\n", {}},
    {"RrsetTooLarge",       "t TYPE65280 \\# 65495 " + std::string(2 * 65'495, '0') + "\n",
                            {"zone:4: rrset-too-large t.a.example. TYPE65280"}},
    {"RrsetTooLargeInAll",  "t TYPE65280 \\# 32741 " + std::string(2 * 32'741, '0') + "\n"
                            "t TYPE65280 \\# 32742 " + std::string(2 * 32'742, '1') + "\n",
                            {"zone:4: rrset-too-large t.a.example. TYPE65280"}},
    // Its RRSIG: 12 + 18 + 11 of signer + 3 = 44 of those octets.
    {"LargestWithRrsig",    "t TYPE65280 \\# 65450 " + std::string(2 * 65'450, '0') + "\n" + kRrsig, {}},
    {"TooLargeWithRrsig",   "t TYPE65280 \\# 65451 " + std::string(2 * 65'451, '0') + "\n" + kRrsig,
                            {"zone:4: rrset-too-large t.a.example. TYPE65280"}},
    {"CompressedRrsetFits", "$GENERATE 1-1000 @ MX 1 $." + std::string(63, 'a') + ".other.\n", {}},
    {"SrvRrsetDoesNotFit",  "$GENERATE 1-1000 _s SRV 0 0 1 $." + std::string(63, 'a') + ".other.\n",
                            {"zone:4: rrset-too-large _s.a.example. SRV"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, CheckZone, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(CheckZoneApex, NeedsNs) {
  const LoadedZone loaded =
      LoadZoneText("@ 60 SOA ns1 host 1 2 3 4 5\n", "zone", *Name::FromText("a.example."));
  ASSERT_EQ(loaded.findings.size(), 1u);
  EXPECT_EQ(Brief(loaded.findings[0]), "zone:1: apex-ns a.example.");
  EXPECT_EQ(loaded.zone, nullptr);
}

TEST(CheckZoneApex, MailboxAndServerInSoa) {
  const LoadedZone loaded = LoadZoneText(
      "$TTL 60\n@ SOA ns.a.example host@a.example. 1 2 3 4 5\n@ NS ns1.other.\n", "zone",
      *Name::FromText("a.example."));
  ASSERT_EQ(loaded.findings.size(), 2u);
  EXPECT_EQ(Brief(loaded.findings[0]),
            "zone:2: doubled-origin a.example. SOA ns.a.example.a.example.");
  EXPECT_EQ(Brief(loaded.findings[1]), "zone:2: mailbox-at a.example. SOA host\\@a.example.");
}

TEST(CheckZoneApex, OneLabelMayStandTwice) {
  const LoadedZone loaded =
      LoadZoneText(absl::StrCat(kHead, "com A 192.0.2.1\n"), "zone", *Name::FromText("com."));
  EXPECT_TRUE(loaded.findings.empty());
}

TEST(CheckZoneFindings, AreLimitedForEachCheck) {
  std::string zone = kHead;
  for (size_t i = 0; i < kFindingsPerCheckMax + 7; ++i) absl::StrAppend(&zone, "m", i, " MX 1 x\n");
  absl::StrAppend(&zone, "d DNAME b.\nd DNAME c.\n");
  const LoadedZone loaded = LoadZoneText(zone, "zone", *Name::FromText("a.example."));
  ASSERT_EQ(loaded.findings.size(), kFindingsPerCheckMax + 2);
  EXPECT_EQ(Brief(loaded.findings[kFindingsPerCheckMax]),
            "zone:21: several-dnames d.a.example. DNAME");  // An error is never crowded out.
  EXPECT_EQ(ToText(loaded.findings.back()),
            "zone: warning: and 7 more findings of target-address; see those above");
}

TEST(ZoneChecks, SayWhatAndWhatToDo) {
  for (const ZoneCheck& check : ZoneChecks()) {
    EXPECT_FALSE(check.name.empty() || check.what.empty() || check.remedy.empty()) << check.name;
    EXPECT_TRUE(absl::StartsWith(check.rfc, "RFC ")) << check.name;
  }
}

}  // namespace
}  // namespace hither
