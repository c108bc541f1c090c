// The checks that `hither check` asks for: signatures, at a time that the test chooses.

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "zones/check/signature_key.h"
#include "zones/check/zone_check.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

constexpr uint32_t kJanuary2025 = 1'735'689'600;
constexpr uint32_t kJanuary2030 = 1'893'456'000;  // The signatures of signed.zone end.
constexpr uint32_t kJanuary2020 = 1'577'836'800;  // And begin.
constexpr uint32_t kDay = 86'400;

// TXT at the apex is signed with all eight algorithms, everything else with 13.
std::string SignedZone() {
  std::ifstream in(HITHER_SOURCE_DIR "/tests/zones/data/signed.zone");
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Audited {
  std::vector<std::string> found;  // "22 signature-expired mail.signed.example. RRSIG MX"
  ZoneAudit audit;
};

Audited AuditText(const std::string& text, absl::string_view apex, ZoneAudit asked) {
  Audited result{.found = {}, .audit = asked};
  LoadLimits limits;
  limits.zone.audit = &result.audit;
  const LoadedZone loaded = LoadZoneText(text, "zone", *Name::FromText(apex), limits);
  for (const Finding& finding : loaded.findings) {
    const std::string subject = finding.text.substr(0, finding.text.find(" by key"));
    result.found.push_back(absl::StrCat(finding.line, " ", finding.check, " ", subject));
  }
  EXPECT_NE(loaded.zone, nullptr) << absl::StrJoin(result.found, "\n");
  return result;
}

struct Case {
  const char* name;
  uint32_t now;
  std::vector<std::pair<std::string, std::string>> changes;  // Each must change something.
  std::vector<std::string> want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class CheckSignaturesTest : public testing::TestWithParam<Case> {};

TEST_P(CheckSignaturesTest, Finds) {
  std::string text = SignedZone();
  for (const auto& [from, to] : GetParam().changes) {
    EXPECT_GT(absl::StrReplaceAll({{from, to}}, &text), 0) << from;
  }
  ZoneAudit asked;
  asked.now = GetParam().now;
  asked.expires_in_seconds = 3 * kDay;
  asked.verify_all = true;
  const Audited result = AuditText(text, "signed.example.", asked);
  EXPECT_EQ(absl::StrJoin(result.found, "\n"), absl::StrJoin(GetParam().want, "\n"));
}

// clang-format off
const Case kCases[] = {
    {"EveryAlgorithmVerifies", kJanuary2025, {}, {}},
    {"LastSecondBeforeTheMargin", kJanuary2030 - 3 * kDay, {}, {}},
    {"FirstSecond",            kJanuary2020, {}, {}},

    {"RecordChanged",          kJanuary2025, {{"\"wild\"", "\"tame\""}}, {"35 signature-invalid *.w.signed.example. RRSIG TXT"}},
    {"RecordMissing",          kJanuary2025, {{"Mail MX 10 a.other.\n", ""}}, {"29 signature-invalid Mail.signed.example. RRSIG MX"}},
    {"CaseOfNamesIsNoChange",  kJanuary2025, {{"B.Other.", "b.otheR."}, {"Mail MX", "maiL MX"}}, {}},
    {"TtlIsNoChange",          kJanuary2025, {{"$TTL 3600", "$TTL 60"}}, {}},
    {"OriginalTtlChanged",     kJanuary2025, {{"RRSIG MX 13 3 3600", "RRSIG MX 13 3 3601"}}, {"29 signature-invalid Mail.signed.example. RRSIG MX"}},
    {"TooManyLabels",          kJanuary2025, {{"RRSIG MX 13 3", "RRSIG MX 13 4"}}, {"29 signature-invalid Mail.signed.example. RRSIG MX"}},
    {"EverySignatureCounts",   kJanuary2025, {{"\"algorithms\"", "\"algorithm\""}},
        {"8 signature-invalid signed.example. RRSIG TXT", "8 signature-invalid signed.example. RRSIG TXT",
         "8 signature-invalid signed.example. RRSIG TXT", "8 signature-invalid signed.example. RRSIG TXT",
         "8 signature-invalid signed.example. RRSIG TXT", "8 signature-invalid signed.example. RRSIG TXT",
         "8 signature-invalid signed.example. RRSIG TXT", "8 signature-invalid signed.example. RRSIG TXT"}},
    {"KeyOfNoZone",            kJanuary2025, {{"DNSKEY 256 3 15", "DNSKEY 0 3 15"}}, {"18 signature-invalid signed.example. RRSIG DNSKEY"}},
    {"KeyMissing",             kJanuary2025, {{"RRSIG MX 13 3 3600 20300101000000 20200101000000 31556", "RRSIG MX 13 3 3600 20300101000000 20200101000000 1"}},
        {"29 signature-key-missing Mail.signed.example. RRSIG MX"}},
    {"UnknownAlgorithm",       kJanuary2025, {{"DNSKEY 256 3 16 ", "DNSKEY 256 3 12 "}, {"RRSIG TXT 16", "RRSIG TXT 12"}, {" 43552 ", " 43548 "}},
        {"18 signature-invalid signed.example. RRSIG DNSKEY",
         "18 signature-unverified signed.example. RRSIG: algorithm 12, used by 1 signature, is not supported: not verified; "
         "prefer algorithm 13 (ECDSA P-256) or 15 (Ed25519) (RFC 8624 §3.1)"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, CheckSignaturesTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

ZoneAudit At(uint32_t now, bool verify_all = true) {
  ZoneAudit asked;
  asked.now = now;
  asked.expires_in_seconds = 3 * kDay;
  asked.verify_all = verify_all;
  return asked;
}

// Of each check: how many findings, those beyond the limit included.
uint64_t CountOf(const Audited& result, absl::string_view check) {
  uint64_t count = 0;
  for (const std::string& found : result.found) {
    if (!absl::StrContains(found, absl::StrCat(" ", check, " "))) continue;
    uint64_t more = 0;
    const std::vector<std::string> words = absl::StrSplit(found, ' ');
    count += words[2] == "and" && absl::SimpleAtoi(words[3], &more) ? more : 1;
  }
  return count;
}

TEST(SignatureTimes, OfEverySignature) {
  const std::string text = SignedZone();
  const uint64_t signatures = 16;
  const std::pair<uint32_t, const char*> times[] = {
      {kJanuary2030 + 1, "signature-expired"},
      {kJanuary2030, "signature-expiring"},
      {kJanuary2030 - 3 * kDay + 1, "signature-expiring"},
      {kJanuary2020 - 1, "signature-not-yet-valid"},
  };
  for (const auto& [now, check] : times) {
    const Audited result = AuditText(text, "signed.example.", At(now));
    EXPECT_EQ(result.audit.signatures, signatures);
    EXPECT_EQ(CountOf(result, check), signatures) << now;
    EXPECT_EQ(result.audit.verified, signatures) << now;  // Out of date, but not wrong.
    EXPECT_EQ(result.audit.first_expiration, kJanuary2030);
  }
}

// RFC 4034 §3.1.5: modulo 2^32.
TEST(SignatureTimes, AfterTheYear2106) {
  std::string text = SignedZone();
  absl::StrReplaceAll({{" 20300101000000 20200101000000 ", " 100 4294967000 "}}, &text);
  EXPECT_EQ(CountOf(AuditText(text, "signed.example.", At(4'294'967'290)), "signature-expiring"),
            16u);
  EXPECT_EQ(CountOf(AuditText(text, "signed.example.", At(99)), "signature-expiring"), 16u);
  EXPECT_EQ(CountOf(AuditText(text, "signed.example.", At(101)), "signature-expired"), 16u);
}

TEST(SignatureSample, IsOfLargeZonesOnly) {
  std::string text = SignedZone();
  for (int i = 0; i < 1'490; ++i) {
    absl::StrAppend(&text, "n", i, " TXT x\nn", i,
                    " RRSIG TXT 13 3 60 20300101000000 20200101000000 31556 @ AAAA\n");
  }
  const Audited all = AuditText(text, "signed.example.", At(kJanuary2025));
  EXPECT_EQ(CountOf(all, "signature-invalid"), 1'490u);
  EXPECT_EQ(all.audit.verified, 16u);
  const Audited some = AuditText(text, "signed.example.", At(kJanuary2025, false));
  EXPECT_EQ(CountOf(some, "signature-invalid"), 745u);
  EXPECT_EQ(some.audit.signatures, 1'506u);
}

// IANA's signatures, with RSA. The digest is of that version of the zone (RFC 8976 §A.4).
TEST(SignatureCheck, VerifiesAPublishedZone) {
  std::ifstream in(HITHER_SOURCE_DIR "/tests/zones/data/uri.arpa.zone");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const Audited result = AuditText(text, "uri.arpa.", At(kJanuary2025));
  EXPECT_GT(result.audit.signatures, 0u);
  EXPECT_EQ(CountOf(result, "signature-invalid"), 0u) << absl::StrJoin(result.found, "\n");
  EXPECT_EQ(CountOf(result, "signature-expired"), result.audit.signatures);
}

TEST(SignatureKey, SurvivesOctetsThatAreNoKey) {
  for (const uint8_t algorithm : {0, 1, 5, 7, 8, 10, 13, 14, 15, 16, 255}) {
    for (const size_t bytes : {0, 1, 3, 4, 64, 65, 300}) {
      Bytes rdata = {1, 0, 3, algorithm};
      rdata.resize(4 + bytes, 1);
      const SignatureKey key(rdata);
      EXPECT_FALSE(key.Verifies(rdata, rdata));
      EXPECT_FALSE(key.Verifies({}, {}));
    }
  }
}

TEST(WildcardNote, IsOfEmptyNonTerminalsBesideIt) {
  const char kZone[] =
      "$TTL 60\n@ SOA ns1.other. host 1 2 3 4 5\n@ NS ns1.other.\n* A 192.0.2.1\n"
      "a.b A 192.0.2.2\nc.d.e A 192.0.2.2\nselector._domainkey TXT x\nf TXT x\ng.f A 192.0.2.2\n"
      "sub NS ns1.other.\nns.x.sub A 192.0.2.1\n";
  const Audited result = AuditText(kZone, "a.example.", At(0));
  const std::string what =
      " exists only because of names below it, and hides itself and those from the wildcard beside "
      "it; give it records if it should have some (RFC 4592 §2.2.2, §3.3.1)";
  EXPECT_EQ(absl::StrJoin(result.found, "\n"),
            absl::StrCat("0 hidden-from-wildcard b.a.example.", what,
                         "\n0 hidden-from-wildcard e.a.example.", what));
}

}  // namespace
}  // namespace hither
