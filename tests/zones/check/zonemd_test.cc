#include "zones/check/zonemd.h"

#include <cstdlib>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

const char kHead[] =
    "example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400\n"
    "         86400 IN NS  ns1\n"
    "         86400 IN NS  ns2\n";

// The zones of RFC 8976 §A.1 to §A.3; that of §A.4 is a file.
const char kSimple[] =
    "ns1 3600 IN A    203.0.113.63\n"
    "ns2 3600 IN AAAA 2001:db8::63\n";
const char kSimpleDigest[] =
    "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3"
    "a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c";

const char kComplex[] =
    "ns1          3600 IN A      203.0.113.63\n"
    "NS2          3600 IN AAAA   2001:db8::63\n"
    "occluded.sub 7200 IN TXT    \"I'm occluded but must be digested\"\n"
    "sub          7200 IN NS     ns1\n"
    "duplicate    300  IN TXT    \"I must be digested just once\"\n"
    "duplicate    300  IN TXT    \"I must be digested just once\"\n"
    "foo.test.    555  IN TXT    \"out-of-zone data must be excluded\"\n"
    "UPPERCASE    3600 IN TXT    \"canonicalize uppercase owner names\"\n"
    "*            777  IN PTR    dont-forget-about-wildcards\n"
    "mail         3600 IN MX     20 MAIL1\n"
    "mail         3600 IN MX     10 Mail2.Example.\n"
    "sortme       3600 IN AAAA   2001:db8::5:61\n"
    "sortme       3600 IN AAAA   2001:db8::3:62\n"
    "sortme       3600 IN AAAA   2001:db8::4:63\n"
    "sortme       3600 IN AAAA   2001:db8::1:65\n"
    "sortme       3600 IN AAAA   2001:db8::2:64\n"
    "non-apex     900  IN ZONEMD 2018031900 1 1 (\n"
    "    616c6c6f776564206275742069676e6f7265642e20616c6c\n"
    "    6f776564206275742069676e6f7265642e20616c6c6f7765 )\n";
const char kComplexDigest[] =
    "a3b69bad980a3504e1cffcb0fd6397f93848071c93151f55"
    "2ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe";

const char kMultiple[] =
    "ns1 3600  IN A    203.0.113.63\n"
    "ns2 86400 IN TXT  \"This example has multiple digests\"\n"
    "NS2 3600  IN AAAA 2001:db8::63\n";
const char kMultiple384[] =
    "62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637"
    "493daaf401c92c279dd10f0edb1c56f8080211f8480ee306";
const char kMultiple512[] =
    "08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a"
    "4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204f166b47e5613fd27";

std::string Zonemd(absl::string_view fields, absl::string_view digest) {
  return absl::StrCat("example. 86400 IN ZONEMD ", fields, " ", digest, "\n");
}
const std::string kSimple384 = Zonemd("2018031900 1 1", kSimpleDigest);
const std::string kWrong384 = Zonemd("2018031900 1 1", std::string(96, 'a'));
const std::string kWrong512 = Zonemd("2018031900 1 2", std::string(128, 'a'));
const std::string kZeros = Zonemd("2018031900 1 1", std::string(96, '0'));
const std::string kOtherHash = Zonemd("2018031900 1 240", "e2d523f654b9422a96c5a8f44607bbee");
const std::string kOtherScheme = Zonemd("2018031900 241 1", kSimpleDigest);

LoadedZone Load(const std::string& records) {
  return LoadZoneText(kHead + records, "zone", *Name::FromText("example."));
}

struct Case {
  const char* name;
  std::string records;  // Below kHead; the apex's ZONEMDs come first, so on line 4.
  ZonemdVerdict want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class VerifyZonemdTest : public testing::TestWithParam<Case> {};

TEST_P(VerifyZonemdTest, Decides) {
  const Case& c = GetParam();
  const LoadedZone loaded = Load(c.records);
  const Finding* error = nullptr;
  for (const Finding& finding : loaded.findings) {
    if (finding.severity == Severity::kError) error = &finding;
  }
  const bool is_refused = c.want == ZonemdVerdict::kMismatch ||
                          c.want == ZonemdVerdict::kOtherSerial ||
                          c.want == ZonemdVerdict::kRepeated;
  if (!is_refused) {
    ASSERT_NE(loaded.zone, nullptr) << ToText(*error);
    EXPECT_EQ(VerifyZonemd(*loaded.zone), c.want);
    return;
  }
  EXPECT_EQ(loaded.zone, nullptr);  // It is not to be served.
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->line, 4u);
  const std::string what = c.want == ZonemdVerdict::kMismatch      ? "does not verify"
                           : c.want == ZonemdVerdict::kOtherSerial ? "has another serial than"
                                                                   : "repeats a scheme and hash";
  EXPECT_EQ(error->text.rfind("example. ZONEMD " + what, 0), 0u) << error->text;
}

