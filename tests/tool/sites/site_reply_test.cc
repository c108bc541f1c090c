#include "tool/sites/site_reply.h"

#include <gtest/gtest.h>

#include <ostream>

#include "tests/anycast/signals/fake_responder.h"

namespace hither {
namespace {

const SiteQuestion kQuestion = {"example.org", "SOA", false, 0x1234};

std::optional<SiteReply> Read(const Manners& manners) {
  const auto query = WriteSiteQuery(kQuestion);
  EXPECT_TRUE(query.ok()) << query.status();
  return ReadSiteReply(MakeReply(*query, manners), kQuestion);
}

// "answer serial 7 nsid ns2.fra1", or "not ours".
std::string TextOf(const std::optional<SiteReply>& reply) {
  if (!reply.has_value()) return "not ours";
  std::string text = reply->problem.empty() ? "answer" : reply->problem;
  if (reply->serial) absl::StrAppend(&text, " serial ", *reply->serial);
  if (reply->nsid) absl::StrAppend(&text, " nsid ", *reply->nsid);
  if (reply->text) absl::StrAppend(&text, " text ", *reply->text);
  return text;
}

struct Case {
  const char* name;
  Manners manners;
  const char* want;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class ReadSiteReplyTest : public testing::TestWithParam<Case> {};

TEST_P(ReadSiteReplyTest, Says) { EXPECT_EQ(TextOf(Read(GetParam().manners)), GetParam().want); }

// clang-format off
const Case kCases[] = {
    {"Right",         {.nsid = "ns2.fra1"},                        "answer serial 7 nsid ns2.fra1"},
    {"NoNsid",        {.with_nsid = false},                        "answer serial 7"},
    {"Refused",       {.rcode = 5, .with_answer = false, .nsid = "ns2.fra1"}, "REFUSED nsid ns2.fra1"},
    {"Truncated",     {.tc = true, .with_answer = false, .nsid = "a"}, "truncated answer nsid a"},
    {"NoData",        {.with_answer = false, .nsid = "a"},         "no record of that type nsid a"},
    {"Lame",          {.aa = false, .nsid = "a"},                  "not an authoritative answer serial 7 nsid a"},
    {"OtherId",       {.other_id = true},                          "not ours"},
    {"OtherQuestion", {.other_question = true},                    "not ours"},
    {"Query",         {.qr = false},                               "not ours"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, ReadSiteReplyTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

// id.server. CH TXT, answered with `rdata` (less than 256 octets).
std::vector<uint8_t> ChaosReply(std::vector<uint8_t> rdata) {
  std::vector<uint8_t> reply = {0x12,
                                0x34,
                                0x84,
                                0x00,
                                0,
                                1,
                                0,
                                1,
                                0,
                                0,
                                0,
                                0,  // QR AA, one question, answer
                                2,
                                'i',
                                'd',
                                6,
                                's',
                                'e',
                                'r',
                                'v',
                                'e',
                                'r',
                                0,  // id.server.
                                0,
                                16,
                                0,
                                3,  // TXT CH
                                0xc0,
                                12,
                                0,
                                16,
                                0,
                                3,
                                0,
                                0,
                                0,
                                0,
                                0,  // the same name, TTL 0
                                static_cast<uint8_t>(rdata.size())};
  reply.insert(reply.end(), rdata.begin(), rdata.end());
  return reply;
}

TEST(ReadSiteReply, TakesTheFirstStringOfAText) {
  const SiteQuestion chaos = {"id.server.", "TXT", true, 0x1234};
  const auto text = [&](std::vector<uint8_t> rdata) {
    return TextOf(ReadSiteReply(ChaosReply(std::move(rdata)), chaos));
  };
  EXPECT_EQ(text({2, 'a', 'b', 1, 'c'}), "answer text ab");
  EXPECT_EQ(text({0}), "answer text ");
  EXPECT_EQ(text({9, 'a'}), "not ours");  // Longer than its record.
}

TEST(ReadSiteReply, BelievesNoOtherClass) {
  const SiteQuestion internet = {"id.server.", "TXT", false, 0x1234};
  EXPECT_EQ(TextOf(ReadSiteReply(ChaosReply({1, 'a'}), internet)), "not ours");
}

TEST(ReadSiteReply, TakesNoHalf) {
  const auto query = WriteSiteQuery(kQuestion);
  ASSERT_TRUE(query.ok());
  const std::vector<uint8_t> whole = MakeReply(*query, {});
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(TextOf(ReadSiteReply({whole.data(), bytes}, kQuestion)), "not ours") << bytes;
  }
}

TEST(WriteSiteQuery, RefusesWhatIsNoNameOrType) {
  EXPECT_FALSE(WriteSiteQuery({"a..b", "SOA"}).ok());
  EXPECT_FALSE(WriteSiteQuery({"example.org", "NOTYPE"}).ok());
}

TEST(ParseSiteName, ReadsNodeDotSite) {
  const auto text = [](absl::string_view nsid) {
    const auto name = ParseSiteName(nsid);
    return name.has_value() ? absl::StrCat(name->node, " of ", name->site) : "unknown";
  };
  EXPECT_EQ(text("ns1.fra1"), "ns1 of fra1");
  EXPECT_EQ(text("ns-1.us_east"), "ns-1 of us_east");
  for (const char* other : {"", ".", "ns1", "ns1.", ".fra1", "ns1.fra1.example.net", "n s.fra1",
                            "ns1.fra\x01", "ns1.fr\xc3\xa4"}) {
    EXPECT_EQ(text(other), "unknown") << other;
  }
}

}  // namespace
}  // namespace hither
