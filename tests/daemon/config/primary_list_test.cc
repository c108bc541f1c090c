#include "daemon/config/primary_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "daemon/config/config_reading.h"
#include "tests/daemon/config/config_errors.h"

namespace hither {
namespace {

using ::testing::ElementsAre;

// 32 octets of 0x00, of 0xFF and of 0x01.
#define PIN_0 "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_FF "sha256///////////////////////////////////////////8="
#define PIN_1 "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

constexpr absl::string_view kEverything = R"(
primaries:
  - name: hidden1
    address: "2001:db8::5"
    source: "2001:db8::2"
    key: k1
    transfers_max: 3
    tls: { pin: [")" PIN_FF R"(", ")" PIN_1 R"("], ca_file: ca.pem, host_name: hidden1.example.net.,
           client_certificate: us.pem, client_key: /keys/us.key }
  - { name: hidden2, address: 192.0.2.5 }
  - { name: hidden3, tls: { pin: ")" PIN_0 R"(" }, address: "192.0.2.6:8853" }
  - { name: lab-4, address: "[fe80::1%eth0]:5353" }
transfers: { transfers_per_primary_max: 5 }
keys: [{ name: k1, secret: MDEyMzQ1Njc4OWFiY2RlZg== }]
)";

TEST(Primaries, ReadsEveryKey) {
  const absl::StatusOr<Config> config = ParseConfig(kEverything, "h.yaml", "/etc/hither");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->primaries.size(), 4u);
  const PrimaryConfig& first = config->primaries[0];
  EXPECT_EQ(first.name, "hidden1");
  EXPECT_EQ(first.address.ToText(), "[2001:db8::5]:853");
  ASSERT_TRUE(first.source.has_value());
  EXPECT_EQ(first.source->ToText(), "[2001:db8::2]:0");
  EXPECT_EQ(first.key, "k1");
  EXPECT_EQ(first.transfers_max, 3u);
  ASSERT_TRUE(first.tls.has_value());
  ASSERT_EQ(first.tls->pins.size(), 2u);
  EXPECT_EQ(first.tls->pins[0][31], 0xFF);
  EXPECT_EQ(first.tls->pins[1][0], 0x01);
  EXPECT_EQ(first.tls->ca_file, "/etc/hither/ca.pem");
  EXPECT_EQ(first.tls->host_name, "hidden1.example.net");
  EXPECT_EQ(first.tls->client_certificate, "/etc/hither/us.pem");
  EXPECT_EQ(first.tls->client_key, "/keys/us.key");
}

TEST(Primaries, HaveDefaults) {
  const absl::StatusOr<Config> config = ParseConfig(kEverything, "h.yaml", "/etc/hither");
  ASSERT_TRUE(config.ok()) << config.status();
  const PrimaryConfig& plain = config->primaries[1];
  EXPECT_EQ(plain.address.ToText(), "192.0.2.5:53");
  EXPECT_FALSE(plain.source.has_value());
  EXPECT_EQ(plain.key, "");
  EXPECT_FALSE(plain.tls.has_value());
  EXPECT_EQ(plain.transfers_max, 5u) << "what transfers: says, although it is later in the file";
  EXPECT_EQ(config->primaries[2].address.ToText(), "192.0.2.6:8853");
  EXPECT_EQ(config->primaries[3].address.ToText(), "[fe80::1%eth0]:5353");
}

TEST(Primaries, AreFoundByName) {
  const absl::StatusOr<Config> config = ParseConfig(kEverything, "h.yaml", "/etc/hither");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(FindPrimary(config->primaries, "hidden2"), &config->primaries[1]);
  EXPECT_EQ(FindPrimary(config->primaries, "hidden"), nullptr);
  EXPECT_EQ(FindPrimary({}, ""), nullptr);
}

TEST(Primaries, CompareByValue) {
  const absl::StatusOr<Config> one = ParseConfig(kEverything, "h.yaml", "/etc/hither");
  const absl::StatusOr<Config> two = ParseConfig(kEverything, "other.yaml", "/etc/hither");
  const absl::StatusOr<Config> moved = ParseConfig(kEverything, "h.yaml", "/srv");
  ASSERT_TRUE(one.ok() && two.ok() && moved.ok());
  EXPECT_EQ(one->primaries, two->primaries);
  EXPECT_NE(one->primaries[0], moved->primaries[0]) << "its files are others";
  EXPECT_EQ(one->primaries[1], moved->primaries[1]);
}

class WrongPrimaries : public testing::TestWithParam<ConfigErrors> {};

TEST_P(WrongPrimaries, AreReportedWithTheirLines) {
  EXPECT_EQ(ErrorsOfConfig(GetParam().text), GetParam().errors);
}

