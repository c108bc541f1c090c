#include "bench/parts/zone_text.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "dns/name.h"

namespace hither {
namespace {

constexpr char kApexText[] =
    "$ORIGIN example.\n$TTL 3600\n"
    "@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n";

void AppendPlain(size_t i, std::string& text) {
  const std::string label = LabelAt(ZoneKind::kPlain, i);
  switch (OwnerAt(ZoneKind::kPlain, i)) {
    case Owner::kHost:
      absl::StrAppend(&text, label, " A 192.0.2.", i % 250, "\n");
      return;
    case Owner::kWildcardParent:
      absl::StrAppend(&text, "*.", label, " A 192.0.2.", i % 250, "\n");
      return;
    case Owner::kDelegation:
      break;
  }
  if (i % 8 == 4) {
    absl::StrAppend(&text, label, " NS ns1.", label, "\n", label, " NS ns2.", label, "\nns1.",
                    label, " A 192.0.2.1\nns2.", label, " A 192.0.2.2\n");
    return;
  }
  const std::string provider = absl::StrCat(i / 8 % 97, ".example.net.\n");
  absl::StrAppend(&text, label, " NS ns1.p", provider, label, " NS ns2.p", provider);
}

// RFC 5155 §5 with neither salt nor iterations.
using Hash = std::array<uint8_t, SHA_DIGEST_LENGTH>;
Hash HashOf(const std::string& name) {
  const Name parsed = *Name::FromText(name);  // In lower case already.
  Hash hash;
  SHA1(parsed.view().data(), parsed.view().size(), hash.data());
  return hash;
}

std::string Base32Hex(const Hash& hash) {
  std::string text;
  for (size_t at = 0; at < hash.size(); at += 5) {
    uint64_t group = 0;
    for (size_t k = 0; k < 5; ++k) group = group << 8 | hash[at + k];
    for (int shift = 35; shift >= 0; shift -= 5) {
      text.push_back("0123456789abcdefghijklmnopqrstuv"[group >> shift & 31]);
    }
  }
  return text;
}

// The size of ECDSA P-256 (RFC 6605 §4); it is never verified.
std::string SignatureText(const char* type, int labels, int ttl_seconds) {
  return absl::StrCat(" ", ttl_seconds, " RRSIG ", type, " 13 ", labels, " ", ttl_seconds,
                      " 20300101000000 20200101000000 12345 example. ", std::string(85, 'A'),
                      "A==\n");
}

struct Chained {
  Hash hash;
  const char* types;
};

void AppendNsec3Chain(std::vector<Chained>& owners, std::string& text) {
  std::sort(owners.begin(), owners.end(),
            [](const Chained& a, const Chained& b) { return a.hash < b.hash; });
  const std::string signature = SignatureText("NSEC3", 2, 300);
  for (size_t i = 0; i < owners.size(); ++i) {
    const std::string owner = Base32Hex(owners[i].hash);
    absl::StrAppend(&text, owner, " 300 NSEC3 1 0 0 - ",
                    Base32Hex(owners[(i + 1) % owners.size()].hash), " ", owners[i].types, "\n",
                    owner, signature);
  }
}

std::string Nsec3Text(size_t names) {
  std::string text =
      absl::StrCat(kApexText, "@ DNSKEY 257 3 13 ", std::string(85, 'A'),
                   "A==\n@ 0 NSEC3PARAM 1 0 0 -\n@", SignatureText("SOA", 1, 3600), "@",
                   SignatureText("NS", 1, 3600), "@", SignatureText("DNSKEY", 1, 3600), "@",
                   SignatureText("NSEC3PARAM", 1, 0), "ns1", SignatureText("A", 2, 3600));
  std::vector<Chained> owners = {
      {HashOf("example."), "NS SOA RRSIG DNSKEY NSEC3PARAM"},
      {HashOf("ns1.example."), "A RRSIG"},
  };
  const std::string signature = SignatureText("A", 2, 3600);
  for (size_t i = 0; i < names; ++i) {
    const std::string label = LabelAt(ZoneKind::kNsec3, i);
    absl::StrAppend(&text, label, " A 192.0.2.", i % 250, "\n", label, signature);
    owners.push_back({HashOf(absl::StrCat(label, ".example.")), "A RRSIG"});
  }
  AppendNsec3Chain(owners, text);
  return text;
}

}  // namespace

uint64_t Mix(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

Owner OwnerAt(ZoneKind kind, size_t i) {
  if (kind == ZoneKind::kNsec3 || i % 8 < 4) return Owner::kHost;
  return i % 8 < 7 ? Owner::kDelegation : Owner::kWildcardParent;
}

std::string LabelAt(ZoneKind kind, size_t i) {
  const char letter = "hdw"[static_cast<size_t>(OwnerAt(kind, i))];
  // An odd factor: no two alike, and the hosts' order does not depend on `i`.
  const uint32_t number = static_cast<uint32_t>(i) * 0x9e3779b1u;
  return absl::StrCat(std::string(1, letter), absl::Hex(number, absl::kZeroPad8));
}

std::string ZoneText(ZoneKind kind, size_t names) {
  if (kind == ZoneKind::kNsec3) return Nsec3Text(names);
  std::string text = kApexText;
  for (size_t i = 0; i < names; ++i) AppendPlain(i, text);
  return text;
}

}  // namespace hither
