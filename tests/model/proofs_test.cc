// Zones made at random and signed, with NSEC, NSEC3 and opt-out: the proofs of all answers must be
// complete, and minimal: without any one of their records they prove nothing.

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/model/proof_judge.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/reply_parser.h"
#include "tests/support/reply_text.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

using Random = std::mt19937;

// Under a sanitizer, which is slow, fewer: memory is its matter there, not the answers.
#ifdef HITHER_IS_SANITIZED
constexpr unsigned kZones = 100;
#else
constexpr unsigned kZones = 400;
#endif

size_t Below(Random& random, size_t bound) { return random() % bound; }

std::string RandomName(Random& random) {
  static constexpr const char* kLabels[] = {"a", "b", "c", "*"};
  std::string name;
  for (size_t depth = 1 + Below(random, 3); depth > 0; --depth) {
    absl::StrAppend(&name, name.empty() ? "" : ".", kLabels[Below(random, 4)]);
  }
  return name;
}

// One to seven names, each with one kind of data.
std::string RandomZone(Random& random) {
  std::string text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.example.net.\n";
  std::set<std::string> owners;
  for (size_t count = 1 + Below(random, 7); count > 0; --count) {
    const std::string owner = RandomName(random);
    if (!owners.insert(owner).second) continue;
    const bool is_star = owner[0] == '*';
    const size_t kind = Below(random, 7);
    if (kind == 0) absl::StrAppend(&text, owner, " 60 CNAME ", RandomName(random), "\n");
    if (kind == 1) absl::StrAppend(&text, owner, " 60 CNAME o.example.net.\n");
    if (kind == 2 && !is_star) {
      absl::StrAppend(&text, owner, " 60 DNAME ", RandomName(random), "\n");
    }
    if (kind == 3 || kind == 4) absl::StrAppend(&text, owner, " 60 A 192.0.2.1\n");
    if (kind >= 5 && !is_star) absl::StrAppend(&text, owner, " 60 NS ns.example.net.\n");
    if (kind == 6 && !is_star) {
      absl::StrAppend(&text, owner, " 60 DS 1 8 1 ", std::string(40, '0'), "\n");
    }
  }
  return text;
}

std::vector<Name> Questions(const FlatZone& zone) {
  std::set<std::string> names;
  for (const FlatRecord& record : zone.records) {
    if (record.type == RrType::kNsec3) continue;
    for (NameView at = record.owner; at.size() >= zone.apex.view().size(); at = at.Parent()) {
      const std::string text = at.ToText();
      for (const char* below : {"", "q.", "q.q.", "a.", "*."}) names.insert(below + text);
      if (at.IsRoot()) break;
    }
  }
  std::vector<Name> questions;
  for (const std::string& text : names) questions.push_back(*Name::FromText(text));
  return questions;
}

bool IsDenier(const ParsedRecord& record) { return record.type == 47 || record.type == 50; }

// The reply without the n-th NSEC or NSEC3 of its authority section, and without its RRSIG.
bool DropDenier(size_t n, ParsedMessage& reply) {
  std::vector<ParsedRecord>& authority = reply.sections[1];
  for (size_t i = 0; i < authority.size(); ++i) {
    if (!IsDenier(authority[i]) || n-- > 0) continue;
    const ParsedRecord dropped = authority[i];
    std::erase_if(authority, [&](const ParsedRecord& record) {
      const bool signs = record.type == 46 && LoadU16(AsBytes(record.rdata).data()) == dropped.type;
      return record.owner == dropped.owner && (record.type == dropped.type || signs);
    });
    return true;
  }
  return false;
}

struct Case {
  const char* name;
  bool nsec3;
  Nsec3Chain chain;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Proofs : public testing::TestWithParam<Case> {
 protected:
  // Empty, or what is wrong with the answer.
  static std::string Check(TestServer& server, const FlatZone& zone, const std::string& question,
                           const Name& qname, RrType qtype, size_t& deniers) {
    const Case& c = GetParam();
    model::ProofJudge judge(zone.apex, c.nsec3 ? &c.chain : nullptr);
    const ParsedMessage reply = ParseMessage(server.Reply(question));
    if (!reply.error.empty()) return reply.error;
    const std::string verdict = judge.Judge(qname, qtype, reply);
    if (!verdict.empty() && verdict != model::ProofJudge::kInsecure) return verdict;
    for (size_t n = 0;; ++n) {
      ParsedMessage less = reply;
      if (!DropDenier(n, less)) break;
      ++deniers;
      if (judge.Judge(qname, qtype, less).empty())
        return absl::StrCat("denier ", n, " is needless");
    }
    return "";
  }
};

TEST_P(Proofs, AreCompleteAndMinimal) {
  constexpr RrType kTypes[] = {RrType::kA, RrType::kNs, RrType::kCname, RrType::kDs, RrType::kAny};
  size_t questions = 0;
  size_t deniers = 0;
  for (unsigned seed = 0; seed < kZones; ++seed) {
    Random random(seed);
    const std::string text = RandomZone(random);
    FlatZone zone = FlatZoneFromText("z.", text);
    GetParam().nsec3 ? SignWithNsec3(zone, GetParam().chain) : SignWithNsec(zone);
    TestServer server;
    server.Add(zone);
    for (const Name& qname : Questions(zone)) {
      for (const RrType qtype : kTypes) {
        ++questions;
        const std::string question =
            absl::StrCat(qname.ToText(), " ", TypeToText(qtype), " +do +tcp");
        const std::string error = Check(server, zone, question, qname, qtype, deniers);
        ASSERT_EQ(error, "") << "seed " << seed << "\n"
                             << text << question << "\n"
                             << server.Ask(question);
      }
    }
  }
  std::printf("%zu questions, %zu deniers\n", questions, deniers);
  EXPECT_GT(deniers, questions / 2);
}

const Case kCases[] = {
    {"Nsec", false, {}},
    {"Nsec3", true, {0, {}, false}},
    {"Nsec3OptOut", true, {2, {0xab, 0xcd}, true}},
};
INSTANTIATE_TEST_SUITE_P(Zones, Proofs, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