// clang-format off
#define PIN_WHAT " is not a pin; give sha256/ and the base64 of 32 octets, the digest of the server's public key (RFC 7858 §4.2)"
const ConfigErrors kWrongs[] = {
    {"None", "primaries:", {}},
    {"Text", "primaries: hidden1", {"1: primaries: found text; expected a list of { name: hidden1, address: 192.0.2.1 }"}},
    {"ItemIsText", "primaries: [hidden1]", {"1: primaries: found text; expected { name: hidden1, address: 192.0.2.1 }"}},
    {"UnknownKey", "primaries:\n- { name: a, addres: 192.0.2.1 }", {"2: unknown key 'addres'; did you mean 'address'?"}},
    {"NoName", "primaries:\n- { address: 192.0.2.1 }", {"2: primary without 'name'; add name: hidden1"}},
    {"NoAddress", "primaries:\n- { name: a }", {"2: primary without 'address'; add address: 192.0.2.1"}},
    {"NameIsAnAddress", "primaries:\n- { name: 192.0.2.1, address: 192.0.2.1 }", {"2: primaries.name: '192.0.2.1' is not a name; use at most 63 letters, digits, '-', '_' and '.', with a letter first"}},
    {"NameWithBlank", "primaries:\n- { name: a b, address: 192.0.2.1 }", {"2: primaries.name: 'a b' is not a name; use at most 63 letters, digits, '-', '_' and '.', with a letter first"}},
    {"NameTwice", "primaries:\n- { name: a, address: 192.0.2.1 }\n- { name: b, address: 192.0.2.1 }\n- { address: 192.0.2.2,\n    name: a }", {"5: primary a is repeated, first on line 2; keep one"}},
    {"HostNameAsAddress", "primaries: [{ name: a, address: ns1.example.net }]", {"1: primaries.address: 'ns1.example.net' is not an address with a port: not an IPv4 or IPv6 address (host names are not looked up); write 192.0.2.1:53 or [2001:db8::1]:53"}},
    {"PortZero", "primaries: [{ name: a, address: '192.0.2.1:0' }]", {"1: primaries.address: '192.0.2.1:0' has port 0; choose one from 1 to 65535"}},
    {"Multicast", "primaries: [{ name: a, address: 'ff02::1' }]", {"1: primaries.address: 'ff02::1' is a multicast or broadcast address; give a unicast one"}},
    {"AnyAddress", "primaries: [{ name: a, address: '::' }]", {"1: primaries.address: '::' stands for any address; give that of one host"}},
    {"LinkLocal", "primaries: [{ name: a, address: 'fe80::1' }]", {"1: primaries.address: 'fe80::1' exists on every link; name the interface, as in [fe80::1%eth0]"}},
    {"SourceWithPort", "primaries: [{ name: a, address: 192.0.2.1, source: '192.0.2.2:53' }]", {"1: primaries.source: '192.0.2.2:53' has a port, but the system chooses it; give the address alone"}},
    {"SourceOfOtherFamily", "primaries:\n- name: a\n  source: 192.0.2.2\n  address: '2001:db8::1'", {"3: primaries.source: 192.0.2.2 cannot reach 2001:db8::1; give an address of IPv6"}},
    {"SourceMulticast", "primaries: [{ name: a, address: 192.0.2.1, source: 224.0.0.1 }]", {"1: primaries.source: '224.0.0.1' is a multicast or broadcast address; give a unicast one"}},
    {"TransfersMaxZero", "primaries: [{ name: a, address: 192.0.2.1, transfers_max: 0 }]", {"1: primaries.transfers_max: '0' is out of range; give a whole number from 1 to 1024"}},
    {"TlsEmpty", "primaries:\n- name: a\n  address: 192.0.2.1\n  tls:", {"4: primaries.tls: nothing says which server it is; add pin: \"sha256/...\", or ca_file and host_name"}},
    {"TlsWithoutAuthentication", "primaries: [{ name: a, address: 192.0.2.1, tls: { client_certificate: c, client_key: k } }]", {"1: primaries.tls: nothing says which server it is; add pin: \"sha256/...\", or ca_file and host_name"}},
    {"CaWithoutName", "primaries: [{ name: a, address: 192.0.2.1, tls: { ca_file: ca.pem } }]", {"1: primaries.tls: 'ca_file' without 'host_name'; add the name in its certificate"}},
    {"NameWithoutCa", "primaries: [{ name: a, address: 192.0.2.1, tls: { host_name: a.example } }]", {"1: primaries.tls: 'host_name' without 'ca_file'; add the file of the CA's certificate"}},
    {"AddressAsHostName", "primaries: [{ name: a, address: 192.0.2.1, tls: { ca_file: c, host_name: 192.0.2.1 } }]", {"1: primaries.tls.host_name: '192.0.2.1' is not a host's name; give the one in the primary's certificate"}},
    {"RootAsHostName", "primaries: [{ name: a, address: 192.0.2.1, tls: { ca_file: c, host_name: . } }]", {"1: primaries.tls.host_name: '' is not a host's name; give the one in the primary's certificate"}},
    {"BadHostName", "primaries: [{ name: a, address: 192.0.2.1, tls: { ca_file: c, host_name: 'a b' } }]", {"1: primaries.tls.host_name: 'a b' is not a host's name; give the one in the primary's certificate"}},
    {"CertificateWithoutKey", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: " PIN_0 ", client_certificate: c } }]", {"1: primaries.tls: 'client_certificate' without 'client_key'; add its key's file"}},
    {"KeyWithoutCertificate", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: " PIN_0 ", client_key: k } }]", {"1: primaries.tls: 'client_key' without 'client_certificate'; add its file"}},
    {"PinOfOtherHash", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: sha1/AAAA } }]", {"1: primaries.tls.pin: 'sha1/AAAA'" PIN_WHAT}},
    {"PinTooShort", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: sha256/AAAA } }]", {"1: primaries.tls.pin: 'sha256/AAAA'" PIN_WHAT}},
    {"PinOf31Octets", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA== } }]", {"1: primaries.tls.pin: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=='" PIN_WHAT}},
    {"PinWithBitsLeft", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB= } }]", {"1: primaries.tls.pin: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB='" PIN_WHAT}},
    {"PinWithBlank", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA =' } }]", {"1: primaries.tls.pin: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ='" PIN_WHAT}},
    {"PinTwice", "primaries: [{ name: a, address: 192.0.2.1, tls: { pin: [" PIN_0 ",\n " PIN_0 "] } }]", {"2: primaries.tls.pin: '" PIN_0 "' is repeated; keep one"}},
    {"OwnAddress", "listen: [192.0.2.1, '192.0.2.2:5300']\nprimaries:\n- { name: a, address: 192.0.2.1 }\n- { name: b, address: '192.0.2.2:5301' }", {"3: primaries.address: 192.0.2.1:53 is where this server listens; give the address of the primary"}},
    {"OwnLoopback", "primaries:\n- { name: a, address: 127.0.0.1 }\n- { name: b, address: '127.0.0.1:5301' }", {"2: primaries.address: 127.0.0.1:53 is where this server listens; give the address of the primary"}},
    {"OwnLoopbackByAnyAddress", "listen: ['[::]:53']\nprimaries:\n- { name: a, address: '::1' }\n- { name: b, address: 127.0.0.1 }", {"3: primaries.address: [::1]:53 is where this server listens; give the address of the primary"}},
    {"ServiceAddress", "primaries:\n- { name: a, address: 192.0.2.9, source: 192.0.2.8 }\nanycast:\n  services: [{ name: dns, prefixes: [192.0.2.0/24], probe: { name: example.org } }]", {"2: primaries.address: 192.0.2.9 is in a prefix of service dns, which every site has; give the primary's own address", "2: primaries.source: 192.0.2.8 is in a prefix of service dns, which every site has; give an address of this host alone"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, WrongPrimaries, testing::ValuesIn(kWrongs),
                         [](const auto& tested) { return tested.param.name; });

TEST(Primaries, AreCounted) {
  std::string text = "primaries:\n";
  for (size_t i = 0; i <= kPrimariesMax; ++i) {
    absl::StrAppend(&text, "- { name: p", i, ", address: 192.0.2.1 }\n");
  }
  EXPECT_THAT(ErrorsOfConfig(text), ElementsAre("2: primaries: 1025 items; give at most 1024"));
}

TEST(Primaries, KeysMustExist) {
  Reading reading{.config = Config(), .file = "h.yaml", .folder = "", .read_list = nullptr};
  reading.key_uses = {{2, "primaries.key: ", "k1"}, {3, "primaries.key: ", "k2"}};
  CheckKeyUses({"k1", "k2"}, reading);
  EXPECT_TRUE(ErrorsOf(reading).ok());
  CheckKeyUses({"k1", "other"}, reading);
  EXPECT_EQ(ErrorsOf(reading).message(),
            "h.yaml:3: primaries.key: there is no key 'k2'; did you mean 'k1'?");
  reading.errors.clear();
  CheckKeyUses({}, reading);
  EXPECT_EQ(ErrorsOf(reading).message(),
            "h.yaml:2: primaries.key: there is no key 'k1'; add it to keys:\n"
            "h.yaml:3: primaries.key: there is no key 'k2'; add it to keys:");
}

}  // namespace
}  // namespace hither
