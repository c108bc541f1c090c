// The checks of signed zones: a good zone, and the good zone with one thing changed. The
// signatures are not real: nobody looks into them.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "zones/check/zone_check.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

// SIG(type) stands for the fields of an RRSIG by this zone. One record a line.
const char kNsecZone[] =
    "$TTL 60\n"
    "@   SOA ns1.other. host 1 2 3 4 5\n"
    "@   SIG(SOA)\n"
    "@   NS ns1.other.\n"
    "@   SIG(NS)\n"
    "@   DNSKEY 256 3 13 AAAA\n"
    "@   SIG(DNSKEY)\n"
    "@   NSEC sub NS SOA RRSIG NSEC DNSKEY\n"
    "@   SIG(NSEC)\n"
    "sub NS ns.sub\n"
    "sub DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000\n"
    "sub SIG(DS)\n"
    "sub NSEC www NS DS RRSIG NSEC\n"
    "sub SIG(NSEC)\n"
    "ns.sub A 192.0.2.1\n"
    "www A 192.0.2.1\n"
    "www SIG(A)\n"
    "www NSEC @ A RRSIG NSEC\n"
    "www SIG(NSEC)\n";

// The hashes were made by ldns-nsec3-hash: no salt, no further iterations.
#define APEX "6cd522290vma0nr8lqu1ivtcofj94rga"
#define XENT "lrv95f7oijoldnbfispujlsqojei3s18"
#define SUB "o46dro6gp90ji2hveodkic9f41dutr6n"
#define ENT "qlta693912u8kg4evtng9g6aielnu57u"
#define WWW "v8fodmbjfmgbeen2fk7nb2ginro28mnq"
const char kNsec3Zone[] =
    "$TTL 60\n"
    "@   SOA ns1.other. host 1 2 3 4 5\n"
    "@   SIG(SOA)\n"
    "@   NS ns1.other.\n"
    "@   SIG(NS)\n"
    "@   DNSKEY 256 3 13 AAAA\n"
    "@   SIG(DNSKEY)\n"
    "@   NSEC3PARAM 1 0 0 -\n"
    "@   SIG(NSEC3PARAM)\n"
    "sub NS ns1.other.\n"
    "x.ent TXT x\n"
    "x.ent SIG(TXT)\n"
    "www A 192.0.2.1\n"
    "www SIG(A)\n" APEX " NSEC3 1 0 0 - " XENT " NS SOA RRSIG DNSKEY NSEC3PARAM\n" APEX
    " SIG(NSEC3)\n" XENT " NSEC3 1 0 0 - " SUB " TXT RRSIG\n" XENT " SIG(NSEC3)\n" SUB
    " NSEC3 1 0 0 - " ENT " NS\n" SUB " SIG(NSEC3)\n" ENT " NSEC3 1 0 0 - " WWW "\n" ENT
    " SIG(NSEC3)\n" WWW " NSEC3 1 0 0 - " APEX " A RRSIG\n" WWW " SIG(NSEC3)\n";

using Changes = std::vector<std::pair<std::string, std::string>>;

