#include "server/transfer/client/turn_steps.h"

#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "tests/server/transfer/client/fake_primary.h"
#include "tests/server/transfer/transfer_texts.h"

namespace hither {
namespace {

using testing::HasSubstr;

std::string KindToText(TurnResult::Kind kind) {
  static constexpr const char* kNames[] = {"current",     "newer",    "behind", "held",
                                           "whole",       "diffs",    "broken", "failed",
                                           "unreachable", "own fault"};
  return kNames[static_cast<size_t>(kind)];
}

std::string ResultToText(const TurnResult& result) {
  std::string text = KindToText(result.kind);
  if (result.soa.has_value()) absl::StrAppend(&text, " ", result.soa->serial);
  if (result.expire_seconds.has_value()) {
    absl::StrAppend(&text, ", expires in ", *result.expire_seconds);
  }
  if (result.whole.count > 0) absl::StrAppend(&text, ", ", result.whole.count, " records");
  for (const TransferDiff& diff : result.diffs) {
    absl::StrAppend(&text, ", ", diff.serial_from, " to ", diff.serial_to);
  }
  for (const std::string& more : {result.reason, result.warning}) {
    if (!more.empty()) absl::StrAppend(&text, ": ", more);
  }
  return text;
}

TransferNow At(int seconds) {
  const absl::Time steady = absl::UnixEpoch() + absl::Seconds(seconds);
  return {.steady = steady, .wall = steady + absl::Hours(24 * 365 * 50)};
}

// Replies by query, each of one or more messages: "... / ...".
using Replies = std::map<std::string, std::string>;

// Makes the turn's queries and gives it the replies. The queries, then how the last one ended, then
// the result: "SOA, IXFR 5 => diffs 7, 5 to 7".
std::string MakeTurn(TurnSteps& turn, const Replies& replies) {
  std::string log;
  ReplyNext next = ReplyNext::kEnded;
  for (uint16_t id = 1; !turn.has_ended() && id < 10; ++id) {
    const TransferQuery query = ReadTestQuery(turn.Write(id, At(id)));
    absl::StrAppend(&log, log.empty() ? "" : ", ", QueryToText(query));
    const auto reply = replies.find(QueryToText(query));
    if (reply == replies.end()) return absl::StrCat(log, " => no reply");
    next = ReplyNext::kMore;
    for (const absl::string_view text : absl::StrSplit(reply->second, '/')) {
      Bytes message = ReplyFromText(query, text);
      if (next == ReplyNext::kMore) next = turn.OnOctets(message.size() + 2, At(id));
      if (next == ReplyNext::kMore) next = turn.OnMessage(message, At(id));
    }
    if (next == ReplyNext::kMore) return absl::StrCat(log, " => more");
    if (next == ReplyNext::kUnfinished) absl::StrAppend(&log, "!");
  }
  return absl::StrCat(log, " => ", ResultToText(turn.TakeResult()));
}

struct Case {
  const char* name;
  TurnOrder order;
  Replies replies;
  std::string expected;
};
void PrintTo(const Case& test_case, std::ostream* out) { *out << test_case.name; }

TurnOrder Order(TurnOrder order) {
  order.zone = TestZone();
  return order;
}

const std::string kDiff5To7 = "SOA 7; SOA 5; a A 192.0.2.1; SOA 7; a A 192.0.2.2; SOA 7";
const std::string kZone7 = "SOA 7; @ NS ns; a A 192.0.2.2; SOA 7";

// "!" after a query: more of its reply may come, so its connection must not be used again.
// clang-format off
const Case kCases[] = {
    // The SOA decides.
    {"Current", {.held_serial = 7}, {{"SOA", "aa; SOA 7"}}, "SOA => current 7"},
    {"CurrentWithExpire", {.held_serial = 7}, {{"SOA", "aa; SOA 7; expire=99"}}, "SOA => current 7, expires in 99"},
    {"Behind", {.held_serial = 8}, {{"SOA", "aa; SOA 7"}}, "SOA => behind 7: it has serial 7, which is not after ours, 8"},
    {"HalfwayRoundIsBehind", {.held_serial = 7}, {{"SOA", "aa; SOA 2147483655"}}, "SOA => behind 2147483655: it has serial 2147483655, which is not after ours, 7"},
    {"Refused", {.held_serial = 5}, {{"SOA", "rcode=5"}}, "SOA => failed: the primary answers REFUSED; check that it has the zone and allows this address and key"},
    {"Lame", {.held_serial = 5}, {{"SOA", "SOA 7"}}, "SOA => failed: the answer is not authoritative; check that the primary has loaded the zone"},
    {"NoSoa", {.held_serial = 5}, {{"SOA", "aa; a A 192.0.2.1"}}, "SOA => failed: the answer has no SOA of the zone"},
    {"Truncated", {.held_serial = 5}, {{"SOA", "aa; tc"}}, "SOA => broken: the answer is truncated"},
    {"Malformed", {.held_serial = 5}, {{"SOA", "aa; SOA 7; raw=00"}}, "SOA => broken: the message ends within a record"},
    {"ForeignSoa", {.held_serial = 5}, {{"SOA", "aa; question=other; SOA 7"}}, "SOA! => broken: a message of no use: it has another question"},
    // A check asks for nothing else.
    {"CheckOfTheSameSerial", {.held_serial = 7, .is_check = true}, {{"SOA", "aa; SOA 7"}}, "SOA => current 7"},
    {"CheckOfALaterSerial", {.held_serial = 5, .is_check = true}, {{"SOA", "aa; SOA 7"}}, "SOA => newer 7"},
    {"CheckOfAnEarlierSerial", {.held_serial = 8, .is_check = true}, {{"SOA", "aa; SOA 7"}}, "SOA => behind 7: it has serial 7, which is not after ours, 8"},
    {"CheckOfARefusedSerial", {.held_serial = 5, .is_check = true, .may_transfer = [](uint32_t serial) { return serial != 7; }}, {{"SOA", "aa; SOA 7"}}, "SOA => held 7: serial 7 is not to be transferred yet"},
    // And then the transfer.
    {"Diffs", {.held_serial = 5}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", kDiff5To7}}, "SOA, IXFR 5 => diffs 7, 5 to 7"},
    {"ExpireOfTheTransfer", {.held_serial = 5}, {{"SOA", "aa; SOA 7; expire=9"}, {"IXFR 5", kDiff5To7 + "; expire=8"}}, "SOA, IXFR 5 => diffs 7, expires in 8, 5 to 7"},
    {"ExpireOfTheSoa", {.held_serial = 5}, {{"SOA", "aa; SOA 7; expire=9"}, {"IXFR 5", kDiff5To7}}, "SOA, IXFR 5 => diffs 7, expires in 9, 5 to 7"},
    {"IxfrAsAxfr", {.held_serial = 5}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", kZone7}}, "SOA, IXFR 5 => whole 7, 3 records"},
    {"ManyMessages", {.held_serial = 5}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", "SOA 7 / a A 192.0.2.1 / SOA 7"}}, "SOA, IXFR 5 => whole 7, 2 records"},
    {"AxfrOnly", {.held_serial = 5, .axfr_only = true}, {{"SOA", "aa; SOA 7"}, {"AXFR", kZone7}}, "SOA, AXFR => whole 7, 3 records"},
    {"NothingHeld", {}, {{"AXFR", kZone7}}, "AXFR => whole 7, 3 records"},
    {"NothingHeldAndAHint", {.hint = 9}, {{"AXFR", kZone7}}, "AXFR => whole 7, 3 records"},
    {"OrderTakesAnySerial", {.held_serial = 9, .is_order = true, .may_transfer = [](uint32_t) { return false; }}, {{"AXFR", kZone7}}, "AXFR => whole 7, 3 records"},
    {"LyingSoaAndAxfrOfTheSameSerial", {.held_serial = 7, .axfr_only = true}, {{"SOA", "aa; SOA 8"}, {"AXFR", kZone7}}, "SOA, AXFR! => current 7"},
    {"LyingSoaAndOlderIxfr", {.held_serial = 7}, {{"SOA", "aa; SOA 8"}, {"IXFR 7", "SOA 6"}}, "SOA, IXFR 7 => behind 6: it has serial 6, and 7 is held"},
    {"OutsideOfTheZone", {}, {{"AXFR", "SOA 7; other. A 192.0.2.1; b.other. A 192.0.2.1; SOA 7"}}, "AXFR => whole 7, 1 records: 2 records outside of the zone were ignored"},
    // A hint replaces the SOA.
    {"Hint", {.held_serial = 5, .hint = 7}, {{"IXFR 5", kDiff5To7}}, "IXFR 5 => diffs 7, 5 to 7"},
    {"HintNotAfterOurs", {.held_serial = 7, .hint = 7}, {{"SOA", "aa; SOA 7"}}, "SOA => current 7"},
    {"HintAndAxfrOnly", {.held_serial = 5, .axfr_only = true, .hint = 7}, {{"AXFR", kZone7}}, "AXFR => whole 7, 3 records"},
    {"HintAheadOfThePrimary", {.held_serial = 5, .hint = 7}, {{"IXFR 5", "SOA 5"}}, "IXFR 5 => behind 5: it has serial 5, and 7 was announced"},
    {"LessThanTheHint", {.held_serial = 5, .hint = 9}, {{"IXFR 5", kDiff5To7}}, "IXFR 5 => diffs 7, 5 to 7"},
    // may_transfer().
    {"HeldAtTheSoa", {.held_serial = 5, .may_transfer = [](uint32_t serial) { return serial != 7; }}, {{"SOA", "aa; SOA 7"}}, "SOA => held 7: serial 7 is not to be transferred yet"},
    {"HeldAtTheHint", {.held_serial = 5, .hint = 7, .may_transfer = [](uint32_t serial) { return serial != 7; }}, {}, " => held: serial 7 is not to be transferred yet"},
    {"HeldAtTheFirstMessage", {.may_transfer = [](uint32_t serial) { return serial != 7; }}, {{"AXFR", "SOA 7; a A 192.0.2.1"}}, "AXFR! => held 7: serial 7 is not to be transferred yet"},
    {"AskedOncePerSerial", {.held_serial = 5, .may_transfer = [asked = 0](uint32_t) mutable { return ++asked == 1; }}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", kDiff5To7}}, "SOA, IXFR 5 => diffs 7, 5 to 7"},
    {"HeldBelowTheHint", {.held_serial = 5, .hint = 9, .may_transfer = [](uint32_t serial) { return serial != 7; }}, {{"IXFR 5", kDiff5To7}}, "IXFR 5 => held 7: serial 7 is not to be transferred yet"},
    {"HeldAfterAnotherSoa", {.held_serial = 5, .may_transfer = [](uint32_t serial) { return serial != 7; }}, {{"SOA", "aa; SOA 6"}, {"IXFR 5", "SOA 7; a A 192.0.2.1"}}, "SOA, IXFR 5! => held 7: serial 7 is not to be transferred yet"},
    // AXFR instead of IXFR.
    {"IxfrNotKnown", {.held_serial = 5}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", "rcode=4; opt"}, {"AXFR", kZone7}}, "SOA, IXFR 5, AXFR => whole 7, 3 records: IXFR cannot be used: the primary answers NOTIMP"},
    {"IxfrBroken", {.held_serial = 5}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", "SOA 7; SOA 6"}, {"AXFR", kZone7}}, "SOA, IXFR 5!, AXFR => whole 7, 3 records: IXFR cannot be used: differences start at serial 6, not at ours, 5"},
    {"BothRefused", {.held_serial = 5}, {{"SOA", "aa; SOA 7"}, {"IXFR 5", "rcode=5"}, {"AXFR", "rcode=5"}}, "SOA, IXFR 5, AXFR => failed 7: the primary answers REFUSED: IXFR cannot be used: the primary answers REFUSED"},
    {"AxfrBroken", {}, {{"AXFR", "SOA 7; a A 192.0.2.1; SOA 8"}}, "AXFR! => broken 7: a SOA of serial 8 within the zone of serial 7; it changed during the transfer"},
    {"AxfrOfNothing", {}, {{"AXFR", "aa"}}, "AXFR! => broken: an answer without records"},
    {"AxfrOfAnotherZone", {}, {{"AXFR", "question=other; SOA 7; SOA 7"}}, "AXFR! => broken: a message of no use: it has another question"},
    {"AxfrEndsWithAnError", {}, {{"AXFR", "SOA 7; a A 192.0.2.1 / rcode=2"}}, "AXFR => failed 7: the primary answers SERVFAIL"},
    {"MoreToCome", {}, {{"AXFR", "SOA 7; a A 192.0.2.1"}}, "AXFR => more"},
    // No EDNS (RFC 6891 §7).
    {"SoaWithoutEdns", {.held_serial = 7}, {{"SOA", "rcode=1"}, {"SOA-", "aa; SOA 7"}}, "SOA, SOA- => current 7"},
    {"TransferWithoutEdnsToo", {.held_serial = 5}, {{"SOA", "rcode=4"}, {"SOA-", "aa; SOA 7"}, {"IXFR 5-", kDiff5To7}}, "SOA, SOA-, IXFR 5- => diffs 7, 5 to 7"},
    {"AxfrWithoutEdns", {}, {{"AXFR", "rcode=1"}, {"AXFR-", kZone7}}, "AXFR, AXFR- => whole 7, 3 records"},
    {"NeitherEdnsNorIxfr", {.held_serial = 5, .hint = 7}, {{"IXFR 5", "rcode=1"}, {"IXFR 5-", "rcode=1"}, {"AXFR-", kZone7}}, "IXFR 5, IXFR 5-, AXFR- => whole 7, 3 records: IXFR cannot be used: the primary answers FORMERR"},
    {"NothingAtAll", {.held_serial = 7}, {{"SOA", "rcode=1"}, {"SOA-", "rcode=1"}}, "SOA, SOA- => failed: the primary answers FORMERR; check that it has the zone and allows this address and key"},
    // Limits.
    {"TooManyOctets", {.pace = {.octets_max = 40}}, {{"AXFR", kZone7}}, "AXFR! => broken: over 40 octets; raise the limit if the zone is that large"},
    {"TooManyRecords", {.pace = {.records_max = 3}}, {{"AXFR", kZone7}}, "AXFR! => broken 7: over 3 records; raise the limit if the zone is that large"},
};
// clang-format on

class TurnStepsTest : public testing::TestWithParam<Case> {};

TEST_P(TurnStepsTest, Ends) {
  PrimaryFacts facts;
  TurnSteps turn(Order(GetParam().order), facts);
  EXPECT_EQ(MakeTurn(turn, GetParam().replies), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Turns, TurnStepsTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(TurnStepsOfOnePrimaryTest, RememberThatItHasNoEdnsForAWhile) {
  PrimaryFacts facts{.no_edns_for = absl::Seconds(100)};
  const Replies replies = {{"SOA", "rcode=1"}, {"SOA-", "aa; SOA 7"}};
  TurnSteps first(Order({.held_serial = 7}), facts);
  EXPECT_EQ(MakeTurn(first, replies), "SOA, SOA- => current 7");
  TurnSteps second(Order({.held_serial = 7}), facts);
  EXPECT_EQ(MakeTurn(second, replies), "SOA- => current 7");
  TurnSteps later(Order({.held_serial = 7}), facts);
  EXPECT_TRUE(ReadTestQuery(later.Write(1, At(200))).has_edns);
}

// Without an answer that is better for it, the primary's EDNS is not to blame.
TEST(TurnStepsOfOnePrimaryTest, RememberNothingIfRepeatingDoesNotHelp) {
  PrimaryFacts facts;
  TurnSteps turn(Order({.held_serial = 7}), facts);
  EXPECT_THAT(MakeTurn(turn, {{"SOA", "rcode=1"}, {"SOA-", "rcode=1"}}), HasSubstr("failed"));
  EXPECT_EQ(facts.no_edns_until, absl::InfinitePast());
}

TEST(TurnStepsOfOnePrimaryTest, CountWhatATransferBrought) {
  PrimaryFacts facts;
  TurnSteps turn(Order({}), facts);
  const TransferQuery query = ReadTestQuery(turn.Write(1, At(10)));
  Bytes message = ReplyFromText(query, kZone7);
  EXPECT_EQ(turn.OnOctets(message.size() + 2, At(12)), ReplyNext::kMore);
  EXPECT_EQ(turn.OnMessage(message, At(13)), ReplyNext::kEnded);
  const TurnResult result = turn.TakeResult();
  EXPECT_EQ(result.octets, message.size() + 2);
  EXPECT_EQ(result.records, 4u);
  EXPECT_EQ(result.took, absl::Seconds(3));
}

// What a query has waited for at `second`, with the connection's last octets at `progress`.
std::string WaitOf(TurnOrder order, int second, absl::Time progress = absl::InfinitePast()) {
  PrimaryFacts facts;
  TurnSteps turn(Order(std::move(order)), facts);
  (void)turn.Write(1, At(0));
  if (turn.Check(progress, At(second)) == ReplyNext::kMore) return "waits";
  return ResultToText(turn.TakeResult());
}

TEST(TurnStepsWaitTest, ForASoa) {
  EXPECT_EQ(WaitOf({.held_serial = 5}, 9), "waits");
  EXPECT_EQ(WaitOf({.held_serial = 5}, 10), "unreachable: no answer within 10s");
}

TEST(TurnStepsWaitTest, ForASoaWhileThePrimaryAnswersOthers) {
  EXPECT_EQ(WaitOf({.held_serial = 5}, 17, At(8).steady), "waits");
  EXPECT_EQ(WaitOf({.held_serial = 5}, 18, At(8).steady), "unreachable: no answer within 18s");
  EXPECT_EQ(WaitOf({.held_serial = 5}, 60, At(59).steady), "unreachable: no answer within 1m");
}

TEST(TurnStepsWaitTest, ForATransferToBegin) {
  EXPECT_EQ(WaitOf({}, 29), "waits");
  EXPECT_EQ(WaitOf({}, 30), "unreachable: no answer within 30s");
  EXPECT_EQ(WaitOf({}, 1000, At(999).steady), "waits");
  EXPECT_THAT(WaitOf({}, 4 * 3600, At(4 * 3600 - 1).steady), HasSubstr("no answer within 4h"));
}

TEST(TurnStepsWaitTest, ForTheRestOfATransfer) {
  PrimaryFacts facts;
  TurnSteps turn(Order({}), facts);
  (void)turn.Write(1, At(0));
  EXPECT_EQ(turn.OnOctets(1, At(20)), ReplyNext::kMore);
  EXPECT_EQ(turn.Check(At(49).steady, At(49)), ReplyNext::kMore);
  EXPECT_EQ(turn.Check(At(50).steady, At(50)), ReplyNext::kUnfinished) << "others do not count";
  EXPECT_EQ(ResultToText(turn.TakeResult()), "broken: nothing was received for 30s");
}

// An octet every ten seconds is progress, but not enough.
TEST(TurnStepsWaitTest, ForADrippingTransferNotForever) {
  PrimaryFacts facts;
  TurnSteps turn(Order({}), facts);
  (void)turn.Write(1, At(0));
  int second = 0;
  while (turn.OnOctets(1, At(second)) == ReplyNext::kMore && second < 1000) second += 10;
  EXPECT_EQ(second, 60);
  EXPECT_THAT(ResultToText(turn.TakeResult()), HasSubstr("broken: only 7 octets in 1m"));
}

struct Loss {
  ConnectionLoss loss;
  const char* expected;
};

TEST(TurnStepsLossTest, SaysWhoseFaultItIs) {
  const Loss losses[] = {
      {{.end = ByteStream::End::kClosed, .detail = "closed"}, "unreachable: closed"},
      {{.end = ByteStream::End::kRefused, .detail = "nobody"}, "unreachable: nobody"},
      {{.end = ByteStream::End::kUntrusted, .detail = "pin"}, "unreachable: pin"},
      {{.end = ByteStream::End::kOwnFault, .detail = "files"}, "own fault: files"},
      {{.end = ByteStream::End::kClosed, .broke_rules = true, .detail = "junk"}, "broken: junk"},
  };
  for (const Loss& loss : losses) {
    PrimaryFacts facts;
    TurnSteps turn(Order({}), facts);
    (void)turn.Write(1, At(0));
    turn.OnLost(loss.loss, At(1));
    EXPECT_TRUE(turn.has_ended());
    EXPECT_EQ(ResultToText(turn.TakeResult()), loss.expected);
  }
}

TEST(TurnStepsLossTest, SaysThatATransferWasCutOff) {
  PrimaryFacts facts;
  TurnSteps turn(Order({}), facts);
  (void)turn.Write(1, At(0));
  (void)turn.OnOctets(10, At(1));
  turn.OnLost({.detail = "closed by the other side"}, At(1));
  EXPECT_EQ(ResultToText(turn.TakeResult()),
            "failed: the transfer was cut off: closed by the other side");
}

TEST(TurnStepsLossTest, IsOfThePrimaryIfItVanishesAmidATransfer) {
  PrimaryFacts facts;
  TurnSteps turn(Order({}), facts);
  (void)turn.Write(1, At(0));
  (void)turn.OnOctets(10, At(1));
  turn.OnLost({.end = ByteStream::End::kTimeout, .detail = "timed out"}, At(1));
  EXPECT_EQ(ResultToText(turn.TakeResult()), "unreachable: the transfer was cut off: timed out");
}

}  // namespace
}  // namespace hither
