// From the YAML below `primaries:` to the servers that zones are transferred from. What must fit
// together with other parts of the file is checked in transfer_check.cc.

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr size_t kNameBytes = 63;
constexpr absl::string_view kAddressExample =
    "an address, such as 192.0.2.1, \"192.0.2.1:5353\" or \"[2001:db8::1]:53\"";

// A primary while it is read.
struct Entry {
  PrimaryConfig config = {};
  PrimaryPlace place = {};
  SocketAddress over_tls = {};  // The address, if `tls` makes its default port another one.
};

// What is wrong with it as the address of one host; "" if nothing is.
std::string NotOneHost(const SocketAddress& address, absl::string_view text) {
  if (address.IsMulticast()) return "is a multicast or broadcast address; give a unicast one";
  if (address.IsWildcard()) return "stands for any address; give that of one host";
  if (!address.IsLinkLocal() || absl::StrContains(text, '%')) return "";
  return "exists on every link; name the interface, as in [fe80::1%eth0]";
}

// Such a name is no address, so that notify_from can have both.
void ReadPrimaryName(const YamlNode& node, Reading& to, Entry& out) {
  out.place.name = node.line;
  std::string name;
  if (!ReadText(node, "a name for it, such as hidden1", to, name)) return;
  const bool is_good = name.size() <= kNameBytes && absl::ascii_isalpha(name[0]) &&
                       std::ranges::all_of(name, [](unsigned char c) {
                         return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
                       });
  if (!is_good) {
    to.Error(node.line,
             absl::StrCat(to.Key(), Quoted(name), " is not a name; use at most ", kNameBytes,
                          " letters, digits, '-', '_' and '.', with a letter "
                          "first"));
  }
  out.config.name = std::move(name);  // Even so: zones that refer to it need no error of their own.
}

void ReadPrimaryAddress(const YamlNode& node, Reading& to, Entry& out) {
  out.place.address = node.line;
  std::string text;
  if (!ReadText(node, kAddressExample, to, text)) return;
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(text, kDnsPort);
  if (!address.ok()) {
    return to.Error(node.line, absl::StrCat(to.Key(), address.status().message()));
  }
  const std::string wrong =
      address->port() == 0 ? "has port 0; choose one from 1 to 65535" : NotOneHost(*address, text);
  if (!wrong.empty()) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " ", wrong));
  }
  out.config.address = *address;
  out.over_tls = *SocketAddress::FromText(text, kDnsOverTlsPort);
}

void ReadSource(const YamlNode& node, Reading& to, Entry& out) {
  out.place.source = node.line;
  std::string text;
  if (!ReadText(node, "an address of this host, such as 192.0.2.2", to, text)) return;
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(text, 0);
  if (!address.ok()) {
    return to.Error(node.line, absl::StrCat(to.Key(), address.status().message()));
  }
  const std::string wrong = address->port() != 0
                                ? "has a port, but the system chooses it; give the address alone"
                                : NotOneHost(*address, text);
  if (!wrong.empty()) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " ", wrong));
  }
  out.config.source = *address;
}

void ReadPin(const YamlNode& node, Reading& to, PrimaryTls& out) {
  constexpr size_t kTextBytes = (kPinBytes + 2) / 3 * 4;
  constexpr absl::string_view kExample =
      "sha256/ and the base64 of 32 octets, the digest of the server's public key";
  std::string text;
  if (!ReadText(node, kExample, to, text)) return;
  absl::string_view digits = text;
  std::string octets;
  const bool has_form = absl::ConsumePrefix(&digits, "sha256/") && digits.size() == kTextBytes;
  // Base64Unescape() alone would accept blanks, dots for '=', and bits after the last octet.
  if (!has_form || !absl::Base64Unescape(digits, &octets) || octets.size() != kPinBytes ||
      absl::Base64Escape(octets) != digits) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " is not a pin; give ",
                                            kExample, " (RFC 7858 §4.2)"));
  }
  std::array<uint8_t, kPinBytes> pin;
  std::copy(octets.begin(), octets.end(), pin.begin());
  if (std::ranges::find(out.pins, pin) != out.pins.end()) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text), " is repeated; keep one"));
  }
  out.pins.push_back(pin);
}

void ReadPins(const YamlNode& node, Reading& to, PrimaryTls& out) {
  if (node.kind != YamlNode::kList) return ReadPin(node, to, out);
  ReadList(node, "pins", kPinsMax, to, [&](const YamlNode& item) { ReadPin(item, to, out); });
}

void ReadTlsFile(const YamlNode& node, Reading& to, std::string& out) {
  std::string text;
  if (ReadText(node, "the path of a PEM file", to, text)) out = to.Path(text);
}

void ReadHostName(const YamlNode& node, Reading& to, PrimaryTls& out) {
  std::string text;
  if (!ReadText(node, "the name in its certificate, such as hidden1.example.net", to, text)) return;
  if (text.back() == '.') text.pop_back();  // Certificates and SNI have none (RFC 6066 §3).
  const size_t last = text.rfind('.') + 1;  // 0 without a dot.
  const bool is_address = last < text.size() && absl::ascii_isdigit(text[last]);
  if (!IsHostName(text) || is_address) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(text),
                                            " is not a host's name; give the one in the primary's "
                                            "certificate"));
  }
  out.host_name = std::move(text);
}

