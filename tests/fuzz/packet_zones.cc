#include "tests/fuzz/packet_zones.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"

namespace hither {
namespace {

// clang-format off
constexpr char kText[] = R"(
@ 60 SOA a h 1 2 3 4 5
@ 60 NS a
@ 60 MX 1 a
a 60 A 192.0.2.1
a 60 AAAA 2001:db8::1
b.e 60 TXT "below an empty non-terminal"
*.w 60 MX 1 a
*.w 60 TXT "wild"
c 60 CNAME a
l 60 CNAME m
m 60 CNAME l
x 60 CNAME n.w
y 60 CNAME gone
*.v 60 CNAME q.w
d 60 DNAME w
k 60 DNAME x.j
j 60 DNAME k
t 60 DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
s 60 NS a.s
s 60 NS b.s
s 60 NS a
s 60 DS 1 8 1 0000000000000000000000000000000000000000
a.s 60 A 192.0.2.2
b.s 60 AAAA 2001:db8::2
i 60 NS a.s
i.f 60 NS a.i.f
a.i.f 60 A 192.0.2.3
p 60 SRV 1 2 3 a
z 60 SVCB 1 . alpn=h2
z 60 A 192.0.2.4
g 60 HTTPS 0 z
r 60 NAPTR 1 2 "s" "x" "" a
)";
// clang-format on

// A referral whose glue does not fit, and an RRset that does not.
std::string LargeText() {
  std::string text = kText;
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&text, "q 60 NS n", i, ".q\nn", i, ".q 60 AAAA 2001:db8::", i, "\n");
    absl::StrAppend(&text, "o 60 TXT ", i, std::string(60, 'o'), "\n");
  }
  return text;
}

void Add(const FlatZone& zone, ZoneSet& zones) {
  ServedZone served = zones.Make(zone.apex);
  served.zone = BuildZone(zone);
  zones.Add(std::move(served));
}

}  // namespace

ZoneSet PacketZones() {
  ZoneSet zones;
  const std::string text = LargeText();
  Add(FlatZoneFromText("u.", text), zones);
  Add(FlatZoneFromText("s.u.", "@ 60 SOA a h 9 2 3 4 5\n@ 60 NS a\na 60 A 192.0.2.9\n"), zones);
  FlatZone nsec = FlatZoneFromText("n.", text);
  SignWithNsec(nsec);
  Add(nsec, zones);
  FlatZone nsec3 = FlatZoneFromText("h.", text);
  SignWithNsec3(nsec3, {1, {0xab}, false});
  Add(nsec3, zones);
  FlatZone opt_out = FlatZoneFromText("o.", text);
  SignWithNsec3(opt_out, {0, {}, true});
  Add(opt_out, zones);
  zones.Add(zones.Make(*Name::FromText("b.")));
  return zones;
}

}  // namespace hither
