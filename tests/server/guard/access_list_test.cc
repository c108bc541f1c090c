#include "server/guard/access_list.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

using Signing = AccessRule::Signing;
using Pin = std::array<uint8_t, ClientCertificate::kPinBytes>;

Name N(const std::string& text) { return *Name::FromText(text); }
Prefix P(const std::string& text) { return *Prefix::FromText(text); }

// 4 or 16 octets.
Bytes Address(const std::string& text) {
  const Prefix host = HostPrefix(*SocketAddress::FromText(text, 53));
  return Bytes(host.address.begin(), host.address.begin() + host.length / 8);
}

constexpr Pin kPin = {1, 2, 3};
constexpr Pin kOtherPin = {3, 2, 1};
constexpr AccessTransport kTransports[] = {AccessTransport::kUdp, AccessTransport::kTcp,
                                           AccessTransport::kTls};

struct WantedKey {
  Signing signing;
  bool takes[3];  // Unsigned, k1, k2.
};
const WantedKey kWantedKeys[] = {{Signing::kAny, {true, true, true}},
                                 {Signing::kUnsigned, {true, false, false}},
                                 {Signing::kSigned, {false, true, true}},
                                 {Signing::kKey, {false, true, false}}};
const Name kKeys[] = {N("."), N("K1.example."), N("k2.example.")};

// What clients show: nothing, a wrong key, the right one, the right CA's certificate.
const ClientCertificate kShown[] = {
    {},
    {.pin = kOtherPin, .ca = "ca.pem", .names = {"other.example"}},
    {.pin = kPin},
    {.pin = kOtherPin, .ca = "ca.pem", .names = {"a.example", "P1.example"}}};
struct WantedCertificate {
  std::vector<Pin> pins;
  const char* ca;
  bool takes[std::size(kShown)];
};
const WantedCertificate kWantedCertificates[] = {
    {{}, "", {true, true, true, true}},
    {{kPin}, "", {false, false, true, false}},
    {{}, "ca.pem", {false, false, false, true}},
    {{kPin}, "ca.pem", {false, false, false, false}},
    {{kPin, kOtherPin}, "ca.pem", {false, false, false, true}}};

const Bytes kAddresses[] = {Address("192.0.2.7"), Address("192.0.3.7"), Address("2001:db8::7"),
                            Bytes()};
constexpr bool kIsAddressRight[] = {true, false, true, false};

struct Counts {
  int cases = 0;
  int matches = 0;
};

void Judge(const AccessRule& rule, const AccessClient& client, bool expected, Counts& counts) {
  EXPECT_EQ(Matches(rule, client), expected);
  EXPECT_EQ(AccessList({rule}).Allows(client), expected);
  AccessRule denial = rule;
  denial.is_denial = true;
  const AccessRule everybody{.prefixes = {P("0.0.0.0/0"), P("::/0")}};
  EXPECT_EQ(AccessList({denial, everybody}).Allows(client), !expected && !client.address.empty());
  ++counts.cases;
  counts.matches += expected;
}

void JudgeClients(const WantedKey& wanted_key, const WantedCertificate& certificate,
                  const AccessRule& rule, Counts& counts) {
  for (size_t address = 0; address < std::size(kAddresses); ++address) {
    for (size_t key = 0; key < std::size(kKeys); ++key) {
      for (const AccessTransport transport : kTransports) {
        for (size_t shows = 0; shows < std::size(kShown); ++shows) {
          SCOPED_TRACE(absl::StrCat("address ", address, ", key ", key, ", transport ",
                                    static_cast<int>(transport), ", shows ", shows));
          AccessClient client{.address = kAddresses[address], .transport = transport};
          if (key != 0) client.key = kKeys[key].view();
          if (shows != 0) client.certificate = &kShown[shows];
          const bool is_tls = transport == AccessTransport::kTls;
          const bool expected = kIsAddressRight[address] && wanted_key.takes[key] &&
                                (rule.transports & AccessRule::Bit(transport)) != 0 &&
                                certificate.takes[is_tls ? shows : 0];
          Judge(rule, client, expected, counts);
        }
      }
    }
  }
}

// Every combination of rules and clients, judged again by the sentence "address AND key AND
// transport AND certificate".
TEST(AccessRule, IsAllFourTogether) {
  Counts counts;
  for (const WantedKey& wanted_key : kWantedKeys) {
    for (const WantedCertificate& certificate : kWantedCertificates) {
      for (uint8_t transports = 0; transports <= AccessRule::kAllTransports; ++transports) {
        const AccessRule rule{.prefixes = {P("2001:db8::/32"), P("192.0.2.0/24")},
                              .signing = wanted_key.signing,
                              .keys = {N("k9."), N("k1.example.")},
                              .transports = transports,
                              .pins = certificate.pins,
                              .ca = certificate.ca,
                              .host_name = *certificate.ca == '\0' ? "" : "p1.example"};
        SCOPED_TRACE(absl::StrCat("signing ", static_cast<int>(rule.signing), ", transports ",
                                  transports, ", pins ", rule.pins.size(), ", ca ", rule.ca));
        JudgeClients(wanted_key, certificate, rule, counts);
      }
    }
  }
  EXPECT_EQ(counts.cases, 4 * 5 * 8 * 4 * 3 * 3 * 4);
  EXPECT_EQ(counts.matches, 840);
}

