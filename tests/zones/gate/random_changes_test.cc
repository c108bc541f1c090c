// Random zones, changed at random and signed well each time: no step may be refused. And the same
// step with the chain of the version before, as a signer leaves it that has missed a change: every
// one must be refused.

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"
#include "tests/zones/gate/signed_versions.h"
#include "zones/gate/gates.h"

namespace hither {
namespace {

constexpr uint32_t kNow = 1'780'000'000;
#ifdef HITHER_IS_SANITIZED
constexpr int kSteps = 60;
#else
constexpr int kSteps = 600;
#endif

// A few labels, so that names come and go above, below and beside each other.
class RandomZone {
 public:
  explicit RandomZone(uint32_t seed) : random_(seed) {}

  void Change() {
    const int changes = 1 + Below(3);
    for (int i = 0; i < changes; ++i) ChangeName(RandomName());
  }
  FlatZone Plain() const {
    std::string text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\n";
    for (const auto& [name, kind] : names_) absl::StrAppend(&text, Records(name, kind));
    return FlatZoneFromText("example.", text);
  }
  int Below(int end) { return static_cast<int>(random_() % static_cast<uint32_t>(end)); }

 private:
  enum Kind { kAddress, kTwoTypes, kInsecure, kSecure, kDname, kKinds };

  std::string RandomName() {
    std::string name;
    for (int labels = 1 + Below(3); labels > 0; --labels) {
      absl::StrAppend(&name, std::vector<const char*>{"a", "b", "c", "*"}[Below(4)],
                      labels > 1 ? "." : "");
    }
    return name;
  }
  void ChangeName(const std::string& name) {
    std::erase_if(names_, [&](const auto& one) { return one.first == name; });
    if (Below(3) == 0) return;
    Kind kind = static_cast<Kind>(Below(kKinds));
    // RFC 4592 §4.2 and §4.4: neither belongs at a wildcard.
    if (name[0] == '*' && kind > kTwoTypes) kind = kAddress;
    names_.emplace_back(name, kind);
  }
  static std::string Records(const std::string& name, Kind kind) {
    switch (kind) {
      case kAddress:
        return absl::StrCat(name, " 60 A 192.0.2.1\n");
      case kTwoTypes:
        return absl::StrCat(name, " 60 TXT x\n", name, " 60 MX 1 a\n");
      case kInsecure:
        return absl::StrCat(name, " 60 NS ns.", name, "\n");
      case kSecure:
        return absl::StrCat(name, " 60 NS ns.other.\n", name, " 60 DS 1 15 2 ",
                            std::string(64, '0'), "\n");
      default:
        return absl::StrCat(name, " 60 DNAME other.\n");
    }
  }

  std::mt19937 random_;
  std::vector<std::pair<std::string, Kind>> names_;
};

std::string Judge(const FlatZone* before, const FlatZone& after) {
  const auto old_zone = before == nullptr ? nullptr : BuildZone(*before);
  const auto new_zone = BuildZone(after);
  GateSettings settings;
  settings.dnssec = DnssecGate::kVerify;
  GateWatch watch;
  const GateResult result =
      RunGates({.old_zone = old_zone.get(), .new_zone = *new_zone, .now = kNow}, settings, watch);
  return result.outcome == GateResult::Outcome::kPassed ? "passed" : result.text;
}

bool IsOfChain(const FlatRecord& record) {
  const auto is_denial = [](uint16_t type) { return type == 47 || type == 50; };
  return is_denial(static_cast<uint16_t>(record.type)) ||
         (record.type == RrType::kRrsig && is_denial(LoadU16(record.rdata.data())));
}

FlatZone WithChainOf(FlatZone zone, const FlatZone& other) {
  std::erase_if(zone.records, IsOfChain);
  for (const FlatRecord& record : other.records) {
    if (IsOfChain(record)) zone.records.push_back(record);
  }
  return zone;
}

std::vector<std::string> ChainOf(const FlatZone& zone) {
  std::vector<std::string> chain;
  for (const FlatRecord& record : zone.records) {
    if (!IsOfChain(record)) continue;
    chain.push_back(
        absl::StrCat(record.owner.ToText(), " ",
                     absl::string_view(reinterpret_cast<const char*>(record.rdata.data()),
                                       record.rdata.size())));
  }
  std::ranges::sort(chain);
  return chain;
}

class RandomChangesTest : public testing::TestWithParam<uint32_t> {
 protected:
  static Signing RandomSigning(RandomZone& zone) {
    static const auto& key = *new KeyPair(MakeKey(257));
    Signing signing{.published = {key}, .key_signers = {key}, .zone_signers = {key}};
    signing.inception = kNow - 3'600;
    signing.expiration = kNow + 30 * 86'400;
    if (zone.Below(2) == 0) return signing;
    signing.denial = DenialKind::kNsec3;
    signing.chain.salt = Bytes(static_cast<size_t>(zone.Below(2)), 0xab);
    signing.chain.opt_out = zone.Below(2) == 0;
    return signing;
  }
};

TEST_P(RandomChangesTest, PassWhenSignedWellAndNotWithAStaleChain) {
  RandomZone zone(GetParam());
  Signing signing = RandomSigning(zone);
  FlatZone before = SignZone(zone.Plain(), signing);
  int stale_chains = 0;
  for (int step = 0; step < kSteps; ++step) {
    const bool signs_alike = zone.Below(5) != 0;
    if (!signs_alike) signing = RandomSigning(zone);
    zone.Change();
    const FlatZone after = SignZone(zone.Plain(), signing);
    ASSERT_EQ(Judge(&before, after), "passed") << "step " << step;
    ASSERT_EQ(Judge(nullptr, after), "passed") << "step " << step;
    // With opt-out, an empty non-terminal may have an NSEC3 record or not.
    if (signs_alike && !signing.chain.opt_out && ChainOf(before) != ChainOf(after)) {
      const FlatZone stale = WithChainOf(after, before);
      ASSERT_NE(Judge(&before, stale), "passed") << "step " << step;
      ASSERT_NE(Judge(nullptr, stale), "passed") << "step " << step;
      ++stale_chains;
    }
    before = after;
  }
  EXPECT_GT(stale_chains, 0);
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomChangesTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace hither