// clang-format off
constexpr KeyOf<PrimaryTls> kTlsKeys[] = {
    {"pin",                ReadPins},
    {"ca_file",            [](const YamlNode& n, Reading& to, PrimaryTls& out) { ReadTlsFile(n, to, out.ca_file); }},
    {"host_name",          ReadHostName},
    {"client_certificate", [](const YamlNode& n, Reading& to, PrimaryTls& out) { ReadTlsFile(n, to, out.client_certificate); }},
    {"client_key",         [](const YamlNode& n, Reading& to, PrimaryTls& out) { ReadTlsFile(n, to, out.client_key); }},
};
// clang-format on

// RFC 9103 §9.3: TLS whose server is not authenticated protects from nobody who is on the way.
void ReadTls(const YamlNode& node, Reading& to, Entry& out) {
  const size_t errors_before = to.error_count;
  PrimaryTls& tls = out.config.tls.emplace();
  ReadMap(node, kTlsKeys, to, tls);
  if (to.error_count != errors_before) return;
  const auto need = [&](bool is_needed, absl::string_view what) {
    if (is_needed) to.Error(node.line, absl::StrCat(to.Key(), what));
  };
  const bool has_ca = !tls.ca_file.empty();
  const bool has_name = !tls.host_name.empty();
  need(tls.pins.empty() && !has_ca && !has_name,
       "nothing says which server it is; add pin: \"sha256/...\", or ca_file and host_name");
  need(has_ca && !has_name, "'ca_file' without 'host_name'; add the name in its certificate");
  need(has_name && !has_ca, "'host_name' without 'ca_file'; add the file of the CA's certificate");
  const bool has_certificate = !tls.client_certificate.empty();
  const bool has_key = !tls.client_key.empty();
  need(has_certificate && !has_key,
       "'client_certificate' without 'client_key'; add its key's file");
  need(has_key && !has_certificate, "'client_key' without 'client_certificate'; add its file");
}

void ReadKeyName(const YamlNode& node, Reading& to, Entry& out) {
  if (!ReadText(node, "the name of one of keys:", to, out.config.key)) return;
  to.key_uses.push_back({node.line, to.Key(), out.config.key});
}

// clang-format off
constexpr KeyOf<Entry> kPrimaryKeys[] = {
    {"name",          ReadPrimaryName},
    {"address",       ReadPrimaryAddress},
    {"source",        ReadSource},
    {"key",           ReadKeyName},
    {"tls",           ReadTls},
    {"transfers_max", [](const YamlNode& n, Reading& to, Entry& out) { ReadNumber(n, 1, 1'024, to, out.config.transfers_max); }},
};
// clang-format on

void CheckFamilies(const PrimaryConfig& primary, const PrimaryPlace& place, Reading& to) {
  if (!primary.source.has_value() || primary.source->family() == primary.address.family()) return;
  to.Error(place.source, absl::StrCat("primaries.source: ", primary.source->AddressText(),
                                      " cannot reach ", primary.address.AddressText(),
                                      "; give an address of ", NameOf(primary.address.family())));
}

void ReadPrimary(const YamlNode& node, Reading& to) {
  const size_t errors_before = to.error_count;
  Entry entry;
  entry.place = {node.line, node.line, node.line};
  if (!ExpectKind(node, YamlNode::kMap, "{ name: hidden1, address: 192.0.2.1 }", to)) return;
  ReadMap(node, kPrimaryKeys, to, entry);
  if (entry.config.tls.has_value()) entry.config.address = entry.over_tls;
  if (to.error_count == errors_before) {
    if (entry.config.name.empty()) to.Error(node.line, "primary without 'name'; add name: hidden1");
    if (entry.config.address.port() == 0) {
      to.Error(node.line, "primary without 'address'; add address: 192.0.2.1");
    } else {
      CheckFamilies(entry.config, entry.place, to);
    }
  }
  const auto& before = to.config.primaries;
  const PrimaryConfig* const same = FindPrimary(before, entry.config.name);
  if (same != nullptr && !entry.config.name.empty()) {
    to.Error(entry.place.name,
             absl::StrCat("primary ", same->name, " is repeated, first on line ",
                          to.primary_places[static_cast<size_t>(same - before.data())].name,
                          "; keep one"));
  }
  to.config.primaries.push_back(std::move(entry.config));
  to.primary_places.push_back(entry.place);
}

}  // namespace

void ReadPrimaries(const YamlNode& node, Reading& to) {
  if (node.kind == YamlNode::kNull) return;
  ReadList(node, "a list of { name: hidden1, address: 192.0.2.1 }", kPrimariesMax, to,
           [&](const YamlNode& item) { ReadPrimary(item, to); });
}

}  // namespace hither