struct Case {
  const char* name;
  const char* zone;
  Changes changes;  // From, to. A change must change something.
  std::vector<std::string> want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

// SIG(X) => RRSIG X 13 2 60 ...
std::string WithSignatures(std::string text) {
  for (size_t at; (at = text.find("SIG(")) != std::string::npos;) {
    const size_t end = text.find(')', at);
    const std::string type = text.substr(at + 4, end - at - 4);
    text.replace(at, end + 1 - at,
                 absl::StrCat("RRSIG ", type, " 13 2 60 20300101000000 20200101000000 1 @ AAAA"));
  }
  return text;
}

// The row's name and the subject.
std::string Brief(const Finding& finding) {
  for (const ZoneCheck& check : ZoneChecks()) {
    const size_t at = finding.text.find(absl::StrCat(" ", check.what, "; "));
    if (at == std::string::npos || !absl::EndsWith(finding.text, absl::StrCat(check.rfc, ")"))) {
      continue;
    }
    EXPECT_EQ(finding.severity, check.severity);
    return absl::StrCat(finding.line, " ", check.name, " ", finding.text.substr(0, at));
  }
  return ToText(finding);
}

class CheckSignedZoneTest : public testing::TestWithParam<Case> {};

TEST_P(CheckSignedZoneTest, Finds) {
  std::string text = GetParam().zone;
  for (const auto& [from, to] : GetParam().changes) {
    EXPECT_GT(absl::StrReplaceAll({{from, to}}, &text), 0) << from;
  }
  const LoadedZone loaded =
      LoadZoneText(WithSignatures(text), "zone", *Name::FromText("a.example."));
  std::vector<std::string> got;
  for (const Finding& finding : loaded.findings) got.push_back(Brief(finding));
  EXPECT_EQ(absl::StrJoin(got, "\n"), absl::StrJoin(GetParam().want, "\n"));
}

// clang-format off
const Case kNsecCases[] = {
    {"Good",              kNsecZone, {}, {}},
    {"NotSigned",         kNsecZone, {{"@   SIG(SOA)", ""}}, {}},
    {"NoKey",             kNsecZone, {{"@   DNSKEY 256 3 13 AAAA", ""}, {"@   SIG(DNSKEY)", ""}, {" DNSKEY", ""}},
                          {"2 signed-without-dnskey a.example."}},
    {"NoSignature",       kNsecZone, {{"www SIG(A)", ""}}, {"16 unsigned-rrset www.a.example. A"}},
    {"NoSignatureOfDs",   kNsecZone, {{"sub SIG(DS)", ""}}, {"11 unsigned-rrset sub.a.example. DS"}},
    {"SignatureLeft",     kNsecZone, {{"www SIG(A)", "www SIG(A)\nwww SIG(MX)"}}, {"16 signature-without-rrset www.a.example. RRSIG MX"}},
    // The tag is a sum of 16-bit words, whatever their order.
    {"KeysWithOneTag",    kNsecZone, {{"@   DNSKEY 256 3 13 AAAA", "@   DNSKEY 256 3 13 AAEAAg==\n@   DNSKEY 256 3 13 AAIAAQ=="}},
                          {"6 key-tag-shared a.example. DNSKEY 1040"}},
    {"ForeignSigner",     kNsecZone, {{"www SIG(A)", "www RRSIG A 13 2 60 20300101000000 20200101000000 1 b. AAAA"}},
                          {"16 foreign-signer www.a.example. RRSIG A"}},
    {"NoNsec",            kNsecZone, {{"www NSEC @ A RRSIG NSEC", ""}, {"www SIG(NSEC)", ""}, {"sub NSEC www", "sub NSEC @"}},
                          {"16 nsec-missing www.a.example."}},
    {"NoNsecAtAll",       kNsecZone, {{"www NSEC @ A RRSIG NSEC", ""}, {"www SIG(NSEC)", ""}, {"sub NSEC www NS DS RRSIG NSEC", ""},
                                      {"sub SIG(NSEC)", ""}, {"@   NSEC sub NS SOA RRSIG NSEC DNSKEY", ""}, {"@   SIG(NSEC)", ""}},
                          {"2 signed-without-denial a.example."}},
    {"ChainSkipsAName",   kNsecZone, {{"@   NSEC sub", "@   NSEC www"}}, {"8 nsec-chain a.example. NSEC"}},
    {"ChainIsOpen",       kNsecZone, {{"www NSEC @", "www NSEC www"}}, {"18 nsec-chain www.a.example. NSEC"}},
    {"NamesInAnyCase",    kNsecZone, {{"@   NSEC sub", "@   NSEC SUB"}}, {}},
    {"TypeNotListed",     kNsecZone, {{"NSEC @ A RRSIG", "NSEC @ RRSIG"}}, {"18 denial-types www.a.example. NSEC (of www.a.example.)"}},
    {"TypeNotThere",      kNsecZone, {{"NSEC @ A RRSIG", "NSEC @ A MX RRSIG"}}, {"18 denial-types www.a.example. NSEC (of www.a.example.)"}},
    {"GlueIsNotListed",   kNsecZone, {{"ns.sub\n", "sub\n"}, {"ns.sub A", "sub A"}}, {}},
};
const Case kNsec3Cases[] = {
    {"Good",              kNsec3Zone, {}, {}},
    {"NoNsec3",           kNsec3Zone, {{SUB " NSEC3 1 0 0 - " ENT " NS\n", "\n"}, {SUB " SIG(NSEC3)", ""}, {"- " SUB " TXT", "- " ENT " TXT"}},
                          {"10 nsec3-missing sub.a.example."}},
    {"OptedOut",          kNsec3Zone, {{SUB " NSEC3 1 0 0 - " ENT " NS\n", "\n"}, {SUB " SIG(NSEC3)", ""}, {"- " SUB " TXT", "- " ENT " TXT"},
                                       {"NSEC3 1 0", "NSEC3 1 1"}}, {}},
    {"NotOptedOut",       kNsec3Zone, {{WWW " NSEC3 1 0 0 - " APEX " A RRSIG\n", "\n"}, {WWW " SIG(NSEC3)", ""}, {"- " WWW, "- " APEX},
                                       {"NSEC3 1 0", "NSEC3 1 1"}}, {"13 nsec3-missing www.a.example."}},
    {"ChainSkipsAHash",   kNsec3Zone, {{"- " XENT, "- " SUB}}, {"15 nsec3-chain " APEX ".a.example. NSEC3"}},
    {"ChainIsOpen",       kNsec3Zone, {{"- " APEX, "- " WWW}}, {"23 nsec3-chain " WWW ".a.example. NSEC3"}},
    {"TypeNotListed",     kNsec3Zone, {{" A RRSIG\n", " RRSIG\n"}}, {"23 denial-types " WWW ".a.example. NSEC3 (of www.a.example.)"}},
    {"NoSignature",       kNsec3Zone, {{WWW " SIG(NSEC3)", ""}}, {"23 unsigned-rrset " WWW ".a.example. NSEC3"}},
    {"NoNsec3AtAll",      kNsec3Zone, {{"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 0 aa"}}, {"2 signed-without-denial a.example."}},
    {"SeveralParams",     kNsec3Zone, {{"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 0 -\n@ NSEC3PARAM 1 0 0 aa"}}, {"8 several-nsec3params a.example."}},
    {"OtherAlgorithm",    kNsec3Zone, {{"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 0 -\n@ NSEC3PARAM 2 0 0 -"}},
                          {"8 several-nsec3params a.example.", "8 nsec3-algorithm a.example. NSEC3PARAM"}},
    {"SaltAlone",          kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 0 ababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab"}}, {}},
    {"OneIteration",       kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 1 -"}}, {"8 nsec3-iterations a.example. NSEC3PARAM"}},
    {"Iterations100",      kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 100 -"}}, {"8 nsec3-iterations a.example. NSEC3PARAM"}},
    {"Iterations101",      kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 101 -"}}, {"8 nsec3-iterations-limit a.example. NSEC3PARAM"}},
    // 35 octets of salt are one block of SHA-1, 36 two, 255 five.
    {"ShortSalt",          kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 100 ababababababababababababababababababababababababababababababababababab"}}, {"8 nsec3-iterations a.example. NSEC3PARAM"}},
    {"SaltOfTwoBlocks",    kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 50 abababababababababababababababababababababababababababababababababababab"}}, {"8 nsec3-iterations-limit a.example. NSEC3PARAM"}},
    {"FewerForIt",         kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 49 abababababababababababababababababababababababababababababababababababab"}}, {"8 nsec3-iterations a.example. NSEC3PARAM"}},
    {"LongestSalt",        kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 20 ababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab"}}, {"8 nsec3-iterations-limit a.example. NSEC3PARAM"}},
    {"FewestForIt",        kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 19 ababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab"}}, {"8 nsec3-iterations a.example. NSEC3PARAM"}},
    {"Iterations2501",     kNsec3Zone, {{"@   SIG(SOA)", ""}, {"NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 2501 -"}}, {"8 nsec3-iterations-limit a.example. NSEC3PARAM"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Nsec, CheckSignedZoneTest, testing::ValuesIn(kNsecCases),
                         [](const auto& tested) { return std::string(tested.param.name); });
INSTANTIATE_TEST_SUITE_P(Nsec3, CheckSignedZoneTest, testing::ValuesIn(kNsec3Cases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