// clang-format off
const Case kCases[] = {
    {"Absent",             kSimple, ZonemdVerdict::kAbsent},
    {"Simple",             kSimple384 + kSimple, ZonemdVerdict::kVerified},
    {"Complex",            Zonemd("2018031900 1 1", kComplexDigest) + kComplex, ZonemdVerdict::kVerified},
    {"Sha384",             Zonemd("2018031900 1 1", kMultiple384) + kMultiple, ZonemdVerdict::kVerified},
    {"Sha512",             Zonemd("2018031900 1 2", kMultiple512) + kMultiple, ZonemdVerdict::kVerified},
    {"Multiple",           Zonemd("2018031900 1 1", kMultiple384) + Zonemd("2018031900 1 2", kMultiple512) + kOtherHash + kOtherScheme + kMultiple,
                           ZonemdVerdict::kVerified},
    {"OneOfTwoVerifies",   kWrong512 + kSimple384 + kSimple, ZonemdVerdict::kVerified},

    {"WrongDigest",        kWrong384 + kSimple, ZonemdVerdict::kMismatch},
    {"OtherData",          kSimple384 + kMultiple, ZonemdVerdict::kMismatch},
    {"OtherTtl",           kSimple384 + absl::StrReplaceAll(kSimple, {{"3600", "3601"}}), ZonemdVerdict::kMismatch},
    {"OtherSerial",        Zonemd("2018031901 1 1", kSimpleDigest) + kSimple, ZonemdVerdict::kOtherSerial},
    {"TwoOfOneKind",       kSimple384 + kWrong384 + kSimple, ZonemdVerdict::kRepeated},
    {"WrongBesideUnknown", kWrong384 + kOtherHash + kSimple, ZonemdVerdict::kMismatch},
    {"WrongBesideZeros",   kWrong512 + kZeros + kSimple, ZonemdVerdict::kMismatch},

    {"UnknownHash",        kOtherHash + kSimple, ZonemdVerdict::kUnsupported},
    {"UnknownScheme",      kOtherScheme + kSimple, ZonemdVerdict::kUnsupported},
    {"Zeros",              kZeros + kSimple, ZonemdVerdict::kPlaceholder},
    {"NotAtTheApex",       absl::StrReplaceAll(kWrong384, {{"example.", "ns1"}}) + kSimple, ZonemdVerdict::kAbsent},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Rfc8976, VerifyZonemdTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

std::string Hex(const Bytes& digest) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

TEST(ZoneDigest, LeavesTheApexZonemdOut) {
  for (const std::string& records : {kMultiple + std::string(), kZeros + kMultiple}) {
    const LoadedZone loaded = Load(records);
    ASSERT_NE(loaded.zone, nullptr);
    EXPECT_EQ(Hex(ComputeZoneDigest(*loaded.zone, ZonemdHash::kSha384)), kMultiple384);
    EXPECT_EQ(Hex(ComputeZoneDigest(*loaded.zone, ZonemdHash::kSha512)), kMultiple512);
  }
}

// RFC 8976 §A.4: signatures are digested, but that of the ZONEMD itself.
TEST(ZoneDigest, OfASignedZone) {
  const LoadedZone loaded = LoadZoneFile(HITHER_SOURCE_DIR "/tests/zones/data/uri.arpa.zone",
                                         *Name::FromText("uri.arpa."));
  ASSERT_NE(loaded.zone, nullptr) << ToText(loaded.findings.at(0));
  EXPECT_TRUE(loaded.findings.empty()) << ToText(loaded.findings[0]);
  EXPECT_EQ(VerifyZonemd(*loaded.zone), ZonemdVerdict::kVerified);
}

// dnspython 2.3 computes the same. The zone's own ZONEMD is a placeholder (RFC 8976 §3.1).
TEST(ZoneDigest, OfTheRootZone) {
  const char* corpus = std::getenv("HITHER_CORPUS");
  if (corpus == nullptr) GTEST_SKIP() << "HITHER_CORPUS is not set";
  const LoadedZone loaded =
      LoadZoneFile(absl::StrCat(corpus, "/data/root-2021051901.zone"), Name());
  ASSERT_NE(loaded.zone, nullptr) << ToText(loaded.findings.at(0));
  EXPECT_EQ(Hex(ComputeZoneDigest(*loaded.zone, ZonemdHash::kSha384)),
            "ce4da51b3dd9166e24cbedd141aee69279389402a132b555"
            "a5419ecdca473579f3f5bb2f7671e454db6ac42aa96a4d70");
  EXPECT_EQ(VerifyZonemd(*loaded.zone), ZonemdVerdict::kPlaceholder);
}

}  // namespace
}  // namespace hither
