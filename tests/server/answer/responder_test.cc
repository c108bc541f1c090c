#include "server/answer/responder.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/packet_text.h"
#include "tests/support/reply_text.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

constexpr char kZone[] = R"(
@ 3600 SOA ns1 hostmaster 2026112301 7200 900 1209600 300
@ 3600 NS ns1
ns1 3600 A 192.0.2.1
sub 3600 NS ns.sub
ns.sub 3600 A 192.0.2.53
)";

ResponderOptions Options() {
  ResponderOptions options;
  options.nsid = "ns2.fra1";
  options.version = "hither 1";
  return options;
}

TestServer& Server() {
  static TestServer& server =
      (new TestServer({{"example.", kZone}}, Options()))->AddBroken("broken.");
  return server;
}

// clang-format off
// RFC 6891 unless said otherwise.
constexpr AnswerCase kEdns[] = {
    {"NoneAskedNoneGiven",   "ns1.example. A",                     "NOERROR aa | ns1.example. 3600 A 192.0.2.1"},
    {"Plain",                "ns1.example. A +edns",               "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"DoIsCopied",           "ns1.example. A +do",                 "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 do"},
    {"OwnSizeIsTold",        "ns1.example. A bufsize=4096",        "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"SizeZeroIs512",        "ns1.example. A bufsize=0",           "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"Version1",             "ns1.example. A version=1",           "BADVERS | edns 1232"},
    {"Version255",           "ns1.example. A version=255 +do",     "BADVERS | edns 1232 do"},
    {"Version1Nsid",         "ns1.example. A version=1 +nsid",     "BADVERS | edns 1232"},
    {"Version1BadOption",    "ns1.example. A version=1 opt=11:00", "BADVERS | edns 1232"},
    {"UnknownOption",        "ns1.example. A opt=100",             "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"UnknownOptionData",    "ns1.example. A opt=65001:aabb",      "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"CookieIsUnknown",      "ns1.example. A opt=10:0102030405060708", "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"ClientSubnetIsUnknown","ns1.example. A opt=8:00011800c00002","NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    // RFC 5001.
    {"Nsid",                 "ns1.example. A +nsid",               "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 nsid=ns2.fra1"},
    {"NsidTwice",            "ns1.example. A +nsid +nsid",         "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 nsid=ns2.fra1"},
    {"NsidWithData",         "ns1.example. A opt=3:aabb",          "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 nsid=ns2.fra1"},
    {"NsidOnRefused",        "example.net. A +nsid",               "REFUSED | edns 1232 nsid=ns2.fra1 ede=20"},
    {"NsidOnFormErr",        "example. NXNAME +nsid",              "FORMERR | edns 1232 nsid=ns2.fra1 ede=30"},
    // RFC 7828: tenths of a second, over TCP alone.
    {"KeepaliveTcp",         "ns1.example. A +keepalive +tcp",     "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 keepalive=300"},
    {"KeepaliveUdp",         "ns1.example. A +keepalive",          "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"KeepaliveUnasked",     "ns1.example. A +edns +tcp",          "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232"},
    {"KeepaliveWithTimeout", "ns1.example. A opt=11:0064 +tcp",    "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 keepalive=300"},
    {"KeepaliveOneOctet",    "ns1.example. A opt=11:00 +tcp",      "FORMERR | edns 1232"},
    // RFC 9660: labels of the apex, type SOA-SERIAL, the serial.
    {"ZoneVersion",          "ns1.example. A +zoneversion",        "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 zoneversion=1/0/2026112301"},
    {"ZoneVersionNegative",  "no.example. A +zoneversion",         "NXDOMAIN aa | ; example. 300 SOA | edns 1232 zoneversion=1/0/2026112301"},
    {"ZoneVersionReferral",  "www.sub.example. A +zoneversion",    "NOERROR | ; sub.example. 3600 NS ns.sub.example. ; ns.sub.example. 3600 A 192.0.2.53 | edns 1232 zoneversion=1/0/2026112301"},
    {"ZoneVersionNotOurs",   "example.net. A +zoneversion",        "REFUSED | edns 1232 ede=20"},
    {"ZoneVersionNotLoaded", "x.broken. A +zoneversion",           "SERVFAIL | edns 1232 ede=14"},
    {"ZoneVersionChaos",     "id.server. TXT class=CH +zoneversion","NOERROR aa | id.server. 0 TXT \"ns2.fra1\" | edns 1232"},
    {"ZoneVersionWithData",  "ns1.example. A opt=19:0100",         "FORMERR | edns 1232"},
    {"AllAtOnce",            "ns1.example. A +do +nsid +keepalive +zoneversion +tcp", "NOERROR aa | ns1.example. 3600 A 192.0.2.1 | edns 1232 do nsid=ns2.fra1 keepalive=300 zoneversion=1/0/2026112301"},
};

// RFC 8906: an answer to every kind of query.
constexpr AnswerCase kKinds[] = {
    // Flags: RD and CD are copied, all else in a query means nothing.
    {"Rd",              "ns1.example. A +rd",            "NOERROR aa rd | ns1.example. 3600 A 192.0.2.1"},
    {"CdIsCleared",     "ns1.example. A +cd",            "NOERROR aa | ns1.example. 3600 A 192.0.2.1"},
    {"OtherFlags",      "ns1.example. A +ad +ra +aa +tc +z", "NOERROR aa | ns1.example. 3600 A 192.0.2.1"},
    {"OtherFlagsRefused","example.net. A +ad +ra +aa +tc +z", "REFUSED"},
    {"Id",              "ns1.example. A id=65535",       "NOERROR aa | ns1.example. 3600 A 192.0.2.1"},
    // Opcodes.
    {"Iquery",          "ns1.example. A opcode=1",       "NOTIMP opcode=1"},
    {"Status",          "ns1.example. A opcode=2 +edns", "NOTIMP opcode=2 | edns 1232 ede=21"},
    {"Notify",          "example. SOA opcode=NOTIFY",    "REFUSED opcode=4"},
    {"NotifyEdns",      "example. SOA opcode=NOTIFY +zoneversion", "REFUSED opcode=4 | edns 1232 ede=18"},
    {"Update",          "example. SOA opcode=UPDATE",    "REFUSED opcode=5"},
    {"Dso",             "example. SOA opcode=6",         "NOTIMP opcode=6"},
    {"Opcode15",        "example. SOA opcode=15 +rd",    "NOTIMP rd opcode=15"},
    {"OpcodeBadVersion","example. SOA opcode=15 version=1", "NOTIMP opcode=15 | edns 1232 ede=21"},
    // Classes.
    {"ClassHesiod",     "ns1.example. A class=HS",       "REFUSED"},
    {"ClassNone",       "ns1.example. A class=254 +edns","REFUSED | edns 1232 ede=20"},
    {"ClassReserved",   "ns1.example. A class=0",        "REFUSED"},
    {"ClassAny",        "ns1.example. A class=ANY",      "NOERROR | ns1.example. 3600 A 192.0.2.1"},
    {"ClassAnyNotOurs", "example.net. A class=ANY",      "REFUSED"},
    // Types.
    {"Axfr",            "example. AXFR +edns",           "REFUSED | edns 1232 ede=18"},
    {"AxfrTcp",         "example. AXFR +tcp",            "REFUSED"},
    {"Ixfr",            "example. IXFR",                 "REFUSED"},
    {"TypeNxname",      "example. NXNAME +edns",         "FORMERR | edns 1232 ede=30"},
    {"TypeOpt",         "example. OPT +edns",            "FORMERR | edns 1232 ede=30"},
    {"TypeTsig",        "example. TSIG",                 "FORMERR"},
    {"TypeTkey",        "example. TKEY",                 "FORMERR"},
    {"TypeZero",        "example. TYPE0",                "NOERROR aa | ; example. 300 SOA"},
    {"TypeReserved",    "example. TYPE65535",            "NOERROR aa | ; example. 300 SOA"},
    {"TypeMaila",       "example. MAILA",                "NOERROR aa | ; example. 300 SOA"},
    // Zones.
    {"NotOurs",         "example.net. A +edns",          "REFUSED | edns 1232 ede=20"},
    {"NotLoaded",       "x.broken. A +edns",             "SERVFAIL | edns 1232 ede=14"},
    {"NotLoadedNoEdns", "broken. SOA",                   "SERVFAIL"},
};
// clang-format on

class Edns : public testing::TestWithParam<AnswerCase> {};
TEST_P(Edns, Answers) { EXPECT_EQ(Server().Ask(GetParam().question), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Queries, Edns, testing::ValuesIn(kEdns), NameOfCase);

class Kinds : public testing::TestWithParam<AnswerCase> {};
TEST_P(Kinds, Answers) { EXPECT_EQ(Server().Ask(GetParam().question), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Queries, Kinds, testing::ValuesIn(kKinds), NameOfCase);

TEST(Keepalive, IsInTenthsOfSecondsAndEndsAt16Bits) {
  TransportFacts facts{Transport::kTcp, absl::Milliseconds(1250)};
  const Bytes query = QueryFromText("example.net. A +keepalive").message;
  EXPECT_EQ(Server().AskPacket(query, facts), "REFUSED | edns 1232 keepalive=12 ede=20");
  facts.tcp_idle_timeout = absl::Hours(24);
  EXPECT_EQ(Server().AskPacket(query, facts), "REFUSED | edns 1232 keepalive=65535 ede=20");
  facts.tcp_idle_timeout = -absl::Seconds(1);
  EXPECT_EQ(Server().AskPacket(query, facts), "REFUSED | edns 1232 keepalive=0 ede=20");
}

TEST(Nsid, NotToldIfThereIsNone) {
  TestServer server({{"example.", kZone}});
  EXPECT_EQ(server.Ask("example.net. A +nsid"), "REFUSED | edns 1232 ede=20");
}

// How many octets an answer may have: a TXT RRset of 25 records, 40 octets each.
std::string ZoneOf25() {
  std::string zone = kZone;
  for (int i = 10; i < 35; ++i) {
    absl::StrAppend(&zone, "txt 60 TXT ", i, std::string(25, 'x'), "\n");
  }
  return zone;
}

struct SizeCase {
  const char* name;
  const char* question;
  uint16_t udp_payload_bytes_max;
  size_t want_bytes;  // 12 + 17 + 25 * 40 = 1029, and 11 for an OPT.
};
void PrintTo(const SizeCase& c, std::ostream* os) { *os << c.question; }

class AnswerSize : public testing::TestWithParam<SizeCase> {};

TEST_P(AnswerSize, IsWholeOrTruncated) {
  ResponderOptions options;
  options.udp_payload_bytes_max = GetParam().udp_payload_bytes_max;
  TestServer server({{"example.", ZoneOf25()}}, options);
  const Bytes reply = server.Reply(GetParam().question);
  EXPECT_EQ(reply.size(), GetParam().want_bytes);
  const bool is_truncated = (reply[2] & 0x02) != 0;
  EXPECT_EQ(is_truncated, reply.size() < 1029);
}

// clang-format off
constexpr SizeCase kSizes[] = {
    {"NoEdns",              "txt.example. TXT",                   1232, 29},
    {"Tcp",                 "txt.example. TXT +tcp",              1232, 1029},
    {"TcpSizeMeansNothing", "txt.example. TXT +tcp bufsize=512",  1232, 1040},
    {"SizeTooSmallByOne",   "txt.example. TXT bufsize=1039",      1232, 40},
    {"SizeJustFits",        "txt.example. TXT bufsize=1040",      1232, 1040},
    {"OursTooSmallByOne",   "txt.example. TXT bufsize=4096",      1039, 40},
    {"OursJustFits",        "txt.example. TXT bufsize=4096",      1040, 1040},
    {"Below512",            "txt.example. TXT bufsize=100",       1232, 40},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Limits, AnswerSize, testing::ValuesIn(kSizes),
                         [](const auto& tested) { return std::string(tested.param.name); });

// A payload below 512 counts as 512 (RFC 6891 §6.2.5): this answer has 410 octets.
TEST(AnswerSize, SmallOfferIs512) {
  TestServer server({{"example.", absl::StrCat(kZone, "t 60 TXT ", std::string(250, 'x'),
                                               "\nt 60 TXT ", std::string(90, 'y'), "\n")}});
  const Bytes reply = server.Reply("t.example. TXT bufsize=12");
  EXPECT_GT(reply.size(), 390u);
  EXPECT_EQ(reply[2] & 0x02, 0);
}

// What is said of a truncated answer: flags and rcode as the whole answer has them, no records.
TEST(Truncated, HasNoRecords) {
  TestServer server({{"example.", ZoneOf25()}}, Options());
  EXPECT_EQ(server.Ask("txt.example. TXT +rd"), "NOERROR aa tc rd");
  EXPECT_EQ(server.Ask("txt.example. TXT bufsize=512 +nsid"),
            "NOERROR aa tc | edns 1232 nsid=ns2.fra1");
}

// An NSID of 200 octets beside a question of 255 cannot stand in 512 octets with an OPT that has
// an error code, too; the NSID goes.
TEST(LongNsid, IsLeftOutWhereItDoesNotFit) {
  ResponderOptions options;
  options.nsid = std::string(240, 'n');
  TestServer server({{"example.", kZone}}, options);
  const std::string label(61, 'q');
  const std::string name = absl::StrCat(label, ".", label, ".", label, ".", label, ".net.");
  EXPECT_EQ(server.Ask(name + " A bufsize=512 +nsid"), "REFUSED | edns 1232 ede=20");
  EXPECT_EQ(server.Ask("short. A bufsize=512 +nsid"),
            absl::StrCat("REFUSED | edns 1232 nsid=", options.nsid, " ede=20"));
}

struct PacketCase {
  const char* name;
  const char* packet;
  const char* want;
};
void PrintTo(const PacketCase& c, std::ostream* os) { *os << c.name; }

class Packets : public testing::TestWithParam<PacketCase> {};

TEST_P(Packets, Answers) {
  EXPECT_EQ(Server().AskPacket(PacketFromText(GetParam().packet)), GetParam().want);
}

constexpr PacketCase kPackets[] = {
    {"Empty", "", "(none)"},
    {"OneOctet", "12", "(none)"},
    {"HeaderButOneOctet", "1234 0000 0001 0000 0000 00", "(none)"},
    {"HeaderOnly",
     "1234 0000           ; ID, flags\n"
     "0000 0000 0000 0000 ; no question\n",
     "FORMERR question=none"},
    {"Response",
     "1234 8000           ; QR\n"
     "0001 0000 0000 0000\n"
     "07 'example' 00 0001 0001\n",
     "(none)"},
    {"ResponseHeaderOnly", "1234 8000 0000 0000 0000 0000", "(none)"},
    {"TwoQuestions",
     "1234 0100           ; RD\n"
     "0002 0000 0000 0000 ; QDCOUNT 2: RFC 9619\n"
     "07 'example' 00 0006 0001\n"
     "07 'example' 00 0002 0001\n",
     "FORMERR rd question=none"},
    {"NotifyWithoutQuestion",
     "1234 2000           ; opcode 4\n"
     "0000 0000 0000 0000\n",
     "REFUSED opcode=4 question=none"},
    {"StatusWithoutQuestion", "1234 1000 0000 0000 0000 0000", "NOTIMP opcode=2 question=none"},
    {"TrailingOctet",
     "1234 0000 0001 0000 0000 0000\n"
     "07 'example' 00 0006 0001\n"
     "00                  ; behind the question\n",
     "FORMERR"},
    {"AnswerInQuery",
     "1234 0000 0001 0001 0000 0000 ; ANCOUNT 1\n"
     "07 'example' 00 0001 0001\n"
     "c00c 0001 0001 00000000 0004 c0000201\n",
     "FORMERR"},
    {"IxfrWithSoa",
     "1234 0000 0001 0000 0001 0000 ; NSCOUNT 1: RFC 1995\n"
     "07 'example' 00 00fb 0001     ; IXFR\n"
     "c00c 0006 0001 00000000 0016 0000 00000001 00000001 00000001 00000001 00000001\n",
     "REFUSED"},
    {"UpdateWithRecords",
     "1234 2800 0001 0000 0001 0000 ; UPDATE, one record\n"
     "07 'example' 00 0006 0001\n"
     "01 'a' c00c 0001 0001 00000e10 0004 c0000201\n",
     "REFUSED opcode=5"},
    {"SignedWithUnknownKey",
     "1234 0000 0001 0000 0000 0001 ; one additional\n"
     "07 'example' 00 0006 0001\n"
     "03 'key' 00 00fa 00ff 00000000 ; TSIG, ANY, TTL 0\n"
     "001d                           ; RDLENGTH\n"
     "0b 'hmac-sha256' 00\n"
     "000065000000 012c              ; time signed, fudge\n"
     "0000                           ; no MAC\n"
     "1234 0000 0000                 ; original ID, error, other\n",
     "NOTAUTH | tsig key. hmac-sha256. id=4660 error=17"},
    {"SignedWithEdns",
     "1234 0000 0001 0000 0000 0002\n"
     "07 'example' 00 0006 0001\n"
     "00 0029 04d0 00000000 0000     ; OPT\n"
     "03 'key' 00 00fa 00ff 00000000 001d\n"
     "0b 'hmac-sha256' 00 000065000000 012c 0000 1234 0000 0000\n",
     "NOTAUTH | edns 1232 ede=21 | tsig key. hmac-sha256. id=4660 error=17"},
    {"SignedWithCompressedKeyName",
     "1234 0000 0001 0000 0000 0001\n"
     "07 'example' 00 0006 0001\n"
     "c00c 00fa 00ff 00000000 001d   ; RFC 8945 §4.2 wants names whole\n"
     "0b 'hmac-sha256' 00 000065000000 012c 0000 1234 0000 0000\n",
     "NOTAUTH"},
};
INSTANTIATE_TEST_SUITE_P(Octets, Packets, testing::ValuesIn(kPackets),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Names of 255 octets for question, key and algorithm need 812 octets: over UDP without EDNS the
// TSIG is left out, over TCP it is there.
TEST(LongTsig, IsLeftOutWhereItDoesNotFit) {
  Bytes name;
  for (const size_t label : {63, 63, 63, 61}) {
    name.push_back(static_cast<uint8_t>(label));
    name.insert(name.end(), label, 'n');
  }
  name.push_back(0);
  Bytes message = PacketFromText("1234 0000 0001 0000 0000 0001");
  ByteWriter writer(message);
  writer.Append(name);
  writer.Append(PacketFromText("0006 0001"));
  writer.Append(name);
  writer.Append(PacketFromText("00fa 00ff 00000000 010f"));  // 255 + 16 octets of RDATA.
  writer.Append(name);
  writer.Append(PacketFromText("000065000000 012c 0000 1234 0000 0000"));
  EXPECT_EQ(Server().AskPacket(message), "NOTAUTH");
  const std::string tcp = Server().AskPacket(message, {Transport::kTcp, {}});
  EXPECT_EQ(tcp.substr(0, 14), "NOTAUTH | tsig");
}

// A batch is answered as its queries one by one would be, from large zones and from small ones,
// whatever else is in the batch.
TEST(Batch, AnswersAsOneByOne) {
  for (const int names : {10, 20'000}) {
    std::string text = kZone;
    for (int i = 0; i < names; ++i) absl::StrAppend(&text, "n", i, " 60 A 192.0.2.1\n");
    ZoneSet zones;
    ServedZone served = zones.Make(*Name::FromText("example."));
    served.zone = ZoneFromText("example.", text);
    zones.Add(std::move(served));
    zones.Add(zones.Make(*Name::FromText("broken.")));
    std::vector<Bytes> queries = {{}, {1, 2, 3}, Bytes(12, 0xff)};
    for (int i = 0; i < 50; ++i) {
      queries.push_back(QueryFromText(absl::StrCat("n", i, ".example. A")).message);
      queries.push_back(QueryFromText(absl::StrCat("m", i, ".example. A +do")).message);
      queries.push_back(QueryFromText("x.sub.example. MX +edns").message);
      queries.push_back(QueryFromText("a.broken. A").message);
      queries.push_back(QueryFromText("elsewhere. A").message);
    }
    Counters counters;
    Responder responder(Options(), counters);
    std::vector<Bytes> replies(queries.size(), Bytes(1232));
    std::vector<Exchange> batch;
    for (size_t i = 0; i < queries.size(); ++i) batch.push_back({queries[i], replies[i]});
    responder.AnswerAll(batch, {}, zones);
    for (size_t i = 0; i < queries.size(); ++i) {
      Bytes alone(1232);
      alone.resize(responder.Answer({queries[i], alone}, {}, zones).message_bytes);
      replies[i].resize(batch[i].reply_bytes);
      EXPECT_EQ(replies[i], alone) << "query " << i;
    }
  }
}

}  // namespace
}  // namespace hither
