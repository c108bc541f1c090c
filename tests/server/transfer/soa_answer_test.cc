#include "server/transfer/soa_answer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/transfer_texts.h"

namespace hither {
namespace {

TransferQuery SoaQuery(bool has_edns = true) {
  TransferQuery query;
  query.id = 77;
  query.zone = TestZone();
  query.has_edns = has_edns;
  return query;
}

const char* ToText(SoaVerdict verdict) {
  switch (verdict) {
    case SoaVerdict::kSoa:
      return "soa";
    case SoaVerdict::kForeign:
      return "foreign";
    case SoaVerdict::kTruncated:
      return "truncated";
    case SoaVerdict::kNoEdns:
      return "no-edns";
    case SoaVerdict::kRefused:
      return "refused";
    case SoaVerdict::kLame:
      return "lame";
    case SoaVerdict::kNoSoa:
      return "no-soa";
    case SoaVerdict::kMalformed:
      return "malformed";
  }
  return "?";
}

std::string Describe(const SoaAnswer& answer) {
  std::string text = ToText(answer.verdict);
  if (answer.verdict == SoaVerdict::kSoa) absl::StrAppend(&text, " ", answer.soa.serial);
  if (answer.edns.expire_seconds.has_value()) {
    absl::StrAppend(&text, " expire=", *answer.edns.expire_seconds);
  }
  if (!answer.reason.empty()) absl::StrAppend(&text, ": ", answer.reason);
  return text;
}

struct Case {
  const char* name;
  const char* reply;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Answer : public testing::TestWithParam<Case> {};

TEST_P(Answer, Gives) {
  const TransferQuery query = SoaQuery();
  EXPECT_EQ(Describe(ReadSoaAnswer(ReplyFromText(query, GetParam().reply), query)),
            GetParam().want);
}

TEST_P(Answer, CutShortIsNone) {
  const TransferQuery query = SoaQuery();
  const Bytes whole = ReplyFromText(query, GetParam().reply);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(ReadSoaAnswer(cut, query).verdict, SoaVerdict::kSoa) << size;
  }
}

// clang-format off
constexpr Case kCases[] = {
    {"Plain", "aa; SOA 7", "soa 7"},
    {"WithExpire", "aa; SOA 7; expire=1000", "soa 7 expire=1000"},
    {"WithOpt", "aa; SOA 7; opt", "soa 7"},
    {"WithNameservers", "aa; SOA 7; authority; @ NS ns; additional; ns A 192.0.2.1", "soa 7"},
    {"TwiceTheSame", "aa; SOA 7; SOA 7", "soa 7"},
    {"TwoSerials", "aa; SOA 7; SOA 8", "malformed: the message has two SOAs"},
    {"Truncated", "aa; tc", "truncated: the answer is truncated"},
    {"TruncatedWithSoa", "aa; tc; SOA 7", "truncated: the answer is truncated"},
    {"NotAuthoritative", "SOA 7", "lame: the answer is not authoritative; check that the primary has loaded the zone"},
    {"Referral", "authority; @ NS ns", "lame: the answer is not authoritative; check that the primary has loaded the zone"},
    {"NoData", "aa; authority; SOA 7", "no-soa: the answer has no SOA of the zone"},
    {"SoaOfTheParent", "aa; . SOA a. b. 1 2 3 4 5", "no-soa: the answer has no SOA of the zone"},
    {"SoaOfAnotherClass", "aa; @ CH SOA a. b. 1 2 3 4 5", "no-soa: the answer has no SOA of the zone"},
    {"Alias", "aa; @ CNAME other.", "no-soa: the answer has no SOA of the zone"},
    {"ShortSoa", "aa; raw=076578616d706c6500 0006 0001 00000000 0004 00000000", "malformed: the message has a malformed SOA"},
    {"BrokenRecord", "aa; SOA 7; raw=00", "malformed: the message ends within a record"},
    {"BrokenExpire", "aa; SOA 7; additional; raw=00 0029 04d0 00000000 0005 0009 0001 00", "malformed: the message has a malformed OPT record"},
    {"Refused", "rcode=5; question=none; opt", "refused: the primary answers REFUSED; check that it has the zone and allows this address and key"},
    {"NotAuth", "rcode=9; opt", "refused: the primary answers NOTAUTH; check that it has the zone and allows this address and key"},
    {"BadVersion", "high=1", "refused: the primary answers BADVERS; check that it has the zone and allows this address and key"},
    {"FormErrWithoutOpt", "rcode=1; question=none", "no-edns: the primary does not know EDNS"},
    {"FormErrWithOpt", "rcode=1; opt", "refused: the primary answers FORMERR; check that it has the zone and allows this address and key"},
    {"OtherId", "id=1; aa; SOA 7", "foreign: a message of no use: it has another ID"},
    {"OtherQuestion", "question=other; aa; SOA 7", "foreign: a message of no use: it has another question"},
    {"Query", "query; aa; SOA 7", "foreign: a message of no use: it is not a response"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Cases, Answer, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ReadSoaAnswer, ReadsEveryTimer) {
  const TransferQuery query = SoaQuery();
  const SoaAnswer answer = ReadSoaAnswer(ReplyFromText(query, "aa; SOA 9"), query);
  EXPECT_EQ(answer.soa, (SoaFields{9, 3600, 600, 86400, 300}));
}

// Asking again without EDNS leads nowhere if there was none.
TEST(ReadSoaAnswer, BlamesEdnsOnce) {
  const TransferQuery query = SoaQuery(/*has_edns=*/false);
  EXPECT_EQ(ReadSoaAnswer(ReplyFromText(query, "rcode=1; question=none"), query).verdict,
            SoaVerdict::kRefused);
}

}  // namespace
}  // namespace hither
