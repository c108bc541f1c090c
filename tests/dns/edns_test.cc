#include "dns/edns.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* options;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

std::string Read(uint32_t ttl, absl::string_view options) {
  Edns edns;
  const Bytes rdata = PacketFromText(options);
  if (!ReadOpt(1232, ttl, rdata, edns)) return "formerr";
  std::string text = "ok";
  if (edns.wants_nsid) text += " nsid";
  if (edns.offers_keepalive) text += " keepalive";
  if (edns.wants_zone_version) text += " zoneversion";
  return text;
}

class Options : public testing::TestWithParam<Case> {};
TEST_P(Options, AreRead) { EXPECT_EQ(Read(0, GetParam().options), GetParam().want); }

constexpr Case kOptions[] = {
    {"None", "", "ok"},
    {"Nsid", "0003 0000", "ok nsid"},
    {"NsidWithData", "0003 0002 aabb", "ok nsid"},
    {"Keepalive", "000b 0000", "ok keepalive"},
    {"KeepaliveWithTimeout", "000b 0002 0064", "ok keepalive"},
    {"KeepaliveTooLong", "000b 0003 006400", "formerr"},
    {"ZoneVersion", "0013 0000", "ok zoneversion"},
    {"ZoneVersionWithData", "0013 0001 00", "formerr"},
    {"All", "0003 0000 000b 0000 0013 0000", "ok nsid keepalive zoneversion"},
    {"Unknown", "fde9 0003 aabbcc", "ok"},
    {"ExtendedErrorInQuery", "000f 0002 0000", "ok"},
    {"KnownBehindUnknown", "000a 0008 0102030405060708 0003 0000", "ok nsid"},
    {"OneOctet", "00", "formerr"},
    {"CodeOnly", "0003", "formerr"},
    {"HalfALength", "0003 00", "formerr"},
    {"LengthOverTheEnd", "0003 0001", "formerr"},
    {"LengthFarOverTheEnd", "fde9 ffff 00", "formerr"},
    {"GoodThenCutOff", "0003 0000 000b", "formerr"},
};
INSTANTIATE_TEST_SUITE_P(Opt, Options, testing::ValuesIn(kOptions),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Opt, FieldsAreRead) {
  Edns edns;
  EXPECT_TRUE(ReadOpt(4096, 0x00008000, {}, edns));
  EXPECT_TRUE(edns.present && edns.dnssec_ok);
  EXPECT_EQ(edns.payload_bytes, 4096);
  EXPECT_EQ(edns.version, 0);
  edns = Edns();
  EXPECT_TRUE(ReadOpt(0, 0xff007fff, {}, edns));  // All but version and DO.
  EXPECT_FALSE(edns.dnssec_ok);
  EXPECT_EQ(edns.version, 0);
}

// RFC 6891 §6.1.3: what an option of another version looks like is not known.
TEST(Opt, OptionsOfAnotherVersionAreNotLookedAt) {
  Edns edns;
  const Bytes broken = PacketFromText("00");
  EXPECT_TRUE(ReadOpt(1232, 0x00010000, broken, edns));
  EXPECT_EQ(edns.version, 1);
}

// kOptionsMax: 64.
TEST(Opt, TakesSixtyFourOptionsAndNoMore) {
  std::string options;
  for (int i = 0; i < 64; ++i) options += "fde9 0000 ";
  EXPECT_EQ(Read(0, options), "ok");
  EXPECT_EQ(Read(0, options + "fde9 0000"), "formerr");
}

std::string Written(const OptReply& reply) {
  Bytes octets(reply.Bytes());
  reply.Write(octets.data());
  return ToHex(octets);
}

// RFC 6891 §6.1.2, §6.1.3.
TEST(OptReply, IsWrittenOctetByOctet) {
  OptReply reply;
  reply.payload_bytes = 1232;
  EXPECT_EQ(Written(reply), ToHex(PacketFromText("00 0029 04d0 00 00 0000 0000")));
  reply.dnssec_ok = true;
  reply.extended_rcode = 1;
  EXPECT_EQ(Written(reply), ToHex(PacketFromText("00 0029 04d0 01 00 8000 0000")));
  reply.nsid = "ab";
  reply.has_keepalive = true;
  reply.keepalive_deciseconds = 300;
  reply.has_zone_version = true;
  reply.zone_labels = 2;
  reply.zone_serial = 0x01020304;
  reply.error = ExtendedError::kNotReady;
  EXPECT_EQ(Written(reply), ToHex(PacketFromText("00 0029 04d0 01 00 8000 001c\n"
                                                 "0003 0002 'ab'\n"
                                                 "000b 0002 012c\n"
                                                 "0013 0006 02 00 01020304\n"
                                                 "000f 0002 000e\n")));
}

}  // namespace
}  // namespace hither
