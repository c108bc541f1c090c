#include "server/transfer/transfer_reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/transfer_texts.h"

namespace hither {
namespace {

const char* ToText(TransferState state) {
  switch (state) {
    case TransferState::kMore:
      return "more";
    case TransferState::kWhole:
      return "whole";
    case TransferState::kDiffs:
      return "diffs";
    case TransferState::kUpToDate:
      return "up-to-date";
    case TransferState::kUseTcp:
      return "use-tcp";
    case TransferState::kUseAxfr:
      return "use-axfr";
    case TransferState::kFailed:
      return "failed";
  }
  return "?";
}

// "axfr", "axfr held=5", "ixfr 5", "ixfr 5 udp"
TransferRequest RequestFromText(absl::string_view text) {
  TransferRequest request;
  request.query.id = 77;
  request.query.zone = TestZone();
  request.query.type = absl::StartsWith(text, "axfr") ? RrType::kAxfr : RrType::kIxfr;
  request.over_udp = absl::EndsWith(text, " udp");
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  if (absl::StartsWith(text, "axfr held=")) request.held_serial = std::stoul(words[1].substr(5));
  if (absl::StartsWith(text, "ixfr")) {
    request.query.serial = static_cast<uint32_t>(std::stoul(words[1]));
  }
  return request;
}

// What came of the messages: "whole: =SOA 7 =a A c0000201" or "failed: reason".
std::string Describe(const TransferReader& reader, const LogSink& sink) {
  std::string text = absl::StrCat(ToText(reader.state()), ":");
  const bool has_content =
      reader.state() == TransferState::kWhole || reader.state() == TransferState::kDiffs;
  if (!reader.reason().empty()) absl::StrAppend(&text, " ", reader.reason());
  if (has_content) absl::StrAppend(&text, " ", absl::StripAsciiWhitespace(sink.text()));
  if (reader.records_outside() > 0) absl::StrAppend(&text, " outside=", reader.records_outside());
  if (reader.MayHaveMore()) text += " close";
  return text;
}

struct Case {
  const char* name;
  const char* request;
  const char* messages;  // Parted by |.
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Transfer : public testing::TestWithParam<Case> {};

TEST_P(Transfer, Gives) {
  const TransferRequest request = RequestFromText(GetParam().request);
  LogSink sink;
  TransferReader reader(request, sink);
  for (const absl::string_view message : absl::StrSplit(GetParam().messages, '|')) {
    reader.Feed(ReplyFromText(request.query, message));
  }
  EXPECT_EQ(Describe(reader, sink), GetParam().want);
}

// RFC 5936 §2.2: how records are distributed over messages means nothing. Over UDP it does.
TEST_P(Transfer, OneRecordAMessageGivesTheSame) {
  const TransferRequest request = RequestFromText(GetParam().request);
  const bool is_plain = !absl::StrContains(GetParam().messages, "=") &&
                        !absl::StrContains(GetParam().messages, "tc") &&
                        !absl::StrContains(GetParam().messages, "opt");
  if (request.over_udp || !is_plain) return;
  LogSink sink;
  TransferReader reader(request, sink);
  bool is_first = true;
  for (const absl::string_view record :
       absl::StrSplit(GetParam().messages, absl::ByAnyChar(";|"))) {
    // Later messages without a question, as RFC 5936 §2.2.2 allows.
    const std::string text = absl::StrCat(is_first ? "" : "question=none;", record);
    is_first = false;
    reader.Feed(ReplyFromText(request.query, text));
  }
  std::string want = GetParam().want;
  if (absl::StrContains(want, "records after the last SOA")) return;  // Another query's, then.
  if (absl::StartsWith(want, "up-to-date")) want = Describe(reader, sink);
  EXPECT_EQ(Describe(reader, sink), want);
}

// clang-format off
constexpr Case kCases[] = {
    // AXFR (RFC 5936).
    {"Axfr", "axfr", "SOA 7; a A 192.0.2.1; SOA 7", "whole: =SOA 7 =a A c0000201"},
    {"AxfrOfTwoMessages", "axfr", "SOA 7; a A 192.0.2.1 | b A 192.0.2.2; SOA 7", "whole: =SOA 7 =a A c0000201 =b A c0000202"},
    {"AxfrWithApexData", "axfr", "SOA 7; @ A 192.0.2.1; SOA 7", "whole: =SOA 7 =example. A c0000201"},
    {"AxfrWithAnEmptyMessage", "axfr", "SOA 7 | | a A 192.0.2.1; SOA 7", "whole: =SOA 7 =a A c0000201"},
    {"AxfrOfASoaAlone", "axfr", "SOA 7; SOA 7", "whole: =SOA 7"},
    {"AxfrNotFinished", "axfr", "SOA 7; a A 192.0.2.1", "more: close"},
    {"AxfrWithoutSoa", "axfr", "a A 192.0.2.1; SOA 7", "failed: begins with a.example. A, not with the zone's SOA close"},
    {"AxfrWithoutRecords", "axfr", "", "failed: an answer without records close"},
    {"SoaInMidAxfr", "axfr", "SOA 7; a A 192.0.2.1; SOA 8; SOA 7", "failed: a SOA of serial 8 within the zone of serial 7; it changed during the transfer close"},
    {"TwoSoasAtTheStart", "axfr", "SOA 7; SOA 8; SOA 7", "failed: SOAs of two serials, 7 and 8 close"},
    {"SameSerialAnotherSoa", "axfr", "SOA 7; a A 192.0.2.1; @ SOA other host 7 1 1 1 1", "failed: a SOA of serial 7 within the zone of serial 7; it changed during the transfer close"},
    {"SoaInAnotherCase", "axfr", "SOA 7; a A 192.0.2.1; @ SOA NS HOST 7 3600 600 86400 300", "whole: =SOA 7 =a A c0000201"},
    {"SoaOfAnotherOwner", "axfr", "SOA 7; sub SOA ns host 7 1 1 1 1; SOA 7", "failed: a SOA of another zone: sub.example. close"},
    {"SoaOfAnotherOwnerFirst", "axfr", "sub SOA ns host 7 1 1 1 1; SOA 7", "failed: a SOA of another zone: sub.example. close"},
    {"RecordsAfterTheEnd", "axfr", "SOA 7; a A 192.0.2.1; SOA 7; b A 192.0.2.2", "failed: records after the last SOA close"},
    {"MessageAfterTheEnd", "axfr", "SOA 7; a A 192.0.2.1; SOA 7 | b A 192.0.2.2", "whole: =SOA 7 =a A c0000201"},
    {"OtherClass", "axfr", "SOA 7; a CH TXT x; SOA 7", "failed: a.example. of class 3, not IN close"},
    {"OutOfZone", "axfr", "SOA 7; ns.other. A 192.0.2.1; a A 192.0.2.1; SOA 7", "whole: =SOA 7 =a A c0000201 outside=1"},
    {"OutOfZoneBySuffixOnly", "axfr", "SOA 7; notexample. A 192.0.2.1; SOA 7", "whole: =SOA 7 outside=1"},
    {"MetaType", "axfr", "SOA 7; a TYPE255 \\# 0; SOA 7", "failed: a.example. ANY: not a record close"},
    {"WrongRdata", "axfr", "SOA 7; raw=0161076578616d706c6500 0001 0001 00000000 0003 c00002; SOA 7", "failed: a.example.: malformed A: it is too short close"},
    {"ShortSoa", "axfr", "raw=076578616d706c6500 0006 0001 00000000 0004 00000000", "failed: example.: malformed SOA: it is too short close"},
    {"EmptySoa", "ixfr 5 udp", "raw=076578616d706c6500 0006 0001 00000000 0000", "use-tcp: example.: malformed SOA: a name ends too early"},
    {"RdataOverTheEnd", "axfr", "SOA 7; raw=0161076578616d706c6500 0001 0001 00000000 ffff c0000201", "failed: a message ends within a record close"},
    {"CompressedRrsig", "axfr", "SOA 7; raw=0161076578616d706c6500 002e 0001 00000000 0014 0001 08 02 00000000 00000000 00000000 0000 c00c", "failed: a.example.: malformed RRSIG: a name is compressed, or a label is over 63 octets close"},
    {"HighTtlIsZero", "axfr", "SOA 7; raw=0161076578616d706c6500 0001 0001 ffffffff 0004 c0000201; SOA 7", "whole: =SOA 7 =a A c0000201"},
    {"AuthorityIgnored", "axfr", "SOA 7; a A 192.0.2.1; SOA 7; authority; b A 192.0.2.2; additional; c A 192.0.2.3", "whole: =SOA 7 =a A c0000201"},
    {"HeldOlder", "axfr held=5", "SOA 7; a A 192.0.2.1; SOA 7", "whole: =SOA 7 =a A c0000201"},
    {"HeldTheSame", "axfr held=7", "SOA 7; a A 192.0.2.1; SOA 7", "up-to-date: close"},
    {"HeldNewer", "axfr held=8", "SOA 7; a A 192.0.2.1; SOA 7", "up-to-date: close"},
    {"Truncated", "axfr", "tc; SOA 7", "failed: a truncated message close"},
    {"Refused", "axfr", "rcode=5; question=none", "failed: the primary answers REFUSED"},
    {"RefusedInMidstream", "axfr", "SOA 7; a A 192.0.2.1 | rcode=2", "failed: the primary answers SERVFAIL"},
    {"BadVersion", "axfr", "SOA 7; high=1", "failed: the primary answers BADVERS"},
    {"OtherId", "axfr", "id=78; SOA 7", "failed: a message of no use: it has another ID close"},
    {"OtherIdLater", "axfr", "SOA 7; a A 192.0.2.1 | id=78; SOA 7", "failed: a message of no use: it has another ID close"},
    {"AQuery", "axfr", "query; SOA 7", "failed: a message of no use: it is not a response close"},
    {"ANotify", "axfr", "opcode=4; SOA 7", "failed: a message of no use: it has another opcode close"},
    {"OtherQuestion", "axfr", "question=other; SOA 7", "failed: a message of no use: it has another question close"},
    {"OtherQuestionLater", "axfr", "SOA 7 | question=other; SOA 7", "failed: a message of no use: it has another question close"},
    {"NoQuestionAtFirst", "axfr", "question=none; SOA 7", "failed: a message of no use: it has another question close"},
    {"TwoQuestions", "axfr", "question=two; SOA 7; SOA 7", "failed: a message of no use: it has another question close"},
    {"SerialAcrossTheWrap", "axfr held=4294967290", "SOA 3; a A 192.0.2.1; SOA 3", "whole: =SOA 3 =a A c0000201"},
    {"SerialAtUndefinedDistance", "axfr held=0", "SOA 2147483648; SOA 2147483648", "up-to-date: close"},
    // IXFR (RFC 1995).
    {"Ixfr", "ixfr 5", "SOA 7; SOA 5; a A 192.0.2.1; SOA 7; b A 192.0.2.2; SOA 7", "diffs: from 5 -SOA 5 -a A c0000201 to 7 +SOA 7 +b A c0000202"},
    {"IxfrChain", "ixfr 5", "SOA 7; SOA 5; a A 192.0.2.1; SOA 6; SOA 6; SOA 7; b A 192.0.2.2; SOA 7", "diffs: from 5 -SOA 5 -a A c0000201 to 6 +SOA 6 from 6 -SOA 6 to 7 +SOA 7 +b A c0000202"},
    {"IxfrOfTheSoaAlone", "ixfr 5", "SOA 7; SOA 5; SOA 7; SOA 7", "diffs: from 5 -SOA 5 to 7 +SOA 7"},
    {"IxfrOverUdp", "ixfr 5 udp", "SOA 7; SOA 5; a A 192.0.2.1; SOA 7; SOA 7", "diffs: from 5 -SOA 5 -a A c0000201 to 7 +SOA 7"},
    {"IxfrAcrossTheWrap", "ixfr 4294967295", "SOA 1; SOA 4294967295; SOA 1; SOA 1", "diffs: from 4294967295 -SOA 4294967295 to 1 +SOA 1"},
    {"IxfrInAxfrForm", "ixfr 5", "SOA 7; a A 192.0.2.1; SOA 7", "whole: =SOA 7 =a A c0000201"},
    {"IxfrInAxfrFormFailing", "ixfr 5", "SOA 7; a A 192.0.2.1; SOA 8", "failed: a SOA of serial 8 within the zone of serial 7; it changed during the transfer close"},
    {"IxfrInAxfrFormTrailing", "ixfr 5", "SOA 7; a A 192.0.2.1; SOA 7; b A 192.0.2.1", "failed: records after the last SOA close"},
    {"IxfrOfTheSameSerial", "ixfr 7", "SOA 7", "up-to-date:"},
    {"IxfrOfANewerSerial", "ixfr 9", "SOA 7", "up-to-date:"},
    {"IxfrUpToDateWithMore", "ixfr 7", "SOA 7; a A 192.0.2.1; SOA 7", "up-to-date: close"},
    {"IxfrUpToDateWithExpire", "ixfr 7", "SOA 7; expire=100", "up-to-date:"},
    {"IxfrUpToDateOverUdp", "ixfr 7 udp", "SOA 7", "up-to-date:"},
    {"ShortSoaOverUdp", "ixfr 5 udp", "SOA 7", "use-tcp: the reply does not fit in a datagram"},
    {"UnfinishedOverUdp", "ixfr 5 udp", "SOA 7; SOA 5; SOA 7", "use-tcp: the reply does not fit in a datagram"},
    {"TruncatedOverUdp", "ixfr 5 udp", "tc", "use-tcp: a truncated message"},
    {"ForeignOverUdp", "ixfr 5 udp", "id=78; SOA 7 | question=other; SOA 7 | query; SOA 9 | SOA 7; SOA 5; SOA 7; SOA 7", "diffs: from 5 -SOA 5 to 7 +SOA 7"},
    {"WrongOverUdp", "ixfr 5 udp", "SOA 7; a CH TXT x", "use-tcp: a.example. of class 3, not IN"},
    {"NotImplemented", "ixfr 5", "rcode=4; question=none", "use-axfr: the primary answers NOTIMP"},
    {"NotImplementedOverUdp", "ixfr 5 udp", "rcode=4; question=none", "use-axfr: the primary answers NOTIMP"},
    {"FormErr", "ixfr 5", "rcode=1; question=none", "use-axfr: the primary answers FORMERR"},
    {"IxfrRefused", "ixfr 5", "rcode=5", "use-axfr: the primary answers REFUSED"},
    {"JournalLost", "ixfr 5", "rcode=2", "use-axfr: the primary answers SERVFAIL"},
    {"NotAuthoritative", "ixfr 5", "rcode=9", "failed: the primary answers NOTAUTH"},
    {"IxfrWithoutRecords", "ixfr 5", "", "use-axfr: an answer without records close"},
    {"StartsElsewhere", "ixfr 5", "SOA 7; SOA 4; SOA 7; SOA 7", "use-axfr: differences start at serial 4, not at ours, 5 close"},
    {"ChainWithAGap", "ixfr 5", "SOA 8; SOA 5; SOA 6; SOA 7; SOA 8; SOA 8", "use-axfr: a difference to serial 6 is followed by serial 7: the chain is broken close"},
    {"ChainEndsEarly", "ixfr 5", "SOA 8; SOA 5; SOA 6; SOA 8", "use-axfr: a difference to serial 6 is followed by serial 8: the chain is broken close"},
    {"ChainGoesBack", "ixfr 5", "SOA 8; SOA 5; SOA 6; SOA 6; SOA 5; SOA 5", "use-axfr: a difference from serial 6 to 5 does not lead to 8 close"},
    {"ChainStaysInPlace", "ixfr 5", "SOA 8; SOA 5; SOA 5; SOA 5; SOA 8", "use-axfr: a difference from serial 5 to 5 does not lead to 8 close"},
    {"ChainGoesTooFar", "ixfr 5", "SOA 8; SOA 5; SOA 9", "use-axfr: a difference from serial 5 to 9 does not lead to 8 close"},
    {"ChainGoesOnAfterItsEnd", "ixfr 5", "SOA 8; SOA 5; SOA 8; SOA 9", "use-axfr: a difference to serial 8 is followed by serial 9: the chain is broken close"},
    {"LastSoaDiffers", "ixfr 5", "SOA 7; SOA 5; SOA 7; @ SOA x y 7 1 1 1 1", "use-axfr: the last SOA is not the first one close"},
    {"NewSoaDiffers", "ixfr 5", "SOA 7; SOA 5; @ SOA x y 7 1 1 1 1; SOA 7", "use-axfr: a difference from serial 5 to 7 does not lead to 7 close"},
    {"RecordsAfterTheDiffs", "ixfr 5", "SOA 7; SOA 5; SOA 7; SOA 7; a A 192.0.2.1", "use-axfr: records after the last SOA close"},
    {"OutOfZoneInDiffs", "ixfr 5", "SOA 7; SOA 5; x. A 192.0.2.1; SOA 7; y. A 192.0.2.1; SOA 7", "diffs: from 5 -SOA 5 to 7 +SOA 7 outside=2"},
    {"RemovedTwiceIsNotOurMatter", "ixfr 5", "SOA 7; SOA 5; a A 192.0.2.1; a A 192.0.2.1; SOA 7; SOA 7", "diffs: from 5 -SOA 5 -a A c0000201 -a A c0000201 to 7 +SOA 7"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Cases, Transfer, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

struct LimitCase {
  const char* name;
  const char* request;
  TransferLimits limits;
  const char* want;
};
void PrintTo(const LimitCase& c, std::ostream* os) { *os << c.name; }

class Limit : public testing::TestWithParam<LimitCase> {};

TEST_P(Limit, EndsATransfer) {
  TransferRequest request = RequestFromText(GetParam().request);
  request.limits = GetParam().limits;
  LogSink sink;
  TransferReader reader(request, sink);
  reader.Feed(ReplyFromText(request.query, "SOA 7"));
  reader.Feed(ReplyFromText(request.query, "a A 192.0.2.1"));
  const Bytes endless = ReplyFromText(request.query, "b A 192.0.2.1; c A 192.0.2.1");
  for (int i = 0; i < 100 && reader.state() == TransferState::kMore; ++i) reader.Feed(endless);
  EXPECT_EQ(Describe(reader, sink), GetParam().want);
}

// clang-format off
constexpr LimitCase kLimits[] = {
    {"Octets", "axfr", {.octets = 1000}, "failed: over 1000 octets; raise the limit if the zone is that large close"},
    {"Records", "axfr", {.records = 20}, "failed: over 20 records; raise the limit if the zone is that large close"},
    {"Messages", "axfr", {.messages = 20}, "failed: over 20 messages; raise the limit if the zone is that large close"},
    {"OfIxfrInAxfrForm", "ixfr 5", {.records = 20}, "failed: over 20 records; raise the limit if the zone is that large close"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Cases, Limit, testing::ValuesIn(kLimits),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(TransferReader, EndsWhenTheSinkIsFull) {
  for (int room = 0; room < 4; ++room) {
    const TransferRequest request = RequestFromText("ixfr 5");
    LogSink sink;
    sink.room = room;
    TransferReader reader(request, sink);
    reader.Feed(
        ReplyFromText(request.query, "SOA 7; SOA 5; a A 192.0.2.1; SOA 7; b A 192.0.2.2; SOA 7"));
    EXPECT_EQ(Describe(reader, sink),
              "use-axfr: more records than fit in the memory of a transfer close")
        << room;
  }
}

TEST(TransferReader, ReportsSoaAndExpire) {
  const TransferRequest request = RequestFromText("axfr");
  LogSink sink;
  TransferReader reader(request, sink);
  EXPECT_FALSE(reader.soa().has_value());
  reader.Feed(ReplyFromText(request.query, "SOA 7; expire=1234"));
  reader.Feed(ReplyFromText(request.query, "a A 192.0.2.1; expire=9; SOA 7"));
  ASSERT_TRUE(reader.soa().has_value());
  EXPECT_EQ(*reader.soa(), (SoaFields{7, 3600, 600, 86400, 300}));
  EXPECT_EQ(reader.edns().expire_seconds, 1234u);
  EXPECT_EQ(reader.records(), 5u);
  EXPECT_EQ(reader.messages(), 2u);
}

TEST(TransferReader, ReportsWhetherTheRefusalHadAnOpt) {
  for (const bool has_opt : {false, true}) {
    const TransferRequest request = RequestFromText("axfr");
    LogSink sink;
    TransferReader reader(request, sink);
    reader.Feed(ReplyFromText(request.query, has_opt ? "rcode=1; opt" : "rcode=1"));
    EXPECT_EQ(MeansNoEdns(reader.rcode(), reader.edns().present), !has_opt);
  }
}

// A fresh copy of exactly so many octets each time: a sanitizer sees a read past the end.
TEST(TransferReader, NoPartOfAMessageIsATransfer) {
  const TransferRequest request = RequestFromText("axfr");
  const Bytes whole =
      ReplyFromText(request.query, "SOA 7; a MX 1 b; b NAPTR 1 1 \"a\" \"b\" \"c\" d; SOA 7");
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    LogSink sink;
    TransferReader reader(request, sink);
    EXPECT_EQ(reader.Feed(cut), TransferState::kFailed) << size;
  }
}

}  // namespace
}  // namespace hither