// A CA knows many hosts.
TEST(AccessRule, WithACaButNoNameMatchesNobody) {
  const ClientCertificate shown{.ca = "ca.pem", .names = {"", "p1.example"}};
  const Bytes address = Address("192.0.2.1");
  const AccessRule rule{.prefixes = {P("192.0.2.1")}, .ca = "ca.pem"};
  EXPECT_FALSE(Matches(
      rule, {.address = address, .transport = AccessTransport::kTls, .certificate = &shown}));
}

struct ListCase {
  const char* name;
  std::vector<AccessRule> rules;
  const char* client;
  const char* key;  // "": unsigned.
  bool allows;
};

// clang-format off
const ListCase kLists[] = {
    {"NoRules",             {},                                                                            "192.0.2.1", "", false},
    {"NoPrefixes",          {{}},                                                                          "192.0.2.1", "", false},
    {"FirstOfTwo",          {{.prefixes = {P("192.0.2.0/24")}}, {.is_denial = true, .prefixes = {P("192.0.2.1")}}}, "192.0.2.1", "", true},
    {"DenialFirst",         {{.is_denial = true, .prefixes = {P("192.0.2.1")}}, {.prefixes = {P("192.0.2.0/24")}}}, "192.0.2.1", "", false},
    {"BesideTheDenial",     {{.is_denial = true, .prefixes = {P("192.0.2.1")}}, {.prefixes = {P("192.0.2.0/24")}}}, "192.0.2.2", "", true},
    // A denial that matches in part only says nothing.
    {"DenialOfUnsigned",    {{.is_denial = true, .prefixes = {P("192.0.2.1")}, .signing = Signing::kUnsigned}, {.prefixes = {P("192.0.2.0/24")}}}, "192.0.2.1", "", false},
    {"SignedBesideIt",      {{.is_denial = true, .prefixes = {P("192.0.2.1")}, .signing = Signing::kUnsigned}, {.prefixes = {P("192.0.2.0/24")}}}, "192.0.2.1", "k1.", true},
    // Rules do not add up: one has the address, the other the key.
    {"HalfOfEach",          {{.prefixes = {P("192.0.2.1")}, .signing = Signing::kKey, .keys = {N("k1.")}}, {.prefixes = {P("192.0.2.2")}, .signing = Signing::kKey, .keys = {N("k2.")}}}, "192.0.2.1", "k2.", false},
    {"WholeOfTheSecond",    {{.prefixes = {P("192.0.2.1")}, .signing = Signing::kKey, .keys = {N("k1.")}}, {.prefixes = {P("192.0.2.2")}, .signing = Signing::kKey, .keys = {N("k2.")}}}, "192.0.2.2", "k2.", true},
    // RFC 4291 §2.5.5.2.
    {"MappedClient",        {{.prefixes = {P("192.0.2.0/24")}}},                        "::ffff:192.0.2.1", "", true},
    {"MappedOther",         {{.prefixes = {P("192.0.2.0/24")}}},                        "::ffff:192.0.3.1", "", false},
    {"MappedRule",          {{.prefixes = {P("::ffff:192.0.2.0/120")}}},                "192.0.2.1",        "", true},
    {"MappedRuleAndClient", {{.prefixes = {P("::ffff:192.0.2.0/120")}}},                "::ffff:192.0.2.1", "", true},
    {"AllMapped",           {{.prefixes = {P("::ffff:0:0/96")}}},                       "192.0.2.1",        "", true},
    {"MappedDenial",        {{.is_denial = true, .prefixes = {P("192.0.2.1")}}, {.prefixes = {P("::/0"), P("0.0.0.0/0")}}}, "::ffff:192.0.2.1", "", false},
    {"AllOfV6IsNotV4",      {{.prefixes = {P("::/0")}}},                                "::ffff:192.0.2.1", "", false},
    {"CompatibleIsNotV4",   {{.prefixes = {P("192.0.2.0/24")}}},                        "::192.0.2.1",      "", false},
    {"V4OctetsAsV6",        {{.prefixes = {P("192.0.2.1")}}},                           "c000:201::",       "", false},
    {"WholeOctets",         {{.prefixes = {P("2001:db8::/32")}}},                       "2001:db8:ffff::",  "", true},
    {"PartOfAnOctet",       {{.prefixes = {P("2001:db8:8000::/33")}}},                  "2001:db8:7fff::",  "", false},
    {"PartOfAnOctetInside", {{.prefixes = {P("2001:db8:8000::/33")}}},                  "2001:db8:ffff::",  "", true},
};
// clang-format on

TEST(AccessList, IsDecidedByTheFirstRuleThatMatches) {
  for (const ListCase& c : kLists) {
    const Bytes address = Address(c.client);
    const Name key = N(*c.key == '\0' ? "." : c.key);
    AccessClient client{.address = address};
    if (*c.key != '\0') client.key = key.view();
    EXPECT_EQ(AccessList(c.rules).Allows(client), c.allows) << c.name;
  }
}

TEST(AccessList, IsNotEmptyWithADenial) {
  EXPECT_TRUE(AccessList().empty());
  const std::vector<AccessRule> denials = {{.is_denial = true}};
  EXPECT_FALSE(AccessList(denials).empty());
}

}  // namespace
}  // namespace hither
